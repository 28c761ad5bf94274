//! The operations on access grants.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::domain::{Grant, GrantedRole, Grants, grantee_subject, subject};
use super::problems::{ACCESS_GRANT_EXISTS, ACCESS_GRANT_PERIOD};
use super::view::AccessGrantView;
use crate::capabilities::reference::{municipality_in_use, organisation_not_closed};
use crate::edge::{Day, Fault, Faults};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::actor::{Reach, Role};
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read, problems};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::problem::Rejection;
use crate::time::Period;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(grant).service(list_all).service(read_one).service(history).service(end);
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

/// A municipality delegates for itself; every other role is the register's to give.
fn may_grant(reach: &Reach, municipality: Option<&MunicipalityNumber>) -> Result<(), Rejection> {
    match municipality {
        _ if reach.has(Role::Register) || reach.has(Role::Loader) => Ok(()),
        Some(number) if reach.has(Role::Municipality) => reach.act_in(number),
        Some(_) | None => {
            let needed = "to keep the register, or to be the municipality that delegates";
            Err(Rejection::new(&problems::RELATION_MISSING).with("needed", needed))
        }
    }
}

fn replied(status: u16, held: &Grant, day: jiff::civil::Date) -> Reply {
    let body = serde_json::to_value(AccessGrantView::on(held, day)).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/access-grants/{}", held.id));
    Reply { status, location, head: None, body }
}

/// Grant an organisation a role
///
/// A municipality delegates to the organisation behind a system (`system`); whoever keeps the
/// register appoints the directorate, reporting jobs and auditors. What was done while a grant held
/// stays when it ends.
#[utoipa::path(tag = "access", operation_id = "grant_access",
    request_body = GrantAccess,
    responses((status = 201, description = "The grant", body = AccessGrantView)),
    extensions(("x-access" = json!("grants")), ("x-problems" = json!(codes(&[&ACCESS_GRANT_EXISTS])))))]
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
    may_grant(change.reach(), asked.municipality.as_ref())?;
    let from = asked.from.map_or(today, |day| day.0);
    let Some(period) = Period::try_new(from, asked.to.map(|day| day.0)) else {
        let fault =
            Fault::new("before_from", "Must not come before from.", "Kan ikke komme før from.");
        return Err(Rejection::field("/to", fault).into());
    };
    let decide = async |view: &View| {
        view.is_new(&subject(id)).await?;
        if let Some(number) = &asked.municipality {
            municipality_in_use(view, number, from).await?;
        }
        organisation_not_closed(view, &asked.organisation_number, from).await?;
        let grantee = grantee_subject(&asked.organisation_number);
        let loaded: Loaded<Grants> = view.load(&grantee).await?;
        let wanted = Grant {
            id,
            organisation_number: asked.organisation_number.clone(),
            role: asked.role,
            municipality: asked.municipality.clone(),
            period,
        };
        let facts = loaded.state.grant(wanted.clone())?;
        let same = loaded.state.same(&wanted).cloned();
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
/// register and for auditors. Ended grants are listed too, with `in_force` false.
#[utoipa::path(tag = "access", operation_id = "list_access_grants",
    params(AccessGrantFilters, Sort<AccessGrantOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of grants", body = Page<AccessGrantView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/access-grants")]
async fn list_all(list: List<AccessGrantFilters, AccessGrantOrders>) -> Answer {
    let filters = &list.filters;
    let text = |value: &dyn ToString| value.to_string();
    let rows = Rows::of_municipality("municipality").or_of_organisation("organisation");
    ListQuery::of("access_grants", rows)
        .filter("organisation = $$", filters.organisation_number.as_ref().map(|n| text(n)))
        .filter("role = $$", filters.role.map(|role| text(&role)))
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

/// The last day of a grant.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndAccessGrant {
    /// The last day it holds; today by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// End an access grant
///
/// Access ends with that day. What was done before stays.
#[utoipa::path(tag = "access", operation_id = "end_access_grant",
    params(("id" = Uuid, Path, description = "The grant.", example = "01890a5d-ac96-774b-bcce-b302099a8070")),
    request_body = EndAccessGrant,
    responses((status = 200, description = "The grant", body = AccessGrantView)),
    extensions(("x-access" = json!("grants")), ("x-problems" = json!(codes(&[&ACCESS_GRANT_PERIOD])))))]
#[post("/v1/access-grants/{id}/end")]
async fn end(change: Change, id: Path<Uuid>, body: Body<EndAccessGrant>) -> Answer {
    let (id, today) = (*id, change.today);
    let reach = change.reach().clone();
    let to = body.value.to.map_or(today, |day| day.0);
    let decide = async |view: &View| -> Result<Decision, Refusal> {
        let own: Loaded<Grants> = view.load(&subject(id)).await?;
        let held = own.state.get(id)?;
        may_grant(&reach, held.municipality.as_ref())?;
        // Guarded too: granting again for the days after looks at all of the organisation's grants.
        view.load::<Grants>(&grantee_subject(&held.organisation_number)).await?;
        let facts = own.state.end(id, to)?;
        let next = evolved!(own.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, next.get(id)?, today)))
    };
    change.execute(&body.canonical, decide).await
}
