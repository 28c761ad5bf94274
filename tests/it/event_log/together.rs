//! What is done together for speed is what each would have done alone: loads that meet in one
//! statement, and read models that are moved past what does not concern them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alis::event_log::checkpoint_skipper;
use alis::event_log::projector::{Projection, declared};
use alis::event_log::{DEFAULT_LOG, Loaded};
use futures_util::future::join_all;
use jiff::civil::date;
use tokio_util::sync::CancellationToken;

use super::rig::{COLUMNS, COUNTER, Counter, Counters, Move, Node, OPENING, TABLE, subject};
use crate::support::postgres::fresh;
use alis::event_log::projection::{ReadModel, Row};

/// A read model of another kind of subject, which no fact of a counter concerns.
struct Strangers;

impl ReadModel for Strangers {
    type State = Counter;
    const NAME: &'static str = "strangers";
    const VERSION: i32 = 1;
    const SUBJECT: &'static str = "stranger";
    const TABLE: &'static str = TABLE;
    const COLUMNS: &'static str = COLUMNS;

    fn rows(_key: &str, _state: &Counter) -> Vec<Row> {
        vec![]
    }
}

#[tokio::test]
async fn loads_that_meet_in_one_statement_are_each_answered_with_their_own_facts() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    node.open(40).await;
    let step = Move { from: 1, to: 2, amount: 7, on: date(2020, 2, 1) };
    node.move_some("a", step).await.expect("there is enough");
    // One of a counter that does not exist, and one twice.
    let asked: Vec<u32> = (1..=41).chain([2]).collect();
    let load = |counter: u32| {
        let log = node.log.clone();
        async move { log.fold::<Counter>(&subject(counter), None).await.expect("it loads") }
    };
    let loaded: Vec<Loaded<Counter>> = join_all(asked.iter().map(|counter| load(*counter))).await;
    for (counter, loaded) in asked.into_iter().zip(&loaded) {
        let (holds, facts) = match counter {
            1 => (OPENING - 7, 2),
            2 => (OPENING + 7, 2),
            41 => (0, 0),
            _ => (OPENING, 1),
        };
        assert_eq!((loaded.state.holds(counter), loaded.state.facts.len()), (holds, facts));
    }
    node.stop().await;
}

#[tokio::test]
async fn a_load_tells_whether_a_subject_has_moved_since_it_was_known() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    node.open(2).await;
    let log = &node.log;
    let first = log.fold::<Counter>(&subject(1), None).await.expect("it loads");
    let again = || async { log.fold_unless::<Counter>(&subject(1), first.head).await };
    assert!(again().await.expect("it loads").is_none(), "alone");
    // Several at once go another way.
    let several = join_all((0..8).map(|_| again())).await;
    assert!(several.into_iter().all(|loaded| loaded.expect("it loads").is_none()), "together");

    let step = Move { from: 1, to: 2, amount: 7, on: date(2020, 2, 1) };
    node.move_some("a", step).await.expect("there is enough");
    let mut moved = join_all((0..8).map(|_| again())).await;
    moved.push(again().await);
    for loaded in moved {
        let loaded = loaded.expect("it loads").map(|loaded| loaded.state.holds(1));
        assert_eq!(loaded, Some(OPENING - 7));
    }
    node.stop().await;
}

#[tokio::test]
async fn a_read_model_is_moved_past_what_does_not_concern_it_and_told_of_what_does() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    let models: Vec<Arc<dyn Projection>> = vec![declared::<Counters>(), declared::<Strangers>()];
    for model in &models {
        node.ensure(model).await.expect("it can be built");
    }
    // No worker runs here: whoever moves has been moved.
    let (stop, head) = (CancellationToken::new(), node.log.watch_head());
    let pool = node.log.pool.clone();
    let news = checkpoint_skipper::follow(
        pool,
        DEFAULT_LOG,
        models.clone(),
        head,
        Arc::default(),
        stop.clone(),
    );
    let mut counters = news.of(models[0].as_ref());
    node.open(3).await;
    let heard = counters.wait_for(|head| *head >= 3);
    let heard = tokio::time::timeout(Duration::from_secs(30), heard).await;
    heard.expect("a read model hears of its own kind").expect("the follower runs");

    let client = database.connect().await;
    let started = Instant::now();
    let position = async |name: &str| -> i64 {
        let sql = "select position from alis.projection where name = $1 and state = 'live'";
        client.query_one(sql, &[&name]).await.expect("the owner may look").get(0)
    };
    while position("strangers").await < 3 {
        assert!(started.elapsed() < Duration::from_secs(30), "it is not moved");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(position("counters").await, 0, "facts of {COUNTER} are for its worker");
    stop.cancel();
    node.stop().await;
}
