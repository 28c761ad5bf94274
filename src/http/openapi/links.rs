//! Links: from the answer that tells of a new resource to everything that can be done with it, so
//! that a client (and a fuzzer) finds the next step in the document.

use serde_json::{Value, json};

/// An operation at an address that has parameters.
struct Target {
    path: String,
    operation_id: String,
    summary: String,
}

/// Adds to every 201 answer a link to each operation whose address holds the new resource, and no
/// other that is not known from the request.
pub fn add(document: &mut Value) {
    let targets = targets(document);
    let schemas = document["components"]["schemas"].clone();
    for (path, methods) in super::members(document, "paths") {
        for operation in methods.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
            let Some(created) = operation["responses"].get_mut("201") else { continue };
            let resource = &created["content"]["application/json"]["schema"];
            created["links"] = links_from(path, &members_in(resource, &schemas), &targets);
        }
    }
}

/// The members of a schema, with those of the schemas that it refers to or is made of.
fn members_in(schema: &Value, schemas: &Value) -> Value {
    let mut members = schema["properties"].as_object().cloned().unwrap_or_default();
    let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next());
    let parts = schema["allOf"].as_array().into_iter().flatten();
    for part in parts.chain(name.map(|name| &schemas[name])) {
        if let Value::Object(more) = members_in(part, schemas) {
            members.extend(more);
        }
    }
    members.into()
}

fn targets(document: &Value) -> Vec<Target> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        let operations = methods.as_object().into_iter().flat_map(serde_json::Map::values);
        operations.map(move |operation| (path, operation))
    });
    let target = |(path, operation): (&String, &Value)| {
        let operation_id = operation["operationId"].as_str()?.to_owned();
        let summary = operation["summary"].as_str().unwrap_or(&operation_id).to_owned();
        Some(Target { path: path.clone(), operation_id, summary })
    };
    operations.filter_map(target).collect()
}

/// The links of what is made at `path` and looks like `members`.
fn links_from(path: &str, members: &Value, targets: &[Target]) -> Value {
    let mut links = json!({});
    for target in targets {
        let Some((made, rest)) = target
            .path
            .strip_prefix(path)
            .and_then(|rest| rest.strip_prefix("/{"))
            .and_then(|rest| rest.split_once('}'))
        else {
            continue;
        };
        if rest.contains('{') {
            continue;
        }
        let member = member_of(members, made).expect("what is made tells its own id");
        let mut parameters = json!({ made: format!("$response.body#/{member}") });
        for known in parameters_of(path) {
            parameters[known] = format!("$request.path.{known}").into();
        }
        links[&target.operation_id] = json!({
            "operationId": target.operation_id,
            "description": target.summary,
            "parameters": parameters,
        });
    }
    links
}

fn parameters_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// The member of a resource that its address calls `made`: `number` is the `organisation_number` of
/// an organisation, and `occupancy` the `id` of one.
fn member_of<'a>(members: &'a Value, made: &'a str) -> Option<&'a str> {
    let mut names = members.as_object()?.keys().map(String::as_str);
    if members.get(made).is_some() {
        return Some(made);
    }
    let of_its_kind = |name: &&str| name.strip_suffix(made).is_some_and(|kind| kind.ends_with('_'));
    members.get("id").map(|_| "id").or_else(|| names.find(of_its_kind))
}
