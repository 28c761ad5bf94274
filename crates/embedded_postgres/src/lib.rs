//! A private PostgreSQL: found on this machine, made once, started and stopped with the program.
//!
//! It listens on a unix socket that only its account and root can reach, keeps its data durably,
//! and ends with the program however the program ends. Deliberately not here: downloading
//! binaries, schema and roles (the migrations' task), upgrading from one major version to the
//! next, and backups. Whoever needs more than one machine sets `DATABASE_URL` instead.

mod account;
mod binaries;
mod cluster;
mod directory;
mod error;
mod foreground;
mod leftover;
mod log;
mod tether;

use std::fmt;
use std::fs::File;
use std::future;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tokio_postgres::Config;

pub use error::StartError;
pub use foreground::{RunError, run_until_signal};

use cluster::Cluster;
use directory::DataDir;
use log::Log;
use tether::Tether;

/// The role that owns everything in a new cluster.
const SUPERUSER: &str = "postgres";
/// Only a part of the socket's name: no network port is opened.
const PORT: u16 = 5432;
/// A local server answers in milliseconds or not at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What to start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the cluster lives; made when missing. Another directory may have to be used when this
    /// one is out of reach for the server's account: see [`EmbeddedPostgres::notice`].
    pub data_dir: PathBuf,
    /// Whether the data must survive a power cut.
    pub durability: Durability,
}

/// Whether the data must survive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on the disk before it is confirmed.
    Durable,
    /// Nothing is forced to the disk. Only for tests and benchmarks.
    Throwaway,
}

/// A running private PostgreSQL. Dropping it stops the server.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    tether: Tether,
    data_dir: PathBuf,
    socket_dir: PathBuf,
    socket_dir_is_elsewhere: bool,
    psql: PathBuf,
    notice: Option<String>,
    /// Last, so that the directory is free only when the server has stopped.
    _owner_lock: File,
}

/// The server ended without having been asked to.
#[derive(Debug, Clone)]
pub struct Death {
    pid: u32,
    status: ExitStatus,
    tail: String,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Death { pid, status, tail } = self;
        write!(
            f,
            "the private PostgreSQL (process {pid}) ended by itself ({status}). Its last log"
        )?;
        write!(f, " lines:\n{tail}")
    }
}

/// Where the files of a data directory are: usually in the directory itself, see
/// [`EmbeddedPostgres::notice`]. Only looks.
///
/// # Errors
/// When the directory holds something else.
pub fn place_of(data_dir: &Path) -> Result<PathBuf, StartError> {
    Ok(DataDir::choose(data_dir)?.path().to_owned())
}

/// Finds PostgreSQL, makes the cluster if there is none, and starts it. Blocks for about a second
/// the first time and a fraction of one later: call it through `spawn_blocking`.
pub fn start(settings: &Settings) -> Result<EmbeddedPostgres, StartError> {
    // Looking first: up to `claim` nothing on the disk changes.
    let data_dir = DataDir::choose(&settings.data_dir)?;
    let major = data_dir.major()?;
    let wanted = major.map(|major| (data_dir.path(), major));
    let binaries = binaries::find(wanted, data_dir.account())?;

    let owner_lock = data_dir.claim()?;
    let unfinished = data_dir.unfinished_cluster();
    let leftover = leftover::settle(&data_dir.cluster(), &unfinished, data_dir.account())?;
    let socket_dir = data_dir.socket_dir()?;
    let log = Log::open(data_dir.log())?;
    let notice = data_dir.notice();
    let path = data_dir.path().to_owned();
    let psql = binaries.psql();
    let major = binaries.major();
    let durability = settings.durability;
    let cluster =
        Cluster { data_dir, binaries, socket_dir: socket_dir.clone(), durability, leftover };
    let tether = Tether::hold(cluster, log)?;
    tracing::info!(
        postgres.pid = tether.pid(),
        "Started a private PostgreSQL {major} in {}",
        path.display()
    );
    Ok(EmbeddedPostgres {
        tether,
        socket_dir_is_elsewhere: !socket_dir.starts_with(&path),
        data_dir: path,
        socket_dir,
        psql,
        notice,
        _owner_lock: owner_lock,
    })
}

/// A data directory as somebody finds it who does not mean to start a server there.
#[derive(Debug)]
pub struct Found {
    data_dir: DataDir,
}

/// Looks where the cluster of a data directory is. Changes nothing.
pub fn find(data_dir: &Path) -> Result<Found, StartError> {
    Ok(Found { data_dir: DataDir::choose(data_dir)? })
}

impl Found {
    /// Whether a cluster has been made there.
    pub fn has_cluster(&self) -> bool {
        self.data_dir.cluster().exists()
    }

    /// The directory in use, which may be another than the one asked for.
    pub fn path(&self) -> &Path {
        self.data_dir.path()
    }

    /// How to connect to the server that another program runs there, as `user`.
    pub fn config(&self, user: &str, database: &str) -> Config {
        config_over(&self.data_dir.socket_place(), user, database)
    }

    /// The same as the superuser, to the database that every cluster has.
    pub fn superuser(&self) -> Config {
        self.config(SUPERUSER, SUPERUSER)
    }
}

fn config_over(socket_dir: &Path, user: &str, database: &str) -> Config {
    let mut config = Config::new();
    config.host_path(socket_dir).port(PORT).user(user).dbname(database);
    config.connect_timeout(CONNECT_TIMEOUT);
    config
}

impl EmbeddedPostgres {
    /// How to connect as `user` to `database` over the server's socket.
    pub fn config(&self, user: &str, database: &str) -> Config {
        config_over(&self.socket_dir, user, database)
    }

    /// How to connect as the superuser to the database that every cluster has.
    pub fn superuser(&self) -> Config {
        self.config(SUPERUSER, SUPERUSER)
    }

    /// The command that opens the cluster's own database in a terminal.
    pub fn psql(&self) -> String {
        let (psql, host) = (shell_quoted(&self.psql), shell_quoted(&self.socket_dir));
        format!("{psql} -h {host} -p {PORT} -U {SUPERUSER} -d {SUPERUSER}")
    }

    /// The directory in use, which is not the one asked for when there is a notice.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The directory of the server's socket.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.tether.pid()
    }

    /// What to tell the operator when the data is in another directory than the one asked for.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Resolves when the server ends without having been asked to, and never otherwise. The
    /// service waits for it and ends with the sentence, because it is of no use without its data.
    pub fn death(&self) -> impl Future<Output = Death> + Send + use<> {
        let mut death = self.tether.death();
        async move {
            let recorded = match death.wait_for(Option::is_some).await {
                Ok(recorded) => recorded.clone(),
                // The server was stopped in order.
                Err(_) => None,
            };
            match recorded {
                Some(death) => death,
                None => future::pending().await,
            }
        }
    }

    /// Stops the server, which disconnects its clients, and waits for its end. Blocks, at the very
    /// most for half a minute; dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        self.tether.stop();
        // Litter, unlike the usual directory of the socket.
        if self.socket_dir_is_elsewhere
            && let Err(error) = std::fs::remove_dir(&self.socket_dir)
        {
            tracing::debug!(%error, "Left the directory {}", self.socket_dir.display());
        }
    }
}

/// Quotes a path for a shell where that is needed.
fn shell_quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=@".contains(c);
    if text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_the_shell_only_where_needed() {
        assert_eq!(shell_quoted(Path::new("/var/tmp/alis-1")), "/var/tmp/alis-1");
        assert_eq!(shell_quoted(Path::new("/it's here")), r"'/it'\''s here'");
    }
}
