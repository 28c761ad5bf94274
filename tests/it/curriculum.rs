//! Curricula and the catalogue of learning goals through HTTP.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::instance::Instance;

/// The synthetic catalogue that is shipped.
pub fn demo() -> Value {
    let text = include_str!("../../samples/curriculum-demo-1.json");
    serde_json::from_str(text).expect("the sample is JSON")
}

/// Reads a list as it is once the log's position has reached it.
async fn listed(client: &Client, path: &str, position: i64) -> Value {
    let position = position.to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    client.get_with(path, &wait).await.expect(200).body
}

fn codes(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("a list has items");
    items.iter().filter_map(|item| item["code"].as_str()).collect()
}

#[tokio::test]
async fn the_shipped_catalogue_is_published_and_listed_by_plan_theme_and_code() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = client.post("/v1/curricula", demo()).await.expect(201);
    assert_eq!(first.header("location"), Some("/v1/curricula/demo-1"));
    assert_eq!(first.body["goals"], json!({"alm": 24, "fkm": 6}));
    assert_eq!(first.body["synthetic"], true);
    let read = client.get("/v1/curricula/demo-1").await.expect(200);
    assert_eq!(read.body, first.body);
    assert_eq!(read.header("etag"), first.header("etag"));

    let at = first.position();
    let list =
        async |query: &str| listed(&client, &format!("/v1/learning-goals?{query}"), at).await;
    assert_eq!(codes(&list("curriculum=demo-1&plan=fkm").await).len(), 6);
    assert_eq!(codes(&list("curriculum=demo-1&limit=200").await).len(), 30);
    assert_eq!(codes(&list("code=alm%2055").await), ["ALM-055"]);
    assert_eq!(codes(&list("theme=Legevakt").await), [""; 0]);
    assert_eq!(codes(&list("theme=Samhandling").await), ["ALM-055", "FKM-006"]);
    let institution = list("code=ALM085").await;
    assert_eq!(institution["items"][0]["requires_institution_service"], true);
    let page = list("limit=20").await;
    let cursor = page["next_cursor"].as_str().expect("there are more");
    let rest = client.get(&format!("/v1/learning-goals?limit=20&cursor={cursor}")).await;
    assert_eq!(codes(&rest.expect(200).body).len(), 10);
    let history = client.get("/v1/curricula/demo-1/history?limit=200").await.expect(200);
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(31));
    instance.stop().await;
}

#[tokio::test]
async fn the_same_content_again_changes_nothing_and_other_content_needs_another_version() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = client.post("/v1/curricula", demo()).await.expect(201);
    let again = client.post("/v1/curricula", demo()).await.expect(201);
    assert_eq!((&again.body, again.position()), (&first.body, first.position()));
    let mut reordered = demo();
    reordered["goals"].as_array_mut().expect("goals").reverse();
    reordered["goals"][0]["code"] = json!("fkm 6");
    let again = client.post("/v1/curricula", reordered).await.expect(201);
    assert_eq!(again.position(), first.position(), "order and spelling are not content");

    let mut other = demo();
    other["goals"][0]["text"] = json!("Other words");
    let refused = client.post("/v1/curricula", other.clone()).await;
    refused.expect_problem(409, "curriculum_version_taken");
    other["version"] = json!("demo-2");
    other["valid_from"] = json!("2199-01-01");
    let second = client.post("/v1/curricula", other).await.expect(201);
    assert_eq!(second.body["in_force"], false);
    let list = listed(&client, "/v1/curricula?in_force=true", second.position()).await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let later = listed(&client, "/v1/curricula?in_force=true&as_of=2199-01-01", 0).await;
    assert_eq!(later["items"].as_array().map(Vec::len), Some(2));
    let known = format!("/v1/curricula?known_at={}", first.position());
    assert_eq!(listed(&client, &known, 0).await["items"].as_array().map(Vec::len), Some(1));
    instance.stop().await;
}

#[tokio::test]
async fn one_of_two_publications_at_once_makes_the_version() {
    let instance = Instance::start().await;
    let (client, other) = (instance.client(), instance.client());
    let mut changed = demo();
    changed["name"] = json!("Another name");
    let (a, b) =
        tokio::join!(client.post("/v1/curricula", demo()), other.post("/v1/curricula", changed));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", a.text, b.text);
    instance.stop().await;
}

#[tokio::test]
async fn every_fault_of_a_catalogue_is_named_and_nothing_is_recorded() {
    let instance = Instance::start().await;
    let client = instance.client();
    let mut wrong = demo();
    wrong["goals"][1]["code"] = json!("A");
    wrong["goals"][2]["plan"] = json!("amm");
    wrong["goals"][3]["text"] = json!(" ");
    wrong["goals"][4]["level"] = json!(2);
    let answer = client.post("/v1/curricula", wrong).await.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/goals/1/code", "/goals/2/plan", "/goals/3/text", "/goals/4/level"]);

    let mut twice = demo();
    twice["goals"][5]["code"] = json!("alm-1");
    let answer = client.post("/v1/curricula", twice).await.expect_problem(422, "invalid_request");
    assert_eq!(answer.pointers(), ["/goals/5/code"]);
    let mut backwards = demo();
    backwards["valid_to"] = json!("2019-02-28");
    let answer = client.post("/v1/curricula", backwards).await;
    assert_eq!(answer.expect_problem(422, "invalid_request").pointers(), ["/valid_to"]);
    let mut empty = demo();
    empty["goals"] = json!([]);
    let answer = client.post("/v1/curricula", empty).await;
    assert_eq!(answer.expect_problem(422, "invalid_request").pointers(), ["/goals"]);
    client.get("/v1/curricula/demo-1").await.expect_problem(404, "not_found");
    client.get("/v1/curricula/demo-1/history").await.expect_problem(404, "not_found");
    client.get("/v1/curricula/%20").await.expect_problem(404, "not_found");
    instance.stop().await;
}
