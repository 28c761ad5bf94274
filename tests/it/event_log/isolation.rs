//! What the log refuses, and what it does not need: other isolation levels, notifications. Who may
//! write to it is in `sql/roles.rs`.

use std::time::{Duration, Instant};

use alis::event_log::append::{AppendCommand, AppendError, append, prepare};
use alis::event_log::projector::declared;
use alis::event_log::{DEFAULT_LOG, combiner::Combiner};
use tokio_postgres::error::SqlState;

use super::rig::{Counters, Dice, Node, caught_up};
use crate::support::postgres::{TestDatabase, fresh};

/// The fallback looks once a second; twice that is certain.
const FALLBACK: Duration = Duration::from_millis(2_500);

fn empty_command() -> AppendCommand {
    AppendCommand {
        key: "test".to_owned(),
        fingerprint: vec![0; 32],
        reply: "null".to_owned(),
        guards: vec![],
        facts: vec![],
        meta: "{}".to_owned(),
        person_keys: vec![],
    }
}

#[tokio::test]
async fn a_caller_under_another_isolation_level_is_refused() {
    let database = fresh().await;
    let client = database.connect().await;
    let statement = prepare(&client).await.expect("the function is there");
    for level in ["repeatable read", "serializable"] {
        client.batch_execute(&format!("begin isolation level {level}")).await.expect("it begins");
        let refused = append(&client, &statement, DEFAULT_LOG, &[empty_command()]).await;
        let Err(AppendError::Database(error)) = refused else { panic!("{level} was accepted") };
        assert_eq!(error.code(), Some(&SqlState::INVALID_TRANSACTION_STATE), "{error:?}");
        client.batch_execute("rollback").await.expect("it ends");

        let mut config = database.admin.clone();
        config.options(format!("-c default_transaction_isolation={}", level.replace(' ', "\\ ")));
        let refused = Combiner::start(config, DEFAULT_LOG).await.err();
        let code = refused.as_ref().and_then(tokio_postgres::Error::code);
        assert_eq!(code, Some(&SqlState::INVALID_TRANSACTION_STATE), "{level}: {refused:?}");
    }
    let count = "select count(*) from alis.command";
    let row = client.query_one(count, &[]).await.expect("it can be read");
    assert_eq!(row.get::<_, i64>(0), 0);
}

/// Takes every notification away: the function then finds another `pg_notify` first.
async fn silence(database: &TestDatabase) {
    let sql = "create function alis.pg_notify(text, text) returns void language sql as 'select'; \
               grant execute on function alis.pg_notify to public; \
               alter function alis.append set search_path = alis, pg_catalog, pg_temp";
    database.connect().await.batch_execute(sql).await.expect("the owner may");
}

#[tokio::test]
async fn readers_advance_without_any_notification() {
    let database = fresh().await;
    silence(&database).await;
    let mut node = Node::start(&database.admin).await;
    node.project(declared::<Counters>()).await;
    let (_listening, mut heard) = database.connect_listening().await;
    node.open(2).await;
    let started = Instant::now();
    let client = database.connect().await;
    let mut head = node.log.watch_head();
    let reached = tokio::time::timeout(FALLBACK, head.wait_for(|head| *head == 2)).await;
    reached.expect("the fallback looks by itself").expect("the listener goes on");
    caught_up(&client, "counters").await;
    assert!(started.elapsed() < FALLBACK, "{:?}", started.elapsed());
    assert!(heard.try_recv().is_err(), "the test did not take notifications away");
}

#[tokio::test]
async fn a_listener_whose_connection_is_ended_again_and_again_still_hears() {
    let database = fresh().await;
    let mut node = Node::start(&database.admin).await;
    node.open(2).await;
    node.project(declared::<Counters>()).await;
    let client = database.connect().await;
    let mut dice = Dice::seeded("moves", 7);
    for round in 0..3 {
        let sql = "select pg_terminate_backend(pid) from pg_stat_activity \
                   where datname = current_database() and query ilike 'listen%' \
                   or datname = current_database() and query like 'select head%'";
        let ended = client.query(sql, &[]).await.expect("a superuser may").len();
        assert!(ended > 0, "no listener was found");
        // Recorded while nobody listens.
        let key = format!("round-{round}");
        let outcome = node.move_some(&key, dice.a_move(2)).await.expect("the writer is not hurt");
        let mut head = node.log.watch_head();
        let wanted = outcome.position;
        let heard = tokio::time::timeout(FALLBACK, head.wait_for(|head| *head >= wanted)).await;
        heard.expect("it listens again").expect("the listener goes on");
    }
    caught_up(&client, "counters").await;
}
