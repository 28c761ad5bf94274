//! Supervision: who may supervise trainees, under which exemptions, and who supervises whom when.
//!
//! Individual supervision only. Talks and their minutes, group supervision and learning goals are
//! not here; what supervisors recommend on goals is told where goals are.

mod assignments;
mod exemptions;
mod http;
mod report;
mod supervisors;

pub use alis_rules::supervision::{
    Assignments, Event, Supervisor, application, assignment, domain, exemption, problems, subject,
    supervision_subject, supervisor, view,
};

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;

pub static CAPABILITY: Capability = Capability {
    name: "supervision",
    event_types: &[Event::TYPES],
    external_ids: &[
        &domain::EXTERNAL_IDS,
        &domain::EXEMPTION_EXTERNAL_IDS,
        &domain::ASSIGNMENT_EXTERNAL_IDS,
    ],
    problems: &[problems::ALL],
    routes: |_| {},
    operations: http::operations,
    projections: || {
        vec![
            declared::<Listed<supervisors::Supervisors>>(),
            declared::<Listed<exemptions::Exemptions>>(),
            declared::<Listed<assignments::Assignments>>(),
        ]
    },
    reports: &[&report::SUPERVISION_STATUS],
};
