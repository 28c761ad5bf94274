//! The proof of the event log: writers that contend, readers that must miss nothing, read models
//! that must converge, while connections and processes die. Every hammer is bounded by the
//! constants of its file and prints the seed it ran with.
//!
//! What single rules and operations do is proved elsewhere.

mod combiner;
mod damage;
mod from_scratch;
mod isolation;
mod narrowing;
mod once;
mod order;
mod plans;
mod projections;
pub mod rig;
mod swap;
mod together;
