//! The two other roles: the one that only reads, and the one that migrates.

use std::collections::BTreeSet;

use alis::database::{acting_as, migrate};
use tokio_postgres::error::SqlState;

use super::roles::{assert_refused, rights};
use crate::support::instance::Instance;
use crate::support::postgres::{connect, fresh};

/// Every right of the role that reads, before there are read models. No more, no less.
const READER: &str = "
schema alis: usage
schema model: usage
schema public: usage
table alis.checkpoint: select
table alis.command: select
table alis.event: select
table alis.event_subject: select
table alis.log: select
table alis.parked: select
table alis.projection: select
table alis.proof: select
table alis.proof_run: select
table alis.subject: select
";

#[tokio::test]
async fn the_reader_has_exactly_the_rights_that_are_written_here() {
    let database = fresh().await;
    let found = rights(&database.connect().await, "alis_read").await;
    let found: BTreeSet<String> = found.into_iter().filter(|line| !line.ends_with(':')).collect();
    // Functions that anybody may call are triggers, which nobody can call.
    let found: BTreeSet<String> =
        found.into_iter().filter(|line| !line.contains(".refuse_")).collect();
    let written: BTreeSet<String> =
        READER.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    assert_eq!(found, written);
}

#[tokio::test]
async fn the_reader_reads_the_log_and_read_models_and_nothing_else() {
    let instance = Instance::start().await;
    let reader = connect(&acting_as(&instance.database.admin, "alis_read")).await;
    for table in ["alis.event", "alis.command", "model.positions", "model.trainees"] {
        let sql = format!("select count(*) from {table}");
        reader.query_one(&sql, &[]).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
    }
    for sql in [
        "select * from alis.person_key",
        "select * from alis.secret",
        "select * from alis.access_log",
        "insert into alis.event select * from alis.event",
        "delete from alis.parked",
        "update alis.projection set position = 0",
        "delete from model.positions",
        "create table model.mine ()",
        "create table alis.mine ()",
        "select alis.forget(1, '{}')",
        "select alis.purge_access_log(1, 1, 1)",
    ] {
        assert_refused(&reader, sql, &SqlState::INSUFFICIENT_PRIVILEGE).await;
    }
    instance.stop().await;
}

#[tokio::test]
async fn whoever_migrates_owns_the_database_and_need_not_be_more() {
    let database = fresh().await;
    let owner = database.connect().await;
    // A name has at most 63 bytes.
    let role: String = format!("migrates_{}", database.name()).chars().take(50).collect();
    let sql = format!(
        "create role {role} nologin createrole;
         drop schema alis cascade; drop schema model cascade; drop schema public cascade;
         alter database {} owner to {role};
         set role {role}; create schema public",
        database.name()
    );
    owner.batch_execute(&sql).await.expect("the superuser can");
    let least = acting_as(&database.admin, &role);
    assert!(migrate(&least).await.expect("the migrations run") > 0);
    assert_eq!(migrate(&least).await.expect("they have run"), 0);
    let sql = "select rolsuper or rolreplication or rolbypassrls or rolcreatedb
               from pg_roles where rolname = $1";
    let is_more: bool = owner.query_one(sql, &[&role]).await.expect("it is there").get(0);
    assert!(!is_more);
    let owned = "select count(*) from pg_class c join pg_roles r on r.oid = c.relowner
                 where c.relnamespace = 'alis'::regnamespace and r.rolname <> $1";
    let others: i64 = owner.query_one(owned, &[&role]).await.expect("it can be asked").get(0);
    assert_eq!(others, 0, "everything in schema alis is the owner's");
}
