//! Whole numbers with bounds.

use deserr::{IntoValue, Value, ValueKind, ValuePointerRef};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::{Fault, Faults, refuse, wrong_type};

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
