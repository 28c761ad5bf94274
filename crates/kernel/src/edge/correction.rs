//! What a correction says of a period, or of a day, that was recorded.

use jiff::civil::Date;

use super::{Day, Fault, FieldFault, period};
use crate::time::Period;

/// What is left out stays as it was recorded.
#[derive(Debug, Clone, Copy, Default)]
pub struct PeriodCorrection {
    pub from: Option<Day>,
    pub to: Option<Day>,
    /// There is no last day.
    pub reopened: bool,
    /// It was entered in error.
    pub entered_in_error: bool,
    /// Something beside the days is told, too.
    pub others_stated: bool,
}

impl PeriodCorrection {
    /// How the period really was; `None` when it was entered in error.
    pub fn of(self, recorded: Period) -> Result<Option<Period>, FieldFault> {
        let stated =
            self.from.is_some() || self.to.is_some() || self.reopened || self.others_stated;
        if never(self.entered_in_error, stated)? {
            return Ok(None);
        }
        let from = self.from.unwrap_or(Day(recorded.from));
        let to = match (self.to, self.reopened) {
            (Some(_), true) => {
                let fault = Fault::new(
                    "reopened_has_no_end",
                    "`to` may be a day, or null to reopen.",
                    "`to` kan være en dag, eller null for å gjenåpne.",
                );
                return Err(FieldFault::at("/reopened", fault));
            }
            (Some(to), false) => Some(to),
            (None, true) => None,
            (None, false) => recorded.to.map(Day),
        };
        period(from, to).map(Some)
    }
}

/// Whether a correction says that something was entered in error; then nothing else may be told.
pub fn never(entered_in_error: bool, others_stated: bool) -> Result<bool, FieldFault> {
    if entered_in_error && others_stated {
        let fault = Fault::new(
            "nothing_else",
            "`entered_in_error` cannot be combined with other fields.",
            "`entered_in_error` kan ikke kombineres med andre felter.",
        );
        return Err(FieldFault::at("/entered_in_error", fault));
    }
    Ok(entered_in_error)
}

/// The day that a correction states of something that has one day; `None` when it was entered in
/// error.
pub fn day_or_entered_in_error(
    on: Option<Day>,
    entered_in_error: bool,
) -> Result<Option<Date>, FieldFault> {
    match (on, entered_in_error) {
        (Some(on), false) => Ok(Some(on.0)),
        (None, true) => Ok(None),
        (Some(_), true) | (None, false) => {
            let fault = Fault::new(
                "day_or_entered_in_error",
                "Give exactly one of `on` and `entered_in_error`.",
                "Oppgi nøyaktig én av `on` og `entered_in_error`.",
            );
            Err(FieldFault::at("/on", fault))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_is_left_out_stays_and_what_is_entered_in_error_has_no_days() {
        let recorded = Period { from: date(2020, 1, 1), to: Some(date(2020, 12, 31)) };
        let of = |stated: PeriodCorrection| stated.of(recorded).map_err(|fault| fault.pointer);
        let none = PeriodCorrection::default();
        assert_eq!(of(none), Ok(Some(recorded)));
        let later = PeriodCorrection { from: Some(Day(date(2020, 2, 1))), ..none };
        assert_eq!(of(later), Ok(Some(Period { from: date(2020, 2, 1), ..recorded })));
        let open = PeriodCorrection { reopened: true, ..none };
        assert_eq!(of(open), Ok(Some(Period { to: None, ..recorded })));
        let both = PeriodCorrection { to: Some(Day(date(2020, 2, 1))), ..open };
        assert_eq!(of(both), Err("/reopened".to_owned()));
        let never = PeriodCorrection { entered_in_error: true, ..none };
        assert_eq!(of(never), Ok(None));
        for more in [
            PeriodCorrection { others_stated: true, ..never },
            PeriodCorrection { reopened: true, ..never },
            PeriodCorrection { from: Some(Day(date(2020, 2, 1))), ..never },
        ] {
            assert_eq!(of(more), Err("/entered_in_error".to_owned()));
        }
        let backwards = PeriodCorrection { from: Some(Day(date(2021, 2, 1))), ..none };
        assert!(of(backwards).is_err());
    }
}
