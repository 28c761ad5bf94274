//! The capabilities: one folder each, the same file names in all of them.
//!
//! `http.rs` or `http/` holds the operations, a file named after a read model its table. Facts,
//! states, rules and views are in the crate of rules, under the same name; `mod.rs` exports them
//! with what else others may use. The rest is the capability's own business.

pub mod access;
pub mod curriculum;
pub mod leader;
pub mod learning_goal;
pub mod person;
pub mod position;
pub mod programme;
pub mod reference;
pub mod supervision;
pub mod trainee;

use std::sync::Arc;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::event_log::projector::Projection;
use crate::external_ids::Naming;
use crate::http::operation::Operation;
use crate::http::report::AnyReport;
use crate::problem::Problem;

/// What the program needs to know of a capability.
pub struct Capability {
    pub name: &'static str,
    /// Every name its facts are stored under, resource by resource.
    pub event_types: &'static [&'static [&'static str]],
    /// What other systems call its resources.
    pub external_ids: &'static [&'static Naming],
    /// What it refuses, and what the shapes refuse that it folds.
    pub problems: &'static [&'static [&'static Problem]],
    pub routes: fn(&mut ServiceConfig<'_>),
    /// What can be done with its resources.
    pub operations: fn() -> Vec<Operation>,
    pub projections: fn() -> Vec<Arc<dyn Projection>>,
    /// Its reports; each is an operation `/v1/reports/NAME`, and stands in their catalogue.
    pub reports: &'static [&'static dyn AnyReport],
}

impl Capability {
    /// Every name that its facts are stored under, those about external ids included.
    pub fn stored_names(&self) -> impl Iterator<Item = &'static str> {
        let named = self.external_ids.iter().flat_map(|naming| [naming.added, naming.withdrawn]);
        self.event_types.iter().copied().flatten().copied().chain(named)
    }
}

/// One line a capability.
pub static ALL: &[&Capability] = &[
    &reference::CAPABILITY,
    &access::CAPABILITY,
    &programme::CAPABILITY,
    &trainee::CAPABILITY,
    &position::CAPABILITY,
    &supervision::CAPABILITY,
    &curriculum::CAPABILITY,
    &leader::CAPABILITY,
    &learning_goal::CAPABILITY,
    &person::CAPABILITY,
];

/// Every report.
pub fn reports() -> impl Iterator<Item = &'static dyn AnyReport> {
    ALL.iter().flat_map(|capability| capability.reports).copied()
}
