//! Reference data, all dated: municipalities and what becomes of them, the ALIS offices that answer
//! for them, and organisations.
//!
//! The operator loads it; nothing is fetched here ([`klass`] only reads files). Who may act for an
//! organisation or an office is not decided here.

pub mod klass;
mod http;
mod municipalities;
mod alis_offices;
mod organisations;

pub use alis_offices::AlisOffices;
pub(crate) use http::{
    goes_on_in_use, lineage, municipality_in_use, numbers_until, organisation_not_closed,
};
pub use municipalities::Municipalities;
pub use organisations::Organisations;

pub use alis_rules::reference::{
    Event, Lineage, Municipality, Organisation, alis_office, domain, geography, lineage,
    municipality, organisation, problems, view,
};

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;

pub static CAPABILITY: Capability = Capability {
    name: "reference",
    event_types: &[Event::TYPES],
    external_ids: &[&domain::ALIS_OFFICE_EXTERNAL_IDS],
    problems: &[problems::ALL],
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
