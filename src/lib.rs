//! `alis`: positions, supervisor assignments and learning-goal approvals of doctors in specialist
//! training in general practice, as facts in one append-only log behind an HTTP API.

pub mod aggregate;
pub mod capabilities;
pub mod edge;
pub mod event_log;
pub mod identifiers;
pub mod problem;
pub mod time;
