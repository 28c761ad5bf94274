//! The catalogue of reports, and the staffing report.
//!
//! A report records nothing and decides nothing: it counts what read models hold, on a day, as
//! known at a position of the log. Reports on supervision and goals stand in those capabilities;
//! all are listed by their `CAPABILITY`.

pub mod staffing;
mod figures;
mod http;

use super::Capability;

pub static CAPABILITY: Capability = Capability {
    name: "report",
    event_types: &[],
    external_ids: &[],
    problems: &[],
    routes: http::routes,
    operations: std::vec::Vec::new,
    projections: Vec::new,
    reports: &[staffing::REPORT],
};
