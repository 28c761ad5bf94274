//! Every request body and every answer of success has an example in the document, and each is such
//! as its schema allows.

use std::fs;

use serde_json::{Value, json};

use super::{has_text, members};
use crate::support::contract::Contract;

/// Pages and streams of text, whose examples are written or which need none.
const WITHOUT: [&str; 2] = ["text/html", "text/plain"];

#[test]
fn every_request_and_every_answer_of_success_has_an_example() {
    let contract = Contract::of_program();
    let mut missing = Vec::new();
    for (path, method, operation) in contract.operations() {
        let place = format!("{method} {path}");
        for (_, content) in members(&operation["requestBody"]["content"]) {
            if !has_example(content) {
                missing.push(format!("{place} request"));
            }
        }
        for (status, response) in members(&operation["responses"]) {
            let success = status.starts_with('2');
            for (media, content) in members(&contract.resolved(response)["content"]) {
                if success && !WITHOUT.contains(&media.as_str()) && !has_example(content) {
                    missing.push(format!("{place} {status} {media}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no example ({}): {missing:#?}: make examples", missing.len());
}

fn has_example(content: &Value) -> bool {
    content["examples"].is_object() || has_text(&content["example"])
}

#[test]
fn every_recorded_example_is_what_its_schema_allows() {
    let contract = Contract::of_program();
    let text = fs::read_to_string("openapi/examples.json").expect("the examples are there");
    let recorded: Value = serde_json::from_str(&text).expect("the examples are JSON");
    let faults: Vec<String> =
        members(&recorded).filter_map(|(id, of)| contract.allows(id, of).err()).collect();
    assert!(faults.is_empty(), "{}: make examples", faults.join("\n"));
}

#[test]
fn an_example_that_is_not_what_the_schema_allows_is_found() {
    let contract = Contract::of_program();
    let refused = |id: &str, examples: Value| contract.allows(id, &examples).is_err();
    assert!(refused("no_such_operation", json!({})));
    assert!(refused("register_trainee", json!({ "request": { "name": 1 } })));
    let answers = json!({ "200": { "application/json": { "more": 1 } } });
    assert!(refused("list_positions", json!({ "answers": answers })));
    let answers = json!({ "202": { "application/json": {} } });
    assert!(refused("list_positions", json!({ "answers": answers })));
}
