//! What a resource is. From its declaration follow, written once: read, list, history, external
//! ids, ETag and `Location`, the gate, the access log, and its operations in the document.

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::web;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::Parameter;
use uuid::Uuid;

use super::access::Access;
use super::actor::{Actor, Reach};
use super::concerns::Concerns;
use super::external_ids::{self, Naming};
use super::listing::Listing;
use super::operation::{
    Asked, Call, Later, Method, Named, Operation, PathParameter, Place, Success, named,
    named_or_null, named_page,
};
use super::page::{Paging, Sort};
use super::time_axes::TimeAxes;
use super::{Answer, Change, History, InTime, ProblemResponse, Read, Service, problems, reading};
use crate::aggregate::{DomainEvent, Subject};
use crate::event_log::feed::About;
use crate::event_log::{Anything, Decision, Refusal, Reply, View};
use crate::personal_data::Vault;
use crate::problem::{Problem, Rejection};

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
    /// How far the caller reaches.
    pub fn reach(&self) -> &Reach {
        &self.actor.reach
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
    /// Every place in the address: those of the key, and those behind them.
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

/// Something done to one resource: `POST {path of the resource}{path}`.
pub struct Act<'a, F> {
    pub id: &'static str,
    pub path: &'static str,
    pub summary: &'static str,
    /// What else callers should know; may be empty.
    pub about: &'static str,
    pub by: Access,
    pub refuses: &'a [&'static Problem],
    /// `async fn(&Cx<Self>, &Body) -> Decided<Self>`: captures nothing.
    pub rule: F,
}

/// A way to make a resource: `POST {path of all of them}`.
pub struct Create<'a, F> {
    pub id: &'static str,
    pub summary: &'static str,
    pub about: &'static str,
    pub by: Access,
    pub refuses: &'a [&'static Problem],
    /// `async fn(&View, &By, &Place, &Body) -> Result<Made<Self>, Refusal>`.
    pub rule: F,
}

/// The operations of a resource.
pub struct Operations<R> {
    pub list: Vec<Operation>,
    /// What naming one of them may be refused with, beside that the name is taken.
    naming_refuses: Vec<&'static Problem>,
    resource: std::marker::PhantomData<R>,
}

/// Decides anew each time it is called.
pub(super) type Decide = Box<dyn for<'v> Fn(&'v View) -> Later<'v, Result<Decision, Refusal>>>;

/// One for all operations, so that it is compiled once.
pub(super) async fn execute(change: Change, canonical: String, decide: Decide) -> Answer {
    change.execute(&canonical, async |view: &View| decide(view).await).await
}

/// The key in the address of a request.
///
/// # Errors
/// What cannot be a key is the address of nothing.
pub fn key_of<K: Key>(template: &str, call: &Call) -> Result<K, ProblemResponse> {
    let place = Place::of(template, call.request.match_info().as_str());
    K::of(&place).ok_or_else(|| (&problems::NOT_FOUND).into())
}

impl<R: Resource> Operations<R> {
    /// None beside what every resource has.
    pub fn none() -> Self {
        let (list, naming_refuses) = (Vec::new(), Vec::new());
        Self { list, naming_refuses, resource: std::marker::PhantomData }
    }

    /// Adds a way to make a resource.
    pub fn create<B, F>(mut self, create: Create<'_, F>) -> Self
    where
        B: Asked,
        F: for<'a> AsyncFn(&'a View, &'a By, &'a Place, &'a B) -> Result<Made<R>, Refusal>
            + Copy
            + Send
            + Sync
            + 'static,
    {
        let Create { id, summary, about, by, refuses, rule } = create;
        let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
            Box::pin(async move {
                let change: Change = call.read().await?;
                let body = call.body::<B>().await?;
                let place = Place::of(R::KIND.path, call.request.match_info().as_str());
                let asked = Rc::new((change.by(), place, body.value));
                let decide: Decide = Box::new(move |view| {
                    let asked = asked.clone();
                    Box::pin(async move {
                        let (by, place, body) = &*asked;
                        made(view, by.today, rule(view, by, place, body).await?).await
                    })
                });
                execute(change, body.canonical, decide).await
            })
        });
        let others = R::KIND.places.len().saturating_sub(1);
        self.list.push(Operation {
            method: Method::Post,
            path: R::KIND.path.to_owned(),
            places: R::KIND.places[..others].to_vec(),
            body: Some(named::<B>),
            success: Success::json(201, format!("The {}", R::KIND.noun), named::<R::View>),
            // A resource within another is made by who sees that one.
            concerns: None,
            ..bare::<R>(id, summary, about, by, refuses, run)
        });
        self
    }

    /// The same for what is made within another resource: that one must be seen.
    pub fn create_within<O: Resource, B, F>(self, create: Create<'_, F>) -> Self
    where
        B: Asked,
        F: for<'a> AsyncFn(&'a View, &'a By, &'a Place, &'a B) -> Result<Made<R>, Refusal>
            + Copy
            + Send
            + Sync
            + 'static,
    {
        let mut this = self.create(create);
        if let Some(last) = this.list.last_mut() {
            last.concerns = Some(concerns_of::<O>);
        }
        this
    }

    /// Adds something that is done to one resource.
    pub fn act<B, F>(mut self, act: Act<'_, F>) -> Self
    where
        B: Asked,
        F: for<'a> AsyncFn(&'a Cx<'a, R>, &'a B) -> Decided<R> + Copy + Send + Sync + 'static,
    {
        let Act { id, path, summary, about, by, refuses, rule } = act;
        let template = format!("{}{path}", R::KIND.path_of_one());
        let of_act = template.clone();
        let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
            let template = of_act.clone();
            Box::pin(async move {
                let change: Change = call.read().await?;
                let place = Place::of(&template, call.request.match_info().as_str());
                let key = R::Key::of(&place).ok_or(&problems::NOT_FOUND)?;
                let body = call.body::<B>().await?;
                let asked = Rc::new((change.by(), place, key, body.value));
                let decide: Decide = Box::new(move |view| {
                    let asked = asked.clone();
                    Box::pin(async move {
                        let (by, place, key, body) = &*asked;
                        let parties = R::load(view, key).await?;
                        let cx = Cx::<R> { view, key, parties: &parties, by, place };
                        let facts = rule(&cx, body).await?;
                        Ok(decided::<R>(key, parties, &facts, by.today))
                    })
                });
                execute(change, body.canonical, decide).await
            })
        });
        self.list.push(Operation {
            method: Method::Post,
            path: template,
            body: Some(named::<B>),
            ..bare::<R>(id, summary, about, by, refuses, run)
        });
        self
    }

    /// The last operation answers null when it turns out that the resource never was.
    pub fn may_end_it(mut self) -> Self {
        if let Some(last) = self.list.last_mut() {
            let description = format!("The {}; null if it never was", R::KIND.noun);
            last.success = Success::json(200, description, named_or_null::<R::View>);
        }
        self
    }

    /// The last operation is answered with other words.
    pub fn answering(mut self, description: &'static str) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.success.description = description.to_owned();
        }
        self
    }

    /// The path of the last operation has these places behind those of the resource.
    pub fn with_places(mut self, places: &[PathParameter]) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.places.extend(places);
        }
        self
    }

    /// What the operations on external ids may refuse with, beside that an id is taken.
    pub fn naming_refuses(self, refuses: &[&'static Problem]) -> Self {
        Self { naming_refuses: refuses.to_vec(), ..self }
    }

    /// Adds an operation of another form.
    pub fn other(mut self, operation: Operation) -> Self {
        self.list.push(operation);
        self
    }
}

/// The decision that facts about a resource are, answered with it as it then is.
fn decided<R: Resource>(
    key: &R::Key,
    mut parties: R::Parties,
    facts: &[R::Event],
    today: Date,
) -> Decision {
    facts.iter().for_each(|fact| R::evolve(&mut parties, fact));
    let reply =
        Reply { status: 200, location: None, head: None, body: shown::<R>(&parties, key, today) };
    Decision::new(R::home(&parties, key), facts, reply)
}

async fn made<R: Resource>(view: &View, today: Date, made: Made<R>) -> Result<Decision, Refusal> {
    let Made { key, mut parties, facts, person_keys } = made;
    facts.iter().for_each(|fact| R::evolve(&mut parties, fact));
    let home = R::home(&parties, &key);
    // What is so already keeps its own version.
    let head = match facts.is_empty() {
        true => Some(view.load::<Anything>(&home).await?.head),
        false => None,
    };
    let location = Some(R::KIND.location(&key));
    let reply = Reply { status: 201, location, head, body: shown::<R>(&parties, &key, today) };
    Ok(Decision { person_keys, ..Decision::new(home, &facts, reply) })
}

pub(super) fn shown<R: Resource>(
    parties: &R::Parties,
    key: &R::Key,
    today: Date,
) -> serde_json::Value {
    let shown = R::show(parties, key, today.max(R::first_day(parties, key)));
    serde_json::to_value(shown).expect("views are plain data")
}

/// An operation on one resource, without what differs.
pub(super) fn bare<R: Resource>(
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

/// Everything that can be asked of a resource, declared or following from what it is.
pub fn operations_of<R: Resource>() -> Vec<Operation> {
    let kind = const { &R::KIND };
    let Operations { list: mut all, naming_refuses, .. } = R::operations();
    if let Some(listing) = R::listing() {
        all.push(list_operation::<R>(listing));
    }
    all.push(read_operation::<R>());
    all.push(history_operation::<R>());
    if let Some((_, access)) = kind.external_ids {
        all.extend(external_ids::operations::<R>(access, &naming_refuses));
    }
    all
}

fn axes<T: utoipa::IntoParams>() -> Vec<Parameter> {
    T::into_params(|| Some(utoipa::openapi::path::ParameterIn::Query))
}

fn list_operation<R: Resource>(listing: Listing) -> Operation {
    let kind = const { &R::KIND };
    let (shape, listing) = (listing.clone(), Arc::new(listing));
    let others = kind.places.len().saturating_sub(1);
    let page: Named = named_page::<R::View>;
    let about = listing.about;
    let run = {
        let listing = listing.clone();
        Arc::new(move |call: Call| -> Later<'static, Answer> {
            let listing = listing.clone();
            Box::pin(async move { listing.answer(&call.request).await })
        })
    };
    let parameters = move || [shape.parameters(), axes::<TimeAxes>(), axes::<Paging>()].concat();
    Operation {
        path: kind.path.to_owned(),
        places: kind.places[..others].to_vec(),
        parameters: Arc::new(parameters),
        parameter_types: listing.types(),
        success: Success::json(200, format!("A page of {}", listing.nouns), page),
        concerns: None,
        ..bare::<R>(
            format!("list_{}", kind.plural),
            format!("List {}", listing.nouns),
            about,
            listing.read_by,
            &[],
            run,
        )
    }
}

fn read_operation<R: Resource>() -> Operation {
    let kind = const { &R::KIND };
    let template = kind.path_of_one();
    let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
        let template = template.clone();
        Box::pin(async move {
            let read: Read = call.read().await?;
            let key = key_of::<R::Key>(&template, &call)?;
            read.shown::<R>(key).await
        })
    });
    Operation {
        parameters: Arc::new(axes::<TimeAxes>),
        ..bare::<R>(
            format!("read_{}", kind.name),
            format!("Read {} {}", article(kind.noun), kind.noun),
            kind.about_read,
            kind.read_by,
            &[],
            run,
        )
    }
}

fn history_operation<R: Resource>() -> Operation {
    let kind = const { &R::KIND };
    let template = kind.path_of_one();
    let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
        let template = template.clone();
        Box::pin(async move {
            let list: History = call.read().await?;
            let key = key_of::<R::Key>(&template, &call)?;
            let view = list.read.service.log.view();
            let concerns = R::concerns(&view, &key, super::today()).await?;
            if let Some(trainee) = concerns.shows {
                reading::about(trainee);
            }
            let Past { subjects, member } = R::past(&key);
            let member = member.as_ref().map(|(name, value)| (*name, value.as_str()));
            list.history_of(About { subjects: &subjects, member }).await
        })
    });
    let parameters = || [axes::<Sort<InTime>>(), axes::<TimeAxes>(), axes::<Paging>()].concat();
    Operation {
        path: format!("{}/history", kind.path_of_one()),
        parameters: Arc::new(parameters),
        success: Success::json(
            200,
            "A page of events",
            named_page::<super::cloud_event::CloudEvent>,
        ),
        ..bare::<R>(
            format!("read_{}_history", kind.name),
            format!("Read {} {}'s history", article(kind.noun), kind.noun),
            kind.about_history,
            kind.read_by,
            &[],
            run,
        )
    }
}

/// The article of a noun.
pub fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O']) { "an" } else { "a" }
}
