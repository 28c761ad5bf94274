//! Curricula: published, listed, read; and the catalogue of learning goals.

use std::collections::{BTreeMap, BTreeSet};

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::curricula::Curricula;
use super::curriculum_goals::CurriculumGoals;
use super::domain::{
    Catalogue, Curriculum, Event, GOALS_MAX, GoalDefined, GoalText, Plan, Predecessor,
    PredecessorsNeeded, Publication, REPLACED_BY_MAX, REPLACED_VERSIONS_MAX, REPLACES_MAX,
    catalogue_subject, subject,
};
use super::problems::*;
use super::view::{CatalogueGoalView, CurriculumView};
use crate::aggregate::Subject;
use crate::edge::{self, Day, FAULTS_MAX, Fault, Faults, FieldFault, UNKNOWN_REFERENCE};
use crate::event_log::{Loaded, Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::concerns::Concerns;
use crate::http::external_ids::Held;
use crate::http::listing::Listing;
use crate::http::operation::{Operation, PathParameter, Place, named_page};
use crate::http::resource::{
    Act, By, Create, Cx, Kind, Made, Operations, Past, Resource, operations_of,
};
use crate::identifiers::{Comment, GoalCode, Name, Token};
use crate::problem::Rejection;
use crate::problem::common::{INVALID_REQUEST, NOT_FOUND};
use crate::time::FIRST_DAY;
use utoipa::PartialSchema as _;

/// Every operation.
pub fn operations() -> Vec<Operation> {
    let about = "By version and code. Which versions hold on a day: \
                 `GET /v1/curricula?in_force=true&as_of=`.";
    let goals = Listing::of::<CurriculumGoals>("the catalogue", about, Access::Anybody);
    let goals = goals.operation("curricula", "/v1/learning-goals", named_page::<CatalogueGoalView>);
    let goals = Operation {
        id: "list_learning_goals".to_owned(),
        summary: "List the catalogue of learning goals".to_owned(),
        ..goals
    };
    operations_of::<Curriculum>().into_iter().chain([goals]).collect()
}

impl Resource for Curriculum {
    const KIND: Kind = Kind {
        name: "curriculum",
        plural: "curricula",
        noun: "curriculum",
        tag: "curricula",
        path: "/v1/curricula",
        places: &[PathParameter {
            name: "version",
            about: "The version.",
            example: "demo-1",
            schema: Token::schema,
        }],
        read_by: Access::Anybody,
        about_read: "",
        about_history: "How the version and its goals came to be, newest first.",
        external_ids: None,
    };
    type Key = Token;
    type Event = Event;
    type Parties = Self;
    type View = CurriculumView;

    async fn load(view: &View, version: &Token) -> Result<Self, Refusal> {
        let curriculum: Self = view.load(&subject(version)).await?.state;
        curriculum.header.as_ref().ok_or(&NOT_FOUND)?;
        Ok(curriculum)
    }

    fn home(_: &Self, version: &Token) -> Subject {
        subject(version)
    }

    fn evolve(curriculum: &mut Self, event: &Event) {
        curriculum.evolve(event);
    }

    fn show(curriculum: &Self, _: &Token, day: Date) -> Option<CurriculumView> {
        CurriculumView::on(curriculum, day)
    }

    fn first_day(_: &Self, _: &Token) -> Date {
        FIRST_DAY
    }

    async fn concerns(_: &View, _: &Token, _: Date) -> Result<Concerns, Refusal> {
        Ok(Concerns::everybody())
    }

    fn shows(_: &Self, _: &Token) -> Option<Uuid> {
        None
    }

    fn past(version: &Token) -> Past {
        Past { subjects: vec![subject(version), catalogue_subject(version)], member: None }
    }

    fn named(_: &Self, _: &Token, _: &By) -> Result<Option<Held>, Rejection> {
        Ok(None)
    }

    fn rename(_: &mut Self, _: &Token, _: &external_ids::Event) {}

    fn listing() -> Option<Listing> {
        let about = "Every version, by its name; with `as_of`, whether it holds on that day.";
        Some(Listing::of::<Curricula>("curricula", about, Access::Anybody))
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .create(Create {
                id: "publish_curriculum",
                summary: "Publish a curriculum",
                about: "A version of the catalogue is published whole and never changes. Publishing \
                        the same content again changes nothing; other content needs a version of \
                        its own. Its goals say in `replaces` which goals of earlier versions count \
                        for them, one to many or many to one.",
                by: Access::Register,
                refuses: &[&CURRICULUM_VERSION_TAKEN],
                rule: publish,
            })
            .act(Act {
                id: "set_replacement_rule",
                path: "/replacement-rule",
                summary: "Set how many predecessors the goals of a curriculum take",
                about: "A goal that gathers several goals of an earlier version counts as approved \
                        when all of these are: that is the service's own reading, unverified, \
                        because no source says how merged goals count. When somebody who may says \
                        otherwise, this records it, from a day on and with the source; it may be \
                        set back. Approvals under the version itself do not depend on it.",
                by: Access::Register,
                refuses: &[],
                rule: async |cx: &Cx<'_, Self>, asked: &SetReplacementRule| {
                    let (needed, source) = (asked.needed, asked.source.clone());
                    Ok(cx.parties.set_replacement_rule(needed, asked.from.0, source)?)
                },
            })
    }
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
pub fn publication(asked: PublishCurriculum) -> Result<Publication, Rejection> {
    let period = edge::period(asked.valid_from, asked.valid_to)
        .map_err(|fault| FieldFault::at("/valid_to", fault.fault))?;
    checked(&asked.goals)
        .map_err(|Faults(faults)| Rejection::new(&INVALID_REQUEST).faults(faults))?;
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
fn predecessors(recorded: Vec<ReplacedGoal>) -> Vec<Predecessor> {
    let recorded = recorded.into_iter();
    let all = recorded.map(|goal| Predecessor { curriculum: goal.curriculum, code: goal.code });
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The goals that a document says are replaced, and where it says so.
type Mentions = Vec<(String, Predecessor)>;

fn mentions(goals: &[PublishGoal]) -> Mentions {
    let of = |(index, goal): (usize, &PublishGoal)| {
        let recorded = goal.replaces.clone().unwrap_or_default().into_iter().enumerate();
        let mention = move |(place, goal): (usize, ReplacedGoal)| {
            let pointer = format!("/goals/{index}/replaces/{place}");
            (pointer, Predecessor { curriculum: goal.curriculum, code: goal.code })
        };
        recorded.map(mention).collect::<Mentions>()
    };
    goals.iter().enumerate().flat_map(of).collect()
}

/// Every goal that is replaced stands in a version that is published. So versions follow each other
/// and never in a circle.
async fn known(view: &View, mentions: &Mentions) -> Result<(), Refusal> {
    let (mut read, mut faults) = (BTreeMap::<&Token, Catalogue>::new(), Vec::new());
    for (pointer, recorded) in mentions {
        if !read.contains_key(&recorded.curriculum) {
            let all = catalogue_subject(&recorded.curriculum);
            let catalogue: Loaded<Catalogue> = view.consult(&all).await?;
            read.insert(&recorded.curriculum, catalogue.state);
        }
        if !read[&recorded.curriculum].0.contains_key(&recorded.code) {
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
        versions.extend(replaced.clone().map(|recorded| &recorded.curriculum));
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

async fn publish(
    view: &View,
    _: &By,
    _: &Place,
    asked: &PublishCurriculum,
) -> Result<Made<Curriculum>, Refusal> {
    let mentions = mentions(&asked.goals);
    let publication = publication(asked.clone())?;
    let (key, main) = (publication.version.clone(), subject(&publication.version));
    known(view, &mentions).await?;
    if view.is_new(&main).await? {
        return Ok(Made::new(key, Curriculum::default(), publication.publish()));
    }
    let header = view.load::<Curriculum>(&main).await?.state;
    let goals = view.consult::<Catalogue>(&catalogue_subject(&key)).await?.state;
    let facts = publication.republish(&header, &goals)?;
    Ok(Made::new(key, header, facts))
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
