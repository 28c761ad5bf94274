//! What exactly is hashed of an event and of a row of the ledger. Pure; `docs/receipts.md` tells it
//! to whoever writes a verifier, and a change here makes every receipt worthless.
//!
//! Numbers are eight bytes, most significant first, in two's complement. Texts and bytes have their
//! length before them, in four bytes, and lists how many there are. So no two different rows have
//! the same bytes.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::tree::{self, Hash};

/// What the bytes of an event begin with.
const EVENT: &str = "alis.event.v1";
/// What the bytes of a row of the ledger begin with.
const COMMAND: &str = "alis.command.v1";

/// An event as it is hashed.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub log: i32,
    pub position: i64,
    pub id: Uuid,
    pub kind: String,
    pub schema_version: i16,
    pub recorded_at: Timestamp,
    pub effective_from: Date,
    pub municipality: Option<String>,
    pub subjects: Vec<String>,
    /// The stored JSON, to the letter.
    pub payload: String,
    /// The stored JSON, to the letter.
    pub meta: String,
}

impl Event {
    /// The bytes of the leaf.
    pub fn bytes(&self) -> Vec<u8> {
        let mut leaf = Leaf::new(EVENT);
        leaf.number(self.log);
        leaf.number(self.position);
        leaf.bytes(self.id.as_bytes());
        leaf.text(&self.kind);
        leaf.number(self.schema_version);
        leaf.number(self.recorded_at.as_microsecond());
        leaf.text(&self.effective_from.strftime("%Y-%m-%d").to_string());
        leaf.texts(self.municipality.as_slice());
        leaf.texts(&self.subjects);
        leaf.text(&self.payload);
        leaf.text(&self.meta);
        leaf.0
    }

    /// The hash of the leaf.
    pub fn hash(&self) -> Hash {
        tree::leaf_hash(&self.bytes())
    }
}

/// A row of the ledger as it is hashed.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    pub log: i32,
    pub key: String,
    pub fingerprint: Vec<u8>,
    pub head: i64,
    /// The stored JSON, to the letter.
    pub reply: String,
    pub at: Timestamp,
}

impl Command {
    /// The hash of the leaf.
    pub fn hash(&self) -> Hash {
        let mut leaf = Leaf::new(COMMAND);
        leaf.number(self.log);
        leaf.text(&self.key);
        leaf.bytes(&self.fingerprint);
        leaf.number(self.head);
        leaf.text(&self.reply);
        leaf.number(self.at.as_microsecond());
        tree::leaf_hash(&leaf.0)
    }
}

/// The bytes of a leaf while they are put together.
struct Leaf(Vec<u8>);

impl Leaf {
    fn new(kind: &str) -> Self {
        let mut leaf = Self(Vec::with_capacity(1024));
        leaf.text(kind);
        leaf
    }

    fn number(&mut self, number: impl Into<i64>) {
        self.0.extend(number.into().to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        let count = u32::try_from(count).expect("PostgreSQL's values are shorter than 4 GiB");
        self.0.extend(count.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn texts(&mut self, texts: &[String]) {
        self.count(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event in which every field is another's length or value nowhere.
    pub fn event() -> Event {
        Event {
            log: 1,
            position: 42,
            id: Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057),
            kind: "position.filled.v1".to_owned(),
            schema_version: 1,
            recorded_at: Timestamp::from_microsecond(1_700_000_000_123_456).expect("in range"),
            effective_from: jiff::civil::date(2020, 2, 1),
            municipality: Some("5401".to_owned()),
            subjects: vec!["position:a".to_owned(), "trainee:b".to_owned()],
            payload: r#"{"percent": 50.0}"#.to_owned(),
            meta: r#"{"command":"k"}"#.to_owned(),
        }
    }

    fn command() -> Command {
        let at = Timestamp::from_microsecond(1_700_000_000_123_456).expect("in range");
        let (key, reply) = ("shared:k".to_owned(), "{}".to_owned());
        Command { log: 1, key, fingerprint: vec![7; 32], head: 42, reply, at }
    }

    #[test]
    fn the_bytes_of_an_event_are_those_of_the_documentation() {
        let mut expected = Vec::new();
        let mut text = |text: &[u8]| {
            expected.extend(u32::try_from(text.len()).expect("short").to_be_bytes());
            expected.extend(text);
            expected.len()
        };
        text(b"alis.event.v1");
        expected.extend([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 42]);
        expected.extend([0, 0, 0, 16]);
        expected.extend(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057_u128.to_be_bytes());
        expected.extend(b"\0\0\0\x12position.filled.v1\0\0\0\0\0\0\0\x01");
        expected.extend(1_700_000_000_123_456_i64.to_be_bytes());
        expected.extend(b"\0\0\0\x0a2020-02-01");
        expected.extend(b"\0\0\0\x01\0\0\0\x045401");
        expected.extend(b"\0\0\0\x02\0\0\0\x0aposition:a\0\0\0\x09trainee:b");
        expected.extend(b"\0\0\0\x11{\"percent\": 50.0}\0\0\0\x0f{\"command\":\"k\"}");
        assert_eq!(event().bytes(), expected);
    }

    #[test]
    fn every_field_of_an_event_is_in_its_hash() {
        let id = Uuid::nil();
        let none = event();
        let later = none.recorded_at + std::time::Duration::from_micros(1);
        let changes: [fn(&mut Event); 9] = [
            |event| event.log = 2,
            |event| event.position = 43,
            |event| event.kind.push('1'),
            |event| event.schema_version = 2,
            |event| event.effective_from = jiff::civil::date(2020, 2, 2),
            |event| event.municipality = None,
            |event| event.subjects.swap(0, 1),
            |event| event.payload = r#"{"percent":50.0}"#.to_owned(),
            |event| event.meta = "{}".to_owned(),
        ];
        let mut changed: Vec<Event> =
            vec![Event { id, ..none.clone() }, Event { recorded_at: later, ..none.clone() }];
        for change in changes {
            let mut event = none.clone();
            change(&mut event);
            changed.push(event);
        }
        for event in changed {
            assert_ne!(event.hash(), none.hash(), "{event:?}");
        }
    }

    #[test]
    fn what_moves_from_one_field_to_the_next_is_another_leaf() {
        let (mut left, mut right) = (event(), event());
        left.municipality = None;
        left.subjects = vec!["5401".to_owned()];
        right.municipality = Some("5401".to_owned());
        right.subjects = vec![];
        assert_ne!(left.bytes(), right.bytes());
        left.subjects = vec!["ab".to_owned()];
        right.municipality = None;
        right.subjects = vec!["a".to_owned(), "b".to_owned()];
        assert_ne!(left.bytes(), right.bytes());
    }

    #[test]
    fn every_field_of_a_command_is_in_its_hash() {
        let changes: [fn(&mut Command); 6] = [
            |row| row.log = 2,
            |row| row.key.push('1'),
            |row| row.fingerprint[31] = 8,
            |row| row.head = 41,
            |row| row.reply = "{ }".to_owned(),
            |row| row.at += std::time::Duration::from_micros(1),
        ];
        for change in changes {
            let mut row = command();
            change(&mut row);
            assert_ne!(row.hash(), command().hash(), "{row:?}");
        }
    }
}
