//! Parameters that every operation of a kind takes, so that no handler declares them.
//!
//! Each has one type: of a choice between two, generated clients make something that cannot be
//! sent in a query or a header.

use serde_json::{Value, json};

/// The language of what is said.
pub fn language(operation: &mut Value) {
    add_parameter(
        operation,
        header(
            "Accept-Language",
            "Language of titles and details: `nb` or `en`.",
            json!({"type": "string", "examples": ["nb"]}),
        ),
    );
}

/// What makes a change safe to send again, and to send at all.
pub fn of_change(operation: &mut Value) {
    add_parameter(
        operation,
        header(
            "Idempotency-Key",
            "Makes a retry safe: the same key and body get the same answer, and nothing is recorded twice.",
            json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$",
               "examples": ["01890a5d-ac96-774b-bcce-b302099a8057"]}),
        ),
    );
    add_parameter(
        operation,
        header(
            "If-Match",
            "The change happens only if the resource is still at one of these versions, the `ETag` \
             of an earlier answer: `\"42\"`. What is about to be created is at version `\"0\"`; \
             `*` is any version.",
            etags("*"),
        ),
    );
    add_parameter(
        operation,
        json!({
            "name": "dry_run", "in": "query", "required": false,
            "description": "Answer the same verdict and the events that would be recorded; record nothing.",
            "schema": {"type": "boolean", "default": false, "examples": [false]},
        }),
    );
}

/// How fresh an answer must be.
pub fn min_log_position(operation: &mut Value) {
    add_parameter(
        operation,
        header(
            "Min-Log-Position",
            "Wait (at most five seconds) until the answer reflects this position of the log, the \
             `Log-Position` of an earlier answer. One far ahead of the log is not waited for.",
            position("0"),
        ),
    );
}

/// The versions that the caller has.
pub fn if_none_match(operation: &mut Value) {
    add_parameter(
        operation,
        header(
            "If-None-Match",
            "Answer 304 if the caller has this version already.",
            etags("\"0\""),
        ),
    );
}

/// Where the feed goes on: positions are texts wherever they are read and sent back.
pub fn of_feed(operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    let mut all = parameters.into_iter().flatten();
    if let Some(after) = all.find(|parameter| parameter["name"] == "after") {
        let about = after["description"].take();
        *after = json!({ "name": "after", "in": "query", "required": false,
                         "description": about, "schema": position("0") });
    }
}

/// Says of every parameter that there is no null: what is not given is left out.
pub fn finish(operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        never_null(&mut parameter["schema"]);
        // A schema that is made by hand has the words of its parameter.
        if parameter["description"].is_null() && parameter["schema"]["description"].is_string() {
            parameter["description"] = parameter["schema"]["description"].clone();
        }
    }
}

/// A position of the log as it is sent in a parameter or header.
pub fn position(example: &str) -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{1,18}$", "examples": [example] })
}

/// Versions as [`crate::http::etag`] takes them, without the spaces that it overlooks beside the
/// commas.
fn etags(example: &str) -> Value {
    const ETAGS: &str = r#"^(\*|(W/)?"[!#-+.-~-]{0,40}"(, ?(W/)?"[!#-+.-~-]{0,40}"){0,19})$"#;
    // Of the shortest that the pattern allows, generators of requests ask a length of its own.
    json!({ "type": "string", "minLength": 1, "pattern": ETAGS, "examples": [example] })
}

fn header(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema })
}

fn add_parameter(operation: &mut Value, parameter: Value) {
    let parameters = operation
        .as_object_mut()
        .expect("an operation is an object")
        .entry("parameters")
        .or_insert_with(|| json!([]));
    parameters.as_array_mut().expect("parameters are an array").push(parameter);
}

/// Says of a parameter's schema that there is no null: what is not given is left out.
fn never_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice["type"] != "null");
        if let [only] = choices.as_slice() {
            *schema = only.clone();
        }
    }
}
