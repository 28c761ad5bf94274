//! What a resource is. From its declaration follow, written once: read, list, history, external
//! ids, ETag and `Location`, the gate, the access log, and its operations in the document.

mod declared;
mod standard;

pub use declared::{Act, Create, Operations, key_of};
pub(super) use declared::{Decide, execute, shown};
pub use standard::{article, axes, operations_of};

use std::future::Future;
use std::sync::Arc;

use actix_web::web;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::access::Access;
use super::actor::{Actor, Permissions};
use super::concerns::Concerns;
use super::external_ids::{self, Naming};
use super::listing::Listing;
use super::operation::{Later, Method, Operation, PathParameter, Place, Success, named};
use crate::aggregate::{Begins, DomainEvent, Subject};
use crate::edge::{Day, FromText};
use crate::event_log::{Refusal, View};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber, Token};
use crate::personal_data::Vault;
use crate::problem::{OrNotFound as _, Problem, Rejection};

/// The names of a kind of resource.
pub struct Kind {
    /// In ids of operations, with the number: `read_position`, `list_positions`.
    pub name: &'static str,
    pub plural: &'static str,
    /// In sentences: `position`.
    pub noun: &'static str,
    /// The group of its operations, which decides about scopes.
    pub tag: &'static str,
    /// Where all of them are; the last of `places` follows for one of them.
    pub path: &'static str,
    /// The places in its path, its own the last.
    pub places: &'static [PathParameter],
    /// Who may read it, if they see it.
    pub read_by: Access,
    /// What else callers should know of reading one, and of its history; may be empty.
    pub about_read: &'static str,
    pub about_history: &'static str,
    /// What other systems call it; nothing where they call it nothing.
    pub external_ids: Option<(&'static Naming, Access)>,
}

impl Kind {
    /// The template of the path of one of them.
    pub fn path_of_one(&self) -> String {
        let own = self.places.last().map_or("id", |place| place.name);
        format!("{}/{{{own}}}", self.path)
    }

    /// The address of one of them.
    pub fn location(&self, key: &impl Key) -> String {
        let mut values = key.values().into_iter();
        let template = self.path_of_one();
        let parts = template.split('/').map(|part| {
            if part.starts_with('{') { values.next().unwrap_or_default() } else { part.to_owned() }
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

/// What names one resource of a kind in an address.
pub trait Key: Clone + 'static {
    /// Reads it; nothing when the address is of no resource.
    fn of(place: &Place) -> Option<Self>;
    /// The values of the places in the path.
    fn values(&self) -> Vec<String>;
}

impl Key for Uuid {
    fn of(place: &Place) -> Option<Self> {
        place.value(0).parse().ok()
    }
    fn values(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Key for (Uuid, Uuid) {
    fn of(place: &Place) -> Option<Self> {
        Some((place.value(0).parse().ok()?, place.value(1).parse().ok()?))
    }
    fn values(&self) -> Vec<String> {
        vec![self.0.to_string(), self.1.to_string()]
    }
}

/// Lets a value with a form of its own name a resource; what cannot be one is the address of
/// nothing.
macro_rules! keys {
    ($( $type:ty, )+) => { $(
        impl Key for $type {
            fn of(place: &Place) -> Option<Self> {
                Self::from_text(place.value(0)).ok()
            }
            fn values(&self) -> Vec<String> {
                vec![self.to_string()]
            }
        }
    )+ };
}

keys! { Token, MunicipalityNumber, OrganisationNumber, }

/// Which facts make a history: those about some subjects, and of these only those whose payload
/// has this value for this member, where a resource shares its subject with a larger one.
pub struct Past {
    pub subjects: Vec<Subject>,
    pub member: Option<(&'static str, String)>,
}

impl From<Subject> for Past {
    fn from(subject: Subject) -> Self {
        Self { subjects: vec![subject], member: None }
    }
}

/// A kind of resource. No method has a body here: what a resource forgets to say is a compile
/// error.
pub trait Resource: Sized + 'static {
    const KIND: Kind;
    type Key: Key;
    /// What is recorded of it.
    type Event: DomainEvent + 'static;
    /// What its look follows from: itself, and what else it shows.
    type Parties: 'static;
    /// What callers see of it, on a day.
    type View: Serialize + PartialEq + ToSchema + 'static;

    /// Loads what its look follows from, under guard; refuses when there is no such resource. Of
    /// what was known at a time the same is read.
    fn load(view: &View, key: &Self::Key) -> impl Future<Output = Result<Self::Parties, Refusal>>;
    /// The subject whose head is its ETag.
    fn home(parties: &Self::Parties, key: &Self::Key) -> Subject;
    /// Takes in a fact that is about to be recorded.
    fn evolve(parties: &mut Self::Parties, event: &Self::Event);
    /// What callers see on a day; nothing before its first day, and of what never was.
    fn show(parties: &Self::Parties, key: &Self::Key, day: Date) -> Option<Self::View>;
    /// The first day on which there is something to see; a change is answered as it is then, when
    /// that is to come.
    fn first_day(parties: &Self::Parties, key: &Self::Key) -> Date;
    /// Whom it concerns, also when it turned out never to have been; nobody when there is none.
    fn concerns(
        view: &View,
        key: &Self::Key,
        day: Date,
    ) -> impl Future<Output = Result<Concerns, Refusal>>;
    /// The trainee whose data it shows: every read of it is written down.
    fn shows(parties: &Self::Parties, key: &Self::Key) -> Option<Uuid>;
    /// Its history.
    fn past(key: &Self::Key) -> Past;
    /// What other systems call it, and what facts about that name and are filed under.
    fn named(
        parties: &Self::Parties,
        key: &Self::Key,
        by: &By,
    ) -> Result<Option<external_ids::Held>, Rejection>;
    /// Takes in what another system calls it.
    fn rename(parties: &mut Self::Parties, key: &Self::Key, event: &crate::external_ids::Event);
    /// How it is listed.
    fn listing() -> Option<Listing>;
    /// What can be done with it, beside what all resources have.
    fn operations() -> Operations<Self>;
}

/// What a subject is under guard, or the refusal that nothing is there: all that the look of most
/// resources follows from.
pub async fn there<T: Begins>(view: &View, subject: &Subject) -> Result<Option<T>, Refusal> {
    let state: Option<T> = view.load(subject).await?.state;
    state.as_ref().or_not_found()?;
    Ok(state)
}

/// Who decides, and when.
pub struct By {
    pub actor: Actor,
    pub service: web::Data<Service>,
    /// The day it is in Norway.
    pub today: Date,
    /// An id for what is about to be made.
    pub new_id: Uuid,
}

impl By {
    /// The day that a request names; today by default.
    pub fn day(&self, named: Option<Day>) -> Date {
        named.map_or(self.today, |day| day.0)
    }

    /// How far the caller reaches.
    pub fn permissions(&self) -> &Permissions {
        &self.actor.permissions
    }

    /// What seals names and numbers.
    pub fn vault(&self) -> &Vault {
        &self.service.vault
    }
}

/// What a rule on one resource knows beside the request.
pub struct Cx<'a, R: Resource> {
    pub view: &'a View,
    pub key: &'a R::Key,
    pub parties: &'a R::Parties,
    pub by: &'a By,
    /// Where it is done: the places of the key, and behind them those that the act itself has.
    pub place: &'a Place,
}

/// The facts to record, none when it is so already; or why not.
pub type Decided<R> = Result<Vec<<R as Resource>::Event>, Refusal>;

/// What a rule answers with that makes a resource.
pub struct Made<R: Resource> {
    /// The new resource, or the one that is so already.
    pub key: R::Key,
    /// What its look follows from, before the facts.
    pub parties: R::Parties,
    /// None when it is so already.
    pub facts: Vec<R::Event>,
    /// The keys of persons that come with it.
    pub person_keys: Vec<(Uuid, Vec<u8>)>,
}

impl<R: Resource> Made<R> {
    /// A resource that is nobody's in particular, by facts about it.
    pub fn new(key: R::Key, parties: R::Parties, facts: Vec<R::Event>) -> Self {
        Self { key, parties, facts, person_keys: Vec::new() }
    }
}

/// An operation on one resource, without what differs.
pub fn bare<R: Resource>(
    id: impl Into<String>,
    summary: impl Into<String>,
    about: impl Into<String>,
    access: Access,
    refuses: &[&'static Problem],
    run: super::operation::Run,
) -> Operation {
    let kind = const { &R::KIND };
    Operation {
        method: Method::Get,
        path: kind.path_of_one(),
        id: id.into(),
        tag: kind.tag,
        summary: summary.into(),
        about: about.into(),
        access,
        refuses: refuses.to_vec(),
        places: kind.places.to_vec(),
        parameters: Arc::new(Vec::new),
        parameter_types: vec![],
        body: None,
        success: Success::json(200, format!("The {}", kind.noun), named::<R::View>),
        concerns: Some(concerns_of::<R>),
        run,
    }
}

/// Whom the resource in an address concerns; nobody when the address is of none.
pub fn concerns_of<'a, R: Resource>(
    view: &'a View,
    place: &'a Place,
    day: Date,
) -> Later<'a, Result<Concerns, Refusal>> {
    Box::pin(async move {
        match R::Key::of(place) {
            Some(key) => R::concerns(view, &key, day).await,
            None => Ok(Concerns::default()),
        }
    })
}
