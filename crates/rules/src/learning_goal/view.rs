//! How plans and learning goals look to callers, on a day.

pub mod plans;
mod touches;

pub use plans::{PlanProgressView, PlanView};
pub use touches::{RevokedGoalView, Touches};

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::counting::CountedApproval;
use super::domain::{Recommended, Role, Verdict};
use super::goal::Goal;
use super::status::{GoalStatus, Revocation, Status, Submission};
use crate::curriculum::Plan;
use crate::curriculum::domain::GoalDefined;
use crate::edge::Day;
use crate::identifiers::{Comment, GoalCode, MunicipalityNumber, Name, Token};
use crate::problem::{Spoken, Words};
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
    /// What should be looked at, though no rule forbids it.
    pub enum GoalWarningCode {
        /// The leader who approved the goal is one of those who recommended it.
        OwnRecommendation = "own_recommendation",
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GoalWarningView {
    /// What it is about, for programs.
    pub code: GoalWarningCode,
    /// In both languages here; `detail` in the caller's when it is sent.
    #[schema(ignore)]
    words: Spoken,
    /// What it is about, in words of the caller's language.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(
        example = "The leader who approved the goal has recommended on it too.",
        required = true
    )]
    detail: String,
}

static OWN_RECOMMENDATION: Words = Words {
    en: "The leader who approved the goal has recommended on it too.",
    nb: "Lederen som godkjente målet, har også gitt anbefaling om det.",
};

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
    /// The leader on whose behalf; null on the leader's own account.
    #[schema(example = json!(null))]
    pub delegated_by: Option<Uuid>,
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
    /// The leader who revoked it; null when the directorate did.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub by: Option<Uuid>,
    /// The leader on whose behalf; null on the leader's own account.
    #[schema(example = json!(null))]
    pub delegated_by: Option<Uuid>,
    /// The municipality that had approved it.
    pub municipality: MunicipalityNumber,
    /// The day it was revoked.
    pub on: Day,
    /// Why.
    pub reason: Comment,
}

/// An approval that the directorate has taken back, and nothing else of the doctor.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DirectorateRevocationView {
    /// The doctor.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub trainee: Uuid,
    /// The goal.
    pub code: GoalCode,
    /// The version of the catalogue under which it was approved.
    pub curriculum: Token,
    /// How the approval was taken back.
    pub revocation: Option<RevocationView>,
}

impl DirectorateRevocationView {
    /// A goal of the catalogue whose approval was taken back.
    pub fn of(trainee: Uuid, defined: &GoalDefined, goal: &Goal) -> Self {
        Self {
            trainee,
            code: defined.code.clone(),
            curriculum: defined.curriculum.clone(),
            revocation: revocation(&goal.of(defined).on(Date::MAX)),
        }
    }
}

/// An approval of a goal of an earlier version, which counts for one that replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CountedApprovalView {
    /// The version under which it was given.
    pub curriculum: Token,
    /// The goal that was approved.
    pub code: GoalCode,
    /// The day it was approved.
    pub on: Day,
    /// The leader who approved it.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub by: Uuid,
    /// The municipality in whose name it was approved.
    pub municipality: MunicipalityNumber,
}

impl From<&CountedApproval> for CountedApprovalView {
    fn from(approval: &CountedApproval) -> Self {
        Self {
            curriculum: approval.curriculum.clone(),
            code: approval.code.clone(),
            on: Day(approval.on),
            by: approval.by,
            municipality: approval.municipality.clone(),
        }
    }
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
    /// How it stands. Approved also when approvals of goals that it replaces count for it.
    pub status: GoalStatus,
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
    /// The approvals of goals of earlier versions that count for it, by the mapping of this
    /// version; empty when none do. Nothing more was done under this version then.
    pub counted_from: Vec<CountedApprovalView>,
    /// What should be looked at while the goal is approved on its own decision.
    pub warnings: Vec<GoalWarningView>,
}

impl GoalView {
    /// A goal of the catalogue as it stands for a doctor on a day.
    /// `counted` are the approvals that count for it.
    pub fn on(
        trainee: Uuid,
        defined: &GoalDefined,
        goal: &Goal,
        counted: &[CountedApproval],
        day: Date,
    ) -> Self {
        let status = goal.of(defined).on(day);
        let submission = status.submission();
        let (word, (missing, whose_turn)) = if counted.is_empty() {
            (status.word(), open(&status, defined.requires_institution_service))
        } else {
            (GoalStatus::Approved, (vec![], Turn::Nobody))
        };
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
            status: word,
            missing,
            whose_turn,
            submitted_on: submission.map(|s| Day(s.submitted.on)),
            submission_comment: submission.and_then(|s| s.submitted.comment.clone()),
            recommendations: given.map(RecommendationView::from).collect(),
            decision: decision(&status),
            revocation: revocation(&status),
            counted_from: counted.iter().map(CountedApprovalView::from).collect(),
            warnings: warnings(&status),
        }
    }
}

fn warnings(status: &Status) -> Vec<GoalWarningView> {
    match status {
        Status::Approved(_, f) if f.own_recommendation => vec![GoalWarningView {
            code: GoalWarningCode::OwnRecommendation,
            words: OWN_RECOMMENDATION.spoken(&[]),
            detail: String::new(),
        }],
        Status::NotStarted
        | Status::Submitted(_)
        | Status::Returned(..)
        | Status::Approved(..)
        | Status::Revoked(..) => vec![],
    }
}

fn decision(status: &Status) -> Option<DecisionView> {
    match status {
        Status::NotStarted | Status::Submitted(_) => None,
        Status::Returned(submission, f) => Some(DecisionView {
            outcome: GoalOutcome::Returned,
            by: f.by,
            delegated_by: f.delegated_by,
            municipality: f.municipality.clone(),
            on: Day(f.on),
            curriculum: submission.submitted.curriculum.clone(),
            comment: Some(f.comment.clone()),
            reason: None,
        }),
        Status::Approved(_, f) | Status::Revoked(_, f, _) => Some(DecisionView {
            outcome: GoalOutcome::Approved,
            by: f.by,
            delegated_by: f.delegated_by,
            municipality: f.municipality.clone(),
            on: Day(f.on),
            curriculum: f.curriculum.clone(),
            comment: f.comment.clone(),
            reason: f.reason.clone(),
        }),
    }
}

fn revocation(status: &Status) -> Option<RevocationView> {
    match status {
        Status::NotStarted | Status::Submitted(_) | Status::Returned(..) | Status::Approved(..) => {
            None
        }
        Status::Revoked(_, _, recorded) => Some(match &**recorded {
            Revocation::ByLeader(f) => RevocationView {
                by: Some(f.by),
                delegated_by: f.delegated_by,
                municipality: f.municipality.clone(),
                on: Day(f.on),
                reason: f.reason.clone(),
            },
            Revocation::ByDirectorate(f) => RevocationView {
                by: None,
                delegated_by: None,
                municipality: f.municipality.clone(),
                on: Day(f.on),
                reason: f.reason.clone(),
            },
        }),
    }
}

/// What a goal still takes, and whose turn it is.
fn open(status: &Status, institution_service: bool) -> (Vec<Missing>, Turn) {
    let given = |submission: &Submission, role| {
        submission.recommendations.iter().any(|recommended| recommended.role == role)
    };
    let (submitted, supervisor, clinical) = match status {
        Status::Approved(..) => return (vec![], Turn::Nobody),
        Status::NotStarted | Status::Returned(..) | Status::Revoked(..) => (false, false, false),
        Status::Submitted(submission) => {
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
