//! Programmes and their quotas through HTTP.

mod corrections;

use serde_json::{Value, json};

use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample::municipality;

/// A programme of five years with 200 000 kroner a position and at most two a municipality.
async fn programme(client: &Client) -> Answer {
    let body = json!({"name": "ALIS-Eksempel", "from": "2019-01-01", "to": "2023-12-31",
        "positions_max_per_municipality": 2, "subsidy_nok_per_position_year": 200_000});
    client.post("/v1/programmes", body).await.expect(201)
}

fn position(programme: &str, municipality: &str, from: &str) -> Value {
    json!({"municipality": municipality, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": from, "programme": programme})
}

async fn join(client: &Client, programme: &str, municipality: &str, quota: u16) -> Answer {
    let path = format!("/v1/programmes/{programme}/participations");
    let body = json!({"municipality": municipality, "from": "2019-01-01", "quota": quota});
    client.post(&path, body).await
}

#[tokio::test]
async fn a_programme_shows_the_rate_and_the_phase_of_the_day() {
    let instance = Instance::start().await;
    let client = instance.client();
    let started = programme(&client).await;
    let path = format!("/v1/programmes/{}", started.id());
    assert_eq!(started.header("location"), Some(path.as_str()));
    let rate = json!({"nok_per_position_year": 225_000, "from": "2021-01-01"});
    let recorded = client.post(&format!("{path}/subsidies"), rate.clone()).await.expect(200);
    assert_eq!(recorded.body["subsidies"][0]["to"], "2020-12-31");
    let again = client.post(&format!("{path}/subsidies"), rate).await.expect(200);
    assert_eq!(again.position(), recorded.position());
    for (name, from) in [("Fase 1", "2019-01-01"), ("Fase 2", "2020-07-01")] {
        let phase = json!({"name": name, "from": from});
        client.post(&format!("{path}/phases"), phase).await.expect(200);
    }
    for (sub, body) in [
        ("phases", json!({"name": "Fase 0", "from": "2018-12-31"})),
        ("subsidies", json!({"nok_per_position_year": 1, "from": "2024-01-01"})),
    ] {
        let answer = client.post(&format!("{path}/{sub}"), body).await;
        answer.expect_problem(409, "outside_programme");
    }
    let on = |day: &str| format!("{path}?as_of={day}");
    let first = client.get(&on("2020-06-30")).await.expect(200).body;
    assert_eq!(
        (&first["phase"], &first["subsidy_nok_per_position_year"]),
        (&json!("Fase 1"), &json!(200_000))
    );
    let later = client.get(&on("2021-01-01")).await.expect(200).body;
    assert_eq!(
        (&later["phase"], &later["subsidy_nok_per_position_year"]),
        (&json!("Fase 2"), &json!(225_000))
    );
    let known = format!("{}&known_at={}", on("2021-01-01"), started.position());
    let before = client.get(&known).await.expect(200).body;
    assert_eq!(
        (&before["phase"], &before["subsidy_nok_per_position_year"]),
        (&Value::Null, &json!(200_000))
    );
    client.get(&on("2018-12-31")).await.expect_problem(404, "not_found");
    let history = client.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(4));
    instance.stop().await;
}

#[tokio::test]
async fn wrong_programmes_are_refused_by_field_and_external_ids_belong_to_one() {
    let instance = Instance::start().await;
    let client = instance.client();
    let wrong = json!({"name": "", "from": "2019-01-01", "positions_max_per_municipality": 0,
        "subsidy_nok_per_position_year": 1.5});
    let answer = client.post("/v1/programmes", wrong).await.expect_problem(422, "invalid_request");
    assert_eq!(answer.pointers().len(), 3, "{}", answer.text);
    let backwards = json!({"name": "X", "from": "2019-01-02", "to": "2019-01-01"});
    let answer = client.post("/v1/programmes", backwards).await;
    assert_eq!(answer.expect_problem(422, "invalid_request").pointers(), ["/to"]);
    let named = json!({"name": "ALIS-Eksempel", "from": "2019-01-01",
        "external_ids": [{"system": "hdir", "id": "alis-1"}]});
    let first = client.post("/v1/programmes", named.clone()).await.expect(201);
    let taken = client.post("/v1/programmes", named).await;
    let taken = taken.expect_problem(409, "external_id_taken");
    assert!(taken.text.contains(&first.id()));
    let position = first.position().to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    let found = client.get_with("/v1/programmes?external_id=hdir/alis-1", &wait).await.expect(200);
    assert_eq!(found.body["items"][0], first.body);
    let nobody = "/v1/programmes/01890a5d-ac96-774b-bcce-b302099a8060";
    client.get(nobody).await.expect_problem(404, "not_found");
    let phase = json!({"name": "Fase 1", "from": "2019-01-01"});
    client.post(&format!("{nobody}/phases"), phase).await.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn a_municipality_applies_is_accepted_and_takes_part_only_when_that_is_recorded() {
    let instance = Instance::start().await;
    let client = instance.client();
    municipality(&client, "5401").await;
    let id = programme(&client).await.id();
    let path = format!("/v1/programmes/{id}/applications");
    let decision = format!("{path}/5401/decision");
    let accepted = json!({"outcome": "accepted", "on": "2018-12-01"});
    client.post(&decision, accepted.clone()).await.expect_problem(404, "not_found");
    let applied = json!({"municipality": "5401", "applied_on": "2018-11-01"});
    let first = client.post(&path, applied.clone()).await.expect(200);
    assert_eq!(client.post(&path, applied).await.position(), first.position());
    let second = json!({"municipality": "5401", "applied_on": "2018-11-02"});
    let pending = client.post(&path, second).await;
    pending.expect_problem(409, "programme_application_pending");
    let unknown = json!({"municipality": "4601", "applied_on": "2018-11-01"});
    let unknown = client.post(&path, unknown).await.expect_problem(422, "invalid_request");
    assert_eq!(unknown.pointers(), ["/municipality"]);
    let early = client.post(&decision, json!({"outcome": "accepted", "on": "2018-10-31"})).await;
    assert_eq!(early.expect_problem(422, "invalid_request").pointers(), ["/on"]);
    let decided = client.post(&decision, accepted.clone()).await.expect(200);
    assert_eq!(decided.body["applications"][0]["outcome"], "accepted");
    assert_eq!(decided.body["participations"], json!([]));
    assert_eq!(client.post(&decision, accepted).await.position(), decided.position());
    let other = client.post(&decision, json!({"outcome": "declined", "on": "2018-12-01"})).await;
    other.expect_problem(409, "programme_application_decided");

    let above = join(&client, &id, "5401", 3).await;
    above.expect_problem(409, "programme_quota_above_maximum");
    let joined = join(&client, &id, "5401", 2).await.expect(200);
    let takes_part =
        json!({"municipality": "5401", "from": "2019-01-01", "to": "2023-12-31", "quota": 2});
    assert_eq!(joined.body["participations"], json!([takes_part]));
    let meets = json!({"municipality": "5401", "from": "2020-01-01", "quota": 1});
    let participations = format!("/v1/programmes/{id}/participations");
    let meets = client.post(&participations, meets).await;
    meets.expect_problem(409, "programme_participation_overlaps");
    let end = json!({"municipality": "5401", "to": "2021-12-31"});
    let left = client.post(&format!("{participations}/end"), end.clone()).await.expect(200);
    let again = client.post(&format!("{participations}/end"), end).await.expect(200);
    assert_eq!(again.position(), left.position());

    let position = left.position().to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    let on = |day: &str| format!("/v1/programmes?municipality=5401&as_of={day}");
    let during = client.get_with(&on("2021-12-31"), &wait).await.expect(200);
    assert_eq!(during.body["items"][0]["id"], json!(id));
    let after = client.get(&on("2022-01-01")).await.expect(200);
    assert_eq!(after.body["items"], json!([]));
    let known = format!("{}&known_at={}", on("2022-01-01"), joined.position());
    assert_eq!(client.get(&known).await.expect(200).body["items"][0]["id"], json!(id));
    instance.stop().await;
}

#[tokio::test]
async fn a_position_needs_the_programme_the_municipality_in_it_and_a_free_place() {
    let instance = Instance::start().await;
    let client = instance.client();
    municipality(&client, "5401").await;
    municipality(&client, "1804").await;
    let id = programme(&client).await.id();
    let establish = |number: &str, from: &str| {
        let (client, body) = (client.clone(), position(&id, number, from));
        async move { client.post("/v1/positions", body).await }
    };
    let nothing = "01890a5d-ac96-774b-bcce-b302099a8060";
    let unknown = client.post("/v1/positions", position(nothing, "5401", "2020-01-01")).await;
    let unknown = unknown.expect_problem(422, "invalid_request");
    assert_eq!(unknown.pointers(), ["/programme"]);
    assert_eq!(unknown.body["errors"][0]["code"], "unknown_reference");
    let stranger = establish("5401", "2020-01-01").await;
    stranger.expect_problem(409, "municipality_not_in_programme");
    join(&client, &id, "5401", 2).await.expect(200);
    join(&client, &id, "1804", 1).await.expect(200);
    let early = establish("5401", "2018-12-31").await;
    early.expect_problem(409, "municipality_not_in_programme");
    let first = establish("5401", "2020-01-01").await.expect(201);
    let second = establish("5401", "2021-01-01").await.expect(201);
    let third = establish("5401", "2020-01-01").await;
    third.expect_problem(409, "programme_quota_reached");
    establish("1804", "2020-01-01").await.expect(201);

    let participations = format!("/v1/programmes/{id}/participations");
    let lowered = join(&client, &id, "5401", 1).await;
    lowered.expect_problem(409, "programme_participation_in_use");
    let end = json!({"municipality": "5401", "to": "2020-06-30"});
    let end = client.post(&format!("{participations}/end"), end).await;
    end.expect_problem(409, "programme_participation_in_use");
    let end = json!({"municipality": "5401", "to": "2018-06-30"});
    let end = client.post(&format!("{participations}/end"), end).await;
    end.expect_problem(409, "municipality_not_in_programme");

    let close = json!({"on": "2020-07-01", "reason": "Given up"});
    client.post(&format!("/v1/positions/{}/closure", first.id()), close).await.expect(200);
    let before = establish("5401", "2020-06-30").await;
    before.expect_problem(409, "programme_quota_reached");
    let third = establish("5401", "2020-07-01").await.expect(201);
    // The closed one has lost its place, and was not closed only if there is one.
    let reopen = async |recorded: Value| {
        let mut body = recorded;
        body["reason"] = json!("Misread");
        client.post(&format!("/v1/positions/{}/closure/correction", first.id()), body).await
    };
    reopen(json!({"entered_in_error": true})).await.expect_problem(409, "programme_quota_reached");
    for day in ["2020-07-02", "2020-06-30"] {
        reopen(json!({"on": day})).await.expect(200);
    }
    reopen(json!({"on": "2020-07-01"})).await.expect(200);
    // A corrected first day takes a place like a new position's.
    let correction = format!("/v1/positions/{}/correction", third.id());
    let moved = client.post(&correction, json!({"from": "2020-06-30", "reason": "Misread"})).await;
    moved.expect_problem(409, "programme_quota_reached");
    let outside =
        client.post(&correction, json!({"from": "2018-06-30", "reason": "Misread"})).await;
    outside.expect_problem(409, "municipality_not_in_programme");
    let moved = client.post(&correction, json!({"from": "2020-09-01", "reason": "Misread"})).await;
    assert_eq!(moved.expect(200).body["from"], "2020-09-01");
    let path = format!("/v1/positions/{}/correction", second.id());
    client.post(&path, json!({"percent": 50, "reason": "Misread"})).await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn twenty_who_ask_at_once_get_no_more_than_the_quota() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    municipality(&clients[0], "5401").await;
    let id = programme(&clients[0]).await.id();
    join(&clients[0], &id, "5401", 2).await.expect(200);
    let asking = (0..20).map(|number| {
        let client = clients[number % 2].clone();
        let body = position(&id, "5401", "2020-01-01");
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

#[tokio::test]
async fn a_participation_entered_in_error_is_gone_and_known_at_shows_it() {
    let instance = Instance::start().await;
    let client = instance.client();
    for number in ["5401", "5402"] {
        municipality(&client, number).await;
    }
    let programme = programme(&client).await.id();
    let path = format!("/v1/programmes/{programme}");
    let url = format!("{path}/participations/correction");
    let joined = join(&client, &programme, "5401", 2).await.expect(200);
    join(&client, &programme, "5402", 1).await.expect(200);
    let held = position(&programme, "5402", "2019-03-01");
    client.post("/v1/positions", held).await.expect(201);
    let never = |number: &str| {
        json!({"municipality": number, "recorded_from": "2019-01-01", "entered_in_error": true,
            "reason": "Another municipality of the same name"})
    };
    let refused = client.post(&url, never("5402")).await;
    refused.expect_problem(409, "programme_participation_in_use");
    let mut moved = never("5402");
    (moved["entered_in_error"], moved["from"]) = (json!(false), json!("2019-02-01"));
    let recorded = client.post(&url, moved.clone()).await.expect(200);
    assert_eq!(recorded.body["participations"][1]["from"], "2019-02-01");
    moved["recorded_from"] = json!("2019-02-01");
    moved["from"] = json!("2019-04-01");
    client.post(&url, moved).await.expect_problem(409, "programme_participation_in_use");

    let gone = client.post(&url, never("5401")).await.expect(200);
    assert_eq!(gone.body["participations"].as_array().map(Vec::len), Some(1));
    let before = client.get(&format!("{path}?known_at={}", gone.position() - 1)).await.expect(200);
    assert_eq!(before.body["participations"].as_array().map(Vec::len), Some(2));
    let refused = client.post("/v1/positions", position(&programme, "5401", "2019-03-01")).await;
    refused.expect_problem(409, "municipality_not_in_programme");
    let events = client.get(&format!("/v1/events?after={}", gone.position() - 1)).await;
    assert_eq!(events.body[0]["data"]["corrects"], joined.position());

    let mut both = never("5402");
    (both["recorded_from"], both["quota"]) = (json!("2019-02-01"), json!(1));
    let refused = client.post(&url, both).await.expect_problem(422, "invalid_request");
    assert_eq!(refused.pointers(), ["/entered_in_error"]);
    let refused = client.post(&url, never("5401")).await.expect_problem(422, "invalid_request");
    assert_eq!(refused.pointers(), ["/recorded_from"]);
    instance.stop().await;
}
