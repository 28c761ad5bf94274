//! Training positions: established, announced, filled, changed, ended, closed; and who holds them.
//!
//! A position belongs to one municipality for its whole life. Supervision, goals and grants are
//! other capabilities.

mod http;
mod positions;
mod staffing;

pub use positions::Positions;

pub use alis_rules::occupancy;
pub use alis_rules::position::{
    Event, Position, domain, holding, problems, quota_subject, state, view,
};

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;

pub static CAPABILITY: Capability = Capability {
    name: "position",
    event_types: &[Event::TYPES, occupancy::Event::TYPES],
    external_ids: &[&domain::EXTERNAL_IDS, &occupancy::domain::EXTERNAL_IDS],
    problems: &[problems::ALL, occupancy::problems::ALL],
    routes: |_| {},
    operations: http::operations,
    projections: || vec![declared::<Listed<Positions>>()],
    reports: &[&staffing::STAFFING],
};
