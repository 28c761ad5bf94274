//! The feed in the document: a schema for the data of each type of event, and its forms.
//!
//! `openapi/events.json` is derived by a test from the golden events (`tests/golden`), of which
//! there is one for every type at least. Once facts have schemas of their own, they belong here.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// The data of each type of event, as the golden events have it.
static DATA: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let text = include_str!("../../../openapi/events.json");
    serde_json::from_str(text).expect("the schemas of events are checked in as JSON")
});

/// The name of the schema of the data of a type of event: `PositionFilledV1Data`.
fn name_of(kind: &str) -> String {
    let words = kind.split(['.', '_']).map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect::<String>() + "Data"
}

/// Adds the schemas of all events, and says in the event which data comes with which type.
///
/// An event is not a choice between them: a client must read a type that it does not know, and
/// generated clients refuse what none of their choices fits.
pub fn describe(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    let mut by_type = Map::new();
    for (kind, data) in DATA.iter() {
        let name = name_of(kind);
        let mut schema = data.clone();
        schema["description"] = format!("`data` of `no.alis.{kind}`, see docs/events.md.").into();
        schema["x-derived-from"] = format!("tests/golden/{kind}.json").into();
        by_type.insert(format!("no.alis.{kind}"), format!("#/components/schemas/{name}").into());
        schemas[name] = schema;
    }
    let types: Vec<&String> = by_type.keys().collect();
    let event = &mut schemas["CloudEvent"]["properties"];
    event["type"]["x-extensible-enum"] = json!(types);
    event["data"] = json!({
        "$ref": "#/components/schemas/FactData",
        "x-schema-by-type": by_type,
    });
}

/// Describes the forms of the feed that are no single JSON document.
pub fn forms(operation: &mut Value) {
    let content = &mut operation["responses"]["200"]["content"];
    let event = json!({ "$ref": "#/components/schemas/CloudEvent" });
    let line = json!({ "specversion": "1.0", "type": "no.alis.position.filled.v1" });
    content["application/x-ndjson"] = json!({
        "schema": {
            "type": "string",
            "description": "One event a line, each as in the batch.",
            "contentMediaType": "application/json", "contentSchema": event,
        },
        "example": format!("{line}\n"),
    });
    content["text/event-stream"] = json!({
        "schema": {
            "type": "string",
            "description":
                "Server-sent events: `id` is the position, `data` an event as in the batch, on one \
                 line. A comment comes every 15 seconds. `Last-Event-ID` goes on after that id.",
            "contentMediaType": "application/json", "contentSchema": event,
        },
        "example": format!("id: 42\ndata: {line}\n\n"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_a_types_data_is_named_after_the_type() {
        assert_eq!(name_of("position.filled.v1"), "PositionFilledV1Data");
        assert_eq!(name_of("alis_office.name_corrected.v1"), "AlisOfficeNameCorrectedV1Data");
    }
}
