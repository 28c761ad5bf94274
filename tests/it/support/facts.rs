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

/// Adds `count` facts about `subjects` subjects behind the service's back, as a log of some age
/// holds them: `bulk:1` .. `bulk:<subjects>` in turn. Needs every right.
pub async fn bulk(admin: &tokio_postgres::Client, count: i64, subjects: i64) {
    let sql = format!(
        "with start as (select head, subjects from alis.log where log = 1)
         insert into alis.event
         select 1, start.head + n, gen_random_uuid(), 'bulk.happened.v1', 1, now(), '2020-01-01',
                case when n % 100 = 0 then '5401' end, array['bulk:' || n % {subjects}], '{{}}', '{{}}'
         from start, generate_series(1, {count}) n;
         with start as (select head, subjects from alis.log where log = 1)
         insert into alis.subject
         select 1, start.subjects + n + 1, 'bulk:' || n, start.head + {count} - {subjects} + n
         from start, generate_series(0, {subjects} - 1) n;
         with start as (select head, subjects from alis.log where log = 1)
         insert into alis.event_subject
         select 1, start.subjects + n % {subjects} + 1, start.head + n
         from start, generate_series(1, {count}) n;
         insert into alis.command
         select 1, 'bulk:' || n, '', n, 'null', now() from generate_series(1, {count}) n;
         update alis.log set head = head + {count}, subjects = subjects + {subjects} where log = 1;
         analyze alis.event; analyze alis.subject; analyze alis.event_subject;
         analyze alis.command; analyze alis.log"
    );
    admin.batch_execute(&sql).await.expect("the owner of the tables can add to them");
}
