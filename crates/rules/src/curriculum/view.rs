//! How curricula and their goals look to callers.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::domain::{Curriculum, GoalDefined, GoalText, Plan, Predecessor, PredecessorsNeeded};
use crate::edge::Day;
use crate::identifiers::{Comment, GoalCode, Name, Token};

/// How many goals a version has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GoalCountsView {
    /// Goals of the plan `alm`.
    #[schema(example = 24)]
    pub alm: u16,
    /// Goals of the plan `fkm`.
    #[schema(example = 6)]
    pub fkm: u16,
}

/// A version of the catalogue of learning goals.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CurriculumView {
    /// The version: its name among programs.
    pub version: Token,
    /// Its name among people.
    pub name: Name,
    /// The first day it holds.
    pub valid_from: Day,
    /// The last day it holds; null while that is open.
    pub valid_to: Option<Day>,
    /// Whether it holds on the day that was asked about.
    #[schema(example = true)]
    pub in_force: bool,
    /// Where the goals come from.
    pub source: Name,
    /// Whether the goals are invented, for demonstration only.
    #[schema(example = true)]
    pub synthetic: bool,
    /// How many goals it has, by plan. The goals: `GET /v1/learning-goals?curriculum=`.
    pub goals: GoalCountsView,
    /// How many of a goal's predecessors in one earlier version must be approved on that day, for
    /// their approvals to count for the goal.
    pub predecessors_needed: PredecessorsNeeded,
    /// Who says so, and where; null while nobody has: then `all` is the service's own reading,
    /// which no source has confirmed.
    pub predecessors_needed_source: Option<Comment>,
}

impl CurriculumView {
    /// The version on a day. It is shown whether or not it holds then.
    pub fn on(curriculum: &Curriculum, day: Date) -> Option<Self> {
        let header = curriculum.header.as_ref()?;
        let rule = curriculum.rules.on(day);
        Some(Self {
            version: header.curriculum.clone(),
            name: header.name.clone(),
            valid_from: Day(header.period.from),
            valid_to: header.period.to.map(Day),
            in_force: header.period.covers(day),
            source: header.source.clone(),
            synthetic: header.synthetic,
            goals: GoalCountsView { alm: header.goals.alm, fkm: header.goals.fkm },
            predecessors_needed: curriculum.predecessors_needed(day),
            predecessors_needed_source: rule.map(|rule| rule.source.clone()),
        })
    }
}

/// A goal of an earlier version of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PredecessorView {
    /// The version.
    pub curriculum: Token,
    /// The goal's code in it.
    pub code: GoalCode,
}

impl From<&Predecessor> for PredecessorView {
    fn from(recorded: &Predecessor) -> Self {
        Self { curriculum: recorded.curriculum.clone(), code: recorded.code.clone() }
    }
}

/// A learning goal in a version of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CatalogueGoalView {
    /// The version.
    pub curriculum: Token,
    /// The goal's code.
    pub code: GoalCode,
    /// The plan it belongs to.
    pub plan: Plan,
    /// The theme it is listed under.
    pub theme: Name,
    /// Its title.
    pub title: Name,
    /// The goal itself.
    pub text: GoalText,
    /// Whether it takes service in an institution.
    #[schema(example = false)]
    pub requires_institution_service: bool,
    /// The goals that take its place, as this version told ahead. What counts is told by the
    /// version that replaces it.
    pub replaced_by: Vec<GoalCode>,
    /// The goals of earlier versions whose approvals count for it. Null: the goals with this code
    /// in other versions are the same goal.
    pub replaces: Option<Vec<PredecessorView>>,
}

impl From<&GoalDefined> for CatalogueGoalView {
    fn from(goal: &GoalDefined) -> Self {
        Self {
            curriculum: goal.curriculum.clone(),
            code: goal.code.clone(),
            plan: goal.plan,
            theme: goal.theme.clone(),
            title: goal.title.clone(),
            text: goal.text.clone(),
            requires_institution_service: goal.requires_institution_service,
            replaced_by: goal.replaced_by.clone(),
            replaces: goal.replaces.as_ref().map(|them| them.iter().map(Into::into).collect()),
        }
    }
}
