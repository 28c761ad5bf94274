//! How plans look to callers, on a day, and how far the doctor has come in them.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::counting::{CountedApproval, Mapping};
use super::super::goal::TraineePath;
use super::super::plan::{Assignment, Ending};
use super::CountedApprovalView;
use crate::curriculum::{Catalogue, Plan};
use crate::edge::Day;
use crate::identifiers::{Comment, MunicipalityNumber, Token};
use crate::word_enum;

word_enum! {
    /// How a plan stands on a day.
    pub enum PlanStatus {
        /// Assigned; nothing is submitted yet.
        Assigned = "assigned",
        /// A goal of it was submitted.
        Started = "started",
        /// Put away; what was attained in it stands.
        Archived = "archived",
    }
}

/// A plan that a doctor follows, as it is on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlanView {
    /// The doctor.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub trainee: Uuid,
    /// The plan.
    pub plan: Plan,
    /// The version of the catalogue that the doctor follows, whatever is published later.
    pub curriculum: Token,
    /// How many goals it has.
    #[schema(example = 24)]
    pub goals: u16,
    /// How it stands on the day that was asked about.
    pub status: PlanStatus,
    /// The day it was assigned.
    pub assigned_on: Day,
    /// The leader who assigned it.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub assigned_by: Uuid,
    /// The leader on whose behalf; null on the leader's own account.
    #[schema(example = json!(null))]
    pub delegated_by: Option<Uuid>,
    /// The municipality in whose name it was assigned.
    pub municipality: MunicipalityNumber,
    /// The first day on which a goal was submitted; null before that.
    pub started_on: Option<Day>,
    /// The day it was archived; null before that.
    pub archived_on: Option<Day>,
    /// Why it was archived; null before that.
    pub archive_reason: Option<Comment>,
}

impl PlanView {
    /// The plan on a day; `None` before it was assigned and after it was withdrawn.
    pub fn on(assignment: &Assignment, day: Date) -> Option<Self> {
        let assigned = &assignment.assigned;
        let archived = match &assignment.ending {
            Ending::Archived(f) if f.on <= day => Some(f),
            Ending::Archived(_) | Ending::Withdrawn(_) | Ending::None => None,
        };
        if !assignment.in_force_on(day) && archived.is_none() {
            return None;
        }
        let started_on = assignment.started_on.filter(|started| *started <= day);
        let status = match (archived, started_on) {
            (Some(_), _) => PlanStatus::Archived,
            (None, Some(_)) => PlanStatus::Started,
            (None, None) => PlanStatus::Assigned,
        };
        Some(Self {
            trainee: assigned.trainee,
            plan: assigned.plan,
            curriculum: assigned.curriculum.clone(),
            goals: assigned.goals,
            status,
            assigned_on: Day(assigned.on),
            assigned_by: assigned.by,
            delegated_by: assigned.delegated_by,
            municipality: assigned.municipality.clone(),
            started_on: started_on.map(Day),
            archived_on: archived.map(|f| Day(f.on)),
            archive_reason: archived.map(|f| f.reason.clone()),
        })
    }
}

/// A plan that a doctor follows, and how far the doctor has come in it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlanProgressView {
    /// The plan as it is on the day.
    #[serde(flatten)]
    pub plan: PlanView,
    /// Goals of the plan that are approved, or count as approved, on that day.
    #[schema(example = 12)]
    pub approved: u16,
    /// The approvals of goals of earlier versions that count for goals of the plan.
    pub counted_from: Vec<CountedApprovalView>,
}

impl PlanProgressView {
    /// The plan with its progress; `catalogue` is the version that it follows.
    pub fn of(
        plan: PlanView,
        catalogue: &Catalogue,
        mapping: &Mapping,
        trainee_path: &TraineePath,
        day: Date,
    ) -> Self {
        let goals = || catalogue.0.values().filter(|goal| goal.plan == plan.plan);
        let approved =
            goals().filter(|goal| mapping.stands(goal, &trainee_path.goals, day)).count();
        let counted = goals().flat_map(|goal| mapping.counted(goal, &trainee_path.goals, day));
        let counted: BTreeSet<CountedApproval> = counted.collect();
        Self {
            approved: u16::try_from(approved).unwrap_or(u16::MAX),
            counted_from: counted.iter().map(CountedApprovalView::from).collect(),
            plan,
        }
    }
}
