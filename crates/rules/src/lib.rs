//! What is recorded, what follows from it, and what is refused: facts, states and rules of every
//! capability, and how resources look on a day. Pure, as its `Cargo.toml` lets it be nothing else.
//!
//! One folder a capability, the same file names in all of them: `domain.rs` holds facts, a file for
//! each state its rules, `problems.rs` the refusals, `view.rs` how it looks to callers. What can be
//! asked over HTTP, and by whom, lies above.

// The kernel, named here as if it were part of this crate.
pub(crate) use alis_kernel::{aggregate, dated, edge, external_ids, identifiers, problem, time};
pub(crate) use alis_kernel::{events, naming, problems, text_type, whole_type, word_enum};

pub mod access;
pub mod curriculum;
pub mod leader;
pub mod learning_goal;
pub mod occupancy;
pub mod person;
pub mod position;
pub mod programme;
pub mod reference;
pub mod retention;
pub mod supervision;
pub mod trainee;
