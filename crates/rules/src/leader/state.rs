//! One leader: state and rules. Where and when somebody leads, on their own account or on another's
//! behalf ([`super::delegation`]).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use uuid::Uuid;

use super::delegation::{Delegate, Held, lent};
use super::domain::{Delegation, Event, TermAdded, TermCorrected, TermEnded, TermFacts};
use super::problems;
use crate::aggregate::{Begins, DecodeError, DomainEvent as _, Fact};
use crate::edge::UNKNOWN_REFERENCE;
use crate::external_ids::{self, ExternalIds};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::occupancy::Occupancies;
use crate::person::{self, domain::Erased};
use crate::problem::{OrNotFound as _, Rejection};
use crate::reference::Lineage;
use crate::time::Period;

/// A registered leader.
#[derive(Debug, Clone, PartialEq)]
pub struct Leader {
    pub id: Uuid,
    pub sealed: String,
    pub hpr_lookup: Option<String>,
    pub external_ids: ExternalIds,
    pub registered_on: Date,
    pub(super) terms: BTreeMap<Uuid, Term>,
    /// Who leads on this leader's behalf, by their term.
    pub(super) delegates: BTreeMap<Uuid, Delegate>,
    /// Where the person's own facts were last told, for corrections to name.
    pub recorded_at_position: i64,
    /// That the leader was erased; then nothing above tells who it was.
    pub erased: Option<Erased>,
    /// How the numbers of these municipalities follow one another. The leader's own facts do not
    /// tell: it is looked up where the leader decides, see [`Leader::following`].
    lineage: Lineage,
}

/// A time in which a leader leads in a municipality.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub id: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
    /// On whose behalf it is led; `None` on the leader's own account.
    pub delegation: Option<Held>,
    /// Where its facts were last told whole, for corrections to name.
    pub recorded_at_position: i64,
}

impl Begins for Leader {
    type Event = Event;

    fn begin(event: &Event, at: i64) -> Option<Self> {
        let Event::Registered(f) = event else { return None };
        let mut leader = Self {
            id: f.leader,
            sealed: f.sealed.clone(),
            hpr_lookup: f.hpr_lookup.clone(),
            external_ids: ExternalIds::registered(&f.external_ids, at),
            registered_on: f.on,
            terms: BTreeMap::new(),
            delegates: BTreeMap::new(),
            recorded_at_position: at,
            erased: None,
            lineage: Lineage::default(),
        };
        leader.set_term(f.term, &f.municipality, f.period, f.delegation, at);
        Some(leader)
    }

    fn go_on(&mut self, event: &Event, at: i64) {
        if event.leader() == self.id {
            self.evolve(event, at);
        } else {
            self.evolve_with(event);
        }
    }

    fn take_in(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = external_ids::Event::decode(fact)? {
            self.external_ids.apply(&event, fact.position);
        } else if let Some(event) = person::Event::decode(fact)? {
            self.forget(event);
        }
        Ok(())
    }
}

/// The municipalities that answer for a doctor's training on a day: those where the doctor holds a
/// position, or, when there is none, where the doctor held one last.
pub fn answering(held: &Occupancies, on: Date) -> Vec<&MunicipalityNumber> {
    let last = held.last_end_before(on);
    let now: Vec<_> = held.all_on(on).map(|occupancy| &occupancy.municipality).collect();
    if !now.is_empty() {
        return now;
    }
    let ended = held.iter().filter(|occupancy| last.is_some() && occupancy.period.to == last);
    ended.map(|occupancy| &occupancy.municipality).collect()
}

impl Leader {
    fn set_term(
        &mut self,
        id: Uuid,
        municipality: &MunicipalityNumber,
        period: Period,
        delegation: Option<Delegation>,
        recorded_at_position: i64,
    ) {
        let (municipality, delegation) = (municipality.clone(), delegation.map(Held::from));
        self.terms.insert(id, Term { id, municipality, period, delegation, recorded_at_position });
    }

    fn evolve(&mut self, event: &Event, at: i64) {
        match event {
            Event::Registered(_) => {}
            Event::Corrected(f) => {
                self.sealed = f.sealed.clone();
                self.hpr_lookup = f.hpr_lookup.clone();
                self.recorded_at_position = at;
            }
            Event::TermAdded(f) => {
                self.set_term(f.term, &f.municipality, f.period, f.delegation, at);
            }
            Event::TermEnded(f) => {
                if let Some(term) = self.terms.get_mut(&f.term) {
                    term.period.to = Some(f.to);
                }
            }
            Event::TermCorrected(f) => match &f.facts {
                Some(facts) => {
                    self.set_term(f.term, &facts.municipality, facts.period, facts.delegation, at);
                }
                None => {
                    self.terms.remove(&f.term);
                }
            },
        }
    }

    fn forget(&mut self, event: person::Event) {
        let person::Event::Erased(erased) = event;
        self.sealed.clear();
        self.hpr_lookup = None;
        self.external_ids.forget();
        self.erased = Some(erased);
    }

    /// Every term, by beginning.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        let mut all: Vec<&Term> = self.terms.values().collect();
        all.sort_by_key(|term| (term.period.from, term.id));
        all.into_iter()
    }

    /// The days on which something changes.
    pub fn changes(&self) -> Vec<Date> {
        let own = |term: &Term| [Some(term.period), term.delegation.and_then(|held| held.period)];
        let periods = self.terms.values().flat_map(own).flatten();
        periods.flat_map(|period| [Some(period.from), period.day_after()]).flatten().collect()
    }

    /// Where the leader leads on a day.
    pub fn municipalities_on(&self, day: Date) -> impl Iterator<Item = &MunicipalityNumber> {
        self.terms().filter(move |term| term.holds_on(day)).map(|term| &term.municipality)
    }

    /// Where the leader leads on a day, or will.
    pub fn municipalities_from(&self, day: Date) -> BTreeSet<MunicipalityNumber> {
        let going_on = self.terms().filter(|term| !term.is_over(day));
        going_on.map(|term| term.municipality.clone()).collect()
    }

    /// The leader, whose terms hold under the numbers that those of their municipalities became or
    /// took over.
    pub fn following(self, lineage: Lineage) -> Self {
        Self { lineage, ..self }
    }

    /// The term by which the leader leads in a municipality on a day, whichever of its numbers
    /// either is told with.
    pub fn term_on(&self, municipality: &MunicipalityNumber, day: Date) -> Option<&Term> {
        let covers = |term: &&Term| self.lineage.covers(&term.municipality, municipality, day);
        self.terms().filter(|term| term.holds_on(day)).find(covers)
    }

    /// The terms by which the leader decides for a doctor on a day.
    pub fn decides_for(&self, held: &Occupancies, on: Date) -> Vec<&Term> {
        answering(held, on).into_iter().filter_map(|number| self.term_on(number, on)).collect()
    }

    fn free(
        &self,
        municipality: &MunicipalityNumber,
        period: &Period,
        except: Option<Uuid>,
    ) -> Result<(), Rejection> {
        let taken = |term: &&Term| {
            Some(term.id) != except
                && term.municipality == *municipality
                && term.period.overlap(period).is_some()
        };
        match self.terms().find(taken) {
            None => Ok(()),
            Some(term) => Err(Rejection::new(&problems::LEADER_TERM_OVERLAPS)
                .with("term", term.id)
                .with("municipality", municipality)
                .with("period", term.period)),
        }
    }

    /// The leader leads in a further municipality, or there again; for `delegator`, if given.
    pub fn add_term(
        &self,
        term: Uuid,
        municipality: MunicipalityNumber,
        period: Period,
        delegator: Option<&Leader>,
    ) -> Result<Vec<Event>, Rejection> {
        let by = delegator.map(|delegator| delegator.id);
        if self.terms.values().any(|recorded| recorded.is_for(&municipality, period, by)) {
            return Ok(vec![]);
        }
        self.free(&municipality, &period, None)?;
        let delegation = lent(delegator, self.id, &municipality, &period)?;
        Ok(vec![TermAdded { leader: self.id, term, municipality, period, delegation }.into()])
    }

    /// The leader's last day in the terms that are meant. One that goes on longer ends then; one
    /// that ended before stands. `named`: a municipality was named, where there must be one.
    pub fn end(
        &self,
        to: Date,
        named: bool,
        meant: impl Fn(&Term) -> bool,
    ) -> Result<Vec<Event>, Rejection> {
        let terms: Vec<&Term> = self.terms().filter(|term| meant(term)).collect();
        if terms.is_empty() && named {
            return Err(Rejection::field("/municipality", UNKNOWN_REFERENCE));
        }
        if let Some(later) = terms.iter().find(|term| term.period.from > to) {
            return Err(Rejection::new(&problems::LEADER_TERM_BEGINS_LATER)
                .with("term", later.id)
                .with("from", later.period.from));
        }
        let goes_on = |term: &&&Term| term.period.to.is_none_or(|end| end > to);
        let facts: Vec<Event> = terms
            .iter()
            .filter(goes_on)
            .map(|term| {
                let (municipality, others) = (term.municipality.clone(), self.others(term));
                TermEnded { leader: self.id, term: term.id, municipality, to, others }.into()
            })
            .collect();
        let ended = terms.iter().filter_map(|term| term.period.to).max();
        if facts.is_empty() && ended != Some(to) {
            return Err(Rejection::new(&problems::LEADER_ENDED).with("to", ended));
        }
        Ok(facts)
    }

    /// One term, or the refusal that this leader has none such.
    pub fn term(&self, id: Uuid) -> Result<&Term, Rejection> {
        self.terms.get(&id).or_not_found()
    }

    /// What was recorded of a term was wrong; `right` is how it was, or `None`: it was entered in
    /// error.
    pub fn correct_term(
        &self,
        id: Uuid,
        right: Option<RightTerm<'_>>,
        reason: Comment,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let term = self.term(id)?;
        let facts = match right {
            None => None,
            Some(right) => match self.corrected(term, right)? {
                Some(facts) => Some(facts),
                None => return Ok(vec![]),
            },
        };
        let (corrects, others) = (term.recorded_at_position, self.others(term));
        let leader = self.id;
        Ok(vec![TermCorrected { leader, term: id, corrects, facts, others, reason, on }.into()])
    }

    /// How a term was; `None` when it says so already.
    fn corrected(&self, term: &Term, right: RightTerm<'_>) -> Result<Option<TermFacts>, Rejection> {
        let RightTerm { municipality, period, delegator } = right;
        let by = delegator.map(|delegator| delegator.id);
        let recorded = term.delegation;
        let delegation = match delegator {
            // Another term of the same leader may cover what the first one turned out not to.
            Some(same) if recorded.is_some_and(|recorded| recorded.by == same.id) => {
                same.delegation(self.id, &municipality, &period).map(Some)
            }
            delegator => lent(delegator, self.id, &municipality, &period),
        };
        if term.is_for(&municipality, period, by) {
            let anew = delegation.as_ref().ok().copied().flatten();
            if anew.is_none()
                || anew.map(|anew| anew.term) == recorded.map(|recorded| recorded.term)
            {
                return Ok(None);
            }
        }
        self.free(&municipality, &period, Some(term.id))?;
        Ok(Some(TermFacts { municipality, period, delegation: delegation? }))
    }
}

/// How a term really was.
#[derive(Debug, Clone)]
pub struct RightTerm<'a> {
    pub municipality: MunicipalityNumber,
    pub period: Period,
    /// The leader on whose behalf it was led.
    pub delegator: Option<&'a Leader>,
}

impl Term {
    fn is_for(&self, municipality: &MunicipalityNumber, period: Period, by: Option<Uuid>) -> bool {
        let recorded = (&self.municipality, self.period, self.delegation.map(|held| held.by));
        recorded == (municipality, period, by)
    }
}
