//! Trainees: doctors in specialist training in general practice (ALIS), and what they hold.
//!
//! Who somebody is stands here only sealed. What they learn, and under whom, are other
//! capabilities.

pub mod domain;
pub mod problems;
pub mod view;

pub use domain::{Event, Trainee, subject};
