//! What was told wrong when a programme was started, through HTTP.

use serde_json::{Value, json};

use super::{join, programme};
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample::municipality;

async fn correct(client: &Client, id: &str, recorded: Value) -> Answer {
    let mut body = recorded;
    body["reason"] = json!("Mistyped");
    client.post(&format!("/v1/programmes/{id}/correction"), body).await
}

#[tokio::test]
async fn a_programme_is_corrected_and_the_first_account_stays_known() {
    let instance = Instance::start().await;
    let client = instance.client();
    let started = programme(&client).await;
    let (id, path) = (started.id(), format!("/v1/programmes/{}", started.id()));
    let phase = json!({"name": "Fase 1", "from": "2019-01-01"});
    client.post(&format!("{path}/phases"), phase).await.expect(200);
    let recorded = json!({"name": "ALIS-Riktig", "from": "2018-07-01", "to": "2024-12-31",
        "positions_max_per_municipality": 3});
    let corrected = correct(&client, &id, recorded.clone()).await.expect(200);
    assert_eq!(corrected.body["name"], "ALIS-Riktig");
    assert_eq!(corrected.body["positions_max_per_municipality"], 3);
    let same = correct(&client, &id, recorded).await.expect(200);
    assert_eq!(same.position(), corrected.position());
    // What was told for its whole time lasts as long as it does.
    assert_eq!(corrected.body["phases"][0]["from"], "2018-07-01");
    assert_eq!(corrected.body["subsidies"][0]["to"], "2024-12-31");
    let on = async |query: &str| client.get(&format!("{path}?{query}")).await;
    let early = on("as_of=2018-07-01").await.expect(200).body;
    assert_eq!(early["subsidy_nok_per_position_year"], 200_000);
    let then = format!("known_at={}", started.position());
    on(&format!("as_of=2018-07-01&{then}")).await.expect_problem(404, "not_found");
    let before = on(&format!("as_of=2019-01-01&{then}")).await.expect(200).body;
    assert_eq!((&before["name"], &before["to"]), (&json!("ALIS-Eksempel"), &json!("2023-12-31")));
    let history = client.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.body["items"][0]["data"]["corrects"], started.position());

    // Shorter again: what lies outside does not hold, and is not lost.
    let short = json!({"from": "2020-01-01", "to": "2020-12-31"});
    let short = correct(&client, &id, short).await.expect(200).body;
    assert_eq!(
        short["phases"][0],
        json!({"name": "Fase 1", "from": "2020-01-01", "to": "2020-12-31"})
    );
    let open = json!({"from": "2019-01-01", "reopened": true, "without_maximum": true});
    let open = correct(&client, &id, open).await.expect(200);
    assert_eq!((&open.body["to"], &open.body["phases"][0]["to"]), (&Value::Null, &Value::Null));
    assert_eq!(open.body["positions_max_per_municipality"], Value::Null);
    let wait = open.position().to_string();
    let wait = [("Min-Log-Position", wait.as_str())];
    let list = client.get_with("/v1/programmes?as_of=2030-01-01", &wait).await.expect(200);
    assert_eq!(list.body["items"][0]["phase"], "Fase 1");
    let list = format!("/v1/programmes?as_of=2019-06-01&{then}");
    assert_eq!(client.get(&list).await.expect(200).body["items"][0]["name"], "ALIS-Eksempel");
    instance.stop().await;
}

#[tokio::test]
async fn a_corrected_programme_bears_those_who_take_part() {
    let instance = Instance::start().await;
    let client = instance.client();
    municipality(&client, "5401").await;
    let id = programme(&client).await.id();
    join(&client, &id, "5401", 2).await.expect(200);
    for recorded in [
        json!({"from": "2019-01-02"}),
        json!({"to": "2023-12-30"}),
        json!({"positions_max_per_municipality": 1}),
        json!({"entered_in_error": true}),
    ] {
        let refused = correct(&client, &id, recorded.clone()).await;
        let refused = refused.expect_problem(409, "programme_correction_contradicts");
        assert!(refused.text.contains("5401"), "{recorded}: {}", refused.text);
    }
    for (recorded, pointer, code) in [
        (json!({"to": "2018-12-31"}), "/to", "ends_before_it_begins"),
        (json!({"to": "2024-12-31", "reopened": true}), "/reopened", "reopened_has_no_end"),
        (json!({"entered_in_error": true, "name": "X"}), "/entered_in_error", "nothing_else"),
        (
            json!({"positions_max_per_municipality": 4, "without_maximum": true}),
            "/without_maximum",
            "set_and_removed",
        ),
    ] {
        let refused = correct(&client, &id, recorded.clone()).await;
        let refused = refused.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{recorded}");
        assert_eq!(refused.body["errors"][0]["code"], code, "{recorded}");
    }
    // A higher maximum lets more in.
    join(&client, &id, "5401", 3).await.expect_problem(409, "programme_quota_above_maximum");
    let more = json!({"positions_max_per_municipality": 3});
    correct(&client, &id, more).await.expect(200);
    join(&client, &id, "5401", 3).await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn the_external_id_of_a_programme_entered_in_error_is_free() {
    let instance = Instance::start().await;
    let client = instance.client();
    let body = json!({"name": "ALIS-Eksempel", "from": "2019-01-01",
        "external_ids": [{"system": "hdir", "id": "alis-1"}]});
    let first = client.post("/v1/programmes", body.clone()).await.expect(201);
    let gone = correct(&client, &first.id(), json!({"entered_in_error": true})).await.expect(200);
    assert_eq!(gone.body, Value::Null);
    let path = format!("/v1/programmes/{}", first.id());
    client.get(&path).await.expect_problem(404, "not_found");
    let then = format!("{path}?known_at={}", first.position());
    assert_eq!(client.get(&then).await.expect(200).body["name"], "ALIS-Eksempel");
    let wait = gone.position().to_string();
    let wait = [("Min-Log-Position", wait.as_str())];
    let list = client.get_with("/v1/programmes", &wait).await.expect(200);
    assert_eq!(list.body["items"], json!([]));
    let again = correct(&client, &first.id(), json!({"entered_in_error": true})).await;
    again.expect_problem(404, "not_found");
    let second = client.post("/v1/programmes", body.clone()).await.expect(201);
    let taken = client.post("/v1/programmes", body).await;
    let taken = taken.expect_problem(409, "external_id_taken");
    assert!(taken.text.contains(&second.id()), "{}", taken.text);
    instance.stop().await;
}

#[tokio::test]
async fn phases_and_rates_are_corrected_or_entered_in_error() {
    let instance = Instance::start().await;
    let client = instance.client();
    let started = programme(&client).await;
    let path = format!("/v1/programmes/{}", started.id());
    let phase = json!({"name": "Fase 2", "from": "2020-01-01"});
    let recorded = client.post(&format!("{path}/phases"), phase).await.expect(200);
    let correct = async |what: &str, recorded: Value| {
        let mut body = recorded;
        body["reason"] = json!("Mistyped");
        client.post(&format!("{path}/{what}/correction"), body).await
    };
    let later = json!({"recorded_from": "2020-01-01", "from": "2020-07-01"});
    let later = correct("phases", later).await.expect(200);
    let really = json!([{"name": "Fase 2", "from": "2020-07-01", "to": "2023-12-31"}]);
    assert_eq!(later.body["phases"], really);
    let history = client.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.body["items"][0]["data"]["corrects"], recorded.position());
    let on = async |query: &str| client.get(&format!("{path}?{query}")).await.expect(200).body;
    assert_eq!(on("as_of=2020-06-30").await["phase"], Value::Null);
    let then = format!("as_of=2020-06-30&known_at={}", recorded.position());
    assert_eq!(on(&then).await["phase"], "Fase 2");
    let right = json!({"recorded_from": "2020-07-01", "name": "Fase 2"});
    assert_eq!(correct("phases", right).await.expect(200).position(), later.position());
    // The rate that the programme was started with, too.
    let rate = json!({"recorded_from": "2019-01-01", "nok_per_position_year": 210_000});
    let rate = correct("subsidies", rate).await.expect(200);
    assert_eq!(rate.body["subsidies"][0]["nok_per_position_year"], 210_000);
    let history = client.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.body["items"][0]["data"]["corrects"], started.position());
    for (what, wrong, pointer) in [
        ("phases", json!({"recorded_from": "2020-01-01"}), "/recorded_from"),
        ("subsidies", json!({"recorded_from": "2020-01-01"}), "/recorded_from"),
        (
            "phases",
            json!({"recorded_from": "2020-07-01", "entered_in_error": true, "name": "X"}),
            "/entered_in_error",
        ),
        (
            "subsidies",
            json!({"recorded_from": "2019-01-01", "reopened": true, "to": "2020-01-01"}),
            "/reopened",
        ),
    ] {
        let refused = correct(what, wrong.clone()).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{what} {wrong}");
    }
    for (what, from) in [("phases", "2020-07-01"), ("subsidies", "2019-01-01")] {
        let outside = json!({"recorded_from": from, "to": "2024-01-01"});
        correct(what, outside).await.expect_problem(409, "outside_programme");
        let never = json!({"recorded_from": from, "entered_in_error": true});
        assert_eq!(correct(what, never).await.expect(200).body[what], json!([]), "{what}");
    }
    instance.stop().await;
}
