//! Who speaks and decides: read from the log for one decision.
//!
//! Leaders, supervisors and the doctor's positions are consulted, not guarded. They are dated
//! facts; one that is told a moment after the decision is as late as one told next week, and what
//! was decided stands. So a leader who decides fifty goals never waits for their own registration.

use jiff::civil::Date;
use uuid::Uuid;

use super::goal::Recommender;
use super::problems::NOT_THE_SUPERVISOR;
use crate::aggregate::Subject;
use crate::capabilities::supervision::{Assignments, supervision_subject};
use crate::capabilities::{leader, reference, trainee};
use crate::edge::UNKNOWN_REFERENCE;
use crate::event_log::{Refusal, View};
use crate::problem::Rejection;
use crate::problem::common::NOT_FOUND;

/// The doctor whose training it is; the address names nobody otherwise.
pub async fn doctor(view: &View, id: Uuid) -> Result<trainee::Known, Refusal> {
    let loaded = view.consult::<trainee::Trainee>(&trainee::subject(id)).await?;
    Ok(loaded.state.known().cloned().ok_or(&NOT_FOUND)?)
}

/// The leader whom a body names in `by`, who leads under every number of their municipalities.
pub async fn leader(view: &View, id: Uuid) -> Result<leader::Known, Refusal> {
    let loaded = view.consult::<leader::Leader>(&leader::subject(id)).await?;
    let unknown = || Rejection::field("/by", UNKNOWN_REFERENCE);
    let leader = loaded.state.known().cloned().ok_or_else(unknown)?;
    let numbers: Vec<_> = leader.terms().map(|term| term.municipality.clone()).collect();
    Ok(leader.following(reference::lineage(view, numbers, None).await?))
}

/// The supervisor whom a body names in `by`: anyone who is registered as one.
pub async fn recommender(view: &View, id: Uuid) -> Result<Recommender, Refusal> {
    let first = view.first_fact(&Subject::new("supervisor", id)).await?;
    let first = first.ok_or_else(|| Rejection::field("/by", UNKNOWN_REFERENCE))?;
    let hpr_lookup = first.payload["hpr_lookup"].as_str().map(str::to_owned);
    Ok(Recommender { id, hpr_lookup })
}

/// Passes whoever supervises the doctor on a day: an accepted assignment holds and does not rest.
pub async fn is_supervisor_of(
    view: &View,
    who: &Recommender,
    doctor: Uuid,
    on: Date,
) -> Result<(), Refusal> {
    let supervision = view.consult::<Assignments>(&supervision_subject(doctor)).await?.state;
    if supervision.is_held_by(who.id, on) {
        return Ok(());
    }
    Err(Rejection::new(&NOT_THE_SUPERVISOR).with("supervisor", who.id).with("day", on).into())
}
