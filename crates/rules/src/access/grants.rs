//! Access grants: what became of each, and which of an organisation's count on a day.
//!
//! An appointment binds nobody and needs no answer. A delegation makes its holder act in another's
//! name: it counts from the holder's yes on, and either side may end it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{
    Event, GrantAccepted, GrantCancelled, GrantDeclined, GrantEnded, Granted, GrantedRole,
};
use super::problems;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::Period;
use crate::word_enum;

#[cfg(test)]
mod tests;

/// A grant.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    pub id: Uuid,
    pub organisation_number: OrganisationNumber,
    pub role: GrantedRole,
    pub municipality: Option<MunicipalityNumber>,
    pub period: Period,
    pub consent: Consent,
}

/// Whether the organisation wants what it is granted, and since when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Consent {
    /// An appointment asks nobody.
    NotAsked,
    Awaited,
    Accepted(Date),
    Declined(Date),
    /// It was taken back before it held.
    Cancelled(Date),
}

word_enum! {
    /// How a grant stands on a day.
    pub enum GrantStatus {
        /// The organisation has not answered yet.
        Offered = "offered",
        /// The organisation has said no.
        Declined = "declined",
        /// It was taken back before it held.
        Cancelled = "cancelled",
        /// It is agreed, and begins on a later day.
        Upcoming = "upcoming",
        /// It holds. A delegation rests nevertheless while its holder is appointed for everybody,
        /// and an appointment while its holder is a municipality or runs an ALIS office.
        InForce = "in_force",
        /// Its last day is past.
        Ended = "ended",
    }
}

impl Grant {
    /// A grant of a role, before it is answered.
    pub fn new(
        id: Uuid,
        organisation_number: OrganisationNumber,
        role: GrantedRole,
        municipality: Option<MunicipalityNumber>,
        period: Period,
    ) -> Self {
        let consent = if role.is_appointment() { Consent::NotAsked } else { Consent::Awaited };
        Self { id, organisation_number, role, municipality, period, consent }
    }

    /// How it stands on a day.
    pub fn status_on(&self, day: Date) -> GrantStatus {
        let agreed = match self.consent {
            Consent::Declined(on) if on <= day => return GrantStatus::Declined,
            Consent::Cancelled(on) if on <= day => return GrantStatus::Cancelled,
            Consent::Accepted(on) => on <= day,
            Consent::NotAsked => true,
            // Cancelled later: an appointment needed no answer until then.
            Consent::Cancelled(_) => self.role.is_appointment(),
            Consent::Awaited | Consent::Declined(_) => false,
        };
        match agreed {
            _ if self.period.ends_before(day) => GrantStatus::Ended,
            false => GrantStatus::Offered,
            true if day < self.period.from => GrantStatus::Upcoming,
            true => GrantStatus::InForce,
        }
    }

    /// The day of the organisation's answer, once it is there.
    pub fn answered_on(&self, day: Date) -> Option<Date> {
        match self.consent {
            Consent::Accepted(on) | Consent::Declined(on) => Some(on).filter(|on| *on <= day),
            Consent::NotAsked | Consent::Awaited | Consent::Cancelled(_) => None,
        }
    }

    /// The days on which something about it changes.
    pub fn changes(&self) -> Vec<Date> {
        let turned = match self.consent {
            Consent::Accepted(on) | Consent::Declined(on) | Consent::Cancelled(on) => Some(on),
            Consent::NotAsked | Consent::Awaited => None,
        };
        [Some(self.period.from), self.period.day_after(), turned].into_iter().flatten().collect()
    }

    /// Whether it holds or may come to hold.
    fn stands(&self) -> bool {
        match self.consent {
            Consent::NotAsked | Consent::Awaited | Consent::Accepted(_) => true,
            Consent::Declined(_) | Consent::Cancelled(_) => false,
        }
    }

    /// What every fact about it names.
    fn names(&self) -> (OrganisationNumber, Option<MunicipalityNumber>) {
        (self.organisation_number.clone(), self.municipality.clone())
    }

    /// Refuses what its status does not allow.
    fn refuse<T>(&self) -> Result<T, Rejection> {
        Err(Rejection::new(&problems::ACCESS_GRANT_STATUS).with("grant", self.id))
    }
}

/// The grants whose facts were folded: one grant's own, or all of an organisation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grants(BTreeMap<Uuid, Grant>);

impl Grants {
    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Granted(f) => {
                let (number, municipality) =
                    (f.organisation_number.clone(), f.municipality.clone());
                let grant = Grant::new(f.grant, number, f.role, municipality, f.period);
                self.0.insert(f.grant, grant);
            }
            Event::GrantAccepted(f) => self.turn(f.grant, Consent::Accepted(f.on)),
            Event::GrantDeclined(f) => self.turn(f.grant, Consent::Declined(f.on)),
            Event::GrantCancelled(f) => self.turn(f.grant, Consent::Cancelled(f.on)),
            Event::GrantEnded(f) => {
                if let Some(grant) = self.0.get_mut(&f.grant) {
                    grant.period.to = Some(f.to);
                }
            }
        }
    }

    fn turn(&mut self, id: Uuid, consent: Consent) {
        if let Some(grant) = self.0.get_mut(&id) {
            grant.consent = consent;
        }
    }

    /// A grant, or the refusal that there is none.
    pub fn get(&self, id: Uuid) -> Result<&Grant, Rejection> {
        self.0.get(&id).or_not_found()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.values()
    }

    /// Those that count on a day, for an organisation that has municipalities by what it is (it is
    /// one, or runs an office) or has none.
    ///
    /// Nobody is told the names of some and sees everybody: together they would tell the names of
    /// everybody. So what somebody is comes before what they are appointed to, and that before
    /// what they are lent; nobody loses by what others give them.
    pub fn counting_on(&self, day: Date, has_municipalities: bool) -> impl Iterator<Item = &Grant> {
        let in_force = move |grant: &&Grant| grant.status_on(day) == GrantStatus::InForce;
        let mut held = self.iter().filter(in_force);
        let is_appointed = !has_municipalities && held.any(|grant| grant.role.is_appointment());
        let counts = move |grant: &&Grant| grant.role.is_appointment() == is_appointed;
        self.iter().filter(in_force).filter(counts)
    }

    /// The grant that says the same already.
    pub fn same(&self, asked: &Grant) -> Option<&Grant> {
        let says = |it: &Grant| (it.role, it.municipality.clone(), it.period);
        self.iter().find(|held| held.stands() && says(held) == says(asked))
    }

    /// Grants a role, unless the organisation has it for a part of that time.
    pub fn grant(&self, asked: Grant) -> Result<Vec<Event>, Rejection> {
        if self.same(&asked).is_some() {
            return Ok(vec![]);
        }
        if !asked.role.is_appointment() {
            self.not_appointed(&asked.organisation_number, &asked.period)?;
        }
        let overlapping = self.iter().find(|held| {
            held.stands()
                && held.role == asked.role
                && held.municipality == asked.municipality
                && held.period.overlap(&asked.period).is_some()
        });
        if let Some(held) = overlapping {
            return Err(Rejection::new(&problems::ACCESS_GRANT_EXISTS).with("grant", held.id));
        }
        let Grant { id: grant, organisation_number, role, municipality, period, consent: _ } =
            asked;
        Ok(vec![Granted { grant, organisation_number, role, municipality, period }.into()])
    }

    /// Refuses an organisation that is appointed for everybody on some of these days.
    fn not_appointed(
        &self,
        organisation_number: &OrganisationNumber,
        days: &Period,
    ) -> Result<(), Rejection> {
        let mut appointments =
            self.iter().filter(|held| held.stands() && held.role.is_appointment());
        if appointments.any(|held| held.period.overlap(days).is_some()) {
            return Err(Rejection::new(&problems::ORGANISATION_IS_APPOINTED)
                .with("organisation_number", organisation_number));
        }
        Ok(())
    }

    /// The organisation says yes to a delegation, as of a day; of all of its grants, because what
    /// else it is granted may stand against it.
    pub fn accept(&self, id: Uuid, on: Option<Date>, today: Date) -> Result<Vec<Event>, Rejection> {
        let (held, day) = (self.get(id)?, on.unwrap_or(today));
        match held.consent {
            Consent::Awaited if !held.period.ends_before(day) => {}
            Consent::Accepted(before) if on.is_none_or(|on| on == before) => return Ok(vec![]),
            Consent::Awaited
            | Consent::Accepted(_)
            | Consent::NotAsked
            | Consent::Declined(_)
            | Consent::Cancelled(_) => return held.refuse(),
        }
        let counting = Period { from: held.period.from.max(day), to: held.period.to };
        self.not_appointed(&held.organisation_number, &counting)?;
        let (organisation_number, municipality) = held.names();
        Ok(vec![GrantAccepted { grant: id, organisation_number, municipality, on: day }.into()])
    }

    /// The organisation says no to a delegation, as of a day.
    pub fn decline(
        &self,
        id: Uuid,
        on: Option<Date>,
        today: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let (held, day) = (self.get(id)?, on.unwrap_or(today));
        match held.consent {
            Consent::Awaited => {}
            Consent::Declined(before) if on.is_none_or(|on| on == before) => return Ok(vec![]),
            Consent::Declined(_)
            | Consent::NotAsked
            | Consent::Accepted(_)
            | Consent::Cancelled(_) => return held.refuse(),
        }
        let (organisation_number, municipality) = held.names();
        Ok(vec![GrantDeclined { grant: id, organisation_number, municipality, on: day }.into()])
    }

    /// Ends a grant with a last day; when none is told with today, and what does not hold yet is
    /// taken back. A grant is only ever shortened.
    pub fn end(&self, id: Uuid, to: Option<Date>, today: Date) -> Result<Vec<Event>, Rejection> {
        let held = self.get(id)?;
        let (organisation_number, municipality) = held.names();
        if !held.stands() {
            let again = to.is_none() && matches!(held.consent, Consent::Cancelled(_));
            return if again { Ok(vec![]) } else { held.refuse() };
        }
        let waits = matches!(held.status_on(today), GrantStatus::Offered | GrantStatus::Upcoming);
        if to.is_none() && waits {
            let on = today;
            return Ok(vec![
                GrantCancelled { grant: id, organisation_number, municipality, on }.into(),
            ]);
        }
        let to = to.unwrap_or(today);
        if held.period.to == Some(to) {
            return Ok(vec![]);
        }
        if to < held.period.from || held.period.to.is_some_and(|last| last < to) {
            return Err(Rejection::new(&problems::ACCESS_GRANT_PERIOD)
                .with("from", held.period.from)
                .with("to", held.period.to));
        }
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
