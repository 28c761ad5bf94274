//! A new number brings no new places in a programme.

use serde_json::{Value, json};

use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample;

async fn programme(client: &Client) -> String {
    let body = json!({"name": "ALIS-Eksempel", "from": "2019-01-01",
        "positions_max_per_municipality": 2});
    client.post("/v1/programmes", body).await.expect(201).id()
}

async fn join(client: &Client, programme: &str, number: &str, from: &str, quota: u16) -> Answer {
    let path = format!("/v1/programmes/{programme}/participations");
    let body = json!({"municipality": number, "from": from, "quota": quota});
    client.post(&path, body).await
}

async fn leave(client: &Client, programme: &str, number: &str, to: &str) -> Answer {
    let path = format!("/v1/programmes/{programme}/participations/end");
    client.post(&path, json!({"municipality": number, "to": to})).await
}

fn position(programme: &str, number: &str, from: &str) -> Value {
    json!({"municipality": number, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": from, "programme": programme})
}

async fn establish(client: &Client, programme: &str, number: &str, from: &str) -> Answer {
    client.post("/v1/positions", position(programme, number, from)).await
}

#[tokio::test]
async fn a_third_position_is_refused_under_whichever_number_it_is_asked_for() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::tromso(&client).await;
    let id = programme(&client).await;
    join(&client, &id, "5401", "2020-01-01", 2).await.expect(200);
    establish(&client, &id, "5401", "2020-01-01").await.expect(201);
    // The participation goes on under the new number, with the places that are left.
    let second = establish(&client, &id, "5501", "2024-01-01").await.expect(201);
    let third = establish(&client, &id, "5501", "2024-01-01").await;
    third.expect_problem(409, "programme_quota_reached");
    let third = establish(&client, &id, "5401", "2023-06-01").await;
    third.expect_problem(409, "programme_quota_reached");
    // It cannot end before the position that has its place by it.
    let early = leave(&client, &id, "5401", "2023-12-31").await;
    early.expect_problem(409, "programme_participation_in_use");
    // Joining under the new number brings no more places, and must have room for both.
    let small = join(&client, &id, "5501", "2024-01-01", 1).await;
    small.expect_problem(409, "programme_participation_in_use");
    join(&client, &id, "5501", "2024-01-01", 2).await.expect(200);
    let third = establish(&client, &id, "5501", "2024-06-01").await;
    third.expect_problem(409, "programme_quota_reached");
    leave(&client, &id, "5401", "2023-12-31").await.expect(200);
    let third = establish(&client, &id, "5501", "2024-06-01").await;
    third.expect_problem(409, "programme_quota_reached");
    let close = json!({"on": "2024-06-01", "reason": "Given up"});
    client.post(&format!("/v1/positions/{}/closure", second.id()), close).await.expect(200);
    establish(&client, &id, "5501", "2024-06-01").await.expect(201);
    instance.stop().await;
}

#[tokio::test]
async fn a_position_whose_first_day_moves_over_the_turn_keeps_its_place() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::tromso(&client).await;
    let id = programme(&client).await;
    join(&client, &id, "5401", "2020-01-01", 1).await.expect(200);
    let only = establish(&client, &id, "5401", "2023-12-31").await.expect(201);
    let path = format!("/v1/positions/{}/correction", only.id());
    let moved = json!({"from": "2024-02-01", "reason": "Misread"});
    client.post(&path, moved).await.expect(200);
    let second = establish(&client, &id, "5501", "2024-01-01").await;
    second.expect_problem(409, "programme_quota_reached");
    instance.stop().await;
}

#[tokio::test]
async fn those_who_merge_bring_their_places_and_their_positions() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::merger(&client).await;
    let id = programme(&client).await;
    let stranger = establish(&client, &id, "3101", "2024-01-01").await;
    stranger.expect_problem(409, "municipality_not_in_programme");
    join(&client, &id, "3001", "2020-01-01", 2).await.expect(200);
    for from in ["2020-01-01", "2021-01-01"] {
        establish(&client, &id, "3001", from).await.expect(201);
    }
    let full = establish(&client, &id, "3101", "2024-01-01").await;
    full.expect_problem(409, "programme_quota_reached");
    join(&client, &id, "3002", "2020-01-01", 2).await.expect(200);
    establish(&client, &id, "3101", "2024-01-01").await.expect(201);
    establish(&client, &id, "3101", "2024-01-01").await.expect(201);
    let fifth = establish(&client, &id, "3101", "2024-01-01").await;
    fifth.expect_problem(409, "programme_quota_reached");
    instance.stop().await;
}

#[tokio::test]
async fn twenty_who_ask_at_once_under_both_numbers_get_no_more_than_the_quota() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    sample::tromso(&clients[0]).await;
    let id = programme(&clients[0]).await;
    join(&clients[0], &id, "5401", "2020-01-01", 2).await.expect(200);
    let asking = (0..20).map(|number| {
        let client = clients[number % 2].clone();
        let (number, from) = [("5401", "2023-01-01"), ("5501", "2024-01-01")][number / 2 % 2];
        let body = position(&id, number, from);
        tokio::spawn(async move { client.post("/v1/positions", body).await })
    });
    let mut established = 0;
    for answer in futures_util::future::join_all(asking).await {
        let answer = answer.expect("the request ran");
        match answer.status {
            201 => established += 1,
            _ => drop(answer.expect_problem(409, "programme_quota_reached")),
        }
    }
    assert_eq!(established, 2);
    other.stop().await;
    instance.stop().await;
}
