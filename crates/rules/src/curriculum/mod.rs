//! Curricula: the catalogue of learning goals, by version.
//!
//! A version is published whole and never changes; a reform is a new version. What a doctor has
//! attained is another capability, which keeps the version it was judged under.

pub mod domain;
pub mod problems;
pub mod view;

pub use domain::{Catalogue, CatalogueGoal, Curriculum, Event, Plan, PredecessorsNeeded};
