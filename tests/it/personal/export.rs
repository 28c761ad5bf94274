//! What is held on somebody, for that person.

use alis::identity::cast::Scenario;
use serde_json::{Value, json};

use super::person;
use crate::access::world::World;
use crate::support::instance::token_with;

#[tokio::test]
async fn a_person_gets_all_that_is_held_on_them_and_nobody_elses() {
    let world = World::new().await;
    let id = world.own.id("trainees");
    let also = person(&world.client, "supervisors", "999000001").await;
    let path = format!("/v1/trainees/{id}/correction");
    let corrected = json!({"name": "Kari Nytt Navn", "reason": "Married"});
    world.client.post(&path, corrected).await.expect(200);
    let trainee = world.as_one(Scenario::Trainee);
    let export = trainee.get(&format!("/v1/persons/{id}/export")).await.expect(200);
    let held = export.body["registrations"].as_array().expect("registrations");
    assert_eq!((held.len(), &held[0]["id"], &held[1]["id"]), (2, &json!(id), &json!(also)));
    assert_eq!(
        (&held[0]["name"], &held[0]["hpr_number"]),
        (&json!("Kari Nytt Navn"), &json!("999000001"))
    );
    assert_eq!(held[1]["kind"], "supervisor");
    let events = held[0]["events"].as_array().expect("events");
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
    // Names that were wrong are held as well.
    let first = of("no.alis.trainee.registered.v1")[0];
    assert!(first["data"]["name"].is_string() && first["data"]["name"] != "Kari Nytt Navn");
    for kind in ["position.filled.v1", "plan.assigned.v1", "supervisor_assignment.proposed.v1"] {
        assert!(!of(&format!("no.alis.{kind}")).is_empty(), "no {kind} in {}", export.text);
    }
    assert!(!export.text.contains("sealed") && held[0]["complete"] == true);
    for foreign in [world.foreign.id("trainees"), world.own.id("leaders")] {
        let refused = trainee.get(&format!("/v1/persons/{foreign}/export")).await;
        refused.expect_problem(403, "relation_missing");
    }
    let (shape, mut claims) = Scenario::Supervisor.claims();
    claims["helseid://claims/hpr/hpr_number"] = json!("999000001");
    let as_supervisor = world.client.showing(Some(&token_with(shape, &claims)));
    as_supervisor.get(&format!("/v1/persons/{also}/export")).await.expect(200);
    // It is a read of personal data like any other.
    let log = format!("/v1/access-log?person={also}");
    loop {
        let reads = trainee.get(&log).await.expect(200);
        let items = reads.body["items"].as_array().expect("items");
        let exports = items.iter().filter(|read| read["operation"] == "export_person").count();
        if exports == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    world.instance.stop().await;
}

/// The types of the events under a member of the first registration.
fn types<'a>(export: &'a Value, member: &str) -> Vec<&'a str> {
    let events = export["registrations"][0][member].as_array().expect("events");
    let types = events.iter().filter_map(|event| event["type"].as_str());
    types.filter_map(|name| name.strip_prefix("no.alis.")).collect()
}

#[tokio::test]
async fn whoever_trains_doctors_gets_what_they_did_and_who_read_about_them() {
    let world = World::new().await;
    let trainee = world.own.id("trainees");
    let (supervisor, leader) = (world.own.id("supervisors"), world.own.id("leaders"));
    let goal = format!("/v1/trainees/{trainee}/learning-goals/ALM-001");
    let act = async |act: &str, body: Value| {
        world.client.post(&format!("{goal}/{act}"), body).await.expect(200);
    };
    act("submission", json!({"on": "2020-03-01"})).await;
    let positive = json!({"by": supervisor, "role": "supervisor", "verdict": "positive",
        "on": "2020-03-02"});
    act("recommendations", positive).await;
    let returned = json!({"by": leader, "outcome": "returned", "on": "2020-03-03",
        "comment": "More practice"});
    act("decision", returned).await;
    let register = world.as_one(Scenario::Register);
    register.get(&format!("/v1/persons/{leader}/export")).await.expect(200);
    for (scenario, id, acts) in [
        (Scenario::Supervisor, supervisor, vec!["learning_goal.recommended.v1"]),
        (Scenario::Leader, leader, vec!["learning_goal.returned.v1", "plan.assigned.v1"]),
    ] {
        let person = world.as_one(scenario);
        let export = person.get(&format!("/v1/persons/{id}/export")).await.expect(200);
        assert_eq!(types(&export.body, "acts"), acts, "{}", export.text);
        // What is about the person is told once, and nobody else by name.
        assert!(types(&export.body, "events").iter().all(|name| !acts.contains(name)));
        for others in ["sealed", "Kari Eget", "999000001", "hpr_lookup\":\"999"] {
            assert!(!export.text.contains(others), "{others} in {}", export.text);
        }
        let log = format!("/v1/access-log?person={id}&limit=200");
        loop {
            let held = person.get(&format!("/v1/persons/{id}/export")).await.expect(200).body;
            let reads = held["reads"].as_array().expect("reads").clone();
            assert!(reads.iter().all(|read| read["persons"] == json!([id])), "{held}");
            let shown = person.get(&log).await.expect(200).body["items"].clone();
            if shown.as_array().is_some_and(|shown| shown.ends_with(&reads)) && !reads.is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    // A doctor has no acts, and everything else.
    let own = world.as_one(Scenario::Trainee);
    let export = own.get(&format!("/v1/persons/{trainee}/export")).await.expect(200);
    assert_eq!(types(&export.body, "acts"), Vec::<&str>::new());
    assert!(types(&export.body, "events").contains(&"learning_goal.returned.v1"));
    world.instance.stop().await;
}

#[tokio::test]
async fn the_export_of_an_erased_person_names_nobody() {
    let world = World::new().await;
    let id = world.own.id("trainees");
    let register = world.as_one(Scenario::Register);
    let path = format!("/v1/persons/{id}/export");
    let before = register.get(&path).await.expect(200);
    let name = before.body["registrations"][0]["name"].as_str().expect("a name").to_owned();
    let erasure = json!({"reason": "kept_long_enough"});
    register.post(&format!("/v1/persons/{id}/erasure"), erasure).await.expect(200);
    let after = register.get(&path).await.expect(200);
    assert!(!after.text.contains(&name) && !after.text.contains("999000001"), "{}", after.text);
    assert!(after.body["registrations"][0]["name"].is_null());
    register.get(&format!("{path}?as_of=2020-01-01")).await.expect(422);
    let nobody = format!("/v1/persons/{}/export", uuid::Uuid::now_v7());
    register.get(&nobody).await.expect_problem(404, "not_found");
    world.instance.stop().await;
}
