//! The OpenAPI document: collected from the handlers, then completed with what every operation of
//! a kind has in common, so that no handler repeats it and none forgets it.
//!
//! An operation declares its own refusals with `x-problems`; everything else here follows from its
//! method and parameters.

mod dry_run;
mod events;
mod examples;
mod links;
mod operations;
mod parameters;
mod problems;
mod schemas;
mod shared;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::problems as kernel;
use crate::http::access::Rule;
use crate::problem::Problem;

pub use operations::{Asked, Operations};

/// Codes of problems, for `x-problems` of an operation.
pub fn codes(problems: &[&'static Problem]) -> Value {
    problems.iter().map(|problem| problem.code).collect()
}

/// Every problem of the service: the kernel's and the capabilities'.
pub fn all_problems() -> Vec<&'static Problem> {
    let mut all: Vec<&'static Problem> = kernel::ALL.to_vec();
    all.extend(crate::problem::common::ALL);
    all.extend(super::external_ids::ALL);
    all.extend(crate::proof::problems::ALL);
    for capability in crate::capabilities::ALL {
        all.extend(capability.problems.iter().copied().flatten());
    }
    all
}

/// Completes the collected document.
pub fn complete(collected: &utoipa::openapi::OpenApi, operations: &Operations) -> Value {
    let mut document = serde_json::to_value(collected).expect("the document is plain data");
    let catalogue: BTreeMap<&str, &'static Problem> =
        all_problems().into_iter().map(|problem| (problem.code, problem)).collect();
    schemas::refer(&mut document);
    let mut dry_runs = Map::new();
    for (path, methods) in members(&mut document, "paths") {
        let methods = methods.as_object_mut().expect("a path item is an object");
        for (method, operation) in methods.iter_mut() {
            if method == "post" {
                dry_run::add(operation, &mut dry_runs);
            }
            let rule = operations.rule(&method.to_uppercase(), path);
            operation_complete(path, method, operation, &catalogue, rule);
        }
    }
    let schemas = document["components"]["schemas"].as_object_mut();
    schemas.expect("handlers name schemas").append(&mut dry_runs);
    dry_run::describe(&mut document["components"]["schemas"]);
    problems::describe(&mut document, &all_problems());
    events::describe(&mut document);
    schemas::close_requests(&mut document);
    links::add(&mut document);
    examples::add(&mut document);
    shared::share(&mut document);
    document
}

fn members<'a>(
    document: &'a mut Value,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    document.get_mut(name).and_then(Value::as_object_mut).into_iter().flat_map(Map::iter_mut)
}

fn operation_complete(
    path: &str,
    method: &str,
    operation: &mut Value,
    catalogue: &BTreeMap<&str, &'static Problem>,
    rule: Option<&Rule>,
) {
    let mut codes: BTreeSet<&'static str> = BTreeSet::new();
    codes.extend(["internal_error", "unavailable", "address_too_long", "headers_too_large"]);
    let guarded = path.starts_with("/v1/");
    if let Some(Rule { scope, access, operation: _ }) = rule {
        let scope = format!("{}{scope}", crate::identity::SCOPE_PREFIX);
        operation["security"] = json!([{ "token": [scope] }]);
        let recorded = operation["description"].as_str().unwrap_or("");
        let recorded = format!("{recorded}\n\nScope `{scope}`. {}", access.sentence());
        operation["description"] = json!(recorded.trim_start());
        operation["x-access"] = json!(access.word());
        codes.extend(["unauthenticated", "token_refused", "scope_missing", "too_many_requests"]);
        if !access.roles().is_empty() {
            codes.insert("relation_missing");
        }
        parameters::language(operation);
    }
    if path == FEED {
        events::forms(operation);
        parameters::of_feed(operation);
    }
    if path.contains('{') {
        codes.insert("not_found");
    }
    if method == "post" {
        change_complete(operation, &mut codes);
    } else if guarded {
        codes.insert("invalid_request");
        read_complete(operation, &mut codes, path != FEED);
    }
    if path.starts_with("/v1/reports/") || path == FEED {
        codes.insert("not_acceptable");
    }
    let own = operation.as_object_mut().and_then(|members| members.remove("x-problems"));
    for code in own.iter().flat_map(|own| own.as_array().into_iter().flatten()) {
        let problem = code.as_str().and_then(|code| catalogue.get(code));
        codes.insert(problem.expect("x-problems names declared problems").code);
    }
    problems::add(operation, &codes, catalogue);
    parameters::finish(operation);
    let paged = has_parameter(operation, "cursor") || path == FEED;
    // The feed is no resource: its version would be the log's.
    let versioned = guarded && path != FEED;
    for (status, response) in members(operation, "responses") {
        response["headers"] = headers_of(status, method, versioned, paged);
        if guarded && (status.starts_with('2') || status == "429") {
            shared::add_limits(&mut response["headers"]);
        }
    }
}

fn has_parameter(operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.into_iter().flatten().any(|parameter| parameter["name"] == name)
}

fn change_complete(operation: &mut Value, codes: &mut BTreeSet<&'static str>) {
    codes.extend(["malformed_request", "invalid_request", "key_reused", "stale_version"]);
    if operation.get("requestBody").is_some() {
        codes.extend(["body_too_large", "body_too_slow", "unsupported_media_type"]);
    }
    parameters::of_change(operation);
}

/// The one address of facts, and not of resources.
const FEED: &str = "/v1/events";

fn read_complete(operation: &mut Value, codes: &mut BTreeSet<&'static str>, versioned: bool) {
    codes.insert("not_yet_visible");
    parameters::min_log_position(operation);
    if !versioned {
        return;
    }
    parameters::if_none_match(operation);
    let responses = operation["responses"].as_object_mut().expect("responses are an object");
    responses.insert("304".to_owned(), json!({ "description": "The caller has this version" }));
}

/// What every answer carries, and what belongs to answers of a kind. `required`: always there.
fn headers_of(status: &str, method: &str, versioned: bool, paged: bool) -> Value {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let text = |description: &str, required: bool, example: &str| {
        json!({ "description": description, "required": required,
                "schema": { "type": "string", "examples": [example] } })
    };
    let mut headers = json!({
        "Log-Position": { "description": "How far the log had come in this answer.", "required": true,
                          "schema": parameters::position("42") },
        "X-Request-Id": text("Names this request in the service's own log.", true, id),
    });
    let changed = method == "post";
    let etag = |required| text("The version of what is answered.", required, "\"42\"");
    match status {
        "200" if versioned && changed => headers["ETag"] = etag(false), // none on a dry run
        "200" | "304" if versioned => headers["ETag"] = etag(true),
        "201" => {
            headers["ETag"] = etag(true);
            let example = format!("/v1/positions/{id}");
            headers["Location"] = text("Where the resource is.", true, &example);
        }
        "401" => headers["WWW-Authenticate"] = text("How to authenticate.", true, "Bearer"),
        "412" => headers["ETag"] = text("The version to read next.", true, "\"43\""),
        "429" | "503" => headers["Retry-After"] = text("Seconds to wait.", true, "1"),
        _ => {}
    }
    if changed && matches!(status, "200" | "201") {
        let example = "</v1/log/receipts/42>; rel=\"receipt\"";
        headers["Link"] =
            text("The receipt of what was recorded, if anything was.", false, example);
    }
    if status == "200" && paged {
        let example = "</v1/positions?cursor=eyJhIjoiMDAwMjI1IiwiZCI6IjIwMjAtMDMtMzEiLCJrIjoyMjV9>; rel=\"next\"";
        headers["Link"] = text("The next page, if there is one.", false, example);
    }
    headers
}

/// One line an operation, for `openapi/operations.txt`.
pub fn operations_text(document: &Value) -> String {
    let mut lines = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let id = operation["operationId"].as_str().unwrap_or("");
            let statuses: Vec<&str> = operation["responses"]
                .as_object()
                .into_iter()
                .flat_map(Map::keys)
                .map(String::as_str)
                .collect();
            lines.push(format!("{} {path} {id} {}", method.to_uppercase(), statuses.join(",")));
        }
    }
    lines.sort();
    lines.join("\n") + "\n"
}

/// The page of all problems, for `docs/errors.md`.
pub fn errors_markdown() -> String {
    problems::markdown(all_problems())
}
