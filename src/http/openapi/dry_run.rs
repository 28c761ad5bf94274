//! Answers to a dry run: a media type of their own, and a schema for each resource.
//!
//! Why not a choice between two schemas under one media type stands in
//! `docs/decisions/0013-what-generated-clients-read.md`.

use serde_json::{Map, Value, json};

use crate::http::change::DRY_RUN_JSON;

/// Adds to the answers of a change that of its dry run, whose schema goes among `schemas`.
pub fn add(operation: &mut Value, schemas: &mut Map<String, Value>) {
    let created = &operation["responses"]["201"]["content"]["application/json"]["schema"];
    let changed = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let resource = if created.is_null() { changed.clone() } else { created.clone() };
    let dry_run = schema_of(&resource, schemas);
    let ok = &mut operation["responses"]["200"];
    if ok.is_null() {
        // A fact that was recorded before is answered like the first time, hence the resource.
        *ok = json!({
            "description": "It is so already; or what would happen (`dry_run`)",
            "content": { "application/json": { "schema": resource } },
        });
    }
    ok["content"][DRY_RUN_JSON] = json!({ "schema": dry_run });
}

/// The schema of a dry run that tells of this resource.
fn schema_of(resource: &Value, schemas: &mut Map<String, Value>) -> Value {
    let choices = resource["oneOf"].as_array().into_iter().flatten();
    let mut parts = choices.chain([resource]);
    let view = parts.find_map(|part| part["$ref"].as_str()?.rsplit('/').next());
    let view = view.expect("a change answers a view that has a name");
    let nullable = if resource.get("oneOf").is_some() { "OrNothing" } else { "" };
    let name = format!("{}{nullable}DryRun", view.trim_end_matches("View"));
    let place = format!("#/components/schemas/{name}");
    let mut resource = resource.clone();
    resource["description"] = "The resource as it would be.".into();
    let schema = json!({
        "type": "object",
        "description": "What a change would do (`dry_run`).",
        "required": ["dry_run", "status", "events", "resource"],
        "properties": {
            "dry_run": { "type": "boolean", "description": "Always true: nothing was recorded.", "examples": [true] },
            "status": { "type": "integer", "format": "int32", "description": "The status the change would be answered with.", "examples": [201] },
            "events": { "type": "array", "description": "The events it would record; empty when it is so already.", "examples": [[]], "items": { "$ref": "#/components/schemas/RehearsedEvent" } },
            "resource": resource,
        },
    });
    schemas.insert(name, schema);
    json!({ "$ref": place })
}

/// Adds the schema of an event that a dry run tells of.
pub fn describe(schemas: &mut Value) {
    let recorded = &schemas["CloudEvent"]["properties"];
    let members = ["type", "subject", "subjects", "effectivefrom", "municipality", "data"];
    let properties: Map<String, Value> =
        members.iter().map(|name| ((*name).to_owned(), recorded[*name].clone())).collect();
    schemas["RehearsedEvent"] = json!({
        "type": "object",
        "description": "An event that a change would record: as in the feed, without id, time and position.",
        "required": members,
        "properties": properties,
    });
}
