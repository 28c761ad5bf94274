//! Who holds a position: filled, changed, ended, corrected.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::capabilities::position::Occupancy;
use crate::capabilities::position::domain::{
    Event, LeaveReason, ListCeiling, OccupancyFacts, OperatingModel, Patients, Terms, WeekMinutes,
    subject,
};
use crate::capabilities::position::occupancy::Fill;
use crate::capabilities::position::problems::*;
use crate::capabilities::position::state::{Known, Position};
use crate::capabilities::position::view::OccupancyView;
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::{self, Day, Faults, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::openapi::codes;
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, Read};
use crate::identifiers::Comment;
use crate::problem::{Rejection, common};
use crate::time::Percent;

/// A doctor to take the position.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct FillPosition {
    /// The doctor.
    trainee: Id,
    /// First day.
    from: Day,
    /// Last day, when it is agreed; open otherwise.
    #[deserr(default)]
    to: Option<Day>,
    /// The doctor's share; at most the position's.
    percent: Percent,
    /// The agreed operating model.
    operating_model: OperatingModel,
    /// Patients on the list.
    #[deserr(default)]
    list_length: Option<Patients>,
    /// The list's ceiling.
    #[deserr(default)]
    list_ceiling: Option<ListCeiling>,
    /// Minutes a week kept free for training.
    #[deserr(default)]
    protected_minutes_per_week: Option<WeekMinutes>,
}

/// What a change of one occupancy works on: the position, and the doctor's other occupancies.
struct Holding {
    position: Loaded<Position>,
    held: Loaded<Trainee>,
}

async fn holding(view: &View, position: Uuid, occupancy: Uuid) -> Result<Holding, Refusal> {
    let position: Loaded<Position> = view.load(&subject(position)).await?;
    let holder = position.state.known()?.occupancy(occupancy)?.trainee;
    let held = view.load(&trainee::subject(holder)).await?;
    Ok(Holding { position, held })
}

/// A rule on one occupancy: load, decide, answer with the occupancy as it then is.
async fn on_occupancy(
    change: Change,
    canonical: &str,
    (position, occupancy): (Uuid, Uuid),
    rule: impl Fn(&Known, &Trainee) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let Holding { position: loaded, held } = holding(view, position, occupancy).await?;
        let facts = rule(loaded.state.known()?, &held.state)?;
        let next = evolved!(loaded.state, facts);
        let reply = occupancy_reply(200, &next, occupancy, today)?;
        Ok(Decision::new(subject(position), &facts, reply))
    };
    change.execute(canonical, decide).await
}

fn occupancy_reply(
    status: u16,
    state: &Position,
    occupancy: Uuid,
    day: Date,
) -> Result<Reply, Refusal> {
    let known = state.known()?;
    let position = known.established.position;
    let shown = known.occupancies.get(occupancy).map(|held| OccupancyView::on(held, day));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location =
        (status == 201).then(|| format!("/v1/positions/{position}/occupancies/{occupancy}"));
    Ok(Reply { status, location, head: None, body })
}

/// Fill a position
///
/// A doctor takes the position. Nobody else may hold it on any of those days, and the doctor's
/// shares in all positions never add up to more than 100 % on any day.
#[utoipa::path(tag = "positions", operation_id = "fill_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = FillPosition,
    responses((status = 201, description = "The occupancy; its ETag is the position's", body = OccupancyView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED, &POSITION_OCCUPIED,
        &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION, &LIS1_NOT_COMPLETED])))))]
#[post("/v1/positions/{id}/occupancies")]
pub async fn fill(change: Change, id: Path<Uuid>, body: Body<FillPosition>) -> Answer {
    let (asked, today, new) = (body.value, change.today, Uuid::now_v7());
    let period = edge::period(asked.from, asked.to)?;
    let decide = async |view: &View| {
        let (position, doctor) = (subject(*id), trainee::subject(asked.trainee.0));
        let (loaded, held) =
            futures_util::try_join!(view.load::<Position>(&position), view.load(&doctor))?;
        let held: Loaded<Trainee> = held;
        let known = loaded.state.known()?;
        let Some(doctor) = held.state.known() else {
            return Err(Rejection::field("/trainee", UNKNOWN_REFERENCE).into());
        };
        if let Some(completed) = doctor.lis1_completed_on.filter(|day| *day > period.from) {
            return Err(Rejection::new(&LIS1_NOT_COMPLETED).with("completed", completed).into());
        }
        let fill = Fill {
            occupancy: new,
            trainee: asked.trainee.0,
            period,
            percent: asked.percent,
            operating_model: asked.operating_model,
            terms: Terms {
                list_length: asked.list_length,
                list_ceiling: asked.list_ceiling,
                protected_minutes_per_week: asked.protected_minutes_per_week,
            },
        };
        let facts = known.fill(fill, &doctor.occupancies)?;
        let next = evolved!(loaded.state, facts);
        // Already so: answer with the occupancy that is.
        let occupancy = match facts.first() {
            Some(_) => new,
            None => known.same_occupancy(asked.trainee.0, &period).unwrap_or(new),
        };
        let reply = occupancy_reply(201, &next, occupancy, today)?;
        Ok(Decision::new(position, &facts, reply))
    };
    change.execute(&body.canonical, decide).await
}

/// Read an occupancy
#[utoipa::path(tag = "positions", operation_id = "read_occupancy",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059"), TimeAxes),
    responses((status = 200, description = "The occupancy", body = OccupancyView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/positions/{id}/occupancies/{occupancy}")]
pub async fn read_occupancy(read: Read, path: Path<(Uuid, Uuid)>) -> Answer {
    let (id, occupancy) = path.into_inner();
    let reach = read.actor.reach.clone();
    let view = |state: &Position, day| {
        let held = state.known().ok()?.occupancies.get(occupancy)?;
        reach.sees_holder(&held.municipality, held.trainee).then(|| OccupancyView::on(held, day))
    };
    read.resource(&subject(id), view).await
}

/// The end of an occupancy.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndOccupancy {
    /// The last day.
    to: Day,
    /// Why the doctor leaves.
    reason: LeaveReason,
}

/// End an occupancy
///
/// The doctor leaves; the position is vacant from the next day.
#[utoipa::path(tag = "positions", operation_id = "end_occupancy",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = EndOccupancy,
    responses((status = 200, description = "The occupancy", body = OccupancyView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&OCCUPANCY_ENDED, &OUTSIDE_OCCUPANCY, &POSITION_OCCUPIED,
        &POSITION_SITUATION, &TRAINEE_OVER_FULL_TIME])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/end")]
pub async fn end(change: Change, path: Path<(Uuid, Uuid)>, body: Body<EndOccupancy>) -> Answer {
    let EndOccupancy { to, reason } = body.value;
    let path = path.into_inner();
    let rule = |known: &Known, held: &Trainee| known.end(path.1, to.0, reason, held.occupancies());
    on_occupancy(change, &body.canonical, path, rule).await
}

/// New terms; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ChangeTerms {
    /// The first day they hold.
    from: Day,
    /// The doctor's share.
    #[deserr(default)]
    percent: Option<Percent>,
    /// Patients on the list.
    #[deserr(default)]
    list_length: Option<Patients>,
    /// The list's ceiling.
    #[deserr(default)]
    list_ceiling: Option<ListCeiling>,
    /// Minutes a week kept free for training.
    #[deserr(default)]
    protected_minutes_per_week: Option<WeekMinutes>,
}

/// Change the terms of an occupancy
#[utoipa::path(tag = "positions", operation_id = "change_occupancy_terms",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = ChangeTerms,
    responses((status = 200, description = "The occupancy", body = OccupancyView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&OUTSIDE_OCCUPANCY, &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/terms")]
pub async fn change_terms(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<ChangeTerms>,
) -> Answer {
    let asked = body.value;
    let path = path.into_inner();
    let terms = Terms {
        list_length: asked.list_length,
        list_ceiling: asked.list_ceiling,
        protected_minutes_per_week: asked.protected_minutes_per_week,
    };
    let rule = |known: &Known, held: &Trainee| {
        known.change_terms(path.1, asked.from.0, asked.percent, terms, held.occupancies())
    };
    on_occupancy(change, &body.canonical, path, rule).await
}

/// A new operating model.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ChangeOperatingModel {
    /// The first day it holds.
    from: Day,
    /// The agreed operating model.
    operating_model: OperatingModel,
}

/// Change the operating model of an occupancy
///
/// As under a transition agreement (overgangsavtale). The tenure goes on unbroken.
#[utoipa::path(tag = "positions", operation_id = "change_operating_model",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = ChangeOperatingModel,
    responses((status = 200, description = "The occupancy", body = OccupancyView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&OUTSIDE_OCCUPANCY])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/operating-model")]
pub async fn change_model(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<ChangeOperatingModel>,
) -> Answer {
    let ChangeOperatingModel { from, operating_model } = body.value;
    let path = path.into_inner();
    let rule = |known: &Known, _: &Trainee| known.change_model(path.1, from.0, operating_model);
    on_occupancy(change, &body.canonical, path, rule).await
}

/// How the occupancy really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOccupancy {
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day. Once one is recorded, tell another or `reopened`.
    #[deserr(default)]
    to: Option<Day>,
    /// The doctor has not left: there is no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// The doctor's share from the first day.
    #[deserr(default)]
    percent: Option<Percent>,
    /// The agreed operating model from the first day.
    #[deserr(default)]
    operating_model: Option<OperatingModel>,
    /// Why the doctor left.
    #[deserr(default)]
    end_reason: Option<LeaveReason>,
    /// There never was such an occupancy: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct what was recorded of an occupancy
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "positions", operation_id = "correct_occupancy",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = CorrectOccupancy,
    responses((status = 200, description = "The occupancy; null if it never was", body = Option<OccupancyView>)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_OCCUPIED, &POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED,
        &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/correction")]
pub async fn correct_occupancy(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<CorrectOccupancy>,
) -> Answer {
    let asked = body.value;
    let path = path.into_inner();
    let rule = |known: &Known, held: &Trainee| {
        let told = known.occupancy(path.1)?;
        let facts = if asked.never_was { None } else { Some(corrected(told, &asked)?) };
        known.correct_occupancy(path.1, facts, asked.reason.clone(), held.occupancies())
    };
    on_occupancy(change, &body.canonical, path, rule).await
}

fn corrected(told: &Occupancy, asked: &CorrectOccupancy) -> Result<OccupancyFacts, Rejection> {
    let from = asked.from.unwrap_or(Day(told.period.from));
    let to = match (asked.to, asked.reopened) {
        (Some(to), _) => Some(to),
        (None, true) => None,
        (None, false) => told.period.to.map(Day),
    };
    let period = edge::period(from, to)
        .map_err(|fault| Rejection::new(&common::INVALID_REQUEST).faults(vec![fault]))?;
    let end_reason = if asked.reopened { None } else { asked.end_reason.or(told.end_reason) };
    Ok(OccupancyFacts {
        period,
        percent: asked.percent.unwrap_or(told.percent_on(told.period.from)),
        operating_model: asked.operating_model.unwrap_or(told.model_on(told.period.from)),
        end_reason: end_reason.filter(|_| period.to.is_some()),
    })
}
