//! Reports count what is filed under an old number under the one of the day.

use serde_json::{Value, json};

use crate::staffing::report;
use crate::support::client::Client;
use crate::support::instance::Instance;
use crate::support::sample;

async fn position(client: &Client, municipality: &str, from: &str) {
    let body = json!({"municipality": municipality, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": from});
    client.post("/v1/positions", body).await.expect(201);
}

/// The rows of the report by number and positions, and its number of municipalities.
async fn counts(client: &Client, query: &str) -> (Vec<(String, i64)>, i64) {
    let report = report(client, "staffing", query).await;
    let rows = report["rows"].as_array().expect("rows").iter().map(|row| {
        let number = row["municipality"].as_str().expect("a number").to_owned();
        (number, row["positions"].as_i64().expect("a count"))
    });
    let municipalities = report["totals"]["municipalities"].as_i64().expect("a count");
    (rows.collect(), municipalities)
}

fn rows(expected: &[(&str, i64)]) -> (Vec<(String, i64)>, i64) {
    let rows: Vec<_> = expected.iter().map(|(number, it)| ((*number).to_owned(), *it)).collect();
    let municipalities = i64::try_from(rows.len()).expect("few");
    (rows, municipalities)
}

#[tokio::test]
async fn positions_are_counted_under_the_number_of_the_day() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::tromso(&client).await;
    sample::merger(&client).await;
    for (number, from) in [
        ("5401", "2020-01-01"),
        ("5501", "2024-01-01"),
        ("3001", "2020-01-01"),
        ("3002", "2020-01-01"),
    ] {
        position(&client, number, from).await;
    }
    let before = counts(&client, "as_of=2023-12-31").await;
    assert_eq!(before, rows(&[("3001", 1), ("3002", 1), ("5401", 1)]));
    let after = counts(&client, "as_of=2024-01-01").await;
    assert_eq!(after, rows(&[("3101", 2), ("5501", 2)]));
    for (query, expected) in [
        ("as_of=2023-12-31&municipality=5501", &[][..]),
        ("as_of=2023-12-31&municipality=5401", &[("5401", 1)]),
        ("as_of=2024-01-01&municipality=5501", &[("5501", 2)]),
        ("as_of=2024-01-01&municipality=5401", &[("5501", 2)]),
        ("as_of=2024-01-01&municipality=3101", &[("3101", 2)]),
    ] {
        assert_eq!(counts(&client, query).await, rows(expected), "{query}");
    }
    let named = report(&client, "staffing", "as_of=2024-01-01&municipality=5501").await;
    assert_eq!(named["rows"][0]["municipality_name"], "Kommune 5501");
    let regions = report(&client, "staffing", "as_of=2024-01-01&group_by=region").await;
    assert_eq!(regions["rows"].as_array().map(Vec::len), Some(2), "{regions}");
    instance.stop().await;
}

#[tokio::test]
async fn what_was_not_known_of_a_succession_is_not_counted_by_it() {
    let instance = Instance::start().await;
    let client = instance.client();
    for (number, from, to) in
        [("5401", "2020-01-01", Some("2023-12-31")), ("5501", "2024-01-01", None)]
    {
        let body = json!({"number": number, "name": "Tromsø", "from": from, "to": to});
        client.post("/v1/municipalities", body).await.expect(201);
    }
    position(&client, "5401", "2020-01-01").await;
    let before = counts(&client, "as_of=2024-01-01").await;
    assert_eq!(before, rows(&[("5401", 1)]));
    let path = "/v1/municipalities/5401/successions";
    let recorded = client.post(path, json!({"successor": "5501", "on": "2024-01-01"})).await;
    let position = recorded.expect(200).position();
    for municipality in ["", "&municipality=5501"] {
        let query = format!("as_of=2024-01-01{municipality}");
        assert_eq!(counts(&client, &query).await, rows(&[("5501", 1)]), "{query}");
    }
    let then = format!("as_of=2024-01-01&known_at={}", position - 1);
    assert_eq!(counts(&client, &then).await, rows(&[("5401", 1)]));
    let then = format!("{then}&municipality=5501");
    assert_eq!(counts(&client, &then).await, rows(&[]));
    instance.stop().await;
}

#[tokio::test]
async fn the_other_reports_find_a_municipality_under_each_of_its_numbers() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::tromso(&client).await;
    let trainee = sample::trainee(&client, "999000001").await;
    sample::position_of(&client, &trainee, "5401", "2020-01-01").await;
    let found = async |query: &str| {
        let report = report(&client, "supervision-status", query).await;
        report["rows"]
            .as_array()
            .map(|rows| rows.iter().map(|row| row["trainee"].clone()).collect())
    };
    let with: Option<Vec<Value>> = Some(vec![json!(trainee)]);
    assert_eq!(found("as_of=2024-01-01&municipality=5501").await, with);
    assert_eq!(found("as_of=2023-12-31&municipality=5401").await, with);
    assert_eq!(found("as_of=2023-12-31&municipality=5501").await, Some(vec![]));
    instance.stop().await;
}
