//! A read model's table, made in batches of any size with a restart between, against what a fold
//! from scratch tells at every position, and against a rebuild. The folding alone: no database.

use std::collections::{BTreeMap, BTreeSet};

use alis::aggregate::{DecodeError, Fact, Fold};
use alis::event_log::DEFAULT_LOG;
use alis::event_log::feed::Recorded;
use alis::event_log::projection::{ReadModel, Row, STILL_KNOWN, keys_of};
use alis::event_log::projector::{Batch, Folded, declared};
use alis::time::Period;
use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::prelude::*;

/// Days on which something may hold; what holds on the last one holds for ever.
const DAYS: usize = 5;
/// Things that the facts of one key may tell of: the key itself, and two others.
const ITEMS: usize = 3;
/// A fact that the program cannot take in.
const UNREADABLE: &str = "?";

/// What the newest fact about each item says: a letter a day, a dot where nothing holds.
#[derive(Default)]
struct Said(BTreeMap<usize, String>);

impl Fold for Said {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        let Some((item, days)) = fact.payload.split_once(':') else {
            let (position, kind) = (fact.position, fact.kind.to_owned());
            return Err(DecodeError { position, kind, reason: "not of this program".to_owned() });
        };
        self.0.insert(item.parse().expect("items are numbers"), days.to_owned());
        Ok(())
    }
}

struct Model;

impl ReadModel for Model {
    type State = Said;
    const NAME: &'static str = "said";
    const VERSION: i32 = 1;
    const SUBJECT: &'static str = "key";
    const TABLE: &'static str = "";
    const COLUMNS: &'static str = "letter";

    fn rows(key: &str, state: &Said) -> Vec<Row> {
        let shown = state.0.iter().flat_map(|(item, days)| {
            stretches(days).into_iter().map(move |(period, letter)| match item {
                0 => Row::new(period).plain(letter),
                item => Row::of_item(format!("{key}{item}"), period).plain(letter),
            })
        });
        shown.collect()
    }
}

fn day(number: usize) -> Date {
    date(2020, 1, 1 + i8::try_from(number).expect("there are few days"))
}

/// The stretches of equal letters.
fn stretches(days: &str) -> Vec<(Period, char)> {
    let letters: Vec<char> = days.chars().collect();
    let mut all = Vec::new();
    let mut first = 0;
    for stretch in letters.chunk_by(|one, next| one == next) {
        let end = first + stretch.len();
        let to = (end < letters.len()).then(|| day(end - 1));
        if stretch[0] != '.' {
            let period = Period::try_new(day(first), to).expect("a stretch has a day");
            all.push((period, stretch[0]));
        }
        first = end;
    }
    all
}

/// A row as the table holds it: what it is about, first and last day, and the letter.
type Shown = (String, String, String, String);

/// What a fold from scratch tells of `key` at a position. A key stands still before the first fact
/// that cannot be read.
fn from_scratch(facts: &[Recorded], key: &str, known_at: i64) -> BTreeSet<Shown> {
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    let concern = facts.iter().filter(|fact| keys_of(&fact.subjects, "key").any(|k| k == key));
    let known = concern.take_while(|fact| fact.position <= known_at);
    for fact in known.take_while(|fact| fact.payload != UNREADABLE) {
        let (item, days) = fact.payload.split_once(':').expect("it can be read");
        said.insert(item, days);
    }
    let rows = said.into_iter().flat_map(|(item, days)| {
        let listed = if item == "0" { key.to_owned() } else { format!("{key}{item}") };
        stretches(days).into_iter().map(move |(period, letter)| {
            let to = period.to.map_or("infinity".to_owned(), |last| last.to_string());
            (listed.clone(), period.from.to_string(), to, letter.to_string())
        })
    });
    rows.collect()
}

/// The table as PostgreSQL would hold it.
#[derive(Default)]
struct Table {
    rows: Vec<(Shown, i64, i64)>,
    parked: BTreeSet<String>,
}

impl Table {
    /// Folds the facts of positions `after..=until`, as a worker that has just started.
    fn fold(&self, facts: &[Recorded], after: i64, until: i64) -> Folded {
        let mut by_key: BTreeMap<String, Vec<Recorded>> = BTreeMap::new();
        let new = facts.iter().filter(|fact| (after + 1..=until).contains(&fact.position));
        let concerned = new.flat_map(|fact| keys_of(&fact.subjects, "key"));
        let mut keys: BTreeSet<&str> = concerned.collect();
        keys.retain(|key| !self.parked.contains(*key));
        for fact in facts.iter().filter(|fact| fact.position <= until) {
            for key in keys_of(&fact.subjects, "key").filter(|key| keys.contains(key)) {
                by_key.entry(key.to_owned()).or_default().push(fact.clone());
            }
        }
        let batch = Batch { log: DEFAULT_LOG, checkpoint: after, facts: &by_key };
        declared::<Model>().fold(batch)
    }

    /// Writes a batch, in the order of the worker's transaction.
    fn write(&mut self, folded: Folded) {
        for (key, closed) in folded.closed {
            let open = self.rows.iter_mut().filter(|((listed, from, _, _), _, known_to)| {
                *listed == key && *from == closed.valid_from.to_string() && *known_to == STILL_KNOWN
            });
            let [(_, known_from, known_to)] = &mut open.collect::<Vec<_>>()[..] else {
                panic!("{key} has not one open row on {}", closed.valid_from);
            };
            assert!(*known_from < closed.known_to, "{key}: known for no time");
            *known_to = closed.known_to;
        }
        self.copy(&folded.lines);
        self.parked.extend(folded.poisoned.into_iter().map(|(key, _, _)| key));
    }

    fn copy(&mut self, lines: &[u8]) {
        let lines = std::str::from_utf8(lines).expect("COPY lines are text");
        for line in lines.lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            let [_, key, from, to, known_from, known_to, letter] = cells[..] else {
                panic!("{line} has other columns");
            };
            let shown = [key, from, to, letter].map(str::to_owned);
            let [known_from, known_to] =
                [known_from, known_to].map(|p| p.parse::<i64>().expect("a position"));
            assert!(known_from < known_to, "{line}: known for no time");
            self.rows.push((shown.into(), known_from, known_to));
        }
    }

    fn at(&self, known_at: i64) -> Vec<Shown> {
        let known = self.rows.iter().filter(|(_, from, to)| (*from..*to).contains(&known_at));
        let mut shown: Vec<Shown> = known.map(|(shown, _, _)| shown.clone()).collect();
        shown.sort();
        shown
    }

    fn sorted(mut self) -> Vec<(Shown, i64, i64)> {
        self.rows.sort();
        self.rows
    }
}

/// The same facts folded as a rebuild does, at one go.
fn built(facts: &[Recorded]) -> (Table, BTreeSet<String>) {
    let mut fold = declared::<Model>().fold_all(DEFAULT_LOG);
    let mut lines = Vec::new();
    for fact in facts {
        let subjects: Vec<&str> = fact.subjects.iter().map(String::as_str).collect();
        fold.apply(&fact.as_fact(), &subjects, &mut lines);
    }
    while fold.finish_one(&mut lines) {}
    let mut table = Table::default();
    table.copy(&lines);
    (table, fold.poisoned().into_iter().map(|(key, _, _)| key).collect())
}

/// Facts about one of two keys or about both, at positions with room for others' facts between.
fn facts() -> impl Strategy<Value = Vec<Recorded>> {
    let letter = prop_oneof![Just('.'), Just('a'), Just('b')];
    let days = vec(letter, DAYS).prop_map(|letters| letters.into_iter().collect::<String>());
    let readable = (0..ITEMS, days).prop_map(|(item, days)| format!("{item}:{days}"));
    let payload = prop_oneof![30 => readable, 1 => Just(UNREADABLE.to_owned())];
    let subjects = prop_oneof![
        Just(vec!["key:k"]),
        Just(vec!["key:l"]),
        Just(vec!["key:k", "other:1", "key:l"]),
        Just(vec!["other:2"]),
    ];
    vec((1..4_i64, payload, subjects), 0..25).prop_map(|shown| {
        let mut position = 0;
        let facts = shown.into_iter().map(|(step, payload, subjects)| {
            position += step;
            Recorded {
                position,
                id: uuid::Uuid::nil(),
                kind: "said.v1".to_owned(),
                schema_version: 1,
                recorded_at: jiff::Timestamp::UNIX_EPOCH,
                effective_from: day(0),
                municipality: None,
                subjects: subjects.into_iter().map(str::to_owned).collect(),
                payload,
                meta: "{}".to_owned(),
            }
        });
        facts.collect()
    })
}

proptest! {
    /// Each batch is some positions long, and begins with a replay of what is in the table.
    #[test]
    fn a_table_made_in_batches_tells_what_a_fold_from_scratch_tells_at_every_position(
        facts in facts(),
        batches in vec(1..9_i64, 1..8),
    ) {
        let end = facts.last().map_or(0, |fact| fact.position);
        let (mut table, mut checkpoint) = (Table::default(), 0);
        for length in batches.iter().cycle() {
            if checkpoint >= end {
                break;
            }
            let folded = table.fold(&facts, checkpoint, checkpoint + length);
            table.write(folded);
            checkpoint += length;
        }
        for known_at in 0..=end + 1 {
            let keys = ["k", "l"].map(|key| from_scratch(&facts, key, known_at));
            let scratch: Vec<Shown> = keys.into_iter().flatten().collect();
            prop_assert_eq!(table.at(known_at), scratch, "known at {}", known_at);
        }
        for (shown, _, known_to) in &table.rows {
            let again = table.rows.iter().find(|(next, from, _)| next == shown && from == known_to);
            prop_assert_eq!(again, None, "nothing had changed");
        }
        let (whole, poisoned) = built(&facts);
        prop_assert_eq!(&table.parked, &poisoned);
        prop_assert_eq!(table.sorted(), whole.sorted(), "a rebuild makes another table");
    }
}
