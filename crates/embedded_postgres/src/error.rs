//! Why a private PostgreSQL did not start, in sentences an operator can act on.
//!
//! These are for the terminal and the log, never for an HTTP client.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use super::binaries::{MAJOR_MAX, MAJOR_MIN};

/// Why the private PostgreSQL did not start. Nothing is left running after any of these.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No usable binaries were found in any of the known places.
    #[error(
        "PostgreSQL was not found on this machine. {}",
        ways_out(.install)
    )]
    NoBinaries {
        /// The command that installs PostgreSQL on this system.
        install: String,
    },
    /// `PG_BIN` is set, but does not name a directory with the server's binaries.
    #[error(
        "PG_BIN is {}, which holds no `initdb` and `postgres`. {}",
        .pg_bin.display(), ways_out(.install)
    )]
    PgBin {
        /// What `PG_BIN` says.
        pg_bin: PathBuf,
        /// The command that installs PostgreSQL on this system.
        install: String,
    },
    /// Binaries were found, but all of a major version that this program is not tested with.
    #[error(
        "this program needs PostgreSQL {MAJOR_MIN} to {MAJOR_MAX}, but found only {found}. \
         Newer packages for most systems are at https://www.postgresql.org/download/. {}",
        ways_out(.install)
    )]
    Unsupported {
        /// The versions found and where.
        found: String,
        /// The command that installs PostgreSQL on this system.
        install: String,
    },
    /// The server's account cannot execute the binaries that `PG_BIN` names.
    #[error(
        "PG_BIN is {}, but the account `{account}`, which PostgreSQL runs as because it refuses \
         root, may not enter {}. Copy the binaries elsewhere or open that directory with \
         `chmod o+x`",
        .pg_bin.display(), .barrier.display()
    )]
    BinariesOutOfReach {
        /// What `PG_BIN` says.
        pg_bin: PathBuf,
        /// The directory that stops the account.
        barrier: PathBuf,
        /// The server's account.
        account: String,
    },
    /// The data directory belongs to another major version than every binary found.
    #[error(
        "{} holds data of PostgreSQL {data}, but the binaries found are {found}. Nothing was \
         changed. Install PostgreSQL {data} or set PG_BIN to its bin directory; or move the data \
         to a new directory with `pg_upgrade`, or with `pg_dump` and `psql`. This program works \
         with PostgreSQL {MAJOR_MIN} to {MAJOR_MAX}",
        .directory.display()
    )]
    OtherMajor {
        /// The data directory.
        directory: PathBuf,
        /// The major version written in the cluster.
        data: u32,
        /// The versions found and where.
        found: String,
    },
    /// The directory has files in it that this program did not put there.
    #[error(
        "{} is not empty and was not made by this program, so nothing was changed in it. Choose \
         an empty or a new directory",
        .0.display()
    )]
    Foreign(PathBuf),
    /// The directory belongs to another account than the one this program runs as.
    #[error(
        "{} belongs to the account `{owner}`. Run this program as `{owner}`, or choose another \
         directory",
        .directory.display()
    )]
    OtherOwner {
        /// The directory.
        directory: PathBuf,
        /// The account that owns it.
        owner: String,
    },
    /// The cluster exists, but a directory above it shuts out the account it runs as.
    #[error(
        "{} holds a PostgreSQL that runs as the account `{account}`, but that account may not \
         enter {}. Nothing was changed. Open it with `chmod o+x`",
        .directory.display(), .barrier.display()
    )]
    OutOfReach {
        /// The data directory.
        directory: PathBuf,
        /// The directory that stops the account.
        barrier: PathBuf,
        /// The server's account.
        account: String,
    },
    /// Another program holds the directory's lock.
    #[error(
        "another program already runs a PostgreSQL on {}. Stop it first, or choose another \
         directory",
        .0.display()
    )]
    InUse(PathBuf),
    /// A server that somebody started by hand runs on the cluster.
    #[error(
        "a PostgreSQL that this program did not start (process {pid}) runs on {}. Stop it first: \
         `pg_ctl stop -D {}`",
        .cluster.display(), .cluster.display()
    )]
    StartedByHand {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The server's process id.
        pid: i32,
    },
    /// A server that an earlier, killed program left behind does not end.
    #[error(
        "the PostgreSQL of an earlier run (process {pid}) on {} did not end within {seconds} s",
        .cluster.display()
    )]
    LeftoverStays {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The server's process id.
        pid: i32,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The program is root and no ordinary account was found to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and this system has neither an account `postgres` nor \
         `nobody`. Run this program as an ordinary user, or set DATABASE_URL"
    )]
    NoAccount,
    /// A program of PostgreSQL could not be executed.
    #[error(
        "could not execute {} as {account}. If this program is root without the right to change \
         accounts, run it as an ordinary user, or set DATABASE_URL",
        .program.display()
    )]
    Spawn {
        /// What was to be executed.
        program: PathBuf,
        /// As whom.
        account: String,
        /// What the system said.
        source: io::Error,
    },
    /// `initdb` or `postgres` ended early.
    #[error(
        "`{program}` ended early ({status}). The last lines of {}:\n{tail}",
        .log.display()
    )]
    EndedEarly {
        /// Which of the two.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The log file.
        log: PathBuf,
        /// The last lines that this start wrote there.
        tail: String,
    },
    /// `initdb` or `postgres` did not get ready in time and was stopped.
    #[error(
        "`{program}` was not ready after {seconds} s. The last lines of {}:\n{tail}",
        .log.display()
    )]
    TooSlow {
        /// Which of the two.
        program: &'static str,
        /// How long it was given.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// The last lines that this start wrote there.
        tail: String,
    },
    /// Reading or writing below the data directory failed.
    #[error("could not {doing} {}", .path.display())]
    Io {
        /// What was being done, as a verb that the path follows.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Adds to a system error what was being done, and where.
pub(super) fn io_error(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> StartError + use<> {
    let path = path.to_owned();
    move |source| StartError::Io { doing, path, source }
}

fn ways_out(install: &str) -> String {
    format!(
        "Install PostgreSQL {MAJOR_MIN} to {MAJOR_MAX} with `{install}`; or set PG_BIN to the \
         directory of its `initdb` and `postgres`; or use a server that you run: \
         DATABASE_URL=postgres://user:password@host/database"
    )
}
