//! What becomes of an organisation: changed from a day on, closed, and both corrected.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::domain::{Event, OrganisationChange, OrganisationKind, organisation_subject};
use super::super::organisation::{Known, Organisation};
use super::super::problems::*;
use super::super::view::OrganisationView;
use super::municipality_in_use;
use super::organisations::replied;
use crate::edge::{Day, Faults, FieldFault, REQUIRED, never};
use crate::event_log::{Decision, Loaded, View};
use crate::evolved;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, MunicipalityNumber, Name, OrganisationNumber};
use crate::problem::Rejection;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(change_from).service(correct_change).service(close).service(correct_closure);
}

/// A rule on one organisation: load, decide, answer with it as it then is. The rule answers with
/// its facts, and with what they tell of a day: a municipality must be in use then.
async fn on_organisation(
    change: Change,
    canonical: &str,
    number: &OrganisationNumber,
    shown_on: Option<Date>,
    rule: impl Fn(&Known) -> Result<(Vec<Event>, Option<OrganisationChange>), Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let subject = organisation_subject(number);
        let loaded: Loaded<Organisation> = view.load(&subject).await?;
        let (facts, told) = rule(loaded.state.known()?)?;
        if let Some(OrganisationChange { from, municipality: Some(place), .. }) =
            told.filter(|_| !facts.is_empty())
        {
            municipality_in_use(view, &place, from).await?;
        }
        let next = evolved!(loaded.state, facts);
        let day = shown_on.map_or(today, |day| day.max(today));
        Ok(Decision::new(subject, &facts, replied(200, &next, day)))
    };
    change.execute(canonical, decide).await
}

/// What an organisation is from a day on; what is left out is how it was.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ChangeOrganisation {
    /// The first day it is so; the organisation must exist then.
    from: Day,
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// What it is.
    #[deserr(default)]
    kind: Option<OrganisationKind>,
    /// The municipality it is or lies in; its number must be in use on that day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

/// Change an organisation from a day on
///
/// Each of these holds until the next day for which the same is told. Told again with the same
/// first day, the later statement adds to the earlier and replaces what it tells again. A change
/// that is still to come is shown as on its first day.
#[utoipa::path(tag = "organisations", operation_id = "change_organisation",
    params(("number" = OrganisationNumber, Path, description = "The organisation's number.")),
    request_body = ChangeOrganisation,
    responses((status = 200, description = "The organisation", body = OrganisationView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ORGANISATION_NOT_THERE])))))]
#[post("/v1/organisations/{number}/changes")]
async fn change_from(
    change: Change,
    number: Path<OrganisationNumber>,
    body: Body<ChangeOrganisation>,
) -> Answer {
    let ChangeOrganisation { from, name, kind, municipality } = body.value;
    let told = OrganisationChange { from: from.0, name, kind, municipality };
    let rule = |known: &Known| Ok((known.change(told.clone())?, Some(told.clone())));
    on_organisation(change, &body.canonical, &number, Some(from.0), rule).await
}

/// How an organisation really changed; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOrganisationChange {
    /// The first day, as it was recorded: tells which change is meant.
    recorded_from: Day,
    /// The first day it is so.
    #[deserr(default)]
    from: Option<Day>,
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// What it is.
    #[deserr(default)]
    kind: Option<OrganisationKind>,
    /// The municipality it is or lies in.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Nothing changed then: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct a change of an organisation
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "organisations", operation_id = "correct_organisation_change",
    params(("number" = OrganisationNumber, Path, description = "The organisation's number.")),
    request_body = CorrectOrganisationChange,
    responses((status = 200, description = "The organisation", body = OrganisationView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ORGANISATION_NOT_THERE])))))]
#[post("/v1/organisations/{number}/changes/correction")]
async fn correct_change(
    change: Change,
    number: Path<OrganisationNumber>,
    body: Body<CorrectOrganisationChange>,
) -> Answer {
    let CorrectOrganisationChange {
        recorded_from,
        from,
        name,
        kind,
        municipality,
        never_was,
        reason,
    } = body.value;
    let else_told = from.is_some() || name.is_some() || kind.is_some() || municipality.is_some();
    let never_was = never(never_was, else_told)?;
    let was = recorded_from.0;
    let rule = |known: &Known| {
        let told = known.recorded_change(was)?;
        let from = from.map_or(told.from, |day| day.0);
        let (name, municipality) = (name.clone(), municipality.clone());
        let really = OrganisationChange { from, name, kind, municipality }.beside(told);
        let really = (!never_was).then_some(really);
        Ok((known.correct_change(was, really.clone(), reason.clone())?, really))
    };
    on_organisation(change, &body.canonical, &number, None, rule).await
}

/// The end of an organisation.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CloseOrganisation {
    /// The last day it exists.
    to: Day,
}

/// Close an organisation
///
/// After its last day it is in no list, reaches nothing, and is granted nothing.
#[utoipa::path(tag = "organisations", operation_id = "close_organisation",
    params(("number" = OrganisationNumber, Path, description = "The organisation's number.")),
    request_body = CloseOrganisation,
    responses((status = 200, description = "The organisation", body = OrganisationView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ORGANISATION_NOT_THERE, &ORGANISATION_CLOSED])))))]
#[post("/v1/organisations/{number}/closure")]
async fn close(
    change: Change,
    number: Path<OrganisationNumber>,
    body: Body<CloseOrganisation>,
) -> Answer {
    let to = body.value.to.0;
    let rule = |known: &Known| Ok((known.close(to)?, None));
    on_organisation(change, &body.canonical, &number, None, rule).await
}

/// When an organisation was really closed, or that it was not.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOrganisationClosure {
    /// The last day it exists.
    #[deserr(default)]
    to: Option<Day>,
    /// It was not closed: it exists still, and no day may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct the closure of an organisation
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "organisations", operation_id = "correct_organisation_closure",
    params(("number" = OrganisationNumber, Path, description = "The organisation's number.")),
    request_body = CorrectOrganisationClosure,
    responses((status = 200, description = "The organisation", body = OrganisationView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&ORGANISATION_NOT_THERE])))))]
#[post("/v1/organisations/{number}/closure/correction")]
async fn correct_closure(
    change: Change,
    number: Path<OrganisationNumber>,
    body: Body<CorrectOrganisationClosure>,
) -> Answer {
    let CorrectOrganisationClosure { to, never_was, reason } = body.value;
    if !never(never_was, to.is_some())? && to.is_none() {
        return Err(FieldFault::at("/to", REQUIRED).into());
    }
    let to = to.map(|day| day.0);
    let rule = |known: &Known| Ok((known.correct_closure(to, reason.clone())?, None));
    on_organisation(change, &body.canonical, &number, None, rule).await
}
