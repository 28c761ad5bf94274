//! Clients of a service that dies: each keeps what was acknowledged, and asks for everything else
//! again under the same key until it is answered. They accept the truth and 503, and nothing else.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Post;
use crate::event_log::rig::Dice;
use crate::support::client::{Answer, Client};

/// Clients that post at the same time.
const CLIENTS: u32 = 6;
/// How long a request may be repeated before it counts as lost.
const REQUEST_SECONDS_MAX: u64 = 60;
/// Pause before something is asked again.
const PAUSE: Duration = Duration::from_millis(10);
/// Doctors of one client, and the numbers of those that all clients want.
const TRAINEES_MAX: u32 = 10_000;
const SHARED: u32 = 900_000;
/// What every key here begins with: in the ledger it stands behind the name of the caller.
pub const KEY: &str = "crash-";
/// The municipality that all positions are in.
pub const MUNICIPALITY: &str = "5401";

/// A request.
#[derive(Debug, Clone)]
pub struct Act {
    pub key: String,
    pub path: String,
    pub body: Value,
    /// Facts that it records when it is accepted.
    pub facts: i64,
}

/// A request and its answer.
#[derive(Debug, Clone)]
pub struct Kept {
    pub act: Act,
    pub answer: Answer,
    /// How often it was sent and not answered, or with 503.
    pub in_vain: u32,
}

/// What the clients have together.
#[derive(Default)]
pub struct Book {
    kept: Mutex<Vec<Kept>>,
    waiting: Mutex<BTreeSet<String>>,
    unavailable: AtomicU64,
    stop: AtomicBool,
}

impl Book {
    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().expect("no client panics while it holds this")
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.waiting.lock().expect("no client panics while it holds this")
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// How many requests are answered.
    pub fn answered(&self) -> usize {
        self.kept().len()
    }

    /// The newest position that a client was told of.
    pub fn announced(&self) -> i64 {
        let kept = self.kept();
        let accepted = kept.iter().filter(|kept| kept.answer.status < 300);
        accepted.map(|kept| kept.answer.position()).max().unwrap_or(0)
    }

    /// The keys of the requests that are under way.
    pub fn under_way(&self) -> Vec<String> {
        self.waiting().iter().cloned().collect()
    }

    /// How often a service has answered that it cannot answer.
    pub fn unavailable(&self) -> u64 {
        self.unavailable.load(Ordering::Relaxed)
    }

    /// Waits until so many more requests are answered: the service is at work.
    pub async fn progress(&self, requests: usize) {
        let (started, before) = (Instant::now(), self.answered());
        while self.answered() < before + requests {
            assert!(started.elapsed().as_secs() < REQUEST_SECONDS_MAX, "the clients stand still");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Clients at work.
pub struct Load {
    pub book: Arc<Book>,
    clients: Vec<JoinHandle<()>>,
    reader: JoinHandle<()>,
    consumer: JoinHandle<Consumed>,
}

/// What a consumer of the feed has read: position and id of each event, and how far it has come.
#[derive(Debug, Default)]
pub struct Consumed {
    pub seen: Vec<(i64, String)>,
    pub checkpoint: i64,
}

/// All that is left of a load.
pub struct Finished {
    pub kept: Vec<Kept>,
    pub consumed: Consumed,
}

impl Load {
    /// Sets clients to work on the services.
    pub fn start(posts: &[&Post], seed: u64) -> Self {
        let book = Arc::new(Book::default());
        let announced: Vec<_> = posts.iter().map(|post| post.announced.subscribe()).collect();
        let caller = |number: u32| {
            let dice = Dice::seeded("client", seed + u64::from(number));
            let (book, announced) = (book.clone(), announced.clone());
            Caller { number, run: 0, sent: 0, dice, book, announced, at: 0, client: None }
        };
        let clients = (0..CLIENTS).map(|number| tokio::spawn(caller(number).work())).collect();
        let reader = tokio::spawn(caller(CLIENTS).read());
        let consumer = tokio::spawn(caller(CLIENTS + 1).consume());
        Self { book, clients, reader, consumer }
    }

    /// Lets every client finish what it has begun.
    pub async fn finish(self) -> Finished {
        self.book.stop.store(true, Ordering::Release);
        for client in self.clients {
            client.await.expect("no client has a complaint");
        }
        self.reader.await.expect("the reader has no complaint");
        let consumed = self.consumer.await.expect("the consumer has no complaint");
        let kept = std::mem::take(&mut *self.book.kept());
        Finished { kept, consumed }
    }
}

/// One client.
struct Caller {
    number: u32,
    run: u32,
    sent: u32,
    dice: Dice,
    book: Arc<Book>,
    announced: Vec<watch::Receiver<Option<SocketAddr>>>,
    /// The service that is asked, and its client.
    at: usize,
    client: Option<(SocketAddr, Client)>,
}

fn new_trainee(number: u32) -> Value {
    let hpr_number = (999_000_001 + number).to_string();
    json!({"hpr_number": hpr_number, "name": "Kari Eksempel", "scheme": "new"})
}

impl Caller {
    /// A client of a service that is said to be up, preferably of the one that answered last.
    async fn connect(&mut self) -> Client {
        loop {
            for _ in 0..self.announced.len() {
                let address = *self.announced[self.at].borrow();
                match (&self.client, address) {
                    (Some((known, client)), Some(address)) if *known == address => {
                        return client.clone();
                    }
                    (_, Some(address)) => {
                        let client = Client::new(address);
                        self.client = Some((address, client.clone()));
                        return client;
                    }
                    (_, None) => self.turn_away(),
                }
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn turn_away(&mut self) {
        self.at = (self.at + 1) % self.announced.len();
    }

    /// Sends a request until it is answered. Whoever gets no answer asks another service at once,
    /// while the first one's words may still be on their way to the database.
    async fn insist(&mut self, method: Method, act: &Act) -> (Answer, u32) {
        let (started, mut in_vain) = (Instant::now(), 0);
        let keyed = [("Idempotency-Key", act.key.as_str())];
        let headers = if method == Method::POST { &keyed[..] } else { &[] };
        loop {
            let client = self.connect().await;
            let body = (method == Method::POST).then(|| act.body.clone());
            match client.try_send(method.clone(), &act.path, headers, body).await {
                Ok(answer) if answer.status == 503 => {
                    self.book.unavailable.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(answer) => return (answer, in_vain),
                Err(_) => self.turn_away(),
            }
            in_vain += 1;
            let seconds = started.elapsed().as_secs();
            assert!(seconds < REQUEST_SECONDS_MAX, "{} is not answered", act.key);
        }
    }

    /// Posts and keeps the answer, which must be an acceptance or the problem `or_else`.
    async fn post(&mut self, path: &str, body: Value, facts: i64, or_else: &str) -> Answer {
        let key = format!("{KEY}{}-{}", self.number, self.sent);
        self.sent += 1;
        let act = Act { key, path: path.to_owned(), body, facts };
        self.book.waiting().insert(act.key.clone());
        let (answer, in_vain) = self.insist(Method::POST, &act).await;
        let accepted = matches!(answer.status, 200 | 201);
        let expected = answer.status == 409 && answer.body["code"] == or_else;
        assert!(accepted || expected, "{} {}: {}", act.key, answer.asked, answer.text);
        self.book.waiting().remove(&act.key);
        self.book.kept().push(Kept { act, answer: answer.clone(), in_vain });
        answer
    }

    async fn work(mut self) {
        while !self.book.is_over() && self.run < TRAINEES_MAX {
            self.career().await;
            self.run += 1;
        }
    }

    /// A doctor comes, takes a position and leaves it; another one is wanted by all clients.
    async fn career(&mut self) {
        const NEVER: &str = "";
        let (trainees, positions) = ("/v1/trainees", "/v1/positions");
        let own = new_trainee(self.number * TRAINEES_MAX + self.run);
        let trainee = self.post(trainees, own.clone(), 1, NEVER).await.expect(201).id();
        self.post(trainees, new_trainee(SHARED + self.run), 1, "trainee_exists").await;
        let position = json!({"municipality": MUNICIPALITY, "category": "regular_gp",
            "percent": 100, "intended_operating_model": "salaried", "from": "2019-01-01"});
        let position = self.post(positions, position, 1, NEVER).await.expect(201).id();
        let held = format!("{positions}/{position}/occupancies");
        let occupancy = json!({"trainee": trainee, "from": "2019-05-01", "percent": 100,
            "operating_model": "salaried"});
        let occupancy = self.post(&held, occupancy, 1, NEVER).await.expect(201).id();
        let end = json!({"to": "2020-12-31", "reason": "moved_to_own_list"});
        let path = format!("{held}/{occupancy}/end");
        self.post(&path, end.clone(), 1, NEVER).await.expect(200);
        // It is so already: accepted, and nothing is recorded.
        self.post(&path, end, 0, NEVER).await.expect(200);
        self.post(trainees, own, 0, "trainee_exists").await.expect(409);
    }

    /// Reads what others were told, over and over: what was acknowledged is there.
    async fn read(mut self) {
        while !self.book.is_over() {
            tokio::time::sleep(PAUSE).await;
            let kept = {
                let kept = self.book.kept();
                let Ok(count @ 1..) = u64::try_from(kept.len()) else { continue };
                let number = usize::try_from(self.dice.below(count)).expect("it is small");
                kept[number].clone()
            };
            let Some(location) = kept.answer.header("location") else { continue };
            let (path, facts) = (location.to_owned(), 0);
            let act = Act { key: format!("read of {path}"), path, body: Value::Null, facts };
            let (answer, _) = self.insist(Method::GET, &act).await;
            assert_eq!(answer.status, 200, "{} is gone: {}", kept.act.key, answer.text);
            assert_eq!(answer.body["id"], kept.answer.body["id"]);
        }
    }

    /// Follows the feed from a checkpoint that it keeps with what it has read.
    async fn consume(mut self) -> Consumed {
        let mut consumed = Consumed::default();
        while !self.book.is_over() {
            let limit = self.dice.below(40) + 1;
            let after = consumed.checkpoint;
            let path = format!("/v1/events?after={after}&limit={limit}&format=ndjson");
            let act = Act { key: "the feed".to_owned(), path, body: Value::Null, facts: 0 };
            let (answer, _) = self.insist(Method::GET, &act).await;
            consumed.take(&answer.expect(200));
            if consumed.checkpoint == after {
                tokio::time::sleep(PAUSE).await;
            }
        }
        consumed
    }
}

impl Consumed {
    fn take(&mut self, page: &Answer) {
        for line in page.text.lines() {
            let event: Value = serde_json::from_str(line).expect("a line is an event");
            let position = event["position"].as_str().expect("it has a position");
            let position = position.parse().expect("a position is a number");
            self.seen.push((position, event["id"].as_str().expect("it has an id").to_owned()));
        }
        // A service that has not heard of the newest facts yet sends nobody back.
        self.checkpoint = self.checkpoint.max(page.position());
    }
}
