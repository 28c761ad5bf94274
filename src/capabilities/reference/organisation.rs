//! An organisation, known by its number in the Norwegian register of legal entities.

use jiff::civil::Date;

use super::domain::{Event, OrganisationCorrected, OrganisationFacts, OrganisationRecorded};
use super::problems;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold};
use crate::identifiers::{Comment, OrganisationNumber};
use crate::problem::{Rejection, common};
use crate::time::FIRST_DAY;

/// An organisation, or the place where there is none yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Organisation {
    #[default]
    Unknown,
    Known(Box<Known>),
}

/// A recorded organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub number: OrganisationNumber,
    pub facts: OrganisationFacts,
    /// Where that was last told, for corrections to name.
    told_at: i64,
}

impl Organisation {
    /// The organisation, or the refusal that there is none.
    pub fn known(&self) -> Result<&Known, Rejection> {
        match self {
            Organisation::Unknown => Err((&common::NOT_FOUND).into()),
            Organisation::Known(known) => Ok(known),
        }
    }

    /// Records an organisation. One that is recorded already is only ever corrected.
    pub fn record(
        &self,
        organisation_number: OrganisationNumber,
        facts: OrganisationFacts,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        match self {
            Organisation::Unknown => {
                Ok(vec![OrganisationRecorded { organisation_number, facts, on }.into()])
            }
            Organisation::Known(known) if known.facts == facts => Ok(vec![]),
            Organisation::Known(known) => Err(Rejection::new(&problems::ORGANISATION_EXISTS)
                .with("number", &known.number)
                .with("name", &known.facts.name)),
        }
    }

    /// Takes one fact in, recorded at `at`.
    pub fn evolve_at(&mut self, event: &Event, at: i64) {
        match (&mut *self, event) {
            (Organisation::Unknown, Event::OrganisationRecorded(f)) => {
                let (number, facts) = (f.organisation_number.clone(), f.facts.clone());
                *self = Organisation::Known(Box::new(Known { number, facts, told_at: at }));
            }
            (Organisation::Known(known), Event::OrganisationCorrected(f)) => {
                known.facts = f.facts.clone();
                known.told_at = at;
            }
            (Organisation::Unknown | Organisation::Known(_), _) => {} // not about this one's facts
        }
    }

    /// Takes in a fact that is about to be recorded.
    pub fn evolve(&mut self, event: &Event) {
        self.evolve_at(event, i64::MAX);
    }
}

impl Fold for Organisation {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve_at(&event, fact.position);
        }
        Ok(())
    }
}

impl Known {
    /// The first day it is shown on.
    pub fn first_day(&self) -> Date {
        self.facts.from.unwrap_or(FIRST_DAY)
    }

    /// Tells how the organisation really is.
    pub fn correct(&self, facts: OrganisationFacts, reason: Comment, on: Date) -> Vec<Event> {
        if facts == self.facts {
            return vec![];
        }
        let (organisation_number, corrects) = (self.number.clone(), self.told_at);
        vec![OrganisationCorrected { organisation_number, corrects, facts, reason, on }.into()]
    }
}
