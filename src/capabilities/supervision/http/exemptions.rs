//! The operations on supervision exemptions.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::capabilities::reference::municipality_in_use;
use crate::capabilities::supervision::domain::{
    DoctorCount, Event, ExemptionDrafted, exemption_subject, subject,
};
use crate::capabilities::supervision::exemption::{
    Application, Exemption, ExemptionSituation, Exemptions,
};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::view::ExemptionView;
use crate::edge::{self, Day, Fault, Faults, FieldFault, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Decision, Loaded, Reply, View};
use crate::http::openapi::codes;
use crate::http::page::{Page, Paging};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, List, ListQuery, NoFilters, ProblemResponse, Read};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::Rejection;
use crate::time::Period;
use crate::{evolved, word_enum};

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(draft)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(detail)
        .service(submit)
        .service(decide_on)
        .service(appeal)
        .service(decide_appeal)
        .service(revoke);
}

/// An application to draft. All but the first two can be told later, under `/details`.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DraftExemption {
    /// The temporary supervisor, who is no specialist.
    supervisor: Id,
    /// The municipality that applies, and where the exemption shall hold.
    municipality: MunicipalityNumber,
    /// The first day applied for.
    #[deserr(default)]
    from: Option<Day>,
    /// The last day applied for.
    #[deserr(default)]
    to: Option<Day>,
    /// The disproportionate challenges of finding a specialist.
    #[deserr(default)]
    challenges: Option<Comment>,
    /// What was tried, and which neighbours were asked.
    #[deserr(default)]
    measures_tried: Option<Comment>,
    /// Specialists attached to the establishment.
    #[deserr(default)]
    specialists_attached: Option<DoctorCount>,
    /// Trainees in training there.
    #[deserr(default)]
    trainees_in_training: Option<DoctorCount>,
    /// Trainees who would have a supervisor who is no specialist.
    #[deserr(default)]
    trainees_with_non_specialist: Option<DoctorCount>,
    /// The competence of the temporary supervisor, without names.
    #[deserr(default)]
    competence: Option<Comment>,
}

/// More of an application; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DetailExemption {
    /// The first day applied for.
    #[deserr(default)]
    from: Option<Day>,
    /// The last day applied for.
    #[deserr(default)]
    to: Option<Day>,
    /// The disproportionate challenges of finding a specialist.
    #[deserr(default)]
    challenges: Option<Comment>,
    /// What was tried, and which neighbours were asked.
    #[deserr(default)]
    measures_tried: Option<Comment>,
    /// Specialists attached to the establishment.
    #[deserr(default)]
    specialists_attached: Option<DoctorCount>,
    /// Trainees in training there.
    #[deserr(default)]
    trainees_in_training: Option<DoctorCount>,
    /// Trainees who would have a supervisor who is no specialist.
    #[deserr(default)]
    trainees_with_non_specialist: Option<DoctorCount>,
    /// The competence of the temporary supervisor, without names.
    #[deserr(default)]
    competence: Option<Comment>,
}

impl From<DetailExemption> for Application {
    fn from(asked: DetailExemption) -> Self {
        Self {
            from: asked.from.map(|day| day.0),
            to: asked.to.map(|day| day.0),
            challenges: asked.challenges,
            measures_tried: asked.measures_tried,
            specialists_attached: asked.specialists_attached,
            trainees_in_training: asked.trainees_in_training,
            trainees_with_non_specialist: asked.trainees_with_non_specialist,
            competence: asked.competence,
        }
    }
}

impl DraftExemption {
    fn application(self) -> Application {
        Application::from(DetailExemption {
            from: self.from,
            to: self.to,
            challenges: self.challenges,
            measures_tried: self.measures_tried,
            specialists_attached: self.specialists_attached,
            trainees_in_training: self.trainees_in_training,
            trainees_with_non_specialist: self.trainees_with_non_specialist,
            competence: self.competence,
        })
    }
}

fn replied(
    status: u16,
    state: &Exemptions,
    id: Uuid,
    day: Date,
) -> Result<Reply, crate::event_log::Refusal> {
    let shown = ExemptionView::on(state.get(id)?, day);
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/supervision-exemptions/{id}"));
    Ok(Reply { status, location, head: None, body })
}

/// Draft a supervision exemption
///
/// A trainee's own supervisor must be a specialist; where none can be found, the directorate may for
/// a time let somebody else supervise. The draft is completed under `/details` and sent under
/// `/submission`.
#[utoipa::path(tag = "supervision exemptions", operation_id = "draft_supervision_exemption",
    request_body = DraftExemption,
    responses((status = 201, description = "The exemption", body = ExemptionView)))]
#[post("/v1/supervision-exemptions")]
async fn draft(change: Change, body: Body<DraftExemption>) -> Answer {
    let (asked, today, id) = (body.value, change.today, Uuid::now_v7());
    let (supervisor, municipality) = (asked.supervisor.0, asked.municipality.clone());
    let application = asked.application();
    application.consistent()?;
    let decide = async |view: &View| {
        let day = application.from.unwrap_or(today);
        municipality_in_use(view, &municipality, day).await?;
        // Whoever is registered stays so: nothing about the supervisor need be guarded.
        let named: Loaded<Supervisor> = view.consult(&subject(supervisor)).await?;
        if named.state == Supervisor::Unknown {
            return Err(Rejection::field("/supervisor", UNKNOWN_REFERENCE).into());
        }
        view.is_new(&exemption_subject(id)).await?;
        let facts = [Event::from(ExemptionDrafted {
            exemption: id,
            supervisor,
            municipality: municipality.clone(),
            application: application.clone(),
            on: today,
        })];
        let next = evolved!(Exemptions::default(), facts);
        Ok(Decision::new(exemption_subject(id), &facts, replied(201, &next, id, today)?))
    };
    change.execute(&body.canonical, decide).await
}

/// Which exemptions.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct ExemptionFilters {
    /// Only exemptions of this supervisor.
    #[deserr(default)]
    supervisor: Option<Id>,
    /// Only exemptions of this municipality.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only exemptions in this situation on the day.
    #[deserr(default)]
    situation: Option<ExemptionSituation>,
    /// Only exemptions that are granted on the day and whose last day comes before this one.
    #[deserr(default)]
    expires_before: Option<Day>,
}

/// List supervision exemptions
///
/// In the order they were drafted, as they are on `as_of`.
#[utoipa::path(tag = "supervision exemptions", operation_id = "list_supervision_exemptions",
    params(ExemptionFilters, TimeAxes, Paging),
    responses((status = 200, description = "A page of exemptions", body = Page<ExemptionView>)))]
#[get("/v1/supervision-exemptions")]
async fn list_all(list: List<ExemptionFilters>) -> Answer {
    let filters = &list.filters;
    ListQuery::of("exemptions")
        .filter("supervisor = $$", filters.supervisor.map(|id| id.0))
        .filter("municipality = $$", filters.municipality.as_ref().map(|m| m.to_string()))
        .filter("situation = $$", filters.situation.map(|s| s.to_string()))
        .filter("expires_on < $$", filters.expires_before.map(|day| day.0))
        .answer(list)
        .await
}

/// Read a supervision exemption
///
/// As it is on `as_of` (today by default): it expires by itself.
#[utoipa::path(tag = "supervision exemptions", operation_id = "read_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062"), TimeAxes),
    responses((status = 200, description = "The exemption", body = ExemptionView)))]
#[get("/v1/supervision-exemptions/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    let view = |state: &Exemptions, day| ExemptionView::on(state.get(*id).ok()?, day);
    read.resource(&exemption_subject(*id), view).await
}

/// Read a supervision exemption's history
///
/// Every event that concerns it, newest first.
#[utoipa::path(tag = "supervision exemptions", operation_id = "read_supervision_exemption_history",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062"), TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::feed::CloudEvent>)))]
#[get("/v1/supervision-exemptions/{id}/history")]
async fn history(list: List<NoFilters>, id: Path<Uuid>) -> Answer {
    list.history(&[exemption_subject(*id)]).await
}

/// What is asked of an exemption.
type Rule = Box<dyn Fn(&Exemption) -> Result<Vec<Event>, Rejection>>;

/// A rule on one exemption: load, decide, answer with the exemption as it then is.
async fn on_exemption(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl Fn(&Exemption) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let loaded: Loaded<Exemptions> = view.load(&exemption_subject(id)).await?;
        let facts = rule(loaded.state.get(id)?)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(exemption_subject(id), &facts, replied(200, &next, id, today)?))
    };
    change.execute(canonical, decide).await
}

/// Tell more of a drafted exemption
///
/// What is told again replaces what was told before. Once submitted, it stands.
#[utoipa::path(tag = "supervision exemptions", operation_id = "detail_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = DetailExemption,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-problems" = json!(codes(&[&EXEMPTION_SITUATION])))))]
#[post("/v1/supervision-exemptions/{id}/details")]
async fn detail(change: Change, id: Path<Uuid>, body: Body<DetailExemption>) -> Answer {
    let (told, today) = (Application::from(body.value), change.today);
    on_exemption(change, &body.canonical, *id, |it| it.detail(told.clone(), today)).await
}

/// The day of a step of the procedure.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ExemptionStep {
    /// The day it happens; today by default.
    #[deserr(default)]
    on: Option<Day>,
}

/// Submit a supervision exemption
///
/// Refused while anything is missing that the directorate must be told.
#[utoipa::path(tag = "supervision exemptions", operation_id = "submit_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = ExemptionStep,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-problems" = json!(codes(&[&EXEMPTION_INCOMPLETE, &EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER])))))]
#[post("/v1/supervision-exemptions/{id}/submission")]
async fn submit(change: Change, id: Path<Uuid>, body: Body<ExemptionStep>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    on_exemption(change, &body.canonical, *id, |it| it.submit(on)).await
}

word_enum! {
    /// What the directorate decides.
    pub enum ExemptionOutcome {
        /// Granted, for a time.
        Granted = "granted",
        /// Refused.
        Rejected = "rejected",
    }
}

/// The directorate's decision.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DecideExemption {
    /// Yes or no.
    outcome: ExemptionOutcome,
    /// The day it is decided; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// The first day it holds; with `granted` only, and required there.
    #[deserr(default)]
    from: Option<Day>,
    /// The last day it holds; with `granted` only, and required there.
    #[deserr(default)]
    to: Option<Day>,
    /// Whether it may hold from a day before it was submitted.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    retroactive: bool,
    /// Why it holds from before; with `retroactive` only, and required there.
    #[deserr(default)]
    reason: Option<Comment>,
}

fn required(pointer: &str) -> FieldFault {
    let fault = Fault::new("required", "This field is required.", "Feltet er påkrevd.");
    FieldFault::at(pointer, fault)
}

/// The fields of a grant, where something is granted; none where nothing is.
fn granted(
    asked: &DecideExemption,
    yes: bool,
) -> Result<Option<(Period, Option<Comment>)>, ProblemResponse> {
    let mut faults = Vec::new();
    if !yes {
        let told = [
            ("/from", asked.from.is_some()),
            ("/to", asked.to.is_some()),
            ("/retroactive", asked.retroactive),
        ];
        for (pointer, _) in told.iter().filter(|(_, told)| *told) {
            let fault =
                Fault::new("not_granted", "Nothing is granted here.", "Her innvilges ingenting.");
            faults.push(FieldFault::at(*pointer, fault));
        }
        return if faults.is_empty() { Ok(None) } else { Err(ProblemResponse::faults(faults)) };
    }
    if asked.retroactive && asked.reason.is_none() {
        faults.push(required("/reason"));
    }
    faults.extend(asked.from.is_none().then(|| required("/from")));
    faults.extend(asked.to.is_none().then(|| required("/to")));
    match (asked.from, faults.is_empty()) {
        (Some(from), true) => {
            let period = edge::period(from, asked.to)?;
            Ok(Some((period, asked.reason.clone().filter(|_| asked.retroactive))))
        }
        (Some(_) | None, _) => Err(ProblemResponse::faults(faults)),
    }
}

/// Record the decision on a supervision exemption
///
/// A granted exemption is for a time: both days are needed. It holds from before it was submitted
/// only if the decision says so.
#[utoipa::path(tag = "supervision exemptions", operation_id = "decide_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = DecideExemption,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE])))))]
#[post("/v1/supervision-exemptions/{id}/decision")]
async fn decide_on(change: Change, id: Path<Uuid>, body: Body<DecideExemption>) -> Answer {
    let asked = body.value;
    let on = asked.on.map_or(change.today, |day| day.0);
    let yes = asked.outcome == ExemptionOutcome::Granted;
    let rule: Rule = match granted(&asked, yes)? {
        Some((period, why)) => Box::new(move |it| it.grant(on, period, why.clone())),
        None => Box::new(move |it| it.reject(on)),
    };
    on_exemption(change, &body.canonical, *id, rule).await
}

/// Appeal the refusal of a supervision exemption
#[utoipa::path(tag = "supervision exemptions", operation_id = "appeal_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = ExemptionStep,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER])))))]
#[post("/v1/supervision-exemptions/{id}/appeal")]
async fn appeal(change: Change, id: Path<Uuid>, body: Body<ExemptionStep>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    on_exemption(change, &body.canonical, *id, |rejected| rejected.appeal(on)).await
}

word_enum! {
    /// What becomes of a refusal that was appealed.
    pub enum AppealOutcome {
        /// The refusal stands.
        Upheld = "upheld",
        /// The refusal falls: the exemption is granted, for a time.
        Reversed = "reversed",
    }
}

/// The decision on an appeal.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DecideAppeal {
    /// Whether the refusal stands.
    outcome: AppealOutcome,
    /// The day it is decided; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// The first day it holds; with `reversed` only, and required there.
    #[deserr(default)]
    from: Option<Day>,
    /// The last day it holds; with `reversed` only, and required there.
    #[deserr(default)]
    to: Option<Day>,
    /// Whether it may hold from a day before it was submitted.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    retroactive: bool,
    /// Why it holds from before; with `retroactive` only, and required there.
    #[deserr(default)]
    reason: Option<Comment>,
}

/// Record the decision on an appeal about a supervision exemption
///
/// A refusal that falls makes the exemption `granted`.
#[utoipa::path(tag = "supervision exemptions", operation_id = "decide_supervision_exemption_appeal",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = DecideAppeal,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE])))))]
#[post("/v1/supervision-exemptions/{id}/appeal-decision")]
async fn decide_appeal(change: Change, id: Path<Uuid>, body: Body<DecideAppeal>) -> Answer {
    let DecideAppeal { outcome, on, from, to, retroactive, reason } = body.value;
    let (yes, outcome) = match outcome {
        AppealOutcome::Reversed => (true, ExemptionOutcome::Granted),
        AppealOutcome::Upheld => (false, ExemptionOutcome::Rejected),
    };
    let asked = DecideExemption { outcome, on, from, to, retroactive, reason };
    let on = on.map_or(change.today, |day| day.0);
    let rule: Rule = match granted(&asked, yes)? {
        Some((period, why)) => Box::new(move |it| it.reverse(on, period, why.clone())),
        None => Box::new(move |it| it.uphold(on)),
    };
    on_exemption(change, &body.canonical, *id, rule).await
}

/// The withdrawal of an exemption.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RevokeExemption {
    /// The first day it holds no more; today by default. It may lie in the past.
    #[deserr(default)]
    on: Option<Day>,
    /// Why.
    reason: Comment,
}

/// Revoke a supervision exemption
///
/// Assignments that rest on it lapse from that day by themselves.
#[utoipa::path(tag = "supervision exemptions", operation_id = "revoke_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = RevokeExemption,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-problems" = json!(codes(&[&EXEMPTION_SITUATION])))))]
#[post("/v1/supervision-exemptions/{id}/revocation")]
async fn revoke(change: Change, id: Path<Uuid>, body: Body<RevokeExemption>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let reason = body.value.reason.clone();
    on_exemption(change, &body.canonical, *id, |it| it.revoke(on, reason.clone())).await
}
