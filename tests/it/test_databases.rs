//! What the other tests rely on: databases of their own that do not outlive them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::postgres::{fresh, throwaway_cluster};
use crate::support::{postgres, program};

/// Set for a run of one test by another, to see how that run ends: `hold` or `fail`.
const PROBE: &str = "ALIS_TEST_PROBE";
const REMOVED_SECONDS_MAX: u64 = 30;

#[tokio::test]
async fn every_test_has_a_copy_of_the_template_to_itself() {
    let (one, other) = (fresh().await, fresh().await);
    let client = one.connect().await;
    let sql = "INSERT INTO alis.log (log, name) VALUES (2, 'of this test')";
    client.batch_execute(sql).await.expect("the table is there");

    let count = "SELECT count(*) FROM alis.log WHERE log = 2";
    let row = other.connect().await.query_one(count, &[]).await.expect("the table is there");
    assert_eq!(row.get::<_, i64>(0), 0);

    #[expect(clippy::disallowed_methods, reason = "how one test tells another what to do")]
    if let Ok(probe) = std::env::var(PROBE) {
        let sql = "SHOW data_directory";
        let row = client.query_one(sql, &[]).await.expect("a superuser may ask");
        eprintln!("{PROBE} {}", row.get::<_, String>(0));
        assert_ne!(probe, "fail", "asked to fail");
        tokio::time::sleep(Duration::from_secs(REMOVED_SECONDS_MAX)).await;
    }
}

#[tokio::test]
async fn a_database_goes_with_its_test() {
    let database = fresh().await;
    let name = database.name().to_owned();
    // An open connection does not keep it.
    let _client = database.connect().await;
    drop(database);

    let other = fresh().await;
    let sql = "SELECT count(*) FROM pg_database WHERE datname = $1";
    let row = other.connect().await.query_one(sql, &[&name]).await.expect("databases are listed");
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_cluster_of_ones_own_survives_being_killed() {
    let mut cluster = throwaway_cluster();
    let client = postgres::connect(&cluster.server().superuser()).await;
    let sql = "CREATE TABLE kept AS SELECT 1 AS one; CHECKPOINT; INSERT INTO kept VALUES (2)";
    client.batch_execute(sql).await.expect("the superuser may do all");

    let death = cluster.server().death();
    cluster.kill();
    let recorded = tokio::time::timeout(Duration::from_secs(REMOVED_SECONDS_MAX), death).await;
    let sentence = recorded.expect("the death is told").to_string();
    assert!(sentence.contains("ended by itself (signal: 9"), "{sentence}");

    cluster.start_again();
    let client = postgres::connect(&cluster.server().superuser()).await;
    let row = client.query_one("SELECT count(*) FROM kept", &[]).await.expect("the table is kept");
    assert_eq!(row.get::<_, i64>(0), 2);
}

#[test]
fn a_killed_run_leaves_nothing() {
    let (mut run, scratch) = probe("hold");
    run.kill().expect("it is our child");
    run.wait().expect("it is our child");

    program::wait_until_quiet(&scratch);
    let started = Instant::now();
    while scratch.exists() {
        assert!(started.elapsed().as_secs() < REMOVED_SECONDS_MAX, "{}", scratch.display());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_failed_test_keeps_its_databases_and_no_server() {
    let (mut run, scratch) = probe("fail");
    assert!(!run.wait().expect("it is our child").success());

    program::wait_until_quiet(&scratch);
    // Long enough for the guard to have done what it must not do.
    thread::sleep(Duration::from_millis(500));
    assert!(scratch.join("data/postgres/PG_VERSION").exists());
    fs::remove_dir_all(&scratch).expect("the run that made it has ended");
}

/// Runs the first test here in a process of its own; returns when it has its databases.
fn probe(what: &str) -> (Child, PathBuf) {
    let tests = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(tests);
    let name = "test_databases::every_test_has_a_copy_of_the_template_to_itself";
    command.args(["--exact", name, "--nocapture"]).env(PROBE, what);
    command.env_remove("TEST_DATABASE_URL").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("this program can be executed");
    let stderr = child.stderr.take().expect("it is piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let line = lines.find_map(|line| line.strip_prefix(PROBE).map(|line| line.trim().to_owned()));
    // The rest must be read, or the run would stop at a closed pipe.
    thread::spawn(move || lines.for_each(drop));
    let cluster = line.expect("the run tells where its cluster is");
    let scratch = Path::new(&cluster).ancestors().nth(2).expect("it is two levels down");
    (child, scratch.to_owned())
}
