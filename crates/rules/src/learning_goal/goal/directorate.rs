//! What the directorate does with a goal.

use jiff::civil::Date;

use super::super::domain::{Approved, Event, RevokedByDirectorate};
use super::super::status::{Revocation, Status};
use super::Goal;
use crate::identifiers::Comment;
use crate::problem::Rejection;

impl Goal {
    /// The directorate takes the approval back, whichever municipality gave it.
    pub fn revoke_by_directorate(
        &self,
        on: Date,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let asked = |f: &Approved| RevokedByDirectorate {
            trainee: f.trainee,
            code: f.code.clone(),
            municipality: f.municipality.clone(),
            curriculum: f.curriculum.clone(),
            on,
            reason: reason.clone(),
        };
        let now = self.now();
        match &now {
            Status::Approved(_, approved) => {
                self.in_order(on)?;
                Ok(vec![asked(approved).into()])
            }
            Status::Revoked(_, approved, recorded)
                if **recorded == Revocation::ByDirectorate(asked(approved)) =>
            {
                Ok(vec![])
            }
            Status::NotStarted
            | Status::Submitted(_)
            | Status::Returned(..)
            | Status::Revoked(..) => Err(Self::not(&now)),
        }
    }
}
