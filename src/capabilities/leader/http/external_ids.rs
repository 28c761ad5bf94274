//! What other systems call a leader.

use actix_web::post;
use actix_web::web::Path;
use uuid::Uuid;

use super::super::domain::subject;
use super::super::state::Leader;
use super::super::view::LeaderView;
use super::replied;
use crate::capabilities::external_id::problems::LEADER_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Resource, Told, WithdrawExternalId};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::ExternalId;
use crate::problem::common::NOT_FOUND;

async fn tell(change: Change, id: Uuid, told: Told) -> Answer {
    let (reach, today) = (change.reach().clone(), change.today);
    let reply = |state: &Leader, day| Ok(replied(200, state, day));
    external_id::change(change, subject(id), told, reply, |state: &Leader| {
        let known = state.known().ok_or(&NOT_FOUND)?;
        not_erased(known.erased.as_ref())?;
        // Filed where the caller acts: those who see the leader there hear of it.
        let led = known.terms().filter(|term| !term.is_over(today)).chain(known.terms());
        let mut numbers = led.map(|term| &term.municipality);
        let municipality = numbers.find(|number| reach.acts_in(number)).cloned();
        Ok((Resource::Leader { leader: id, municipality }, &known.external_ids))
    })
    .await
}

/// Add an external id to a leader
#[utoipa::path(tag = "leaders", operation_id = "add_leader_external_id",
    params(("id" = Uuid, Path, description = "The leader.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = ExternalId,
    responses((status = 200, description = "The leader", body = LeaderView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&LEADER_EXTERNAL_ID_TAKEN, &PERSON_ERASED])))))]
#[post("/v1/leaders/{id}/external-ids")]
pub async fn add(change: Change, id: Path<Uuid>, body: Body<ExternalId>) -> Answer {
    tell(change, *id, body.into()).await
}

/// Take back an external id of a leader
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "leaders", operation_id = "withdraw_leader_external_id",
    params(("id" = Uuid, Path, description = "The leader.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The leader", body = LeaderView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&PERSON_ERASED])))))]
#[post("/v1/leaders/{id}/external-ids/withdrawal")]
pub async fn withdraw(change: Change, id: Path<Uuid>, body: Body<WithdrawExternalId>) -> Answer {
    tell(change, *id, body.into()).await
}
