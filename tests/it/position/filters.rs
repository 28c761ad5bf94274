//! Every filter of the lists of positions and trainees lets through what it names, nothing else.

use serde_json::{Value, json};

use super::{act, fill, position, trainee};
use crate::support::client::Client;
use crate::support::instance::Instance;
use crate::support::sample::municipality;

/// The ids in a list, once it reflects position `head` of the log.
async fn listed(client: &Client, path: &str, head: &str) -> Vec<String> {
    let answer = client.get_with(path, &[("Min-Log-Position", head)]).await.expect(200);
    let items = answer.body["items"].as_array().expect("a page has items").iter();
    items.filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
}

async fn filters(client: &Client, list: &str, head: &str, expected: &[(&str, &[&String])]) {
    for (query, ids) in expected {
        let found = listed(client, &format!("{list}?as_of=2020-06-01&{query}"), head).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), *ids, "{list}?{query}");
    }
}

#[tokio::test]
async fn every_filter_of_positions_lets_through_what_it_names() {
    let instance = Instance::start().await;
    let client = instance.client();
    municipality(&client, "5401").await;
    municipality(&client, "1804").await;
    let programme = json!({"name": "ALIS-Eksempel", "from": "2019-01-01"});
    let programme = client.post("/v1/programmes", programme).await.expect(201).id();
    let joined = json!({"municipality": "5401", "from": "2019-01-01", "quota": 2});
    let path = format!("/v1/programmes/{programme}/participations");
    client.post(&path, joined).await.expect(200);
    let mut one = position(100);
    one["programme"] = json!(programme);
    one["open_practice_model"] = json!("zero_list");
    one["salary_offer_made"] = json!(false);
    let one = client.post("/v1/positions", one).await.expect(201);
    assert_eq!(one.body["open_practice_model"], "zero_list");
    assert_eq!(one.body["salary_offer_made"], false);
    let one = one.id();
    let corrected = json!({"open_practice_model": "reassignment", "salary_offer_made": true,
        "reason": "Mistyped"});
    let corrected = act(&client, &one, "correction", corrected).await.expect(200);
    assert_eq!(corrected.body["open_practice_model"], "reassignment");
    assert_eq!(corrected.body["salary_offer_made"], true);
    let mut two = position(50);
    two["municipality"] = json!("1804");
    two["category"] = json!("gp_locum");
    two["external_ids"] = json!([{"system": "personnel", "id": "4711"}]);
    let two = client.post("/v1/positions", two).await.expect(201);
    assert_eq!(two.body["open_practice_model"], Value::Null);
    assert_eq!(two.body["salary_offer_made"], Value::Null);
    let two = two.id();
    let kari = trainee(&client, 1).await;
    let filled = act(&client, &two, "occupancies", fill(&kari, "2020-01-01", 50)).await;
    let head = filled.expect(201).position().to_string();

    let nobody = "01890a5d-ac96-774b-bcce-b302099a8058";
    let expected: [(&str, &[&String]); 15] = [
        ("limit=9", &[&one, &two]),
        ("municipality=5401", &[&one]),
        ("municipality=1804", &[&two]),
        ("municipality=0301", &[]),
        (&format!("programme={programme}"), &[&one]),
        (&format!("programme={nobody}"), &[]),
        ("category=regular_gp", &[&one]),
        ("category=gp_locum", &[&two]),
        ("status=planned", &[&one]),
        ("status=filled", &[&two]),
        ("status=closed", &[]),
        (&format!("trainee={kari}"), &[&two]),
        (&format!("trainee={nobody}"), &[]),
        ("external_id=personnel/4711", &[&two]),
        ("municipality=1804&category=regular_gp", &[]),
    ];
    filters(&client, "/v1/positions", &head, &expected).await;
    // Before the doctor came, nobody held it.
    let before = "/v1/positions?as_of=2019-12-31&status=planned";
    assert_eq!(listed(&client, before, &head).await, [one, two]);
    instance.stop().await;
}

#[tokio::test]
async fn every_filter_of_trainees_lets_through_what_it_names() {
    let instance = Instance::start().await;
    let client = instance.client();
    municipality(&client, "5401").await;
    let kari = trainee(&client, 1).await;
    let ola = json!({"hpr_number": "999000002", "name": "Ola Eksempel", "scheme": "old",
        "external_ids": [{"system": "personnel", "id": "17"}]});
    let ola = client.post("/v1/trainees", ola).await.expect(201).id();
    let one = client.post("/v1/positions", position(100)).await.expect(201).id();
    let held = act(&client, &one, "occupancies", fill(&kari, "2020-01-01", 100)).await;
    held.expect(201);
    let changed = json!({"scheme": "conversion", "from": "2021-01-01", "reason": "Converts"});
    let changed = client.post(&format!("/v1/trainees/{ola}/scheme"), changed).await;
    let head = changed.expect(200).position().to_string();

    let expected: [(&str, &[&String]); 10] = [
        ("limit=9", &[&kari, &ola]),
        ("hpr_number=999000001", &[&kari]),
        ("hpr_number=0999000002", &[&ola]),
        ("scheme=new", &[&kari]),
        ("scheme=old", &[&ola]),
        ("scheme=conversion", &[]),
        ("municipality=5401", &[&kari]),
        ("municipality=1804", &[]),
        ("external_id=personnel/17", &[&ola]),
        ("scheme=old&municipality=5401", &[]),
    ];
    filters(&client, "/v1/trainees", &head, &expected).await;
    let later = "/v1/trainees?as_of=2021-01-01&scheme=conversion";
    assert_eq!(listed(&client, later, &head).await, [ola]);
    let before = "/v1/trainees?as_of=2019-12-31&municipality=5401";
    assert_eq!(listed(&client, before, &head).await, [] as [&str; 0]);
    instance.stop().await;
}
