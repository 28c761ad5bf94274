//! Reference data: municipalities and what belongs to them, all dated.

pub mod domain;
pub mod geography;
pub mod klass;

pub use domain::Municipality;

use super::Capability;

pub static CAPABILITY: Capability = Capability {
    name: "reference",
    event_types: domain::Event::TYPES,
    problems: &[],
    routes: |_config| {},
    projections: Vec::new,
    reports: &[],
};
