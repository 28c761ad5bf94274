//! The write combiner under pressure: a full queue, commands that meet, commands that the database
//! refuses, callers that leave, connections that end.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use alis::aggregate::{NewFact, Subject};
use alis::event_log::DEFAULT_LOG;
use alis::event_log::append::{AppendCommand, Verdict};
use alis::event_log::combiner::{Combiner, WriteError};
use futures_util::future::join_all;
use serde_json::json;
use tokio_postgres::Client;

use super::rig::{Node, findings};
use crate::support::instance::Instance;
use crate::support::postgres::{TestDatabase, fresh};

/// More than a queue and a call hold together.
const FLOOD: u32 = 4_500;
/// Commands that wait behind a locked log.
const WAITING: u32 = 60;

/// A command with one fact about `subject`.
fn command(key: &str, subject: &str, payload: &str) -> AppendCommand {
    AppendCommand {
        key: key.to_owned(),
        fingerprint: vec![0; 32],
        reply: "null".to_owned(),
        guards: vec![],
        facts: vec![NewFact {
            id: uuid::Uuid::now_v7(),
            kind: "test.happened.v1",
            effective_from: jiff::civil::date(2020, 1, 1),
            municipality: None,
            subjects: vec![Subject::new("test", subject)],
            payload: payload.to_owned(),
        }],
        meta: json!({ "command": key }).to_string(),
        person_keys: vec![],
    }
}

type Pending<'a> = Pin<Box<dyn Future<Output = Result<Verdict, WriteError>> + 'a>>;

/// Puts a command into the queue and returns its answer to come.
async fn queued<'a>(combiner: &'a Combiner, command: AppendCommand) -> Pending<'a> {
    let mut pending: Pending<'a> = Box::pin(combiner.append(command));
    let first = futures_util::poll!(pending.as_mut());
    assert!(matches!(first, Poll::Pending), "it did not wait: {first:?}");
    pending
}

/// Holds the log as another writer would, until rolled back.
async fn hold_the_log(database: &TestDatabase) -> Client {
    let client = database.connect().await;
    let sql = "begin; select from alis.log where log = 1 for update";
    client.batch_execute(sql).await.expect("the owner may");
    client
}

async fn release(client: Client) {
    client.batch_execute("rollback").await.expect("it holds only a lock");
}

async fn keys_in_order(database: &TestDatabase) -> Vec<String> {
    let sql = "select meta ->> 'command' from alis.event where log = 1 order by position";
    let rows = database.connect().await.query(sql, &[]).await.expect("it can be read");
    rows.iter().map(|row| row.get(0)).collect()
}

fn is_recorded(verdict: &Result<Verdict, WriteError>) -> bool {
    matches!(verdict, Ok(Verdict::Recorded { .. }))
}

#[tokio::test]
async fn a_full_queue_is_told_at_once_and_what_was_taken_is_recorded() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    let held = hold_the_log(&database).await;
    let flood = (0..FLOOD).map(|number| {
        let key = format!("flood-{number}");
        let combiner = node.combiner.clone();
        async move { combiner.append(command(&key, &key, "{}")).await }
    });
    let release_soon = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        release(held).await;
    };
    let verdicts = tokio::join!(join_all(flood), release_soon).0;
    let busy = verdicts.iter().filter(|v| matches!(v, Err(WriteError::Busy(_)))).count();
    let recorded = verdicts.iter().filter(|v| is_recorded(v)).count();
    assert!(busy > 0 && recorded > 4_000, "{busy} busy, {recorded} recorded");
    assert_eq!(busy + recorded, verdicts.len());
    assert_eq!(keys_in_order(&database).await.len(), recorded);
    assert_eq!(findings(&node).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_caller_over_http_is_told_to_come_back_when_there_is_no_room() {
    let instance = Instance::start().await;
    let admin = instance.database.connect().await;
    // What the server gives up on by itself counts as no room, like a full queue.
    let sql = format!("alter database {} set lock_timeout = '50ms'", instance.database.name());
    admin.batch_execute(&sql).await.expect("the owner may");
    let sql = "select pg_terminate_backend(pid) from pg_stat_activity \
               where datname = current_database() and pid <> pg_backend_pid()";
    admin.query(sql, &[]).await.expect("a superuser may");
    let client = instance.client();
    let kari = json!({"hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "new"});
    // The writer has a new connection, with the new limit, once something has been recorded.
    client.post("/v1/trainees", kari).await.expect(201);

    let held = hold_the_log(&instance.database).await;
    let ola = json!({"hpr_number": "999000002", "name": "Ola Eksempel", "scheme": "new"});
    let key = [("Idempotency-Key", "ola")];
    let refused = client.post_with("/v1/trainees", &key, ola.clone()).await;
    assert_eq!(refused.expect_problem(503, "unavailable").header("retry-after"), Some("1"));
    release(held).await;
    client.post_with("/v1/trainees", &key, ola).await.expect(201);
    instance.stop().await;
}

#[tokio::test]
async fn commands_on_one_subject_are_recorded_in_the_order_they_came() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    let held = hold_the_log(&database).await;
    let mut pending = Vec::new();
    for number in 0..WAITING {
        // Every third is about the same subject; the others are about one each.
        let (key, alone) = (format!("{number:03}"), format!("alone-{number}"));
        let subject = if number % 3 == 0 { "shared" } else { &alone };
        pending.push(queued(&node.combiner, command(&key, subject, "{}")).await);
    }
    release(held).await;
    let verdicts = join_all(pending).await;
    assert!(verdicts.iter().all(is_recorded), "{verdicts:?}");
    let keys = keys_in_order(&database).await;
    let on_shared = |key: &&String| key.parse::<u32>().expect("keys are numbers") % 3 == 0;
    let shared: Vec<&String> = keys.iter().filter(on_shared).collect();
    assert!(shared.is_sorted(), "{shared:?}");
    assert_eq!(keys.len(), usize::try_from(WAITING).expect("it is small"));
}

#[tokio::test]
async fn a_command_that_the_database_refuses_fails_alone() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    let held = hold_the_log(&database).await;
    let mut pending = Vec::new();
    for number in 0..WAITING {
        let key = format!("key-{number}");
        let payload = match number {
            7 => "{ not json",
            30 => "{\"text\": \"\0\"}",
            _ => "{}",
        };
        pending.push(queued(&node.combiner, command(&key, &key, payload)).await);
    }
    release(held).await;
    for (number, verdict) in join_all(pending).await.into_iter().enumerate() {
        let poison = number == 7 || number == 30;
        match verdict {
            Err(WriteError::Refused(_)) if poison => {}
            Ok(Verdict::Recorded { .. }) if !poison => {}
            other => panic!("command {number}: {other:?}"),
        }
    }
    assert_eq!(findings(&node).await, Vec::<String>::new());
    let again = node.combiner.append(command("key-7", "key-7", "{}")).await;
    assert!(is_recorded(&again), "nothing of it was recorded, so its key is free: {again:?}");
}

#[tokio::test]
async fn a_command_whose_caller_has_left_is_recorded() {
    let instance = Instance::start().await;
    let node = Node::start(&instance.database.admin).await;
    let held = hold_the_log(&instance.database).await;
    drop(queued(&node.combiner, command("left", "left", "{}")).await);
    let client = instance.client();
    let kari = json!({"hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "new"});
    let post = client.post("/v1/trainees", kari);
    let given_up = tokio::time::timeout(Duration::from_millis(300), post).await;
    assert!(given_up.is_err(), "it was answered although the log is held");
    release(held).await;
    // What comes after both waits for both.
    let last = node.combiner.append(command("last", "left", "{}")).await;
    assert!(is_recorded(&last), "{last:?}");
    let ola = json!({"hpr_number": "999000002", "name": "Ola Eksempel", "scheme": "new"});
    let position = client.post("/v1/trainees", ola).await.expect(201).position();
    assert_eq!(position, 4);
    assert_eq!(keys_in_order(&instance.database).await.iter().filter(|k| *k == "left").count(), 1);
    instance.stop().await;
}

#[tokio::test]
async fn a_writer_whose_connection_ends_in_the_middle_asks_the_ledger() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    let admin = database.connect().await;
    for round in 0..3 {
        let held = hold_the_log(&database).await;
        let mut pending = Vec::new();
        for number in 0..WAITING {
            let key = format!("{round}-{number}");
            pending.push(queued(&node.combiner, command(&key, &key, "{}")).await);
        }
        // The writer hands over the first ones; its connection ends while they wait for the log.
        let ended = async {
            let sql = "select pg_terminate_backend(pid) from pg_stat_activity \
                       where datname = current_database() and wait_event_type = 'Lock'";
            while admin.query(sql, &[]).await.expect("a superuser may").is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            release(held).await;
        };
        let verdicts = tokio::join!(join_all(pending), ended).0;
        assert!(verdicts.iter().all(is_recorded), "{verdicts:?}");
    }
    let keys = keys_in_order(&database).await;
    let once: std::collections::BTreeSet<&String> = keys.iter().collect();
    assert_eq!((keys.len(), once.len()), (180, 180));
    assert_eq!(findings(&node).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_writer_without_a_log_is_refused_at_its_start() {
    let database = fresh().await;
    let config = alis::database::acting_as(&database.admin, "alis_service");
    assert!(Combiner::start(config.clone(), DEFAULT_LOG).await.is_ok());
    assert!(Combiner::start(config, 77).await.is_err());
}
