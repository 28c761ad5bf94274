//! What other systems call a trainee.

use actix_web::post;
use actix_web::web::Path;
use uuid::Uuid;

use super::super::domain::{Trainee, subject};
use super::super::view::TraineeView;
use super::replied;
use crate::capabilities::external_id::problems::TRAINEE_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Resource, Told, WithdrawExternalId};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::ExternalId;
use crate::problem::common::NOT_FOUND;

async fn tell(change: Change, id: Uuid, told: Told) -> Answer {
    let reply = |state: &Trainee, day| Ok(replied(200, state, day));
    external_id::change(change, subject(id), told, reply, |state: &Trainee| {
        let known = state.known().ok_or(&NOT_FOUND)?;
        not_erased(known.erased.as_ref())?;
        Ok((Resource::Trainee { trainee: id }, &known.external_ids))
    })
    .await
}

/// Add an external id to a trainee
#[utoipa::path(tag = "trainees", operation_id = "add_trainee_external_id",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058")),
    request_body = ExternalId,
    responses((status = 200, description = "The trainee", body = TraineeView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&TRAINEE_EXTERNAL_ID_TAKEN, &PERSON_ERASED])))))]
#[post("/v1/trainees/{id}/external-ids")]
pub async fn add(change: Change, id: Path<Uuid>, body: Body<ExternalId>) -> Answer {
    tell(change, *id, body.into()).await
}

/// Take back an external id of a trainee
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "trainees", operation_id = "withdraw_trainee_external_id",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The trainee", body = TraineeView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&PERSON_ERASED])))))]
#[post("/v1/trainees/{id}/external-ids/withdrawal")]
pub async fn withdraw(change: Change, id: Path<Uuid>, body: Body<WithdrawExternalId>) -> Answer {
    tell(change, *id, body.into()).await
}
