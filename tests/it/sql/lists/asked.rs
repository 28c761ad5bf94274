//! What the lists are asked, and what they prepare for it.

use std::collections::{BTreeMap, BTreeSet};

use alis::http::page::Cursor;
use serde_json::Value;
use tokio_postgres::Config;

use crate::support::client;
use crate::support::contract::Contract;
use crate::support::instance::beside;
use crate::support::sample;
use crate::support::wire::Wire;

/// Parameters that every list has.
const COMMON: [&str; 5] = ["as_of", "known_at", "limit", "cursor", "sort"];

/// A list, an example of each of its filters, as they stand in a query, and what it may be sorted
/// by.
struct Listed {
    path: String,
    filters: Vec<String>,
    sorts: Vec<Sort>,
}

/// What a list is sorted by; nothing when that is left out.
type Sort = Option<String>;

/// Every list that may come from a read model: it has pages, and is not below another resource.
fn lists() -> Vec<Listed> {
    let contract = Contract::of_program();
    let mut found = Vec::new();
    for (path, method, operation) in contract.operations() {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<&Value> = parameters.map(|one| resolved(contract, one)).collect();
        let paged = parameters.iter().any(|parameter| parameter["name"] == "cursor");
        // The access log is no read model: its page is found by the table's primary key.
        if method != "GET" || !paged || path.contains('{') || path == "/v1/access-log" {
            continue;
        }
        let sorts = parameters.iter().find(|parameter| parameter["name"] == "sort");
        let sorts = sorts_of(sorts.unwrap_or_else(|| panic!("{path} has no sort")));
        let own = parameters.into_iter().filter(|parameter| {
            parameter["in"] == "query" && COMMON.iter().all(|name| parameter["name"] != *name)
        });
        let filters = own.map(|parameter| example(contract, parameter)).collect();
        found.push(Listed { path: path.to_owned(), filters, sorts });
    }
    found
}

/// Everything that `sort` may be, its default as nothing.
fn sorts_of(parameter: &Value) -> Vec<Sort> {
    let schema = &parameter["schema"];
    let words = schema["enum"].as_array().expect("sort is one of several words");
    let words = words.iter().map(|word| Some(word).filter(|word| **word != schema["default"]));
    words.map(|word| word.map(|word| word.as_str().expect("a word").to_owned())).collect()
}

fn resolved<'a>(contract: &'a Contract, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(address) => {
            let pointer = address.trim_start_matches('#');
            contract.document().pointer(pointer).expect("references of the document lead somewhere")
        }
        None => value,
    }
}

/// `name=value`, by the parameter's example or that of its type.
fn example(contract: &Contract, parameter: &Value) -> String {
    let name = parameter["name"].as_str().expect("a parameter has a name");
    let of_type = &resolved(contract, &parameter["schema"])["examples"][0];
    let value = Some(&parameter["example"]).filter(|value| !value.is_null()).unwrap_or(of_type);
    match value {
        Value::String(text) => format!("{name}={text}"),
        Value::Null => panic!("{name} has no example"),
        Value::Bool(_) | Value::Number(_) => format!("{name}={value}"),
        Value::Array(_) | Value::Object(_) => panic!("{name} is no value of a query"),
    }
}

/// What the lists prepare, alone and with each pair of filters, by the query that was asked.
pub async fn statements(database: &Config) -> BTreeMap<String, String> {
    let wire = Wire::to(database).await;
    let (running, other) = (beside(&wire.config).await, beside(database).await);
    let client = client::Client::new(running.address);
    let unheard = client::Client::new(other.address);
    sample::tromso(&unheard).await;
    let known = [("Min-Log-Position", "3")];
    let reads_model = |text: &String| text.contains(" from model.");
    let mut found = BTreeMap::new();
    let mut before: BTreeSet<String> = wire.prepared();
    for list in lists() {
        for asked in questions(&unheard, &list).await {
            let answer = client.get_with(&asked, &known).await;
            assert_eq!(answer.status, 200, "{asked}: {}", answer.text);
            let after = wire.prepared();
            let new: Vec<&String> = after.difference(&before).filter(|t| reads_model(t)).collect();
            match new[..] {
                [statement] => drop(found.insert(asked, statement.clone())),
                // Keys of a first page come after the empty one, and arrays hold one of several.
                [] if asked.contains("cursor=") || asked.contains("=5501") => {}
                _ => panic!("{asked} prepared {new:?}"),
            }
            before = after;
        }
    }
    running.stop().await;
    other.stop().await;
    found
}

/// What a list is asked: in its usual order with each pair of filters, in the others with each
/// filter, where it has several numbers of a municipality to look for, and for later pages.
async fn questions(client: &client::Client, list: &Listed) -> Vec<String> {
    let Listed { path, filters, sorts } = list;
    let mut all: Vec<String> =
        combined(filters).iter().map(|filters| format!("{path}?{filters}")).collect();
    if filters.iter().any(|filter| filter.starts_with("municipality=")) {
        all.push(format!("{path}?municipality=5501"));
    }
    for sort in sorts {
        let word = sort.as_ref().map_or(String::new(), |sort| format!("sort={sort}&"));
        let cursor = cursor(client, path, sort).await;
        for filter in [String::new()].iter().chain(filters) {
            if sort.is_some() {
                all.push(format!("{path}?{word}{filter}"));
            }
            all.push(format!("{path}?{word}cursor={cursor}&{filter}"));
        }
    }
    all
}

/// A cursor that a list takes in an order: what its column holds is found by trying.
async fn cursor(client: &client::Client, path: &str, sort: &Sort) -> String {
    let word = sort.as_ref().map_or(String::new(), |sort| format!("sort={sort}&"));
    for value in [None, Some(MIDDLE_DAY), Some(MIDDLE_COUNT), Some(MIDDLE_TEXT)] {
        let (after, value) = (MIDDLE_KEY.to_owned(), value.map(str::to_owned));
        let as_of = jiff::civil::date(2026, 6, 1);
        let cursor = Cursor { after, sort: sort.clone(), value, as_of, known_at: 0 }.encode();
        if client.get(&format!("{path}?{word}cursor={cursor}")).await.status == 200 {
            return cursor;
        }
    }
    panic!("{path} takes no cursor when it is sorted by {sort:?}")
}

/// Places in the middle of a table.
pub const MIDDLE_KEY: &str = "8";
pub const MIDDLE_DAY: &str = "2026-02-01";
pub const MIDDLE_COUNT: &str = "3";
pub const MIDDLE_TEXT: &str = "w3";

/// No filter, each, and each pair.
fn combined(filters: &[String]) -> Vec<String> {
    let mut all = vec![String::new()];
    for (place, one) in filters.iter().enumerate() {
        all.push(one.clone());
        all.extend(filters[place + 1..].iter().map(|other| format!("{one}&{other}")));
    }
    all
}
