//! Who holds a position: filled, changed, ended.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::capabilities::external_id::problems::OCCUPANCY_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind};
use crate::capabilities::position::domain::{
    Event, LeaveReason, ListCeiling, OperatingModel, Patients, Terms, WeekMinutes, subject,
};
use crate::capabilities::position::occupancy::{
    Fill, Holders, LiftedTerm, NewTerms, begins_after_lis1,
};
use crate::capabilities::position::problems::*;
use crate::capabilities::position::state::{Known, Position};
use crate::capabilities::position::view::SingleOccupancyView;
use crate::capabilities::supervision::{Assignments, supervision_subject};
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::{self, Day, Fault, Faults, FieldFault, Id, UNKNOWN_REFERENCE};
use crate::event_log::feed::About;
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::openapi::codes;
use crate::http::page::{Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, Read, reading};
use crate::identifiers::{Comment, ExternalId};
use crate::problem::Rejection;
use crate::problem::common::NOT_FOUND;
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
    /// The document that lets the doctor begin before LIS1 is completed, such as a case number;
    /// nothing about the person.
    #[deserr(default)]
    lis1_exception: Option<Comment>,
    /// What other systems call the occupancy; each id names one.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

/// What a change of one occupancy works on: the position, and the doctor's other occupancies.
pub(super) struct Holding {
    pub(super) position: Loaded<Position>,
    pub(super) held: Loaded<Trainee>,
}

pub(super) async fn holding(
    view: &View,
    position: Uuid,
    occupancy: Uuid,
) -> Result<Holding, Refusal> {
    let position: Loaded<Position> = view.load(&subject(position)).await?;
    let holder = position.state.known()?.occupancy(occupancy)?.trainee;
    let held = view.load(&trainee::subject(holder)).await?;
    Ok(Holding { position, held })
}

/// A rule on one occupancy: load, decide, answer with the occupancy as it then is.
pub(super) async fn on_occupancy(
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
        let reply = occupancy_reply(view, 200, (&next, &held.state), occupancy, today).await?;
        Ok(Decision::new(subject(position), &facts, reply))
    };
    change.execute(canonical, decide).await
}

pub(super) async fn occupancy_reply(
    view: &View,
    status: u16,
    (state, doctor): (&Position, &Trainee),
    occupancy: Uuid,
    day: Date,
) -> Result<Reply, Refusal> {
    let known = state.known()?;
    let position = known.established.position;
    let held = known.occupancies.get(occupancy);
    // Who supervises the doctor matters once there is a last day.
    let supervision = match held.filter(|held| held.period.to.is_some()) {
        Some(held) => view.consult(&supervision_subject(held.trainee)).await?.state,
        None => Assignments::default(),
    };
    let shown = held.map(|held| SingleOccupancyView::on(held, doctor, &supervision, day));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location =
        (status == 201).then(|| format!("/v1/positions/{position}/occupancies/{occupancy}"));
    Ok(Reply { status, location, head: None, body })
}

/// Fill a position
///
/// A doctor takes the position. Nobody else may hold it on any of those days, and the doctor's
/// shares in all positions never add up to more than 100 % on any day. A doctor begins after LIS1,
/// or with a documented exception. `warnings` tell what no rule forbids.
#[utoipa::path(tag = "positions", operation_id = "fill_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = FillPosition,
    responses((status = 201, description = "The occupancy; its ETag is the position's", body = SingleOccupancyView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED, &POSITION_OCCUPIED,
        &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION, &LIS1_NOT_COMPLETED,
        &OCCUPANCY_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/positions/{id}/occupancies")]
pub async fn fill(change: Change, id: Path<Uuid>, body: Body<FillPosition>) -> Answer {
    let (asked, today, new) = (body.value, change.today, Uuid::now_v7());
    external_id::checked(&asked.external_ids)?;
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
        let exception = asked.lis1_exception.clone();
        begins_after_lis1(doctor.lis1_completed_on, period.from, exception.as_ref())?;
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
            lis1_exception: exception,
            external_ids: asked.external_ids.clone(),
        };
        let facts = known.fill(fill, &doctor.occupancies)?;
        if !facts.is_empty() {
            external_id::free(view, Kind::Occupancy, &asked.external_ids).await?;
        }
        let next = evolved!(loaded.state, facts);
        // Already so: answer with the occupancy that is.
        let occupancy = match facts.first() {
            Some(_) => new,
            None => known.same_occupancy(asked.trainee.0, &period).unwrap_or(new),
        };
        let reply = occupancy_reply(view, 201, (&next, &held.state), occupancy, today).await?;
        Ok(Decision::new(position, &facts, reply))
    };
    change.execute(&body.canonical, decide).await
}

/// Read an occupancy
#[utoipa::path(tag = "positions", operation_id = "read_occupancy",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059"), TimeAxes),
    responses((status = 200, description = "The occupancy", body = SingleOccupancyView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/positions/{id}/occupancies/{occupancy}")]
pub async fn read_occupancy(read: Read, path: Path<(Uuid, Uuid)>) -> Answer {
    let (id, occupancy) = path.into_inner();
    let known_at = read.settled_known_at().await?;
    let reached = read.wait_for_log().await?;
    let log = &read.service.log;
    let position: Loaded<Position> = log.fold(&subject(id), known_at).await?;
    let held = position.state.known()?.occupancy(occupancy)?;
    if !read.actor.reach.sees_holder(&held.municipality, held.trainee) {
        return Err((&NOT_FOUND).into());
    }
    let holder = held.trainee;
    reading::about(holder);
    let doctor: Loaded<Trainee> = log.fold(&trainee::subject(holder), known_at).await?;
    let supervision: Loaded<Assignments> = log.fold(&supervision_subject(holder), known_at).await?;
    let beside = doctor.head.max(supervision.head);
    let view = |position: &Position, day| {
        let held = position.known().ok()?.occupancies.get(occupancy)?;
        Some(SingleOccupancyView::on(held, &doctor.state, &supervision.state, day))
    };
    read.show_beside(position, beside, reached, view).await
}

/// Read an occupancy's history
///
/// Every event about the occupancy itself, newest first, also of one that was told by mistake. What
/// else happened to the position is in the position's history.
#[utoipa::path(tag = "positions", operation_id = "read_occupancy_history",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/positions/{id}/occupancies/{occupancy}/history")]
pub async fn history(list: History, path: Path<(Uuid, Uuid)>) -> Answer {
    let (id, occupancy) = path.into_inner();
    let holders: Loaded<Holders> = list.read.service.log.fold(&subject(id), None).await?;
    reading::about(holders.state.of(occupancy).ok_or(&NOT_FOUND)?);
    let (subjects, occupancy) = ([subject(id)], occupancy.to_string());
    let about = About { subjects: &subjects, member: Some(("occupancy", &occupancy)) };
    list.history_of(about).await
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
/// The doctor leaves; the position is vacant from the next day. `warnings` name the supervisors'
/// assignments that go on.
#[utoipa::path(tag = "positions", operation_id = "end_occupancy",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = EndOccupancy,
    responses((status = 200, description = "The occupancy", body = SingleOccupancyView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&OCCUPANCY_ENDED, &OUTSIDE_OCCUPANCY, &POSITION_OCCUPIED,
        &POSITION_SITUATION, &TRAINEE_OVER_FULL_TIME])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/end")]
pub async fn end(change: Change, path: Path<(Uuid, Uuid)>, body: Body<EndOccupancy>) -> Answer {
    let EndOccupancy { to, reason } = body.value;
    let path = path.into_inner();
    let rule = |known: &Known, held: &Trainee| known.end(path.1, to.0, reason, held.occupancies());
    on_occupancy(change, &body.canonical, path, rule).await
}

/// New terms; what is left out stays, also where it was told for a later day.
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
    /// Terms that there are none of from that day; they cannot be told at the same time.
    #[deserr(default)]
    #[schema(required = false, max_items = 3)]
    lifted: Vec<LiftedTerm>,
}

/// Terms that can be lifted: each is named once.
const LIFTED_MAX: usize = 3;

impl ChangeTerms {
    fn new_terms(self) -> Result<NewTerms, FieldFault> {
        if self.lifted.len() > LIFTED_MAX {
            let fault = Fault::new("too_many", "At most 3.", "Høyst 3.");
            return Err(FieldFault::at("/lifted", fault));
        }
        let terms = Terms {
            list_length: self.list_length,
            list_ceiling: self.list_ceiling,
            protected_minutes_per_week: self.protected_minutes_per_week,
        };
        let new = NewTerms { percent: self.percent, terms, lifted: self.lifted };
        let fault = Fault::new(
            "told_and_lifted",
            "Tell the term, or that it is lifted: one of the two.",
            "Oppgi vilkåret, eller at det er opphevet: én av delene.",
        );
        if new.contradict() { Err(FieldFault::at("/lifted", fault)) } else { Ok(new) }
    }
}

/// Change the terms of an occupancy
///
/// Each term holds until the next day for which that term is told: what is told late of one does
/// not touch the others, and is not undone by what was told of them.
#[utoipa::path(tag = "positions", operation_id = "change_occupancy_terms",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = ChangeTerms,
    responses((status = 200, description = "The occupancy", body = SingleOccupancyView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&OUTSIDE_OCCUPANCY, &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/terms")]
pub async fn change_terms(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<ChangeTerms>,
) -> Answer {
    let from = body.value.from.0;
    let new = body.value.new_terms()?;
    let path = path.into_inner();
    let rule =
        |known: &Known, held: &Trainee| known.change_terms(path.1, from, &new, held.occupancies());
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
    responses((status = 200, description = "The occupancy", body = SingleOccupancyView)),
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
