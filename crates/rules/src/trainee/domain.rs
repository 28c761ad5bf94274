//! Trainees: facts, state and rules.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::problems;
use crate::aggregate::{Begins, DecodeError, DomainEvent, Fact, Subject};
use crate::external_ids::{self, ExternalIds, Naming};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::occupancy::{self, Occupancies};
use crate::person;
use crate::person::domain::{Erased, PersonKind};
use crate::problem::Rejection;
use crate::time::FIRST_DAY;
use crate::{events, naming, word_enum};

word_enum! {
    /// Under which rules the doctor trains.
    pub enum Scheme {
        /// The rules before 2019-03-01.
        Old = "old",
        /// The rules since 2019-03-01 (spesialistforskriften).
        New = "new",
        /// On the way from the old rules to the new (konvertering).
        Conversion = "conversion",
    }
}

/// A doctor in training is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    pub trainee: Uuid,
    /// Name and HPR number, sealed under the person's key.
    pub sealed: String,
    /// Keyed hash of the HPR number.
    pub hpr_lookup: String,
    pub scheme: Scheme,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lis1_completed_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
    /// The municipality that registered the doctor; not told before callers were known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// Who the doctor is, since when LIS1 is done, or under which rules the doctor trains was told
/// wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub trainee: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub sealed: String,
    pub hpr_lookup: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lis1_completed_on: Option<Date>,
    /// Under which rules the doctor trains from the beginning; with it what was told of changes is
    /// taken back. Not told: that was right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    pub reason: Comment,
    pub on: Date,
}

/// The doctor trains under other rules from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemeChanged {
    pub trainee: Uuid,
    pub scheme: Scheme,
    pub from: Date,
    pub reason: Comment,
}

events! {
    /// What is recorded of trainees.
    pub enum Event {
        Registered = "trainee.registered.v1",
        Corrected = "trainee.corrected.v1",
        SchemeChanged = "trainee.scheme_changed.v1",
    }
}

/// The kind of a trainee's subject.
pub const SUBJECT: &str = "trainee";

/// Ids of trainees in other systems.
pub static EXTERNAL_IDS: Naming = naming!("trainee.", "trainee"; "trainee-external");

/// The subject of a trainee.
pub fn subject(trainee: Uuid) -> Subject {
    PersonKind::Trainee.subject(trainee)
}

/// The subject of an HPR number among trainees: one doctor each.
pub fn hpr_subject(lookup: &str) -> Subject {
    PersonKind::Trainee.hpr_subject(lookup)
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Event::Registered(f) => {
                let mut subjects = vec![subject(f.trainee), hpr_subject(&f.hpr_lookup)];
                subjects.extend(EXTERNAL_IDS.subjects(&f.external_ids));
                subjects
            }
            Event::Corrected(f) => vec![subject(f.trainee), hpr_subject(&f.hpr_lookup)],
            Event::SchemeChanged(f) => vec![subject(f.trainee)],
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Registered(f) => f.on,
            Event::Corrected(f) => f.on,
            Event::SchemeChanged(f) => f.from,
        }
    }
    fn municipality(&self) -> Option<&str> {
        match self {
            Event::Registered(f) => f.municipality.as_ref().map(MunicipalityNumber::as_str),
            Event::Corrected(_) | Event::SchemeChanged(_) => None,
        }
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}

/// A registered trainee.
#[derive(Debug, Clone, PartialEq)]
pub struct Trainee {
    pub id: Uuid,
    pub sealed: String,
    pub hpr_lookup: String,
    pub lis1_completed_on: Option<Date>,
    pub external_ids: ExternalIds,
    /// The municipality that registered the doctor.
    pub municipality: Option<MunicipalityNumber>,
    pub registered_on: Date,
    pub occupancies: Occupancies,
    /// From which day which rules; the first stands from the beginning.
    schemes: Vec<(Date, Scheme)>,
    /// Where the doctor's own facts were last told, for corrections to name.
    pub recorded_at_position: i64,
    /// That the doctor was erased; then nothing above tells who it was.
    pub erased: Option<Erased>,
}

impl Begins for Trainee {
    type Event = Event;

    fn begin(event: &Event, at: i64) -> Option<Self> {
        let Event::Registered(f) = event else { return None };
        Some(Self {
            id: f.trainee,
            sealed: f.sealed.clone(),
            hpr_lookup: f.hpr_lookup.clone(),
            lis1_completed_on: f.lis1_completed_on,
            external_ids: ExternalIds::registered(&f.external_ids, at),
            municipality: f.municipality.clone(),
            registered_on: f.on,
            occupancies: Occupancies::default(),
            schemes: vec![(FIRST_DAY, f.scheme)],
            recorded_at_position: at,
            erased: None,
        })
    }

    fn go_on(&mut self, event: &Event, at: i64) {
        match event {
            Event::Registered(_) => {}
            Event::Corrected(f) => {
                self.sealed = f.sealed.clone();
                self.hpr_lookup = f.hpr_lookup.clone();
                self.lis1_completed_on = f.lis1_completed_on;
                if let Some(scheme) = f.scheme {
                    self.schemes = vec![(FIRST_DAY, scheme)];
                }
                self.recorded_at_position = at;
            }
            Event::SchemeChanged(f) => {
                self.schemes.retain(|(day, _)| *day != f.from);
                self.schemes.push((f.from, f.scheme));
                self.schemes.sort_unstable();
            }
        }
    }

    fn take_in(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = occupancy::Event::decode(fact)? {
            self.occupancies.evolve(&event, fact.position);
        } else if let Some(event) = external_ids::Event::decode(fact)? {
            self.rename(&event, fact.position);
        } else if let Some(event) = person::Event::decode(fact)? {
            self.forget(event);
        }
        Ok(())
    }
}

impl Trainee {
    /// The positions that the doctor holds, held and will hold; none where there is no doctor.
    pub fn occupancies_of(trainee: Option<&Self>) -> &Occupancies {
        static NONE: std::sync::LazyLock<Occupancies> = std::sync::LazyLock::new(Default::default);
        trainee.map_or(&NONE, |trainee| &trainee.occupancies)
    }

    /// Takes in what another system calls the doctor, or an occupancy of the doctor's.
    pub fn rename(&mut self, event: &external_ids::Event, at: i64) {
        if event.resource() == self.id {
            self.external_ids.apply(event, at);
        } else {
            self.occupancies.rename(event, at);
        }
    }

    fn forget(&mut self, event: person::Event) {
        let person::Event::Erased(erased) = event;
        self.sealed.clear();
        self.hpr_lookup.clear();
        self.external_ids.forget();
        self.erased = Some(erased);
    }

    /// The municipalities that the doctor belongs to on a day: where positions are held then or
    /// later; between positions the one that registered the doctor.
    pub fn home_municipalities_on(&self, day: Date) -> BTreeSet<MunicipalityNumber> {
        let held = self.occupancies.iter().filter(|o| o.period.to.is_none_or(|last| last >= day));
        let home: BTreeSet<_> = held.map(|occupancy| occupancy.municipality.clone()).collect();
        if home.is_empty() { self.municipality.iter().cloned().collect() } else { home }
    }

    /// Under which rules the doctor trains on a day.
    pub fn scheme_on(&self, day: Date) -> Scheme {
        let before = self.schemes.iter().rev().find(|(from, _)| *from <= day);
        before.unwrap_or(&self.schemes[0]).1
    }

    /// Whether the doctor trains under these rules on every day, as far as was told.
    pub fn always_in(&self, scheme: Scheme) -> bool {
        self.schemes.iter().all(|(_, held)| *held == scheme)
    }

    /// The days on which something about the doctor changes.
    pub fn changes(&self) -> Vec<Date> {
        let mut days: Vec<Date> = self.schemes.iter().map(|(day, _)| *day).collect();
        days.extend(self.occupancies.changes());
        days
    }

    /// The doctor trains under other rules from a day. The new scheme is not left again.
    pub fn change_scheme(
        &self,
        scheme: Scheme,
        from: Date,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let now = self.scheme_on(from);
        if now == scheme {
            return Ok(vec![]);
        }
        match (now, scheme) {
            (Scheme::Old, Scheme::Conversion | Scheme::New) | (Scheme::Conversion, _) => {}
            (Scheme::New, _) | (Scheme::Old, Scheme::Old) => {
                return Err(Rejection::new(&problems::SCHEME_CHANGE)
                    .with("scheme", now)
                    .with("asked_scheme", scheme));
            }
        }
        Ok(vec![SchemeChanged { trainee: self.id, scheme, from, reason }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::Evolve as _;
    use crate::edge::FromText;
    use jiff::civil::date;

    fn registered(scheme: Scheme) -> Option<Trainee> {
        let mut trainee: Option<Trainee> = None;
        trainee.evolve(&Event::from(Registered {
            trainee: Uuid::nil(),
            sealed: String::new(),
            hpr_lookup: "a".to_owned(),
            scheme,
            lis1_completed_on: None,
            external_ids: vec![],
            municipality: None,
            on: date(2020, 1, 1),
        }));
        trainee
    }

    fn change(from: Scheme, to: Scheme) -> Result<Vec<Event>, Rejection> {
        let trainee = registered(from);
        let reason = Comment::from_text("converted").expect("a comment");
        trainee.expect("registered").change_scheme(to, date(2021, 1, 1), reason)
    }

    #[test]
    fn a_doctor_goes_from_the_old_scheme_to_the_new_and_not_back() {
        assert_eq!(change(Scheme::Old, Scheme::Conversion).map(|facts| facts.len()), Ok(1));
        assert_eq!(change(Scheme::Conversion, Scheme::New).map(|facts| facts.len()), Ok(1));
        let refused = change(Scheme::New, Scheme::Old).expect_err("not back");
        assert_eq!(refused.problem.code, "scheme_change");
    }

    #[test]
    fn a_scheme_that_holds_already_is_no_new_fact() {
        assert_eq!(change(Scheme::New, Scheme::New), Ok(vec![]));
    }

    #[test]
    fn a_corrected_scheme_holds_from_the_beginning_and_can_be_changed_again() {
        let mut trainee = registered(Scheme::New);
        trainee.evolve(&Event::from(Corrected {
            trainee: Uuid::nil(),
            corrects: 1,
            sealed: String::new(),
            hpr_lookup: "a".to_owned(),
            lis1_completed_on: None,
            scheme: Some(Scheme::Old),
            reason: Comment::from_text("mistyped").expect("a comment"),
            on: date(2020, 1, 2),
        }));
        let trainee = trainee.expect("registered");
        assert!(trainee.always_in(Scheme::Old));
        assert_eq!(trainee.scheme_on(date(2019, 1, 1)), Scheme::Old);
        let reason = Comment::from_text("converted").expect("a comment");
        let changed = trainee.change_scheme(Scheme::Conversion, date(2021, 1, 1), reason);
        assert_eq!(changed.map(|facts| facts.len()), Ok(1));
    }

    #[test]
    fn the_scheme_of_a_day_is_the_one_told_for_it() {
        let mut trainee = registered(Scheme::Old);
        let reason = Comment::from_text("converted").expect("a comment");
        let from = date(2021, 1, 1);
        let fact = SchemeChanged { trainee: Uuid::nil(), scheme: Scheme::New, from, reason };
        trainee.evolve(&fact.into());
        let trainee = trainee.expect("registered");
        assert_eq!(trainee.scheme_on(date(2020, 12, 31)), Scheme::Old);
        assert_eq!(trainee.scheme_on(from), Scheme::New);
    }
}
