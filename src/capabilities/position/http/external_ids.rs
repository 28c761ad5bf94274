//! What other systems call positions and occupancies.

use actix_web::post;
use actix_web::web::Path;
use uuid::Uuid;

use super::occupancies::{Holding, holding, occupancy_reply};
use super::replied;
use crate::capabilities::external_id::problems::{
    OCCUPANCY_EXTERNAL_ID_TAKEN, POSITION_EXTERNAL_ID_TAKEN,
};
use crate::capabilities::external_id::{self, Resource, Told, WithdrawExternalId};
use crate::capabilities::position::domain::subject;
use crate::capabilities::position::state::Position;
use crate::capabilities::position::view::{PositionView, SingleOccupancyView};
use crate::event_log::{Decision, View};
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::ExternalId;

async fn of_position(change: Change, id: Uuid, told: Told) -> Answer {
    let reply = |state: &Position, day| replied(200, state, day);
    external_id::change(change, subject(id), told, reply, |state: &Position| {
        let known = state.known()?;
        let municipality = known.established.municipality.clone();
        Ok((Resource::Position { position: id, municipality }, &known.external_ids))
    })
    .await
}

/// Add an external id to a position
#[utoipa::path(tag = "positions", operation_id = "add_position_external_id",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = ExternalId,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/positions/{id}/external-ids")]
pub async fn add(change: Change, id: Path<Uuid>, body: Body<ExternalId>) -> Answer {
    of_position(change, *id, body.into()).await
}

/// Take back an external id of a position
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "positions", operation_id = "withdraw_position_external_id",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal"))))]
#[post("/v1/positions/{id}/external-ids/withdrawal")]
pub async fn withdraw(change: Change, id: Path<Uuid>, body: Body<WithdrawExternalId>) -> Answer {
    of_position(change, *id, body.into()).await
}

async fn of_occupancy(change: Change, (position, occupancy): (Uuid, Uuid), told: Told) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let Holding { position: loaded, held } = holding(view, position, occupancy).await?;
        let called = loaded.state.known()?.occupancy(occupancy)?;
        let (trainee, municipality) = (called.trainee, called.municipality.clone());
        let resource = Resource::Occupancy { position, occupancy, trainee, municipality };
        let ids = &called.external_ids;
        let facts = external_id::decide(view, resource, ids, &told, today).await?;
        let next = external_id::after(&loaded.state, &facts)?;
        let reply = occupancy_reply(view, 200, (&next, &held.state), occupancy, today).await?;
        Ok(Decision::new(subject(position), &facts, reply))
    };
    change.execute(&told.canonical, decide).await
}

/// Add an external id to an occupancy
#[utoipa::path(tag = "positions", operation_id = "add_occupancy_external_id",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = ExternalId,
    responses((status = 200, description = "The occupancy; its ETag is the position's", body = SingleOccupancyView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&OCCUPANCY_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/external-ids")]
pub async fn add_to_occupancy(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<ExternalId>,
) -> Answer {
    of_occupancy(change, path.into_inner(), body.into()).await
}

/// Take back an external id of an occupancy
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "positions", operation_id = "withdraw_occupancy_external_id",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The occupancy; its ETag is the position's", body = SingleOccupancyView)),
    extensions(("x-access" = json!("municipal"))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/external-ids/withdrawal")]
pub async fn withdraw_from_occupancy(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<WithdrawExternalId>,
) -> Answer {
    of_occupancy(change, path.into_inner(), body.into()).await
}
