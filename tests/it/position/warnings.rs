//! What no rule forbids and should be looked at: it is told with the occupancy.

use serde_json::{Value, json};

use super::{act, established, fill};
use crate::support::instance::Instance;

fn codes(body: &Value) -> Vec<&str> {
    let warnings = body["warnings"].as_array().expect("an occupancy has warnings");
    warnings.iter().filter_map(|warning| warning["code"].as_str()).collect()
}

#[tokio::test]
async fn who_leaves_is_told_of_the_supervision_that_goes_on() {
    let instance = Instance::start().await;
    let client = instance.client();
    let position = established(&client, 100).await;
    let kari = json!({"hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "new",
        "lis1_completed_on": "2018-08-31"});
    let kari = client.post("/v1/trainees", kari).await.expect(201).id();
    let held = act(&client, &position, "occupancies", fill(&kari, "2019-05-01", 100)).await;
    let held = held.expect(201);
    assert_eq!(codes(&held.body), [] as [&str; 0]);
    let supervisor = json!({"hpr_number": "999000101", "name": "Ola Eksempel",
        "specialist_since": "2015-01-01"});
    let supervisor = client.post("/v1/supervisors", supervisor).await.expect(201).id();
    let proposed = json!({"trainee": kari, "supervisor": supervisor, "from": "2019-05-01",
        "mode": "on_site"});
    let assignment = client.post("/v1/supervisor-assignments", proposed).await.expect(201).id();

    let path = format!("occupancies/{}", held.id());
    let end = json!({"to": "2020-12-31", "reason": "contract_end"});
    let ended = act(&client, &position, &format!("{path}/end"), end).await.expect(200);
    assert_eq!(codes(&ended.body), ["supervision_goes_on"]);
    let path = format!("/v1/positions/{position}/{path}");
    let norwegian = [("Accept-Language", "nb")];
    let shown = client.get_with(&path, &norwegian).await.expect(200);
    assert_eq!(codes(&shown.body), ["supervision_goes_on"]);
    let detail = shown.body["warnings"][0]["detail"].as_str().unwrap_or("");
    assert!(detail.contains(&assignment) && detail.contains("fortsetter"), "{detail}");

    // Once the assignment has ended there is nothing to look at, and that is another version.
    let assignment = format!("/v1/supervisor-assignments/{assignment}");
    client.post(&format!("{assignment}/acceptance"), json!({})).await.expect(200);
    let end = json!({"to": "2020-12-31", "reason": "trainee_left"});
    let end = client.post(&format!("{assignment}/end"), end).await;
    end.expect(200);
    let etag = [("If-None-Match", shown.etag())];
    let after = client.get_with(&path, &etag).await.expect(200);
    assert_eq!(codes(&after.body), [] as [&str; 0]);
    // The first part of the version is the position's, which changes depend on.
    let reopened = json!({"reopened": true, "reason": "Stays"});
    let if_match = [("If-Match", after.etag())];
    client.post_with(&format!("{path}/correction"), &if_match, reopened).await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn an_unknown_lis1_is_a_warning_and_a_documented_exception_none() {
    let instance = Instance::start().await;
    let client = instance.client();
    let position = established(&client, 100).await;
    let register = async |number: u32, lis1: Option<&str>| {
        let body = json!({"hpr_number": format!("{}", 999_000_000 + number),
            "name": "Kari Eksempel", "scheme": "new", "lis1_completed_on": lis1});
        client.post("/v1/trainees", body).await.expect(201).id()
    };
    let (unknown, late) = (register(1, None).await, register(2, Some("2020-08-31")).await);
    let mut first = fill(&unknown, "2019-05-01", 100);
    first["to"] = json!("2019-12-31");
    let filled = act(&client, &position, "occupancies", first).await.expect(201);
    assert_eq!(codes(&filled.body), ["lis1_date_missing"]);
    // The day of LIS1 is told later, and turns out to be later than the first day.
    let recorded = json!({"lis1_completed_on": "2019-05-31", "reason": "Told now"});
    client.post(&format!("/v1/trainees/{unknown}/correction"), recorded).await.expect(200);
    let path = format!("/v1/positions/{position}/occupancies/{}", filled.id());
    assert_eq!(codes(&client.get(&path).await.expect(200).body), ["lis1_not_completed"]);

    let mut early = fill(&late, "2020-01-01", 100);
    act(&client, &position, "occupancies", early.clone())
        .await
        .expect_problem(409, "lis1_not_completed");
    early["lis1_exception"] = json!("Case 19/4711");
    let filled = act(&client, &position, "occupancies", early).await.expect(201);
    assert_eq!(codes(&filled.body), [] as [&str; 0]);
    assert_eq!(filled.body["lis1_exception"], "Case 19/4711");
    instance.stop().await;
}
