//! `ETag`, `If-Match`, `If-None-Match`.

use serde_json::json;

use super::{established, lists, registered, scheme, trainee, with_query};
use crate::support::instance::Instance;

#[tokio::test]
async fn a_change_under_an_old_version_is_refused_with_what_was_not_seen() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = registered(&client, 1).await;
    let change = format!("/v1/trainees/{}/scheme", first.id());
    let second = client.post(&change, scheme(1, "conversion")).await.expect(200);
    assert_ne!(first.etag(), second.etag());

    let stale = [("If-Match", first.etag())];
    let answer = client.post_with(&change, &stale, scheme(2, "new")).await;
    let answer = answer.expect_problem(412, "stale_version");
    assert_eq!(answer.body["current_etag"], second.etag());
    assert_eq!(answer.etag(), second.etag());
    let unseen = answer.body["unseen_events"].as_array().expect("a list");
    let types: Vec<_> = unseen.iter().map(|event| event["type"].as_str()).collect();
    assert_eq!(types, [Some("no.alis.trainee.scheme_changed.v1")]);
    assert_eq!(unseen[0]["position"], second.position().to_string());

    let current = [("If-Match", second.etag())];
    client.post_with(&change, &current, scheme(2, "new")).await.expect(200);
    instance.stop().await;
}

/// What a rule says of what the caller has not seen helps nobody: whoever fills a position second
/// is told of the first.
#[tokio::test]
async fn who_has_not_seen_what_a_rule_rests_on_is_told_of_that_first() {
    let instance = Instance::start().await;
    let client = instance.client();
    let position = established(&instance, "2020-01-01").await;
    let path = format!("/v1/positions/{}/occupancies", position.id());
    let (first, second) = (registered(&client, 1).await.id(), registered(&client, 2).await.id());
    let fill = |trainee: &str| {
        json!({ "trainee": trainee, "from": "2020-02-01", "percent": 100,
                "operating_model": "salaried" })
    };
    let filled = client.post(&path, fill(&first)).await.expect(201);
    let stale = [("If-Match", position.etag())];
    for dry in ["", "?dry_run=true"] {
        let path = format!("{path}{dry}");
        let answer = client.post_with(&path, &stale, fill(&second)).await;
        let answer = answer.expect_problem(412, "stale_version");
        assert_eq!(answer.body["current_etag"], filled.etag(), "{path}");
        let unseen = answer.body["unseen_events"].as_array().expect("a list");
        let types: Vec<_> = unseen.iter().map(|event| event["type"].as_str()).collect();
        assert_eq!(types, [Some("no.alis.position.filled.v1")], "{path}");
        for seen in [filled.etag(), "*"] {
            let answer = client.post_with(&path, &[("If-Match", seen)], fill(&second)).await;
            answer.expect_problem(409, "position_occupied");
        }
        client.post(&path, fill(&second)).await.expect_problem(409, "position_occupied");
    }
    // What was not understood, or is not the caller's, is told as that.
    let nobody = fill("01890a5d-ac96-774b-bcce-b302099a8058");
    client.post_with(&path, &stale, nobody).await.expect_problem(422, "invalid_request");
    let nowhere = "/v1/positions/01890a5d-ac96-774b-bcce-b302099a8057/occupancies";
    client.post_with(nowhere, &stale, fill(&second)).await.expect_problem(404, "not_found");
    instance.stop().await;
}

/// The doctor whose number is taken moves: it is the new one's version that counts, not theirs.
#[tokio::test]
async fn a_version_is_that_of_what_the_change_is_about() {
    let instance = Instance::start().await;
    let client = instance.client();
    let (one, other) = (registered(&client, 1).await, registered(&client, 2).await);
    let taken = json!({ "system": "dossier", "id": "1" });
    let path = |id: &str| format!("/v1/trainees/{id}/external-ids");
    let changed = client.post(&path(&one.id()), taken.clone()).await.expect(200);
    for (version, status, code) in [
        (other.etag(), 409, "external_id_taken"),
        (changed.etag(), 412, "stale_version"),
        (one.etag(), 412, "stale_version"),
    ] {
        let headers = [("If-Match", version)];
        let answer = client.post_with(&path(&other.id()), &headers, taken.clone()).await;
        answer.expect_problem(status, code);
    }
    // And a creation is about what is not there yet.
    let headers = [("If-Match", one.etag())];
    let answer = client.post_with("/v1/trainees", &headers, trainee(1)).await;
    assert_eq!(answer.expect_problem(412, "stale_version").body["current_etag"], "\"0\"");
    let headers = [("If-Match", "\"0\"")];
    let answer = client.post_with("/v1/trainees", &headers, trainee(1)).await;
    answer.expect_problem(409, "trainee_exists");
    instance.stop().await;
}

#[tokio::test]
async fn a_retry_under_an_old_version_gets_the_first_answer_though_a_rule_would_say_no_now() {
    let instance = Instance::start().await;
    let client = instance.client();
    let position = established(&instance, "2020-01-01").await;
    let path = format!("/v1/positions/{}", position.id());
    let headers = [("Idempotency-Key", "announce"), ("If-Match", position.etag())];
    let announce = json!({ "on": "2020-02-01" });
    let announcements = format!("{path}/announcements");
    let first = client.post_with(&announcements, &headers, announce.clone()).await.expect(200);
    let close = json!({ "on": "2020-02-01", "reason": "Given up" });
    client.post(&format!("{path}/closure"), close).await.expect(200);
    let stale = &headers[1..];
    let answer = client.post_with(&announcements, stale, announce.clone()).await;
    answer.expect_problem(412, "stale_version");
    let answer = client.post(&announcements, announce.clone()).await;
    answer.expect_problem(409, "position_status");
    let again = client.post_with(&announcements, &headers, announce).await.expect(200);
    assert_eq!((again.etag(), &again.text), (first.etag(), &first.text));
    instance.stop().await;
}

#[tokio::test]
async fn if_match_takes_lists_several_lines_and_any_version() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = registered(&client, 1).await;
    let path = format!("/v1/trainees/{}/scheme?dry_run=true", first.id());
    let recorded = async |values: &[&str]| {
        let headers: Vec<_> = values.iter().map(|value| ("If-Match", *value)).collect();
        client.post_with(&path, &headers, scheme(1, "new")).await.status
    };
    let current = first.etag();
    for accepted in [
        vec!["*"],
        vec![current],
        vec![&format!("\"999\", {current}")],
        vec![&format!("\"999\"  ,\t{current}")],
        vec!["\"999\"", current],
        vec![
            &current
                .replace("\"", "")
                .parse::<i64>()
                .map(|n| format!("\"{n}.20261201\""))
                .expect("n"),
        ],
    ] {
        assert_eq!(recorded(&accepted).await, 200, "{accepted:?}");
    }
    let weak = format!("W/{current}");
    for lost in ["\"999\"", "\"-1\"", "\"\"", "\"abc\"", "\"0\"", &weak] {
        assert_eq!(recorded(&[lost]).await, 412, "{lost}");
    }
    let many = vec!["\"1\""; 21].join(",");
    let long = format!("\"{}\"", "1".repeat(1_100));
    for malformed in ["1", "\"", "\"1", "1\"", "", ",", "*, \"1\"", "\"æ\"", &many, &long] {
        assert_eq!(recorded(&[malformed]).await, 422, "{malformed}");
    }
    instance.stop().await;
}

/// What is about to be created is at version 0: no version that somebody has read can be meant.
#[tokio::test]
async fn a_creation_under_a_version_is_refused_because_nothing_is_there_yet() {
    let instance = Instance::start().await;
    let client = instance.client();
    let other = registered(&client, 1).await;
    for version in [other.etag(), "\"999\""] {
        let headers = [("If-Match", version)];
        let answer = client.post_with("/v1/trainees", &headers, trainee(2)).await;
        let answer = answer.expect_problem(412, "stale_version");
        assert_eq!(answer.body["current_etag"], "\"0\"");
        assert_eq!(answer.body["unseen_events"], json!([]));
    }
    let headers = [("If-Match", "\"0\"")];
    client.post_with("/v1/trainees", &headers, trainee(2)).await.expect(201);
    client.post_with("/v1/trainees", &[("If-Match", "*")], trainee(3)).await.expect(201);
    instance.stop().await;
}

#[tokio::test]
async fn a_resource_that_the_caller_has_is_not_sent_again() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = registered(&client, 1).await;
    let path = format!("/v1/trainees/{}", first.id());
    let read = client.get(&path).await.expect(200);
    assert_eq!(read.etag(), first.etag(), "a change answers the version that a read then has");
    for value in
        ["*", read.etag(), &format!("W/{}", read.etag()), &format!("\"x\", {}", read.etag())]
    {
        let answer = client.get_with(&path, &[("If-None-Match", value)]).await.expect(304);
        assert_eq!((answer.etag(), answer.text.as_str()), (read.etag(), ""));
    }
    client.get_with(&path, &[("If-None-Match", "\"999\"")]).await.expect(200);
    client.post(&format!("{path}/scheme"), scheme(1, "new")).await.expect(200);
    client.get_with(&path, &[("If-None-Match", read.etag())]).await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn a_history_that_the_caller_has_is_not_sent_again() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = registered(&client, 1).await;
    let path = format!("/v1/trainees/{}/history", first.id());
    let read = client.get(&path).await.expect(200);
    client.get_with(&path, &[("If-None-Match", read.etag())]).await.expect(304);
    client.post(&format!("/v1/trainees/{}/scheme", first.id()), scheme(1, "new")).await.expect(200);
    let more = client.get_with(&path, &[("If-None-Match", read.etag())]).await.expect(200);
    assert_eq!(more.body["items"].as_array().map(Vec::len), Some(2));
    instance.stop().await;
}

#[tokio::test]
async fn every_list_and_report_has_a_version() {
    let instance = Instance::start().await;
    let client = instance.client();
    registered(&client, 1).await;
    for list in lists() {
        let path = with_query(&list.path, "known_at=1");
        let read = client.get(&path).await.expect(200);
        let headers = [("If-None-Match", read.etag())];
        let answer = client.get_with(&path, &headers).await.expect(304);
        assert_eq!(answer.etag(), read.etag(), "{path}");
    }
    instance.stop().await;
}
