//! Persons, whatever they are registered as: their right to be forgotten.
//!
//! A doctor in training, a supervisor and a leader are registered by their own capabilities, each
//! under an id and a key. Here is what holds for all three alike. Who may read a name is decided
//! elsewhere.

pub mod domain;
pub mod forget;
mod http;
pub mod problems;
mod view;

pub use domain::{ERASED, Event};

use super::Capability;

pub static CAPABILITY: Capability = Capability {
    name: "person",
    event_types: Event::TYPES,
    problems: problems::ALL,
    routes: http::routes,
    projections: || vec![],
    reports: &[],
};
