//! What other systems call a programme.

use actix_web::post;
use actix_web::web::Path;
use uuid::Uuid;

use super::super::domain::subject;
use super::super::state::Programme;
use super::super::view::ProgrammeView;
use super::replied;
use crate::capabilities::external_id::problems::PROGRAMME_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Resource, Told, WithdrawExternalId};
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::ExternalId;

async fn tell(change: Change, id: Uuid, told: Told) -> Answer {
    let reply = |state: &Programme, day| Ok(replied(200, state, day));
    external_id::change(change, subject(id), told, reply, |state: &Programme| {
        Ok((Resource::Programme { programme: id }, &state.known()?.external_ids))
    })
    .await
}

/// Add an external id to a programme
#[utoipa::path(tag = "programmes", operation_id = "add_programme_external_id",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = ExternalId,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&PROGRAMME_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/programmes/{id}/external-ids")]
pub async fn add(change: Change, id: Path<Uuid>, body: Body<ExternalId>) -> Answer {
    tell(change, *id, body.into()).await
}

/// Take back an external id of a programme
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "programmes", operation_id = "withdraw_programme_external_id",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme"))))]
#[post("/v1/programmes/{id}/external-ids/withdrawal")]
pub async fn withdraw(change: Change, id: Path<Uuid>, body: Body<WithdrawExternalId>) -> Answer {
    tell(change, *id, body.into()).await
}
