//! How erasures and reads of personal data look to callers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{Erased, ErasureReason, PersonKind};
use crate::edge::Day;

/// A person who was erased.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErasureView {
    /// The person's id; it stays, and names nobody any more.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub id: Uuid,
    /// What the person was registered as.
    pub kind: PersonKind,
    /// Why the person was erased.
    pub reason: ErasureReason,
    /// The day it was decided.
    pub on: Day,
    /// What else the same person was registered as, and was erased in the same act.
    #[schema(example = json!(["01890a5d-ac96-774b-bcce-b302099a8061"]))]
    pub together_with: Vec<Uuid>,
}

impl From<&Erased> for ErasureView {
    fn from(f: &Erased) -> Self {
        Self {
            id: f.person,
            kind: f.kind,
            reason: f.reason,
            on: Day(f.on),
            together_with: f.together_with.clone(),
        }
    }
}

/// Who called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReaderView {
    /// `organisation` or `person`.
    #[schema(example = "organisation")]
    pub kind: String,
    /// The organisation whose system called; null for a person.
    #[serde(default)]
    #[schema(example = "999000134")]
    pub organisation: Option<String>,
    /// The unit (underenhet) of the organisation, or of a person's employer; null when not told.
    /// The issuer of the token does not check whose unit it is, and nothing follows from it.
    #[serde(default)]
    #[schema(example = "999000215")]
    pub unit: Option<String>,
    /// The supplier that runs the system on the organisation's behalf, or the client that a person
    /// used; null when there is none, or none was told.
    #[serde(default)]
    #[schema(example = "999000177")]
    pub supplier: Option<String>,
    /// Where the organisation delegated to the supplier: the issuer of a register of delegations,
    /// a URL; null when not told, and for a person.
    #[serde(default)]
    #[schema(example = "https://www.altinn.no/")]
    pub delegation_source: Option<String>,
    /// Keyed hash of the person's HPR number; null for an organisation.
    #[serde(default)]
    #[schema(example = json!(null))]
    pub hpr_lookup: Option<String>,
    /// The trainee that the person is; null when the person is none, and for an organisation.
    #[serde(default)]
    #[schema(example = json!(null))]
    pub trainee: Option<Uuid>,
    /// The supervisor that the person is; null when the person is none, and for an organisation.
    #[serde(default)]
    #[schema(example = json!(null))]
    pub supervisor: Option<Uuid>,
    /// The leader that the person is; null when the person is none, and for an organisation.
    #[serde(default)]
    #[schema(example = json!(null))]
    pub leader: Option<Uuid>,
    /// The organisation that the person worked for; null when not told, and for an organisation.
    #[serde(default)]
    #[schema(example = json!(null))]
    pub employer: Option<String>,
}

/// A read that told somebody's name or HPR number, or one doctor's data.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AccessLogEntryView {
    /// When it was answered.
    #[schema(example = "2026-11-23T12:00:00Z", format = DateTime, value_type = String)]
    pub at: Timestamp,
    /// Who read.
    pub reader: ReaderView,
    /// What the reader was to the register then.
    #[schema(example = json!(["municipality"]))]
    pub roles: Vec<String>,
    /// The operation, as this document names it.
    #[schema(example = "read_trainee")]
    pub operation: String,
    /// The trainees, supervisors and leaders whose name or HPR number was told, and the trainee
    /// whose data were read.
    #[schema(example = json!(["01890a5d-ac96-774b-bcce-b302099a8058"]))]
    pub persons: Vec<Uuid>,
    /// `X-Request-Id` of the request.
    #[schema(example = "0193582b-7f1e-7f05-b6a3-52a1f0f0c0de")]
    pub request_id: String,
}
