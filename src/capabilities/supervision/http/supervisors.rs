//! Supervisors: registered, listed, read, corrected.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::capabilities::external_id::problems::SUPERVISOR_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::capabilities::supervision::domain::{
    Corrected, Event, Registered, TraineeCapacity, hpr_subject, subject,
};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::view::SupervisorView;
use crate::edge::{self, Day, Fault, Faults, FieldFault, Flag};
use crate::event_log::{Decision, Loaded, Reply, View};
use crate::evolved;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::person::{NewPerson, PersonKind, RecordedPerson};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{Comment, ExternalId, ExternalName, HprNumber, MunicipalityNumber, Name};
use crate::time::Period;

/// Periods of specialist approval that a correction may tell.
const SPECIALIST_PERIODS_MAX: usize = 20;

/// A supervisor to register.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RegisterSupervisor {
    /// The supervisor's HPR number: one supervisor each. A trainee may have the same.
    hpr_number: HprNumber,
    /// The supervisor's name.
    name: Name,
    /// Since when the supervisor is an approved specialist in general practice. A clinical
    /// supervisor need not be one.
    #[deserr(default)]
    specialist_since: Option<Day>,
    /// Trainees that the supervisor takes at the same time; 3 by default.
    #[deserr(default)]
    capacity: Option<TraineeCapacity>,
    /// What other systems call the supervisor; each id names one supervisor.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
    /// The municipality that registers the supervisor; needed of callers who act for several.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

pub(super) fn replied(status: u16, state: &Supervisor, day: Date) -> Reply {
    let shown = SupervisorView::on(state, day);
    let location = shown.as_ref().map(|view| format!("/v1/supervisors/{}", view.id));
    let body = serde_json::to_value(shown).expect("views are plain data");
    Reply { status, location: location.filter(|_| status == 201), head: None, body }
}

/// Of supervisors, one at most has an HPR number.
static SUPERVISORS: PersonKind =
    PersonKind { name: "supervisor", hpr_subject, exists: &SUPERVISOR_EXISTS };

/// Register a supervisor
///
/// Whoever supervises or recommends: a trainee's own supervisor (veileder), who must be a
/// specialist or have an exemption, and clinical supervisors (supervisører), who need neither. A
/// person may be trainee and supervisor at different times. Name and number are kept sealed and
/// stay out of the event log, the feed and every log of the service.
#[utoipa::path(tag = "supervisors", operation_id = "register_supervisor",
    request_body = RegisterSupervisor,
    responses((status = 201, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&SUPERVISOR_EXISTS, &SUPERVISOR_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/supervisors")]
pub async fn register(change: Change, body: Body<RegisterSupervisor>) -> Answer {
    let (asked, today) = (body.value, change.today);
    external_id::checked(&asked.external_ids)?;
    let municipality = change.reach().registering(asked.municipality.as_ref())?;
    let vault = &change.service.vault;
    let lookup = vault.lookup(&asked.hpr_number);
    let person = NewPerson::new(vault, &asked.name, Some(&asked.hpr_number));
    let id = person.id;
    let decide = async |view: &View| {
        view.is_new(&subject(id)).await?;
        SUPERVISORS.free(view, &lookup).await?;
        external_id::free(view, Kind::Supervisor, &asked.external_ids).await?;
        let facts = [Event::from(Registered {
            supervisor: id,
            sealed: person.sealed.clone(),
            hpr_lookup: lookup.clone(),
            specialist_since: asked.specialist_since.map(|day| day.0),
            capacity: asked.capacity,
            external_ids: asked.external_ids.clone(),
            municipality: municipality.clone(),
            on: today,
        })];
        let next = evolved!(Supervisor::default(), facts);
        Ok(person.registered(subject(id), &facts, replied(201, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}

/// Which supervisors.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct SupervisorFilters {
    /// Only the supervisor with this HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// Only supervisors who are (`true`) or are not (`false`) specialists on the day.
    #[param(inline)]
    #[deserr(default)]
    specialist: Option<Flag>,
    /// Only supervisors who have (`true`) or do not have (`false`) more active trainees on the day
    /// than their capacity.
    #[param(inline)]
    #[deserr(default)]
    over_capacity: Option<Flag>,
    /// Only the supervisor whom another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<ExternalName>,
}

/// What supervisors are sorted by. Names are sealed, so not by them.
pub struct SupervisorOrders;

impl Orders for SupervisorOrders {
    const ALL: &'static [By] = &[
        By::key("created", "When they were registered here."),
        By::count(
            "active_trainees",
            "active_trainees",
            "How many trainees they actively supervise on the day.",
        ),
    ];
}

/// List supervisors
///
/// In the order they were registered, as on `as_of`.
#[utoipa::path(tag = "supervisors", operation_id = "list_supervisors",
    params(SupervisorFilters, Sort<SupervisorOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of supervisors", body = Page<SupervisorView>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervisors")]
pub async fn list_all(list: List<SupervisorFilters, SupervisorOrders>) -> Answer {
    let filters = &list.filters;
    let vault = &list.read.service.vault;
    ListQuery::of("supervisors", Rows::of_pool().or_of_supervisor("key"))
        .filter("hpr_lookup = $$", filters.hpr_number.as_ref().map(|hpr| vault.lookup(hpr)))
        .filter("specialist = $$", filters.specialist.map(|flag| flag.0))
        .filter("over_capacity = $$", filters.over_capacity.map(|flag| flag.0))
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| e.to_string()))
        .answer(list)
        .await
}

/// Read a supervisor
#[utoipa::path(tag = "supervisors", operation_id = "read_supervisor",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061"), TimeAxes),
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervisors/{id}")]
pub async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    read.resource(&subject(*id), SupervisorView::on).await
}

/// Read a supervisor's history
///
/// Every event that concerns the supervisor, exemptions and assignments included, newest first.
#[utoipa::path(tag = "supervisors", operation_id = "read_supervisor_history",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervisors/{id}/history")]
pub async fn history(list: History, id: Path<Uuid>) -> Answer {
    list.history(&[subject(*id)]).await
}

/// A run of days; both ends belong to it.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SpecialistPeriod {
    /// First day.
    from: Day,
    /// Last day; open by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// Who the supervisor really is; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectSupervisor {
    /// The supervisor's HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// The supervisor's name.
    #[deserr(default)]
    name: Option<Name>,
    /// When the supervisor was, is and will be an approved specialist, told whole; empty for never.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    specialist_periods: Option<Vec<SpecialistPeriod>>,
    /// Why it is corrected.
    reason: Comment,
}

fn specialist_periods(told: &[SpecialistPeriod]) -> Result<Vec<Period>, FieldFault> {
    if told.len() > SPECIALIST_PERIODS_MAX {
        let fault = Fault::new("too_many", "At most 20.", "Høyst 20.");
        return Err(FieldFault::at("/specialist_periods", fault));
    }
    let mut periods = Vec::with_capacity(told.len());
    for (place, period) in told.iter().enumerate() {
        periods.push(edge::period(period.from, period.to).map_err(|fault| {
            let pointer = format!("/specialist_periods/{place}{}", fault.pointer);
            FieldFault { pointer, ..fault }
        })?);
    }
    periods.sort_unstable();
    Ok(periods)
}

/// Correct who a supervisor is
///
/// Or when the supervisor was a specialist: that changes what assignments were on past days. The
/// wrong name and number stay sealed in the log, where nobody but the audit reads them.
#[utoipa::path(tag = "supervisors", operation_id = "correct_supervisor",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = CorrectSupervisor,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&SUPERVISOR_EXISTS, &PERSON_ERASED])))))]
#[post("/v1/supervisors/{id}/correction")]
pub async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectSupervisor>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    let specialist = asked.specialist_periods.as_deref().map(specialist_periods).transpose()?;
    let (service, reach) = (change.service.clone(), change.reach().clone());
    let decide = async |view: &View| {
        let loaded: Loaded<Supervisor> = view.load(&subject(id)).await?;
        let known = loaded.state.known()?;
        not_erased(known.erased.as_ref())?;
        let (sealed, hpr_lookup) = (known.sealed.as_str(), Some(known.hpr_lookup.as_str()));
        let belongs_to = known.municipalities_on(today);
        let recorded = RecordedPerson { id, sealed, hpr_lookup, belongs_to };
        let (name, number) = (asked.name.as_ref(), asked.hpr_number.as_ref());
        let by = (&*service.vault, &*reach);
        let person = SUPERVISORS.corrected(view, by, recorded, name, number).await?;
        let how = Corrected {
            supervisor: id,
            corrects: known.told_at,
            sealed: person.sealed,
            hpr_lookup: person.hpr_lookup.unwrap_or_else(|| known.hpr_lookup.clone()),
            specialist: specialist.clone().unwrap_or_else(|| known.specialist.clone()),
            reason: asked.reason.clone(),
            on: today,
        };
        let facts = known.correct(how, person.same)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}
