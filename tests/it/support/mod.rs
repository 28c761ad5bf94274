//! What the tests stand on. Only `sample` knows capabilities.

pub mod client;
pub mod instance;
pub mod postgres;
pub mod program;
pub mod sample;
pub mod scratch;
