//! Who is let in, and how far they reach.

mod columns;
mod matrix;
mod relations;
mod systems;
pub mod world;
