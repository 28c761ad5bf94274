//! The operations on programmes.

mod external_ids;
mod participations;
mod corrections;

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::domain::{Event, Outcome, PositionCount, Started, YearlyNok, subject};
use super::problems::*;
use super::quota::{self, Quota};
use super::state::{Known, Programme};
use super::view::ProgrammeView;
use crate::capabilities::external_id::problems::PROGRAMME_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind};
use crate::capabilities::position::quota_subject;
use crate::capabilities::reference::{self, Lineage, municipality_in_use};
use crate::edge::{self, Day, Faults, UNKNOWN_REFERENCE};
use crate::event_log::{Decision, Failure, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{ExternalId, ExternalName, MunicipalityNumber, Name};
use crate::problem::Rejection;
use crate::time::Period;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(start)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(corrections::correct)
        .service(set_phase)
        .service(corrections::correct_phase)
        .service(set_subsidy)
        .service(corrections::correct_subsidy)
        .service(participations::join)
        .service(participations::leave)
        .service(participations::correct_participation)
        .service(apply)
        .service(decide_application)
        .service(external_ids::add)
        .service(external_ids::withdraw);
}

/// The quota of a municipality on a day, guarded under each of its numbers: a position that another
/// of them gets at this moment takes its place.
async fn quota(
    view: &View,
    programme: Uuid,
    number: &MunicipalityNumber,
    lineage: &Lineage,
    day: Date,
) -> Result<Quota, Refusal> {
    let loads = quota::numbers(number, lineage, day).into_iter().map(async |number| {
        let loaded = view.load::<Quota>(&quota_subject(programme, &number)).await?;
        Ok::<_, Failure>((number, loaded.state))
    });
    let mut quotas = try_join_all(loads).await?.into_iter().collect();
    Ok(quota::together(number, lineage, day, &mut quotas))
}

/// Refuses a position of a programme that the programme, the participation or the quota does not
/// allow on its first day. `new` is a position that has its place already and moves that day.
pub(crate) async fn admit(
    view: &View,
    programme: Uuid,
    municipality: &MunicipalityNumber,
    on: Date,
    new: Option<Uuid>,
) -> Result<(), Refusal> {
    let lineage = reference::lineage(view, [municipality.clone()], None).await?;
    let number = lineage.goes_on_as(municipality, on);
    let quota = quota(view, programme, number, &lineage, on).await?;
    if !quota.has_participations() {
        let loaded: Loaded<Programme> = view.consult(&subject(programme)).await?;
        if loaded.state == Programme::Unknown {
            return Err(Rejection::field("/programme", UNKNOWN_REFERENCE).into());
        }
    }
    Ok(quota.admit(on, new)?)
}

/// Refuses days of a position of a programme that it was told not to exist on, when others have
/// taken its place in the quota.
pub(crate) async fn readmit(
    view: &View,
    programme: Uuid,
    municipality: &MunicipalityNumber,
    days: Period,
    position: Uuid,
) -> Result<(), Refusal> {
    let quota: Loaded<Quota> = view.load(&quota_subject(programme, municipality)).await?;
    Ok(quota.state.readmit(days, position)?)
}

/// A programme to start.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct StartProgramme {
    /// Its name.
    name: Name,
    /// First day.
    from: Day,
    /// Last day, when it is known.
    #[deserr(default)]
    to: Option<Day>,
    /// How many positions a municipality may have at most; no such limit by default.
    #[deserr(default)]
    positions_max_per_municipality: Option<PositionCount>,
    /// What it pays for a position and year from its first day.
    #[deserr(default)]
    subsidy_nok_per_position_year: Option<YearlyNok>,
    /// What other systems call it; each id names one programme.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

fn replied(status: u16, state: &Programme, day: Date) -> Reply {
    let started = state.known().ok().map(|known| &known.started);
    // A programme that begins later is shown as it will be on its first day.
    let shown = started.and_then(|started| ProgrammeView::on(state, day.max(started.period.from)));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = started.map(|started| format!("/v1/programmes/{}", started.programme));
    Reply { status, location: location.filter(|_| status == 201), head: None, body }
}

/// Start a programme
#[utoipa::path(tag = "programmes", operation_id = "start_programme",
    request_body = StartProgramme,
    responses((status = 201, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&PROGRAMME_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/programmes")]
async fn start(change: Change, body: Body<StartProgramme>) -> Answer {
    let (asked, today, id) = (body.value, change.today, Uuid::now_v7());
    external_id::checked(&asked.external_ids)?;
    let period = edge::period(asked.from, asked.to)?;
    let decide = async |view: &View| {
        view.is_new(&subject(id)).await?;
        external_id::free(view, Kind::Programme, &asked.external_ids).await?;
        let facts = [Event::from(Started {
            programme: id,
            name: asked.name.clone(),
            period,
            positions_max_per_municipality: asked.positions_max_per_municipality,
            subsidy_nok_per_position_year: asked.subsidy_nok_per_position_year,
            external_ids: asked.external_ids.clone(),
        })];
        let next = evolved!(Programme::default(), facts);
        Ok(Decision::new(subject(id), &facts, replied(201, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}

/// Which programmes.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct ProgrammeFilters {
    /// Only programmes that this municipality takes part in on the day, also under a number which
    /// it had or took over by then.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only the programme that another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<ExternalName>,
}

/// What programmes are sorted by.
pub struct ProgrammeOrders;

impl Orders for ProgrammeOrders {
    const ALL: &'static [By] = &[
        By::key("created", "When they were recorded here."),
        By::text("name", "name_order", "Their name, in the Norwegian order of letters."),
    ];
}

/// List programmes
///
/// Those that have begun by `as_of`, in the order they were recorded.
#[utoipa::path(tag = "programmes", operation_id = "list_programmes",
    params(ProgrammeFilters, Sort<ProgrammeOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of programmes", body = Page<ProgrammeView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/programmes")]
async fn list_all(list: List<ProgrammeFilters, ProgrammeOrders>) -> Answer {
    let filters = &list.filters;
    ListQuery::of("programmes", Rows::open())
        .filed_among("municipalities", filters.municipality.as_ref())
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| e.to_string()))
        .answer(list)
        .await
}

/// Read a programme
///
/// With the phase and the rate of the day `as_of`.
#[utoipa::path(tag = "programmes", operation_id = "read_programme",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060"), TimeAxes),
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/programmes/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    read.resource(&subject(*id), ProgrammeView::on).await
}

/// Read a programme's history
///
/// Every event that concerns it, newest first. Its positions have histories of their own.
#[utoipa::path(tag = "programmes", operation_id = "read_programme_history",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/programmes/{id}/history")]
async fn history(list: History, id: Path<Uuid>) -> Answer {
    list.history(&[subject(*id)]).await
}

/// A rule on one programme: load, decide, answer with the programme as it then is.
async fn on_programme(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl AsyncFn(&View, &Known) -> Result<Vec<Event>, Refusal>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let loaded: Loaded<Programme> = view.load(&subject(id)).await?;
        let facts = rule(view, loaded.state.known()?).await?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(canonical, decide).await
}

/// A phase of a programme.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SetPhase {
    /// Its name.
    name: Name,
    /// First day.
    from: Day,
    /// Last day; as long as the programme by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// Set a phase of a programme
///
/// It lasts until its last day or until the next one begins. Told again with the same first day,
/// the later statement replaces the earlier.
#[utoipa::path(tag = "programmes", operation_id = "set_programme_phase",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = SetPhase,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&OUTSIDE_PROGRAMME])))))]
#[post("/v1/programmes/{id}/phases")]
async fn set_phase(change: Change, id: Path<Uuid>, body: Body<SetPhase>) -> Answer {
    let asked = body.value;
    let period = edge::period(asked.from, asked.to)?;
    let rule = async |_: &View, known: &Known| Ok(known.set_phase(asked.name.clone(), period)?);
    on_programme(change, &body.canonical, *id, rule).await
}

/// What a programme pays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SetSubsidy {
    /// Whole kroner for a position and year.
    nok_per_position_year: YearlyNok,
    /// First day.
    from: Day,
    /// Last day; as long as the programme by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// Set what a programme pays for a position
///
/// The rate holds until its last day or until the next one begins. Told again with the same first
/// day, the later statement replaces the earlier.
#[utoipa::path(tag = "programmes", operation_id = "set_programme_subsidy",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = SetSubsidy,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&OUTSIDE_PROGRAMME])))))]
#[post("/v1/programmes/{id}/subsidies")]
async fn set_subsidy(change: Change, id: Path<Uuid>, body: Body<SetSubsidy>) -> Answer {
    let asked = body.value;
    let period = edge::period(asked.from, asked.to)?;
    let rate = asked.nok_per_position_year;
    let rule = async |_: &View, known: &Known| Ok(known.set_subsidy(rate, period)?);
    on_programme(change, &body.canonical, *id, rule).await
}

/// A municipality that asks to take part.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ApplyToProgramme {
    /// The municipality; its number must be in use on that day.
    municipality: MunicipalityNumber,
    /// The day it applied.
    applied_on: Day,
}

/// Record a municipality's application to a programme
#[utoipa::path(tag = "programmes", operation_id = "apply_to_programme",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = ApplyToProgramme,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&PROGRAMME_APPLICATION_PENDING])))))]
#[post("/v1/programmes/{id}/applications")]
async fn apply(change: Change, id: Path<Uuid>, body: Body<ApplyToProgramme>) -> Answer {
    let ApplyToProgramme { municipality, applied_on } = body.value;
    change.reach().act_in(&municipality)?;
    let rule = async |view: &View, known: &Known| {
        municipality_in_use(view, &municipality, applied_on.0).await?;
        Ok(known.apply(municipality.clone(), applied_on.0)?)
    };
    on_programme(change, &body.canonical, *id, rule).await
}

/// What is decided of an application.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DecideApplication {
    /// What is decided.
    outcome: Outcome,
    /// The day it is decided.
    on: Day,
}

/// Decide a municipality's application to a programme
///
/// An accepted municipality does not take part yet: its participation is recorded by itself, with
/// first day and quota.
#[utoipa::path(tag = "programmes", operation_id = "decide_programme_application",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060"),
        ("municipality" = MunicipalityNumber, Path, description = "The municipality that applied.")),
    request_body = DecideApplication,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&PROGRAMME_APPLICATION_DECIDED])))))]
#[post("/v1/programmes/{id}/applications/{municipality}/decision")]
async fn decide_application(
    change: Change,
    path: Path<(Uuid, MunicipalityNumber)>,
    body: Body<DecideApplication>,
) -> Answer {
    let (id, municipality) = path.into_inner();
    change.reach().answer_for(&municipality)?;
    let DecideApplication { outcome, on } = body.value;
    let rule = async |_: &View, known: &Known| Ok(known.decide(&municipality, outcome, on.0)?);
    on_programme(change, &body.canonical, id, rule).await
}
