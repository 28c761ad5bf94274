//! What was told late or wrong of a position and of who holds it, through HTTP.

use serde_json::{Value, json};

use super::{act, established, fill, position, status, trainee};
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;

/// Somebody in a position since 2019-05-01, and where that is read and changed.
struct Held {
    instance: Instance,
    client: Client,
    position: String,
    trainee: String,
    occupancy: String,
}

impl Held {
    async fn start(to: Option<&str>) -> Self {
        let instance = Instance::start().await;
        let client = instance.client();
        let position = established(&client, 100).await;
        let trainee = trainee(&client, 1).await;
        let mut asked = fill(&trainee, "2019-05-01", 100);
        asked["to"] = json!(to);
        let occupancy = act(&client, &position, "occupancies", asked).await.expect(201).id();
        Self { instance, client, position, trainee, occupancy }
    }

    async fn act(&self, what: &str, body: Value) -> Answer {
        act(&self.client, &self.position, &format!("occupancies/{}/{what}", self.occupancy), body)
            .await
    }

    async fn on(&self, day: &str) -> Value {
        let (position, occupancy) = (&self.position, &self.occupancy);
        let path = format!("/v1/positions/{position}/occupancies/{occupancy}?as_of={day}");
        self.client.get(&path).await.expect(200).body
    }
}

#[tokio::test]
async fn a_share_recorded_late_is_not_undone_by_a_record_of_the_list() {
    let held = Held::start(None).await;
    let list = json!({"from": "2019-09-01", "list_length": 600});
    held.act("terms", list).await.expect(200);
    held.act("terms", json!({"from": "2019-07-01", "percent": 80})).await.expect(200);
    for (day, percent, length) in [
        ("2019-06-30", 100, Value::Null),
        ("2019-08-31", 80, Value::Null),
        ("2019-09-01", 80, json!(600)),
    ] {
        let on = held.on(day).await;
        assert_eq!((&on["percent"], &on["list_length"]), (&json!(percent), &length), "{day}");
    }
    // A first day past the changes keeps what held on it.
    let model = json!({"from": "2019-07-01", "operating_model": "self_employed"});
    held.act("operating-model", model).await.expect(200);
    let later = json!({"from": "2019-10-01", "reason": "Began later"});
    let corrected = held.act("correction", later).await.expect(200);
    assert_eq!(corrected.body["percent"], 80);
    assert_eq!(corrected.body["operating_model"], "self_employed");
    assert_eq!(corrected.body["list_length"], 600);
    held.instance.stop().await;
}

#[tokio::test]
async fn a_ceiling_is_told_with_its_reason_and_lifted() {
    let held = Held::start(None).await;
    let ceiling = json!({"patients": 900, "reason": "training"});
    let terms = json!({"from": "2019-06-01", "list_ceiling": ceiling, "list_length": 850});
    let recorded = held.act("terms", terms).await.expect(200);
    assert_eq!(recorded.body["list_ceiling"], ceiling);
    let both = json!({"from": "2019-09-01", "list_ceiling": ceiling, "lifted": ["list_ceiling"]});
    let both = held.act("terms", both).await.expect_problem(422, "invalid_request");
    assert_eq!(both.pointers(), ["/lifted"]);
    assert_eq!(both.body["errors"][0]["code"], "set_and_removed");
    let more = json!({"from": "2019-09-01", "lifted": vec!["list_ceiling"; 4]});
    let more = held.act("terms", more).await.expect(422);
    assert_eq!(more.body["errors"][0]["code"], "too_many");
    let lifted = json!({"from": "2019-09-01", "lifted": ["list_ceiling"]});
    let lifted = held.act("terms", lifted).await.expect(200);
    assert_eq!(lifted.body["list_ceiling"], Value::Null);
    assert_eq!(lifted.body["list_length"], 850);
    assert_eq!(held.on("2019-08-31").await["list_ceiling"], ceiling);
    let path = format!("/v1/positions/{}?as_of=2019-08-31", held.position);
    let shown = held.client.get(&path).await.expect(200);
    assert_eq!(shown.body["occupancy"]["list_ceiling"]["reason"], "training");
    held.instance.stop().await;
}

#[tokio::test]
async fn entered_in_error_and_open_periods_take_no_other_fields() {
    let held = Held::start(Some("2019-12-31")).await;
    for (recorded, pointer, code) in [
        (json!({"entered_in_error": true, "percent": 50}), "/entered_in_error", "nothing_else"),
        (
            json!({"entered_in_error": true, "from": "2019-06-01"}),
            "/entered_in_error",
            "nothing_else",
        ),
        (
            json!({"entered_in_error": true, "lis1_exception": "20/1"}),
            "/entered_in_error",
            "nothing_else",
        ),
        (json!({"to": "2020-01-31", "reopened": true}), "/reopened", "reopened_has_no_end"),
        (json!({"from": "2020-01-01"}), "/to", "ends_before_it_begins"),
    ] {
        let mut body = recorded.clone();
        body["reason"] = json!("Mistyped");
        let refused = held.act("correction", body).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{recorded}");
        assert_eq!(refused.body["errors"][0]["code"], code, "{recorded}");
    }
    let reopened = json!({"reopened": true, "reason": "Stays"});
    let reopened = held.act("correction", reopened).await.expect(200);
    assert_eq!(reopened.body["to"], Value::Null);
    held.instance.stop().await;
}

#[tokio::test]
async fn a_corrected_first_day_keeps_the_rule_of_lis1() {
    let held = Held::start(None).await;
    let path = format!("/v1/trainees/{}/correction", held.trainee);
    let lis1 = json!({"lis1_completed_on": "2019-04-30", "reason": "Told now"});
    held.client.post(&path, lis1).await.expect(200);
    let early = json!({"from": "2019-04-01", "reason": "Began earlier"});
    let refused = held.act("correction", early.clone()).await;
    refused.expect_problem(409, "lis1_not_completed");
    let mut documented = early;
    documented["lis1_exception"] = json!("Case 19/4711");
    let corrected = held.act("correction", documented).await.expect(200);
    assert_eq!(corrected.body["from"], "2019-04-01");
    assert_eq!(corrected.body["lis1_exception"], "Case 19/4711");
    held.instance.stop().await;
}

#[tokio::test]
async fn a_corrected_position_keeps_the_rules_of_establishing_and_filling() {
    let held = Held::start(None).await;
    held.act("terms", json!({"from": "2019-09-01", "percent": 60})).await.expect(200);
    let correct = async |recorded: Value| {
        let mut body = recorded;
        body["reason"] = json!("Mistyped");
        act(&held.client, &held.position, "correction", body).await
    };
    let smaller = correct(json!({"percent": 80})).await;
    let smaller = smaller.expect_problem(409, "correction_contradicts");
    assert!(smaller.text.contains("2019-05-01"), "{}", smaller.text);
    held.act("correction", json!({"percent": 70, "reason": "Part-time"})).await.expect(200);
    assert_eq!(correct(json!({"percent": 80})).await.expect(200).body["percent"], 80);

    let number = json!({"number": "5501", "name": "Ny kommune", "from": "2020-01-01"});
    held.client.post("/v1/municipalities", number).await.expect(201);
    let mut new = position(100);
    new["municipality"] = json!("5501");
    new["from"] = json!("2020-06-01");
    let new = held.client.post("/v1/positions", new).await.expect(201).id();
    let early = json!({"from": "2019-12-31", "reason": "Mistyped"});
    let early = act(&held.client, &new, "correction", early).await;
    let early = early.expect_problem(422, "invalid_request");
    assert_eq!(early.pointers(), ["/from"]);
    assert_eq!(early.body["errors"][0]["code"], "municipality_not_in_use");
    held.instance.stop().await;
}

#[tokio::test]
async fn a_closure_is_put_on_its_day_or_taken_back() {
    let held = Held::start(Some("2020-12-31")).await;
    let (client, id) = (&held.client, held.position.as_str());
    let correct = async |recorded: Value| {
        let mut body = recorded;
        body["reason"] = json!("Another position was meant");
        act(client, id, "closure/correction", body).await
    };
    correct(json!({"on": "2021-06-01"})).await.expect_problem(409, "position_status");
    let closure = json!({"on": "2021-06-01", "reason": "Merged"});
    let closed = act(client, id, "closure", closure.clone()).await.expect(200);
    for recorded in [json!({}), json!({"on": "2021-05-01", "entered_in_error": true})] {
        let refused = correct(recorded).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["code"], "day_or_entered_in_error");
    }
    correct(json!({"on": "2020-12-31"})).await.expect_problem(409, "position_occupied");
    correct(json!({"on": "2018-12-31"})).await.expect_problem(409, "position_not_yet_established");
    correct(json!({"on": "2021-03-01"})).await.expect(200);
    assert_eq!(status(client, id, "2021-03-01").await, "closed");
    let again = correct(json!({"on": "2021-03-01"})).await.expect(200);
    let back = correct(json!({"entered_in_error": true})).await.expect(200);
    assert!(back.position() > again.position());
    assert_eq!(status(client, id, "2021-06-01").await, "vacant");
    let known = format!("/v1/positions/{id}?as_of=2021-06-01&known_at={}", closed.position());
    assert_eq!(client.get(&known).await.expect(200).body["status"], "closed");
    act(client, id, "occupancies", fill(&held.trainee, "2021-07-01", 100)).await.expect(201);
    let history = client.get(&format!("/v1/positions/{id}/history")).await.expect(200);
    let corrected = history.body["items"].as_array().expect("a page").iter();
    let corrected: Vec<&Value> =
        corrected.filter(|it| it["type"] == "no.alis.position.closure_corrected.v1").collect();
    assert_eq!(corrected[1]["data"]["corrects"], closed.position());
    held.instance.stop().await;
}
