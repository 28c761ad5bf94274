//! Assignments: state and rules. Who supervises a trainee when, and in which way.
//!
//! An acceptance holds for the whole period that was proposed, whatever its own day. Whether an
//! assignment is active also depends on the supervisor's qualification: see
//! [`super::supervisor::Supervisor::status_on`]. A lapse does not free the trainee for another
//! supervisor: it may be healed by a later approval, so it must be ended first.
//!
//! What reads the supervisor and the trainee too is decided by its [`Parties`].

mod parties;
#[cfg(test)]
mod tests;

pub use parties::{Parties, Proposal};

use std::collections::BTreeMap;

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{
    AssignmentDeclined, AssignmentFacts, AssignmentKind, AssignmentPaused, AssignmentProposed,
    AssignmentWithdrawn, Event, MonthMinutes, SupervisionEndReason, SupervisionMode,
    SupervisionPauseReason,
};
use super::problems;
use crate::aggregate::{DecodeError, DomainEvent as _, Fact, Fold};
use crate::external_ids::{self, ExternalIds};
use crate::identifiers::MunicipalityNumber;
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::{Period, day_before};

/// Whether both sides want it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    Proposed,
    Accepted {
        on: Date,
    },
    Declined {
        on: Date,
    },
    /// Taken back before it was answered.
    Withdrawn {
        on: Date,
    },
}

/// Supervision rests, or goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transition {
    Paused,
    Resumed,
}

/// What an assignment is on a day by itself, whatever the supervisor's qualification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnStatus {
    Proposed,
    Declined,
    Withdrawn,
    /// Accepted; the first day is still to come.
    Accepted,
    Held,
    Paused {
        since: Date,
    },
    /// The last day is past, whether or not it was ever answered.
    Ended,
}

impl OwnStatus {
    fn as_str(self) -> &'static str {
        match self {
            OwnStatus::Proposed => "proposed",
            OwnStatus::Declined => "declined",
            OwnStatus::Withdrawn => "withdrawn",
            OwnStatus::Accepted => "accepted",
            OwnStatus::Held => "active",
            OwnStatus::Paused { .. } => "paused",
            OwnStatus::Ended => "ended",
        }
    }
}

/// One supervisor's time with one trainee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub id: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    /// Where the trainee held a position on the first day; decides which exemptions count.
    pub municipality: Option<MunicipalityNumber>,
    pub kind: AssignmentKind,
    pub period: Period,
    pub mode: SupervisionMode,
    pub same_office: Option<bool>,
    pub planned_minutes_per_month: Option<MonthMinutes>,
    pub proposed_on: Date,
    pub response: Response,
    pub end_reason: Option<SupervisionEndReason>,
    pub external_ids: ExternalIds,
    transitions: Vec<(Date, Transition)>,
    /// Where its days were last told whole, for corrections to name.
    pub recorded_at_position: i64,
}

impl Assignment {
    fn proposed(f: &AssignmentProposed, at: i64) -> Self {
        Self {
            id: f.assignment,
            trainee: f.trainee,
            supervisor: f.supervisor,
            municipality: f.municipality.clone(),
            kind: f.kind,
            period: f.period,
            mode: f.mode,
            same_office: f.same_office,
            planned_minutes_per_month: f.planned_minutes_per_month,
            proposed_on: f.on,
            response: Response::Proposed,
            end_reason: None,
            external_ids: ExternalIds::registered(&f.external_ids, at),
            transitions: Vec::new(),
            recorded_at_position: at,
        }
    }

    /// The first day there was a word of it.
    fn first_day(&self) -> Date {
        let first = self.proposed_on.min(self.period.from);
        match self.response {
            Response::Proposed => first,
            Response::Accepted { on } | Response::Declined { on } | Response::Withdrawn { on } => {
                first.min(on)
            }
        }
    }

    /// What it is on a day by itself; `None` before it was first recorded.
    pub fn own_status_on(&self, day: Date) -> Option<OwnStatus> {
        if day < self.first_day() {
            return None;
        }
        let is_past = self.period.ends_before(day);
        Some(match self.response {
            Response::Declined { on } if day >= on => OwnStatus::Declined,
            Response::Withdrawn { on } if day >= on => OwnStatus::Withdrawn,
            // A proposal waits no longer than for the days that it is about.
            Response::Proposed | Response::Declined { .. } | Response::Withdrawn { .. } => {
                if is_past {
                    OwnStatus::Ended
                } else {
                    OwnStatus::Proposed
                }
            }
            Response::Accepted { on } if day < self.period.from => {
                if day >= on {
                    OwnStatus::Accepted
                } else {
                    OwnStatus::Proposed
                }
            }
            Response::Accepted { .. } if is_past => OwnStatus::Ended,
            Response::Accepted { .. } => match self.paused_since(day) {
                Some(since) => OwnStatus::Paused { since },
                None => OwnStatus::Held,
            },
        })
    }

    /// Since when it rests, on a day when it does.
    fn paused_since(&self, day: Date) -> Option<Date> {
        let mut since = None;
        for (on, transition) in self.transitions.iter().take_while(|(on, _)| *on <= day) {
            since = match transition {
                Transition::Paused => since.or(Some(*on)),
                Transition::Resumed => None,
            };
        }
        since.map(|since| since.max(self.period.from))
    }

    /// The days on which it is accepted and does not rest.
    pub fn held_periods(&self) -> Vec<Period> {
        match self.response {
            Response::Proposed | Response::Declined { .. } | Response::Withdrawn { .. } => {
                return vec![];
            }
            Response::Accepted { .. } => {}
        }
        let mut periods = Vec::new();
        let mut since = Some(self.period.from);
        for (on, transition) in &self.transitions {
            match (transition, since) {
                (Transition::Paused, Some(from)) => {
                    periods.extend(Period::try_new(from, Some(day_before(*on))));
                    since = None;
                }
                (Transition::Resumed, None) => since = Some(*on),
                (Transition::Paused, None) | (Transition::Resumed, Some(_)) => {}
            }
        }
        periods.extend(since.map(Period::since));
        periods.iter().filter_map(|period| period.overlap(&self.period)).collect()
    }

    /// The days on which something about it changes by itself.
    pub fn changes(&self) -> Vec<Date> {
        let mut days = vec![self.first_day(), self.period.from];
        days.extend(self.period.day_after());
        days.extend(self.transitions.iter().map(|(day, _)| *day));
        match self.response {
            Response::Proposed => {}
            Response::Accepted { on } | Response::Declined { on } | Response::Withdrawn { on } => {
                days.push(on)
            }
        }
        days
    }

    /// Steps stand in the order of their days; of two on one day the later told comes last.
    fn transition(&mut self, day: Date, transition: Transition) {
        let place = self.transitions.partition_point(|(other, _)| *other <= day);
        self.transitions.insert(place, (day, transition));
    }

    fn facts(&self) -> AssignmentFacts {
        AssignmentFacts { period: self.period, end_reason: self.end_reason }
    }

    fn not(&self, own_status: OwnStatus) -> Rejection {
        Rejection::new(&problems::ASSIGNMENT_STATUS).with("current_status", own_status.as_str())
    }

    fn outside(&self, day: Date) -> Rejection {
        Rejection::new(&problems::OUTSIDE_ASSIGNMENT).with("day", day).with("period", self.period)
    }

    /// Supervision can rest or end only once it is agreed.
    fn accepted(&self) -> Result<(), Rejection> {
        match self.response {
            Response::Accepted { .. } => Ok(()),
            Response::Proposed => Err(self.not(OwnStatus::Proposed)),
            Response::Declined { .. } => Err(self.not(OwnStatus::Declined)),
            Response::Withdrawn { .. } => Err(self.not(OwnStatus::Withdrawn)),
        }
    }

    /// Whether anybody is bound by it, or may still be.
    pub fn is_wanted(&self) -> bool {
        match self.response {
            Response::Proposed | Response::Accepted { .. } => true,
            Response::Declined { .. } | Response::Withdrawn { .. } => false,
        }
    }

    /// The supervisor says no.
    pub fn decline(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        match self.response {
            Response::Declined { .. } => return Ok(vec![]),
            Response::Accepted { .. } => return Err(self.not(OwnStatus::Accepted)),
            Response::Withdrawn { .. } => return Err(self.not(OwnStatus::Withdrawn)),
            Response::Proposed => {}
        }
        let Assignment { id: assignment, trainee, supervisor, municipality, .. } = self.clone();
        Ok(vec![AssignmentDeclined { assignment, trainee, supervisor, municipality, on }.into()])
    }

    /// The proposal is taken back; one that was answered cannot be.
    pub fn withdraw(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        match self.response {
            Response::Withdrawn { .. } => return Ok(vec![]),
            Response::Accepted { .. } => return Err(self.not(OwnStatus::Accepted)),
            Response::Declined { .. } => return Err(self.not(OwnStatus::Declined)),
            Response::Proposed => {}
        }
        let Assignment { id: assignment, trainee, supervisor, municipality, .. } = self.clone();
        Ok(vec![AssignmentWithdrawn { assignment, trainee, supervisor, municipality, on }.into()])
    }

    /// Supervision rests from a day.
    pub fn pause(
        &self,
        from: Date,
        reason: Option<SupervisionPauseReason>,
    ) -> Result<Vec<Event>, Rejection> {
        self.accepted()?;
        if !self.period.covers(from) {
            return Err(self.outside(from));
        }
        if self.paused_since(from).is_some() {
            return Ok(vec![]);
        }
        let Assignment { id: assignment, trainee, supervisor, municipality, .. } = self.clone();
        let paused =
            AssignmentPaused { assignment, trainee, supervisor, municipality, from, reason };
        Ok(vec![paused.into()])
    }
}

/// Assignments of one supervisor or of one trainee, or the one of its own stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignments(BTreeMap<Uuid, Assignment>);

impl Assignments {
    /// Takes one fact in, recorded at `at`.
    pub fn evolve_at(&mut self, event: &Event, at: i64) {
        match event {
            Event::AssignmentProposed(f) => {
                self.0.insert(f.assignment, Assignment::proposed(f, at));
            }
            Event::AssignmentAccepted(f) => self.change(f.assignment, |assignment| {
                assignment.response = Response::Accepted { on: f.on };
                assignment.municipality = f.municipality.clone();
            }),
            Event::AssignmentDeclined(f) => self.change(f.assignment, |assignment| {
                assignment.response = Response::Declined { on: f.on };
            }),
            Event::AssignmentWithdrawn(f) => self.change(f.assignment, |assignment| {
                assignment.response = Response::Withdrawn { on: f.on };
            }),
            Event::AssignmentPaused(f) => {
                self.change(f.assignment, |assignment| {
                    assignment.transition(f.from, Transition::Paused)
                });
            }
            Event::AssignmentResumed(f) => {
                self.change(f.assignment, |assignment| {
                    assignment.transition(f.on, Transition::Resumed)
                });
            }
            Event::AssignmentEnded(f) => self.change(f.assignment, |assignment| {
                assignment.period.to = Some(f.to);
                assignment.end_reason = Some(f.reason);
            }),
            Event::AssignmentCorrected(f) => match &f.facts {
                Some(facts) => self.change(f.assignment, |assignment| {
                    assignment.period = facts.period;
                    assignment.end_reason = facts.end_reason;
                    assignment.municipality = f.municipality.clone();
                    assignment.recorded_at_position = at;
                }),
                None => {
                    self.0.remove(&f.assignment);
                }
            },
            Event::Registered(_)
            | Event::Corrected(_)
            | Event::SpecialistApproved(_)
            | Event::SpecialistStatusEnded(_)
            | Event::CourseCompleted(_)
            | Event::CourseCorrected(_)
            | Event::CapacitySet(_)
            | Event::ExemptionDrafted(_)
            | Event::ExemptionDetailed(_)
            | Event::ExemptionSubmitted(_)
            | Event::ExemptionGranted(_)
            | Event::ExemptionRejected(_)
            | Event::ExemptionAppealed(_)
            | Event::RejectionUpheld(_)
            | Event::RejectionReversed(_)
            | Event::ExemptionRevoked(_)
            | Event::ExemptionCorrected(_)
            | Event::ExemptionStepCorrected(_) => {}
        }
    }

    /// Takes in a fact that is about to be recorded.
    pub fn evolve(&mut self, event: &Event) {
        self.evolve_at(event, i64::MAX);
    }

    /// Takes in what another system calls one of them.
    pub fn rename(&mut self, event: &external_ids::Event, at: i64) {
        self.change(event.resource(), |assignment| assignment.external_ids.apply(event, at));
    }

    fn change(&mut self, assignment: Uuid, how: impl FnOnce(&mut Assignment)) {
        if let Some(assignment) = self.0.get_mut(&assignment) {
            how(assignment);
        }
    }

    /// One by its id, or the refusal that there is none.
    pub fn get(&self, id: Uuid) -> Result<&Assignment, Rejection> {
        self.0.get(&id).or_not_found()
    }

    /// Every assignment, by id: in the order they were proposed.
    pub fn iter(&self) -> impl Iterator<Item = &Assignment> {
        self.0.values()
    }
}

impl Fold for Assignments {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve_at(&event, fact.position);
        } else if let Some(event) = external_ids::Event::decode(fact)? {
            self.rename(&event, fact.position);
        }
        Ok(())
    }
}
