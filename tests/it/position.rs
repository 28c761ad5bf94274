//! Positions through HTTP: each refusal provoked, both axes of time, two of everything.

mod corrections;
mod filters;
mod history;
mod warnings;

use serde_json::{Value, json};

use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample::municipality;

fn position(percent: u32) -> Value {
    json!({
        "municipality": "5401", "category": "regular_gp", "percent": percent,
        "intended_operating_model": "self_employed", "from": "2019-01-01",
    })
}

async fn established(client: &Client, percent: u32) -> String {
    municipality(client, "5401").await;
    client.post("/v1/positions", position(percent)).await.expect(201).id()
}

async fn trainee(client: &Client, number: u32) -> String {
    let hpr = format!("{}", 999_000_000 + number);
    let body = json!({"hpr_number": hpr, "name": "Kari Eksempel", "scheme": "new"});
    client.post("/v1/trainees", body).await.expect(201).id()
}

fn fill(trainee: &str, from: &str, percent: u32) -> Value {
    json!({"trainee": trainee, "from": from, "percent": percent, "operating_model": "salaried"})
}

async fn act(client: &Client, position: &str, what: &str, body: Value) -> Answer {
    client.post(&format!("/v1/positions/{position}/{what}"), body).await
}

async fn status(client: &Client, position: &str, day: &str) -> Value {
    let path = format!("/v1/positions/{position}?as_of={day}");
    client.get(&path).await.expect(200).body["status"].clone()
}

#[tokio::test]
async fn a_position_lives_from_establishment_to_closure() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = established(&client, 100).await;
    let trainee = trainee(&client, 1).await;
    let announced = json!({"on": "2019-02-01", "apply_by": "2019-03-01"});
    let answer = act(&client, &id, "announcements", announced).await.expect(200);
    assert_eq!(answer.body["status"], "announced");
    act(&client, &id, "announcement-withdrawal", json!({"on": "2019-02-10"})).await.expect(200);
    act(&client, &id, "suspension", json!({"on": "2019-02-15", "reason": "no premises"}))
        .await
        .expect(200);
    act(&client, &id, "resumption", json!({"on": "2019-03-01"})).await.expect(200);
    let held = act(&client, &id, "occupancies", fill(&trainee, "2019-05-01", 100)).await;
    let held = held.expect(201).id();
    let location = format!("/v1/positions/{id}/occupancies/{held}");
    assert_eq!(client.get(&location).await.expect(200).body["trainee"], trainee.as_str());
    let model = json!({"from": "2020-01-01", "operating_model": "self_employed"});
    act(&client, &id, &format!("occupancies/{held}/operating-model"), model).await.expect(200);
    let terms = json!({"from": "2020-02-01", "percent": 80, "list_length": 600});
    act(&client, &id, &format!("occupancies/{held}/terms"), terms).await.expect(200);
    let end = json!({"to": "2020-12-31", "reason": "moved_to_own_list"});
    act(&client, &id, &format!("occupancies/{held}/end"), end).await.expect(200);
    let closure = json!({"on": "2021-06-01", "reason": "merged with another"});
    act(&client, &id, "closure", closure).await.expect(200);

    let expected = [
        ("2019-01-15", "planned"),
        ("2019-02-05", "announced"),
        ("2019-02-12", "planned"),
        ("2019-02-20", "suspended"),
        ("2019-04-01", "planned"),
        ("2019-05-01", "filled"),
        ("2020-12-31", "filled"),
        ("2021-01-01", "vacant"),
        ("2021-06-01", "closed"),
    ];
    for (day, word) in expected {
        assert_eq!(status(&client, &id, day).await, word, "{day}");
    }
    let on = client.get(&format!("/v1/positions/{id}?as_of=2020-03-01")).await.expect(200);
    assert_eq!(on.body["agreed_operating_model"], "self_employed");
    assert_eq!(on.body["occupancy"]["percent"], 80);
    let history = client.get(&format!("/v1/positions/{id}/history")).await.expect(200);
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(10));
    instance.stop().await;
}

#[tokio::test]
async fn every_rule_that_says_no_is_a_named_problem() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = established(&client, 50).await;
    let (kari, ola) = (trainee(&client, 1).await, trainee(&client, 2).await);
    let occupied =
        act(&client, &id, "occupancies", fill(&kari, "2019-05-01", 50)).await.expect(201);
    let held = format!("occupancies/{}", occupied.id());
    let no = async |what: &str, body: Value, code: &str| {
        act(&client, &id, what, body).await.expect_problem(409, code);
    };
    no("occupancies", fill(&ola, "2020-01-01", 50), "position_occupied").await;
    no("occupancies", fill(&ola, "2018-12-31", 50), "position_not_yet_established").await;
    no("announcements", json!({"on": "2020-01-01"}), "position_status").await;
    no("resumption", json!({"on": "2020-01-01"}), "position_status").await;
    no("suspension", json!({"on": "2019-02-01", "reason": "x"}), "position_occupied").await;
    no("closure", json!({"on": "2019-02-01", "reason": "x"}), "position_occupied").await;
    no(&format!("{held}/terms"), json!({"from": "2018-01-01", "percent": 10}), "outside_occupancy")
        .await;
    no(
        &format!("{held}/terms"),
        json!({"from": "2019-06-01", "percent": 60}),
        "percent_above_position",
    )
    .await;
    no("correction", json!({"from": "2019-06-01", "reason": "x"}), "correction_contradicts").await;
    let end = |to: &str| json!({"to": to, "reason": "other"});
    act(&client, &id, &format!("{held}/end"), end("2020-01-31")).await.expect(200);
    no(&format!("{held}/end"), end("2020-02-28"), "occupancy_ended").await;

    let second = client.post("/v1/positions", position(100)).await.expect(201).id();
    act(&client, &second, "occupancies", fill(&ola, "2019-01-01", 100)).await.expect(201);
    let other = client.post("/v1/positions", position(100)).await.expect(201).id();
    act(&client, &other, "occupancies", fill(&ola, "2020-01-01", 1))
        .await
        .expect_problem(409, "trainee_over_full_time");
    let late = json!({"hpr_number": "999000009", "name": "Per Eksempel", "scheme": "new",
        "lis1_completed_on": "2020-06-30"});
    let late = client.post("/v1/trainees", late).await.expect(201).id();
    act(&client, &other, "occupancies", fill(&late, "2020-06-29", 100))
        .await
        .expect_problem(409, "lis1_not_completed");
    let mut named = position(100);
    named["external_ids"] = json!([{"system": "personnel", "id": "4711"}]);
    client.post("/v1/positions", named.clone()).await.expect(201);
    client.post("/v1/positions", named).await.expect_problem(409, "external_id_taken");
    let unknown = json!({"municipality": "5402", "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried"});
    let refused = client.post("/v1/positions", unknown).await;
    let refused = refused.expect_problem(422, "invalid_request");
    assert_eq!(refused.pointers(), ["/municipality"]);
    instance.stop().await;
}

#[tokio::test]
async fn what_was_known_then_stays_what_was_known_then() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = established(&client, 100).await;
    let kari = trainee(&client, 1).await;
    let held = act(&client, &id, "occupancies", fill(&kari, "2020-06-01", 100)).await.expect(201);
    let before = held.position();
    let correction = json!({"from": "2020-02-01", "reason": "reported late"});
    let path = format!("occupancies/{}/correction", held.id());
    let corrected = act(&client, &id, &path, correction).await;
    let after = corrected.expect(200).position();
    let read = async |known_at: i64| {
        let path = format!("/v1/positions/{id}?as_of=2020-03-31&known_at={known_at}");
        let one = client.get(&path).await.expect(200).body["status"].clone();
        let path = format!("/v1/positions?as_of=2020-03-31&known_at={known_at}");
        let list = client.get(&path).await.expect(200).body["items"][0]["status"].clone();
        assert_eq!(one, list, "known at {known_at}");
        one
    };
    assert_eq!(read(before).await, "planned");
    assert_eq!(read(after).await, "filled");
    let never = json!({"entered_in_error": true, "reason": "wrong position"});
    let gone = act(&client, &id, &path, never).await;
    assert_eq!(read(gone.expect(200).position()).await, "planned");
    assert_eq!(read(after).await, "filled");
    instance.stop().await;
}

#[tokio::test]
async fn two_doctors_at_once_get_one_position() {
    let instance = Instance::start().await;
    let (client, other) = (instance.client(), instance.another().await);
    let beside = Client::new(other.address);
    let id = established(&client, 100).await;
    let (kari, ola) = (trainee(&client, 1).await, trainee(&client, 2).await);
    let (one, two) = futures_util::join!(
        act(&client, &id, "occupancies", fill(&kari, "2020-01-01", 100)),
        act(&beside, &id, "occupancies", fill(&ola, "2020-01-01", 100)),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    other.stop().await;
    instance.stop().await;
}

#[tokio::test]
async fn one_doctor_in_two_positions_at_once_never_exceeds_full_time() {
    let instance = Instance::start().await;
    let client = instance.client();
    let kari = trainee(&client, 1).await;
    let mut positions = Vec::new();
    for _ in 0..8 {
        positions.push(established(&client, 40).await);
    }
    let asks =
        positions.iter().map(|id| act(&client, id, "occupancies", fill(&kari, "2020-01-01", 40)));
    let answers = futures_util::future::join_all(asks).await;
    let accepted = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(accepted, 2);
    instance.stop().await;
}
