//! Holds every answer against the OpenAPI document of the program: the operation exists, the
//! status, headers and media type are documented for it, the body is valid. A request that was
//! taken must have been valid as well, or the document promises less than the service takes.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

/// What the service answers beside its operations, and with what.
const PAGES: [&str; 4] = ["/openapi.json", "/docs", "/docs/", "/problems/"];

/// How the types of facts begin that only tests record.
const INVENTED: [&str; 2] = ["no.alis.thing.", "no.alis.bulk."];

/// The document, and what was compiled of it so far.
pub struct Contract {
    document: Value,
    /// Its components, in which no object takes a member that is not documented.
    closed: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// A request and its answer.
pub struct Exchange<'a> {
    pub method: &'a str,
    /// With its query.
    pub path: &'a str,
    /// The document that was sent, if it was one.
    pub sent: Option<&'a Value>,
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub text: &'a str,
}

impl Contract {
    /// The contract of this program. Compiled once a test run.
    pub fn of_program() -> &'static Contract {
        static CONTRACT: LazyLock<Contract> =
            LazyLock::new(|| Contract::new(alis::app::document()));
        &CONTRACT
    }

    /// The contract in a document.
    pub fn new(document: Value) -> Self {
        let closed = closed::components(&document["components"]);
        Self { document, closed, validators: Mutex::default() }
    }

    /// The document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation: path template, method in capitals, and what is documented of it.
    pub fn operations(&self) -> impl Iterator<Item = (&str, String, &Value)> {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods
                .map(move |(method, operation)| (path.as_str(), method.to_uppercase(), operation))
        })
    }

    /// Everything in which an answer breaks the contract.
    pub fn check(&self, seen: &Exchange<'_>) -> Result<(), String> {
        let mut broken = Vec::new();
        let path = seen.path.split(['?', '#']).next().unwrap_or("");
        // However it is spelt, it is the same address.
        let spelt = path.parse().map(actix_web::dev::Url::new);
        let path = spelt.as_ref().map_or(path, actix_web::dev::Url::path);
        match self.template_of(path) {
            None if PAGES.iter().any(|page| path.starts_with(page)) && seen.status < 400 => {}
            None => self.check_problem(seen, &[404, 405], &mut broken),
            Some(template) => {
                let method = seen.method.to_lowercase();
                let pointer = format!("/paths/{}/{method}", escape(template));
                match self.document.pointer(&pointer) {
                    Some(operation) => self.check_answer(&pointer, operation, seen, &mut broken),
                    None => self.check_problem(seen, &[405], &mut broken),
                }
            }
        }
        if broken.is_empty() {
            return Ok(());
        }
        let Exchange { method, path, status, text, .. } = seen;
        Err(format!("{method} {path} answered {status}: {}\n{text}", broken.join("; ")))
    }

    /// The path template that a path belongs to; literal segments before parameters.
    fn template_of(&self, path: &str) -> Option<&str> {
        let segments: Vec<&str> = path.split('/').collect();
        let fits = |template: &&String| {
            let parts: Vec<&str> = template.split('/').collect();
            let same = |(part, segment): (&&str, &&str)| {
                part == segment || (part.starts_with('{') && !segment.is_empty())
            };
            parts.len() == segments.len() && parts.iter().zip(&segments).all(same)
        };
        let paths = self.document["paths"].as_object()?;
        let fitting = paths.keys().filter(fits);
        fitting.min_by_key(|template| template.matches('{').count()).map(String::as_str)
    }

    /// An answer that belongs to no operation: a problem of the kernel.
    fn check_problem(&self, seen: &Exchange<'_>, statuses: &[u16], broken: &mut Vec<String>) {
        if !statuses.contains(&seen.status) {
            broken.push("the document knows no such operation".to_owned());
        }
        if seen.status == 405 && !seen.headers.contains_key("allow") {
            broken.push("405 without Allow".to_owned());
        }
        for name in ["log-position", "x-request-id"] {
            if !seen.headers.contains_key(name) {
                broken.push(format!("there is no header {name}"));
            }
        }
        if seen.method == "HEAD" {
            return;
        }
        if media_type(seen.headers) != "application/problem+json" {
            broken.push("not application/problem+json".to_owned());
        }
        // Which problem it is, is known only by its code here.
        let problem: Value = serde_json::from_str(seen.text).unwrap_or_default();
        let own = problem["code"].as_str().map(schema_of_problem).unwrap_or_default();
        let known = self.document["components"]["schemas"].get(&own).is_some();
        let place = format!("#/components/schemas/{}", if known { &own } else { "Problem" });
        self.check_json(&place, &json!({ "$ref": place }), seen.text, broken);
    }

    fn check_answer(
        &self,
        pointer: &str,
        operation: &Value,
        seen: &Exchange<'_>,
        broken: &mut Vec<String>,
    ) {
        let Some(response) = operation["responses"].get(seen.status.to_string()) else {
            broken.push("this status is not documented".to_owned());
            return;
        };
        let response = self.resolved(response);
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            self.check_header(pointer, name, header, seen.headers, broken);
        }
        if seen.status >= 400 && !seen.text.is_empty() {
            self.check_code(&response["x-problems"], seen.text, broken);
        }
        let pointer_of_answer = format!("{pointer}/{}", seen.status);
        match response["content"].as_object() {
            Some(content) => self.check_content(&pointer_of_answer, content, seen, broken),
            None if seen.text.is_empty() => {}
            None => broken.push("a body is not documented".to_owned()),
        }
        if (200..300).contains(&seen.status) {
            self.check_request(pointer, operation, seen, broken);
        }
    }

    /// A problem is one of those that the operation declares, and has the members of that one.
    fn check_code(&self, problems: &Value, text: &str, broken: &mut Vec<String>) {
        let problem: Value = serde_json::from_str(text).unwrap_or_default();
        let code = problem["code"].as_str().unwrap_or("");
        match problems[code].as_str() {
            Some(place) => self.check_json(place, &json!({ "$ref": place }), text, broken),
            None => broken.push(format!("the operation declares no problem {code:?}")),
        }
    }

    /// What a reference within the document leads to.
    pub fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        target.and_then(|target| self.document.pointer(target)).unwrap_or(value)
    }

    fn check_header(
        &self,
        pointer: &str,
        name: &str,
        header: &Value,
        headers: &HeaderMap,
        broken: &mut Vec<String>,
    ) {
        let header = self.resolved(header);
        let Some(value) = headers.get(name) else {
            if header["required"] == true {
                broken.push(format!("there is no header {name}"));
            }
            return;
        };
        let text = value.to_str().unwrap_or("");
        let value = match header["schema"]["type"].as_str() {
            Some("integer") => text.parse::<i64>().map_or(Value::Null, Value::from),
            _ => Value::from(text),
        };
        let validator = self.validator(&format!("{pointer}/header/{name}"), &header["schema"]);
        if let Err(error) = validator.validate(&value) {
            broken.push(format!("header {name}: {error}"));
        }
    }

    fn check_content(
        &self,
        pointer: &str,
        content: &Map<String, Value>,
        seen: &Exchange<'_>,
        broken: &mut Vec<String>,
    ) {
        let media_type = media_type(seen.headers);
        let Some(documented) = content.get(media_type) else {
            broken.push(format!("the media type {media_type:?} is not documented"));
            return;
        };
        let pointer = format!("{pointer}/{media_type}");
        match media_type {
            "application/x-ndjson" => {
                let batch = &content["application/cloudevents-batch+json"]["schema"]["items"];
                for line in seen.text.lines() {
                    self.check_json(&pointer, batch, line, broken);
                    self.check_data(line, broken);
                }
            }
            _ if media_type.ends_with("json") => {
                self.check_json(&pointer, &documented["schema"], seen.text, broken);
                if media_type == "application/cloudevents-batch+json" {
                    self.check_data(seen.text, broken);
                }
            }
            _ => {}
        }
    }

    fn check_request(
        &self,
        pointer: &str,
        operation: &Value,
        seen: &Exchange<'_>,
        broken: &mut Vec<String>,
    ) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        match seen.sent {
            Some(sent) if !schema.is_null() => {
                let validator = self.validator(&format!("{pointer}/request"), schema);
                for error in validator.iter_errors(sent) {
                    broken.push(format!("taken, though {}: {error}", error.instance_path()));
                }
            }
            Some(_) | None => {}
        }
        let query = seen.path.split_once('?').map_or("", |(_, query)| query);
        let documented = operation["parameters"].as_array();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let name = part.split('=').next().unwrap_or("");
            if !documented.into_iter().flatten().any(|parameter| parameter["name"] == name) {
                broken.push(format!("taken, though the parameter {name} is not documented"));
            }
        }
    }

    /// The data of an event, or of several, is such as the document says of its type.
    fn check_data(&self, text: &str, broken: &mut Vec<String>) {
        let recorded: Value = serde_json::from_str(text).unwrap_or_default();
        let event = &self.document["components"]["schemas"]["CloudEvent"];
        let by_type = &event["properties"]["data"]["x-schema-by-type"];
        for event in recorded.as_array().unwrap_or(&vec![recorded.clone()]) {
            let kind = event["type"].as_str().unwrap_or("");
            match by_type[kind].as_str() {
                Some(place) => {
                    let data = event["data"].to_string();
                    self.check_json(place, &json!({ "$ref": place }), &data, broken);
                }
                // Facts that tests invent are no part of the contract.
                None if INVENTED.iter().any(|invented| kind.starts_with(invented)) => {}
                None => broken.push(format!("the data of {kind:?} is not documented")),
            }
        }
    }

    fn check_json(&self, pointer: &str, schema: &Value, text: &str, broken: &mut Vec<String>) {
        let body: Value = match serde_json::from_str(text) {
            Ok(body) => body,
            Err(error) => return broken.push(format!("the body is not JSON: {error}")),
        };
        for error in self.validator(pointer, schema).iter_errors(&body) {
            broken.push(format!("at {:?}: {error}", error.instance_path().to_string()));
        }
    }

    /// The compiled form of a schema, whose references are within the document.
    fn validator(&self, name: &str, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().expect("no check panics while it compiles");
        let compile = || {
            // What is answered must be documented; what clients may add is another test's.
            let schema = closed::value(schema);
            let whole = json!({ "components": closed::used(&self.closed, &schema),
                                "allOf": [schema], "unevaluatedProperties": false });
            let options = jsonschema::options();
            let options = options.with_draft(jsonschema::Draft::Draft202012);
            let options = options.should_validate_formats(true);
            let compiled = options.build(&whole);
            Arc::new(compiled.unwrap_or_else(|error| panic!("the schema at {name}: {error}")))
        };
        Arc::clone(validators.entry(name.to_owned()).or_insert_with(compile))
    }
}

pub fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get("content-type").and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split(';').next()).unwrap_or("").trim()
}

/// The name of the schema of a problem that has members of its own.
fn schema_of_problem(code: &str) -> String {
    let words = code.split('_').filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect::<String>() + "Problem"
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

mod allowed;
mod closed;
mod tests;
