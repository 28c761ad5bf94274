//! Persons, whatever they are registered as: their right to be forgotten, when they ask or when
//! they were kept long enough.
//!
//! A doctor in training, a supervisor and a leader are registered by their own capabilities, each
//! under an id and a key. Here is what holds for all three alike. Who may read a name is decided
//! elsewhere.

pub mod domain;
pub mod problems;
pub mod view;

pub use domain::{ERASED, Event};
