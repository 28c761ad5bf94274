//! The service is hit between two steps on purpose: killed there, or left alive with all its
//! connections cut. Each step counts only when the database shows that it was hit.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use super::Post;
use super::account::{assert_calm, assert_no_panic, settle};
use super::load::{KEY, Load, MUNICIPALITY};
use super::wire::{Step, Wire};
use crate::support::operator::Operator;
use crate::support::postgres::{TestDatabase, fresh};
use crate::support::sample;
use crate::support::scratch::Scratch;

/// In the order of a command's walk.
const STEPS: [Step; 7] = [
    Step::BeforeReading,
    Step::BeforeAppend,
    Step::Appending,
    Step::BeforeVerdict,
    Step::BeforeProjection,
    Step::BeforeProjectionCommit,
    Step::AfterProjectionCommit,
];
/// How often each step is hit.
const ROUNDS: u32 = 2;
/// Attempts at one step: a call that recorded nothing is no hit.
const ATTEMPTS_MAX: u32 = 10;
/// Requests answered between two hits.
const BETWEEN: usize = 8;
/// How long the database may take to show something.
const SHOWN_SECONDS_MAX: u64 = 30;
const SEED: u64 = 20_200_630;

/// What happens to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    Kill,
    Cut,
}

/// A service that reaches its database over the wire, and its clients.
struct Scene {
    database: TestDatabase,
    admin: Client,
    operator: Operator,
    wire: Wire,
    post: Post,
    load: Load,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_killed_between_any_two_steps_loses_nothing_and_repeats_nothing() {
    let operator = hammer(Blow::Kill).await;
    assert_calm(&operator);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_cut_off_between_any_two_steps_loses_nothing_and_repeats_nothing() {
    let operator = hammer(Blow::Cut).await;
    assert_no_panic(&operator);
}

/// Hits every step, and settles the account.
async fn hammer(blow: Blow) -> Operator {
    let directory = Scratch::fast();
    let database = fresh().await;
    let wire = Wire::lay(directory.path(), &database.admin);
    let operator = Operator::on(&wire.config);
    let post = Post::start(&operator).await;
    sample::municipality(&post.served().client(), MUNICIPALITY).await;
    let load = Load::start(&[&post], SEED);
    let admin = database.connect().await;
    let mut scene = Scene { database, admin, operator, wire, post, load };
    for round in 0..ROUNDS {
        for step in STEPS {
            let mut attempts = 0;
            while !scene.strike(step, blow).await {
                attempts += 1;
                assert!(attempts < ATTEMPTS_MAX, "round {round}: {step:?} is never hit");
            }
        }
    }
    let Scene { database, operator, post, load, .. } = scene;
    let finished = load.finish().await;
    settle(&operator, &post.served().client(), &database.admin, &finished).await;
    post.stop();
    operator
}

impl Scene {
    /// Waits for the service at a step, and strikes; answers whether the step was hit.
    async fn strike(&mut self, step: Step, blow: Blow) -> bool {
        self.load.book.progress(BETWEEN).await;
        let mut held = None;
        let message = if step == Step::Appending {
            held = Some(self.hold_the_log().await);
            self.shown(APPENDS_WAITING, |waiting| waiting > 0).await;
            self.wire.last_call()
        } else {
            self.wire.arm(step).reached().await
        };
        let keys = keys_in(&message);
        let recorded = self.recorded(&keys).await;
        let hit = match step {
            Step::BeforeReading | Step::AfterProjectionCommit => true,
            Step::BeforeAppend | Step::Appending => recorded.len() < keys.len(),
            Step::BeforeVerdict => {
                let under_way = self.load.book.under_way();
                recorded.iter().any(|key| under_way.contains(key))
            }
            Step::BeforeProjection => {
                let book = self.load.book.clone();
                self.shown(HINDMOST, |reached| reached < book.announced()).await;
                true
            }
            Step::BeforeProjectionCommit => {
                self.shown(HINDMOST_BEHIND, |behind| behind > 0).await;
                true
            }
        };
        if blow == Blow::Kill {
            self.post.kill();
        }
        self.wire.cut();
        if let Some(held) = held {
            held.batch_execute("rollback").await.expect("it holds only a lock");
        }
        if blow == Blow::Cut {
            return hit;
        }
        // What the server has begun it brings to its end, although nobody waits for it.
        self.shown(OF_THE_SERVICE, |connections| connections == 0).await;
        let after = self.recorded(&keys).await;
        match step {
            Step::BeforeAppend => assert_eq!(after, recorded, "it was never sent"),
            Step::BeforeVerdict => assert_eq!(after, recorded, "it was committed"),
            Step::Appending
            | Step::BeforeReading
            | Step::BeforeProjection
            | Step::BeforeProjectionCommit
            | Step::AfterProjectionCommit => {}
        }
        self.post.start_again(&self.operator).await;
        hit && (step != Step::Appending || after.len() > recorded.len())
    }

    /// Holds the log as another writer would.
    async fn hold_the_log(&self) -> Client {
        let client = self.database.connect().await;
        let sql = "begin; select from alis.log where log = 1 for update";
        client.batch_execute(sql).await.expect("the owner may");
        client
    }

    /// Which of the keys stand in the ledger.
    async fn recorded(&self, keys: &BTreeSet<String>) -> BTreeSet<String> {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let sql = format!(
            "select k from (select substring(key from '{KEY}.*') k from alis.command) found
             where k = any ($1)"
        );
        let rows = self.admin.query(&sql, &[&keys]).await.expect("the owner may look");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Waits until a number in the database is as it must become.
    async fn shown(&self, sql: &str, is_so: impl Fn(i64) -> bool) {
        let started = Instant::now();
        loop {
            let row = self.admin.query_one(sql, &[]).await.expect("the owner may look");
            if is_so(row.get(0)) {
                return;
            }
            let seconds = started.elapsed().as_secs();
            assert!(seconds < SHOWN_SECONDS_MAX, "{sql} stays {}", row.get::<_, i64>(0));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Connections of the service.
const OF_THE_SERVICE: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'alis'";
/// Calls of the append function that wait for the log.
const APPENDS_WAITING: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
      and query like '%alis.append(%'";
/// How far the hindmost read model has come, and by how much it is behind.
const HINDMOST: &str = "select min(position) from alis.projection where state = 'live'";
const HINDMOST_BEHIND: &str = "select max(l.head - p.position) from alis.projection p
    join alis.log l using (log) where p.state = 'live'";

/// The clients' keys in a message.
fn keys_in(message: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(message);
    let parts = text.split(KEY).skip(1);
    let numbers = parts.map(|part| {
        part.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect::<String>()
    });
    numbers.map(|number| format!("{KEY}{number}")).collect()
}
