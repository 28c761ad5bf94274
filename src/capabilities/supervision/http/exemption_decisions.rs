//! What becomes of a submitted exemption: decided, appealed, decided again, revoked.

use deserr::Deserr;
use utoipa::ToSchema;

use crate::capabilities::supervision::exemption::Exemption;
use crate::edge::{self, Day, Fault, Faults, FieldFault, REQUIRED};
use crate::http::resource::{Cx, Decided};
use crate::identifiers::Comment;
use crate::problem::{Rejection, common::INVALID_REQUEST};
use crate::time::Period;
use crate::word_enum;

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

/// Refuses those of some fields that are at fault, all for one reason.
pub(super) fn at_fault<const N: usize>(
    fields: [(&str, bool); N],
    fault: &Fault,
) -> Result<(), Rejection> {
    let wrong = fields.into_iter().filter(|(_, is_wrong)| *is_wrong);
    let faults: Vec<_> = wrong.map(|(field, _)| FieldFault::at(field, fault.clone())).collect();
    if faults.is_empty() { Ok(()) } else { Err(Rejection::new(&INVALID_REQUEST).faults(faults)) }
}

/// The fields of a grant, where something is granted; none where nothing is.
fn granted(
    yes: bool,
    (from, to): (Option<Day>, Option<Day>),
    (retroactive, reason): (bool, Option<&Comment>),
) -> Result<Option<(Period, Option<Comment>)>, Rejection> {
    if !yes {
        let recorded =
            [("/from", from.is_some()), ("/to", to.is_some()), ("/retroactive", retroactive)];
        return at_fault(recorded, &NOT_GRANTED).map(|()| None);
    }
    let unsaid = retroactive && reason.is_none();
    let missing = [("/reason", unsaid), ("/from", from.is_none()), ("/to", to.is_none())];
    at_fault(missing, &REQUIRED)?;
    let period = from.map(|from| edge::period(from, to)).transpose()?;
    Ok(period.map(|period| (period, reason.filter(|_| retroactive).cloned())))
}

pub(super) async fn decide(cx: &Cx<'_, Exemption>, asked: &DecideExemption) -> Decided<Exemption> {
    let (exemption, on) = (cx.parties.get(*cx.key)?, cx.by.day(asked.on));
    let yes = asked.outcome == ExemptionOutcome::Granted;
    let why = (asked.retroactive, asked.reason.as_ref());
    Ok(match granted(yes, (asked.from, asked.to), why)? {
        Some((period, why)) => exemption.grant(on, period, why)?,
        None => exemption.reject(on)?,
    })
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

pub(super) async fn decide_appeal(
    cx: &Cx<'_, Exemption>,
    asked: &DecideAppeal,
) -> Decided<Exemption> {
    let (exemption, on) = (cx.parties.get(*cx.key)?, cx.by.day(asked.on));
    let yes = asked.outcome == AppealOutcome::Reversed;
    let why = (asked.retroactive, asked.reason.as_ref());
    Ok(match granted(yes, (asked.from, asked.to), why)? {
        Some((period, why)) => exemption.reverse(on, period, why)?,
        None => exemption.uphold(on)?,
    })
}

/// The withdrawal of an exemption.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RevokeExemption {
    /// The first day it holds no more; today by default. It may lie in the past.
    #[deserr(default)]
    pub(super) on: Option<Day>,
    /// Why.
    pub(super) reason: Comment,
}
