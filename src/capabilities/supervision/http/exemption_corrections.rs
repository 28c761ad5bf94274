//! What was told wrong of an exemption: the application, and each step of the procedure.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::exemption_decisions::{AppealOutcome, ExemptionOutcome, NOT_GRANTED};
use super::exemptions::{CorrectExemption, on_exemption};
use crate::capabilities::supervision::application::Application;
use crate::capabilities::supervision::domain::{Stage, Step};
use crate::capabilities::supervision::exemption::Exemption;
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::view::ExemptionView;
use crate::edge::{self, Day, Faults, FieldFault, PeriodCorrection, REQUIRED, day_or_never, never};
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::Comment;
use crate::problem::Rejection;
use crate::problem::common::INVALID_REQUEST;
use crate::time::Period;

/// Correct the application for a supervision exemption
///
/// Also after it was decided; the decision stands as it is. The first account stays in the history;
/// `known_at` before the correction shows it.
#[utoipa::path(tag = "supervision exemptions", operation_id = "correct_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = CorrectExemption,
    responses((status = 200, description = "The exemption; null if it never was", body = Option<ExemptionView>)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION])))))]
#[post("/v1/supervision-exemptions/{id}/correction")]
pub async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectExemption>) -> Answer {
    let (never_was, reason) = (body.value.never_was, body.value.reason.clone());
    let (told, today) = (body.value.application(), change.today);
    let really = (!never(never_was, told != Application::default())?).then_some(told);
    let rule = |it: &Exemption| it.correct(really.clone(), reason.clone(), today);
    on_exemption(change, &body.canonical, *id, rule).await
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
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// A correction of a step that has nothing but a day.
async fn on_step(
    change: Change,
    id: Uuid,
    body: Body<CorrectExemptionStep>,
    stage: Stage,
    step: impl Fn(Date) -> Step,
) -> Answer {
    let CorrectExemptionStep { on, never_was, reason } = body.value;
    let on = day_or_never(on, never_was)?;
    let rule = |it: &Exemption| it.correct_step(stage, on.map(&step), reason.clone());
    on_exemption(change, &body.canonical, id, rule).await
}

/// Correct when a supervision exemption was submitted
///
/// Or that it was: it is then a draft again. Only while no later step would be left in the air.
#[utoipa::path(tag = "supervision exemptions", operation_id = "correct_supervision_exemption_submission",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = CorrectExemptionStep,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE])))))]
#[post("/v1/supervision-exemptions/{id}/submission/correction")]
pub async fn correct_submission(
    change: Change,
    id: Path<Uuid>,
    body: Body<CorrectExemptionStep>,
) -> Answer {
    on_step(change, *id, body, Stage::Submission, |on| Step::Submitted { on }).await
}

/// Correct when the refusal of a supervision exemption was appealed
///
/// Or that it was.
#[utoipa::path(tag = "supervision exemptions", operation_id = "correct_supervision_exemption_appeal",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = CorrectExemptionStep,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER])))))]
#[post("/v1/supervision-exemptions/{id}/appeal/correction")]
pub async fn correct_appeal(
    change: Change,
    id: Path<Uuid>,
    body: Body<CorrectExemptionStep>,
) -> Answer {
    on_step(change, *id, body, Stage::Appeal, |on| Step::Appealed { on }).await
}

/// Correct the revocation of a supervision exemption
///
/// From which day, or that it was revoked at all: assignments that rest on it are active again by
/// themselves.
#[utoipa::path(tag = "supervision exemptions", operation_id = "correct_supervision_exemption_revocation",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = CorrectExemptionStep,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("of_directorate")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION])))))]
#[post("/v1/supervision-exemptions/{id}/revocation/correction")]
pub async fn correct_revocation(
    change: Change,
    id: Path<Uuid>,
    body: Body<CorrectExemptionStep>,
) -> Answer {
    on_step(change, *id, body, Stage::Revocation, |on| Step::Revoked { on }).await
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
    never_was: bool,
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
    never_was: bool,
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
type Decided = (Date, Option<(Period, Option<Comment>)>);

impl Said {
    fn is_nothing(&self) -> bool {
        self.grants.is_none()
            && self.on.is_none()
            && self.from.is_none()
            && self.to.is_none()
            && self.retroactive.is_none()
    }

    fn of(&self, told: &Step) -> Result<Decided, Vec<FieldFault>> {
        let on = self.on.map_or(told.on(), |day| day.0);
        let recorded = told.grant();
        let Some((recorded, why)) = recorded.filter(|_| self.grants != Some(false)) else {
            return Ok((on, self.of_refusal()?));
        };
        let (from, to) = (self.from, self.to);
        let correction = PeriodCorrection { from, to, ..PeriodCorrection::default() };
        let period = correction.of(recorded).map_err(|fault| vec![fault])?;
        Ok((on, period.map(|period| (period, self.retroactive.clone().or(why.cloned())))))
    }

    /// Of a decision that granted nothing, or should not have.
    fn of_refusal(&self) -> Result<Option<(Period, Option<Comment>)>, Vec<FieldFault>> {
        if self.grants != Some(true) {
            let told = [
                ("/from", self.from.is_some()),
                ("/to", self.to.is_some()),
                ("/retroactive", self.retroactive.is_some()),
            ];
            let told = told.into_iter().filter(|(_, told)| *told);
            let faults: Vec<_> =
                told.map(|(pointer, _)| FieldFault::at(pointer, NOT_GRANTED)).collect();
            return if faults.is_empty() { Ok(None) } else { Err(faults) };
        }
        match (self.from, self.to) {
            (Some(from), Some(_)) => {
                let period = edge::period(from, self.to).map_err(|fault| vec![fault])?;
                Ok(Some((period, self.retroactive.clone())))
            }
            (from, to) => {
                let missing = [("/from", from.is_none()), ("/to", to.is_none())];
                let missing = missing.into_iter().filter(|(_, missing)| *missing);
                Err(missing.map(|(pointer, _)| FieldFault::at(pointer, REQUIRED)).collect())
            }
        }
    }
}

/// A correction of a decision; `step` makes a step of how it was.
async fn on_decision(
    change: Change,
    canonical: &str,
    (id, stage): (Uuid, Stage),
    (said, never_was, reason): (Said, bool, Comment),
    step: impl Fn(Decided) -> Step,
) -> Answer {
    let never_was = never(never_was, !said.is_nothing())?;
    let rule = |it: &Exemption| {
        let really = match never_was {
            true => None,
            false => {
                let decided = said.of(it.step_of(stage)?);
                Some(step(
                    decided.map_err(|faults| Rejection::new(&INVALID_REQUEST).faults(faults))?,
                ))
            }
        };
        it.correct_step(stage, really, reason.clone())
    };
    on_exemption(change, canonical, id, rule).await
}

/// Correct the decision on a supervision exemption
///
/// Its day, its outcome, the days that were granted: assignments that rest on it lapse, or are
/// active again, by themselves. A refusal that was appealed stays one until the appeal is taken
/// back.
#[utoipa::path(tag = "supervision exemptions", operation_id = "correct_supervision_exemption_decision",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = CorrectExemptionDecision,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("of_directorate")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE])))))]
#[post("/v1/supervision-exemptions/{id}/decision/correction")]
pub async fn correct_decision(
    change: Change,
    id: Path<Uuid>,
    body: Body<CorrectExemptionDecision>,
) -> Answer {
    let CorrectExemptionDecision { outcome, on, from, to, retroactive, never_was, reason } =
        body.value;
    let grants = outcome.map(|outcome| match outcome {
        ExemptionOutcome::Granted => true,
        ExemptionOutcome::Rejected => false,
    });
    let said = (Said { grants, on, from, to, retroactive }, never_was, reason);
    let step = |decided: Decided| match decided {
        (on, Some((period, retroactive))) => Step::Granted { on, period, retroactive },
        (on, None) => Step::Rejected { on },
    };
    on_decision(change, &body.canonical, (*id, Stage::Decision), said, step).await
}

/// Correct the decision on an appeal about a supervision exemption
///
/// As a decision is corrected.
#[utoipa::path(tag = "supervision exemptions", operation_id = "correct_supervision_exemption_appeal_decision",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = CorrectAppealDecision,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("of_directorate")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE])))))]
#[post("/v1/supervision-exemptions/{id}/appeal-decision/correction")]
pub async fn correct_appeal_decision(
    change: Change,
    id: Path<Uuid>,
    body: Body<CorrectAppealDecision>,
) -> Answer {
    let CorrectAppealDecision { outcome, on, from, to, retroactive, never_was, reason } =
        body.value;
    let grants = outcome.map(|outcome| match outcome {
        AppealOutcome::Reversed => true,
        AppealOutcome::Upheld => false,
    });
    let said = (Said { grants, on, from, to, retroactive }, never_was, reason);
    let step = |decided: Decided| match decided {
        (on, Some((period, retroactive))) => Step::Reversed { on, period, retroactive },
        (on, None) => Step::Upheld { on },
    };
    on_decision(change, &body.canonical, (*id, Stage::AppealDecision), said, step).await
}
