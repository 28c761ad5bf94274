//! The rules of the compose file, one function each, over the parsed document.
//!
//! A rule answers with sentences and never panics: a document of the wrong shape is for `shape` to
//! object to, and the others see nothing in it.

use std::collections::BTreeSet;

use serde_json::Value;

/// Letters and digits in a row from which a value is taken for a key or a password. Words are
/// shorter, and a name as long as this one has no digit in it.
const SECRET_CHARS_MIN: usize = 20;

/// Every rule the document breaks, as sentences.
pub fn violations(document: &Value) -> Vec<String> {
    let rules =
        [shape, health, order, volumes, secrets, plain_values, loopback, environment, confinement];
    rules.iter().flat_map(|rule| rule(document)).collect()
}

/// The keys and the forms of values, by `compose.schema.json`.
fn shape(document: &Value) -> Vec<String> {
    let schema = serde_json::from_str(include_str!("../compose.schema.json")).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a JSON Schema");
    validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// Every service can be asked how it is, or ends by itself.
fn health(document: &Value) -> Vec<String> {
    services(document)
        .filter(|(name, service)| !has_healthcheck(service) && !is_one_shot(document, name))
        .map(|(name, _)| format!("{name} has no healthcheck and does not end by itself"))
        .collect()
}

/// Every service waits for services that exist, in a way they can fulfil.
fn order(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, service) in services(document) {
        for (needed, how) in entries(&service["depends_on"]) {
            let Some(other) = document["services"].get(needed) else {
                found.push(format!("{name} waits for {needed}, which is no service"));
                continue;
            };
            let fits = match how["condition"].as_str() {
                Some("service_healthy") => has_healthcheck(other),
                Some("service_completed_successfully") => other["restart"] == "no",
                _ => false,
            };
            if !fits {
                found.push(format!("{name} waits for {needed} in a way that {needed} never is"));
            }
        }
    }
    found
}

/// Data lies in named volumes, each declared and each used.
fn volumes(document: &Value) -> Vec<String> {
    let used = services(document)
        .flat_map(|(_, service)| words(&service["volumes"]))
        .filter_map(|mount| mount.split_once(':').map(|(volume, _)| volume))
        .collect();
    same_names("volume", &used, &document["volumes"])
}

/// Secrets are declared and used; a setting that names a secret's file names one mounted there.
fn secrets(document: &Value) -> Vec<String> {
    let used = services(document).flat_map(|(_, service)| words(&service["secrets"])).collect();
    let mut found = same_names("secret", &used, &document["secrets"]);
    for (name, service) in services(document) {
        let mounted: BTreeSet<_> = words(&service["secrets"]).collect();
        for (setting, value) in entries(&service["environment"]) {
            let file = value.as_str().and_then(|path| path.strip_prefix("/run/secrets/"));
            if setting.ends_with("_FILE") && !file.is_some_and(|file| mounted.contains(file)) {
                found.push(format!("{name} has no secret mounted for {setting}"));
            }
        }
    }
    found
}

/// No value is, or looks like, a secret: those come from files.
fn plain_values(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, service) in services(document) {
        for setting in keys(&service["environment"]) {
            let secret = ["PASSWORD", "SECRET", "TOKEN", "KEY", "CREDENTIAL"];
            if secret.iter().any(|word| setting.contains(word)) && !setting.ends_with("_FILE") {
                found.push(format!("{name} is given {setting} itself, not a file"));
            }
        }
    }
    let mut texts = Vec::new();
    collect_texts(document, &mut texts);
    let secret = texts.into_iter().filter(|text| looks_secret(text));
    found.extend(secret.map(|text| format!("{text:?} looks like a secret")));
    found
}

fn looks_secret(text: &str) -> bool {
    let user = text.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
    let has_password = user.is_some_and(|(user, _)| user.contains(':'));
    let has_key = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|run| run.len() >= SECRET_CHARS_MIN && run.contains(|c: char| c.is_ascii_digit()));
    has_password || has_key
}

/// Ports are published on this machine's loopback address only.
fn loopback(document: &Value) -> Vec<String> {
    let ports = services(document).flat_map(|(_, service)| words(&service["ports"]));
    let open = ports.filter(|port| !port.starts_with("127.0.0.1:") && !port.starts_with("[::1]:"));
    open.map(|port| format!("{port} is published beyond loopback")).collect()
}

/// Settings have names that their program reads. For ours, its help has the last word, see
/// `the_program_documents_every_setting_the_compose_file_gives_it`.
fn environment(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, service) in services(document) {
        for setting in keys(&service["environment"]) {
            let known = if runs_alis(service) {
                setting == "DATABASE_URL" || setting.starts_with("ALIS_")
            } else {
                ["USER", "DB", "PASSWORD_FILE", "INITDB_ARGS"]
                    .iter()
                    .any(|known| setting.strip_prefix("POSTGRES_") == Some(known))
            };
            if !known {
                found.push(format!("{name} does not read {setting}"));
            }
        }
    }
    found
}

/// Our own program may do nothing to its machine, and is given time to finish.
fn confinement(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, service) in services(document).filter(|(_, service)| runs_alis(service)) {
        for needed in ["read_only", "cap_drop", "user", "mem_limit", "pids_limit"] {
            if service.get(needed).is_none() {
                found.push(format!("{name} is not confined by {needed}"));
            }
        }
        if !is_one_shot(document, name) && service.get("stop_grace_period").is_none() {
            found.push(format!("{name} has no stop_grace_period to finish open requests in"));
        }
    }
    found
}

pub fn runs_alis(service: &Value) -> bool {
    service["image"].as_str().is_some_and(|image| image.starts_with("alis:"))
}

fn has_healthcheck(service: &Value) -> bool {
    service["healthcheck"].get("test").is_some()
}

/// Whether a service ends by itself and another one waits for that.
fn is_one_shot(document: &Value, name: &str) -> bool {
    let awaited = services(document).any(|(_, other)| {
        other["depends_on"][name]["condition"] == "service_completed_successfully"
    });
    awaited && document["services"][name]["restart"] == "no"
}

/// What is used and what is declared must be the same names.
fn same_names(kind: &str, used: &BTreeSet<&str>, declared: &Value) -> Vec<String> {
    let declared: BTreeSet<&str> = keys(declared).collect();
    let missing = used.difference(&declared).map(|name| format!("{kind} {name} is not declared"));
    let idle = declared.difference(used).map(|name| format!("{kind} {name} is not used"));
    missing.chain(idle).collect()
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect_texts(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub fn services(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    entries(&document["services"])
}

/// The fields of an object; none when it is absent. The schema objects to anything else.
fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

pub fn keys(value: &Value) -> impl Iterator<Item = &str> {
    entries(value).map(|(key, _)| key)
}

/// The strings of a list; none when it is absent.
fn words(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
