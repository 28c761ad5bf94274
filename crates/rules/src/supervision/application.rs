//! What an application for an exemption tells, and when it tells enough to be sent.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::domain::TraineeCount;
use crate::edge::Fault;
use crate::identifiers::Comment;
use crate::problem::Rejection;

/// What an application must tell; the supervisor's HPR number comes from the supervisor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Application {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenges: Option<Comment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measures_tried: Option<Comment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specialists_attached: Option<TraineeCount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trainees_in_training: Option<TraineeCount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trainees_with_non_specialist: Option<TraineeCount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub competence: Option<Comment>,
}

impl Application {
    /// This application, completed by what an earlier one told.
    pub fn over(self, before: &Application) -> Self {
        let before = before.clone();
        Self {
            from: self.from.or(before.from),
            to: self.to.or(before.to),
            challenges: self.challenges.or(before.challenges),
            measures_tried: self.measures_tried.or(before.measures_tried),
            specialists_attached: self.specialists_attached.or(before.specialists_attached),
            trainees_in_training: self.trainees_in_training.or(before.trainees_in_training),
            trainees_with_non_specialist: self
                .trainees_with_non_specialist
                .or(before.trainees_with_non_specialist),
            competence: self.competence.or(before.competence),
        }
    }

    /// The required facts that are not told yet.
    pub fn missing(&self) -> Vec<&'static str> {
        let recorded = [
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("challenges", self.challenges.is_some()),
            ("measures_tried", self.measures_tried.is_some()),
            ("specialists_attached", self.specialists_attached.is_some()),
            ("trainees_in_training", self.trainees_in_training.is_some()),
            ("trainees_with_non_specialist", self.trainees_with_non_specialist.is_some()),
            ("competence", self.competence.is_some()),
        ];
        recorded.into_iter().filter(|(_, recorded)| !recorded).map(|(name, _)| name).collect()
    }

    /// Refuses what contradicts itself.
    pub fn consistent(&self) -> Result<(), Rejection> {
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            let fault = Fault::new(
                "ends_before_it_begins",
                "The last day must not come before the first.",
                "Siste dag kan ikke komme før den første.",
            );
            return Err(Rejection::field("/to", fault));
        }
        let counts = self.trainees_with_non_specialist.zip(self.trainees_in_training);
        if counts.is_some_and(|(some, all)| some > all) {
            let fault = Fault::new(
                "more_than_all",
                "Must not be more than trainees_in_training.",
                "Kan ikke være flere enn trainees_in_training.",
            );
            return Err(Rejection::field("/trainees_with_non_specialist", fault));
        }
        Ok(())
    }
}
