//! The sealers: any number of them, none in anybody's way, and none that signs what contradicts
//! what was signed before.

use std::sync::Arc;

use alis::database::pool;
use alis::event_log::DEFAULT_LOG;
use alis::proof::note::Checkpoint;
use alis::proof::sealer::{Sealer, Step};
use alis::proof::store::ProofError;
use jiff::civil::date;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{anchors, findings, key, sealer, signer};
use crate::event_log::rig::{Dice, Move, Node};
use crate::support::postgres::{TestDatabase, connect, fresh};
use crate::support::scratch::Scratch;

/// Moves that hurry past the sealers, and times that a sealer dies.
const MOVES: u64 = 150;
const DEATHS: u64 = 40;

/// Leaves in both trees, and checkpoints.
async fn stands(client: &Client) -> (i64, i64, i64) {
    let sql = "select size, ledger_size, (select count(*) from alis.checkpoint c where c.log = 1) \
               from alis.proof where log = 1";
    let row = client.query_one(sql, &[]).await.expect("the owner may look");
    (row.get(0), row.get(1), row.get(2))
}

async fn newest(client: &Client) -> Checkpoint {
    let sql = "select note from alis.checkpoint order by size desc, ledger_size desc limit 1";
    let row = client.query_one(sql, &[]).await.expect("there is a checkpoint");
    Checkpoint::open(row.get(0), &[key()]).expect("it is signed")
}

fn too_much() -> Move {
    Move { from: 1, to: 2, amount: 1_000, on: date(2020, 2, 1) }
}

#[tokio::test]
async fn commands_that_recorded_nothing_are_sealed_as_well() {
    let database = fresh().await;
    let (node, client) = (Node::start(&database.admin).await, database.connect().await);
    let sealer = sealer(&node, DEFAULT_LOG, None);
    sealer.seal_all().await.expect("it seals");
    assert_eq!(stands(&client).await, (0, 0, 1), "also the empty log is signed, once");
    node.open(2).await;
    sealer.seal_all().await.expect("it seals");
    assert_eq!(stands(&client).await, (2, 2, 2));
    node.move_some("nothing", too_much()).await.expect("it is decided");
    sealer.seal_all().await.expect("it seals");
    assert_eq!(stands(&client).await, (2, 3, 3));
    let checkpoint = newest(&client).await;
    assert_eq!((checkpoint.events.size, checkpoint.ledger.expect("a line").size), (2, 3));
    sealer.seal_all().await.expect("it seals");
    assert_eq!(stands(&client).await, (2, 3, 3), "nothing new is not signed");
    assert_eq!(findings(&node, DEFAULT_LOG, None).await, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_waits_for_a_sealer_and_a_sealer_waits_for_nobody() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    node.open(2).await;
    let mut other = connect(&database.admin).await;
    let held = other.transaction().await.expect("it begins");
    held.execute("select from alis.proof for update", &[]).await.expect("the owner may");
    let sealer = sealer(&node, DEFAULT_LOG, None);
    assert_eq!(sealer.step().await.expect("it looks"), Step::Elsewhere);
    node.move_some("meanwhile", Move { amount: 1, ..too_much() }).await.expect("it is recorded");
    held.rollback().await.expect("it ends");
    assert_eq!(sealer.step().await.expect("it seals"), Step::UpToDate { size: 3 });
}

/// Seals until it is ended. Connections may be lost; the log is sound all the time.
async fn seal_on(sealer: Arc<Sealer>) {
    loop {
        if let Err(error) = sealer.seal_all().await {
            assert!(matches!(error, ProofError::Log(_)), "{error}");
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_instances_that_die_in_between_seal_each_row_once() {
    let database = fresh().await;
    let (node, client) = (Node::start(&database.admin).await, database.connect().await);
    node.open(4).await;
    // Connections of their own, so that only sealers lose theirs.
    let sealers = [(); 2].map(|()| {
        let pool = pool(&node.config, 2).expect("a pool can be made");
        Arc::new(Sealer { pool, ..sealer(&node, DEFAULT_LOG, None) })
    });
    let mut dice = Dice::seeded("two sealers", 8);
    let write = async {
        for number in 0..MOVES {
            let asked = dice.a_move(4);
            node.move_some(&format!("move-{number}"), asked).await.expect("nobody contends");
        }
    };
    let mut when = Dice::seeded("deaths", 9);
    let seal = async {
        for death in 0..DEATHS {
            let tasks = sealers.iter().map(|sealer| tokio::spawn(seal_on(sealer.clone())));
            let tasks: Vec<_> = tasks.collect();
            let pause = std::time::Duration::from_micros(when.below(20_000));
            tokio::time::sleep(pause).await;
            if death % 4 == 0 {
                // A whole instance dies: its connections with it.
                let sql = "select pg_terminate_backend(pid) from pg_stat_activity \
                           where datname = current_database() and query like '%alis.proof%' \
                           and pid <> pg_backend_pid()";
                client.query(sql, &[]).await.expect("the owner may");
            }
            for task in tasks {
                task.abort();
                let ended = task.await.expect_err("it goes on until it is ended");
                assert!(ended.is_cancelled(), "{ended:?}");
            }
        }
    };
    futures_util::future::join(write, seal).await;
    sealer(&node, DEFAULT_LOG, None).seal_all().await.expect("the log is sound");
    let (size, ledger_size, _) = stands(&client).await;
    let sql = "select (select count(*) from alis.event), (select count(*) from alis.command)";
    let row = client.query_one(sql, &[]).await.expect("the owner may look");
    assert_eq!((size, ledger_size), (row.get(0), row.get(1)));
    let sql = "select sum(length(hashes) / 32)::bigint from alis.proof_run \
               where tree = 1 and level = 0";
    let leaves: i64 = client.query_one(sql, &[]).await.expect("the owner may look").get(0);
    assert_eq!(leaves, size, "each event is a leaf once");
    assert_eq!(findings(&node, DEFAULT_LOG, None).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_log_that_is_long_already_is_sealed_in_many_steps() {
    let database = fresh().await;
    let (node, client) = (Node::start(&database.admin).await, database.connect().await);
    crate::support::facts::bulk(&client, 9_000, 10).await;
    // Rows of one instant, more than one step takes, and the clock of the log behind none of them.
    client.batch_execute("update alis.log set recorded_at = now()").await.expect("the owner may");
    let sealer = sealer(&node, DEFAULT_LOG, None);
    assert_eq!(sealer.step().await.expect("it seals"), Step::Moved);
    sealer.seal_all().await.expect("it seals");
    assert_eq!(stands(&client).await, (9_000, 9_000, 1));
    assert_eq!(findings(&node, DEFAULT_LOG, None).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_log_that_was_cut_is_not_sealed_any_further() {
    let database = fresh().await;
    let (node, client) = (Node::start(&database.admin).await, database.connect().await);
    let sealer = sealer(&node, DEFAULT_LOG, None);
    node.open(3).await;
    sealer.seal_all().await.expect("it seals");
    let cut = "alter table alis.event disable trigger append_only;
               delete from alis.event where position = 3; update alis.log set head = 2";
    client.batch_execute(cut).await.expect("the owner may");
    let refused = sealer.seal_all().await.expect_err("the log lost an event");
    assert_eq!(refused.to_string(), "3 events are sealed, and the log has 2");
}

#[tokio::test]
async fn a_log_behind_its_anchor_is_not_signed_anew() {
    let database = fresh().await;
    let (node, client) = (Node::start(&database.admin).await, database.connect().await);
    let scratch = Scratch::fast();
    let file = scratch.path().join("anchors");
    let sealer = sealer(&node, DEFAULT_LOG, Some(file.clone()));
    node.open(3).await;
    sealer.seal_all().await.expect("it seals");
    let anchors = anchors(&node, DEFAULT_LOG, Some(file.clone()), None);
    anchors.append(&file).await.expect("it anchors");
    // Somebody changes an event, forgets what was sealed and lets the service build it anew.
    let forget = "alter table alis.event disable trigger append_only;
        alter table alis.proof_run disable trigger append_only;
        alter table alis.checkpoint disable trigger append_only;
        update alis.event set payload = '{}' where position = 2;
        delete from alis.proof_run; delete from alis.checkpoint;
        update alis.proof set size = 0, ledger_size = 0, ledger_at = '-infinity', ledger_key = ''";
    client.batch_execute(forget).await.expect("the owner may");
    let refused = sealer.seal_all().await.expect_err("the anchor knows better");
    let expected = format!(
        "the newest checkpoint of {}: the tree had another root at 3 leaves",
        file.display()
    );
    assert_eq!(refused.to_string(), expected);
    assert_eq!(stands(&client).await, (0, 0, 0), "and nothing is stored");
}

#[tokio::test]
async fn nothing_is_signed_on_top_of_what_nobody_known_has_signed() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    let ours = sealer(&node, DEFAULT_LOG, None);
    let strange = Arc::new(signer(9));
    let keys = Arc::new([strange.verifier().clone()]);
    let theirs = Sealer { signer: strange, keys, ..sealer(&node, DEFAULT_LOG, None) };
    node.open(1).await;
    theirs.seal_all().await.expect("it seals");
    node.move_some("nothing", Move { to: 1, ..too_much() }).await.expect("it is decided");
    let refused = ours.seal_all().await.expect_err("no known key");
    assert!(matches!(refused, ProofError::Broken(_)), "{refused:?}");
    // Once the old key is known, a new one goes on.
    let keys = Arc::new([key(), theirs.signer.verifier().clone()]);
    let rotated = Sealer { keys, ..sealer(&node, DEFAULT_LOG, None) };
    rotated.seal_all().await.expect("the old key is known");
}

/// What the service's role is told when it tries `sql`.
async fn refusal(client: &Client, sql: &str) -> SqlState {
    let refused = client.batch_execute(sql).await.expect_err(sql);
    refused.code().cloned().unwrap_or_else(|| panic!("{sql}: {refused:?}"))
}

/// A sealed log of three events, and two events after them.
async fn half_sealed() -> (TestDatabase, Node) {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    node.open(3).await;
    sealer(&node, DEFAULT_LOG, None).seal_all().await.expect("it seals");
    for key in ["one", "two"] {
        node.move_some(key, Move { amount: 1, ..too_much() }).await.expect("it is recorded");
    }
    (database, node)
}

/// A run as it is given to the function: tree, level, index of the first node, and bytes of hashes.
type Given = (i16, i16, i64, usize);

/// A call that seals events up to `size`.
fn seal(size: i64, runs: &[Given]) -> String {
    let mut lists = [const { String::new() }; 4];
    for (number, (tree, level, first, bytes)) in runs.iter().enumerate() {
        let hashes = format!("'\\x{}'", "00".repeat(*bytes));
        let values = [tree.to_string(), level.to_string(), first.to_string(), hashes];
        for (list, value) in lists.iter_mut().zip(values) {
            list.push_str(if number > 0 { "," } else { "" });
            list.push_str(&value);
        }
    }
    let [trees, levels, firsts, hashes] = lists;
    format!(
        "select alis.seal(1, {size}, 3, p.ledger_at, p.ledger_key, array[{trees}]::smallint[],
           array[{levels}]::smallint[], array[{firsts}]::bigint[], array[{hashes}]::bytea[])
         from alis.proof p"
    )
}

#[tokio::test]
async fn the_service_can_neither_rewrite_a_tree_nor_leave_a_gap_in_it() {
    let (_database, node) = half_sealed().await;
    let service = connect(&node.config).await;
    let right: [Given; 3] = [(1, 0, 3, 64), (1, 1, 1, 32), (1, 2, 0, 32)];
    for (what, size, runs) in [
        ("over what is there", 5, vec![(1, 0, 2, 64), right[1], right[2]]),
        ("with a gap", 5, vec![(1, 0, 4, 64), right[1], right[2]]),
        ("too few on a level", 5, vec![(1, 0, 3, 32), right[1], right[2]]),
        ("no whole hash", 5, vec![(1, 0, 3, 63), right[1], right[2]]),
        ("a level forgotten", 5, vec![right[0], right[1]]),
        ("a level twice", 5, vec![right[0], right[1], right[1]]),
        ("a third tree", 5, vec![right[0], right[1], (3, 2, 0, 32)]),
        ("into the ledger's tree", 5, vec![right[0], right[1], right[2], (2, 0, 3, 32)]),
        ("beyond the log", 6, vec![(1, 0, 3, 96), right[1], right[2]]),
        ("backwards", 2, vec![]),
    ] {
        let code = refusal(&service, &seal(size, &runs)).await;
        let refused = [SqlState::RESTRICT_VIOLATION, SqlState::UNIQUE_VIOLATION];
        assert!(refused.contains(&code), "{what}: {code:?}");
    }
    let early = "select alis.publish_checkpoint(1, 4, 3, 'x')";
    assert_eq!(refusal(&service, early).await, SqlState::RESTRICT_VIOLATION);
    let twice = "select alis.publish_checkpoint(1, 3, 3, 'x')";
    assert_eq!(refusal(&service, twice).await, SqlState::UNIQUE_VIOLATION);
    service.batch_execute(&seal(5, &right)).await.expect("what follows is taken");
}

#[tokio::test]
async fn only_the_functions_write_and_nobody_removes() {
    let (database, node) = half_sealed().await;
    let service = connect(&node.config).await;
    for sql in [
        "insert into alis.proof_run values (1, 1, 0, 3, '\\x00')",
        "update alis.proof_run set hashes = hashes",
        "delete from alis.checkpoint",
        "insert into alis.checkpoint values (1, 9, 9, 'x')",
        "update alis.proof set size = 0",
        "select alis.begin_proof()",
    ] {
        assert_eq!(refusal(&service, sql).await, SqlState::INSUFFICIENT_PRIVILEGE, "{sql}");
    }
    let owner = database.connect().await;
    for table in ["alis.proof_run", "alis.checkpoint"] {
        for sql in [
            format!("update {table} set log = 1"),
            format!("delete from {table}"),
            format!("truncate {table}"),
        ] {
            assert_eq!(refusal(&owner, &sql).await, SqlState::RESTRICT_VIOLATION, "{sql}");
        }
    }
    assert_eq!(refusal(&owner, "delete from alis.proof").await, SqlState::RESTRICT_VIOLATION);
}

#[tokio::test]
async fn a_new_register_gets_trees_of_its_own() {
    let database = fresh().await;
    let client = database.connect().await;
    let sql = "insert into alis.log (log, name) values (7, 'sandbox')";
    client.batch_execute(sql).await.expect("the owner may");
    let sql = "select size from alis.proof where log = 7";
    let size: i64 = client.query_one(sql, &[]).await.expect("it is there").get(0);
    assert_eq!(size, 0);
}
