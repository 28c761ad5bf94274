//! The feed: everything that has happened, in order, each once, in three forms.

mod lines;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use alis::aggregate::Subject;
use serde_json::{Value, json};

use crate::support::client::{Answer, Client};
use crate::support::facts::{self, RawFact};
use crate::support::instance::Instance;

/// Records a fact of a type about a thing.
async fn happened(
    instance: &Instance,
    kind: &'static str,
    thing: &str,
    place: Option<&str>,
) -> i64 {
    let subjects = [Subject::new("thing", thing), Subject::new("shelf", "1")];
    let payload = json!({ "thing": thing });
    let fact = RawFact { kind, subjects: &subjects, municipality: place, payload };
    facts::record(&instance.running, fact).await
}

/// Four facts: two types, two things, two municipalities.
async fn four(instance: &Instance) {
    happened(instance, "thing.made.v1", "a", Some("5401")).await;
    happened(instance, "thing.made.v1", "b", Some("5501")).await;
    happened(instance, "thing.moved.v1", "a", Some("5401")).await;
    happened(instance, "thing.moved.v1", "b", None).await;
}

fn positions(answer: &Answer) -> Vec<i64> {
    let events = answer.body.as_array().expect("a batch");
    events.iter().map(position).collect()
}

fn position(event: &Value) -> i64 {
    event["position"].as_str().and_then(|text| text.parse().ok()).expect("a position")
}

#[tokio::test]
async fn an_event_is_a_cloud_event() {
    let instance = Instance::start().await;
    four(&instance).await;
    let feed = instance.client().get("/v1/events").await.expect(200);
    let media_type = feed.header("content-type");
    assert_eq!(media_type, Some("application/cloudevents-batch+json"));
    let mut ids = BTreeSet::new();
    for (event, number) in feed.body.as_array().expect("a batch").iter().zip(1..) {
        for (name, value) in event.as_object().expect("an object") {
            // The rules of the specification for names and values of attributes.
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            assert!(name.len() <= 20 && name.bytes().all(plain), "{name}");
            assert!(name == "data" || value.is_string(), "{name} is {value}");
            assert_ne!(value, "", "{name} is empty");
        }
        assert_eq!((event["specversion"].as_str(), position(event)), (Some("1.0"), number));
        assert_eq!(event["source"], "/v1/events");
        assert_eq!(event["effectivefrom"], "2020-01-01");
        let time = event["time"].as_str().expect("an instant");
        assert!(time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        ids.insert(event["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!(ids.len(), 4, "source and id together name one event");
    let first = &feed.body[0];
    assert_eq!(first["type"], "no.alis.thing.made.v1");
    assert_eq!(first["subject"], "thing:a");
    assert_eq!(first["subjects"], "thing:a,shelf:1");
    assert_eq!(
        (&first["municipality"], &first["data"]),
        (&json!("5401"), &json!({ "thing": "a" }))
    );
    assert_eq!(feed.body[3].get("municipality"), None, "an attribute without a value is left out");
    instance.stop().await;
}

#[tokio::test]
async fn the_three_forms_tell_the_same() {
    let instance = Instance::start().await;
    four(&instance).await;
    let client = instance.client();
    let batch = client.get("/v1/events").await.expect(200);
    let batch = batch.body.as_array().expect("a batch").clone();
    for (accept, format) in [("application/x-ndjson", ""), ("*/*", "?format=ndjson")] {
        let headers = [("Accept", accept)];
        let lines = client.get_with(&format!("/v1/events{format}"), &headers).await.expect(200);
        assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
        assert!(lines.text.ends_with('\n'));
        let read: Vec<Value> =
            lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(read, batch);
    }
    let mut stream = Stream::open(&client, "/v1/events?format=sse", &[]).await;
    for event in &batch {
        let (id, data) = stream.event().await;
        assert_eq!((id, &data), (position(event), event));
    }
    for accept in ["text/html", "application/xml, image/*", "text/event-stream;q=0"] {
        let answer = client.get_with("/v1/events", &[("Accept", accept)]).await;
        answer.expect_problem(406, "not_acceptable");
    }
    let preferred = "application/x-ndjson;q=0.5, application/json";
    let answer = client.get_with("/v1/events", &[("Accept", preferred)]).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/cloudevents-batch+json"));
    drop(stream);
    instance.stop().await;
}

#[tokio::test]
async fn filters_narrow_and_the_position_reaches_past_what_they_leave_out() {
    let instance = Instance::start().await;
    four(&instance).await;
    let client = instance.client();
    for (query, expected) in [
        ("", vec![1, 2, 3, 4]),
        ("types=no.alis.thing.made.v1", vec![1, 2]),
        ("types=thing.made.v1", vec![1, 2]),
        ("types=no.alis.thing.moved.v1,no.alis.thing.made.v1", vec![1, 2, 3, 4]),
        ("types=no.alis.thing.lost.v1", vec![]),
        ("types=no.alis.", vec![]),
        ("subject=thing:a", vec![1, 3]),
        ("subject=thing%3Aa&types=thing.moved.v1", vec![3]),
        ("subject=shelf:1&municipality=5501", vec![2]),
        ("subject=thing:nowhere", vec![]),
        ("municipality=5401", vec![1, 3]),
        ("municipality=5401&types=thing.moved.v1", vec![3]),
        ("municipality=0301", vec![]),
        ("after=1&subject=thing:a", vec![3]),
        ("after=4", vec![]),
        ("after=999999999999999999", vec![]),
    ] {
        let answer = client.get(&format!("/v1/events?{query}")).await.expect(200);
        assert_eq!(positions(&answer), expected, "{query}");
        assert_eq!((answer.position(), answer.header("link")), (4, None), "{query}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn pages_follow_one_another_under_every_filter() {
    let instance = Instance::start().await;
    four(&instance).await;
    let client = instance.client();
    for (query, expected) in [
        ("limit=1", vec![1, 2, 3, 4]),
        ("limit=3", vec![1, 2, 3, 4]),
        ("limit=1&subject=thing:a", vec![1, 3]),
        ("types=thing.made.v1&limit=1", vec![1, 2]),
        ("limit=1000&after=0", vec![1, 2, 3, 4]),
    ] {
        let mut seen = Vec::new();
        let mut next = Some(format!("/v1/events?{query}"));
        while let Some(path) = next {
            let page = client.get(&path).await.expect(200);
            seen.extend(positions(&page));
            next = page.header("link").map(|link| {
                let path = link.trim_start_matches('<').split('>').next().expect("a path");
                assert!(path.contains(&format!("after={}", page.position())), "{link}");
                path.to_owned()
            });
        }
        assert_eq!(seen, expected, "{query}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn what_is_asked_of_the_feed_is_bounded() {
    let instance = Instance::start().await;
    let client = instance.client();
    let many = vec!["a"; 51].join(",");
    let long = format!("thing:{}", "x".repeat(300));
    for (parameter, wrong) in [
        ("after", vec!["-1", "+1", "", "x", "1.0", "1000000000000000000", "%D9%A3"]),
        ("limit", vec!["0", "1001", "-1", "", "x"]),
        ("wait", vec!["31", "-1", "1.5", ""]),
        ("types", vec!["", "A", "a,,b", "a b", "%00", &many]),
        (
            "subject",
            vec!["", "thing", ":a", "thing:", "Thing:a", "thing:a%00", "thing:%C3%A6", &long],
        ),
        ("municipality", vec!["", "541", "9999", "54x1", "%D9%A5%D9%A4%D9%A0%D9%A1"]),
        ("format", vec!["", "xml", "SSE"]),
        ("as_of", vec!["2020-01-01"]),
        ("cursor", vec!["x"]),
    ] {
        for value in wrong {
            let answer = client.get(&format!("/v1/events?{parameter}={value}")).await;
            let answer = answer.expect_problem(422, "invalid_request");
            assert_eq!(answer.pointers(), [format!("/query/{parameter}")], "{value}");
        }
    }
    for wrong in ["", "x", "-1", "1000000000000000000"] {
        let answer = client.get_with("/v1/events", &[("Last-Event-ID", wrong)]).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/header/Last-Event-ID"], "{wrong}");
    }
    for right in ["limit=1", "limit=1000", "wait=0", "after=0"] {
        client.get(&format!("/v1/events?{right}")).await.expect(200);
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_filter_that_matches_nothing_looks_at_a_bounded_stretch_at_a_time() {
    let instance = Instance::start().await;
    facts::bulk(&instance.database.connect().await, 25_000, 100).await;
    let client = instance.client();
    client.get_with("/v1/events?after=24999", &[("Min-Log-Position", "25000")]).await.expect(200);
    let mut reached = Vec::new();
    let mut next = Some("/v1/events?types=no.such.type&wait=30".to_owned());
    let started = Instant::now();
    while let Some(path) = next.filter(|_| reached.len() < 2) {
        let page = client.get(&path).await.expect(200);
        assert_eq!(positions(&page), Vec::<i64>::new());
        reached.push(page.position());
        let link = page.header("link").map(|link| link.trim_start_matches('<').to_owned());
        next = link.and_then(|link| Some(link.split('>').next()?.to_owned()));
    }
    assert_eq!(reached, [10_000, 20_000]);
    assert!(started.elapsed() < Duration::from_secs(20), "there was more to look at: no waiting");
    let last = client.get("/v1/events?types=no.such.type&after=20000").await.expect(200);
    assert_eq!((last.position(), last.header("link")), (25_000, None));
    // A subject has an index of its own and needs no stretches.
    let subject = client.get("/v1/events?subject=bulk:7&after=24800&limit=2").await.expect(200);
    assert_eq!(positions(&subject), [24_807, 24_907]);
    instance.stop().await;
}

#[tokio::test]
async fn a_waiting_caller_is_woken_by_news_and_told_when_there_is_none() {
    let instance = Instance::start().await;
    four(&instance).await;
    let client = instance.client();
    let started = Instant::now();
    let waiting = client.get("/v1/events?after=4&wait=20");
    let writing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        happened(&instance, "thing.made.v1", "c", None).await
    };
    let (answer, written) = tokio::join!(waiting, writing);
    assert_eq!(positions(&answer.expect(200)), [written]);
    assert!(started.elapsed() < Duration::from_secs(5), "woken after {:?}", started.elapsed());

    let started = Instant::now();
    let empty = client.get("/v1/events?after=5&wait=1").await.expect(200);
    assert_eq!((positions(&empty), empty.position()), (vec![], 5));
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(1) && elapsed < Duration::from_secs(5), "{elapsed:?}");

    // News that the filter leaves out wakes nobody, and counts as looked at.
    let waiting = client.get("/v1/events?after=5&wait=2&types=thing.lost.v1");
    let writing = happened(&instance, "thing.made.v1", "d", None);
    let (answer, written) = tokio::join!(waiting, writing);
    assert_eq!(answer.expect(200).position(), written);
    instance.stop().await;
}

/// An event stream, read event by event.
struct Stream {
    response: reqwest::Response,
    buffer: String,
}

impl Stream {
    async fn open(client: &Client, path: &str, headers: &[(&str, &str)]) -> Self {
        let response = client.open(path, headers).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(response.headers().contains_key("x-request-id"));
        assert!(response.headers().contains_key("log-position"));
        Self { response, buffer: String::new() }
    }

    /// The next block, which ends with an empty line; `None` when the stream has ended.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                return Some(block);
            }
            let limit = Duration::from_secs(30);
            let chunk = tokio::time::timeout(limit, self.response.chunk()).await;
            let chunk = chunk.expect("a stream gives a sign of life").ok()??;
            self.buffer.push_str(std::str::from_utf8(&chunk).expect("whole characters"));
        }
    }

    /// The next event: its id and its data.
    async fn event(&mut self) -> (i64, Value) {
        loop {
            let block = self.block().await.expect("the stream goes on");
            if block.starts_with(':') {
                continue;
            }
            let field = |name| block.lines().find_map(|line| line.strip_prefix(name));
            let id = field("id: ").and_then(|id| id.parse().ok()).expect("an id");
            let data = serde_json::from_str(field("data: ").expect("data")).expect("JSON");
            return (id, data);
        }
    }
}

#[tokio::test]
async fn a_stream_goes_on_with_news_and_where_it_was_left() {
    let instance = Instance::start().await;
    four(&instance).await;
    let client = instance.client();
    let accept = ("Accept", "text/event-stream");
    let mut stream = Stream::open(&client, "/v1/events?after=3", &[accept]).await;
    assert_eq!(stream.event().await.0, 4);
    let written = happened(&instance, "thing.made.v1", "c", None).await;
    assert_eq!(stream.event().await.0, written);
    drop(stream);

    // `Last-Event-ID` counts, not the address that the client came with first.
    let last = [accept, ("Last-Event-ID", "2")];
    let path = "/v1/events?after=0&types=thing.moved.v1&limit=1";
    let mut stream = Stream::open(&client, path, &last).await;
    assert_eq!((stream.event().await.0, stream.event().await.0), (3, 4));
    let written = happened(&instance, "thing.moved.v1", "c", None).await;
    assert_eq!(stream.event().await.0, written);
    drop(stream);
    instance.stop().await;
}

#[tokio::test]
async fn a_quiet_stream_gives_a_sign_of_life() {
    let instance = Instance::start().await;
    let mut stream = Stream::open(&instance.client(), "/v1/events?format=sse", &[]).await;
    let started = Instant::now();
    let block = stream.block().await.expect("the stream goes on");
    assert!(block.starts_with(':'), "{block}");
    assert!(started.elapsed() <= Duration::from_secs(20), "after {:?}", started.elapsed());
    drop(stream);
    instance.stop().await;
}

#[tokio::test]
async fn streams_and_waiting_callers_do_not_hold_up_the_end() {
    let instance = Instance::start().await;
    let client = instance.client();
    let mut stream = Stream::open(&client, "/v1/events?format=sse", &[]).await;
    let waiting = tokio::spawn(async move { client.get("/v1/events?wait=30").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let started = Instant::now();
    let Instance { running, database } = instance;
    let ended = async { while stream.block().await.is_some() {} };
    tokio::join!(running.stop(), ended);
    let answer = waiting.await.expect("the caller is answered").expect(200);
    assert_eq!(positions(&answer), Vec::<i64>::new());
    assert!(started.elapsed() < Duration::from_secs(4), "after {:?}", started.elapsed());
    drop(database);
}

#[tokio::test]
async fn a_consumer_that_keeps_its_position_misses_nothing_and_sees_nothing_twice() {
    const FACTS: i64 = 200;
    let instance = Instance::start().await;
    let other = instance.another().await;
    let clients = [instance.client(), Client::new(other.address)];
    let writing = async {
        for number in 0..FACTS / 2 {
            let (a, b) = (format!("a{number}"), format!("b{number}"));
            let place = Some("5401").filter(|_| number % 2 == 0);
            tokio::join!(
                happened(&instance, "thing.made.v1", &a, place),
                happened(&instance, "thing.moved.v1", &b, None),
            );
        }
    };
    let reading = async |query: &str| {
        let (mut stored, mut seen, mut turn) = (0, Vec::new(), 0);
        while stored < FACTS {
            let path = format!("/v1/events?after={stored}&limit=7&wait=1&{query}");
            let page = clients[turn % 2].get(&path).await.expect(200);
            seen.extend(positions(&page));
            // An instance that has heard less than the other answers from where it stands.
            stored = stored.max(page.position());
            turn += 1;
        }
        seen
    };
    let ((), all, some) = tokio::join!(writing, reading(""), reading("types=thing.made.v1"));
    assert_eq!(all, (1..=FACTS).collect::<Vec<_>>());
    assert_eq!(some.len() as i64, FACTS / 2);
    assert!(some.windows(2).all(|pair| pair[0] < pair[1]), "{some:?}");
    other.stop().await;
    instance.stop().await;
}
