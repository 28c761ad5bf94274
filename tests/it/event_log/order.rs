//! One order for everybody: writers that contend over few subjects, readers that store their
//! checkpoint after every poll.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use alis::event_log::feed::Filter;
use alis::event_log::projector::declared;
use alis::event_log::{DEFAULT_LOG, EventLog};
use futures_util::future::join_all;
use tokio_postgres::Client;

use super::rig::{
    Counters, Dice, Node, assert_books_balance, caught_up, events, findings, status_of, table,
};
use crate::support::postgres::{TestDatabase, fresh};

/// Instances, writers in each, counters they contend over.
const NODES: u64 = 3;
const WRITERS: u64 = 4;
const COUNTERS: u32 = 4;
/// Commands of each writer in the quiet hammer.
const COMMANDS: u64 = 20;
/// How long the hammer with terminated connections goes on.
const CHAOS: Duration = Duration::from_secs(6);
/// How long a command may be repeated in it before it counts as lost.
const COMMAND_SECONDS_MAX: u64 = 60;
const SEED: u64 = 20_200_131;

/// Writes until told to stop or done, every command under a key of its own and repeated under that
/// key until it is answered. Returns the keys and the positions that were answered.
async fn write(
    log: Arc<Node>,
    writer: u64,
    commands: u64,
    stop: Arc<AtomicBool>,
) -> Vec<(String, i64)> {
    let mut dice = Dice::seeded("writer", SEED + writer);
    let mut answered = Vec::new();
    for number in 0..commands {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (key, asked) = (format!("writer-{writer}/{number}"), dice.a_move(COUNTERS));
        let started = Instant::now();
        let outcome = loop {
            match log.move_some(&key, asked).await {
                Ok(outcome) => break outcome,
                Err(refusal) => {
                    let seconds = started.elapsed().as_secs();
                    assert!(seconds < COMMAND_SECONDS_MAX, "{key} is not answered: {refusal:?}");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        };
        answered.push((key, outcome.position));
    }
    answered
}

/// Reads pages of changing size from a stored checkpoint until it has read past `until`, which is
/// told once the writers are done. Errors are met as a consumer meets them: by asking again.
async fn follow(
    log: EventLog,
    until: tokio::sync::watch::Receiver<Option<i64>>,
) -> Vec<(i64, String)> {
    let mut dice = Dice::seeded("reader", SEED);
    let (mut checkpoint, mut seen) = (0, Vec::new());
    loop {
        let limit = i64::try_from(dice.below(40) + 1).expect("it is small");
        let Ok(page) = log.read(checkpoint, limit, &Filter::default()).await else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        for fact in &page.facts {
            let text = format!("{}{}{}", fact.id, fact.kind, fact.payload);
            seen.push((fact.position, text));
        }
        assert!(page.page_end >= checkpoint, "a reader was sent back");
        checkpoint = page.page_end;
        if until.borrow().is_some_and(|end| checkpoint >= end) {
            return seen;
        }
        if page.facts.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn nodes(database: &TestDatabase, count: u64) -> Vec<Arc<Node>> {
    let mut nodes = Vec::new();
    for _ in 0..count {
        nodes.push(Arc::new(Node::start(&database.admin).await));
    }
    nodes[0].open(COUNTERS).await;
    nodes
}

async fn head(client: &Client) -> i64 {
    let row = client.query_one("select head from alis.log where log = 1", &[]).await;
    row.expect("the log has a head").get(0)
}

/// Every command answered stands in the ledger once, where the answer said.
async fn assert_answers_stand(client: &Client, answers: &[(String, i64)]) {
    let keys: Vec<&str> = answers.iter().map(|(key, _)| key.as_str()).collect();
    let sql = "select c.key, c.head, (select count(*) from alis.event e where e.log = 1 \
               and e.meta ->> 'command' = c.key) from alis.command c \
               where c.log = 1 and c.key = any ($1)";
    let rows = client.query(sql, &[&keys]).await.expect("the owner may look");
    let recorded: std::collections::HashMap<String, (i64, i64)> =
        rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
    for (key, position) in answers {
        let (head, facts) = recorded.get(key).unwrap_or_else(|| panic!("{key} is missing"));
        assert_eq!(head, position, "{key} was answered with another position");
        assert!(*facts <= 1, "{key} was applied {facts} times");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_every_event_once_and_in_order_while_writers_contend() {
    let database = fresh().await;
    let nodes = nodes(&database, NODES).await;
    let (done, end) = tokio::sync::watch::channel(None);
    let readers: Vec<_> =
        nodes.iter().map(|node| tokio::spawn(follow(node.log.clone(), end.clone()))).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..NODES * WRITERS).map(|writer| {
        let node = nodes[usize::try_from(writer % NODES).expect("it is small")].clone();
        write(node, writer, COMMANDS, stop.clone())
    });
    let answers = join_all(writers).await.concat();
    let client = database.connect().await;
    done.send_replace(Some(head(&client).await));
    let stored = events(&client).await;
    for reader in join_all(readers).await {
        assert_eq!(reader.expect("a reader does not panic"), stored);
    }
    let positions: Vec<i64> = stored.iter().map(|(position, _)| *position).collect();
    assert_eq!(positions, (1..=head(&client).await).collect::<Vec<i64>>());
    assert_eq!(answers.len() as u64, NODES * WRITERS * COMMANDS);
    assert_answers_stand(&client, &answers).await;
    assert_books_balance(&nodes[0], COUNTERS).await;
    assert_eq!(findings(&nodes[0]).await, Vec::<String>::new());
}

/// Ends connections at random, of writers, listeners, readers and builders alike.
async fn terminate(client: Client, stop: Arc<AtomicBool>) -> u64 {
    let mut dice = Dice::seeded("terminator", SEED);
    let (mut ended, mut rounds) = (0, 0);
    let sql = "select pg_terminate_backend(pid) from (select pid from pg_stat_activity \
               where datname = current_database() and pid <> pg_backend_pid() \
               and application_name <> 'witness' order by random() limit $1) victims";
    while !stop.load(Ordering::Relaxed) {
        let count = i64::try_from(dice.below(3) + 1).expect("it is small");
        ended += client.query(sql, &[&count]).await.expect("a superuser may").len() as u64;
        // Now and then long enough for a rebuild to come to its end, also on a slow machine.
        rounds += 1;
        let peace = if rounds % 8 == 0 { 600 } else { 0 };
        tokio::time::sleep(Duration::from_millis(20 + dice.below(80) + peace)).await;
    }
    ended
}

/// Rebuilds again and again; a rebuild whose connection is ended fails, and the next one works.
async fn rebuild_often(node: Arc<Node>, stop: Arc<AtomicBool>) -> u64 {
    let counters = declared::<Counters>();
    let mut built = 0;
    while !stop.load(Ordering::Relaxed) {
        match node.rebuild(&counters).await {
            Ok(()) => built += 1,
            Err(_its_connection_was_ended) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    built
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_while_read_models_are_rebuilt_and_connections_are_ended() {
    let database = fresh().await;
    let mut first = Node::start(&database.admin).await;
    first.open(COUNTERS).await;
    first.project(declared::<Counters>()).await;
    let mut second = Node::start(&database.admin).await;
    second.work(declared::<Counters>());
    let (first, second) = (Arc::new(first), Arc::new(second));

    let stop = Arc::new(AtomicBool::new(false));
    let (done, end) = tokio::sync::watch::channel(None);
    let reader = tokio::spawn(follow(second.log.clone(), end));
    let writers = (0..2 * WRITERS).map(|writer| {
        let node = if writer % 2 == 0 { &first } else { &second };
        write(node.clone(), writer, u64::MAX, stop.clone())
    });
    let terminator = tokio::spawn(terminate(database.connect().await, stop.clone()));
    let builder = tokio::spawn(rebuild_often(second.clone(), stop.clone()));
    let time_is_up = async {
        tokio::time::sleep(CHAOS).await;
        stop.store(true, Ordering::Relaxed);
    };
    let answers = tokio::join!(join_all(writers), time_is_up).0.concat();
    let (ended, built) = (terminator.await.expect("it ends"), builder.await.expect("it ends"));
    eprintln!("{} commands, {ended} connections ended, {built} rebuilds", answers.len());
    assert!(answers.len() > 20 && ended > 20 && built > 0, "the hammer did not hit");

    let client = database.connect().await;
    done.send_replace(Some(head(&client).await));
    assert_eq!(reader.await.expect("a reader does not panic"), events(&client).await);
    assert_answers_stand(&client, &answers).await;
    assert_books_balance(&first, COUNTERS).await;
    caught_up(&client, "counters").await;
    let moved = table(&client, "counters").await;
    first.rebuild(&declared::<Counters>()).await.expect("nothing ends connections now");
    assert_eq!(moved, table(&client, "counters").await, "the worker's rows are not the rebuild's");
    assert_eq!(findings(&first).await, Vec::<String>::new());
    let status = status_of(&first).await;
    assert_eq!((status.builds.len(), status.parked.len()), (1, 0), "{status:?}");
}

/// Asks for the positions of instants, also of some still to come: an asker's clock may run ahead.
async fn ask_for_positions(
    log: &EventLog,
    client: &Client,
    stop: Arc<AtomicBool>,
) -> Vec<(jiff::Timestamp, i64)> {
    let mut dice = Dice::seeded("asker", SEED);
    let mut recorded = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let ahead = i64::try_from(dice.below(40)).expect("it is small") - 10;
        let sql = "select clock_timestamp() + $1::bigint * interval '1 millisecond'";
        let row = client.query_one(sql, &[&ahead]).await.expect("the clock can be read");
        let instant: jiff::Timestamp = row.get(0);
        recorded.push((instant, log.position_at(instant).await.expect("the log answers")));
    }
    recorded
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_position_of_an_instant_never_changes_once_it_was_told() {
    let database = fresh().await;
    let nodes = nodes(&database, 2).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..2 * WRITERS).map(|writer| {
        let node = nodes[usize::try_from(writer % 2).expect("it is small")].clone();
        write(node, writer, COMMANDS, stop.clone())
    });
    let writing = async {
        join_all(writers).await;
        stop.store(true, Ordering::Relaxed);
    };
    let client = database.connect().await;
    let asking = ask_for_positions(&nodes[0].log, &client, stop.clone());
    let recorded = tokio::join!(writing, asking).1;
    for (instant, position) in &recorded {
        let again = nodes[1].log.position_at(*instant).await.expect("the log answers");
        assert_eq!(again, *position, "as of {instant}");
        let sql = "select coalesce(max(position), 0) from alis.event \
                   where log = $1 and recorded_at <= $2";
        let row = client.query_one(sql, &[&DEFAULT_LOG, instant]).await.expect("it can be read");
        assert_eq!(row.get::<_, i64>(0), *position, "as of {instant}");
    }
    assert!(recorded.len() > 20, "only {} instants were asked about", recorded.len());
}
