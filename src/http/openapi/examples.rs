//! Examples of requests and answers, as the tests recorded them while they played the sample and
//! much else. A reader of the document learns more from them than from the schemas.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::members;
use crate::http::change::DRY_RUN_JSON;

/// What is recorded of each operation: what was sent, and what was answered by status and media
/// type.
static RECORDED: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../openapi/examples.json");
    serde_json::from_str(text).expect("the examples are checked in as JSON")
});

/// Adds to every request body and every answer of success its example.
pub fn add(document: &mut Value) {
    for (_, operations) in members(document, "paths") {
        for operation in operations.as_object_mut().into_iter().flat_map(|them| them.values_mut()) {
            let id = operation["operationId"].as_str().unwrap_or("").to_owned();
            add_to(operation, &RECORDED[id]);
        }
    }
}

fn add_to(operation: &mut Value, recorded: &Value) {
    if let Some(body) = operation.pointer_mut("/requestBody/content/application~1json") {
        put(body, recorded.get("request"));
    }
    let answers = &recorded["answers"];
    for (status, response) in members(operation, "responses") {
        for (media, content) in members(response, "content") {
            // An answer may be `null`, and that is an example too.
            let example = answers[status.as_str()].get(media.as_str());
            match media.as_str() {
                "application/problem+json" => {}
                DRY_RUN_JSON if example.is_none() => put(content, rehearsed(answers).as_ref()),
                // What is so already is answered like the first time.
                "application/json" if example.is_none() => {
                    put(content, answers["201"].get("application/json"));
                }
                _ => put(content, example),
            }
        }
    }
}

fn put(content: &mut Value, example: Option<&Value>) {
    if let Some(example) = example
        && content.get("example").is_none()
    {
        content["examples"] = json!({ "recorded": { "value": example } });
    }
}

/// The dry run of what would be answered so: where no test has recorded one, that of a change that
/// is made already.
fn rehearsed(answers: &Value) -> Option<Value> {
    [201, 200].into_iter().find_map(|status: u16| {
        let resource = answers[status.to_string()].get("application/json")?;
        Some(json!({ "dry_run": true, "status": status, "events": [], "resource": resource }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_each_answer_of_success_get_their_example() {
        let json = || json!({ "application/json": { "schema": {} } });
        let mut operation = json!({
            "requestBody": { "content": json() },
            "responses": {
                "200": { "content": { "application/json": {}, DRY_RUN_JSON: {} } },
                "201": { "content": json() },
                "409": { "content": { "application/problem+json": {} } },
            },
        });
        let made = json!({ "drops": 2 });
        let answers = json!({ "201": { "application/json": made } });
        add_to(&mut operation, &json!({ "request": { "drops": 1 }, "answers": answers }));
        let example = |place: &str| {
            let place = format!("{place}/examples/recorded/value");
            operation.pointer(&place).cloned().unwrap_or_default()
        };
        assert_eq!(example("/requestBody/content/application~1json"), json!({ "drops": 1 }));
        assert_eq!(example("/responses/201/content/application~1json"), made);
        assert_eq!(example("/responses/200/content/application~1json"), made);
        let dry = example(&format!("/responses/200/content/{}", DRY_RUN_JSON.replace('/', "~1")));
        assert_eq!((&dry["status"], &dry["resource"]), (&json!(201), &made));
        assert_eq!(example("/responses/409/content/application~1problem+json"), Value::Null);
    }
}
