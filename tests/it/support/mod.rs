//! What the tests stand on. Nothing here knows a capability.

pub mod postgres;
pub mod program;
pub mod scratch;
