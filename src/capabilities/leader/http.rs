//! The operations on leaders; those on their terms are in [`terms`].

mod external_ids;
mod terms;

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::delegation::{lent, nobody_there};
use super::domain::{Corrected, Event, Registered, hpr_subject, subject};
use super::problems::*;
use super::state::Leader;
use super::view::LeaderView;
use crate::capabilities::external_id::problems::LEADER_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::capabilities::reference::municipality_in_use;
use crate::edge::{self, Day, Faults, Id};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::person::{NewPerson, PersonKind, RecordedPerson};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{Comment, ExternalId, ExternalName, HprNumber, MunicipalityNumber, Name};
use crate::problem::common::NOT_FOUND;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(register)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(correct)
        .service(terms::add_term)
        .service(terms::correct_term)
        .service(terms::end)
        .service(external_ids::add)
        .service(external_ids::withdraw);
}

/// A leader to register, with a first term.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RegisterLeader {
    /// The leader's name.
    name: Name,
    /// The leader's HPR number, if a health worker: one leader each.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// Where the leader leads; the number must be in use on the first day.
    municipality: MunicipalityNumber,
    /// First day.
    from: Day,
    /// Last day, when it is known; open otherwise.
    #[deserr(default)]
    to: Option<Day>,
    /// The leader on whose behalf this one leads, if so: one who leads there on their own account
    /// on those days. It lapses with that leader's term.
    #[deserr(default)]
    delegated_by: Option<Id>,
    /// What other systems call the leader; each id names one leader.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

fn replied(status: u16, state: &Leader, day: jiff::civil::Date) -> Reply {
    let shown = LeaderView::on(state, day);
    let location = shown.as_ref().map(|view| format!("/v1/leaders/{}", view.id));
    let body = serde_json::to_value(shown).expect("views are plain data");
    Reply { status, location: location.filter(|_| status == 201), head: None, body }
}

/// Of leaders, one at most has an HPR number.
static LEADERS: PersonKind = PersonKind { name: "leader", hpr_subject, exists: &LEADER_EXISTS };

/// Register a leader
///
/// Somebody leads in a municipality from a day. Name and HPR number are kept sealed and stay out of
/// the event log, the feed and every log of the service.
#[utoipa::path(tag = "leaders", operation_id = "register_leader",
    request_body = RegisterLeader,
    responses((status = 201, description = "The leader", body = LeaderView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&LEADER_EXISTS, &LEADER_DELEGATES_TOO_MANY,
        &LEADER_EXTERNAL_ID_TAKEN])))))]
#[post("/v1/leaders")]
async fn register(change: Change, body: Body<RegisterLeader>) -> Answer {
    let (asked, today) = (body.value, change.today);
    external_id::checked(&asked.external_ids)?;
    change.reach().act_in(&asked.municipality)?;
    terms::may_lend(change.reach(), asked.delegated_by.map(|by| by.0))?;
    let term = Uuid::now_v7();
    let period = edge::period(asked.from, asked.to)?;
    let vault = &change.service.vault;
    let lookup = asked.hpr_number.as_ref().map(|hpr| vault.lookup(hpr));
    let person = NewPerson::new(vault, &asked.name, asked.hpr_number.as_ref());
    let id = person.id;
    let decide = async |view: &View| {
        municipality_in_use(view, &asked.municipality, period.from).await?;
        view.is_new(&subject(id)).await?;
        if let Some(lookup) = &lookup {
            LEADERS.free(view, lookup).await?;
        }
        external_id::free(view, Kind::Leader, &asked.external_ids).await?;
        let delegator = delegator(view, asked.delegated_by).await?;
        let delegation = lent(delegator.known(), id, &asked.municipality, &period)?;
        let facts = [Event::from(Registered {
            leader: id,
            sealed: person.sealed.clone(),
            hpr_lookup: lookup.clone(),
            term,
            municipality: asked.municipality.clone(),
            period,
            on: today,
            delegation,
            external_ids: asked.external_ids.clone(),
        })];
        let next = evolved!(Leader::default(), facts);
        Ok(person.registered(subject(id), &facts, replied(201, &next, today)))
    };
    // `change` is consumed by `execute`, the vault above only borrowed until here.
    change.execute(&body.canonical, decide).await
}

/// Which leaders.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct LeaderFilters {
    /// Only leaders who lead in this municipality on the day, also by terms under a number which it
    /// had or took over by then.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only the leader with this HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// Only the leader whom another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<ExternalName>,
}

/// What leaders are sorted by. Names are sealed, so not by them.
pub struct LeaderOrders;

impl Orders for LeaderOrders {
    const ALL: &'static [By] = &[By::key(
        "created",
        "When they were registered here. Names are sealed, and not sorted by.",
    )];
}

/// List leaders
///
/// In the order they were registered, as on `as_of`.
#[utoipa::path(tag = "leaders", operation_id = "list_leaders",
    params(LeaderFilters, Sort<LeaderOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of leaders", body = Page<LeaderView>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/leaders")]
async fn list_all(list: List<LeaderFilters, LeaderOrders>) -> Answer {
    let filters = &list.filters;
    let vault = &list.read.service.vault;
    let rows = Rows::of_municipalities("municipalities").or_of_leader("key");
    ListQuery::of("leaders", rows)
        .filed_among("municipalities", filters.municipality.as_ref())
        .filter("hpr_lookup = $$", filters.hpr_number.as_ref().map(|hpr| vault.lookup(hpr)))
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| e.to_string()))
        .answer(list)
        .await
}

/// Read a leader
#[utoipa::path(tag = "leaders", operation_id = "read_leader",
    params(("id" = Uuid, Path, description = "The leader.", example = "01890a5d-ac96-774b-bcce-b302099a8061"), TimeAxes),
    responses((status = 200, description = "The leader", body = LeaderView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/leaders/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    read.resource(&subject(*id), LeaderView::on).await
}

/// Read a leader's history
///
/// Every event that concerns the leader's registration and terms, newest first. What the leader
/// decided stands in the history of what was decided.
#[utoipa::path(tag = "leaders", operation_id = "read_leader_history",
    params(("id" = Uuid, Path, description = "The leader.", example = "01890a5d-ac96-774b-bcce-b302099a8061"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/leaders/{id}/history")]
async fn history(list: History, id: Path<Uuid>) -> Answer {
    list.history(&[subject(*id)]).await
}

async fn leader(view: &View, id: Uuid) -> Result<Loaded<Leader>, Refusal> {
    let loaded: Loaded<Leader> = view.load(&subject(id)).await?;
    match loaded.state.known() {
        Some(_) => Ok(loaded),
        None => Err((&NOT_FOUND).into()),
    }
}

/// The leader on whose behalf another one is to lead, guarded: a term that ends at this moment must
/// know of whom it concerns.
async fn delegator(view: &View, by: Option<Id>) -> Result<Leader, Refusal> {
    let Some(Id(by)) = by else { return Ok(Leader::Unknown) };
    let loaded: Loaded<Leader> = view.load(&subject(by)).await?;
    match loaded.state {
        Leader::Unknown => Err(nobody_there().into()),
        Leader::Known(_) => Ok(loaded.state),
    }
}

/// Who the leader really is; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectLeader {
    /// The leader's name.
    #[deserr(default)]
    name: Option<Name>,
    /// The leader's HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct who a leader is
///
/// The wrong name and number stay sealed in the log, where nobody but the audit reads them.
#[utoipa::path(tag = "leaders", operation_id = "correct_leader",
    params(("id" = Uuid, Path, description = "The leader.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = CorrectLeader,
    responses((status = 200, description = "The leader", body = LeaderView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&LEADER_EXISTS, &PERSON_ERASED])))))]
#[post("/v1/leaders/{id}/correction")]
async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectLeader>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    let (service, reach) = (change.service.clone(), change.reach().clone());
    let decide = async |view: &View| {
        let loaded = leader(view, id).await?;
        let known = loaded.state.known().expect("checked by leader()");
        not_erased(known.erased.as_ref())?;
        let (sealed, hpr_lookup) = (known.sealed.as_str(), known.hpr_lookup.as_deref());
        let belongs_to = known.municipalities_from(today);
        let recorded = RecordedPerson { id, sealed, hpr_lookup, belongs_to };
        let (name, number) = (asked.name.as_ref(), asked.hpr_number.as_ref());
        let person = LEADERS.corrected(view, (&service.vault, &reach), recorded, name, number);
        let person = person.await?;
        let facts = if person.same {
            vec![]
        } else {
            vec![Event::from(Corrected {
                leader: id,
                corrects: known.told_at,
                sealed: person.sealed,
                hpr_lookup: person.hpr_lookup,
                reason: asked.reason.clone(),
                on: today,
            })]
        };
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}
