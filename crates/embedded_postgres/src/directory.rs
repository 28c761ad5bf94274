//! The data directory: where it is, whether it is ours, and whose it is at the moment.
//!
//! Layout: `owner.lock`, `postgres/` (the cluster), `socket/`, `postgres.log`. The service keeps
//! its own small files beside them. The directory belongs to the program's account; `postgres/`
//! and `socket/` to the server's. Looking comes first: nothing is written before the directory is
//! known to be ours or empty.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::unistd::geteuid;
use sha2::{Digest, Sha256};

use super::account::{Account, name_of};
use super::error::{StartError, io_error};

/// First line of `owner.lock`: the sign that this program made the directory.
const MARKER: &str = "The private PostgreSQL of alis. This file is its lock.\n";
/// What may lie in a directory before its first use: a lock file that a killed program had no time
/// to mark, the service's own files, and what a file system puts in the root of a fresh volume.
const BEFORE_FIRST_USE: [&str; 4] = ["owner.lock", "token", "master.key", "lost+found"];
/// Where root's clusters go when the asked directory is out of reach for the server's account.
const FALLBACK_PARENT: &str = "/var/tmp";
/// The longest path of a unix socket: one byte of the kernel's array is for the final zero.
const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// The name that PostgreSQL gives its socket on the port that we always use.
const SOCKET_NAME: &str = ".s.PGSQL.5432";
/// A child of this program holds every lock of it for the moment between fork and exec, so a lock
/// found taken is tried again this often.
const LOCK_ATTEMPTS_MAX: u32 = 10;
const LOCK_RETRY: Duration = Duration::from_millis(10);

/// A data directory that has been chosen but not yet touched.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    account: Account,
    /// The directory that was asked for, when it could not be used.
    asked: Option<PathBuf>,
}

impl DataDir {
    /// Chooses the directory and the server's account. Only looks; creates nothing.
    pub fn choose(asked: &Path) -> Result<DataDir, StartError> {
        let asked = resolve(asked)?;
        let chosen = DataDir::at(asked.clone(), None)?;
        let Some(barrier) = chosen.account.barrier_to(&asked) else {
            return chosen.checked();
        };
        // Data that exists is never quietly replaced by an empty cluster elsewhere.
        if chosen.has_marker() {
            let account = chosen.account.to_string();
            return Err(StartError::OutOfReach { directory: asked, barrier, account });
        }
        let path = Path::new(FALLBACK_PARENT).join(short_name(&asked));
        DataDir::at(path, Some(asked))?.checked()
    }

    fn at(path: PathBuf, asked: Option<PathBuf>) -> Result<DataDir, StartError> {
        let account = Account::for_cluster(&path.join("postgres"))?;
        Ok(DataDir { path, account, asked })
    }

    /// Refuses a directory that holds something else, or that another account could tamper with.
    fn checked(self) -> Result<DataDir, StartError> {
        let metadata = match fs::symlink_metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self),
            Err(error) => return Err(io_error("inspect", &self.path)(error)),
        };
        let root = geteuid().is_root();
        if !metadata.is_dir() {
            return Err(StartError::Foreign(self.path));
        }
        if root && metadata.uid() != 0 {
            let owner = name_of(metadata.uid());
            return Err(StartError::OtherOwner { directory: self.path, owner });
        }
        let entries = fs::read_dir(&self.path).map_err(io_error("list", &self.path))?;
        let mut strange = false;
        for entry in entries {
            let name = entry.map_err(io_error("list", &self.path))?.file_name();
            strange |= !BEFORE_FIRST_USE.iter().any(|known| OsStr::new(known) == name);
        }
        if strange && !self.has_marker() {
            return Err(StartError::Foreign(self.path));
        }
        Ok(self)
    }

    fn has_marker(&self) -> bool {
        let Ok(file) = File::open(self.owner_lock()) else {
            return false;
        };
        let mut start = Vec::new();
        let length = file.take(MARKER.len() as u64).read_to_end(&mut start);
        length.is_ok() && start == MARKER.as_bytes()
    }

    /// The major version of the cluster, if there is one.
    pub fn major(&self) -> Result<Option<u32>, StartError> {
        let file = self.cluster().join("PG_VERSION");
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("read", &file)(error)),
        };
        let major = text.trim().parse();
        major.map(Some).map_err(|error| io_error("understand", &file)(io::Error::other(error)))
    }

    /// Creates what is missing and takes the lock. The lock lives as long as the file returned.
    pub fn claim(&self) -> Result<File, StartError> {
        let mode = self.account.data_dir_mode();
        let missing = self.path.ancestors().take_while(|ancestor| !ancestor.exists());
        let mut missing: Vec<&Path> = missing.collect();
        missing.reverse();
        for directory in missing {
            let made = DirBuilder::new().mode(mode).create(directory);
            made.map_err(io_error("create the directory", directory))?;
            // Again, because a strict umask would shut the server's account out.
            set_mode(directory, mode)?;
        }
        let lock = self.lock()?;
        // The program's user does not own a volume that was shared with it by its group.
        let metadata = fs::metadata(&self.path).map_err(io_error("inspect", &self.path))?;
        if metadata.uid() == geteuid().as_raw() && metadata.mode() & 0o7777 != mode {
            set_mode(&self.path, mode)?;
        }
        Ok(lock)
    }

    fn lock(&self) -> Result<File, StartError> {
        let path = self.owner_lock();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let mut file = options.open(&path).map_err(io_error("open", &path))?;
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS_MAX => {
                    thread::sleep(LOCK_RETRY);
                }
                Err(TryLockError::WouldBlock) => return Err(StartError::InUse(self.path.clone())),
                Err(TryLockError::Error(error)) => return Err(io_error("lock", &path)(error)),
            }
        }
        if !self.has_marker() {
            file.set_len(0).map_err(io_error("write", &path))?;
            file.write_all(MARKER.as_bytes()).map_err(io_error("write", &path))?;
            file.sync_all().map_err(io_error("write", &path))?;
        }
        Ok(file)
    }

    /// Makes the socket directory: below the data directory, or in a short place when
    /// its path cannot be a socket's. Sockets of a server that was killed are removed.
    pub fn socket_dir(&self) -> Result<PathBuf, StartError> {
        let path = self.socket_place();
        self.account.private_directory(&path)?;
        // PostgreSQL refuses to start when the process id in the old lock file is in use again.
        for name in [SOCKET_NAME.to_owned(), format!("{SOCKET_NAME}.lock")] {
            let file = path.join(name);
            match fs::remove_file(&file) {
                Ok(()) => (),
                Err(error) if error.kind() == io::ErrorKind::NotFound => (),
                Err(error) => return Err(io_error("remove", &file)(error)),
            }
        }
        Ok(path)
    }

    /// Where the socket is, or will be. Only looks.
    pub fn socket_place(&self) -> PathBuf {
        let path = self.path.join("socket");
        let bytes = path.as_os_str().as_bytes();
        let too_long = bytes.len() + 1 + SOCKET_NAME.len() > SOCKET_PATH_BYTES_MAX;
        // Clients that use libpq read a comma as the start of a second server.
        if too_long || bytes.contains(&b',') { self.short_socket_dir() } else { path }
    }

    fn short_socket_dir(&self) -> PathBuf {
        let name = short_name(&self.path);
        let runtime = match self.account {
            Account::Own => std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
            // The runtime directory of root is closed to the server's account.
            Account::Other { .. } => None,
        };
        let room = SOCKET_PATH_BYTES_MAX - SOCKET_NAME.len() - name.len() - 2;
        let parent = runtime.filter(|path| path.is_dir() && path.as_os_str().len() <= room);
        parent.unwrap_or_else(|| PathBuf::from("/tmp")).join(name)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whom the server runs as.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The cluster, as `initdb` makes it.
    pub fn cluster(&self) -> PathBuf {
        self.path.join("postgres")
    }

    /// Where `initdb` works until it is done, so that `cluster` is whole whenever it exists.
    pub fn unfinished_cluster(&self) -> PathBuf {
        self.path.join("postgres.unfinished")
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    fn owner_lock(&self) -> PathBuf {
        self.path.join("owner.lock")
    }

    /// What to tell the operator when another directory than the one asked for is used.
    pub fn notice(&self) -> Option<String> {
        let asked = self.asked.as_ref()?;
        Some(format!(
            "PostgreSQL refuses root, and the account `{}`, which runs it instead, cannot reach \
             {}. The data is in {} instead; many systems clean that place after some weeks, so \
             choose a directory that the account can reach before the data matters.",
            self.account,
            asked.display(),
            self.path.display()
        ))
    }
}

/// Makes a path absolute and follows the links in what exists of it, so that the directories
/// checked are the ones that the server will pass.
fn resolve(path: &Path) -> Result<PathBuf, StartError> {
    let absolute = std::path::absolute(path).map_err(io_error("find", path))?;
    for ancestor in absolute.ancestors() {
        if let Ok(real) = fs::canonicalize(ancestor) {
            let rest = absolute.strip_prefix(ancestor).expect("an ancestor is a prefix");
            return Ok(if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
    }
    Ok(absolute)
}

/// A short name that stays the same for a directory.
fn short_name(directory: &Path) -> String {
    let digest = Sha256::digest(directory.as_os_str().as_bytes());
    let mut name = "alis-".to_owned();
    for byte in &digest[..8] {
        write!(name, "{byte:02x}").expect("writing to a String cannot fail");
    }
    name
}

fn set_mode(path: &Path, mode: u32) -> Result<(), StartError> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(io_error("set the mode of", path))
}
