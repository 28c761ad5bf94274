//! A way to PostgreSQL that listens: it passes everything on, and stops at a chosen step of the
//! service's work, between two messages of the protocol, until it is cut.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_util::sync::CancellationToken;

/// How long a step may take to be reached.
const REACHED_SECONDS_MAX: u64 = 30;
/// No message here is longer.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Only a part of the socket's name.
const PORT: u16 = 5432;

/// Where the service is held. A command is read, appended, answered, and taken in by read models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A decision asks for the facts of a subject.
    BeforeReading,
    /// The call of the append function is made, and the server has not heard of it.
    BeforeAppend,
    /// The server is at the call. Not held here: whoever locks the log holds it there.
    Appending,
    /// The call is committed, and the service has not heard of it.
    BeforeVerdict,
    /// A read model is about to look for its next facts.
    BeforeProjection,
    /// The rows of a batch are written and the checkpoint is moved, but not committed.
    BeforeProjectionCommit,
    /// A batch is committed, and the service has not heard of it.
    AfterProjectionCommit,
}

/// What a prepared statement is to these tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Statement {
    Load,
    Append,
    TakeCheckpoint,
    MoveCheckpoint,
    Another,
}

fn statement_of(sql: &[u8]) -> Statement {
    const KNOWN: [(&str, Statement); 4] = [
        (include_str!("../../../crates/log/src/event_log/sql/load.sql"), Statement::Load),
        (include_str!("../../../crates/log/src/event_log/sql/append.sql"), Statement::Append),
        (
            include_str!("../../../crates/log/src/event_log/sql/checkpoint.sql"),
            Statement::TakeCheckpoint,
        ),
        (
            include_str!("../../../crates/log/src/event_log/sql/checkpoint_move.sql"),
            Statement::MoveCheckpoint,
        ),
    ];
    let known = KNOWN.iter().find(|(text, _)| text.as_bytes() == sql);
    known.map_or(Statement::Another, |(_, statement)| *statement)
}

/// What is held, and whom to tell of it.
struct Shared {
    server: Config,
    trap: Option<(Step, UnboundedSender<Vec<u8>>)>,
    /// The newest call of the append function that the server has.
    last_call: Vec<u8>,
    /// Ends the connections of now.
    cut: CancellationToken,
}

/// The listening way.
pub struct Wire {
    /// How the service connects to it.
    pub config: Config,
    shared: Arc<Mutex<Shared>>,
}

/// A step that is being waited for.
pub struct Armed(Step, UnboundedReceiver<Vec<u8>>);

impl Armed {
    /// Waits until the service is held there; answers the message that it was about to send, or
    /// whose answer was about to reach it.
    pub async fn reached(&mut self) -> Vec<u8> {
        let limit = Duration::from_secs(REACHED_SECONDS_MAX);
        let message = tokio::time::timeout(limit, self.1.recv()).await;
        message.ok().flatten().unwrap_or_else(|| panic!("{:?} is not reached", self.0))
    }
}

impl Wire {
    /// Listens in a directory of the test's own on the way to `server`.
    pub fn lay(directory: &Path, server: &Config) -> Self {
        let path = directory.join(format!(".s.PGSQL.{PORT}"));
        let listener = UnixListener::bind(path).expect("our own directory is writable");
        // Not from the server's own, which would keep its address beside this one.
        let mut config = Config::new();
        config.user(server.get_user().expect("a server is used by somebody"));
        config.dbname(server.get_dbname().expect("a test has a database of its own"));
        config.host_path(directory).port(PORT);
        if let Some(password) = server.get_password() {
            config.password(password);
        }
        let cut = CancellationToken::new();
        let (server, last_call) = (server.clone(), Vec::new());
        let shared = Arc::new(Mutex::new(Shared { server, trap: None, last_call, cut }));
        let wires = shared.clone();
        tokio::spawn(async move {
            while let Ok((service, _)) = listener.accept().await {
                let (server, cut) = {
                    let shared = lock(&wires);
                    (shared.server.clone(), shared.cut.clone())
                };
                tokio::spawn(connect(service, server, cut, wires.clone()));
            }
        });
        Self { config, shared }
    }

    /// From now on whoever comes to the step is held there.
    pub fn arm(&self, step: Step) -> Armed {
        let (sender, receiver) = mpsc::unbounded_channel();
        lock(&self.shared).trap = Some((step, sender));
        Armed(step, receiver)
    }

    /// The newest call of the append function that the server has.
    pub fn last_call(&self) -> Vec<u8> {
        lock(&self.shared).last_call.clone()
    }

    /// Ends all connections, held or not, as the end of a process does. New ones are not held.
    pub fn cut(&self) {
        let mut shared = lock(&self.shared);
        shared.trap = None;
        std::mem::take(&mut shared.cut).cancel();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("nobody panics while holding this")
}

/// One connection of the service.
async fn connect(
    service: UnixStream,
    server: Config,
    cut: CancellationToken,
    shared: Arc<Mutex<Shared>>,
) {
    let port = server.get_ports().first().map_or(PORT, |port| *port);
    let talk = Talk { shared, state: Arc::default() };
    match server.get_hosts().first().expect("a server has an address") {
        Host::Unix(directory) => {
            let path = directory.join(format!(".s.PGSQL.{port}"));
            if let Ok(server) = UnixStream::connect(path).await {
                talk.carry(service, server, cut).await;
            }
        }
        Host::Tcp(name) => {
            if let Ok(server) = TcpStream::connect((name.as_str(), port)).await {
                talk.carry(service, server, cut).await;
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Service,
    Server,
}

/// What has been said on one connection.
#[derive(Default)]
struct State {
    statements: HashMap<Vec<u8>, Statement>,
    /// The call of the append function that is being sent, and that the server is at.
    call: Option<Vec<u8>>,
    called: Option<Vec<u8>>,
    /// The server has told of a command that it is recorded.
    recorded: bool,
    /// The checkpoint of a read model is moved in the transaction under way, and being committed.
    moved: bool,
    committing: bool,
}

#[derive(Clone)]
struct Talk {
    shared: Arc<Mutex<Shared>>,
    state: Arc<Mutex<State>>,
}

impl Talk {
    /// Carries messages both ways, until either side or the test ends it.
    async fn carry(
        self,
        service: UnixStream,
        server: impl AsyncRead + AsyncWrite,
        cut: CancellationToken,
    ) {
        let (from_service, to_service) = service.into_split();
        let (from_server, to_server) = tokio::io::split(server);
        tokio::select! {
            // A connection that breaks is what these tests are about.
            ended = self.clone().pass(from_service, to_server, Side::Service) => drop(ended),
            ended = self.clone().pass(from_server, to_service, Side::Server) => drop(ended),
            () = cut.cancelled() => {}
        }
    }

    /// Passes messages on until the stream ends.
    async fn pass(
        self,
        from: impl AsyncRead + Unpin,
        to: impl AsyncWrite + Unpin,
        side: Side,
    ) -> std::io::Result<()> {
        let (mut from, mut to) = (BufReader::new(from), BufWriter::new(to));
        // The first message of a service has no type.
        let mut kind = if side == Side::Service { None } else { Some(from.read_u8().await?) };
        loop {
            let length = from.read_u32().await?;
            let rest = usize::try_from(length).unwrap_or(0).saturating_sub(4);
            assert!(rest < MESSAGE_BYTES_MAX, "this is not PostgreSQL's protocol");
            let mut message = vec![0; rest];
            from.read_exact(&mut message).await?;
            if let Some(kind) = kind {
                if self.is_held(side, kind, &message) {
                    to.flush().await?;
                    std::future::pending::<()>().await;
                }
                to.write_u8(kind).await?;
            }
            to.write_u32(length).await?;
            to.write_all(&message).await?;
            if from.buffer().is_empty() {
                to.flush().await?;
            }
            if let (Side::Service, Some(b'S')) = (side, kind) {
                self.sent();
            }
            kind = Some(from.read_u8().await?);
        }
    }

    fn is_held(&self, side: Side, kind: u8, message: &[u8]) -> bool {
        match side {
            Side::Service => self.asks(kind, message).is_some_and(|step| self.meets(step, message)),
            Side::Server => self.answers(kind, message),
        }
    }

    /// The step before which a message of the service stands.
    fn asks(&self, kind: u8, message: &[u8]) -> Option<Step> {
        let mut state = self.state.lock().expect("nobody panics while holding this");
        match kind {
            b'P' => {
                let (name, sql) = two_strings(message);
                let statement = statement_of(sql);
                state.statements.insert(name.to_vec(), statement);
                None
            }
            b'B' => {
                let (_portal, name) = two_strings(message);
                match state.statements.get(name).copied().unwrap_or(Statement::Another) {
                    Statement::Load => Some(Step::BeforeReading),
                    // A new connection rehearses the call and takes it back.
                    Statement::Append if contains(message, b"warming:") => None,
                    Statement::Append => {
                        state.call = Some(message.to_vec());
                        state.recorded = false;
                        Some(Step::BeforeAppend)
                    }
                    Statement::TakeCheckpoint => Some(Step::BeforeProjection),
                    Statement::MoveCheckpoint => {
                        state.moved = true;
                        None
                    }
                    Statement::Another => None,
                }
            }
            b'Q' if contains(message, b"COMMIT") => {
                state.committing = std::mem::take(&mut state.moved);
                state.committing.then_some(Step::BeforeProjectionCommit)
            }
            b'Q' if contains(message, b"ROLLBACK") => {
                state.moved = false;
                None
            }
            _ => None,
        }
    }

    /// The service has sent all that belongs together.
    fn sent(&self) {
        let mut state = self.state.lock().expect("nobody panics while holding this");
        if let Some(call) = state.call.take() {
            lock(&self.shared).last_call.clone_from(&call);
            state.called = Some(call);
        }
    }

    /// Whether the end of an answer is held.
    fn answers(&self, kind: u8, message: &[u8]) -> bool {
        let step = {
            let mut state = self.state.lock().expect("nobody panics while holding this");
            match kind {
                // A row whose second column says so.
                b'D' if state.called.is_some() => {
                    state.recorded |= contains(message, b"\0\0\0\x02ok");
                    None
                }
                b'Z' if state.called.is_some() => {
                    let call = state.called.take().filter(|_| state.recorded);
                    call.map(|call| (Step::BeforeVerdict, call))
                }
                b'Z' if state.committing => {
                    state.committing = false;
                    Some((Step::AfterProjectionCommit, Vec::new()))
                }
                _ => None,
            }
        };
        step.is_some_and(|(step, call)| self.meets(step, &call))
    }

    /// Tells of a step; answers whether it is the one to hold at.
    fn meets(&self, step: Step, message: &[u8]) -> bool {
        let shared = lock(&self.shared);
        let Some((_, announced)) = shared.trap.as_ref().filter(|(armed, _)| *armed == step) else {
            return false;
        };
        // Nobody listens any more when the test was content with the first.
        drop(announced.send(message.to_vec()));
        true
    }
}

/// The two texts that a message begins with.
fn two_strings(message: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = message.split(|byte| *byte == 0);
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

fn contains(message: &[u8], part: &[u8]) -> bool {
    message.windows(part.len()).any(|window| window == part)
}
