//! `sort`: every list has it, and pages in any order show one state.

use std::cell::Cell;

use serde_json::{Value, json};

use super::pages::walk;
use super::{Operation, lists, operations, registered, trainee, with_query};
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;

/// What `sort` of an operation may be, and what it is when it is left out.
fn orders(list: &Operation) -> (Vec<String>, String) {
    let parameters = list.described["parameters"].as_array().expect("parameters");
    let sort = parameters.iter().find(|parameter| parameter["name"] == "sort");
    let schema = &sort.unwrap_or_else(|| panic!("{} has no sort", list.template))["schema"];
    let words = schema["enum"].as_array().expect("a list of words").iter();
    let text = |word: &Value| word.as_str().expect("a word").to_owned();
    (words.map(text).collect(), text(&schema["default"]))
}

#[tokio::test]
async fn every_list_takes_each_of_its_orders_either_way_and_no_other() {
    let paged: Vec<Operation> =
        operations().into_iter().filter(|list| list.has_parameter("cursor")).collect();
    assert!(paged.len() > 25, "only {} lists were found", paged.len());
    for list in &paged {
        let (orders, default) = orders(list);
        assert!(orders.contains(&default), "{}", list.template);
        for order in &orders {
            let other = order.strip_prefix('-').map_or(format!("-{order}"), str::to_owned);
            assert!(orders.contains(&other), "{} has no {other}", list.template);
        }
    }
    let instance = Instance::start().await;
    let client = instance.client();
    for list in lists().into_iter().filter(|list| list.has_parameter("cursor")) {
        let (orders, default) = orders(&list);
        for order in &orders {
            client.get(&with_query(&list.path, &format!("sort={order}"))).await.expect(200);
        }
        let asked = client.get(&with_query(&list.path, &format!("sort={default}"))).await;
        assert_eq!(asked.body, client.get(&list.path).await.body, "{}", list.path);
        for wrong in ["", "-", "+created", "no_such_order", "key", "created,number", "a%00"] {
            // Both faults are told.
            let path = with_query(&list.path, &format!("sort={wrong}&limit=0"));
            let answer = client.get(&path).await.expect_problem(422, "invalid_request");
            assert_eq!(answer.pointers(), ["/query/limit", "/query/sort"], "{path}");
            let fault = &answer.body["errors"][1];
            assert_eq!(fault["code"], "unknown_value", "{path}");
        }
    }
    instance.stop().await;
}

async fn named(client: &Client, number: &str, name: &str, from: &str) -> Answer {
    let body = json!({"number": number, "name": name, "from": from});
    client.post("/v1/municipalities", body).await.expect(201)
}

/// Municipalities, two of them of one name; answers how far the log has come.
async fn five(client: &Client) -> i64 {
    let mut last = 0;
    for (number, name) in [
        ("0301", "Oslo - Oslove"),
        ("1515", "Herøy"),
        ("1818", "Herøy"),
        ("3419", "Våler"),
        ("3403", "Åmot"),
    ] {
        last = named(client, number, name, "2020-01-01").await.position();
    }
    last
}

fn texts<'a>(pages: &'a [Vec<Value>], field: &str) -> Vec<&'a str> {
    pages.iter().flatten().filter_map(|item| item[field].as_str()).collect()
}

/// Waits until a list shows what stands at a position.
async fn shown(client: &Client, path: &str, position: i64) {
    let position = position.to_string();
    client.get_with(path, &[("Min-Log-Position", &position)]).await.expect(200);
}

#[tokio::test]
async fn a_list_comes_in_the_order_that_was_asked_for_page_by_page() {
    let instance = Instance::start().await;
    let client = instance.client();
    let last = five(&client).await;
    shown(&client, "/v1/municipalities", last).await;
    let by_number = ["0301", "1515", "1818", "3403", "3419"];
    // Å comes last, and namesakes come by number.
    let by_name = ["1515", "1818", "0301", "3419", "3403"];
    for (sort, mut expected) in [("number", by_number), ("name", by_name)] {
        for sort in [sort.to_owned(), format!("-{sort}")] {
            for limit in [1, 2, 5, 200] {
                let path = format!("/v1/municipalities?limit={limit}&sort={sort}");
                let pages = walk(&client, &path, async |_| {}).await;
                assert_eq!(texts(&pages, "number"), expected, "{path}");
            }
            expected.reverse();
        }
    }
    // With filters, too.
    let path = "/v1/municipalities?limit=1&sort=-name&county=34&as_of=2020-06-01";
    assert_eq!(texts(&walk(&client, path, async |_| {}).await, "number"), ["3403", "3419"]);
    let path = "/v1/municipalities?limit=1&sort=-number&name=her%C3%B8y";
    assert_eq!(texts(&walk(&client, path, async |_| {}).await, "number"), ["1818", "1515"]);
    instance.stop().await;
}

#[tokio::test]
async fn pages_in_any_order_show_the_state_of_the_first_one_while_others_write() {
    let instance = Instance::start().await;
    let client = instance.client();
    let newest = Cell::new(five(&client).await);
    for sort in ["name", "-name", "-number"] {
        let last = newest.get();
        shown(&client, "/v1/municipalities", last).await;
        let path = format!("/v1/municipalities?sort={sort}&limit=2");
        let known = format!("{path}&known_at={last}");
        let expected = walk(&client, &known, async |_| {}).await.concat();
        let meanwhile = async |page: u32| {
            // One comes in between, and one that was told of already gets another place.
            named(&client, &format!("40{page:02}"), &format!("Ny {sort}"), "2020-01-01").await;
            let moved = named(&client, "3419", &format!("{page} {sort}"), "2020-01-01").await;
            newest.set(moved.position());
            shown(&client, "/v1/municipalities?limit=1", newest.get()).await;
        };
        let pages = walk(&client, &path, meanwhile).await.concat();
        assert_eq!(pages, expected, "{sort}");
        // What was known then is told in the same order for ever.
        assert_eq!(walk(&client, &known, async |_| {}).await.concat(), expected, "{sort}");
        let now = walk(&client, &path, async |_| {}).await.concat();
        assert_ne!(now, expected, "{sort}: something was written");
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_list_is_sorted_by_how_things_are_on_the_day() {
    let instance = Instance::start().await;
    let client = instance.client();
    named(&client, "3403", "Aremark", "2020-01-01").await;
    named(&client, "3419", "Eidsvoll", "2020-01-01").await;
    let last = named(&client, "3403", "Ørland", "2024-01-01").await.position();
    shown(&client, "/v1/municipalities", last).await;
    for (query, expected) in [
        ("as_of=2023-12-31", ["3403", "3419"]),
        ("as_of=2024-01-01", ["3419", "3403"]),
        (&format!("as_of=2024-01-01&known_at={}", last - 1), ["3403", "3419"]),
    ] {
        let path = format!("/v1/municipalities?sort=name&limit=1&{query}");
        let pages = walk(&client, &path, async |_| {}).await;
        assert_eq!(texts(&pages, "number"), expected, "{query}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let instance = Instance::start().await;
    let client = instance.client();
    let last = five(&client).await;
    shown(&client, "/v1/municipalities", last).await;
    let orders = ["number", "-number", "name", "-name"];
    for made in orders {
        let path = format!("/v1/municipalities?limit=1&sort={made}");
        let page = client.get(&path).await.expect(200);
        let cursor = page.body["next_cursor"].as_str().expect("a second page").to_owned();
        for asked in orders {
            let path = format!("/v1/municipalities?limit=1&sort={asked}&cursor={cursor}");
            let answer = client.get(&path).await;
            if made == asked {
                answer.expect(200);
            } else {
                let answer = answer.expect_problem(422, "invalid_request");
                assert_eq!(answer.pointers(), ["/query/cursor"], "{made} {asked}");
            }
        }
        let recorded = client.get(&format!("/v1/municipalities?limit=1&cursor={cursor}")).await;
        assert_eq!(recorded.status, if made == "number" { 200 } else { 422 }, "{made}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn other_lists_of_names_are_sorted_like_municipalities() {
    let instance = Instance::start().await;
    let client = instance.client();
    let mut last = 0;
    for (name, number) in [("Ås", "999000134"), ("Alta", "999000142"), ("ørsta", "999000150")] {
        let programme = json!({"name": name, "from": "2020-01-01"});
        client.post("/v1/programmes", programme).await.expect(201);
        client.post("/v1/alis-offices", json!({ "name": name })).await.expect(201);
        let body = json!({"name": name, "organisation_number": number, "kind": "medical_practice",
            "from": "2020-01-01"});
        last = client.post("/v1/organisations", body).await.expect(201).position();
    }
    for list in ["/v1/programmes", "/v1/alis-offices", "/v1/organisations"] {
        shown(&client, list, last).await;
        for (sort, expected) in
            [("name", ["Alta", "ørsta", "Ås"]), ("-name", ["Ås", "ørsta", "Alta"])]
        {
            let pages = walk(&client, &format!("{list}?limit=1&sort={sort}"), async |_| {}).await;
            assert_eq!(texts(&pages, "name"), expected, "{list} {sort}");
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_history_is_told_from_its_beginning_while_it_grows() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    let add = async |system: &str, number: u32| {
        let body = json!({ "system": system, "id": number.to_string() });
        client.post(&format!("/v1/trainees/{id}/external-ids"), body).await.expect(200);
    };
    for number in 1..=4 {
        add("dossier", number).await;
    }
    let path = format!("/v1/trainees/{id}/history");
    let meanwhile = async |page: u32| add("later", page).await;
    let pages = walk(&client, &format!("{path}?limit=2&sort=position"), meanwhile).await;
    assert_eq!(texts(&pages, "position"), ["1", "2", "3", "4", "5"]);
    let known = format!("{path}?sort=position&limit=1&known_at=2");
    assert_eq!(texts(&walk(&client, &known, async |_| {}).await, "position"), ["1", "2"]);
    let back = client.get(&format!("{path}?limit=2&sort=-position")).await.expect(200);
    let back = back.body["next_cursor"].as_str().expect("a second page").to_owned();
    let answer = client.get(&format!("{path}?limit=2&sort=position&cursor={back}")).await;
    assert_eq!(answer.expect_problem(422, "invalid_request").pointers(), ["/query/cursor"]);
    instance.stop().await;
}

/// Who somebody is lies sealed: no list of persons has an order that would tell of it.
#[tokio::test]
async fn persons_are_not_sorted_by_what_is_sealed() {
    let instance = Instance::start().await;
    let client = instance.client();
    client.post("/v1/trainees", trainee(1)).await.expect(201);
    for list in ["/v1/trainees", "/v1/supervisors", "/v1/leaders"] {
        for sealed in ["name", "-name", "hpr_number"] {
            let answer = client.get(&format!("{list}?sort={sealed}")).await;
            assert_eq!(answer.expect_problem(422, "invalid_request").pointers(), ["/query/sort"]);
        }
    }
    instance.stop().await;
}
