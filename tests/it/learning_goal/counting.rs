//! A new version of the catalogue, and what approvals of the old one count as.

use serde_json::{Value, json};

use super::world::World;

fn goal(code: &str, replaces: Value) -> Value {
    let mut goal = json!({"code": code, "plan": "fkm", "theme": "Etikk", "title": "Syntetisk",
        "text": "Oppdiktet."});
    if !replaces.is_null() {
        goal["replaces"] = replaces;
    }
    goal
}

fn old(code: &str) -> Value {
    json!({"curriculum": "demo-1", "code": code})
}

/// One to many, many to one, a code that means another goal, and one that stays the same.
fn reform() -> Value {
    json!({"version": "demo-2", "name": "Syntetisk demokatalog 2", "valid_from": "2020-05-01",
    "source": "Oppdiktet", "synthetic": true, "goals": [
        goal("FKM-001", json!([])),
        goal("FKM-004", Value::Null),
        goal("FKM-101", json!([old("FKM-001")])),
        goal("FKM-102", json!([old("FKM-001")])),
        goal("FKM-103", json!([old("FKM-002"), old("FKM-003")])),
    ]})
}

/// FKM-001, 002 and 004 are approved under demo-1; from May 2020 the doctor follows demo-2.
async fn reformed() -> World {
    let world = World::without_plan().await;
    world.assign("fkm").await.expect(201);
    for code in ["FKM-001", "FKM-002", "FKM-004"] {
        world.approved(code).await;
    }
    world.client.post("/v1/curricula", reform()).await.expect(201);
    let put_away = json!({"by": world.leader, "on": "2020-05-01", "reason": "Ny versjon"});
    world.client.post(&world.path("plans/fkm/archive"), put_away).await.expect(200);
    let plan =
        json!({"curriculum": "demo-2", "plan": "fkm", "by": world.leader, "on": "2020-05-01"});
    world.client.post(&world.path("plans"), plan).await.expect(201);
    world
}

async fn row(world: &World, query: &str, position: i64) -> Value {
    let position = position.to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    let path = format!("/v1/reports/goal-progress?{query}");
    let mut body = world.client.get_with(&path, &wait).await.expect(200).body;
    body["rows"][0].take()
}

fn statuses(list: &Value) -> Vec<String> {
    let of = |goal: &Value| {
        let word = |name: &str| goal[name].as_str().unwrap_or_default().to_owned();
        format!("{}@{} {}", word("code"), word("curriculum"), word("status"))
    };
    list["items"].as_array().expect("items").iter().map(of).collect()
}

async fn any_is_enough(world: &World, needed: &str, from: &str) -> i64 {
    let rule = json!({"needed": needed, "from": from, "source": "Et brev fra direktoratet"});
    let set = world.client.post("/v1/curricula/demo-2/replacement-rule", rule).await.expect(200);
    set.position()
}

#[tokio::test]
async fn approvals_of_the_old_version_count_where_the_new_one_says_so_and_are_named() {
    let world = reformed().await;
    let both = world.goal("FKM-101").await.expect(200);
    assert_eq!(
        (&both.body["status"], &both.body["whose_turn"]),
        (&json!("approved"), &json!("nobody"))
    );
    assert_eq!(
        both.body["counted_from"],
        json!([{"curriculum": "demo-1", "code": "FKM-001",
        "on": "2020-03-03", "by": world.leader, "municipality": "0301"}])
    );
    assert_eq!((&both.body["decision"], &both.body["missing"]), (&Value::Null, &json!([])));
    let listed = world.client.get(&world.path("learning-goals")).await.expect(200);
    let expected = [
        "FKM-001@demo-1 approved",
        "FKM-001@demo-2 not_started",
        "FKM-002@demo-1 approved",
        "FKM-004@demo-2 approved",
        "FKM-101@demo-2 approved",
        "FKM-102@demo-2 approved",
        "FKM-103@demo-2 not_started",
    ];
    assert_eq!(statuses(&listed.body), expected);
    let plan = world.client.get(&world.path("plans/fkm")).await.expect(200);
    assert_eq!((&plan.body["goals"], &plan.body["approved"]), (&json!(5), &json!(3)));
    assert_eq!(plan.body["counted_from"][0]["code"], "FKM-001");

    let at = plan.position();
    let recorded = row(&world, "", at).await;
    let expected = json!({
        "trainee": world.trainee, "plan": "fkm", "curriculum": "demo-2", "total": 5,
        "not_started": 2, "submitted": 0, "returned": 0, "approved": 3, "revoked": 0,
        "counted_by_replacement": 2, "counted_from": ["demo-1/FKM-001"],
        "last_approval_on": "2020-03-03", "oldest_waiting_on": null,
    });
    assert_eq!(recorded, expected);
    let before = row(&world, "as_of=2020-04-30", at).await;
    assert_eq!(json!([before["curriculum"], before["approved"]]), json!(["demo-1", 3]));
    world.instance.stop().await;
}

#[tokio::test]
async fn a_goal_that_gathers_several_takes_all_of_them_until_the_rule_is_set_for_a_day() {
    let world = reformed().await;
    let word = async |query: &str| {
        let path = world.path(&format!("learning-goals/FKM-103?{query}"));
        world.client.get(&path).await.expect(200).body["status"].clone()
    };
    assert_eq!(word("").await, "not_started");
    let header = world.client.get("/v1/curricula/demo-2").await.expect(200).body;
    assert_eq!(header["predecessors_needed"], "all");
    assert_eq!(header["predecessors_needed_source"], Value::Null);
    let before = world.goal("FKM-103").await;
    let at = any_is_enough(&world, "any", "2020-06-01").await;
    assert_eq!(any_is_enough(&world, "any", "2020-06-01").await, at, "it is so already");
    let after = world.goal("FKM-103").await;
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(word("as_of=2020-05-31").await, "not_started");
    assert_eq!(word("as_of=2020-06-01").await, "approved");
    assert_eq!(word(&format!("known_at={}", at - 1)).await, "not_started");
    let counted = async |query: &str| {
        let recorded = row(&world, query, at).await;
        json!([recorded["approved"], recorded["counted_from"]])
    };
    let alone = json!([3, ["demo-1/FKM-001"]]);
    assert_eq!(counted("as_of=2020-05-31").await, alone);
    assert_eq!(counted("as_of=2020-06-01").await, json!([4, ["demo-1/FKM-001", "demo-1/FKM-002"]]));
    assert_eq!(counted(&format!("as_of=2020-06-01&known_at={}", at - 1)).await, alone);
    any_is_enough(&world, "all", "2020-06-01").await;
    assert_eq!(word("as_of=2020-06-01").await, "not_started");
    let nowhere = json!({"needed": "any", "from": "2020-06-01", "source": "x"});
    let refused = world.client.post("/v1/curricula/demo-9/replacement-rule", nowhere).await;
    refused.expect_problem(404, "not_found");
    world.instance.stop().await;
}

#[tokio::test]
async fn what_counts_is_not_submitted_again_and_a_code_with_another_meaning_begins_anew() {
    let world = reformed().await;
    let refused = world.submit("FKM-101", "2020-06-01").await;
    refused.expect_problem(409, "goal_status");
    let anew = world.submit("FKM-001", "2020-06-01").await.expect(200);
    let stands = json!([anew.body["status"], anew.body["curriculum"]]);
    assert_eq!(stands, json!(["submitted", "demo-2"]));
    for role in ["supervisor", "clinical_supervisor"] {
        world.recommend("FKM-001", role, "positive", "2020-06-02").await.expect(200);
    }
    let at = world.decide("FKM-001", &world.leader, "approved", "2020-06-03").await;
    let at = at.expect(200).position();
    // The approval under demo-1 stands beside it, and still counts.
    assert_eq!(world.goal("FKM-101").await.body["counted_from"][0]["on"], "2020-03-03");
    assert_eq!(row(&world, "", at).await["approved"], 4);
    // A goal that is the same in both versions is one goal, and is not submitted again either.
    world.submit("FKM-004", "2020-06-01").await.expect_problem(409, "goal_status");
    world.instance.stop().await;
}

#[tokio::test]
async fn a_revoked_approval_counts_no_more_and_the_answer_says_for_what() {
    let world = reformed().await;
    let revoke = |curriculum: &str| json!({"by": world.leader, "on": "2020-07-01", "reason": "An error", "curriculum": curriculum});
    let elsewhere = world.act("FKM-001", "revocation", revoke("demo-9")).await;
    elsewhere.expect_problem(409, "goal_not_in_plan");
    let recorded = world.act("FKM-001", "revocation", revoke("demo-1")).await.expect(200);
    let touches = json!({
        "goals": ["FKM-001", "FKM-101", "FKM-102"], "plan": "fkm", "curriculum": "demo-2",
        "plan_goals": 5, "approved_before": 3, "approved_after": 1,
        "plan_no_longer_complete": false, "requires_institution_service": false,
    });
    assert_eq!(recorded.body["touches"], touches);
    assert_eq!(
        (&recorded.body["curriculum"], &recorded.body["status"]),
        (&json!("demo-1"), &json!("revoked"))
    );
    let again = world.act("FKM-001", "revocation", revoke("demo-1")).await.expect(200);
    assert_eq!((&again.body["touches"], again.position()), (&touches, recorded.position()));
    assert_eq!(world.goal("FKM-101").await.body["status"], "not_started");
    assert_eq!(row(&world, "", recorded.position()).await["approved"], 1);
    let unaware = format!("known_at={}", recorded.position() - 1);
    assert_eq!(row(&world, &unaware, recorded.position()).await["approved"], 3);
    world.submit("FKM-101", "2020-07-02").await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_version_replaces_only_goals_that_are_published() {
    let world = World::without_plan().await;
    let mut wrong = reform();
    wrong["goals"][2]["replaces"] = json!([old("FKM-001"), old("FKM-077")]);
    wrong["goals"][3]["replaces"] = json!([{"curriculum": "demo-2", "code": "FKM-001"}]);
    let refused = world.client.post("/v1/curricula", wrong).await;
    let refused = refused.expect_problem(422, "invalid_request");
    assert_eq!(refused.pointers(), ["/goals/2/replaces/1", "/goals/3/replaces/0"]);
    let mut many = reform();
    many["goals"][0]["replaces"] = json!(vec![old("FKM-001"); 21]);
    let refused = world.client.post("/v1/curricula", many).await;
    assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/goals/0/replaces"]);
    let versions = |count: i32| {
        let all = (0..count).map(|n| json!({"curriculum": format!("v{n}"), "code": "FKM-001"}));
        let mut goals = reform();
        goals["goals"][0]["replaces"] = all.collect();
        goals
    };
    let refused = world.client.post("/v1/curricula", versions(11)).await;
    assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/goals"]);
    let first = world.client.post("/v1/curricula", reform()).await.expect(201);
    let mut turned = reform();
    turned["goals"][4]["replaces"].as_array_mut().expect("two").reverse();
    let again = world.client.post("/v1/curricula", turned).await.expect(201);
    assert_eq!(again.position(), first.position(), "the order of predecessors is not content");
    let position = first.position().to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    let path = "/v1/learning-goals?curriculum=demo-2&code=FKM-101";
    let list = world.client.get_with(path, &wait);
    assert_eq!(list.await.expect(200).body["items"][0]["replaces"], json!([old("FKM-001")]));
    world.instance.stop().await;
}
