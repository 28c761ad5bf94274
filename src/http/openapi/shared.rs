//! What answers have in common to the letter: told once, among the components. Half of the document
//! would be repetition otherwise.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::members;

/// Moves every header, and every answer that several operations give, among the components.
pub fn share(document: &mut Value) {
    let mut headers = Components::new("headers");
    each_response(document, |_, response| {
        for (name, header) in members(response, "headers") {
            headers.refer(name, header);
        }
    });
    let mut given: HashMap<String, usize> = HashMap::new();
    each_response(document, |_, response| *given.entry(response.to_string()).or_default() += 1);
    let mut responses = Components::new("responses");
    each_response(document, |status, response| {
        if given[&response.to_string()] > 1 {
            responses.refer(status, response);
        }
    });
    for Components { kind, shared, .. } in [headers, responses] {
        document["components"][kind] = shared.into();
    }
}

/// Values of a kind, each under a name of its own.
struct Components {
    kind: &'static str,
    shared: Map<String, Value>,
    names: HashMap<String, String>,
}

impl Components {
    fn new(kind: &'static str) -> Self {
        Self { kind, shared: Map::new(), names: HashMap::new() }
    }

    /// Replaces a value by a reference to it. Of different ones with the same name, the second is
    /// called `NAME-2`.
    fn refer(&mut self, name: &str, value: &mut Value) {
        let names = &self.names;
        let shared = &self.shared;
        let known = names.get(&value.to_string()).cloned();
        let named = known.unwrap_or_else(|| {
            let further = (2..).map(|number| format!("{name}-{number}"));
            let mut all = std::iter::once(name.to_owned()).chain(further);
            all.find(|free| !shared.contains_key(free)).expect("numbers do not end")
        });
        let reference = json!({ "$ref": format!("#/components/{}/{named}", self.kind) });
        let value = std::mem::replace(value, reference);
        self.names.insert(value.to_string(), named.clone());
        self.shared.insert(named, value);
    }
}

/// Every answer of every operation, with its status.
fn each_response(document: &mut Value, mut visit: impl FnMut(&str, &mut Value)) {
    for (_, operations) in members(document, "paths") {
        for operation in operations.as_object_mut().into_iter().flat_map(Map::values_mut) {
            for (status, response) in members(operation, "responses") {
                visit(status, response);
            }
        }
    }
}

/// Adds the headers that tell a caller what is allowed and what is left of it.
pub fn add_limits(headers: &mut Value) {
    let header = |description: &str, example: &str| {
        json!({ "description": description, "required": false,
                "schema": { "type": "string", "examples": [example] } })
    };
    headers["RateLimit-Policy"] = header(
        "How many requests (`q`) a caller may send within how many seconds (`w`). It comes with \
         every answer to a token that is taken.",
        "\"caller\";q=6000;w=10",
    );
    headers["RateLimit"] = header(
        "How many requests are left (`r`), and in how many seconds all are back (`t`).",
        "\"caller\";r=5999;t=1",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_twice_is_told_once_and_different_things_keep_their_own_names() {
        let header = |text: &str| json!({ "ETag": { "description": text } });
        let mut document = json!({ "components": {}, "paths": {
            "/a": { "get": { "responses": {
                "200": { "description": "A", "headers": header("one") },
                "404": { "description": "None", "headers": header("other") } } } },
            "/b": { "get": { "responses": {
                "200": { "description": "B", "headers": header("one") },
                "404": { "description": "None", "headers": header("other") } } } },
        } });
        share(&mut document);
        let reference = |to: &str| json!({ "$ref": format!("#/components/{to}") });
        let responses = |path: &str| document["paths"][path]["get"]["responses"].clone();
        assert_eq!(responses("/a")["404"], reference("responses/404"));
        assert_eq!(responses("/b")["404"], reference("responses/404"));
        assert_eq!(responses("/b")["200"]["description"], "B");
        assert_eq!(responses("/b")["200"]["headers"]["ETag"], reference("headers/ETag"));
        let shared = &document["components"]["responses"]["404"]["headers"]["ETag"];
        assert_eq!(*shared, reference("headers/ETag-2"));
        assert_eq!(document["components"]["headers"]["ETag-2"]["description"], "other");
    }
}
