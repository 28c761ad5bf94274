//! Every file of SQL is one that PostgreSQL understands and that the service may run.
//!
//! A file with one statement is prepared and explained, which also asks whether the role may. One
//! with several, and the table of a read model, is run and taken back.

use std::collections::BTreeSet;
use std::fs;

use alis::app::projections;
use alis::database::acting_as;
use tokio_postgres::Client;

use crate::support::postgres::{TestDatabase, connect, fresh};
use crate::support::source::{files_of_program, text};

/// What stands for a table and a view in the files that serve several.
const TABLE: &str = "{table}";
const VIEW: &str = "{view}";
/// What stands for the words of a `_forget` file in the statement that they are part of.
const SETS: &str = "{sets}";
/// Files that only the owner of the tables runs: the service may not change keys.
const OWNERS: [&str; 2] =
    ["crates/log/src/sealed_keys/rewrap.sql", "crates/log/src/sealed_keys/rewrap_secret.sql"];
/// Tables that the files above are tried on.
const SCRATCH: &str = "model.scratch";
const SCRATCH_VIEW: &str = "scratch_view";

/// The statements of a file, without comments.
fn statements(sql: &str) -> Vec<String> {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    let all = code.split(';').map(str::trim).filter(|statement| !statement.is_empty());
    all.map(str::to_owned).collect()
}

/// A migrated database with the table of each read model, and a connection that acts as the
/// service.
async fn database() -> (TestDatabase, Client) {
    let database = fresh().await;
    let client = connect(&acting_as(&database.admin, "alis_service")).await;
    for projection in projections() {
        let table = format!("model.{}", projection.name());
        let sql = projection.table_sql().replace(TABLE, &table);
        client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
    }
    (database, client)
}

/// Prepares a statement, and asks whether this role may run it: that is looked at when it begins.
async fn prepare(client: &Client, sql: &str) -> Result<(), tokio_postgres::Error> {
    let parameters = client.prepare(sql).await?.params().len();
    client.batch_execute(&format!("prepare tried as {sql}")).await?;
    let values = match parameters {
        0 => String::new(),
        _ => format!("({})", vec!["null"; parameters].join(", ")),
    };
    let explained = client.batch_execute(&format!("explain execute tried{values}")).await;
    client.batch_execute("deallocate tried").await?;
    explained
}

/// Runs what cannot be prepared, and takes it back.
async fn run(client: &Client, sql: &str) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("begin").await?;
    let ran = client.batch_execute(sql).await;
    client.batch_execute("rollback").await?;
    ran
}

/// Files that are a condition within others, by the name of its place there.
fn conditions() -> Vec<(String, String)> {
    let parts = files_of_program("sql").into_iter().filter_map(|path| {
        let condition = statements(&text(&path)).join("");
        let name = path.file_stem()?.to_str()?;
        condition.starts_with('(').then(|| (format!("{{{name}}}"), condition))
    });
    parts.collect()
}

/// A statement with its conditions, and a parameter of its own for every other place in braces.
fn with_places(sql: &str) -> String {
    let mut sql = sql.to_owned();
    for (place, condition) in conditions() {
        sql = sql.replace(&place, &condition);
    }
    let numbers = sql.split('$').filter_map(|rest| {
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        number.parse::<usize>().ok()
    });
    let mut last = numbers.max().unwrap_or(0);
    while let Some((_, rest)) = sql.split_once('{') {
        let name = rest.split('}').next().unwrap_or(rest);
        last += 1;
        sql = sql.replace(&format!("{{{name}}}"), &format!("${last}"));
    }
    sql
}

/// Tries a file by what it is.
async fn try_file(client: &Client, sql: &str) -> Result<(), tokio_postgres::Error> {
    let creates = format!("create table {TABLE}");
    if sql.contains(&creates) {
        return run(client, &sql.replace(TABLE, SCRATCH)).await;
    }
    match &statements(sql)[..] {
        [condition] if condition.starts_with('(') && !condition.contains("union all") => {
            let sql = format!("select from alis.event e where {condition}");
            prepare(client, &with_places(&sql)).await
        }
        [one] => {
            let one = one.replace(TABLE, "model.positions").replace(SETS, "key = key");
            prepare(client, &with_places(&one)).await
        }
        _ => {
            let sql = sql.replace(TABLE, SCRATCH).replace(VIEW, SCRATCH_VIEW);
            run(client, &format!("create table {SCRATCH} (key text); {sql}")).await
        }
    }
}

#[tokio::test]
async fn every_file_is_understood_and_may_be_run_by_the_service() {
    let (database, client) = database().await;
    let owner = database.connect().await;
    let mut wrong = Vec::new();
    let files = files_of_program("sql");
    assert!(files.len() > 40, "only {} files were found", files.len());
    for path in &files {
        let model = path.file_stem().and_then(|stem| stem.to_str()?.strip_suffix("_forget"));
        let is_owners = OWNERS.iter().any(|owners| path.ends_with(owners));
        let tried = match model {
            Some(model) => {
                prepare(&client, &format!("update model.{model} set {}", text(path))).await
            }
            None => try_file(if is_owners { &owner } else { &client }, &text(path)).await,
        };
        if let Err(error) = tried {
            let reason = error.as_db_error().map_or(error.to_string(), ToString::to_string);
            wrong.push(format!("{}: {reason}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_is_misspelt_or_forbidden_is_seen() {
    let (_database, client) = database().await;
    let creates = format!("create table {TABLE} (key text); create index on {TABLE} (kei)");
    for (wrong, recorded) in [
        ("select heads from alis.log where log = $1", "does not exist"),
        ("delete from alis.event where log = $1", "permission denied"),
        ("set local lock_timeout = 0; delete from alis.event", "permission denied"),
        (&creates, "does not exist"),
    ] {
        let error = try_file(&client, wrong).await.expect_err(wrong);
        let reason = error.as_db_error().expect("PostgreSQL refuses it").to_string();
        assert!(reason.contains(recorded), "{wrong}: {reason}");
    }
}

#[test]
fn every_file_is_part_of_the_program() {
    let mut included = BTreeSet::new();
    for path in files_of_program("rs") {
        let folder = path.parent().expect("a file is in a folder");
        for name in text(&path).split("include_str!(\"").skip(1) {
            let name = name.split('"').next().expect("a literal ends");
            included.insert(fs::canonicalize(folder.join(name)).expect("the program was compiled"));
        }
    }
    for path in files_of_program("sql") {
        let whole = fs::canonicalize(&path).expect("it was found");
        assert!(included.contains(&whole), "nothing runs {}", path.display());
    }
}
