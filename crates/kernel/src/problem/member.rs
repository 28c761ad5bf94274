//! The facts of a problem: values that stand in its sentence, for programs as members of their own
//! (RFC 9457, extension members). Each is declared with the problem, so that the document tells it.

use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::time::{Percent, Period};

/// What a member holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An id that this service made.
    Id,
    Day,
    /// `{"from", "to"}`, both days included.
    Period,
    /// A share in per cent; also none.
    Share,
    Count,
    Text,
    Texts,
    /// A position of the log: a text of digits, as everywhere.
    Position,
    /// Events as the feed tells them.
    Events,
}

impl Kind {
    /// What it is in the page of problems.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Id => "id",
            Kind::Day => "day",
            Kind::Period => "period",
            Kind::Share => "number",
            Kind::Count => "whole number",
            Kind::Text => "text",
            Kind::Texts => "list of texts",
            Kind::Position => "position",
            Kind::Events => "list of events",
        }
    }
}

/// A member that a problem may have.
#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    pub name: &'static str,
    pub kind: Kind,
    /// Left out when there is nothing to tell.
    pub optional: bool,
    /// For readers of the documentation.
    pub doc: &'static str,
}

impl Member {
    const fn of(kind: Kind, name: &'static str, doc: &'static str) -> Self {
        Self { name, kind, optional: false, doc }
    }

    pub const fn id(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Id, name, doc)
    }

    pub const fn day(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Day, name, doc)
    }

    pub const fn period(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Period, name, doc)
    }

    pub const fn share(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Share, name, doc)
    }

    pub const fn count(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Count, name, doc)
    }

    pub const fn text(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Text, name, doc)
    }

    pub const fn texts(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Texts, name, doc)
    }

    pub const fn position(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Position, name, doc)
    }

    pub const fn events(name: &'static str, doc: &'static str) -> Self {
        Self::of(Kind::Events, name, doc)
    }

    /// A member that is left out when there is nothing to tell.
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Whether a value is of the kind that is declared.
    pub fn takes(&self, value: &MemberValue) -> bool {
        match (value, self.kind) {
            (MemberValue::None, _) => self.optional,
            (MemberValue::Id(_), Kind::Id) => true,
            (MemberValue::Day(_), Kind::Day) => true,
            (MemberValue::Period(_), Kind::Period) => true,
            (MemberValue::Share(_), Kind::Share) => true,
            (MemberValue::Count(_), Kind::Count | Kind::Position) => true,
            (MemberValue::Text(_), Kind::Text) => true,
            (MemberValue::Text(text), Kind::Id) => Uuid::try_parse(text).is_ok(),
            (MemberValue::Texts(_), Kind::Texts) => true,
            (MemberValue::Events(_), Kind::Events) => true,
            (
                MemberValue::Id(_)
                | MemberValue::Day(_)
                | MemberValue::Period(_)
                | MemberValue::Share(_)
                | MemberValue::Count(_)
                | MemberValue::Text(_)
                | MemberValue::Texts(_)
                | MemberValue::Events(_),
                _,
            ) => false,
        }
    }

    /// The member as it is sent; `None` when there is nothing to tell.
    pub fn sent(&self, value: &MemberValue) -> Option<Value> {
        match value {
            MemberValue::None => None,
            MemberValue::Id(id) => Some(json!(id)),
            MemberValue::Day(day) => Some(json!(day)),
            MemberValue::Period(period) => Some(json!({ "from": period.from, "to": period.to })),
            MemberValue::Share(share) => Some(share.map_or(json!(0), |share| json!(share))),
            MemberValue::Count(number) if self.kind == Kind::Position => {
                Some(json!(number.to_string()))
            }
            MemberValue::Count(number) => Some(json!(number)),
            MemberValue::Text(text) => Some(json!(text)),
            MemberValue::Texts(texts) => Some(json!(texts)),
            MemberValue::Events(events) => Some(json!(events)),
        }
    }

    /// What the document says of it, with an example.
    pub fn schema(&self) -> Value {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let mut schema = match self.kind {
            Kind::Id => json!({ "type": "string", "format": "uuid", "examples": [id] }),
            Kind::Day => json!({ "type": "string", "format": "date", "examples": ["2020-02-01"] }),
            Kind::Period => json!({ "$ref": "#/components/schemas/PeriodView" }),
            Kind::Share => {
                json!({ "type": "number", "format": "double", "minimum": 0, "maximum": 100, "examples": [50] })
            }
            Kind::Count => {
                json!({ "type": "integer", "format": "int64", "minimum": 0, "examples": [2] })
            }
            Kind::Text => json!({ "type": "string", "examples": [self.example_text()] }),
            Kind::Texts => json!({
                "type": "array", "items": { "type": "string" },
                "examples": [[self.example_text()]],
            }),
            Kind::Position => {
                json!({ "type": "string", "pattern": "^[0-9]{1,18}$", "examples": ["42"] })
            }
            Kind::Events => json!({
                "type": "array", "items": { "$ref": "#/components/schemas/CloudEvent" },
                "examples": [[]],
            }),
        };
        schema["description"] = self.doc.into();
        schema
    }

    /// A value as it could be.
    pub fn example(&self) -> MemberValue {
        let id = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);
        let day = jiff::civil::date(2020, 2, 1);
        match self.kind {
            Kind::Id => MemberValue::Id(id),
            Kind::Day => MemberValue::Day(day),
            Kind::Period => MemberValue::Period(Period::since(day)),
            Kind::Share => MemberValue::Share(Percent::parse("50")),
            Kind::Count => MemberValue::Count(2),
            Kind::Text => MemberValue::Text(self.example_text().to_owned()),
            Kind::Texts => MemberValue::Texts(vec![self.example_text().to_owned()]),
            Kind::Position => MemberValue::Count(42),
            Kind::Events => MemberValue::Events(Vec::new()),
        }
    }

    /// The word in backticks that the description gives, or the name.
    fn example_text(&self) -> &'static str {
        self.doc.split('`').nth(1).unwrap_or(self.name)
    }
}

/// A value of a member.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberValue {
    None,
    Id(Uuid),
    Day(Date),
    Period(Period),
    Share(Option<Percent>),
    Count(i64),
    Text(String),
    Texts(Vec<String>),
    Events(Vec<Value>),
}

/// As it stands in a sentence.
impl std::fmt::Display for MemberValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MemberValue::None => f.write_str("-"),
            MemberValue::Id(id) => id.fmt(f),
            MemberValue::Day(day) => day.fmt(f),
            MemberValue::Period(period) => period.fmt(f),
            MemberValue::Share(Some(share)) => share.fmt(f),
            MemberValue::Share(None) => f.write_str("0"),
            MemberValue::Count(number) => number.fmt(f),
            MemberValue::Text(text) => text.fmt(f),
            MemberValue::Texts(texts) => f.write_str(&texts.join(", ")),
            MemberValue::Events(events) => events.len().fmt(f),
        }
    }
}

macro_rules! from {
    ($($given:ty => |$value:ident| $fact:expr;)+) => {
        $(impl From<$given> for MemberValue {
            fn from($value: $given) -> Self { $fact }
        })+
    };
}
from! {
    Uuid => |id| MemberValue::Id(id);
    Date => |day| MemberValue::Day(day);
    Period => |period| MemberValue::Period(period);
    &Period => |period| MemberValue::Period(*period);
    Percent => |share| MemberValue::Share(Some(share));
    i64 => |number| MemberValue::Count(number);
    u8 => |number| MemberValue::Count(number.into());
    u16 => |number| MemberValue::Count(number.into());
    u32 => |number| MemberValue::Count(number.into());
    u64 => |number| MemberValue::Count(i64::try_from(number).unwrap_or(i64::MAX));
    usize => |number| MemberValue::Count(i64::try_from(number).unwrap_or(i64::MAX));
    &str => |text| MemberValue::Text(text.to_owned());
    String => |text| MemberValue::Text(text);
    &String => |text| MemberValue::Text(text.clone());
    Vec<String> => |texts| MemberValue::Texts(texts);
    Vec<&str> => |texts| MemberValue::Texts(texts.into_iter().map(str::to_owned).collect());
    Vec<Value> => |events| MemberValue::Events(events);
}

impl<T: Into<MemberValue>> From<Option<T>> for MemberValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(MemberValue::None, Into::into)
    }
}
