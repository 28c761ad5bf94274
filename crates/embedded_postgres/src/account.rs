//! Which account the server runs as, and which directories that account can reach.
//!
//! PostgreSQL refuses root. An ordinary user runs it as himself; root hands it to `postgres`, else
//! to `nobody`. Access lists beyond the mode bits are not read: where they grant more, the
//! fall-back directory is used although it was not needed, which does no harm.

use std::fmt;
use std::fs::{self, Metadata, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Uid, User, geteuid};

use super::error::{StartError, io_error};

/// The accounts that root may hand the server to, the preferred first.
const FOR_ROOT: [&str; 2] = ["postgres", "nobody"];
/// Only the standard tools: `initdb` needs a shell and nothing else.
const PATH: &str = "/usr/bin:/bin";

/// Whom the server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The account of this program.
    Own,
    /// Another account: this program is root.
    Other {
        /// The account's user id.
        uid: u32,
        /// The account's main group.
        gid: u32,
        /// The account's name.
        name: String,
    },
}

impl Account {
    /// The account for a cluster. One that exists keeps the account it was made with, also when
    /// `postgres` has been added to the system since.
    pub fn for_cluster(cluster: &Path) -> Result<Account, StartError> {
        if !geteuid().is_root() {
            return Ok(Account::Own);
        }
        if let Ok(metadata) = fs::metadata(cluster)
            && metadata.uid() != 0
        {
            let name = name_of(metadata.uid());
            return Ok(Account::Other { uid: metadata.uid(), gid: metadata.gid(), name });
        }
        for name in FOR_ROOT {
            if let Ok(Some(user)) = User::from_name(name) {
                let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
                return Ok(Account::Other { uid, gid, name: user.name });
            }
        }
        Err(StartError::NoAccount)
    }

    /// A command that runs as this account, with a clean environment and a directory that every
    /// account can enter. `std` drops root's supplementary groups with the user id.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // Messages are matched and shown, so they must not follow the user's language. A zone
        // given saves `initdb` the comparison of this machine's with every zone it knows.
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").env("PATH", PATH);
        command.current_dir("/");
        match self {
            Account::Own => (),
            Account::Other { uid, gid, .. } => {
                command.uid(*uid).gid(*gid);
            }
        }
        command
    }

    /// The first directory above `path` that the account may not pass through. The last part of
    /// `path` is not looked at, and directories that do not exist yet are no barrier.
    pub fn barrier_to(&self, path: &Path) -> Option<PathBuf> {
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        let barrier = above.into_iter().find(|directory| match fs::metadata(directory) {
            Ok(metadata) => !self.may_pass(&metadata),
            Err(_) => false,
        })?;
        Some(barrier.to_owned())
    }

    fn may_pass(&self, directory: &Metadata) -> bool {
        match self {
            // The system says no by itself when the program's own account may not enter.
            Account::Own => true,
            Account::Other { uid, gid, .. } => {
                let execute = if directory.uid() == *uid {
                    0o100
                } else if directory.gid() == *gid {
                    0o010
                } else {
                    0o001
                };
                directory.mode() & execute != 0
            }
        }
    }

    /// The user id that the server's files must have.
    pub fn uid(&self) -> u32 {
        match self {
            Account::Own => geteuid().as_raw(),
            Account::Other { uid, .. } => *uid,
        }
    }

    /// Makes a directory for the server alone: mode 0700 and owned by the account. One that exists
    /// must be such a directory already; a link or a stranger's directory is refused, because the
    /// short socket directory has a name that anybody on the machine can predict.
    pub fn private_directory(&self, path: &Path) -> Result<(), StartError> {
        match fs::create_dir(path) {
            Ok(()) => self.give(path)?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => (),
            Err(error) => return Err(io_error("create the directory", path)(error)),
        }
        let metadata = fs::symlink_metadata(path).map_err(io_error("inspect", path))?;
        if !metadata.is_dir() || metadata.uid() != self.uid() {
            let owner = name_of(metadata.uid());
            return Err(StartError::OtherOwner { directory: path.to_owned(), owner });
        }
        let mode = Permissions::from_mode(0o700);
        fs::set_permissions(path, mode).map_err(io_error("set the mode of", path))
    }

    /// Hands a file or directory to the account.
    pub fn give(&self, path: &Path) -> Result<(), StartError> {
        match self {
            Account::Own => Ok(()),
            Account::Other { uid, gid, .. } => lchown(path, Some(*uid), Some(*gid))
                .map_err(io_error("hand to the server's account", path)),
        }
    }

    /// The mode of the data directory: passable only when another account must pass.
    pub fn data_dir_mode(&self) -> u32 {
        match self {
            Account::Own => 0o700,
            Account::Other { .. } => 0o711,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Own => f.write_str(&name_of(geteuid().as_raw())),
            Account::Other { name, .. } => f.write_str(name),
        }
    }
}

/// An account's name, or its number when the system has no name for it.
pub fn name_of(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => uid.to_string(),
    }
}
