//! Schemas of the data of events, derived from the types of facts while the golden events are read.
//! Nothing is closed: members are added within a type, and a client overlooks them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::tracer::Tracer;
use crate::events::{GOLDEN, golden, read_with, type_in};

const FILE: &str = "openapi/events.json";

/// Takes into a schema what another reading of the same type has shown.
pub fn join(known: &mut Value, other: Value) {
    let optional = known["x-optional"] == true || other["x-optional"] == true;
    if known.get("type").is_none() {
        *known = other;
    } else if other.get("type").is_some() {
        join_known(known, &other);
    }
    if optional {
        known["x-optional"] = json!(true);
    }
}

fn join_known(known: &mut Value, other: &Value) {
    if let Value::Object(properties) = &other["properties"] {
        for (name, schema) in properties {
            if known["properties"][name].is_null() {
                known["properties"][name] = json!({});
            }
            join(&mut known["properties"][name], schema.clone());
        }
    }
    if known["items"].is_object() {
        let items = other["items"].clone();
        join(&mut known["items"], items);
    }
    if known["format"] != other["format"] {
        known.as_object_mut().map(|known| known.remove("format"));
    }
}

/// What is optional may be null. Every member may be left out: events that were recorded before a
/// member came do not have it, and serde does not tell which members have a default.
fn settle(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    members.remove("required");
    if members.remove("x-optional").is_some()
        && let Some(kind) = members.get_mut("type")
    {
        *kind = json!([kind, "null"]);
    }
    for property in members.get_mut("properties").and_then(Value::as_object_mut).into_iter() {
        property.values_mut().for_each(settle);
    }
    if let Some(items) = members.get_mut("items") {
        settle(items);
    }
}

#[test]
fn the_schemas_of_events_are_those_of_the_types_of_facts() {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for (name, event) in golden() {
        let mut schema = json!({});
        let traced = Tracer { value: &event["payload"], out: &mut schema };
        read_with(type_in(&name), traced).unwrap_or_else(|error| panic!("{name}: {error}"));
        join(all.entry(type_in(&name).to_owned()).or_insert_with(|| json!({})), schema);
    }
    all.values_mut().for_each(settle);
    let made = serde_json::to_string_pretty(&all).expect("schemas are JSON") + "\n";
    if std::env::var_os("ALIS_RECORD_EXAMPLES").is_some() {
        fs::write(FILE, &made).expect("the file of schemas can be written");
    }
    let kept = fs::read_to_string(FILE).unwrap_or_default();
    assert!(kept == made, "{FILE} is not what {GOLDEN} gives. Accept it: make examples");
}

#[test]
fn a_schema_follows_from_the_type_that_is_read() {
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Cup {
        id: uuid::Uuid,
        made: jiff::civil::Date,
        drops: u8,
        colour: Option<Colour>,
        #[serde(default)]
        handles: Vec<Handle>,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Red,
        Blue,
    }
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Handle {
        side: String,
    }
    let id = uuid::Uuid::nil();
    let bare = json!({ "id": id, "made": "2020-02-01", "drops": 1, "colour": null });
    let whole = json!({ "id": id, "made": "2020-02-01", "drops": 1, "colour": "red",
                        "handles": [{ "side": "left" }] });
    let mut schema = json!({});
    for value in [&bare, &whole] {
        let mut out = json!({});
        let read: Result<Cup, _> = serde::Deserialize::deserialize(Tracer { value, out: &mut out });
        assert!(read.is_ok());
        join(&mut schema, out);
    }
    settle(&mut schema);
    let properties = &schema["properties"];
    assert!(schema["required"].is_null(), "older events lack newer members");
    assert_eq!(properties["id"], json!({ "type": "string", "format": "uuid" }));
    assert_eq!(properties["made"], json!({ "type": "string", "format": "date" }));
    assert_eq!(properties["drops"]["type"], "integer");
    assert_eq!(properties["colour"]["type"], json!(["string", "null"]));
    assert_eq!(properties["colour"]["x-extensible-enum"], json!(["red", "blue"]));
    let side = &properties["handles"]["items"]["properties"]["side"];
    assert_eq!(*side, json!({ "type": "string" }));
}
