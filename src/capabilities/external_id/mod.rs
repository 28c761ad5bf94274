//! What other systems call a resource: told when it is registered or later, and taken back when it
//! was told wrong.
//!
//! The resources, and their operations, are other capabilities'. Here is what holds for all of them
//! alike: one id in a system names one thing of a kind. An id that was taken back is free for
//! another.

pub mod domain;
pub mod external_ids;
pub mod claims;
mod http;
pub mod problems;
#[cfg(test)]
mod tests;

pub use domain::{Event, Kind, Resource, subjects};
pub use external_ids::ExternalIds;
pub(crate) use http::{Told, WithdrawExternalId, change, checked, free};

use super::Capability;

pub static CAPABILITY: Capability = Capability {
    name: "external_id",
    event_types: domain::TYPES,
    problems: problems::ALL,
    routes: |_| {},
    operations: std::vec::Vec::new,
    projections: || vec![],
    reports: &[],
};
