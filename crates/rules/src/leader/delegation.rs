//! Leading on another leader's behalf: who delegates what, and when it holds.
//!
//! A delegated term rests on one of the delegator's own terms and holds on the days that both have.
//! When that term ends, or was told wrong, the delegation lapses by itself; it holds again as soon
//! as that term does. What is told of the one term concerns both leaders, so each folds it from
//! their own facts, and nobody has to look at somebody else's on the day.

use std::collections::BTreeSet;

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{Delegation, Event, TermCorrected};
use super::problems;
use super::state::{Leader, Term};
use crate::edge::Fault;
use crate::identifiers::MunicipalityNumber;
use crate::problem::Rejection;
use crate::time::Period;

/// Terms that a leader may have delegated: an end of the leader's own concerns every one of them.
pub const DELEGATES_MAX: usize = 50;

/// Elsewhere is told like nowhere: who delegates must lead in the municipality that is asked for.
const NOBODY_THERE: Fault = Fault::new(
    "unknown_reference",
    "There is no such leader in that municipality.",
    "Det finnes ingen slik leder i den kommunen.",
);
const OWN_DELEGATE: Fault = Fault::new(
    "own_delegate",
    "A leader does not delegate to themselves.",
    "En leder delegerer ikke til seg selv.",
);
const DELEGATED_FURTHER: Fault = Fault::new(
    "delegated_further",
    "That leader leads there on another's behalf, and cannot delegate it further.",
    "Den lederen leder der på vegne av en annen, og kan ikke delegere videre.",
);
const OUTSIDE_OF_DELEGATOR: Fault = Fault::new(
    "outside_of_delegator",
    "The delegating leader does not lead there on their own account on that day.",
    "Lederen som delegerer, leder ikke der på egne vegne den dagen.",
);

/// What a term rests on that is led on another's behalf, as it is known now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Held {
    /// The leader who delegates.
    pub by: Uuid,
    /// That leader's own term.
    pub term: Uuid,
    /// Its days; `None` when there was no such term, not there, or not on their own account.
    pub period: Option<Period>,
}

impl From<Delegation> for Held {
    fn from(recorded: Delegation) -> Self {
        Self { by: recorded.by, term: recorded.term, period: Some(recorded.period) }
    }
}

/// Somebody who leads on this leader's behalf, or did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delegate {
    pub leader: Uuid,
    /// The own term that it rests on.
    pub rests_on: Uuid,
}

impl Term {
    /// Whether somebody leads by it on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.period.covers(day) && self.lapsed_since(day).is_none()
    }

    /// Whether nobody leads by it on a day or after it, as far as is known.
    pub fn is_over(&self, day: Date) -> bool {
        let lent_is_over = |held: &Held| held.period.is_none_or(|own| own.ends_before(day));
        self.period.ends_before(day) || self.delegation.as_ref().is_some_and(lent_is_over)
    }

    /// Since when it has lapsed, on a day of the term when it has.
    pub fn lapsed_since(&self, day: Date) -> Option<Date> {
        let held = self.delegation.as_ref().filter(|_| self.period.covers(day))?;
        match held.period {
            Some(own) if own.covers(day) => None,
            Some(own) if own.from <= day => own.day_after().map(|end| end.max(self.period.from)),
            Some(_) | None => Some(self.period.from),
        }
    }

    /// Takes in what is told of the term that this one rests on.
    fn rests_on(&mut self, event: &Event) {
        let municipality = &self.municipality;
        let Some(held) = &mut self.delegation else { return };
        match event {
            Event::TermEnded(f) if f.term == held.term => {
                held.period = held.period.map(|own| Period { to: Some(f.to), ..own });
            }
            Event::TermCorrected(f) if f.term == held.term => {
                let own = f.facts.as_ref().filter(|facts| {
                    facts.municipality == *municipality && facts.delegation.is_none()
                });
                held.period = own.map(|facts| facts.period);
            }
            Event::TermEnded(_)
            | Event::TermCorrected(_)
            | Event::Registered(_)
            | Event::Corrected(_)
            | Event::TermAdded(_) => {}
        }
    }
}

impl Leader {
    /// Takes in a fact about another leader: of a term that one of these rests on, or of one that
    /// rests on one of these.
    pub(super) fn evolve_with(&mut self, event: &Event) {
        self.terms.values_mut().for_each(|term| term.rests_on(event));
        let (term, recorded) = match event {
            Event::Registered(f) => (f.term, f.delegation),
            Event::TermAdded(f) => (f.term, f.delegation),
            Event::TermCorrected(TermCorrected { term, facts, .. }) => {
                (*term, facts.as_ref().and_then(|facts| facts.delegation))
            }
            Event::TermEnded(_) | Event::Corrected(_) => return,
        };
        match recorded.filter(|delegation| delegation.by == self.id) {
            Some(Delegation { term: rests_on, .. }) => {
                self.delegates.insert(term, Delegate { leader: event.leader(), rests_on });
            }
            None => {
                self.delegates.remove(&term);
            }
        }
    }

    /// The other leaders whom a fact about a term concerns.
    pub(super) fn others(&self, term: &Term) -> Vec<Uuid> {
        let delegates = self.delegates.values().filter(|delegate| delegate.rests_on == term.id);
        let delegator = term.delegation.iter().map(|held| held.by);
        let others: BTreeSet<Uuid> =
            delegates.map(|delegate| delegate.leader).chain(delegator).collect();
        others.into_iter().collect()
    }

    /// Whether the leader may still be named as one who delegates, and once more.
    fn delegates_anew(&self) -> Result<(), Rejection> {
        if self.erased.is_some() {
            return Err(Rejection::field("/delegated_by", NOBODY_THERE));
        }
        if self.delegates.len() >= DELEGATES_MAX {
            return Err(Rejection::new(&problems::LEADER_DELEGATES_TOO_MANY)
                .with("leader", self.id)
                .with("max", DELEGATES_MAX));
        }
        Ok(())
    }

    /// What this leader lends another: an own term in the municipality that covers the period. A
    /// period without an end is lent for as long as that term goes on.
    pub fn delegation(
        &self,
        to: Uuid,
        municipality: &MunicipalityNumber,
        period: &Period,
    ) -> Result<Delegation, Rejection> {
        if to == self.id {
            return Err(Rejection::field("/delegated_by", OWN_DELEGATE));
        }
        let there = || self.terms().filter(|term| term.municipality == *municipality);
        let mut own = there().filter(|term| term.delegation.is_none());
        let on_first_day = |term: &&Term| term.period.covers(period.from);
        if let Some(term) = own.find(on_first_day) {
            if period.to.is_some_and(|to| !term.period.covers(to)) {
                return Err(Rejection::field("/to", OUTSIDE_OF_DELEGATOR));
            }
            return Ok(Delegation { by: self.id, term: term.id, period: term.period });
        }
        let (pointer, fault) = match there().find(on_first_day).or_else(|| there().next()) {
            None => ("/delegated_by", NOBODY_THERE),
            Some(Term { delegation: Some(_), .. }) => ("/delegated_by", DELEGATED_FURTHER),
            Some(Term { delegation: None, .. }) => ("/from", OUTSIDE_OF_DELEGATOR),
        };
        Err(Rejection::field(pointer, fault))
    }
}

/// What `delegator`, if there is one, lends another leader anew.
pub fn lent(
    delegator: Option<&Leader>,
    to: Uuid,
    municipality: &MunicipalityNumber,
    period: &Period,
) -> Result<Option<Delegation>, Rejection> {
    let Some(delegator) = delegator else { return Ok(None) };
    delegator.delegates_anew()?;
    delegator.delegation(to, municipality, period).map(Some)
}

/// Nobody with that id leads there.
pub fn nobody_there() -> Rejection {
    Rejection::field("/delegated_by", NOBODY_THERE)
}
