//! What municipalities, ALIS offices and organisations are to callers, one file a resource; and how
//! others ask about them.

mod alis_offices;
mod municipalities;
mod organisations;

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::civil::Date;

use super::alis_office::AlisOffice;
use super::domain::{municipality_subject, organisation_subject};
use super::lineage::Lineage;
use super::municipality::{Municipality, NOT_IN_USE};
use super::organisation::Organisation;
use crate::edge::Fault;
use crate::event_log::{EventLog, Failure, Loaded, Refusal, View};
use crate::http::operation::Operation;
use crate::http::resource::operations_of;
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::problem::Rejection;

/// Numbers that are looked up for one question. Norway has had about a thousand since 1964.
const NUMBERS_MAX: usize = 1_000;

/// Every operation.
pub fn operations() -> Vec<Operation> {
    let municipalities = operations_of::<Municipality>();
    [municipalities, operations_of::<AlisOffice>(), operations_of::<Organisation>()].concat()
}

/// Refuses a number in the field `municipality` of a body that is not in use on a day.
pub(crate) async fn municipality_in_use(
    view: &View,
    number: &MunicipalityNumber,
    day: Date,
) -> Result<(), Refusal> {
    let municipality: Loaded<Option<Municipality>> =
        view.consult(&municipality_subject(number)).await?;
    if municipality.state.is_some_and(|municipality| municipality.is_valid_on(day)) {
        return Ok(());
    }
    Err(Rejection::field("/municipality", NOT_IN_USE).into())
}

/// Refuses an organisation, in the field `organisation_number` of a body, that is closed on a day.
/// One that nothing is recorded about passes: whoever calls need not be in the register.
pub(crate) async fn organisation_not_closed(
    view: &View,
    number: &OrganisationNumber,
    day: Date,
) -> Result<(), Refusal> {
    let loaded: Loaded<Option<Organisation>> = view.consult(&organisation_subject(number)).await?;
    if !loaded.state.is_some_and(|organisation| organisation.is_closed_on(day)) {
        return Ok(());
    }
    let fault = Fault::new(
        "organisation_closed",
        "The organisation exists no more on that day.",
        "Organisasjonen finnes ikke lenger den dagen.",
    );
    Err(Rejection::field("/organisation_number", fault).into())
}

/// Refuses a day, told in the field `pointer` of a body, on which neither a number that is filed is
/// in use nor the one that it was exchanged for: what is filed keeps its number.
pub(crate) async fn goes_on_in_use(
    view: &View,
    number: &MunicipalityNumber,
    day: Date,
    pointer: &str,
) -> Result<(), Refusal> {
    let lineage = lineage(view, [number.clone()], None).await?;
    if lineage.in_use(lineage.goes_on_as(number, day), day) {
        return Ok(());
    }
    Err(Rejection::field(pointer, NOT_IN_USE).into())
}

/// How some municipalities' numbers follow one another, as known at a position of the log or now.
/// Nothing is guarded: a succession is recorded long before or long after its day.
pub(crate) async fn lineage(
    view: &View,
    numbers: impl IntoIterator<Item = MunicipalityNumber>,
    known_at: Option<i64>,
) -> Result<Lineage, Failure> {
    let mut lineage = Lineage::default();
    let mut next: BTreeSet<MunicipalityNumber> = numbers.into_iter().collect();
    while !next.is_empty() && lineage.count() < NUMBERS_MAX {
        let loads = next.into_iter().map(async |number| {
            let subject = municipality_subject(&number);
            let loaded = view.consult_until::<Option<Municipality>>(&subject, known_at).await?;
            Ok::<_, Failure>((number, loaded.state))
        });
        for (number, recorded) in try_join_all(loads).await? {
            lineage.learn(number, recorded);
        }
        next = lineage.missing();
    }
    Ok(lineage)
}

/// The numbers that a municipality's positions may be filed under on a day, for the filter of a
/// report; nothing when the caller gave none.
pub(crate) async fn numbers_until(
    log: &EventLog,
    asked: Option<&MunicipalityNumber>,
    day: Date,
    known_at: i64,
) -> Result<Option<Vec<String>>, Failure> {
    let Some(number) = asked else { return Ok(None) };
    let lineage = lineage(&log.view(), [number.clone()], Some(known_at)).await?;
    Ok(Some(lineage.covered_by(number, day).iter().map(ToString::to_string).collect()))
}
