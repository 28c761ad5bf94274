//! Counts positions by reading the sample's lines: its own small fold, on purpose unlike the
//! service's. Days are compared as texts, which for `YYYY-MM-DD` is the order of the calendar.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Later than every day.
pub const OPEN: &str = "9999-12-31";

/// The sample as lines.
pub struct Sample {
    text: String,
    lines: Vec<Value>,
}

/// What is counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub positions: i64,
    pub municipalities: i64,
    pub filled: i64,
    pub vacant: i64,
    pub self_employed: i64,
    pub salaried: i64,
    pub salaried_though_self_employed_intended: i64,
}

#[derive(Debug)]
struct Position {
    municipality: String,
    intended: String,
    from: String,
}

#[derive(Debug)]
struct Held {
    position: String,
    from: String,
    to: String,
    /// From which day which model.
    models: BTreeMap<String, String>,
}

/// The text of a member that may be left out.
pub fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Sample {
    /// The file as it is in the repository.
    pub fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/alis-nord-2020.ndjson");
        let text = std::fs::read_to_string(path).expect("the sample is in the repository");
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        Self { text, lines }
    }

    /// The lines as they are.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }

    /// The number of the last line.
    pub fn last_line(&self) -> u64 {
        u64::try_from(self.lines.len()).expect("few")
    }

    /// What the lines up to one of them post: the parts of the path after `/v1/`, names without
    /// their braces, and the line.
    pub fn posts(&self, last_line: u64) -> impl Iterator<Item = (Vec<&str>, &Value)> {
        let lines = (1..).zip(&self.lines).take_while(move |(number, _)| *number <= last_line);
        lines.filter_map(|(_, line)| {
            let parts = line["post"].as_str()?.split('/').skip(2);
            Some((parts.map(|part| part.trim_matches(['{', '}'])).collect(), line))
        })
    }

    /// The numbers of the notes before and after what was reported in June 2020.
    pub fn late_facts(&self) -> (u64, u64) {
        let note = |words: &str| {
            let mut lines = (1..).zip(&self.lines);
            let found =
                lines.find(|(_, line)| line["note"].as_str().is_some_and(|n| n.starts_with(words)));
            found.map(|(number, _)| number).expect("the sample has this note")
        };
        (note("Reported in June 2020"), note("End of what was reported"))
    }

    /// Counts on a day from the lines up to one of them.
    pub fn count(&self, day: &str, last_line: u64) -> Count {
        let (mut positions, mut held) = (BTreeMap::new(), BTreeMap::new());
        for (parts, line) in self.posts(last_line) {
            take(line, &parts, &mut positions, &mut held);
        }
        let mut count = Count::default();
        let mut municipalities = BTreeSet::new();
        for (name, position) in &positions {
            if position.from.as_str() > day {
                continue;
            }
            count.positions += 1;
            municipalities.insert(&position.municipality);
            let mut holders = held.values();
            let holder = holders.find(|held: &&Held| {
                held.position == *name && held.from.as_str() <= day && day <= held.to.as_str()
            });
            let Some(holder) = holder else {
                count.vacant += 1;
                continue;
            };
            count.filled += 1;
            let model = holder.models.range(..=day.to_owned()).next_back();
            match model.map(|(_, model)| model.as_str()) {
                Some("self_employed") => count.self_employed += 1,
                Some("salaried") => {
                    count.salaried += 1;
                    let other = position.intended == "self_employed";
                    count.salaried_though_self_employed_intended += i64::from(other);
                }
                other => panic!("the sample says {other:?}"),
            }
        }
        count.municipalities = i64::try_from(municipalities.len()).expect("few");
        count
    }
}

fn take(
    line: &Value,
    parts: &[&str],
    positions: &mut BTreeMap<String, Position>,
    held: &mut BTreeMap<String, Held>,
) {
    let body = &line["body"];
    let name = || text(&line["as"]).expect("the sample names what it counts");
    match *parts {
        ["positions"] => {
            let position = Position {
                municipality: text(&body["municipality"]).expect("given"),
                intended: text(&body["intended_operating_model"]).expect("given"),
                from: text(&body["from"]).expect("given"),
            };
            positions.insert(name(), position);
        }
        ["positions", position, "occupancies"] => {
            let from = text(&body["from"]).expect("given");
            let model = text(&body["operating_model"]).expect("given");
            let occupancy = Held {
                position: position.to_owned(),
                to: text(&body["to"]).unwrap_or(OPEN.to_owned()),
                models: BTreeMap::from([(from.clone(), model)]),
                from,
            };
            held.insert(name(), occupancy);
        }
        ["positions", _, "occupancies", occupancy, what] => {
            let held = held.get_mut(occupancy).expect("it was filled");
            match what {
                "end" | "correction" => held.to = text(&body["to"]).expect("given"),
                "operating-model" => {
                    let from = text(&body["from"]).expect("given");
                    held.models.insert(from, text(&body["operating_model"]).expect("given"));
                }
                other => panic!("the sample says {other} of an occupancy"),
            }
        }
        ["positions", _, "announcements"] => {} // announced is vacant
        ["positions", ..] => panic!("{parts:?} is counted nowhere"),
        _ => {} // about something else
    }
}
