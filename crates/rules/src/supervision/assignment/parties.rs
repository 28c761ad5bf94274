//! Rules on assignments that read everyone whom they concern.

use jiff::civil::Date;
use uuid::Uuid;

use super::{Assignment, Assignments, OwnStatus, Response, Transition};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::problem::Rejection;
use crate::reference::Lineage;
use crate::supervision::domain::{
    AssignmentAccepted, AssignmentCorrected, AssignmentEnded, AssignmentFacts, AssignmentKind,
    AssignmentProposed, AssignmentResumed, Event, MonthMinutes, SupervisionEndReason,
    SupervisionMode,
};
use crate::supervision::problems;
use crate::supervision::supervisor::{Qualification, Supervisor};
use crate::time::Period;
use crate::trainee::Trainee;

/// What is asked when somebody is to supervise a trainee.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub assignment: Uuid,
    pub kind: AssignmentKind,
    pub period: Period,
    pub mode: SupervisionMode,
    pub same_office: Option<bool>,
    pub planned_minutes_per_month: Option<MonthMinutes>,
    pub external_ids: Vec<ExternalId>,
    pub on: Date,
}

/// Everyone whom an assignment concerns: what a decision on it reads.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    pub supervisor: &'a Supervisor,
    pub trainee: &'a Trainee,
    /// All assignments of the trainee.
    pub supervision: &'a Assignments,
    /// How the numbers of the trainee's municipalities follow one another.
    pub lineage: &'a Lineage,
}

impl Parties<'_> {
    /// The municipality of the trainee's position on a day, given that the supervisor may supervise
    /// there: one under an exemption only where that exemption holds, and then under the number by
    /// which it does; a clinical one anywhere.
    fn place_on(
        &self,
        kind: AssignmentKind,
        day: Date,
    ) -> Result<Option<MunicipalityNumber>, Rejection> {
        // Two who were erased have nothing left to be told apart by.
        let is_known = !self.supervisor.hpr_lookup.is_empty();
        if is_known && self.supervisor.hpr_lookup == self.trainee.hpr_lookup {
            return Err((&problems::SUPERVISOR_IS_TRAINEE).into());
        }
        let mut held = self.trainee.occupancies.all_on(day).map(|held| &held.municipality);
        if kind == AssignmentKind::Clinical || self.supervisor.specialist_on(day) {
            return Ok(held.next().cloned());
        }
        let covered = held.find_map(|municipality| self.exempted_in(municipality, day));
        match covered {
            Some(municipality) => Ok(Some(municipality)),
            None => Err(Rejection::new(&problems::SUPERVISOR_NOT_QUALIFIED).with("day", day)),
        }
    }

    /// The number under which an exemption holds on a day where the trainee holds a position: that
    /// of the position, or the exemption's own where one followed from the other.
    fn exempted_in(
        &self,
        municipality: &MunicipalityNumber,
        day: Date,
    ) -> Option<MunicipalityNumber> {
        let exempted = self.supervisor.exemptions.iter().map(|exemption| &exemption.municipality);
        let same = exempted.filter(|other| self.lineage.covers(other, municipality, day));
        let mut numbers = std::iter::once(municipality).chain(same);
        let holds = |number: &&MunicipalityNumber| {
            self.supervisor.qualification_on(Some(*number), day) != Qualification::None
        };
        numbers.find(holds).cloned()
    }

    /// On none of the days has the trainee another active supervisor of that kind; of clinical ones
    /// there may be several.
    fn free(&self, id: Uuid, kind: AssignmentKind, days: &[Period]) -> Result<(), Rejection> {
        if kind == AssignmentKind::Clinical {
            return Ok(());
        }
        let others = self.supervision.iter().filter(|other| other.id != id && other.kind == kind);
        for other in others {
            for theirs in other.held_periods() {
                if let Some(both) = days.iter().find_map(|ours| ours.overlap(&theirs)) {
                    return Err(Rejection::new(&problems::TRAINEE_HAS_SUPERVISOR)
                        .with("assignment", other.id)
                        .with("period", both));
                }
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, id: Uuid) -> Result<&Assignment, Rejection> {
        self.supervisor.assignments.get(id)
    }

    /// The assignment that was proposed before in the same words and still stands.
    pub fn same(&self, asked: &Proposal) -> Option<Uuid> {
        let same = |a: &&Assignment| {
            a.trainee == self.trainee.id
                && (a.kind, a.period, a.mode) == (asked.kind, asked.period, asked.mode)
                && (a.same_office, a.planned_minutes_per_month)
                    == (asked.same_office, asked.planned_minutes_per_month)
                && a.external_ids.hold(&asked.external_ids)
                && a.is_wanted()
        };
        self.supervisor.assignments.iter().find(same).map(|a| a.id)
    }

    /// Somebody is asked to supervise the trainee.
    pub fn propose(&self, asked: Proposal) -> Result<Vec<Event>, Rejection> {
        if self.same(&asked).is_some() {
            return Ok(vec![]);
        }
        let municipality = self.place_on(asked.kind, asked.period.from)?;
        self.free(asked.assignment, asked.kind, &[asked.period])?;
        Ok(vec![
            AssignmentProposed {
                assignment: asked.assignment,
                trainee: self.trainee.id,
                supervisor: self.supervisor.id,
                municipality,
                kind: asked.kind,
                period: asked.period,
                mode: asked.mode,
                same_office: asked.same_office,
                planned_minutes_per_month: asked.planned_minutes_per_month,
                external_ids: asked.external_ids,
                on: asked.on,
            }
            .into(),
        ])
    }

    /// The supervisor says yes.
    pub fn accept(&self, id: Uuid, on: Date) -> Result<Vec<Event>, Rejection> {
        let recorded = self.get(id)?;
        match recorded.response {
            Response::Accepted { .. } => return Ok(vec![]),
            Response::Declined { .. } => return Err(recorded.not(OwnStatus::Declined)),
            Response::Withdrawn { .. } => return Err(recorded.not(OwnStatus::Withdrawn)),
            Response::Proposed => {}
        }
        let municipality = self.place_on(recorded.kind, recorded.period.from)?;
        self.free(id, recorded.kind, &[recorded.period])?;
        let (assignment, trainee, supervisor) = (id, recorded.trainee, recorded.supervisor);
        Ok(vec![AssignmentAccepted { assignment, trainee, supervisor, municipality, on }.into()])
    }

    /// Supervision goes on.
    pub fn resume(&self, id: Uuid, on: Date) -> Result<Vec<Event>, Rejection> {
        let recorded = self.get(id)?;
        recorded.accepted()?;
        if !recorded.period.covers(on) {
            return Err(recorded.outside(on));
        }
        if recorded.paused_since(on).is_none() {
            if recorded.transitions.contains(&(on, Transition::Resumed)) {
                return Ok(vec![]);
            }
            return Err(recorded.not(OwnStatus::Held));
        }
        let mut next = recorded.clone();
        next.transition(on, Transition::Resumed);
        self.free(id, recorded.kind, &next.held_periods())?;
        let Assignment { trainee, supervisor, municipality, .. } = next;
        let assignment = id;
        Ok(vec![AssignmentResumed { assignment, trainee, supervisor, municipality, on }.into()])
    }

    /// Supervision ends; an agreed last day may be moved, later only while the trainee is free.
    pub fn end(
        &self,
        id: Uuid,
        to: Date,
        reason: SupervisionEndReason,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.get(id)?;
        recorded.accepted()?;
        if recorded.period.to == Some(to) && recorded.end_reason == Some(reason) {
            return Ok(vec![]);
        }
        if recorded.end_reason.is_some() {
            return Err(recorded.not(OwnStatus::Ended));
        }
        if to < recorded.period.from {
            return Err(recorded.outside(to));
        }
        let mut next = recorded.clone();
        next.period.to = Some(to);
        self.free(id, recorded.kind, &next.held_periods())?;
        let Assignment { trainee, supervisor, municipality, .. } = next;
        let assignment = id;
        Ok(vec![
            AssignmentEnded { assignment, trainee, supervisor, municipality, to, reason }.into(),
        ])
    }

    /// What was recorded was wrong; `facts` is how it was, or `None`: it was entered in error.
    pub fn correct(
        &self,
        id: Uuid,
        facts: Option<AssignmentFacts>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.get(id)?;
        let mut municipality = recorded.municipality.clone();
        if let Some(facts) = &facts {
            if recorded.facts() == *facts {
                return Ok(vec![]);
            }
            // A proposal that was declined or taken back binds nobody, whatever its days.
            if recorded.is_wanted() {
                if facts.period.from != recorded.period.from {
                    municipality = self.place_on(recorded.kind, facts.period.from)?;
                }
                let mut next = recorded.clone();
                next.period = facts.period;
                self.free(id, recorded.kind, &next.held_periods())?;
            }
        }
        let (assignment, trainee, supervisor) = (id, recorded.trainee, recorded.supervisor);
        let corrects = recorded.recorded_at_position;
        Ok(vec![
            AssignmentCorrected {
                assignment,
                trainee,
                supervisor,
                municipality,
                corrects,
                facts,
                reason,
            }
            .into(),
        ])
    }
}
