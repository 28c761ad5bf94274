//! One learning goal of one doctor: submitted, recommended, decided, and perhaps revoked.
//!
//! Each step names its day, and none comes before the day of the step it follows; so a goal can be
//! asked how it stood on any day. An approval knows nothing of employers: it stands whoever employs
//! the doctor afterwards. Whether institution service is done is not looked at here.
//!
//! A code may mean another goal in another version of the catalogue. What is recorded under a code
//! is therefore told apart by version before it is judged: [`Goal::of`].

mod directorate;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{
    Approved, Event, Recalled, Recommended, Returned, Revoked, Role, Submitted, Verdict,
};
use super::plan::{Authority, Plans, not_before};
use super::problems;
use super::status::{Revocation, Status, Submission};
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold};
use crate::curriculum::Plan;
use crate::identifiers::{Comment, GoalCode, MunicipalityNumber, Token};
use crate::problem::Rejection;
use crate::{leader, trainee};
use versions::bare;

/// One goal of one doctor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Goal {
    /// In the order they were told.
    steps: Vec<Event>,
}

/// A goal that is to be submitted, and the plan that has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Submit {
    pub trainee: Uuid,
    pub code: GoalCode,
    pub plan: Plan,
    pub curriculum: Token,
    /// The version says which goals it replaces.
    pub apart: bool,
    /// The first day on which a goal of the plan was submitted, so far.
    pub plan_started_on: Option<Date>,
    pub on: Date,
    pub comment: Option<Comment>,
    pub municipality: Option<MunicipalityNumber>,
}

/// A leader who decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Decider {
    pub authority: Authority,
    /// As which supervisors the same person recommended.
    pub recommended_as: BTreeSet<Uuid>,
}

/// A leader's decision on a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Ruling {
    Approve { comment: Option<Comment>, reason: Option<Comment> },
    Return { comment: Comment },
}

fn on_of(event: &Event) -> Date {
    event.effective_from()
}

fn is_recommendation(event: &Event) -> bool {
    match event {
        Event::Recommended(_) => true,
        Event::PlanAssigned(_)
        | Event::PlanArchived(_)
        | Event::PlanWithdrawn(_)
        | Event::Submitted(_)
        | Event::Recalled(_)
        | Event::Approved(_)
        | Event::Returned(_)
        | Event::Revoked(_)
        | Event::RevokedByDirectorate(_) => false,
    }
}

impl Goal {
    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::PlanAssigned(_) | Event::PlanArchived(_) | Event::PlanWithdrawn(_) => {}
            Event::Submitted(_)
            | Event::Recalled(_)
            | Event::Recommended(_)
            | Event::Approved(_)
            | Event::Returned(_)
            | Event::Revoked(_)
            | Event::RevokedByDirectorate(_) => self.steps.push(event.clone()),
        }
    }

    /// How the goal stands on a day.
    pub fn on(&self, day: Date) -> Status {
        let mut before = Status::default();
        let steps = self.steps.iter().filter(|step| on_of(step) <= day);
        steps.fold(Status::default(), |now, step| now.after(step, &mut before))
    }

    fn now(&self) -> Status {
        self.on(Date::MAX)
    }

    /// The days on which something changes.
    pub fn changes(&self) -> impl Iterator<Item = Date> {
        self.steps.iter().map(on_of)
    }

    /// The last step is this one: it was asked for twice.
    fn ends_with(&self, step: &Event) -> bool {
        self.steps.last().is_some_and(|last| bare(last) == bare(step))
    }

    fn not(status: &Status) -> Rejection {
        Rejection::new(&problems::GOAL_STATUS).with("current_status", status.word())
    }

    /// What follows comes on the day of the step it follows, or later. Recommendations stand beside
    /// each other: they are held against the submission only.
    fn in_order(&self, on: Date) -> Result<(), Rejection> {
        match self.steps.iter().rev().find(|step| !is_recommendation(step)) {
            Some(last) => not_before(on, on_of(last)),
            None => Ok(()),
        }
    }

    fn waiting(&self, on: Date) -> Result<Box<Submission>, Rejection> {
        match self.now() {
            Status::Submitted(submission) => {
                self.in_order(on)?;
                Ok(submission)
            }
            status @ (Status::NotStarted
            | Status::Returned(..)
            | Status::Approved(..)
            | Status::Revoked(..)) => Err(Self::not(&status)),
        }
    }

    /// The doctor submits the goal.
    pub fn submit(&self, asked: Submit) -> Result<Vec<Event>, Rejection> {
        match self.now() {
            Status::Submitted(now)
                if (now.submitted.on, &now.submitted.comment) == (asked.on, &asked.comment) =>
            {
                return Ok(vec![]);
            }
            status @ (Status::Submitted(_) | Status::Approved(..)) => {
                return Err(Self::not(&status));
            }
            Status::NotStarted | Status::Returned(..) | Status::Revoked(..) => {}
        }
        self.in_order(asked.on)?;
        Ok(vec![
            Submitted {
                starts_plan: asked.plan_started_on.is_none_or(|started| asked.on < started),
                trainee: asked.trainee,
                code: asked.code,
                plan: asked.plan,
                curriculum: asked.curriculum,
                apart: asked.apart,
                on: asked.on,
                comment: asked.comment,
                municipality: asked.municipality,
            }
            .into(),
        ])
    }

    /// The doctor takes the submission back.
    pub fn recall(&self, mut asked: Recalled) -> Result<Vec<Event>, Rejection> {
        if self.ends_with(&asked.clone().into()) {
            return Ok(vec![]);
        }
        let submission = self.waiting(asked.on)?;
        asked.curriculum = Some(submission.submitted.curriculum);
        Ok(vec![asked.into()])
    }

    /// Somebody recommends, whose HPR number has this keyed hash.
    pub fn recommend(
        &self,
        mut asked: Recommended,
        hpr_lookup: &str,
        trainee_state: &trainee::Trainee,
    ) -> Result<Vec<Event>, Rejection> {
        not_own(asked.by, Some(hpr_lookup), trainee_state)?;
        let submission = self.waiting(asked.on)?;
        let recorded = bare(&asked.clone().into());
        if submission.recommendations.iter().any(|other| bare(&other.clone().into()) == recorded) {
            return Ok(vec![]);
        }
        asked.curriculum = Some(submission.submitted.curriculum.clone());
        let other_role = |r: &&Recommended| r.by == asked.by && r.role != asked.role;
        if let (Some(other), None) =
            (submission.recommendations.iter().find(other_role), &asked.dual_role_reason)
        {
            return Err(Rejection::new(&problems::DUAL_ROLE)
                .with("person", asked.by)
                .with("role", other.role));
        }
        Ok(vec![asked.into()])
    }

    /// A leader decides.
    pub fn decide(&self, ruling: Ruling, who: Decider, on: Date) -> Result<Vec<Event>, Rejection> {
        let Decider { authority, recommended_as } = who;
        let Authority { leader: by, delegated_by, municipality } = authority;
        let decided = |Submission { submitted, recommendations }: &Submission| match ruling {
            Ruling::Approve { comment, reason } => {
                let (plan, curriculum) = (submitted.plan, submitted.curriculum.clone());
                let own = |r: &Recommended| r.on <= on && recommended_as.contains(&r.by);
                let own_recommendation = recommendations.iter().any(own);
                Event::from(Approved {
                    trainee: submitted.trainee,
                    code: submitted.code.clone(),
                    plan,
                    curriculum,
                    by,
                    delegated_by,
                    municipality,
                    on,
                    comment,
                    reason,
                    own_recommendation,
                })
            }
            Ruling::Return { comment } => {
                let curriculum = Some(submitted.curriculum.clone());
                Event::from(Returned {
                    trainee: submitted.trainee,
                    code: submitted.code.clone(),
                    by,
                    delegated_by,
                    municipality,
                    curriculum,
                    on,
                    comment,
                })
            }
        };
        let now = self.now();
        let Some(submission) = now.submission() else { return Err(Self::not(&now)) };
        let decision = decided(submission);
        if self.ends_with(&decision) {
            return Ok(vec![]);
        }
        let submission = self.waiting(on)?;
        if let Event::Approved(approved) = &decision {
            well_founded(&submission, on, approved.reason.is_some())?;
        }
        Ok(vec![decision])
    }

    /// Everybody who has recommended on the submission.
    pub fn recommenders(&self) -> BTreeSet<Uuid> {
        let now = self.now();
        let recorded = now.submission().map_or(&[][..], |submission| &submission.recommendations);
        recorded.iter().map(|recommended| recommended.by).collect()
    }

    /// The municipality in whose name the goal is approved, or was until that was taken back.
    pub fn approved_by(&self) -> Option<MunicipalityNumber> {
        match self.now() {
            Status::Approved(_, f) | Status::Revoked(_, f, _) => Some(f.municipality.clone()),
            Status::NotStarted | Status::Submitted(_) | Status::Returned(..) => None,
        }
    }

    /// A leader of the municipality that approved the goal takes the approval back.
    pub fn revoke(
        &self,
        leader: &leader::Leader,
        trainee_state: &trainee::Trainee,
        on: Date,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let now = self.now();
        let (approved, recorded) = match &now {
            Status::Approved(_, approved) => (approved, None),
            Status::Revoked(_, approved, recorded) => (approved, Some(&**recorded)),
            Status::NotStarted | Status::Submitted(_) | Status::Returned(..) => {
                return Err(Self::not(&now));
            }
        };
        let term = leader.term_on(&approved.municipality, on);
        let asked = Revoked {
            trainee: trainee_state.id,
            code: approved.code.clone(),
            by: leader.id,
            delegated_by: term.and_then(|term| term.delegation).map(|held| held.by),
            municipality: approved.municipality.clone(),
            curriculum: Some(approved.curriculum.clone()),
            on,
            reason,
        };
        let same = |recorded: &Revocation| match recorded {
            Revocation::ByLeader(recorded) => {
                bare(&recorded.clone().into()) == bare(&asked.clone().into())
            }
            Revocation::ByDirectorate(_) => false,
        };
        match recorded {
            Some(recorded) if same(recorded) => return Ok(vec![]),
            Some(_) => return Err(Self::not(&now)),
            None => {}
        }
        if term.is_none() {
            return Err(Rejection::new(&problems::NOT_THE_DECIDING_MUNICIPALITY)
                .with("municipality", &approved.municipality)
                .with("leader", leader.id)
                .with("day", on));
        }
        not_own(leader.id, leader.hpr_lookup.as_deref(), trainee_state)?;
        self.in_order(on)?;
        Ok(vec![asked.into()])
    }
}

/// Nobody acts on their own training; the HPR number tells who is who.
fn not_own(
    person: Uuid,
    hpr_lookup: Option<&str>,
    trainee_state: &trainee::Trainee,
) -> Result<(), Rejection> {
    // Two who were erased have nothing left to be told apart by.
    let is_known = !trainee_state.hpr_lookup.is_empty();
    if is_known && hpr_lookup == Some(trainee_state.hpr_lookup.as_str()) {
        return Err(Rejection::new(&problems::OWN_TRAINING).with("person", person));
    }
    Ok(())
}

/// In whose name a leader decides for a doctor on a day, or why not. Where the doctor works, and
/// the leader leads, in several municipalities, in that of one that is preferred.
pub fn may_decide(
    leader: &leader::Leader,
    trainee_state: &trainee::Trainee,
    on: Date,
    preferred: impl Fn(&MunicipalityNumber) -> bool,
) -> Result<Authority, Rejection> {
    let terms = leader.decides_for(&trainee_state.occupancies, on);
    let preferred = terms.iter().find(|term| preferred(&term.municipality));
    let term = preferred.or(terms.first()).ok_or_else(|| {
        Rejection::new(&problems::NOT_THE_LEADER).with("leader", leader.id).with("day", on)
    })?;
    not_own(leader.id, leader.hpr_lookup.as_deref(), trainee_state)?;
    let delegated_by = term.delegation.map(|held| held.by);
    Ok(Authority { leader: leader.id, delegated_by, municipality: term.municipality.clone() })
}

/// Both roles have spoken since the submission, and nobody's latest word is negative without a
/// reason to approve all the same.
fn well_founded(submission: &Submission, on: Date, has_reason: bool) -> Result<(), Rejection> {
    let roles = [Role::Supervisor, Role::ClinicalSupervisor];
    let latest: Vec<&Recommended> = submission.latest(on).collect();
    let has_spoken = |role: &&Role| latest.iter().any(|recorded| recorded.role == **role);
    let silent: Vec<&str> =
        roles.iter().filter(|role| !has_spoken(role)).map(|role| role.as_str()).collect();
    if !silent.is_empty() {
        return Err(Rejection::new(&problems::RECOMMENDATIONS_MISSING).with("missing", silent));
    }
    let negative = |recorded: &&&Recommended| recorded.verdict == Verdict::Negative;
    let against =
        |role: &&Role| latest.iter().filter(negative).any(|recorded| recorded.role == **role);
    let negative: Vec<&str> = roles.iter().filter(against).map(|role| role.as_str()).collect();
    if !negative.is_empty() && !has_reason {
        return Err(Rejection::new(&problems::AGAINST_RECOMMENDATION).with("roles", negative));
    }
    Ok(())
}

impl Fold for Goal {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve(&event);
        }
        Ok(())
    }
}

/// Everything on one doctor's way: the plans, and every goal that something is recorded of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraineePath {
    pub plans: Plans,
    pub goals: BTreeMap<GoalCode, Goal>,
}

impl TraineePath {
    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event) {
        self.plans.evolve(event);
        let code = match event {
            Event::PlanAssigned(_) | Event::PlanArchived(_) | Event::PlanWithdrawn(_) => return,
            Event::Submitted(f) => &f.code,
            Event::Recalled(f) => &f.code,
            Event::Recommended(f) => &f.code,
            Event::Approved(f) => &f.code,
            Event::Returned(f) => &f.code,
            Event::Revoked(f) => &f.code,
            Event::RevokedByDirectorate(f) => &f.code,
        };
        self.goals.entry(code.clone()).or_default().evolve(event);
    }
}

impl Fold for TraineePath {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve(&event);
        }
        Ok(())
    }
}
