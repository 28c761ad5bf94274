//! Schemas of the document that belong to no handler, and what is said of all request bodies.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The schemas that no handler names: problems, and the answer to a dry run.
pub fn describe_problems<'a>(document: &mut Value, codes: impl Iterator<Item = &'a str>) {
    let schemas = &mut document["components"]["schemas"];
    schemas["Problem"] = json!({
        "type": "object",
        "description": "Why a request was not done (RFC 9457). `code` never changes; act on it.",
        "required": ["type", "title", "status", "detail", "code", "instance"],
        "properties": {
            "type": { "type": "string", "description": "Address of the page that explains this problem.", "examples": ["/problems/not_found"] },
            "title": { "type": "string", "description": "What happened, the same words every time.", "examples": ["Not found"] },
            "status": { "type": "integer", "description": "The HTTP status.", "examples": [404] },
            "detail": { "type": "string", "description": "What happened this time, and what to do.", "examples": ["There is nothing here."] },
            "code": { "type": "string", "description": "What a program acts on.", "enum": codes.collect::<Vec<_>>(), "examples": ["not_found"] },
            "instance": { "type": "string", "description": "Names this request in the service's own log.", "examples": ["urn:alis:request:01890a5d-ac96-774b-bcce-b302099a8057"] },
            "errors": { "type": "array", "description": "Every field at fault.", "examples": [[]], "items": { "$ref": "#/components/schemas/FieldError" } },
            "current_etag": { "type": "string", "description": "With `stale_version`: the version to read next.", "examples": ["\"43\""] },
            "unseen_events": { "type": "array", "description": "With `stale_version`: what has happened since the version that was named, in order.", "examples": [[]], "items": { "$ref": "#/components/schemas/CloudEvent" } },
        },
    });
    schemas["FieldError"] = json!({
        "type": "object",
        "description": "A field at fault.",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": { "type": "string", "description": "JSON pointer into the body; `/query/...` and `/header/...` for parameters and headers.", "examples": ["/percent"] },
            "code": { "type": "string", "description": "What is wrong, for programs.", "examples": ["invalid_percent"] },
            "detail": { "type": "string", "description": "What is wrong, in words.", "examples": ["Must be above 0 and at most 100, with at most two decimals."] },
        },
    });
    schemas["DryRun"] = json!({
        "type": "object",
        "description": "What a change would do.",
        "required": ["dry_run", "status", "events", "resource"],
        "properties": {
            "dry_run": { "type": "boolean", "description": "Always true: nothing was recorded.", "examples": [true] },
            "status": { "type": "integer", "description": "The status the change would be answered with.", "examples": [201] },
            "events": { "type": "array", "description": "The events it would record; empty when it is so already.", "examples": [[]], "items": { "type": "object", "description": "A CloudEvent without id, time and position.", "examples": [{}] } },
            "resource": { "type": ["object", "null"], "description": "The resource as it would be.", "examples": [{}] },
        },
        "additionalProperties": false,
    });
}

/// Says of a parameter's schema that there is no null: what is not given is left out.
pub fn never_null(schema: &mut Value) {
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

/// Says of every object in a request body what the reading of it does: unknown fields are refused.
pub fn close_requests(document: &mut Value) {
    let mut waiting: Vec<String> = Vec::new();
    let paths = document["paths"].as_object().into_iter().flat_map(Map::values);
    for operation in paths.flat_map(|methods| methods.as_object()).flat_map(Map::values) {
        references(&operation["requestBody"], &mut waiting);
    }
    let mut closed = BTreeSet::new();
    while let Some(pointer) = waiting.pop() {
        let Some(schema) = document.pointer_mut(&pointer) else { continue };
        references(schema, &mut waiting);
        if schema["properties"].is_object() {
            schema["additionalProperties"] = json!(false);
        }
        closed.insert(pointer);
        waiting.retain(|pointer| !closed.contains(pointer));
    }
}

/// The schemas that a value refers to, as pointers into the document.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(|reference| reference.as_str());
            found.extend(target.and_then(|target| Some(target.strip_prefix('#')?.to_owned())));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
