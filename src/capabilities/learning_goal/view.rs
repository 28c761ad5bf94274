//! How plans and learning goals look to callers, on a day.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{Recommended, Role, Verdict};
use super::goal::{Goal, Way};
use super::plan::{Assignment, Ending};
use super::situation::{GoalSituation, Situation, Submission};
use crate::capabilities::curriculum::domain::GoalDefined;
use crate::capabilities::curriculum::{Catalogue, Plan};
use crate::edge::Day;
use crate::identifiers::{Comment, GoalCode, MunicipalityNumber, Name, Token};
use crate::word_enum;

word_enum! {
    /// What a goal still takes to be approved.
    pub enum Missing {
        /// The doctor's submission.
        Submission = "submission",
        /// A recommendation of the doctor's supervisor on this submission.
        SupervisorRecommendation = "supervisor_recommendation",
        /// A recommendation of a clinical supervisor on this submission.
        ClinicalSupervisorRecommendation = "clinical_supervisor_recommendation",
        /// The leader's decision.
        LeaderDecision = "leader_decision",
        /// Service in an institution: shown, not enforced. Whether it is done is not recorded here.
        InstitutionService = "institution_service",
    }
}

word_enum! {
    /// Whose turn it is.
    pub enum Turn {
        /// The doctor's: to submit.
        Trainee = "trainee",
        /// The supervisor's: to recommend.
        Supervisor = "supervisor",
        /// A clinical supervisor's: to recommend.
        ClinicalSupervisor = "clinical_supervisor",
        /// The leader's: to decide.
        Leader = "leader",
        /// Nobody's: the goal is approved.
        Nobody = "nobody",
    }
}

word_enum! {
    /// What a leader decides on a submission.
    pub enum GoalOutcome {
        /// The goal is attained.
        Approved = "approved",
        /// The goal goes back to the doctor.
        Returned = "returned",
    }
}

word_enum! {
    /// How a plan stands on a day.
    pub enum PlanSituation {
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
    pub situation: PlanSituation,
    /// The day it was assigned.
    pub assigned_on: Day,
    /// The leader who assigned it.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub assigned_by: Uuid,
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
        let situation = match (archived, started_on) {
            (Some(_), _) => PlanSituation::Archived,
            (None, Some(_)) => PlanSituation::Started,
            (None, None) => PlanSituation::Assigned,
        };
        Some(Self {
            trainee: assigned.trainee,
            plan: assigned.plan,
            curriculum: assigned.curriculum.clone(),
            goals: assigned.goals,
            situation,
            assigned_on: Day(assigned.on),
            assigned_by: assigned.by,
            municipality: assigned.municipality.clone(),
            started_on: started_on.map(Day),
            archived_on: archived.map(|f| Day(f.on)),
            archive_reason: archived.map(|f| f.reason.clone()),
        })
    }
}

/// What somebody recommended.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RecommendationView {
    /// The supervisor who recommends.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8063")]
    pub by: Uuid,
    /// As what.
    pub role: Role,
    /// What is recommended.
    pub verdict: Verdict,
    /// The day it was given.
    pub on: Day,
    /// What was said with it.
    pub comment: Option<Comment>,
    /// Why one person speaks in both roles; null when two do.
    pub dual_role_reason: Option<Comment>,
}

impl From<&Recommended> for RecommendationView {
    fn from(f: &Recommended) -> Self {
        Self {
            by: f.by,
            role: f.role,
            verdict: f.verdict,
            on: Day(f.on),
            comment: f.comment.clone(),
            dual_role_reason: f.dual_role_reason.clone(),
        }
    }
}

/// What a leader decided.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DecisionView {
    /// What was decided.
    pub outcome: GoalOutcome,
    /// The leader who decided.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub by: Uuid,
    /// The municipality in whose name it was decided.
    pub municipality: MunicipalityNumber,
    /// The day it was decided.
    pub on: Day,
    /// The version of the catalogue under which it was decided.
    pub curriculum: Token,
    /// What was said with it.
    pub comment: Option<Comment>,
    /// Why it was approved against a recommendation.
    pub reason: Option<Comment>,
}

/// How an approval was taken back.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RevocationView {
    /// The leader who revoked it.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub by: Uuid,
    /// The municipality that had approved it.
    pub municipality: MunicipalityNumber,
    /// The day it was revoked.
    pub on: Day,
    /// Why.
    pub reason: Comment,
}

/// One learning goal of one doctor, as it stands on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GoalView {
    /// The doctor.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub trainee: Uuid,
    /// The goal.
    pub code: GoalCode,
    /// The plan that has it.
    pub plan: Plan,
    /// The version of the catalogue that the doctor follows.
    pub curriculum: Token,
    /// The theme it is listed under.
    pub theme: Name,
    /// Its title.
    pub title: Name,
    /// Whether it takes service in an institution.
    #[schema(example = false)]
    pub requires_institution_service: bool,
    /// How it stands.
    pub situation: GoalSituation,
    /// What it still takes to be approved; empty once it is.
    pub missing: Vec<Missing>,
    /// Whose turn it is.
    pub whose_turn: Turn,
    /// The day of the last submission; null before the first, and once that is recalled.
    pub submitted_on: Option<Day>,
    /// What the doctor said with it.
    pub submission_comment: Option<Comment>,
    /// What was recommended on that submission.
    pub recommendations: Vec<RecommendationView>,
    /// What was decided on that submission; null before that.
    pub decision: Option<DecisionView>,
    /// How the approval was taken back; null when it was not.
    pub revocation: Option<RevocationView>,
}

impl GoalView {
    /// A goal of the catalogue as it stands for a doctor on a day.
    pub fn on(trainee: Uuid, defined: &GoalDefined, goal: &Goal, day: Date) -> Self {
        let situation = goal.on(day);
        let submission = situation.submission();
        let (missing, whose_turn) = open(&situation, defined.requires_institution_service);
        let recommendations = submission.map_or(&[][..], |s| &s.recommendations);
        // One that was told for a later day stands beside the submission, but not yet.
        let given = recommendations.iter().filter(|r| r.on <= day);
        Self {
            trainee,
            code: defined.code.clone(),
            plan: defined.plan,
            curriculum: defined.curriculum.clone(),
            theme: defined.theme.clone(),
            title: defined.title.clone(),
            requires_institution_service: defined.requires_institution_service,
            situation: situation.word(),
            missing,
            whose_turn,
            submitted_on: submission.map(|s| Day(s.submitted.on)),
            submission_comment: submission.and_then(|s| s.submitted.comment.clone()),
            recommendations: given.map(RecommendationView::from).collect(),
            decision: decision(&situation),
            revocation: revocation(&situation),
        }
    }
}

fn decision(situation: &Situation) -> Option<DecisionView> {
    match situation {
        Situation::NotStarted | Situation::Submitted(_) => None,
        Situation::Returned(submission, f) => Some(DecisionView {
            outcome: GoalOutcome::Returned,
            by: f.by,
            municipality: f.municipality.clone(),
            on: Day(f.on),
            curriculum: submission.submitted.curriculum.clone(),
            comment: Some(f.comment.clone()),
            reason: None,
        }),
        Situation::Approved(_, f) | Situation::Revoked(_, f, _) => Some(DecisionView {
            outcome: GoalOutcome::Approved,
            by: f.by,
            municipality: f.municipality.clone(),
            on: Day(f.on),
            curriculum: f.curriculum.clone(),
            comment: f.comment.clone(),
            reason: f.reason.clone(),
        }),
    }
}

fn revocation(situation: &Situation) -> Option<RevocationView> {
    match situation {
        Situation::NotStarted
        | Situation::Submitted(_)
        | Situation::Returned(..)
        | Situation::Approved(..) => None,
        Situation::Revoked(_, _, f) => Some(RevocationView {
            by: f.by,
            municipality: f.municipality.clone(),
            on: Day(f.on),
            reason: f.reason.clone(),
        }),
    }
}

/// What a goal still takes, and whose turn it is.
fn open(situation: &Situation, institution_service: bool) -> (Vec<Missing>, Turn) {
    let given = |submission: &Submission, role| {
        submission.recommendations.iter().any(|recommended| recommended.role == role)
    };
    let (submitted, supervisor, clinical) = match situation {
        Situation::Approved(..) => return (vec![], Turn::Nobody),
        Situation::NotStarted | Situation::Returned(..) | Situation::Revoked(..) => {
            (false, false, false)
        }
        Situation::Submitted(submission) => {
            (true, given(submission, Role::Supervisor), given(submission, Role::ClinicalSupervisor))
        }
    };
    let turn = match (submitted, supervisor, clinical) {
        (false, _, _) => Turn::Trainee,
        (true, false, _) => Turn::Supervisor,
        (true, true, false) => Turn::ClinicalSupervisor,
        (true, true, true) => Turn::Leader,
    };
    let steps = [
        (submitted, Missing::Submission),
        (supervisor, Missing::SupervisorRecommendation),
        (clinical, Missing::ClinicalSupervisorRecommendation),
        (false, Missing::LeaderDecision),
        (!institution_service, Missing::InstitutionService),
    ];
    let missing = steps.into_iter().filter(|(done, _)| !done).map(|(_, step)| step);
    (missing.collect(), turn)
}

/// What the revocation of an approval touches.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Touches {
    /// The goals that are no longer approved.
    pub goals: Vec<GoalCode>,
    /// The plan they belong to.
    pub plan: Plan,
    /// The version of the catalogue that the counts are of: the one the doctor follows.
    pub curriculum: Token,
    /// How many goals the plan has.
    #[schema(example = 24)]
    pub plan_goals: u16,
    /// Approved goals of the plan before the revocation.
    #[schema(example = 12)]
    pub approved_before: u16,
    /// Approved goals of the plan after it.
    #[schema(example = 11)]
    pub approved_after: u16,
    /// Whether every goal of the plan was approved before, and is not any more.
    #[schema(example = false)]
    pub plan_no_longer_complete: bool,
    /// Whether the goal takes service in an institution, whose account may rest on it.
    #[schema(example = false)]
    pub requires_institution_service: bool,
}

impl Touches {
    /// What falls with the approval of `defined`, one goal of `catalogue`, on the way given.
    pub fn of(defined: &GoalDefined, catalogue: &Catalogue, way: &Way, day: Date) -> Self {
        let of_plan = || catalogue.0.values().filter(|goal| goal.plan == defined.plan);
        let approved = |goal: &&GoalDefined| {
            let standing = way.goals.get(&goal.code).map(|goal| goal.on(day).word());
            goal.code != defined.code && standing == Some(GoalSituation::Approved)
        };
        let count = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let plan_goals = count(of_plan().count());
        let approved_after = count(of_plan().filter(approved).count());
        let approved_before = approved_after.saturating_add(1);
        Self {
            goals: vec![defined.code.clone()],
            plan: defined.plan,
            curriculum: defined.curriculum.clone(),
            plan_goals,
            approved_before,
            approved_after,
            plan_no_longer_complete: approved_before == plan_goals,
            requires_institution_service: defined.requires_institution_service,
        }
    }
}

/// A goal whose approval was revoked, and what that touches.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RevokedGoalView {
    /// The goal as it then is.
    #[serde(flatten)]
    pub goal: GoalView,
    /// What falls with the approval.
    pub touches: Touches,
}
