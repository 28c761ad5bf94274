//! What other systems call supervisors, exemptions and assignments.

use actix_web::post;
use actix_web::web::Path;
use uuid::Uuid;

use super::{exemptions, supervisors};
use crate::capabilities::external_id::problems::{
    ASSIGNMENT_EXTERNAL_ID_TAKEN, EXEMPTION_EXTERNAL_ID_TAKEN, SUPERVISOR_EXTERNAL_ID_TAKEN,
};
use crate::capabilities::external_id::{self, Resource, Told, WithdrawExternalId};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::capabilities::supervision::assignment::Assignments;
use crate::capabilities::supervision::domain::{assignment_subject, exemption_subject, subject};
use crate::capabilities::supervision::exemption::Exemptions;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::view::{AssignmentView, ExemptionView, SupervisorView};
use crate::event_log::{Decision, Loaded, Reply, View};
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::ExternalId;

async fn of_supervisor(change: Change, id: Uuid, told: Told) -> Answer {
    let reply = |state: &Supervisor, day| Ok(supervisors::replied(200, state, day));
    external_id::change(change, subject(id), told, reply, |state: &Supervisor| {
        let known = state.known()?;
        not_erased(known.erased.as_ref())?;
        Ok((Resource::Supervisor { supervisor: id }, &known.external_ids))
    })
    .await
}

/// Add an external id to a supervisor
#[utoipa::path(tag = "supervisors", operation_id = "add_supervisor_external_id",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = ExternalId,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&SUPERVISOR_EXTERNAL_ID_TAKEN, &PERSON_ERASED])))))]
#[post("/v1/supervisors/{id}/external-ids")]
pub async fn add_to_supervisor(change: Change, id: Path<Uuid>, body: Body<ExternalId>) -> Answer {
    of_supervisor(change, *id, body.into()).await
}

/// Take back an external id of a supervisor
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "supervisors", operation_id = "withdraw_supervisor_external_id",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&PERSON_ERASED])))))]
#[post("/v1/supervisors/{id}/external-ids/withdrawal")]
pub async fn withdraw_from_supervisor(
    change: Change,
    id: Path<Uuid>,
    body: Body<WithdrawExternalId>,
) -> Answer {
    of_supervisor(change, *id, body.into()).await
}

async fn of_exemption(change: Change, id: Uuid, told: Told) -> Answer {
    let reply = |state: &Exemptions, day| Ok(exemptions::replied(200, state, id, day));
    external_id::change(change, exemption_subject(id), told, reply, |state: &Exemptions| {
        let exemption = state.get(id)?;
        let (supervisor, municipality) = (exemption.supervisor, exemption.municipality.clone());
        let resource = Resource::Exemption { exemption: id, supervisor, municipality };
        Ok((resource, &exemption.external_ids))
    })
    .await
}

/// Add an external id to a supervision exemption
#[utoipa::path(tag = "supervision exemptions", operation_id = "add_supervision_exemption_external_id",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = ExternalId,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&EXEMPTION_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/supervision-exemptions/{id}/external-ids")]
pub async fn add_to_exemption(change: Change, id: Path<Uuid>, body: Body<ExternalId>) -> Answer {
    of_exemption(change, *id, body.into()).await
}

/// Take back an external id of a supervision exemption
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "supervision exemptions", operation_id = "withdraw_supervision_exemption_external_id",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("municipal"))))]
#[post("/v1/supervision-exemptions/{id}/external-ids/withdrawal")]
pub async fn withdraw_from_exemption(
    change: Change,
    id: Path<Uuid>,
    body: Body<WithdrawExternalId>,
) -> Answer {
    of_exemption(change, *id, body.into()).await
}

async fn of_assignment(change: Change, id: Uuid, told: Told) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        // Whom it concerns never changes, so this look needs no guard; the next one has its own.
        let named: Loaded<Assignments> = view.consult(&assignment_subject(id)).await?;
        let supervisor = named.state.get(id)?.supervisor;
        let loaded: Loaded<Supervisor> = view.load(&subject(supervisor)).await?;
        let called = loaded.state.known()?.assignments.get(id)?;
        let (trainee, municipality) = (called.trainee, called.municipality.clone());
        let resource = Resource::Assignment { assignment: id, trainee, supervisor, municipality };
        let ids = &called.external_ids;
        let facts = external_id::decide(view, resource, ids, &told, today).await?;
        let next = external_id::after(&loaded.state, &facts)?;
        let shown = AssignmentView::on(&next, id, today);
        let body = serde_json::to_value(shown).expect("views are plain data");
        let reply = Reply { status: 200, location: None, head: None, body };
        Ok(Decision::new(subject(supervisor), &facts, reply))
    };
    change.execute(&told.canonical, decide).await
}

/// Add an external id to a supervisor assignment
#[utoipa::path(tag = "supervisor assignments", operation_id = "add_supervisor_assignment_external_id",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = ExternalId,
    responses((status = 200, description = "The assignment; its ETag is the supervisor's", body = AssignmentView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&ASSIGNMENT_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/supervisor-assignments/{id}/external-ids")]
pub async fn add_to_assignment(change: Change, id: Path<Uuid>, body: Body<ExternalId>) -> Answer {
    of_assignment(change, *id, body.into()).await
}

/// Take back an external id of a supervisor assignment
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "supervisor assignments", operation_id = "withdraw_supervisor_assignment_external_id",
    params(("id" = Uuid, Path, description = "The assignment.", example = "01890a5d-ac96-774b-bcce-b302099a8063")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The assignment; its ETag is the supervisor's", body = AssignmentView)),
    extensions(("x-access" = json!("municipal"))))]
#[post("/v1/supervisor-assignments/{id}/external-ids/withdrawal")]
pub async fn withdraw_from_assignment(
    change: Change,
    id: Path<Uuid>,
    body: Body<WithdrawExternalId>,
) -> Answer {
    of_assignment(change, *id, body.into()).await
}
