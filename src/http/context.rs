//! What is known of a request wherever it is handled: its id, trace and language; and the
//! middleware that puts them there, into every log line and onto every answer.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tracing::Instrument;
use uuid::Uuid;

use super::Service;
use super::answer::LOG_POSITION;
use super::limits::Allowance;
use super::security;
use crate::problem::Language;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer id from outside is replaced, not cut.
const REQUEST_ID_BYTES_MAX: usize = 100;

tokio::task_local! {
    static CONTEXT: Context;
}

/// What is known of the request being handled.
#[derive(Debug, Clone, Default)]
pub struct Context {
    pub request_id: String,
    pub traceparent: Option<String>,
    pub language: Language,
}

impl Context {
    /// What the headers of a request say of it; an id of our own where they name none.
    pub fn of(request: &ServiceRequest) -> Self {
        Self {
            request_id: request_id(request),
            traceparent: traceparent(request),
            language: language(request),
        }
    }
}

/// The context of the request being handled; empty outside of one.
pub fn current() -> Context {
    CONTEXT.try_with(Clone::clone).unwrap_or_default()
}

/// The pattern of the address that was called, as the gate found it: looking for it costs a walk
/// over all addresses.
#[derive(Debug, Clone)]
pub struct Route(pub String);

/// Wraps every request: context, log span, metrics, and the headers every answer carries.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let context = Context::of(&request);
    // Of the highest level, so that it is there for every line that is told at all.
    let span = tracing::error_span!(
        "request",
        request.id = %context.request_id,
        traceparent = context.traceparent.as_deref().unwrap_or(""),
        http.method = %request.method(),
    );
    let id = HeaderValue::from_str(&context.request_id).ok();
    let trace = context.traceparent.as_deref().and_then(|t| HeaderValue::from_str(t).ok());
    let service = request.app_data::<web::Data<Service>>();
    let position = service.map(|service| service.log.known_head());
    let https = service.is_some_and(|service| service.https);
    let result = CONTEXT.scope(context, next.call(request)).instrument(span.clone()).await;
    let mut response = match result {
        Ok(response) => response,
        Err(error) => return Err(error),
    };
    let route = response.request().extensions_mut().remove::<Route>();
    let route = route.map_or_else(|| "unmatched".to_owned(), |route| route.0);
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    let path = response.request().path().to_owned();
    let allowance = response.request().extensions().get::<Allowance>().copied();
    if !allowance.is_some_and(|allowance| allowance.is_of_caller()) {
        // The HTTP library times the head of the first request on a connection only. Whoever has
        // not shown who they are gets no second one to leave half sent.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(trace) = trace {
        headers.insert(HeaderName::from_static("traceparent"), trace);
    }
    if let (Some(position), false) = (position, headers.contains_key(LOG_POSITION)) {
        headers.insert(LOG_POSITION, HeaderValue::from(position));
    }
    security::put(headers, &path, https);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    metrics::histogram!("alis_http_request_seconds", "route" => route.clone(),
        "status" => status.to_string())
    .record(elapsed.as_secs_f64());
    span.in_scope(|| {
        let elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(http.route = route, http.status = status, elapsed_us, "Answered {status}");
    });
    Ok(response)
}

fn request_id(request: &ServiceRequest) -> String {
    // Which of two ids is meant cannot be known.
    let mut ids = request.headers().get_all(&REQUEST_ID);
    let given = ids.next().filter(|_| ids.next().is_none()).and_then(|value| value.to_str().ok());
    let fits = |id: &&str| {
        (1..=REQUEST_ID_BYTES_MAX).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    given.filter(fits).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// A `traceparent` of W3C Trace Context, version 00; anything else is dropped.
fn traceparent(request: &ServiceRequest) -> Option<String> {
    let value = request.headers().get("traceparent")?.to_str().ok()?;
    let parts: Vec<&str> = value.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let hex = value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    // All zeros stand for no trace and no span.
    let is_real = |part: &str| part.bytes().any(|b| b != b'0');
    let valid = lengths == [2, 32, 16, 2] && hex && parts[0] == "00";
    (valid && is_real(parts[1]) && is_real(parts[2])).then(|| value.to_owned())
}

/// Norwegian when it is preferred over English; English otherwise.
fn language(request: &ServiceRequest) -> Language {
    let Some(value) = request.headers().get(header::ACCEPT_LANGUAGE) else {
        return Language::English;
    };
    let mut best = (Language::English, 0.0_f32);
    for part in value.to_str().unwrap_or("").split(',') {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or("").trim().to_ascii_lowercase();
        let quality = pieces
            .find_map(|piece| piece.trim().strip_prefix("q=")?.parse().ok())
            .unwrap_or(1.0_f32);
        let language = match tag.split('-').next() {
            Some("nb" | "no" | "nn") => Language::Norwegian,
            Some("en") => Language::English,
            _ => continue,
        };
        if quality > best.1 {
            best = (language, quality);
        }
    }
    best.0
}
