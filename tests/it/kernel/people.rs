//! Pages for people and machines that are no operations of the domain: the documentation, health,
//! metrics.

use std::collections::BTreeSet;

use super::{registered, trainee};
use crate::support::client::Client;
use crate::support::instance::Instance;

#[tokio::test]
async fn the_documentation_page_works_without_the_internet() {
    let instance = Instance::start().await;
    let stranger = instance.client().showing(None);
    let redirect = stranger.get("/docs").await.expect(308);
    assert_eq!(redirect.header("location"), Some("/docs/"));
    let page = stranger.get("/docs/").await.expect(200);
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));

    let mut files = BTreeSet::from(["/docs/".to_owned()]);
    let mut waiting: Vec<String> = vec!["/docs/".to_owned()];
    while let Some(file) = waiting.pop() {
        let text = fetch(&stranger, &file).await;
        assert_eq!(hosts(&text), BTreeSet::new(), "{file} fetches from elsewhere");
        // Scripts hold pieces of pages, which are no pages.
        let named = if file.ends_with('/') { assets(&text) } else { vec![] };
        for found in named {
            let path = format!("/docs/{}", found.trim_start_matches("./"));
            if files.insert(path.clone()) {
                waiting.push(path);
            }
        }
    }
    assert!(files.len() >= 5, "the page without its scripts and styles is no page: {files:?}");
    let start = fetch(&stranger, "/docs/swagger-initializer.js").await;
    assert!(start.contains("/openapi.json"), "{start}");
    assert!(start.contains(r#""validatorUrl": "none""#), "{start}");
    instance.stop().await;
}

async fn fetch(client: &Client, path: &str) -> String {
    client.get(path).await.expect(200).text
}

/// What a page names in `src` and `href`.
fn assets(html: &str) -> Vec<String> {
    let values = ["src=\"", "href=\""].into_iter().flat_map(|start| html.split(start).skip(1));
    let values = values.filter_map(|rest| rest.split('"').next());
    values.filter(|value| !value.starts_with('#')).map(str::to_owned).collect()
}

/// Hosts that a page would fetch something from: in tags, in style sheets, or by script. Text that
/// merely mentions an address, such as a licence or an XML namespace, is no fetch.
fn hosts(text: &str) -> BTreeSet<String> {
    let starts = ["src=\"", "href=\"", "url(", "url(\"", "@import \"", "fetch(\"", "import(\""];
    let mut found = BTreeSet::new();
    for start in starts {
        for rest in text.split(start).skip(1) {
            let target = ["https://", "http://", "//"].iter().find_map(|it| rest.strip_prefix(it));
            let host = target.and_then(|target| target.split(['/', '"', ')', '\'']).next());
            found.extend(host.map(str::to_owned));
        }
    }
    found
}

#[test]
fn a_page_that_fetches_from_elsewhere_is_found() {
    assert_eq!(hosts(r#"<script src="./a.js"></script> see https://example.org"#).len(), 0);
    for planted in [
        r#"<script src="https://example.org/a.js">"#,
        r#"<link href="//example.org/a.css">"#,
        "body { background: url(http://example.org/a.png) }",
        r#"@import "https://example.org/a.css";"#,
        r#"fetch("https://example.org/a")"#,
    ] {
        assert_eq!(hosts(planted), BTreeSet::from(["example.org".to_owned()]), "{planted}");
    }
    assert_eq!(assets(r##"<html><img src="a.png"><a href="#b">"##), ["a.png"]);
}

#[tokio::test]
async fn health_needs_no_token_and_knows_when_the_service_is_not_ready() {
    use std::sync::atomic::Ordering;
    let instance = Instance::start().await;
    let stranger = instance.client().showing(None);
    for path in ["/health/live", "/health/ready"] {
        let answer = stranger.get(path).await.expect(200);
        assert_eq!(answer.body["status"], "ok");
        assert_eq!(answer.body["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    instance.running.service.ready.store(false, Ordering::Release);
    let answer = stranger.get("/health/ready").await.expect_problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    stranger.get("/health/live").await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn metrics_count_by_route_and_name_nobody() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    client.get(&format!("/v1/trainees/{id}")).await.expect(200);
    client.get("/v1/trainees?hpr_number=999000001").await.expect(200);
    client.post("/v1/trainees", trainee(1)).await.expect(409);
    let metrics = client.showing(None).get("/metrics").await.expect(200).text;
    assert!(metrics.contains("alis_log_head"), "{metrics}");
    let counted = |line: &&str| {
        line.starts_with("alis_http_request_seconds_count")
            && line.contains(r#"route="/v1/trainees/{id}""#)
            && line.contains(r#"status="200""#)
    };
    assert!(metrics.lines().any(|line| counted(&line)), "{metrics}");
    for personal in [id.as_str(), "999000001", "Kari"] {
        assert!(!metrics.contains(personal), "{personal} is in the metrics");
    }
    instance.stop().await;
}
