//! `alis log verify` against damaged logs: each kind of damage done to a copy of a sound log, by
//! somebody whom no trigger stops, and what is then found.
//!
//! A log that was rewritten as a whole agrees with itself; that is not found here.

mod events;
mod subjects;

use alis::aggregate::{NewFact, Subject};
use alis::event_log::append::{AppendCommand, Verdict};
use alis::event_log::{DEFAULT_LOG, verify};
use jiff::civil::date;
use serde_json::json;
use tokio_postgres::Client;

use super::rig::{Move, Node};
use crate::support::postgres::{TestDatabase, fresh};

/// Who gives to whom, in positions 4 to 8 and 11: a log of three counters.
const MOVES: [(u32, u32); 6] = [(1, 2), (2, 3), (3, 1), (1, 2), (2, 3), (3, 1)];
/// A copy of the log under a number of its own.
const COPY: &str = "
insert into alis.log select {n}, 'copy {n}', head, subjects, recorded_at
  from alis.log where log = 1;
insert into alis.event select {n}, position, id, type, schema_version, recorded_at, effective_from,
  municipality, subjects, payload, meta from alis.event where log = 1;
insert into alis.subject select {n}, id, name, head from alis.subject where log = 1;
insert into alis.event_subject select {n}, subject, position from alis.event_subject where log = 1;
insert into alis.command select {n}, key, fingerprint, head, reply, at
  from alis.command where log = 1;";
/// What an owner can do to the tables who means it.
const NO_TRIGGERS: &str = "
alter table alis.log disable trigger all;
alter table alis.event disable trigger all;
alter table alis.subject disable trigger all;
alter table alis.event_subject disable trigger all;
alter table alis.command disable trigger all;";

/// A damage: what it is, how it is done to log `{n}`, and all that must be found.
type Damage = (&'static str, &'static str, &'static [&'static str]);

/// A sound log of eleven events: three counters opened, five moves, a command of two facts, a move,
/// and a command that recorded nothing.
async fn sound() -> (TestDatabase, Node, Client) {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    node.open(3).await;
    for (number, (from, to)) in MOVES.into_iter().enumerate() {
        if number == 5 {
            let verdict = node.combiner.append(pair()).await.expect("it is recorded");
            assert_eq!(verdict, Verdict::Recorded { head: 10 });
        }
        let asked = Move { from, to, amount: 7, on: date(2020, 2, 1) };
        node.move_some(&format!("move-{number}"), asked).await.expect("nobody contends");
    }
    let too_much = Move { from: 1, to: 2, amount: 1_000, on: date(2020, 2, 1) };
    node.move_some("nothing", too_much).await.expect("it is decided");
    let client = database.connect().await;
    client.batch_execute(NO_TRIGGERS).await.expect("the owner may");
    (database, node, client)
}

fn pair() -> AppendCommand {
    let fact = || NewFact {
        id: uuid::Uuid::now_v7(),
        kind: "test.happened.v1",
        effective_from: date(2020, 1, 1),
        municipality: None,
        subjects: vec![Subject::new("test", "pair")],
        payload: "{}".to_owned(),
    };
    AppendCommand {
        key: "pair".to_owned(),
        fingerprint: vec![0; 32],
        reply: "null".to_owned(),
        guards: vec![],
        facts: vec![fact(), fact()],
        meta: json!({ "command": "pair" }).to_string(),
        person_keys: vec![],
    }
}

async fn findings(node: &Node, log: i32) -> Vec<String> {
    let report = verify::verify(&node.log.pool, log, &|_| {}).await;
    report.expect("the log can be read").findings
}

async fn assert_found(damages: &[Damage]) {
    let (_database, node, client) = sound().await;
    let mut wrong = Vec::new();
    for (number, (what, sql, expected)) in (2..).zip(damages) {
        let copy = COPY.replace("{n}", &number.to_string());
        client.batch_execute(&copy).await.expect("a log can be copied");
        assert_eq!(findings(&node, number).await, Vec::<String>::new(), "the copy is sound");
        let sql = sql.replace("{n}", &number.to_string());
        client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let found = findings(&node, number).await;
        if found != *expected {
            wrong.push(format!("{what}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What is wrong with one log is not said of another.
    assert_eq!(findings(&node, DEFAULT_LOG).await, Vec::<String>::new());
}

/// Damage to the ledger and to the row of the log.
const LEDGER: &[Damage] = &[
    (
        "a row is missing",
        "delete from alis.command where log = {n} and key = 'move-2'",
        &["the command of event 6 is not in the ledger"],
    ),
    (
        "the ledger is gone",
        "delete from alis.command where log = {n}",
        &[
            "the command of event 1 is not in the ledger",
            "the command of event 2 is not in the ledger",
            "the command of event 3 is not in the ledger",
            "the command of event 4 is not in the ledger",
            "the command of event 5 is not in the ledger",
            "the command of event 6 is not in the ledger",
            "the command of event 7 is not in the ledger",
            "the command of event 8 is not in the ledger",
            "the command of event 10 is not in the ledger",
            "the command of event 11 is not in the ledger",
        ],
    ),
    (
        "a row points too far",
        "update alis.command set head = 7 where log = {n} and key = 'move-2'",
        &["the command of event 6 stands at 7 in the ledger"],
    ),
    (
        "a row points into the middle of its command",
        "update alis.command set head = 9 where log = {n} and key = 'pair'",
        &["the command of event 10 stands at 9 in the ledger"],
    ),
    (
        "a row points beyond the log",
        "update alis.command set head = 12 where log = {n} and key = 'nothing'",
        &["1 rows of the ledger stand outside of the log's positions"],
    ),
    (
        "a row points before the log",
        "update alis.command set head = -1 where log = {n} and key = 'nothing'",
        &["1 rows of the ledger stand outside of the log's positions"],
    ),
    (
        "a row of a command that is not there",
        "insert into alis.command select {n}, 'lost', fingerprint, 13, reply, at
         from alis.command where log = {n} and key = 'pair'",
        &["1 rows of the ledger stand outside of the log's positions"],
    ),
    (
        "the head is too high",
        "update alis.log set head = 12 where log = {n}",
        &["the log's head is 12, its last event is 11"],
    ),
    (
        "the head is too low",
        "update alis.log set head = 10 where log = {n}",
        &[
            "1 events stand outside of the log's positions",
            "2 tags stand outside of the log's positions",
            "2 rows of the ledger stand outside of the log's positions",
        ],
    ),
    (
        "the head is lost",
        "update alis.log set head = 0 where log = {n}",
        &[
            "11 events stand outside of the log's positions",
            "17 tags stand outside of the log's positions",
            "11 rows of the ledger stand outside of the log's positions",
        ],
    ),
    (
        "the log has forgotten its subjects",
        "update alis.log set subjects = 1 where log = {n}",
        &["the log has given a number to a subject and does not know it"],
    ),
    (
        "the log's clock went back",
        "update alis.log set recorded_at = recorded_at - interval '1 second'
         where log = {n}",
        &["the log's clock stands before its last event"],
    ),
];

#[tokio::test]
async fn damage_to_the_ledger_and_to_the_log_itself_is_found_and_named() {
    assert_found(LEDGER).await;
}

#[tokio::test]
async fn a_sound_log_is_counted_and_nothing_is_found() {
    let (_database, node, _client) = sound().await;
    let report = verify::verify(&node.log.pool, DEFAULT_LOG, &|_| {}).await;
    let report = report.expect("the log can be read");
    assert_eq!((report.events, report.subjects, report.commands), (11, 4, 11));
    assert_eq!(report.findings, Vec::<String>::new());
}

#[tokio::test]
async fn of_a_log_with_damage_everywhere_the_first_hundred_findings_are_told() {
    let (_database, node, client) = sound().await;
    let sql = "insert into alis.event select log, 11 + n, id, type, schema_version, recorded_at,
        effective_from, municipality, subjects, payload, meta
      from alis.event, generate_series(1, 300) n where log = 1 and position = 11;
      update alis.log set head = 311 where log = 1";
    client.batch_execute(sql).await.expect("the owner may");
    let report = verify::verify(&node.log.pool, DEFAULT_LOG, &|_| {}).await;
    let report = report.expect("the log can be read");
    assert!(report.is_full());
    assert_eq!(report.findings.len(), 100);
    let first = "event 12 names 2 subjects, and is tagged with 0 of them";
    assert_eq!(report.findings[0], first);
}
