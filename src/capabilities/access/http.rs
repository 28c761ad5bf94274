//! The operations on access grants.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::domain::{Event, GrantedRole, grantee_subject, subject};
use super::grants::{Grant, GrantStatus, Grants};
use super::permissions::has_municipalities;
use super::problems::*;
use super::view::AccessGrantView;
use crate::capabilities::reference::{municipality_in_use, organisation_not_closed};
use crate::edge::{self, Day, Fault, Faults, happened};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::actor::Role;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::problem::Rejection;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(grant)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(accept)
        .service(decline)
        .service(end);
}

/// A role for an organisation.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct GrantAccess {
    /// Who is to have the role.
    organisation_number: OrganisationNumber,
    /// Which role.
    role: GrantedRole,
    /// The municipality that delegates; with the role `system`, and only then.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// First day; today by default.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day; open by default.
    #[deserr(default)]
    to: Option<Day>,
}

fn replied(status: u16, held: &Grant, day: jiff::civil::Date) -> Reply {
    let body = serde_json::to_value(AccessGrantView::on(held, day)).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/access-grants/{}", held.id));
    Reply { status, location, head: None, body }
}

/// Grant an organisation a role
///
/// A municipality offers a delegation to the organisation behind a system (`system`); it counts
/// once that one has accepted, and is not passed on. Whoever keeps the register appoints the
/// directorate, reporting jobs and auditors, who need not accept. Nobody has both: a delegation is
/// not offered to who is appointed for everybody, and no municipality and no ALIS office is
/// appointed. What was done while a grant held stays when it ends.
#[utoipa::path(tag = "access", operation_id = "grant_access",
    request_body = GrantAccess,
    responses((status = 201, description = "The grant", body = AccessGrantView)),
    extensions(("x-access" = json!("grants")), ("x-problems" = json!(codes(&[&ACCESS_GRANT_EXISTS, &ORGANISATION_IS_APPOINTED,
        &ORGANISATION_HAS_MUNICIPALITIES])))))]
#[post("/v1/access-grants")]
async fn grant(change: Change, body: Body<GrantAccess>) -> Answer {
    let (asked, today, id) = (body.value, change.today, Uuid::now_v7());
    if (asked.role == GrantedRole::System) != asked.municipality.is_some() {
        let fault = Fault::new(
            "only_with_system",
            "A municipality is named with the role system, and only then.",
            "En kommune oppgis med rollen system, og bare da.",
        );
        return Err(Rejection::field("/municipality", fault).into());
    }
    change.permissions().may_grant(asked.municipality.as_ref())?;
    let from = asked.from.map_or(today, |day| day.0);
    let period = edge::period(Day(from), asked.to)?;
    let decide = async |view: &View| {
        view.is_new(&subject(id)).await?;
        if let Some(number) = &asked.municipality {
            municipality_in_use(view, number, from).await?;
        }
        organisation_not_closed(view, &asked.organisation_number, from).await?;
        let grantee = grantee_subject(&asked.organisation_number);
        let loaded: Loaded<Grants> = view.load(&grantee).await?;
        let (number, municipality) = (&asked.organisation_number, asked.municipality.clone());
        let wanted = Grant::new(id, number.clone(), asked.role, municipality, period);
        let same = loaded.state.same(&wanted).cloned();
        let appoints = same.is_none() && asked.role.is_appointment();
        if appoints && has_municipalities(view, number, &period).await? {
            return Err(Rejection::new(&ORGANISATION_HAS_MUNICIPALITIES)
                .with("organisation_number", number)
                .into());
        }
        let facts = loaded.state.grant(wanted.clone())?;
        let (main, shown) = match same {
            Some(held) => (subject(held.id), held),
            None => (subject(id), wanted),
        };
        let mut reply = replied(201, &shown, today);
        if facts.is_empty() {
            reply.head = Some(view.load::<Grants>(&main).await?.head);
        }
        Ok(Decision::new(main, &facts, reply))
    };
    change.execute(&body.canonical, decide).await
}

/// Which grants.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct AccessGrantFilters {
    /// Only grants to this organisation.
    #[deserr(default)]
    organisation_number: Option<OrganisationNumber>,
    /// Only grants of this role.
    #[deserr(default)]
    role: Option<GrantedRole>,
    /// Only grants with this status on the day.
    #[deserr(default)]
    status: Option<GrantStatus>,
    /// Only delegations of this municipality, those included that were given under a number which
    /// it had or took over by the day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

/// What grants are sorted by.
pub struct AccessGrantOrders;

impl Orders for AccessGrantOrders {
    const ALL: &'static [By] = &[
        By::key("created", "When they were given."),
        By::text(
            "organisation_number",
            "organisation",
            "The number of the organisation that has them.",
        ),
    ];
}

/// List access grants
///
/// Those that the caller may see: one's own, those of one's municipality, all for whoever keeps the
/// register and for auditors. Those that were declined, cancelled or have ended are listed too.
#[utoipa::path(tag = "access", operation_id = "list_access_grants",
    params(AccessGrantFilters, Sort<AccessGrantOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of grants", body = Page<AccessGrantView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/access-grants")]
async fn list_all(list: List<AccessGrantFilters, AccessGrantOrders>) -> Answer {
    let filters = &list.filters;
    let text = |value: &dyn ToString| value.to_string();
    let rows = Rows::of_municipality("municipality").or_of_organisation("organisation");
    ListQuery::of("access_grants", rows.or_all_for(Role::Register))
        .filter("organisation = $$", filters.organisation_number.as_ref().map(|n| text(n)))
        .filter("role = $$", filters.role.map(|role| text(&role)))
        .filter("status = $$", filters.status.map(|status| text(&status)))
        .filed_under("municipality", filters.municipality.as_ref())
        .answer(list)
        .await
}

/// Read an access grant
#[utoipa::path(tag = "access", operation_id = "read_access_grant",
    params(("id" = Uuid, Path, description = "The grant.", example = "01890a5d-ac96-774b-bcce-b302099a8070"), TimeAxes),
    responses((status = 200, description = "The grant", body = AccessGrantView)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/access-grants/{id}")]
async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    let view = |state: &Grants, day| Some(AccessGrantView::on(state.get(*id).ok()?, day));
    read.resource(&subject(*id), view).await
}

/// Read an access grant's history
///
/// Every event that concerns it, newest first.
#[utoipa::path(tag = "access", operation_id = "read_access_grant_history",
    params(("id" = Uuid, Path, description = "The grant.", example = "01890a5d-ac96-774b-bcce-b302099a8070"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/access-grants/{id}/history")]
async fn history(list: History, id: Path<Uuid>) -> Answer {
    list.history(&[subject(*id)]).await
}

/// The organisation's answer to a delegation.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct GrantAnswer {
    /// The day of the answer; today by default, and no later day. A delegation that is accepted
    /// counts from then on.
    #[deserr(default)]
    on: Option<Day>,
}

/// A rule on one grant, among all that its organisation is granted: load, decide, answer with the
/// grant as it then is.
async fn on_grant(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl Fn(&Grants, &Grant) -> Result<Vec<Event>, Rejection>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| -> Result<Decision, Refusal> {
        let own: Loaded<Grants> = view.load(&subject(id)).await?;
        let held = own.state.get(id)?;
        let all: Loaded<Grants> = view.load(&grantee_subject(&held.organisation_number)).await?;
        let facts = rule(&all.state, held)?;
        let next = evolved!(own.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, next.get(id)?, today)))
    };
    change.execute(canonical, decide).await
}

/// Accept a delegation
///
/// The organisation that is to have it says yes, in its own name: from then on it acts for the
/// municipality. It cannot while it is appointed for everybody, because it would have to choose.
#[utoipa::path(tag = "access", operation_id = "accept_access_grant",
    params(("id" = Uuid, Path, description = "The grant.", example = "01890a5d-ac96-774b-bcce-b302099a8070")),
    request_body = GrantAnswer,
    responses((status = 200, description = "The grant", body = AccessGrantView)),
    extensions(("x-access" = json!("grantee")), ("x-problems" = json!(codes(&[&ACCESS_GRANT_STATUS, &ORGANISATION_IS_APPOINTED])))))]
#[post("/v1/access-grants/{id}/acceptance")]
async fn accept(change: Change, id: Path<Uuid>, body: Body<GrantAnswer>) -> Answer {
    let (on, today) = (body.value.on, change.today);
    happened(on, today)?;
    let rule = |all: &Grants, _: &Grant| all.accept(*id, on.map(|day| day.0), today);
    on_grant(change, &body.canonical, *id, rule).await
}

/// Decline a delegation
///
/// The organisation that was to have it says no. What has been accepted is given back by ending it.
#[utoipa::path(tag = "access", operation_id = "decline_access_grant",
    params(("id" = Uuid, Path, description = "The grant.", example = "01890a5d-ac96-774b-bcce-b302099a8070")),
    request_body = GrantAnswer,
    responses((status = 200, description = "The grant", body = AccessGrantView)),
    extensions(("x-access" = json!("grantee")), ("x-problems" = json!(codes(&[&ACCESS_GRANT_STATUS])))))]
#[post("/v1/access-grants/{id}/refusal")]
async fn decline(change: Change, id: Path<Uuid>, body: Body<GrantAnswer>) -> Answer {
    let (on, today) = (body.value.on, change.today);
    happened(on, today)?;
    let rule = |all: &Grants, _: &Grant| all.decline(*id, on.map(|day| day.0), today);
    on_grant(change, &body.canonical, *id, rule).await
}

/// The last day of a grant.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndAccessGrant {
    /// The last day it holds; today by default. Leave it out to take back what does not hold yet.
    #[deserr(default)]
    to: Option<Day>,
}

/// End an access grant
///
/// Access ends with that day. What does not hold yet (offered, or with a first day to come) is
/// taken back at once when no day is told. Whoever gave it may end it, and whoever has it may give
/// it back. What was done before stays.
#[utoipa::path(tag = "access", operation_id = "end_access_grant",
    params(("id" = Uuid, Path, description = "The grant.", example = "01890a5d-ac96-774b-bcce-b302099a8070")),
    request_body = EndAccessGrant,
    responses((status = 200, description = "The grant", body = AccessGrantView)),
    extensions(("x-access" = json!("grant_parties")), ("x-problems" = json!(codes(&[&ACCESS_GRANT_PERIOD, &ACCESS_GRANT_STATUS])))))]
#[post("/v1/access-grants/{id}/end")]
async fn end(change: Change, id: Path<Uuid>, body: Body<EndAccessGrant>) -> Answer {
    let (to, today, permissions) = (body.value.to, change.today, change.permissions().clone());
    let rule = |all: &Grants, held: &Grant| {
        if permissions.organisation.as_ref() != Some(&held.organisation_number) {
            permissions.may_grant(held.municipality.as_ref())?;
        }
        all.end(*id, to.map(|day| day.0), today)
    };
    on_grant(change, &body.canonical, *id, rule).await
}
