//! `alis`: positions, supervisor assignments and learning-goal approvals of doctors in specialist
//! training in general practice, as facts in one append-only log behind an HTTP API.

pub mod edge;
pub mod identifiers;
pub mod time;
