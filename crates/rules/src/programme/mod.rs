//! Programmes: projects such as ALIS-Nord that municipalities take part in with a number of
//! training positions, for a subsidy.
//!
//! Positions are a capability of their own; here is only how many there may be. What is paid out is
//! not decided here. When a municipality gets a new number its participation goes on, until one is
//! recorded under the new number.

pub mod domain;
pub mod state;
pub mod quota;
pub mod problems;
pub mod view;
#[cfg(test)]
mod tests;

pub use domain::{Event, subject};
pub use state::Programme;
