//! Values that are written as text: identifiers with a form of their own, and closed lists of
//! words.

use deserr::{IntoValue, Value, ValueKind, ValuePointerRef};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::{Fault, Faults, refuse, unknown_value, wrong_type};

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

        impl From<&$name> for $crate::problem::MemberValue {
            fn from(value: &$name) -> Self {
                value.as_str().into()
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

        impl From<$name> for $crate::problem::MemberValue {
            fn from(value: $name) -> Self {
                value.as_str().into()
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
