//! The operations on organisations.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::domain::{OrganisationFacts, OrganisationKind, organisation_subject};
use super::super::organisation::Organisation;
use super::super::problems::*;
use super::super::view::OrganisationView;
use super::municipality_in_use;
use crate::edge::{Day, Faults, FieldFault, never};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{Comment, MunicipalityNumber, Name, OrganisationNumber};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record).service(list_all).service(read_one).service(history).service(correct);
}

/// An organisation to record.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RecordOrganisation {
    /// Its number: one organisation each.
    organisation_number: OrganisationNumber,
    /// Its name.
    name: Name,
    /// What it is.
    kind: OrganisationKind,
    /// The municipality it is or lies in; its number must be in use on the first day (today when
    /// none is told).
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// The first day it exists.
    #[deserr(default)]
    from: Option<Day>,
}

pub(super) fn replied(status: u16, state: &Organisation, day: Date) -> Reply {
    let known = state.known().ok();
    // One that begins later is shown as it will be on its first day.
    let shown = known.and_then(|known| OrganisationView::on(state, day.max(known.first_day())));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = known.map(|known| format!("/v1/organisations/{}", known.number));
    Reply { status, location: location.filter(|_| status == 201), head: None, body }
}

async fn lies_somewhere(
    view: &View,
    facts: &OrganisationFacts,
    today: Date,
) -> Result<(), Refusal> {
    match &facts.municipality {
        Some(number) => municipality_in_use(view, number, facts.from.unwrap_or(today)).await,
        None => Ok(()),
    }
}

/// Record an organisation
#[utoipa::path(tag = "organisations", operation_id = "record_organisation",
    request_body = RecordOrganisation,
    responses((status = 201, description = "The organisation", body = OrganisationView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ORGANISATION_EXISTS])))))]
#[post("/v1/organisations")]
async fn record(change: Change, body: Body<RecordOrganisation>) -> Answer {
    let (asked, today) = (body.value, change.today);
    let told = OrganisationFacts {
        name: asked.name,
        kind: asked.kind,
        municipality: asked.municipality,
        from: asked.from.map(|day| day.0),
    };
    let number = asked.organisation_number;
    let decide = async |view: &View| {
        let subject = organisation_subject(&number);
        let loaded: Loaded<Organisation> = view.load(&subject).await?;
        let facts = loaded.state.record(number.clone(), told.clone(), today)?;
        if !facts.is_empty() {
            lies_somewhere(view, &told, today).await?;
        }
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject, &facts, replied(201, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}

/// Which organisations.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct OrganisationFilters {
    /// Only organisations of this kind.
    #[deserr(default)]
    kind: Option<OrganisationKind>,
    /// Only organisations that are or lie in this municipality, also under a number which it had or
    /// took over by the day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

/// What organisations are sorted by.
pub struct OrganisationOrders;

impl Orders for OrganisationOrders {
    const ALL: &'static [By] = &[
        By::key("organisation_number", "Their number."),
        By::text("name", "name_order", "Their name, in the Norwegian order of letters."),
    ];
}

/// List organisations
///
/// Those that exist on `as_of`, in the order of their numbers.
#[utoipa::path(tag = "organisations", operation_id = "list_organisations",
    params(OrganisationFilters, Sort<OrganisationOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of organisations", body = Page<OrganisationView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/organisations")]
async fn list_all(list: List<OrganisationFilters, OrganisationOrders>) -> Answer {
    let filters = &list.filters;
    ListQuery::of("organisations", Rows::open())
        .filter("kind = $$", filters.kind.map(|kind| kind.to_string()))
        .filed_under("municipality", filters.municipality.as_ref())
        .answer(list)
        .await
}

/// Read an organisation
///
/// As it is on `as_of` (today by default); once it is closed, as on its last day.
#[utoipa::path(tag = "organisations", operation_id = "read_organisation",
    params(("number" = OrganisationNumber, Path, description = "The organisation's number."), TimeAxes),
    responses((status = 200, description = "The organisation", body = OrganisationView)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/organisations/{number}")]
async fn read_one(read: Read, number: Path<OrganisationNumber>) -> Answer {
    read.resource(&organisation_subject(&number), OrganisationView::on).await
}

/// Read an organisation's history
///
/// Every event that concerns it as reference data, newest first.
#[utoipa::path(tag = "organisations", operation_id = "read_organisation_history",
    params(("number" = OrganisationNumber, Path, description = "The organisation's number."), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/organisations/{number}/history")]
async fn history(list: History, number: Path<OrganisationNumber>) -> Answer {
    list.history(&[organisation_subject(&number)]).await
}

/// What the organisation really was when it was recorded; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOrganisation {
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// What it is.
    #[deserr(default)]
    kind: Option<OrganisationKind>,
    /// The municipality it is or lies in.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// The first day it exists.
    #[deserr(default)]
    from: Option<Day>,
    /// There never was such an organisation, or it has another number: it is taken out, and nothing
    /// else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

impl CorrectOrganisation {
    fn is_never(&self) -> Result<bool, FieldFault> {
        let (name, kind) = (self.name.is_some(), self.kind.is_some());
        never(self.never_was, name || kind || self.municipality.is_some() || self.from.is_some())
    }

    /// What it tells, completed by what was told.
    fn over(self, told: &OrganisationFacts) -> OrganisationFacts {
        OrganisationFacts {
            name: self.name.unwrap_or_else(|| told.name.clone()),
            kind: self.kind.unwrap_or(told.kind),
            municipality: self.municipality.or_else(|| told.municipality.clone()),
            from: self.from.map(|day| day.0).or(told.from),
        }
    }
}

/// Correct what was recorded of an organisation
///
/// What it was from its first day on; changes that were told for later days stay. The first account
/// stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "organisations", operation_id = "correct_organisation",
    params(("number" = OrganisationNumber, Path, description = "The organisation's number.")),
    request_body = CorrectOrganisation,
    responses((status = 200, description = "The organisation; null if it never was", body = Option<OrganisationView>)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ORGANISATION_NOT_THERE])))))]
#[post("/v1/organisations/{number}/correction")]
async fn correct(
    change: Change,
    number: Path<OrganisationNumber>,
    body: Body<CorrectOrganisation>,
) -> Answer {
    let (asked, today) = (body.value, change.today);
    let never_was = asked.is_never()?;
    let decide = async |view: &View| {
        let subject = organisation_subject(&number);
        let loaded: Loaded<Organisation> = view.load(&subject).await?;
        let known = loaded.state.known()?;
        let reason = asked.reason.clone();
        let facts = if never_was {
            known.take_out(reason)
        } else {
            let really = asked.clone().over(&known.facts);
            let facts = known.correct(really.clone(), reason, today)?;
            if !facts.is_empty() {
                lies_somewhere(view, &really, today).await?;
            }
            facts
        };
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject, &facts, replied(200, &next, today)))
    };
    change.execute(&body.canonical, decide).await
}
