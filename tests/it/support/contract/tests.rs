//! The checker is seen to fail on every kind of breach.

use super::*;

/// A document of one operation, in the form of ours.
fn contract() -> Contract {
    let header = |kind: &str| json!({ "required": true, "schema": { "type": kind } });
    let problem = json!({ "$ref": "#/components/schemas/ConflictProblem" });
    let own = json!({ "cup_full": "#/components/schemas/CupFullProblem",
                      "cup_hot": "#/components/schemas/Problem" });
    let members = json!({ "allOf": [
        { "$ref": "#/components/schemas/Problem" },
        { "properties": { "drops": { "type": "integer" } } },
    ]});
    let mut full = members.clone();
    full["required"] = json!(["drops"]);
    let common = json!({ "Log-Position": header("integer"), "X-Request-Id": header("string") });
    let mut created = common.clone();
    created["Location"] = header("string");
    Contract::new(json!({
        "paths": { "/v1/cups/{id}": { "post": {
            "requestBody": { "content": { "application/json": { "schema": {
                "type": "object", "required": ["drops"],
                "properties": { "drops": { "type": "integer" } },
            } } } },
            "responses": {
                "201": { "headers": created, "content": { "application/json": { "schema":
                    { "$ref": "#/components/schemas/Cup" } } } },
                "409": { "x-problems": own, "headers": common, "content": { "application/problem+json": {
                    "schema": problem } } },
            },
        } } },
        "components": { "schemas": {
            "Cup": { "type": "object", "required": ["made"], "properties": {
                "made": { "type": "string", "format": "date" },
                "handle": { "$ref": "#/components/schemas/Handle" },
                "labels": { "type": "object", "additionalProperties": true },
            } },
            "Handle": { "type": "object", "allOf": [
                { "properties": { "side": { "type": "string" } } },
                { "properties": { "pairs": { "type": "array", "items": {
                    "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Side" }],
                } } } },
            ] },
            "Side": { "type": "object", "properties": { "side": { "type": "string" } } },
            "ConflictProblem": members,
            "CupFullProblem": full,
            "Problem": { "type": "object", "required": ["code"],
                         "properties": { "code": { "type": "string" } } },
        } },
    }))
}

/// The good answer, with one thing changed.
struct Answered {
    method: &'static str,
    path: &'static str,
    sent: Value,
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    text: &'static str,
}

impl Answered {
    fn well() -> Self {
        let headers = vec![
            ("log-position", "7"),
            ("x-request-id", "a"),
            ("location", "/v1/cups/1"),
            ("content-type", "application/json; charset=utf-8"),
        ];
        let (sent, text) = (json!({ "drops": 1 }), r#"{"made":"2020-02-01"}"#);
        Self { method: "POST", path: "/v1/cups/1", sent, status: 201, headers, text }
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| *given != name);
        self
    }

    fn with(self, name: &'static str, value: &'static str) -> Self {
        let mut this = self.without(name);
        this.headers.push((name, value));
        this
    }

    fn problem(text: &'static str) -> Self {
        let this = Self { status: 409, text, ..Self::well() }.without("location");
        this.with("content-type", "application/problem+json")
    }

    #[track_caller]
    fn must(&self, expected: Result<(), &str>) {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            headers.append(*name, value.parse().expect("a header value"));
        }
        let found = contract().check(&Exchange {
            method: self.method,
            path: self.path,
            sent: Some(&self.sent),
            status: self.status,
            headers: &headers,
            text: self.text,
        });
        match (found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(found), Err(expected)) if found.contains(expected) => {}
            (found, expected) => panic!("expected {expected:?}, found {found:?}"),
        }
    }
}

#[test]
fn an_answer_as_documented_passes() {
    Answered::well().must(Ok(()));
    Answered::problem(r#"{"code":"cup_full","drops":1}"#).must(Ok(()));
    Answered::problem(r#"{"code":"cup_hot"}"#).must(Ok(()));
}

#[test]
fn an_undocumented_operation_status_or_media_type_is_found() {
    Answered { path: "/v1/cups", ..Answered::well() }.must(Err("knows no such operation"));
    Answered { method: "PUT", ..Answered::well() }.must(Err("knows no such operation"));
    Answered { status: 200, ..Answered::well() }.must(Err("status is not documented"));
    Answered::well().with("content-type", "text/html").must(Err("media type"));
}

#[test]
fn a_missing_or_malformed_header_is_found() {
    Answered::well().without("x-request-id").must(Err("no header X-Request-Id"));
    Answered::well().without("location").must(Err("no header Location"));
    Answered::well().with("log-position", "seven").must(Err("header Log-Position"));
}

#[test]
fn an_invalid_body_is_found_through_references_and_formats() {
    Answered { text: "{}", ..Answered::well() }.must(Err("required"));
    Answered { text: r#"{"made":"today"}"#, ..Answered::well() }.must(Err("date"));
    Answered { text: "made", ..Answered::well() }.must(Err("not JSON"));
}

#[test]
fn a_member_that_is_not_documented_is_found_wherever_it_is() {
    let answered = |text| Answered { text, ..Answered::well() };
    let well = r#"{"made":"2020-02-01","handle":{"side":"left","pairs":[null,{"side":"up"}]}}"#;
    answered(well).must(Ok(()));
    answered(r#"{"made":"2020-02-01","labels":{"any":1}}"#).must(Ok(()));
    for text in [
        r#"{"made":"2020-02-01","more":1}"#,
        r#"{"made":"2020-02-01","handle":{"side":"left","more":1}}"#,
        r#"{"made":"2020-02-01","handle":{"pairs":[{"side":"up","more":1}]}}"#,
    ] {
        answered(text).must(Err("'more' was unexpected"));
    }
    Answered::problem(r#"{"code":"cup_hot","more":1}"#).must(Err("'more' was unexpected"));
}

#[test]
fn a_problem_that_the_operation_does_not_declare_is_found() {
    Answered::problem(r#"{"code":"cup_empty"}"#).must(Err("cup_empty"));
    Answered::problem(r#"{}"#).must(Err("declares no problem"));
}

#[test]
fn a_problem_without_the_members_of_its_code_or_with_anothers_is_found() {
    Answered::problem(r#"{"code":"cup_full"}"#).must(Err("required"));
    Answered::problem(r#"{"code":"cup_full","drops":"one"}"#).must(Err("integer"));
    Answered::problem(r#"{"code":"cup_hot","drops":1}"#).must(Err("'drops' was unexpected"));
}

#[test]
fn a_request_that_was_taken_against_the_document_is_found() {
    Answered { sent: json!({}), ..Answered::well() }.must(Err("taken, though"));
    let path = "/v1/cups/1?sugar=2";
    Answered { path, ..Answered::well() }.must(Err("parameter sugar"));
    // What was refused needs not be valid.
    Answered { sent: json!({}), ..Answered::problem(r#"{"code":"cup_hot"}"#) }.must(Ok(()));
}

#[test]
fn a_405_names_what_is_allowed_and_a_404_is_a_problem() {
    let refused = Answered { method: "PUT", status: 405, ..Answered::problem(r#"{"code":"x"}"#) };
    refused.must(Err("405 without Allow"));
    let refused = Answered { method: "PUT", status: 405, ..Answered::problem(r#"{"code":"x"}"#) };
    refused.with("allow", "POST").must(Ok(()));
    let path = "/nowhere";
    Answered { path, status: 404, ..Answered::problem(r#"{"code":"x"}"#) }.must(Ok(()));
    Answered { path, status: 404, ..Answered::well() }.must(Err("problem+json"));
}
