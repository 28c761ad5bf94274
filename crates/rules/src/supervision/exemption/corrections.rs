//! What was told wrong of an exemption: how its application reads, and each step of the procedure.
//!
//! What a correction leaves must be a procedure that could have been recorded so from the start.
//! Assignments follow by themselves: they rest on the days that are covered.

use jiff::civil::Date;

use super::{Exemption, ExemptionStatus};
use crate::identifiers::Comment;
use crate::problem::Rejection;
use crate::supervision::application::Application;
use crate::supervision::domain::{Event, ExemptionCorrected, ExemptionStepCorrected, Stage, Step};
use crate::supervision::problems;

impl Exemption {
    /// The application reads otherwise, or there never was one (`None`).
    pub fn correct(
        &self,
        really: Option<Application>,
        reason: Comment,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let application = match really {
            Some(recorded) => {
                let application = recorded.over(&self.application);
                if application == self.application {
                    return Ok(vec![]);
                }
                application.consistent()?;
                Some(application)
            }
            None => match self.latest() {
                ExemptionStatus::Draft | ExemptionStatus::Submitted => None,
                // What was decided is taken back first, by whoever decides.
                decided @ (ExemptionStatus::Granted
                | ExemptionStatus::Rejected
                | ExemptionStatus::Appealed
                | ExemptionStatus::Upheld
                | ExemptionStatus::Expired
                | ExemptionStatus::Revoked) => return Err(self.not(decided)),
            },
        };
        let (exemption, supervisor, corrects) =
            (self.id, self.supervisor, self.recorded_at_position);
        let municipality = self.municipality.clone();
        Ok(vec![
            ExemptionCorrected {
                exemption,
                supervisor,
                municipality,
                corrects,
                application,
                reason,
                on,
            }
            .into(),
        ])
    }

    /// The step of a stage, or the refusal that none was taken.
    pub fn step_of(&self, stage: Stage) -> Result<&Step, Rejection> {
        let step = self.steps().find(|step| step.stage() == stage);
        step.ok_or_else(|| self.not(self.latest()))
    }

    /// A step was told wrong; `really` is how it was, or `None`: it was not taken.
    pub fn correct_step(
        &self,
        stage: Stage,
        really: Option<Step>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.steps.iter().find(|recorded| recorded.step.stage() == stage);
        let Some(recorded) = recorded else {
            // What was taken out stays out: asking for that again finds it so.
            return if really.is_some() { Err(self.not(self.latest())) } else { Ok(vec![]) };
        };
        if really.as_ref() == Some(&recorded.step) {
            return Ok(vec![]);
        }
        let others = self.steps().filter(|step| step.stage() != stage).cloned();
        let mut steps: Vec<Step> = others.chain(really.clone()).collect();
        steps.sort_by_key(Step::stage);
        self.in_order(&steps)?;
        let (exemption, supervisor) = (self.id, self.supervisor);
        let (corrects, was) = (recorded.at, recorded.step.holds_from());
        let municipality = self.municipality.clone();
        Ok(vec![
            ExemptionStepCorrected {
                exemption,
                supervisor,
                municipality,
                corrects,
                stage,
                was,
                facts: really,
                reason,
            }
            .into(),
        ])
    }

    /// Each of the steps may follow the one before it, as when it was recorded.
    fn in_order(&self, steps: &[Step]) -> Result<(), Rejection> {
        let mut status = ExemptionStatus::Draft;
        let mut last: Option<&Step> = None;
        let submitted_on = steps.iter().find(|it| it.stage() == Stage::Submission).map(Step::on);
        for step in steps {
            if step.follows() != status {
                return Err(self.not(step.status()));
            }
            // A revocation may hold from a day before the grant was decided.
            let in_days = step.stage() != Stage::Revocation;
            if let Some(earliest) = last.map(Step::on).filter(|last| in_days && step.on() < *last) {
                return Err(Rejection::new(&problems::EXEMPTION_DAY_ORDER)
                    .with("day", step.on())
                    .with("earliest", earliest));
            }
            if let Some((period, retroactive)) = step.grant() {
                Self::may_hold(submitted_on, &period, retroactive)?;
            }
            let granted = last.and_then(Step::grant).map(|(period, _)| period);
            if !in_days && granted.is_some_and(|granted| granted.ends_before(step.on())) {
                return Err(self.not(ExemptionStatus::Revoked));
            }
            status = step.status();
            last = Some(step);
        }
        Ok(())
    }
}
