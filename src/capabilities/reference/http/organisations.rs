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
use crate::edge::{Day, Faults};
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

fn replied(status: u16, state: &Organisation, day: Date) -> Result<Reply, Refusal> {
    let known = state.known()?;
    // One that begins later is shown as it will be on its first day.
    let shown = OrganisationView::on(state, day.max(known.first_day()));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/organisations/{}", known.number));
    Ok(Reply { status, location, head: None, body })
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
        Ok(Decision::new(subject, &facts, replied(201, &next, today)?))
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

/// What the organisation really is; what is left out stays.
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
    /// Why it is corrected.
    reason: Comment,
}

/// Correct what was recorded of an organisation
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "organisations", operation_id = "correct_organisation",
    params(("number" = OrganisationNumber, Path, description = "The organisation's number.")),
    request_body = CorrectOrganisation,
    responses((status = 200, description = "The organisation", body = OrganisationView)),
    extensions(("x-access" = json!("register"))))]
#[post("/v1/organisations/{number}/correction")]
async fn correct(
    change: Change,
    number: Path<OrganisationNumber>,
    body: Body<CorrectOrganisation>,
) -> Answer {
    let (asked, today) = (body.value, change.today);
    let decide = async |view: &View| {
        let subject = organisation_subject(&number);
        let loaded: Loaded<Organisation> = view.load(&subject).await?;
        let known = loaded.state.known()?;
        let (told, asked) = (&known.facts, asked.clone());
        let really = OrganisationFacts {
            name: asked.name.unwrap_or_else(|| told.name.clone()),
            kind: asked.kind.unwrap_or(told.kind),
            municipality: asked.municipality.or_else(|| told.municipality.clone()),
            from: asked.from.map(|day| day.0).or(told.from),
        };
        let facts = known.correct(really.clone(), asked.reason, today);
        if !facts.is_empty() {
            lies_somewhere(view, &really, today).await?;
        }
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject, &facts, replied(200, &next, today)?))
    };
    change.execute(&body.canonical, decide).await
}
