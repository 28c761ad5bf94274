//! What the operations on ids in other systems have in common, whatever has the id.

use deserr::Deserr;
use jiff::Timestamp;
use jiff::civil::Date;
use utoipa::ToSchema;

use super::claims::{Claims, Holder};
use super::domain::{Event, Kind, Resource, subject};
use super::external_ids::ExternalIds;
use super::problems::taken;
use crate::aggregate::{Fold, NewFact, Subject, erased_subject};
use crate::capabilities::position::{self, Position};
use crate::edge::{Fault, Faults};
use crate::event_log::{Anything, Decision, Failure, Loaded, Refusal, Reply, View};
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, ExternalId, Token};
use crate::problem::Rejection;

/// What one request may tell of ids in other systems.
const EXTERNAL_IDS_MAX: usize = 20;

/// An id in another system that was told wrong.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct WithdrawExternalId {
    /// The other system.
    system: Token,
    /// The id there that is not this thing's.
    id: Token,
    /// Why it is taken back.
    reason: Comment,
}

/// What a request tells of one id in another system.
pub struct Told {
    /// The document as it came.
    pub canonical: String,
    what: What,
}

enum What {
    Added(ExternalId),
    Withdrawn(ExternalId, Comment),
}

impl From<Body<ExternalId>> for Told {
    fn from(body: Body<ExternalId>) -> Self {
        Self { canonical: body.canonical, what: What::Added(body.value) }
    }
}

impl From<Body<WithdrawExternalId>> for Told {
    fn from(body: Body<WithdrawExternalId>) -> Self {
        let WithdrawExternalId { system, id, reason } = body.value;
        let what = What::Withdrawn(ExternalId { system, id }, reason);
        Self { canonical: body.canonical, what }
    }
}

/// Refuses more ids than a request may tell, and two in one system.
pub(crate) fn checked(ids: &[ExternalId]) -> Result<(), Rejection> {
    let mut systems: Vec<_> = ids.iter().map(|id| &id.system).collect();
    systems.sort();
    systems.dedup();
    if ids.len() > EXTERNAL_IDS_MAX || systems.len() < ids.len() {
        let fault = Fault::new(
            "invalid_external_ids",
            "At most 20, one a system.",
            "Høyst 20, én per system.",
        );
        return Err(Rejection::field("/external_ids", fault));
    }
    Ok(())
}

/// Refuses ids that other resources of the kind have, naming whose they are.
pub(crate) async fn free(view: &View, kind: Kind, ids: &[ExternalId]) -> Result<(), Refusal> {
    for external in ids {
        let subject = subject(kind, external);
        if view.is_new(&subject).await? {
            continue;
        }
        let claims = view.consult::<Claims>(&subject).await?.state;
        for holder in claims.holders(kind) {
            if still_is(view, kind, holder).await? {
                return Err(Rejection::new(taken(kind))
                    .with("system", &external.system)
                    .with("id", &external.id)
                    .with(kind.member(), holder.id)
                    .into());
            }
        }
    }
    Ok(())
}

/// Whether there still is who was told to have an id. Nobody comes back, so nothing is guarded: who
/// is erased holds nothing any more, nor does what turned out never to have been.
async fn still_is(view: &View, kind: Kind, holder: Holder) -> Result<bool, Failure> {
    let Holder { id, position } = holder;
    Ok(match kind {
        Kind::Trainee | Kind::Leader => {
            view.consult::<Anything>(&erased_subject(id)).await?.head == 0
        }
        Kind::Occupancy => match position {
            Some(position) => {
                let subject = position::domain::subject(position);
                let state = view.consult::<Position>(&subject).await?.state;
                state.known().is_ok_and(|known| known.occupancy(id).is_ok())
            }
            None => true,
        },
        Kind::Position | Kind::AlisOffice | Kind::Programme => true,
    })
}

/// What is recorded of what was told of a resource that has these ids.
async fn decide(
    view: &View,
    resource: Resource,
    held: &ExternalIds,
    told: &Told,
    on: Date,
) -> Result<Vec<Event>, Refusal> {
    match &told.what {
        What::Added(external) => {
            let (kind, _) = resource.named();
            let facts = held.add(resource, external, on)?;
            if !facts.is_empty() {
                free(view, kind, std::slice::from_ref(external)).await?;
            }
            Ok(facts)
        }
        What::Withdrawn(external, reason) => {
            Ok(held.withdraw(resource, external, reason.clone(), on)?)
        }
    }
}

/// The state after facts that are about to be recorded, read as they will be.
fn after<S: Fold + Clone>(state: &S, facts: &[Event]) -> Result<S, Failure> {
    let mut next = state.clone();
    for fact in facts {
        next.apply(&NewFact::of(fact).as_fact(i64::MAX, Timestamp::UNIX_EPOCH))?;
    }
    Ok(next)
}

/// A change of what one resource is called, which is folded from its own subject: load, decide,
/// answer with the resource as it then is. `named` tells which it is, and what it is called so far.
pub(crate) async fn change<S: Fold + Clone>(
    change: Change,
    subject: Subject,
    told: Told,
    reply: impl Fn(&S, Date) -> Result<Reply, Refusal>,
    named: impl Fn(&S) -> Result<(Resource, &ExternalIds), Rejection>,
) -> Answer {
    let today = change.today;
    let decision = async |view: &View| {
        let loaded: Loaded<S> = view.load(&subject).await?;
        let (resource, held) = named(&loaded.state)?;
        let facts = decide(view, resource, held, &told, today).await?;
        let next = after(&loaded.state, &facts)?;
        Ok(Decision::new(subject.clone(), &facts, reply(&next, today)?))
    };
    change.execute(&told.canonical, decision).await
}
