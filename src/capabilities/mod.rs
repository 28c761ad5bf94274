//! The capabilities: one folder each.

pub mod reference;
