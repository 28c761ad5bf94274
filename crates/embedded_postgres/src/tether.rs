//! Ties the server's life to ours, also when this program is killed.
//!
//! On Linux the kernel signals a child when the *thread* that made it ends. So one thread makes
//! the children, looks after them, and lives until the server has stopped. Elsewhere there is no
//! such signal: the server then outlives a killed program, and the next start stops it.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};
use tokio::sync::watch;

use super::cluster::Cluster;
use super::error::{StartError, io_error};
use super::log::Log;
use super::{Death, Durability};

/// How long an orderly shutdown may take: it writes everything out.
const SHUTDOWN_SECONDS_MAX: u64 = 30;
/// How long after that an immediate shutdown may take before the server is killed.
const QUIT_SECONDS_MAX: u64 = 5;
/// How soon the server's unexpected end is noticed.
const WATCH: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(5);

/// The thread that the server's life hangs on. Dropping it stops the server.
#[derive(Debug)]
pub struct Tether {
    pid: u32,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    death: watch::Receiver<Option<Death>>,
}

impl Tether {
    /// Brings the server up on a thread of its own and returns when it answers.
    pub fn hold(cluster: Cluster, log: Log) -> Result<Tether, StartError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let (stop, stopped) = mpsc::channel();
        let (died, death) = watch::channel(None);
        let path = cluster.data_dir.path().to_owned();
        let body = move || {
            let mut child = match cluster.bring_up(&log) {
                Ok(child) => child,
                Err(error) => {
                    answer.send(Err(error)).expect("the starter waits for the answer");
                    return;
                }
            };
            answer.send(Ok(child.id())).expect("the starter waits for the answer");
            match watch_over(&mut child, &stopped) {
                Some(status) => {
                    let pid = child.id();
                    died.send_replace(Some(Death { pid, status, tail: log.tail() }));
                }
                None => stop_in_order(&mut child, cluster.durability),
            }
        };
        let thread = thread::Builder::new().name("private-postgres".to_owned()).spawn(body);
        let thread = thread.map_err(io_error("start the thread that looks after", &path))?;
        let pid = answered.recv().expect("the thread answers before it ends")?;
        Ok(Tether { pid, stop: Some(stop), thread: Some(thread), death })
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where the server's unexpected end is told.
    pub fn death(&self) -> watch::Receiver<Option<Death>> {
        self.death.clone()
    }

    /// Stops the server and waits for its end, which is bounded. A second call does nothing.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("The thread that looks after the private PostgreSQL panicked");
        }
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts a child in a process group of its own, so that Ctrl-C reaches only this program, which
/// finishes its work before it stops the server. The child gets the signal when this thread ends.
#[expect(unsafe_code, reason = "std has no safe way to ask for a signal at the parent's death")]
pub fn spawn(mut command: Command, at_our_death: Signal) -> io::Result<Child> {
    let parent = getpid();
    command.process_group(0);
    // SAFETY: between fork and exec only calls that allocate nothing and take no lock are
    // allowed; these are two plain system calls.
    unsafe {
        // It runs after the change of account, which would clear the request.
        command.pre_exec(move || {
            #[cfg(target_os = "linux")]
            nix::sys::prctl::set_pdeathsig(at_our_death)?;
            #[cfg(not(target_os = "linux"))]
            let _unused = at_our_death;
            // If the parent died before the request, nothing will ever come.
            if getppid() == parent {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(nix::errno::Errno::ESRCH as i32))
            }
        });
    }
    command.spawn()
}

/// Returns when the server ends by itself, with how; or with nothing when it is to be stopped.
fn watch_over(child: &mut Child, stopped: &Receiver<()>) -> Option<ExitStatus> {
    loop {
        match stopped.recv_timeout(WATCH) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => (),
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
    }
}

/// Asks ever more firmly. SIGINT disconnects the clients and shuts down in order; SIGTERM would
/// wait for the clients.
fn stop_in_order(child: &mut Child, durability: Durability) {
    match durability {
        Durability::Throwaway => (),
        Durability::Durable => {
            signal(child, Signal::SIGINT);
            if ended_within(child, SHUTDOWN_SECONDS_MAX) {
                return;
            }
            tracing::warn!(postgres.pid = child.id(), "PostgreSQL is slow to stop; it is aborted");
        }
    }
    signal(child, Signal::SIGQUIT);
    if !ended_within(child, QUIT_SECONDS_MAX) {
        tracing::error!(postgres.pid = child.id(), "PostgreSQL does not stop; it is killed");
        end_at_once(child);
    }
}

fn ended_within(child: &mut Child, seconds_max: u64) -> bool {
    let started = Instant::now();
    while started.elapsed().as_secs() < seconds_max {
        if let Ok(Some(_)) = child.try_wait() {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}

/// Kills a child and collects it.
pub fn end_at_once(child: &mut Child) {
    signal(child, Signal::SIGKILL);
    if let Err(error) = child.wait() {
        tracing::error!(%error, postgres.pid = child.id(), "Could not collect a killed child");
    }
}

/// The child has not been collected yet, so its process id cannot belong to another process.
fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("process ids fit in an i32"));
    if let Err(error) = kill(pid, signal) {
        tracing::warn!(%error, postgres.pid = child.id(), "Could not send {signal}");
    }
}
