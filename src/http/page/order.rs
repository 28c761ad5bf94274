//! Orders of lists: what `sort` may say, declared once a list.
//!
//! An order is a column of the list's read model with the key behind it, so that no two items have
//! one place and a page begins where the one before ended. What is sealed has no column and no
//! order: the database cannot compare names of persons, and nothing else may learn them for it.

use jiff::civil::Date;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

use super::Cursor;
use crate::edge::{Day, Fault, FromText, not_one_of};

/// The orders of a list.
pub trait Orders: 'static {
    /// All of them.
    const ALL: &'static [By];
    /// What `sort` is when it is not told.
    const DEFAULT: &'static str = Self::ALL[0].word;
}

/// One order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct By {
    /// Its name in `sort`.
    word: &'static str,
    /// What it goes by.
    about: &'static str,
    column: Option<Column>,
}

/// A column that a list is sorted by. It is never null, and has an index `(log, column, key,
/// valid_from, known_from)`: with days and positions in it, no other index of an empty table looks
/// better to PostgreSQL, which may keep to its plan while the table grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    pub name: &'static str,
    kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    /// A day, or `infinity`.
    Day,
    Count,
}

impl By {
    /// Its name in `sort`.
    pub fn word(&self) -> &'static str {
        self.word
    }

    /// The order of the keys themselves.
    pub const fn key(word: &'static str, about: &'static str) -> Self {
        Self { word, about, column: None }
    }

    /// By a column of text.
    pub const fn text(word: &'static str, column: &'static str, about: &'static str) -> Self {
        Self { word, about, column: Some(Column { name: column, kind: Kind::Text }) }
    }

    /// By a column of days, in which `infinity` stands for none.
    pub const fn day(word: &'static str, column: &'static str, about: &'static str) -> Self {
        Self { word, about, column: Some(Column { name: column, kind: Kind::Day }) }
    }

    /// By a column of whole numbers from 0 on.
    pub const fn count(word: &'static str, column: &'static str, about: &'static str) -> Self {
        Self { word, about, column: Some(Column { name: column, kind: Kind::Count }) }
    }
}

impl Column {
    /// How a value that is bound as text is compared with this column.
    pub fn cast(self) -> &'static str {
        match self.kind {
            Kind::Text => "::text",
            Kind::Day => "::text::date",
            Kind::Count => "::text::integer",
        }
    }

    /// Whether the database could compare a value with this column.
    fn may_hold(self, value: &str) -> bool {
        match self.kind {
            Kind::Text => true,
            Kind::Day => value == "infinity" || Day::from_text(value).is_ok(),
            Kind::Count => value.parse::<u16>().is_ok(),
        }
    }
}

/// The order that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Order {
    by: By,
    /// The other way round.
    pub is_descending: bool,
    is_default: bool,
}

impl Order {
    /// The order of keys, of a list that takes no `sort`.
    pub const BY_KEY: Self = Self { by: Unsorted::ALL[0], is_descending: false, is_default: true };

    /// Reads `sort`.
    ///
    /// # Errors
    /// A word that the list does not have.
    pub fn read((all, default): (&[By], &'static str), asked: Option<&str>) -> Result<Self, Fault> {
        let asked = asked.unwrap_or(default);
        let (word, is_descending) = match asked.strip_prefix('-') {
            Some(word) => (word, true),
            None => (asked, false),
        };
        match all.iter().find(|by| by.word == word) {
            Some(by) => Ok(Self { by: *by, is_descending, is_default: asked == default }),
            None => {
                let all = words(all);
                Err(not_one_of(&all.iter().map(String::as_str).collect::<Vec<_>>()))
            }
        }
    }

    /// The column it goes by; nothing when that is the key.
    pub fn column(&self) -> Option<Column> {
        self.by.column
    }

    /// As `sort` tells it; nothing for what needs not be told.
    fn stated(&self) -> Option<String> {
        let sign = if self.is_descending { "-" } else { "" };
        (!self.is_default).then(|| format!("{sign}{}", self.by.word))
    }

    /// The place behind an item: its key, and its value in the column of this order.
    pub fn place_behind(
        &self,
        after: String,
        value: Option<String>,
        (as_of, known_at): (Date, i64),
    ) -> Cursor {
        Cursor { after, sort: self.stated(), value, as_of, known_at }
    }

    /// Whether a cursor is a place in this order.
    pub(super) fn has(&self, cursor: &Cursor) -> bool {
        let fits = match (self.column(), &cursor.value) {
            (None, None) => true,
            (Some(column), Some(value)) => column.may_hold(value),
            (None, Some(_)) | (Some(_), None) => false,
        };
        fits && cursor.sort == self.stated()
    }
}

/// Everything that `sort` may say.
fn words(all: &[By]) -> Vec<String> {
    all.iter().flat_map(|by| [by.word.to_owned(), format!("-{}", by.word)]).collect()
}

/// The parameter `sort` of a list, for the documentation; [`Order`] reads it.
pub struct Sort<O>(std::marker::PhantomData<O>);

impl<O: Orders> utoipa::IntoParams for Sort<O> {
    fn into_params(_parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![sort_parameter(O::ALL, O::DEFAULT)]
    }
}

/// The parameter `sort` of a list with these orders.
pub fn sort_parameter(all: &[By], default: &str) -> Parameter {
    let by = all.iter().map(|by| format!("* `{}`: {}", by.word, by.about));
    let about = format!(
        "What the items are sorted by; `{default}` by default. With `-` before it, the other way \
         round. Items that are equal in it are sorted by their ids, the same way round.\n\n{}",
        by.collect::<Vec<_>>().join("\n")
    );
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words(all)))
        .default(Some(default.into()))
        .examples([serde_json::json!(default)]);
    ParameterBuilder::new()
        .name("sort")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .build()
}

/// The one order of what is not a list.
pub struct Unsorted;

impl Orders for Unsorted {
    const ALL: &'static [By] = &[By::key("key", "None.")];
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Cups;
    impl Orders for Cups {
        const ALL: &'static [By] = &[
            By::key("created", "When."),
            By::day("ends_on", "ends_on", "The last day."),
            By::count("drops", "drops", "How many."),
        ];
    }

    fn order(sort: &str) -> Order {
        Order::read((Cups::ALL, Cups::DEFAULT), Some(sort)).expect("it is one of them")
    }

    fn behind(order: Order, value: Option<&str>) -> Cursor {
        let day = jiff::civil::date(2020, 1, 1);
        order.place_behind("k".to_owned(), value.map(str::to_owned), (day, 7))
    }

    #[test]
    fn sort_is_one_of_the_declared_words_either_way_round() {
        assert_eq!(Order::read((Cups::ALL, Cups::DEFAULT), None), Ok(order("created")));
        assert!(!order("ends_on").is_descending && order("-ends_on").is_descending);
        for wrong in ["", "-", "--created", "+created", "Created", "name", "created,drops"] {
            let fault = Order::read((Cups::ALL, Cups::DEFAULT), Some(wrong)).expect_err(wrong);
            assert_eq!(fault.code, "unknown_value", "{wrong}");
            assert!(fault.en.contains("created, -created, ends_on, -ends_on, drops"), "{fault:?}");
        }
    }

    #[test]
    fn a_cursor_is_a_place_in_the_order_that_it_was_made_in_and_in_no_other() {
        let orders = ["created", "-created", "ends_on", "-ends_on", "drops", "-drops"].map(order);
        for made in orders {
            let value = made.column().map(|column| match column.kind {
                Kind::Day => "2020-01-01",
                Kind::Text | Kind::Count => "3",
            });
            for asked in orders {
                assert_eq!(asked.has(&behind(made, value)), asked == made, "{made:?} {asked:?}");
            }
        }
    }

    #[test]
    fn a_cursor_holds_no_value_that_the_database_could_not_compare() {
        for right in ["infinity", "2020-01-31"] {
            assert!(order("ends_on").has(&behind(order("ends_on"), Some(right))), "{right}");
        }
        for wrong in [None, Some(""), Some("2020-02-30"), Some("-infinity"), Some("now")] {
            assert!(!order("ends_on").has(&behind(order("ends_on"), wrong)), "{wrong:?}");
        }
        for wrong in [None, Some(""), Some("-1"), Some("x"), Some("99999999999")] {
            assert!(!order("drops").has(&behind(order("drops"), wrong)), "{wrong:?}");
        }
        assert!(!order("created").has(&behind(order("created"), Some("x"))));
    }
}
