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
