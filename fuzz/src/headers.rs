//! Headers and the query of a request, written as `name: value` on lines of their own; a line that
//! begins with `?` is the query.

use actix_web::HttpRequest;
use actix_web::http::Uri;
use actix_web::http::header::{HeaderName, HeaderValue, IF_MATCH};
use actix_web::test::TestRequest;
use alis::edge::Fault;
use alis::http::context::Context;
use alis::http::etag::{self, Held};
use alis::http::{body, change, header};

/// Versions named in one header.
const VERSIONS_MAX: usize = 20;
const FAULT: Fault = Fault::new("odd", "Odd.", "Rar.");

/// Everything that reads headers and queries, on one request.
pub fn headers(bytes: &[u8]) {
    let request = || request(bytes);
    versions(&request().to_http_request());
    known(&Context::of(&request().to_srv_request()));
    let request = request().to_http_request();
    let faults = change::faults(&request);
    for fault in &faults {
        let pointer = &fault.pointer;
        assert!(pointer.starts_with("/header/") || pointer.starts_with("/query/"), "{pointer}");
    }
    if let Ok(Some(key)) = header::single(&request, "Idempotency-Key", &FAULT) {
        let fits = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        let refused = faults.iter().any(|fault| fault.pointer == "/header/Idempotency-Key");
        assert_eq!(fits, !refused, "{key:?}");
    }
    let (parameters, twice) = body::query(&request);
    assert!(parameters.len() <= request.query_string().len() && twice.len() <= parameters.len());
    let offers = [("application/json", 0), ("text/csv", 1)];
    if let Ok(choice) = header::choose(&request, &offers) {
        let refused = format!("{};q=0", offers[choice].0);
        let accept = header::list(&request, &HeaderName::from_static("accept"));
        assert!(accept.is_none_or(|accept| accept != [refused]));
    }
}

fn request(bytes: &[u8]) -> TestRequest {
    let mut request = TestRequest::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        if line.starts_with(b"?") {
            let address = std::str::from_utf8(line).map(|query| format!("/v1/trainees{query}"));
            let address = address.ok().filter(|address| Uri::try_from(address.as_str()).is_ok());
            request = address.iter().fold(request, |request, address| request.uri(address));
            continue;
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (name, value) = (parts.next().unwrap_or(b""), parts.next().unwrap_or(b""));
        let name = HeaderName::from_bytes(name.trim_ascii());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.trim_ascii())) {
            request = request.append_header((name, value));
        }
    }
    request
}

/// A version is one that this service could have given, or one that matches nothing.
fn versions(request: &HttpRequest) {
    if let Ok(Some(heads)) = etag::if_match(request) {
        let lines: Vec<&str> =
            request.headers().get_all(IF_MATCH).filter_map(|line| line.to_str().ok()).collect();
        assert!((1..=VERSIONS_MAX).contains(&heads.len()));
        for head in heads.into_iter().filter(|head| *head != -1) {
            let begins = format!("\"{head}");
            assert!(head >= 0 && lines.iter().any(|line| line.contains(&begins)), "{lines:?}");
            let alone = TestRequest::default().insert_header((IF_MATCH, etag::etag(head, None)));
            assert_eq!(etag::if_match(&alone.to_http_request()), Ok(Some(vec![head])));
        }
    }
    if let Ok(held) = Held::of(request)
        && held.has("\"42\"")
    {
        let header = header::list(request, &HeaderName::from_static("if-none-match"));
        let named = |tag: &String| ["*", "\"42\"", "W/\"42\""].contains(&tag.as_str());
        assert!(header.is_some_and(|tags| tags.iter().any(named)));
    }
}

/// What goes back into headers and log lines is short and plain.
fn known(context: &Context) {
    let id = &context.request_id;
    assert!((1..=100).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()), "{id:?}");
    if let Some(trace) = &context.traceparent {
        assert_eq!(trace.len(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".len());
        assert!(trace.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'), "{trace:?}");
    }
}
