//! What is recorded of a doctor's plans and learning goals, and about whom and what it tells.
//!
//! The rules stand in [`super::plan`] and [`super::goal`].

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::curriculum::Plan;
use crate::identifiers::{Comment, GoalCode, MunicipalityNumber, Token};
use crate::{events, word_enum};

word_enum! {
    /// As what somebody gives a recommendation.
    pub enum Role {
        /// The doctor's supervisor (veileder).
        Supervisor = "supervisor",
        /// A clinical supervisor (supervisør), who has seen the doctor at work.
        ClinicalSupervisor = "clinical_supervisor",
    }
}

word_enum! {
    /// What is recommended.
    pub enum Verdict {
        /// The goal is attained.
        Positive = "positive",
        /// The goal is not attained.
        Negative = "negative",
        /// There is not enough to judge by.
        InsufficientBasis = "insufficient_basis",
    }
}

/// A plan is assigned to a doctor, in one version of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanAssigned {
    pub trainee: Uuid,
    pub plan: Plan,
    pub curriculum: Token,
    /// How many goals the plan has in that version.
    pub goals: u16,
    pub by: Uuid,
    /// The leader on whose behalf `by` leads there, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<Uuid>,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// A started plan is put away; what was attained in it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanArchived {
    pub trainee: Uuid,
    pub plan: Plan,
    pub by: Uuid,
    /// The leader on whose behalf `by` leads there, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<Uuid>,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub reason: Comment,
}

/// A plan that was not started is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanWithdrawn {
    pub trainee: Uuid,
    pub plan: Plan,
    pub by: Uuid,
    /// The leader on whose behalf `by` leads there, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<Uuid>,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub reason: Comment,
}

/// The doctor has attained a goal and asks for its approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submitted {
    pub trainee: Uuid,
    pub code: GoalCode,
    pub plan: Plan,
    /// The version of the catalogue under which the goal will be judged.
    pub curriculum: Token,
    /// Nothing was submitted in the plan before this day: the plan is told, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub starts_plan: bool,
    /// The version says which goals this one replaces: it is another goal than those with its code
    /// in other versions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment>,
    /// Who answered for the doctor's training that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
}

/// The doctor takes the submission back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    pub trainee: Uuid,
    pub code: GoalCode,
    /// The version of the submission it is about. Older facts do not tell it: theirs is the last
    /// submission before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curriculum: Option<Token>,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
}

/// Somebody who has followed the doctor says what the leader should decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommended {
    pub trainee: Uuid,
    pub code: GoalCode,
    pub by: Uuid,
    pub role: Role,
    pub verdict: Verdict,
    /// The version of the submission it is about. Older facts do not tell it: theirs is the last
    /// submission before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curriculum: Option<Token>,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment>,
    /// Why one person speaks in both roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dual_role_reason: Option<Comment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
}

/// The leader approves the goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    pub trainee: Uuid,
    pub code: GoalCode,
    pub plan: Plan,
    /// The version of the catalogue under which it was judged.
    pub curriculum: Token,
    pub by: Uuid,
    /// The leader on whose behalf `by` leads there, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<Uuid>,
    /// The municipality in whose name the leader decided: of leaders only its own may revoke.
    pub municipality: MunicipalityNumber,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment>,
    /// Why it is approved against a recommendation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Comment>,
    /// The leader is among those who recommended on the submission, as a supervisor with the same
    /// HPR number. Older facts do not tell it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_recommendation: bool,
}

/// The leader sends the goal back to the doctor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    pub trainee: Uuid,
    pub code: GoalCode,
    pub by: Uuid,
    /// The leader on whose behalf `by` leads there, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<Uuid>,
    pub municipality: MunicipalityNumber,
    /// The version of the submission it is about. Older facts do not tell it: theirs is the last
    /// submission before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curriculum: Option<Token>,
    pub on: Date,
    pub comment: Comment,
}

/// An approval is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revoked {
    pub trainee: Uuid,
    pub code: GoalCode,
    pub by: Uuid,
    /// The leader on whose behalf `by` leads there, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<Uuid>,
    pub municipality: MunicipalityNumber,
    /// The version of the submission it is about. Older facts do not tell it: theirs is the last
    /// submission before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curriculum: Option<Token>,
    pub on: Date,
    pub reason: Comment,
}

/// The directorate takes an approval back, whichever municipality gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevokedByDirectorate {
    pub trainee: Uuid,
    pub code: GoalCode,
    /// Whose approval it was.
    pub municipality: MunicipalityNumber,
    /// The version of the submission it is about.
    pub curriculum: Token,
    pub on: Date,
    pub reason: Comment,
}

events! {
    /// What is recorded of plans and learning goals.
    pub enum Event {
        PlanAssigned = "plan.assigned.v1",
        PlanArchived = "plan.archived.v1",
        PlanWithdrawn = "plan.withdrawn.v1",
        Submitted = "learning_goal.submitted.v1",
        Recalled = "learning_goal.recalled.v1",
        Recommended = "learning_goal.recommended.v1",
        Approved = "learning_goal.approved.v1",
        Returned = "learning_goal.returned.v1",
        Revoked = "learning_goal.revoked.v1",
        RevokedByDirectorate = "learning_goal.revoked_by_directorate.v1",
    }
}

/// The kind of the subject of one doctor's plans.
pub const PLAN_SUBJECT: &str = "plan";
/// The kind of the subject of one goal of one doctor.
pub const GOAL_SUBJECT: &str = "goal";

/// The subject of a doctor's plans: guards that what is not started is not both started and
/// withdrawn.
pub fn plan_subject(trainee: Uuid) -> Subject {
    Subject::new(PLAN_SUBJECT, trainee)
}

/// The subject of one goal of one doctor: what every decision about it guards.
pub fn goal_subject(trainee: Uuid, code: &GoalCode) -> Subject {
    Subject::new(GOAL_SUBJECT, format!("{trainee}/{code}"))
}

/// The subject of everything on a doctor's way through the training, for readers to follow. It is
/// never guarded: work on two goals does not collide.
pub fn path_subject(trainee: Uuid) -> Subject {
    Subject::new("path", trainee)
}

fn of_plan(trainee: Uuid) -> Vec<Subject> {
    vec![plan_subject(trainee), path_subject(trainee)]
}

fn of_goal(trainee: Uuid, code: &GoalCode) -> Vec<Subject> {
    vec![goal_subject(trainee, code), path_subject(trainee)]
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Event::PlanAssigned(f) => of_plan(f.trainee),
            Event::PlanArchived(f) => of_plan(f.trainee),
            Event::PlanWithdrawn(f) => of_plan(f.trainee),
            Event::Submitted(f) => {
                let plan = f.starts_plan.then(|| plan_subject(f.trainee));
                of_goal(f.trainee, &f.code).into_iter().chain(plan).collect()
            }
            Event::Recalled(f) => of_goal(f.trainee, &f.code),
            Event::Recommended(f) => of_goal(f.trainee, &f.code),
            Event::Approved(f) => of_goal(f.trainee, &f.code),
            Event::Returned(f) => of_goal(f.trainee, &f.code),
            Event::Revoked(f) => of_goal(f.trainee, &f.code),
            Event::RevokedByDirectorate(f) => of_goal(f.trainee, &f.code),
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::PlanAssigned(f) => f.on,
            Event::PlanArchived(f) => f.on,
            Event::PlanWithdrawn(f) => f.on,
            Event::Submitted(f) => f.on,
            Event::Recalled(f) => f.on,
            Event::Recommended(f) => f.on,
            Event::Approved(f) => f.on,
            Event::Returned(f) => f.on,
            Event::Revoked(f) => f.on,
            Event::RevokedByDirectorate(f) => f.on,
        }
    }
    fn municipality(&self) -> Option<&str> {
        match self {
            Event::PlanAssigned(f) => Some(f.municipality.as_str()),
            Event::PlanArchived(f) => Some(f.municipality.as_str()),
            Event::PlanWithdrawn(f) => Some(f.municipality.as_str()),
            Event::Submitted(f) => f.municipality.as_ref().map(MunicipalityNumber::as_str),
            Event::Recalled(f) => f.municipality.as_ref().map(MunicipalityNumber::as_str),
            Event::Recommended(f) => f.municipality.as_ref().map(MunicipalityNumber::as_str),
            Event::Approved(f) => Some(f.municipality.as_str()),
            Event::Returned(f) => Some(f.municipality.as_str()),
            Event::Revoked(f) => Some(f.municipality.as_str()),
            Event::RevokedByDirectorate(f) => Some(f.municipality.as_str()),
        }
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}
