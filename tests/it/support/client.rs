//! A client of the HTTP API that checks every answer against the OpenAPI document.

use std::net::SocketAddr;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::contract::{Contract, Exchange};
use super::instance::token;
use super::{examples, overheard};

/// A client with the test's token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked: method and path.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as JSON, or null.
    pub body: Value,
}

impl Client {
    /// A client of the instance at `address`.
    pub fn new(address: SocketAddr) -> Self {
        let http = alis::client::http().expect("a plain client");
        Self { http, base: format!("http://{address}"), token: Some(token().to_owned()) }
    }

    /// The same client with another token, or none.
    pub fn showing(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// Reads `path`, which may hold a query.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// Reads with headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, None).await
    }

    /// Posts a document.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// Posts with headers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        self.send(Method::POST, path, headers, Some(body)).await
    }

    /// Posts bytes that need not be JSON; the media type is among the headers.
    pub async fn post_bytes(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let request = self.http.post(format!("{}{path}", self.base)).body(body.into());
        let answer = self.finish(request, "POST", path, headers, None).await;
        answer.expect("the instance answers")
    }

    /// Sends any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        self.try_send(method, path, headers, body).await.expect("the instance answers")
    }

    /// Sends a request to an instance that may be gone.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Answer, reqwest::Error> {
        let name = method.to_string();
        overheard::note(path, body.as_ref().unwrap_or(&Value::Null));
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(body) = &body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        self.finish(request, &name, path, headers, body.as_ref()).await
    }

    /// Opens a stream that does not end by itself. Its events are the test's own to check.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.http.get(format!("{}{path}", self.base));
        request = request.bearer_auth(token()).headers(header_map(headers));
        request.send().await.expect("the instance answers")
    }

    async fn finish(
        &self,
        mut request: reqwest::RequestBuilder,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        sent: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.headers(header_map(headers)).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let seen = Exchange { method, path, sent, status, headers: &headers, text: &text };
        if let Err(broken) = Contract::of_program().check(&seen) {
            panic!("the contract is broken: {broken}");
        }
        if let Some((_, operation)) = Contract::of_program().operation_at(method, path) {
            examples::keep(&seen, operation);
        }
        if let Err(recorded) = overheard::check(path, status, &headers, &text) {
            panic!("{method} {path}: {recorded}");
        }
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { asked: format!("{method} {path}"), status, headers, text, body })
    }
}

/// Headers in the order given; a name that comes twice is sent twice.
fn header_map(headers: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a header name");
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
    }
    map
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `Log-Position` of the answer.
    pub fn position(&self) -> i64 {
        let text = self.header("log-position").expect("every answer carries Log-Position");
        text.parse().expect("a position is a number")
    }

    /// The `ETag` of the answer.
    #[track_caller]
    pub fn etag(&self) -> &str {
        self.header("etag").unwrap_or_else(|| panic!("no ETag with {}", self.text))
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        self
    }

    /// The answer, which must be this problem.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}: {}",
            self.asked,
            self.text
        );
        self
    }

    /// The pointers of the fields at fault.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map_or(&[][..], Vec::as_slice);
        errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
    }

    /// The `id` of the resource.
    #[track_caller]
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.text)).to_owned()
    }
}
