//! The operations on persons of any kind.

mod access_log;
mod erasure;
mod export;

use crate::http::operation::{Operation, PathParameter};

/// Every operation.
pub fn operations() -> Vec<Operation> {
    vec![erasure::operation(), export::operation(), access_log::operation()]
}

const PERSON: PathParameter = PathParameter::id(
    "id",
    "The trainee, supervisor or leader.",
    "01890a5d-ac96-774b-bcce-b302099a8058",
);
