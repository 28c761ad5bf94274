//! What an earlier run left behind: a server that is still shutting down, or its pid file.
//!
//! The caller holds the directory's lock, so no program of ours looks after that server any more.
//! Process ids are reused, in containers after every restart; a number in a file is believed only
//! when the process that has it is visibly a server of this cluster.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::account::Account;
use super::cluster::CLUSTER_NAME;
use super::error::{StartError, io_error};

/// How long an orderly shutdown may take: it writes everything out.
const SHUTDOWN_SECONDS_MAX: u64 = 30;
/// How long after that an immediate shutdown may take.
const QUIT_SECONDS_MAX: u64 = 5;
const POLL: Duration = Duration::from_millis(10);

/// Who has the process id in the pid file.
enum Holder {
    Nobody,
    AnotherProgram,
    OurServer,
    ServerStartedByHand,
}

/// Makes the cluster startable. Returns whether a server was there that did not end in order.
pub fn settle(cluster: &Path, spare: &Path, account: &Account) -> Result<bool, StartError> {
    let pid_file = cluster.join("postmaster.pid");
    let started = Instant::now();
    let mut signals = [
        (Duration::ZERO, Signal::SIGINT),
        (Duration::from_secs(SHUTDOWN_SECONDS_MAX), Signal::SIGQUIT),
    ]
    .into_iter()
    .peekable();
    loop {
        let Some(pid) = read_pid(&pid_file)? else {
            return Ok(pid_file.exists());
        };
        match holder_of(pid, cluster) {
            // PostgreSQL recognises this case itself.
            Holder::Nobody => return Ok(true),
            Holder::AnotherProgram => {
                disown(&pid_file, spare, account)?;
                return Ok(true);
            }
            Holder::ServerStartedByHand => {
                return Err(StartError::StartedByHand { cluster: cluster.to_owned(), pid });
            }
            Holder::OurServer => (),
        }
        if let Some((_, signal)) = signals.next_if(|(after, _)| started.elapsed() >= *after)
            && let Err(error) = kill(Pid::from_raw(pid), signal)
        {
            tracing::debug!(%error, postgres.pid = pid, "Could not signal an old server");
        }
        let seconds = SHUTDOWN_SECONDS_MAX + QUIT_SECONDS_MAX;
        if started.elapsed() > Duration::from_secs(seconds) {
            return Err(StartError::LeftoverStays { cluster: cluster.to_owned(), pid, seconds });
        }
        thread::sleep(POLL);
    }
}

/// The process id in the first line. A server in single-user mode writes it with a minus sign.
pub fn read_pid(pid_file: &Path) -> Result<Option<i32>, StartError> {
    match fs::read_to_string(pid_file) {
        Ok(text) => {
            let pid = text.lines().next().and_then(|line| line.trim().parse::<i32>().ok());
            Ok(pid.and_then(i32::checked_abs).filter(|pid| *pid > 1))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error("read", pid_file)(error)),
    }
}

fn holder_of(pid: i32, cluster: &Path) -> Holder {
    match kill(Pid::from_raw(pid), None) {
        Ok(()) | Err(Errno::EPERM) => (),
        Err(_) => return Holder::Nobody,
    }
    let command_line = command_line_of(pid);
    let runs_here = match fs::read_link(format!("/proc/{pid}/cwd")) {
        // A server's working directory is its cluster.
        Ok(directory) => directory == cluster,
        // Root in a container may not look at other accounts' directories, but at commands.
        Err(_) => command_line.contains(&*cluster.to_string_lossy()),
    };
    if !runs_here || !command_line.contains("postgres") {
        Holder::AnotherProgram
    } else if command_line.contains(CLUSTER_NAME) {
        Holder::OurServer
    } else {
        Holder::ServerStartedByHand
    }
}

/// The process's command and arguments; empty for one that has ended but was not collected.
fn command_line_of(pid: i32) -> String {
    if cfg!(target_os = "linux") {
        let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    } else {
        let ps = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
        ps.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    }
}

/// Rewrites the pid file so that it names this process. PostgreSQL takes a file with its parent's
/// id for a stale one, and then still checks by the file's other lines that no backend of the old
/// server uses its memory any more. Removing the file would lose that check.
fn disown(pid_file: &Path, spare: &Path, account: &Account) -> Result<(), StartError> {
    let text = fs::read_to_string(pid_file).map_err(io_error("read", pid_file))?;
    let rest = text.split_once('\n').map(|(_, rest)| rest).unwrap_or_default();
    let spare: PathBuf = spare.with_extension("pid");
    // Written beside the cluster and moved in: the server's account owns the cluster's directory
    // and could have put a link there for root to write through.
    fs::write(&spare, format!("{}\n{rest}", process::id())).map_err(io_error("write", &spare))?;
    account.give(&spare)?;
    fs::rename(&spare, pid_file).map_err(io_error("replace", pid_file))
}
