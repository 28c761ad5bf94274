//! Who is calling, and how far they reach: put with the request by the gate
//! ([`crate::capabilities::access`]) before any handler runs, and read here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ProblemResponse, problems};
use crate::edge::REQUIRED;
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::identity::{Caller, Who};
use crate::problem::Rejection;

#[cfg(test)]
mod tests;

/// What a caller is to the register, from the facts in the log on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A municipality, by a system of its own.
    Municipality,
    /// A system that municipalities have delegated to.
    System,
    /// A regional ALIS office.
    Office,
    /// The directorate.
    Directorate,
    /// Whoever keeps the register: reference data, catalogues, appointments. Sees no individuals.
    Register,
    /// Counts, and sees no individuals.
    Reporting,
    /// Looks at everything by ids, and changes nothing.
    Auditor,
    /// A leader, in the municipalities where they lead today.
    Leader,
    /// A supervisor, of the doctors assigned to them today.
    Supervisor,
    /// A doctor in training.
    Trainee,
    /// Loads the register of a new installation on everybody's behalf. A setting, not a fact.
    Loader,
}

impl Role {
    /// The word for it in documents and answers.
    pub fn word(self) -> &'static str {
        match self {
            Role::Municipality => "municipality",
            Role::System => "system",
            Role::Office => "alis_office",
            Role::Directorate => "directorate",
            Role::Register => "register",
            Role::Reporting => "reporting",
            Role::Auditor => "auditor",
            Role::Leader => "leader",
            Role::Supervisor => "supervisor",
            Role::Trainee => "trainee",
            Role::Loader => "loader",
        }
    }
}

/// Municipalities that one relation gives: each under the one number that it has today, with all
/// the numbers that became part of it.
pub type Places = BTreeMap<MunicipalityNumber, BTreeSet<MunicipalityNumber>>;

/// The relations in which a caller acts for a municipality.
const ACTING: [Role; 3] = [Role::Municipality, Role::System, Role::Leader];

/// How far a caller reaches today: the relations that they have, each with what it gives by itself.
///
/// Every question is asked of one relation, whole. What two of them say is never put together: an
/// office that is also a system answers for the municipalities of the office, and a municipality
/// lends what is its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// What the caller is, and the municipalities that this gives. No role is among them beside one
    /// that it does not go with (`Grants::counting_on`).
    pub relations: BTreeMap<Role, Places>,
    /// The organisation that calls in its own name; none through a supplier.
    pub organisation: Option<OrganisationNumber>,
    /// Doctors whom the caller may see for a reason of their own: oneself, and whom one supervises.
    pub trainees: BTreeSet<Uuid>,
    /// The caller as a doctor in training.
    pub trainee: Option<Uuid>,
    /// The caller as a supervisor.
    pub supervisor: Option<Uuid>,
    /// The caller as a leader.
    pub leader: Option<Uuid>,
}

impl Permissions {
    /// Whether the caller has a role.
    pub fn has(&self, role: Role) -> bool {
        self.relations.contains_key(&role)
    }

    /// What the caller is.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.relations.keys().copied()
    }

    /// Whether this very relation gives a municipality.
    fn gives(&self, role: Role, number: &MunicipalityNumber) -> bool {
        let places = self.relations.get(&role).into_iter().flat_map(BTreeMap::values);
        places.into_iter().any(|numbers| numbers.contains(number))
    }

    /// Whether the caller keeps the register, or loads a new one.
    pub fn keeps_register(&self) -> bool {
        self.has(Role::Register) || self.has(Role::Loader)
    }

    /// Whether nothing is hidden from the caller but, perhaps, names.
    pub fn sees_everything(&self) -> bool {
        self.has(Role::Loader) || self.has(Role::Auditor)
    }

    /// Municipalities whose individuals some relation lets the caller see, with those that became
    /// part of them.
    pub fn municipalities(&self) -> BTreeSet<&MunicipalityNumber> {
        self.relations.values().flat_map(BTreeMap::values).flatten().collect()
    }

    /// The same, as statements take it.
    pub fn numbers(&self) -> Vec<String> {
        self.municipalities().iter().map(ToString::to_string).collect()
    }

    /// Whether the caller may see the individuals of a municipality.
    pub fn sees_municipality(&self, number: &MunicipalityNumber) -> bool {
        self.sees_everything() || self.relations.keys().any(|role| self.gives(*role, number))
    }

    /// Whether the caller sees a municipality's individuals for the sake of that municipality.
    pub fn sees_some_municipality(&self) -> bool {
        self.relations.values().any(|places| !places.is_empty())
    }

    /// Whether the caller, who sees a position of a municipality, may see who held it.
    pub fn sees_holder(&self, municipality: &MunicipalityNumber, trainee: Uuid) -> bool {
        self.sees_municipality(municipality)
            || !self.sees_by_trainee()
            || self.trainees.contains(&trainee)
    }

    /// Whether the caller sees some things for the sake of single doctors, and so not all that
    /// stands in them.
    pub fn sees_by_trainee(&self) -> bool {
        !self.trainees.is_empty() && !self.sees_everything()
    }

    /// Whether the caller may see any individual at all; others get aggregates.
    pub fn sees_individuals(&self) -> bool {
        self.sees_everything() || self.sees_some_municipality() || !self.trainees.is_empty()
    }

    /// Whether names and HPR numbers of those whom the caller sees are told: to whoever needs those
    /// of some, and never beside sight of everybody.
    pub fn reads_names(&self) -> bool {
        const NEED_NAMES: [Role; 6] = [
            Role::Municipality,
            Role::System,
            Role::Office,
            Role::Leader,
            Role::Supervisor,
            Role::Trainee,
        ];
        let needs_some = NEED_NAMES.iter().any(|role| self.has(*role));
        self.has(Role::Loader) || (needs_some && !self.sees_everything())
    }

    /// Whether the caller acts for a municipality: in one of the relations that do so.
    pub fn acts_in(&self, number: &MunicipalityNumber) -> bool {
        self.has(Role::Loader) || ACTING.iter().any(|role| self.gives(*role, number))
    }

    /// Passes whoever may act for a municipality.
    ///
    /// # Errors
    /// The refusal that names what is missing.
    pub fn require_acts_for(&self, number: &MunicipalityNumber) -> Result<(), Rejection> {
        if self.acts_in(number) {
            return Ok(());
        }
        let needed = format!("to act for municipality {number}");
        Err(Rejection::new(&problems::RELATION_MISSING).with("needed", needed))
    }

    /// Passes whoever may act for one of some municipalities: those of somebody.
    ///
    /// # Errors
    /// The refusal that names what is missing.
    pub fn require_acts_for_any(
        &self,
        numbers: &BTreeSet<MunicipalityNumber>,
        of_whom: Role,
    ) -> Result<(), Rejection> {
        if self.has(Role::Loader) || numbers.iter().any(|number| self.acts_in(number)) {
            return Ok(());
        }
        let needed = format!("to act for a municipality of the {}", of_whom.word());
        Err(Rejection::new(&problems::RELATION_MISSING).with("needed", needed))
    }

    /// Passes whoever may lend what a municipality has: that municipality, by what it is and not by
    /// what it was lent; and whoever keeps the register. Appointments, which are no municipality's,
    /// are the register's alone.
    ///
    /// # Errors
    /// The refusal that names what is missing.
    pub fn may_grant(&self, municipality: Option<&MunicipalityNumber>) -> Result<(), Rejection> {
        let is_own = |number| self.gives(Role::Municipality, number);
        if self.keeps_register() || municipality.is_some_and(is_own) {
            return Ok(());
        }
        let needed = "to keep the register, or to be the municipality that delegates";
        Err(Rejection::new(&problems::RELATION_MISSING).with("needed", needed))
    }

    /// Passes a municipality, or a system it has delegated to, and no person: for what would let
    /// people lend themselves more than they have.
    ///
    /// # Errors
    /// The refusal that names what is missing.
    pub fn require_authority(&self) -> Result<(), Rejection> {
        if !self.is_person() {
            return Ok(());
        }
        let needed = "to be the municipality, or a system it has delegated to";
        Err(Rejection::new(&problems::RELATION_MISSING).with("needed", needed))
    }

    /// Passes whoever may say that somebody is another person than was thought: an authority that
    /// acts for every municipality which that changes something for.
    ///
    /// # Errors
    /// The refusal that names what is missing.
    pub fn identify(&self, concerned: &BTreeSet<MunicipalityNumber>) -> Result<(), Rejection> {
        self.require_authority()?;
        concerned.iter().try_for_each(|number| self.require_acts_for(number))
    }

    /// Passes whoever may say what a municipality does in a programme: whoever keeps the register,
    /// and the office that is responsible for it.
    ///
    /// # Errors
    /// The refusal that names what is missing.
    pub fn answer_for(&self, number: &MunicipalityNumber) -> Result<(), Rejection> {
        if self.keeps_register() || self.gives(Role::Office, number) {
            return Ok(());
        }
        let needed = format!("to be the office of municipality {number}");
        Err(Rejection::new(&problems::RELATION_MISSING).with("needed", needed))
    }

    /// Passes whoever may tell what a person did in the name of a municipality: a person, who tells
    /// of themselves only ([`Self::require_self`]), or a system that acts for it.
    ///
    /// # Errors
    /// The refusal that names what is missing.
    pub fn require_may_record_for(&self, number: &MunicipalityNumber) -> Result<(), Rejection> {
        if self.is_person() {
            return Ok(());
        }
        self.require_acts_for(number)
    }

    /// Whether the caller may see a doctor who belongs to some municipalities.
    pub fn sees_trainee(&self, trainee: Uuid, homes: &BTreeSet<MunicipalityNumber>) -> bool {
        self.sees_everything()
            || self.trainees.contains(&trainee)
            || homes.iter().any(|home| self.sees_municipality(home))
    }

    /// Which doctors the caller may see, as the statements of reports take it: everybody, or some
    /// by name, or those at home in some municipalities.
    pub fn trainees_seen(&self) -> (bool, Vec<String>, Vec<String>) {
        let trainees = self.trainees.iter().map(ToString::to_string).collect();
        (self.sees_everything(), trainees, self.numbers())
    }

    /// Whether the caller is a person, and no system.
    pub fn is_person(&self) -> bool {
        self.trainee.or(self.supervisor).or(self.leader).is_some()
    }

    /// The municipality that somebody is registered by: the one that is named, or the only one that
    /// the caller acts for. Nobody's, when a new register is loaded.
    ///
    /// # Errors
    /// When the caller does not act for it, or acts for several and names none.
    pub fn registering_municipality(
        &self,
        named: Option<&MunicipalityNumber>,
    ) -> Result<Option<MunicipalityNumber>, Rejection> {
        let acts_as: BTreeSet<&MunicipalityNumber> = ACTING
            .iter()
            .filter_map(|role| self.relations.get(role))
            .flat_map(BTreeMap::keys)
            .collect();
        let mut acts_as = acts_as.into_iter();
        match (named, acts_as.next(), acts_as.next()) {
            (Some(number), _, _) => self.require_acts_for(number).map(|()| Some(number.clone())),
            (None, _, _) if self.has(Role::Loader) => Ok(None),
            (None, Some(only), None) => Ok(Some(only.clone())),
            (None, _, _) => Err(Rejection::field("/municipality", REQUIRED)),
        }
    }

    /// Passes whoever may speak as a person: that person, or a system that names them.
    ///
    /// # Errors
    /// The refusal when the caller is another person.
    pub fn require_self(&self, person: Uuid, as_whom: Role) -> Result<(), Rejection> {
        let own = match as_whom {
            Role::Trainee => self.trainee,
            Role::Supervisor => self.supervisor,
            Role::Leader => self.leader,
            Role::Municipality
            | Role::System
            | Role::Office
            | Role::Directorate
            | Role::Register
            | Role::Reporting
            | Role::Auditor
            | Role::Loader => None,
        };
        if own == Some(person) || !self.is_person() {
            return Ok(());
        }
        let needed = format!("to be {} {person}", as_whom.word());
        Err(Rejection::new(&problems::RELATION_MISSING).with("needed", needed))
    }
}

/// A caller who was let in.
#[derive(Debug, Clone)]
pub struct Actor {
    pub caller: Arc<Caller>,
    pub permissions: Arc<Permissions>,
    /// The id of the operation that was called.
    pub operation: Arc<str>,
}

impl Actor {
    /// The ids under which the caller is registered as a person.
    pub fn own_ids(&self) -> Vec<Uuid> {
        let Permissions { trainee, supervisor, leader, .. } = &*self.permissions;
        [trainee, supervisor, leader].into_iter().flatten().copied().collect()
    }

    /// A caller's own key, made unlike every other caller's.
    pub fn scoped(&self, key: &str) -> String {
        format!("{}:{key}", self.caller.id())
    }

    /// Who acted, for the log: organisations by number, persons by the keyed hash.
    pub fn as_json(&self) -> Value {
        let Caller { issuer, client, who, scopes: _, beside } = &*self.caller;
        let (mut actor, employer, supplier) = match who {
            Who::Organisation { number, supplier } => {
                (json!({ "kind": "organisation", "organisation": number }), None, supplier)
            }
            Who::Person { hpr_lookup, employer } => {
                let actor = json!({ "kind": "person", "hpr_lookup": hpr_lookup });
                (actor, employer.as_ref(), &beside.supplier)
            }
        };
        // What the token does not tell is not there.
        for (name, number) in [
            ("employer", employer),
            ("unit", beside.unit.as_ref()),
            ("supplier", supplier.as_ref()),
        ] {
            if let Some(number) = number {
                actor[name] = json!(number);
            }
        }
        if let Some(source) = &beside.delegation_source {
            actor["delegation_source"] = json!(source);
        }
        actor["issuer"] = json!(issuer);
        actor["client"] = json!(client);
        actor
    }
}

/// The caller of a request.
///
/// # Errors
/// When nobody was let in: the gate stands before every operation, so that is an error of ours, and
/// answered as if nobody had called.
pub fn authenticate(request: &HttpRequest) -> Result<Actor, ProblemResponse> {
    let actor = request.extensions().get::<Actor>().cloned();
    actor.ok_or_else(|| ProblemResponse::new(&problems::UNAUTHENTICATED))
}
