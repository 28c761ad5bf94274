//! Who is calling. For now one shared token; the identities of organisations and persons will be
//! read here and nowhere else, and handlers will not change.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{ProblemResponse, Service, problems};

/// The caller, as recorded with every fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Scopes idempotency keys: two callers never meet in one key.
    id: &'static str,
}

impl Actor {
    /// A caller's own key, made unlike every other caller's.
    pub fn scoped(&self, key: &str) -> String {
        format!("{}:{key}", self.id)
    }

    /// Who acted, for the log.
    pub fn as_json(&self) -> Value {
        json!({ "kind": "shared_token", "id": self.id })
    }
}

impl FromRequest for Actor {
    type Error = ProblemResponse;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(authenticate(request))
    }
}

/// The caller of a request.
pub fn authenticate(request: &HttpRequest) -> Result<Actor, ProblemResponse> {
    let service = request.app_data::<web::Data<Service>>().expect("the app registers the service");
    // Two headers could name two callers.
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().filter(|_| headers.next().is_none());
    let header = header.and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match token {
        Some(token) if same(token, &service.token) => Ok(Actor { id: "shared" }),
        Some(_) | None => Err(ProblemResponse::new(&problems::UNAUTHENTICATED)),
    }
}

/// Compares digests, so that the time it takes tells nothing about the token.
fn same(given: &str, expected: &str) -> bool {
    Sha256::digest(given.as_bytes()) == Sha256::digest(expected.as_bytes())
}
