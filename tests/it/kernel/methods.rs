//! Addresses, methods and callers: 404, 405, 401.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use alis::http::limits::Limits;
use reqwest::Method;
use serde_json::json;

use super::operations;
use crate::support::instance::{Instance, token};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

#[tokio::test]
async fn an_address_names_the_methods_it_has() {
    let instance = Instance::start().await;
    let client = instance.client();
    let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations() {
        let path = operation.path.split('?').next().unwrap_or("").to_owned();
        addresses.entry(path).or_default().insert(operation.method);
    }
    for page in ["/openapi.json", "/docs", "/docs/", "/docs/index.html", "/problems/not_found"] {
        addresses.insert(page.to_owned(), BTreeSet::from(["GET".to_owned()]));
    }
    for (path, allowed) in &addresses {
        for method in METHODS.iter().filter(|method| !allowed.contains(**method)) {
            let name = Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = client.send(name, path, &[], None).await.expect(405);
            let recorded: BTreeSet<String> =
                answer.header("allow").expect("Allow").split(", ").map(str::to_owned).collect();
            assert_eq!(&recorded, allowed, "{method} {path}");
            // HEAD is answered without a body, as everywhere.
            assert_eq!(answer.text.is_empty(), *method == "HEAD", "{method} {path}");
        }
        let made_up = Method::from_bytes(b"BREW").expect("a method");
        client.send(made_up, path, &[], None).await.expect_problem(405, "method_not_allowed");
    }
    instance.stop().await;
}

#[tokio::test]
async fn an_address_that_is_nowhere_is_a_problem_too() {
    let instance = Instance::start().await;
    let client = instance.client();
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/positions",
        "/v1/positions/",
        "/v1//positions",
        "/v1/positions/not-an-id",
        "/v1/positions/01890a5d-ac96-774b-bcce-b302099a8057/nothing",
        "/V1/positions",
        "/v1/%70ositions%00",
        "/v1/positions/%00",
        "/v1/positions/..%2f..%2fmetrics",
        "/docs/no-such-file.js",
        "/docs/..%2f..%2fCargo.toml",
    ] {
        client.get(path).await.expect_problem(404, "not_found");
    }
    instance.stop().await;
}

#[tokio::test]
async fn every_operation_under_v1_asks_who_calls_before_anything_else() {
    // Everybody here calls from one address, and more often than it may at once.
    let all = NonZeroU32::new(100_000).expect("it is not zero");
    let limits = Limits { requests_burst: all, refusals_burst: all, ..Limits::default() };
    let instance = Instance::with(|settings| settings.limits = limits).await;
    let client = instance.client();
    let wrong = [None, Some(""), Some("a-token-for-tests-onl"), Some("a-token-for-tests-only2")];
    for operation in operations() {
        let method = Method::from_bytes(operation.method.as_bytes()).expect("a method");
        // Also what is wrong with the request must not be told to just anybody.
        let path = super::with_query(&operation.path, "no_such_parameter=1");
        let path = if operation.template.starts_with("/v1/") { path } else { operation.path };
        let body = (operation.method == "POST").then(|| json!("not even an object"));
        for token in wrong {
            let stranger = client.showing(token);
            let answer = stranger.send(method.clone(), &path, &[], body.clone()).await;
            if operation.template.starts_with("/v1/") {
                let code = if token.is_some_and(|t| !t.is_empty()) {
                    "token_refused"
                } else {
                    "unauthenticated"
                };
                let answer = answer.expect_problem(401, code);
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            } else {
                answer.expect(200);
            }
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_token_comes_in_one_header_of_the_bearer_scheme() {
    let instance = Instance::start().await;
    let stranger = instance.client().showing(None);
    let bearer = format!("Bearer {}", token());
    let recorded =
        async |headers: &[(&str, &str)]| stranger.get_with("/v1/trainees", headers).await.status;
    assert_eq!(recorded(&[("Authorization", &bearer)]).await, 200);
    assert_eq!(recorded(&[("Authorization", &format!("bearer  {}", token()))]).await, 200);
    for wrong in [token().to_owned(), format!("Basic {}", token()), format!("Bearer{}", token())] {
        assert_eq!(recorded(&[("Authorization", &wrong)]).await, 401, "{wrong}");
    }
    let twice = [("Authorization", bearer.as_str()), ("Authorization", "Bearer other")];
    assert_eq!(recorded(&twice).await, 401);
    instance.stop().await;
}
