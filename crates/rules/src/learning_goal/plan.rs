//! A doctor's plans of learning goals: assigned, started, archived or withdrawn.
//!
//! Which version of the catalogue a plan follows is pinned when it is assigned. A plan that is
//! started is never taken away, only put away.

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{Event, PlanArchived, PlanAssigned, PlanWithdrawn};
use super::problems;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold};
use crate::curriculum::Plan;
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::{OrNotFound as _, Rejection};

/// How a plan stands in the end.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// In force.
    None,
    Archived(PlanArchived),
    Withdrawn(PlanWithdrawn),
}

/// One assignment of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    pub assigned: PlanAssigned,
    /// The first day on which a goal was submitted.
    pub started_on: Option<Date>,
    pub ending: Ending,
}

impl Assignment {
    /// From which day the plan is no longer in force.
    pub fn ended_on(&self) -> Option<Date> {
        match &self.ending {
            Ending::None => None,
            Ending::Archived(f) => Some(f.on),
            Ending::Withdrawn(f) => Some(f.on),
        }
    }

    /// Whether the plan is in force on a day.
    pub fn in_force_on(&self, day: Date) -> bool {
        self.assigned.on <= day && self.ended_on().is_none_or(|ended| day < ended)
    }

    fn has_ended(&self) -> Rejection {
        let day = self.ended_on();
        Rejection::new(&problems::PLAN_ENDED).with("plan", self.assigned.plan).with("day", day)
    }

    fn is_withdrawn(&self) -> bool {
        match self.ending {
            Ending::Withdrawn(_) => true,
            Ending::None | Ending::Archived(_) => false,
        }
    }
}

/// Who asks for what on a plan, once it is known that they may.
#[derive(Debug, Clone, PartialEq)]
pub struct Authority {
    pub leader: Uuid,
    /// The leader on whose behalf, if so.
    pub delegated_by: Option<Uuid>,
    pub municipality: MunicipalityNumber,
}

/// All plans of one doctor, in the order they were assigned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plans(pub Vec<Assignment>);

impl Plans {
    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::PlanAssigned(f) => self.0.push(Assignment {
                assigned: f.clone(),
                started_on: None,
                ending: Ending::None,
            }),
            Event::PlanArchived(f) => self.end(f.plan, Ending::Archived(f.clone())),
            Event::PlanWithdrawn(f) => self.end(f.plan, Ending::Withdrawn(f.clone())),
            Event::Submitted(f) if f.starts_plan => {
                let meant = |a: &&mut Assignment| a.assigned.plan == f.plan && a.in_force_on(f.on);
                if let Some(assignment) = self.0.iter_mut().rev().find(meant) {
                    assignment.started_on = Some(f.on);
                }
            }
            Event::Submitted(_)
            | Event::Recalled(_)
            | Event::Recommended(_)
            | Event::Approved(_)
            | Event::Returned(_)
            | Event::Revoked(_)
            | Event::RevokedByDirectorate(_) => {}
        }
    }

    fn end(&mut self, plan: Plan, ending: Ending) {
        if let Some(assignment) = self.0.iter_mut().rev().find(|a| a.assigned.plan == plan) {
            assignment.ending = ending;
        }
    }

    /// The last assignment of a plan.
    pub fn last(&self, plan: Plan) -> Option<&Assignment> {
        self.0.iter().rev().find(|assignment| assignment.assigned.plan == plan)
    }

    /// The plans in force on a day.
    pub fn in_force_on(&self, day: Date) -> impl Iterator<Item = &Assignment> {
        self.0.iter().filter(move |assignment| assignment.in_force_on(day))
    }

    /// The plans in which something can be done for a day: those in force, and never one that was
    /// withdrawn since, because nothing was ever done in it.
    pub fn workable_on(&self, day: Date) -> impl Iterator<Item = &Assignment> {
        self.in_force_on(day).filter(|assignment| !assignment.is_withdrawn())
    }

    /// The days on which something changes.
    pub fn changes(&self) -> Vec<Date> {
        let of = |a: &Assignment| [Some(a.assigned.on), a.started_on, a.ended_on()];
        self.0.iter().flat_map(of).flatten().collect()
    }

    /// A leader assigns a plan.
    pub fn assign(&self, asked: PlanAssigned) -> Result<Vec<Event>, Rejection> {
        if let Some(last) = self.last(asked.plan) {
            if last.assigned == asked && last.ending == Ending::None {
                return Ok(vec![]);
            }
            match last.ended_on() {
                None => {
                    return Err(Rejection::new(&problems::PLAN_ALREADY_ASSIGNED)
                        .with("plan", asked.plan)
                        .with("curriculum", &last.assigned.curriculum)
                        .with("day", last.assigned.on));
                }
                Some(ended) => not_before(asked.on, ended)?,
            }
        }
        Ok(vec![asked.into()])
    }

    fn current(&self, plan: Plan) -> Result<&Assignment, Rejection> {
        self.last(plan).or_not_found()
    }

    /// A leader puts a started plan away.
    pub fn archive(
        &self,
        plan: Plan,
        who: Authority,
        on: Date,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let current = self.current(plan)?;
        let trainee = current.assigned.trainee;
        let Authority { leader: by, delegated_by, municipality } = who;
        let asked = PlanArchived { trainee, plan, by, delegated_by, municipality, on, reason };
        match &current.ending {
            Ending::Archived(recorded) if *recorded == asked => return Ok(vec![]),
            Ending::Archived(_) | Ending::Withdrawn(_) => return Err(current.has_ended()),
            Ending::None => {}
        }
        let Some(started) = current.started_on else {
            return Err(Rejection::new(&problems::PLAN_NOT_STARTED).with("plan", plan));
        };
        not_before(on, started)?;
        Ok(vec![asked.into()])
    }

    /// A leader takes a plan back that is not started.
    pub fn withdraw(
        &self,
        plan: Plan,
        who: Authority,
        on: Date,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let current = self.current(plan)?;
        let trainee = current.assigned.trainee;
        let Authority { leader: by, delegated_by, municipality } = who;
        let asked = PlanWithdrawn { trainee, plan, by, delegated_by, municipality, on, reason };
        match &current.ending {
            Ending::Withdrawn(recorded) if *recorded == asked => return Ok(vec![]),
            Ending::Archived(_) | Ending::Withdrawn(_) => return Err(current.has_ended()),
            Ending::None => {}
        }
        if let Some(started) = current.started_on {
            return Err(Rejection::new(&problems::PLAN_STARTED).with("day", started));
        }
        not_before(on, current.assigned.on)?;
        Ok(vec![asked.into()])
    }
}

/// What follows cannot come before the day of the last step.
pub(super) fn not_before(on: Date, last: Date) -> Result<(), Rejection> {
    if on < last {
        return Err(Rejection::new(&problems::LATER_STEP_RECORDED).with("day", last));
    }
    Ok(())
}

impl Fold for Plans {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve(&event);
        }
        Ok(())
    }
}
