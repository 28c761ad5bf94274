//! Supervisors: state and rules, with everything that their assignments look like on a day.
//!
//! A supervisor need not be a specialist: clinical supervisors, who recommend on goals, are
//! registered here too. Whether somebody may be a trainee's own supervisor is asked per day.

mod courses;
#[cfg(test)]
mod tests;

pub use courses::Completed;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use uuid::Uuid;

use super::assignment::{Assignment, Assignments, OwnStatus};
use super::domain::{
    AssignmentKind, CapacitySet, Corrected, Event, SpecialistApproved, SpecialistStatusEnded,
    TraineeCapacity,
};
use super::exemption::Exemptions;
use super::problems;
use crate::aggregate::{Begins, DecodeError, DomainEvent as _, Fact};
use crate::external_ids::{self, ExternalIds};
use crate::identifiers::MunicipalityNumber;
use crate::person::{self, domain::Erased};
use crate::problem::Rejection;
use crate::time::{FIRST_DAY, Period, day_after};

/// Trainees at the same time, unless told otherwise. No rule bounds them: more is a warning.
pub const CAPACITY_DEFAULT: TraineeCapacity = TraineeCapacity(3);

/// A registered supervisor.
#[derive(Debug, Clone, PartialEq)]
pub struct Supervisor {
    pub id: Uuid,
    pub sealed: String,
    pub hpr_lookup: String,
    pub external_ids: ExternalIds,
    /// The municipality that registered the supervisor.
    pub municipality: Option<MunicipalityNumber>,
    pub registered_on: Date,
    /// When the supervisor is an approved specialist.
    pub specialist: Vec<Period>,
    pub courses: Vec<Completed>,
    /// From which day how many trainees; the first stands from the beginning.
    capacities: BTreeMap<Date, TraineeCapacity>,
    pub exemptions: Exemptions,
    pub assignments: Assignments,
    /// Where the supervisor's own facts were last told, for corrections to name.
    pub recorded_at_position: i64,
    /// That the supervisor was erased; then nothing above tells who it was.
    pub erased: Option<Erased>,
}

/// By what somebody may supervise on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualification {
    Specialist,
    /// An exemption, and its last day.
    Exemption {
        id: Uuid,
        to: Date,
    },
    None,
}

/// What an assignment is on a day, the supervisor's qualification considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Proposed,
    Declined,
    Withdrawn,
    /// Accepted; the first day is still to come.
    Accepted,
    Active,
    /// It would be active, but the supervisor may not supervise since a day.
    Lapsed {
        since: Date,
    },
    Paused {
        since: Date,
    },
    Ended,
}

impl Begins for Supervisor {
    type Event = Event;

    fn begin(event: &Event, at: i64) -> Option<Self> {
        let Event::Registered(f) = event else { return None };
        Some(Self {
            id: f.supervisor,
            sealed: f.sealed.clone(),
            hpr_lookup: f.hpr_lookup.clone(),
            external_ids: ExternalIds::registered(&f.external_ids, at),
            municipality: f.municipality.clone(),
            registered_on: f.on,
            specialist: f.specialist_since.map(Period::since).into_iter().collect(),
            courses: Vec::new(),
            capacities: f.capacity.map(|trainees| (FIRST_DAY, trainees)).into_iter().collect(),
            exemptions: Exemptions::default(),
            assignments: Assignments::default(),
            recorded_at_position: at,
            erased: None,
        })
    }

    fn go_on(&mut self, event: &Event, at: i64) {
        self.exemptions.evolve_at(event, at);
        self.assignments.evolve_at(event, at);
        match event {
            Event::Corrected(f) => {
                self.sealed = f.sealed.clone();
                self.hpr_lookup = f.hpr_lookup.clone();
                self.specialist = f.specialist.clone();
                self.recorded_at_position = at;
            }
            Event::SpecialistApproved(f) => {
                self.specialist.push(f.period);
                self.specialist.sort_unstable();
            }
            Event::SpecialistStatusEnded(f) => {
                for period in &mut self.specialist {
                    if period.covers(f.to) {
                        period.to = Some(f.to);
                    }
                }
            }
            Event::CourseCompleted(f) => courses::completed(&mut self.courses, &f.course, at),
            Event::CourseCorrected(f) => courses::corrected(&mut self.courses, f, at),
            Event::CapacitySet(f) => {
                self.capacities.insert(f.from, f.trainees);
            }
            Event::Registered(_)
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
            | Event::ExemptionStepCorrected(_)
            | Event::AssignmentProposed(_)
            | Event::AssignmentAccepted(_)
            | Event::AssignmentDeclined(_)
            | Event::AssignmentWithdrawn(_)
            | Event::AssignmentPaused(_)
            | Event::AssignmentResumed(_)
            | Event::AssignmentEnded(_)
            | Event::AssignmentCorrected(_) => {}
        }
    }

    fn take_in(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = external_ids::Event::decode(fact)? {
            self.rename(&event, fact.position);
        } else if let Some(event) = person::Event::decode(fact)? {
            self.forget(event);
        }
        Ok(())
    }
}

impl Supervisor {
    /// Takes in what another system calls the supervisor, or an exemption or assignment of theirs.
    pub fn rename(&mut self, event: &external_ids::Event, at: i64) {
        if event.resource() == self.id {
            self.external_ids.apply(event, at);
        } else {
            self.exemptions.rename(event, at);
            self.assignments.rename(event, at);
        }
    }

    fn forget(&mut self, event: person::Event) {
        let person::Event::Erased(erased) = event;
        self.sealed.clear();
        self.hpr_lookup.clear();
        self.external_ids.forget();
        self.erased = Some(erased);
    }

    /// The municipalities that the supervisor belongs to on a day: the one that registered them,
    /// and those of assignments that go on then or later.
    pub fn municipalities_on(&self, day: Date) -> BTreeSet<MunicipalityNumber> {
        let going_on =
            self.assignments.iter().filter(|assignment| match assignment.own_status_on(day) {
                Some(OwnStatus::Declined | OwnStatus::Withdrawn | OwnStatus::Ended) => false,
                None
                | Some(
                    OwnStatus::Proposed
                    | OwnStatus::Accepted
                    | OwnStatus::Held
                    | OwnStatus::Paused { .. },
                ) => true,
            });
        let theirs = going_on.filter_map(|assignment| assignment.municipality.clone());
        theirs.chain(self.municipality.clone()).collect()
    }

    /// The municipalities whose person the supervisor is on a day: the one that registered them,
    /// and those for which they supervise then or have said that they will. Whoever has only asked
    /// them is not among these.
    pub fn own_municipalities_on(&self, day: Date) -> BTreeSet<MunicipalityNumber> {
        let said_yes = self.assignments.iter().filter(|assignment| {
            matches!(
                assignment.own_status_on(day),
                Some(OwnStatus::Accepted | OwnStatus::Held | OwnStatus::Paused { .. })
            )
        });
        let theirs = said_yes.filter_map(|assignment| assignment.municipality.clone());
        theirs.chain(self.municipality.clone()).collect()
    }

    /// The municipalities that may tell of the supervisor on a day: whose person they are; for
    /// somebody who is nobody's yet, those that have asked them.
    pub fn recording_municipalities_on(&self, day: Date) -> BTreeSet<MunicipalityNumber> {
        let own = self.own_municipalities_on(day);
        if own.is_empty() { self.municipalities_on(day) } else { own }
    }

    /// Whether the supervisor is an approved specialist on a day.
    pub fn specialist_on(&self, day: Date) -> bool {
        self.specialist.iter().any(|period| period.covers(day))
    }

    /// How many trainees the supervisor takes on a day.
    pub fn capacity_on(&self, day: Date) -> TraineeCapacity {
        let recorded = self.capacities.range(..=day).next_back();
        recorded.map_or(CAPACITY_DEFAULT, |(_, trainees)| *trainees)
    }

    /// By what the supervisor may supervise on a day, for a trainee of that municipality. Of
    /// several exemptions the one that lasts longest.
    pub fn qualification_on(
        &self,
        municipality: Option<&MunicipalityNumber>,
        day: Date,
    ) -> Qualification {
        if self.specialist_on(day) {
            return Qualification::Specialist;
        }
        let covering = self.exemptions.iter().filter_map(|exemption| {
            let covered = exemption.covered().filter(|covered| covered.covers(day))?;
            let here = municipality.is_some_and(|number| exemption.is_for(number));
            here.then_some((covered.to?, exemption.id))
        });
        match covering.max() {
            Some((to, id)) => Qualification::Exemption { id, to },
            None => Qualification::None,
        }
    }

    /// The days on which a qualification may begin or end.
    pub fn qualification_changes(&self) -> impl Iterator<Item = Date> {
        let covered = self.exemptions.iter().filter_map(|exemption| exemption.covered());
        let periods = self.specialist.iter().copied().chain(covered);
        periods.flat_map(|period| [Some(period.from), period.day_after()]).flatten()
    }

    /// What an assignment is on a day; `None` before it was first recorded.
    pub fn status_on(&self, assignment: &Assignment, day: Date) -> Option<Status> {
        Some(match assignment.own_status_on(day)? {
            OwnStatus::Proposed => Status::Proposed,
            OwnStatus::Declined => Status::Declined,
            OwnStatus::Withdrawn => Status::Withdrawn,
            OwnStatus::Accepted => Status::Accepted,
            OwnStatus::Paused { since } => Status::Paused { since },
            OwnStatus::Ended => Status::Ended,
            OwnStatus::Held => match self.lapsed_since(assignment, day) {
                Some(since) => Status::Lapsed { since },
                None => Status::Active,
            },
        })
    }

    /// Whether the supervisor supervises a trainee on a day: an assignment is active then, and not
    /// for instructing in daily work.
    pub fn supervises(&self, trainee: Uuid, day: Date) -> bool {
        let own = |a: &&Assignment| a.trainee == trainee && a.kind != AssignmentKind::Clinical;
        let active = |a: &Assignment| self.status_on(a, day) == Some(Status::Active);
        self.assignments.iter().filter(own).any(active)
    }

    /// Since when the supervisor is not qualified, if they are not on that day.
    fn lapsed_since(&self, assignment: &Assignment, day: Date) -> Option<Date> {
        let qualified = |day| {
            let by = self.qualification_on(assignment.municipality.as_ref(), day);
            by != Qualification::None || assignment.kind == AssignmentKind::Clinical
        };
        if qualified(day) {
            return None;
        }
        let first = assignment.period.from;
        let mut days: Vec<Date> = self.qualification_changes().collect();
        days.retain(|change| first < *change && *change <= day);
        days.push(first);
        days.sort_unstable();
        let mut since = None;
        for day in days {
            since = if qualified(day) { None } else { since.or(Some(day)) };
        }
        since
    }

    /// How many trainees the supervisor has on each day.
    pub fn load(&self) -> Load {
        let mut days: BTreeSet<Date> = self.qualification_changes().collect();
        // The capacity is for supervising; instructing in daily work takes no place of it.
        let supervised = self.assignments.iter().filter(|a| a.kind != AssignmentKind::Clinical);
        let held: Vec<_> = supervised.map(|a| (a, a.held_periods())).collect();
        for period in held.iter().flat_map(|(_, periods)| periods) {
            days.insert(period.from);
            days.extend(period.day_after());
        }
        let count = |day: Date| {
            let trainees: BTreeSet<Uuid> = held
                .iter()
                .filter(|(_, periods)| periods.iter().any(|period| period.covers(day)))
                .filter(|(a, _)| {
                    let by = self.qualification_on(a.municipality.as_ref(), day);
                    by != Qualification::None
                })
                .map(|(a, _)| a.trainee)
                .collect();
            trainees.len()
        };
        Load(days.into_iter().map(|day| (day, count(day))).collect())
    }

    /// The days on which something about the supervisor, or any assignment's look, may change.
    pub fn changes(&self, load: &Load) -> BTreeSet<Date> {
        let mut days: BTreeSet<Date> = self.qualification_changes().collect();
        days.extend(self.capacities.keys());
        days.extend(load.0.keys());
        for valid in self.courses.iter().map(|it| it.course.valid()) {
            days.insert(valid.from);
            days.extend(valid.day_after());
        }
        days
    }

    /// The supervisor is an approved specialist in a period.
    pub fn approve_specialist(&self, period: Period) -> Result<Vec<Event>, Rejection> {
        if self.specialist.iter().any(|recorded| recorded.contains(&period)) {
            return Ok(vec![]);
        }
        Ok(vec![SpecialistApproved { supervisor: self.id, period }.into()])
    }

    /// The specialist approval ends.
    pub fn end_specialist(&self, to: Date) -> Result<Vec<Event>, Rejection> {
        if !self.specialist_on(to) {
            return Err(Rejection::new(&problems::NOT_A_SPECIALIST).with("day", to));
        }
        if !self.specialist_on(day_after(to)) {
            return Ok(vec![]);
        }
        Ok(vec![SpecialistStatusEnded { supervisor: self.id, to }.into()])
    }

    /// How many trainees the supervisor takes from a day.
    pub fn set_capacity(
        &self,
        trainees: TraineeCapacity,
        from: Date,
    ) -> Result<Vec<Event>, Rejection> {
        if self.capacity_on(from) == trainees {
            return Ok(vec![]);
        }
        Ok(vec![CapacitySet { supervisor: self.id, trainees, from }.into()])
    }

    /// Who the supervisor is, or when they were a specialist, was told wrong.
    pub fn correct(&self, how: Corrected, same_person: bool) -> Result<Vec<Event>, Rejection> {
        if same_person && how.specialist == self.specialist {
            return Ok(vec![]);
        }
        Ok(vec![how.into()])
    }
}

/// How many trainees a supervisor has, by the day from which it is so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load(BTreeMap<Date, usize>);

impl Load {
    /// Trainees on a day.
    pub fn on(&self, day: Date) -> usize {
        self.0.range(..=day).next_back().map_or(0, |(_, trainees)| *trainees)
    }
}
