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
    /// There never was such a thing.
    pub never_was: bool,
    /// Something beside the days is told, too.
    pub else_told: bool,
}

impl PeriodCorrection {
    /// How the period really was; `None` when it never was.
    pub fn of(self, recorded: Period) -> Result<Option<Period>, FieldFault> {
        let told = self.from.is_some() || self.to.is_some() || self.reopened || self.else_told;
        if never(self.never_was, told)? {
            return Ok(None);
        }
        let from = self.from.unwrap_or(Day(recorded.from));
        let to = match (self.to, self.reopened) {
            (Some(_), true) => {
                let fault = Fault::new(
                    "reopened_has_no_end",
                    "What is open has no last day: tell one of the two.",
                    "Det som er åpent, har ingen siste dag: oppgi én av delene.",
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

/// Whether a correction says that there never was such a thing; then nothing else may be told.
pub fn never(never_was: bool, else_told: bool) -> Result<bool, FieldFault> {
    if never_was && else_told {
        let fault = Fault::new(
            "nothing_else",
            "Of what never was, tell nothing else.",
            "Om det som aldri var, oppgis ikke noe annet.",
        );
        return Err(FieldFault::at("/never_was", fault));
    }
    Ok(never_was)
}

/// The day that a correction tells of something that has one day; `None` when it never was.
pub fn day_or_never(on: Option<Day>, never_was: bool) -> Result<Option<Date>, FieldFault> {
    match (on, never_was) {
        (Some(on), false) => Ok(Some(on.0)),
        (None, true) => Ok(None),
        (Some(_), true) | (None, false) => {
            let fault = Fault::new(
                "day_or_never",
                "Tell the day, or that it never was: one of the two.",
                "Oppgi dagen, eller at det aldri var slik: én av delene.",
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
    fn what_is_left_out_stays_and_what_never_was_has_no_days() {
        let recorded = Period { from: date(2020, 1, 1), to: Some(date(2020, 12, 31)) };
        let of = |told: PeriodCorrection| told.of(recorded).map_err(|fault| fault.pointer);
        let none = PeriodCorrection::default();
        assert_eq!(of(none), Ok(Some(recorded)));
        let later = PeriodCorrection { from: Some(Day(date(2020, 2, 1))), ..none };
        assert_eq!(of(later), Ok(Some(Period { from: date(2020, 2, 1), ..recorded })));
        let open = PeriodCorrection { reopened: true, ..none };
        assert_eq!(of(open), Ok(Some(Period { to: None, ..recorded })));
        let both = PeriodCorrection { to: Some(Day(date(2020, 2, 1))), ..open };
        assert_eq!(of(both), Err("/reopened".to_owned()));
        let never = PeriodCorrection { never_was: true, ..none };
        assert_eq!(of(never), Ok(None));
        for more in [
            PeriodCorrection { else_told: true, ..never },
            PeriodCorrection { reopened: true, ..never },
            PeriodCorrection { from: Some(Day(date(2020, 2, 1))), ..never },
        ] {
            assert_eq!(of(more), Err("/never_was".to_owned()));
        }
        let backwards = PeriodCorrection { from: Some(Day(date(2021, 2, 1))), ..none };
        assert!(of(backwards).is_err());
    }
}
