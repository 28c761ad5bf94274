//! What a learning goal is on a day, and how one step follows another.
//!
//! Folding never judges: a step that does not fit where the goal stands changes nothing.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::domain::{
    Approved, Event, Recommended, Returned, Revoked, RevokedByDirectorate, Submitted,
};
use crate::word_enum;

word_enum! {
    /// How a learning goal stands on a day.
    pub enum GoalStatus {
        /// Not submitted, or recalled before anything was decided.
        NotStarted = "not_started",
        /// Waits for recommendations and a decision.
        Submitted = "submitted",
        /// Sent back to the doctor.
        Returned = "returned",
        /// Approved.
        Approved = "approved",
        /// Was approved; the approval was taken back.
        Revoked = "revoked",
    }
}

/// A submission, and what was recommended on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub submitted: Submitted,
    /// In the order they were told.
    pub recommendations: Vec<Recommended>,
}

/// How an approval was taken back.
#[derive(Debug, Clone, PartialEq)]
pub enum Revocation {
    ByLeader(Revoked),
    ByDirectorate(RevokedByDirectorate),
}

/// What a goal is on a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Status {
    #[default]
    NotStarted,
    Submitted(Box<Submission>),
    Returned(Box<Submission>, Box<Returned>),
    Approved(Box<Submission>, Box<Approved>),
    Revoked(Box<Submission>, Box<Approved>, Box<Revocation>),
}

impl Status {
    /// The word for it.
    pub fn word(&self) -> GoalStatus {
        match self {
            Status::NotStarted => GoalStatus::NotStarted,
            Status::Submitted(_) => GoalStatus::Submitted,
            Status::Returned(..) => GoalStatus::Returned,
            Status::Approved(..) => GoalStatus::Approved,
            Status::Revoked(..) => GoalStatus::Revoked,
        }
    }

    /// The submission it goes back to.
    pub fn submission(&self) -> Option<&Submission> {
        match self {
            Status::NotStarted => None,
            Status::Submitted(submission)
            | Status::Returned(submission, _)
            | Status::Approved(submission, _)
            | Status::Revoked(submission, ..) => Some(submission),
        }
    }

    /// What the goal is after a step; `before` is what it was before the last submission.
    pub(super) fn after(self, event: &Event, before: &mut Status) -> Status {
        match (self, event) {
            (now, Event::Submitted(f)) => {
                *before = now;
                let submission = Submission { submitted: f.clone(), recommendations: vec![] };
                Status::Submitted(Box::new(submission))
            }
            // What was before the submission is again.
            (Status::Submitted(_), Event::Recalled(_)) => std::mem::take(before),
            (Status::Submitted(mut submission), Event::Recommended(f)) => {
                submission.recommendations.push(f.clone());
                Status::Submitted(submission)
            }
            (Status::Submitted(submission), Event::Approved(f)) => {
                Status::Approved(submission, Box::new(f.clone()))
            }
            (Status::Submitted(submission), Event::Returned(f)) => {
                Status::Returned(submission, Box::new(f.clone()))
            }
            (Status::Approved(submission, approved), Event::Revoked(f)) => {
                let recorded = Revocation::ByLeader(f.clone());
                Status::Revoked(submission, approved, Box::new(recorded))
            }
            (Status::Approved(submission, approved), Event::RevokedByDirectorate(f)) => {
                let recorded = Revocation::ByDirectorate(f.clone());
                Status::Revoked(submission, approved, Box::new(recorded))
            }
            (now, _) => now,
        }
    }
}

impl Submission {
    /// The latest word of each person in each role, given on a day or before. Nobody's word takes
    /// the place of another's.
    pub fn latest(&self, by_day: Date) -> impl Iterator<Item = &Recommended> {
        let mut given: Vec<_> = self.recommendations.iter().filter(|r| r.on <= by_day).collect();
        // Of two on one day the later told counts.
        given.sort_by_key(|r| r.on);
        let latest: BTreeMap<_, _> = given.into_iter().map(|r| ((r.by, r.role), r)).collect();
        latest.into_values()
    }
}
