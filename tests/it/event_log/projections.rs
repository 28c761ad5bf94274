//! Read models: each fact applied once whoever works, builds beside the live table, builders that
//! die, facts that the code cannot take in, old forms of facts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alis::aggregate::{DecodeError, DomainEvent, Fact, Fold, NewFact};
use alis::event_log::append::{AppendCommand, Verdict};
use alis::event_log::projection::{ReadModel, Row};
use alis::event_log::projector::{Projection, Step, declared, step};
use alis::event_log::{DEFAULT_LOG, Failure};
use jiff::civil::date;
use serde_json::json;
use tokio_postgres::Client;

use super::rig::{
    COLUMNS, COUNTER, Counter, Counters, Dice, Event, Move, Node, OPENING, TABLE, caught_up,
    counter_rows, status_of, subject, table,
};
use crate::support::postgres::{TestDatabase, connect, fresh};

/// Counters, and moves between them in these tests.
const COUNTERS: u32 = 6;
const MOVES: u32 = 60;
/// The amount that [`Choosy`] and [`Brittle`] cannot take in.
const POISON: i64 = 13;

/// [`Counters`] in a later version, with another column and a gate that holds its builds.
struct CountersTwo;
static GATE: AtomicBool = AtomicBool::new(true);

impl ReadModel for CountersTwo {
    type State = Counter;
    const NAME: &'static str = "counters";
    const VERSION: i32 = 2;
    const SUBJECT: &'static str = COUNTER;
    const TABLE: &'static str = "create table {table} (
      log integer not null, key text not null, valid_from date not null, valid_to date not null,
      known_from bigint not null, known_to bigint not null, holds bigint not null,
      body json not null, facts bigint not null
    ); create index on {table} (log, facts)";
    const COLUMNS: &'static str = "holds, body, facts";

    fn rows(key: &str, state: &Counter) -> Vec<Row> {
        while !GATE.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(2));
        }
        let rows = counter_rows(key, state);
        rows.into_iter().map(|row| row.plain(state.facts.len())).collect()
    }
}

/// A state that refuses one amount, as a program refuses a fact of a newer one.
#[derive(Default)]
struct ChoosyState(Counter);

impl Fold for ChoosyState {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if amount(fact)? == POISON {
            let (position, kind) = (fact.position, fact.kind.to_owned());
            return Err(DecodeError { position, kind, reason: "an unlucky number".to_owned() });
        }
        self.0.apply(fact)
    }
}

/// A state that breaks on one amount.
#[derive(Default)]
struct BrittleState(Counter);

impl Fold for BrittleState {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        assert_ne!(amount(fact)?, POISON, "this test breaks a fold on purpose");
        self.0.apply(fact)
    }
}

fn amount(fact: &Fact<'_>) -> Result<i64, DecodeError> {
    Ok(match Event::decode(fact)? {
        Some(Event::Moved(moved)) => moved.amount,
        Some(Event::Opened(_)) | None => 0,
    })
}

macro_rules! like_counters {
    ($name:ident, $state:ty, $inner:expr) => {
        struct $name;
        impl ReadModel for $name {
            type State = $state;
            const NAME: &'static str = "counters";
            const VERSION: i32 = 1;
            const SUBJECT: &'static str = COUNTER;
            const TABLE: &'static str = TABLE;
            const COLUMNS: &'static str = COLUMNS;
            fn rows(key: &str, state: &$state) -> Vec<Row> {
                let inner: fn(&$state) -> &Counter = $inner;
                counter_rows(key, inner(state))
            }
        }
    };
}
like_counters!(Choosy, ChoosyState, |state| &state.0);
like_counters!(Brittle, BrittleState, |state| &state.0);

/// Same name and version as [`Counters`], other rows: a program changed without telling.
struct Drifted;
impl ReadModel for Drifted {
    type State = Counter;
    const NAME: &'static str = "counters";
    const VERSION: i32 = 1;
    const SUBJECT: &'static str = COUNTER;
    const TABLE: &'static str = TABLE;
    const COLUMNS: &'static str = COLUMNS;
    fn rows(key: &str, state: &Counter) -> Vec<Row> {
        let mut shifted = state.clone();
        for fact in &mut shifted.facts {
            if let Event::Moved(moved) = fact {
                moved.on = moved.on.saturating_add(jiff::Span::new().days(1000));
            }
        }
        counter_rows(key, &shifted)
    }
}

async fn node_with_moves(database: &TestDatabase, seed: u64) -> Node {
    let node = Node::start(&database.admin).await;
    node.open(COUNTERS).await;
    moves(&node, seed).await;
    node
}

/// Random moves, none of them of the poisonous amount.
async fn moves(node: &Node, seed: u64) {
    let mut dice = Dice::seeded("moves", seed);
    for number in 0..MOVES {
        let mut asked = dice.a_move(COUNTERS);
        asked.amount += i64::from(asked.amount == POISON);
        node.move_some(&format!("{seed}-{number}"), asked).await.expect("nobody contends");
    }
}

async fn poison(node: &Node, from: u32, to: u32) {
    let asked = Move { from, to, amount: POISON, on: date(2020, 3, 1) };
    node.move_some(&format!("poison-{from}-{to}"), asked).await.expect("nobody contends");
}

/// Tables of read models that exist.
async fn tables(client: &Client) -> Vec<String> {
    let sql = "select relname::text from pg_class c join pg_namespace n on n.oid = relnamespace \
               where nspname = 'model' and relkind = 'r' order by 1";
    let rows = client.query(sql, &[]).await.expect("the catalogue can be read");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn columns(client: &Client) -> i64 {
    let sql = "select count(*) from information_schema.columns \
               where table_schema = 'model' and table_name = 'counters'";
    client.query_one(sql, &[]).await.expect("the catalogue can be read").get(0)
}

/// A step of the worker until there is nothing left to do.
async fn step_to_the_end(node: &Node, projection: &Arc<dyn Projection>) {
    while step(&node.log.pool, DEFAULT_LOG, projection.as_ref()).await.expect("a step works")
        != Step::UpToDate
    {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_that_move_one_table_apply_each_fact_once() {
    let database = fresh().await;
    let mut first = Node::start(&database.admin).await;
    first.project(declared::<Counters>()).await;
    let mut second = Node::start(&database.admin).await;
    second.project(declared::<Counters>()).await;
    first.open(COUNTERS).await;
    tokio::join!(moves(&first, 1), moves(&second, 2));
    let client = database.connect().await;
    caught_up(&client, "counters").await;
    let moved = table(&client, "counters").await;
    assert!(moved.len() > 100, "{} rows", moved.len());
    assert_eq!(tables(&client).await, ["counters_l1_b1"], "the second found a live table");
    first.rebuild(&declared::<Counters>()).await.expect("the read model can be built");
    assert_eq!(moved, table(&client, "counters").await);
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn builds_serve_the_old_version_until_the_swap_and_a_dead_builder_leaves_nothing() {
    let database = fresh().await;
    let mut node = node_with_moves(&database, 3).await;
    node.project(declared::<Counters>()).await;
    let client = database.connect().await;
    let before = table(&client, "counters").await;

    GATE.store(false, Ordering::Release);
    let two: Arc<dyn Projection> = declared::<CountersTwo>();
    let builder = Arc::new(Node::start(&database.admin).await);
    let heir = Arc::new(Node::start(&database.admin).await);
    let build = |node: &Arc<Node>| {
        let (node, two) = (node.clone(), two.clone());
        tokio::task::spawn_blocking(move || {
            // On a runtime of its own, because the gate stops the thread that builds.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a small runtime").block_on(node.ensure(&two))
        })
    };
    let building = build(&builder);
    let sql = "select pid from pg_stat_activity where datname = current_database() \
               and query ilike 'copy%'";
    let pid: i32 = loop {
        if let Some(row) = client.query_opt(sql, &[]).await.expect("it can be read") {
            break row.get(0);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    let waiting = build(&heir);
    // Meanwhile the old version serves and moves.
    moves(&node, 4).await;
    caught_up(&client, "counters").await;
    assert!(table(&client, "counters").await.len() > before.len());
    assert_eq!(columns(&client).await, 8);

    let sql = "select pg_terminate_backend($1)";
    client.query(sql, &[&pid]).await.expect("a superuser may");
    GATE.store(true, Ordering::Release);
    assert!(building.await.expect("it does not panic").is_err(), "its connection was ended");
    waiting.await.expect("it does not panic").expect("the other takes over");
    assert_eq!(columns(&client).await, 9);
    assert_eq!(tables(&client).await.len(), 1, "{:?}", tables(&client).await);
    let status = status_of(&node).await;
    assert_eq!((status.builds.len(), status.builds[0].version), (1, 2), "{status:?}");
    // Nobody moves version 2 yet; the old worker does not touch it.
    moves(&node, 5).await;
    let reached = status_of(&node).await.builds[0].position;
    assert!(reached < status_of(&node).await.head);
    step_to_the_end(&heir, &two).await;
    let moved = table(&client, "counters").await;
    heir.rebuild(&two).await.expect("the read model can be built");
    assert_eq!(moved, table(&client, "counters").await);
    node.stop().await;
}

#[tokio::test]
async fn rebuilds_leave_no_table_and_no_row_behind() {
    let database = fresh().await;
    let node = node_with_moves(&database, 6).await;
    let counters: Arc<dyn Projection> = declared::<Counters>();
    node.ensure(&counters).await.expect("the read model can be built");
    let client = database.connect().await;
    // A build that was announced by a program that never came back.
    let sql = "insert into alis.projection (log, name, build, version, state) \
               values (1, 'counters', 2, 7, 'building')";
    client.batch_execute(sql).await.expect("the owner may");
    for _ in 0..5 {
        node.rebuild(&counters).await.expect("the read model can be built");
    }
    assert_eq!(tables(&client).await, ["counters_l1_b7"]);
    assert_eq!(status_of(&node).await.builds.len(), 1);
    let row = client.query_one("select count(*) from alis.projection", &[]).await;
    assert_eq!(row.expect("it can be read").get::<_, i64>(0), 1);
}

/// What is parked, as `alis project status` shows it.
async fn parked(node: &Node) -> Vec<(String, i64)> {
    let status = status_of(node).await;
    status.parked.into_iter().map(|parked| (parked.key, parked.position)).collect()
}

async fn assert_poison_parks_its_keys(database: &TestDatabase, bad: Arc<dyn Projection>) {
    let node = node_with_moves(database, 8).await;
    node.ensure(&bad).await.expect("the read model can be built");
    poison(&node, 1, 2).await;
    let position = status_of(&node).await.head;
    moves(&node, 9).await;
    step_to_the_end(&node, &bad).await;
    let both = [("1".to_owned(), position), ("2".to_owned(), position)];
    assert_eq!(parked(&node).await, both);
    let client = connect(&database.admin).await;
    let incremental = table(&client, "counters").await;

    // Built at one go the same keys park, and stand at the same place.
    node.rebuild(&bad).await.expect("the read model can be built");
    assert_eq!(parked(&node).await, both);
    assert_eq!(incremental, table(&client, "counters").await);

    // The keys stand still just before the fact, all others are as if nothing had been.
    node.rebuild(&declared::<Counters>()).await.expect("the read model can be built");
    assert_eq!(parked(&node).await, []);
    let sound = table(&client, "counters").await;
    let of_others = |row: &&String| !row.starts_with("(1,1,") && !row.starts_with("(1,2,");
    let others = |rows: &[String]| rows.iter().filter(of_others).cloned().collect::<Vec<_>>();
    assert_eq!(others(&incremental), others(&sound));
    assert!(incremental.len() < sound.len());
    assert_eq!(status_of(&node).await.builds.len(), 1);
}

#[tokio::test]
async fn a_fact_that_the_code_refuses_parks_its_keys_and_the_rest_goes_on() {
    assert_poison_parks_its_keys(&fresh().await, declared::<Choosy>()).await;
}

#[tokio::test]
async fn a_fact_that_breaks_the_code_parks_its_keys_and_the_rest_goes_on() {
    assert_poison_parks_its_keys(&fresh().await, declared::<Brittle>()).await;
}

#[tokio::test]
async fn a_program_that_makes_other_rows_under_the_same_version_is_stopped() {
    let database = fresh().await;
    let node = node_with_moves(&database, 10).await;
    node.ensure(&declared::<Counters>()).await.expect("the read model can be built");
    moves(&node, 11).await;
    let drifted = declared::<Drifted>();
    let refused = step(&node.log.pool, DEFAULT_LOG, drifted.as_ref()).await;
    assert!(matches!(refused, Err(Failure::Drift("counters"))), "{refused:?}");
    node.rebuild(&drifted).await.expect("the read model can be built");
    moves(&node, 12).await;
    step_to_the_end(&node, &drifted).await;
}

#[tokio::test]
async fn an_old_form_of_a_fact_counts_like_the_new_one_in_decisions_and_read_models() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    node.open(2).await;
    let old = AppendCommand {
        key: "old".to_owned(),
        fingerprint: vec![0; 32],
        reply: "null".to_owned(),
        guards: vec![(subject(1), 1), (subject(2), 2)],
        facts: vec![NewFact {
            id: uuid::Uuid::now_v7(),
            kind: "counter.moved.v1",
            effective_from: date(2020, 2, 1),
            municipality: None,
            subjects: vec![subject(1), subject(2)],
            payload: json!({"from": 1, "to": 2, "dozens": 2, "on": "2020-02-01", "left": 76})
                .to_string(),
        }],
        meta: json!({"command": "old"}).to_string(),
        person_keys: vec![],
    };
    let verdict = node.combiner.append(old).await.expect("it is recorded");
    assert_eq!(verdict, Verdict::Recorded { head: 3 });
    // All that is left can be moved, and no more.
    for (key, amount, left) in [("more", OPENING - 23, 76), ("rest", OPENING - 24, 0)] {
        let asked = Move { from: 1, to: 2, amount, on: date(2020, 5, 1) };
        let outcome = node.move_some(key, asked).await.expect("it is decided");
        assert_eq!(outcome.reply.body, json!({ "left": left }), "{key}");
    }
    node.ensure(&declared::<Counters>()).await.expect("the read model can be built");
    let sql = "select valid_from::text, holds from model.counters where key = '1' \
               and known_to = 9223372036854775807 order by 1";
    let rows = database.connect().await.query(sql, &[]).await.expect("it can be read");
    let rows: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = [("2020-01-01", 100), ("2020-02-01", 76), ("2020-05-01", 0)];
    assert_eq!(rows, expected.map(|(day, holds)| (day.to_owned(), holds)));
}
