//! Rows that the database refuses: the fact they come from is found, its keys are parked, and both
//! the worker and the builder go on behind it.

use std::sync::Arc;

use alis::event_log::DEFAULT_LOG;
use alis::event_log::projection::{ReadModel, Row};
use alis::event_log::projector::{Projection, Step, declared, step};
use jiff::civil::date;

use super::rig::{
    COLUMNS, COUNTER, Counter, Dice, Move, Node, caught_up, counter_rows, status_of, table,
};
use crate::support::postgres::fresh;

/// Moves before and after the refused one: more than one batch, so that halving has work to do.
const MOVES: u32 = 300;
const COUNTERS: u32 = 8;

/// Like the counters, in a table that holds no more than this.
struct Small;
const MOST: i64 = 5_000;

impl ReadModel for Small {
    type State = Counter;
    const NAME: &'static str = "small";
    const VERSION: i32 = 1;
    const SUBJECT: &'static str = COUNTER;
    const TABLE: &'static str = "create table {table} (
      log integer not null, key text not null, valid_from date not null, valid_to date not null,
      known_from bigint not null, known_to bigint not null,
      holds bigint not null check (holds <= 5000), body json not null
    )";
    const COLUMNS: &'static str = COLUMNS;

    fn rows(key: &str, state: &Counter) -> Vec<Row> {
        counter_rows(key, state)
    }
}

async fn moves(node: &Node, seed: u64) {
    let mut dice = Dice::seeded("moves", seed);
    for number in 0..MOVES {
        let asked = dice.a_move(COUNTERS);
        node.move_some(&format!("{seed}-{number}"), asked).await.expect("nobody contends");
    }
}

#[tokio::test]
async fn a_row_that_the_database_refuses_parks_its_key_and_the_rest_goes_on() {
    let database = fresh().await;
    let mut node = Node::start(&database.admin).await;
    node.open(COUNTERS).await;
    let small: Arc<dyn Projection> = declared::<Small>();
    node.ensure(&small).await.expect("the read model can be built");
    moves(&node, 1).await;
    // A negative amount fills the giver: 1 comes to hold more than the table can.
    let asked = Move { from: 1, to: 2, amount: -MOST, on: date(2020, 1, 1) };
    let refused = node.move_some("too much", asked).await.expect("the log takes it").position;
    moves(&node, 2).await;
    while step(&node.log.pool, DEFAULT_LOG, small.as_ref()).await.expect("a step works")
        != Step::UpToDate
    {}
    let client = database.connect().await;
    caught_up(&client, "small").await;
    let parked = status_of(&node).await.parked;
    let keys: Vec<_> = parked.iter().map(|parked| (parked.key.as_str(), parked.position)).collect();
    assert_eq!(keys, [("1", refused), ("2", refused)], "both keys of the refused fact");
    assert!(parked[0].error.contains("check constraint"), "{parked:?}");

    let incremental = table(&client, "small").await;
    node.rebuild(&small).await.expect("a refused row does not stop a build");
    assert_eq!(status_of(&node).await.parked.len(), 2);
    assert_eq!(incremental, table(&client, "small").await);
    // And a worker goes on from there.
    node.work(small);
    moves(&node, 3).await;
    caught_up(&client, "small").await;
    node.stop().await;
}
