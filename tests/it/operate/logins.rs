//! Who the service is in its database: with a login of its own, with the owner's, and on the
//! private PostgreSQL. It always acts as `alis_service`, and migrates only what its login owns.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Config};

use crate::support::operator::Operator;
use crate::support::postgres::{TestDatabase, connect, empty, fresh};
use crate::support::program::superuser;
use crate::support::sample;

/// Notes every statement that writes to the log or moves a read model, and every one that reads
/// events: who is logged in and who that acts as. Functions of the owner's do not hide it.
const NOTE: &str = "
    create table public.acted (login text, role text);
    grant insert on public.acted to public;
    create function public.note() returns boolean language sql volatile as
      'insert into public.acted values (session_user, current_setting(''role'')) returning true';
    create function public.note_row() returns trigger language plpgsql as
      'begin perform public.note(); return null; end';
    create trigger acted after insert on alis.event execute function public.note_row();
    create trigger acted after insert on alis.command execute function public.note_row();
    create trigger acted after insert on alis.access_log execute function public.note_row();
    create trigger acted after insert on alis.checkpoint execute function public.note_row();
    create trigger acted after update on alis.projection execute function public.note_row();
    alter table alis.event enable row level security;
    create policy acted on alis.event using (public.note());";

/// Logins and roles that were noted.
async fn noted(admin: &Client) -> BTreeSet<(String, String)> {
    let rows = admin.query("select distinct login, role from public.acted", &[]).await;
    let rows = rows.expect("it can be asked");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Writes and reads, also a read model and a name.
async fn used(client: &crate::support::client::Client) {
    sample::municipality(client, "5401").await;
    let trainee = sample::trainee(client, "999000001").await;
    let read = client.get(&format!("/v1/trainees/{trainee}")).await.expect(200);
    let wait = [("Min-Log-Position", &*read.position().to_string())];
    let list = client.get_with("/v1/trainees", &wait).await.expect(200);
    assert_eq!(list.body["items"][0]["id"], trainee.as_str());
    client.get("/v1/log/receipts/1").await.expect(200);
}

/// A database that somebody migrated who owns it and is no superuser, and the service's login: a
/// member of `alis_service` and nothing else.
struct Installation {
    database: TestDatabase,
    owner: Operator,
    service: Operator,
    login: String,
}

impl Installation {
    async fn new() -> Self {
        let database = empty().await;
        let admin = database.connect().await;
        // A name has at most 63 bytes.
        let role = |word: &str| {
            let name: String = database.name().chars().take(50).collect();
            format!("{word}_{name}")
        };
        let (owner, login) = (role("owner"), role("login"));
        let sql = format!(
            "create role {owner} login createrole; create role {login} login;
             grant alis_service to {owner}; grant alis_service to {login};
             alter database {} owner to {owner}",
            database.name()
        );
        admin.batch_execute(&sql).await.expect("the superuser can");
        let as_user = |name: &str| {
            let mut config: Config = database.admin.clone();
            Operator::on(config.user(name))
        };
        let (owner, service) = (as_user(&owner), as_user(&login));
        Self { database, owner, service, login }
    }
}

#[tokio::test]
async fn a_service_whose_login_is_a_member_only_serves_what_the_owner_migrated() {
    // The cluster has the role once the template was migrated.
    drop(fresh().await);
    let installation = Installation::new().await;
    installation.owner.run(&["migrate"]).await.printed();
    let admin = installation.database.connect().await;
    admin.batch_execute(NOTE).await.expect("the superuser can");
    let served = installation.service.serve().await;
    used(&served.client()).await;
    assert!(served.stop().success());
    let expected = (installation.login.clone(), "alis_service".to_owned());
    assert_eq!(noted(&admin).await, BTreeSet::from([expected]));
}

#[tokio::test]
async fn a_login_that_owns_nothing_does_not_migrate_and_says_who_has_to() {
    drop(fresh().await);
    let installation = Installation::new().await;
    let admin = installation.database.connect().await;
    let refused = async |recorded: &str| {
        let complaint = installation.service.run(&["serve"]).await.complaint();
        assert!(complaint.contains(recorded), "{complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
    };
    let older = "run `alis migrate` of this program with the owner's DATABASE_URL";
    // Nothing there, a schema from before the service could ask, and one that is not up to date.
    refused(older).await;
    installation.owner.run(&["migrate"]).await.printed();
    let sql = "select max(version) from refinery_schema_history";
    let version: i32 = admin.query_one(sql, &[]).await.expect("it is migrated").get(0);
    let revoke = "revoke select on refinery_schema_history from alis_service";
    admin.batch_execute(revoke).await.expect("the superuser can");
    refused(older).await;
    let sql = format!(
        "grant select on refinery_schema_history to alis_service;
         update refinery_schema_history set version = 0 where version = {version}"
    );
    admin.batch_execute(&sql).await.expect("the superuser can");
    refused(older).await;
    let sql = "update refinery_schema_history set version = $1 where version = $2";
    admin.execute(sql, &[&version, &0]).await.expect("the superuser can");
    assert!(installation.service.serve().await.stop().success());
    admin.execute(sql, &[&(version + 1), &version]).await.expect("the superuser can");
    refused(&format!("at version {}, and this program knows versions up to", version + 1)).await;
}

#[tokio::test]
async fn with_one_login_for_both_the_service_acts_as_the_role_that_cannot_rewrite() {
    let database = fresh().await;
    let admin = database.connect().await;
    admin.batch_execute(NOTE).await.expect("the superuser can");
    let served = Operator::on(&database.admin).serve().await;
    used(&served.client()).await;
    assert!(served.stop().success());
    let login = database.admin.get_user().expect("the tests log in as somebody").to_owned();
    assert_eq!(noted(&admin).await, BTreeSet::from([(login, "alis_service".to_owned())]));
}

#[tokio::test]
async fn on_the_private_postgresql_the_service_logs_in_as_the_role_itself() {
    let operator = Operator::private();
    let served = operator.serve().await;
    let admin = connect(&superuser(&operator.data_dir())).await;
    admin.batch_execute(NOTE).await.expect("the superuser can");
    used(&served.client()).await;
    let expected = ("alis_service".to_owned(), "none".to_owned());
    assert_eq!(noted(&admin).await, BTreeSet::from([expected]));
    assert!(served.stop().success());
}
