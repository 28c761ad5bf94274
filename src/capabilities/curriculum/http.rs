//! The operations on curricula and the catalogue of learning goals.

use std::collections::BTreeSet;

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::domain::{
    Catalogue, Curriculum, GOALS_MAX, GoalDefined, GoalText, Plan, Publication, REPLACED_BY_MAX,
    catalogue_subject, subject,
};
use super::problems::*;
use super::view::{CatalogueGoalView, CurriculumView};
use crate::edge::{self, Day, Fault, Faults, FieldFault, FromText};
use crate::event_log::{Decision, Reply, View};
use crate::evolved;
use crate::http::change::Flag;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{Page, Paging};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, List, ListQuery, NoFilters, ProblemResponse, Read};
use crate::identifiers::{GoalCode, Name, Token};
use crate::problem::common::NOT_FOUND;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(publish)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(list_goals);
}

/// A goal of the version.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct PublishGoal {
    /// The goal's code, once in a version.
    code: GoalCode,
    /// The plan it belongs to.
    plan: Plan,
    /// The theme it is listed under.
    theme: Name,
    /// Its title.
    title: Name,
    /// The goal itself.
    text: GoalText,
    /// Whether it takes service in an institution.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    requires_institution_service: bool,
    /// The goals that take its place, in this or a later version.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    replaced_by: Vec<GoalCode>,
}

/// A version of the catalogue, whole.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct PublishCurriculum {
    /// The version: its name among programs, for ever.
    version: Token,
    /// Its name among people.
    name: Name,
    /// The first day it holds.
    valid_from: Day,
    /// The last day it holds; open otherwise.
    #[deserr(default)]
    valid_to: Option<Day>,
    /// Where the goals come from.
    source: Name,
    /// Whether the goals are invented, for demonstration only.
    #[schema(example = true)]
    synthetic: bool,
    /// The goals.
    #[schema(min_items = 1, max_items = 300)]
    goals: Vec<PublishGoal>,
}

fn publication(asked: PublishCurriculum) -> Result<Publication, ProblemResponse> {
    let period = edge::period(asked.valid_from, asked.valid_to)
        .map_err(|fault| FieldFault::at("/valid_to", fault.fault))?;
    checked(&asked.goals)?;
    let goals = asked.goals.into_iter().map(|goal| GoalDefined {
        curriculum: asked.version.clone(),
        code: goal.code,
        plan: goal.plan,
        theme: goal.theme,
        title: goal.title,
        text: goal.text,
        requires_institution_service: goal.requires_institution_service,
        replaced_by: goal.replaced_by,
        from: period.from,
    });
    let mut goals: Vec<GoalDefined> = goals.collect();
    goals.sort_by(|a, b| a.code.cmp(&b.code));
    let PublishCurriculum { version, name, source, synthetic, .. } = asked;
    Ok(Publication { version, name, period, source, synthetic, goals })
}

/// Every code once, and no list longer than it may be.
fn checked(goals: &[PublishGoal]) -> Result<(), Faults> {
    let (mut codes, mut faults) = (BTreeSet::new(), Vec::new());
    if goals.is_empty() || goals.len() > GOALS_MAX {
        let fault = Fault::new("wrong_length", "Must be 1 to 300 goals.", "Må være 1 til 300 mål.");
        return Err(Faults(vec![FieldFault::at("/goals", fault)]));
    }
    for (index, goal) in goals.iter().enumerate() {
        if !codes.insert(&goal.code) {
            let fault = Fault::new(
                "duplicate_code",
                "A code stands once in a version.",
                "En kode står én gang i en versjon.",
            );
            faults.push(FieldFault::at(format!("/goals/{index}/code"), fault));
        }
        if goal.replaced_by.len() > REPLACED_BY_MAX {
            let fault = Fault::new("too_many", "At most 20 goals.", "Høyst 20 mål.");
            faults.push(FieldFault::at(format!("/goals/{index}/replaced_by"), fault));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// Publish a curriculum
///
/// A version of the catalogue is published whole and never changes. Publishing the same content
/// again changes nothing; other content needs a version of its own.
#[utoipa::path(tag = "curricula", operation_id = "publish_curriculum",
    request_body = PublishCurriculum,
    responses((status = 201, description = "The curriculum", body = CurriculumView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&CURRICULUM_VERSION_TAKEN])))))]
#[post("/v1/curricula")]
async fn publish(change: Change, body: Body<PublishCurriculum>) -> Answer {
    let (publication, today) = (publication(body.value)?, change.today);
    let main = subject(&publication.version);
    let decide = async |view: &View| {
        let facts = if view.is_new(&main).await? {
            publication.publish()
        } else {
            let all = catalogue_subject(&publication.version);
            let header = view.load::<Curriculum>(&main).await?;
            let goals = view.consult::<Catalogue>(&all).await?;
            publication.republish(&header.state, &goals.state)?
        };
        let next = evolved!(Curriculum::default(), publication.publish());
        let shown = CurriculumView::on(&next, today);
        let reply = Reply {
            status: 201,
            location: Some(format!("/v1/curricula/{}", publication.version)),
            head: None,
            body: serde_json::to_value(shown).expect("views are plain data"),
        };
        Ok(Decision::new(main.clone(), &facts, reply))
    };
    change.execute(&body.canonical, decide).await
}

/// Which curricula.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct CurriculumFilters {
    /// Only versions that hold on the day (`true`) or do not (`false`).
    #[deserr(default)]
    #[param(value_type = Option<bool>, example = true)]
    in_force: Option<Flag>,
}

/// List curricula
///
/// Every version, by its name; with `as_of`, whether it holds on that day.
#[utoipa::path(tag = "curricula", operation_id = "list_curricula",
    params(CurriculumFilters, TimeAxes, Paging),
    responses((status = 200, description = "A page of curricula", body = Page<CurriculumView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/curricula")]
async fn list_all(list: List<CurriculumFilters>) -> Answer {
    let in_force = list.filters.in_force.map(|flag| flag == Flag::True);
    ListQuery::of("curricula", Rows::open()).filter("in_force = $$", in_force).answer(list).await
}

/// Read a curriculum
#[utoipa::path(tag = "curricula", operation_id = "read_curriculum",
    params(("version" = Token, Path, description = "The version.", example = "demo-1"), TimeAxes),
    responses((status = 200, description = "The curriculum", body = CurriculumView)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/curricula/{version}")]
async fn read_one(read: Read, version: Path<String>) -> Answer {
    read.resource(&subject(&version_of(&version)?), CurriculumView::on).await
}

/// Read a curriculum's history
///
/// How the version and its goals came to be, newest first.
#[utoipa::path(tag = "curricula", operation_id = "read_curriculum_history",
    params(("version" = Token, Path, description = "The version.", example = "demo-1"), TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::feed::CloudEvent>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/curricula/{version}/history")]
async fn history(list: List<NoFilters>, version: Path<String>) -> Answer {
    let version = version_of(&version)?;
    list.history(&[subject(&version), catalogue_subject(&version)]).await
}

/// What cannot be a version is the address of nothing.
fn version_of(text: &str) -> Result<Token, ProblemResponse> {
    Token::from_text(text).map_err(|_fault| (&NOT_FOUND).into())
}

/// Which goals of the catalogue.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct CatalogueFilters {
    /// Only goals of this version.
    #[deserr(default)]
    curriculum: Option<Token>,
    /// Only goals of this plan.
    #[deserr(default)]
    plan: Option<Plan>,
    /// Only goals under this theme.
    #[deserr(default)]
    theme: Option<Name>,
    /// Only goals with this code.
    #[deserr(default)]
    code: Option<GoalCode>,
}

/// List the catalogue of learning goals
///
/// By version and code. Which versions hold on a day: `GET /v1/curricula?in_force=true&as_of=`.
#[utoipa::path(tag = "curricula", operation_id = "list_learning_goals",
    params(CatalogueFilters, TimeAxes, Paging),
    responses((status = 200, description = "A page of goals", body = Page<CatalogueGoalView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/learning-goals")]
async fn list_goals(list: List<CatalogueFilters>) -> Answer {
    let filters = &list.filters;
    ListQuery::of("curriculum_goals", Rows::open())
        .filter("curriculum = $$", filters.curriculum.as_ref().map(|version| version.to_string()))
        .filter("plan = $$", filters.plan.map(|plan| plan.to_string()))
        .filter("theme = $$", filters.theme.as_ref().map(|theme| theme.to_string()))
        .filter("code = $$", filters.code.as_ref().map(|code| code.to_string()))
        .answer(list)
        .await
}
