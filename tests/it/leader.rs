//! Leaders through HTTP.

mod delegation;

use serde_json::{Value, json};

use crate::support::instance::Instance;
use crate::support::sample;

async fn with_municipalities() -> Instance {
    let instance = Instance::start().await;
    for number in ["0301", "5401"] {
        sample::municipality(&instance.client(), number).await;
    }
    instance
}

fn ola() -> Value {
    json!({"name": "Ola Eksempel", "hpr_number": "0999000002", "municipality": "0301",
        "from": "2020-01-01"})
}

#[tokio::test]
async fn a_leader_is_registered_once_and_found_by_number_and_municipality() {
    let instance = with_municipalities().await;
    let client = instance.client();
    let first = client.post("/v1/leaders", ola()).await.expect(201);
    let id = first.id();
    assert_eq!(first.header("location"), Some(format!("/v1/leaders/{id}").as_str()));
    assert_eq!(
        json!([first.body["name"], first.body["hpr_number"]]),
        json!(["Ola Eksempel", "999000002"])
    );
    assert_eq!(first.body["municipalities"], json!(["0301"]));
    let again = client.post("/v1/leaders", ola()).await.expect_problem(409, "leader_exists");
    assert!(again.text.contains(&id));
    // Who is no health worker has no number to be known by.
    let nurse = json!({"name": "Kari Leder", "municipality": "5401", "from": "2020-01-01"});
    let second = client.post("/v1/leaders", nurse).await.expect(201);
    assert_eq!(second.body["hpr_number"], Value::Null);

    let position = second.position().to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    let found = async |query: &str| {
        let list = client.get_with(&format!("/v1/leaders?{query}"), &wait).await.expect(200);
        let items = list.body["items"].as_array().expect("items").clone();
        items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(found("hpr_number=999000002").await, std::slice::from_ref(&id));
    assert_eq!(found("municipality=5401").await, [second.id()]);
    assert_eq!(found("municipality=0301&as_of=2019-12-31").await, [""; 0]);
    assert_eq!(found("").await, [id.clone(), second.id()]);
    let stored = client.get("/v1/events").await.expect(200).text;
    assert!(!stored.contains("Ola") && !stored.contains("999000002"), "{stored}");
    let history = client.get(&format!("/v1/leaders/{id}/history")).await.expect(200);
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(1));
    instance.stop().await;
}

#[tokio::test]
async fn terms_are_added_and_ended_and_may_not_overlap() {
    let instance = with_municipalities().await;
    let client = instance.client();
    let leader = client.post("/v1/leaders", ola()).await.expect(201);
    let path = |what: &str| format!("/v1/leaders/{}/{what}", leader.id());
    let overlap = json!({"municipality": "0301", "from": "2021-01-01"});
    let refused = client.post(&path("terms"), overlap).await;
    refused.expect_problem(409, "leader_term_overlaps");
    let tromso = json!({"municipality": "5401", "from": "2021-01-01"});
    let two = client.post(&path("terms"), tromso.clone()).await.expect(200);
    assert_eq!(two.body["municipalities"], json!(["0301", "5401"]));
    let same = client.post(&path("terms"), tromso).await.expect(200);
    assert_eq!(same.header("etag"), two.header("etag"));

    let early = json!({"to": "2020-12-31"});
    let refused = client.post(&path("end"), early).await;
    refused.expect_problem(409, "leader_term_begins_later");
    let only = json!({"to": "2021-12-31", "municipality": "5401"});
    let one = client.post(&path("end"), only).await.expect(200);
    assert_eq!(one.body["municipalities"], json!(["0301"]));
    let all = client.post(&path("end"), json!({"to": "2022-12-31"})).await.expect(200);
    assert_eq!(all.body["municipalities"], json!([]));
    let again = client.post(&path("end"), json!({"to": "2022-12-31"})).await.expect(200);
    assert_eq!(again.header("etag"), all.header("etag"), "already so");
    let later = client.post(&path("end"), json!({"to": "2023-12-31"})).await;
    later.expect_problem(409, "leader_ended");
    let unknown = json!({"to": "2022-12-31", "municipality": "1103"});
    let unknown = client.post(&path("end"), unknown).await.expect_problem(422, "invalid_request");
    assert_eq!(unknown.pointers(), ["/municipality"]);
    let read = async |as_of: &str| {
        let path = format!("/v1/leaders/{}?as_of={as_of}", leader.id());
        client.get(&path).await.expect(200).body["municipalities"].clone()
    };
    assert_eq!(read("2021-06-01").await, json!(["0301", "5401"]));
    assert_eq!(read("2022-06-01").await, json!(["0301"]));
    instance.stop().await;
}

#[tokio::test]
async fn a_correction_changes_the_past_and_the_first_account_stays_known() {
    let instance = with_municipalities().await;
    let client = instance.client();
    let leader = client.post("/v1/leaders", ola()).await.expect(201);
    let term = leader.body["terms"][0]["id"].as_str().expect("a term").to_owned();
    let path = format!("/v1/leaders/{}", leader.id());
    let correction = json!({"municipality": "5401", "to": "2020-12-31", "reason": "Typed wrong"});
    let terms = format!("{path}/terms/{term}/correction");
    let corrected = client.post(&terms, correction.clone()).await.expect(200);
    assert_eq!(corrected.body["terms"][0]["municipality"], "5401");
    let same = client.post(&terms, correction).await.expect(200);
    assert_eq!(same.header("etag"), corrected.header("etag"));
    let on = async |query: &str| {
        let answer = client.get(&format!("{path}?as_of=2020-06-01{query}")).await.expect(200);
        answer.body["municipalities"].clone()
    };
    assert_eq!(on("").await, json!(["5401"]));
    assert_eq!(on(&format!("&known_at={}", leader.position())).await, json!(["0301"]));
    let second = json!({"municipality": "5401", "from": "2022-01-01"});
    client.post(&format!("{path}/terms"), second).await.expect(200);
    let reopened = client.post(&terms, json!({"reopened": true, "reason": "Never left"})).await;
    reopened.expect_problem(409, "leader_term_overlaps");
    let backwards = client.post(&terms, json!({"to": "2019-12-31", "reason": "x"})).await;
    assert_eq!(backwards.expect_problem(422, "invalid_request").pointers(), ["/to"]);
    let gone =
        client.post(&terms, json!({"entered_in_error": true, "reason": "Somebody else"})).await;
    assert_eq!(gone.expect(200).body["terms"].as_array().map(Vec::len), Some(1));
    client.post(&terms, json!({"reason": "Again"})).await.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn a_correction_of_a_term_says_one_thing() {
    let instance = with_municipalities().await;
    let client = instance.client();
    let leader = client.post("/v1/leaders", ola()).await.expect(201);
    let term = leader.body["terms"][0]["id"].as_str().expect("a term").to_owned();
    let path = format!("/v1/leaders/{}/terms/{term}/correction", leader.id());
    let somebody = "01890a5d-ac96-774b-bcce-b302099a8061";
    for (recorded, pointer, code) in [
        (json!({"to": "2020-12-31", "reopened": true}), "/reopened", "reopened_has_no_end"),
        (
            json!({"entered_in_error": true, "from": "2020-02-01"}),
            "/entered_in_error",
            "nothing_else",
        ),
        (
            json!({"entered_in_error": true, "municipality": "5401"}),
            "/entered_in_error",
            "nothing_else",
        ),
        (
            json!({"entered_in_error": true, "on_own_account": true}),
            "/entered_in_error",
            "nothing_else",
        ),
        (
            json!({"delegated_by": somebody, "on_own_account": true}),
            "/on_own_account",
            "set_and_removed",
        ),
    ] {
        let mut body = recorded.clone();
        body["reason"] = json!("Mistyped");
        let refused = client.post(&path, body).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{recorded}");
        assert_eq!(refused.body["errors"][0]["code"], code, "{recorded}");
    }
    let ended = client.post(&path, json!({"to": "2020-12-31", "reason": "Left"})).await.expect(200);
    assert_eq!(ended.body["terms"][0]["to"], "2020-12-31");
    let open = client.post(&path, json!({"reopened": true, "reason": "Stays"})).await.expect(200);
    assert_eq!(open.body["terms"][0]["to"], Value::Null);
    instance.stop().await;
}

#[tokio::test]
async fn who_a_leader_is_can_be_corrected_but_not_into_somebody_else() {
    let instance = with_municipalities().await;
    let client = instance.client();
    let leader = client.post("/v1/leaders", ola()).await.expect(201);
    let mut other = ola();
    other["hpr_number"] = json!("999000003");
    client.post("/v1/leaders", other).await.expect(201);
    let path = format!("/v1/leaders/{}/correction", leader.id());
    let taken = client.post(&path, json!({"hpr_number": "999000003", "reason": "Typed"})).await;
    taken.expect_problem(409, "leader_exists");
    let right = json!({"name": "Ola Nordmann", "hpr_number": "999000004", "reason": "Typed"});
    let corrected = client.post(&path, right.clone()).await.expect(200);
    assert_eq!(
        json!([corrected.body["name"], corrected.body["hpr_number"]]),
        json!(["Ola Nordmann", "999000004"])
    );
    let same = client.post(&path, right).await.expect(200);
    assert_eq!(same.header("etag"), corrected.header("etag"));
    instance.stop().await;
}

#[tokio::test]
async fn wrong_input_and_unknown_leaders_are_refused() {
    let instance = with_municipalities().await;
    let client = instance.client();
    let wrong = json!({"name": " ", "hpr_number": "x", "municipality": "9999", "from": "2020"});
    let answer = client.post("/v1/leaders", wrong).await.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/from", "/hpr_number", "/municipality", "/name"]);
    let unused = json!({"name": "Ola", "municipality": "1103", "from": "2020-01-01"});
    let answer = client.post("/v1/leaders", unused).await.expect_problem(422, "invalid_request");
    assert_eq!(answer.pointers(), ["/municipality"]);
    let backwards =
        json!({"name": "Ola", "municipality": "0301", "from": "2020-01-01", "to": "2019-12-31"});
    let answer = client.post("/v1/leaders", backwards).await;
    assert_eq!(answer.expect_problem(422, "invalid_request").pointers(), ["/to"]);
    let nobody = "/v1/leaders/01890a5d-ac96-774b-bcce-b302099a8061";
    client.get(nobody).await.expect_problem(404, "not_found");
    let end = client.post(&format!("{nobody}/end"), json!({"to": "2020-01-01"})).await;
    end.expect_problem(404, "not_found");
    let correction = client.post(&format!("{nobody}/correction"), json!({"reason": "x"})).await;
    correction.expect_problem(404, "not_found");
    instance.stop().await;
}
