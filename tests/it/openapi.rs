//! The OpenAPI document and what is generated beside it: the files are those the program makes,
//! and nothing in them is left without words.

use std::collections::BTreeSet;
use std::fs;

use alis::http::openapi;
use serde_json::{Map, Value, json};

use crate::support::contract::Contract;
use crate::support::instance::Instance;

#[test]
fn the_generated_files_are_what_the_program_makes() {
    let document = alis::app::document();
    let pretty = serde_json::to_string_pretty(&document).expect("a document is JSON") + "\n";
    for (file, made) in [
        ("openapi/openapi.json", pretty),
        ("openapi/operations.txt", openapi::operations_text(&document)),
        ("docs/errors.md", openapi::errors_markdown()),
    ] {
        let kept = fs::read_to_string(file).unwrap_or_default();
        if let Some(difference) = first_difference(&kept, &made) {
            panic!("{file} is not what the program makes. {difference}\nAccept it: make generate");
        }
    }
}

/// The first line in which two texts differ.
fn first_difference(kept: &str, made: &str) -> Option<String> {
    if kept == made {
        return None;
    }
    let same = kept.lines().zip(made.lines()).take_while(|(kept, made)| kept == made).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    Some(format!("Line {}:\n- {}\n+ {}", same + 1, line(kept), line(made)))
}

#[test]
fn the_first_difference_is_named_by_its_line() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some("Line 2:\n- b\n+ c".to_owned()));
    assert_eq!(first_difference("a\n", "a\nc\n"), Some("Line 2:\n- (the end)\n+ c".to_owned()));
    assert!(first_difference("a\n", "a").is_some());
}

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
        lint.schema(&format!("schema {name}"), schema);
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

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn has_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
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
            let narrows = property.as_object().is_some_and(|p| p.keys().all(|key| key == "enum"));
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
        let tells = |of: &dyn Fn(&Value) -> bool| of(own) || self.refers(schema, of, 0);
        let description = tells(&|value| has_text(&value["description"]));
        let example = tells(&|value| {
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
            "parameters": [{ "name": "id", "in": "path", "description": "The cup.", "example": 1 }],
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

#[test]
fn a_request_body_takes_no_field_that_is_not_documented() {
    let document = Contract::of_program().document();
    let mut open = Vec::new();
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            open.extend(open_objects(document, schema, &format!("{method} {path}")));
        }
    }
    assert!(open.is_empty(), "open to unknown fields: {open:#?}");
}

/// The objects within a schema that say nothing of further fields.
fn open_objects(document: &Value, schema: &Value, place: &str) -> Vec<String> {
    let referred = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    if let Some(schema) = referred.and_then(|pointer| document.pointer(pointer)) {
        return open_objects(document, schema, place);
    }
    let mut open = Vec::new();
    if schema["properties"].is_object() && schema["additionalProperties"] != false {
        open.push(place.to_owned());
    }
    for (name, property) in members(&schema["properties"]) {
        open.extend(open_objects(document, property, &format!("{place}/{name}")));
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            open.extend(open_objects(document, part, place));
        }
    }
    if schema["items"].is_object() {
        open.extend(open_objects(document, &schema["items"], place));
    }
    open
}

#[test]
fn an_object_open_to_unknown_fields_is_found_wherever_it_is() {
    let closed = json!({ "properties": { "a": {} }, "additionalProperties": false });
    let document = json!({ "open": { "properties": {} }, "closed": closed });
    let found = |schema: Value| open_objects(&document, &schema, "here");
    assert_eq!(found(json!({ "$ref": "#/closed" })), Vec::<String>::new());
    assert_eq!(found(json!({ "$ref": "#/open" })), ["here"]);
    assert_eq!(found(json!({ "items": { "oneOf": [{ "$ref": "#/open" }] } })), ["here"]);
    let nested =
        json!({ "properties": { "b": { "$ref": "#/open" } }, "additionalProperties": false });
    assert_eq!(found(nested), ["here/b"]);
}

/// The codes that the operations of a document declare.
fn declared_codes(document: &Value) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let operations = members(&document["paths"]).flat_map(|(_, methods)| members(methods));
    let own = operations.flat_map(|(_, operation)| members(&operation["responses"]));
    for (_, response) in own.chain(members(&document["components"]["responses"])) {
        let schema = &response["content"]["application/problem+json"]["schema"];
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let of_part = parts.flat_map(|part| part["properties"]["code"]["enum"].as_array());
        codes.extend(of_part.flatten().filter_map(|code| Some(code.as_str()?.to_owned())));
    }
    codes
}

/// Problems of addresses and methods that are no operation.
const OUTSIDE_OPERATIONS: [&str; 1] = ["method_not_allowed"];

#[test]
fn every_problem_belongs_to_an_operation_and_stands_in_the_page_of_problems() {
    let declared = declared_codes(Contract::of_program().document());
    let page = openapi::errors_markdown();
    for problem in openapi::all_problems() {
        let code = problem.code;
        assert!(page.contains(&format!("\n## {code}\n")), "{code} is not in docs/errors.md");
        let reachable = declared.contains(code) || OUTSIDE_OPERATIONS.contains(&code);
        assert!(reachable, "no operation declares {code}: add it to its x-problems, or delete it");
    }
}

#[test]
fn every_problem_code_is_declared_once() {
    let mut codes: Vec<&str> = openapi::all_problems().iter().map(|p| p.code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}

#[test]
fn every_problem_speaks_two_languages() {
    for problem in openapi::all_problems() {
        for words in [&problem.title, &problem.detail] {
            assert!(!words.en.trim().is_empty() && !words.nb.trim().is_empty(), "{}", problem.code);
            assert_ne!(words.en, words.nb, "{} says the same in both languages", problem.code);
        }
        assert_eq!(
            places(problem.detail.en),
            places(problem.detail.nb),
            "{} fills different places in its two languages",
            problem.code
        );
        assert!(!problem.doc.trim().is_empty(), "{} has no page", problem.code);
    }
}

/// The `{places}` of a detail.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[tokio::test]
async fn every_type_of_problem_leads_to_its_page() {
    let instance = Instance::start().await;
    let client = instance.client();
    for problem in openapi::all_problems() {
        let page = client.get(&format!("/problems/{}", problem.code)).await.expect(200);
        assert!(page.text.contains(problem.title.en), "{}", page.text);
        assert!(page.text.contains(problem.title.nb), "{}", page.text);
    }
    client.get("/problems/no_such_problem").await.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn the_served_document_is_the_checked_in_one() {
    let instance = Instance::start().await;
    let served = instance.client().get("/openapi.json").await.expect(200);
    assert_eq!(&served.body, Contract::of_program().document());
    instance.stop().await;
}
