//! `alis`: positions, supervisor assignments and learning-goal approvals of doctors in specialist
//! training in general practice, as facts in one append-only log behind an HTTP API.
//!
//! Read in this order; `ARCHITECTURE.md` says why it is so.

// What lies below has crates of its own, under `crates/`, and is named here as if it had not.
pub use alis_client as client;
pub use alis_embedded_postgres as embedded_postgres;
pub use alis_kernel::{aggregate, dated, edge, external_ids, identifiers, problem, time};
pub use alis_kernel::{
    events, evolved, naming, problems, read_from_text, text_type, whole_type, word_enum,
};
pub use alis_log::{access_log, database, event_log, sealed_keys, tls};
pub use alis_personal_data as personal_data;

pub mod identity;
pub mod capabilities;
pub mod http;
pub mod proof;
pub mod app;
pub mod config;
pub mod operate;
pub mod progress;
pub mod import;
pub mod serve;
pub mod telemetry;
pub mod token;
