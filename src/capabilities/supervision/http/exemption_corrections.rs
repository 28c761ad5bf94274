//! What was recorded wrong of an exemption: the application, and each step of the procedure.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;

use super::exemption_decisions::{AppealOutcome, ExemptionOutcome, NOT_GRANTED, at_fault};
use super::exemptions::CorrectExemption;
use crate::capabilities::supervision::application::Application;
use crate::capabilities::supervision::domain::{Stage, Step};
use crate::capabilities::supervision::exemption::Exemption;
use crate::capabilities::supervision::problems::*;
use crate::edge::{self, Day, Faults, PeriodCorrection, REQUIRED, day_or_entered_in_error, never};
use crate::http::access::Access;
use crate::http::resource::{Act, Cx, Decided, Operations};
use crate::identifiers::Comment;
use crate::problem::Rejection;
use crate::time::Period;

/// What can be done about what was recorded wrong.
pub(super) fn corrections(procedure: Operations<Exemption>) -> Operations<Exemption> {
    procedure
        .act(Act {
            id: "correct_supervision_exemption",
            path: "/correction",
            summary: "Correct the application for a supervision exemption",
            about: "Also after it was decided; the decision stands as it is. The first account \
                    stays in the history; `known_at` before the correction shows it.",
            by: Access::Municipal,
            refuses: &[&EXEMPTION_STATUS],
            rule: correct,
        })
        .may_end_it()
        .act(Act {
            id: "correct_supervision_exemption_submission",
            path: "/submission/correction",
            summary: "Correct when a supervision exemption was submitted",
            about: "Or that it was: it is then a draft again. Only while no later step would be \
                    left in the air.",
            by: Access::Municipal,
            refuses: &[&EXEMPTION_STATUS, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE],
            rule: async |cx: &Cx<'_, Exemption>, asked: &CorrectExemptionStep| {
                correct_step(cx, asked, Stage::Submission, |on| Step::Submitted { on })
            },
        })
        .act(Act {
            id: "correct_supervision_exemption_decision",
            path: "/decision/correction",
            summary: "Correct the decision on a supervision exemption",
            about: "Its day, its outcome, the days that were granted: assignments that rest on it \
                    lapse, or are active again, by themselves. A refusal that was appealed stays \
                    one until the appeal is taken back.",
            by: Access::OfDirectorate,
            refuses: &[&EXEMPTION_STATUS, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE],
            rule: correct_decision,
        })
        .act(Act {
            id: "correct_supervision_exemption_appeal",
            path: "/appeal/correction",
            summary: "Correct when the refusal of a supervision exemption was appealed",
            about: "Or that it was.",
            by: Access::Municipal,
            refuses: &[&EXEMPTION_STATUS, &EXEMPTION_DAY_ORDER],
            rule: async |cx: &Cx<'_, Exemption>, asked: &CorrectExemptionStep| {
                correct_step(cx, asked, Stage::Appeal, |on| Step::Appealed { on })
            },
        })
        .act(Act {
            id: "correct_supervision_exemption_appeal_decision",
            path: "/appeal-decision/correction",
            summary: "Correct the decision on an appeal about a supervision exemption",
            about: "As a decision is corrected.",
            by: Access::OfDirectorate,
            refuses: &[&EXEMPTION_STATUS, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE],
            rule: correct_appeal_decision,
        })
        .act(Act {
            id: "correct_supervision_exemption_revocation",
            path: "/revocation/correction",
            summary: "Correct the revocation of a supervision exemption",
            about: "From which day, or that it was revoked at all: assignments that rest on it are \
                    active again by themselves.",
            by: Access::OfDirectorate,
            refuses: &[&EXEMPTION_STATUS],
            rule: async |cx: &Cx<'_, Exemption>, asked: &CorrectExemptionStep| {
                correct_step(cx, asked, Stage::Revocation, |on| Step::Revoked { on })
            },
        })
}

async fn correct(cx: &Cx<'_, Exemption>, asked: &CorrectExemption) -> Decided<Exemption> {
    let earlier = asked.application();
    let entered_in_error = never(asked.entered_in_error, earlier != Application::default())?;
    let really = (!entered_in_error).then_some(earlier);
    Ok(cx.parties.get(*cx.key)?.correct(really, asked.reason.clone(), cx.by.today)?)
}

/// When a step of the procedure was really taken, or that it was not.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectExemptionStep {
    /// The day it happened.
    #[deserr(default)]
    on: Option<Day>,
    /// It did not happen: it is taken out, and no day may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// A correction of a step that has nothing but a day.
fn correct_step(
    cx: &Cx<'_, Exemption>,
    asked: &CorrectExemptionStep,
    stage: Stage,
    step: fn(Date) -> Step,
) -> Decided<Exemption> {
    let on = day_or_entered_in_error(asked.on, asked.entered_in_error)?;
    Ok(cx.parties.get(*cx.key)?.correct_step(stage, on.map(step), asked.reason.clone())?)
}

/// How the directorate really decided; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectExemptionDecision {
    /// Yes or no.
    #[deserr(default)]
    outcome: Option<ExemptionOutcome>,
    /// The day it was decided.
    #[deserr(default)]
    on: Option<Day>,
    /// The first day it holds; with `granted` only, and required there unless one is recorded.
    #[deserr(default)]
    from: Option<Day>,
    /// The last day it holds; with `granted` only, and required there unless one is recorded.
    #[deserr(default)]
    to: Option<Day>,
    /// Why it holds from a day before it was submitted; with `granted` only.
    #[deserr(default)]
    retroactive: Option<Comment>,
    /// It was not decided: the decision is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// How an appeal was really decided; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectAppealDecision {
    /// Whether the refusal stands.
    #[deserr(default)]
    outcome: Option<AppealOutcome>,
    /// The day it was decided.
    #[deserr(default)]
    on: Option<Day>,
    /// The first day it holds; with `reversed` only, and required there unless one is recorded.
    #[deserr(default)]
    from: Option<Day>,
    /// The last day it holds; with `reversed` only, and required there unless one is recorded.
    #[deserr(default)]
    to: Option<Day>,
    /// Why it holds from a day before it was submitted; with `reversed` only.
    #[deserr(default)]
    retroactive: Option<Comment>,
    /// The appeal was not decided: the decision is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// What is said of a decision or of one on an appeal; what is left out stays.
struct Said {
    grants: Option<bool>,
    on: Option<Day>,
    from: Option<Day>,
    to: Option<Day>,
    retroactive: Option<Comment>,
}

/// How it was decided, and what was granted.
type Outcome = (Date, Option<(Period, Option<Comment>)>);

impl Said {
    fn is_nothing(&self) -> bool {
        self.grants.is_none()
            && self.on.is_none()
            && self.from.is_none()
            && self.to.is_none()
            && self.retroactive.is_none()
    }

    fn of(&self, earlier: &Step) -> Result<Outcome, Rejection> {
        let on = self.on.map_or(earlier.on(), |day| day.0);
        let recorded = earlier.grant();
        let Some((recorded, why)) = recorded.filter(|_| self.grants != Some(false)) else {
            return Ok((on, self.of_refusal()?));
        };
        let (from, to) = (self.from, self.to);
        let correction = PeriodCorrection { from, to, ..PeriodCorrection::default() };
        let period = correction.of(recorded)?;
        Ok((on, period.map(|period| (period, self.retroactive.clone().or(why.cloned())))))
    }

    /// Of a decision that granted nothing, or should not have.
    fn of_refusal(&self) -> Result<Option<(Period, Option<Comment>)>, Rejection> {
        let (from, to) = (self.from.is_some(), self.to.is_some());
        if self.grants != Some(true) {
            let retroactive = self.retroactive.is_some();
            let earlier = [("/from", from), ("/to", to), ("/retroactive", retroactive)];
            return at_fault(earlier, &NOT_GRANTED).map(|()| None);
        }
        at_fault([("/from", !from), ("/to", !to)], &REQUIRED)?;
        let period = self.from.map(|from| edge::period(from, self.to)).transpose()?;
        Ok(period.map(|period| (period, self.retroactive.clone())))
    }
}

/// A correction of a decision; `step` makes a step of how it was.
fn correct_outcome(
    cx: &Cx<'_, Exemption>,
    stage: Stage,
    (said, entered_in_error, reason): (Said, bool, &Comment),
    step: fn(Outcome) -> Step,
) -> Decided<Exemption> {
    let entered_in_error = never(entered_in_error, !said.is_nothing())?;
    let exemption = cx.parties.get(*cx.key)?;
    let really = match entered_in_error {
        true => None,
        false => Some(step(said.of(exemption.step_of(stage)?)?)),
    };
    Ok(exemption.correct_step(stage, really, reason.clone())?)
}

async fn correct_decision(
    cx: &Cx<'_, Exemption>,
    asked: &CorrectExemptionDecision,
) -> Decided<Exemption> {
    let CorrectExemptionDecision { outcome, on, from, to, retroactive, entered_in_error, reason } =
        asked.clone();
    let grants = outcome.map(|outcome| outcome == ExemptionOutcome::Granted);
    let said = Said { grants, on, from, to, retroactive };
    correct_outcome(cx, Stage::Decision, (said, entered_in_error, &reason), |outcome| match outcome
    {
        (on, Some((period, retroactive))) => Step::Granted { on, period, retroactive },
        (on, None) => Step::Rejected { on },
    })
}

async fn correct_appeal_decision(
    cx: &Cx<'_, Exemption>,
    asked: &CorrectAppealDecision,
) -> Decided<Exemption> {
    let CorrectAppealDecision { outcome, on, from, to, retroactive, entered_in_error, reason } =
        asked.clone();
    let grants = outcome.map(|outcome| outcome == AppealOutcome::Reversed);
    let said = Said { grants, on, from, to, retroactive };
    correct_outcome(cx, Stage::AppealDecision, (said, entered_in_error, &reason), |outcome| {
        match outcome {
            (on, Some((period, retroactive))) => Step::Reversed { on, period, retroactive },
            (on, None) => Step::Upheld { on },
        }
    })
}
