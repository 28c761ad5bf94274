//! Who is let in, and how far they reach.

mod bodies;
mod closed;
mod columns;
mod delegations;
mod identity;
mod matrix;
mod relations;
mod spelling;
mod systems;
pub mod world;
