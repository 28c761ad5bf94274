//! What becomes of a submitted exemption: decided, appealed, decided again, revoked.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::exemptions::{ExemptionStep, on_exemption};
use crate::capabilities::supervision::domain::Event;
use crate::capabilities::supervision::exemption::Exemption;
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::view::ExemptionView;
use crate::edge::{self, Day, Fault, Faults, FieldFault, REQUIRED};
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change, ProblemResponse};
use crate::identifiers::Comment;
use crate::problem::Rejection;
use crate::time::Period;
use crate::word_enum;

/// What is asked of an exemption.
type Rule = Box<dyn Fn(&Exemption) -> Result<Vec<Event>, Rejection>>;

word_enum! {
    /// What the directorate decides.
    pub enum ExemptionOutcome {
        /// Granted, for a time.
        Granted = "granted",
        /// Refused.
        Rejected = "rejected",
    }
}

/// The directorate's decision.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DecideExemption {
    /// Yes or no.
    outcome: ExemptionOutcome,
    /// The day it is decided; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// The first day it holds; with `granted` only, and required there.
    #[deserr(default)]
    from: Option<Day>,
    /// The last day it holds; with `granted` only, and required there.
    #[deserr(default)]
    to: Option<Day>,
    /// Whether it may hold from a day before it was submitted.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    retroactive: bool,
    /// Why it holds from before; with `retroactive` only, and required there.
    #[deserr(default)]
    reason: Option<Comment>,
}

/// The fault of what only a grant has.
pub(super) const NOT_GRANTED: Fault =
    Fault::new("not_granted", "Nothing is granted here.", "Her innvilges ingenting.");

/// The fields of a grant, where something is granted; none where nothing is.
fn granted(
    asked: &DecideExemption,
    yes: bool,
) -> Result<Option<(Period, Option<Comment>)>, ProblemResponse> {
    let mut faults = Vec::new();
    if !yes {
        let told = [
            ("/from", asked.from.is_some()),
            ("/to", asked.to.is_some()),
            ("/retroactive", asked.retroactive),
        ];
        for (pointer, _) in told.iter().filter(|(_, told)| *told) {
            faults.push(FieldFault::at(*pointer, NOT_GRANTED));
        }
        return if faults.is_empty() { Ok(None) } else { Err(ProblemResponse::faults(faults)) };
    }
    if asked.retroactive && asked.reason.is_none() {
        faults.push(FieldFault::at("/reason", REQUIRED));
    }
    faults.extend(asked.from.is_none().then(|| FieldFault::at("/from", REQUIRED)));
    faults.extend(asked.to.is_none().then(|| FieldFault::at("/to", REQUIRED)));
    match (asked.from, faults.is_empty()) {
        (Some(from), true) => {
            let period = edge::period(from, asked.to)?;
            Ok(Some((period, asked.reason.clone().filter(|_| asked.retroactive))))
        }
        (Some(_) | None, _) => Err(ProblemResponse::faults(faults)),
    }
}

/// Record the decision on a supervision exemption
///
/// A granted exemption is for a time: both days are needed. It holds from before it was submitted
/// only if the decision says so.
#[utoipa::path(tag = "supervision exemptions", operation_id = "decide_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = DecideExemption,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("of_directorate")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE])))))]
#[post("/v1/supervision-exemptions/{id}/decision")]
pub async fn decide_on(change: Change, id: Path<Uuid>, body: Body<DecideExemption>) -> Answer {
    let asked = body.value;
    let on = asked.on.map_or(change.today, |day| day.0);
    let yes = asked.outcome == ExemptionOutcome::Granted;
    let rule: Rule = match granted(&asked, yes)? {
        Some((period, why)) => Box::new(move |it| it.grant(on, period, why.clone())),
        None => Box::new(move |it| it.reject(on)),
    };
    on_exemption(change, &body.canonical, *id, rule).await
}

/// Appeal the refusal of a supervision exemption
#[utoipa::path(tag = "supervision exemptions", operation_id = "appeal_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = ExemptionStep,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER])))))]
#[post("/v1/supervision-exemptions/{id}/appeal")]
pub async fn appeal(change: Change, id: Path<Uuid>, body: Body<ExemptionStep>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    on_exemption(change, &body.canonical, *id, |rejected| rejected.appeal(on)).await
}

word_enum! {
    /// What becomes of a refusal that was appealed.
    pub enum AppealOutcome {
        /// The refusal stands.
        Upheld = "upheld",
        /// The refusal falls: the exemption is granted, for a time.
        Reversed = "reversed",
    }
}

/// The decision on an appeal.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DecideAppeal {
    /// Whether the refusal stands.
    outcome: AppealOutcome,
    /// The day it is decided; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// The first day it holds; with `reversed` only, and required there.
    #[deserr(default)]
    from: Option<Day>,
    /// The last day it holds; with `reversed` only, and required there.
    #[deserr(default)]
    to: Option<Day>,
    /// Whether it may hold from a day before it was submitted.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    retroactive: bool,
    /// Why it holds from before; with `retroactive` only, and required there.
    #[deserr(default)]
    reason: Option<Comment>,
}

/// Record the decision on an appeal about a supervision exemption
///
/// A refusal that falls makes the exemption `granted`.
#[utoipa::path(tag = "supervision exemptions", operation_id = "decide_supervision_exemption_appeal",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = DecideAppeal,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("of_directorate")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION, &EXEMPTION_DAY_ORDER, &EXEMPTION_RETROACTIVE])))))]
#[post("/v1/supervision-exemptions/{id}/appeal-decision")]
pub async fn decide_appeal(change: Change, id: Path<Uuid>, body: Body<DecideAppeal>) -> Answer {
    let DecideAppeal { outcome, on, from, to, retroactive, reason } = body.value;
    let (yes, outcome) = match outcome {
        AppealOutcome::Reversed => (true, ExemptionOutcome::Granted),
        AppealOutcome::Upheld => (false, ExemptionOutcome::Rejected),
    };
    let asked = DecideExemption { outcome, on, from, to, retroactive, reason };
    let on = on.map_or(change.today, |day| day.0);
    let rule: Rule = match granted(&asked, yes)? {
        Some((period, why)) => Box::new(move |it| it.reverse(on, period, why.clone())),
        None => Box::new(move |it| it.uphold(on)),
    };
    on_exemption(change, &body.canonical, *id, rule).await
}

/// The withdrawal of an exemption.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RevokeExemption {
    /// The first day it holds no more; today by default. It may lie in the past.
    #[deserr(default)]
    on: Option<Day>,
    /// Why.
    reason: Comment,
}

/// Revoke a supervision exemption
///
/// Assignments that rest on it lapse from that day by themselves.
#[utoipa::path(tag = "supervision exemptions", operation_id = "revoke_supervision_exemption",
    params(("id" = Uuid, Path, description = "The exemption.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = RevokeExemption,
    responses((status = 200, description = "The exemption", body = ExemptionView)),
    extensions(("x-access" = json!("of_directorate")), ("x-problems" = json!(codes(&[&EXEMPTION_SITUATION])))))]
#[post("/v1/supervision-exemptions/{id}/revocation")]
pub async fn revoke(change: Change, id: Path<Uuid>, body: Body<RevokeExemption>) -> Answer {
    let on = body.value.on.map_or(change.today, |day| day.0);
    let reason = body.value.reason.clone();
    on_exemption(change, &body.canonical, *id, |it| it.revoke(on, reason.clone())).await
}
