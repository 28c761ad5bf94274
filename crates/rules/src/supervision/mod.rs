//! Supervision: who may supervise trainees, under which exemptions, and who supervises whom when.
//!
//! Individual supervision only. Talks and their minutes, group supervision and learning goals are
//! not here; what supervisors recommend on goals is told where goals are.

pub mod domain;
pub mod supervisor;
pub mod application;
pub mod exemption;
pub mod assignment;
pub mod problems;
pub mod view;

pub use assignment::Assignments;
pub use domain::{Event, subject, supervision_subject};
pub use supervisor::Supervisor;
