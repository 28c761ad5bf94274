//! Finds PostgreSQL's server programs on this machine.
//!
//! Deliberately not here: downloading. A program that fetches a database server by itself is
//! useless behind the firewall of a health network and surprising everywhere else.

use std::cmp::Reverse;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::StartError;

/// The oldest major version that this program's SQL is valid for.
pub const MAJOR_MIN: u32 = 15;
/// The newest major version that this program has been tested with.
pub const MAJOR_MAX: u32 = 18;

/// Where packages put one directory per major version: parent, start of the name, what follows.
const VERSIONED: [(&str, &str, &str); 9] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/lib64", "postgresql-", "bin"),
    ("/usr/lib", "postgresql", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A directory with `initdb` and `postgres` of one version.
#[derive(Debug, Clone)]
pub struct Binaries {
    directory: PathBuf,
    major: u32,
}

impl Binaries {
    /// The path of one of the programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The terminal client: beside the server, or whatever PATH has, since some packages of the
    /// server come without one.
    pub fn psql(&self) -> PathBuf {
        let beside = self.program("psql");
        if beside.is_file() { beside } else { PathBuf::from("psql") }
    }

    /// The major version, such as 17.
    pub fn major(&self) -> u32 {
        self.major
    }
}

/// Finds binaries that `account` can execute: those of `data_major` when a cluster exists already,
/// else the newest supported.
pub fn find(data: Option<(&Path, u32)>, account: &Account) -> Result<Binaries, StartError> {
    let fits = |major| match data {
        Some((_, data_major)) => major == data_major,
        None => true,
    };
    let pg_bin = env::var_os("PG_BIN").filter(|value| !value.is_empty()).map(PathBuf::from);
    let candidates = match &pg_bin {
        // An explicit choice is never quietly replaced by another.
        Some(pg_bin) => vec![chosen(pg_bin, account)?],
        None => candidates(),
    };
    let mut found: Vec<Binaries> = Vec::new();
    for directory in candidates {
        let Some(binaries) = probe(&directory, account) else {
            continue;
        };
        if (MAJOR_MIN..=MAJOR_MAX).contains(&binaries.major) && fits(binaries.major) {
            can_execute(account, &binaries)?;
            return Ok(binaries);
        }
        found.push(binaries);
    }
    let install = install_command();
    if found.is_empty() {
        return Err(match pg_bin {
            Some(pg_bin) => StartError::PgBin { pg_bin, install },
            None => StartError::NoBinaries { install },
        });
    }
    let found = describe(&found);
    Err(match data {
        Some((directory, data)) => {
            StartError::OtherMajor { directory: directory.to_owned(), data, found }
        }
        None => StartError::Unsupported { found, install },
    })
}

/// Finds out before anything is made whether root may change accounts, which not every container
/// allows, and whether the account may execute the binaries.
fn can_execute(account: &Account, binaries: &Binaries) -> Result<(), StartError> {
    let program = binaries.program("postgres");
    match account.command(&program).arg("--version").output() {
        Ok(_) => Ok(()),
        Err(source) => Err(StartError::Spawn { program, account: account.to_string(), source }),
    }
}

fn describe(found: &[Binaries]) -> String {
    let list: Vec<String> = found
        .iter()
        .map(|binaries| {
            format!("PostgreSQL {} in {}", binaries.major, binaries.directory.display())
        })
        .collect();
    list.join(", ")
}

fn chosen(pg_bin: &Path, account: &Account) -> Result<PathBuf, StartError> {
    let Ok(directory) = fs::canonicalize(pg_bin) else {
        return Err(StartError::PgBin { pg_bin: pg_bin.to_owned(), install: install_command() });
    };
    match account.barrier_to(&directory.join("postgres")) {
        None => Ok(directory),
        Some(barrier) => Err(StartError::BinariesOutOfReach {
            pg_bin: pg_bin.to_owned(),
            barrier,
            account: account.to_string(),
        }),
    }
}

/// Every directory worth looking at, best first, each once.
fn candidates() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = Vec::new();
    let versioned = VERSIONED.iter().flat_map(|(parent, prefix, rest)| {
        newest_first(Path::new(parent), prefix).into_iter().map(move |path| path.join(rest))
    });
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).flat_map(|directory| neighbours(&directory));
    for candidate in versioned.chain(on_path) {
        let Ok(candidate) = fs::canonicalize(candidate) else {
            continue;
        };
        if !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    all
}

/// The directories in `parent` named `prefix` and a version, the highest version first.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let major = leading_number(name.to_str()?.strip_prefix(prefix)?)?;
            Some((major, entry.path()))
        })
        .collect();
    found.sort_by_key(|(major, _)| Reverse(*major));
    found.into_iter().map(|(_, path)| path).collect()
}

/// What a directory on PATH points at. Packages put a link or a bare copy of `initdb` there, and
/// `initdb` works only beside its own `postgres`, so links are followed and `pg_config` is asked.
fn neighbours(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![directory.to_owned()];
    if let Ok(initdb) = fs::canonicalize(directory.join("initdb")) {
        found.extend(initdb.parent().map(Path::to_owned));
    }
    let pg_config = directory.join("pg_config");
    if pg_config.is_file() {
        let answer = std::process::Command::new(pg_config).arg("--bindir").output();
        if let Ok(answer) = answer
            && let Ok(bindir) = String::from_utf8(answer.stdout)
        {
            found.push(PathBuf::from(bindir.trim_end()));
        }
    }
    found
}

/// What `directory` holds, when both programs are there and the account can run them.
fn probe(directory: &Path, account: &Account) -> Option<Binaries> {
    let postgres = directory.join("postgres");
    if !postgres.is_file()
        || !directory.join("initdb").is_file()
        || account.barrier_to(&postgres).is_some()
    {
        return None;
    }
    let answer = Account::Own.command(&postgres).arg("--version").output().ok()?;
    let major = major_of(&String::from_utf8(answer.stdout).ok()?)?;
    Some(Binaries { directory: directory.to_owned(), major })
}

/// Reads the major version from what `postgres --version` prints.
fn major_of(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    leading_number(number)
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok()
}

fn install_command() -> String {
    let os_release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let command = if cfg!(target_os = "macos") {
        "brew install postgresql@18"
    } else {
        install_command_for(&os_release)
    };
    let needs_sudo = !nix::unistd::geteuid().is_root() && !command.starts_with("brew");
    if needs_sudo { format!("sudo {command}") } else { command.to_owned() }
}

/// The install command for the system that an `os-release` file describes.
fn install_command_for(os_release: &str) -> &'static str {
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    // The system itself comes first, then those it is derived from.
    let names = format!("{} {}", value("ID"), value("ID_LIKE"));
    for name in names.split_whitespace() {
        match name {
            "debian" | "ubuntu" => return "apt-get install postgresql",
            "fedora" | "rhel" | "centos" => return "dnf install postgresql-server",
            "alpine" => return "apk add postgresql",
            "suse" | "opensuse" => return "zypper install postgresql-server",
            "arch" => return "pacman -S postgresql",
            _ => (),
        }
    }
    "brew install postgresql@18"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_releases_and_betas_are_read() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta2\n"), Some(18));
        assert_eq!(major_of("bash 5.2\n"), None);
    }

    #[test]
    fn the_install_command_follows_the_system_or_what_it_derives_from() {
        let derived = "NAME=\"Rocky Linux\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n";
        assert_eq!(install_command_for(derived), "dnf install postgresql-server");
        assert_eq!(install_command_for("ID=debian\n"), "apt-get install postgresql");
        assert_eq!(install_command_for("ID=alpine\n"), "apk add postgresql");
        assert_eq!(install_command_for(""), "brew install postgresql@18");
    }
}
