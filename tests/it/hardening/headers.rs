//! Headers for browsers, the documentation page under them, and pages of other origins.

use reqwest::Method;

use crate::support::client::Answer;
use crate::support::instance::Instance;

const APP: &str = "https://app.example.no";

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do_with_it() {
    let instance = Instance::start().await;
    let client = instance.client();
    for (path, status) in [
        ("/v1/trainees", 200),
        ("/v1/trainees?limit=x", 422),
        ("/v1/nowhere", 404),
        ("/health/live", 200),
        ("/openapi.json", 200),
        ("/docs/", 200),
    ] {
        let answer = client.get(path).await.expect(status);
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(policy.contains("script-src"), path == "/docs/", "{path}: {policy}");
        for (name, expected) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(expected), "{path}");
        }
        assert!(answer.header("permissions-policy").is_some(), "{path}");
        assert_eq!(answer.header("strict-transport-security"), None, "{path}: it is in the clear");
    }
    client.showing(None).get("/v1/trainees").await.expect(401);
    instance.stop().await;
}

#[tokio::test]
async fn only_the_caller_keeps_an_answer_and_asks_each_time_whether_it_holds() {
    let instance = Instance::start().await;
    let client = instance.client();
    let answer = client.get("/v1/trainees").await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let known = [("If-None-Match", answer.etag())];
    let again = client.get_with("/v1/trainees", &known).await.expect(304);
    assert_eq!(again.header("cache-control"), Some("private, no-cache"));
    instance.stop().await;
}

#[tokio::test]
async fn a_service_that_callers_reach_by_tls_says_so_to_browsers() {
    let instance =
        Instance::with(|settings| settings.public_url = Some("https://alis.example.no".into()))
            .await;
    let answer = instance.client().get("/health/live").await.expect(200);
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    instance.stop().await;
}

#[tokio::test]
async fn the_documentation_page_needs_nothing_that_its_policy_forbids() {
    let instance = Instance::start().await;
    let client = instance.client();
    let page = client.get("/docs/").await.expect(200).text;
    assert!(!page.contains("://"), "nothing comes from elsewhere: {page}");
    let scripts: Vec<&str> = page.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 3, "{page}");
    for script in scripts {
        let (attributes, rest) = script.split_once('>').expect("a tag ends");
        let (inline, _) = rest.split_once("</script>").expect("a script ends");
        assert!(inline.trim().is_empty(), "no script within the page: {inline}");
        let source = attributes.split("src=\"").nth(1).and_then(|it| it.split('"').next());
        let file = source.and_then(|it| it.strip_prefix("./")).expect("a file beside the page");
        client.get(&format!("/docs/{file}")).await.expect(200);
    }
    let start = client.get("/docs/swagger-initializer.js").await.expect(200).text;
    assert!(start.contains("/openapi.json") && !start.contains("://"), "{start}");
    instance.stop().await;
}

/// Asks as a browser does before it lets a page call. Outside of the contract, which has no
/// OPTIONS.
async fn preflight(instance: &Instance, origin: &str) -> reqwest::Response {
    let url = format!("http://{}/v1/trainees", instance.running.address);
    let request = alis::client::http().expect("a client").request(Method::OPTIONS, url);
    let request = request
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,if-match,idempotency-key");
    request.send().await.expect("an answer")
}

fn allowed_origin(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

#[tokio::test]
async fn pages_of_other_origins_are_not_let_in_unless_named() {
    let instance = Instance::start().await;
    let asked = preflight(&instance, APP).await;
    assert_eq!(asked.status(), 405);
    assert!(asked.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
    let answer = instance.client().get_with("/v1/trainees", &[("Origin", APP)]).await.expect(200);
    assert_eq!(allowed_origin(&answer), None);
    instance.stop().await;
}

#[tokio::test]
async fn pages_of_named_origins_may_call_and_no_others() {
    let instance = Instance::with(|settings| settings.cors_origins = vec![APP.into()]).await;
    let asked = preflight(&instance, APP).await;
    assert_eq!(asked.status(), 200);
    let allowed = |name: &str| asked.headers().get(name).and_then(|value| value.to_str().ok());
    assert_eq!(allowed("access-control-allow-origin"), Some(APP));
    assert_eq!(allowed("access-control-allow-credentials"), None);
    let stranger = preflight(&instance, "https://evil.example").await;
    assert!(!stranger.headers().contains_key("access-control-allow-origin"));
    let client = instance.client();
    let answer = client.get_with("/v1/trainees", &[("Origin", APP)]).await.expect(200);
    assert_eq!(allowed_origin(&answer), Some(APP));
    let exposed = answer.header("access-control-expose-headers").expect("what it may read");
    assert!(exposed.to_lowercase().contains("log-position"), "{exposed}");
    // A page has to read refusals too.
    let nobody = client.showing(None);
    let answer = nobody.get_with("/v1/trainees", &[("Origin", APP)]).await.expect(401);
    assert_eq!(allowed_origin(&answer), Some(APP));
    let elsewhere = [("Origin", "https://evil.example")];
    let answer = client.get_with("/v1/trainees", &elsewhere).await.expect(200);
    assert_eq!(allowed_origin(&answer), None);
    instance.stop().await;
}
