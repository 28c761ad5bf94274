//! Requests that nobody would write by hand. Whatever comes, the answer is a documented one.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{lists, with_query};
use crate::support::instance::{Instance, token};

#[tokio::test]
async fn a_query_of_any_bytes_is_read_or_refused() {
    let instance = Instance::start().await;
    let client = instance.client();
    for query in ["&", "&&&", "=", "%", "%zz", "%FF%FE", "a%00b=1", "%E2%82=1", "limit", "[]=1"] {
        let answer = client.get(&format!("/v1/trainees?{query}")).await;
        assert!([200, 422].contains(&answer.status), "{query}: {}", answer.text);
    }
    client.get("/v1/trainees?&&limit=5&").await.expect(200);
    client.get("/v1/trainees?as_of=2020%2D02-01&external_id=a%2Fb").await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn a_parameter_given_twice_is_refused_even_with_one_value() {
    let instance = Instance::start().await;
    let client = instance.client();
    for list in lists() {
        let once = with_query(&list.path, "known_at=0");
        client.get(&once).await.expect(200);
        let twice = with_query(&once, "known%5Fat=0");
        let answer = client.get(&twice).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/query/known_at"], "{twice}");
        assert_eq!(answer.body["errors"][0]["code"], "given_twice");
    }
    let change = "/v1/trainees?dry_run=true&dry_run=true";
    let answer =
        client.post(change, super::trainee(1)).await.expect_problem(422, "invalid_request");
    assert_eq!(answer.pointers(), ["/query/dry_run"]);
    instance.stop().await;
}

#[tokio::test]
async fn what_a_refusal_repeats_is_short() {
    let instance = Instance::start().await;
    let client = instance.client();
    let long = "x".repeat(8_000);
    let answer = client.get(&format!("/v1/trainees?{long}=1")).await;
    let answer = answer.expect_problem(422, "invalid_request");
    assert!(answer.text.len() < 2_000, "{} bytes", answer.text.len());
    let answer = client.get(&format!("/v1/{long}")).await.expect_problem(404, "not_found");
    assert!(answer.text.len() < 2_000, "{} bytes", answer.text.len());
    let many: String = (0..1_000).map(|n| format!("p{n}=1&")).collect();
    let answer = client.get(&format!("/v1/trainees?{many}")).await;
    assert!(answer.expect(422).pointers().len() <= 100);
    let body: serde_json::Map<_, _> =
        (0..3_000).map(|n| (format!("p{n}"), serde_json::json!(1))).collect();
    let answer = client.post("/v1/trainees", body.into()).await.expect(422);
    assert!(answer.pointers().len() <= 100);
    instance.stop().await;
}

/// Sends bytes as they are and reads what comes back, until the service closes or falls silent.
async fn raw(instance: &Instance, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(instance.running.address).await.expect("it listens");
    stream.write_all(bytes).await.expect("it reads");
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(count)) =
        tokio::time::timeout(Duration::from_secs(2), stream.read(&mut buffer)).await
    {
        if count == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn what_is_not_http_is_refused_and_the_service_goes_on() {
    let instance = Instance::start().await;
    let request = |line: &str, headers: &str| {
        format!("{line}\r\nHost: a\r\nConnection: close\r\n{headers}\r\n").into_bytes()
    };
    let huge = format!("X-Big: {}\r\n", "x".repeat(200_000));
    for bytes in [
        b"\x00\x01\x02\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        request("GET /v1/trainees\x00 HTTP/1.1", ""),
        request("GET /v1/trainees HTTP/9.9", ""),
        request("POST /v1/trainees HTTP/1.1", "Content-Length: -1\r\n"),
        request("POST /v1/trainees HTTP/1.1", "Content-Length: 1\r\nContent-Length: 2\r\n"),
        request("GET /v1/trainees HTTP/1.1", &huge),
    ] {
        let answer = raw(&instance, &bytes).await;
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(
            refused,
            "{} gave {answer}",
            String::from_utf8_lossy(&bytes[..20.min(bytes.len())])
        );
    }
    instance.client().get("/v1/trainees").await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_change() {
    let instance = Instance::start().await;
    let head = format!(
        "POST /v1/trainees HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\n",
        token()
    );
    for body in [
        "Content-Length: 100\r\n\r\n{\"hpr_number\": ",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    ] {
        let answer = raw(&instance, format!("{head}{body}").as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let feed = instance.client().get("/v1/events").await.expect(200);
    assert_eq!(feed.position(), 0);
    instance.stop().await;
}
