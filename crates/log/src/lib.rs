//! The event log in PostgreSQL, and what it stands on. Nothing here knows a capability or HTTP.

pub mod event_log;
pub mod access_log;
pub mod clock;
pub mod database;
pub mod sealed_keys;
pub mod tls;
