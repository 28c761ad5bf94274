//! The hot statements stay on their indexes: on an empty log, on a large one of which PostgreSQL
//! knows nothing yet, and on one that it has analysed; with values given and without.

use std::collections::BTreeMap;

use alis::aggregate::{NewFact, Subject};
use alis::event_log::append::{AppendCommand, Verdict, append, prepare};
use serde_json::Value;
use tokio_postgres::Client;

use crate::support::postgres::{TestDatabase, fresh};

/// Events in the large log.
const EVENTS: i64 = 20_000;
/// Subjects they are spread over.
const SUBJECTS: i64 = 5_000;
/// Commands in one append, and rows of each table it may look at for each of them.
const COMMANDS: i64 = 64;
const ROWS_MAX: i64 = 4;
/// Appends in one session: by then PostgreSQL has settled for a plan.
const APPENDS: i64 = 8;

/// A hot statement and values for its parameters.
const STATEMENTS: [(&str, &str, &str); 14] = [
    (
        "load",
        include_str!("../../../crates/log/src/event_log/sql/load.sql"),
        "1, 's:7', 9000, 1000",
    ),
    (
        "facts_of_subjects",
        include_str!("../../../crates/log/src/event_log/sql/facts_of_subjects.sql"),
        "1, '{s:7,s:8}', 9000",
    ),
    ("feed", include_str!("../../../crates/log/src/event_log/sql/feed.sql"), "1, 5000, 9000, 100"),
    (
        "feed_subject",
        include_str!("../../../crates/log/src/event_log/sql/feed_subject.sql"),
        "1, 5000, 9000, 100, null, null, 's:7'",
    ),
    (
        "feed_filtered",
        include_str!("../../../crates/log/src/event_log/sql/feed_filtered.sql"),
        "1, 5000, 9000, 100, '{t}', null",
    ),
    (
        "feed_at",
        include_str!("../../../crates/log/src/event_log/sql/feed_at.sql"),
        "1, '{5000,5002,5009}'",
    ),
    (
        "history_forward",
        include_str!("../../../crates/log/src/event_log/sql/history_forward.sql"),
        "1, '{s:7,s:8}', 9000, 0, 100, null, null, null",
    ),
    (
        "history",
        include_str!("../../../crates/log/src/event_log/sql/history.sql"),
        "1, '{s:7,s:8}', 9000, 0, 100, null, null, null",
    ),
    (
        "batch_subjects",
        include_str!("../../../crates/log/src/event_log/sql/batch_subjects.sql"),
        "1, 9000, 1000, 's:'",
    ),
    (
        "gather",
        include_str!("../../../crates/log/src/event_log/sql/gather.sql"),
        "1, '{s:7,s:8}', '{0,9000}', 1000",
    ),
    (
        "subject_head",
        include_str!("../../../crates/log/src/event_log/sql/subject_head.sql"),
        "1, 's:7'",
    ),
    ("ledger", include_str!("../../../crates/log/src/event_log/sql/ledger.sql"), "1, 'k7'"),
    (
        "verify_window",
        include_str!("../../../crates/log/src/event_log/sql/verify_window.sql"),
        "1, 5000, 6000",
    ),
    (
        "persons_by_age",
        include_str!("../../../src/capabilities/person/sql/persons_by_age.sql"),
        "1, '00000000-0000-0000-0000-000000000000', 9000, '{trainee,path}', 500",
    ),
];

async fn fill(client: &Client) {
    let sql = format!(
        "insert into alis.event select 1, n, gen_random_uuid(), 't', 1, now(), '2020-01-01', null,
           array['s:' || n % {SUBJECTS}], '{{}}', json_build_object('command', 'k' || n)
         from generate_series(1, {EVENTS}) n;
         insert into alis.subject select 1, n + 1, 's:' || n, {EVENTS}
           from generate_series(0, {SUBJECTS} - 1) n;
         insert into alis.event_subject select 1, n % {SUBJECTS} + 1, n
           from generate_series(1, {EVENTS}) n;
         update alis.log set head = {EVENTS}, subjects = {SUBJECTS} where log = 1;
         insert into alis.command select 1, 'k' || n, '', n, 'null', now()
           from generate_series(1, {EVENTS}) n;
         insert into alis.person_key select 1, gen_random_uuid(), ''
           from generate_series(1, {SUBJECTS}) n"
    );
    client.batch_execute(&sql).await.expect("the owner may");
}

/// Every scan in a plan of a table of the log: the table, and what its index narrows down by.
fn scans(plan: &Value, found: &mut Vec<(String, String)>) {
    let relation = plan["Relation Name"].as_str().unwrap_or_default();
    // Below a bitmap heap scan is the index scan that feeds it, without the table's name.
    let relation = if plan["Node Type"] == "Bitmap Index Scan" { "by bitmap" } else { relation };
    if !relation.is_empty() && plan["Node Type"] != "Bitmap Heap Scan" {
        let narrowed = plan["Index Cond"].as_str().unwrap_or_default();
        found.push((relation.to_owned(), narrowed.to_owned()));
    }
    for below in plan["Plans"].as_array().into_iter().flatten() {
        scans(below, found);
    }
}

async fn assert_on_indexes(client: &Client, status: &str) {
    for (name, sql, values) in STATEMENTS {
        for mode in ["force_generic_plan", "force_custom_plan"] {
            let sql = sql.replace("{visible}", "true");
            let sql = format!("set plan_cache_mode = {mode}; prepare hot as {sql}");
            client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let explain = format!("explain (format json) execute hot({values})");
            let row = client.query_one(&explain, &[]).await.expect("it can be explained");
            let plan: Value = row.get(0);
            client.batch_execute("deallocate hot").await.expect("it was prepared");
            let mut found = Vec::new();
            scans(&plan[0]["Plan"], &mut found);
            assert!(!found.is_empty(), "{name}: no scan in {plan:#}");
            for (relation, narrowed) in found {
                // More than the log itself, which is the same for all rows.
                let narrow = narrowed.matches(" AND ").count() >= 1;
                assert!(narrow, "{status}, {mode}: {name} scans {relation} by {narrowed:?}");
            }
        }
    }
}

/// Commands that name known subjects, each with a guard, a fact and a key.
fn commands(round: i64) -> Vec<AppendCommand> {
    let command = |number: i64| {
        let subject = Subject::new("s", (round * COMMANDS + number) % SUBJECTS);
        let fact = NewFact {
            id: uuid::Uuid::now_v7(),
            kind: "t",
            effective_from: jiff::civil::date(2020, 1, 1),
            municipality: None,
            subjects: vec![subject.clone()],
            payload: "{}".to_owned(),
        };
        AppendCommand {
            key: format!("round-{round}/{number}"),
            fingerprint: vec![0; 32],
            reply: "null".to_owned(),
            guards: vec![(subject, EVENTS)],
            facts: vec![fact],
            meta: "{}".to_owned(),
            person_keys: vec![],
        }
    };
    (0..COMMANDS).map(command).collect()
}

/// Rows of each table that this session has looked at; what is counted is passed on and begins
/// anew now and then.
async fn rows_read(client: &Client) -> BTreeMap<String, i64> {
    let sql = "select relname::text, seq_tup_read + coalesce(idx_tup_fetch, 0) \
               from pg_stat_xact_user_tables where schemaname = 'alis'";
    let rows = client.query(sql, &[]).await.expect("it is counted");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The function's own statements cannot be explained, but the rows they look at are counted.
async fn assert_append_reads_little(database: &TestDatabase, status: &str) {
    let client = database.connect().await;
    let statement = prepare(&client).await.expect("the function is there");
    for round in 0..APPENDS {
        client.batch_execute("begin").await.expect("it begins");
        let before = rows_read(&client).await;
        let verdicts = append(&client, &statement, 1, &commands(round)).await;
        let verdicts = verdicts.expect("the append works");
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Recorded { .. })));
        for (table, after) in rows_read(&client).await {
            let rows = after - before.get(&table).unwrap_or(&0);
            let most = COMMANDS * ROWS_MAX;
            assert!(rows <= most, "{status}, append {round}: {rows} rows of {table}");
        }
        client.batch_execute("rollback").await.expect("it ends");
    }
}

#[tokio::test]
async fn hot_statements_stay_on_their_indexes() {
    let database = fresh().await;
    let client = database.connect().await;
    assert_on_indexes(&client, "empty").await;
    fill(&client).await;
    assert_on_indexes(&client, "large, not analysed").await;
    assert_append_reads_little(&database, "large, not analysed").await;
    client.batch_execute("analyze").await.expect("the owner may");
    assert_on_indexes(&client, "large, analysed").await;
    assert_append_reads_little(&database, "large, analysed").await;
}
