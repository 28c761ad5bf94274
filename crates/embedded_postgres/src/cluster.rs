//! Makes the cluster once and starts its server: which commands, and how to tell that they worked.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::binaries::Binaries;
use super::directory::DataDir;
use super::error::{StartError, io_error};
use super::log::Log;
use super::{Durability, PORT, SUPERUSER, leftover, tether};

/// Shown in `ps`, and the sign by which a later run knows a server as ours.
pub const CLUSTER_NAME: &str = "cluster_name=alis";
/// `initdb` takes under a second on a quiet disk.
const INITDB_SECONDS_MAX: u64 = 180;
/// Long, because a server that was killed first replays its log.
const READY_SECONDS_MAX: u64 = 300;
/// Backends of a killed server end by themselves once they notice, which may take a moment.
const LEFTOVER_SECONDS_MAX: u64 = 15;
const LEFTOVER_RETRY: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(5);
/// The line of `postmaster.pid` that tells the server's state, counted from zero.
const STATE_LINE: usize = 7;
/// Pages that PostgreSQL keeps at hand, and what it may write before it tidies up: enough to load a
/// country's register at once, little enough for a small machine.
const SHARED_BUFFERS: &str = "shared_buffers=256MB";
const MAX_WAL_SIZE: &str = "max_wal_size=2GB";

/// All that is needed to bring the server up.
#[derive(Debug)]
pub struct Cluster {
    /// Where the cluster is, and as whom it runs.
    pub data_dir: DataDir,
    /// What it runs.
    pub binaries: Binaries,
    /// Where its socket goes.
    pub socket_dir: PathBuf,
    /// Whether it survives a power cut.
    pub durability: Durability,
    /// An earlier server did not end in order.
    pub leftover: bool,
}

impl Cluster {
    /// Makes the cluster if there is none, starts the server and waits until it answers. Must run
    /// on the thread that the server's life hangs on.
    pub fn bring_up(&self, log: &Log) -> Result<Child, StartError> {
        if !self.data_dir.cluster().exists() {
            self.initialise(log)?;
        }
        let started = Instant::now();
        loop {
            match self.launch(log) {
                Err(StartError::EndedEarly { .. })
                    if self.leftover && started.elapsed().as_secs() < LEFTOVER_SECONDS_MAX =>
                {
                    thread::sleep(LEFTOVER_RETRY);
                }
                outcome => return outcome,
            }
        }
    }

    /// Runs `initdb` beside the final place and moves the result there, so that a cluster that
    /// exists is whole, also after a kill in the middle.
    fn initialise(&self, log: &Log) -> Result<(), StartError> {
        let unfinished = self.data_dir.unfinished_cluster();
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(io_error("remove", &unfinished))?;
        }
        self.data_dir.account().private_directory(&unfinished)?;
        let mut command = self.command("initdb", log)?;
        command.arg("--pgdata").arg(&unfinished).args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            // The same order as C.UTF-8, compared without asking the system's library.
            "--lc-collate=C",
            "--data-checksums",
            "--no-instructions",
        ]);
        command.arg(format!("--username={SUPERUSER}"));
        if self.durability == Durability::Throwaway {
            command.arg("--no-sync");
        }
        let mut child = self.spawn("initdb", command, Signal::SIGKILL)?;
        match wait(&mut child, INITDB_SECONDS_MAX, || None::<Infallible>) {
            Waited::Ended(status) if status.success() => (),
            Waited::Ended(status) => return Err(ended_early("initdb", status, log)),
            Waited::TooLong => {
                tether::end_at_once(&mut child);
                return Err(too_slow("initdb", INITDB_SECONDS_MAX, log));
            }
        }
        let cluster = self.data_dir.cluster();
        fs::rename(&unfinished, &cluster).map_err(io_error("move into place", &unfinished))?;
        sync_directory(self.data_dir.path())
    }

    /// Starts the server once and waits until it answers.
    fn launch(&self, log: &Log) -> Result<Child, StartError> {
        let mut command = self.command("postgres", log)?;
        command.arg("-D").arg(self.data_dir.cluster());
        for setting in self.settings() {
            command.arg("-c").arg(setting);
        }
        let mut child = self.spawn("postgres", command, Signal::SIGINT)?;
        let pid_file = self.data_dir.cluster().join("postmaster.pid");
        let pid = child.id();
        match wait(&mut child, READY_SECONDS_MAX, || is_ready(&pid_file, pid).then_some(())) {
            Waited::Ready(()) => Ok(child),
            Waited::Ended(status) => Err(ended_early("postgres", status, log)),
            Waited::TooLong => {
                tether::end_at_once(&mut child);
                Err(too_slow("postgres", READY_SECONDS_MAX, log))
            }
        }
    }

    fn settings(&self) -> Vec<OsString> {
        // Doubled and quoted, because the setting is a list and a path may hold a comma.
        let socket_dir = self.socket_dir.to_string_lossy().replace('"', "\"\"");
        let mut settings = vec![
            OsString::from(format!("unix_socket_directories=\"{socket_dir}\"")),
            OsString::from(format!("port={PORT}")),
        ];
        let common = [
            CLUSTER_NAME,
            // Only the socket: no port that others can reach or that can be taken.
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "logging_collector=off",
            "log_destination=stderr",
            // Details and statements may hold personal data, which does not belong in a log.
            "log_error_verbosity=terse",
            "log_min_error_statement=panic",
        ];
        let durability: &[&str] = match self.durability {
            // PostgreSQL's own defaults are for the smallest machines: with them, loading a
            // register writes most pages several times over.
            Durability::Durable => {
                &["fsync=on", "full_page_writes=on", SHARED_BUFFERS, MAX_WAL_SIZE]
            }
            Durability::Throwaway => &[
                "fsync=off",
                "full_page_writes=off",
                "synchronous_commit=off",
                "autovacuum=off",
                "wal_level=minimal",
                "max_wal_senders=0",
            ],
        };
        settings.extend(common.iter().chain(durability).map(OsString::from));
        settings
    }

    fn command(&self, program: &str, log: &Log) -> Result<Command, StartError> {
        let output = log.writer()?;
        let errors = output.try_clone().map_err(io_error("open", log.path()))?;
        let mut command = self.data_dir.account().command(&self.binaries.program(program));
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        Ok(command)
    }

    fn spawn(
        &self,
        program: &str,
        command: Command,
        at_our_death: Signal,
    ) -> Result<Child, StartError> {
        tether::spawn(command, at_our_death).map_err(|source| StartError::Spawn {
            program: self.binaries.program(program),
            account: self.data_dir.account().to_string(),
            source,
        })
    }
}

/// How a wait for a child came out.
enum Waited<T> {
    Ready(T),
    Ended(ExitStatus),
    TooLong,
}

/// Waits until the check answers, the child ends, or the time is up.
fn wait<T>(child: &mut Child, seconds_max: u64, mut check: impl FnMut() -> Option<T>) -> Waited<T> {
    let started = Instant::now();
    loop {
        // The child first: what the check sees may be an older server's.
        if let Ok(Some(status)) = child.try_wait() {
            return Waited::Ended(status);
        }
        if let Some(answer) = check() {
            return Waited::Ready(answer);
        }
        if started.elapsed().as_secs() >= seconds_max {
            return Waited::TooLong;
        }
        thread::sleep(POLL);
    }
}

/// Whether the server with this process id says in its pid file that it takes connections.
fn is_ready(pid_file: &Path, pid: u32) -> bool {
    let Ok(Some(written)) = leftover::read_pid(pid_file) else {
        return false;
    };
    let Ok(text) = fs::read_to_string(pid_file) else {
        return false;
    };
    let state = text.lines().nth(STATE_LINE).unwrap_or_default();
    u32::try_from(written) == Ok(pid) && state.trim_end() == "ready"
}

fn sync_directory(path: &Path) -> Result<(), StartError> {
    let directory = File::open(path).map_err(io_error("open", path))?;
    directory.sync_all().map_err(io_error("write", path))
}

fn ended_early(program: &'static str, status: ExitStatus, log: &Log) -> StartError {
    StartError::EndedEarly { program, status, log: log.path().to_owned(), tail: log.tail() }
}

fn too_slow(program: &'static str, seconds: u64, log: &Log) -> StartError {
    StartError::TooSlow { program, seconds, log: log.path().to_owned(), tail: log.tail() }
}
