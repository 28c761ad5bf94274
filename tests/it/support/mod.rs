//! What the tests stand on. Nothing here knows a capability.

pub mod client;
pub mod instance;
pub mod postgres;
pub mod program;
pub mod sample;
pub mod scratch;
