//! The operations on positions.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::domain::{
    self, Category, Corrected, Established, LeaveReason, ListCeiling, OccupancyFacts,
    OpenPracticeModel, OperatingModel, Patients, Position, Terms, WeekMinutes, external_subject,
    subject,
};
use super::occupancy::Fill;
use super::problems::*;
use super::view::{OccupancyView, PositionView, SituationWord};
use crate::capabilities::programme::{
    self,
    problems::{MUNICIPALITY_NOT_IN_PROGRAMME, PROGRAMME_QUOTA_REACHED},
};
use crate::capabilities::reference::municipality_in_use;
use crate::capabilities::trainee;
use crate::edge::{self, Day, Fault, Faults, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::openapi::codes;
use crate::http::page::Page;
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, List, ListQuery, NoFilters, Read};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::problem::Rejection;
use crate::time::Percent;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(establish)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(announce)
        .service(withdraw)
        .service(suspend)
        .service(resume)
        .service(close)
        .service(correct)
        .service(fill)
        .service(read_occupancy)
        .service(end)
        .service(change_terms)
        .service(change_model)
        .service(correct_occupancy);
}

/// A position to establish.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EstablishPosition {
    /// The municipality whose position it is; its number must be in use on the first day.
    municipality: MunicipalityNumber,
    /// What kind of work it is.
    category: Category,
    /// Its share of a full position.
    percent: Percent,
    /// The operating model the municipality wants.
    intended_operating_model: OperatingModel,
    /// The first day the position exists; today by default.
    #[deserr(default)]
    from: Option<Day>,
    /// The programme it belongs to. The municipality must take part in it on the first day and have
    /// a place left in its quota.
    #[deserr(default)]
    programme: Option<Id>,
    /// How open unselected practice will be arranged.
    #[deserr(default)]
    open_practice_model: Option<OpenPracticeModel>,
    /// Whether a fixed salary is offered.
    #[schema(example = true)]
    #[deserr(default)]
    salary_offer_made: Option<bool>,
    /// What other systems call it; each id names one position.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

/// What one request may tell of ids in other systems.
const EXTERNAL_IDS_MAX: usize = 20;

/// Refuses more ids than a request may tell, and the same one twice.
pub(crate) fn checked_external_ids(ids: &[ExternalId]) -> Result<(), Rejection> {
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

fn replied(status: u16, state: &Position, day: jiff::civil::Date) -> Result<Reply, Refusal> {
    // A position that begins later is shown as it will be on its first day.
    let known = state.known()?;
    let shown = PositionView::on(state, day.max(known.established.from));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/positions/{}", known.established.position));
    Ok(Reply { status, location, head: None, body })
}

async fn external_ids_free(view: &View, ids: &[ExternalId]) -> Result<(), Refusal> {
    for external in ids {
        let subject = external_subject(external);
        if !view.is_new(&subject).await? {
            let holder = view.holder(&subject, "position").await?;
            return Err(Rejection::new(&POSITION_EXTERNAL_ID_TAKEN)
                .with("system", &external.system)
                .with("id", &external.id)
                .with("position", holder)
                .into());
        }
    }
    Ok(())
}

/// Establish a position
///
/// From its first day the position is `planned`: it can be announced and filled.
#[utoipa::path(tag = "positions", operation_id = "establish_position",
    request_body = EstablishPosition,
    responses((status = 201, description = "The position", body = PositionView)),
    extensions(("x-problems" = json!(codes(&[&POSITION_EXTERNAL_ID_TAKEN, &MUNICIPALITY_NOT_IN_PROGRAMME,
        &PROGRAMME_QUOTA_REACHED])))))]
#[post("/v1/positions")]
async fn establish(change: Change, body: Body<EstablishPosition>) -> Answer {
    let (asked, today, id) = (body.value, change.today, Uuid::now_v7());
    checked_external_ids(&asked.external_ids)?;
    let from = asked.from.map_or(today, |day| day.0);
    let decide = async |view: &View| {
        municipality_in_use(view, &asked.municipality, from).await?;
        if let Some(programme) = asked.programme {
            programme::admit(view, programme.0, &asked.municipality, from, None).await?;
        }
        view.is_new(&subject(id)).await?;
        external_ids_free(view, &asked.external_ids).await?;
        let asked = asked.clone();
        let facts = [domain::Event::from(Established {
            position: id,
            municipality: asked.municipality,
            category: asked.category,
            percent: asked.percent,
            intended_operating_model: asked.intended_operating_model,
            from,
            programme: asked.programme.map(|id| id.0),
            open_practice_model: asked.open_practice_model,
            terms: Terms::default(),
            salary_offer_made: asked.salary_offer_made,
            external_ids: asked.external_ids,
        })];
        let next = evolved!(Position::default(), facts);
        Ok(Decision::new(subject(id), &facts, replied(201, &next, today)?))
    };
    change.execute(&body.canonical, decide).await
}

/// Which positions.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct PositionFilters {
    /// Only positions of this municipality.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only positions of this programme.
    #[param(example = "01890a5d-ac96-774b-bcce-b302099a8060")]
    #[deserr(default)]
    programme: Option<Id>,
    /// Only positions of this category.
    #[deserr(default)]
    category: Option<Category>,
    /// Only positions in this situation on the day.
    #[deserr(default)]
    situation: Option<SituationWord>,
    /// Only positions held by this doctor on the day.
    #[deserr(default)]
    trainee: Option<Id>,
    /// Only the position that another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<crate::identifiers::ExternalName>,
}

/// List positions
///
/// In the order they were registered, as they are on `as_of`.
#[utoipa::path(tag = "positions", operation_id = "list_positions",
    params(PositionFilters, TimeAxes, crate::http::page::Paging),
    responses((status = 200, description = "A page of positions", body = Page<PositionView>)))]
#[get("/v1/positions")]
async fn list_all(list: List<PositionFilters>) -> Answer {
    let filters = &list.filters;
    let text = |value: &dyn ToString| value.to_string();
    ListQuery::of("positions")
        .filter("municipality = $$", filters.municipality.as_ref().map(|m| text(m)))
        .filter("programme = $$", filters.programme.map(|id| id.0))
        .filter("category = $$", filters.category.map(|c| text(&c)))
        .filter("situation = $$", filters.situation.map(|s| text(&s)))
        .filter("trainee = $$", filters.trainee.map(|id| id.0))
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| text(e)))
        .answer(list)
        .await
}

/// Read a position
///
/// As it is on `as_of` (today by default), as known at `known_at`.
#[utoipa::path(tag = "positions", operation_id = "read_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"), TimeAxes),
    responses((status = 200, description = "The position", body = PositionView)))]
#[get("/v1/positions/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    read.resource(&subject(*id), PositionView::on).await
}

/// Read a position's history
///
/// Every event that concerns it, newest first.
#[utoipa::path(tag = "positions", operation_id = "read_position_history",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"), TimeAxes, crate::http::page::Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::feed::CloudEvent>)))]
#[get("/v1/positions/{id}/history")]
async fn history(list: List<NoFilters>, id: Path<Uuid>) -> Answer {
    list.history(&[subject(*id)]).await
}

/// A rule on one position: load, decide, answer with the position as it then is.
async fn on_position(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl Fn(&domain::Known) -> Result<Vec<domain::Event>, Rejection>,
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
    extensions(("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED])))))]
#[post("/v1/positions/{id}/announcements")]
async fn announce(change: Change, id: Path<Uuid>, body: Body<AnnouncePosition>) -> Answer {
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
    extensions(("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED])))))]
#[post("/v1/positions/{id}/announcement-withdrawal")]
async fn withdraw(change: Change, id: Path<Uuid>, body: Body<OnDay>) -> Answer {
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
    extensions(("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED, &POSITION_OCCUPIED])))))]
#[post("/v1/positions/{id}/suspension")]
async fn suspend(change: Change, id: Path<Uuid>, body: Body<OnDayWithReason>) -> Answer {
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
    extensions(("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED])))))]
#[post("/v1/positions/{id}/resumption")]
async fn resume(change: Change, id: Path<Uuid>, body: Body<OnDay>) -> Answer {
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
    extensions(("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED, &POSITION_OCCUPIED])))))]
#[post("/v1/positions/{id}/closure")]
async fn close(change: Change, id: Path<Uuid>, body: Body<OnDayWithReason>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let reason = body.value.reason.clone();
    on_position(change, &body.canonical, *id, |known| known.close(on, reason.clone())).await
}

/// How the position really was.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectPosition {
    /// What kind of work it is.
    #[deserr(default)]
    category: Option<Category>,
    /// Its share of a full position.
    #[deserr(default)]
    percent: Option<Percent>,
    /// The operating model the municipality wants.
    #[deserr(default)]
    intended_operating_model: Option<OperatingModel>,
    /// The first day the position exists.
    #[deserr(default)]
    from: Option<Day>,
    /// How open unselected practice is arranged.
    #[deserr(default)]
    open_practice_model: Option<OpenPracticeModel>,
    /// Whether a fixed salary was offered.
    #[schema(example = true)]
    #[deserr(default)]
    salary_offer_made: Option<bool>,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct what was recorded of a position
///
/// What is left out stays as it was. The first account stays in the history; `known_at` before the
/// correction shows it.
#[utoipa::path(tag = "positions", operation_id = "correct_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = CorrectPosition,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-problems" = json!(codes(&[&CORRECTION_CONTRADICTS, &MUNICIPALITY_NOT_IN_PROGRAMME,
        &PROGRAMME_QUOTA_REACHED])))))]
#[post("/v1/positions/{id}/correction")]
async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectPosition>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    let decide = async |view: &View| {
        let loaded: Loaded<Position> = view.load(&subject(id)).await?;
        let e = &loaded.state.known()?.established;
        let how = really(loaded.state.known()?, asked.clone());
        // Another first day is another place in the programme's quota.
        if let Some(programme) = e.programme.filter(|_| how.from != e.from) {
            programme::admit(view, programme, &e.municipality, how.from, Some(id)).await?;
        }
        let facts = loaded.state.known()?.correct(how)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)?))
    };
    change.execute(&body.canonical, decide).await
}

fn really(known: &domain::Known, asked: CorrectPosition) -> Corrected {
    let e = &known.established;
    Corrected {
        position: e.position,
        municipality: e.municipality.clone(),
        corrects: known.told_at(),
        category: asked.category.unwrap_or(e.category),
        percent: asked.percent.unwrap_or(e.percent),
        intended_operating_model: asked
            .intended_operating_model
            .unwrap_or(e.intended_operating_model),
        from: asked.from.map_or(e.from, |day| day.0),
        open_practice_model: asked.open_practice_model.or(e.open_practice_model),
        salary_offer_made: asked.salary_offer_made.or(e.salary_offer_made),
        reason: asked.reason,
        programme: e.programme,
    }
}

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
    held: Loaded<trainee::Trainee>,
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
    rule: impl Fn(&domain::Known, &trainee::Trainee) -> Result<Vec<domain::Event>, Rejection>,
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
    day: jiff::civil::Date,
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
    extensions(("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED, &POSITION_OCCUPIED,
        &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION, &LIS1_NOT_COMPLETED])))))]
#[post("/v1/positions/{id}/occupancies")]
async fn fill(change: Change, id: Path<Uuid>, body: Body<FillPosition>) -> Answer {
    let (asked, today, new) = (body.value, change.today, Uuid::now_v7());
    let period = edge::period(asked.from, asked.to)?;
    let decide = async |view: &View| {
        let (position, doctor) = (subject(*id), trainee::subject(asked.trainee.0));
        let (loaded, held) =
            futures_util::try_join!(view.load::<Position>(&position), view.load(&doctor))?;
        let held: Loaded<trainee::Trainee> = held;
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
    responses((status = 200, description = "The occupancy", body = OccupancyView)))]
#[get("/v1/positions/{id}/occupancies/{occupancy}")]
async fn read_occupancy(read: Read, path: Path<(Uuid, Uuid)>) -> Answer {
    let (id, occupancy) = path.into_inner();
    let view = |state: &Position, day| {
        let held = state.known().ok()?.occupancies.get(occupancy)?;
        Some(OccupancyView::on(held, day))
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
    extensions(("x-problems" = json!(codes(&[&OCCUPANCY_ENDED, &OUTSIDE_OCCUPANCY, &POSITION_OCCUPIED,
        &POSITION_SITUATION, &TRAINEE_OVER_FULL_TIME])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/end")]
async fn end(change: Change, path: Path<(Uuid, Uuid)>, body: Body<EndOccupancy>) -> Answer {
    let EndOccupancy { to, reason } = body.value;
    let path = path.into_inner();
    let rule = |known: &domain::Known, held: &trainee::Trainee| {
        known.end(path.1, to.0, reason, held.occupancies())
    };
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
    extensions(("x-problems" = json!(codes(&[&OUTSIDE_OCCUPANCY, &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/terms")]
async fn change_terms(change: Change, path: Path<(Uuid, Uuid)>, body: Body<ChangeTerms>) -> Answer {
    let asked = body.value;
    let path = path.into_inner();
    let terms = Terms {
        list_length: asked.list_length,
        list_ceiling: asked.list_ceiling,
        protected_minutes_per_week: asked.protected_minutes_per_week,
    };
    let rule = |known: &domain::Known, held: &trainee::Trainee| {
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
    extensions(("x-problems" = json!(codes(&[&OUTSIDE_OCCUPANCY])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/operating-model")]
async fn change_model(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<ChangeOperatingModel>,
) -> Answer {
    let ChangeOperatingModel { from, operating_model } = body.value;
    let path = path.into_inner();
    let rule = |known: &domain::Known, _: &trainee::Trainee| {
        known.change_model(path.1, from.0, operating_model)
    };
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
    extensions(("x-problems" = json!(codes(&[&POSITION_OCCUPIED, &POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED,
        &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/correction")]
async fn correct_occupancy(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<CorrectOccupancy>,
) -> Answer {
    let asked = body.value;
    let path = path.into_inner();
    let rule = |known: &domain::Known, held: &trainee::Trainee| {
        let told = known.occupancy(path.1)?;
        let facts = if asked.never_was { None } else { Some(corrected(told, &asked)?) };
        known.correct_occupancy(path.1, facts, asked.reason.clone(), held.occupancies())
    };
    on_occupancy(change, &body.canonical, path, rule).await
}

fn corrected(
    told: &super::Occupancy,
    asked: &CorrectOccupancy,
) -> Result<OccupancyFacts, Rejection> {
    let from = asked.from.unwrap_or(Day(told.period.from));
    let to = match (asked.to, asked.reopened) {
        (Some(to), _) => Some(to),
        (None, true) => None,
        (None, false) => told.period.to.map(Day),
    };
    let period = edge::period(from, to).map_err(|fault| {
        Rejection::new(&crate::problem::common::INVALID_REQUEST).faults(vec![fault])
    })?;
    let end_reason = if asked.reopened { None } else { asked.end_reason.or(told.end_reason) };
    Ok(OccupancyFacts {
        period,
        percent: asked.percent.unwrap_or(told.percent_on(told.period.from)),
        operating_model: asked.operating_model.unwrap_or(told.model_on(told.period.from)),
        end_reason: end_reason.filter(|_| period.to.is_some()),
    })
}
