//! What many operations have in common to the letter: told once, among the components.

use serde_json::{Map, Value, json};

/// Problems of every operation, each of a status of its own.
const STATUSES: [&str; 4] = ["408", "414", "429", "431"];

/// Replaces the answers that operations share by references; `told` takes the answers.
pub fn refer(responses: &mut Value, told: &mut Map<String, Value>) {
    for status in STATUSES {
        if let Some(response) = responses.get_mut(status) {
            let reference = json!({ "$ref": format!("#/components/responses/{status}") });
            let response = std::mem::replace(response, reference);
            told.entry(status).or_insert(response);
        }
    }
}

const POLICY: &str = "RateLimit-Policy";
const LEFT: &str = "RateLimit";

/// Headers that tell a caller what is allowed and what is left of it, as components.
pub fn limits() -> Value {
    let header = |description: &str, example: &str| {
        json!({ "description": description, "required": false,
                "schema": { "type": "string", "examples": [example] } })
    };
    json!({
        POLICY: header(
            "How many requests (`q`) a caller may send within how many seconds (`w`). It comes with \
             every answer to a token that is taken.",
            "\"caller\";q=6000;w=10",
        ),
        LEFT: header(
            "How many requests are left (`r`), and in how many seconds all are back (`t`).",
            "\"caller\";r=5999;t=1",
        ),
    })
}

/// Refers to them from an answer.
pub fn refer_to_limits(headers: &mut Value) {
    for name in [POLICY, LEFT] {
        headers[name] = json!({ "$ref": format!("#/components/headers/{name}") });
    }
}
