//! What is sent: JSON, of a size and depth, with nothing unknown in it.

use serde_json::{Value, json};

use super::{established, operations, trainee};
use crate::support::instance::Instance;

const JSON: (&str, &str) = ("Content-Type", "application/json");
/// What the service takes, as docs/api.md and the problem's detail tell it.
const BODY_BYTES_MAX: usize = 1024 * 1024;

#[tokio::test]
async fn every_fault_of_a_request_is_named_at_once_wherever_it_is() {
    let instance = Instance::start().await;
    let headers = [("Idempotency-Key", "two words"), ("If-Match", "12")];
    let body = json!({
        "hpr_number": "x", "scheme": 7, "nam": "", "lis1_completed_on": "2020-02-30",
        "external_ids": [{ "system": "a b", "id": "1", "extra/~": 1 }, 5],
    });
    let path = "/v1/trainees?dry_run=maybe&verbose=1";
    let answer = instance.client().post_with(path, &headers, body).await;
    let answer = answer.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    let expected = [
        "/external_ids/0/extra~1~0",
        "/external_ids/0/system",
        "/external_ids/1",
        "/header/Idempotency-Key",
        "/header/If-Match",
        "/hpr_number",
        "/lis1_completed_on",
        "/nam",
        "/name",
        "/query/dry_run",
        "/query/verbose",
        "/scheme",
    ];
    assert_eq!(pointers, expected);
    instance.stop().await;
}

#[tokio::test]
async fn every_fault_of_a_read_is_named_at_once_wherever_it_is() {
    let instance = Instance::start().await;
    let headers = [("Min-Log-Position", "-1"), ("If-None-Match", "12"), ("Min-Log-Position", "2")];
    let path =
        "/v1/trainees?as_of=yesterday&known_at=now&limit=0&cursor=x&scheme=newer&nam=&limit=1";
    let answer = instance.client().get_with(path, &headers).await;
    let answer = answer.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    let expected = [
        "/header/If-None-Match",
        "/header/Min-Log-Position",
        "/query/as_of",
        "/query/cursor",
        "/query/known_at",
        "/query/limit",
        "/query/nam",
        "/query/scheme",
    ];
    assert_eq!(pointers, expected);

    let feed = instance.client().get_with("/v1/events?after=-1&limit=0&types=A", &headers).await;
    let feed = feed.expect_problem(422, "invalid_request");
    let mut pointers = feed.pointers();
    pointers.sort_unstable();
    let expected = ["/header/Min-Log-Position", "/query/after", "/query/limit", "/query/types"];
    assert_eq!(pointers, expected);
    instance.stop().await;
}

#[tokio::test]
async fn every_change_refuses_an_unknown_field() {
    let instance = Instance::start().await;
    let client = instance.client();
    for change in operations().iter().filter(|operation| operation.method == "POST") {
        let answer = client.post(&change.path, json!({ "no_such_field": 1 })).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert!(answer.pointers().contains(&"/no_such_field"), "{}", answer.text);
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_body_is_json_and_says_so() {
    let instance = Instance::start().await;
    let client = instance.client();
    let body = trainee(1).to_string();
    for wrong in ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", ""] {
        let headers = [("Content-Type", wrong)];
        let answer = client.post_bytes("/v1/trainees", &headers, body.clone()).await;
        answer.expect_problem(415, "unsupported_media_type");
    }
    let answer = client.post_bytes("/v1/trainees", &[], body.clone()).await;
    answer.expect_problem(415, "unsupported_media_type");
    let right = [("Content-Type", "Application/JSON ; charset=utf-8")];
    client.post_bytes("/v1/trainees", &right, body).await.expect(201);
    instance.stop().await;
}

#[tokio::test]
async fn what_is_not_json_is_told_from_what_is_not_valid() {
    let instance = Instance::start().await;
    let client = instance.client();
    let not_json: [&[u8]; 9] = [
        b"",
        b"{",
        b"{} {}",
        b"{'name': 1}",
        b"{\"name\": NaN}",
        b"{\"name\": 01}",
        b"{\"name\": 1e400}",
        b"{\"name\": \"\\ud800\"}",
        b"{\"name\": \"\xff\"}",
    ];
    for bytes in not_json {
        let answer = client.post_bytes("/v1/trainees", &[JSON], bytes).await;
        answer.expect_problem(400, "malformed_request");
    }
    for other in ["null", "[]", "7", "\"text\""] {
        let answer = client.post_bytes("/v1/trainees", &[JSON], other).await;
        let answer = answer.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), [""], "{other}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_body_has_a_largest_size() {
    let instance = Instance::start().await;
    let client = instance.client();
    let padded = |bytes: usize, number| {
        let body = trainee(number).to_string();
        format!("{}{body}", " ".repeat(bytes - body.len()))
    };
    let largest = padded(BODY_BYTES_MAX, 1);
    client.post_bytes("/v1/trainees", &[JSON], largest).await.expect(201);
    for bytes in [BODY_BYTES_MAX + 1, 4 * BODY_BYTES_MAX] {
        let answer = client.post_bytes("/v1/trainees", &[JSON], padded(bytes, 2)).await;
        let answer = answer.expect_problem(413, "body_too_large");
        assert!(answer.body["detail"].as_str().is_some_and(|text| text.contains("1048576")));
    }
    client.post("/v1/trainees", trainee(2)).await.expect(201);
    instance.stop().await;
}

#[tokio::test]
async fn a_body_has_a_largest_depth() {
    let instance = Instance::start().await;
    let client = instance.client();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let answer = client.post_bytes("/v1/trainees", &[JSON], nested(32)).await;
    answer.expect_problem(422, "invalid_request");
    for depth in [33, 127, 100_000] {
        let answer = client.post_bytes("/v1/trainees", &[JSON], nested(depth)).await;
        answer.expect_problem(400, "malformed_request");
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_number_is_the_same_in_every_spelling_and_bounded() {
    let instance = Instance::start().await;
    let client = instance.client();
    let position = established(&instance, "2020-01-01").await;
    let trainee = super::registered(&client, 1).await.id();
    let path = format!("/v1/positions/{}/occupancies?dry_run=true", position.id());
    let asked = |percent: &str, list_length: &str| {
        let text = format!(
            r#"{{"trainee": "{trainee}", "from": "2020-02-01", "percent": {percent},
                "operating_model": "salaried", "list_length": {list_length}}}"#
        );
        client.post_bytes(&path, &[JSON], text)
    };
    for (percent, list_length, expected) in [
        ("50", "7", json!([50, 7])),
        ("50.0", "7.0", json!([50, 7])),
        ("5e1", "7E0", json!([50, 7])),
        ("0.57", "-0", json!([0.57, 0])),
        ("0.5700000000000001", "1e1", json!([0.57, 10])),
        ("33.33", "0", json!([33.33, 0])),
    ] {
        let answer = asked(percent, list_length).await.expect(200);
        let shown = &answer.body["resource"];
        assert_eq!(json!([shown["percent"], shown["list_length"]]), expected);
    }
    for percent in ["0", "-0", "-0.0", "-50", "100.01", "33.333", "1e300", "1e-300", "\"50\""] {
        let answer = asked(percent, "7").await.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/percent"], "{percent}");
    }
    for list_length in ["-1", "10001", "7.5", "99999999999999999999", "-1e300", "\"7\"", "true"] {
        let answer = asked("50", list_length).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/list_length"], "{list_length}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn texts_hold_no_control_characters_and_only_plain_digits_are_digits() {
    let instance = Instance::start().await;
    let client = instance.client();
    let with = |field: &str, value: &str| {
        let mut body = trainee(1);
        body[field] = Value::from(value);
        client.post("/v1/trainees?dry_run=true", body)
    };
    for name in ["a\u{0}b", "a\u{85}b", "a\nb", "", "   ", "\u{2003}", &"x".repeat(201)] {
        let answer = with("name", name).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/name"], "{name:?}");
    }
    for hpr_number in ["٩٩٩٠٠٠٠٠١", "９９９０００００１", "999 000 001", "-1", "1e3", "\u{0}1"]
    {
        let answer = with("hpr_number", hpr_number).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/hpr_number"], "{hpr_number:?}");
    }
    for name in ["Åse Østensjø", "李小龍", "O'Neil-Smith", &"x".repeat(200)] {
        let answer = with("name", name).await.expect(200);
        assert_eq!(answer.body["resource"]["name"], name);
    }
    instance.stop().await;
}
