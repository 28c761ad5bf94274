//! The operations on reference data, one file a resource.

mod alis_offices;
mod municipalities;
mod organisations;

use jiff::civil::Date;
use utoipa_actix_web::service_config::ServiceConfig;

use super::domain::municipality_subject;
use super::municipality::{Municipality, NOT_IN_USE};
use crate::event_log::{Loaded, Refusal, View};
use crate::identifiers::MunicipalityNumber;
use crate::problem::Rejection;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    municipalities::routes(config);
    alis_offices::routes(config);
    organisations::routes(config);
}

/// Refuses a number in the field `municipality` of a body that is not in use on a day.
pub(crate) async fn municipality_in_use(
    view: &View,
    number: &MunicipalityNumber,
    day: Date,
) -> Result<(), Refusal> {
    in_use_on(view, number, day, "/municipality").await
}

/// Refuses a day, told in the field `pointer` of a body, on which a number is not in use.
pub(crate) async fn in_use_on(
    view: &View,
    number: &MunicipalityNumber,
    day: Date,
    pointer: &str,
) -> Result<(), Refusal> {
    let municipality: Loaded<Municipality> = view.consult(&municipality_subject(number)).await?;
    if municipality.state.is_valid_on(day) {
        return Ok(());
    }
    Err(Rejection::field(pointer, NOT_IN_USE).into())
}
