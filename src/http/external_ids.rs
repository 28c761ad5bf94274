//! The operations on ids in other systems: the same for every resource that has them.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use deserr::Deserr;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::Access;
use super::operation::{Asked, Call, Later, Method, Operation, Place, named};
use super::resource::{By, Decide, Key, Resource, article, execute, key_of, shown};
use super::{Answer, Change};
use crate::aggregate::{NewFact, Subject, erased_subject};
use crate::edge::Faults;
use crate::event_log::{Anything, Decision, Refusal, Reply, View};
use crate::external_ids::{self, Claims};
pub use crate::external_ids::{ExternalIds, Naming, checked};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber, Token};
use crate::problem::{Problem, Rejection};
use crate::problems;

problems! {
    /// Another resource of the kind has this external id: one id in a system names one of them.
    /// Withdraw it from the one that is named if it was wrong.
    EXTERNAL_ID_TAKEN = 409, "external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to {holder}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører {holder}.",
    members:
        text("system", "The system that gave the id: `payroll`."),
        text("id", "The id in that system: `4711`."),
        id("holder", "The resource that has the id.");
}

/// What other systems call a resource, and what facts about that name and are filed under.
pub struct Held {
    pub ids: ExternalIds,
    /// What names the resource in facts: its own id, and of what it belongs to, by member.
    pub members: Vec<(&'static str, Uuid)>,
    /// The subjects that its other facts have.
    pub subjects: Vec<Subject>,
    /// The municipality that readers may filter by.
    pub municipality: Option<MunicipalityNumber>,
}

/// An id in another system that was wrong.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct WithdrawExternalId {
    /// The other system.
    system: Token,
    /// The id there that is not this resource's.
    id: Token,
    /// Why it is withdrawn.
    reason: Comment,
}

/// A body that changes what a resource is called.
trait Renames: Asked {
    fn change(&self) -> external_ids::Change;
}

impl Renames for ExternalId {
    fn change(&self) -> external_ids::Change {
        external_ids::Change::Add(self.clone())
    }
}

impl Renames for WithdrawExternalId {
    fn change(&self) -> external_ids::Change {
        let WithdrawExternalId { system, id, reason } = self.clone();
        external_ids::Change::Withdraw(ExternalId { system, id }, reason)
    }
}

/// Refuses ids that other resources of the kind have, naming whose they are.
///
/// # Errors
/// The refusal, or the log's own failure.
pub async fn free<R: Resource>(view: &View, ids: &[ExternalId]) -> Result<(), Refusal> {
    let Some((naming, _)) = R::KIND.external_ids else { return Ok(()) };
    for external in ids {
        let subject = naming.subject_of(external);
        if view.is_new(&subject).await? {
            continue;
        }
        let claims = view.consult::<Claims>(&subject).await?.state;
        for holder in claims.holders(naming) {
            let id = holder.last().cloned().unwrap_or_default();
            if is_there::<R>(view, holder).await? {
                return Err(Rejection::new(&EXTERNAL_ID_TAKEN)
                    .with("system", &external.system)
                    .with("id", &external.id)
                    .with("holder", id)
                    .into());
            }
        }
    }
    Ok(())
}

/// Whether there still is who was recorded to have an id: who is erased holds nothing any more, nor
/// does what turned out never to have been.
async fn is_there<R: Resource>(view: &View, holder: Vec<String>) -> Result<bool, Refusal> {
    let erased = erased_subject(holder.last().map_or("", String::as_str));
    let Some(key) = R::Key::of(&Place::from(holder)) else { return Ok(false) };
    if view.consult::<Anything>(&erased).await?.head > 0 {
        return Ok(false);
    }
    match R::load(view, &key).await {
        Ok(_) => Ok(true),
        Err(Refusal::Rejected(_)) => Ok(false),
        Err(failed) => Err(failed),
    }
}

async fn decide<R: Resource>(
    view: &View,
    by: &By,
    key: &R::Key,
    asked: &external_ids::Change,
) -> Result<Decision, Refusal> {
    let mut parties = R::load(view, key).await?;
    let (Some(held), Some((naming, _))) = (R::named(&parties, key, by)?, R::KIND.external_ids)
    else {
        return Err((&super::problems::NOT_FOUND).into());
    };
    let Held { ids, members, mut subjects, municipality } = held;
    let resource = members.last().map(|(_, id)| *id).unwrap_or_default();
    let text = |(name, id): (&str, Uuid)| (name.to_owned(), Value::from(id.to_string()));
    let mut members: BTreeMap<String, Value> = members.into_iter().map(text).collect();
    if let Some(number) = &municipality {
        members.insert("municipality".to_owned(), number.as_str().into());
    }
    let of = external_ids::Resource { resource, members };
    let fact = ids.change(of, asked, by.today)?;
    if let (Some(_), external_ids::Change::Add(external)) = (&fact, asked) {
        free::<R>(view, std::slice::from_ref(external)).await?;
    }
    let mut facts = Vec::new();
    if let Some(fact) = fact {
        R::rename(&mut parties, key, &fact);
        subjects.push(naming.subject_of(fact.external_id()));
        facts.push(NewFact {
            id: Uuid::now_v7(),
            kind: match &fact {
                external_ids::Event::Added(_) => naming.added,
                external_ids::Event::Withdrawn(_) => naming.withdrawn,
            },
            effective_from: fact.on(),
            municipality: municipality.map(|number| number.to_string()),
            subjects,
            payload: fact.payload(),
        });
    }
    let body = shown::<R>(&parties, key, by.today);
    let reply = Reply { status: 200, location: None, head: None, body };
    Ok(Decision { main: R::home(&parties, key), facts, person_keys: vec![], reply })
}

/// The two operations of a resource, which both refuse with these problems as well.
pub fn operations<R: Resource>(access: Access, refuses: &[&'static Problem]) -> Vec<Operation> {
    let kind = const { &R::KIND };
    let (article, noun) = (article(kind.noun), kind.noun);
    vec![
        operation::<R, ExternalId>(Operation {
            path: format!("{}/external-ids", kind.path_of_one()),
            refuses: [&[&EXTERNAL_ID_TAKEN][..], refuses].concat(),
            ..super::resource::bare::<R>(
                format!("add_{}_external_id", kind.name),
                format!("Add an external id to {article} {noun}"),
                "",
                access,
                &[],
                none(),
            )
        }),
        operation::<R, WithdrawExternalId>(Operation {
            path: format!("{}/external-ids/withdrawal", kind.path_of_one()),
            ..super::resource::bare::<R>(
                format!("withdraw_{}_external_id", kind.name),
                format!("Withdraw an external id of {article} {noun}"),
                "It was wrong: another one may have it from now on. What was recorded stays in the \
                 history, and `known_at` before this shows it.",
                access,
                refuses,
                none(),
            )
        }),
    ]
}

/// What is put in the place of this by [`operation`].
fn none() -> super::operation::Run {
    Arc::new(|_call| Box::pin(async { Err((&super::problems::NOT_FOUND).into()) }))
}

fn operation<R: Resource, B: Renames>(bare: Operation) -> Operation {
    let template = R::KIND.path_of_one();
    let run = Arc::new(move |mut call: Call| -> Later<'static, Answer> {
        let template = template.clone();
        Box::pin(async move {
            let change: Change = call.read().await?;
            let key = key_of::<R::Key>(&template, &call)?;
            let body = call.body::<B>().await?;
            let asked = body.value.change();
            let all = Rc::new((change.by(), key, asked));
            let decide: Decide = Box::new(move |view| {
                let all = all.clone();
                Box::pin(async move { decide::<R>(view, &all.0, &all.1, &all.2).await })
            });
            execute(change, body.canonical, decide).await
        })
    });
    Operation { method: Method::Post, body: Some(named::<B>), run, ..bare }
}
