//! What every operation has in common, through HTTP. Trainees and positions stand for all
//! resources; where the document lists the operations, all of them are tried.

mod again;
mod bodies;
mod context;
mod hostile;
mod methods;
mod pages;
mod people;
mod retries;
mod sorting;
mod time;
mod versions;

use serde_json::{Value, json};

use crate::support::client::{Answer, Client};
use crate::support::contract::Contract;
use crate::support::facts;
use crate::support::instance::Instance;

/// A doctor to register; `number` 1 and up.
fn trainee(number: u32) -> Value {
    let hpr_number = (999_000_000 + number).to_string();
    json!({ "hpr_number": hpr_number, "name": "Kari Eksempel", "scheme": "old" })
}

/// Registers a doctor.
async fn registered(client: &Client, number: u32) -> Answer {
    client.post("/v1/trainees", trainee(number)).await.expect(201)
}

/// Another scheme from a day of 2021: a change that can be told apart by its number.
fn scheme(number: u32, scheme: &str) -> Value {
    json!({ "scheme": scheme, "from": format!("2021-01-{number:02}"), "reason": "Converted" })
}

/// Establishes a position from a day on, in a municipality that is in use.
async fn established(instance: &Instance, from: &str) -> Answer {
    facts::municipality(&instance.running, "5401").await;
    let body = json!({
        "municipality": "5401", "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": from,
    });
    instance.client().post("/v1/positions", body).await.expect(201)
}

/// An operation, with its path filled in from the document's own examples.
struct Operation {
    method: String,
    template: String,
    path: String,
    described: Value,
}

impl Operation {
    fn has_parameter(&self, name: &str) -> bool {
        let parameters = self.described["parameters"].as_array();
        parameters.into_iter().flatten().any(|parameter| parameter["name"] == name)
    }

    fn is_read(&self) -> bool {
        self.method == "GET" && self.template.starts_with("/v1/") && self.template != "/v1/events"
    }
}

/// Every operation of the document.
fn operations() -> Vec<Operation> {
    let contract = Contract::of_program();
    let all = contract.operations().map(|(template, method, described)| {
        let mut path = template.to_owned();
        let mut required = Vec::new();
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a parameter has a name");
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &example(parameter)),
                Some("query") if parameter["required"] == true => {
                    required.push(format!("{name}={}", example(parameter)));
                }
                _ => {}
            }
        }
        let separator = if required.is_empty() { "" } else { "?" };
        let path = format!("{path}{separator}{}", required.join("&"));
        Operation { method, template: template.to_owned(), path, described: described.clone() }
    });
    all.collect()
}

/// The example of a parameter, its own or its schema's.
fn example(parameter: &Value) -> String {
    let document = Contract::of_program().document();
    let mut schema = &parameter["schema"];
    while let Some(pointer) = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#')) {
        schema = document.pointer(pointer).expect("references lead somewhere");
    }
    let candidates = [&parameter["example"], &schema["examples"][0], &schema["example"]];
    match candidates.into_iter().find(|example| !example.is_null()) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("no example of {parameter}"),
    }
}

/// The path with one more query parameter.
fn with_query(path: &str, parameter: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}{parameter}")
}

/// Reads that need nothing to exist: lists and reports, which are never not found. What has no
/// past, such as the access log, takes no `known_at` and has tests of its own.
fn lists() -> Vec<Operation> {
    let has_past = |operation: &Operation| {
        let parameters = operation.described["parameters"].as_array();
        parameters.into_iter().flatten().any(|parameter| parameter["name"] == "known_at")
    };
    let plain = |operation: &Operation| {
        let never_missing = operation.described["responses"]["404"].is_null();
        operation.is_read() && never_missing && has_past(operation)
    };
    operations().into_iter().filter(plain).collect()
}
