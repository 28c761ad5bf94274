//! The write combiner: what arrives while one append is being committed goes into the next.
//!
//! One task on one connection of its own, one call in flight: two were slower at every load.
//! There is no timer, so a lone command waits for nobody. It decides nothing: commands come here
//! decided, and leave with the verdict of the append function.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, Config, Statement};

use super::append::{self, AppendCommand, AppendError, Verdict};
pub use alis_kernel::causes::with_causes;

/// Commands in one call.
const BATCH_COMMANDS_MAX: usize = 256;
/// Bytes of facts and replies in one call.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Commands waiting for a call; more are told to come back.
const QUEUE_COMMANDS_MAX: usize = 4096;
/// How long batches are sent again over new connections before their callers are told. Counted
/// from the first loss: once it is over, each batch gets one attempt until one succeeds.
const RESEND_SECONDS_MAX: u64 = 10;
/// How long one call or one connection attempt may take. A server that says nothing for longer is
/// taken for lost; the ledger makes it safe to ask another one.
const CALL_SECONDS_MAX: u64 = 10;
/// How often a new connection rehearses the append: by then its plans are made.
const REHEARSALS: usize = 6;
/// Pause between two attempts to connect.
const RECONNECT_PAUSE_MS: u64 = 50;

/// Why a command has no verdict.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// The queue is full, or the database out of room or time; nothing was recorded.
    #[error("there is no room for the command now: {0}")]
    Busy(String),
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
                    let deferred = VecDeque::new();
                    let task = Task { config, log, connection, deferred, lost_since: None };
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
            mpsc::error::TrySendError::Full(_) => {
                WriteError::Busy("too many commands are waiting".to_owned())
            }
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
        let (client, driver) = crate::database::connect(config).await?;
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
    /// not plan every statement while it holds the lock of the log. All of it is sent at once, and
    /// the server has the means to end it alone: the lock of the log never waits for this client.
    async fn warm(&self, log: i32) -> Result<(), tokio_postgres::Error> {
        let commands: Vec<_> = (0..REHEARSALS).map(|_| [warming_command()]).collect();
        let rehearsals = commands
            .iter()
            .map(|command| append::append(&self.client, &self.statement, log, command));
        let (begun, rehearsed, undone) = futures_util::future::join3(
            self.client.batch_execute(include_str!("sql/rehearse.sql")),
            futures_util::future::join_all(rehearsals),
            self.client.batch_execute("rollback"),
        )
        .await;
        begun?;
        for result in rehearsed {
            if let Err(AppendError::Database(error)) = result {
                return Err(error);
            }
        }
        undone
    }
}

fn warming_command() -> AppendCommand {
    use alis_kernel::aggregate::{NewFact, Subject};
    let id = uuid::Uuid::now_v7();
    AppendCommand {
        key: format!("warming:{id}"),
        fingerprint: vec![0; 32],
        reply: "null".to_owned(),
        guards: vec![(Subject::new("warming", id), 0)],
        facts: vec![NewFact {
            id,
            kind: "warming",
            effective_from: alis_kernel::time::FIRST_DAY,
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
    /// When the database stopped answering.
    lost_since: Option<Instant>,
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
                Err(WriteError::Refused(_) | WriteError::Busy(_)) if part.len() > 1 => {
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
        loop {
            let outcome = self.send_once(commands).await;
            let Err(WriteError::Unreachable(_)) = &outcome else {
                self.lost_since = None;
                return outcome;
            };
            let lost_since = *self.lost_since.get_or_insert_with(Instant::now);
            if lost_since.elapsed() > Duration::from_secs(RESEND_SECONDS_MAX) {
                return outcome;
            }
            tokio::time::sleep(Duration::from_millis(RECONNECT_PAUSE_MS)).await;
        }
    }

    /// One attempt. The connection is kept only when the server has answered on it.
    async fn send_once(&mut self, commands: &[AppendCommand]) -> Result<Vec<Verdict>, WriteError> {
        let limit = Duration::from_secs(CALL_SECONDS_MAX);
        let silent = |_elapsed| WriteError::Unreachable("no answer in time".to_owned());
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let opening = Connection::open(&self.config, self.log);
                let opened = tokio::time::timeout(limit, opening).await.map_err(silent)?;
                opened.map_err(|error| WriteError::Unreachable(with_causes(&error)))?
            }
        };
        let call = append::append(&connection.client, &connection.statement, self.log, commands);
        let error = match tokio::time::timeout(limit, call).await.map_err(silent)? {
            Ok(verdicts) => {
                self.connection = Some(connection);
                return Ok(verdicts);
            }
            Err(error) => error,
        };
        let recorded = with_causes(&error);
        match fault_of(&error, &connection.client) {
            Fault::Connection => Err(WriteError::Unreachable(recorded)),
            Fault::Server => {
                self.connection = Some(connection);
                Err(WriteError::Busy(recorded))
            }
            Fault::Command => {
                self.connection = Some(connection);
                Err(WriteError::Refused(recorded))
            }
        }
    }
}

fn answer(waiting: Waiting, verdict: Result<Verdict, WriteError>) {
    if waiting.answer.send(verdict).is_err() {
        tracing::debug!("A caller left before its verdict; the command stands");
    }
}

/// What was at fault when a call failed.
enum Fault {
    /// The connection: the outcome is unknown, and another connection can tell.
    Connection,
    /// The server, out of room or time: nothing was recorded, and fewer commands may fit.
    Server,
    /// What was sent: nothing was recorded, and it will not get better.
    Command,
}

fn fault_of(error: &AppendError, client: &Client) -> Fault {
    use tokio_postgres::error::SqlState;
    const CONNECTION: [SqlState; 9] = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_SESSION_TIMEOUT,
        SqlState::TOO_MANY_CONNECTIONS,
        // Both are undone by the server, and a second attempt meets another status.
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        // The primary has become a standby: the next connection finds the new primary.
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::DATABASE_DROPPED,
    ];
    const SERVER: [SqlState; 2] = [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE];
    let AppendError::Database(error) = error else { return Fault::Command };
    match error.code() {
        // Without a code it is the client's own error: a value that cannot be sent, or a loss.
        None if error.is_closed() || client.is_closed() || is_io(error) => Fault::Connection,
        None => Fault::Command,
        Some(code) if code.code().starts_with("08") || CONNECTION.contains(code) => {
            Fault::Connection
        }
        Some(code) if code.code().starts_with("53") || SERVER.contains(code) => Fault::Server,
        Some(_) => Fault::Command,
    }
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
}
