//! Language, request id and trace of a request.

use super::trainee;
use crate::support::instance::Instance;

#[tokio::test]
async fn problems_speak_the_language_that_the_caller_prefers() {
    let instance = Instance::start().await;
    let client = instance.client();
    let (english, norwegian) = ("Not found", "Ikke funnet");
    for (asked, expected) in [
        ("", english),
        ("en", english),
        ("nb", norwegian),
        ("nb-NO", norwegian),
        ("nn", norwegian),
        ("no", norwegian),
        ("NB", norwegian),
        ("de, nb;q=0.5", norwegian),
        ("en;q=0.5, nb;q=0.9", norwegian),
        ("nb;q=0.1, en", english),
        ("nb;q=0", english),
        ("nb;q=zero", norwegian),
        ("sv", english),
        ("*", english),
        ("nbx", english),
        (";;,,;q", english),
    ] {
        let answer = client.get_with("/v1/nowhere", &[("Accept-Language", asked)]).await;
        let answer = answer.expect_problem(404, "not_found");
        assert_eq!(answer.body["title"], expected, "{asked}");
        let locale = if expected == english { "en" } else { "nb" };
        assert_eq!(answer.header("content-language"), Some(locale), "{asked}");
    }
    let nb = [("Accept-Language", "nb")];
    let mut wrong = trainee(1);
    wrong["hpr_number"] = "x".into();
    let answer = client.post_with("/v1/trainees", &nb, wrong).await.expect(422);
    assert_eq!(answer.body["code"], "invalid_request", "codes never change");
    let detail = answer.body["errors"][0]["detail"].as_str().expect("words");
    assert!(detail.starts_with("Må være"), "{detail}");
    instance.stop().await;
}

#[tokio::test]
async fn a_request_keeps_its_id_unless_it_is_a_hostile_one() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id_of = async |headers: &[(&str, &str)]| {
        let answer = client.get_with("/v1/nowhere", headers).await.expect(404);
        let id = answer.header("x-request-id").expect("every answer has one").to_owned();
        assert_eq!(answer.body["instance"], format!("urn:alis:request:{id}"));
        id
    };
    for kept in ["abc-1", "A_b.c:d", "01890a5d-ac96-774b-bcce-b302099a8057", &"x".repeat(100)] {
        assert_eq!(id_of(&[("X-Request-Id", kept)]).await, kept);
    }
    for replaced in ["", "a b", "a\tb", "<script>", "é", "a\"b", "%00", &"x".repeat(101)] {
        let id = id_of(&[("X-Request-Id", replaced)]).await;
        assert_ne!(id, replaced);
        assert_eq!(id.len(), 36, "an id of our own: {id}");
    }
    let twice = id_of(&[("X-Request-Id", "a"), ("X-Request-Id", "b")]).await;
    assert_eq!(twice.len(), 36, "which of two is meant cannot be known: {twice}");
    assert_ne!(id_of(&[]).await, id_of(&[]).await);
    instance.stop().await;
}

#[tokio::test]
async fn a_trace_goes_through_and_is_kept_with_the_facts() {
    let instance = Instance::start().await;
    let client = instance.client();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("traceparent", trace), ("X-Request-Id", "traced")];
    let answer = client.post_with("/v1/trainees", &headers, trainee(1)).await.expect(201);
    assert_eq!(answer.header("traceparent"), Some(trace));
    for wrong in [
        "",
        "00-abc",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    ] {
        let answer = client.get_with("/health/live", &[("traceparent", wrong)]).await;
        assert_eq!(answer.header("traceparent"), None, "{wrong}");
    }
    let database = instance.database.connect().await;
    let sql = "select meta ->> 'request', meta ->> 'traceparent', meta -> 'actor' ->> 'kind' \
               from alis.event where position = 1";
    let row = database.query_one(sql, &[]).await.expect("the fact is there");
    let meta: [String; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(meta, ["traced", trace, "organisation"]);
    instance.stop().await;
}
