//! What was told wrong of a position itself: how it was established, and whether it was closed.

use jiff::civil::Date;

use super::Position;
use crate::identifiers::Comment;
use crate::position::domain::{ClosureCorrected, Corrected, Established, Event};
use crate::position::problems;
use crate::problem::Rejection;
use crate::time::Period;

impl Position {
    /// Corrects what was recorded when the position was established.
    pub fn correct(&self, how: Corrected) -> Result<Vec<Event>, Rejection> {
        let e = &self.established;
        let same = (how.category, how.percent, how.intended_operating_model, how.from)
            == (e.category, e.percent, e.intended_operating_model, e.from)
            && (how.open_practice_model, how.salary_offer_made)
                == (e.open_practice_model, e.salary_offer_made);
        if same {
            return Ok(vec![]);
        }
        if let Some(earliest) = self.changes().into_iter().filter(|day| *day > e.from).min()
            && how.from > earliest
        {
            return Err(Rejection::new(&problems::CORRECTION_CONTRADICTS).with("day", earliest));
        }
        if let Some(first) = self.occupancies.first_day()
            && how.from > first
        {
            return Err(Rejection::new(&problems::CORRECTION_CONTRADICTS).with("day", first));
        }
        // As when they took it: nobody holds more of it than there is.
        if how.percent < e.percent
            && let Some(day) = self.occupancies.first_above(how.percent)
        {
            return Err(Rejection::new(&problems::CORRECTION_CONTRADICTS).with("day", day));
        }
        Ok(vec![how.into()])
    }

    /// The days that the position exists after all, if it was really closed on `on` and not when it
    /// was told, or was not closed; `None` when there are none.
    pub fn exists_after_all(&self, on: Option<Date>) -> Option<Period> {
        let to = on.map(crate::time::day_before);
        Period::try_new(self.closed_on()?, to)
    }

    /// Corrects from when on the position exists no more, or that it was closed at all.
    pub fn correct_closure(
        &self,
        on: Option<Date>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        if on == self.closed_on() {
            return Ok(vec![]);
        }
        if let Some(day) = on {
            let status = self.status_or_refuse(day)?;
            if self.closure.is_none() {
                return Err(self.not(&status, day));
            }
            self.free_from(day)?;
        }
        let Some(closure) = self.closure else { return Ok(vec![]) };
        let corrects = closure.recorded_at_position;
        let Established { position, municipality, programme, .. } = self.established.clone();
        let corrected =
            ClosureCorrected { position, municipality, corrects, on, reason, programme };
        Ok(vec![corrected.into()])
    }
}
