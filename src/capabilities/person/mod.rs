//! Persons, whatever they are registered as: their right to be forgotten, when they ask or when
//! they were kept long enough.
//!
//! A doctor in training, a supervisor and a leader are registered by their own capabilities, each
//! under an id and a key. Here is what holds for all three alike. Who may read a name is decided
//! elsewhere.

pub mod erase;
pub mod forget;
pub mod retention;
mod http;

pub use alis_rules::person::{ERASED, Event, domain, problems, view};

use super::Capability;

pub static CAPABILITY: Capability = Capability {
    name: "person",
    event_types: &[Event::TYPES],
    external_ids: &[],
    problems: &[problems::ALL],
    routes: |_| {},
    operations: http::operations,
    projections: || vec![],
    reports: &[],
};
