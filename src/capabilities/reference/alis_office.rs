//! A regional ALIS office and the municipalities it answers for. That a municipality has one office
//! a day is decided in [`super::municipality`].

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::Event;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold};
use crate::capabilities::external_id::{self, ExternalIds};
use crate::identifiers::{MunicipalityNumber, Name};
use crate::problem::{Rejection, common};
use crate::time::{FIRST_DAY, Period};

/// An ALIS office, or the place where there is none yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum AlisOffice {
    #[default]
    Unknown,
    Known(Box<Known>),
}

/// A registered ALIS office.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub id: Uuid,
    pub name: Name,
    pub external_ids: ExternalIds,
    /// In the order of the numbers and days.
    pub municipalities: Vec<(MunicipalityNumber, Period)>,
}

impl AlisOffice {
    /// The office, or the refusal that there is none.
    pub fn known(&self) -> Result<&Known, Rejection> {
        match self {
            AlisOffice::Unknown => Err((&common::NOT_FOUND).into()),
            AlisOffice::Known(known) => Ok(known),
        }
    }

    /// Takes one fact in, recorded at `at`.
    pub fn evolve_at(&mut self, event: &Event, at: i64) {
        match (&mut *self, event) {
            (AlisOffice::Unknown, Event::AlisOfficeRegistered(f)) => {
                *self = AlisOffice::Known(Box::new(Known {
                    id: f.office,
                    name: f.name.clone(),
                    external_ids: ExternalIds::told(&f.external_ids, at),
                    municipalities: vec![],
                }));
            }
            (AlisOffice::Unknown, _) => {} // a fact without a beginning
            (AlisOffice::Known(known), event) => known.evolve(event),
        }
    }

    /// Takes in a fact that is about to be recorded.
    pub fn evolve(&mut self, event: &Event) {
        self.evolve_at(event, i64::MAX);
    }
}

impl Fold for AlisOffice {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve_at(&event, fact.position);
        } else if let (AlisOffice::Known(known), Some(event)) =
            (self, external_id::Event::decode(fact)?)
        {
            known.external_ids.evolve(&event, fact.position);
        }
        Ok(())
    }
}

impl Known {
    fn evolve(&mut self, event: &Event) {
        match event {
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
                let told = (&f.municipality, f.was);
                self.municipalities.retain(|(number, period)| (number, period.from) != told);
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
            | Event::OrganisationCorrected(_) => {}
        }
    }

    /// The municipalities the office answers for on a day.
    pub fn municipalities_on(&self, day: Date) -> Vec<&MunicipalityNumber> {
        let held = self.municipalities.iter().filter(|(_, period)| period.covers(day));
        held.map(|(number, _)| number).collect()
    }

    /// The days on which that changes. An office has no first day of its own.
    pub fn changes(&self) -> Vec<Date> {
        let mut days = vec![FIRST_DAY];
        for (_, period) in &self.municipalities {
            days.push(period.from);
            days.extend(period.day_after());
        }
        days
    }
}
