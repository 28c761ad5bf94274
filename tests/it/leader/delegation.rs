//! Leading on another's behalf, through HTTP.

use serde_json::{Value, json};

use super::with_municipalities;
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;

/// Eva, who leads in Oslo from 2020 to 2025, and Ola, who led in Tromsø in 2010.
struct World {
    instance: Instance,
    client: Client,
    eva: Answer,
    ola: String,
}

impl World {
    async fn new() -> Self {
        let instance = with_municipalities().await;
        let client = instance.client();
        let eva = json!({"name": "Eva Leder", "municipality": "0301", "from": "2020-01-01",
            "to": "2025-12-31"});
        let eva = client.post("/v1/leaders", eva).await.expect(201);
        let ola = json!({"name": "Ola Leder", "municipality": "5401", "from": "2010-01-01",
            "to": "2010-12-31"});
        let ola = client.post("/v1/leaders", ola).await.expect(201).id();
        Self { instance, client, eva, ola }
    }

    async fn add(&self, leader: &str, by: &str, municipality: &str, days: [&str; 2]) -> Answer {
        let to = (!days[1].is_empty()).then_some(days[1]);
        let body = json!({"municipality": municipality, "from": days[0], "to": to,
            "delegated_by": by});
        self.client.post(&format!("/v1/leaders/{leader}/terms"), body).await
    }

    /// Where Ola leads on a day, and since when the delegated term has lapsed.
    async fn ola_on(&self, query: &str) -> (Value, Value) {
        let path = format!("/v1/leaders/{}?{query}", self.ola);
        let ola = self.client.get(&path).await.expect(200).body;
        let term = ola["terms"].as_array().expect("terms").last().cloned().expect("a term");
        (ola["municipalities"].clone(), term["lapsed_since"].clone())
    }

    async fn end_eva(&self, to: &str) -> Answer {
        let path = format!("/v1/leaders/{}/end", self.eva.id());
        self.client.post(&path, json!({"to": to})).await.expect(200)
    }
}

#[tokio::test]
async fn a_delegation_lapses_with_the_term_it_rests_on_and_is_seen_to() {
    let world = World::new().await;
    let eva = world.eva.id();
    let delegated = world.add(&world.ola, &eva, "0301", ["2021-01-01", ""]).await.expect(200);
    let term = &delegated.body["terms"][1];
    assert_eq!(term["delegated_by"], json!(eva));
    assert_eq!(delegated.body["terms"][0]["delegated_by"], Value::Null);
    let same = world.add(&world.ola, &eva, "0301", ["2021-01-01", ""]).await.expect(200);
    assert_eq!(same.header("etag"), delegated.header("etag"), "already so");
    let (oslo, nowhere) = (json!(["0301"]), json!([]));
    assert_eq!(world.ola_on("as_of=2024-06-01").await, (oslo.clone(), Value::Null));
    assert_eq!(world.ola_on("as_of=2026-06-01").await, (nowhere.clone(), json!("2026-01-01")));
    let ended = world.end_eva("2023-03-31").await;
    assert_eq!(world.ola_on("as_of=2023-03-31").await, (oslo.clone(), Value::Null));
    assert_eq!(world.ola_on("as_of=2024-06-01").await, (nowhere, json!("2023-04-01")));
    let before = format!("as_of=2024-06-01&known_at={}", delegated.position());
    assert_eq!(world.ola_on(&before).await, (oslo, Value::Null), "as it was known before");
    // The fact concerns both: Ola's head has moved, and lists follow.
    let ola = world.client.get(&format!("/v1/leaders/{}", world.ola)).await.expect(200);
    assert_ne!(ola.header("etag"), delegated.header("etag"));
    let position = ended.position().to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    for (day, led) in [("2023-03-31", 2), ("2023-04-01", 0)] {
        let path = format!("/v1/leaders?municipality=0301&as_of={day}");
        let list = world.client.get_with(&path, &wait).await.expect(200);
        assert_eq!(list.body["items"].as_array().map(Vec::len), Some(led), "{day}");
    }
    let path = format!("/v1/leaders?municipality=0301&as_of=2023-04-01&known_at={}", {
        delegated.position()
    });
    let list = world.client.get_with(&path, &wait).await.expect(200);
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(2));
    for (leader, recorded) in [(&world.ola, 3), (&eva, 3)] {
        let history = world.client.get(&format!("/v1/leaders/{leader}/history")).await.expect(200);
        assert_eq!(history.body["items"].as_array().map(Vec::len), Some(recorded));
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn what_cannot_be_delegated_is_refused_by_its_field() {
    let world = World::new().await;
    let (eva, ola) = (world.eva.id(), world.ola.clone());
    let kari = json!({"name": "Kari Leder", "municipality": "5401", "from": "2010-01-01",
        "to": "2010-12-31"});
    let kari = world.client.post("/v1/leaders", kari).await.expect(201).id();
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8061";
    world.add(&ola, &eva, "0301", ["2021-01-01", "2021-12-31"]).await.expect(200);
    for (leader, by, municipality, days, pointer, code) in [
        (&ola, nobody, "0301", ["2022-01-01", ""], "/delegated_by", "unknown_reference"),
        (&ola, &eva, "5401", ["2022-01-01", ""], "/delegated_by", "unknown_reference"),
        (&eva, &eva, "5401", ["2022-01-01", ""], "/delegated_by", "own_delegate"),
        (&kari, &ola, "0301", ["2021-03-01", ""], "/delegated_by", "delegated_further"),
        (&kari, &eva, "0301", ["2019-12-31", ""], "/from", "outside_of_delegator"),
        (&kari, &eva, "0301", ["2025-01-01", "2026-01-01"], "/to", "outside_of_delegator"),
    ] {
        let refused = world.add(leader, by, municipality, days).await;
        let refused = refused.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{}", refused.text);
        assert_eq!(refused.body["errors"][0]["code"], code, "{}", refused.text);
    }
    let register = json!({"name": "Per Ny", "municipality": "0301", "from": "2019-01-01",
        "delegated_by": eva});
    let refused = world.client.post("/v1/leaders", register).await;
    assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/from"]);
    let erasure = format!("/v1/persons/{eva}/erasure");
    world.client.post(&erasure, json!({"reason": "own_request"})).await.expect(200);
    let refused = world.add(&kari, &eva, "0301", ["2022-01-01", ""]).await;
    assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/delegated_by"]);
    world.instance.stop().await;
}

#[tokio::test]
async fn somebody_is_registered_to_lead_for_another_and_stays_their_own_person() {
    let world = World::new().await;
    let eva = world.eva.id();
    let per = json!({"name": "Per Ny", "hpr_number": "999000031", "municipality": "0301",
        "from": "2020-02-01", "delegated_by": eva});
    let per = world.client.post("/v1/leaders", per).await.expect(201);
    assert_eq!(per.body["terms"][0]["delegated_by"], json!(eva));
    assert_eq!(per.body["municipalities"], json!([]), "Eva has left");
    // What is held on Eva tells that, and nothing that Per could be found by.
    let export = world.client.get(&format!("/v1/persons/{eva}/export")).await.expect(200);
    let registrations = export.body["registrations"].as_array().expect("registrations");
    assert_eq!((registrations.len(), &registrations[0]["name"]), (1, &json!("Eva Leder")));
    assert!(export.text.contains(&per.id()));
    let registrations = export.body["registrations"].to_string();
    assert!(!export.text.contains("Per Ny") && !registrations.contains("hpr_lookup"));
    // To forget Eva is not to forget Per.
    let erasure = format!("/v1/persons/{eva}/erasure");
    let erased = world.client.post(&erasure, json!({"reason": "own_request"})).await.expect(200);
    assert_eq!(erased.body["together_with"], json!([]));
    let per = world.client.get(&format!("/v1/leaders/{}", per.id())).await.expect(200);
    assert_eq!(per.body["name"], "Per Ny");
    world.instance.stop().await;
}

#[tokio::test]
async fn on_whose_behalf_a_term_was_led_is_corrected_like_the_rest_of_it() {
    let world = World::new().await;
    let eva = world.eva.id();
    let delegated = world.add(&world.ola, &eva, "0301", ["2021-01-01", ""]).await.expect(200);
    let term = delegated.body["terms"][1]["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/leaders/{}/terms/{term}/correction", world.ola);
    let correct = async |mut body: Value| {
        body["reason"] = json!("Typed wrong");
        world.client.post(&path, body).await
    };
    let moved = correct(json!({"from": "2019-01-01"})).await;
    assert_eq!(moved.expect_problem(422, "invalid_request").pointers(), ["/from"]);
    let own = correct(json!({"on_own_account": true})).await.expect(200);
    assert_eq!(own.body["terms"][1]["delegated_by"], Value::Null);
    let again = correct(json!({"delegated_by": eva, "to": "2024-12-31"})).await.expect(200);
    assert_eq!(again.body["terms"][1]["delegated_by"], json!(eva));
    // A correction of Eva's own term is one of what rests on it.
    let own_term = world.eva.body["terms"][0]["id"].as_str().expect("an id");
    let eva_path = format!("/v1/leaders/{eva}/terms/{own_term}/correction");
    let gone = json!({"entered_in_error": true, "reason": "Somebody else"});
    world.client.post(&eva_path, gone).await.expect(200);
    assert_eq!(world.ola_on("as_of=2022-01-01").await, (json!([]), json!("2021-01-01")));
    world.instance.stop().await;
}

#[tokio::test]
async fn an_end_that_is_told_at_the_same_moment_is_never_missed() {
    let world = World::new().await;
    let eva = world.eva.id();
    let mut others = Vec::new();
    for _ in 0..8 {
        let body = json!({"name": "Per Ny", "municipality": "5401", "from": "2010-01-01",
            "to": "2010-12-31"});
        others.push(world.client.post("/v1/leaders", body).await.expect(201).id());
    }
    let delegations = others.iter().map(|leader| {
        let world = &world;
        let eva = &eva;
        async move { world.add(leader, eva, "0301", ["2021-01-01", ""]).await }
    });
    let (delegated, _) =
        tokio::join!(futures_util::future::join_all(delegations), world.end_eva("2022-12-31"),);
    for (leader, answer) in others.iter().zip(delegated) {
        answer.expect(200);
        let path = format!("/v1/leaders/{leader}?as_of=2023-06-01");
        let leader = world.client.get(&path).await.expect(200);
        assert_eq!(leader.body["municipalities"], json!([]));
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn a_leader_delegates_so_many_terms_and_no_more() {
    let world = World::new().await;
    let eva = world.eva.id();
    let max = alis::capabilities::leader::delegation::DELEGATES_MAX;
    let body = json!({"name": "Per Ny", "municipality": "0301", "from": "2021-01-01",
        "delegated_by": eva});
    for _ in 0..max {
        world.client.post("/v1/leaders", body.clone()).await.expect(201);
    }
    let refused = world.client.post("/v1/leaders", body).await;
    refused.expect_problem(409, "leader_delegates_too_many");
    world.instance.stop().await;
}
