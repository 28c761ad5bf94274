//! What positions and occupancies are to callers, and what can be done with them.

mod positions;
mod occupancies;
mod corrections;

use super::Position;
use super::occupancy::Occupancy;
use crate::http::operation::Operation;
use crate::http::resource::operations_of;

/// Every operation.
pub fn operations() -> Vec<Operation> {
    [operations_of::<Position>(), operations_of::<Occupancy>()].concat()
}
