//! Directories for a test run that do not outlive it, however it ends.
//!
//! Statics are never dropped, and a killed program drops nothing. So a small shell process reads a
//! pipe from us: when the pipe closes, we are gone, and it removes what we made. Directories that
//! even this missed are known by their free lock and swept by a later run.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::statvfs::statvfs;

const PREFIX: &str = "alis-test-";
/// A cluster with some dozens of databases needs a few hundred MiB. Containers often have 64 MiB.
const MEMORY_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// A directory is made a moment before it is locked, so a young one is never swept.
const SWEEP_AGE_MIN: Duration = Duration::from_secs(60);
/// Ends services that tests have started, waits for servers to end, which the kernel or the signal
/// here asks of them, then removes the directories of this run that are not to be kept.
const GUARD: &str = r#"
cat >/dev/null
for dir in "$1"* "$2"*; do
    [ -d "$dir" ] || continue
    for file in "$dir"/*.pid; do
        pid=$(cat "$file" 2>/dev/null)
        case "$(ps -o command= -p "${pid:-0}" 2>/dev/null)" in *"$dir"*) kill -KILL "$pid" ;; esac
    done
    file="$dir/data/postgres/postmaster.pid"
    pid=$(head -n 1 "$file" 2>/dev/null)
    case "$(ps -o command= -p "${pid:-0}" 2>/dev/null)" in *"$dir"*) kill -INT "$pid" ;; esac
    tries=0
    while [ -e "$file" ] && kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    [ -e "$dir/keep" ] || rm -rf "$dir"
done
"#;

static GUARDIAN: OnceLock<Child> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A directory for one test, or for the run's cluster. Dropping it removes it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// In memory when there is enough of it, else on the disk.
    pub fn fast() -> Scratch {
        Scratch::below(&fast_parent())
    }

    /// On the disk, where programs may be executed.
    pub fn on_disk() -> Scratch {
        Scratch::below(&disk_parent())
    }

    fn below(parent: &Path) -> Scratch {
        GUARDIAN.get_or_init(|| {
            let ours = |parent: PathBuf| parent.join(format!("{PREFIX}{}-", process::id()));
            let mut guard = Command::new("sh");
            guard.args(["-c", GUARD, "guard"]).args([ours(fast_parent()), ours(disk_parent())]);
            guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            // Ctrl-C must not reach it, or it would die with us.
            guard.process_group(0).spawn().expect("a shell can be started")
        });
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{PREFIX}{}-{number}", process::id()));
        fs::create_dir(&path).expect("the directory for temporary files is writable");
        // The server may run as another account, whatever the umask says.
        let mode = Permissions::from_mode(0o755);
        fs::set_permissions(&path, mode).expect("our own directory can be changed");
        let lock = File::create(path.join("run.lock")).expect("our own directory is writable");
        lock.lock().expect("a new file can be locked");
        Scratch { path, _lock: lock }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a cluster goes in it. Not made yet.
    pub fn data_dir(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Leaves the directory for a person to look at, until a later run sweeps it.
    pub fn keep(&self) {
        File::create(self.path.join("keep")).expect("our own directory is writable");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.path.join("keep").exists() {
            return;
        }
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("could not remove {}: {error}", self.path.display());
        }
    }
}

/// Removes what earlier runs left: directories of ours whose locks are free.
pub fn sweep() {
    for parent in [fast_parent(), disk_parent()] {
        let Ok(entries) = fs::read_dir(parent) else {
            continue;
        };
        for entry in entries.flatten() {
            let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
            let age = entry.metadata().and_then(|metadata| metadata.modified());
            let old = age.is_ok_and(|made| made.elapsed().is_ok_and(|age| age > SWEEP_AGE_MIN));
            let path = entry.path();
            // The second lock is held while somebody looks into a kept cluster.
            let locks = [path.join("run.lock"), path.join("data/owner.lock")];
            if ours
                && old
                && locks.iter().all(|lock| is_free(lock))
                && let Err(error) = fs::remove_dir_all(&path)
            {
                eprintln!("could not sweep {}: {error}", path.display());
            }
        }
    }
}

fn is_free(lock: &Path) -> bool {
    match File::open(lock) {
        Ok(file) => file.try_lock().is_ok(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

fn fast_parent() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let free = statvfs(memory).map(|stat| stat.blocks_available() * stat.fragment_size());
    match free {
        Ok(bytes) if bytes >= MEMORY_BYTES_MIN => memory.to_owned(),
        Ok(_) | Err(_) => disk_parent(),
    }
}

fn disk_parent() -> PathBuf {
    std::env::temp_dir()
}
