//! Only the private PostgreSQL, for an operator who wants to look into it with `psql`.

use std::io::{self, Write};

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::{Death, Settings, StartError, start};

/// Why running in the foreground ended badly.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It ended without having been asked to.
    #[error("{0}")]
    Died(Death),
    /// The terminal or the signals failed.
    #[error("could not listen for signals or print")]
    Io(#[from] io::Error),
}

/// Starts the private PostgreSQL, prints the `psql` command for it, and stops it at SIGINT,
/// SIGTERM or SIGHUP. Must not be called from asynchronous code.
pub fn run_until_signal(settings: &Settings) -> Result<(), RunError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the start, so that a signal during it stops the server in order just after.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let server = start(settings)?;
        print(&server.psql())?;
        if let Some(notice) = server.notice() {
            tracing::warn!("{notice}");
        }
        let death = server.death();
        tokio::select! {
            death = death => return Err(RunError::Died(death)),
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
            _ = hangup.recv() => (),
        }
        server.stop();
        Ok(())
    })
}

fn print(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
