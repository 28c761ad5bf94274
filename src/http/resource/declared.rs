//! What can be done with a resource, as it is declared: acts on one, and ways to make one.

use std::rc::Rc;
use std::sync::Arc;

use jiff::civil::Date;

use super::{By, Cx, Decided, Key, Made, Resource, bare, concerns_of};
use crate::event_log::{Anything, Decision, Refusal, Reply, View};
use crate::http::access::Access;
use crate::http::operation::{
    Asked, Call, Later, Method, Operation, PathParameter, Place, Success, named, named_or_null,
};
use crate::http::{Answer, Change, ProblemResponse, problems};
use crate::problem::Problem;
use crate::time::FIRST_DAY;

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
    /// What [`Resource::named`] may refuse with, beside that an id is taken.
    pub(super) naming_refuses: Vec<&'static Problem>,
    resource: std::marker::PhantomData<R>,
}

/// Decides anew each time it is called.
pub(in crate::http) type Decide =
    Box<dyn for<'v> Fn(&'v View) -> Later<'v, Result<Decision, Refusal>>>;

/// One for all operations, so that it is compiled once.
pub(in crate::http) async fn execute(change: Change, canonical: String, decide: Decide) -> Answer {
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
    pub fn act<B, F>(self, act: Act<'_, F>) -> Self
    where
        B: Asked,
        F: for<'a> AsyncFn(&'a Cx<'a, R>, &'a B) -> Decided<R> + Copy + Send + Sync + 'static,
    {
        self.act_from(act, |_| FIRST_DAY)
    }

    /// The same for what is answered as it will be on a day, when that is to come.
    pub fn act_from<B, F>(mut self, act: Act<'_, F>, day: fn(&B) -> Date) -> Self
    where
        B: Asked,
        F: for<'a> AsyncFn(&'a Cx<'a, R>, &'a B) -> Decided<R> + Copy + Send + Sync + 'static,
    {
        let Act { id, path, summary, about, by, refuses, rule } = act;
        let template = format!("{}{path}", R::KIND.path_of_one());
        let of_act = template.clone();
        let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
            let place = Place::of(&of_act, call.request.match_info().as_str());
            Box::pin(async move {
                let change: Change = call.read().await?;
                let key = R::Key::of(&place).ok_or(&problems::NOT_FOUND)?;
                let body = call.body::<B>().await?;
                let asked = Rc::new((change.by(), key, place, body.value));
                let decide: Decide = Box::new(move |view| {
                    let asked = asked.clone();
                    Box::pin(async move {
                        let (by, key, place, body) = &*asked;
                        let parties = R::load(view, key).await?;
                        let cx = Cx::<R> { view, key, place, parties: &parties, by };
                        let facts = rule(&cx, body).await?;
                        Ok(decided::<R>(key, parties, &facts, by.today.max(day(body))))
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

    /// The path of the last operation has a further place.
    pub fn at(mut self, place: PathParameter) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.places.push(place);
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

    /// The rule of the last operation asks whether the caller may: the municipality that acts is in
    /// the body, and what the address names is nobody's.
    pub fn asks_itself(mut self) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.concerns = None;
        }
        self
    }

    /// What [`Resource::named`] may refuse with: recording and withdrawing external ids does too.
    pub fn naming_refuses(mut self, problems: &[&'static Problem]) -> Self {
        self.naming_refuses.extend(problems);
        self
    }

    /// The last operation answers null when it turns out that the resource never was.
    pub fn may_end_it(mut self) -> Self {
        if let Some(last) = self.list.last_mut() {
            let description = format!("The {}; null if it was entered in error", R::KIND.noun);
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

pub(in crate::http) fn shown<R: Resource>(
    parties: &R::Parties,
    key: &R::Key,
    today: Date,
) -> serde_json::Value {
    let shown = R::show(parties, key, today.max(R::first_day(parties, key)));
    serde_json::to_value(shown).expect("views are plain data")
}
