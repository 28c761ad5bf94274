//! The links of the document: from what was made to what can be done with it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::contract::Contract;
use crate::support::instance::Instance;

/// An operation by its id: its method and address.
fn operation<'a>(document: &'a Value, id: &str) -> Option<(&'a str, &'a str)> {
    let addresses = document["paths"].as_object()?.iter();
    let mut operations = addresses.flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, it)| (method, path, it))
    });
    let (method, path, _) = operations.find(|(_, _, it)| it["operationId"] == id)?;
    Some((method, path))
}

fn parameters(path: &str) -> BTreeSet<&str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
}

/// Every answer that tells of something new, by the address it was posted to.
fn created(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let addresses = document["paths"].as_object().into_iter().flatten();
    let answers = addresses.map(|(path, methods)| (path, &methods["post"]["responses"]["201"]));
    answers.filter(|(_, answer)| answer.is_object())
}

#[test]
fn every_link_gives_an_operation_all_parameters_of_its_address() {
    let document = Contract::of_program().document();
    let mut reads = 0;
    for (from, answer) in created(document) {
        let links = answer["links"].as_object().unwrap_or_else(|| panic!("{from}: no links"));
        for (name, link) in links {
            let id = link["operationId"].as_str().expect("a link names an operation");
            let (method, path) = operation(document, id).expect("the operation is there");
            let given = link["parameters"].as_object().expect("parameters").keys();
            let given: BTreeSet<&str> = given.map(String::as_str).collect();
            assert_eq!(given, parameters(path), "{from}: {name}");
            reads += usize::from(method == "get");
        }
    }
    assert!(reads >= 2 * created(document).count() - 2, "nearly all are read, with their history");
}

#[tokio::test]
async fn the_links_of_an_answer_read_what_was_made() {
    let instance = Instance::start().await;
    let client = instance.client();
    let trainee = json!({"hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "new"});
    let numbered =
        json!({"organisation_number": "999000010", "name": "Et kontor", "kind": "alis_office"});
    for (path, body) in [("/v1/trainees", trainee), ("/v1/organisations", numbered)] {
        follow(&client, path, body).await;
    }
    instance.stop().await;
}

/// Makes something and reads it at every address that a link of the answer gives.
async fn follow(client: &Client, path: &str, body: Value) {
    let document = Contract::of_program().document();
    let made = client.post(path, body).await.expect(201);
    let links = document["paths"][path]["post"]["responses"]["201"]["links"].as_object();
    let mut read = 0;
    for link in links.expect("links").values() {
        let id = link["operationId"].as_str().expect("an operation");
        let (method, template) = operation(document, id).expect("the operation is there");
        if method != "get" || template.ends_with("/learning-goals") || template.ends_with("/plans")
        {
            continue;
        }
        let mut address = template.to_owned();
        for (name, expression) in link["parameters"].as_object().expect("parameters") {
            let pointer = expression.as_str().and_then(|text| text.strip_prefix("$response.body#"));
            let value = made.body.pointer(pointer.expect("a pointer into the answer"));
            let value = value.and_then(Value::as_str).expect("a text");
            address = address.replace(&format!("{{{name}}}"), value);
        }
        client.get(&address).await.expect(200);
        read += 1;
    }
    assert_eq!(read, 2, "{path}: itself and its history");
}
