//! What the directorate does with a goal.

use jiff::civil::Date;

use super::super::domain::{Approved, Event, RevokedByDirectorate};
use super::super::situation::{Revocation, Situation};
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
            Situation::Approved(_, approved) => {
                self.in_order(on)?;
                Ok(vec![asked(approved).into()])
            }
            Situation::Revoked(_, approved, told)
                if **told == Revocation::ByDirectorate(asked(approved)) =>
            {
                Ok(vec![])
            }
            Situation::NotStarted
            | Situation::Submitted(_)
            | Situation::Returned(..)
            | Situation::Revoked(..) => Err(Self::not(&now)),
        }
    }
}
