//! The steps of an exemption's procedure: what each makes of it, and which may follow which.

use jiff::civil::Date;

use crate::identifiers::Comment;
use crate::supervision::domain::{Stage, Step};
use crate::time::Period;
use crate::word_enum;

word_enum! {
    /// What an exemption is on a day.
    pub enum ExemptionStatus {
        /// Being written.
        Draft = "draft",
        /// Sent to the directorate.
        Submitted = "submitted",
        /// Granted, and not yet over. It covers the days of its own period.
        Granted = "granted",
        /// Refused.
        Rejected = "rejected",
        /// Refused, and the refusal is appealed.
        Appealed = "appealed",
        /// The refusal stands for good.
        Upheld = "upheld",
        /// Its last day is past.
        Expired = "expired",
        /// Withdrawn by the directorate.
        Revoked = "revoked",
    }
}

impl Step {
    /// The day it was taken.
    pub fn on(&self) -> Date {
        match self {
            Step::Submitted { on }
            | Step::Granted { on, .. }
            | Step::Rejected { on }
            | Step::Appealed { on }
            | Step::Upheld { on }
            | Step::Reversed { on, .. }
            | Step::Revoked { on } => *on,
        }
    }

    /// The day from which it holds: a grant from its own first day.
    pub fn holds_from(&self) -> Date {
        self.grant().map_or(self.on(), |(period, _)| period.from)
    }

    /// Where it stands in the procedure.
    pub fn stage(&self) -> Stage {
        match self {
            Step::Submitted { .. } => Stage::Submission,
            Step::Granted { .. } | Step::Rejected { .. } => Stage::Decision,
            Step::Appealed { .. } => Stage::Appeal,
            Step::Upheld { .. } | Step::Reversed { .. } => Stage::AppealDecision,
            Step::Revoked { .. } => Stage::Revocation,
        }
    }

    /// What it makes of the exemption.
    pub fn status(&self) -> ExemptionStatus {
        match self {
            Step::Submitted { .. } => ExemptionStatus::Submitted,
            Step::Granted { .. } | Step::Reversed { .. } => ExemptionStatus::Granted,
            Step::Rejected { .. } => ExemptionStatus::Rejected,
            Step::Appealed { .. } => ExemptionStatus::Appealed,
            Step::Upheld { .. } => ExemptionStatus::Upheld,
            Step::Revoked { .. } => ExemptionStatus::Revoked,
        }
    }

    /// What the exemption must be for it.
    pub fn follows(&self) -> ExemptionStatus {
        match self {
            Step::Submitted { .. } => ExemptionStatus::Draft,
            Step::Granted { .. } | Step::Rejected { .. } => ExemptionStatus::Submitted,
            Step::Appealed { .. } => ExemptionStatus::Rejected,
            Step::Upheld { .. } | Step::Reversed { .. } => ExemptionStatus::Appealed,
            Step::Revoked { .. } => ExemptionStatus::Granted,
        }
    }

    /// The days that it grants, and why they reach back before the application.
    pub fn grant(&self) -> Option<(Period, Option<&Comment>)> {
        match self {
            Step::Granted { period, retroactive, .. }
            | Step::Reversed { period, retroactive, .. } => Some((*period, retroactive.as_ref())),
            Step::Submitted { .. }
            | Step::Rejected { .. }
            | Step::Appealed { .. }
            | Step::Upheld { .. }
            | Step::Revoked { .. } => None,
        }
    }

    /// What it makes of the exemption on a day; `None` where it does not matter yet.
    pub fn status_on(&self, day: Date) -> Option<ExemptionStatus> {
        let Some((period, _)) = self.grant() else {
            return (day >= self.on()).then_some(self.status());
        };
        if period.to.is_some_and(|to| day > to) {
            return Some(ExemptionStatus::Expired);
        }
        // A retroactive grant holds before it was decided.
        (day >= self.on().min(period.from)).then_some(ExemptionStatus::Granted)
    }
}
