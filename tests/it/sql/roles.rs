//! What the service's role may do, table by table, and that everything else is refused.
//!
//! The log is only ever added to, and only by its functions: the role has no right to write to a
//! table of the log, and even the owner's statements are stopped by triggers.

use std::collections::BTreeSet;

use alis::database::acting_as;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::event_log::rig::Node;
use crate::support::postgres::{TestDatabase, connect, fresh};

/// The role that the service acts as.
const ROLE: &str = "alis_service";

/// Every right of the role in the schemas of the program, one thing a line. No more, no less.
const RIGHTS: &str = "
function alis.append: execute
function alis.begin_proof:
function alis.forget: execute
function alis.log_access: execute
function alis.position_at: execute
function alis.publish_checkpoint: execute
function alis.purge_access_log: execute
function alis.refuse_rewrite: execute
function alis.refuse_young_removal: execute
function alis.seal: execute
schema alis: usage
schema model: usage, create
schema public: usage
sequence alis.access_log_id_seq:
table alis.access_log: select
table alis.checkpoint: select
table alis.command: select
table alis.event: select
table alis.event_subject: select
table alis.log: select
table alis.parked: select, insert, update, delete
table alis.person_key: select
table alis.projection: select, insert, update, delete
table alis.proof: select, update
table alis.proof_run: select
table alis.secret: select, insert
table alis.subject: select
table public.refinery_schema_history: select
";

/// What triggers refuse to everybody.
const REFUSED_TO_ALL: [(&str, &[&str]); 9] = [
    ("alis.access_log", &["update", "truncate"]),
    ("alis.checkpoint", &["update", "delete", "truncate"]),
    ("alis.command", &["update", "delete", "truncate"]),
    ("alis.event", &["update", "delete", "truncate"]),
    ("alis.event_subject", &["update", "delete", "truncate"]),
    ("alis.log", &["delete", "truncate"]),
    ("alis.proof", &["delete", "truncate"]),
    ("alis.proof_run", &["update", "delete", "truncate"]),
    ("alis.subject", &["delete", "truncate"]),
];

/// What a role has, as PostgreSQL says, in the form of [`RIGHTS`].
pub async fn rights(client: &Client, role: &str) -> BTreeSet<String> {
    let sql = "
        with wanted (kind, name, asked) as (
          select 'schema', nspname::text, array['usage', 'create'] from pg_namespace
          where nspname in ('alis', 'model', 'public')
          union all
          select 'table', c.oid::regclass::text,
            array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']
          from pg_class c
          where c.relnamespace::regnamespace::text in ('alis', 'model', 'public')
            and c.relkind in ('r', 'p', 'v', 'm', 'f')
          union all
          select 'sequence', c.oid::regclass::text, array['usage', 'select', 'update']
          from pg_class c
          where c.relnamespace::regnamespace::text in ('alis', 'model', 'public')
            and c.relkind = 'S'
          union all
          select 'function', p.oid::regprocedure::text, array['execute'] from pg_proc p
          where p.pronamespace::regnamespace::text in ('alis', 'model', 'public')
        )
        select kind || ' ' || split_part(case when kind = 'table' and name not like '%.%'
                                   then 'public.' || name else name end, '(', 1) || ':' ||
          coalesce((
            select string_agg(' ' || one, ',' order by ord)
            from unnest(asked) with ordinality as asked (one, ord)
            where case kind
              when 'schema' then has_schema_privilege($1, name, one)
              when 'table' then has_table_privilege($1, name, one)
                or one in ('select', 'insert', 'update', 'references')
                  and has_any_column_privilege($1, name, one)
              when 'sequence' then has_sequence_privilege($1, name, one)
              else has_function_privilege($1, name, one)
            end), '')
        from wanted";
    let rows = client.query(sql, &[&role]).await.expect("rights can be asked for");
    rows.iter().map(|row| row.get(0)).collect()
}

/// The tables of [`RIGHTS`] and what the role may do with them.
fn tables() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    RIGHTS.lines().filter_map(|line| {
        let (table, rights) = line.strip_prefix("table ")?.split_once(':')?;
        Some((table, rights.split([',', ' ']).filter(|right| !right.is_empty()).collect()))
    })
}

/// A statement that does one thing to a table, to all rows or to none.
fn attempt(verb: &str, table: &str) -> String {
    match verb {
        "select" => format!("select * from {table}"),
        // Its numbers are the table's own to give.
        "insert" if table == "alis.access_log" => {
            format!("insert into {table} overriding system value select * from {table}")
        }
        "insert" => format!("insert into {table} select * from {table}"),
        "update" if table.starts_with("public.") || table == "alis.secret" => {
            format!("update {table} set name = name")
        }
        // Whose turn it is to seal is all that the service may change there.
        "update" if table == "alis.proof" => format!("update {table} set turn = turn"),
        "update" => format!("update {table} set log = log"),
        "delete" => format!("delete from {table}"),
        "truncate" => format!("truncate {table} cascade"),
        other => panic!("nothing is said of how to {other}"),
    }
}

const VERBS: [&str; 5] = ["select", "insert", "update", "delete", "truncate"];

/// A log with something in it, and the service's connection.
async fn filled() -> (TestDatabase, Client) {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    node.open(1).await;
    let client = connect(&acting_as(&database.admin, ROLE)).await;
    (database, client)
}

/// That a statement is refused, for this reason.
pub async fn assert_refused(client: &Client, sql: &str, code: &SqlState) {
    let error = client.batch_execute(sql).await.err().unwrap_or_else(|| panic!("{sql} worked"));
    assert_eq!(error.code(), Some(code), "{sql}: {error:?}");
}

#[tokio::test]
async fn the_service_has_exactly_the_rights_that_are_written_here() {
    let database = fresh().await;
    let found = rights(&database.connect().await, ROLE).await;
    let written: BTreeSet<String> =
        RIGHTS.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let more: Vec<&String> = found.difference(&written).collect();
    let less: Vec<&String> = written.difference(&found).collect();
    assert!(more.is_empty() && less.is_empty(), "found {more:#?}, not found {less:#?}");
}

#[tokio::test]
async fn the_service_is_nobody_but_itself() {
    let database = fresh().await;
    let client = database.connect().await;
    let sql = "
        select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
          exists (select from pg_auth_members where member = oid),
          exists (select from pg_class c where relowner = r.oid and relnamespace = 'alis'::regnamespace),
          exists (select from pg_proc p where proowner = r.oid),
          has_database_privilege(rolname, current_database(), 'create')
        from pg_roles r where rolname = $1";
    let row = client.query_one(sql, &[&ROLE]).await.expect("the role is there");
    for (place, column) in row.columns().iter().enumerate() {
        assert!(!row.get::<_, bool>(place), "{}", column.name());
    }
}

#[tokio::test]
async fn the_service_does_what_it_may_and_is_refused_the_rest() {
    let (_database, client) = filled().await;
    for (table, rights) in tables() {
        for verb in VERBS {
            let sql = attempt(verb, table);
            if rights.contains(&verb) {
                let tried = format!("begin; {sql}; rollback");
                let done = client.batch_execute(&tried).await;
                done.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            } else {
                assert_refused(&client, &sql, &SqlState::INSUFFICIENT_PRIVILEGE).await;
            }
        }
    }
    for sql in [
        "alter table alis.event disable trigger all",
        "drop trigger append_only on alis.event",
        "drop table alis.event cascade",
        "alter table alis.event add column more text",
        "create index on alis.event (type)",
        "create table alis.mine ()",
        "create table public.mine ()",
        "create or replace function alis.refuse_rewrite() returns trigger language sql as ''",
        "drop function alis.append",
        "alter function alis.append security invoker",
        "alter table alis.event owner to alis_service",
        "set session_replication_role = replica",
        "create role mine superuser",
        "alter role alis_service superuser",
        "copy alis.event from program 'true'",
        "copy alis.event to '/dev/null'",
    ] {
        assert_refused(&client, sql, &SqlState::INSUFFICIENT_PRIVILEGE).await;
    }
}

#[tokio::test]
async fn history_is_not_rewritten_even_by_its_owner() {
    let (database, _client) = filled().await;
    let owner = database.connect().await;
    for (table, verbs) in REFUSED_TO_ALL {
        for verb in verbs {
            assert_refused(&owner, &attempt(verb, table), &SqlState::RESTRICT_VIOLATION).await;
        }
    }
}

#[tokio::test]
async fn the_triggers_are_those_that_are_written_here() {
    let database = fresh().await;
    // 8, 16 and 32 stand for delete, update and truncate; O for a trigger that is on.
    let sql = "
        select tgrelid::regclass || case when tgtype & 16 > 0 then ' update' else '' end
          || case when tgtype & 8 > 0 then ' delete' else '' end
          || case when tgtype & 32 > 0 then ' truncate' else '' end
        from pg_trigger
        where not tgisinternal and tgenabled = 'O' and tgfoid = 'alis.refuse_rewrite'::regproc";
    let rows = database.connect().await.query(sql, &[]).await.expect("triggers can be listed");
    let found: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let written = REFUSED_TO_ALL.map(|(table, verbs)| format!("{table} {}", verbs.join(" ")));
    assert_eq!(found, BTreeSet::from(written));
}
