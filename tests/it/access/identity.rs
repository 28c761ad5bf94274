//! Who may say who somebody is and who leads: whose the person is today, and no person for
//! themselves.

use alis::identity::cast::Scenario;
use jiff::ToSpan;
use serde_json::{Value, json};

use super::world::{FOREIGN, OWN, World, today};
use crate::support::client::Client;
use crate::support::instance::token_with;

/// The cast's leader, as somebody else.
fn leader_with(world: &World, hpr_number: &str) -> Client {
    let (shape, mut claims) = Scenario::Leader.claims();
    claims["helseid://claims/hpr/hpr_number"] = json!(hpr_number);
    world.client.showing(Some(&token_with(shape, &claims)))
}

#[tokio::test]
async fn another_number_is_told_by_those_whose_the_person_is() {
    let world = World::new().await;
    let municipality = world.as_one(Scenario::Municipality);
    let other = world.as_one(Scenario::OtherMunicipality);
    let correction = format!("/v1/leaders/{}/correction", world.own.id("leaders"));
    let number = |hpr: &str| json!({"hpr_number": hpr, "reason": "Another person"});
    let name = json!({"name": "Eva Rettet", "reason": "Misspelt"});
    municipality.post(&correction, number("999000205")).await.expect(200);

    // With a term in both, each may mend the name, and neither may say that it is somebody else.
    let term = json!({"municipality": FOREIGN, "from": "2024-01-01"});
    let terms = format!("/v1/leaders/{}/terms", world.own.id("leaders"));
    other.post(&terms, term.clone()).await.expect_problem(404, "not_found");
    world.client.post(&terms, term).await.expect(200);
    other.post(&correction, name).await.expect(200);
    for client in [&municipality, &other] {
        let refused = client.post(&correction, number("999000206")).await;
        refused.expect_problem(403, "relation_missing");
    }

    // Whoever had the leader once says nothing of them any more.
    let yesterday = today().yesterday().expect("a day");
    let end = json!({"to": yesterday, "municipality": OWN});
    let ends = format!("/v1/leaders/{}/end", world.own.id("leaders"));
    other.post(&ends, end.clone()).await.expect_problem(403, "relation_missing");
    municipality.post(&ends, end).await.expect(200);
    for body in [number("999000206"), json!({"name": "Eva Igjen", "reason": "Misspelt"})] {
        municipality.post(&correction, body).await.expect_problem(403, "relation_missing");
    }
    other.post(&correction, number("999000206")).await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_leaders_time_ends_where_the_caller_acts() {
    let world = World::new().await;
    let leader = world.own.id("leaders");
    let term = json!({"municipality": FOREIGN, "from": "2024-01-01"});
    world.client.post(&format!("/v1/leaders/{leader}/terms"), term).await.expect(200);
    let end = json!({"to": today()});
    let other = world.as_one(Scenario::OtherMunicipality);
    let ended = other.post(&format!("/v1/leaders/{leader}/end"), end).await.expect(200);
    let last_days: Vec<(&Value, &Value)> = ended.body["terms"]
        .as_array()
        .expect("terms")
        .iter()
        .map(|term| (&term["municipality"], &term["to"]))
        .collect();
    let (own, foreign, day) = (json!(OWN), json!(FOREIGN), json!(today()));
    assert_eq!(last_days, [(&own, &Value::Null), (&foreign, &day)]);
    world.instance.stop().await;
}

#[tokio::test]
async fn nobody_makes_what_was_lent_to_them_last() {
    let world = World::new().await;
    let leader = world.own.id("leaders");
    let as_leader = world.as_one(Scenario::Leader);
    let deputy = |number: &str, by: Option<&str>| {
        json!({"name": "Nina Stedfortreder", "hpr_number": number, "municipality": OWN,
            "from": "2021-01-01", "delegated_by": by})
    };
    // A leader lends what is theirs, and does not appoint leaders.
    let refused = as_leader.post("/v1/leaders", deputy("999000206", None)).await;
    refused.expect_problem(403, "relation_missing");
    let lent = as_leader.post("/v1/leaders", deputy("999000206", Some(leader))).await.expect(201);
    let (id, term) = (lent.id(), lent.body["terms"][0]["id"].as_str().expect("an id").to_owned());
    let as_deputy = leader_with(&world, "999000206");

    let correction = format!("/v1/leaders/{id}/terms/{term}/correction");
    let own = json!({"on_own_account": true, "reason": "For good"});
    let further = json!({"municipality": OWN, "from": "2019-01-01", "to": "2019-12-31"});
    let tried: [(String, Value); 6] = [
        (correction.clone(), own.clone()),
        (correction, json!({"entered_in_error": true, "reason": "Gone"})),
        (format!("/v1/leaders/{id}/terms"), further),
        ("/v1/leaders".to_owned(), deputy("999000207", None)),
        (format!("/v1/leaders/{leader}/end"), json!({"to": today() - 1.day()})),
        (
            format!("/v1/leaders/{leader}/correction"),
            json!({"hpr_number": "999000208", "reason": "Mine"}),
        ),
    ];
    for (path, body) in tried {
        as_deputy.post(&path, body).await.expect_problem(403, "relation_missing");
    }
    lends_nothing_on(&world, &as_deputy, &id).await;
    // The leader takes back what they lent; either may stop by themselves.
    let end = json!({"to": today() - 1.day()});
    as_leader.post(&format!("/v1/leaders/{id}/end"), end.clone()).await.expect(200);
    as_leader.post(&format!("/v1/leaders/{leader}/end"), end).await.expect(200);
    world.instance.stop().await;
}

/// A deputy lends neither what was lent to them nor what is the leader's own, ends nobody whom the
/// leader has lent to, and delegates nothing in the municipality's name.
async fn lends_nothing_on(world: &World, as_deputy: &Client, id: &str) {
    let leader = world.own.id("leaders");
    let deputy = |number: &str, by: &str| {
        json!({"name": "Nina Neste", "hpr_number": number, "municipality": OWN,
            "from": "2021-01-01", "delegated_by": by})
    };
    let on = as_deputy.post("/v1/leaders", deputy("999000209", id)).await;
    let on = on.expect_problem(422, "invalid_request");
    assert_eq!(on.body["errors"][0]["code"], "delegated_further");
    let of_leader = as_deputy.post("/v1/leaders", deputy("999000209", leader)).await;
    of_leader.expect_problem(403, "relation_missing");
    let other = world.client.post("/v1/leaders", deputy("999000209", leader)).await.expect(201);
    let (other, term) =
        (other.id(), other.body["terms"][0]["id"].as_str().expect("an id").to_owned());
    let never = json!({"entered_in_error": true, "reason": "Gone"});
    let grant = json!({"organisation_number": "999000215", "role": "system", "municipality": OWN});
    for (path, body) in [
        (format!("/v1/leaders/{other}/end"), json!({"to": today()})),
        (format!("/v1/leaders/{other}/terms/{term}/correction"), never),
        ("/v1/access-grants".to_owned(), grant),
    ] {
        as_deputy.post(&path, body).await.expect_problem(403, "relation_missing");
    }
}
