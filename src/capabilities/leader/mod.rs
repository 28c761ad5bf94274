//! Leaders: who answers for the training of a municipality's doctors, and when.
//!
//! A leader may lend another what they have: a term on their behalf, which holds while theirs does.
//! What a leader decides stands with what is decided; here is only for whom, and on which days, a
//! leader may.

mod http;
mod leaders;

pub use leaders::Leaders;

pub use alis_rules::leader::{
    Event, Leader, Term, answering, delegation, domain, problems, state, subject, view,
};

use super::Capability;
use crate::event_log::projector::declared;
use crate::http::listing::Listed;
use crate::http::resource::operations_of;

pub static CAPABILITY: Capability = Capability {
    name: "leader",
    event_types: &[Event::TYPES],
    external_ids: &[&domain::EXTERNAL_IDS],
    problems: &[problems::ALL],
    routes: |_| {},
    operations: operations_of::<Leader>,
    projections: || vec![declared::<Listed<Leaders>>()],
    reports: &[],
};
