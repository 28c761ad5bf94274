//! A client of the HTTP API that checks every answer against the OpenAPI document.

use std::net::SocketAddr;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::instance::TOKEN;

/// A client with the test's token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
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
        Self { http, base: format!("http://{address}") }
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
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.bearer_auth(TOKEN);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header name");
            map.insert(name, HeaderValue::from_str(value).expect("a header value"));
        }
        let response = request.headers(map).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, body })
    }
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

    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The answer, which must be this problem.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
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
