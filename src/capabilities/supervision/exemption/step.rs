//! The steps of an exemption's procedure: what each makes of it, and which may follow which.

use jiff::civil::Date;

use crate::capabilities::supervision::domain::{Stage, Step};
use crate::identifiers::Comment;
use crate::time::Period;
use crate::word_enum;

word_enum! {
    /// What an exemption is on a day.
    pub enum ExemptionSituation {
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
    pub fn situation(&self) -> ExemptionSituation {
        match self {
            Step::Submitted { .. } => ExemptionSituation::Submitted,
            Step::Granted { .. } | Step::Reversed { .. } => ExemptionSituation::Granted,
            Step::Rejected { .. } => ExemptionSituation::Rejected,
            Step::Appealed { .. } => ExemptionSituation::Appealed,
            Step::Upheld { .. } => ExemptionSituation::Upheld,
            Step::Revoked { .. } => ExemptionSituation::Revoked,
        }
    }

    /// What the exemption must be for it.
    pub fn follows(&self) -> ExemptionSituation {
        match self {
            Step::Submitted { .. } => ExemptionSituation::Draft,
            Step::Granted { .. } | Step::Rejected { .. } => ExemptionSituation::Submitted,
            Step::Appealed { .. } => ExemptionSituation::Rejected,
            Step::Upheld { .. } | Step::Reversed { .. } => ExemptionSituation::Appealed,
            Step::Revoked { .. } => ExemptionSituation::Granted,
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
    pub fn situation_on(&self, day: Date) -> Option<ExemptionSituation> {
        let Some((period, _)) = self.grant() else {
            return (day >= self.on()).then_some(self.situation());
        };
        if period.to.is_some_and(|to| day > to) {
            return Some(ExemptionSituation::Expired);
        }
        // A retroactive grant holds before it was decided.
        (day >= self.on().min(period.from)).then_some(ExemptionSituation::Granted)
    }
}
