//! What goes on about a person, and so keeps them from being erased by the clock. Pure.
//!
//! Something goes on that holds today or is still to come, and has no end that says otherwise. A
//! plan goes on until a leader puts it away: nobody else can say that a doctor will not go on.

#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::leader::Leader;
use crate::learning_goal::plan::Plans;
use crate::supervision::assignment::Assignment;
use crate::supervision::{Assignments, Supervisor};
use crate::time::Period;
use crate::trainee::Trainee;

fn goes_on(period: &Period, day: Date) -> bool {
    !period.ends_before(day)
}

/// Whether a doctor holds a position, follows a plan, or is supervised.
pub fn of_trainee(
    trainee: &Option<Trainee>,
    plans: &Plans,
    supervision: &Assignments,
    day: Date,
) -> bool {
    let mut held = trainee.iter().flat_map(|trainee| trainee.occupancies.iter());
    held.any(|occupancy| goes_on(&occupancy.period, day))
        || plans.in_force_on(day).next().is_some()
        || supervision.iter().any(|assignment| is_wanted(assignment, day))
}

/// Whether a supervisor supervises somebody, or may by an exemption.
pub fn of_supervisor(supervisor: &Option<Supervisor>, day: Date) -> bool {
    let Some(supervisor) = supervisor else { return false };
    let mut covered = supervisor.exemptions.iter().filter_map(|exemption| exemption.covered());
    supervisor.assignments.iter().any(|assignment| is_wanted(assignment, day))
        || covered.any(|period| goes_on(&period, day))
}

/// Whether a leader leads somewhere.
pub fn of_leader(leader: &Option<Leader>, day: Date) -> bool {
    let mut terms = leader.iter().flat_map(Leader::terms);
    terms.any(|term| !term.is_over(day))
}

/// Somebody said yes, or has not answered yet.
fn is_wanted(assignment: &Assignment, day: Date) -> bool {
    assignment.is_wanted() && goes_on(&assignment.period, day)
}
