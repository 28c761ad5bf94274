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
mod assignments;
mod exemptions;
mod http;
mod report;
mod supervisors;
mod view;

pub use assignment::Assignments;
pub use assignments::Assignments as AssignmentRows;
pub use domain::{Event, subject, supervision_subject};
pub use exemptions::Exemptions as ExemptionRows;
pub use supervisor::Supervisor;
pub use supervisors::Supervisors as SupervisorRows;

use super::Capability;
use crate::event_log::projector::declared;

pub static CAPABILITY: Capability = Capability {
    name: "supervision",
    event_types: Event::TYPES,
    problems: problems::ALL,
    routes: http::routes,
    projections: || {
        vec![
            declared::<SupervisorRows>(),
            declared::<ExemptionRows>(),
            declared::<AssignmentRows>(),
        ]
    },
    reports: &[&report::SUPERVISION_STATUS],
};
