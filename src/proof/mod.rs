//! Tamper evidence, which has a crate of its own, and how it is served.

pub use alis_proof::*;

pub mod http;
