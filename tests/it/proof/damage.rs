//! Each kind of damage done to a sealed copy of a log, by somebody whom no trigger stops, and what
//! the full verification then finds. Whoever also builds the trees anew is met in `rebuilt.rs`.

use std::path::PathBuf;

use alis::event_log::{DEFAULT_LOG, verify};
use jiff::civil::date;
use tokio_postgres::Client;

use super::{anchors, findings, sealer};
use crate::event_log::rig::{Move, Node};
use crate::support::postgres::{TestDatabase, fresh};
use crate::support::scratch::Scratch;

/// Who gives to whom, in positions 4 to 9.
const MOVES: [(u32, u32); 6] = [(1, 2), (2, 3), (3, 1), (1, 2), (2, 3), (3, 1)];
/// A copy of the log under a number of its own, of which the first five events are known.
const COPY: &str = "
insert into alis.log select {n}, 'copy {n}', 5, l.subjects, e.recorded_at
  from alis.log l join alis.event e on e.log = l.log and e.position = 5 where l.log = 1;
insert into alis.event select {n}, position, id, type, schema_version, recorded_at, effective_from,
  municipality, subjects, payload, meta from alis.event where log = 1;
insert into alis.subject select {n}, id, name, head from alis.subject where log = 1;
insert into alis.event_subject select {n}, subject, position from alis.event_subject where log = 1;
insert into alis.command select {n}, key, fingerprint, head, reply, at
  from alis.command where log = 1;";
/// The rest of it becomes known.
const REST: &str = "
update alis.log c set head = l.head, recorded_at = l.recorded_at
  from alis.log l where l.log = 1 and c.log = {n}";
/// What an owner can do to the tables who means it.
const NO_TRIGGERS: &str = "
alter table alis.log disable trigger no_removal;
alter table alis.event disable trigger all;
alter table alis.subject disable trigger all;
alter table alis.event_subject disable trigger all;
alter table alis.command disable trigger all;
alter table alis.proof disable trigger all;
alter table alis.proof_run disable trigger all;
alter table alis.checkpoint disable trigger all;";

/// A log of nine events and ten commands, of which the last recorded nothing; and copies of it,
/// each sealed twice, at five events and at nine.
pub struct Copies {
    _database: TestDatabase,
    pub node: Node,
    pub client: Client,
    scratch: Scratch,
}

impl Copies {
    pub async fn new() -> Self {
        let database = fresh().await;
        let node = Node::start(&database.admin).await;
        node.open(3).await;
        for (number, (from, to)) in MOVES.into_iter().enumerate() {
            let asked = Move { from, to, amount: 7, on: date(2020, 2, 1) };
            node.move_some(&format!("move-{number}"), asked).await.expect("nobody contends");
        }
        let too_much = Move { from: 1, to: 2, amount: 1_000, on: date(2020, 2, 1) };
        node.move_some("nothing", too_much).await.expect("it is decided");
        let client = database.connect().await;
        client.batch_execute(NO_TRIGGERS).await.expect("the owner may");
        Self { _database: database, node, client, scratch: Scratch::fast() }
    }

    /// Where the checkpoints of a copy are anchored.
    pub fn anchor(&self, log: i32) -> PathBuf {
        self.scratch.path().join(format!("anchors-{log}"))
    }

    /// Makes a copy and seals it twice.
    pub async fn sealed(&self, log: i32) {
        let file = self.anchor(log);
        for sql in [COPY, REST] {
            self.run(log, sql).await;
            sealer(&self.node, log, None).seal_all().await.expect("the copy is sound");
            let anchors = anchors(&self.node, log, Some(file.clone()), None);
            anchors.append(&file).await.expect("the file can be written");
        }
        assert_eq!(self.findings(log).await, Vec::<String>::new(), "the copy is sound");
    }

    /// Does something to a copy.
    pub async fn run(&self, log: i32, sql: &str) {
        let sql = sql.replace("{n}", &log.to_string());
        self.client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// What the full verification finds in a copy. The name of the anchor is told as ANCHOR.
    pub async fn findings(&self, log: i32) -> Vec<String> {
        let file = self.anchor(log);
        let found = findings(&self.node, log, Some(file.clone())).await;
        let name = file.display().to_string();
        found.into_iter().map(|finding| finding.replace(&name, "ANCHOR")).collect()
    }
}

/// A damage: what it is, how it is done to log `{n}`, and all that must be found.
type Damage = (&'static str, &'static str, &'static [&'static str]);

async fn assert_found(damages: &[Damage]) {
    let copies = Copies::new().await;
    let mut wrong = Vec::new();
    for (log, (what, sql, expected)) in (2..).zip(damages) {
        copies.sealed(log).await;
        copies.run(log, sql).await;
        let found = copies.findings(log).await;
        if found != *expected {
            wrong.push(format!("{what}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const EVENTS: &[Damage] = &[
    (
        "a byte of a payload",
        "update alis.event set payload = replace(payload::text, '7', '8')::json
         where log = {n} and position = 5",
        &["event 5 is not what was sealed"],
    ),
    (
        "a space in a payload, which means nothing",
        "update alis.event set payload = (payload::text || ' ')::json
         where log = {n} and position = 5",
        &["event 5 is not what was sealed"],
    ),
    (
        "who acted",
        "update alis.event set meta = (meta::jsonb || '{\"actor\": 1}')::json
         where log = {n} and position = 2",
        &["event 2 is not what was sealed"],
    ),
    (
        "what happened",
        "update alis.event set type = 'counter.moved.v1' where log = {n} and position = 9",
        &["event 9 is not what was sealed"],
    ),
    (
        "when it was recorded",
        "update alis.event set recorded_at = recorded_at - interval '1 microsecond'
         where log = {n} and position = 1",
        &["event 1 is not what was sealed"],
    ),
    (
        "from when it holds, under which municipality, its id and its version",
        "update alis.event set effective_from = effective_from + 1 where log = {n} and position = 1;
         update alis.event set municipality = '' where log = {n} and position = 2;
         update alis.event set id = gen_random_uuid() where log = {n} and position = 3;
         update alis.event set schema_version = 2 where log = {n} and position = 4",
        &[
            "event 1 is not what was sealed",
            "event 2 is not what was sealed",
            "event 3 is not what was sealed",
            "event 4 is not what was sealed",
        ],
    ),
    (
        "whom it concerns, in another order",
        "update alis.event set subjects = array[subjects[2], subjects[1]]
         where log = {n} and position = 6",
        &["event 6 is not what was sealed"],
    ),
    (
        "a date that no calendar knows",
        "update alis.event set recorded_at = 'infinity' where log = {n} and position = 9",
        &[
            "event 9 cannot be read: error deserializing column 4",
            "event 9 was sealed and is not there as it was",
        ],
    ),
    (
        "two events swapped",
        "update alis.event set position = -4 where log = {n} and position = 4;
         update alis.event set position = 4 where log = {n} and position = 5;
         update alis.event set position = 5 where log = {n} and position = -4",
        &["event 4 is not what was sealed", "event 5 is not what was sealed"],
    ),
    (
        "the newest event removed, and the log as if it had never been",
        "delete from alis.event where log = {n} and position = 9;
         update alis.log set head = 8 where log = {n}",
        &["event 9 was sealed and is not there as it was"],
    ),
    (
        "an event removed and the others moved up",
        "delete from alis.event where log = {n} and position = 8;
         update alis.event set position = 8 where log = {n} and position = 9;
         update alis.log set head = 8 where log = {n}",
        &["event 8 is not what was sealed", "event 9 was sealed and is not there as it was"],
    ),
];

#[tokio::test]
async fn whatever_is_changed_in_an_event_is_found() {
    assert_found(EVENTS).await;
}

const LEDGER: &[Damage] = &[
    (
        "an answer",
        "update alis.command set reply = '{}' where log = {n} and key = 'move-2'",
        &["row move-2 of the ledger is not what was sealed as number 6"],
    ),
    (
        "what was asked",
        "update alis.command set fingerprint = '\\x00' where log = {n} and key = 'nothing'",
        &["row nothing of the ledger is not what was sealed as number 10"],
    ),
    (
        "where the log stood",
        "update alis.command set head = 8 where log = {n} and key = 'nothing'",
        &["row nothing of the ledger is not what was sealed as number 10"],
    ),
    (
        "when it was",
        "update alis.command set at = at + interval '1 microsecond'
         where log = {n} and key = 'move-0'",
        &["row move-0 of the ledger is not what was sealed as number 4"],
    ),
    (
        "whose it was",
        "update alis.command set key = 'mine' where log = {n} and key = 'move-1'",
        &["row mine of the ledger is not what was sealed as number 5"],
    ),
    (
        "a row removed",
        "delete from alis.command where log = {n} and key = 'move-2'",
        &["row number 6 of the ledger was removed"],
    ),
    (
        "the newest row removed, of a command that recorded nothing",
        "delete from alis.command where log = {n} and key = 'nothing'",
        &["row number 10 of the ledger was removed"],
    ),
    (
        "a row added among the others",
        "insert into alis.command select log, 'new', fingerprint, head, reply, at
         from alis.command where log = {n} and key = 'move-2'",
        &["row new of the ledger was added"],
    ),
    (
        "two rows swapped",
        "update alis.command set key = '-' where log = {n} and key = 'move-4';
         update alis.command set key = 'move-4' where log = {n} and key = 'move-5';
         update alis.command set key = 'move-5' where log = {n} and key = '-'",
        &[
            "row move-5 of the ledger is not what was sealed as number 8",
            "row move-4 of the ledger is not what was sealed as number 9",
        ],
    ),
    (
        "a time that no calendar knows",
        "update alis.command set at = 'infinity' where log = {n} and key = 'nothing'",
        &["row number 10 of the ledger was removed"],
    ),
];

#[tokio::test]
async fn whatever_is_changed_in_the_ledger_is_found() {
    assert_found(LEDGER).await;
}

const PROOFS: &[Damage] = &[
    (
        "a leaf of the tree",
        "update alis.proof_run set hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)
         where log = {n} and tree = 1 and level = 0 and first_index = 0",
        &[
            "event 2 is not what was sealed",
            "node 0 on level 1 of the tree of events is not what was sealed",
            "node 0 on level 2 of the tree of events is not what was sealed",
            "node 0 on level 3 of the tree of events is not what was sealed",
            "the checkpoint of 5 events in the database does not hold, nor do 1 after it: \
             something among events 1 to 5 was changed, and the tree built anew over it",
            "the checkpoint of 5 events in ANCHOR does not hold, nor do 1 after it: something \
             among events 1 to 5 was changed, and the tree built anew over it",
        ],
    ),
    (
        "a node above the leaves",
        "update alis.proof_run set hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 128)
         where log = {n} and tree = 2 and level = 2 and first_index = 1",
        &["node 1 on level 2 of the tree of ledger rows is not what was sealed"],
    ),
    (
        "a run of leaves removed",
        "delete from alis.proof_run
         where log = {n} and tree = 1 and level = 0 and first_index = 5",
        &[
            "the hash of event 6 is missing from the tree",
            "the hash of event 7 is missing from the tree",
            "the hash of event 8 is missing from the tree",
            "the hash of event 9 is missing from the tree",
        ],
    ),
    (
        "a checkpoint that says more",
        "update alis.checkpoint set note = replace(note, E'\\n5\\n', E'\\n6\\n')
         where log = {n} and size = 5",
        &["the checkpoint of 5 events in the database: its signature does not hold"],
    ),
    (
        "a checkpoint that somebody else has signed",
        "update alis.checkpoint set note = replace(note, 'test.invalid', 'mine.invalid')
         where log = {n} and size = 9",
        &["the checkpoint of 9 events in the database: no known key has signed it"],
    ),
];

#[tokio::test]
async fn whatever_is_changed_in_the_trees_and_checkpoints_is_found() {
    assert_found(PROOFS).await;
}

#[tokio::test]
async fn an_anchor_that_was_changed_is_found_as_well() {
    let copies = Copies::new().await;
    copies.sealed(2).await;
    let file = copies.anchor(2);
    let text = std::fs::read_to_string(&file).expect("it is anchored");
    assert_eq!(text.lines().count(), 2);
    let forged = text.replacen("\\n5\\n", "\\n4\\n", 1);
    std::fs::write(&file, &forged).expect("it is ours");
    assert_eq!(copies.findings(2).await, ["ANCHOR line 1: its signature does not hold"]);
    let swapped: Vec<&str> = text.lines().rev().collect();
    std::fs::write(&file, swapped.join("\n")).expect("it is ours");
    let recorded = "ANCHOR line 2: the checkpoint is older than the one before it";
    assert_eq!(copies.findings(2).await[..1], [recorded]);
    std::fs::write(&file, "{}\n").expect("it is ours");
    let found = copies.findings(2).await;
    assert!(found[0].starts_with("ANCHOR line 1 cannot be read: "), "{found:?}");
    std::fs::remove_file(&file).expect("it is ours");
    let found = copies.findings(2).await;
    assert!(found[0].starts_with("the anchor ANCHOR cannot be read: "), "{found:?}");
}

#[tokio::test]
async fn erasing_a_person_changes_nothing_that_was_sealed() {
    let copies = Copies::new().await;
    let key = "insert into alis.person_key values (2, gen_random_uuid(), '\\x00')";
    copies.sealed(2).await;
    copies.run(2, key).await;
    copies.run(2, "delete from alis.person_key").await;
    assert_eq!(copies.findings(2).await, Vec::<String>::new());
}

/// Damage that no seal covers, because the tables are only read from: the plain verification, which
/// comes first, finds it.
const BESIDE: &[(&str, &str, &str)] = &[
    (
        "a subject's head",
        "update alis.subject set head = 4 where log = {n} and name = 'counter:2'",
        "subject counter:2 stands at 4, its events at 8",
    ),
    (
        "a subject's name",
        "update alis.subject set name = 'counter:9' where log = {n} and name = 'counter:2'",
        "event 2 names 1 subjects, and is tagged with 0 of them",
    ),
    (
        "a tag",
        "delete from alis.event_subject where log = {n} and position = 2",
        "event 2 names 1 subjects, and is tagged with 0 of them",
    ),
    (
        "an event added behind the newest",
        "insert into alis.event select log, 10, gen_random_uuid(), type, schema_version,
           recorded_at, effective_from, municipality, subjects, payload, '{\"command\": \"new\"}'
         from alis.event where log = {n} and position = 9;
         update alis.log set head = 10 where log = {n}",
        "the command of event 10 is not in the ledger",
    ),
    (
        "a row of the ledger added behind the newest",
        "insert into alis.command select log, 'new', fingerprint, head, reply, at + interval '1 s'
         from alis.command where log = {n} and key = 'nothing'",
        "1 rows of the ledger are later than the log's clock",
    ),
    (
        "the head",
        "update alis.log set head = 8 where log = {n}",
        "1 events stand outside of the log's positions",
    ),
];

#[tokio::test]
async fn subjects_tags_and_events_behind_the_newest_are_found_by_the_plain_verification() {
    let copies = Copies::new().await;
    for (log, (what, sql, expected)) in (2..).zip(BESIDE) {
        copies.sealed(log).await;
        copies.run(log, sql).await;
        let report = verify::verify(&copies.node.log.pool, log, &|_| {}).await;
        let found = report.expect("the log can be read").findings;
        assert!(found.iter().any(|finding| finding == expected), "{what}: {found:#?}");
    }
    let report = verify::verify(&copies.node.log.pool, DEFAULT_LOG, &|_| {}).await;
    assert_eq!(report.expect("the log can be read").findings, Vec::<String>::new());
}
