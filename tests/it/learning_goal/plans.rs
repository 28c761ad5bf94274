//! Plans: assigned, started, archived, withdrawn.

use serde_json::json;

use super::world::World;
use crate::curriculum::demo;

#[tokio::test]
async fn a_plan_is_assigned_started_and_archived_and_its_approvals_stand() {
    let world = World::new().await;
    let plan = world.client.get(&world.path("plans/alm")).await.expect(200);
    assert_eq!(json!([plan.body["status"], plan.body["goals"]]), json!(["assigned", 24]));
    assert_eq!(plan.body["curriculum"], "demo-1");
    let again = world.assign("alm").await.expect(201);
    assert_eq!(again.header("etag"), plan.header("etag"), "already so");
    let end = json!({"by": world.leader, "on": "2020-05-01", "reason": "A newer version"});
    let archive = world.path("plans/alm/archive");
    let refused = world.client.post(&archive, end.clone()).await;
    refused.expect_problem(409, "plan_not_started");

    world.approved("ALM-001").await;
    world.submit("ALM-002", "2020-03-04").await.expect(200);
    let started = world.client.get(&world.path("plans/alm")).await.expect(200);
    assert_eq!(started.body["started_on"], "2020-03-01");
    let withdrawal = world.path("plans/alm/withdrawal");
    let refused = world.client.post(&withdrawal, end.clone()).await;
    refused.expect_problem(409, "plan_started");
    let archived = world.client.post(&archive, end.clone()).await.expect(200);
    assert_eq!(archived.body["status"], "archived");
    world.client.post(&archive, end).await.expect(200);
    let other = json!({"by": world.leader, "on": "2020-05-02", "reason": "Again"});
    world.client.post(&archive, other).await.expect_problem(409, "plan_ended");

    assert_eq!(world.goal("ALM-001").await.expect(200).body["status"], "approved");
    world.goal("ALM-003").await.expect_problem(404, "not_found");
    let refused = world.submit("ALM-003", "2020-05-02").await;
    refused.expect_problem(409, "goal_not_in_plan");
    let list = world.client.get(&world.path("learning-goals")).await.expect(200);
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(2), "where something was done");
    let early = world.client.get(&world.path("plans/alm?as_of=2020-04-30")).await.expect(200);
    assert_eq!(early.body["status"], "started");
    world.instance.stop().await;
}

#[tokio::test]
async fn an_approval_counts_in_a_later_version_that_has_the_goal() {
    let world = World::new().await;
    world.approved("ALM-001").await;
    let mut second = demo();
    second["version"] = json!("demo-2");
    second["goals"][0]["title"] = json!("Syntetisk: Ny tittel");
    world.client.post("/v1/curricula", second).await.expect(201);
    let end = json!({"by": world.leader, "on": "2020-05-01", "reason": "A newer version"});
    world.client.post(&world.path("plans/alm/archive"), end).await.expect(200);
    let body = json!({"curriculum": "demo-2", "plan": "alm", "by": world.leader,
        "on": "2020-05-01"});
    world.client.post(&world.path("plans"), body).await.expect(201);
    let goal = world.goal("ALM-001").await.expect(200);
    assert_eq!(
        json!([goal.body["status"], goal.body["curriculum"]]),
        json!(["approved", "demo-2"])
    );
    assert_eq!(goal.body["decision"]["curriculum"], "demo-1");
    assert_eq!(goal.body["title"], "Syntetisk: Ny tittel");
    let plans = world.client.get(&world.path("plans")).await.expect(200);
    let statuses: Vec<_> =
        plans.body["items"].as_array().expect("items").iter().map(|p| &p["status"]).collect();
    assert_eq!(statuses, ["archived", "assigned"]);
    world.instance.stop().await;
}

#[tokio::test]
async fn an_unstarted_plan_is_withdrawn() {
    let world = World::new().await;
    let end = json!({"by": world.leader, "on": "2020-02-10", "reason": "The wrong plan"});
    let withdrawal = world.path("plans/alm/withdrawal");
    let early = json!({"by": world.leader, "on": "2020-01-31", "reason": "The wrong plan"});
    let refused = world.client.post(&withdrawal, early).await;
    refused.expect_problem(409, "later_step_recorded");
    let withdrawn = world.client.post(&withdrawal, end.clone()).await.expect(200);
    assert_eq!(withdrawn.text, "null");
    world.client.post(&withdrawal, end).await.expect(200);
    world.client.get(&world.path("plans/alm")).await.expect_problem(404, "not_found");
    world.client.get(&world.path("plans/alm?as_of=2020-02-09")).await.expect(200);
    let refused = world.submit("ALM-001", "2020-02-05").await;
    refused.expect_problem(409, "goal_not_in_plan");
    let list = world.client.get(&world.path("plans")).await.expect(200);
    assert_eq!(list.body["items"], json!([]));
    world.instance.stop().await;
}

#[tokio::test]
async fn a_plan_is_not_both_started_and_withdrawn() {
    let world = World::new().await;
    let end = json!({"by": world.leader, "on": "2020-03-01", "reason": "The wrong plan"});
    let path = world.path("plans/alm/withdrawal");
    let (submitted, withdrawn) =
        tokio::join!(world.submit("ALM-001", "2020-03-01"), world.client.post(&path, end),);
    let mut statuses = [submitted.status, withdrawn.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", submitted.text, withdrawn.text);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_plan_names_a_version_in_force_and_a_leader_of_the_doctor() {
    let world = World::without_plan().await;
    let mut later = demo();
    later["version"] = json!("demo-later");
    later["valid_from"] = json!("2020-06-01");
    later["goals"] = json!([later["goals"][0]]);
    world.client.post("/v1/curricula", later).await.expect(201);
    let ask = async |curriculum: &str, plan: &str, by: &str, on: &str| {
        let body = json!({"curriculum": curriculum, "plan": plan, "by": by, "on": on});
        world.client.post(&world.path("plans"), body).await
    };
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8061";
    for (curriculum, plan, by, pointer) in [
        ("demo-9", "alm", world.leader.as_str(), "/curriculum"),
        ("demo-later", "alm", &world.leader, "/curriculum"),
        ("demo-1", "alm", nobody, "/by"),
    ] {
        let refused = ask(curriculum, plan, by, "2020-02-01").await;
        assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), [pointer]);
    }
    let refused = ask("demo-later", "fkm", &world.leader, "2020-06-01").await;
    assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/plan"]);
    let refused = ask("demo-1", "alm", &world.leader, "2199-01-01").await;
    assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/on"]);
    let refused = ask("demo-1", "alm", &world.other_leader, "2020-02-01").await;
    refused.expect_problem(409, "not_the_leader");
    world.assign("alm").await.expect(201);
    let refused = ask("demo-later", "alm", &world.leader, "2020-06-01").await;
    refused.expect_problem(409, "plan_already_assigned");
    let missing = world.client.get(&world.path("plans/fkm")).await;
    missing.expect_problem(404, "not_found");
    world.client.get(&world.path("plans/amm")).await.expect_problem(404, "not_found");
    let end = json!({"by": world.leader, "reason": "x"});
    let missing = world.client.post(&world.path("plans/fkm/archive"), end).await;
    missing.expect_problem(404, "not_found");
    world.instance.stop().await;
}

#[tokio::test]
async fn plans_and_goals_come_the_other_way_round_when_that_is_asked() {
    let world = World::new().await;
    world.assign("fkm").await.expect(201);
    for (list, order) in [("plans", "assigned"), ("learning-goals", "code")] {
        let all = async |sort: &str, limit: usize| {
            let (mut items, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = world.path(&format!("{list}?sort={sort}&limit={limit}{cursor}"));
                let page = world.client.get(&path).await.expect(200);
                items.extend(page.body["items"].as_array().expect("items").clone());
                let Some(next) = page.body["next_cursor"].as_str() else { return items };
                cursor = format!("&cursor={next}");
            }
        };
        let usual = world.client.get(&world.path(&format!("{list}?limit=200"))).await.expect(200);
        let mut usual = usual.body["items"].as_array().expect("items").clone();
        assert!(usual.len() > 1, "{list}");
        assert_eq!(all(order, 7).await, usual, "{list}");
        usual.reverse();
        for limit in [1, 7, 200] {
            assert_eq!(all(&format!("-{order}"), limit).await, usual, "{list}");
        }
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn a_plan_has_its_own_events_and_not_those_of_other_plans() {
    let world = World::new().await;
    for nothing in ["plans/xyz/history", "plans/fkm/history"] {
        let answer = world.client.get(&world.path(nothing)).await;
        answer.expect_problem(404, "not_found");
    }
    world.assign("fkm").await.expect(201);
    world.submit("ALM-001", "2020-03-01").await.expect(200);
    world.submit("ALM-002", "2020-03-02").await.expect(200);
    let end = json!({"by": world.leader, "on": "2020-05-01", "reason": "A newer version"});
    world.client.post(&world.path("plans/alm/archive"), end).await.expect(200);
    let types = async |path: &str| {
        let history = world.client.get(&world.path(path)).await.expect(200);
        let items = history.body["items"].as_array().expect("items").clone();
        let types = items.iter().filter_map(|event| event["type"].as_str().map(str::to_owned));
        types.collect::<Vec<String>>()
    };
    let all = [
        "no.alis.plan.archived.v1",
        "no.alis.learning_goal.submitted.v1",
        "no.alis.plan.assigned.v1",
    ];
    assert_eq!(types("plans/alm/history").await, all, "what started it, and no other goal");
    assert_eq!(types("plans/alm/history?as_of=2020-04-30").await, all[1..]);
    assert_eq!(types("plans/fkm/history").await, all[2..]);
    let page = world.client.get(&world.path("plans/alm/history?limit=1")).await.expect(200);
    let cursor = page.body["next_cursor"].as_str().expect("a second page").to_owned();
    let second = types(&format!("plans/alm/history?limit=1&cursor={cursor}")).await;
    assert_eq!(second, all[1..2]);
    world.instance.stop().await;
}
