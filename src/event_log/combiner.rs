//! The write combiner: what arrives while one append is being committed goes into the next.
//!
//! One task on one connection of its own, one call in flight: two were slower at every load.
//! There is no timer, so a lone command waits for nobody. It decides nothing: commands come here
//! decided, and leave with the verdict of the append function.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::append::{self, AppendCommand, AppendError, Verdict};

/// Commands in one call.
const BATCH_COMMANDS_MAX: usize = 256;
/// Bytes of facts and replies in one call.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Commands waiting for a call; more are told to come back.
const QUEUE_COMMANDS_MAX: usize = 4096;
/// How long a batch is sent again over new connections before its callers are told.
const RESEND_SECONDS_MAX: u64 = 10;
/// Pause between two attempts to connect.
const RECONNECT_PAUSE_MS: u64 = 50;

/// Why a command has no verdict.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// The queue is full; nothing was recorded.
    #[error("too many commands are waiting")]
    Busy,
    /// The database could not be reached. The command may have been recorded: asking again under
    /// the same key tells.
    #[error("the database could not be reached: {0}")]
    Unreachable(String),
    /// The database refused the command; nothing was recorded.
    #[error("the database refused the command: {0}")]
    Refused(String),
}

struct Waiting {
    command: AppendCommand,
    answer: oneshot::Sender<Result<Verdict, WriteError>>,
}

/// The front door of the combiner; cheap to clone.
#[derive(Clone)]
pub struct Combiner {
    queue: mpsc::Sender<Waiting>,
}

impl Combiner {
    /// Connects, warms the connection and starts the writer. It ends when every [`Combiner`] is
    /// gone and the queue is drained.
    ///
    /// The writer has a thread of its own: task and connection then wake each other without
    /// crossing threads, and no request computes in front of a commit.
    pub async fn start(config: Config, log: i32) -> Result<Self, tokio_postgres::Error> {
        let (queue, waiting) = mpsc::channel(QUEUE_COMMANDS_MAX);
        let (started, ready) = oneshot::channel();
        let write = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("the system gives a runtime its timer and poll");
            runtime.block_on(async {
                let (connection, result) = match Connection::open(&config, log).await {
                    Ok(connection) => (Some(connection), Ok(())),
                    Err(error) => (None, Err(error)),
                };
                let go_on = result.is_ok();
                if started.send(result).is_ok() && go_on {
                    let task = Task { config, log, connection, deferred: VecDeque::new() };
                    task.run(waiting).await;
                }
            });
        };
        let thread = std::thread::Builder::new().name("alis-writer".to_owned());
        thread.spawn(write).expect("the system gives a thread");
        ready.await.expect("the writer tells how its start went")?;
        Ok(Self { queue })
    }

    /// Appends one command. Dropping the future does not take the command back.
    pub async fn append(&self, command: AppendCommand) -> Result<Verdict, WriteError> {
        let (answer, verdict) = oneshot::channel();
        self.queue.try_send(Waiting { command, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => WriteError::Busy,
            mpsc::error::TrySendError::Closed(_) => {
                WriteError::Unreachable("the writer has stopped".to_owned())
            }
        })?;
        verdict.await.unwrap_or_else(|_closed| {
            Err(WriteError::Unreachable("the writer has stopped".to_owned()))
        })
    }
}

struct Connection {
    client: Client,
    statement: Statement,
}

impl Connection {
    async fn open(config: &Config, log: i32) -> Result<Self, tokio_postgres::Error> {
        let (client, driver) = config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::debug!(error = %error, "The writer's connection ended");
            }
        });
        let statement = append::prepare(&client).await?;
        let connection = Self { client, statement };
        connection.warm(log).await?;
        Ok(connection)
    }

    /// Runs the function a few times and takes it all back, so that the first real command does
    /// not plan every statement while it holds the lock of the log.
    async fn warm(&self, log: i32) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute("begin").await?;
        for _ in 0..6 {
            let result =
                append::append(&self.client, &self.statement, log, &[warming_command()]).await;
            if let Err(AppendError::Database(error)) = result {
                self.client.batch_execute("rollback").await?;
                return Err(error);
            }
        }
        self.client.batch_execute("rollback").await
    }
}

fn warming_command() -> AppendCommand {
    use crate::aggregate::{NewFact, Subject};
    let id = uuid::Uuid::now_v7();
    AppendCommand {
        key: format!("warming:{id}"),
        fingerprint: vec![0; 32],
        reply: "null".to_owned(),
        guards: vec![(Subject::new("warming", id), 0)],
        facts: vec![NewFact {
            id,
            kind: "warming",
            effective_from: crate::time::FIRST_DAY,
            municipality: None,
            subjects: vec![Subject::new("warming", id)],
            payload: "{}".to_owned(),
        }],
        meta: "{}".to_owned(),
        person_keys: vec![],
    }
}

struct Task {
    config: Config,
    log: i32,
    connection: Option<Connection>,
    /// Commands that touch a subject of the batch before them, in the order they came.
    deferred: VecDeque<Waiting>,
}

impl Task {
    async fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        loop {
            let first = match self.deferred.pop_front() {
                Some(first) => first,
                None => match queue.recv().await {
                    Some(first) => first,
                    None => return,
                },
            };
            let batch = self.fill(first, &mut queue);
            metrics::histogram!("alis_append_batch_commands").record(batch.len() as f64);
            self.commit(batch).await;
        }
    }

    /// Takes what is waiting, leaving for later what would meet a neighbour in the same call.
    fn fill(&mut self, first: Waiting, queue: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
        let mut touched: HashSet<String> = first.command.touches().map(str::to_owned).collect();
        let mut bytes = first.command.bytes();
        let mut batch = vec![first];
        let mut left = VecDeque::new();
        let mut candidates = std::mem::take(&mut self.deferred);
        while batch.len() < BATCH_COMMANDS_MAX && bytes < BATCH_BYTES_MAX {
            let next = match candidates.pop_front() {
                Some(next) => next,
                None if left.len() >= BATCH_COMMANDS_MAX => break,
                None => match queue.try_recv() {
                    Ok(next) => next,
                    Err(_) => break,
                },
            };
            let meets = next.command.touches().any(|name| touched.contains(name));
            // Also what a deferred command touches is taken, so that order within a subject holds.
            touched.extend(next.command.touches().map(str::to_owned));
            if meets {
                left.push_back(next);
            } else {
                bytes += next.command.bytes();
                batch.push(next);
            }
        }
        left.append(&mut candidates);
        self.deferred = left;
        batch
    }

    /// Sends a batch until it has verdicts. A hard error is narrowed down by halving.
    async fn commit(&mut self, batch: Vec<Waiting>) {
        let mut parts = VecDeque::from([batch]);
        while let Some(mut part) = parts.pop_front() {
            let commands: Vec<AppendCommand> = part.iter().map(|w| w.command.clone()).collect();
            match self.send(&commands).await {
                Ok(verdicts) => {
                    for (waiting, verdict) in part.into_iter().zip(verdicts) {
                        answer(waiting, Ok(verdict));
                    }
                }
                Err(WriteError::Refused(_)) if part.len() > 1 => {
                    let second = part.split_off(part.len() / 2);
                    parts.push_front(second);
                    parts.push_front(part);
                }
                Err(error) => {
                    tracing::error!(commands = part.len(), error = %error, "An append failed");
                    for waiting in part {
                        answer(waiting, Err(error.clone()));
                    }
                }
            }
        }
    }

    /// One call. After a lost connection the same commands are sent again: if the first call was
    /// committed, the ledger answers them as duplicates, which is the same as recorded.
    async fn send(&mut self, commands: &[AppendCommand]) -> Result<Vec<Verdict>, WriteError> {
        let started = Instant::now();
        loop {
            let error = match self.send_once(commands).await {
                Ok(verdicts) => return Ok(verdicts),
                Err(error) => error,
            };
            let lost = match &error {
                AppendError::Database(error) => is_lost(error),
                AppendError::Verdicts => false,
            };
            if !lost {
                return Err(WriteError::Refused(with_causes(&error)));
            }
            self.connection = None;
            if started.elapsed() > Duration::from_secs(RESEND_SECONDS_MAX) {
                return Err(WriteError::Unreachable(with_causes(&error)));
            }
            tokio::time::sleep(Duration::from_millis(RECONNECT_PAUSE_MS)).await;
        }
    }

    async fn send_once(&mut self, commands: &[AppendCommand]) -> Result<Vec<Verdict>, AppendError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.config, self.log).await?,
        };
        let result =
            append::append(&connection.client, &connection.statement, self.log, commands).await;
        self.connection = Some(connection);
        result
    }
}

fn answer(waiting: Waiting, verdict: Result<Verdict, WriteError>) {
    if waiting.answer.send(verdict).is_err() {
        tracing::debug!("A caller left before its verdict; the command stands");
    }
}

/// Whether the connection, not the command, was at fault: then the outcome is unknown.
fn is_lost(error: &tokio_postgres::Error) -> bool {
    use tokio_postgres::error::SqlState;
    match error.code() {
        None => true,
        Some(code) => {
            let class = &code.code()[..2];
            class == "08"
                || class == "53"
                || [
                    SqlState::ADMIN_SHUTDOWN,
                    SqlState::CRASH_SHUTDOWN,
                    SqlState::CANNOT_CONNECT_NOW,
                    SqlState::IDLE_SESSION_TIMEOUT,
                    SqlState::T_R_SERIALIZATION_FAILURE,
                    SqlState::T_R_DEADLOCK_DETECTED,
                ]
                .contains(code)
        }
    }
}

/// The error with its causes on one line, for the log.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
