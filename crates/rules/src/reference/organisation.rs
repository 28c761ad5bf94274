//! An organisation, known by its number in the Norwegian register of legal entities.
//!
//! What was told when it was recorded holds from its first day, or always when none was told; each
//! change holds from its own day until the next day for which the same is told. Once its last day
//! is past it exists no more.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::domain::{
    Event, OrganisationChange, OrganisationChangeCorrected, OrganisationChanged,
    OrganisationClosed, OrganisationClosureCorrected, OrganisationCorrected,
    OrganisationEnteredInError, OrganisationFacts, OrganisationRecorded,
};
use super::problems;
use crate::aggregate::Begins;
use crate::edge::UNKNOWN_REFERENCE;
use crate::identifiers::{Comment, OrganisationNumber};
use crate::problem::{Rejection, common};
use crate::time::{FIRST_DAY, Period};

/// A recorded organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Organisation {
    pub number: OrganisationNumber,
    /// What was told when it was recorded, corrections considered.
    pub facts: OrganisationFacts,
    /// Where that was last told, for corrections to name.
    recorded_at_position: i64,
    /// What it is from a day on, by that day, and where that was last told.
    changes: BTreeMap<Date, (OrganisationChange, i64)>,
    /// Its last day, and where that was last told.
    closure: Option<(Date, i64)>,
}

impl OrganisationChange {
    /// What an organisation is with this told of it.
    fn over(&self, before: OrganisationFacts) -> OrganisationFacts {
        OrganisationFacts {
            name: self.name.clone().unwrap_or(before.name),
            kind: self.kind.unwrap_or(before.kind),
            municipality: self.municipality.clone().or(before.municipality),
            from: before.from,
        }
    }

    /// This, with what is not told in it as another tells it.
    pub fn beside(self, other: &OrganisationChange) -> Self {
        Self {
            from: self.from,
            name: self.name.or_else(|| other.name.clone()),
            kind: self.kind.or(other.kind),
            municipality: self.municipality.or_else(|| other.municipality.clone()),
        }
    }
}

impl Begins for Organisation {
    type Event = Event;

    fn begin(event: &Event, at: i64) -> Option<Self> {
        let Event::OrganisationRecorded(f) = event else { return None };
        Some(Self {
            number: f.organisation_number.clone(),
            facts: f.facts.clone(),
            recorded_at_position: at,
            changes: BTreeMap::new(),
            closure: None,
        })
    }

    fn entered_in_error(event: &Event) -> bool {
        matches!(event, Event::OrganisationEnteredInError(_))
    }

    fn go_on(&mut self, event: &Event, at: i64) {
        match event {
            Event::OrganisationCorrected(f) => {
                self.facts = f.facts.clone();
                self.recorded_at_position = at;
            }
            Event::OrganisationChanged(f) => self.set_change(f.change.clone(), at),
            Event::OrganisationChangeCorrected(f) => {
                self.changes.remove(&f.was);
                if let Some(change) = f.change.clone() {
                    self.set_change(change, at);
                }
            }
            Event::OrganisationClosed(f) => self.closure = Some((f.to, at)),
            Event::OrganisationClosureCorrected(f) => self.closure = f.to.map(|to| (to, at)),
            Event::MunicipalityRecorded(_)
            | Event::MunicipalitySucceeded(_)
            | Event::SuccessionCorrected(_)
            | Event::CentralityRecorded(_)
            | Event::AlisOfficeRegistered(_)
            | Event::AlisOfficeRenamed(_)
            | Event::AlisOfficeNameCorrected(_)
            | Event::AlisOfficeAssigned(_)
            | Event::AlisOfficeEnded(_)
            | Event::AlisOfficeAssignmentCorrected(_)
            | Event::OrganisationRecorded(_)
            | Event::OrganisationEnteredInError(_) => {} // not about this one's facts
        }
    }
}

impl Organisation {
    /// Whether its last day is past on a day.
    pub fn is_closed_on(&self, day: Date) -> bool {
        self.period().ends_before(day)
    }

    /// What it is on a day; `None` when it is not there yet or closed.
    pub fn on(&self, day: Date) -> Option<OrganisationFacts> {
        self.period().covers(day).then(|| self.facts_on(day))
    }

    /// Records an organisation; `recorded` is what it is now. One that is recorded already is only
    /// ever changed or corrected.
    pub fn record(
        recorded: Option<&Self>,
        organisation_number: OrganisationNumber,
        facts: OrganisationFacts,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        match recorded {
            None => Ok(vec![OrganisationRecorded { organisation_number, facts, on }.into()]),
            Some(recorded) if recorded.facts == facts => Ok(vec![]),
            Some(recorded) => Err(Rejection::new(&problems::ORGANISATION_EXISTS)
                .with("number", &recorded.number)
                .with("name", &recorded.facts.name)),
        }
    }

    fn set_change(&mut self, change: OrganisationChange, at: i64) {
        let from = change.from;
        let change = match self.changes.get(&from) {
            Some((before, _)) => change.beside(before),
            None => change,
        };
        self.changes.insert(from, (change, at));
    }

    /// The first day it is shown on.
    pub fn first_day(&self) -> Date {
        self.facts.from.unwrap_or(FIRST_DAY)
    }

    /// Its last day, when it has one.
    pub fn last_day(&self) -> Option<Date> {
        self.closure.map(|(to, _)| to)
    }

    fn period(&self) -> Period {
        Period { from: self.first_day(), to: self.last_day() }
    }

    /// What is told of a day, whether or not it exists then.
    pub fn facts_on(&self, day: Date) -> OrganisationFacts {
        let recorded = self.changes.range(..=day).map(|(_, (change, _))| change);
        recorded.fold(self.facts.clone(), |facts, change| change.over(facts))
    }

    /// The days on which something about it changes.
    pub fn changes(&self) -> Vec<Date> {
        let first = self.first_day();
        let mut days = vec![first];
        days.extend(self.changes.keys().filter(|day| **day > first));
        days.extend(self.period().day_after());
        days
    }

    /// Refuses a day on which it does not exist.
    fn exists_on(&self, period: Period, day: Date) -> Result<(), Rejection> {
        if period.covers(day) {
            return Ok(());
        }
        Err(Rejection::new(&problems::ORGANISATION_NOT_THERE)
            .with("day", day)
            .with("from", self.facts.from)
            .with("to", period.to))
    }

    /// Tells how the organisation really was when it was recorded.
    pub fn correct(
        &self,
        facts: OrganisationFacts,
        reason: Comment,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        if facts == self.facts {
            return Ok(vec![]);
        }
        if let Some(from) = facts.from {
            self.exists_on(Period { from: FIRST_DAY, to: self.last_day() }, from)?;
        }
        let (organisation_number, corrects) = (self.number.clone(), self.recorded_at_position);
        Ok(vec![OrganisationCorrected { organisation_number, corrects, facts, reason, on }.into()])
    }

    /// There never was such an organisation, or it has another number.
    pub fn enter_in_error(&self, reason: Comment) -> Vec<Event> {
        let (organisation_number, corrects) = (self.number.clone(), self.recorded_at_position);
        let (municipality, was) = (self.facts.municipality.clone(), self.first_day());
        let out =
            OrganisationEnteredInError { organisation_number, municipality, corrects, was, reason };
        vec![out.into()]
    }

    /// From a day on it is otherwise.
    pub fn change(&self, change: OrganisationChange) -> Result<Vec<Event>, Rejection> {
        self.exists_on(self.period(), change.from)?;
        let facts = self.facts_on(change.from);
        if change.over(facts.clone()) == facts {
            return Ok(vec![]);
        }
        Ok(vec![OrganisationChanged { organisation_number: self.number.clone(), change }.into()])
    }

    /// The change that was recorded from a day on.
    pub fn recorded_change(&self, from: Date) -> Result<&OrganisationChange, Rejection> {
        let recorded = self.changes.get(&from).map(|(change, _)| change);
        recorded.ok_or_else(|| Rejection::field("/recorded_from", UNKNOWN_REFERENCE))
    }

    /// A change was told wrong: it was otherwise, or there was none (`None`).
    pub fn correct_change(
        &self,
        was: Date,
        change: Option<OrganisationChange>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.recorded_change(was)?;
        if change.as_ref() == Some(recorded) {
            return Ok(vec![]);
        }
        if let Some(change) = &change {
            self.exists_on(self.period(), change.from)?;
        }
        let organisation_number = self.number.clone();
        let corrects = self.changes.get(&was).map_or(self.recorded_at_position, |(_, at)| *at);
        Ok(vec![
            OrganisationChangeCorrected { organisation_number, corrects, was, change, reason }
                .into(),
        ])
    }

    /// It exists for the last time on `to`.
    pub fn close(&self, to: Date) -> Result<Vec<Event>, Rejection> {
        match self.last_day() {
            Some(last) if last == to => return Ok(vec![]),
            Some(last) => {
                return Err(Rejection::new(&problems::ORGANISATION_CLOSED).with("to", last));
            }
            None => self.exists_on(self.period(), to)?,
        }
        let organisation_number = self.number.clone();
        let municipality = self.facts_on(to).municipality;
        Ok(vec![OrganisationClosed { organisation_number, municipality, to }.into()])
    }

    /// Its end was told wrong: it was on another day, or it exists still (`None`).
    pub fn correct_closure(
        &self,
        to: Option<Date>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        if to == self.last_day() {
            return Ok(vec![]);
        }
        let Some((was, corrects)) = self.closure else {
            return Err((&common::NOT_FOUND).into());
        };
        if let Some(to) = to {
            self.exists_on(Period::since(self.first_day()), to)?;
        }
        let organisation_number = self.number.clone();
        let municipality = self.facts_on(to.unwrap_or(was)).municipality;
        Ok(vec![
            OrganisationClosureCorrected {
                organisation_number,
                municipality,
                corrects,
                was,
                to,
                reason,
            }
            .into(),
        ])
    }
}
