//! Receipts: an event, the proof that it is in the log, and a signed checkpoint of that log. With
//! the published key anybody can check one without asking us. Pure.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::leaf::Event;
use super::note::{self, Checkpoint, NoteError, Verifier};
use super::tree::{self, Hash, PROOF_HASHES_MAX};

/// What a receipt says it is.
pub const FORMAT: &str = "alis.receipt.v1";

/// An event with the proof that the log holds it, checked with the published key alone:
/// `docs/receipts.md` tells how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The form of this document.
    #[schema(example = "alis.receipt.v1")]
    pub format: String,
    pub event: SealedEvent,
    pub inclusion: Inclusion,
    /// A signed note (C2SP `tlog-checkpoint`): origin, size and root of the log, and the signature.
    #[schema(example = "example.no/alis\n57\n...\n\n\u{2014} example.no/alis ...\n")]
    pub checkpoint: String,
    /// Name of the key that has signed. Which key has that name must be known from elsewhere.
    #[schema(example = "example.no/alis")]
    pub key_name: String,
}

/// An event, field by field as it is hashed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedEvent {
    /// Number of the log.
    #[schema(example = 1)]
    pub log: i32,
    /// Place in the log: 1, 2, 3 and so on.
    #[schema(example = 42)]
    pub position: i64,
    /// The event's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8057", format = Uuid)]
    pub id: String,
    /// What happened.
    #[schema(example = "position.filled.v1")]
    #[serde(rename = "type")]
    pub kind: String,
    /// Version of the envelope.
    #[schema(example = 1)]
    pub schema_version: i16,
    /// When it was recorded: microseconds since 1970-01-01T00:00:00Z.
    #[schema(example = 1_700_000_000_123_456_i64)]
    pub recorded_at_us: i64,
    /// From which day it holds.
    #[schema(example = "2020-02-01", format = Date)]
    pub effective_from: String,
    /// The municipality it is filed under.
    #[schema(example = "5401")]
    pub municipality: Option<String>,
    /// Everything it concerns, the main subject first.
    #[schema(example = json!(["position:01890a5d-ac96-774b-bcce-b302099a8057"]))]
    pub subjects: Vec<String>,
    /// The fact: JSON as text, to the letter.
    #[schema(example = "{\"position\":\"01890a5d-ac96-774b-bcce-b302099a8057\"}")]
    pub payload: String,
    /// Who acted, and with which request: JSON as text, to the letter.
    #[schema(example = "{\"command\":\"...\"}")]
    pub meta: String,
}

/// The proof that the event is a leaf of the tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// Events in the tree, as the checkpoint says.
    #[schema(example = 57)]
    pub size: u64,
    /// Hashes from the leaf to the root, in base64.
    #[schema(example = json!(["CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="]))]
    pub hashes: Vec<String>,
}

/// Why a receipt proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    #[error("it is no receipt: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("it is a receipt of a form that this program does not know: {0}")]
    Format(String),
    #[error("the checkpoint is not to be trusted: {0}")]
    Checkpoint(#[from] NoteError),
    #[error("the receipt names another key than the one that has signed")]
    KeyName,
    #[error("an id, date, position or hash of the receipt cannot be read")]
    Range,
    #[error("the event is not in the log that the checkpoint is of")]
    NotIncluded,
}

impl SealedEvent {
    /// The event as a receipt tells it.
    pub fn of(event: &Event) -> Self {
        let event = event.clone();
        Self {
            log: event.log,
            position: event.position,
            id: event.id.to_string(),
            kind: event.kind,
            schema_version: event.schema_version,
            recorded_at_us: event.recorded_at.as_microsecond(),
            effective_from: event.effective_from.to_string(),
            municipality: event.municipality,
            subjects: event.subjects,
            payload: event.payload,
            meta: event.meta,
        }
    }

    /// The event as it is hashed, unless a field is out of range or not in its one spelling.
    fn into_event(self) -> Option<Event> {
        let id: Uuid = self.id.parse().ok()?;
        let effective_from: Date = self.effective_from.parse().ok()?;
        if id.to_string() != self.id || effective_from.to_string() != self.effective_from {
            return None;
        }
        Some(Event {
            log: self.log,
            position: self.position,
            id,
            kind: self.kind,
            schema_version: self.schema_version,
            recorded_at: Timestamp::from_microsecond(self.recorded_at_us).ok()?,
            effective_from,
            municipality: self.municipality,
            subjects: self.subjects,
            payload: self.payload,
            meta: self.meta,
        })
    }
}

impl Receipt {
    /// A receipt for an event.
    pub fn new(event: &Event, size: u64, proof: &[Hash], checkpoint: String, key: &str) -> Self {
        Self {
            format: FORMAT.to_owned(),
            event: SealedEvent::of(event),
            inclusion: Inclusion { size, hashes: proof.iter().map(note::base64_of).collect() },
            checkpoint,
            key_name: key.to_owned(),
        }
    }
}

/// What a receipt proves: this event, in a log that stood there.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    pub event: Event,
    pub checkpoint: Checkpoint,
}

/// Checks a receipt with published keys. Nothing in it is left unchecked.
pub fn verify(text: &str, keys: &[Verifier]) -> Result<Proven, Invalid> {
    let receipt: Receipt = serde_json::from_str(text)?;
    if receipt.format != FORMAT {
        return Err(Invalid::Format(receipt.format));
    }
    let checkpoint = Checkpoint::open(&receipt.checkpoint, keys)?;
    if checkpoint.origin != receipt.key_name {
        return Err(Invalid::KeyName);
    }
    let Inclusion { size, hashes } = receipt.inclusion;
    let proof: Option<Vec<Hash>> = hashes.iter().map(|hash| note::hash_of(hash)).collect();
    let proof = proof.filter(|proof| proof.len() <= PROOF_HASHES_MAX).ok_or(Invalid::Range)?;
    let event = receipt.event.into_event().ok_or(Invalid::Range)?;
    let index = event.position.checked_sub(1).and_then(|index| u64::try_from(index).ok());
    let index = index.ok_or(Invalid::Range)?;
    let holds = tree::is_included(event.hash(), index, size, &proof, &checkpoint.events.root);
    if size != checkpoint.events.size || !holds {
        return Err(Invalid::NotIncluded);
    }
    Ok(Proven { event, checkpoint })
}
