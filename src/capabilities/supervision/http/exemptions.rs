//! Supervision exemptions: drafted, listed, read, completed, submitted.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::capabilities::external_id::problems::EXEMPTION_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind};
use crate::capabilities::reference::{self, municipality_in_use};
use crate::capabilities::supervision::application::Application;
use crate::capabilities::supervision::domain::{
    DoctorCount, Event, ExemptionDrafted, exemption_subject, subject,
};
use crate::capabilities::supervision::exemption::{Exemption, ExemptionSituation, Exemptions};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::view::ExemptionView;
use crate::edge::{Day, Faults, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Decision, Loaded, Reply, View};
use crate::evolved;
use crate::http::actor::Role;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{Comment, ExternalId, ExternalName, MunicipalityNumber};
use crate::problem::Rejection;

/// Declares a body that tells an application, or more of one, beside the fields of its own.
macro_rules! application_body {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident { $( $(#[$own_meta:meta])+ $own:ident: $type:ty, )* }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Deserr, ToSchema)]
        #[deserr(deny_unknown_fields, error = Faults)]
        pub struct $name {
            $( $(#[$own_meta])+ pub(super) $own: $type, )*
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

        impl $name {
            /// What it tells of the application.
            pub(super) fn application(self) -> Application {
                Application {
                    from: self.from.map(|day| day.0),
                    to: self.to.map(|day| day.0),
                    challenges: self.challenges,
                    measures_tried: self.measures_tried,
                    specialists_attached: self.specialists_attached,
                    trainees_in_training: self.trainees_in_training,
                    trainees_with_non_specialist: self.trainees_with_non_specialist,
                    competence: self.competence,
                }
            }
        }
    };
}

application_body! {
    /// An application to draft. All but the first two can be told later, under `/details`.
    pub struct DraftExemption {
        /// The temporary supervisor, who is no specialist.
        supervisor: Id,
        /// The municipality that applies, and where the exemption shall hold.
        municipality: MunicipalityNumber,
        /// What other systems call it; each id names one exemption.
        #[deserr(default)]
        #[schema(required = false, max_items = 20)]
        external_ids: Vec<ExternalId>,
    }
}

application_body! {
    /// More of an application; what is left out stays.
    pub struct DetailExemption {}
}

application_body! {
    /// How the application really reads; what is left out stays.
    pub struct CorrectExemption {
        /// There never was such an application: it is taken out, and nothing else may be told. Only
        /// of one that is not decided; a decision is taken back first.
        #[deserr(default)]
        #[schema(required = false, default = false, example = false)]
        never_was: bool,
        /// Why it is corrected.
        reason: Comment,
    }
}

pub(super) fn replied(status: u16, state: &Exemptions, id: Uuid, day: Date) -> Reply {
    let exemption = state.get(id).ok();
    let shown = exemption.and_then(|exemption| ExemptionView::on(exemption, day));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/supervision-exemptions/{id}"));
    Reply { status, location, head: None, body }
}

/// Draft a supervision exemption
///
/// A trainee's own supervisor must be a specialist; where none can be found, the directorate may
/// for a time let somebody else supervise. The draft is completed under `/details` and sent under
/// `/submission`.
#[utoipa::path(tag = "supervision exemptions", operation_id = "draft_supervision_exemption",
    request_body = DraftExemption,
    responses((status = 201, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&EXEMPTION_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/supervision-exemptions")]
pub async fn draft(change: Change, body: Body<DraftExemption>) -> Answer {
    let (asked, today, id) = (body.value, change.today, Uuid::now_v7());
    let (supervisor, municipality) = (asked.supervisor.0, asked.municipality.clone());
    let external_ids = asked.external_ids.clone();
    external_id::checked(&external_ids)?;
    change.reach().act_in(&municipality)?;
    let application = asked.application();
    application.consistent()?;
    let decide = async |view: &View| {
        let day = application.from.unwrap_or(today);
        municipality_in_use(view, &municipality, day).await?;
        let lineage = reference::lineage(view, [municipality.clone()], None).await?;
        let mut took_over = lineage.behind(&municipality, day);
        took_over.remove(&municipality);
        // Whoever is registered stays so: nothing about the supervisor need be guarded.
        let named: Loaded<Supervisor> = view.consult(&subject(supervisor)).await?;
        if named.state == Supervisor::Unknown {
            return Err(Rejection::field("/supervisor", UNKNOWN_REFERENCE).into());
        }
        view.is_new(&exemption_subject(id)).await?;
        external_id::free(view, Kind::Exemption, &external_ids).await?;
        let facts = [Event::from(ExemptionDrafted {
            exemption: id,
            supervisor,
            municipality: municipality.clone(),
            took_over,
            application: application.clone(),
            external_ids: external_ids.clone(),
            on: today,
        })];
        let next = evolved!(Exemptions::default(), facts);
        Ok(Decision::new(exemption_subject(id), &facts, replied(201, &next, id, today)))
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
    /// Only exemptions of this municipality, those included that are filed under a number which it
    /// had or took over by the day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only exemptions in this situation on the day.
    #[deserr(default)]
    situation: Option<ExemptionSituation>,
    /// Only exemptions that are granted on the day and whose last day comes before this one.
    #[deserr(default)]
    expires_before: Option<Day>,
    /// Only the exemption that another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<ExternalName>,
}

/// What exemptions are sorted by.
pub struct ExemptionOrders;

impl Orders for ExemptionOrders {
    const ALL: &'static [By] = &[
        By::key("created", "When they were drafted here."),
        By::text(
            "municipality",
            "municipality",
            "The number of the municipality that they are filed under.",
        ),
        By::day(
            "expires_on",
            "expires_on",
            "The last day they cover, those that are not granted on the day last.",
        ),
    ];
}

/// List supervision exemptions
///
/// In the order they were drafted, as they are on `as_of`.
#[utoipa::path(tag = "supervision exemptions", operation_id = "list_supervision_exemptions",
    params(ExemptionFilters, Sort<ExemptionOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of exemptions", body = Page<ExemptionView>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervision-exemptions")]
pub async fn list_all(list: List<ExemptionFilters, ExemptionOrders>) -> Answer {
    let filters = &list.filters;
    let rows = Rows::of_municipality("municipality").or_of_supervisor("supervisor");
    ListQuery::of("exemptions", rows.or_all_for(Role::Directorate))
        .filter("supervisor = $$", filters.supervisor.map(|id| id.0))
        .filed_under("municipality", filters.municipality.as_ref())
        .filter("situation = $$", filters.situation.map(|s| s.to_string()))
        .filter("expires_on < $$", filters.expires_before.map(|day| day.0))
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| e.to_string()))
        .answer(list)
        .await
}

/// Read a supervision exemption
///
/// As it is on `as_of` (today by default): it expires by itself.
#[utoipa::path(tag = "supervision exemptions", operation_id = "read_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062"), TimeAxes),
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervision-exemptions/{id}")]
pub async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    let view = |state: &Exemptions, day| ExemptionView::on(state.get(*id).ok()?, day);
    read.resource(&exemption_subject(*id), view).await
}

/// Read a supervision exemption's history
///
/// Every event that concerns it, newest first.
#[utoipa::path(tag = "supervision exemptions", operation_id = "read_supervision_exemption_history",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/supervision-exemptions/{id}/history")]
pub async fn history(list: History, id: Path<Uuid>) -> Answer {
    list.history(&[exemption_subject(*id)]).await
}

/// A rule on one exemption: load, decide, answer with the exemption as it then is.
pub(super) async fn on_exemption(
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
        Ok(Decision::new(exemption_subject(id), &facts, replied(200, &next, id, today)))
    };
    change.execute(canonical, decide).await
}

/// Tell more of a drafted exemption
///
/// What is told again replaces what was told before. Once submitted, it stands unless it is
/// corrected.
#[utoipa::path(tag = "supervision exemptions", operation_id = "detail_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = DetailExemption,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION])))))]
#[post("/v1/supervision-exemptions/{id}/details")]
pub async fn detail(change: Change, id: Path<Uuid>, body: Body<DetailExemption>) -> Answer {
    let (told, today) = (body.value.application(), change.today);
    on_exemption(change, &body.canonical, *id, |it| it.detail(told.clone(), today)).await
}

/// The day of a step of the procedure.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ExemptionStep {
    /// The day it happens; today by default.
    #[deserr(default)]
    pub(super) on: Option<Day>,
}

/// Submit a supervision exemption
///
/// Refused while anything is missing that the directorate must be told.
#[utoipa::path(tag = "supervision exemptions", operation_id = "submit_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = ExemptionStep,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&EXEMPTION_INCOMPLETE, &EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER])))))]
#[post("/v1/supervision-exemptions/{id}/submission")]
pub async fn submit(change: Change, id: Path<Uuid>, body: Body<ExemptionStep>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    on_exemption(change, &body.canonical, *id, |it| it.submit(on)).await
}
