//! A person is forgotten, and everything else stays.

use alis::capabilities::person::forget;
use alis::event_log::{DEFAULT_LOG, rebuild, verify};
use alis::identity::cast::Scenario;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{NAME_MARK, person};
use crate::support::client::{Answer, Client};
use crate::support::instance::{Instance, beside, token_as};
use crate::support::sample;

const HPR: &str = "999000777";
const KINDS: [&str; 3] = ["trainees", "supervisors", "leaders"];

async fn erase(client: &Client, id: &str) -> Answer {
    client.post(&format!("/v1/persons/{id}/erasure"), json!({"reason": "own_request"})).await
}

/// A read of a list that has come at least as far as `answer`.
async fn list(client: &Client, answer: &Answer, path: &str) -> Answer {
    let position = answer.position().to_string();
    client.get_with(path, &[("Min-Log-Position", &position)]).await.expect(200)
}

/// Whether rows or replies of the database hold a text.
async fn tables_with(instance: &Instance, text: &str) -> Vec<String> {
    let admin = instance.database.connect().await;
    let tables = "select format('%I.%I', schemaname, tablename) from pg_tables \
                  where schemaname in ('alis', 'model')";
    let mut found = Vec::new();
    for row in admin.query(tables, &[]).await.expect("tables can be listed") {
        let table: String = row.get(0);
        let sql = format!("select count(*) from {table} t where position($1 in t::text) > 0");
        let count: i64 = admin.query_one(&sql, &[&text]).await.expect("it can be read").get(0);
        if count > 0 {
            found.push(table);
        }
    }
    found
}

async fn keys_of(instance: &Instance, id: &str) -> i64 {
    let admin = instance.database.connect().await;
    let sql = "select count(*) from alis.person_key where person = $1";
    let id: Uuid = id.parse().expect("an id");
    admin.query_one(sql, &[&id]).await.expect("keys can be counted").get(0)
}

#[tokio::test]
async fn an_erased_person_is_forgotten_as_everything_they_were() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    let mut ids = Vec::new();
    for kind in KINDS {
        ids.push(person(&client, kind, HPR).await);
    }
    let others = person(&client, "trainees", "999000778").await;
    let erased = erase(&client, &ids[1]).await.expect(200);
    assert_eq!(erased.body["kind"], "supervisor");
    assert_eq!(erased.body["together_with"], json!([ids[0], ids[2]]));
    for (kind, id) in KINDS.iter().zip(&ids) {
        let now = client.get(&format!("/v1/{kind}/{id}")).await.expect(200);
        assert!(now.body["name"].is_null() && now.body["hpr_number"].is_null(), "{}", now.text);
        let before = format!("/v1/{kind}/{id}?known_at={}", erased.position() - 3);
        let before = client.get(&before).await.expect(200);
        assert!(before.body["name"].is_null(), "known_at tells who it was: {}", before.text);
        for known_at in ["", &format!("&known_at={}", erased.position() - 3)] {
            let path = format!("/v1/{kind}?hpr_number={HPR}{known_at}");
            assert_eq!(list(&client, &erased, &path).await.body["items"], json!([]), "{path}");
        }
        let all = list(&client, &erased, &format!("/v1/{kind}")).await;
        let shown = all.body["items"].as_array().expect("items").iter();
        let mut names = shown.filter(|item| item["id"] == **id).map(|item| &item["name"]);
        assert_eq!(names.next(), Some(&Value::Null), "{}", all.text);
        assert_eq!(keys_of(&instance, id).await, 0);
        let corrected = json!({"name": "Kari Igjen", "reason": "Misspelt"});
        let refused = client.post(&format!("/v1/{kind}/{id}/correction"), corrected).await;
        refused.expect_problem(409, "person_erased");
    }
    let other = client.get(&format!("/v1/trainees/{others}")).await.expect(200);
    assert_eq!(other.body["name"], format!("Kari {NAME_MARK}"));
    // Again, and about any of them, it is so already.
    let again = erase(&client, &ids[0]).await.expect(200);
    assert_eq!((again.position(), &again.body["id"]), (erased.position(), &json!(ids[0])));
    let nobody = erase(&client, &Uuid::now_v7().to_string()).await;
    nobody.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn no_read_model_holds_a_look_up_hash_of_an_erased_person_also_after_a_rebuild() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    let lookup = instance.running.service.vault.lookup(&crate::personal::hpr(HPR));
    for kind in KINDS {
        let id = person(&client, kind, HPR).await;
        // Closes the first rows, which go on answering for the time before.
        let body = json!({"name": format!("Karin {NAME_MARK}"), "reason": "Misspelt"});
        let corrected = client.post(&format!("/v1/{kind}/{id}/correction"), body).await.expect(200);
        list(&client, &corrected, &format!("/v1/{kind}")).await;
        if kind == KINDS[2] {
            let held = tables_with(&instance, &lookup).await;
            let models = held.iter().filter(|table| table.starts_with("model.")).count();
            assert_eq!(models, 3, "{held:?}");
            let erased = erase(&client, &id).await.expect(200);
            for kind in KINDS {
                list(&client, &erased, &format!("/v1/{kind}")).await;
            }
        }
    }
    let expected = ["alis.command", "alis.event", "alis.subject"];
    let shown = |tables: Vec<String>| {
        tables.into_iter().filter(|table| !expected.contains(&table.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(shown(tables_with(&instance, &lookup).await), Vec::<String>::new());
    for projection in alis::app::projections() {
        let pool = &instance.running.service.log.pool;
        let built = rebuild::rebuild(pool, DEFAULT_LOG, projection.as_ref(), &|_count| {}).await;
        built.expect("a log with an erasure can be folded");
    }
    assert_eq!(shown(tables_with(&instance, &lookup).await), Vec::<String>::new());
    let report = verify::verify(&instance.running.service.log.pool, DEFAULT_LOG, &|_| {}).await;
    assert!(report.expect("the log can be read").findings.is_empty());
    instance.stop().await;
}

#[tokio::test]
async fn the_number_of_an_erased_doctor_is_a_new_doctors() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = person(&client, "trainees", HPR).await;
    let as_trainee = {
        let (shape, mut claims) = Scenario::Trainee.claims();
        claims["helseid://claims/hpr/hpr_number"] = json!(HPR);
        client.showing(Some(&crate::support::instance::token_with(shape, &claims)))
    };
    let own = |id: &str| format!("/v1/trainees/{id}");
    as_trainee.get(&own(&first)).await.expect(200);
    erase(&client, &first).await.expect(200);
    as_trainee.get(&own(&first)).await.expect_problem(404, "not_found");
    let second = person(&client, "trainees", HPR).await;
    assert_ne!(first, second);
    let body = json!({"hpr_number": HPR, "name": "Kari Tredje", "scheme": "new"});
    let taken = client.post("/v1/trainees", body).await.expect_problem(409, "trainee_exists");
    assert!(taken.text.contains(&second) && !taken.text.contains(&first), "{}", taken.text);
    as_trainee.get(&own(&second)).await.expect(200);
    as_trainee.get(&own(&first)).await.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn a_stored_reply_reveals_nothing_of_an_erased_person() {
    let instance = Instance::start().await;
    let client = instance.client();
    let key = [("Idempotency-Key", "register-kari")];
    let body = json!({"hpr_number": HPR, "name": format!("Kari {NAME_MARK}"), "scheme": "new"});
    let first = client.post_with("/v1/trainees", &key, body.clone()).await.expect(201);
    assert!(first.text.contains(NAME_MARK));
    erase(&client, &first.id()).await.expect(200);
    let again = client.post_with("/v1/trainees", &key, body).await.expect(201);
    assert_eq!(again.id(), first.id());
    assert!(again.body["name"].is_null() && again.body["hpr_number"].is_null(), "{}", again.text);
    instance.stop().await;
}

#[tokio::test]
async fn consumers_of_the_feed_are_told_and_history_stays() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    let id = person(&client, "trainees", HPR).await;
    sample::position_of(&client, &id, "5401", "2020-01-01").await;
    let report = "/v1/reports/staffing?as_of=2020-03-31";
    let before = client.get(&format!("/v1/trainees/{id}/history")).await.expect(200);
    let figures = list(&client, &before, report).await;
    let erased = erase(&client, &id).await.expect(200);
    let feed = client.get("/v1/events?types=no.alis.person.erased.v1").await.expect(200);
    assert_eq!(feed.body[0]["data"]["person"], id);
    assert!(feed.body[1].is_null(), "one registration, one event: {}", feed.text);
    let after = client.get(&format!("/v1/trainees/{id}/history")).await.expect(200);
    let items = |answer: &Answer| answer.body["items"].as_array().expect("items").clone();
    assert_eq!(items(&after)[1..], items(&before)[..]);
    let now = list(&client, &erased, report).await;
    assert_eq!(
        (&now.body["rows"], &now.body["totals"]),
        (&figures.body["rows"], &figures.body["totals"])
    );
    instance.stop().await;
}

#[tokio::test]
async fn a_key_that_an_instance_could_not_destroy_any_more_opens_nothing_and_is_destroyed_later() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = person(&client, "trainees", HPR).await;
    let admin = instance.database.connect().await;
    // As if the process had died between the fact and the key: the function is taken away
    // meanwhile.
    let away = "revoke execute on function alis.forget from alis_service";
    admin.batch_execute(away).await.expect("the owner can");
    erase(&client, &id).await.expect(200);
    assert_eq!(keys_of(&instance, &id).await, 1);
    let now = client.get(&format!("/v1/trainees/{id}")).await.expect(200);
    assert!(now.body["name"].is_null(), "the fact is what counts: {}", now.text);
    let back = "grant execute on function alis.forget to alis_service";
    admin.batch_execute(back).await.expect("the owner can");
    let another = beside(&instance.database.admin).await;
    while keys_of(&instance, &id).await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    another.stop().await;
    instance.stop().await;
}

#[tokio::test]
async fn the_service_cannot_destroy_the_key_of_somebody_who_is_not_erased() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = person(&client, "trainees", HPR).await;
    let person: Uuid = id.parse().expect("an id");
    let destroyed = forget::keys(&instance.running.service.log, &[person]).await;
    assert_eq!(destroyed.expect("the function answers"), 0);
    let service = instance.running.service.log.pool.get().await.expect("a connection");
    let refused = service.execute("delete from alis.person_key", &[]).await;
    assert!(refused.is_err(), "the service may not delete keys itself");
    assert_eq!(keys_of(&instance, &id).await, 1);
    instance.stop().await;
}

#[tokio::test]
async fn only_whoever_keeps_the_register_erases_and_never_in_advance() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = person(&client, "trainees", HPR).await;
    let path = format!("/v1/persons/{id}/erasure");
    for scenario in [Scenario::Auditor, Scenario::Office, Scenario::Reporting] {
        let refused = erase(&client.showing(Some(&token_as(scenario))), &id).await;
        refused.expect_problem(403, "relation_missing");
    }
    let tomorrow = alis::http::today().tomorrow().expect("a day");
    let body = json!({"reason": "ordered", "on": tomorrow});
    let refused = client.post(&path, body).await.expect(422);
    assert_eq!(refused.pointers(), ["/on"]);
    let rehearsed = format!("{path}?dry_run=true");
    let rehearsed = client.post(&rehearsed, json!({"reason": "ordered"})).await.expect(200);
    assert_eq!(rehearsed.body["events"][0]["type"], "no.alis.person.erased.v1");
    assert_eq!(keys_of(&instance, &id).await, 1);
    let register = client.showing(Some(&token_as(Scenario::Register)));
    erase(&register, &id).await.expect(200);
    instance.stop().await;
}
