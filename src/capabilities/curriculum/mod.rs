//! Curricula: the catalogue of learning goals, by version.
//!
//! A version is published whole and never changes; a reform is a new version. What a doctor has
//! attained is another capability, which keeps the version it was judged under.

mod curricula;
mod curriculum_goals;
mod http;

pub use curricula::Curricula;
pub use curriculum_goals::CurriculumGoals;
pub use http::{PublishCurriculum, publication};

pub use alis_rules::curriculum::{
    Catalogue, CatalogueGoal, Curriculum, Event, Plan, PredecessorsNeeded, domain, problems, view,
};

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;

pub static CAPABILITY: Capability = Capability {
    name: "curriculum",
    event_types: &[Event::TYPES],
    external_ids: &[],
    problems: &[problems::ALL],
    routes: |_| {},
    operations: http::operations,
    projections: || vec![declared::<Listed<Curricula>>(), declared::<Listed<CurriculumGoals>>()],
    reports: &[],
};
