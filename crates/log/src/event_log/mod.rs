//! The event log: what was decided, in one order, for ever.
//!
//! A command loads the facts of the subjects it names, decides, and appends under the guard that
//! none of them has moved. This module knows no capability and no HTTP.

pub mod append;
pub mod combiner;
pub mod feed;
mod load_batching;
pub mod checkpoint_skipper;
pub mod projection;
pub mod projector;
pub mod rebuild;
mod rows;
pub mod sql;
pub mod status;
pub mod listener;
mod contention_queue;
pub mod verify;
mod view;
pub mod newest_of_types;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use deadpool_postgres::{Pool, PoolError};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use alis_kernel::aggregate::{DecodeError, DomainEvent, Fold, NewFact, Subject};
use alis_kernel::problem::Rejection;
use append::{AppendCommand, Verdict};
use combiner::{Combiner, WriteError};
use contention_queue::Turns;
use load_batching::Gather;
pub use newest_of_types::Watched;
pub use view::{Anything, Loaded, View};

/// The log an installation uses unless told otherwise.
pub const DEFAULT_LOG: i32 = 1;
/// Status of a rule's no.
const CONFLICT: u16 = 409;
/// Attempts at a decision whose subjects keep moving under it.
const ATTEMPTS_MAX: u32 = 20;

/// A log: where decisions are made and facts are read.
#[derive(Clone)]
pub struct EventLog {
    pub log: i32,
    pub pool: Pool,
    gather: Gather,
    combiner: Combiner,
    head: watch::Receiver<i64>,
    turns: Turns,
    /// The newest position that this instance has written itself: news of it may still be on the
    /// way, and whoever was told of it must not be told of an older one next.
    written: Arc<AtomicI64>,
    watched: Watched,
    /// Somebody waits for a read model: what moves them need not wait for more to come.
    hurry: Arc<Notify>,
}

/// Why the log could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("no connection to the database")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("subject {0} has more facts than one decision may read")]
    TooManyFacts(String),
    #[error("what identifies a person cannot be opened")]
    Sealed(#[from] alis_personal_data::SealError),
    #[error("a stored reply cannot be read: {0}")]
    Reply(String),
    /// The code folds the same facts into other rows than those stored.
    #[error(
        "read model {0} holds other rows than its code makes: raise its version, or rebuild it"
    )]
    Drift(&'static str),
    /// Readers held the view for minutes on end.
    #[error("read model {0} is built, but its readers do not let go of the old table: try again")]
    SwapBlocked(&'static str),
}

impl Failure {
    /// What the database called it, when it was the database.
    pub fn sql_state(&self) -> Option<&SqlState> {
        if let Failure::Database(error) | Failure::Pool(PoolError::Backend(error)) = self {
            return error.code();
        }
        None
    }

    /// Whether the database refused the values themselves: data exceptions and violated
    /// constraints. Sent again, they would be refused again.
    fn refuses_values(&self) -> bool {
        self.sql_state().is_some_and(|code| ["22", "23"].contains(&&code.code()[..2]))
    }
}

/// The no of a decision: a rule's, or the log's own.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("a rule said no: {}", .0.problem.code)]
    Rejected(Box<Rejection>),
    #[error(transparent)]
    Failed(#[from] Failure),
    /// `If-Match` named an older head; `unseen` is what came after it.
    #[error("the resource has moved to {current}")]
    Stale { current: i64, since: i64, subject: Subject },
    /// The key was used with another request.
    #[error("the idempotency key was used before")]
    KeyReused,
    /// The subjects kept moving.
    #[error("too many others were writing the same")]
    Contended,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Refusal::Rejected(Box::new(rejection))
    }
}

impl From<alis_kernel::edge::FieldFault> for Refusal {
    fn from(fault: alis_kernel::edge::FieldFault) -> Self {
        Rejection::from(fault).into()
    }
}

impl From<&'static alis_kernel::problem::Problem> for Refusal {
    fn from(problem: &'static alis_kernel::problem::Problem) -> Self {
        Rejection::new(problem).into()
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        Refusal::Failed(error.into())
    }
}

/// A request as the log knows it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The caller's own key, already scoped to the caller.
    pub key: Option<String>,
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// Heads the caller accepts; `None` accepts any.
    pub if_match: Option<Vec<i64>>,
    /// Who acted, and with which request; the command's key is added to it.
    pub meta: serde_json::Map<String, serde_json::Value>,
    /// Decide, but record nothing.
    pub dry_run: bool,
}

/// A yes: the facts to record, and the answer once they are.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What the answer is about; its head becomes the ETag.
    pub main: Subject,
    pub facts: Vec<NewFact>,
    pub person_keys: Vec<(Uuid, Vec<u8>)>,
    pub reply: Reply,
}

impl Decision {
    /// Facts about `main`, answered with `status` and `body`.
    pub fn new<E: DomainEvent>(main: Subject, facts: &[E], reply: Reply) -> Self {
        let facts = facts.iter().map(NewFact::of).collect();
        Self { main, facts, person_keys: Vec::new(), reply }
    }
}

/// The answer to an accepted command, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Reply {
    pub status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Head of the resource when the command recorded nothing; otherwise it is the command's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<i64>,
    pub body: serde_json::Value,
}

/// What became of an accepted command.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub reply: Reply,
    /// Head of the resource.
    pub head: i64,
    /// How far the log had come.
    pub position: i64,
    /// The answer comes from the ledger.
    pub replayed: bool,
    /// On a dry run: what would have been recorded.
    pub would_record: Vec<NewFact>,
}

impl EventLog {
    /// A log over a pool for reading and a combiner for writing.
    pub fn new(log: i32, pool: Pool, combiner: Combiner, head: watch::Receiver<i64>) -> Self {
        let gather = Gather::new(pool.clone(), log);
        let (turns, written, watched) = (Turns::default(), Arc::default(), Watched::default());
        let hurry = Arc::default();
        Self { log, pool, gather, combiner, head, turns, written, watched, hurry }
    }

    /// The same log read over another pool: a worker's own.
    pub fn over(self, pool: Pool) -> Self {
        let gather = Gather::new(pool.clone(), self.log);
        Self { pool, gather, ..self }
    }

    /// The same log, watching for facts of some types, those of other instances included.
    pub fn watching(self, types: &'static [&'static str]) -> Self {
        Self { watched: Watched::new(types), ..self }
    }

    /// Position of the newest fact of the watched types that this instance knows of.
    pub fn newest_watched(&self) -> i64 {
        self.watched.newest()
    }

    /// The newest position this instance has heard of. Whatever is read after this call reflects
    /// at least that much, because positions become visible in order.
    pub fn known_head(&self) -> i64 {
        self.written.load(Ordering::Acquire).max(*self.head.borrow())
    }

    /// Changes of [`EventLog::known_head`].
    pub fn watch_head(&self) -> watch::Receiver<i64> {
        self.head.clone()
    }

    /// What is told when somebody waits for a read model of this instance.
    pub fn hurry(&self) -> Arc<Notify> {
        self.hurry.clone()
    }

    /// Folds a subject as it was known at position `until`, or now.
    pub async fn fold<S: Fold>(
        &self,
        subject: &Subject,
        until: Option<i64>,
    ) -> Result<Loaded<S>, Failure> {
        match until {
            None => view::fold_now(&self.gather, subject).await,
            Some(until) => {
                let client = self.pool.get().await?;
                view::fold_until(&client, self.log, subject, until).await
            }
        }
    }

    /// Folds a subject as it is now; `None` when its head is still `known`.
    pub async fn fold_unless<S: Fold>(
        &self,
        subject: &Subject,
        known: i64,
    ) -> Result<Option<Loaded<S>>, Failure> {
        view::fold_unless(&self.gather, subject, known).await
    }

    /// A look at several subjects together, outside any decision.
    pub fn view(&self) -> View {
        View::new(self, false)
    }

    /// The newest position recorded at or before an instant.
    pub async fn position_at(&self, instant: Timestamp) -> Result<i64, Failure> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("sql/position_at.sql")).await?;
        Ok(client.query_one(&statement, &[&self.log, &instant]).await?.try_get(0)?)
    }

    /// Decides and records. `decide` reads what it needs through the view and may run again when
    /// what it read has moved; it must have no effect of its own.
    ///
    /// # Errors
    /// The rule's no, a stale `If-Match`, a reused key, or the log's own failure.
    pub async fn execute(
        &self,
        request: &Request,
        decide: impl AsyncFn(&View) -> Result<Decision, Refusal>,
    ) -> Result<Outcome, Refusal> {
        let key = request.key.clone().unwrap_or_else(|| format!("~{}", Uuid::now_v7()));
        let mut turn = None;
        if request.dry_run {
            // A command that was accepted before would change nothing, and is answered so.
            let view = View::new(self, false);
            if let Some(outcome) = self.ledger_answer(request, &view).await? {
                return Ok(outcome);
            }
        }
        for attempt in 0..ATTEMPTS_MAX {
            // A dry run has no append that would tell it what it took for granted.
            let trusting = attempt == 0 && !request.dry_run;
            let view = View::new(self, trusting);
            let decided = match decide(&view).await {
                Ok(decision) => self.check_match(request, &view, &decision.main).map(|()| decision),
                Err(refusal) => Err(refusal),
            };
            let decision = match decided {
                Ok(decision) => decision,
                // A retry of an accepted command must not be told what its own first try changed.
                Err(refusal) => match self.ledger_answer(request, &view).await? {
                    Some(outcome) => return Ok(outcome),
                    None => return Err(self.unseen_first(request, &view, refusal)),
                },
            };
            if request.dry_run {
                return Ok(self.rehearsed(&view, decision));
            }
            match self.record(request, &key, view, decision).await? {
                Recorded::Done(outcome) => return Ok(*outcome),
                Recorded::Moved(subject) if turn.is_none() => {
                    turn = Some(self.turns.take(&subject).await);
                }
                Recorded::Moved(_) => {}
            }
        }
        Err(Refusal::Contended)
    }

    fn check_match(&self, request: &Request, view: &View, main: &Subject) -> Result<(), Refusal> {
        let (Some(accepted), Some(current)) = (&request.if_match, view.seen(main)) else {
            return Ok(());
        };
        if accepted.contains(&current) {
            return Ok(());
        }
        let since = accepted.iter().copied().max().unwrap_or(0);
        Err(Refusal::Stale { current, since, subject: main.clone() })
    }

    /// A rejection is about the current state: whoever decided on an older one is told that first.
    fn unseen_first(&self, request: &Request, view: &View, refusal: Refusal) -> Refusal {
        let is_rules = matches!(&refusal, Refusal::Rejected(no) if no.problem.status == CONFLICT);
        let main = view.main().filter(|_| is_rules);
        let stale = main.and_then(|main| self.check_match(request, view, &main).err());
        stale.unwrap_or(refusal)
    }

    async fn ledger_answer(
        &self,
        request: &Request,
        view: &View,
    ) -> Result<Option<Outcome>, Refusal> {
        let Some(key) = &request.key else { return Ok(None) };
        let client = view.client().await?;
        let sql = include_str!("sql/ledger.sql");
        let statement = client.prepare_cached(sql).await.map_err(Failure::from)?;
        let row = client.query_opt(&statement, &[&self.log, key]).await.map_err(Failure::from)?;
        let Some(row) = row else { return Ok(None) };
        if row.get::<_, &[u8]>(0) != request.fingerprint {
            return Err(Refusal::KeyReused);
        }
        Ok(Some(stored(row.get(1), row.get(2))?))
    }

    fn rehearsed(&self, view: &View, decision: Decision) -> Outcome {
        let head = decision.reply.head.or(view.seen(&decision.main)).unwrap_or(0);
        Outcome {
            reply: decision.reply,
            head,
            position: self.known_head(),
            replayed: false,
            would_record: decision.facts,
        }
    }

    /// Appends, or names the subject that has moved: then the decision must be made again.
    async fn record(
        &self,
        request: &Request,
        key: &str,
        view: View,
        decision: Decision,
    ) -> Result<Recorded, Refusal> {
        let mut reply = decision.reply;
        if decision.facts.is_empty() {
            reply.head = reply.head.or(view.seen(&decision.main));
            if request.key.is_none() {
                let head = reply.head.unwrap_or(0);
                let position = self.known_head().max(head);
                return Ok(Recorded::done(reply, head, position));
            }
        }
        let kinds = newest_of_types::kinds(&decision.facts);
        let mut meta = request.meta.clone();
        meta.insert("command".to_owned(), key.into());
        let command = AppendCommand {
            key: key.to_owned(),
            fingerprint: request.fingerprint.to_vec(),
            reply: serde_json::to_string(&reply).map_err(|e| Failure::Reply(e.to_string()))?,
            guards: view.into_guards(),
            facts: decision.facts,
            meta: serde_json::Value::Object(meta).to_string(),
            person_keys: decision.person_keys,
        };
        match self.combiner.append(command).await.map_err(Failure::from)? {
            Verdict::Recorded { head } => {
                self.written.fetch_max(head, Ordering::AcqRel);
                self.watched.recorded(&kinds, head);
                let resource = reply.head.unwrap_or(head);
                Ok(Recorded::done(reply, resource, head))
            }
            Verdict::Duplicate { head, reply } => {
                Ok(Recorded::Done(Box::new(stored(head, &reply)?)))
            }
            Verdict::KeyReused => Err(Refusal::KeyReused),
            Verdict::Conflict { moved } => {
                tracing::debug!(?moved, "Subjects moved; deciding again");
                metrics::counter!("alis_append_conflicts_total").increment(1);
                let subject = moved.into_iter().next().map(|(subject, _)| subject);
                Ok(Recorded::Moved(subject.unwrap_or_default()))
            }
        }
    }
}

/// What became of one attempt.
enum Recorded {
    Done(Box<Outcome>),
    Moved(String),
}

impl Recorded {
    fn done(reply: Reply, head: i64, position: i64) -> Self {
        let (replayed, would_record) = (false, vec![]);
        Self::Done(Box::new(Outcome { reply, head, position, replayed, would_record }))
    }
}

fn stored(position: i64, reply: &str) -> Result<Outcome, Failure> {
    let reply: Reply =
        serde_json::from_str(reply).map_err(|error| Failure::Reply(error.to_string()))?;
    let head = reply.head.unwrap_or(position);
    Ok(Outcome { reply, head, position, replayed: true, would_record: vec![] })
}
