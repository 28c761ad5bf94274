//! Runs the program itself, as whom and in what environment a test wants, and listens to all that
//! it says.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};
use tokio_postgres::Config;

use super::overheard;
use super::scratch::Scratch;

/// Generous, because a busy machine may be ten times slower than a quiet one.
const END_SECONDS_MAX: u64 = 30;

/// The program. What it says is heard by [`output`], [`Program`] and `operator::Served`.
pub fn alis() -> Command {
    Command::new(env!("CARGO_BIN_EXE_alis"))
}

/// Runs a command to its end.
pub fn output(command: &mut Command) -> Output {
    let output = command.output().expect("the program can be executed");
    for said in [&output.stdout, &output.stderr] {
        overheard::hear(&format!("{command:?}"), &String::from_utf8_lossy(said));
    }
    output
}

/// Runs a command to its end, beside whatever else a test does.
pub async fn output_of(mut command: Command) -> Output {
    let ran = tokio::task::spawn_blocking(move || output(&mut command)).await;
    ran.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// `alis postgres` on a directory.
pub struct Program {
    child: Child,
    /// The line it printed when its server was ready.
    pub psql: String,
}

/// How a program that did not get ready ended.
#[derive(Debug)]
pub struct Refusal {
    pub status: ExitStatus,
    pub stderr: String,
}

/// As whom a test runs the program.
#[derive(Debug, Clone)]
pub enum As {
    /// As whoever runs the tests.
    Ourselves,
    /// As an ordinary user: the tests run as root.
    User(User),
}

impl As {
    /// Everybody that the tests can run the program as: themselves, and an ordinary user when
    /// they are root.
    pub fn everybody() -> Vec<As> {
        let mut all = vec![As::Ourselves];
        if geteuid().is_root() {
            all.push(As::ordinary_user());
        }
        all
    }

    /// An ordinary user, whoever runs the tests.
    pub fn ordinary_user() -> As {
        if !geteuid().is_root() {
            return As::Ourselves;
        }
        let nobody = User::from_name("nobody").expect("the accounts can be read");
        As::User(nobody.expect("every system has nobody"))
    }

    /// A directory of this account's own.
    pub fn home(&self, scratch: &Scratch) -> PathBuf {
        let home = scratch.path().join("home");
        fs::create_dir(&home).expect("our own directory is writable");
        if let As::User(user) = self {
            chown(&home, Some(user.uid), Some(user.gid)).expect("root can change owners");
        }
        home
    }

    /// A command that runs as this account.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let As::User(user) = self {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw()).current_dir("/");
        }
        command
    }
}

/// The command for the program, from a place where the account can execute it.
pub fn command(account: &As, scratch: &Scratch, data_dir: &Path) -> Command {
    let mut program = PathBuf::from(alis().get_program());
    if let As::User(_) = account {
        // The build's directory may be below root's home, which is closed to others.
        let copy = scratch.path().join("alis");
        if !copy.exists() {
            fs::copy(&program, &copy).expect("there is room for a copy of the program");
        }
        program = copy;
    }
    let mut command = account.command(&program);
    command.args(["postgres", "--data-dir"]).arg(data_dir);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the program and waits until its server is ready or it has given up.
pub fn start(account: &As, scratch: &Scratch, data_dir: &Path) -> Result<Program, Refusal> {
    start_command(&mut command(account, scratch, data_dir))
}

/// Starts a command of the program and waits until its server is ready or it has given up.
pub fn start_command(command: &mut Command) -> Result<Program, Refusal> {
    let mut child = loop {
        match command.spawn() {
            // Another test is just starting a process that still has the copy open for writing.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(5));
            }
            started => break started.expect("the program can be executed"),
        }
    };
    let mut psql = String::new();
    let stdout = child.stdout.take().expect("it is piped");
    BufReader::new(stdout).read_line(&mut psql).expect("the program prints text");
    if psql.is_empty() {
        let stderr = said(&mut child);
        let status = child.wait().expect("the program is our child");
        return Err(Refusal { status, stderr });
    }
    Ok(Program { child, psql: psql.trim_end().to_owned() })
}

/// What a program has written to stderr until it ended.
pub fn said(child: &mut Child) -> String {
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("it is piped");
    pipe.read_to_string(&mut stderr).expect("the program prints text");
    overheard::hear("alis postgres", &stderr);
    stderr
}

impl Program {
    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("process ids fit in an i32");
        kill(Pid::from_raw(pid), signal).expect("the program is our child");
    }

    /// Waits for the program's end and returns what it wrote to stderr.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let started = Instant::now();
        while started.elapsed().as_secs() < END_SECONDS_MAX {
            if let Some(status) = self.child.try_wait().expect("the program is our child") {
                return (status, said(&mut self.child));
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("the program did not end within {END_SECONDS_MAX} s");
    }
}

impl Drop for Program {
    /// In order, because the directory may be removed next, and a server that loses its files
    /// leaves its shared memory behind. After `wait` this does nothing.
    fn drop(&mut self) {
        let started = Instant::now();
        while let Ok(None) = self.child.try_wait() {
            if started.elapsed().as_secs() < END_SECONDS_MAX {
                self.signal(Signal::SIGINT);
            } else if let Err(error) = self.child.kill() {
                eprintln!("a program of a test could not be stopped: {error}");
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// How to connect to the server of a program on this directory.
pub fn superuser(data_dir: &Path) -> Config {
    let mut config = Config::new();
    config.host_path(data_dir.join("socket")).user("postgres").dbname("postgres");
    config
}

/// The processes of PostgreSQL that work below a directory. One that has ended but was not
/// collected yet does not count.
pub fn postgres_below(directory: &Path) -> Vec<i32> {
    let processes = fs::read_dir("/proc").expect("these tests read /proc");
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| {
        let read = |name| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let comm = String::from_utf8_lossy(&read("comm")).trim_end().to_owned();
        let works_here = fs::read_link(format!("/proc/{pid}/cwd"))
            .is_ok_and(|working_directory| working_directory.starts_with(directory));
        let cmdline = String::from_utf8_lossy(&read("cmdline")).into_owned();
        let named = cmdline.contains(&*directory.to_string_lossy());
        matches!(comm.as_str(), "postgres" | "initdb") && (works_here || named)
    })
    .collect()
}

/// Waits until no process of PostgreSQL works below the directory.
pub fn wait_until_quiet(directory: &Path) {
    let started = Instant::now();
    while !postgres_below(directory).is_empty() {
        let seconds = started.elapsed().as_secs();
        assert!(seconds < END_SECONDS_MAX, "still there: {:?}", postgres_below(directory));
        thread::sleep(Duration::from_millis(5));
    }
}

/// The process id in the server's pid file.
pub fn server_pid(data_dir: &Path) -> i32 {
    let file = data_dir.join("postgres/postmaster.pid");
    let text = fs::read_to_string(file).expect("the server has started");
    let line = text.lines().next().expect("the file is not empty");
    line.parse().expect("the first line is the process id")
}
