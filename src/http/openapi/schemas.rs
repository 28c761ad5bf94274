//! What is said of all schemas.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

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

/// Replaces what is written out within a schema, and is a schema by itself to the letter, by a
/// reference: pages and reports would hold each of their items twice otherwise, and generated
/// clients a second class for each.
pub fn refer(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let has_members =
        |schema: &Value| schema["properties"].is_object() || schema["allOf"].is_array();
    let by_text: HashMap<String, &str> = schemas
        .iter()
        .filter(|(_, schema)| has_members(schema))
        .map(|(name, schema)| (schema.to_string(), name.as_str()))
        .collect();
    for schema in super::members(&mut document["components"], "schemas").map(|(_, schema)| schema) {
        within(schema, &by_text);
    }
}

fn within(value: &mut Value, by_text: &HashMap<String, &str>) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|member| replace(member, by_text));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, by_text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn replace(value: &mut Value, by_text: &HashMap<String, &str>) {
    let named = value.is_object().then(|| by_text.get(&value.to_string())).flatten();
    match named {
        Some(name) => *value = json!({ "$ref": format!("#/components/schemas/{name}") }),
        None => within(value, by_text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_out_and_has_a_name_is_referred_to() {
        let cup = json!({ "type": "object", "properties": { "drops": { "type": "integer" } } });
        let page = json!({ "properties": { "items": { "type": "array", "items": cup } } });
        let mut document = json!({ "components": { "schemas": { "Cup": cup, "Page": page } } });
        refer(&mut document);
        let items = &document["components"]["schemas"]["Page"]["properties"]["items"]["items"];
        assert_eq!(*items, json!({ "$ref": "#/components/schemas/Cup" }));
        assert_eq!(document["components"]["schemas"]["Cup"], cup);
    }
}
