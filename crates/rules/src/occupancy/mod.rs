//! Occupancies: doctors' time in positions, on which positions, trainees and all that ask who works
//! where stand alike. What a position says to them is decided by the position.

pub mod domain;
pub mod state;
pub mod problems;

pub use domain::{Event, OperatingModel};
pub use state::{Occupancies, Occupancy};
