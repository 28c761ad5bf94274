//! Training positions: established, announced, filled, changed, ended, closed; and who holds them.
//!
//! A position belongs to one municipality for its whole life. Supervision, goals and grants are
//! other capabilities.

pub mod domain;
pub mod state;
pub mod occupancy;
mod http;
mod positions;
pub mod problems;
mod staffing;
#[cfg(test)]
mod tests;
mod view;

pub use domain::{Event, OperatingModel, quota_subject};
pub use occupancy::{Occupancies, Occupancy};
pub use positions::Positions;
pub use state::Position;

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;

pub static CAPABILITY: Capability = Capability {
    name: "position",
    event_types: Event::TYPES,
    external_ids: &[&domain::EXTERNAL_IDS, &domain::OCCUPANCY_EXTERNAL_IDS],
    problems: problems::ALL,
    routes: |_| {},
    operations: http::operations,
    projections: || vec![declared::<Listed<Positions>>()],
    reports: &[&staffing::STAFFING],
};
