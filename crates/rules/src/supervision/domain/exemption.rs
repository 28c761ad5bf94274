//! What is told of an exemption. Each fact names the supervisor too.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::supervision::application::Application;
use crate::time::Period;
use crate::{whole_type, word_enum};

whole_type! {
    /// A number of doctors: 0 to 10 000.
    pub struct TraineeCount(u16);
    min = 0, max = 10_000, example = 2;
}

/// A municipality begins an application to let somebody supervise who is not a specialist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionDrafted {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    /// The numbers that this one took over, as far back as was known: it holds for trainees whose
    /// positions are filed under those too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub took_over: BTreeSet<MunicipalityNumber>,
    pub application: Application,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
    pub on: Date,
}

/// The application reads otherwise, told whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionDetailed {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub application: Application,
    pub on: Date,
}

/// The application is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionSubmitted {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The exemption is granted for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionGranted {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub period: Period,
    /// Why it holds from a day before it was applied for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive: Option<Comment>,
}

/// The exemption is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionRejected {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The municipality appeals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionAppealed {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The appeal is lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectionUpheld {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The appeal is won: the exemption is granted after all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectionReversed {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive: Option<Comment>,
}

/// The exemption holds no more from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionRevoked {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub reason: Comment,
}

word_enum! {
    /// A stage of the procedure. Each has one step at most; they follow one another in this order.
    pub enum Stage {
        /// The application is sent.
        Submission = "submission",
        /// It is decided.
        Decision = "decision",
        /// The refusal is appealed.
        Appeal = "appeal",
        /// The appeal is decided.
        AppealDecision = "appeal_decision",
        /// What was granted is withdrawn.
        Revocation = "revocation",
    }
}

/// A step of the procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step")]
pub enum Step {
    #[serde(rename = "submitted")]
    Submitted { on: Date },
    #[serde(rename = "granted")]
    Granted {
        on: Date,
        period: Period,
        /// Why it holds from a day before it was applied for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retroactive: Option<Comment>,
    },
    #[serde(rename = "rejected")]
    Rejected { on: Date },
    #[serde(rename = "appealed")]
    Appealed { on: Date },
    #[serde(rename = "upheld")]
    Upheld { on: Date },
    #[serde(rename = "reversed")]
    Reversed {
        on: Date,
        period: Period,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retroactive: Option<Comment>,
    },
    #[serde(rename = "revoked")]
    Revoked { on: Date },
}

/// What was recorded of an application was wrong; this is how it reads, told whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionCorrected {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// How it reads, or `None`: there never was such an application.
    pub application: Option<Application>,
    pub reason: Comment,
    pub on: Date,
}

/// What was recorded of a step of the procedure was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionStepCorrected {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub stage: Stage,
    /// From which day the step held, as it was recorded.
    pub was: Date,
    /// As it really was; `None`: it was not taken.
    pub facts: Option<Step>,
    pub reason: Comment,
}
