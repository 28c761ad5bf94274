//! `Idempotency-Key` and `dry_run`.

use futures_util::future::join_all;
use serde_json::json;

use super::{registered, scheme, trainee};
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;

/// What two answers to the same request must have in common.
fn essence(answer: &Answer) -> (u16, Vec<Option<&str>>, &str) {
    let headers = ["etag", "location", "log-position", "content-type"];
    (answer.status, headers.map(|name| answer.header(name)).to_vec(), &answer.text)
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_whatever_has_happened_since() {
    let instance = Instance::start().await;
    let client = instance.client();
    let key = [("Idempotency-Key", "a-retry")];
    let first = client.post_with("/v1/trainees", &key, trainee(1)).await.expect(201);
    let change = format!("/v1/trainees/{}/scheme", first.id());
    client.post(&change, scheme(1, "new")).await.expect(200);
    // Without the key the rule would refuse it now; the order of the fields does not matter.
    let same = json!({ "scheme": "old", "name": "Kari Eksempel", "hpr_number": "999000001" });
    let again = client.post_with("/v1/trainees", &key, same).await;
    assert_eq!(essence(&again), essence(&first));
    let stale = [("Idempotency-Key", "a-retry"), ("If-Match", "\"999\"")];
    let again = client.post_with("/v1/trainees", &stale, trainee(1)).await;
    assert_eq!(essence(&again), essence(&first));

    let feed = client.get("/v1/events").await.expect(200);
    assert_eq!(feed.body.as_array().map(Vec::len), Some(2), "the retries recorded nothing");
    instance.stop().await;
}

#[tokio::test]
async fn what_was_so_already_is_answered_alike_under_a_key() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    let change = format!("/v1/trainees/{id}/scheme");
    let changed = client.post(&change, scheme(1, "new")).await.expect(200);
    let key = [("Idempotency-Key", "so-already")];
    let first = client.post_with(&change, &key, scheme(1, "new")).await.expect(200);
    assert_eq!((first.etag(), &first.text), (changed.etag(), &changed.text));
    client
        .post(&format!("/v1/trainees/{id}/external-ids"), json!({ "system": "a", "id": "1" }))
        .await;
    let again = client.post_with(&change, &key, scheme(1, "new")).await;
    assert_eq!(essence(&again), essence(&first));
    instance.stop().await;
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let instance = Instance::start().await;
    let client = instance.client();
    let key = [("Idempotency-Key", "one-request")];
    let first = client.post_with("/v1/trainees", &key, trainee(1)).await.expect(201);
    let other = client.post_with("/v1/trainees", &key, trainee(2)).await;
    other.expect_problem(422, "key_reused");
    // Another address is another request, also with the same body.
    for address in ["scheme", "external-ids"] {
        let path = format!("/v1/trainees/{}/{address}", first.id());
        let body =
            if address == "scheme" { scheme(1, "new") } else { json!({"system": "a", "id": "1"}) };
        client.post_with(&path, &key, body).await.expect_problem(422, "key_reused");
    }
    let key = [("Idempotency-Key", "another-request")];
    client.post_with("/v1/trainees", &key, trainee(2)).await.expect(201);
    instance.stop().await;
}

#[tokio::test]
async fn a_key_is_visible_ascii_and_given_once() {
    let instance = Instance::start().await;
    let client = instance.client();
    let longest = "k".repeat(255);
    for (number, right) in [(1, "!"), (2, "a/b?c=d"), (3, "~"), (4, &longest)] {
        let key = [("Idempotency-Key", right)];
        client.post_with("/v1/trainees", &key, trainee(number)).await.expect(201);
    }
    for wrong in ["", "two words", "nøkkel", &"k".repeat(256)] {
        let key = [("Idempotency-Key", wrong)];
        let answer = client.post_with("/v1/trainees", &key, trainee(5)).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/header/Idempotency-Key"], "{wrong:?}");
    }
    let twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")];
    let answer = client.post_with("/v1/trainees", &twice, trainee(5)).await;
    assert_eq!(answer.expect(422).body["errors"][0]["code"], "given_twice");
    instance.stop().await;
}

#[tokio::test]
async fn a_refusal_does_not_use_up_the_key() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    let change = format!("/v1/trainees/{id}/scheme");
    client.post(&change, scheme(2, "new")).await.expect(200);
    let key = [("Idempotency-Key", "refused-first")];
    let back = client.post_with(&change, &key, scheme(3, "old")).await;
    back.expect_problem(409, "scheme_change");
    let invalid = client.post_with(&change, &key, json!({ "scheme": "older" })).await;
    invalid.expect_problem(422, "invalid_request");
    let external = format!("/v1/trainees/{id}/external-ids");
    let body = json!({ "system": "a", "id": "1" });
    client.post_with(&external, &key, body).await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn a_dry_run_tells_the_verdict_and_the_events_and_records_nothing() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    let head = client.get("/v1/events").await.position();

    let key = [("Idempotency-Key", "dry")];
    let dry = client.post_with("/v1/trainees?dry_run=true", &key, trainee(2)).await.expect(200);
    assert_eq!((&dry.body["dry_run"], &dry.body["status"]), (&json!(true), &json!(201)));
    assert_eq!(dry.body["events"][0]["type"], "no.alis.trainee.registered.v1");
    assert_eq!(dry.body["resource"]["hpr_number"], "999000002");
    assert!(!dry.body["events"].to_string().contains("Kari"), "events name no person");
    assert_eq!((dry.header("location"), dry.header("etag")), (None, None));

    let refused = client.post("/v1/trainees?dry_run=true", trainee(1)).await;
    refused.expect_problem(409, "trainee_exists");
    let change = format!("/v1/trainees/{id}/scheme?dry_run=true");
    let stale = [("If-Match", "\"999\"")];
    let refused = client.post_with(&change, &stale, scheme(1, "new")).await;
    refused.expect_problem(412, "stale_version");
    let so_already = client.post(&change, scheme(1, "old")).await.expect(200);
    assert_eq!(so_already.body["events"], json!([]));

    let feed = client.get("/v1/events").await;
    assert_eq!((feed.position(), feed.body.as_array().map(Vec::len)), (head, Some(1)));
    // The key is free: a dry run keeps nothing under it, and a false one is no dry run.
    let done = client.post_with("/v1/trainees?dry_run=false", &key, trainee(3)).await;
    assert_eq!(done.expect(201).position(), head + 1);
    instance.stop().await;
}

/// Sends the same request from many callers to two instances at once.
async fn at_once(clients: &[Client; 2], key: Option<&str>, count: usize) -> Vec<Answer> {
    let headers: Vec<(&str, &str)> = key.map(|key| ("Idempotency-Key", key)).into_iter().collect();
    let one = |number: usize| clients[number % 2].post_with("/v1/trainees", &headers, trainee(1));
    join_all((0..count).map(one)).await
}

#[tokio::test]
async fn fifty_identical_requests_at_once_make_one_fact_and_fifty_equal_answers() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    let answers = at_once(&clients, Some("fifty"), 50).await;
    for answer in &answers {
        assert_eq!(essence(answer), essence(&answers[0]));
    }
    assert_eq!(answers[0].status, 201);
    let feed = clients[1].get("/v1/events").await.expect(200);
    assert_eq!(feed.body.as_array().map(Vec::len), Some(1));
    other.stop().await;
    instance.stop().await;
}

#[tokio::test]
async fn fifty_identical_requests_without_a_key_make_one_fact_and_forty_nine_refusals() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    let answers = at_once(&clients, None, 50).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[49]), (201, 409, 409));
    let feed = clients[0].get("/v1/events").await.expect(200);
    assert_eq!(feed.body.as_array().map(Vec::len), Some(1));
    other.stop().await;
    instance.stop().await;
}
