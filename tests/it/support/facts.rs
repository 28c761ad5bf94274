//! Facts recorded past the rules, for tests of what is built on the log and not of what gets in.

use alis::aggregate::{NewFact, Subject};
use alis::app::Running;
use alis::event_log::{Decision, Reply, Request};
use serde_json::{Value, json};
use uuid::Uuid;

/// A fact about to be recorded.
pub struct RawFact<'a> {
    pub kind: &'static str,
    pub subjects: &'a [Subject],
    pub municipality: Option<&'a str>,
    pub payload: Value,
}

/// Records one fact; answers its position.
pub async fn record(running: &Running, fact: RawFact<'_>) -> i64 {
    let fact = NewFact {
        id: Uuid::now_v7(),
        kind: fact.kind,
        effective_from: jiff::civil::date(2020, 1, 1),
        municipality: fact.municipality.map(str::to_owned),
        subjects: fact.subjects.to_vec(),
        payload: fact.payload.to_string(),
    };
    let main = fact.subjects.first().expect("a fact concerns something").clone();
    let request = Request {
        key: None,
        fingerprint: [0; 32],
        if_match: None,
        meta: serde_json::Map::new(),
        dry_run: false,
    };
    let decide = async |_: &alis::event_log::View| {
        let reply = Reply { status: 200, location: None, head: None, body: json!(null) };
        let (main, facts) = (main.clone(), vec![fact.clone()]);
        Ok(Decision { main, facts, person_keys: vec![], reply })
    };
    let outcome = running.service.log.execute(&request, decide).await;
    outcome.expect("nothing stands against the fact").position
}

/// A municipality number comes into use on 2020-01-01.
pub async fn municipality(running: &Running, number: &str) -> i64 {
    let period = json!({ "from": "2020-01-01", "to": null });
    record(
        running,
        RawFact {
            kind: "municipality.recorded.v1",
            subjects: &[Subject::new("municipality", number)],
            municipality: Some(number),
            payload: json!({ "number": number, "name": "Eksempel", "period": period }),
        },
    )
    .await
}
