//! Training positions: established, announced, filled, changed, ended, closed; and who holds them.
//!
//! A position belongs to one municipality for its whole life. Supervision, goals and grants are
//! other capabilities.

pub mod domain;
pub mod state;
pub mod holding;
pub mod problems;
#[cfg(test)]
mod tests;
pub mod view;

pub use domain::{Event, quota_subject};
pub use state::Position;
