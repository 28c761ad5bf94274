//! Who speaks and decides: read from the log for one decision.
//!
//! Leaders, supervisors and the doctor's positions are consulted, not guarded. They are dated
//! facts; one that is told a moment after the decision is as late as one told next week, and what
//! was decided stands. So a leader who decides fifty goals never waits for their own registration.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::civil::Date;
use uuid::Uuid;

use super::goal::{Decider, Goal, may_decide};
use super::plan::Authority;
use super::problems::NOT_THE_SUPERVISOR;
use crate::capabilities::leader::{self, Leader};
use crate::capabilities::reference;
use crate::capabilities::supervision::assignment::OwnStatus;
use crate::capabilities::supervision::{self, Supervisor};
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::UNKNOWN_REFERENCE;
use crate::event_log::{Failure, Refusal, View};
use crate::http::actor::{Permissions, Role};
use crate::problem::Rejection;
use crate::problem::common::NOT_FOUND;

/// The doctor whose training it is; the address names nobody otherwise.
pub async fn trainee_state(view: &View, id: Uuid) -> Result<Trainee, Refusal> {
    let loaded = view.consult::<Option<Trainee>>(&trainee::subject(id)).await?;
    Ok(loaded.state.ok_or(&NOT_FOUND)?)
}

/// The leader whom a body names in `by`, who leads under every number of their municipalities.
pub async fn leader(view: &View, id: Uuid) -> Result<Leader, Refusal> {
    let loaded = view.consult::<Option<Leader>>(&leader::subject(id)).await?;
    let unknown = || Rejection::field("/by", UNKNOWN_REFERENCE);
    let leader = loaded.state.ok_or_else(unknown)?;
    let numbers: Vec<_> = leader.terms().map(|term| term.municipality.clone()).collect();
    Ok(leader.following(reference::lineage(view, numbers, None).await?))
}

/// The supervisor whom a body names in `by`: anyone who is registered as one.
pub async fn recommender(view: &View, id: Uuid) -> Result<Supervisor, Refusal> {
    let loaded = view.consult::<Option<Supervisor>>(&supervision::subject(id)).await?;
    Ok(loaded.state.ok_or_else(|| Rejection::field("/by", UNKNOWN_REFERENCE))?)
}

/// In whose name a leader decides for a doctor on a day. A system tells of it only where it acts
/// for that municipality: what is decided in another's name is not its to tell, however long ago.
pub fn decides(
    permissions: &Permissions,
    leader: &Leader,
    trainee_state: &Trainee,
    on: Date,
) -> Result<Authority, Rejection> {
    let authority = may_decide(leader, trainee_state, on, |number| {
        permissions.require_may_record_for(number).is_ok()
    })?;
    permissions.require_may_record_for(&authority.municipality)?;
    Ok(authority)
}

/// A leader who decides on a goal, and as whom they have recommended on it themselves.
pub async fn decider(
    view: &View,
    authority: Authority,
    leader: &Leader,
    goal: &Goal,
) -> Result<Decider, Failure> {
    let mut recommended_as = BTreeSet::new();
    if let Some(hpr_lookup) = &leader.hpr_lookup {
        let all = goal.recommenders().into_iter().map(|id| async move {
            let supervisor =
                view.consult::<Option<Supervisor>>(&supervision::subject(id)).await?.state;
            let same = supervisor.is_some_and(|held| held.hpr_lookup == *hpr_lookup);
            Ok::<_, Failure>(same.then_some(id))
        });
        recommended_as.extend(try_join_all(all).await?.into_iter().flatten());
    }
    Ok(Decider { authority, recommended_as })
}

/// Passes a leader, and a system that acts for the municipality in which the leader leads when the
/// goal is revoked that was approved there. Whether there is any such is the rule's to say.
pub fn may_record_revocation(
    permissions: &Permissions,
    leader: &Leader,
    goal: &Goal,
    on: Date,
) -> Result<(), Rejection> {
    let approved_by = goal.approved_by();
    match approved_by.as_ref().and_then(|number| leader.term_on(number, on)) {
        Some(term) => permissions.require_may_record_for(&term.municipality),
        None => Ok(()),
    }
}

/// Passes a supervisor who recommends, and a system that acts for a municipality where the doctor
/// works on that day, or where the supervisor's assignment is filed.
pub fn may_record_recommendation(
    permissions: &Permissions,
    who: &Supervisor,
    trainee_state: &Trainee,
    on: Date,
) -> Result<(), Rejection> {
    if permissions.is_person() {
        return Ok(());
    }
    let of_trainee =
        who.assignments.iter().filter(|assignment| assignment.trainee == trainee_state.id);
    let held =
        of_trainee.filter(|assignment| assignment.own_status_on(on) == Some(OwnStatus::Held));
    let filed = held.filter_map(|assignment| assignment.municipality.clone());
    let works = leader::answering(&trainee_state.occupancies, on).into_iter().cloned();
    permissions.require_acts_for_any(&works.chain(filed).collect(), Role::Trainee)
}

/// Passes whoever supervises the doctor on a day: an accepted assignment holds, does not rest and
/// has not lapsed.
pub fn is_supervisor_of(who: &Supervisor, trainee_state: Uuid, on: Date) -> Result<(), Rejection> {
    if who.supervises(trainee_state, on) {
        return Ok(());
    }
    Err(Rejection::new(&NOT_THE_SUPERVISOR).with("supervisor", who.id).with("day", on))
}
