//! What is told of an organisation. Each statement of what it is holds from a day on.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::OrganisationKind;
use crate::identifiers::{Comment, MunicipalityNumber, Name, OrganisationNumber};

/// An organisation is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationRecorded {
    pub organisation_number: OrganisationNumber,
    #[serde(flatten)]
    pub facts: OrganisationFacts,
    pub on: Date,
}

/// What was recorded of an organisation was wrong; this is how it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationCorrected {
    pub organisation_number: OrganisationNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    #[serde(flatten)]
    pub facts: OrganisationFacts,
    pub reason: Comment,
    pub on: Date,
}

/// An organisation was recorded that there never was, or that has another number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationEnteredInError {
    pub organisation_number: OrganisationNumber,
    /// The municipality it was told to be or lie in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day, as it was recorded, or of all days that can be told.
    pub was: Date,
    pub reason: Comment,
}

/// What there is to know of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationFacts {
    pub name: Name,
    pub kind: OrganisationKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    /// Since when it exists; `None`: as long as anybody asks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
}

/// An organisation is otherwise from a day on. What is not told is how it was on that day, and says
/// nothing of the days after. Told again with the same first day, the later statement adds to the
/// earlier and takes the place of what it tells again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationChanged {
    pub organisation_number: OrganisationNumber,
    #[serde(flatten)]
    pub change: OrganisationChange,
}

/// What an organisation is from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationChange {
    /// The first day.
    pub from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OrganisationKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
}

/// What was recorded of a change was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationChangeCorrected {
    pub organisation_number: OrganisationNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The first day, as it was recorded.
    pub was: Date,
    /// As it really was; `None`: nothing changed.
    pub change: Option<OrganisationChange>,
    pub reason: Comment,
}

/// An organisation exists no longer; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationClosed {
    pub organisation_number: OrganisationNumber,
    /// The municipality it was or lay in then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub to: Date,
}

/// What was recorded of an organisation's end was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganisationClosureCorrected {
    pub organisation_number: OrganisationNumber,
    /// The municipality it was or lay in then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// The last day, as it was recorded.
    pub was: Date,
    /// As it really was; `None`: it exists still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    pub reason: Comment,
}
