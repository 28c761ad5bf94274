//! Trainees: doctors in specialist training in general practice (ALIS), and what they hold.
//!
//! Who somebody is stands here only sealed. What they learn, and under whom, are other
//! capabilities.

mod http;
mod trainees;

pub use trainees::Trainees;

pub use alis_rules::trainee::{Event, Trainee, domain, problems, subject, view};

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;
use crate::http::resource::operations_of;

pub static CAPABILITY: Capability = Capability {
    name: "trainee",
    event_types: &[Event::TYPES],
    external_ids: &[&domain::EXTERNAL_IDS],
    problems: &[problems::ALL],
    routes: |_| {},
    operations: operations_of::<Trainee>,
    projections: || vec![declared::<Listed<Trainees>>()],
    reports: &[],
};
