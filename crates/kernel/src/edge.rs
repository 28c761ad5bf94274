//! What crosses the edge of the program as JSON or text: how it is read, and what is said when it
//! is wrong. Reading goes on after the first fault, so that an answer names every field at fault.
//!
//! There are no rules of the domain here; a value that passes is well formed, not allowed.

mod text;
mod whole;
mod values;
mod correction;

pub use correction::{PeriodCorrection, day_or_entered_in_error, never};
pub use text::{FromText, not_one_of, text_of, text_schema, words_schema};
pub use values::{DAY_PATTERN, Day, Flag, Id, happened, period};
pub use whole::{whole, whole_schema};

use std::borrow::Cow;
use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, ValueKind, ValuePointerRef,
};

/// Faults named in one answer; what comes after is noise to a reader.
pub const FAULTS_MAX: usize = 100;
/// Bytes of the caller's own words repeated in a fault.
const ECHO_BYTES_MAX: usize = 60;

/// Why a value was not taken, in both languages, with a code that programs can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub en: Cow<'static, str>,
    pub nb: Cow<'static, str>,
}

impl Fault {
    /// A fault whose words are fixed.
    pub const fn new(code: &'static str, en: &'static str, nb: &'static str) -> Self {
        Self { code, en: Cow::Borrowed(en), nb: Cow::Borrowed(nb) }
    }
}

/// The fault of an id in a body that names nothing.
pub const UNKNOWN_REFERENCE: Fault =
    Fault::new("unknown_reference", "No resource has this id.", "Det finnes ikke.");

/// The fault of a field that is left out and must not be.
pub const REQUIRED: Fault = Fault::new("required", "This field is required.", "Feltet er påkrevd.");

/// The fault of a parameter or header that may be given once.
pub fn given_twice() -> Fault {
    Fault::new("given_twice", "Give this once.", "Oppgi dette én gang.")
}

/// A fault and the field it is about, as a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    pub pointer: String,
    pub fault: Fault,
}

impl FieldFault {
    /// A fault at `pointer`, which begins with `/` and is empty for the whole document.
    pub fn at(pointer: impl Into<String>, fault: Fault) -> Self {
        Self { pointer: pointer.into(), fault }
    }
}

/// All faults of one document.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<FieldFault>);

fn pointer_of(location: ValuePointerRef<'_>) -> String {
    fn push(location: &ValuePointerRef<'_>, out: &mut String) {
        match location {
            ValuePointerRef::Origin => {}
            ValuePointerRef::Key { key, prev } => {
                push(prev, out);
                out.push('/');
                out.push_str(&escape_pointer(key));
            }
            ValuePointerRef::Index { index, prev } => {
                push(prev, out);
                out.push_str(&format!("/{index}"));
            }
        }
    }
    let mut out = String::new();
    push(&location, &mut out);
    out
}

/// A name as part of a JSON pointer, shortened.
pub fn escape_pointer(key: &str) -> String {
    echo(key).replace('~', "~0").replace('/', "~1")
}

/// The caller's words, shortened, so that an answer never grows with a hostile request.
pub fn echo(text: &str) -> String {
    if text.len() <= ECHO_BYTES_MAX {
        return text.to_owned();
    }
    let mut end = ECHO_BYTES_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

impl MergeWithError<Faults> for Faults {
    fn merge(
        earlier: Option<Self>,
        mut other: Faults,
        _location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let mut all = earlier.unwrap_or_default();
        all.0.append(&mut other.0);
        if all.0.len() >= FAULTS_MAX {
            all.0.truncate(FAULTS_MAX);
            return ControlFlow::Break(all);
        }
        ControlFlow::Continue(all)
    }
}

impl MergeWithError<Fault> for Faults {
    fn merge(
        earlier: Option<Self>,
        other: Fault,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let fault = FieldFault::at(pointer_of(location), other);
        <Self as MergeWithError<Faults>>::merge(earlier, Faults(vec![fault]), location)
    }
}

impl DeserializeError for Faults {
    fn error<V: IntoValue>(
        earlier: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let mut pointer = pointer_of(location);
        let fault = match error {
            ErrorKind::MissingField { field } => {
                pointer = format!("{pointer}/{}", escape_pointer(field));
                REQUIRED
            }
            ErrorKind::UnknownKey { key, accepted } => {
                pointer = format!("{pointer}/{}", escape_pointer(key));
                unknown_field(accepted)
            }
            ErrorKind::UnknownValue { accepted, .. } => unknown_value(accepted),
            ErrorKind::IncorrectValueKind { accepted, .. } => wrong_type(accepted),
            ErrorKind::BadSequenceLen { expected, .. } => Fault {
                code: "wrong_length",
                en: format!("Must have exactly {expected} elements.").into(),
                nb: format!("Må ha nøyaktig {expected} elementer.").into(),
            },
            ErrorKind::Unexpected { .. } => {
                Fault::new("invalid", "This value is not valid.", "Verdien er ikke gyldig.")
            }
        };
        let faults = Faults(vec![FieldFault::at(pointer, fault)]);
        <Self as MergeWithError<Faults>>::merge(earlier, faults, location)
    }
}

/// The fault of a name that is none of these.
pub fn unknown_field(accepted: &[&str]) -> Fault {
    let names = accepted.join(", ");
    Fault {
        code: "unknown_field",
        en: format!("There is no such field here. Known: {names}.").into(),
        nb: format!("Dette feltet finnes ikke her. Kjente: {names}.").into(),
    }
}

fn unknown_value(accepted: &[&str]) -> Fault {
    let names = accepted.join(", ");
    Fault {
        code: "unknown_value",
        en: format!("Must be one of: {names}.").into(),
        nb: format!("Må være en av: {names}.").into(),
    }
}

fn wrong_type(accepted: &[ValueKind]) -> Fault {
    let mut names: Vec<&str> = Vec::new();
    for kind in accepted {
        let name = match kind {
            ValueKind::Null => "null",
            ValueKind::Boolean => "boolean",
            ValueKind::Integer | ValueKind::NegativeInteger => "integer",
            ValueKind::Float => "number",
            ValueKind::String => "string",
            ValueKind::Sequence => "array",
            ValueKind::Map => "object",
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let names = names.join(", ");
    Fault {
        code: "wrong_type",
        en: format!("Must be of type: {names}.").into(),
        nb: format!("Må være av typen: {names}.").into(),
    }
}

/// Reads a JSON document, or says everything that is wrong with it.
pub fn read<T: Deserr<Faults>>(value: serde_json::Value) -> Result<T, Faults> {
    deserr::deserialize::<T, _, Faults>(value)
}

/// Turns one fault into the error of a [`Deserr`] implementation.
pub fn refuse(fault: Fault, location: ValuePointerRef<'_>) -> Faults {
    deserr::take_cf_content(<Faults as MergeWithError<Fault>>::merge(None, fault, location))
}
