//! The feed as lines: streamed, and complete or broken off.

use std::time::Duration;

use alis::identity::cast::Scenario;
use reqwest::Response;
use serde_json::Value;

use crate::support::client::Client;
use crate::support::facts;
use crate::support::instance::{Instance, token_as};
use crate::support::sample;

/// Facts in the log: more than fit into one page.
const FACTS: i64 = 1_300;
/// Callers who ask and do not read: more than there are connections to the database.
const SLOW: usize = 16;
/// How long a test waits for what must come at once.
const SOON: Duration = Duration::from_secs(20);

/// Many facts, so large that a page of them fills what lies between service and caller.
async fn large_facts(instance: &Instance) {
    let owner = instance.database.connect().await;
    facts::bulk(&owner, FACTS, 100).await;
    // The bulk is no decision's: what it holds may be replaced before anybody has read it.
    let enlarge = "alter table alis.event disable trigger user;
        update alis.event set payload = json_build_object('recorded', repeat('x', 10000));
        alter table alis.event enable trigger user";
    owner.batch_execute(enlarge).await.expect("the owner may");
}

async fn heard(client: &Client) {
    let known = [("Min-Log-Position", FACTS.to_string())];
    client.get_with("/v1/events?limit=1", &[(known[0].0, &known[0].1)]).await.expect(200);
}

#[tokio::test]
async fn a_page_of_lines_holds_what_a_batch_holds_however_long_it_is() {
    let instance = Instance::start().await;
    facts::bulk(&instance.database.connect().await, FACTS, 10).await;
    let client = instance.client();
    heard(&client).await;
    for query in [
        "",
        "after=100",
        "after=1299",
        "after=5000",
        "types=bulk.happened.v1",
        "types=bulk.happened.v1,thing.made.v1&after=1100",
        "types=no.such.type",
        "municipality=5401",
        "subject=bulk:7",
        "subject=bulk:7&municipality=5401",
    ] {
        for limit in [1, 100, 249, 250, 251, 500, 1_000] {
            let path = format!("/v1/events?limit={limit}&{query}");
            let batch = client.get(&path).await.expect(200);
            let lines = client.get(&format!("{path}&format=ndjson")).await.expect(200);
            let read: Vec<Value> =
                lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            assert_eq!(batch.body, Value::Array(read), "{path}");
            assert_eq!(lines.position(), batch.position(), "{path}");
            let link = batch.header("link").map(|link| link.replace('?', "?format=ndjson&"));
            let recorded = lines
                .header("link")
                .map(|link| link.replace("&format=ndjson", "").replace('?', "?format=ndjson&"));
            assert_eq!(recorded, link, "{path}");
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_long_page_of_lines_shows_no_more_than_the_caller_may_see() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    facts::bulk(&instance.database.connect().await, FACTS, 10).await;
    heard(&client).await;
    let directorate = client.showing(Some(&token_as(Scenario::Directorate)));
    let mut seen = Vec::new();
    for form in ["batch", "ndjson"] {
        let path = format!("/v1/events?limit=1000&format={form}");
        let answer = directorate.get(&path).await.expect(200);
        assert!(!answer.text.contains("bulk.happened"), "{form}");
        seen.push((answer.position(), answer.text.matches("specversion").count()));
    }
    assert_eq!(seen[0], seen[1]);
    instance.stop().await;
}

#[tokio::test]
async fn callers_who_read_slowly_hold_no_connection_to_the_database() {
    let instance = Instance::start().await;
    large_facts(&instance).await;
    let client = instance.client();
    heard(&client).await;
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let asked = client.open("/v1/events?format=ndjson&limit=1000", &[]);
        let answer = tokio::time::timeout(SOON, asked).await.expect("it begins at once");
        assert_eq!(answer.status(), 200);
        assert!(!answer.headers().contains_key("content-length"));
        assert_eq!(answer.headers()["log-position"], "1000");
        slow.push(answer);
    }
    let others = client.get("/v1/events?limit=10");
    let others = tokio::time::timeout(SOON, others).await.expect("others are answered");
    assert_eq!(others.expect(200).body.as_array().map(Vec::len), Some(10));
    // And when they do read, all of it is there.
    let lines = count(slow.pop().expect("many")).await.expect("it is complete");
    assert_eq!(lines, 1_000);
    drop(slow);
    instance.stop().await;
}

/// The lines of an answer; an error when it broke off.
async fn count(mut answer: Response) -> Result<usize, reqwest::Error> {
    let mut lines = 0;
    while let Some(piece) = answer.chunk().await? {
        lines += piece.iter().filter(|byte| **byte == b'\n').count();
    }
    Ok(lines)
}

#[tokio::test]
async fn an_answer_that_cannot_be_finished_breaks_off() {
    let instance = Instance::start().await;
    large_facts(&instance).await;
    let client = instance.client();
    heard(&client).await;
    let answer = client.open("/v1/events?format=ndjson&limit=1000", &[]).await;
    assert_eq!(answer.status(), 200);
    let owner = instance.database.connect().await;
    let forbid = "revoke select on alis.event from alis_service";
    owner.batch_execute(forbid).await.expect("the owner may");
    count(answer).await.expect_err("the rest cannot be read");
    let allow = "grant select on alis.event to alis_service";
    owner.batch_execute(allow).await.expect("the owner may");
    let answer = client.open("/v1/events?format=ndjson&limit=1000", &[]).await;
    assert_eq!(count(answer).await.expect("it is complete"), 1_000);
    instance.stop().await;
}
