//! A register of counters on the event log: small enough that every invariant can be recomputed,
//! and with all that a capability has: two subjects a fact, late facts, an old form of one fact.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alis::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject};
use alis::database::{acting_as, pool};
use alis::event_log::combiner::Combiner;
use alis::event_log::projection::{ReadModel, Row, timeline};
use alis::event_log::projector::{self, Projection};
use alis::event_log::{
    DEFAULT_LOG, Decision, EventLog, Failure, Outcome, Refusal, Reply, Request, View, listener,
    rebuild, status,
};
use alis::events;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};
use tokio_util::sync::CancellationToken;

/// What each counter holds at first.
pub const OPENING: i64 = 100;
/// Connections of a node besides those of its writer and its listener.
const POOL_CONNECTIONS: u16 = 4;
/// How long a read model may take to catch up in a test.
const CATCH_UP_SECONDS_MAX: u64 = 30;
/// The kind of subject.
pub const COUNTER: &str = "counter";

/// A counter begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub counter: u32,
    pub holds: i64,
}

/// Something goes from one counter to another, on a day that may be long past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    pub from: u32,
    pub to: u32,
    pub amount: i64,
    pub on: Date,
    /// What `from` holds after this fact: the decision's own account, checked at the end.
    pub left: i64,
}

/// The form of [`Moved`] in which dozens were written.
#[derive(Debug, Deserialize)]
struct MovedInDozens {
    from: u32,
    to: u32,
    dozens: i64,
    on: Date,
    left: i64,
}

fn singly(old: MovedInDozens) -> Result<Moved, serde_json::Error> {
    let MovedInDozens { from, to, dozens, on, left } = old;
    Ok(Moved { from, to, amount: dozens * 12, on, left })
}

events! {
    /// The facts of counters.
    pub enum Event { Opened = "counter.opened.v1", Moved = "counter.moved.v2", }
    upcast { "counter.moved.v1" => Moved by singly, }
}

/// The subject of a counter.
pub fn subject(counter: u32) -> Subject {
    Subject::new(COUNTER, counter)
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Event::Opened(fact) => vec![subject(fact.counter)],
            Event::Moved(fact) => vec![subject(fact.from), subject(fact.to)],
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Opened(_) => date(2020, 1, 1),
            Event::Moved(fact) => fact.on,
        }
    }
    fn municipality(&self) -> Option<&str> {
        None
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Event::read(fact)
    }
}

/// All facts about one counter; which of its sides a move is on depends on who asks.
#[derive(Debug, Clone, Default)]
pub struct Counter {
    pub facts: Vec<Event>,
}

impl Fold for Counter {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        self.facts.extend(Event::decode(fact)?);
        Ok(())
    }
}

impl Counter {
    /// What `counter` holds after these facts, whatever day they are of.
    pub fn holds(&self, counter: u32) -> i64 {
        self.changes(counter).map(|(_, amount)| amount).sum()
    }

    fn changes(&self, counter: u32) -> impl Iterator<Item = (Date, i64)> {
        self.facts.iter().map(move |fact| match fact {
            Event::Opened(opened) => (date(2020, 1, 1), opened.holds),
            Event::Moved(moved) if moved.from == counter => (moved.on, -moved.amount),
            Event::Moved(moved) => (moved.on, moved.amount),
        })
    }
}

/// The read model: what each counter holds on each day.
pub struct Counters;

/// The table of [`Counters`] and of its variants.
pub const TABLE: &str = "create table {table} (
  log integer not null, key text not null, valid_from date not null, valid_to date not null,
  known_from bigint not null, known_to bigint not null, holds bigint not null, body json not null
); create index on {table} (log, holds)";
/// Its columns after the leading ones.
pub const COLUMNS: &str = "holds, body";

impl ReadModel for Counters {
    type State = Counter;
    const NAME: &'static str = "counters";
    const VERSION: i32 = 1;
    const SUBJECT: &'static str = COUNTER;
    const TABLE: &'static str = TABLE;
    const COLUMNS: &'static str = COLUMNS;

    fn rows(key: &str, state: &Counter) -> Vec<Row> {
        counter_rows(key, state)
    }
}

/// A row for each stretch in which the counter holds the same.
pub fn counter_rows(key: &str, state: &Counter) -> Vec<Row> {
    let counter: u32 = key.parse().expect("counters have numbers");
    let mut by_day: BTreeMap<Date, i64> = BTreeMap::new();
    for (day, amount) in state.changes(counter) {
        *by_day.entry(day).or_default() += amount;
    }
    let on = |day: Date| Some(by_day.range(..=day).map(|(_, amount)| amount).sum::<i64>());
    let rows = timeline(by_day.keys().copied(), on);
    let rows = rows.into_iter().map(|(period, holds)| {
        Row::new(period).plain(holds).json(&serde_json::json!({ "holds": holds }))
    });
    rows.collect()
}

/// What an instance is to the log: connections, a writer, a listener, workers.
pub struct Node {
    pub log: EventLog,
    pub combiner: Combiner,
    pub config: Config,
    stop: CancellationToken,
    workers: Vec<JoinHandle<()>>,
}

impl Node {
    /// A node on a migrated database.
    pub async fn start(admin: &Config) -> Node {
        let config = acting_as(admin, "alis_service");
        let stop = CancellationToken::new();
        let pool = pool(&config, POOL_CONNECTIONS).expect("a pool can be made");
        let head = listener::follow(config.clone(), DEFAULT_LOG, stop.clone()).await;
        let head = head.expect("the database answers");
        let combiner = Combiner::start(config.clone(), DEFAULT_LOG).await;
        let combiner = combiner.expect("the database answers");
        let log = EventLog::new(DEFAULT_LOG, pool, combiner.clone(), head);
        Node { log, combiner, config, stop, workers: Vec::new() }
    }

    /// Builds a read model if need be, and moves it from now on.
    pub async fn project(&mut self, projection: Arc<dyn Projection>) {
        self.ensure(&projection).await.expect("the read model can be built");
        self.work(projection);
    }

    /// Moves a read model from now on.
    pub fn work(&mut self, projection: Arc<dyn Projection>) {
        let (pool, head) = (self.log.pool.clone(), self.log.watch_head());
        let worker = projector::run(pool, DEFAULT_LOG, projection, head, self.stop.clone());
        self.workers.push(tokio::spawn(worker));
    }

    /// Builds a read model if need be.
    pub async fn ensure(&self, projection: &Arc<dyn Projection>) -> Result<(), Failure> {
        let builders = pool(&self.config, rebuild::CONNECTIONS).expect("a pool can be made");
        rebuild::ensure(&builders, DEFAULT_LOG, projection.as_ref(), &|_| {}).await
    }

    /// Builds a read model anew.
    pub async fn rebuild(&self, projection: &Arc<dyn Projection>) -> Result<(), Failure> {
        let builders = pool(&self.config, rebuild::CONNECTIONS).expect("a pool can be made");
        rebuild::rebuild(&builders, DEFAULT_LOG, projection.as_ref(), &|_| {}).await
    }

    /// Opens counters 1 to `count`.
    pub async fn open(&self, count: u32) {
        for counter in 1..=count {
            self.open_one(counter).await;
        }
    }

    /// Opens a counter.
    pub async fn open_one(&self, counter: u32) {
        let decide = async |view: &View| {
            view.is_new(&subject(counter)).await?;
            Ok(decided(counter, &[Opened { counter, holds: OPENING }.into()], 0))
        };
        self.log.execute(&request(None), decide).await.expect("a counter can be opened");
    }

    /// Moves `amount` between two counters if there is as much; else nothing happens.
    pub async fn move_some(&self, key: &str, asked: Move) -> Result<Outcome, Refusal> {
        self.log.execute(&request(Some(key)), async |view: &View| asked.decide(view).await).await
    }

    /// Stops the workers and the listener.
    pub async fn stop(self) {
        self.stop.cancel();
        for worker in self.workers {
            worker.await.expect("a worker does not panic");
        }
    }
}

/// A command.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    pub from: u32,
    pub to: u32,
    pub amount: i64,
    pub on: Date,
}

impl Move {
    async fn decide(self, view: &View) -> Result<Decision, Refusal> {
        let Move { from, to, amount, on } = self;
        let giver = view.load::<Counter>(&subject(from)).await?.state;
        view.load::<Counter>(&subject(to)).await?;
        let left = giver.holds(from) - amount;
        if left < 0 {
            return Ok(decided(from, &[], left + amount));
        }
        Ok(decided(from, &[Moved { from, to, amount, on, left }.into()], left))
    }
}

fn decided(main: u32, facts: &[Event], left: i64) -> Decision {
    let body = serde_json::json!({ "left": left });
    Decision::new(subject(main), facts, Reply { status: 200, location: None, head: None, body })
}

/// A request under a key; its fingerprint follows from the key.
pub fn request(key: Option<&str>) -> Request {
    let mut fingerprint = [0; 32];
    for (place, byte) in key.unwrap_or_default().bytes().enumerate() {
        fingerprint[place % 32] ^= byte;
    }
    let (if_match, meta) = (None, serde_json::Map::new());
    Request { key: key.map(str::to_owned), fingerprint, if_match, meta, dry_run: false }
}

/// Waits until the live table of a read model has everything that is recorded now.
pub async fn caught_up(client: &Client, name: &str) {
    let started = Instant::now();
    let sql = "select l.head - p.position from alis.projection p join alis.log l using (log) \
               where p.name = $1 and p.state = 'live'";
    loop {
        let row = client.query_opt(sql, &[&name]).await.expect("the owner may look");
        if row.is_some_and(|row| row.get::<_, i64>(0) == 0) {
            return;
        }
        let seconds = started.elapsed().as_secs();
        assert!(seconds < CATCH_UP_SECONDS_MAX, "{name} does not catch up");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Every row of a read model, as text, in an order of its own.
pub async fn table(client: &Client, name: &str) -> Vec<String> {
    let sql = format!("select t::text from model.{name} t order by key, valid_from, known_from");
    let rows = client.query(&sql, &[]).await.expect("the view can be read");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every event as text, in order.
pub async fn events(client: &Client) -> Vec<(i64, String)> {
    let sql = "select position, id::text || type || payload::text from alis.event where log = 1 \
               order by position";
    let rows = client.query(sql, &[]).await.expect("the log can be read");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// What `verify` finds.
pub async fn findings(node: &Node) -> Vec<String> {
    let report = alis::event_log::verify::verify(&node.log.pool, DEFAULT_LOG, &|_| {}).await;
    report.expect("the log can be read").findings
}

/// Builds and parked keys.
pub async fn status_of(node: &Node) -> status::Status {
    status::read(&node.log.pool, DEFAULT_LOG).await.expect("the status can be read")
}

/// A small generator of numbers, so that a run can be repeated from its seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed, which is printed: a failing test shows it.
    pub fn seeded(what: &str, seed: u64) -> Dice {
        eprintln!("{what}: seed {seed}");
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    /// A move between two of `counters`, small enough that most succeed.
    pub fn a_move(&mut self, counters: u32) -> Move {
        let mut pick = || u32::try_from(self.below(counters.into())).expect("it is small") + 1;
        let from = pick();
        let to = if counters == 1 { from } else { from % counters + 1 };
        let amount = i64::try_from(self.below(30)).expect("it is small") + 1;
        let days = i64::try_from(self.below(400)).expect("it is small");
        let on = date(2020, 1, 1).saturating_add(jiff::Span::new().days(days));
        Move { from, to, amount, on }
    }
}

/// Recomputes every counter from the events and compares with what each decision wrote down: a lost
/// update, or a fact decided on stale state, shows as a difference.
pub async fn assert_books_balance(node: &Node, counters: u32) {
    let mut total = 0;
    for counter in 1..=counters {
        let state: Counter =
            node.log.fold(&subject(counter), None).await.expect("the log can be read").state;
        let mut holds = 0;
        for fact in &state.facts {
            match fact {
                Event::Opened(opened) => holds += opened.holds,
                Event::Moved(moved) if moved.from == counter => {
                    holds -= moved.amount;
                    assert_eq!(holds, moved.left, "counter {counter}: decided on stale state");
                    assert!(holds >= 0, "counter {counter} gave what it did not have");
                }
                Event::Moved(moved) => holds += moved.amount,
            }
        }
        total += holds;
    }
    assert_eq!(total, OPENING * i64::from(counters), "something was lost or came from nowhere");
}
