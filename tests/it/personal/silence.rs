//! Names and HPR numbers are told in answers to those who may see them, and nowhere else: not in
//! the program's own output, however much it is asked to tell, nor in metrics, problems and
//! addresses.

use alis::edge::FromText;
use alis::identifiers::HprNumber;
use alis::identity::cast::{self, Scenario};
use serde_json::{Value, json};

use super::{NAME_MARK, person};
use crate::access::world::today;
use crate::support::client::{Answer, Client};
use crate::support::instance::token_as;
use crate::support::operator::Operator;
use crate::support::postgres::fresh;
use crate::support::sample;

/// Numbers that stand nowhere but in these persons, and what must not be told of them.
const NUMBERS: [&str; 3] = ["999087601", "999087602", "999087603"];
const KINDS: [&str; 3] = ["trainees", "supervisors", "leaders"];

/// The words of persons that a text holds.
fn shown(text: &str) -> Vec<&'static str> {
    let words = NUMBERS.into_iter().chain([NAME_MARK]);
    words.filter(|word| text.contains(word)).collect()
}

/// An answer to somebody who may not see the persons, headers and all.
fn names_nobody(answer: &Answer) {
    let headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let all = format!("{}\n{}", headers.join("\n"), answer.text);
    assert!(shown(&all).is_empty(), "{} tells {:?}: {all}", answer.asked, shown(&all));
}

/// Requests with names and numbers that are refused, in every way that there is.
async fn refused(client: &Client, kind: &str, id: &str, number: &str) {
    let name = format!("Kari {NAME_MARK}");
    let path = format!("/v1/{kind}");
    let other = format!("9{number}");
    let bodies = [
        json!({"hpr_number": other, "name": name, "scheme": name}),
        json!({"hpr_number": number, "name": name, name.as_str(): number, "scheme": number}),
        json!({"hpr_number": name, "name": [name, number], "municipality": name}),
        json!([name, number]),
    ];
    for body in bodies {
        client.post(&path, body.clone()).await.expect(422);
        client.post(&format!("{path}/{id}/correction"), body).await.expect(422);
    }
    let json = [("Content-Type", "application/json")];
    let broken = format!("{{\"name\": \"{name}\", \"hpr_number\": {number}");
    client.post_bytes(&path, &json, broken).await.expect(400);
    let key = [("Idempotency-Key", kind)];
    let correction = format!("{path}/{id}/correction");
    let reason = |reason: &str| json!({"name": name, "reason": reason});
    client.post_with(&correction, &key, reason("one")).await.expect(200);
    let again = client.post_with(&correction, &key, reason("two")).await;
    again.expect_problem(422, "key_reused");
    let stale = [("If-Match", "\"1\"")];
    client.post_with(&correction, &stale, reason("three")).await.expect(412);
    client.get(&format!("{path}?hpr_number={number}")).await.expect(200);
    client.get(&format!("{path}?hpr_number={other}")).await.expect(422);
    client.get(&format!("{path}?name={NAME_MARK}")).await.expect(422);
    client.get(&format!("{path}/{NAME_MARK}")).await.expect(404);
}

#[tokio::test]
async fn neither_log_nor_metrics_nor_answers_to_others_tell_a_name_or_an_hpr_number() {
    assert!(NUMBERS.iter().all(|number| HprNumber::from_text(number).is_ok()));
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let serving = operator.serve_with(&[("RUST_LOG", "debug")]).await;
    let client = serving.client();
    while client.get("/health/ready").await.status != 200 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    sample::municipality(&client, "5401").await;
    let auditor = json!({"organisation_number": cast::AUDITOR, "role": "auditor", "from": today()});
    client.post("/v1/access-grants", auditor).await.expect(201);
    let mut ids = Vec::new();
    for (kind, number) in KINDS.into_iter().zip(NUMBERS) {
        let id = person(&client, kind, number).await;
        refused(&client, kind, &id, number).await;
        let mut again = json!({"hpr_number": number, "name": NAME_MARK});
        match kind {
            "trainees" => again["scheme"] = json!("new"),
            "leaders" => {
                again["municipality"] = json!("5401");
                again["from"] = json!("2020-01-01");
            }
            _ => {}
        }
        names_nobody(&client.post(&format!("/v1/{kind}"), again).await.expect(409));
        ids.push(id);
    }
    let seen = client.get(&format!("/v1/trainees/{}", ids[0])).await.expect(200);
    assert_eq!(shown(&seen.text), ["999087601", NAME_MARK], "the search finds what is there");
    names_nobody(&client.get("/v1/events?limit=1000").await.expect(200));
    names_nobody(&client.get("/metrics").await.expect(200));
    for scenario in [Scenario::Auditor, Scenario::Register, Scenario::Reporting, Scenario::Trainee]
    {
        let other = client.showing(Some(&token_as(scenario)));
        for (kind, id) in KINDS.iter().zip(&ids) {
            for path in ["", &format!("/{id}"), &format!("/{id}/history")] {
                names_nobody(&other.get(&format!("/v1/{kind}{path}")).await);
            }
            names_nobody(&other.get(&format!("/v1/persons/{id}/erasure")).await);
        }
        for path in ["/v1/events", "/v1/access-log", "/v1/reports/staffing"] {
            names_nobody(&other.get(path).await);
        }
    }
    let erasure: Value = json!({"reason": "ordered"});
    names_nobody(
        &client.post(&format!("/v1/persons/{}/erasure", ids[0]), erasure).await.expect(200),
    );
    assert!(serving.stop().success());
    let log = operator.logged();
    // What is searched is a log that tells much: statements and their parameters too.
    assert!(
        log.contains("DEBUG") && log.contains("Answered 422"),
        "{}",
        &log[..log.len().min(2_000)]
    );
    let naming: Vec<&str> = log.lines().filter(|line| !shown(line).is_empty()).collect();
    assert!(naming.is_empty(), "the log tells of persons: {naming:#?}");
}
