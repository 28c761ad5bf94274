//! The operations on trainees.

mod external_ids;

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::domain::{Corrected, Event, Registered, Scheme, Trainee, hpr_subject, subject};
use super::problems::*;
use super::view::TraineeView;
use crate::capabilities::external_id::problems::TRAINEE_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::edge::{Day, Faults};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::person::{NewPerson, PersonKind, RecordedPerson};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{Comment, ExternalId, ExternalName, HprNumber, MunicipalityNumber, Name};

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(register)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(correct)
        .service(change_scheme)
        .service(external_ids::add)
        .service(external_ids::withdraw);
}

/// A doctor to register.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RegisterTrainee {
    /// The doctor's HPR number: one trainee each.
    hpr_number: HprNumber,
    /// The doctor's name.
    name: Name,
    /// Under which rules the doctor trains.
    scheme: Scheme,
    /// When LIS1 was completed; a doctor cannot begin in a position before that.
    #[deserr(default)]
    lis1_completed_on: Option<Day>,
    /// What other systems call the doctor; each id names one doctor.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
    /// The municipality that registers the doctor; needed of callers who act for several.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

fn replied(status: u16, state: &Trainee, day: jiff::civil::Date) -> Reply {
    let shown = TraineeView::on(state, day);
    let location = shown.as_ref().map(|view| format!("/v1/trainees/{}", view.id));
    let body = serde_json::to_value(shown).expect("views are plain data");
    Reply { status, location: location.filter(|_| status == 201), head: None, body }
}

/// Of trainees, one at most has an HPR number.
static TRAINEES: PersonKind = PersonKind { name: "trainee", hpr_subject, exists: &TRAINEE_EXISTS };

/// Register a trainee
///
/// A doctor is registered once; the HPR number tells. Name and number are kept sealed and stay out
/// of the event log, the feed and every log of the service.
#[utoipa::path(tag = "trainees", operation_id = "register_trainee",
    request_body = RegisterTrainee,
    responses((status = 201, description = "The trainee", body = TraineeView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&TRAINEE_EXISTS, &TRAINEE_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/trainees")]
async fn register(change: Change, body: Body<RegisterTrainee>) -> Answer {
    let (asked, today) = (body.value, change.today);
    external_id::checked(&asked.external_ids)?;
    let municipality = change.reach().registering(asked.municipality.as_ref())?;
    let vault = &change.service.vault;
    let lookup = vault.lookup(&asked.hpr_number);
    let person = NewPerson::new(vault, &asked.name, Some(&asked.hpr_number));
    let id = person.id;
    let decide = async |view: &View| {
        view.is_new(&subject(id)).await?;
        TRAINEES.free(view, &lookup).await?;
        external_id::free(view, Kind::Trainee, &asked.external_ids).await?;
        let facts = [Event::from(Registered {
            trainee: id,
            sealed: person.sealed.clone(),
            hpr_lookup: lookup.clone(),
            scheme: asked.scheme,
            lis1_completed_on: asked.lis1_completed_on.map(|day| day.0),
            external_ids: asked.external_ids.clone(),
            municipality: municipality.clone(),
            on: today,
        })];
        let next = evolved!(Trainee::default(), facts);
        Ok(person.registered(subject(id), &facts, replied(201, &next, today)))
    };
    // `change` is consumed by `execute`, the vault above only borrowed until here.
    change.execute(&body.canonical, decide).await
}

/// Which trainees.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct TraineeFilters {
    /// Only the trainee with this HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// Only trainees under these rules on the day.
    #[deserr(default)]
    scheme: Option<Scheme>,
    /// Only trainees who hold a position in this municipality on the day, also one that is filed
    /// under a number which it had or took over by then.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only the trainee whom another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<ExternalName>,
}

/// What trainees are sorted by. Names are sealed, so not by them.
pub struct TraineeOrders;

impl Orders for TraineeOrders {
    const ALL: &'static [By] = &[By::key(
        "created",
        "When they were registered here. Names are sealed, and not sorted by.",
    )];
}

/// List trainees
///
/// In the order they were registered, as on `as_of`.
#[utoipa::path(tag = "trainees", operation_id = "list_trainees",
    params(TraineeFilters, Sort<TraineeOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of trainees", body = Page<TraineeView>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/trainees")]
async fn list_all(list: List<TraineeFilters, TraineeOrders>) -> Answer {
    let filters = &list.filters;
    let vault = &list.read.service.vault;
    ListQuery::of("trainees", Rows::of_doctor("key"))
        .filter("hpr_lookup = $$", filters.hpr_number.as_ref().map(|hpr| vault.lookup(hpr)))
        .filter("scheme = $$", filters.scheme.map(|scheme| scheme.to_string()))
        .filed_among("municipalities", filters.municipality.as_ref())
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| e.to_string()))
        .answer(list)
        .await
}

/// Read a trainee
#[utoipa::path(tag = "trainees", operation_id = "read_trainee",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"), TimeAxes),
    responses((status = 200, description = "The trainee", body = TraineeView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/trainees/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    read.resource(&subject(*id), TraineeView::on).await
}

/// Read a trainee's history
///
/// Every event that concerns the doctor's registration and positions, newest first.
#[utoipa::path(tag = "trainees", operation_id = "read_trainee_history",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/trainees/{id}/history")]
async fn history(list: History, id: Path<Uuid>) -> Answer {
    list.history(&[subject(*id)]).await
}

async fn trainee(view: &View, id: Uuid) -> Result<Loaded<Trainee>, Refusal> {
    let loaded: Loaded<Trainee> = view.load(&subject(id)).await?;
    match loaded.state.known() {
        Some(_) => Ok(loaded),
        None => Err((&crate::problem::common::NOT_FOUND).into()),
    }
}

/// Who the doctor really is; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectTrainee {
    /// The doctor's HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// The doctor's name.
    #[deserr(default)]
    name: Option<Name>,
    /// When LIS1 was completed.
    #[deserr(default)]
    lis1_completed_on: Option<Day>,
    /// Under which rules the doctor trains from the beginning. Changes of the scheme that were told
    /// are taken back with it: tell those that are right again.
    #[deserr(default)]
    scheme: Option<Scheme>,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct what was recorded of a trainee
///
/// The wrong name and number stay sealed in the log, where nobody but the audit reads them.
#[utoipa::path(tag = "trainees", operation_id = "correct_trainee",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058")),
    request_body = CorrectTrainee,
    responses((status = 200, description = "The trainee", body = TraineeView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&TRAINEE_EXISTS, &PERSON_ERASED])))))]
#[post("/v1/trainees/{id}/correction")]
async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectTrainee>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    let (service, reach) = (change.service.clone(), change.reach().clone());
    let decide = async |view: &View| {
        let loaded = trainee(view, id).await?;
        let known = loaded.state.known().expect("checked by trainee()");
        not_erased(known.erased.as_ref())?;
        let (sealed, hpr_lookup) = (known.sealed.as_str(), Some(known.hpr_lookup.as_str()));
        let belongs_to = known.at_home_on(today);
        let recorded = RecordedPerson { id, sealed, hpr_lookup, belongs_to };
        let (name, number) = (asked.name.as_ref(), asked.hpr_number.as_ref());
        let by = (&*service.vault, &*reach);
        let person = TRAINEES.corrected(view, by, recorded, name, number).await?;
        let lis1 = asked.lis1_completed_on.map(|day| day.0).or(known.lis1_completed_on);
        let scheme = asked.scheme.filter(|scheme| !known.always_in(*scheme));
        let facts = if person.same && lis1 == known.lis1_completed_on && scheme.is_none() {
            vec![]
        } else {
            vec![Event::from(Corrected {
                trainee: id,
                corrects: known.told_at,
                sealed: person.sealed,
                hpr_lookup: person.hpr_lookup.unwrap_or_else(|| known.hpr_lookup.clone()),
                lis1_completed_on: lis1,
                scheme,
                reason: asked.reason.clone(),
                on: today,
            })]
        };
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}

/// Other rules for the doctor.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ChangeScheme {
    /// Under which rules the doctor trains from that day.
    scheme: Scheme,
    /// The first day.
    from: Day,
    /// Why.
    reason: Comment,
}

/// Change the scheme of a trainee
#[utoipa::path(tag = "trainees", operation_id = "change_trainee_scheme",
    params(("id" = Uuid, Path, description = "The trainee.", example = "01890a5d-ac96-774b-bcce-b302099a8058")),
    request_body = ChangeScheme,
    responses((status = 200, description = "The trainee", body = TraineeView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&SCHEME_CHANGE])))))]
#[post("/v1/trainees/{id}/scheme")]
async fn change_scheme(change: Change, id: Path<Uuid>, body: Body<ChangeScheme>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    let decide = async |view: &View| {
        let loaded = trainee(view, id).await?;
        let known = loaded.state.known().expect("checked by trainee()");
        let facts = known.change_scheme(asked.scheme, asked.from.0, asked.reason.clone())?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}
