//! What was told wrong of a programme: when it was started, and of its phases and rates.

use jiff::civil::Date;

use super::Programme;
use crate::edge::UNKNOWN_REFERENCE;
use crate::identifiers::Comment;
use crate::problem::Rejection;
use crate::programme::domain::{
    Corrected, Event, PhaseCorrected, PhaseFacts, ProgrammeFacts, SubsidyCorrected, SubsidyFacts,
};
use crate::programme::problems;

impl Programme {
    /// What was told when it was started, corrections considered.
    pub fn facts(&self) -> ProgrammeFacts {
        ProgrammeFacts {
            name: self.started.name.clone(),
            period: self.started.period,
            positions_max_per_municipality: self.started.positions_max_per_municipality,
        }
    }

    /// Takes in how it really is, recorded at `at`. What was told for the whole time of the
    /// programme lasts as long as it really does.
    pub(super) fn corrected(&mut self, really: &ProgrammeFacts, at: i64) {
        let was = self.started.period;
        self.phases.stretch(was, really.period);
        self.subsidies.stretch(was, really.period);
        self.started.name = really.name.clone();
        self.started.period = really.period;
        self.started.positions_max_per_municipality = really.positions_max_per_municipality;
        self.recorded_at_position = at;
    }

    /// What was told when it was started is wrong; `facts` is how it is, or `None`: there never was
    /// such a programme. Municipalities must have been able to take part in it as they do.
    pub fn correct(
        &self,
        facts: Option<ProgrammeFacts>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        if facts.as_ref() == Some(&self.facts()) {
            return Ok(vec![]);
        }
        for (municipality, held) in self
            .participations
            .iter()
            .flat_map(|(number, own)| own.iter().map(move |it| (number, it)))
        {
            let may_stay = facts.as_ref().is_some_and(|facts| {
                let most = facts.positions_max_per_municipality;
                facts.period.contains(&held.period) && most.is_none_or(|most| held.quota <= most)
            });
            if !may_stay {
                return Err(Rejection::new(&problems::PROGRAMME_CORRECTION_CONTRADICTS)
                    .with("municipality", municipality)
                    .with("period", held.period)
                    .with("quota", held.quota.0));
            }
        }
        let (programme, corrects, was) =
            (self.started.programme, self.recorded_at_position, self.started.period.from);
        Ok(vec![Corrected { programme, corrects, was, facts, reason }.into()])
    }

    /// The phase that was recorded to begin on a day.
    pub fn recorded_phase(&self, from: Date) -> Result<PhaseFacts, Rejection> {
        let statement = self.phases.statement(from);
        let statement =
            statement.map(|it| PhaseFacts { name: it.value.clone(), period: it.period });
        statement.ok_or_else(|| Rejection::field("/recorded_from", UNKNOWN_REFERENCE))
    }

    /// A phase was told wrong; `facts` is how it was, or `None`: there was none.
    pub fn correct_phase(
        &self,
        was: Date,
        facts: Option<PhaseFacts>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.recorded_phase(was)?;
        let facts = match facts {
            Some(PhaseFacts { name, period }) => {
                Some(PhaseFacts { name, period: self.within(period)? })
            }
            None => None,
        };
        if facts.as_ref() == Some(&recorded) {
            return Ok(vec![]);
        }
        let programme = self.started.programme;
        let corrects = self
            .phases
            .statement(was)
            .map_or(self.recorded_at_position, |statement| statement.recorded_at_position);
        Ok(vec![PhaseCorrected { programme, corrects, was, facts, reason }.into()])
    }

    /// The rate that was recorded to hold from a day on.
    pub fn recorded_subsidy(&self, from: Date) -> Result<SubsidyFacts, Rejection> {
        let statement = self.subsidies.statement(from);
        let statement =
            statement.map(|it| SubsidyFacts { nok_per_position_year: it.value, period: it.period });
        statement.ok_or_else(|| Rejection::field("/recorded_from", UNKNOWN_REFERENCE))
    }

    /// A rate was told wrong; `facts` is how it was, or `None`: there was none.
    pub fn correct_subsidy(
        &self,
        was: Date,
        facts: Option<SubsidyFacts>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.recorded_subsidy(was)?;
        let facts = match facts {
            Some(SubsidyFacts { nok_per_position_year, period }) => {
                Some(SubsidyFacts { nok_per_position_year, period: self.within(period)? })
            }
            None => None,
        };
        if facts.as_ref() == Some(&recorded) {
            return Ok(vec![]);
        }
        let programme = self.started.programme;
        let corrects = self
            .subsidies
            .statement(was)
            .map_or(self.recorded_at_position, |statement| statement.recorded_at_position);
        Ok(vec![SubsidyCorrected { programme, corrects, was, facts, reason }.into()])
    }
}
