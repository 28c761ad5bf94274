//! What requests say of a proposed assignment: answered, withdrawn, paused, resumed, ended,
//! corrected.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;

use crate::capabilities::supervision::assignment::Assignment;
use crate::capabilities::supervision::domain::{
    AssignmentFacts, SupervisionEndReason, SupervisionPauseReason,
};
use crate::edge::{Day, Faults, FieldFault, PeriodCorrection};
use crate::http::actor::Role;
use crate::http::resource::Cx;
use crate::identifiers::Comment;
use crate::problem::{OrNotFound as _, Rejection};

/// Passes the supervisor who answers, and a system that acts for a municipality whose person the
/// supervisor is on that day: whoever asks does not answer. For whom no municipality has yet, the
/// one answers that the assignment is filed under.
pub(super) fn answers(cx: &Cx<'_, Assignment>, on: Date) -> Result<(), Rejection> {
    let (supervisor, permissions) = (cx.parties.or_not_found()?, cx.by.permissions());
    permissions.require_self(supervisor.id, Role::Supervisor)?;
    if permissions.is_person() {
        return Ok(());
    }
    let mut own = supervisor.own_municipalities_on(on);
    if own.is_empty() {
        own.extend(supervisor.assignments.get(*cx.key)?.municipality.clone());
    }
    permissions.require_acts_for_any(&own, Role::Supervisor)
}

/// The supervisor's answer.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct AssignmentAnswer {
    /// The day of the answer; today by default.
    #[deserr(default)]
    pub(super) on: Option<Day>,
}

/// The end of a proposal that nobody answered.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct WithdrawAssignment {
    /// The day it is taken back; today by default.
    #[deserr(default)]
    pub(super) on: Option<Day>,
}

/// A rest.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct PauseAssignment {
    /// The first day of the rest.
    pub(super) from: Day,
    /// Why.
    #[deserr(default)]
    pub(super) reason: Option<SupervisionPauseReason>,
}

/// The end of a rest.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ResumeAssignment {
    /// The first day after the rest.
    pub(super) on: Day,
}

/// The end of an assignment.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndAssignment {
    /// The last day.
    pub(super) to: Day,
    /// Why it ends.
    pub(super) reason: SupervisionEndReason,
}

/// How the assignment really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectAssignment {
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day. Once one is recorded, tell another or `reopened`.
    #[deserr(default)]
    to: Option<Day>,
    /// It has not ended: there is no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// There never was such an assignment: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    pub(super) reason: Comment,
}

impl CorrectAssignment {
    /// How an assignment really was; `None` when it was entered in error.
    pub(super) fn facts(
        &self,
        recorded: &Assignment,
    ) -> Result<Option<AssignmentFacts>, FieldFault> {
        let &Self { from, to, reopened, entered_in_error, .. } = self;
        let correction =
            PeriodCorrection { from, to, reopened, entered_in_error, others_stated: false };
        let period = correction.of(recorded.period)?;
        let end_reason = recorded.end_reason;
        Ok(period.map(|period| AssignmentFacts {
            period,
            end_reason: end_reason.filter(|_| period.to.is_some()),
        }))
    }
}
