//! The program's own commands as an operator runs them, each a process: `alis serve` until it is
//! stopped or killed, the others until they end.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use alis::identity::cast;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::client::Client;
use super::instance::{CHECKPOINT_KEY, ISSUER_KEY, MASTER_KEY};
use super::scratch::Scratch;
use super::{overheard, program};

/// Generous, because a busy machine may be ten times slower than a quiet one.
const END_SECONDS_MAX: u64 = 30;
/// What requests in flight get when a test stops a service.
const DRAIN_SECONDS: &str = "5";

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Somebody who runs commands with one set of settings.
pub struct Operator {
    scratch: Scratch,
    /// `DATABASE_URL`; without it the private PostgreSQL in the scratch directory.
    url: Option<String>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    /// What it told on stderr, without lines of the structured log.
    pub err: String,
}

impl Operator {
    /// Works on a database of one's own.
    pub fn on(database: &Config) -> Self {
        Self::new(Some(url_of(database)))
    }

    /// Works on a private PostgreSQL, which is not there yet.
    pub fn private() -> Self {
        Self::new(None)
    }

    fn new(url: Option<String>) -> Self {
        let scratch = Scratch::on_disk();
        let write = |name: &str, text: &str| {
            let written = fs::write(scratch.path().join(name), text);
            written.expect("our own directory is writable");
        };
        write("issuer.key", ISSUER_KEY);
        write("master.key", MASTER_KEY);
        write("checkpoint.key", CHECKPOINT_KEY);
        Self { scratch, url }
    }

    /// Where the private PostgreSQL is, or would be.
    pub fn data_dir(&self) -> PathBuf {
        self.scratch.data_dir()
    }

    /// The program with nothing in its environment but the operator's settings.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = program::alis();
        command.args(words).env_clear().current_dir(self.scratch.path());
        #[expect(clippy::disallowed_methods, reason = "handed on as it is")]
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("ALIS_DATA_DIR", self.data_dir()).env("ALIS_NO_SAMPLE", "true");
        command.env("ALIS_LOCAL_ISSUER_KEY_FILE", self.scratch.path().join("issuer.key"));
        command.env("ALIS_MASTER_KEY_FILE", self.scratch.path().join("master.key"));
        command.env("ALIS_CHECKPOINT_KEY_FILE", self.scratch.path().join("checkpoint.key"));
        command.env("ALIS_REGISTER_ORGANISATION", cast::REGISTER);
        command.env("ALIS_LOADER_ORGANISATION", cast::LOADER);
        command.envs(self.url.as_ref().map(|url| ("DATABASE_URL", url)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, words: &[&str]) -> Ran {
        self.run_with(words, &[]).await
    }

    /// Runs a command with more settings.
    pub async fn run_with(&self, words: &[&str], settings: &[(&str, &str)]) -> Ran {
        let mut command = self.command(words);
        command.envs(settings.iter().copied());
        let output = program::output_of(command).await;
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let recorded = err.lines().filter(|line| !line.starts_with("{\"timestamp\""));
        Ran {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: recorded.map(|line| format!("{line}\n")).collect(),
        }
    }

    /// Starts the service and waits until it answers.
    pub async fn serve(&self) -> Served {
        self.serve_with(&[]).await
    }

    /// Starts the service with more settings.
    pub async fn serve_with(&self, settings: &[(&str, &str)]) -> Served {
        let mut command = self.command(&["serve"]);
        command.envs(settings.iter().copied());
        // Named, so that whoever cleans up after a killed run of the tests knows the process.
        command.arg("--data-dir").arg(self.data_dir());
        command.envs([("ALIS_LISTEN", "127.0.0.1:0"), ("ALIS_DRAIN_SECONDS", DRAIN_SECONDS)]);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = |end: &str| self.scratch.path().join(format!("served-{number}.{end}"));
        let (log, pid) = (file("log"), file("pid"));
        let logs = vec![log, self.data_dir().join("postgres.log")];
        let started = tokio::task::spawn_blocking(move || Served::start(command, logs, &pid)).await;
        started.expect("the service starts")
    }

    /// What all services of this operator have logged.
    pub fn logged(&self) -> String {
        let files = fs::read_dir(self.scratch.path()).expect("it is our own directory");
        let logs = files.flatten().map(|entry| entry.path());
        let logs = logs.filter(|path| path.extension().is_some_and(|end| end == "log"));
        logs.map(|path| fs::read_to_string(path).unwrap_or_default()).collect()
    }
}

/// `alis serve`. Dropping it stops it.
pub struct Served {
    pub address: SocketAddr,
    child: Child,
    /// Its own log and that of its private PostgreSQL, until they were searched.
    logs: Vec<PathBuf>,
}

impl Served {
    fn start(mut command: Command, logs: Vec<PathBuf>, pid: &Path) -> Self {
        command.stderr(File::create(&logs[0]).expect("our own directory is writable"));
        let mut child = command.spawn().expect("the program can be executed");
        fs::write(pid, child.id().to_string()).expect("our own directory is writable");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the program prints text");
        let address = line.trim_end().strip_prefix("alis is up on http://");
        let Some(address) = address.and_then(|address| address.parse().ok()) else {
            let status = child.wait().expect("the program is our child");
            panic!("{status}: {}", fs::read_to_string(&logs[0]).unwrap_or_default());
        };
        let listen = |line: String| overheard::hear_now("alis serve", &line);
        thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(listen));
        Self { address, child, logs }
    }

    /// A client of this service.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Kills the process where it stands, and returns when it is no more.
    pub fn kill(mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }

    /// Stops the service in order.
    pub fn stop(mut self) -> ExitStatus {
        self.end()
    }

    /// Ends the process, if it has not ended, and searches what it has logged.
    fn end(&mut self) -> ExitStatus {
        let status = self.end_process();
        for log in std::mem::take(&mut self.logs) {
            let bytes = fs::read(&log).unwrap_or_default();
            overheard::hear(&log.display().to_string(), &String::from_utf8_lossy(&bytes));
        }
        status
    }

    fn end_process(&mut self) -> ExitStatus {
        let pid = i32::try_from(self.child.id()).expect("process ids fit in an i32");
        if let Ok(None) = self.child.try_wait() {
            kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it is our child");
        }
        let started = Instant::now();
        while started.elapsed().as_secs() < END_SECONDS_MAX {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child")
    }
}

impl Drop for Served {
    /// After `kill` or `stop` this does nothing.
    fn drop(&mut self) {
        self.end();
    }
}

/// A connection string for the program.
pub fn url_of(config: &Config) -> String {
    let host = match config.get_hosts().first().expect("a server has an address") {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let port = config.get_ports().first().map_or(5432, |port| *port);
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let mut url = format!("host={} port={port}", quoted(&host));
    let password = config.get_password().map(String::from_utf8_lossy);
    let more = [
        ("user", config.get_user()),
        ("dbname", config.get_dbname()),
        ("password", password.as_deref()),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            url.push_str(&format!(" {name}={}", quoted(value)));
        }
    }
    url
}
