//! Pages of lists. A cursor holds the place and both points of time of the first page, so that all
//! pages show one state of the log however much is written meanwhile.

pub mod order;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use deserr::Deserr;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::body;
use crate::edge::{Fault, Faults, FieldFault, FromText};
use crate::read_from_text;
use crate::time::{FIRST_DAY, LAST_DAY};
pub use order::{By, Order, Orders, Sort, Unsorted};

/// Items on a page unless told otherwise.
pub const PAGE_ITEMS_DEFAULT: i64 = 50;
/// Items on a page at most.
pub const PAGE_ITEMS_MAX: i64 = 200;
const CURSOR_BYTES_MAX: usize = 2_000;

/// How many items a page holds: 1..=200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub i64);

impl FromText for Limit {
    fn from_text(text: &str) -> Result<Self, Fault> {
        match text.parse() {
            Ok(limit @ 1..=PAGE_ITEMS_MAX) if text.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(Self(limit))
            }
            Ok(_) | Err(_) => Err(Fault::new(
                "invalid_limit",
                "Must be a whole number from 1 to 200.",
                "Må være et helt tall fra 1 til 200.",
            )),
        }
    }
}
read_from_text!(Limit);

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The last item of the page before.
    #[serde(rename = "a")]
    pub after: String,
    /// What the list is sorted by; nothing for the order that needs not be told.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// The value of that item in the column it is sorted by.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(rename = "d")]
    pub as_of: Date,
    #[serde(rename = "k")]
    pub known_at: i64,
}

impl Cursor {
    /// The cursor as callers carry it: opaque.
    pub fn encode(&self) -> String {
        BASE64.encode(serde_json::to_vec(self).expect("cursors are plain data"))
    }

    /// Callers can make cursors up: what the database could not even compare is refused here.
    fn is_possible(&self) -> bool {
        self.known_at >= 0
            && (FIRST_DAY..=LAST_DAY).contains(&self.as_of)
            && !self.after.contains('\0')
            && !self.value.as_ref().is_some_and(|value| value.contains('\0'))
    }
}

/// The fault of a cursor that this service did not make.
pub fn invalid_cursor() -> Fault {
    Fault::new(
        "invalid_cursor",
        "Must be a next_cursor from an earlier page of this list.",
        "Må være en next_cursor fra en tidligere side av denne listen.",
    )
}

impl FromText for Cursor {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let fault = invalid_cursor();
        if text.len() > CURSOR_BYTES_MAX {
            return Err(fault);
        }
        let cursor: Option<Cursor> =
            BASE64.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match cursor {
            Some(cursor) if cursor.is_possible() => Ok(cursor),
            Some(_) | None => Err(fault),
        }
    }
}
read_from_text!(Cursor);

/// Which page of a list was asked for.
#[derive(Debug)]
pub struct Asked {
    pub limit: i64,
    pub order: Order,
    pub cursor: Option<Cursor>,
}

#[derive(Deserr)]
#[deserr(deny_unknown_fields, error = Faults)]
struct Stated {
    #[deserr(default)]
    limit: Option<Limit>,
    #[deserr(default)]
    cursor: Option<Cursor>,
}

impl Asked {
    /// Reads the parameters of paging.
    ///
    /// # Errors
    /// All that is wrong with them; a cursor must be a place in the order that was asked for.
    pub fn read(
        mut parameters: Map<String, Value>,
        orders: (&[By], &'static str),
    ) -> Result<Self, Faults> {
        let sort = parameters.remove("sort");
        let order = Order::read(orders, sort.as_ref().and_then(Value::as_str));
        let (stated, order) = match (body::read_query::<Stated>(parameters), order) {
            (Ok(stated), Ok(order)) => (stated, order),
            (stated, order) => {
                let mut faults = stated.err().unwrap_or_default();
                faults.0.extend(order.err().map(|fault| FieldFault::at("/query/sort", fault)));
                return Err(faults);
            }
        };
        if stated.cursor.as_ref().is_some_and(|cursor| !order.has(cursor)) {
            return Err(Faults(vec![FieldFault::at("/query/cursor", invalid_cursor())]));
        }
        let limit = stated.limit.map_or(PAGE_ITEMS_DEFAULT, |limit| limit.0);
        Ok(Self { limit, order, cursor: stated.cursor })
    }
}

/// The parameters of paging, as every list takes them.
#[derive(Debug, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents parameters that super::read takes by itself")]
pub struct Paging {
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, example = 50)]
    limit: Option<i64>,
    /// `next_cursor` of the page before. It holds the place and both points of time.
    #[param(
        pattern = "^[A-Za-z0-9_-]+$",
        max_length = 2000,
        example = "eyJhIjoiMDAwMjI1IiwiZCI6IjIwMjAtMDMtMzEiLCJrIjoyMjV9"
    )]
    cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items of this page, in order.
    pub items: Vec<T>,
    /// Give this as `cursor` for the next page; null on the last one.
    #[schema(example = json!(null))]
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let as_of = jiff::civil::date(2020, 3, 31);
        let (after, value) = ("abc".to_owned(), Some("\u{e5}".to_owned()));
        let sort = Some("-name".to_owned());
        let cursor = Cursor { after, sort, value, as_of, known_at: 7 };
        assert_eq!(Cursor::from_text(&cursor.encode()), Ok(cursor.clone()));
        let too_early = Cursor { as_of: jiff::civil::date(-9999, 1, 1), ..cursor.clone() };
        assert!(Cursor::from_text(&too_early.encode()).is_err());
        let damaged = Cursor { after: "a\0".to_owned(), ..cursor.clone() };
        assert!(Cursor::from_text(&damaged.encode()).is_err());
        let damaged = Cursor { value: Some("\0".to_owned()), ..cursor };
        assert!(Cursor::from_text(&damaged.encode()).is_err());
        for wrong in ["", "x", "eyJ9", &"A".repeat(3000)] {
            assert!(Cursor::from_text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_between_1_and_200() {
        assert_eq!(Limit::from_text("200").map(|limit| limit.0).ok(), Some(200));
        for wrong in ["0", "201", "-1", "+5", "1.0", "", "x"] {
            assert!(Limit::from_text(wrong).is_err(), "{wrong}");
        }
    }
}
