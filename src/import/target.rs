//! The running service that lines are posted to, and patience with it: an answer that may come out
//! otherwise next time is asked for again under the same key, so that nothing happens twice.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::ImportError;
use crate::client;
use crate::event_log::combiner::with_causes;

/// How often a request is sent before the import is broken off.
const ATTEMPTS_MAX: u32 = 8;
/// The first pause before another attempt; each later one is twice as long.
const PAUSE_MS_FIRST: u64 = 100;
/// The longest pause, also when the service asks for a longer one.
const PAUSE_MS_MAX: u64 = 5_000;
/// How long one answer may take.
const ANSWER_SECONDS_MAX: u64 = 60;
/// Bytes of an answer. The largest resource is far smaller.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What the keys of imports begin with, so that they meet no other caller's keys.
const KEY_PREFIX: &str = "import:";
/// A position after every position of a log.
const AFTER_ALL: i64 = 999_999_999_999_999_999;

/// Whether lines are recorded or only rehearsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Record,
    Rehearse,
}

/// A service and the right to write to it.
#[derive(Debug, Clone)]
pub struct Target {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// What the service answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub status: u16,
    /// `Log-Position`.
    pub position: Option<i64>,
    /// The version of the resource, when the answer carries one.
    pub version: Option<i64>,
    pub body: Value,
}

impl Target {
    /// The service at `base`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When `base` is not the address of an HTTP service.
    pub fn new(base: &str, token: String) -> Result<Self, ImportError> {
        let url = reqwest::Url::parse(base).ok().filter(|url| url.has_host());
        let fits = url.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
        if !fits {
            return Err(ImportError::Address(base.to_owned()));
        }
        let http = client::http().map_err(ImportError::Client)?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), token })
    }

    /// How far the log has come: what is recorded from now on lies after it.
    pub async fn head(&self) -> Result<i64, ImportError> {
        let path = format!("/v1/events?after={AFTER_ALL}&limit=1");
        let request = self.http.get(format!("{}{path}", self.base));
        let answered = self.patiently(request).await?;
        match (answered.status, answered.position) {
            (200, Some(position)) => Ok(position),
            (status, _) => Err(ImportError::NotAlis { base: self.base.clone(), status }),
        }
    }

    /// Posts a document under a key.
    pub async fn post(
        &self,
        path: &str,
        key: &str,
        body: &Value,
        mode: Mode,
    ) -> Result<Answered, ImportError> {
        let query = match mode {
            Mode::Record => "",
            Mode::Rehearse => "?dry_run=true",
        };
        let request = self.http.post(format!("{}{path}{query}", self.base)).json(body);
        self.patiently(request.header("Idempotency-Key", format!("{KEY_PREFIX}{key}"))).await
    }

    async fn patiently(&self, request: reqwest::RequestBuilder) -> Result<Answered, ImportError> {
        let request = request
            .bearer_auth(&self.token)
            .timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
            .build()
            .map_err(ImportError::Client)?;
        let mut pause_ms = PAUSE_MS_FIRST;
        let mut last = String::new();
        for attempt in 1..=ATTEMPTS_MAX {
            let again = request.try_clone().expect("a body of bytes can be sent again");
            let mut asked_for = None;
            match self.http.execute(again).await {
                Ok(response) if is_passing(response.status()) => {
                    asked_for = retry_after_ms(response.headers());
                    last = format!("it answered {}", response.status());
                }
                Ok(response) => match read(response).await {
                    Ok(answered) if answered.status == 401 => {
                        return Err(ImportError::Unauthenticated(self.base.clone()));
                    }
                    Ok(answered) => return Ok(answered),
                    Err(error) => last = error,
                },
                Err(error) => last = with_causes(&error),
            }
            if attempt < ATTEMPTS_MAX {
                let wait = pause_ms.max(asked_for.unwrap_or(0)).min(PAUSE_MS_MAX);
                tokio::time::sleep(Duration::from_millis(wait)).await;
                pause_ms = pause_ms.saturating_mul(2);
            }
        }
        let (base, attempts) = (self.base.clone(), ATTEMPTS_MAX);
        Err(ImportError::Unanswered { base, attempts, last })
    }
}

/// Answers that say nothing about the request, only about the moment.
fn is_passing(status: StatusCode) -> bool {
    [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ]
    .contains(&status)
}

fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(seconds.saturating_mul(1_000))
}

/// A whole number in a header, between quotes or not.
fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim_matches('"').parse().ok()
}

async fn read(response: Response) -> Result<Answered, String> {
    let status = response.status().as_u16();
    let position = number(response.headers(), "log-position");
    let version = number(response.headers(), "etag");
    let bytes = client::bounded(response, ANSWER_BYTES_MAX).await;
    let bytes = bytes.map_err(|error| with_causes(&error))?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Answered { status, position, version, body })
}
