//! Read models: tables folded from the log, with both axes of time.
//!
//! A read model folds the facts of one kind of subject into a state, and tells the rows of that
//! state: one a period of days in which nothing changes. Whenever a fact makes those rows differ,
//! the rows that no longer hold are closed at its position and the new ones opened there. So every
//! table answers "as of this day, as known at that position" with plain comparisons, and no read
//! model writes SQL for corrections.
//!
//! A key is what is folded, a row's `key` what is listed. They are the same, unless the facts of
//! one key tell about several resources: then each row names its own with [`Row::of_item`].
//!
//! Each table begins with the columns of [`LEADING_COLUMNS`].

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use alis_kernel::aggregate::{DecodeError, Fact, Fold, Subject};
use alis_kernel::time::Period;

/// `known_to` of a row that still holds.
pub const STILL_KNOWN: i64 = i64::MAX;
/// What every table begins with. `valid_to` is the last day, `infinity` when open; `known_from`
/// is the position of the fact that made the row, `known_to` of the one that ended it (exclusive).
pub const LEADING_COLUMNS: &str = "log, key, valid_from, valid_to, known_from, known_to";

/// The declaration of a read model.
pub trait ReadModel: Send + Sync + 'static {
    /// What the facts of one key fold into.
    type State: Fold + Send + Sync;
    /// Name of the view that queries read: `model.NAME`.
    const NAME: &'static str;
    /// Raised whenever the rows of the same facts would come out different: a new table is then
    /// built beside the old one.
    const VERSION: i32;
    /// The kind of subject whose facts make a key.
    const SUBJECT: &'static str;
    /// The table and its indexes, for `{table}`; the first statement makes the table, the others
    /// run once it is filled.
    const TABLE: &'static str = "";
    /// The columns after the leading ones, in the order [`Row`] writes them.
    const COLUMNS: &'static str = "";
    /// What an UPDATE sets in every row of a person who was erased, also in those that only tell
    /// what was known before; nothing for models that hold nothing of who somebody is.
    const FORGETS: Option<&'static str> = None;

    /// The statements of the table, and the names of its columns, where they are made of a list.
    fn table() -> String {
        Self::TABLE.to_owned()
    }
    fn columns() -> String {
        Self::COLUMNS.to_owned()
    }

    /// The rows of a state: of one item in order, without overlap. An item belongs to one key.
    fn rows(key: &str, state: &Self::State) -> Vec<Row>;
}

/// One row: a period, and its cells in the text form of COPY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the row is about when that is not the key itself.
    item: Option<String>,
    period: Period,
    cells: String,
}

impl Row {
    /// A row that holds in `period`, without cells yet.
    pub fn new(period: Period) -> Self {
        Self { item: None, period, cells: String::with_capacity(256) }
    }

    /// A row about one of several resources that the facts of its key tell about.
    pub fn of_item(item: impl Display, period: Period) -> Self {
        Self { item: Some(item.to_string()), ..Self::new(period) }
    }

    /// Adds a value that needs no escaping: a number, an id, a date or a word.
    pub fn plain(mut self, value: impl Display) -> Self {
        write!(self.cells, "\t{value}").expect("writing to a string does not fail");
        self
    }

    /// Adds text of any kind.
    pub fn text(mut self, value: &str) -> Self {
        self.cells.push('\t');
        let mut rest = value;
        while let Some(at) = rest.find(['\\', '\t', '\n', '\r']) {
            self.cells.push_str(&rest[..at]);
            self.cells.push_str(match rest.as_bytes()[at] {
                b'\t' => "\\t",
                b'\n' => "\\n",
                b'\r' => "\\r",
                _ => "\\\\",
            });
            rest = &rest[at + 1..];
        }
        self.cells.push_str(rest);
        self
    }

    /// Adds an array of texts of any kind.
    pub fn texts<T: Display>(self, values: impl IntoIterator<Item = T>) -> Self {
        let quoted = values.into_iter().map(|value| {
            let escaped = value.to_string().replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{escaped}\"")
        });
        let array = quoted.collect::<Vec<_>>().join(",");
        self.text(&format!("{{{array}}}"))
    }

    /// Adds a value as JSON.
    pub fn json(self, value: &impl serde::Serialize) -> Self {
        let text = serde_json::to_string(value).expect("views are plain data");
        self.text(&text)
    }

    /// Adds a value, or NULL.
    pub fn maybe(mut self, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.plain(value),
            None => {
                self.cells.push_str("\t\\N");
                self
            }
        }
    }
}

/// Rows of one key as they stand, and what became of them in a batch.
#[derive(Debug, Default)]
struct Open {
    /// By item and first day: the row and the position that opened it.
    rows: BTreeMap<Place, (Row, i64)>,
}

/// Where a row stands: of one item, at most one open row begins on a day.
type Place = (Option<String>, jiff::civil::Date);

fn place(row: &Row) -> Place {
    (row.item.clone(), row.period.from)
}

/// A row that a batch opened, perhaps closed again within it.
#[derive(Debug, PartialEq)]
pub struct Opened {
    pub row: Row,
    pub known_from: i64,
    pub known_to: i64,
}

/// A row of an earlier batch that this one closed.
#[derive(Debug, PartialEq)]
pub struct Closed {
    /// What the row is about when that is not the key itself.
    pub item: Option<String>,
    pub valid_from: jiff::civil::Date,
    pub known_to: i64,
}

/// The folding of one key: its state and the rows that hold.
pub struct KeyFold<M: ReadModel> {
    key: String,
    state: M::State,
    open: Open,
    /// Rows opened at or before this position are in the table already.
    stored_until: i64,
}

impl<M: ReadModel> KeyFold<M> {
    /// A key without facts.
    pub fn new(key: String) -> Self {
        Self { key, state: M::State::default(), open: Open::default(), stored_until: 0 }
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Takes in a fact whose rows are in the table already.
    pub fn replay(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        guarded(fact.position, fact.kind, || self.state.apply(fact))?;
        self.stored_until = fact.position;
        Ok(())
    }

    /// Call once after the last [`KeyFold::replay`]: works out which rows hold.
    pub fn replayed(&mut self) -> Result<(), DecodeError> {
        let position = self.stored_until;
        let rows = guarded(position, "replayed", || Ok(M::rows(&self.key, &self.state)))?;
        self.open.rows = rows.into_iter().map(|row| (place(&row), (row, position))).collect();
        Ok(())
    }

    /// Takes in a new fact and tells what it opens and closes. A fact that cannot be taken in
    /// changes no row, but the fold must not be given another one.
    pub fn apply(
        &mut self,
        fact: &Fact<'_>,
        opened: &mut Vec<Opened>,
        closed: &mut Vec<Closed>,
    ) -> Result<(), DecodeError> {
        let rows = guarded(fact.position, fact.kind, || {
            self.state.apply(fact)?;
            Ok(M::rows(&self.key, &self.state))
        })?;
        let mut before = std::mem::take(&mut self.open.rows);
        for row in rows {
            let place = place(&row);
            let kept = match before.remove(&place) {
                Some((old, known_from)) if old == row => (old, known_from),
                Some((old, known_from)) => {
                    self.close(old, known_from, fact.position, opened, closed);
                    (row, fact.position)
                }
                None => (row, fact.position),
            };
            self.open.rows.insert(place, kept);
        }
        for (_, (old, known_from)) in before {
            self.close(old, known_from, fact.position, opened, closed);
        }
        Ok(())
    }

    fn close(
        &self,
        row: Row,
        known_from: i64,
        known_to: i64,
        opened: &mut Vec<Opened>,
        closed: &mut Vec<Closed>,
    ) {
        if known_from <= self.stored_until {
            let Row { item, period, cells: _ } = row;
            closed.push(Closed { item, valid_from: period.from, known_to });
        } else if known_from < known_to {
            opened.push(Opened { row, known_from, known_to });
        }
    }

    /// The rows that this batch opened and that still hold.
    pub fn finish(self, opened: &mut Vec<Opened>) {
        for (_, (row, known_from)) in self.open.rows {
            if known_from > self.stored_until {
                opened.push(Opened { row, known_from, known_to: STILL_KNOWN });
            }
        }
    }
}

/// Runs the code of a capability. When it panics, that is a fact which this program cannot take in,
/// like one it cannot read: the key is parked and the others go on.
fn guarded<T>(
    position: i64,
    kind: &str,
    run: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    // What the closure borrows is not used again after a panic, except for rows it cannot reach.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    outcome.unwrap_or_else(|_recorded_by_the_panic_hook| {
        let reason = "the code that folds it panicked".to_owned();
        Err(DecodeError { position, kind: kind.to_owned(), reason })
    })
}

/// Writes an opened row as a line of COPY.
pub fn copy_line(out: &mut Vec<u8>, log: i32, key: &str, opened: &Opened) {
    use std::io::Write as _;
    let Row { item, period, cells } = &opened.row;
    let key = item.as_deref().unwrap_or(key);
    let (from, to) = (opened.known_from, opened.known_to);
    let result = match period.to {
        Some(last) => writeln!(out, "{log}\t{key}\t{}\t{last}\t{from}\t{to}{cells}", period.from),
        None => writeln!(out, "{log}\t{key}\t{}\tinfinity\t{from}\t{to}{cells}", period.from),
    };
    result.expect("writing to memory does not fail");
}

/// The keys of a read model among the subjects of a fact.
pub fn keys_of<'a, S: AsRef<str>>(
    subjects: &'a [S],
    kind: &'static str,
) -> impl Iterator<Item = &'a str> {
    subjects.iter().filter_map(move |subject| Subject::id_in(subject.as_ref(), kind))
}

/// Rows from statuses: one a stretch between two days on which something changes, neighbours
/// that look the same joined.
pub fn timeline<V: PartialEq>(
    changes: impl IntoIterator<Item = jiff::civil::Date>,
    on: impl Fn(jiff::civil::Date) -> Option<V>,
) -> Vec<(Period, V)> {
    let days: std::collections::BTreeSet<_> = changes.into_iter().collect();
    let mut rows: Vec<(Period, V)> = Vec::new();
    for day in days {
        let Some(view) = on(day) else {
            end_last(&mut rows, day);
            continue;
        };
        match rows.last_mut() {
            Some((period, last)) if *last == view && period.to.is_none() => {}
            _ => {
                end_last(&mut rows, day);
                rows.push((Period::since(day), view));
            }
        }
    }
    rows
}

fn end_last<V>(rows: &mut [(Period, V)], day: jiff::civil::Date) {
    if let Some((period, _)) = rows.last_mut()
        && period.to.is_none()
    {
        period.to = Some(alis_kernel::time::day_before(day));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Date, date};

    /// A state for these tests: the payload of each fact replaces the rows, as `from,text;...`.
    #[derive(Default)]
    struct Text(String);
    impl Fold for Text {
        fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
            self.0 = fact.payload.to_owned();
            Ok(())
        }
    }
    struct Model;
    impl ReadModel for Model {
        type State = Text;
        const NAME: &'static str = "model";
        const VERSION: i32 = 1;
        const SUBJECT: &'static str = "text";
        const TABLE: &'static str = "";
        const COLUMNS: &'static str = "";
        fn rows(_key: &str, state: &Text) -> Vec<Row> {
            let parts = state.0.split(';').filter(|part| !part.is_empty());
            parts
                .map(|part| {
                    let (day, text) = part.split_once(',').expect("the test writes pairs");
                    let day: Date = day.parse().expect("the test writes dates");
                    Row::new(Period::since(day)).text(text)
                })
                .collect()
        }
    }

    fn fact(position: i64, payload: &str) -> Fact<'_> {
        let recorded_at = jiff::Timestamp::UNIX_EPOCH;
        Fact { position, id: uuid::Uuid::nil(), kind: "t", payload, recorded_at }
    }

    #[test]
    fn a_row_is_closed_by_the_fact_that_changes_it_and_others_stand() {
        let mut fold = KeyFold::<Model>::new("k".to_owned());
        fold.replay(&fact(1, "2020-01-01,a;2020-02-01,b")).expect("folds");
        fold.replayed().expect("folds");
        let (mut opened, mut closed) = (vec![], vec![]);
        let next = fact(5, "2020-01-01,a;2020-02-01,c");
        fold.apply(&next, &mut opened, &mut closed).expect("folds");
        fold.finish(&mut opened);
        assert_eq!(closed, [Closed { item: None, valid_from: date(2020, 2, 1), known_to: 5 }]);
        let row = Row::new(Period::since(date(2020, 2, 1))).text("c");
        assert_eq!(opened, [Opened { row, known_from: 5, known_to: STILL_KNOWN }]);
    }

    #[test]
    fn a_row_opened_and_closed_in_one_batch_is_written_once_with_both_ends() {
        let mut fold = KeyFold::<Model>::new("k".to_owned());
        let (mut opened, mut closed) = (vec![], vec![]);
        for fact in [fact(1, "2020-01-01,a"), fact(2, "2020-01-01,b"), fact(3, "")] {
            fold.apply(&fact, &mut opened, &mut closed).expect("folds");
        }
        fold.finish(&mut opened);
        let known: Vec<_> = opened.iter().map(|row| (row.known_from, row.known_to)).collect();
        assert_eq!((known, closed.len()), (vec![(1, 2), (2, 3)], 0));
    }

    /// The payload names the items whose rows begin on one and the same day.
    struct Items;
    impl ReadModel for Items {
        type State = Text;
        const NAME: &'static str = "items";
        const VERSION: i32 = 1;
        const SUBJECT: &'static str = "text";
        const TABLE: &'static str = "";
        const COLUMNS: &'static str = "";
        fn rows(_key: &str, state: &Text) -> Vec<Row> {
            let items = state.0.split(';').filter(|part| !part.is_empty());
            items.map(|item| Row::of_item(item, Period::since(date(2020, 1, 1)))).collect()
        }
    }

    #[test]
    fn items_of_one_key_open_and_close_rows_of_their_own() {
        let mut fold = KeyFold::<Items>::new("k".to_owned());
        fold.replay(&fact(1, "a;b")).expect("folds");
        fold.replayed().expect("folds");
        let (mut opened, mut closed) = (vec![], vec![]);
        fold.apply(&fact(5, "b;c"), &mut opened, &mut closed).expect("folds");
        fold.finish(&mut opened);
        let item = Some("a".to_owned());
        assert_eq!(closed, [Closed { item, valid_from: date(2020, 1, 1), known_to: 5 }]);
        let mut lines = Vec::new();
        for row in &opened {
            copy_line(&mut lines, 1, "k", row);
        }
        let lines = String::from_utf8(lines).expect("COPY lines are text");
        assert_eq!(lines, format!("1\tc\t2020-01-01\tinfinity\t5\t{STILL_KNOWN}\n"));
    }

    #[test]
    fn cells_survive_the_text_form_of_copy() {
        let row = Row::new(Period::since(date(2020, 1, 1))).text("a\tb\\c\nd").maybe(None::<i64>);
        assert_eq!(row.cells, "\ta\\tb\\\\c\\nd\t\\N");
        let row = Row::new(Period::since(date(2020, 1, 1))).texts(["a,b", "c\"d\\e"]);
        // Once for the array, once for COPY.
        assert_eq!(row.cells, "\t{\"a,b\",\"c\\\\\"d\\\\\\\\e\"}");
    }

    #[test]
    fn a_timeline_joins_equal_neighbours_and_ends_where_nothing_holds() {
        let days = [date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1), date(2020, 4, 1)];
        let rows = timeline(days, |day| match day.month() {
            1 | 2 => Some("same"),
            3 => None,
            _ => Some("later"),
        });
        let first = Period { from: days[0], to: Some(date(2020, 2, 29)) };
        assert_eq!(rows, [(first, "same"), (Period::since(days[3]), "later")]);
    }
}
