//! Facts about municipalities.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject};
use crate::events;
use crate::identifiers::MunicipalityNumber;
use crate::time::Period;

/// A municipality number is in use, under a name, for a time. A later statement with the same first
/// day replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityRecorded {
    pub number: MunicipalityNumber,
    pub name: String,
    pub period: Period,
}

events! {
    /// What is recorded of reference data.
    pub enum Event {
        MunicipalityRecorded = "municipality.recorded.v1",
    }
}

/// The subject of a municipality number.
pub fn municipality_subject(number: &MunicipalityNumber) -> Subject {
    Subject::new("municipality", number)
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
            Event::MunicipalityRecorded(fact) => vec![municipality_subject(&fact.number)],
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::MunicipalityRecorded(fact) => fact.period.from,
        }
    }
    fn municipality(&self) -> Option<&str> {
        match self {
            Event::MunicipalityRecorded(fact) => Some(fact.number.as_str()),
        }
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}

/// What is known of a municipality number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Municipality {
    pub versions: Vec<MunicipalityRecorded>,
}

impl Municipality {
    /// Whether the number is in use on a day.
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.versions.iter().any(|version| version.period.covers(day))
    }

    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::MunicipalityRecorded(fact) => {
                self.versions.retain(|version| version.period.from != fact.period.from);
                self.versions.push(fact.clone());
                self.versions.sort_by_key(|version| version.period.from);
            }
        }
    }
}

impl Fold for Municipality {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve(&event);
        }
        Ok(())
    }
}
