//! Programmes: projects such as ALIS-Nord that municipalities take part in with a number of
//! training positions, for a subsidy.
//!
//! Positions are a capability of their own; here is only how many there may be. What is paid out is
//! not decided here. When a municipality gets a new number its participation goes on, until one is
//! recorded under the new number.

mod http;
mod programmes;

pub(crate) use http::{admit, readmit};
pub use programmes::Programmes;

pub use alis_rules::programme::{Event, Programme, domain, problems, quota, state, subject, view};

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;

pub static CAPABILITY: Capability = Capability {
    name: "programme",
    event_types: &[Event::TYPES],
    external_ids: &[&domain::EXTERNAL_IDS],
    problems: &[problems::ALL],
    routes: |_| {},
    operations: http::operations,
    projections: || vec![declared::<Listed<Programmes>>()],
    reports: &[],
};
