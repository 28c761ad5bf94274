//! What may be asked of an occupancy: decided by the position together with everything else that
//! the doctor holds.

use jiff::civil::Date;
use uuid::Uuid;

use super::{Occupancies, Occupancy};
use crate::capabilities::position::domain::{
    Event, Filled, LeaveReason, OccupancyCorrected, OccupancyEnded, OccupancyFacts, OperatingModel,
    OperatingModelChanged, Terms, TermsChanged,
};
use crate::capabilities::position::problems;
use crate::capabilities::position::state::Known;
use crate::identifiers::Comment;
use crate::problem::Rejection;
use crate::time::{Percent, Period};

/// What is asked when a doctor takes a position.
#[derive(Debug, Clone)]
pub struct Fill {
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub period: Period,
    pub percent: Percent,
    pub operating_model: OperatingModel,
    pub terms: Terms,
}

impl Known {
    /// A doctor takes the position; `held` are the doctor's occupancies everywhere.
    pub fn fill(&self, fill: Fill, held: &Occupancies) -> Result<Vec<Event>, Rejection> {
        let same = |o: &Occupancy| {
            let from = o.period.from;
            (o.trainee, o.period) == (fill.trainee, fill.period)
                && (o.percent_on(from), o.model_on(from), o.terms_on(from))
                    == (fill.percent, fill.operating_model, fill.terms)
        };
        if self.occupancies.iter().any(same) {
            return Ok(vec![]);
        }
        self.can_be_held(&fill.period, None)?;
        if fill.percent > self.established.percent {
            return Err(Rejection::new(&problems::PERCENT_ABOVE_POSITION)
                .with("asked", fill.percent)
                .with("percent", self.established.percent));
        }
        held.room_for(&fill.period, fill.percent, None)?;
        Ok(vec![
            Filled {
                position: self.established.position,
                occupancy: fill.occupancy,
                trainee: fill.trainee,
                municipality: self.established.municipality.clone(),
                category: self.established.category,
                period: fill.period,
                percent: fill.percent,
                operating_model: fill.operating_model,
                terms: fill.terms,
            }
            .into(),
        ])
    }

    /// The occupancy of a doctor in exactly a period.
    pub fn same_occupancy(&self, trainee: Uuid, period: &Period) -> Option<Uuid> {
        let mut all = self.occupancies.iter();
        all.find(|o| (o.trainee, o.period) == (trainee, *period)).map(|o| o.id)
    }

    /// The occupancy, or the refusal that this position has none such.
    pub fn occupancy(&self, id: Uuid) -> Result<&Occupancy, Rejection> {
        self.occupancies.get(id).ok_or_else(|| (&crate::problem::common::NOT_FOUND).into())
    }

    /// The doctor's last day is told.
    pub fn end(
        &self,
        id: Uuid,
        to: Date,
        reason: LeaveReason,
        held: &Occupancies,
    ) -> Result<Vec<Event>, Rejection> {
        let occupancy = self.occupancy(id)?;
        if occupancy.period.to == Some(to) && occupancy.end_reason == Some(reason) {
            return Ok(vec![]);
        }
        if occupancy.end_reason.is_some() {
            let end = occupancy.period.to.map_or(String::new(), |to| to.to_string());
            return Err(Rejection::new(&problems::OCCUPANCY_ENDED).with("to", end));
        }
        if to < occupancy.period.from {
            let from = occupancy.period.from;
            return Err(Rejection::new(&problems::OUTSIDE_OCCUPANCY)
                .with("day", to)
                .with("period", Period::since(from)));
        }
        // An agreed end may be moved: earlier always, later while the position stays free.
        let period = Period { from: occupancy.period.from, to: Some(to) };
        self.can_be_held(&period, Some(id))?;
        if let Some(longer) = occupancy.period.day_after().filter(|day| *day <= to) {
            let stretch = Period { from: longer, to: Some(to) };
            held.room_for(&stretch, occupancy.percent_on(longer), Some(id))?;
        }
        let (position, trainee) = (occupancy.position, occupancy.trainee);
        let municipality = occupancy.municipality.clone();
        let ended = OccupancyEnded { position, occupancy: id, trainee, municipality, to, reason };
        Ok(vec![ended.into()])
    }

    fn within(occupancy: &Occupancy, day: Date) -> Result<(), Rejection> {
        if occupancy.period.covers(day) {
            return Ok(());
        }
        Err(Rejection::new(&problems::OUTSIDE_OCCUPANCY)
            .with("day", day)
            .with("period", occupancy.period))
    }

    /// Share, list or protected time change from a day.
    pub fn change_terms(
        &self,
        id: Uuid,
        from: Date,
        percent: Option<Percent>,
        terms: Terms,
        held: &Occupancies,
    ) -> Result<Vec<Event>, Rejection> {
        let occupancy = self.occupancy(id)?;
        Self::within(occupancy, from)?;
        let percent = percent.unwrap_or(occupancy.percent_on(from));
        let before = occupancy.terms_on(from);
        let terms = Terms {
            list_length: terms.list_length.or(before.list_length),
            list_ceiling: terms.list_ceiling.or(before.list_ceiling),
            protected_minutes_per_week: terms
                .protected_minutes_per_week
                .or(before.protected_minutes_per_week),
        };
        if percent == occupancy.percent_on(from) && terms == before {
            return Ok(vec![]);
        }
        if percent > self.established.percent {
            return Err(Rejection::new(&problems::PERCENT_ABOVE_POSITION)
                .with("asked", percent)
                .with("percent", self.established.percent));
        }
        let next_step = occupancy.percents.keys().find(|day| **day > from).copied();
        let to = match next_step {
            Some(day) => Some(crate::time::day_before(day)),
            None => occupancy.period.to,
        };
        held.room_for(&Period { from, to }, percent, Some(id))?;
        let (position, trainee) = (occupancy.position, occupancy.trainee);
        let municipality = occupancy.municipality.clone();
        let changed =
            TermsChanged { position, occupancy: id, trainee, municipality, from, percent, terms };
        Ok(vec![changed.into()])
    }

    /// The operating model changes from a day; the tenure goes on.
    pub fn change_model(
        &self,
        id: Uuid,
        from: Date,
        operating_model: OperatingModel,
    ) -> Result<Vec<Event>, Rejection> {
        let occupancy = self.occupancy(id)?;
        Self::within(occupancy, from)?;
        if occupancy.model_on(from) == operating_model {
            return Ok(vec![]);
        }
        let (position, trainee) = (occupancy.position, occupancy.trainee);
        let municipality = occupancy.municipality.clone();
        Ok(vec![
            OperatingModelChanged {
                position,
                occupancy: id,
                trainee,
                municipality,
                from,
                operating_model,
            }
            .into(),
        ])
    }

    /// What was recorded of an occupancy was wrong; `facts` is how it was, or `None`: it never was.
    pub fn correct_occupancy(
        &self,
        id: Uuid,
        facts: Option<OccupancyFacts>,
        reason: Comment,
        held: &Occupancies,
    ) -> Result<Vec<Event>, Rejection> {
        let occupancy = self.occupancy(id)?;
        if let Some(facts) = &facts {
            let told = OccupancyFacts {
                period: occupancy.period,
                percent: occupancy.percent_on(occupancy.period.from),
                operating_model: occupancy.model_on(occupancy.period.from),
                end_reason: occupancy.end_reason,
            };
            if told == *facts {
                return Ok(vec![]);
            }
            self.can_be_held(&facts.period, Some(id))?;
            if facts.percent > self.established.percent {
                return Err(Rejection::new(&problems::PERCENT_ABOVE_POSITION)
                    .with("asked", facts.percent)
                    .with("percent", self.established.percent));
            }
            // Later changes of the share still stand within the corrected period.
            let mut corrected = occupancy.clone();
            corrected.correct(facts, 0);
            for (from, percent) in &corrected.percents {
                let next = corrected.percents.keys().find(|day| *day > from).copied();
                let to = next.map(crate::time::day_before).or(facts.period.to);
                if let Some(stretch) =
                    Period::try_new(*from, to).and_then(|p| p.overlap(&facts.period))
                {
                    held.room_for(&stretch, *percent, Some(id))?;
                }
            }
        }
        let (position, trainee) = (occupancy.position, occupancy.trainee);
        let municipality = occupancy.municipality.clone();
        let corrects = occupancy.told_at;
        Ok(vec![
            OccupancyCorrected {
                position,
                occupancy: id,
                trainee,
                municipality,
                corrects,
                facts,
                reason,
            }
            .into(),
        ])
    }
}
