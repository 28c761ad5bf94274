//! Examples for the document, from what tests ask and are answered: `openapi/examples.json`.
//!
//! Tests that run with `ALIS_RECORD_EXAMPLES` set keep the first request and answer of each
//! operation; an example that is there and still valid stays as it is, so that a second recording
//! changes nothing. Ids and times are made the same in every run. `alis openapi --write` puts the
//! examples into the document.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use serde_json::{Map, Value, json};

use super::contract::{Contract, Exchange};

const FILE: &str = "openapi/examples.json";
/// Entries of a list that an example shows.
const ENTRIES_MAX: usize = 2;
/// Lines of a table that an example shows.
const LINES_MAX: usize = 4;

/// What is kept, by operation.
static KEPT: LazyLock<Mutex<BTreeMap<String, Value>>> = LazyLock::new(|| {
    let contract = Contract::of_program();
    let text = std::fs::read_to_string(FILE).unwrap_or_default();
    let kept: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    Mutex::new(kept.into_iter().filter(|(id, it)| contract.allows(id, it).is_ok()).collect())
});

/// Keeps an exchange that kept to the contract, if it is the first of its operation.
pub fn keep(seen: &Exchange<'_>, operation: &Value) {
    if std::env::var_os("ALIS_RECORD_EXAMPLES").is_none() || !(200..300).contains(&seen.status) {
        return;
    }
    let Some(id) = operation["operationId"].as_str() else { return };
    let media = super::contract::media_type(seen.headers);
    let answer: Value = match media {
        "text/csv" => seen.text.lines().take(LINES_MAX).collect::<Vec<_>>().join("\n").into(),
        json if json.ends_with("+json") || json == "application/json" => {
            serde_json::from_str(seen.text).unwrap_or_default()
        }
        _other => return,
    };
    let mut same = Same::default();
    let mut pair = json!({ "sent": seen.sent.cloned().unwrap_or_default(), "answer": answer });
    same.make(&mut pair);
    let mut kept = KEPT.lock().expect("nobody panics while recording");
    let all = kept.entry(id.to_owned()).or_insert_with(|| json!({ "answers": {} }));
    let place = &mut all["answers"][seen.status.to_string()][media];
    if !place.is_null() && (!is_empty(place) || is_empty(&pair["answer"])) {
        return;
    }
    *place = pair["answer"].take();
    // What was sent goes with the answer of a success that is no rehearsal.
    if !pair["sent"].is_null() && (all.get("request").is_none() || media == "application/json") {
        all["request"] = pair["sent"].take();
    }
    let text = serde_json::to_string_pretty(&*kept).expect("examples are JSON");
    std::fs::write(FILE, text + "\n").expect("the file of examples can be written");
}

/// Whether an answer shows nothing: no entry, no row.
fn is_empty(answer: &Value) -> bool {
    let entries = match answer {
        Value::Array(entries) => Some(entries),
        Value::Object(members) => {
            ["items", "rows", "events"].iter().find_map(|name| members.get(*name)?.as_array())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    entries.is_some_and(Vec::is_empty)
}

/// Makes what differs from run to run the same.
#[derive(Default)]
struct Same {
    ids: BTreeMap<String, String>,
}

impl Same {
    fn make(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(entries) => {
                // Entries of a list; a list of hashes is one proof.
                if entries.iter().all(Value::is_object) {
                    entries.truncate(ENTRIES_MAX);
                }
                entries.iter_mut().for_each(|entry| self.make(entry));
            }
            Value::Object(members) => self.members(members),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn members(&mut self, members: &mut Map<String, Value>) {
        members.values_mut().for_each(|member| self.make(member));
    }

    fn text(&mut self, text: &str) -> String {
        let today = alis::http::today().to_string();
        if text == today {
            return "2020-06-01".to_owned();
        }
        if text.len() > 10 && text.parse::<jiff::Timestamp>().is_ok() {
            return "2020-06-01T12:00:00Z".to_owned();
        }
        self.ids_in(text)
    }

    /// The ids within a text, numbered in the order in which they come.
    fn ids_in(&mut self, text: &str) -> String {
        const ID_CHARS: usize = 36;
        let mut made = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            match rest.get(..ID_CHARS).filter(|id| uuid::Uuid::try_parse(id).is_ok()) {
                Some(id) => {
                    let number = self.ids.len() + 1;
                    let new = || format!("01890a5d-ac96-774b-bcce-{number:012x}");
                    made += self.ids.entry(id.to_owned()).or_insert_with(new);
                    rest = &rest[ID_CHARS..];
                }
                None => {
                    made.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        made
    }
}

#[test]
fn ids_and_times_of_an_example_are_the_same_in_every_run() {
    let ids = [uuid::Uuid::now_v7(), uuid::Uuid::now_v7()];
    let mut value = json!({
        "id": ids[0], "subjects": format!("a:{},b:{}", ids[1], ids[0]),
        "time": "2026-11-30T12:34:56.789Z", "today": alis::http::today().to_string(),
        "items": [{}, {}, {}], "proof": ["a", "b", "c"],
    });
    Same::default().make(&mut value);
    let id = |number: u32| format!("01890a5d-ac96-774b-bcce-{number:012x}");
    let made = json!({
        "id": id(1), "subjects": format!("a:{},b:{}", id(2), id(1)),
        "time": "2020-06-01T12:00:00Z", "today": "2020-06-01",
        "items": [{}, {}], "proof": ["a", "b", "c"],
    });
    assert_eq!(value, made);
}
