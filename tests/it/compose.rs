//! Holds `docker-compose.yml` to rules that would otherwise be checked by eye, or found out on a
//! server: nothing secret in it, nothing open to the network, nothing started too early.
//!
//! Every rule has a test here that breaks the document and sees the rule object. Deliberately not
//! here: Docker. Whether the images run is for whoever has a daemon to see.

use std::fs;
use std::process::Command;

use alis::database::{acting_as, settle_schema};
use alis::serve::DATABASE;
use serde_json::{Map, Value, json};

use rules::{keys, runs_alis, services, violations};

use crate::support::postgres::{connect, throwaway_cluster};
use crate::support::program;
use crate::support::scratch::Scratch;

mod rules;

#[test]
fn the_compose_file_keeps_every_rule() {
    assert_eq!(violations(&document()), Vec::<String>::new());
}

#[test]
fn the_program_documents_every_setting_the_compose_file_gives_it() {
    let document = document();
    for (name, service) in services(&document).filter(|(_, service)| runs_alis(service)) {
        let command = service["command"][0].as_str().expect("an alis service names its command");
        let help = help_of(command);
        for setting in keys(&service["environment"]) {
            let shown = help.contains(&format!("[env: {setting}"));
            assert!(shown, "{name} sets {setting}, which `alis {command} --help` does not mention");
        }
    }
}

/// What `alis <command> --help` prints.
fn help_of(command: &str) -> String {
    let output = program::output(program::alis().args([command, "--help"]));
    assert!(output.status.success(), "`alis {command} --help` failed: {output:?}");
    String::from_utf8(output.stdout).expect("help is text")
}

/// The file as compose reads it: with anchors and merge keys resolved.
fn document() -> Value {
    let text = include_str!("../../docker-compose.yml");
    let mut yaml: serde_norway::Value = serde_norway::from_str(text).expect("the file is YAML");
    yaml.apply_merge().expect("every merge key names a mapping");
    serde_json::to_value(yaml).expect("the keys of a compose file are strings")
}

/// Puts `value` at `pointer` of the real document and asserts that a rule then says `complaint`.
fn assert_refused(pointer: &str, value: Value, complaint: &str) {
    let mut document = document();
    *place(&mut document, pointer) = value;
    let found = violations(&document);
    assert!(found.iter().any(|line| line.contains(complaint)), "{complaint:?} not in {found:#?}");
}

/// The place a JSON pointer names, made if its parent has no such field yet.
fn place<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    let parent = document.pointer_mut(parent).expect("the parent exists");
    match parent {
        Value::Array(items) => {
            let index: usize = key.parse().expect("a list is indexed by number");
            &mut items[index]
        }
        Value::Object(fields) => fields.entry(key).or_insert(Value::Null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("{pointer} is inside a scalar")
        }
    }
}

/// Removes the field at `pointer` and asserts that a rule then says `complaint`.
fn assert_needed(pointer: &str, complaint: &str) {
    let mut document = document();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    let fields: &mut Map<String, Value> =
        document.pointer_mut(parent).and_then(Value::as_object_mut).expect("the parent exists");
    assert!(fields.remove(key).is_some(), "{pointer} was not there to remove");
    let found = violations(&document);
    assert!(found.iter().any(|line| line.contains(complaint)), "{complaint:?} not in {found:#?}");
}

/// The script is run as the file has it, on a PostgreSQL that is reached another way.
#[tokio::test]
async fn the_login_of_the_service_is_made_once_and_may_serve_and_not_migrate() {
    let cluster = tokio::task::spawn_blocking(throwaway_cluster).await.expect("it starts");
    let (server, scratch) = (cluster.server(), Scratch::fast());
    alis::database::migrate(&server.superuser()).await.expect("the migrations run");
    for (name, password) in [("database_password", "unused"), ("service_password", "it's a word")] {
        fs::write(scratch.path().join(name), password).expect("our own directory is writable");
    }
    let document = document();
    let script = document["services"]["login"]["command"][2].as_str().expect("a script");
    let psql = server.psql();
    let script = script
        .replace("$$", "$")
        .replace("/run/secrets", &scratch.path().display().to_string())
        .replace("psql --host=db --username=alis --dbname=alis", &psql);
    for _ in 0..2 {
        let ran = program::output(Command::new("sh").args(["-euc", &script]));
        assert!(ran.status.success(), "{ran:?}");
    }
    let sql = "select pg_has_role(oid, 'alis_service', 'usage'), rolcanlogin and not rolsuper,
                 rolpassword like 'SCRAM%' from pg_authid where rolname = 'alis_api'";
    let row = connect(&server.superuser()).await.query_one(sql, &[]).await.expect("it is there");
    assert_eq!((row.get(0), row.get(1), row.get(2)), (true, true, true));
    let login = server.config("alis_api", DATABASE);
    settle_schema(&login, &acting_as(&login, "alis_service")).await.expect("it may serve");
    alis::database::migrate(&login).await.expect_err("it may not migrate");
}

#[test]
fn an_unknown_key_is_refused() {
    assert_refused("/services/api/privileged", json!(true), "'privileged' was unexpected");
    assert_refused("/network", json!({}), "'network' was unexpected");
}

#[test]
fn a_service_that_stays_needs_a_healthcheck() {
    assert_refused("/services/api/healthcheck", json!({"disable": true}), "api has no healthcheck");
    assert_refused("/services/db/healthcheck", json!({"disable": true}), "db has no healthcheck");
}

#[test]
fn a_service_without_dependants_keeps_running() {
    assert_needed("/services/login/depends_on/migrate", "migrate has no healthcheck");
    assert_needed("/services/api/depends_on/login", "login has no healthcheck");
    assert_refused("/services/migrate/restart", json!("unless-stopped"), "migrate has no health");
}

#[test]
fn a_service_waits_for_services_that_exist() {
    let healthy = json!({"condition": "service_healthy"});
    assert_refused("/services/api/depends_on/cache", healthy, "waits for cache, which is no");
}

#[test]
fn a_service_waits_for_what_the_other_can_become() {
    let complaint = "in a way that db never is";
    let completed = json!("service_completed_successfully");
    assert_refused("/services/api/depends_on/db/condition", completed, complaint);
    assert_refused("/services/api/depends_on/db/condition", json!("service_started"), complaint);
    let healthy = json!("service_healthy");
    let complaint = "in a way that login never is";
    assert_refused("/services/api/depends_on/login/condition", healthy, complaint);
}

#[test]
fn volumes_are_declared_and_used() {
    let mount = json!("elsewhere:/var/lib/postgresql");
    assert_refused("/services/db/volumes/0", mount, "volume elsewhere is not declared");
    assert_needed("/services/db/volumes", "volume database is not used");
}

#[test]
fn secrets_are_declared_used_and_mounted_where_a_setting_says() {
    assert_needed("/secrets/issuer_key", "secret issuer_key is not declared");
    let idle = json!({"file": "./secrets/idle.txt"});
    assert_refused("/secrets/idle", idle, "secret idle is not used");
    let mounted = json!(["database_password", "master_key"]);
    assert_refused("/services/api/secrets", mounted, "mounted for ALIS_LOCAL_ISSUER_KEY_FILE");
    let elsewhere = json!("/etc/issuer_key");
    let setting = "/services/api/environment/ALIS_LOCAL_ISSUER_KEY_FILE";
    assert_refused(setting, elsewhere, "mounted for ALIS_LOCAL_ISSUER_KEY_FILE");
}

#[test]
fn a_secret_is_never_a_value() {
    let setting = "/services/api/environment/ALIS_MASTER_KEY";
    assert_refused(setting, json!("short"), "given ALIS_MASTER_KEY itself");
    let url = "/services/api/environment/DATABASE_URL";
    assert_refused(url, json!("postgres://alis:pw@db/alis"), "looks like a secret");
    let flag = json!("--token=${TOKEN:-4f1c0e9a7b3d5862aa10}");
    assert_refused("/services/api/command/0", flag, "looks like a secret");
}

#[test]
fn ports_are_published_on_loopback_only() {
    for port in ["8080:8080", "0.0.0.0:8080:8080", "[::]:8080:8080"] {
        assert_refused("/services/api/ports/0", json!(port), "is published beyond loopback");
    }
}

#[test]
fn settings_have_names_that_their_program_reads() {
    assert_refused("/services/api/environment/LISTEN", json!("x"), "api does not read LISTEN");
    assert_refused("/services/db/environment/ALIS_LISTEN", json!("x"), "db does not read ALIS_L");
}

#[test]
fn our_program_is_confined() {
    for limit in ["read_only", "cap_drop", "user", "mem_limit", "pids_limit"] {
        assert_needed(
            &format!("/services/api/{limit}"),
            &format!("api is not confined by {limit}"),
        );
    }
    assert_refused("/services/api/cap_drop", json!([]), "/services/api/cap_drop");
    assert_needed("/services/api/security_opt", "\"security_opt\" is a required property");
    assert_needed("/services/api/stop_grace_period", "api has no stop_grace_period");
}
