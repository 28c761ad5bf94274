//! What a position is: announced, suspended, resumed, closed.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::replied;
use crate::capabilities::position::domain::{Event, subject};
use crate::capabilities::position::problems::*;
use crate::capabilities::position::state::{Known, Position};
use crate::capabilities::position::view::PositionView;
use crate::edge::{Day, Fault, Faults};
use crate::event_log::{Decision, Loaded, View};
use crate::evolved;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::Comment;
use crate::problem::Rejection;

/// A rule on one position: load, decide, answer with the position as it then is.
async fn on_position(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl Fn(&Known) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let loaded: Loaded<Position> = view.load(&subject(id)).await?;
        let facts = rule(loaded.state.known()?)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)?))
    };
    change.execute(canonical, decide).await
}

/// An announcement to applicants.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct AnnouncePosition {
    /// The day it is announced; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// Until when doctors may apply.
    #[deserr(default)]
    apply_by: Option<Day>,
}

/// Announce a position
#[utoipa::path(tag = "positions", operation_id = "announce_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = AnnouncePosition,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED])))))]
#[post("/v1/positions/{id}/announcements")]
pub async fn announce(change: Change, id: Path<Uuid>, body: Body<AnnouncePosition>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let apply_by = body.value.apply_by.map(|day| day.0);
    if apply_by.is_some_and(|last| last < on) {
        let fault = Fault::new(
            "before_announcement",
            "Must not come before the day of the announcement.",
            "Kan ikke komme før dagen stillingen lyses ut.",
        );
        return Err(Rejection::field("/apply_by", fault).into());
    }
    on_position(change, &body.canonical, *id, |known| known.announce(on, apply_by)).await
}

/// A day, today by default.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct OnDay {
    /// The day it happens; today by default.
    #[deserr(default)]
    on: Option<Day>,
}

/// Withdraw the announcement of a position
#[utoipa::path(tag = "positions", operation_id = "withdraw_announcement",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = OnDay,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED])))))]
#[post("/v1/positions/{id}/announcement-withdrawal")]
pub async fn withdraw(change: Change, id: Path<Uuid>, body: Body<OnDay>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    on_position(change, &body.canonical, *id, |known| known.withdraw(on)).await
}

/// A day and a reason.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct OnDayWithReason {
    /// The day it happens; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// Why.
    reason: Comment,
}

/// Suspend a position
///
/// It rests from that day until it is resumed. A position that somebody holds cannot rest.
#[utoipa::path(tag = "positions", operation_id = "suspend_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = OnDayWithReason,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED, &POSITION_OCCUPIED])))))]
#[post("/v1/positions/{id}/suspension")]
pub async fn suspend(change: Change, id: Path<Uuid>, body: Body<OnDayWithReason>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let reason = body.value.reason.clone();
    on_position(change, &body.canonical, *id, |known| known.suspend(on, reason.clone())).await
}

/// Resume a suspended position
///
/// It is again what it was before it rested.
#[utoipa::path(tag = "positions", operation_id = "resume_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = OnDay,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED])))))]
#[post("/v1/positions/{id}/resumption")]
pub async fn resume(change: Change, id: Path<Uuid>, body: Body<OnDay>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    on_position(change, &body.canonical, *id, |known| known.resume(on)).await
}

/// Close a position for good
///
/// From that day it exists no more. Its place in the programme's quota is free again.
#[utoipa::path(tag = "positions", operation_id = "close_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = OnDayWithReason,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED, &POSITION_OCCUPIED])))))]
#[post("/v1/positions/{id}/closure")]
pub async fn close(change: Change, id: Path<Uuid>, body: Body<OnDayWithReason>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let reason = body.value.reason.clone();
    on_position(change, &body.canonical, *id, |known| known.close(on, reason.clone())).await
}
