//! The operations on ALIS offices.

mod names;

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::super::alis_office::AlisOffice;
use super::super::domain::{
    AlisOfficeRegistered, Event, alis_office_subject, municipality_subject,
};
use super::super::municipality::{Known, Municipality, NOT_IN_USE};
use super::super::problems::*;
use super::super::view::AlisOfficeView;
use super::organisation_not_closed;
use crate::capabilities::external_id::problems::ALIS_OFFICE_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind, Resource, Told, WithdrawExternalId};
use crate::edge::{self, Day, Faults, PeriodCorrection};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{
    Comment, ExternalId, ExternalName, MunicipalityNumber, Name, OrganisationNumber,
};
use crate::problem::Rejection;
use crate::problem::common::INVALID_REQUEST;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(register)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(names::rename)
        .service(names::correct_name)
        .service(assign)
        .service(release)
        .service(correct_assignment)
        .service(add_external_id)
        .service(withdraw_external_id);
}

/// An ALIS office to register.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RegisterAlisOffice {
    /// Its name.
    name: Name,
    /// What other systems call it; each id names one office.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
    /// The organisation that runs it, which is not closed: its systems see the municipalities of
    /// the office. One that is not told is nobody's to call for.
    #[deserr(default)]
    organisation_number: Option<OrganisationNumber>,
}

fn replied(status: u16, state: &AlisOffice, day: Date) -> Result<Reply, Refusal> {
    let id = state.known()?.id;
    let body = serde_json::to_value(AlisOfficeView::on(state, day)).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/alis-offices/{id}"));
    Ok(Reply { status, location, head: None, body })
}

/// Register an ALIS office
#[utoipa::path(tag = "alis-offices", operation_id = "register_alis_office",
    request_body = RegisterAlisOffice,
    responses((status = 201, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ALIS_OFFICE_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/alis-offices")]
async fn register(change: Change, body: Body<RegisterAlisOffice>) -> Answer {
    let (asked, today, id) = (body.value, change.today, Uuid::now_v7());
    external_id::checked(&asked.external_ids)?;
    let decide = async |view: &View| {
        view.is_new(&alis_office_subject(id)).await?;
        if let Some(number) = &asked.organisation_number {
            organisation_not_closed(view, number, today).await?;
        }
        external_id::free(view, Kind::AlisOffice, &asked.external_ids).await?;
        let (name, external_ids) = (asked.name.clone(), asked.external_ids.clone());
        let organisation_number = asked.organisation_number.clone();
        let registered =
            AlisOfficeRegistered { office: id, name, external_ids, organisation_number, on: today };
        let facts = [Event::from(registered)];
        let next = evolved!(AlisOffice::default(), facts);
        Ok(Decision::new(alis_office_subject(id), &facts, replied(201, &next, today)?))
    };
    change.execute(&body.canonical, decide).await
}

/// Which ALIS offices.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct AlisOfficeFilters {
    /// Only offices that answer for this municipality on the day, also under a number which it had
    /// or took over by then.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only the office that another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<ExternalName>,
}

/// What offices are sorted by.
pub struct AlisOfficeOrders;

impl Orders for AlisOfficeOrders {
    const ALL: &'static [By] = &[
        By::key("created", "When they were registered here."),
        By::text("name", "name_order", "Their name, in the Norwegian order of letters."),
    ];
}

/// List ALIS offices
///
/// In the order they were registered.
#[utoipa::path(tag = "alis-offices", operation_id = "list_alis_offices",
    params(AlisOfficeFilters, Sort<AlisOfficeOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of offices", body = Page<AlisOfficeView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/alis-offices")]
async fn list_all(list: List<AlisOfficeFilters, AlisOfficeOrders>) -> Answer {
    let filters = &list.filters;
    ListQuery::of("alis_offices", Rows::open())
        .filed_among("municipalities", filters.municipality.as_ref())
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| e.to_string()))
        .answer(list)
        .await
}

/// Read an ALIS office
#[utoipa::path(tag = "alis-offices", operation_id = "read_alis_office",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061"), TimeAxes),
    responses((status = 200, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/alis-offices/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    read.resource(&alis_office_subject(*id), AlisOfficeView::on).await
}

/// Read an ALIS office's history
///
/// Every event that concerns it, newest first.
#[utoipa::path(tag = "alis-offices", operation_id = "read_alis_office_history",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/alis-offices/{id}/history")]
async fn history(list: History, id: Path<Uuid>) -> Answer {
    list.history(&[alis_office_subject(*id)]).await
}

/// A rule on one office and one municipality, which is decided by the municipality.
async fn on_pair(
    change: Change,
    canonical: &str,
    office: Uuid,
    number: &MunicipalityNumber,
    rule: impl Fn(&Known) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let (subject, place) = (alis_office_subject(office), municipality_subject(number));
        let (loaded, municipality) =
            futures_util::try_join!(view.load(&subject), view.load(&place))?;
        let (loaded, municipality): (Loaded<AlisOffice>, Loaded<Municipality>) =
            (loaded, municipality);
        loaded.state.known()?;
        let Ok(known) = municipality.state.known() else {
            return Err(Rejection::field("/municipality", NOT_IN_USE).into());
        };
        let facts = rule(known)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject, &facts, replied(200, &next, today)?))
    };
    change.execute(canonical, decide).await
}

/// A municipality that an ALIS office answers for.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct AssignMunicipality {
    /// The municipality; its number must be in use on the first day.
    municipality: MunicipalityNumber,
    /// First day.
    from: Day,
    /// Last day, when it is known.
    #[deserr(default)]
    to: Option<Day>,
}

/// Let an ALIS office answer for a municipality
///
/// One office a municipality and day.
#[utoipa::path(tag = "alis-offices", operation_id = "assign_municipality",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = AssignMunicipality,
    responses((status = 200, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&MUNICIPALITY_HAS_OFFICE])))))]
#[post("/v1/alis-offices/{id}/municipalities")]
async fn assign(change: Change, id: Path<Uuid>, body: Body<AssignMunicipality>) -> Answer {
    let asked = body.value;
    let period = edge::period(asked.from, asked.to)?;
    let rule = |known: &Known| known.assign(*id, period);
    on_pair(change, &body.canonical, *id, &asked.municipality, rule).await
}

/// The end of an ALIS office's answering for a municipality.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ReleaseMunicipality {
    /// The municipality.
    municipality: MunicipalityNumber,
    /// The last day.
    to: Day,
}

/// End an ALIS office's answering for a municipality
#[utoipa::path(tag = "alis-offices", operation_id = "release_municipality",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = ReleaseMunicipality,
    responses((status = 200, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ALIS_OFFICE_NOT_RESPONSIBLE])))))]
#[post("/v1/alis-offices/{id}/municipalities/end")]
async fn release(change: Change, id: Path<Uuid>, body: Body<ReleaseMunicipality>) -> Answer {
    let ReleaseMunicipality { municipality, to } = body.value;
    let rule = |known: &Known| known.release(*id, to.0);
    on_pair(change, &body.canonical, *id, &municipality, rule).await
}

/// How an office's answering for a municipality really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOfficeMunicipality {
    /// The municipality.
    municipality: MunicipalityNumber,
    /// The first day, as it was recorded: tells which time is meant.
    recorded_from: Day,
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day. Once one is recorded, tell another or `reopened`.
    #[deserr(default)]
    to: Option<Day>,
    /// It has not ended: there is no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// The office never answered for it: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct which municipality an ALIS office answers for
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "alis-offices", operation_id = "correct_office_municipality",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = CorrectOfficeMunicipality,
    responses((status = 200, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&MUNICIPALITY_HAS_OFFICE])))))]
#[post("/v1/alis-offices/{id}/municipalities/correction")]
async fn correct_assignment(
    change: Change,
    id: Path<Uuid>,
    body: Body<CorrectOfficeMunicipality>,
) -> Answer {
    let asked = &body.value;
    let CorrectOfficeMunicipality { from, to, reopened, never_was, .. } = *asked;
    let correction = PeriodCorrection { from, to, reopened, never_was, else_told: false };
    let rule = |known: &Known| {
        let was = asked.recorded_from.0;
        let period = correction
            .of(known.recorded_office(*id, was)?)
            .map_err(|fault| Rejection::new(&INVALID_REQUEST).faults(vec![fault]))?;
        known.correct_office(*id, was, period, asked.reason.clone())
    };
    on_pair(change, &body.canonical, *id, &asked.municipality, rule).await
}

async fn tell_external_id(change: Change, id: Uuid, told: Told) -> Answer {
    let reply = |state: &AlisOffice, day| replied(200, state, day);
    external_id::change(change, alis_office_subject(id), told, reply, |state: &AlisOffice| {
        Ok((Resource::AlisOffice { office: id }, &state.known()?.external_ids))
    })
    .await
}

/// Add an external id to an ALIS office
#[utoipa::path(tag = "alis-offices", operation_id = "add_alis_office_external_id",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = ExternalId,
    responses((status = 200, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ALIS_OFFICE_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/alis-offices/{id}/external-ids")]
async fn add_external_id(change: Change, id: Path<Uuid>, body: Body<ExternalId>) -> Answer {
    tell_external_id(change, *id, body.into()).await
}

/// Take back an external id of an ALIS office
///
/// It was told wrong: another one may have it from now on. What was told stays in the history, and
/// `known_at` before this shows it.
#[utoipa::path(tag = "alis-offices", operation_id = "withdraw_alis_office_external_id",
    params(("id" = Uuid, Path, description = "The office.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = WithdrawExternalId,
    responses((status = 200, description = "The office", body = AlisOfficeView)),
    extensions(("x-access" = json!("register"))))]
#[post("/v1/alis-offices/{id}/external-ids/withdrawal")]
async fn withdraw_external_id(
    change: Change,
    id: Path<Uuid>,
    body: Body<WithdrawExternalId>,
) -> Answer {
    tell_external_id(change, *id, body.into()).await
}
