//! How much may be asked, in what form, and how slowly.

use std::num::NonZeroU32;
use std::time::Duration;

use alis::http::limits::{ADDRESS_BYTES_MAX, HEADERS_MAX, Limits};
use alis::identity::cast::Scenario;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::client::{Answer, Client};
use crate::support::instance::{Instance, token, token_as};

/// However busy the machine is, it answers more than one request a second.
const TRIES_MAX: usize = 200;
/// However busy the machine is, a connection that is given up is closed within this.
const CLOSING_SECONDS_MAX: u64 = 60;

fn whole(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}

/// Asks until the service says that it is enough.
async fn until_refused(client: &Client) -> Answer {
    for _ in 0..TRIES_MAX {
        let answer = client.get("/v1/municipalities").await;
        if answer.status == 429 {
            return answer.expect_problem(429, "too_many_requests");
        }
    }
    panic!("{TRIES_MAX} requests were taken");
}

#[tokio::test]
async fn a_caller_who_asks_too_often_is_told_to_wait_and_no_other() {
    let limits =
        Limits { requests_per_second: whole(1), requests_burst: whole(5), ..Limits::default() };
    let instance = Instance::with(|settings| settings.limits = limits).await;
    let client = instance.client();
    let first = client.get("/v1/municipalities").await.expect(200);
    assert_eq!(first.header("ratelimit-policy"), Some("\"caller\";q=5;w=5"));
    assert_eq!(first.header("ratelimit"), Some("\"caller\";r=4;t=1"));
    let refused = until_refused(&client).await;
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit"), Some("\"caller\";r=0;t=5"));
    let other = client.showing(Some(&token_as(Scenario::Register)));
    let answer = other.get("/v1/municipalities").await.expect(200);
    assert_eq!(answer.header("ratelimit"), Some("\"caller\";r=4;t=1"));
    client.get("/health/live").await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn refused_tokens_are_counted_by_address_and_do_not_shut_out_a_good_one() {
    let limits =
        Limits { refusals_per_second: whole(1), refusals_burst: whole(3), ..Limits::default() };
    let instance = Instance::with(|settings| settings.limits = limits).await;
    let client = instance.client();
    let refused = until_refused(&client.showing(Some("a.b.c"))).await;
    let policy = refused.header("ratelimit-policy");
    assert_eq!(policy, Some("\"refused-tokens\";q=3;w=3"));
    client.get("/v1/municipalities").await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn a_caller_holds_so_many_event_streams_and_no_more() {
    let limits = Limits { streams_per_caller: 2, ..Limits::default() };
    let instance = Instance::with(|settings| settings.limits = limits).await;
    let client = instance.client();
    let first = client.open("/v1/events?format=sse", &[]).await;
    let second = client.open("/v1/events?format=sse", &[]).await;
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    let third = client.open("/v1/events?format=sse", &[]).await;
    assert_eq!(third.status().as_u16(), 429, "a third one");
    let third = client.get("/v1/events?format=sse").await;
    let third = third.expect_problem(429, "too_many_requests");
    assert_eq!(third.header("retry-after"), Some("10"));
    client.get("/v1/events").await.expect(200);
    let other = client.showing(Some(&token_as(Scenario::Register)));
    let page = other.get("/v1/events").await.expect(200);
    assert_eq!(page.header("retry-after"), None);
    drop((first, second));
    instance.stop().await;
}

#[tokio::test]
async fn an_address_and_headers_beyond_their_limits_are_refused_before_anything_else() {
    let instance = Instance::start().await;
    let client = instance.client();
    let nobody = client.showing(None);
    let long = format!("/v1/trainees?{}", "x".repeat(ADDRESS_BYTES_MAX));
    nobody.get(&long).await.expect_problem(414, "address_too_long");
    let names: Vec<String> = (0..HEADERS_MAX).map(|n| format!("x-{n}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let answer = nobody.get_with("/v1/trainees", &many).await;
    answer.expect_problem(431, "headers_too_large");
    let large = "x".repeat(20_000);
    let one = [("x-a", large.as_str())];
    client.get_with("/v1/trainees", &one).await.expect(200);
    let two = [("x-a", large.as_str()), ("x-b", large.as_str())];
    nobody.get_with("/v1/trainees", &two).await.expect_problem(431, "headers_too_large");
    instance.stop().await;
}

#[tokio::test]
async fn an_array_of_too_many_elements_is_refused() {
    let instance = Instance::start().await;
    let client = instance.client();
    let wide = json!({ "name": vec![0; 10_001] });
    let answer = client.post("/v1/trainees", wide).await.expect_problem(400, "malformed_request");
    assert!(answer.text.contains("too many elements"), "{}", answer.text);
    let fits = json!({ "name": vec![0; 10_000] });
    client.post("/v1/trainees", fits).await.expect_problem(422, "invalid_request");
    instance.stop().await;
}

/// Everything that comes until the service closes the connection, which it must do.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let limit = Duration::from_secs(CLOSING_SECONDS_MAX);
    let read = tokio::time::timeout(limit, stream.read_to_end(&mut answer)).await;
    // Closed in order or cut off: both end it.
    drop(read.expect("the service gives the connection up"));
    String::from_utf8_lossy(&answer).into_owned()
}

fn impatient() -> Limits {
    let second = Duration::from_secs(1);
    Limits { head: second, body: second, ..Limits::default() }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let instance = Instance::with(|settings| settings.limits = impatient()).await;
    let mut stream = TcpStream::connect(instance.running.address).await.expect("it listens");
    let head = format!(
        "POST /v1/trainees HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"hpr_number\": ",
        token()
    );
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let answer = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("body_too_slow"), "{answer}");
    let feed = instance.client().get("/v1/events").await.expect(200);
    assert_eq!(feed.position(), 0);
    instance.stop().await;
}

#[tokio::test]
async fn a_head_that_does_not_arrive_is_not_waited_for() {
    let instance = Instance::with(|settings| settings.limits = impatient()).await;
    let mut stream = TcpStream::connect(instance.running.address).await.expect("it listens");
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-").await.expect("it reads");
    let answer = until_closed(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    instance.stop().await;
}

#[tokio::test]
async fn whoever_has_not_shown_who_they_are_gets_one_request_a_connection() {
    let instance = Instance::start().await;
    let client = instance.client();
    let nobody = client.showing(None);
    for path in ["/health/live", "/v1/municipalities", "/nowhere"] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.header("connection"), Some("close"), "{path}");
    }
    let answer = client.get("/v1/municipalities").await.expect(200);
    assert_eq!(answer.header("connection"), None, "a caller keeps theirs");
    let mut stream = TcpStream::connect(instance.running.address).await.expect("it listens");
    let whole = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(whole).await.expect("it reads");
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.expect("it answers");
    assert_eq!(&first, b"HTTP/1.1 200");
    // Too late: whether it can still be sent is for the network to say.
    drop(stream.write_all(&whole[..30]).await);
    until_closed(&mut stream).await;
    instance.stop().await;
}
