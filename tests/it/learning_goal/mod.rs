//! Plans, learning goals and the report on them through HTTP.

mod counting;
mod delegation;
mod goals;
mod plans;
mod refusals;
mod report;
pub mod world;
