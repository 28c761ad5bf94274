//! What crosses the edge of the program as JSON or text: how it is read, and what is said when it
//! is wrong. Reading goes on after the first fault, so that an answer names every field at fault.
//!
//! There are no rules of the domain here; a value that passes is well formed, not allowed.

use std::borrow::Cow;
use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, Value, ValueKind,
    ValuePointerRef,
};
use jiff::civil::Date;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::time::{FIRST_DAY, LAST_DAY, Percent, Period};

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
    Fault::new("unknown_reference", "There is no such thing.", "Det finnes ikke.");

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
                Fault::new("required", "This field is required.", "Feltet er påkrevd.")
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

fn unknown_field(accepted: &[&str]) -> Fault {
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

/// Text of a JSON string, or the fault that something else stands there.
pub fn text_of<V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef<'_>,
) -> Result<String, Faults> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::NegativeInteger(_)
        | Value::Float(_)
        | Value::Sequence(_)
        | Value::Map(_) => Err(refuse(wrong_type(&[ValueKind::String]), location)),
    }
}

/// A value written as text that is parsed once, here, and is right from then on.
pub trait FromText: Sized {
    /// Parses, normalising what may be written in several ways.
    fn from_text(text: &str) -> Result<Self, Fault>;
}

/// Declares an identifier or another text with a form of its own: a newtype that is read from and
/// written as a JSON string, with its OpenAPI schema.
#[macro_export]
macro_rules! text_type {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident;
        pattern = $pattern:expr, min = $min:expr, max = $max:expr, example = $example:expr;
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The normalised text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                <$name as $crate::edge::FromText>::from_text(&text)
                    .map_err(|fault| serde::de::Error::custom(fault.en))
            }
        }

        $crate::read_from_text!($name);

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::edge::text_schema(
                    concat!($($doc, "\n"),+), $pattern, $min, $max, $example)
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

/// Lets a type that has [`FromText`] be a field of a request body or query.
#[macro_export]
macro_rules! read_from_text {
    ($name:ident) => {
        impl deserr::Deserr<$crate::edge::Faults> for $name {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                location: deserr::ValuePointerRef<'_>,
            ) -> Result<Self, $crate::edge::Faults> {
                let text = $crate::edge::text_of(value, location)?;
                <$name as $crate::edge::FromText>::from_text(&text)
                    .map_err(|fault| $crate::edge::refuse(fault, location))
            }
        }
    };
}

/// Declares a closed list of words: an enum that is stored, read and written as those words.
#[macro_export]
macro_rules! word_enum {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident { $( $(#[doc = $vdoc:literal])+ $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name { $( $(#[doc = $vdoc])+ #[serde(rename = $word)] $variant, )+ }

        impl $name {
            /// The word as it is stored and sent.
            pub fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::edge::FromText for $name {
            fn from_text(text: &str) -> Result<Self, $crate::edge::Fault> {
                match text {
                    $( $word => Ok($name::$variant), )+
                    _ => Err($crate::edge::not_one_of(&[$( $word, )+])),
                }
            }
        }
        $crate::read_from_text!($name);

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::edge::words_schema(
                    concat!($($doc, "\n"),+),
                    &[$( ($word, concat!($($vdoc),+)), )+],
                )
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

/// The fault of a word outside its list.
pub fn not_one_of(words: &[&str]) -> Fault {
    unknown_value(words)
}

/// Schema of a text type.
pub fn text_schema(
    doc: &str,
    pattern: &str,
    min: usize,
    max: usize,
    example: &str,
) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(doc.trim()))
        .pattern(Some(pattern))
        .min_length(Some(min))
        .max_length(Some(max))
        .examples([serde_json::json!(example)])
        .into()
}

/// Schema of a closed list of words.
pub fn words_schema(doc: &str, words: &[(&str, &str)]) -> RefOr<Schema> {
    let lines: Vec<String> =
        words.iter().map(|(word, doc)| format!("* `{word}`: {}", doc.trim())).collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(format!("{}\n\n{}", doc.trim(), lines.join("\n"))))
        .enum_values(Some(words.iter().map(|(word, _)| *word)))
        .examples([serde_json::json!(words.first().map_or("", |(word, _)| *word))])
        .into()
}

/// A day as it is read from a request: `YYYY-MM-DD`, between [`FIRST_DAY`] and [`LAST_DAY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Day(pub Date);

impl FromText for Day {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let fault = Fault::new(
            "invalid_date",
            "Must be a date YYYY-MM-DD between 1900-01-01 and 2199-12-31.",
            "Må være en dato ÅÅÅÅ-MM-DD mellom 1900-01-01 og 2199-12-31.",
        );
        // The parser of the date library takes more spellings than the contract names.
        if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return Err(fault);
        }
        match text.parse::<Date>() {
            Ok(date) if (FIRST_DAY..=LAST_DAY).contains(&date) => Ok(Self(date)),
            Ok(_) | Err(_) => Err(fault),
        }
    }
}
read_from_text!(Day);

/// How a day is written; which months have 31 days is left to the format.
pub const DAY_PATTERN: &str = "(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .pattern(Some(format!("^{DAY_PATTERN}$")))
            .description(Some("A day, `YYYY-MM-DD`, between 1900-01-01 and 2199-12-31."))
            .examples([serde_json::json!("2020-02-01")])
            .into()
    }
}
impl ToSchema for Day {}

/// An id that this service made, as it is read from a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Id(pub uuid::Uuid);

impl FromText for Id {
    fn from_text(text: &str) -> Result<Self, Fault> {
        // One spelling only: ids are compared as text by those who keep them.
        let id = uuid::Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        id.map(Self).ok_or(Fault::new("invalid_id", "Must be a UUID.", "Må være en UUID."))
    }
}
read_from_text!(Id);

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .description(Some("An id that this service made."))
            .examples([serde_json::json!("01890a5d-ac96-774b-bcce-b302099a8057")])
            .into()
    }
}
impl ToSchema for Id {}

impl Deserr<Faults> for Percent {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let percent = match value {
            Value::Integer(n) => Percent::parse(&n.to_string()),
            Value::NegativeInteger(_) => None,
            Value::Float(n) => Percent::nearest(n),
            Value::Null
            | Value::Boolean(_)
            | Value::String(_)
            | Value::Sequence(_)
            | Value::Map(_) => return Err(refuse(wrong_type(&[ValueKind::Float]), location)),
        };
        percent.ok_or_else(|| {
            let fault = Fault::new(
                "invalid_percent",
                "Must be above 0 and at most 100, with at most two decimals.",
                "Må være over 0 og høyst 100, med høyst to desimaler.",
            );
            refuse(fault, location)
        })
    }
}

impl PartialSchema for Percent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some(
                "A share of a full position in per cent: above 0, at most 100, at most two decimals.",
            ))
            .minimum(Some(0.01))
            .maximum(Some(100.0))
            .multiple_of(Some(0.01))
            .examples([serde_json::json!(100)])
            .into()
    }
}
impl ToSchema for Percent {}

/// A period as it is read from a request.
pub fn period(from: Day, to: Option<Day>) -> Result<Period, FieldFault> {
    Period::try_new(from.0, to.map(|day| day.0)).ok_or_else(|| {
        let fault = Fault::new(
            "ends_before_it_begins",
            "The last day must not come before the first.",
            "Siste dag kan ikke komme før den første.",
        );
        FieldFault::at("/to", fault)
    })
}

/// Declares a bounded whole number that is read from and written as a JSON integer.
#[macro_export]
macro_rules! whole_type {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident($inner:ty);
        min = $min:literal, max = $max:literal, example = $example:literal;
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl deserr::Deserr<$crate::edge::Faults> for $name {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                location: deserr::ValuePointerRef<'_>,
            ) -> Result<Self, $crate::edge::Faults> {
                $crate::edge::whole(value, location, $min, $max).map(|number| {
                    Self(<$inner>::try_from(number).expect("the bounds above fit the type"))
                })
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::edge::whole_schema(concat!($($doc, "\n"),+), $min, $max, $example)
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

/// A whole number within bounds.
pub fn whole<V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef<'_>,
    min: i64,
    max: i64,
) -> Result<i64, Faults> {
    let number = match value {
        Value::Integer(number) => i64::try_from(number).ok(),
        Value::NegativeInteger(number) => Some(number),
        // JSON has one kind of number: 7.0 is 7, 7.5 is not whole.
        Value::Float(number) => format!("{number}").parse().ok(),
        Value::Null | Value::Boolean(_) | Value::String(_) | Value::Sequence(_) | Value::Map(_) => {
            return Err(refuse(wrong_type(&[ValueKind::Integer]), location));
        }
    };
    number.filter(|number| (min..=max).contains(number)).ok_or_else(|| {
        let fault = Fault {
            code: "out_of_range",
            en: format!("Must be a whole number from {min} to {max}.").into(),
            nb: format!("Må være et helt tall fra {min} til {max}.").into(),
        };
        refuse(fault, location)
    })
}

/// Schema of a bounded whole number.
pub fn whole_schema(doc: &str, min: i64, max: i64, example: i64) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some(doc.trim()))
        .minimum(Some(min))
        .maximum(Some(max))
        .examples([serde_json::json!(example)])
        .into()
}
