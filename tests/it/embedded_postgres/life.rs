//! How it lives and dies: with the program, and back again after every kind of kill.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::refused;
use crate::support::postgres::connect;
use crate::support::program::{self, As, postgres_below, server_pid, superuser, wait_until_quiet};
use crate::support::scratch::Scratch;

#[tokio::test]
async fn data_is_durable_and_stays_from_start_to_start() {
    for account in As::everybody() {
        let scratch = Scratch::on_disk();
        let data_dir = account.home(&scratch).join("new/data");
        let server = program::start(&account, &scratch, &data_dir).expect("a first start");
        let client = connect(&superuser(&data_dir)).await;
        for setting in ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"] {
            let row = client.query_one(&format!("SHOW {setting}"), &[]).await.expect("a setting");
            assert_eq!(row.get::<_, String>(0), "on", "{setting} as {account:?}");
        }
        client.batch_execute("CREATE TABLE kept (id int)").await.expect("a superuser may");
        server.signal(Signal::SIGINT);
        assert!(server.wait().0.success());

        let server = program::start(&account, &scratch, &data_dir).expect("a second start");
        let client = connect(&superuser(&data_dir)).await;
        client.batch_execute("SELECT FROM kept").await.expect("the table is kept");
        drop(server);
        wait_until_quiet(&data_dir);
    }
}

#[tokio::test]
async fn no_server_outlives_the_program() {
    for account in As::everybody() {
        let scratch = Scratch::on_disk();
        let data_dir = account.home(&scratch).join("data");
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGKILL] {
            let server = program::start(&account, &scratch, &data_dir).expect("it starts");
            assert!(!postgres_below(&data_dir).is_empty(), "the check sees no server");
            // A client that stays does not hold the shutdown up.
            let _client = connect(&superuser(&data_dir)).await;
            server.signal(signal);
            let (status, stderr) = server.wait();
            assert_eq!(status.success(), signal != Signal::SIGKILL, "{signal}: {stderr}");
            wait_until_quiet(&data_dir);
            let log = fs::read_to_string(data_dir.join("postgres.log")).expect("there is a log");
            assert!(log.trim_end().ends_with("database system is shut down"), "{signal}: {log}");
        }
    }
}

#[test]
fn a_program_killed_within_initdb_leaves_no_process_and_starts_again() {
    let scratch = Scratch::on_disk();
    let data_dir = scratch.data_dir();
    let mut child = program::command(&As::Ourselves, &scratch, &data_dir).spawn().expect("it runs");
    while !data_dir.join("postgres.unfinished/PG_VERSION").exists() {
        let ended = child.try_wait().expect("it is our child");
        assert!(ended.is_none() && !data_dir.join("postgres").exists(), "initdb was missed");
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it is our child");
    child.wait().expect("it is our child");
    wait_until_quiet(&data_dir);
    program::said(&mut child);
    assert!(!data_dir.join("postgres").exists());
    program::start(&As::Ourselves, &scratch, &data_dir).expect("a second start");
}

#[test]
fn a_start_right_after_a_kill_waits_for_the_old_server() {
    let scratch = Scratch::on_disk();
    let data_dir = scratch.data_dir();
    for _ in 0..3 {
        let server = program::start(&As::Ourselves, &scratch, &data_dir).expect("it starts");
        server.signal(Signal::SIGKILL);
        server.wait();
    }
}

#[tokio::test]
async fn a_kill_of_program_and_server_is_recovered() {
    for account in As::everybody() {
        let scratch = Scratch::on_disk();
        let data_dir = account.home(&scratch).join("data");
        let server = program::start(&account, &scratch, &data_dir).expect("a first start");
        let client = connect(&superuser(&data_dir)).await;
        let sql = "CREATE TABLE kept AS SELECT generate_series(1, 1000)";
        client.batch_execute(sql).await.expect("a superuser may");
        let pid = Pid::from_raw(server_pid(&data_dir));
        server.signal(Signal::SIGKILL);
        kill(pid, Signal::SIGKILL).expect("the server still runs");
        server.wait();
        assert!(data_dir.join("postgres/postmaster.pid").exists());

        let _server = program::start(&account, &scratch, &data_dir).expect("a second start");
        let client = connect(&superuser(&data_dir)).await;
        let row = client.query_one("SELECT count(*) FROM kept", &[]).await.expect("it is kept");
        assert_eq!(row.get::<_, i64>(0), 1000);
    }
}

#[test]
fn a_pid_file_whose_number_another_program_has_now_is_recovered() {
    let account = As::ordinary_user();
    let scratch = Scratch::on_disk();
    let data_dir = account.home(&scratch).join("data");
    let server = program::start(&account, &scratch, &data_dir).expect("a first start");
    let pid_file = data_dir.join("postgres/postmaster.pid");
    let text = fs::read_to_string(&pid_file).expect("the server has started");
    server.signal(Signal::SIGINT);
    server.wait();
    // Of the same account, or PostgreSQL would know by itself that this is no server.
    let mut sleep = account.command(Path::new("sleep")).arg("60").spawn().expect("it is standard");
    let (_, rest) = text.split_once('\n').expect("the file has several lines");
    fs::write(&pid_file, format!("{}\n{rest}", sleep.id())).expect("the test may write there");

    let started = program::start(&account, &scratch, &data_dir);
    assert!(sleep.try_wait().expect("it is our child").is_none(), "the other program was stopped");
    sleep.kill().expect("it is our child");
    sleep.wait().expect("it is our child");
    started.expect("a second start");
}

#[test]
fn a_second_program_on_the_directory_is_refused() {
    let scratch = Scratch::on_disk();
    let data_dir = scratch.data_dir();
    let server = program::start(&As::Ourselves, &scratch, &data_dir).expect("the first starts");
    let refusal = refused(&As::Ourselves, &scratch, &data_dir);
    assert!(refusal.stderr.contains("another program already runs a PostgreSQL on"));
    assert!(refusal.stderr.contains(&data_dir.display().to_string()), "{refusal:?}");
    server.signal(Signal::SIGTERM);
    assert!(server.wait().0.success(), "the first was disturbed");
}

#[test]
fn the_program_ends_with_a_sentence_when_its_server_dies() {
    let scratch = Scratch::on_disk();
    let data_dir = scratch.data_dir();
    let server = program::start(&As::Ourselves, &scratch, &data_dir).expect("it starts");
    kill(Pid::from_raw(server_pid(&data_dir)), Signal::SIGKILL).expect("the server runs");
    let (status, stderr) = server.wait();
    assert!(!status.success());
    assert!(stderr.contains("the private PostgreSQL") && stderr.contains("ended by itself"));
    assert!(stderr.contains("database system is ready"), "the log is quoted: {stderr}");
    // Also so that the killed server's shared memory is given back.
    program::start(&As::Ourselves, &scratch, &data_dir).expect("a second start");
}

#[test]
fn a_server_started_by_hand_is_left_alone() {
    let account = As::ordinary_user();
    let scratch = Scratch::on_disk();
    let data_dir = account.home(&scratch).join("data");
    let server = program::start(&account, &scratch, &data_dir).expect("a first start");
    // The server's own command, less what makes it ours.
    let file = format!("/proc/{}/cmdline", server_pid(&data_dir));
    let text = fs::read_to_string(file).expect("the server runs");
    let mut words = text.trim_end_matches('\0').split('\0');
    server.signal(Signal::SIGINT);
    server.wait();
    let postgres = words.next().expect("a command has a first word");
    let mut by_hand = account.command(Path::new(postgres));
    by_hand.args(words.map(|word| word.replace("cluster_name=alis", "port=5433")));
    let log = fs::File::create(scratch.path().join("by-hand.log")).expect("it is writable");
    by_hand.stdin(Stdio::null()).stderr(log);
    let mut by_hand = by_hand.spawn().expect("it can be executed");
    let pid = i32::try_from(by_hand.id()).expect("process ids fit in an i32");
    let is_ready = || {
        let text = fs::read_to_string(data_dir.join("postgres/postmaster.pid"));
        text.is_ok_and(|text| text.ends_with("ready   \n"))
    };
    while by_hand.try_wait().expect("it is our child").is_none() && !is_ready() {
        thread::sleep(Duration::from_millis(5));
    }

    let refusal = refused(&account, &scratch, &data_dir);
    assert!(refusal.stderr.contains(&format!("(process {pid}) runs on")), "{refusal:?}");
    assert!(by_hand.try_wait().expect("it is our child").is_none(), "it was stopped");
    kill(Pid::from_raw(pid), Signal::SIGINT).expect("it is our child");
    assert!(by_hand.wait().expect("it is our child").success());
}
