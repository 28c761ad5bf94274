//! Trainees through HTTP.

use serde_json::json;

use crate::support::instance::Instance;

#[tokio::test]
async fn a_doctor_is_registered_once_and_found_by_hpr_number() {
    let instance = Instance::start().await;
    let client = instance.client();
    let kari = json!({"hpr_number": "0999000001", "name": "Kari Eksempel", "scheme": "new"});
    let first = client.post("/v1/trainees", kari.clone()).await.expect(201);
    assert_eq!(first.body["hpr_number"], "999000001");
    let again = client.post("/v1/trainees", kari).await.expect_problem(409, "trainee_exists");
    assert!(again.text.contains(&first.id()));

    let position = first.position().to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    let found = client.get_with("/v1/trainees?hpr_number=999000001", &wait).await.expect(200);
    assert_eq!(found.body["items"][0]["name"], "Kari Eksempel");
    assert_eq!(client.get("/v1/trainees?hpr_number=999000002").await.body["items"], json!([]));
    instance.stop().await;
}

#[tokio::test]
async fn every_field_at_fault_is_named() {
    let instance = Instance::start().await;
    let body = json!({"hpr_number": "x", "nam": "", "scheme": "newx"});
    let answer = instance.client().post("/v1/trainees", body).await;
    let answer = answer.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/hpr_number", "/nam", "/name", "/scheme"]);
    instance.stop().await;
}

#[tokio::test]
async fn an_id_of_another_system_names_one_doctor() {
    let instance = Instance::start().await;
    let client = instance.client();
    let named = json!([{"system": "personnel", "id": "17"}]);
    let kari = json!({"hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "new",
        "external_ids": named});
    let kari = client.post("/v1/trainees", kari).await.expect(201).id();
    let ola = json!({"hpr_number": "999000002", "name": "Ola Eksempel", "scheme": "new"});
    let mut taken = ola.clone();
    taken["external_ids"] = named;
    let taken = client.post("/v1/trainees", taken).await;
    let taken = taken.expect_problem(409, "external_id_taken");
    assert!(taken.text.contains(&kari), "{}", taken.text);
    let ola = client.post("/v1/trainees", ola).await.expect(201).id();
    let path = format!("/v1/trainees/{ola}/external-ids");
    let taken = client.post(&path, json!({"system": "personnel", "id": "17"})).await;
    taken.expect_problem(409, "external_id_taken");
    let free = client.post(&path, json!({"system": "personnel", "id": "18"})).await.expect(200);
    assert_eq!(free.body["external_ids"], json!([{"system": "personnel", "id": "18"}]));
    instance.stop().await;
}

#[tokio::test]
async fn a_scheme_told_wrong_is_corrected_from_the_beginning() {
    let instance = Instance::start().await;
    let client = instance.client();
    let kari = json!({"hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "new"});
    let kari = client.post("/v1/trainees", kari).await.expect(201);
    let path = format!("/v1/trainees/{}", kari.id());
    let changed = json!({"scheme": "old", "from": "2018-01-01", "reason": "Mistyped"});
    let changed = client.post(&format!("{path}/scheme"), changed).await;
    changed.expect_problem(409, "scheme_change");
    let corrected = json!({"scheme": "old", "reason": "Mistyped"});
    let recorded = client.post(&format!("{path}/correction"), corrected.clone()).await.expect(200);
    assert_eq!(recorded.body["scheme"], "old");
    assert_eq!(recorded.body["name"], "Kari Eksempel");
    let again = client.post(&format!("{path}/correction"), corrected).await.expect(200);
    assert_eq!(again.position(), recorded.position());
    let known = format!("{path}?known_at={}", kari.position());
    assert_eq!(client.get(&known).await.expect(200).body["scheme"], "new");
    let converts = json!({"scheme": "conversion", "from": "2021-01-01", "reason": "Converts"});
    client.post(&format!("{path}/scheme"), converts).await.expect(200);
    instance.stop().await;
}
