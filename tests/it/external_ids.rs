//! Ids in other systems, of everything that has them: told when it is registered or later, found
//! by, one thing each, and taken back.

mod everything;

use alis::identity::cast::Scenario;
use serde_json::{Value, json};

use crate::access::world::{OWN, World};
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample;
use everything::{Two, two_of_each};

fn external(id: &str) -> Value {
    json!({"system": "payroll", "id": id})
}

fn withdrawal(id: &str) -> Value {
    json!({"system": "payroll", "id": id, "reason": "Another one is called this."})
}

async fn add(client: &Client, address: &str, id: &str) -> Answer {
    client.post(&format!("{address}/external-ids"), external(id)).await
}

async fn withdraw(client: &Client, address: &str, id: &str) -> Answer {
    client.post(&format!("{address}/external-ids/withdrawal"), withdrawal(id)).await
}

/// The ids of what a list finds that has come as far as an answer.
async fn found(client: &Client, path: &str, after: &Answer) -> Vec<String> {
    let position = after.position().to_string();
    let list = client.get_with(path, &[("Min-Log-Position", &position)]).await.expect(200);
    let items = list.body["items"].as_array().expect("items").clone();
    items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn everything_that_is_registered_is_found_by_one_id_of_another_system() {
    let instance = Instance::start().await;
    let client = instance.client();
    for two in two_of_each(&client).await {
        let Two { one, other, taken, .. } = &two;
        let read = client.get(&one.address).await.expect(200);
        assert_eq!(read.body["external_ids"], json!([external("1")]), "{}", one.address);
        assert_eq!(found(&client, &two.list("1"), &read).await, [one.listed.as_str()]);
        // Told later: of one thing each, and again it is no new fact.
        let refused = add(&client, &other.address, "1").await.expect_problem(409, taken);
        assert!(refused.text.contains(&one.id), "{refused:?}");
        let added = add(&client, &one.address, "2").await.expect(200);
        assert_eq!(added.body["external_ids"], json!([external("1"), external("2")]));
        let again = add(&client, &one.address, "2").await.expect(200);
        assert_eq!(again.header("etag"), added.header("etag"), "already so");
        assert_eq!(found(&client, &two.list("2"), &added).await, [one.listed.as_str()]);
        assert_eq!(found(&client, &two.list("3"), &added).await, [""; 0]);
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_wrong_id_is_taken_back_free_for_another_and_still_known_as_it_was() {
    let instance = Instance::start().await;
    let client = instance.client();
    for two in two_of_each(&client).await {
        let Two { one, other, registered, .. } = &two;
        let back = withdraw(&client, &one.address, "1").await.expect(200);
        assert_eq!(back.body["external_ids"], json!([]), "{}", one.address);
        assert_eq!(found(&client, &two.list("1"), &back).await, [""; 0]);
        let again = withdraw(&client, &one.address, "1").await.expect(200);
        assert_eq!(again.header("etag"), back.header("etag"), "already so");
        let never = withdraw(&client, &one.address, "3").await;
        assert_eq!(never.expect_problem(422, "invalid_request").pointers(), ["/id"]);
        let before = back.position() - 1;
        let list = format!("{}&known_at={before}", two.list("1"));
        assert_eq!(found(&client, &list, &back).await, [one.listed.as_str()], "as it was known");
        let read = client.get(&format!("{}?known_at={before}", one.address)).await.expect(200);
        assert_eq!(read.body["external_ids"], json!([external("1")]));

        let others = add(&client, &other.address, "1").await.expect(200);
        assert_eq!(found(&client, &two.list("1"), &others).await, [other.listed.as_str()]);
        let refused = add(&client, &one.address, "1").await.expect_problem(409, two.taken);
        assert!(refused.text.contains(&other.id), "{}", refused.text);
        withdraw(&client, &other.address, "1").await.expect(200);
        add(&client, &one.address, "1").await.expect(200);

        let history = client.get(&format!("{}/history", one.address)).await.expect(200);
        let recorded: Vec<(&str, &Value)> = history.body["items"]
            .as_array()
            .expect("items")
            .iter()
            .filter_map(|event| Some((event["type"].as_str()?, &event["data"])))
            .filter(|(_, data)| data["external_id"]["id"] == "1")
            .collect();
        let [(added, _), (withdrawn, data)] = &recorded[..] else { panic!("{recorded:?}") };
        assert!(added.ends_with("external_id_added.v1"), "{added}");
        assert!(withdrawn.ends_with("external_id_withdrawn.v1"), "{withdrawn}");
        assert_eq!(data["corrects"], json!(registered), "the fact that told it");
    }
    instance.stop().await;
}

#[tokio::test]
async fn more_ids_than_one_a_system_are_refused_where_something_is_registered() {
    let instance = Instance::start().await;
    let client = instance.client();
    for two in two_of_each(&client).await {
        let (path, mut body) = two.registration.clone();
        body["external_ids"] = json!([external("7"), external("8")]);
        let refused = client.post(&path, body).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), ["/external_ids"], "{path}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn one_thing_has_a_hundred_ids_at_most() {
    let instance = Instance::start().await;
    let client = instance.client();
    let address = format!("/v1/trainees/{}", sample::trainee(&client, "999000001").await);
    for id in 0..100 {
        add(&client, &address, &id.to_string()).await.expect(200);
    }
    let refused = add(&client, &address, "100").await.expect_problem(422, "invalid_request");
    assert_eq!(refused.body["errors"][0]["code"], "too_many_external_ids");
    withdraw(&client, &address, "7").await.expect(200);
    add(&client, &address, "100").await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn who_was_erased_is_called_nothing_and_what_they_were_called_is_free() {
    let instance = Instance::start().await;
    let client = instance.client();
    for two in two_of_each(&client).await {
        let Two { one, other, .. } = &two;
        if !["trainee", "supervisor", "leader"].contains(&two.member) {
            continue;
        }
        let erasure = json!({"reason": "own_request"});
        let erased = client.post(&format!("/v1/persons/{}/erasure", one.id), erasure).await;
        let erased = erased.expect(200);
        add(&client, &one.address, "2").await.expect_problem(409, "person_erased");
        withdraw(&client, &one.address, "1").await.expect_problem(409, "person_erased");
        let list = format!("{}&known_at={}", two.list("1"), erased.position() - 1);
        assert_eq!(found(&client, &list, &erased).await, [""; 0], "not in the past either");
        add(&client, &other.address, "1").await.expect(200);
    }
    instance.stop().await;
}

#[tokio::test]
async fn what_is_entered_in_error_has_no_external_id() {
    let instance = Instance::start().await;
    let client = instance.client();
    for two in two_of_each(&client).await {
        let Two { one, other, .. } = &two;
        if !["occupancy", "assignment", "exemption", "programme"].contains(&two.member) {
            continue;
        }
        let never = json!({"entered_in_error": true, "reason": "Somebody else"});
        let correction = client.post(&format!("{}/correction", one.address), never).await;
        assert!(correction.status == 200, "{}", correction.text);
        assert_eq!(found(&client, &two.list("1"), &correction).await, [""; 0]);
        add(&client, &one.address, "2").await.expect_problem(404, "not_found");
        let others = add(&client, &other.address, "1").await.expect(200);
        assert_eq!(others.body["external_ids"], json!([external("1")]));
    }
    instance.stop().await;
}

#[tokio::test]
async fn the_same_told_again_with_the_ids_it_has_is_already_so_and_with_others_is_not() {
    let instance = Instance::start().await;
    let client = instance.client();
    for two in two_of_each(&client).await {
        let (path, mut body) = two.registration.clone();
        match two.member {
            "occupancy" => {
                add(&client, &two.other.address, "9").await.expect(200);
                body["external_ids"] = json!([external("9")]);
                let again = client.post(&path, body.clone()).await.expect(201);
                assert_eq!(again.id(), two.other.id);
                body["external_ids"] = json!([external("8")]);
                client.post(&path, body).await.expect_problem(409, "position_occupied");
            }
            "assignment" => {
                body["external_ids"] = json!([external("9")]);
                let another = client.post(&path, body.clone()).await.expect(201);
                assert_ne!(another.id(), two.other.id);
                let again = client.post(&path, body).await.expect(201);
                assert_eq!((again.id(), again.etag()), (another.id(), another.etag()));
            }
            _ => {}
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_leaders_ids_are_filed_where_the_leader_leads() {
    let world = World::new().await;
    let id = world.own.id("leaders");
    let municipality = world.as_one(Scenario::Municipality);
    add(&municipality, &format!("/v1/leaders/{id}"), "1").await.expect(200);
    let history = municipality.get(&format!("/v1/leaders/{id}/history")).await.expect(200);
    let newest = &history.body["items"][0];
    assert_eq!(newest["type"], "no.alis.leader.external_id_added.v1", "{}", history.text);
    assert_eq!(newest["municipality"], OWN);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_doctor_finds_a_position_by_their_own_occupancy_and_by_nobody_elses() {
    let world = World::new().await;
    let client = &world.client;
    let other = sample::trainee(client, "999000601").await;
    let (held, own) = (world.own.id("positions"), world.own.id("occupancies"));
    let end = json!({"to": "2021-12-31", "reason": "contract_end"});
    let path = format!("/v1/positions/{held}/occupancies/{own}/end");
    client.post(&path, end).await.expect(200);
    let position = json!({"municipality": OWN, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": "2020-01-01"});
    let position = client.post("/v1/positions", position).await.expect(201).id();
    let path = format!("/v1/positions/{position}/occupancies");
    let occupy = |trainee: &str, from: &str, to: Option<&str>, id: &str| {
        json!({"trainee": trainee, "from": from, "to": to, "percent": 100,
            "operating_model": "salaried", "external_ids": [external(id)]})
    };
    let first = occupy(&other, "2020-01-01", Some("2021-12-31"), "1");
    client.post(&path, first).await.expect(201);
    let second = occupy(world.own.id("trainees"), "2022-01-01", None, "2");
    let last = client.post(&path, second).await.expect(201);
    // The doctors' own list decides who sees the rows of a position.
    found(client, "/v1/trainees", &last).await;
    let list = |id: &str| format!("/v1/positions?occupancy_external_id=payroll/{id}");
    let trainee_client = world.as_one(Scenario::Trainee);
    assert_eq!(found(&trainee_client, &list("2"), &last).await, std::slice::from_ref(&position));
    assert_eq!(found(&trainee_client, &list("1"), &last).await, [""; 0]);
    let municipality = world.as_one(Scenario::Municipality);
    for id in ["1", "2"] {
        let all = found(&municipality, &list(id), &last).await;
        assert_eq!(all, std::slice::from_ref(&position), "{id}");
    }
    world.instance.stop().await;
}
