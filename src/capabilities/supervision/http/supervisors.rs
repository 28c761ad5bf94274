//! The operations on supervisors.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::capabilities::position::checked_external_ids;
use crate::capabilities::supervision::domain::{
    Corrected, Course, Event, Registered, TraineeCapacity, external_subject, hpr_subject, subject,
};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::{Known, Supervisor};
use crate::capabilities::supervision::view::SupervisorView;
use crate::edge::{self, Day, Fault, Faults, FieldFault};
use crate::event_log::{Decision, Failure, Loaded, Refusal, Reply, View};
use crate::http::change::Flag;
use crate::http::openapi::codes;
use crate::http::page::{Page, Paging};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, List, ListQuery, NoFilters, Read};
use crate::identifiers::{Comment, ExternalId, ExternalName, HprNumber, Name};
use crate::personal_data::Identity;
use crate::problem::Rejection;
use crate::time::Period;
use crate::{evolved, word_enum};

/// Periods of specialist approval that a correction may tell.
const SPECIALIST_PERIODS_MAX: usize = 20;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(register)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(approve_specialist)
        .service(end_specialist)
        .service(complete_course)
        .service(set_capacity)
        .service(correct);
}

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
}

fn replied(status: u16, state: &Supervisor, day: Date) -> Reply {
    let shown = SupervisorView::on(state, day);
    let location = shown.as_ref().map(|view| format!("/v1/supervisors/{}", view.id));
    let body = serde_json::to_value(shown).expect("views are plain data");
    Reply { status, location: location.filter(|_| status == 201), head: None, body }
}

/// Refuses an HPR number that belongs to another supervisor, naming that one.
async fn hpr_free(view: &View, lookup: &str) -> Result<(), Refusal> {
    let key = hpr_subject(lookup);
    if view.is_new(&key).await? {
        return Ok(());
    }
    let supervisor = view.holder(&key, "supervisor").await?;
    Err(Rejection::new(&SUPERVISOR_EXISTS).with("supervisor", supervisor).into())
}

async fn external_id_free(view: &View, external: &ExternalId) -> Result<(), Refusal> {
    let key = external_subject(external);
    if view.is_new(&key).await? {
        return Ok(());
    }
    Err(Rejection::new(&SUPERVISOR_EXTERNAL_ID_TAKEN)
        .with("system", &external.system)
        .with("id", &external.id)
        .with("supervisor", view.holder(&key, "supervisor").await?)
        .into())
}

/// Register a supervisor
///
/// Whoever supervises or recommends: a trainee's own supervisor (veileder), who must be a specialist
/// or have an exemption, and clinical supervisors (supervisører), who need neither. A person may be
/// trainee and supervisor at different times. Name and number are kept sealed and stay out of the
/// event log, the feed and every log of the service.
#[utoipa::path(tag = "supervisors", operation_id = "register_supervisor",
    request_body = RegisterSupervisor,
    responses((status = 201, description = "The supervisor", body = SupervisorView)),
    extensions(("x-problems" = json!(codes(&[&SUPERVISOR_EXISTS, &SUPERVISOR_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/supervisors")]
async fn register(change: Change, body: Body<RegisterSupervisor>) -> Answer {
    let (asked, today, id) = (body.value, change.today, Uuid::now_v7());
    checked_external_ids(&asked.external_ids)?;
    let vault = &change.service.vault;
    let lookup = vault.lookup(&asked.hpr_number);
    let (key, wrapped) = vault.new_person(id);
    let hpr_number = Some(asked.hpr_number.to_string());
    let sealed = key.seal(id, &Identity { name: asked.name.to_string(), hpr_number });
    let decide = async |view: &View| {
        view.is_new(&subject(id)).await?;
        hpr_free(view, &lookup).await?;
        for external in &asked.external_ids {
            external_id_free(view, external).await?;
        }
        let facts = [Event::from(Registered {
            supervisor: id,
            sealed: sealed.clone(),
            hpr_lookup: lookup.clone(),
            specialist_since: asked.specialist_since.map(|day| day.0),
            capacity: asked.capacity,
            external_ids: asked.external_ids.clone(),
            on: today,
        })];
        let next = evolved!(Supervisor::default(), facts);
        let mut decision = Decision::new(subject(id), &facts, replied(201, &next, today));
        decision.person_keys = vec![(id, wrapped.clone())];
        Ok(decision)
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

fn is_true(flag: Flag) -> bool {
    match flag {
        Flag::True => true,
        Flag::False => false,
    }
}

/// List supervisors
///
/// In the order they were registered, as on `as_of`.
#[utoipa::path(tag = "supervisors", operation_id = "list_supervisors",
    params(SupervisorFilters, TimeAxes, Paging),
    responses((status = 200, description = "A page of supervisors", body = Page<SupervisorView>)))]
#[get("/v1/supervisors")]
async fn list_all(list: List<SupervisorFilters>) -> Answer {
    let filters = &list.filters;
    let vault = &list.read.service.vault;
    ListQuery::of("supervisors")
        .filter("hpr_lookup = $$", filters.hpr_number.as_ref().map(|hpr| vault.lookup(hpr)))
        .filter("specialist = $$", filters.specialist.map(is_true))
        .filter("over_capacity = $$", filters.over_capacity.map(is_true))
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| e.to_string()))
        .answer(list)
        .await
}

/// Read a supervisor
#[utoipa::path(tag = "supervisors", operation_id = "read_supervisor",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061"), TimeAxes),
    responses((status = 200, description = "The supervisor", body = SupervisorView)))]
#[get("/v1/supervisors/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    read.resource(&subject(*id), SupervisorView::on).await
}

/// Read a supervisor's history
///
/// Every event that concerns the supervisor, exemptions and assignments included, newest first.
#[utoipa::path(tag = "supervisors", operation_id = "read_supervisor_history",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061"), TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::feed::CloudEvent>)))]
#[get("/v1/supervisors/{id}/history")]
async fn history(list: List<NoFilters>, id: Path<Uuid>) -> Answer {
    list.history(&[subject(*id)]).await
}

/// A rule on one supervisor: load, decide, answer with the supervisor as they then are.
async fn on_supervisor(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl Fn(&Known) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let loaded: Loaded<Supervisor> = view.load(&subject(id)).await?;
        let facts = rule(loaded.state.known()?)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(canonical, decide).await
}

word_enum! {
    /// A status that a supervisor may have.
    pub enum SpecialistStatus {
        /// Approved specialist in general practice.
        Specialist = "specialist",
    }
}

/// A specialist approval.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ApproveSpecialist {
    /// The status: `specialist`.
    #[expect(dead_code, reason = "the only word there is says nothing more")]
    status: SpecialistStatus,
    /// The first day.
    from: Day,
    /// The last day; open by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// Record a specialist approval of a supervisor
///
/// Assignments that have lapsed are active again on the days it covers.
#[utoipa::path(tag = "supervisors", operation_id = "approve_specialist",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = ApproveSpecialist,
    responses((status = 200, description = "The supervisor", body = SupervisorView)))]
#[post("/v1/supervisors/{id}/specialist-status")]
async fn approve_specialist(
    change: Change,
    id: Path<Uuid>,
    body: Body<ApproveSpecialist>,
) -> Answer {
    let period = edge::period(body.value.from, body.value.to)?;
    on_supervisor(change, &body.canonical, *id, |known| known.approve_specialist(period)).await
}

/// The end of a specialist approval.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndSpecialist {
    /// The last day.
    to: Day,
}

/// End the specialist approval of a supervisor
///
/// Assignments that no exemption covers lapse from the next day by themselves.
#[utoipa::path(tag = "supervisors", operation_id = "end_specialist",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = EndSpecialist,
    responses((status = 200, description = "The supervisor", body = SupervisorView)),
    extensions(("x-problems" = json!(codes(&[&NOT_A_SPECIALIST])))))]
#[post("/v1/supervisors/{id}/specialist-status/end")]
async fn end_specialist(change: Change, id: Path<Uuid>, body: Body<EndSpecialist>) -> Answer {
    let to = body.value.to.0;
    on_supervisor(change, &body.canonical, *id, |known| known.end_specialist(to)).await
}

/// A completed course.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CompleteCourse {
    /// The course.
    name: Name,
    /// Who held it.
    #[deserr(default)]
    provider: Option<Name>,
    /// The day it was completed.
    completed_on: Day,
    /// The last day it counts; it never runs out by default.
    #[deserr(default)]
    valid_until: Option<Day>,
}

/// Record a course that a supervisor has completed
#[utoipa::path(tag = "supervisors", operation_id = "complete_supervisor_course",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = CompleteCourse,
    responses((status = 200, description = "The supervisor", body = SupervisorView)))]
#[post("/v1/supervisors/{id}/courses")]
async fn complete_course(change: Change, id: Path<Uuid>, body: Body<CompleteCourse>) -> Answer {
    let asked = body.value;
    let course = Course {
        name: asked.name,
        provider: asked.provider,
        completed_on: asked.completed_on.0,
        valid_until: asked.valid_until.map(|day| day.0),
    };
    if course.valid_until.is_some_and(|last| last < course.completed_on) {
        let fault = Fault::new(
            "before_completion",
            "Must not come before the course was completed.",
            "Kan ikke komme før kurset var fullført.",
        );
        return Err(FieldFault::at("/valid_until", fault).into());
    }
    let rule = |known: &Known| known.complete_course(course.clone());
    on_supervisor(change, &body.canonical, *id, rule).await
}

/// How many trainees a supervisor takes.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SetCapacity {
    /// Trainees at the same time.
    trainees: TraineeCapacity,
    /// The first day it holds.
    from: Day,
}

/// Set how many trainees a supervisor takes
///
/// More active trainees than this is a warning on each assignment, never a refusal.
#[utoipa::path(tag = "supervisors", operation_id = "set_supervisor_capacity",
    params(("id" = Uuid, Path, description = "The supervisor.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = SetCapacity,
    responses((status = 200, description = "The supervisor", body = SupervisorView)))]
#[post("/v1/supervisors/{id}/capacity")]
async fn set_capacity(change: Change, id: Path<Uuid>, body: Body<SetCapacity>) -> Answer {
    let SetCapacity { trainees, from } = body.value;
    on_supervisor(change, &body.canonical, *id, |known| known.set_capacity(trainees, from.0)).await
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
    extensions(("x-problems" = json!(codes(&[&SUPERVISOR_EXISTS])))))]
#[post("/v1/supervisors/{id}/correction")]
async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectSupervisor>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    let specialist = asked.specialist_periods.as_deref().map(specialist_periods).transpose()?;
    let service = change.service.clone();
    let decide = async |view: &View| {
        let loaded: Loaded<Supervisor> = view.load(&subject(id)).await?;
        let known = loaded.state.known()?;
        let key = view.person_key(&service.vault, id).await?;
        let told: Identity = key.open(id, &known.sealed).map_err(Failure::from)?;
        let number = asked.hpr_number.as_ref();
        let identity = Identity {
            name: asked.name.as_ref().map_or(told.name.clone(), |name| name.to_string()),
            hpr_number: number.map(|hpr| hpr.to_string()).or(told.hpr_number.clone()),
        };
        let lookup = number.map_or(known.hpr_lookup.clone(), |hpr| service.vault.lookup(hpr));
        if lookup != known.hpr_lookup {
            hpr_free(view, &lookup).await?;
        }
        let how = Corrected {
            supervisor: id,
            corrects: known.told_at,
            sealed: key.seal(id, &identity),
            hpr_lookup: lookup,
            specialist: specialist.clone().unwrap_or_else(|| known.specialist.clone()),
            reason: asked.reason.clone(),
            on: today,
        };
        let facts = known.correct(how, identity == told)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}
