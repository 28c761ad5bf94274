//! What supervisors, exemptions and assignments are to callers, and what can be done with them.

mod supervisors;
mod qualifications;
mod exemptions;
mod exemption_decisions;
mod exemption_corrections;
mod assignments;
mod assignment_acts;

use super::assignment::Assignment;
use super::exemption::Exemption;
use super::supervisor::Supervisor;
use crate::http::operation::Operation;
use crate::http::resource::operations_of;

/// Every operation.
pub fn operations() -> Vec<Operation> {
    let (exemptions, assignments) = (operations_of::<Exemption>(), operations_of::<Assignment>());
    [operations_of::<Supervisor>(), exemptions, assignments].concat()
}
