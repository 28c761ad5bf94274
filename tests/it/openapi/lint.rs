//! A lint of the document: nothing in it is left without words and examples, and parameters are
//! such as generated clients can send.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{has_text, members};
use crate::support::contract::Contract;

#[test]
fn the_document_leaves_nothing_without_words_and_examples() {
    let findings = lint(Contract::of_program().document());
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

/// Everything that a reader of the document would miss.
fn lint(document: &Value) -> Vec<String> {
    let mut lint = Lint { document, findings: Vec::new(), ids: BTreeSet::new() };
    let tags = document["tags"].as_array().into_iter().flatten();
    let tags: BTreeSet<&str> = tags.filter_map(|tag| tag["name"].as_str()).collect();
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            lint.operation(path, &format!("{method} {path}"), operation, &tags);
        }
    }
    for (name, schema) in members(&document["components"]["schemas"]) {
        // What is derived from the types of facts has no words for each member.
        if schema.get("x-derived-from").is_none() {
            lint.schema(&format!("schema {name}"), schema);
        }
    }
    for (name, response) in members(&document["components"]["responses"]) {
        // Different answers of one status are told apart by a number behind it.
        let status = name.split('-').next().unwrap_or(name);
        lint.response(&format!("answer {status}"), status, response);
    }
    for (name, header) in members(&document["components"]["headers"]) {
        lint.described(&format!("header {name}"), header, &header["schema"]);
    }
    lint.references("document", document);
    lint.findings
}

struct Lint<'a> {
    document: &'a Value,
    findings: Vec<String>,
    ids: BTreeSet<String>,
}

impl Lint<'_> {
    fn demand(&mut self, holds: bool, place: &str, what: &str) {
        if !holds {
            self.findings.push(format!("{place}: {what}"));
        }
    }

    fn operation(&mut self, path: &str, place: &str, operation: &Value, tags: &BTreeSet<&str>) {
        let id = operation["operationId"].as_str().unwrap_or("").to_owned();
        self.demand(!id.is_empty(), place, "no operationId");
        let new = self.ids.insert(id);
        self.demand(new, place, "its operationId is another operation's");
        self.demand(has_text(&operation["summary"]), place, "no summary");
        let tag = operation["tags"][0].as_str();
        self.demand(tag.is_some(), place, "no tag");
        let described = tag.is_none_or(|tag| tags.contains(tag));
        self.demand(described, place, "its tag has no description: add it to TAGS in src/app.rs");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap_or("");
            let place = format!("{place} parameter {name}");
            self.described(&place, parameter, &parameter["schema"]);
            let one = self.has_one_type(&parameter["schema"]);
            self.demand(one, &place, "not of one type");
        }
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let documented = parameters.iter().any(|p| p["name"] == name && p["in"] == "path");
            self.demand(documented, place, &format!("path parameter {name} is not documented"));
        }
        for (media, content) in members(&operation["requestBody"]["content"]) {
            self.schema(&format!("{place} body {media}"), &content["schema"]);
        }
        for (status, response) in members(&operation["responses"]) {
            // A shared answer is looked at once, among the components.
            if response["$ref"].is_null() {
                self.response(&format!("{place} {status}"), status, response);
            }
        }
    }

    /// Of a choice between types, generated clients make something that cannot be sent in an
    /// address or a header.
    fn has_one_type(&self, schema: &Value) -> bool {
        let referred = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        let referred = referred.and_then(|pointer| self.document.pointer(pointer));
        let schema = referred.unwrap_or(schema);
        let parts = ["oneOf", "anyOf", "allOf"];
        schema["type"].is_string() && parts.iter().all(|key| schema.get(key).is_none())
    }

    /// Every reference leads somewhere.
    fn references(&mut self, place: &str, value: &Value) {
        let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = target {
            let found = self.document.pointer(target).is_some();
            let what = format!("{target} is not there; for a parameter say #[param(inline)]");
            self.demand(found, place, &what);
        }
        for (name, part) in members(value) {
            self.references(&format!("{place}/{name}"), part);
        }
        for (number, part) in value.as_array().into_iter().flatten().enumerate() {
            self.references(&format!("{place}/{number}"), part);
        }
    }

    fn response(&mut self, place: &str, status: &str, response: &Value) {
        let one = status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit());
        self.demand(one, place, "not one status");
        self.demand(has_text(&response["description"]), place, "no description");
        let own = members(&response["headers"]).filter(|(_, header)| header["$ref"].is_null());
        for (name, header) in own {
            self.described(&format!("{place} header {name}"), header, &header["schema"]);
        }
        for (media, content) in members(&response["content"]) {
            self.schema(&format!("{place} {media}"), &content["schema"]);
        }
    }

    /// A schema and everything in it.
    fn schema(&mut self, place: &str, schema: &Value) {
        for (name, property) in members(&schema["properties"]) {
            let place = format!("{place}/{name}");
            // What narrows a described schema needs no words of its own.
            let narrows = property.as_object().is_some_and(|p| {
                p.contains_key("enum") && p.keys().all(|key| key == "enum" || key == "type")
            });
            if !narrows {
                self.described(&place, property, property);
            }
            self.schema(&place, property);
        }
        for key in ["oneOf", "anyOf", "allOf"] {
            for part in schema[key].as_array().into_iter().flatten() {
                self.schema(place, part);
            }
        }
        if schema["items"].is_object() {
            self.schema(&format!("{place}/[]"), &schema["items"]);
        }
    }

    /// A description and an example, of its own or of what it refers to.
    fn described(&mut self, place: &str, own: &Value, schema: &Value) {
        let has = |of: &dyn Fn(&Value) -> bool| of(own) || self.refers(schema, of, 0);
        let description = has(&|value| has_text(&value["description"]));
        let example = has(&|value| {
            let list = value["examples"].as_array().is_some_and(|list| !list.is_empty());
            list || value.get("example").is_some() || value["enum"].is_array()
        });
        self.demand(description, place, "no description");
        self.demand(example, place, "no example");
    }

    fn refers(&self, schema: &Value, of: &dyn Fn(&Value) -> bool, depth: u32) -> bool {
        const DEPTH_MAX: u32 = 10;
        if depth > DEPTH_MAX {
            return false;
        }
        // An object brings its examples with its properties.
        let whole = schema["properties"].is_object() && has_text(&schema["description"]);
        if whole || of(schema) {
            return true;
        }
        let referred = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        if let Some(schema) = referred.and_then(|pointer| self.document.pointer(pointer)) {
            return self.refers(schema, of, depth + 1);
        }
        let parts = ["oneOf", "anyOf", "allOf"].iter().flat_map(|key| schema[key].as_array());
        let items = schema.get("items").into_iter();
        parts.flatten().chain(items).any(|part| self.refers(part, of, depth + 1))
    }
}

/// A document without findings, to be spoilt in one place.
fn tidy() -> Value {
    json!({
        "tags": [{ "name": "cups", "description": "Cups." }],
        "paths": { "/cups/{id}": { "get": {
            "operationId": "read_cup", "summary": "Read a cup", "tags": ["cups"],
            "parameters": [{ "name": "id", "in": "path", "description": "The cup.", "example": 1,
                             "schema": { "type": "integer" } }],
            "responses": { "200": {
                "description": "The cup",
                "headers": { "ETag": { "description": "Its version.",
                    "schema": { "examples": ["\"1\""] } } },
                "content": { "application/json": { "schema":
                    { "$ref": "#/components/schemas/Cup" } } },
            } },
        } } },
        "components": { "schemas": {
            "Cup": { "type": "object", "description": "A cup.", "properties": {
                "colour": { "$ref": "#/components/schemas/Colour" },
                "drops": { "type": "integer", "description": "How many.", "examples": [1] },
            } },
            "Colour": { "type": "string", "description": "A colour.", "enum": ["red"] },
        } },
    })
}

#[test]
fn the_lint_finds_every_kind_of_omission() {
    assert_eq!(lint(&tidy()), Vec::<String>::new());
    let operation = "/paths/~1cups~1{id}/get";
    for (pointer, value, expected) in [
        ("/operationId", json!(""), "no operationId"),
        ("/summary", json!(" "), "no summary"),
        ("/tags", json!([]), "no tag"),
        ("/tags/0", json!("mugs"), "its tag has no description"),
        ("/parameters", json!([]), "path parameter id is not documented"),
        ("/parameters/0/description", json!(""), "parameter id: no description"),
        ("/parameters/0", json!({"name": "id", "in": "path", "description": "x"}), "no example"),
        ("/parameters/0/schema", json!({"type": ["string", "null"]}), "not of one type"),
        ("/parameters/0/schema", json!({"anyOf": [{"type": "string"}]}), "not of one type"),
        ("/responses/200/description", json!(""), "200: no description"),
        ("/responses/200/headers/ETag", json!({"description": "x"}), "header ETag: no example"),
        ("/responses", json!({"4XX": {"description": "x"}}), "not one status"),
    ] {
        let mut document = tidy();
        let place = document.pointer_mut(&format!("{operation}{pointer}"));
        *place.unwrap_or_else(|| panic!("the tidy document has {pointer}")) = value;
        let found = lint(&document).join("\n");
        assert!(found.contains(expected), "{pointer} gave {found:?}");
    }
    for (property, expected) in [
        (json!({"type": "integer", "examples": [1]}), "schema Cup/drops: no description"),
        (json!({"type": "integer", "description": "x"}), "schema Cup/drops: no example"),
        (json!({"type": "array", "description": "x", "items": {"type": "string"}}), "no example"),
        (json!({"$ref": "#/components/schemas/Mug"}), "/components/schemas/Mug is not there"),
    ] {
        let mut document = tidy();
        document["components"]["schemas"]["Cup"]["properties"]["drops"] = property;
        let found = lint(&document).join("\n");
        assert!(found.contains(expected), "{found:?}");
    }
    let mut document = tidy();
    document["paths"]["/mugs"] = document["paths"]["/cups/{id}"].clone();
    assert!(lint(&document).join("\n").contains("another operation's"));
}
