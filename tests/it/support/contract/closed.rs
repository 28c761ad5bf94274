//! Schemas closed to members that they do not name. The document leaves them open, because a client
//! must overlook what it does not know; a test must not.
//!
//! An object may be described by several schemas at once (`allOf`, a reference with members beside
//! it), so it is closed where it stands as a value, over all of them, and not within its parts.

use serde_json::{Map, Value, json};

/// Keys whose schemas describe values within the value.
const WITHIN: [&str; 3] = ["items", "additionalProperties", "unevaluatedProperties"];
/// Keys whose schemas describe the value itself.
const ITSELF: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// The components with the values within each schema closed. The schemas themselves are closed
/// where they are used.
pub fn components(components: &Value) -> Value {
    let mut components = components.clone();
    for schema in components["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        close_within(schema);
    }
    components
}

/// A schema of a value that holds nothing undocumented within its members.
pub fn value(schema: &Value) -> Value {
    let mut schema = schema.clone();
    close_within(&mut schema);
    schema
}

/// Of these components, the schemas that a schema refers to, itself or by others: all of them would
/// be compiled anew for each.
pub fn used(components: &Value, schema: &Value) -> Value {
    let mut used = Map::new();
    let mut left = referred(schema);
    while let Some(name) = left.pop() {
        if !used.contains_key(&name) {
            let found = &components["schemas"][&name];
            left.extend(referred(found));
            used.insert(name, found.clone());
        }
    }
    json!({ "schemas": used })
}

/// The names of the schemas to which this one refers.
fn referred(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|place| place.strip_prefix("#/components/schemas/"));
            let within = members.values().flat_map(referred);
            name.map(str::to_owned).into_iter().chain(within).collect()
        }
        Value::Array(parts) => parts.iter().flat_map(referred).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn close(schema: &mut Value) {
    close_within(schema);
    // What says itself what more it takes keeps its own word; `true` and `false` are schemas too.
    if let Value::Object(members) = schema
        && !members.contains_key("additionalProperties")
    {
        members.insert("unevaluatedProperties".to_owned(), false.into());
    }
}

fn close_within(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    for property in members.get_mut("properties").and_then(Value::as_object_mut).into_iter() {
        property.values_mut().for_each(close);
    }
    for key in WITHIN {
        if let Some(schema) = members.get_mut(key) {
            close(schema);
        }
    }
    for key in ITSELF {
        let parts = members.get_mut(key).and_then(Value::as_array_mut);
        parts.into_iter().flatten().for_each(close_within);
    }
}
