//! What is held on somebody, for that person.

use alis::identity::cast::Scenario;
use serde_json::json;

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
    let doctor = world.as_one(Scenario::Trainee);
    let export = doctor.get(&format!("/v1/persons/{id}/export")).await.expect(200);
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
        let refused = doctor.get(&format!("/v1/persons/{foreign}/export")).await;
        refused.expect_problem(403, "relation_missing");
    }
    let (shape, mut claims) = Scenario::Supervisor.claims();
    claims["helseid://claims/hpr/hpr_number"] = json!("999000001");
    let as_supervisor = world.client.showing(Some(&token_with(shape, &claims)));
    as_supervisor.get(&format!("/v1/persons/{also}/export")).await.expect(200);
    // It is a read of personal data like any other.
    let log = format!("/v1/access-log?person={also}");
    loop {
        let reads = doctor.get(&log).await.expect(200);
        let items = reads.body["items"].as_array().expect("items");
        let exports = items.iter().filter(|read| read["operation"] == "export_person").count();
        if exports == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
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
