//! What may be asked of an occupancy: decided by the position together with everything else that
//! the doctor holds.

use jiff::civil::Date;
use uuid::Uuid;

use super::problems;
use super::state::Position;
use crate::identifiers::{Comment, ExternalId};
use crate::occupancy::domain::{
    Event, Filled, LeaveReason, OccupancyCorrected, OccupancyEnded, OccupancyFacts, OperatingModel,
    OperatingModelChanged, Term, Terms, TermsChanged,
};
use crate::occupancy::{Occupancies, Occupancy};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::{Percent, Period};
use crate::word_enum;

/// What is asked when a doctor takes a position.
#[derive(Debug, Clone)]
pub struct Fill {
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub period: Period,
    pub percent: Percent,
    pub operating_model: OperatingModel,
    pub terms: Terms,
    /// The document that lets the doctor begin before LIS1 is completed.
    pub lis1_exception: Option<Comment>,
    pub external_ids: Vec<ExternalId>,
}

/// A doctor begins after LIS1, or with a documented exception. When it was completed need not be
/// told: that is a warning.
pub fn begins_after_lis1(
    completed: Option<Date>,
    from: Date,
    exception: Option<&Comment>,
) -> Result<(), Rejection> {
    match (completed, exception) {
        (Some(completed), None) if completed > from => {
            Err(Rejection::new(&problems::LIS1_NOT_COMPLETED).with("completed", completed))
        }
        (Some(_) | None, _) => Ok(()),
    }
}

word_enum! {
    /// A term that there may be none of.
    pub enum LiftedTerm {
        /// Patients on the list: not told any more.
        ListLength = "list_length",
        /// The list's ceiling: there is none any more.
        ListCeiling = "list_ceiling",
        /// Minutes a week kept free for training: none are agreed any more.
        ProtectedMinutesPerWeek = "protected_minutes_per_week",
    }
}

impl LiftedTerm {
    fn term(self) -> Term {
        match self {
            LiftedTerm::ListLength => Term::ListLength,
            LiftedTerm::ListCeiling => Term::ListCeiling,
            LiftedTerm::ProtectedMinutesPerWeek => Term::ProtectedMinutesPerWeek,
        }
    }
}

/// What is told of the terms from a day; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct NewTerms {
    pub percent: Option<Percent>,
    pub terms: Terms,
    /// None of which is among `terms`.
    pub lifted: Vec<LiftedTerm>,
}

impl NewTerms {
    /// Whether a term is both told and lifted.
    pub fn contradict(&self) -> bool {
        let set_terms = self.terms_set();
        self.lifted.iter().any(|lifted| set_terms.contains(&lifted.term()))
    }

    fn terms_set(&self) -> Vec<Term> {
        let Terms { list_length, list_ceiling, protected_minutes_per_week } = self.terms;
        let set_terms = [
            list_length.map(|_| Term::ListLength),
            list_ceiling.map(|_| Term::ListCeiling),
            protected_minutes_per_week.map(|_| Term::ProtectedMinutesPerWeek),
        ];
        set_terms.into_iter().flatten().collect()
    }

    /// All that is told, in one order whatever the caller's.
    fn set_terms(&self) -> Vec<Term> {
        let mut set_terms = self.terms_set();
        set_terms.extend(self.percent.map(|_| Term::Percent));
        set_terms.extend(self.lifted.iter().map(|lifted| lifted.term()));
        set_terms.sort_unstable();
        set_terms.dedup();
        set_terms
    }

    /// The terms as they then are.
    fn over(&self, before: Terms) -> Terms {
        let lifted = |term| self.lifted.contains(&term);
        let new = self.terms;
        let (length, ceiling) = (before.list_length, before.list_ceiling);
        let minutes = before.protected_minutes_per_week;
        Terms {
            list_length: new.list_length.or(length.filter(|_| !lifted(LiftedTerm::ListLength))),
            list_ceiling: new.list_ceiling.or(ceiling.filter(|_| !lifted(LiftedTerm::ListCeiling))),
            protected_minutes_per_week: new
                .protected_minutes_per_week
                .or(minutes.filter(|_| !lifted(LiftedTerm::ProtectedMinutesPerWeek))),
        }
    }
}

impl Position {
    /// A doctor takes the position; `held` are the doctor's occupancies everywhere.
    pub fn fill(&self, fill: Fill, held: &Occupancies) -> Result<Vec<Event>, Rejection> {
        let same = |o: &Occupancy| {
            let from = o.period.from;
            (o.trainee, o.period) == (fill.trainee, fill.period)
                && (o.percent_on(from), o.model_on(from), o.terms_on(from))
                    == (fill.percent, fill.operating_model, fill.terms)
                && o.external_ids.hold(&fill.external_ids)
        };
        if self.occupancies.iter().any(same) {
            return Ok(vec![]);
        }
        self.can_be_held(&fill.period, None)?;
        self.within_share(fill.percent)?;
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
                lis1_exception: fill.lis1_exception,
                external_ids: fill.external_ids,
            }
            .into(),
        ])
    }

    /// A holder's share is at most the position's.
    fn within_share(&self, asked: Percent) -> Result<(), Rejection> {
        let percent = self.established.percent;
        if asked <= percent {
            return Ok(());
        }
        Err(Rejection::new(&problems::PERCENT_ABOVE_POSITION)
            .with("asked", asked)
            .with("percent", percent))
    }

    /// The occupancy of a doctor in exactly a period.
    pub fn same_occupancy(&self, trainee: Uuid, period: &Period) -> Option<Uuid> {
        let mut all = self.occupancies.iter();
        all.find(|o| (o.trainee, o.period) == (trainee, *period)).map(|o| o.id)
    }

    /// The occupancy, or the refusal that this position has none such.
    pub fn occupancy(&self, id: Uuid) -> Result<&Occupancy, Rejection> {
        self.occupancies.get(id).or_not_found()
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
            let end = occupancy.period.to;
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
            held.room_for_shares(occupancy, &stretch)?;
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

    /// Share, list or protected time change from a day, each until the next that is told of it.
    pub fn change_terms(
        &self,
        id: Uuid,
        from: Date,
        new: &NewTerms,
        held: &Occupancies,
    ) -> Result<Vec<Event>, Rejection> {
        let occupancy = self.occupancy(id)?;
        Self::within(occupancy, from)?;
        let before = (occupancy.percent_on(from), occupancy.terms_on(from));
        let changed = TermsChanged {
            position: occupancy.position,
            occupancy: id,
            trainee: occupancy.trainee,
            municipality: occupancy.municipality.clone(),
            from,
            percent: new.percent.unwrap_or(before.0),
            terms: new.over(before.1),
            set_terms: Some(new.set_terms()),
        };
        if (changed.percent, changed.terms) == before {
            return Ok(vec![]);
        }
        if let Some(percent) = new.percent {
            self.within_share(percent)?;
            let mut next = occupancy.clone();
            next.change_terms(&changed);
            held.room_for_shares(&next, &occupancy.period)?;
        }
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

    /// What was recorded of an occupancy was wrong; `facts` is how it was, or `None`: it was
    /// entered in error.
    pub fn correct_occupancy(
        &self,
        id: Uuid,
        facts: Option<OccupancyFacts>,
        reason: Comment,
        held: &Occupancies,
    ) -> Result<Vec<Event>, Rejection> {
        let occupancy = self.occupancy(id)?;
        if let Some(facts) = &facts {
            if *facts == occupancy.facts_within(occupancy.period) {
                return Ok(vec![]);
            }
            self.can_be_held(&facts.period, Some(id))?;
            self.within_share(facts.percent)?;
            // Later changes of the share still stand within the corrected period.
            let mut corrected = occupancy.clone();
            corrected.correct(facts, 0);
            held.room_for_shares(&corrected, &facts.period)?;
        }
        let (position, trainee) = (occupancy.position, occupancy.trainee);
        let municipality = occupancy.municipality.clone();
        let corrects = occupancy.recorded_at_position;
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
