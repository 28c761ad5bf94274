//! A municipality number: when it is in use and under which name, what it came from and became, its
//! centrality, and which ALIS office answers for it. County and region are in [`super::geography`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{
    AlisOfficeAssigned, AlisOfficeAssignmentCorrected, AlisOfficeEnded, Centrality,
    CentralityRecorded, Event, MunicipalityRecorded, MunicipalitySucceeded, SuccessionCorrected,
};
use super::problems;
use crate::aggregate::Begins;
use crate::dated::Dated;
use crate::edge::{Fault, UNKNOWN_REFERENCE};
use crate::identifiers::{Comment, MunicipalityNumber, Name};
use crate::problem::Rejection;
use crate::time::Period;

/// A recorded municipality number.
#[derive(Debug, Clone, PartialEq)]
pub struct Municipality {
    pub number: MunicipalityNumber,
    /// The number is in use on the days it has a name.
    pub names: Dated<Name>,
    pub centralities: Dated<Centrality>,
    /// What it became, and when.
    pub successors: Vec<(MunicipalityNumber, Date)>,
    /// What it came from, and when.
    pub predecessors: Vec<(MunicipalityNumber, Date)>,
    offices: Vec<Responsible>,
    /// Where each succession was last told, for corrections to name.
    succession_recorded_at_position: BTreeMap<MunicipalityNumber, i64>,
}

/// An ALIS office and the days it answers for the municipality.
#[derive(Debug, Clone, PartialEq)]
struct Responsible {
    office: Uuid,
    period: Period,
    /// Where that was last told, for corrections to name.
    recorded_at_position: i64,
}

/// The fault of a municipality number that names nothing on the day.
pub const NOT_IN_USE: Fault = Fault::new(
    "municipality_not_in_use",
    "No municipality has this number on that day.",
    "Ingen kommune har dette nummeret den dagen.",
);

/// Keeps one day for a number, or none: a later telling takes the place of an earlier one.
fn turn(turns: &mut Vec<(MunicipalityNumber, Date)>, of: &MunicipalityNumber, on: Option<Date>) {
    turns.retain(|(other, _)| other != of);
    turns.extend(on.map(|on| (of.clone(), on)));
    turns.sort();
}

impl Begins for Municipality {
    type Event = Event;

    fn begin(event: &Event, at: i64) -> Option<Self> {
        let Event::MunicipalityRecorded(f) = event else { return None };
        let mut municipality = Self {
            number: f.number.clone(),
            names: Dated::default(),
            centralities: Dated::default(),
            successors: vec![],
            predecessors: vec![],
            offices: vec![],
            succession_recorded_at_position: BTreeMap::new(),
        };
        municipality.go_on(event, at);
        Some(municipality)
    }

    fn go_on(&mut self, event: &Event, at: i64) {
        match event {
            Event::MunicipalityRecorded(f) => self.names.set(f.period, f.name.clone()),
            Event::MunicipalitySucceeded(f) if f.number == self.number => {
                turn(&mut self.successors, &f.successor, Some(f.on));
                self.succession_recorded_at_position.insert(f.successor.clone(), at);
            }
            Event::MunicipalitySucceeded(f) => turn(&mut self.predecessors, &f.number, Some(f.on)),
            Event::SuccessionCorrected(f) if f.number == self.number => {
                turn(&mut self.successors, &f.successor, f.on);
                self.succession_recorded_at_position.insert(f.successor.clone(), at);
            }
            Event::SuccessionCorrected(f) => turn(&mut self.predecessors, &f.number, f.on),
            Event::CentralityRecorded(f) => self.centralities.set(f.period, f.class),
            Event::AlisOfficeAssigned(f) => {
                let (office, period) = (f.office, f.period);
                self.offices.push(Responsible { office, period, recorded_at_position: at });
            }
            Event::AlisOfficeEnded(f) => {
                let mut same = self.offices.iter_mut();
                if let Some(ended) =
                    same.find(|other| (other.office, other.period.from) == (f.office, f.from))
                {
                    ended.period.to = Some(f.to);
                    ended.recorded_at_position = at;
                }
            }
            Event::AlisOfficeAssignmentCorrected(f) => {
                let recorded = (f.office, f.was);
                self.offices.retain(|other| (other.office, other.period.from) != recorded);
                let office = f.office;
                let really =
                    f.period.map(|period| Responsible { office, period, recorded_at_position: at });
                self.offices.extend(really);
            }
            Event::AlisOfficeRegistered(_)
            | Event::AlisOfficeRenamed(_)
            | Event::AlisOfficeNameCorrected(_)
            | Event::OrganisationRecorded(_)
            | Event::OrganisationCorrected(_)
            | Event::OrganisationEnteredInError(_)
            | Event::OrganisationChanged(_)
            | Event::OrganisationChangeCorrected(_)
            | Event::OrganisationClosed(_)
            | Event::OrganisationClosureCorrected(_) => {}
        }
    }
}

impl Municipality {
    /// Whether the number is in use on a day.
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.names.on(day).is_some()
    }

    /// Records that a number is in use under a name; `recorded` is what it is now.
    pub fn record(
        recorded: Option<&Self>,
        number: MunicipalityNumber,
        name: Name,
        period: Period,
    ) -> Vec<Event> {
        if recorded.is_some_and(|recorded| recorded.names.contains(&period, &name)) {
            return vec![];
        }
        vec![MunicipalityRecorded { number, name, period }.into()]
    }

    /// The ALIS office that answers for the municipality on a day.
    pub fn office_on(&self, day: Date) -> Option<Uuid> {
        let mut offices = self.offices.iter();
        offices.find(|other| other.period.covers(day)).map(|other| other.office)
    }

    /// The days on which something about the municipality changes, those of counties left out.
    pub fn changes(&self) -> Vec<Date> {
        let mut days: Vec<Date> = self.names.changes().collect();
        days.extend(self.centralities.changes());
        for Responsible { period, .. } in &self.offices {
            days.push(period.from);
            days.extend(period.day_after());
        }
        days
    }

    /// The municipality gives way to `successor`, which is `is` now.
    pub fn succeed(
        &self,
        successor: &MunicipalityNumber,
        is: Option<&Municipality>,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        if *successor == self.number {
            let fault = Fault::new(
                "same_municipality",
                "A municipality does not succeed itself.",
                "En kommune kan ikke etterfølge seg selv.",
            );
            return Err(Rejection::field("/successor", fault));
        }
        if !is.is_some_and(|is| is.is_valid_on(on)) {
            return Err(Rejection::field("/successor", NOT_IN_USE));
        }
        if self.successors.contains(&(successor.clone(), on)) {
            return Ok(vec![]);
        }
        let (number, successor) = (self.number.clone(), successor.clone());
        Ok(vec![MunicipalitySucceeded { number, successor, on }.into()])
    }

    /// A succession was recorded by mistake: it was on another day, or never (`None`). `is` is the
    /// successor now.
    pub fn correct_succession(
        &self,
        successor: &MunicipalityNumber,
        is: Option<&Municipality>,
        on: Option<Date>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.successors.iter().find(|(other, _)| other == successor);
        let at = self.succession_recorded_at_position.get(successor);
        let (Some((_, was)), Some(corrects)) = (recorded, at) else {
            // What was taken out stays out: asking for that again finds it so.
            if at.is_some() && on.is_none() {
                return Ok(vec![]);
            }
            return Err(Rejection::field("/successor", UNKNOWN_REFERENCE));
        };
        if on == Some(*was) {
            return Ok(vec![]);
        }
        if on.is_some_and(|on| !is.is_some_and(|is| is.is_valid_on(on))) {
            return Err(Rejection::field("/on", NOT_IN_USE));
        }
        let (number, successor) = (self.number.clone(), successor.clone());
        let (corrects, was) = (*corrects, *was);
        Ok(vec![SuccessionCorrected { number, successor, corrects, was, on, reason }.into()])
    }

    /// The municipality is of a centrality class.
    pub fn classify(&self, class: Centrality, period: Period) -> Result<Vec<Event>, Rejection> {
        if self.centralities.contains(&period, &class) {
            return Ok(vec![]);
        }
        if let Some(other) = self.centralities.overlapping(&period) {
            return Err(Rejection::new(&problems::CENTRALITY_OVERLAPS).with("period", other));
        }
        Ok(vec![CentralityRecorded { number: self.number.clone(), class, period }.into()])
    }

    /// An ALIS office answers for the municipality: one office a day.
    pub fn assign(&self, office: Uuid, period: Period) -> Result<Vec<Event>, Rejection> {
        if self.offices.iter().any(|other| (other.office, other.period) == (office, period)) {
            return Ok(vec![]);
        }
        self.free(period, None)?;
        let municipality = self.number.clone();
        Ok(vec![AlisOfficeAssigned { office, municipality, period }.into()])
    }

    /// An ALIS office answers for the municipality for the last time on `to`.
    pub fn release(&self, office: Uuid, to: Date) -> Result<Vec<Event>, Rejection> {
        let mut own = self.offices.iter().filter(|other| other.office == office);
        let Some(held) = own.find(|other| other.period.covers(to)) else {
            return Err(Rejection::new(&problems::ALIS_OFFICE_NOT_RESPONSIBLE)
                .with("municipality", &self.number)
                .with("day", to));
        };
        if held.period.to == Some(to) {
            return Ok(vec![]);
        }
        let (municipality, from) = (self.number.clone(), held.period.from);
        Ok(vec![AlisOfficeEnded { office, municipality, from, to }.into()])
    }

    /// The number is in use when the period begins, and no other office answers in it. `except` is
    /// the recorded office and first day that is itself to be changed.
    fn free(&self, period: Period, except: Option<(Uuid, Date)>) -> Result<(), Rejection> {
        if self.names.on(period.from).is_none() {
            return Err(Rejection::field("/municipality", NOT_IN_USE));
        }
        let mut others = self.offices.iter();
        let meets = |other: &&Responsible| {
            Some((other.office, other.period.from)) != except
                && other.period.overlap(&period).is_some()
        };
        match others.find(meets) {
            Some(other) => Err(Rejection::new(&problems::MUNICIPALITY_HAS_OFFICE)
                .with("office", other.office)
                .with("period", other.period)),
            None => Ok(()),
        }
    }

    fn recorded(&self, office: Uuid, from: Date) -> Result<&Responsible, Rejection> {
        let mut own = self.offices.iter();
        let recorded = own.find(|other| (other.office, other.period.from) == (office, from));
        recorded.ok_or_else(|| Rejection::field("/recorded_from", UNKNOWN_REFERENCE))
    }

    /// The days an office was recorded to answer for the municipality from a day on.
    pub fn recorded_office(&self, office: Uuid, from: Date) -> Result<Period, Rejection> {
        Ok(self.recorded(office, from)?.period)
    }

    /// That an office answers for the municipality was recorded by mistake: it was on other days,
    /// or never (`None`).
    pub fn correct_office(
        &self,
        office: Uuid,
        was: Date,
        period: Option<Period>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.recorded(office, was)?;
        if period == Some(recorded.period) {
            return Ok(vec![]);
        }
        if let Some(period) = period {
            self.free(period, Some((office, was)))?;
        }
        let (municipality, corrects) = (self.number.clone(), recorded.recorded_at_position);
        let corrected =
            AlisOfficeAssignmentCorrected { office, municipality, corrects, was, period, reason };
        Ok(vec![corrected.into()])
    }
}
