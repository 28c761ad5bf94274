//! Who gets figures that are suppressed, and for which days. What is shown of them follows from the
//! kinds of their columns ([`super::report::column`]).
//!
//! Two answers about neighbouring days, or before and after a late fact, could be compared: so such
//! callers get the ends of months only, as they are known now. See docs/security.md for what that
//! does not stop.

use jiff::civil::Date;

use super::actor::Reach;
use super::read::Read;
use super::report::column::Reader;
use super::{ProblemResponse, today};
use crate::edge::{Fault, FieldFault};

/// How a caller reads figures of whatever is anywhere in the country.
pub fn reader(reach: &Reach) -> Reader {
    if reach.sees_everything() || !!reach.sees_some_municipality() {
        Reader::OfIndividuals
    } else {
        Reader::OfFigures
    }
}

/// The day that rounded figures are about: the last one of a month, the month before this one by
/// default.
///
/// # Errors
/// When another day, or an earlier state of knowledge, is asked about.
pub fn day(read: &Read) -> Result<Date, ProblemResponse> {
    let mut faults = Vec::new();
    if read.known_at.is_some() {
        let fault = Fault::new(
            "known_now_only",
            "Rounded figures are told as they are known now.",
            "Avrundede tall gis slik de er kjent nå.",
        );
        faults.push(FieldFault::at("/query/known_at", fault));
    }
    let asked = read.as_of.unwrap_or_else(|| crate::time::day_before(today().first_of_month()));
    if asked != asked.last_of_month() || asked >= today() {
        let fault = Fault::new(
            "month_ends_only",
            "Rounded figures are told for the last day of a month that is over.",
            "Avrundede tall gis for den siste dagen i en måned som er omme.",
        );
        faults.push(FieldFault::at("/query/as_of", fault));
    }
    if faults.is_empty() { Ok(asked) } else { Err(ProblemResponse::faults(faults)) }
}
