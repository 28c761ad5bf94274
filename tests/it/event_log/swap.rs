//! Readers during a swap: they see the old table or the new one, whole, never neither, and no
//! reader that lingers stops the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use alis::event_log::projector::declared;
use futures_util::future::join_all;

use super::rig::{Counters, Dice, Node, OPENING, caught_up, status_of};
use crate::support::postgres::fresh;

const COUNTERS: u32 = 4;
const MOVES: u32 = 40;
const READERS: usize = 4;
const REBUILDS: u32 = 8;
/// How long a reader may be held up by a swap that waits for another reader. The swap itself waits
/// for 200 ms; the rest is for a busy machine.
const HELD_UP_MAX: Duration = Duration::from_millis(1_500);
/// How long one reader lingers.
const LINGER: Duration = Duration::from_millis(2_500);

/// What all counters hold together, and the position the table has reached, through the pool and
/// its prepared statements, as the service reads.
async fn read(node: &Node) -> (i64, i64) {
    let client = node.log.pool.get().await.expect("a connection is free");
    let sql = "select (select position from alis.projection \
                       where log = 1 and name = 'counters' and state = 'live'), \
                      (select sum(holds)::bigint from model.counters \
                       where log = 1 and valid_to = 'infinity' and known_to = $1)";
    let statement = client.prepare_cached(sql).await.expect("the view is always there");
    let row = client.query_one(&statement, &[&i64::MAX]).await.expect("the view is always there");
    (row.get(0), row.get(1))
}

async fn read_on(node: &Node, stop: &AtomicBool) -> (u32, Duration) {
    let (mut reads, mut longest, mut last) = (0, Duration::ZERO, 0);
    while !stop.load(Ordering::Relaxed) {
        let started = Instant::now();
        let (position, total) = read(node).await;
        longest = longest.max(started.elapsed());
        assert_eq!(total, OPENING * i64::from(COUNTERS), "half a table was read");
        assert!(position >= last, "the table went back from {last} to {position}");
        last = position;
        reads += 1;
    }
    (reads, longest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_a_whole_table_through_any_number_of_swaps() {
    let database = fresh().await;
    let mut node = Node::start(&database.admin).await;
    node.open(COUNTERS).await;
    node.project(declared::<Counters>()).await;
    let node = Arc::new(node);
    let stop = AtomicBool::new(false);
    let readers = join_all((0..READERS).map(|_| read_on(&node, &stop)));
    let writer = async {
        let mut dice = Dice::seeded("moves", 21);
        for number in 0..MOVES {
            let asked = dice.a_move(COUNTERS);
            node.move_some(&format!("{number}"), asked).await.expect("nobody contends");
        }
    };
    let builder = async {
        for _ in 0..REBUILDS {
            node.rebuild(&declared::<Counters>()).await.expect("the read model can be built");
        }
    };
    let work = async {
        tokio::join!(writer, builder);
        stop.store(true, Ordering::Relaxed);
    };
    let reads = tokio::join!(readers, work).0;
    assert!(reads.iter().all(|(count, _)| *count > 10), "{reads:?}");
    caught_up(&database.connect().await, "counters").await;
    assert_eq!(status_of(&node).await.builds.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_lingers_delays_the_swap_and_nobody_else() {
    let database = fresh().await;
    let mut node = Node::start(&database.admin).await;
    node.open(COUNTERS).await;
    node.project(declared::<Counters>()).await;
    let lingering = database.connect().await;
    let sql = "begin; select count(*) from model.counters";
    lingering.batch_execute(sql).await.expect("the view can be read");
    let stop = AtomicBool::new(false);
    let leave = async {
        tokio::time::sleep(LINGER).await;
        lingering.batch_execute("rollback").await.expect("it only reads");
    };
    let started = Instant::now();
    let rebuild = async {
        let built = node.rebuild(&declared::<Counters>()).await;
        stop.store(true, Ordering::Relaxed);
        built.expect("the swap waits its turn");
        started.elapsed()
    };
    let (took, (), (reads, longest)) = tokio::join!(rebuild, leave, read_on(&node, &stop));
    assert!(took >= LINGER, "the swap did not wait: {took:?}");
    assert!(reads > 10 && longest < HELD_UP_MAX, "{reads} reads, the longest {longest:?}");
    node.stop().await;
}
