//! Leaders: who answers for the training of a municipality's doctors, and when.
//!
//! What a leader decides stands with what is decided; here is only for whom, and on which days, a
//! leader may.

pub mod domain;
mod http;
mod leaders;
pub mod problems;
#[cfg(test)]
mod tests;
mod view;

pub use domain::{Event, Known, Leader, answering, subject};
pub use leaders::Leaders;

use super::Capability;
use crate::event_log::projector::declared;

pub static CAPABILITY: Capability = Capability {
    name: "leader",
    event_types: Event::TYPES,
    problems: problems::ALL,
    routes: http::routes,
    projections: || vec![declared::<Leaders>()],
    reports: &[],
};
