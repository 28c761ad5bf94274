//! What is asked of each parser of bytes from outside: it takes them or refuses them, and what it
//! takes holds together. A panic is the answer "no".
//!
//! Two ask: a fuzzer, which makes up bytes and watches where they lead (`scripts/fuzz.sh`), and the
//! tests of the service, which damage the seeds (`tests/it/hardening/parsers.rs`).

mod bodies;
mod headers;
mod identifiers;
mod identity;
mod import;
mod klass;
mod proof;
mod times;

pub use bodies::bodies;
pub use headers::headers;
pub use identifiers::{cursors, identifiers};
pub use identity::{issuer_keys, proofs, tokens};
pub use import::import_lines;
pub use klass::klass;
pub use proof::{notes, receipts};
pub use times::times;

use std::fmt::Debug;

use alis::edge::FromText;
use serde_json::Value;

/// Text as it arrives in a query or a body: what is no UTF-8 has been replaced by then.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads a text; what is taken must be taken again as it is told back.
fn recorded_back<T: FromText + PartialEq + Debug>(
    text: &str,
    recorded: impl Fn(&T) -> String,
) -> Option<T> {
    let value = T::from_text(text).ok()?;
    let again = T::from_text(&recorded(&value));
    assert_eq!(again.ok().as_ref(), Some(&value), "{text:?}");
    Some(value)
}

/// Whether two documents are the same. Reading a number may miss its last bit, which decides
/// nothing here.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (a, b) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
            one == other || (a - b).abs() <= a.abs() * 2.0 * f64::EPSILON
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let held = |(name, value): (&String, &Value)| {
                other.get(name).is_some_and(|other| same(value, other))
            };
            one.len() == other.len() && one.iter().all(held)
        }
        (one, other) => one == other,
    }
}
