//! A fact as it is told to callers: the CloudEvent of the feed, of histories and of rehearsals.

use std::io::Write as _;

use serde_json::{Value, json};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

use crate::aggregate::NewFact;
use crate::event_log::feed::{Recorded, Seen};

/// What `source` says: this service, whatever its address.
const SOURCE: &str = "/v1/events";

/// A fact as a CloudEvent.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct CloudEvent {
    /// Version of the CloudEvents specification.
    #[schema(example = "1.0")]
    specversion: String,
    /// The fact's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8057")]
    id: uuid::Uuid,
    /// Where facts of this register come from.
    #[schema(example = "/v1/events")]
    source: String,
    /// What happened.
    #[schema(example = "no.alis.position.filled.v1")]
    r#type: String,
    /// What it mainly concerns.
    #[schema(example = "position:01890a5d-ac96-774b-bcce-b302099a8057")]
    subject: String,
    /// When it was recorded.
    #[schema(example = "2026-11-23T12:00:00Z", format = DateTime)]
    time: String,
    /// Media type of `data`.
    #[schema(example = "application/json")]
    datacontenttype: String,
    /// The fact itself; its form follows from `type`, see docs/events.md.
    data: FactData,
    /// Place in the log: dense, rising.
    #[schema(example = "42")]
    position: String,
    /// Everything it concerns, with commas between.
    #[schema(
        example = "position:01890a5d-ac96-774b-bcce-b302099a8057,trainee:01890a5d-ac96-774b-bcce-b302099a8058"
    )]
    subjects: String,
    /// From which day it holds.
    #[schema(example = "2020-02-01", format = Date)]
    effectivefrom: String,
    /// The municipality it is filed under.
    #[schema(example = "5401")]
    municipality: Option<String>,
}

/// The payload of a fact in the document: its form is another for every type.
#[derive(Debug, serde::Serialize)]
struct FactData(Value);

impl utoipa::PartialSchema for FactData {
    fn schema() -> RefOr<Schema> {
        let about = "The fact itself; its form follows from `type`, see docs/events.md.";
        let example = json!({ "position": "01890a5d-ac96-774b-bcce-b302099a8057" });
        let object = ObjectBuilder::new().description(Some(about)).examples([example]);
        object.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true))).into()
    }
}
impl utoipa::ToSchema for FactData {}

/// A recorded fact as a CloudEvent. The stored payload goes out as it is.
pub fn cloud_event(fact: &Recorded) -> Value {
    let mut line = Vec::new();
    write_line(&mut line, &Seen::from(fact));
    serde_json::from_slice(&line).unwrap_or(Value::Null)
}

/// Writes a fact as one line without its end. Written by hand, because a reader who catches up
/// waits for little else.
pub(super) fn write_line(out: &mut Vec<u8>, fact: &Seen<'_>) {
    let written = write!(
        out,
        r#"{{"specversion":"1.0","id":"{}","source":"{SOURCE}","type":""#,
        fact.id.hyphenated()
    );
    written.expect("writing to memory does not fail");
    out.extend_from_slice(b"no.alis.");
    write_text(out, fact.kind);
    out.extend_from_slice(br#"","subject":""#);
    write_text(out, fact.subjects.first().copied().unwrap_or(""));
    let written = write!(
        out,
        r#"","time":"{}","datacontenttype":"application/json","data":"#,
        fact.recorded_at
    );
    written.expect("writing to memory does not fail");
    write_json(out, fact.payload);
    let written = write!(out, r#","position":"{}","subjects":""#, fact.position);
    written.expect("writing to memory does not fail");
    for (number, subject) in fact.subjects.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write_text(out, subject);
    }
    let written = write!(out, r#"","effectivefrom":"{}""#, fact.effective_from);
    written.expect("writing to memory does not fail");
    if let Some(municipality) = fact.municipality {
        out.extend_from_slice(br#","municipality":""#);
        write_text(out, municipality);
        out.push(b'"');
    }
    out.push(b'}');
}

/// The inside of a JSON string.
fn write_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let quoted = serde_json::to_string(text).expect("text serialises");
    out.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
}

/// Stored JSON, which the database has checked, on one line: between its tokens an end of line is
/// as good as a space, and within them there is none.
fn write_json(out: &mut Vec<u8>, json: &str) {
    let from = out.len();
    out.extend_from_slice(json.as_bytes());
    for byte in &mut out[from..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

/// A fact that a dry run would have recorded: it has no place in the log and no time.
pub fn rehearsed(fact: &NewFact) -> Value {
    let subjects: Vec<&str> = fact.subjects.iter().map(|subject| subject.as_str()).collect();
    json!({
        "type": format!("no.alis.{}", fact.kind),
        "subject": subjects.first(),
        "subjects": subjects.join(","),
        "effectivefrom": fact.effective_from,
        "municipality": fact.municipality,
        "data": serde_json::from_str::<Value>(&fact.payload).unwrap_or(Value::Null),
    })
}
