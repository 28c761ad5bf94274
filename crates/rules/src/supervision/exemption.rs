//! Exemptions: state and rules. The directorate may, for a time, let somebody supervise who is not
//! a specialist (spesialistforskriften section 25).
//!
//! The procedure goes step by step and is judged by its last one; what an exemption *is* on a day
//! follows from the days of its steps. It expires without a fact.

mod step;
mod corrections;
#[cfg(test)]
mod tests;

pub use step::ExemptionStatus;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use uuid::Uuid;

use super::application::Application;
use super::domain::{
    Event, ExemptionAppealed, ExemptionDetailed, ExemptionDrafted, ExemptionGranted,
    ExemptionRejected, ExemptionRevoked, ExemptionSubmitted, RejectionReversed, RejectionUpheld,
    Stage, Step,
};
use super::problems;
use crate::aggregate::{DecodeError, DomainEvent as _, Fact, Fold};
use crate::edge::{FieldFault, REQUIRED};
use crate::external_ids::{self, ExternalIds};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::Period;

/// A step, and where it was last told, for corrections to name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Recorded {
    step: Step,
    at: i64,
}

/// One exemption, from its draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    pub id: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    /// The numbers that this one took over.
    took_over: BTreeSet<MunicipalityNumber>,
    pub application: Application,
    pub external_ids: ExternalIds,
    drafted_on: Date,
    /// Where the application was last told, for corrections to name.
    recorded_at_position: i64,
    /// In the order of their stages.
    steps: Vec<Recorded>,
}

impl Exemption {
    fn drafted(f: &ExemptionDrafted, at: i64) -> Self {
        Self {
            id: f.exemption,
            supervisor: f.supervisor,
            municipality: f.municipality.clone(),
            took_over: f.took_over.clone(),
            application: f.application.clone(),
            external_ids: ExternalIds::registered(&f.external_ids, at),
            drafted_on: f.on,
            recorded_at_position: at,
            steps: Vec::new(),
        }
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().map(|recorded| &recorded.step)
    }

    /// The granted days, however they ended.
    pub fn granted(&self) -> Option<Period> {
        self.steps().find_map(Step::grant).map(|(period, _)| period)
    }

    /// When it was sent.
    pub fn submitted_on(&self) -> Option<Date> {
        self.step_day(|step| matches!(step, Step::Submitted { .. }))
    }

    /// When it was decided, before any appeal.
    pub fn decided_on(&self) -> Option<Date> {
        self.step_day(|step| matches!(step, Step::Granted { .. } | Step::Rejected { .. }))
    }

    /// When the refusal was appealed.
    pub fn appealed_on(&self) -> Option<Date> {
        self.step_day(|step| matches!(step, Step::Appealed { .. }))
    }

    /// From which day it is withdrawn.
    pub fn revoked_on(&self) -> Option<Date> {
        self.step_day(|step| matches!(step, Step::Revoked { .. }))
    }

    fn step_day(&self, which: impl Fn(&Step) -> bool) -> Option<Date> {
        self.steps().find(|step| which(step)).map(Step::on)
    }

    /// The days on which it lets the supervisor supervise: granted and not revoked.
    pub fn covered(&self) -> Option<Period> {
        let granted = self.granted()?;
        let to = self.revoked_on().map(crate::time::day_before);
        granted.overlap(&Period { from: Date::MIN, to })
    }

    /// Whether it holds for trainees whose positions are filed under a number.
    pub fn is_for(&self, municipality: &MunicipalityNumber) -> bool {
        self.municipality == *municipality || self.took_over.contains(municipality)
    }

    /// Whether it lets the supervisor supervise on a day.
    pub fn covers(&self, day: Date) -> bool {
        self.covered().is_some_and(|covered| covered.covers(day))
    }

    /// What it is on a day; `None` before it was first recorded.
    pub fn status_on(&self, day: Date) -> Option<ExemptionStatus> {
        let drafted = self.steps().map(Step::on).chain([self.drafted_on]).min()?;
        let draft = (day >= drafted).then_some(ExemptionStatus::Draft);
        self.steps().fold(draft, |now, step| step.status_on(day).or(now))
    }

    /// The days on which something about it changes.
    pub fn changes(&self) -> Vec<Date> {
        let mut days = vec![self.drafted_on];
        days.extend(self.steps().map(Step::on));
        if let Some(granted) = self.granted() {
            days.push(granted.from);
            days.extend(granted.day_after());
        }
        days
    }

    fn not(&self, status: ExemptionStatus) -> Rejection {
        Rejection::new(&problems::EXEMPTION_STATUS).with("current_status", status)
    }

    /// What the last step made of it, whatever its day.
    fn latest(&self) -> ExemptionStatus {
        self.last().map_or(ExemptionStatus::Draft, Step::status)
    }

    fn last(&self) -> Option<&Step> {
        self.steps().last()
    }

    /// The next step may be taken: the exemption is in `needed`, and `on` is not before the last.
    fn may_follow(&self, needed: ExemptionStatus, on: Date) -> Result<(), Rejection> {
        let latest = self.latest();
        if latest != needed {
            return Err(self.not(latest));
        }
        match self.last().map(Step::on).filter(|last| on < *last) {
            None => Ok(()),
            Some(last) => Err(Rejection::new(&problems::EXEMPTION_DAY_ORDER)
                .with("day", on)
                .with("earliest", last)),
        }
    }

    /// The application reads otherwise; only a draft can be rewritten.
    pub fn detail(&self, recorded: Application, on: Date) -> Result<Vec<Event>, Rejection> {
        let application = recorded.over(&self.application);
        if application == self.application {
            return Ok(vec![]);
        }
        let latest = self.latest();
        if latest != ExemptionStatus::Draft {
            return Err(self.not(latest));
        }
        application.consistent()?;
        let (exemption, supervisor) = (self.id, self.supervisor);
        let municipality = self.municipality.clone();
        Ok(vec![ExemptionDetailed { exemption, supervisor, municipality, application, on }.into()])
    }

    /// Sends the application, if it tells everything.
    pub fn submit(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        if self.last() == Some(&Step::Submitted { on }) {
            return Ok(vec![]);
        }
        self.may_follow(ExemptionStatus::Draft, on)?;
        let missing = self.application.missing();
        if !missing.is_empty() {
            let faults = missing.iter().map(|name| FieldFault::at(format!("/{name}"), REQUIRED));
            return Err(Rejection::new(&problems::EXEMPTION_INCOMPLETE)
                .with("missing", missing.clone())
                .faults(faults.collect()));
        }
        let (exemption, supervisor) = (self.id, self.supervisor);
        let municipality = self.municipality.clone();
        Ok(vec![ExemptionSubmitted { exemption, supervisor, municipality, on }.into()])
    }

    /// No grant reaches back before the application, unless the decision says why.
    fn may_hold(
        submitted_on: Option<Date>,
        period: &Period,
        retroactive: Option<&Comment>,
    ) -> Result<(), Rejection> {
        match submitted_on.filter(|day| period.from < *day && retroactive.is_none()) {
            None => Ok(()),
            Some(day) => {
                Err(Rejection::new(&problems::EXEMPTION_RETROACTIVE).with("submitted_on", day))
            }
        }
    }

    /// Whether the last step is this very grant, for whichever reason it reaches back.
    fn is_granted(&self, stage: Stage, on: Date, period: Period) -> bool {
        self.last().is_some_and(|last| {
            let granted = last.grant().map(|(period, _)| period);
            (last.stage(), last.on(), granted) == (stage, on, Some(period))
        })
    }

    /// Grants it for a time.
    pub fn grant(
        &self,
        on: Date,
        period: Period,
        retroactive: Option<Comment>,
    ) -> Result<Vec<Event>, Rejection> {
        if self.is_granted(Stage::Decision, on, period) {
            return Ok(vec![]);
        }
        self.may_follow(ExemptionStatus::Submitted, on)?;
        Self::may_hold(self.submitted_on(), &period, retroactive.as_ref())?;
        let (exemption, supervisor) = (self.id, self.supervisor);
        let municipality = self.municipality.clone();
        Ok(vec![
            ExemptionGranted { exemption, supervisor, municipality, on, period, retroactive }
                .into(),
        ])
    }

    /// Refuses it.
    pub fn reject(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        if self.last() == Some(&Step::Rejected { on }) {
            return Ok(vec![]);
        }
        self.may_follow(ExemptionStatus::Submitted, on)?;
        let (exemption, supervisor) = (self.id, self.supervisor);
        let municipality = self.municipality.clone();
        Ok(vec![ExemptionRejected { exemption, supervisor, municipality, on }.into()])
    }

    /// Appeals the refusal.
    pub fn appeal(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        if self.last() == Some(&Step::Appealed { on }) {
            return Ok(vec![]);
        }
        self.may_follow(ExemptionStatus::Rejected, on)?;
        let (exemption, supervisor) = (self.id, self.supervisor);
        let municipality = self.municipality.clone();
        Ok(vec![ExemptionAppealed { exemption, supervisor, municipality, on }.into()])
    }

    /// The refusal stands.
    pub fn uphold(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        if self.last() == Some(&Step::Upheld { on }) {
            return Ok(vec![]);
        }
        self.may_follow(ExemptionStatus::Appealed, on)?;
        let (exemption, supervisor) = (self.id, self.supervisor);
        let municipality = self.municipality.clone();
        Ok(vec![RejectionUpheld { exemption, supervisor, municipality, on }.into()])
    }

    /// The refusal falls: it is granted for a time.
    pub fn reverse(
        &self,
        on: Date,
        period: Period,
        retroactive: Option<Comment>,
    ) -> Result<Vec<Event>, Rejection> {
        if self.is_granted(Stage::AppealDecision, on, period) {
            return Ok(vec![]);
        }
        self.may_follow(ExemptionStatus::Appealed, on)?;
        Self::may_hold(self.submitted_on(), &period, retroactive.as_ref())?;
        let (exemption, supervisor) = (self.id, self.supervisor);
        let municipality = self.municipality.clone();
        Ok(vec![
            RejectionReversed { exemption, supervisor, municipality, on, period, retroactive }
                .into(),
        ])
    }

    /// Withdraws a granted exemption from a day; the day may lie in the past.
    pub fn revoke(&self, on: Date, reason: Comment) -> Result<Vec<Event>, Rejection> {
        if self.last() == Some(&Step::Revoked { on }) {
            return Ok(vec![]);
        }
        let latest = self.latest();
        if latest != ExemptionStatus::Granted {
            return Err(self.not(latest));
        }
        if self.granted().and_then(|granted| granted.to).is_some_and(|to| to < on) {
            return Err(self.not(ExemptionStatus::Expired));
        }
        let (exemption, supervisor) = (self.id, self.supervisor);
        let municipality = self.municipality.clone();
        Ok(vec![ExemptionRevoked { exemption, supervisor, municipality, on, reason }.into()])
    }
}

/// Exemptions of one supervisor, or the one of its own stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exemptions(BTreeMap<Uuid, Exemption>);

impl Exemptions {
    /// Takes one fact in, recorded at `at`.
    pub fn evolve_at(&mut self, event: &Event, at: i64) {
        match event {
            Event::ExemptionDrafted(f) => {
                self.0.insert(f.exemption, Exemption::drafted(f, at));
            }
            Event::ExemptionDetailed(f) => self.reads(f.exemption, &f.application, at),
            Event::ExemptionCorrected(f) => match &f.application {
                Some(application) => self.reads(f.exemption, application, at),
                None => {
                    self.0.remove(&f.exemption);
                }
            },
            Event::ExemptionSubmitted(f) => {
                self.step(f.exemption, Step::Submitted { on: f.on }, at);
            }
            Event::ExemptionGranted(f) => {
                let (on, period, retroactive) = (f.on, f.period, f.retroactive.clone());
                self.step(f.exemption, Step::Granted { on, period, retroactive }, at);
            }
            Event::ExemptionRejected(f) => self.step(f.exemption, Step::Rejected { on: f.on }, at),
            Event::ExemptionAppealed(f) => self.step(f.exemption, Step::Appealed { on: f.on }, at),
            Event::RejectionUpheld(f) => self.step(f.exemption, Step::Upheld { on: f.on }, at),
            Event::RejectionReversed(f) => {
                let (on, period, retroactive) = (f.on, f.period, f.retroactive.clone());
                self.step(f.exemption, Step::Reversed { on, period, retroactive }, at);
            }
            Event::ExemptionRevoked(f) => self.step(f.exemption, Step::Revoked { on: f.on }, at),
            Event::ExemptionStepCorrected(f) => {
                self.replace(f.exemption, f.stage, f.facts.clone(), at);
            }
            Event::Registered(_)
            | Event::Corrected(_)
            | Event::SpecialistApproved(_)
            | Event::SpecialistStatusEnded(_)
            | Event::CourseCompleted(_)
            | Event::CourseCorrected(_)
            | Event::CapacitySet(_)
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

    /// Takes in a fact that is about to be recorded.
    pub fn evolve(&mut self, event: &Event) {
        self.evolve_at(event, i64::MAX);
    }

    /// Takes in what another system calls one of them.
    pub fn rename(&mut self, event: &external_ids::Event, at: i64) {
        if let Some(exemption) = self.0.get_mut(&event.resource()) {
            exemption.external_ids.apply(event, at);
        }
    }

    fn reads(&mut self, exemption: Uuid, application: &Application, at: i64) {
        if let Some(exemption) = self.0.get_mut(&exemption) {
            exemption.application = application.clone();
            exemption.recorded_at_position = at;
        }
    }

    fn step(&mut self, exemption: Uuid, step: Step, at: i64) {
        self.replace(exemption, step.stage(), Some(step), at);
    }

    fn replace(&mut self, exemption: Uuid, stage: Stage, step: Option<Step>, at: i64) {
        if let Some(exemption) = self.0.get_mut(&exemption) {
            exemption.steps.retain(|recorded| recorded.step.stage() != stage);
            exemption.steps.extend(step.map(|step| Recorded { step, at }));
            exemption.steps.sort_by_key(|recorded| recorded.step.stage());
        }
    }

    /// One by its id, or the refusal that there is none.
    pub fn get(&self, id: Uuid) -> Result<&Exemption, Rejection> {
        self.0.get(&id).or_not_found()
    }

    /// Every exemption, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Exemption> {
        self.0.values()
    }
}

impl Fold for Exemptions {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve_at(&event, fact.position);
        } else if let Some(event) = external_ids::Event::decode(fact)? {
            self.rename(&event, fact.position);
        }
        Ok(())
    }
}
