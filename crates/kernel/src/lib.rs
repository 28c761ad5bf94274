//! What facts, states and rules are made of. Pure: there is no database, no HTTP and no clock here,
//! and Cargo.toml names nothing that has one.
//!
//! Read in this order.

pub mod aggregate;
pub mod time;
pub mod dated;
pub mod identifiers;
pub mod edge;
pub mod problem;
pub mod external_ids;
pub mod causes;
