//! Access grants: facts, state and rules. What an organisation is by itself (a municipality, an
//! ALIS office) needs no grant; what somebody lends it does, for a time.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::problems;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::problem::{Rejection, common};
use crate::time::{Period, day_after};
use crate::{events, word_enum};

word_enum! {
    /// What a grant lets an organisation be.
    pub enum GrantedRole {
        /// A system that a municipality has delegated to: it may do what the municipality may, and
        /// report what the municipality's persons have done.
        System = "system",
        /// The directorate: it decides what the law leaves to it, and sees aggregates.
        Directorate = "directorate",
        /// Counting: aggregates only.
        Reporting = "reporting",
        /// Looking at everything by ids, without names, and at who read what.
        Auditor = "auditor",
    }
}

/// An organisation is granted a role for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Granted {
    pub grant: Uuid,
    pub organisation_number: OrganisationNumber,
    pub role: GrantedRole,
    /// The municipality that delegates; with the role `system` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub period: Period,
}

/// A grant ends; its last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantEnded {
    pub grant: Uuid,
    pub organisation_number: OrganisationNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub to: Date,
}

events! {
    /// What is recorded of access.
    pub enum Event {
        Granted = "access.granted.v1",
        GrantEnded = "access.grant_ended.v1",
    }
}

/// The kind of a grant's subject.
pub const SUBJECT: &str = "access-grant";

/// The subject of a grant.
pub fn subject(grant: Uuid) -> Subject {
    Subject::new(SUBJECT, grant)
}

/// The subject of all that is granted to an organisation.
pub fn grantee_subject(number: &OrganisationNumber) -> Subject {
    Subject::new("grantee", number)
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
            Event::Granted(f) => vec![subject(f.grant), grantee_subject(&f.organisation_number)],
            Event::GrantEnded(f) => {
                vec![subject(f.grant), grantee_subject(&f.organisation_number)]
            }
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Granted(f) => f.period.from,
            Event::GrantEnded(f) => day_after(f.to),
        }
    }
    fn municipality(&self) -> Option<&str> {
        let number = match self {
            Event::Granted(f) => f.municipality.as_ref(),
            Event::GrantEnded(f) => f.municipality.as_ref(),
        };
        number.map(MunicipalityNumber::as_str)
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}

/// A grant.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    pub id: Uuid,
    pub organisation_number: OrganisationNumber,
    pub role: GrantedRole,
    pub municipality: Option<MunicipalityNumber>,
    pub period: Period,
}

/// The grants whose facts were folded: one grant's own, or all of an organisation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grants(BTreeMap<Uuid, Grant>);

impl Grants {
    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Granted(f) => {
                let grant = Grant {
                    id: f.grant,
                    organisation_number: f.organisation_number.clone(),
                    role: f.role,
                    municipality: f.municipality.clone(),
                    period: f.period,
                };
                self.0.insert(f.grant, grant);
            }
            Event::GrantEnded(f) => {
                if let Some(grant) = self.0.get_mut(&f.grant) {
                    grant.period.to = Some(f.to);
                }
            }
        }
    }

    /// A grant, or the refusal that there is none.
    pub fn get(&self, id: Uuid) -> Result<&Grant, Rejection> {
        self.0.get(&id).ok_or_else(|| (&common::NOT_FOUND).into())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.values()
    }

    /// Those that hold on a day.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Grant> {
        self.0.values().filter(move |grant| grant.period.covers(day))
    }

    /// The grant that says the same already.
    pub fn same(&self, asked: &Grant) -> Option<&Grant> {
        self.0.values().find(|held| Grant { id: held.id, ..asked.clone() } == **held)
    }

    /// Grants a role, unless the organisation has it for a part of that time.
    pub fn grant(&self, asked: Grant) -> Result<Vec<Event>, Rejection> {
        if self.same(&asked).is_some() {
            return Ok(vec![]);
        }
        let overlapping = self.0.values().find(|held| {
            held.role == asked.role
                && held.municipality == asked.municipality
                && held.period.overlap(&asked.period).is_some()
        });
        if let Some(held) = overlapping {
            return Err(Rejection::new(&problems::ACCESS_GRANT_EXISTS).with("grant", held.id));
        }
        let Grant { id: grant, organisation_number, role, municipality, period } = asked;
        Ok(vec![Granted { grant, organisation_number, role, municipality, period }.into()])
    }

    /// Ends a grant with a last day. A grant is only ever shortened.
    pub fn end(&self, id: Uuid, to: Date) -> Result<Vec<Event>, Rejection> {
        let held = self.get(id)?;
        if held.period.to == Some(to) {
            return Ok(vec![]);
        }
        if to < held.period.from || held.period.to.is_some_and(|last| last < to) {
            return Err(Rejection::new(&problems::ACCESS_GRANT_PERIOD)
                .with("from", held.period.from)
                .with("to", held.period.to));
        }
        let organisation_number = held.organisation_number.clone();
        let municipality = held.municipality.clone();
        Ok(vec![GrantEnded { grant: id, organisation_number, municipality, to }.into()])
    }
}

impl Fold for Grants {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve(&event);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::FromText;
    use jiff::civil::date;

    fn asked(from: Date, to: Option<Date>) -> Grant {
        let number = OrganisationNumber::from_text("999000118").expect("a valid number");
        let municipality = MunicipalityNumber::from_text("5401").expect("a valid number");
        Grant {
            id: Uuid::from_u128(1),
            organisation_number: number,
            role: GrantedRole::System,
            municipality: Some(municipality),
            period: Period { from, to },
        }
    }

    fn given(grant: Grant) -> Grants {
        let mut grants = Grants::default();
        for fact in grants.grant(grant).expect("nothing is in the way") {
            grants.evolve(&fact);
        }
        grants
    }

    #[test]
    fn a_grant_holds_from_its_first_to_its_last_day() {
        let grants = given(asked(date(2026, 1, 1), Some(date(2026, 6, 30))));
        let held = |day| grants.on(day).count();
        assert_eq!(
            [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)].map(held),
            [0, 1, 1, 0]
        );
    }

    #[test]
    fn the_same_grant_again_is_no_new_fact_and_an_overlapping_one_is_refused() {
        let first = asked(date(2026, 1, 1), None);
        let grants = given(first.clone());
        assert_eq!(grants.grant(Grant { id: Uuid::from_u128(2), ..first.clone() }), Ok(vec![]));
        let later = asked(date(2026, 5, 1), Some(date(2026, 5, 2)));
        let refused =
            grants.grant(Grant { id: Uuid::from_u128(2), ..later }).expect_err("overlaps");
        assert_eq!(refused.problem.code, "access_grant_exists");
        let other = MunicipalityNumber::from_text("1804").expect("a valid number");
        let elsewhere = Grant { municipality: Some(other), id: Uuid::from_u128(3), ..first };
        assert_eq!(grants.grant(elsewhere).map(|facts| facts.len()), Ok(1));
    }

    #[test]
    fn a_grant_is_shortened_and_never_lengthened() {
        let grants = given(asked(date(2026, 1, 1), Some(date(2026, 6, 30))));
        let id = Uuid::from_u128(1);
        assert_eq!(grants.end(id, date(2026, 3, 1)).map(|facts| facts.len()), Ok(1));
        assert_eq!(grants.end(id, date(2026, 6, 30)), Ok(vec![]));
        for day in [date(2025, 12, 31), date(2026, 7, 1)] {
            let refused = grants.end(id, day).expect_err("outside of the grant");
            assert_eq!(refused.problem.code, "access_grant_period");
        }
    }
}
