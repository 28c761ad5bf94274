//! The private PostgreSQL, driven through the program as an operator would.

mod life;
mod places;

use std::path::Path;

use crate::support::program::{self, As, Refusal};
use crate::support::scratch::Scratch;

/// Starts the program where it must refuse to start, and returns what it says.
fn refused(account: &As, scratch: &Scratch, data_dir: &Path) -> Refusal {
    let refusal = program::start(account, scratch, data_dir).err().expect("it is refused");
    assert!(!refusal.status.success());
    refusal
}
