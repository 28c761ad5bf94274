//! Posting lines one after the other and judging what the service answered.
//!
//! Every line gets a verdict, and no verdict touches another line: what could not be recorded only
//! leaves its name without a resource. Reading files and talking to people is [`super`]'s.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::ImportError;
use super::line::{self, Bound, Line, LineFault, Names, RequestLine, Unusable};
use super::target::{Answered, Mode, Target};
use crate::word_enum;

/// What a name stands for when its line was only rehearsed: an id that no service ever makes.
const STAND_IN: &str = "00000000-0000-7000-8000-000000000000";
/// The fault of an id that names nothing, as services tell it.
const UNKNOWN_REFERENCE: &str = "unknown_reference";

word_enum! {
    /// What became of a line.
    pub enum Outcome {
        /// It was recorded by this import.
        Recorded = "recorded",
        /// It was recorded before, or is so already: nothing changed.
        Unchanged = "known",
        /// A dry run: it would be recorded.
        WouldRecord = "would_record",
        /// A dry run: it needs what an earlier line would make, so the service cannot tell yet.
        NotRehearsed = "not_rehearsed",
        /// The service said no.
        Refused = "refused",
        /// The line cannot be read.
        Malformed = "malformed",
        /// It needs what an earlier line did not make.
        NotSent = "not_sent",
    }
}

impl Outcome {
    /// Whether somebody must do something about it.
    pub fn needs_mending(self) -> bool {
        match self {
            Outcome::Refused | Outcome::Malformed | Outcome::NotSent => true,
            Outcome::Recorded
            | Outcome::Unchanged
            | Outcome::WouldRecord
            | Outcome::NotRehearsed => false,
        }
    }
}

/// A field at fault, as the service named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

/// What became of one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Counted from 1, blank lines and notes included.
    pub line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub verdict: Outcome,
    /// The status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The code of the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Where the log stood after the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_position: Option<i64>,
    /// The id of the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Verdict {
    fn new(line: u64, key: Option<String>, verdict: Outcome) -> Self {
        Self {
            line,
            key,
            verdict,
            status: None,
            code: None,
            detail: None,
            errors: Vec::new(),
            log_position: None,
            id: None,
        }
    }

    fn with_detail(mut self, detail: String) -> Self {
        self.detail = Some(detail);
        self
    }
}

/// An import under way.
#[derive(Debug)]
pub struct Import<'a> {
    target: &'a Target,
    mode: Mode,
    names: Names,
    /// The line of each key.
    keys: BTreeMap<String, u64>,
    /// How far the log had come when this import last heard of it.
    reached: i64,
}

impl<'a> Import<'a> {
    /// Begins an import.
    ///
    /// # Errors
    /// When the service does not answer, or not as this service does.
    pub async fn begin(target: &'a Target, mode: Mode) -> Result<Self, ImportError> {
        let reached = target.head().await?;
        Ok(Self { target, mode, names: Names::default(), keys: BTreeMap::new(), reached })
    }

    /// Takes one line; notes and blank lines have no verdict.
    ///
    /// # Errors
    /// When the service cannot be asked any more. The import can be run again from the beginning.
    pub async fn take(&mut self, number: u64, text: &[u8]) -> Result<Option<Verdict>, ImportError> {
        match line::read(text) {
            Ok(Line::Request(request)) => self.request(number, request).await.map(Some),
            Ok(Line::Note | Line::Blank) => Ok(None),
            Err(fault) => Ok(Some(malformed(number, None, &fault))),
        }
    }

    /// Takes a line that is a request already.
    ///
    /// # Errors
    /// As [`Import::take`].
    pub async fn request(
        &mut self,
        number: u64,
        request: RequestLine,
    ) -> Result<Verdict, ImportError> {
        if let Err(fault) = self.unlike_earlier(number, &request) {
            return Ok(malformed(number, Some(request.key), &fault));
        }
        let verdict = match self.resolved(&request, None) {
            Ok((path, body)) => {
                let answered = self.target.post(&path, &request.key, &body, self.mode).await?;
                self.judged(number, &request.key, &answered)
            }
            Err(Unusable::Rehearsed { name, line }) => {
                self.roughly(number, &request, &name, line).await?
            }
            Err(unusable) => not_usable(number, &request.key, unusable),
        };
        if let Some(name) = request.name {
            self.names.bind(name, bound(&verdict));
        }
        Ok(verdict)
    }

    fn unlike_earlier(&mut self, number: u64, request: &RequestLine) -> Result<(), LineFault> {
        if let Some(name) = &request.name {
            self.names.free(name)?;
        }
        if let Some(line) = self.keys.get(&request.key) {
            return Err(LineFault::KeyTaken { key: request.key.clone(), line: *line });
        }
        self.keys.insert(request.key.clone(), number);
        Ok(())
    }

    fn resolved(
        &self,
        request: &RequestLine,
        stand_in: Option<&str>,
    ) -> Result<(String, Value), Unusable> {
        let path = self.names.path(&request.post, stand_in)?;
        Ok((path, self.names.body(&request.body, stand_in)?))
    }

    /// Rehearses a line with a stand-in for what does not exist yet: fields that are wrong by
    /// themselves are found, everything else must wait.
    async fn roughly(
        &self,
        number: u64,
        request: &RequestLine,
        name: &str,
        line: u64,
    ) -> Result<Verdict, ImportError> {
        let (path, body) = match self.resolved(request, Some(STAND_IN)) {
            Ok(resolved) => resolved,
            Err(unusable) => return Ok(not_usable(number, &request.key, unusable)),
        };
        let answered = self.target.post(&path, &request.key, &body, Mode::Rehearse).await?;
        let mut refused = refused(number, &request.key, &answered);
        refused.errors.retain(|error| error.code != UNKNOWN_REFERENCE);
        if answered.status == 422 && !refused.errors.is_empty() {
            return Ok(refused);
        }
        let detail = format!("needs {{{name}}}, which line {line} would make");
        let verdict = Verdict::new(number, Some(request.key.clone()), Outcome::NotRehearsed);
        Ok(verdict.with_detail(detail))
    }

    fn judged(&mut self, number: u64, key: &str, answered: &Answered) -> Verdict {
        if !(200..300).contains(&answered.status) {
            return refused(number, key, answered);
        }
        let (outcome, resource) = match self.mode {
            Mode::Record => (self.recorded_or_unchanged(answered), &answered.body),
            Mode::Rehearse => (rehearsed(&answered.body), &answered.body["resource"]),
        };
        let mut verdict = Verdict::new(number, Some(key.to_owned()), outcome);
        verdict.status = Some(answered.status);
        verdict.log_position = answered.position;
        // What a dry run would make has an id that it will not have.
        let lasting = outcome != Outcome::WouldRecord;
        verdict.id = resource["id"].as_str().filter(|_| lasting).map(str::to_owned);
        verdict
    }

    /// A line that was recorded just now stands further in the log than all that was heard of
    /// before, and its resource ends there; the answer to a known line tells an older position, and
    /// one that is so already leaves the version of its resource behind the log.
    fn recorded_or_unchanged(&mut self, answered: &Answered) -> Outcome {
        let Some(position) = answered.position else { return Outcome::Recorded };
        let further = position > self.reached;
        self.reached = self.reached.max(position);
        if further && answered.version.is_none_or(|version| version == position) {
            Outcome::Recorded
        } else {
            Outcome::Unchanged
        }
    }
}

fn rehearsed(body: &Value) -> Outcome {
    match body["events"].as_array() {
        Some(events) if events.is_empty() => Outcome::Unchanged,
        Some(_) | None => Outcome::WouldRecord,
    }
}

fn bound(verdict: &Verdict) -> Bound {
    let line = verdict.line;
    match (&verdict.id, verdict.verdict) {
        (Some(id), _) => Bound::Id(id.clone()),
        (None, Outcome::WouldRecord | Outcome::NotRehearsed) => Bound::Rehearsed { line },
        (
            None,
            Outcome::Recorded
            | Outcome::Unchanged
            | Outcome::Refused
            | Outcome::Malformed
            | Outcome::NotSent,
        ) => Bound::Lost { line },
    }
}

/// The verdict on a line that cannot be read.
pub fn malformed(number: u64, key: Option<String>, fault: &LineFault) -> Verdict {
    Verdict::new(number, key, Outcome::Malformed).with_detail(fault.to_string())
}

fn not_usable(number: u64, key: &str, unusable: Unusable) -> Verdict {
    let key = Some(key.to_owned());
    match unusable {
        Unusable::Fault(fault) => malformed(number, key, &fault),
        Unusable::Lost { name, line } => {
            let detail = format!("needs {{{name}}}, which line {line} did not make");
            Verdict::new(number, key, Outcome::NotSent).with_detail(detail)
        }
        Unusable::Rehearsed { name, line } => {
            let detail = format!("needs {{{name}}}, which line {line} would make");
            Verdict::new(number, key, Outcome::NotRehearsed).with_detail(detail)
        }
    }
}

fn refused(number: u64, key: &str, answered: &Answered) -> Verdict {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let field = |error: &Value| {
        let part = |name: &str| error[name].as_str().unwrap_or("").to_owned();
        FieldError { pointer: part("pointer"), code: part("code"), detail: part("detail") }
    };
    let mut verdict = Verdict::new(number, Some(key.to_owned()), Outcome::Refused);
    verdict.status = Some(answered.status);
    verdict.code = text(&answered.body["code"]);
    verdict.detail = text(&answered.body["detail"]);
    verdict.errors = answered.body["errors"].as_array().into_iter().flatten().map(field).collect();
    verdict.log_position = answered.position;
    verdict
}
