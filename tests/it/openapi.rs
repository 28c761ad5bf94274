//! The OpenAPI document and what is generated beside it: the files are those the program makes,
//! and nothing in them is left without words.

mod events;
mod examples;
mod lint;
mod tracer;

use std::collections::BTreeSet;
use std::fs;

use alis::http::openapi;
use serde_json::{Map, Value, json};

use crate::support::contract::Contract;
use crate::support::instance::Instance;

#[test]
fn the_generated_files_are_what_the_program_makes() {
    let document = alis::app::document();
    let pretty = serde_json::to_string_pretty(&document).expect("a document is JSON") + "\n";
    for (file, made) in [
        ("openapi/openapi.json", pretty),
        ("openapi/operations.txt", openapi::operations_text(&document)),
        ("docs/errors.md", openapi::errors_markdown()),
    ] {
        let kept = fs::read_to_string(file).unwrap_or_default();
        if let Some(difference) = first_difference(&kept, &made) {
            panic!("{file} is not what the program makes. {difference}\nAccept it: make generate");
        }
    }
}

/// The first line in which two texts differ.
fn first_difference(kept: &str, made: &str) -> Option<String> {
    if kept == made {
        return None;
    }
    let same = kept.lines().zip(made.lines()).take_while(|(kept, made)| kept == made).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    Some(format!("Line {}:\n- {}\n+ {}", same + 1, line(kept), line(made)))
}

#[test]
fn the_first_difference_is_named_by_its_line() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some("Line 2:\n- b\n+ c".to_owned()));
    assert_eq!(first_difference("a\n", "a\nc\n"), Some("Line 2:\n- (the end)\n+ c".to_owned()));
    assert!(first_difference("a\n", "a").is_some());
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn has_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn a_request_body_takes_no_field_that_is_not_documented() {
    let document = Contract::of_program().document();
    let mut open = Vec::new();
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            open.extend(open_objects(document, schema, &format!("{method} {path}")));
        }
    }
    assert!(open.is_empty(), "open to unknown fields: {open:#?}");
}

/// The objects within a schema that say nothing of further fields.
fn open_objects(document: &Value, schema: &Value, place: &str) -> Vec<String> {
    let referred = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    if let Some(schema) = referred.and_then(|pointer| document.pointer(pointer)) {
        return open_objects(document, schema, place);
    }
    let mut open = Vec::new();
    if schema["properties"].is_object() && schema["additionalProperties"] != false {
        open.push(place.to_owned());
    }
    for (name, property) in members(&schema["properties"]) {
        open.extend(open_objects(document, property, &format!("{place}/{name}")));
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            open.extend(open_objects(document, part, place));
        }
    }
    if schema["items"].is_object() {
        open.extend(open_objects(document, &schema["items"], place));
    }
    open
}

#[test]
fn an_object_open_to_unknown_fields_is_found_wherever_it_is() {
    let closed = json!({ "properties": { "a": {} }, "additionalProperties": false });
    let document = json!({ "open": { "properties": {} }, "closed": closed });
    let found = |schema: Value| open_objects(&document, &schema, "here");
    assert_eq!(found(json!({ "$ref": "#/closed" })), Vec::<String>::new());
    assert_eq!(found(json!({ "$ref": "#/open" })), ["here"]);
    assert_eq!(found(json!({ "items": { "oneOf": [{ "$ref": "#/open" }] } })), ["here"]);
    let nested =
        json!({ "properties": { "b": { "$ref": "#/open" } }, "additionalProperties": false });
    assert_eq!(found(nested), ["here/b"]);
}

/// The codes that the operations of a document declare.
fn declared_codes(document: &Value) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let operations = members(&document["paths"]).flat_map(|(_, methods)| members(methods));
    let own = operations.flat_map(|(_, operation)| members(&operation["responses"]));
    for (_, response) in own.chain(members(&document["components"]["responses"])) {
        codes.extend(members(&response["x-problems"]).map(|(code, _)| code.clone()));
    }
    codes
}

/// Problems of addresses and methods that are no operation.
const OUTSIDE_OPERATIONS: [&str; 1] = ["method_not_allowed"];

#[test]
fn every_problem_belongs_to_an_operation_and_stands_in_the_page_of_problems() {
    let declared = declared_codes(Contract::of_program().document());
    let page = openapi::errors_markdown();
    for problem in openapi::all_problems() {
        let code = problem.code;
        assert!(page.contains(&format!("\n## {code}\n")), "{code} is not in docs/errors.md");
        let reachable = declared.contains(code) || OUTSIDE_OPERATIONS.contains(&code);
        assert!(reachable, "no operation declares {code}: add it to its x-problems, or delete it");
    }
}

#[test]
fn every_problem_code_is_declared_once() {
    let mut codes: Vec<&str> = openapi::all_problems().iter().map(|p| p.code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}

#[test]
fn every_problem_speaks_two_languages() {
    for problem in openapi::all_problems() {
        for words in [&problem.title, &problem.detail] {
            assert!(!words.en.trim().is_empty() && !words.nb.trim().is_empty(), "{}", problem.code);
            assert_ne!(words.en, words.nb, "{} says the same in both languages", problem.code);
        }
        assert_eq!(
            places(problem.detail.en),
            places(problem.detail.nb),
            "{} fills different places in its two languages",
            problem.code
        );
        let declared: BTreeSet<&str> = problem.members.iter().map(|member| member.name).collect();
        let silent: Vec<_> = places(problem.detail.en).difference(&declared).copied().collect();
        assert!(silent.is_empty(), "{} says what is no member: {silent:?}", problem.code);
        assert!(!problem.doc.trim().is_empty(), "{} has no page", problem.code);
    }
}

/// Members that every problem has.
const OF_EVERY_PROBLEM: [&str; 7] =
    ["type", "title", "status", "detail", "code", "instance", "errors"];

#[test]
fn a_member_means_the_same_in_all_problems_of_a_status_and_is_none_that_all_have() {
    let mut known = std::collections::BTreeMap::new();
    for problem in openapi::all_problems() {
        for member in problem.members {
            let name = member.name;
            assert!(!OF_EVERY_PROBLEM.contains(&name), "{} has a member {name}", problem.code);
            let kind = known.entry((problem.status, name)).or_insert(member.kind);
            assert_eq!(*kind, member.kind, "{name} of {} is of another kind", problem.code);
            assert!(member.doc.ends_with('.'), "{}: {name} is not described", problem.code);
        }
    }
}

/// The `{places}` of a detail.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[tokio::test]
async fn every_type_of_problem_leads_to_its_page() {
    let instance = Instance::start().await;
    let client = instance.client();
    for problem in openapi::all_problems() {
        let page = client.get(&format!("/problems/{}", problem.code)).await.expect(200);
        assert!(page.text.contains(problem.title.en), "{}", page.text);
        assert!(page.text.contains(problem.title.nb), "{}", page.text);
    }
    client.get("/problems/no_such_problem").await.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn the_served_document_is_the_checked_in_one() {
    let instance = Instance::start().await;
    let served = instance.client().get("/openapi.json").await.expect(200);
    assert_eq!(&served.body, Contract::of_program().document());
    instance.stop().await;
}
