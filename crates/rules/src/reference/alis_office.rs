//! A regional ALIS office, its names, and the municipalities it answers for. That a municipality
//! has one office a day is decided in [`super::municipality`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{AlisOfficeNameCorrected, AlisOfficeRenamed, Event, OfficeName};
use crate::aggregate::{Begins, DecodeError, Fact};
use crate::edge::UNKNOWN_REFERENCE;
use crate::external_ids::{self, ExternalIds};
use crate::identifiers::{Comment, MunicipalityNumber, Name};
use crate::problem::Rejection;
use crate::time::{FIRST_DAY, Period};

/// A registered ALIS office.
#[derive(Debug, Clone, PartialEq)]
pub struct AlisOffice {
    pub id: Uuid,
    /// The name that it was registered with, corrections considered.
    name: NamedFrom,
    /// Later names by their first days.
    names: BTreeMap<Date, NamedFrom>,
    pub external_ids: ExternalIds,
    /// In the order of the numbers and days.
    pub municipalities: Vec<(MunicipalityNumber, Period)>,
}

/// A name, and where it was last told, for corrections to name.
#[derive(Debug, Clone, PartialEq)]
struct NamedFrom {
    name: Name,
    at: i64,
}

impl Begins for AlisOffice {
    type Event = Event;

    fn begin(event: &Event, at: i64) -> Option<Self> {
        let Event::AlisOfficeRegistered(f) = event else { return None };
        Some(Self {
            id: f.office,
            name: NamedFrom { name: f.name.clone(), at },
            names: BTreeMap::new(),
            external_ids: ExternalIds::registered(&f.external_ids, at),
            municipalities: vec![],
        })
    }

    fn go_on(&mut self, event: &Event, at: i64) {
        match event {
            Event::AlisOfficeRenamed(f) => {
                self.names.insert(f.from, NamedFrom { name: f.name.clone(), at });
            }
            Event::AlisOfficeNameCorrected(f) => self.corrected(f, at),
            Event::AlisOfficeAssigned(f) => {
                self.municipalities.push((f.municipality.clone(), f.period));
                self.municipalities.sort();
            }
            Event::AlisOfficeEnded(f) => {
                let mut same = self.municipalities.iter_mut();
                let ended = same
                    .find(|(number, period)| (number, period.from) == (&f.municipality, f.from));
                if let Some((_, period)) = ended {
                    period.to = Some(f.to);
                }
            }
            Event::AlisOfficeAssignmentCorrected(f) => {
                let named_from = (&f.municipality, f.was);
                self.municipalities.retain(|(number, period)| (number, period.from) != named_from);
                let really = f.period.map(|period| (f.municipality.clone(), period));
                self.municipalities.extend(really);
                self.municipalities.sort();
            }
            Event::MunicipalityRecorded(_)
            | Event::MunicipalitySucceeded(_)
            | Event::SuccessionCorrected(_)
            | Event::CentralityRecorded(_)
            | Event::AlisOfficeRegistered(_)
            | Event::OrganisationRecorded(_)
            | Event::OrganisationCorrected(_)
            | Event::OrganisationEnteredInError(_)
            | Event::OrganisationChanged(_)
            | Event::OrganisationChangeCorrected(_)
            | Event::OrganisationClosed(_)
            | Event::OrganisationClosureCorrected(_) => {}
        }
    }

    fn take_in(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = external_ids::Event::decode(fact)? {
            self.external_ids.apply(&event, fact.position);
        }
        Ok(())
    }
}

impl AlisOffice {
    fn corrected(&mut self, fact: &AlisOfficeNameCorrected, at: i64) {
        if let Some(was) = fact.was {
            self.names.remove(&was);
        }
        if let Some(OfficeName { name, from }) = fact.facts.clone() {
            match from {
                Some(from) => drop(self.names.insert(from, NamedFrom { name, at })),
                None => self.name = NamedFrom { name, at },
            }
        }
    }

    fn named_from(&self, from: Option<Date>) -> Option<&NamedFrom> {
        from.map_or(Some(&self.name), |from| self.names.get(&from))
    }

    /// Its name on a day.
    pub fn name_on(&self, day: Date) -> &Name {
        let later = self.names.range(..=day).next_back().map(|(_, named_from)| named_from);
        &later.unwrap_or(&self.name).name
    }

    /// It has a name from a day on.
    pub fn rename(&self, name: Name, from: Date) -> Vec<Event> {
        if *self.name_on(from) == name {
            return vec![];
        }
        vec![AlisOfficeRenamed { office: self.id, name, from }.into()]
    }

    /// The name that was recorded with a first day; the one it was registered with has none.
    pub fn recorded_name(&self, from: Option<Date>) -> Result<OfficeName, Rejection> {
        let named_from = self
            .named_from(from)
            .map(|named_from| OfficeName { name: named_from.name.clone(), from });
        named_from.ok_or_else(|| Rejection::field("/recorded_from", UNKNOWN_REFERENCE))
    }

    /// A name was told wrong: it was otherwise, or the office did not have it (`None`).
    pub fn correct_name(
        &self,
        was: Option<Date>,
        facts: Option<OfficeName>,
        reason: Comment,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.recorded_name(was)?;
        if facts.as_ref() == Some(&recorded) {
            return Ok(vec![]);
        }
        let corrects = self.named_from(was).map_or(self.name.at, |named_from| named_from.at);
        let office = self.id;
        Ok(vec![AlisOfficeNameCorrected { office, corrects, was, facts, reason, on }.into()])
    }

    /// The municipalities the office answers for on a day.
    pub fn municipalities_on(&self, day: Date) -> Vec<&MunicipalityNumber> {
        let held = self.municipalities.iter().filter(|(_, period)| period.covers(day));
        held.map(|(number, _)| number).collect()
    }

    /// The days on which that changes. An office has no first day of its own.
    pub fn changes(&self) -> Vec<Date> {
        let mut days = vec![FIRST_DAY];
        days.extend(self.names.keys());
        for (_, period) in &self.municipalities {
            days.push(period.from);
            days.extend(period.day_after());
        }
        days
    }
}
