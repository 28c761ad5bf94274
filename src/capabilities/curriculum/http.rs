//! The operations on curricula and the catalogue of learning goals.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::domain::{
    Catalogue, Curriculum, GOALS_MAX, GoalDefined, GoalText, Plan, Predecessor, PredecessorsNeeded,
    Publication, REPLACED_BY_MAX, REPLACED_VERSIONS_MAX, REPLACES_MAX, catalogue_subject, subject,
};
use super::problems::*;
use super::view::{CatalogueGoalView, CurriculumView};
use crate::edge::{
    self, Day, FAULTS_MAX, Fault, Faults, FieldFault, Flag, FromText, UNKNOWN_REFERENCE,
};
use crate::event_log::{Decision, Loaded, Refusal, Reply, View};
use crate::evolved;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Paging, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, ProblemResponse, Read};
use crate::identifiers::{Comment, GoalCode, Name, Token};
use crate::problem::Rejection;
use crate::problem::common::{INVALID_REQUEST, NOT_FOUND};

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(publish)
        .service(list_all)
        .service(read_one)
        .service(history)
        .service(set_replacement_rule)
        .service(list_goals);
}

/// A goal of an earlier version.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ReplacedGoal {
    /// The version; it is published already.
    curriculum: Token,
    /// The goal's code in it.
    code: GoalCode,
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
    /// The goals that take its place, in this or a later version: told ahead, for readers.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    replaced_by: Vec<GoalCode>,
    /// The goals of earlier versions whose approvals count for this one; empty when none do. When
    /// it is left out, the goals with this code in other versions are the same goal.
    #[deserr(default)]
    #[schema(max_items = 20)]
    replaces: Option<Vec<ReplacedGoal>>,
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

/// The version that a document tells of.
///
/// # Errors
/// When it contradicts itself; what it says of other versions is not looked up here.
pub fn publication(asked: PublishCurriculum) -> Result<Publication, ProblemResponse> {
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
        replaces: goal.replaces.map(predecessors),
        from: period.from,
    });
    let mut goals: Vec<GoalDefined> = goals.collect();
    goals.sort_by(|a, b| a.code.cmp(&b.code));
    let PublishCurriculum { version, name, source, synthetic, .. } = asked;
    Ok(Publication { version, name, period, source, synthetic, goals })
}

/// In one order, each once: so the same mapping is the same content.
fn predecessors(told: Vec<ReplacedGoal>) -> Vec<Predecessor> {
    let told = told.into_iter();
    let all = told.map(|goal| Predecessor { curriculum: goal.curriculum, code: goal.code });
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The goals that a document says are replaced, and where it says so.
type Mentions = Vec<(String, Predecessor)>;

fn mentions(goals: &[PublishGoal]) -> Mentions {
    let of = |(index, goal): (usize, &PublishGoal)| {
        let told = goal.replaces.clone().unwrap_or_default().into_iter().enumerate();
        let mention = move |(place, goal): (usize, ReplacedGoal)| {
            let pointer = format!("/goals/{index}/replaces/{place}");
            (pointer, Predecessor { curriculum: goal.curriculum, code: goal.code })
        };
        told.map(mention).collect::<Mentions>()
    };
    goals.iter().enumerate().flat_map(of).collect()
}

/// Every goal that is replaced stands in a version that is published. So versions follow each other
/// and never in a circle.
async fn known(view: &View, mentions: &Mentions) -> Result<(), Refusal> {
    let (mut read, mut faults) = (BTreeMap::<&Token, Catalogue>::new(), Vec::new());
    for (pointer, told) in mentions {
        if !read.contains_key(&told.curriculum) {
            let all = catalogue_subject(&told.curriculum);
            let catalogue: Loaded<Catalogue> = view.consult(&all).await?;
            read.insert(&told.curriculum, catalogue.state);
        }
        if !read[&told.curriculum].0.contains_key(&told.code) {
            faults.push(FieldFault::at(pointer, UNKNOWN_REFERENCE));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    faults.truncate(FAULTS_MAX);
    Err(Rejection::new(&INVALID_REQUEST).faults(faults).into())
}

/// Every code once, and no list longer than it may be.
fn checked(goals: &[PublishGoal]) -> Result<(), Faults> {
    const TOO_MANY: Fault = Fault::new("too_many", "At most 20 goals.", "Høyst 20 mål.");
    let (mut codes, mut versions, mut faults) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
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
            faults.push(FieldFault::at(format!("/goals/{index}/replaced_by"), TOO_MANY));
        }
        let replaced = goal.replaces.iter().flatten();
        versions.extend(replaced.clone().map(|told| &told.curriculum));
        if replaced.count() > REPLACES_MAX {
            faults.push(FieldFault::at(format!("/goals/{index}/replaces"), TOO_MANY));
        }
    }
    if versions.len() > REPLACED_VERSIONS_MAX {
        let fault = Fault::new(
            "too_many_versions",
            "The goals of at most 10 earlier versions can be replaced.",
            "Mål fra høyst 10 tidligere versjoner kan erstattes.",
        );
        faults.push(FieldFault::at("/goals", fault));
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// Publish a curriculum
///
/// A version of the catalogue is published whole and never changes. Publishing the same content
/// again changes nothing; other content needs a version of its own. Its goals say in `replaces`
/// which goals of earlier versions count for them, one to many or many to one.
#[utoipa::path(tag = "curricula", operation_id = "publish_curriculum",
    request_body = PublishCurriculum,
    responses((status = 201, description = "The curriculum", body = CurriculumView)),
    extensions(("x-access" = json!("register")), ("x-problems" = json!(codes(&[&CURRICULUM_VERSION_TAKEN])))))]
#[post("/v1/curricula")]
async fn publish(change: Change, body: Body<PublishCurriculum>) -> Answer {
    let (mentions, today) = (mentions(&body.value.goals), change.today);
    let publication = publication(body.value)?;
    let main = subject(&publication.version);
    let decide = async |view: &View| {
        known(view, &mentions).await?;
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

/// What curricula are sorted by.
pub struct CurriculumOrders;

impl Orders for CurriculumOrders {
    const ALL: &'static [By] = &[
        By::key("version", "Their version."),
        By::day("valid_from", "first_day", "The first day they hold."),
    ];
}

/// List curricula
///
/// Every version, by its name; with `as_of`, whether it holds on that day.
#[utoipa::path(tag = "curricula", operation_id = "list_curricula",
    params(CurriculumFilters, Sort<CurriculumOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of curricula", body = Page<CurriculumView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/curricula")]
async fn list_all(list: List<CurriculumFilters, CurriculumOrders>) -> Answer {
    let in_force = list.filters.in_force.map(|flag| flag.0);
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
    params(("version" = Token, Path, description = "The version.", example = "demo-1"), Sort<InTime>, TimeAxes, Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/curricula/{version}/history")]
async fn history(list: History, version: Path<String>) -> Answer {
    let version = version_of(&version)?;
    list.history(&[subject(&version), catalogue_subject(&version)]).await
}

/// How many predecessors the goals of a version take.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SetReplacementRule {
    /// How many of a goal's predecessors in one earlier version must be approved.
    needed: PredecessorsNeeded,
    /// The first day it holds.
    from: Day,
    /// Who says so, and where.
    source: Comment,
}

/// Set how many predecessors the goals of a curriculum take
///
/// A goal that gathers several goals of an earlier version counts as approved when all of these
/// are: that is the service's own reading, unverified, because no source says how merged goals
/// count. When somebody who may says otherwise, this records it, from a day on and with the source;
/// it may be set back. Approvals under the version itself do not depend on it.
#[utoipa::path(tag = "curricula", operation_id = "set_replacement_rule",
    params(("version" = Token, Path, description = "The version.", example = "demo-1")),
    request_body = SetReplacementRule,
    responses((status = 200, description = "The curriculum", body = CurriculumView)),
    extensions(("x-access" = json!("register"))))]
#[post("/v1/curricula/{version}/replacement-rule")]
async fn set_replacement_rule(
    change: Change,
    version: Path<String>,
    body: Body<SetReplacementRule>,
) -> Answer {
    let (asked, today) = (body.value, change.today);
    let main = subject(&version_of(&version)?);
    let decide = async |view: &View| {
        let loaded: Loaded<Curriculum> = view.load(&main).await?;
        let facts =
            loaded.state.set_replacement_rule(asked.needed, asked.from.0, asked.source.clone())?;
        let next = evolved!(loaded.state, facts);
        let shown = CurriculumView::on(&next, today);
        let body = serde_json::to_value(shown).expect("views are plain data");
        let reply = Reply { status: 200, location: None, head: None, body };
        Ok(Decision::new(main.clone(), &facts, reply))
    };
    change.execute(&body.canonical, decide).await
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

/// What goals of the catalogue are sorted by.
pub struct CatalogueOrders;

impl Orders for CatalogueOrders {
    const ALL: &'static [By] = &[
        By::key("curriculum", "The version of the curriculum, and within it their code."),
        By::text("code", "code", "Their code, through all versions."),
        By::text("theme", "theme", "Their theme."),
    ];
}

/// List the catalogue of learning goals
///
/// By version and code. Which versions hold on a day: `GET /v1/curricula?in_force=true&as_of=`.
#[utoipa::path(tag = "curricula", operation_id = "list_learning_goals",
    params(CatalogueFilters, Sort<CatalogueOrders>, TimeAxes, Paging),
    responses((status = 200, description = "A page of goals", body = Page<CatalogueGoalView>)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/learning-goals")]
async fn list_goals(list: List<CatalogueFilters, CatalogueOrders>) -> Answer {
    let filters = &list.filters;
    ListQuery::of("curriculum_goals", Rows::open())
        .filter("curriculum = $$", filters.curriculum.as_ref().map(|version| version.to_string()))
        .filter("plan = $$", filters.plan.map(|plan| plan.to_string()))
        .filter("theme = $$", filters.theme.as_ref().map(|theme| theme.to_string()))
        .filter("code = $$", filters.code.as_ref().map(|code| code.to_string()))
        .answer(list)
        .await
}
