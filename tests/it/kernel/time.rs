//! `Log-Position`, `Min-Log-Position`, `as_of` and `known_at`.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{established, lists, registered, scheme, trainee, with_query};
use crate::support::client::Client;
use crate::support::instance::Instance;

#[tokio::test]
async fn the_position_never_runs_backwards_for_a_caller() {
    let instance = Instance::start().await;
    let client = instance.client();
    let mut last = 0;
    for number in 1..=30 {
        let written = client.post("/v1/trainees", trainee(number)).await.expect(201);
        assert_eq!(written.position(), i64::from(number));
        let path = format!("/v1/trainees/{}", written.id());
        for answer in [
            client.get(&path).await.expect(200),
            client.get("/v1/nowhere").await.expect(404),
            client.post("/v1/trainees", trainee(number)).await.expect(409),
            client.get("/health/live").await.expect(200),
            client.get(&format!("{path}/history")).await.expect(200),
            client.get("/v1/events").await.expect(200),
        ] {
            assert!(answer.position() >= last.max(written.position()), "{}", answer.text);
            last = answer.position();
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_read_waits_until_it_shows_what_the_caller_has_seen() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let elsewhere = Client::new(other.address);
    for number in 1..=10 {
        let written = registered(&instance.client(), number).await;
        let position = written.position().to_string();
        let wait = [("Min-Log-Position", position.as_str())];
        let path = format!("/v1/trainees?hpr_number={}", 999_000_000 + number);
        let found = elsewhere.get_with(&path, &wait).await.expect(200);
        assert_eq!(found.body["items"][0]["id"], written.id());
        assert!(found.position() >= written.position());
        let read = elsewhere.get_with(&format!("/v1/trainees/{}", written.id()), &wait).await;
        assert!(read.expect(200).position() >= written.position());
        let feed = elsewhere.get_with(&format!("/v1/events?after={}", number - 1), &wait).await;
        assert_eq!(feed.expect(200).body[0]["position"], position);
    }
    other.stop().await;
    instance.stop().await;
}

#[tokio::test]
async fn a_read_that_waits_in_vain_says_so_within_its_time() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    let wait = [("Min-Log-Position", "1000")];
    let started = Instant::now();
    let (one, history) = (format!("/v1/trainees/{id}"), format!("/v1/trainees/{id}/history"));
    let answers = tokio::join!(
        client.get_with("/v1/trainees", &wait),
        client.get_with(&one, &wait),
        client.get_with(&history, &wait),
        client.get_with("/v1/events", &wait),
    );
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        let answer = answer.expect_problem(503, "not_yet_visible");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(4) && elapsed < Duration::from_secs(20), "{elapsed:?}");
    for wrong in ["-1", "+1", "1.0", "", "one", "99999999999999999999", "1, 2"] {
        let answer = client.get_with("/v1/trainees", &[("Min-Log-Position", wrong)]).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/header/Min-Log-Position"], "{wrong:?}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_read_does_not_wait_for_what_the_log_cannot_reach_meanwhile() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    let mut paths: Vec<String> = lists().into_iter().map(|list| list.path).collect();
    paths.extend(["", "/history"].map(|end| format!("/v1/trainees/{id}{end}")));
    paths.extend(["/v1/events", "/v1/reports/staffing"].map(str::to_owned));
    let (near, far) = ([("Min-Log-Position", "2")], [("Min-Log-Position", "999999999999999999")]);
    let all_far = async {
        for path in &paths {
            let answer = client.get_with(path, &far).await.expect_problem(503, "not_yet_visible");
            assert_eq!(answer.header("retry-after"), Some("1"), "{path}");
        }
    };
    // All of them together are answered before one read that waits for the next position gives up.
    tokio::select! {
        () = all_far => {}
        answer = client.get_with("/v1/trainees", &near) => panic!("{answer:?} came first"),
    }
    instance.stop().await;
}

#[tokio::test]
async fn the_past_is_read_by_position_and_by_instant() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = registered(&client, 1).await;
    let path = format!("/v1/trainees/{}", first.id());
    let before = recorded_at(&client, 1).await;
    client.post(&format!("{path}/scheme"), scheme(1, "new")).await.expect(200);
    let after = recorded_at(&client, 2).await;

    let scheme_at = async |known_at: &str| {
        let answer = client.get(&format!("{path}?known_at={known_at}")).await.expect(200);
        answer.body["scheme"].as_str().expect("a word").to_owned()
    };
    assert_eq!(scheme_at("1").await, "old");
    assert_eq!(scheme_at("2").await, "new");
    assert_eq!(scheme_at(&before).await, "old");
    assert_eq!(scheme_at(&after).await, "new");
    let day_before = "2020-01-01T00:00:00Z";
    client.get(&format!("{path}?known_at=0")).await.expect_problem(404, "not_found");
    client.get(&format!("{path}?known_at={day_before}")).await.expect_problem(404, "not_found");
    // A plus sign that nobody encoded arrives as a space; both mean the offset.
    for same in ["2020-01-01T01:00:00%2B01:00", "2020-01-01T01:00:00+01:00"] {
        client.get(&format!("{path}?known_at={same}")).await.expect_problem(404, "not_found");
    }
    instance.stop().await;
}

/// When a fact was recorded, as the feed tells it.
async fn recorded_at(client: &Client, position: i64) -> String {
    let feed = client.get(&format!("/v1/events?after={}&limit=1", position - 1)).await.expect(200);
    feed.body[0]["time"].as_str().expect("an instant").to_owned()
}

#[tokio::test]
async fn nothing_is_known_of_the_future() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    let mut paths: Vec<String> = lists().into_iter().map(|list| list.path).collect();
    paths.push(format!("/v1/trainees/{id}"));
    paths.push(format!("/v1/trainees/{id}/history"));
    for path in paths {
        for future in ["2", "999999999999999999", "2199-01-01T00:00:00Z"] {
            let answer = client.get(&with_query(&path, &format!("known_at={future}"))).await;
            let answer = answer.expect_problem(422, "invalid_request");
            assert_eq!(answer.pointers(), ["/query/known_at"], "{path}");
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_resource_is_not_there_before_it_existed() {
    let instance = Instance::start().await;
    let client = instance.client();
    let position = established(&instance, "2020-02-01").await;
    let path = format!("/v1/positions/{}", position.id());
    client.get(&format!("{path}?as_of=2020-01-31")).await.expect_problem(404, "not_found");
    let on_the_day = client.get(&format!("{path}?as_of=2020-02-01")).await.expect(200);
    assert_eq!(on_the_day.body["status"], "planned");
    let wait = [("Min-Log-Position", "2")];
    for (day, count) in [("2020-01-31", 0), ("2020-02-01", 1)] {
        let list = client.get_with(&format!("/v1/positions?as_of={day}"), &wait).await.expect(200);
        assert_eq!(list.body["items"].as_array().map(Vec::len), Some(count), "{day}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn the_same_question_has_the_same_answer_for_ever() {
    let instance = Instance::start().await;
    let client = instance.client();
    let position = established(&instance, "2020-02-01").await;
    let id = registered(&client, 1).await.id();
    let at = "as_of=2020-03-31&known_at=3";
    let mut paths: Vec<String> =
        lists().into_iter().map(|list| with_query(&list.path, at)).collect();
    paths.push(format!("/v1/trainees/{id}?{at}"));
    paths.push(format!("/v1/positions/{}?{at}", position.id()));
    paths.push(format!("/v1/positions/{}/history?{at}", position.id()));
    let mut before = Vec::new();
    for path in &paths {
        before.push(client.get(path).await.expect(200));
    }

    client.post(&format!("/v1/trainees/{id}/scheme"), scheme(1, "new")).await.expect(200);
    let correction = json!({ "name": "Kari Rettet", "reason": "Misspelt" });
    client.post(&format!("/v1/trainees/{id}/correction"), correction).await.expect(200);
    let correction = json!({ "from": "2020-06-01", "reason": "Began later" });
    let path = format!("/v1/positions/{}/correction", position.id());
    client.post(&path, correction).await.expect(200);
    let fill = json!({ "trainee": id, "from": "2020-07-01", "percent": 50, "operating_model": "salaried" });
    let path = format!("/v1/positions/{}/occupancies", position.id());
    let newest = client.post(&path, fill).await.expect(201).position().to_string();

    let wait = [("Min-Log-Position", newest.as_str())];
    for (path, before) in paths.iter().zip(before) {
        let after = client.get_with(path, &wait).await.expect(200);
        assert_eq!((after.etag(), &after.text), (before.etag(), &before.text), "{path}");
    }
    instance.stop().await;
}
