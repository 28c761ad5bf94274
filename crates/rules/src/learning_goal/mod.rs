//! Learning goals of doctors in training: plans assigned, goals submitted, recommended, approved.
//!
//! The supervisor and a clinical supervisor recommend, the leader decides, and an approval follows
//! the doctor from employer to employer. Learning activities, and whether institution service is
//! done, are not here.

pub mod domain;
pub mod counting;
pub mod goal;
pub mod plan;
pub mod problems;
pub mod status;
#[cfg(test)]
mod tests;
pub mod view;

pub use domain::Event;
