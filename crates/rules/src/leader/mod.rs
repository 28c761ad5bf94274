//! Leaders: who answers for the training of a municipality's doctors, and when.
//!
//! A leader may lend another what they have: a term on their behalf, which holds while theirs does.
//! What a leader decides stands with what is decided; here is only for whom, and on which days, a
//! leader may.

pub mod domain;
pub mod state;
pub mod delegation;
pub mod problems;
#[cfg(test)]
mod tests;
pub mod view;

pub use domain::{Event, subject};
pub use state::{Leader, Term, answering};
