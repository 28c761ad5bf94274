//! The account at the end: what was acknowledged against what the database holds.

use std::collections::BTreeMap;

use alis::app;
use futures_util::{StreamExt, stream};
use tokio_postgres::{Client, Config};

use super::load::{Finished, KEY, Kept};
use crate::event_log::rig::{caught_up, table};
use crate::support::client::{self, Answer};
use crate::support::operator::Operator;
use crate::support::postgres::connect;

/// Requests asked again at once.
const AT_ONCE: usize = 8;

/// What the ledger and the log hold of one key.
#[derive(Debug, Default, PartialEq)]
struct Held {
    ledger: Vec<i64>,
    facts: Vec<i64>,
}

/// Everything that must hold after any crash, asked of the database and of a running service.
pub async fn settle(
    operator: &Operator,
    service: &client::Client,
    admin: &Config,
    finished: &Finished,
) {
    let client = connect(admin).await;
    let accepted = finished.kept.iter().filter(|kept| kept.answer.status < 300).count();
    let in_vain = finished.kept.iter().filter(|kept| kept.in_vain > 0).count();
    eprintln!("{} requests, {accepted} accepted, {in_vain} asked again", finished.kept.len());
    assert_each_is_held_once(&client, &finished.kept).await;
    assert_same_answers(service, &finished.kept).await;
    // The retries above have recorded nothing.
    assert_each_is_held_once(&client, &finished.kept).await;
    assert_consumer_read_the_table(&client, finished).await;
    let verified = operator.run(&["log", "verify"]).await;
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
    assert_read_models_are_whole(operator, &client).await;
}

/// No acknowledged command is missing, none is applied twice, and nobody else's is there.
async fn assert_each_is_held_once(client: &Client, kept: &[Kept]) {
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    let ledger = format!("select substring(key from '{KEY}.*'), head from alis.command");
    let facts = format!(
        "select substring(meta ->> 'command' from '{KEY}.*'), position from alis.event order by 2"
    );
    for row in client.query(&ledger, &[]).await.expect("the owner may look") {
        // Whatever has no such key was done before the clients came.
        if let Some(key) = row.get(0) {
            held.entry(key).or_default().ledger.push(row.get(1));
        }
    }
    for row in client.query(&facts, &[]).await.expect("the owner may look") {
        if let Some(key) = row.get(0) {
            held.entry(key).or_default().facts.push(row.get(1));
        }
    }
    for Kept { act, answer, .. } in kept {
        let held = held.remove(&act.key).unwrap_or_default();
        let expected = match answer.status {
            200 | 201 => {
                let position = answer.position();
                let facts = (position - act.facts + 1..=position).collect();
                Held { ledger: vec![position], facts }
            }
            _ => Held::default(),
        };
        assert_eq!(held, expected, "{} was answered {}: {}", act.key, answer.status, answer.text);
    }
    assert!(held.is_empty(), "recorded, and nobody was told: {held:?}");
}

/// What two answers to the same request must have in common.
fn essence(answer: &Answer) -> (u16, Vec<Option<&str>>, &str) {
    let headers = ["etag", "location", "log-position"];
    (answer.status, headers.map(|name| answer.header(name)).to_vec(), &answer.text)
}

/// The same key gives the same answer. A refusal is not kept, but what was refused stays so here.
async fn assert_same_answers(service: &client::Client, kept: &[Kept]) {
    let asked = kept.iter().map(|Kept { act, answer, .. }| async move {
        let key = [("Idempotency-Key", act.key.as_str())];
        let again = service.post_with(&act.path, &key, act.body.clone()).await;
        if answer.status < 300 {
            assert_eq!(essence(&again), essence(answer), "{}", act.key);
        } else {
            let code = answer.body["code"].as_str().expect("a problem has a code");
            again.expect_problem(answer.status, code);
        }
    });
    stream::iter(asked).buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// The consumer has read every event up to its checkpoint, in order, each once.
async fn assert_consumer_read_the_table(client: &Client, finished: &Finished) {
    let consumed = &finished.consumed;
    let sql = "select position, id::text from alis.event where log = 1 and position <= $1
               order by position";
    let rows = client.query(sql, &[&consumed.checkpoint]).await.expect("the owner may look");
    let stored: Vec<(i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(!stored.is_empty(), "the consumer has read nothing");
    assert_eq!(consumed.seen, stored);
}

/// The read models end where the log ends, with the rows that a rebuild makes.
async fn assert_read_models_are_whole(operator: &Operator, client: &Client) {
    let mut moved = Vec::new();
    for model in app::projections() {
        caught_up(client, model.name()).await;
        moved.push((model.name(), table(client, model.name()).await));
    }
    let rebuilt = operator.run(&["project", "rebuild", "--all"]).await;
    assert_eq!(rebuilt.code, Some(0), "{}{}", rebuilt.out, rebuilt.err);
    for (name, rows) in moved {
        assert!(table(client, name).await == rows, "{name} has other rows than a rebuild makes");
    }
    let parked: i64 = client
        .query_one("select count(*) from alis.parked", &[])
        .await
        .expect("the owner may look")
        .get(0);
    assert_eq!(parked, 0);
}

/// No service has panicked or met what an operator must look into.
pub fn assert_calm(operator: &Operator) {
    for line in operator.logged().lines() {
        let loud = line.contains("\"level\":\"ERROR\"") || !line.starts_with('{');
        assert!(!loud, "a service says: {line}");
    }
}

/// No service has panicked: every line is one of the structured log.
pub fn assert_no_panic(operator: &Operator) {
    for line in operator.logged().lines() {
        assert!(line.starts_with('{'), "a service says: {line}");
    }
}
