//! What registering a person and correcting who a person is have in common, whatever the person is
//! here: name and number are sealed, and a number belongs to one of a kind.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::actor::Permissions;
use super::resource::{By, Made, Resource};
use crate::aggregate::{DomainEvent, Subject};
use crate::event_log::{Decision, Failure, Refusal, Reply, View};
use crate::identifiers::{HprNumber, MunicipalityNumber, Name};
use crate::personal_data::{Identity, Vault};
use crate::problem::{Problem, Rejection};

/// A kind of person, of whom one at most has an HPR number. Who is of two kinds may have it in
/// both.
pub struct PersonKind {
    /// What they are called in facts and in the refusal: the member that holds the id.
    pub name: &'static str,
    /// The subject of a number among them, by its keyed hash.
    pub hpr_subject: fn(&str) -> Subject,
    /// The refusal of a number that another one has.
    pub exists: &'static Problem,
}

/// A person who is about to be registered.
pub struct NewPerson {
    pub id: Uuid,
    pub sealed: String,
    /// The person's own key, under the master key.
    wrapped: Vec<u8>,
}

impl NewPerson {
    /// Makes an id and a key, and seals what identifies the person.
    pub fn new(vault: &Vault, name: &Name, hpr_number: Option<&HprNumber>) -> Self {
        Self::sealed(Uuid::now_v7(), vault, name, hpr_number)
    }

    /// The same for who is about to be made by a rule.
    pub fn of(by: &By, name: &Name, hpr_number: Option<&HprNumber>) -> Self {
        Self::sealed(by.new_id, by.vault(), name, hpr_number)
    }

    fn sealed(id: Uuid, vault: &Vault, name: &Name, hpr_number: Option<&HprNumber>) -> Self {
        let (key, wrapped) = vault.new_person(id);
        let hpr_number = hpr_number.map(HprNumber::to_string);
        let sealed = key.seal(id, &Identity { name: name.to_string(), hpr_number });
        Self { id, sealed, wrapped }
    }

    /// What a rule answers that registers the person: the key is kept with the facts.
    pub fn made<R>(self, parties: R::Parties, facts: Vec<R::Event>) -> Made<R>
    where
        R: Resource<Key = Uuid>,
    {
        Made { person_keys: vec![(self.id, self.wrapped)], ..Made::new(self.id, parties, facts) }
    }

    /// The decision that registers the person: the key is kept with the facts.
    pub fn registered<E: DomainEvent>(&self, main: Subject, facts: &[E], reply: Reply) -> Decision {
        let mut decision = Decision::new(main, facts, reply);
        decision.person_keys = self.keys();
        decision
    }

    /// The person's key, which is kept with the facts.
    pub fn keys(&self) -> Vec<(Uuid, Vec<u8>)> {
        vec![(self.id, self.wrapped.clone())]
    }
}

/// Who a person is, as it is recorded.
pub struct RecordedPerson<'a> {
    pub id: Uuid,
    pub sealed: &'a str,
    pub hpr_lookup: Option<&'a str>,
    /// Whose the person is today: another number makes somebody else this person in all of them.
    pub belongs_to: BTreeSet<MunicipalityNumber>,
}

/// Who a person really is.
pub struct CorrectedPerson {
    pub sealed: String,
    pub hpr_lookup: Option<String>,
    /// Nothing is different.
    pub same: bool,
}

impl PersonKind {
    /// Refuses an HPR number that belongs to another one of the kind, naming that one.
    pub async fn free(&self, view: &View, hpr_lookup: &str) -> Result<(), Refusal> {
        let subject = (self.hpr_subject)(hpr_lookup);
        if view.is_new(&subject).await? {
            return Ok(());
        }
        let holder = view.holder(&subject, self.name).await?;
        if holder.is_empty() {
            return Ok(()); // whoever had it was erased
        }
        Err(Rejection::new(self.exists).with(self.name, holder).into())
    }

    /// Works out who a person really is; what is not told stays. Another number must be free, and
    /// told by somebody who may tell it.
    pub async fn corrected(
        &self,
        view: &View,
        (vault, by): (&Vault, &Permissions),
        recorded: RecordedPerson<'_>,
        name: Option<&Name>,
        hpr_number: Option<&HprNumber>,
    ) -> Result<CorrectedPerson, Refusal> {
        let key = view.person_key(vault, recorded.id).await?;
        let opened: Identity = key.open(recorded.id, recorded.sealed).map_err(Failure::from)?;
        let identity = Identity {
            name: name.map_or(opened.name.clone(), Name::to_string),
            hpr_number: hpr_number.map(HprNumber::to_string).or(opened.hpr_number.clone()),
        };
        let recorded_lookup = recorded.hpr_lookup.map(str::to_owned);
        let hpr_lookup = hpr_number.map(|hpr| vault.lookup(hpr)).or(recorded_lookup.clone());
        if let Some(lookup) = hpr_lookup.as_ref().filter(|_| hpr_lookup != recorded_lookup) {
            by.identify(&recorded.belongs_to)?;
            self.free(view, lookup).await?;
        }
        let sealed = key.seal(recorded.id, &identity);
        Ok(CorrectedPerson { sealed, hpr_lookup, same: identity == opened })
    }
}
