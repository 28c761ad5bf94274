//! Who read whose name or HPR number is written down, shown to whom it concerns, and kept for a
//! time.

use alis::access_log::{self, Entry};
use alis::database;
use alis::event_log::DEFAULT_LOG;
use alis::identity::cast::{self, Scenario};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::person;
use crate::access::world::World;
use crate::support::client::Client;
use crate::support::instance::Instance;

/// Looks until reads with these filters are as many as expected: they appear a moment later.
async fn reads(client: &Client, query: &str, count: usize) -> Vec<Value> {
    loop {
        let page = client.get(&format!("/v1/access-log?{query}")).await.expect(200);
        let items = page.body["items"].as_array().expect("items").clone();
        if items.len() >= count {
            assert_eq!(items.len(), count, "{}", page.text);
            return items;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_read_of_a_name_is_written_down_with_who_when_and_as_what() {
    let world = World::new().await;
    let auditor = world.as_one(Scenario::Auditor);
    let id = world.own.id("leaders");
    let path = format!("/v1/leaders/{id}");
    let of_leader = format!("person={id}");
    // Whoever recorded the leader was told the name in the answer.
    let recorded = reads(&auditor, &of_leader, 1).await;
    assert_eq!(recorded[0]["operation"], "register_leader");
    let read = world.as_one(Scenario::Municipality).get(&path).await.expect(200);
    // By ids only: nothing to write down.
    auditor.get(&path).await.expect(200);
    let (leader, wait) = (world.as_one(Scenario::Leader), read.position().to_string());
    leader.get_with("/v1/leaders", &[("Min-Log-Position", &wait)]).await.expect(200);
    let all = reads(&auditor, &of_leader, 3).await;
    let mut oldest_first = reads(&auditor, &format!("{of_leader}&sort=at"), 3).await;
    oldest_first.reverse();
    assert_eq!(oldest_first, all);
    let page = auditor.get(&format!("/v1/access-log?{of_leader}&sort=at&limit=1")).await;
    let cursor = page.expect(200).body["next_cursor"].as_str().expect("a next page").to_owned();
    let second = format!("{of_leader}&sort=at&limit=1&cursor={cursor}");
    assert_eq!(reads(&auditor, &second, 1).await, [all[1].clone()]);
    let path = format!("/v1/access-log?{of_leader}&cursor={cursor}");
    auditor.get(&path).await.expect_problem(422, "invalid_request");
    let (by_leader, by_municipality) = (&all[0], &all[1]);
    assert_eq!(by_municipality["reader"]["organisation"], cast::MUNICIPALITY);
    assert_eq!(by_municipality["roles"], serde_json::json!(["municipality"]));
    assert_eq!(by_municipality["operation"], "read_leader");
    assert_eq!(by_municipality["persons"], serde_json::json!([id]));
    assert_eq!(by_municipality["request_id"], read.header("x-request-id").expect("an id"));
    assert_eq!(by_leader["operation"], "list_leaders");
    assert_eq!(by_leader["reader"]["kind"], "person");
    assert!(by_leader["reader"]["hpr_lookup"].is_string(), "{by_leader}");
    world.instance.stop().await;
}

#[tokio::test]
async fn a_doctor_sees_who_read_about_them_and_nobody_else() {
    let world = World::new().await;
    let (auditor, trainee) = (world.as_one(Scenario::Auditor), world.as_one(Scenario::Trainee));
    let own = world.own.id("trainees");
    let client = world.client.clone();
    let other = person(&client, "trainees", "999000778").await;
    let position = client.get(&format!("/v1/trainees/{other}")).await.position().to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    let all = client.get_with("/v1/trainees", &wait).await.expect(200);
    assert!(all.text.contains(own) && all.text.contains(&other));
    let about_other = reads(&auditor, &format!("person={other}"), 3).await;
    assert!(about_other[0]["persons"].as_array().is_some_and(|persons| persons.len() > 1));
    let seen = reads(&trainee, "limit=200", reads_of(&auditor, own).await).await;
    for read in &seen {
        assert_eq!(read["persons"], serde_json::json!([own]), "{read}");
    }
    assert!(seen.iter().any(|read| read["operation"] == "list_trainees"));
    let none = trainee.get(&format!("/v1/access-log?person={other}")).await.expect(200);
    assert_eq!(none.body["items"], serde_json::json!([]));
    let refused = world.as_one(Scenario::Municipality).get("/v1/access-log").await;
    refused.expect_problem(403, "relation_missing");
    world.instance.stop().await;
}

#[tokio::test]
async fn a_read_of_one_doctors_data_is_written_down_also_where_no_name_is_told() {
    let world = World::new().await;
    let (auditor, trainee) = (world.as_one(Scenario::Auditor), world.as_one(Scenario::Trainee));
    let own = world.own.id("trainees");
    let (first, rest) = (own.as_bytes()[0], &own[1..]);
    let assignment = world.own.id("supervisor-assignments");
    let (position, occupancy) = (world.own.id("positions"), world.own.id("occupancies"));
    let occupancy = format!("/v1/positions/{position}/occupancies/{occupancy}");
    let asked = [
        ("read_trainee", format!("/v1/trainees/{own}")),
        ("read_trainee_history", format!("/v1/trainees/{own}/history")),
        ("list_plans", format!("/v1/trainees/{own}/plans")),
        ("read_plan", format!("/v1/trainees/{own}/plans/alm")),
        ("read_plan_history", format!("/v1/trainees/{own}/plans/alm/history")),
        ("list_trainee_goals", format!("/v1/trainees/{own}/learning-goals")),
        ("read_trainee_goal", format!("/v1/trainees/{own}/learning-goals/ALM-001")),
        ("read_trainee_goal_history", format!("/v1/trainees/{own}/learning-goals/ALM-001/history")),
        ("read_occupancy", occupancy.clone()),
        ("read_occupancy_history", format!("{occupancy}/history")),
        ("read_supervisor_assignment", format!("/v1/supervisor-assignments/{assignment}")),
        (
            "read_supervisor_assignment_history",
            format!("/v1/supervisor-assignments/{assignment}/history"),
        ),
        // The same address in another spelling: percent signs hide no read.
        ("read_trainee_history", format!("/v1/%74rainees/%{first:02X}{rest}/history")),
    ];
    let of_auditor = async |count: usize| loop {
        let page = auditor.get(&format!("/v1/access-log?limit=200&person={own}")).await.expect(200);
        let items = page.body["items"].as_array().expect("items");
        let mine = items.iter().filter(|read| read["roles"] == serde_json::json!(["auditor"]));
        let mine: Vec<Value> = mine.cloned().collect();
        if mine.len() >= count {
            return mine;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    for (_, path) in &asked {
        auditor.get(path).await.expect(200);
    }
    // Lists of ids and what is refused are not written down, nor is what is one's own by ids.
    auditor.get("/v1/trainees").await.expect(200);
    auditor.get("/v1/supervisor-assignments").await.expect(200);
    auditor.get(&format!("/v1/trainees/{own}/plans/xyz")).await.expect(404);
    trainee.get(&format!("/v1/trainees/{own}/history")).await.expect(200);
    let read = auditor.get(&format!("/v1/trainees/{own}/history")).await.expect(200);
    let mine = of_auditor(asked.len() + 1).await;
    assert_eq!(mine[0]["request_id"], read.header("x-request-id").expect("an id"));
    let mut operations: Vec<&str> =
        mine[1..].iter().filter_map(|read| read["operation"].as_str()).collect();
    operations.reverse();
    assert_eq!(operations, asked.each_ref().map(|(operation, _)| *operation));
    for read in &mine {
        assert_eq!(read["persons"], serde_json::json!([own]), "{read}");
    }
    let all = auditor.get(&format!("/v1/access-log?limit=200&person={own}")).await.expect(200);
    let items = all.body["items"].as_array().expect("items");
    assert!(
        !items.iter().any(|read| read["roles"] == serde_json::json!(["trainee"])),
        "{}",
        all.text
    );
    world.instance.stop().await;
}

#[tokio::test]
async fn a_person_who_read_is_told_by_the_id_that_they_have_in_the_register() {
    let world = World::new().await;
    let trainee = world.as_one(Scenario::Trainee);
    let own = world.own.id("trainees");
    for scenario in [Scenario::Leader, Scenario::Supervisor, Scenario::Municipality] {
        world.as_one(scenario).get(&format!("/v1/trainees/{own}")).await.expect(200);
    }
    let all = reads(&trainee, "limit=200", reads_of(&world.as_one(Scenario::Auditor), own).await);
    let all = all.await;
    let by = |role: &str| {
        let read = all.iter().find(|read| read["roles"] == serde_json::json!([role]));
        read.unwrap_or_else(|| panic!("no read by a {role}"))["reader"].clone()
    };
    let (leader, supervisor) = (by("leader"), by("supervisor"));
    assert_eq!(leader["leader"], world.own.id("leaders"));
    assert_eq!(supervisor["supervisor"], world.own.id("supervisors"));
    assert!(leader["trainee"].is_null() && supervisor["leader"].is_null());
    assert!(by("municipality")["leader"].is_null());
    world.instance.stop().await;
}

/// How many reads the auditor finds about a person.
async fn reads_of(auditor: &Client, person: &str) -> usize {
    let page = auditor.get(&format!("/v1/access-log?limit=200&person={person}")).await.expect(200);
    page.body["items"].as_array().expect("items").len()
}

#[tokio::test]
async fn pages_of_reads_follow_one_another_and_days_bound_them() {
    let world = World::new().await;
    let auditor = world.as_one(Scenario::Auditor);
    let id = world.own.id("leaders");
    for _ in 0..4 {
        world.client.get(&format!("/v1/leaders/{id}")).await.expect(200);
    }
    let all = reads(&auditor, &format!("person={id}"), 5).await;
    let (mut paged, mut next) = (Vec::new(), String::new());
    loop {
        let page = format!("/v1/access-log?person={id}&limit=2{next}");
        let page = auditor.get(&page).await.expect(200);
        paged.extend(page.body["items"].as_array().expect("items").clone());
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(paged, all);
    let today = alis::http::today();
    let (before, after) = (today.yesterday().expect("a day"), today.tomorrow().expect("a day"));
    for (query, count) in [
        (format!("from={today}&to={today}"), 5),
        (format!("to={before}"), 0),
        (format!("from={after}"), 0),
    ] {
        reads(&auditor, &format!("person={id}&{query}"), count).await;
    }
    for wrong in [
        "as_of=2020-01-01",
        "known_at=1",
        "cursor=eyJhIjoieCJ9",
        "person=x",
        "limit=0",
        "limit=201",
        "from=x",
        "nonsense=1",
    ] {
        auditor.get(&format!("/v1/access-log?{wrong}")).await.expect(422);
    }
    world.instance.stop().await;
}

fn entry(at: Timestamp, request_id: &str) -> Entry {
    Entry {
        at,
        caller: r#"{"kind":"organisation","organisation":"999000134"}"#.to_owned(),
        roles: vec!["municipality"],
        operation: "read_trainee".to_owned(),
        persons: vec![Uuid::now_v7()],
        request_id: request_id.to_owned(),
    }
}

async fn written(instance: &Instance) -> Vec<String> {
    let sql = "select request_id from alis.access_log order by id";
    let rows = instance.database.connect().await.query(sql, &[]).await.expect("it can be read");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn when_the_writer_cannot_keep_up_readers_write_and_at_the_end_nothing_is_left() {
    let instance = Instance::start().await;
    let pool = instance.running.service.log.pool.clone();
    let (log, writer) = access_log::new(DEFAULT_LOG, pool.clone(), 1);
    let now = alis::http::now();
    log.record(entry(now, "waits"), &pool).await.expect("there is room");
    assert_eq!(written(&instance).await, Vec::<String>::new());
    log.record(entry(now, "does not wait"), &pool).await.expect("it is written at once");
    assert_eq!(written(&instance).await, ["does not wait"]);
    let metrics = instance.client().get("/metrics").await.expect(200);
    assert!(metrics.text.contains("alis_access_log_full_total"), "{}", metrics.text);
    let stop = CancellationToken::new();
    stop.cancel();
    writer.run(stop).await;
    assert_eq!(written(&instance).await, ["does not wait", "waits"]);
    log.record(entry(now, "late"), &pool).await.expect("it is written at once");
    assert_eq!(written(&instance).await.len(), 3);
    instance.stop().await;
}

#[tokio::test]
async fn a_read_that_cannot_be_written_down_fails() {
    let instance = Instance::start().await;
    let pool = instance.running.service.log.pool.clone();
    let (log, _nobody_writes) = access_log::new(DEFAULT_LOG, pool.clone(), 1);
    let now = alis::http::now();
    log.record(entry(now, "waits"), &pool).await.expect("there is room");
    let admin = instance.database.connect().await;
    let away = "revoke execute on function alis.log_access from alis_service";
    admin.batch_execute(away).await.expect("the owner can");
    assert!(log.record(entry(now, "refused"), &pool).await.is_err());
    let back = "grant execute on function alis.log_access to alis_service";
    admin.batch_execute(back).await.expect("the owner can");
    instance.stop().await;
}

#[tokio::test]
async fn entries_are_kept_for_their_time_and_nobody_changes_them() {
    let instance = Instance::start().await;
    let pool =
        database::pool(&alis::database::acting_as(&instance.database.admin, "alis_service"), 1);
    let pool = pool.expect("a pool");
    let (log, writer) = access_log::new(DEFAULT_LOG, pool.clone(), 2);
    let now = alis::http::now();
    let days = |days: i64| now - (days * 24).hours();
    for (at, name) in [(days(100), "old"), (days(40), "young")] {
        log.record(entry(at, name), &pool).await.expect("there is room");
    }
    let stop = CancellationToken::new();
    stop.cancel();
    writer.run(stop).await;
    assert_eq!(access_log::purge(&pool, DEFAULT_LOG, 90).await.expect("it answers"), 1);
    assert_eq!(written(&instance).await, ["young"]);
    assert_eq!(access_log::purge(&pool, DEFAULT_LOG, 90).await.expect("it answers"), 0);
    let (newest, writer) = access_log::new(DEFAULT_LOG, pool.clone(), 1);
    drop(writer); // nobody takes it, so it is written at once
    newest.record(entry(now, "newest"), &pool).await.expect("it is written at once");
    assert!(access_log::purge(&pool, DEFAULT_LOG, 0).await.is_err(), "kept for 30 days at least");
    let admin = instance.database.connect().await;
    for change in [
        "update alis.access_log set operation = 'x'",
        "delete from alis.access_log",
        "truncate alis.access_log",
    ] {
        assert!(admin.batch_execute(change).await.is_err(), "the owner may not: {change}");
        let service = pool.get().await.expect("a connection");
        assert!(service.batch_execute(change).await.is_err(), "the service may not: {change}");
    }
    let insert = "insert into alis.access_log (log, at, caller, roles, operation, persons, request_id) \
                  values (1, now(), '{}', '{}', '', '{}', '')";
    let service = pool.get().await.expect("a connection");
    assert!(service.batch_execute(insert).await.is_err(), "the service may not insert by itself");
    assert_eq!(written(&instance).await, ["young", "newest"]);
    instance.stop().await;
}
