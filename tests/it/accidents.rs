//! Accidents that systems of this kind have had, each impossible here.
//!
//! Two more have their tests where the subject is: the same request fifty times at once
//! (`kernel::retries`), and municipalities that merge and split while positions are filled
//! (`succession`).

mod crowd;

use std::collections::BTreeMap;
use std::time::Duration;

use alis::aggregate::Subject;
use alis::identity::cast::Scenario;
use clap::ValueEnum;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::access::world::{FOREIGN, World, grant, today};
use crate::learning_goal::world::World as Goals;
use crate::support::client::{Answer, Client};
use crate::support::facts::{self, RawFact};
use crate::support::instance::Instance;
use crate::support::sample;

/// Everything the feed holds after a position.
async fn news(client: &Client, after: i64) -> Vec<Value> {
    let path = format!("/v1/events?after={after}&limit=1000");
    client.get(&path).await.expect(200).body.as_array().expect("a batch").clone()
}

/// A read once it reflects everything up to a position.
async fn read(client: &Client, path: &str, position: i64) -> Answer {
    let position = position.to_string();
    client.get_with(path, &[("Min-Log-Position", position.as_str())]).await.expect(200)
}

fn position() -> Value {
    json!({"municipality": "5401", "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": "2020-01-01"})
}

fn occupancy(trainee: &str) -> Value {
    json!({"trainee": trainee, "from": "2020-01-01", "percent": 100,
        "operating_model": "salaried"})
}

/// Who holds a position, for a program that only follows the feed and keeps nothing but this.
fn follow(events: &[Value]) -> BTreeMap<String, &'static str> {
    let mut positions = BTreeMap::new();
    for event in events {
        let id = || event["data"]["position"].as_str().expect("an id").to_owned();
        match event["type"].as_str().expect("a type") {
            "no.alis.position.established.v1" => positions.insert(id(), "vacant"),
            "no.alis.position.filled.v1" => positions.insert(id(), "filled"),
            "no.alis.position.occupancy_ended.v1" => positions.insert(id(), "vacant"),
            "no.alis.position.closed.v1" => positions.insert(id(), "closed"),
            _ => continue,
        };
    }
    positions
}

/// A position is closed and the occupancy in it ended by two clients at once, neither knowing of
/// the other. Whichever comes first, the closure stands behind the end, and whoever follows the
/// feed never brings back what is gone.
#[tokio::test]
async fn a_deletion_and_that_of_its_child_come_in_one_order_for_everybody() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    for number in 0..8 {
        let trainee = sample::trainee(&client, &format!("99900000{}", number + 1)).await;
        let id = client.post("/v1/positions", position()).await.expect(201).id();
        let occupancies = format!("/v1/positions/{id}/occupancies");
        let held = client.post(&occupancies, occupancy(&trainee)).await.expect(201).id();
        let (end, closure) =
            (format!("{occupancies}/{held}/end"), format!("/v1/positions/{id}/closure"));
        let ended = client.post(&end, json!({"to": "2020-12-31", "reason": "contract_end"}));
        let close = async || {
            let body = json!({"on": "2021-06-01", "reason": "Merged"});
            client.post(&closure, body).await
        };
        let (ended, closed) = tokio::join!(ended, close());
        ended.expect(200);
        if closed.status == 409 {
            closed.expect_problem(409, "position_status");
            close().await.expect(200);
        } else {
            closed.expect(200);
        }
    }
    let events = news(&client, 0).await;
    let followed = follow(&events);
    assert_eq!(followed.len(), 8);
    assert!(followed.values().all(|status| *status == "closed"), "{followed:?}");
    instance.stop().await;
}

#[tokio::test]
async fn a_code_in_the_wrong_case_hides_nobody() {
    let goals = Goals::new().await;
    goals.submit("alm-001", "2020-03-01").await.expect(200);
    for spelling in ["ALM-001", "alm-001", "Alm 1"] {
        let path = format!("learning-goals/{}", spelling.replace(' ', "%20"));
        let goal = goals.client.get(&goals.path(&path)).await.expect(200);
        assert_eq!(
            (&goal.body["code"], &goal.body["status"]),
            (&json!("ALM-001"), &json!("submitted"))
        );
    }
    let body = json!({"by": goals.supervisor, "role": "Supervisor", "verdict": "positive",
        "on": "2020-03-02"});
    let refused = goals.act("ALM-001", "recommendations", body).await;
    assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/role"]);
    goals.instance.stop().await;
}

/// What was recorded before a rule existed is read, listed and built upon; only what is new must
/// keep the rule.
#[tokio::test]
async fn a_rule_that_came_later_meets_what_is_older() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    let old = uuid::Uuid::now_v7().to_string();
    let mut body = position();
    body["municipality"] = json!("4999");
    let refused = client.post("/v1/positions", body.clone()).await;
    assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/municipality"]);
    body["position"] = json!(old);
    let fact = RawFact {
        kind: "position.established.v1",
        subjects: &[Subject::new("position", &old)],
        municipality: Some("4999"),
        payload: body,
    };
    let recorded = facts::record(&instance.running, fact).await;
    let path = format!("/v1/positions/{old}");
    assert_eq!(client.get(&path).await.expect(200).body["municipality"], "4999");
    let listed = read(&client, "/v1/positions", recorded).await;
    assert_eq!(listed.body["items"][0]["id"], old.as_str());
    let staffing = read(&client, "/v1/reports/staffing?as_of=2020-06-01", recorded).await;
    assert_eq!(staffing.body["totals"]["positions"], 1);
    let trainee = sample::trainee(&client, "999000001").await;
    client.post(&format!("{path}/occupancies"), occupancy(&trainee)).await.expect(201);
    let correction = json!({"salary_offer_made": true, "reason": "Wrongly transferred"});
    let mended = client.post(&format!("{path}/correction"), correction).await.expect(200);
    assert_eq!(mended.body["salary_offer_made"], true);
    instance.stop().await;
}

/// Each editor saw the doctor without a supervisor, and each says who it is. One is told no, and by
/// whom; nothing that somebody else wrote is replaced.
#[tokio::test]
async fn two_editors_of_supervisors_at_once_lose_nothing() {
    let goals = Goals::without_plan().await;
    let client = &goals.client;
    let head = i64::try_from(news(client, 0).await.len()).expect("few events");
    let of_another = format!("/v1/supervisor-assignments?trainee={}", goals.trainee);
    let before = read(client, &of_another, head).await;
    let held = before.body["items"].as_array().expect("a page").len();
    let trainee = sample::trainee(client, "999000011").await;
    sample::position_of(client, &trainee, "5401", "2020-01-01").await;
    let edit = async |supervisor: &str| {
        let body = json!({"trainee": trainee, "supervisor": supervisor, "from": "2020-02-01",
            "mode": "on_site"});
        let proposed = client.post("/v1/supervisor-assignments", body).await;
        if proposed.status != 201 {
            return proposed; // the other editor has been through already
        }
        let path = format!("/v1/supervisor-assignments/{}/acceptance", proposed.id());
        client.post(&path, json!({"on": "2020-02-01"})).await
    };
    let (one, other) = tokio::join!(edit(&goals.supervisor), edit(&goals.clinical));
    let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
    let (position, winner) = (won.position(), won.expect(200).id());
    let lost = lost.expect_problem(409, "trainee_has_supervisor");
    assert!(lost.text.contains(&winner), "the one who stands is named: {}", lost.text);
    let path = format!("/v1/supervisor-assignments?trainee={trainee}");
    let all = read(client, &path, position).await;
    let active = all.body["items"].as_array().expect("a page").iter();
    let active: Vec<&Value> = active.filter(|it| it["status"] == "active").collect();
    assert_eq!(active.len(), 1);
    assert_eq!(active[0]["id"], winner.as_str());
    let after = client.get(&of_another).await.expect(200);
    assert_eq!(after.body["items"].as_array().expect("a page").len(), held);
    goals.instance.stop().await;
}

/// The supervisor turns out never to have been a specialist, long after the goal was approved on
/// their word. The approval stands until somebody revokes it, and what was known stays known.
#[tokio::test]
async fn a_back_dated_change_after_an_approval_undoes_nothing_by_itself() {
    let goals = Goals::new().await;
    let approved = goals.approved("ALM-001").await;
    let (client, known) = (&goals.client, approved.position());
    let path = goals.path("learning-goals/ALM-001");
    let then = client.get(&format!("{path}?known_at={known}")).await.expect(200).text;
    let end = json!({"to": "2020-01-31", "reason": "contract_end"});
    let occupancy = format!("/v1/positions/{}/occupancies/{}", goals.position, goals.occupancy);
    client.post(&format!("{occupancy}/end"), end).await.expect(200);
    let now = client.get(&path).await.expect(200);
    assert_eq!(now.body["status"], "approved");
    assert_eq!(client.get(&format!("{path}?known_at={known}")).await.expect(200).text, then);
    let history = client.get(&format!("{path}/history")).await.expect(200);
    let newest = history.body["items"][0]["type"].as_str().expect("a type");
    assert_eq!(newest, "no.alis.learning_goal.approved.v1", "nobody has revoked it");
    goals.instance.stop().await;
}

/// After every act: a report says something else than before only if the feed says why.
#[tokio::test]
async fn no_figure_changes_without_something_in_the_feed() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    let trainee = sample::trainee(&client, "999000001").await;
    let id = client.post("/v1/positions", position()).await.expect(201);
    let path = format!("/v1/positions/{}", id.id());
    let acts = [
        (format!("{path}/occupancies"), occupancy(&trainee)),
        (format!("{path}/occupancies"), occupancy(&trainee)),
        (format!("{path}/closure"), json!({"on": "2021-06-01", "reason": "Merged"})),
        (format!("{path}/correction"), json!({"percent": 50, "reason": "Mistyped"})),
        ("/v1/positions".to_owned(), position()),
        ("/v1/positions?dry_run=true".to_owned(), position()),
    ];
    let report = "/v1/reports/staffing?as_of=2020-06-01&group_by=municipality";
    let rows = |answer: &Answer| answer.body["rows"].clone();
    let mut head = id.position();
    let mut before = rows(&read(&client, report, head).await);
    assert_ne!(before, json!([]), "the report tells of the position");
    let mut changes = 0;
    for (path, body) in acts {
        client.post(&path, body).await;
        let recorded = news(&client, head).await;
        head += i64::try_from(recorded.len()).expect("few events");
        let now = rows(&read(&client, report, head).await);
        assert!(now == before || !recorded.is_empty(), "{path} changed a figure and told nobody");
        changes += u32::from(now != before);
        before = now;
    }
    assert!(changes >= 2, "the acts that do something are seen in the report");
    instance.stop().await;
}

/// What everybody of the cast finds in every list, before and after two of them are given a role
/// more.
#[tokio::test]
async fn a_role_that_is_added_widens_nobody_elses_access() {
    let world = World::new().await;
    let before = seen_by_all(&world).await;
    grant(&world.client, "999000185", "system", today(), None).await;
    let path = format!("/v1/alis-offices/{}/municipalities", world.office);
    let more = json!({"municipality": FOREIGN, "from": "2020-01-01"});
    world.client.post(&path, more).await.expect(200);
    let after = seen_by_all(&world).await;
    for (who, seen) in &before {
        let given = [Scenario::Office, Scenario::VendorWithoutDelegation];
        if given.iter().any(|scenario| format!("{scenario:?}") == *who) {
            assert_ne!(seen, &after[who], "{who} was given something");
        } else {
            assert_eq!(seen, &after[who], "{who} sees something else");
        }
    }
    world.instance.stop().await;
}

async fn seen_by_all(world: &World) -> BTreeMap<String, Vec<String>> {
    let head = news(&world.client, 0).await.len().to_string();
    let mut seen = BTreeMap::new();
    for scenario in Scenario::value_variants() {
        let client = world.as_one(*scenario);
        let mut found = Vec::new();
        for kind in ["trainees", "positions", "leaders", "supervisor-assignments"] {
            let wait = [("Min-Log-Position", head.as_str())];
            let list = client.get_with(&format!("/v1/{kind}"), &wait).await;
            let items = list.body["items"].as_array().cloned().unwrap_or_default();
            found.push(format!("{kind} {}", list.status));
            found.extend(items.iter().filter_map(|item| Some(item["id"].as_str()?.to_owned())));
        }
        seen.insert(format!("{scenario:?}"), found);
    }
    seen
}

/// Refused, rehearsed and impossible commands reach no follower; the next one that stands does.
#[tokio::test]
async fn nothing_is_told_of_what_was_not_recorded() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    let trainee = sample::trainee(&client, "999000001").await;
    let other = sample::trainee(&client, "999000002").await;
    let made = client.post("/v1/positions", position()).await.expect(201);
    let path = format!("/v1/positions/{}/occupancies", made.id());
    let filled = client.post(&path, occupancy(&trainee)).await.expect(201);
    let after = filled.position();
    let stream = client.open(&format!("/v1/events?after={after}&format=sse"), &[]).await;
    let mut stream = stream.bytes_stream();
    client.post(&path, occupancy(&other)).await.expect_problem(409, "position_occupied");
    client.post("/v1/positions?dry_run=true", position()).await.expect(200);
    client.post("/v1/positions", json!({"municipality": "5401"})).await.expect(422);
    let stale = [("If-Match", "\"1\"")];
    let correction = json!({"salary_offer_made": true, "reason": "Mistyped"});
    let correcting = format!("/v1/positions/{}/correction", made.id());
    client.post_with(&correcting, &stale, correction).await.expect(412);
    let stands = client.post("/v1/positions", position()).await.expect(201);
    assert_eq!(stands.position(), after + 1, "nothing was recorded in between");
    let mut recorded = String::new();
    while !recorded.contains("data:") {
        let chunk = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
        let chunk = chunk.expect("news come in time").expect("the stream goes on");
        recorded.push_str(&String::from_utf8_lossy(&chunk.expect("a chunk")));
    }
    assert!(recorded.contains(&stands.id()), "the first that is told is what stands: {recorded}");
    drop(stream);
    instance.stop().await;
}
