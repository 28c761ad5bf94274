//! Reference data, all dated: municipalities and what becomes of them, the ALIS offices that answer
//! for them, and organisations.
//!
//! The operator loads it; nothing is fetched here ([`klass`] only reads files). Who may act for an
//! organisation or an office is not decided here.

pub mod domain;
pub mod municipality;
pub mod lineage;
pub mod alis_office;
pub mod organisation;
pub mod geography;
pub mod klass;
pub mod problems;
mod view;
mod http;
mod municipalities;
mod alis_offices;
mod organisations;
#[cfg(test)]
mod tests;

pub use alis_offices::AlisOffices;
pub use domain::Event;
pub(crate) use http::{
    goes_on_in_use, lineage, municipality_in_use, numbers_until, organisation_not_closed,
};
pub use lineage::Lineage;
pub use municipalities::Municipalities;
pub use municipality::Municipality;
pub use organisation::Organisation;
pub use organisations::Organisations;

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;

pub static CAPABILITY: Capability = Capability {
    name: "reference",
    event_types: Event::TYPES,
    external_ids: &[&domain::ALIS_OFFICE_EXTERNAL_IDS],
    problems: problems::ALL,
    routes: |_| {},
    operations: http::operations,
    projections: || {
        vec![
            declared::<Listed<Municipalities>>(),
            declared::<Listed<AlisOffices>>(),
            declared::<Listed<Organisations>>(),
        ]
    },
    reports: &[],
};
