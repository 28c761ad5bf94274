//! What is done with a goal, and how it is read.

use serde_json::{Value, json};

use super::world::{World, new_leader};

#[tokio::test]
async fn a_goal_is_approved_after_both_have_spoken_and_stands_when_the_employer_changes() {
    let world = World::new().await;
    world.submit("ALM-001", "2020-03-01").await.expect(200);
    world.recommend("ALM-001", "supervisor", "positive", "2020-03-02").await.expect(200);
    let refused = world.decide("ALM-001", &world.leader, "approved", "2020-03-03").await;
    let refused = refused.expect_problem(409, "recommendations_missing");
    assert!(refused.text.contains("clinical_supervisor"));
    world.recommend("ALM-001", "clinical_supervisor", "positive", "2020-03-03").await.expect(200);
    let approved = world.decide("ALM-001", &world.leader, "approved", "2020-03-03").await;
    let approved = approved.expect(200);
    assert_eq!(approved.body["decision"]["municipality"], "0301");

    world.move_to_tromso().await;
    let goal = world.goal("ALM-001").await.expect(200);
    assert_eq!(
        json!([goal.body["status"], goal.body["whose_turn"]]),
        json!(["approved", "nobody"])
    );
    assert_eq!(goal.header("etag"), approved.header("etag"));
    let revocation = json!({"by": world.other_leader, "reason": "Disagrees"});
    let refused = world.act("ALM-001", "revocation", revocation).await;
    refused.expect_problem(409, "not_the_deciding_municipality");
    // The new employer's leader decides what comes next, the former one no longer.
    world.submit("ALM-002", "2020-08-02").await.expect(200);
    for role in ["supervisor", "clinical_supervisor"] {
        world.recommend("ALM-002", role, "positive", "2020-08-03").await.expect(200);
    }
    let former = world.decide("ALM-002", &world.leader, "approved", "2020-08-04").await;
    former.expect_problem(409, "not_the_leader");
    let now = world.decide("ALM-002", &world.other_leader, "approved", "2020-08-04").await;
    assert_eq!(now.expect(200).body["decision"]["municipality"], "5401");
    world.instance.stop().await;
}

#[tokio::test]
async fn a_goal_tells_what_is_missing_and_whose_turn_it_is_at_every_step() {
    let world = World::new().await;
    let before = world.goal("alm%2055").await.expect(200);
    assert_eq!(before.body["code"], "ALM-055");
    let missing = |body: &Value| body["missing"].clone();
    let all = json!([
        "submission",
        "supervisor_recommendation",
        "clinical_supervisor_recommendation",
        "leader_decision",
        "institution_service"
    ]);
    assert_eq!((missing(&before.body), &before.body["whose_turn"]), (all, &json!("trainee")));
    let submitted = world.submit("alm55", "2020-03-01").await.expect(200);
    assert_eq!(submitted.body["whose_turn"], "supervisor");
    let half = world.recommend("ALM-055", "supervisor", "positive", "2020-03-02").await;
    assert_eq!(half.expect(200).body["whose_turn"], "clinical_supervisor");
    let both = world.recommend("ALM-55", "clinical_supervisor", "positive", "2020-03-02").await;
    let both = both.expect(200);
    assert_eq!(both.body["whose_turn"], "leader");
    assert_eq!(missing(&both.body), json!(["leader_decision", "institution_service"]));
    let read = world.goal("ALM-055").await.expect(200);
    assert_eq!((&read.body, read.header("etag")), (&both.body, both.header("etag")));
    let approved = world.decide("ALM 055", &world.leader, "approved", "2020-03-03").await;
    assert_eq!(missing(&approved.expect(200).body), json!([]), "shown, not enforced");
    world.instance.stop().await;
}

#[tokio::test]
async fn a_returned_goal_is_submitted_anew_and_a_recalled_one_stands_as_before() {
    let world = World::new().await;
    world.recommended("ALM-001").await;
    let back = world.decide("ALM-001", &world.leader, "returned", "2020-03-03").await.expect(200);
    assert_eq!(back.body["decision"]["comment"], "More practice");
    assert_eq!(back.body["whose_turn"], "trainee");
    let again = world.submit("ALM-001", "2020-03-10").await.expect(200);
    assert_eq!(json!([again.body["recommendations"], again.body["decision"]]), json!([[], null]));
    let recalled = world.act("ALM-001", "recall", json!({"on": "2020-03-11"})).await.expect(200);
    assert_eq!(recalled.body["status"], "returned");
    let same = world.act("ALM-001", "recall", json!({"on": "2020-03-11"})).await.expect(200);
    assert_eq!(same.header("etag"), recalled.header("etag"));
    let refused = world.decide("ALM-001", &world.leader, "approved", "2020-03-12").await;
    refused.expect_problem(409, "goal_status");
    world.instance.stop().await;
}

#[tokio::test]
async fn a_revocation_tells_what_it_touches_and_the_goal_begins_anew() {
    let world = World::new().await;
    world.approved("ALM-001").await;
    world.approved("ALM-055").await;
    let body = json!({"by": world.leader, "on": "2020-04-01", "reason": "The wrong person"});
    let revoked = world.act("ALM-055", "revocation", body.clone()).await.expect(200);
    assert_eq!(
        json!([revoked.body["status"], revoked.body["revocation"]["reason"]]),
        json!(["revoked", "The wrong person"])
    );
    let touches = json!({
        "goals": ["ALM-055"], "plan": "alm", "curriculum": "demo-1", "plan_goals": 24,
        "approved_before": 2, "approved_after": 1, "plan_no_longer_complete": false,
        "requires_institution_service": true,
    });
    assert_eq!(revoked.body["touches"], touches);
    let again = world.act("ALM-055", "revocation", body).await.expect(200);
    assert_eq!((again.body["touches"].clone(), again.header("etag")), {
        (touches, revoked.header("etag"))
    });
    world.submit("ALM-055", "2020-04-02").await.expect(200);
    let refused = world.decide("ALM-055", &world.leader, "approved", "2020-04-02").await;
    refused.expect_problem(409, "recommendations_missing");
    world.instance.stop().await;
}

#[tokio::test]
async fn the_list_holds_every_goal_of_the_plans_with_how_it_stands() {
    let world = World::new().await;
    world.assign("fkm").await.expect(201);
    world.approved("ALM-002").await;
    world.submit("FKM-003", "2020-03-05").await.expect(200);
    let list = async |query: &str| {
        let path = world.path(&format!("learning-goals?{query}"));
        let answer = world.client.get(&path).await.expect(200);
        let items = answer.body["items"].as_array().expect("items").clone();
        items.iter().map(|item| item["code"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("").await.len(), 30);
    assert_eq!(list("plan=fkm").await.len(), 6);
    assert_eq!(list("status=approved").await, ["ALM-002"]);
    assert_eq!(list("status=submitted").await, ["FKM-003"]);
    assert_eq!(list("status=not_started&plan=alm").await.len(), 23);
    assert_eq!(list("status=approved&as_of=2020-03-02").await, [""; 0]);
    assert_eq!(list("as_of=2020-01-31").await, [""; 0]);
    let one = world.goal("ALM-002").await.expect(200).body;
    let path = world.path("learning-goals?status=approved");
    assert_eq!(world.client.get(&path).await.body["items"][0], one);
    let page = world.client.get(&world.path("learning-goals?limit=29")).await.expect(200);
    let cursor = page.body["next_cursor"].as_str().expect("there is one more");
    assert_eq!(list(&format!("limit=29&cursor={cursor}")).await, ["FKM-006"]);
    assert!(page.header("link").is_some_and(|link| link.contains("rel=\"next\"")));
    world.instance.stop().await;
}

#[tokio::test]
async fn a_page_shows_one_state_of_the_log_however_much_is_written_meanwhile() {
    let world = World::new().await;
    let first = world.client.get(&world.path("learning-goals?limit=1")).await.expect(200);
    world.approved("ALM-002").await;
    let cursor = first.body["next_cursor"].as_str().expect("there are more");
    let path = world.path(&format!("learning-goals?limit=1&cursor={cursor}"));
    let second = world.client.get(&path).await.expect(200);
    assert_eq!(second.body["items"][0]["code"], "ALM-002");
    assert_eq!(second.body["items"][0]["status"], "not_started");
    world.instance.stop().await;
}

#[tokio::test]
async fn a_goal_is_read_as_of_a_day_and_as_known_at_a_position() {
    let world = World::new().await;
    let approved = world.approved("ALM-001").await;
    let revocation = json!({"by": world.leader, "on": "2020-03-10", "reason": "An error"});
    world.act("ALM-001", "revocation", revocation).await.expect(200);
    let read = async |query: &str| {
        let answer = world.goal(&format!("ALM-001?{query}")).await.expect(200);
        answer.body["status"].as_str().unwrap_or("").to_owned()
    };
    assert_eq!(read("as_of=2020-02-15").await, "not_started");
    assert_eq!(read("as_of=2020-03-02").await, "submitted");
    assert_eq!(read("as_of=2020-03-09").await, "approved");
    assert_eq!(read("as_of=2020-03-10").await, "revoked");
    let known = format!("as_of=2020-03-10&known_at={}", approved.position());
    assert_eq!(read(&known).await, "approved");
    world.goal("ALM-001?as_of=2020-01-31").await.expect_problem(404, "not_found");
    let history = world.goal("alm-1/history").await.expect(200);
    let types: Vec<_> =
        history.body["items"].as_array().expect("items").iter().map(|e| &e["type"]).collect();
    assert_eq!(types.len(), 6, "{types:?}");
    assert_eq!(types[0], "no.alis.learning_goal.revoked.v1");
    assert_eq!(types[5], "no.alis.plan.assigned.v1");
    world.instance.stop().await;
}

#[tokio::test]
async fn one_of_two_decisions_at_once_wins() {
    let world = World::new().await;
    world.recommended("ALM-001").await;
    let (a, b) = tokio::join!(
        world.decide("ALM-001", &world.leader, "approved", "2020-03-03"),
        world.decide("ALM-001", &world.leader, "returned", "2020-03-03"),
    );
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", a.text, b.text);
    let lost = if a.status == 409 { a } else { b };
    lost.expect_problem(409, "goal_status");
    world.instance.stop().await;
}

#[tokio::test]
async fn fifty_equal_decisions_at_once_are_recorded_once() {
    let world = World::new().await;
    world.recommended("ALM-001").await;
    let decisions =
        (0..50).map(|_| world.decide("ALM-001", &world.leader, "approved", "2020-03-03"));
    for answer in futures_util::future::join_all(decisions).await {
        assert_eq!(answer.expect(200).body["status"], "approved");
    }
    let history = world.goal("ALM-001/history").await.expect(200);
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(5));
    world.instance.stop().await;
}

#[tokio::test]
async fn a_caller_with_an_old_version_is_told_what_it_has_not_seen() {
    let world = World::new().await;
    let seen = world.goal("ALM-001").await.expect(200);
    let tag = seen.header("etag").expect("an ETag").to_owned();
    let path = world.path("learning-goals/ALM-001/submission");
    let with = [("If-Match", tag.as_str())];
    let body = json!({"on": "2020-03-01"});
    world.client.post_with(&path, &with, body.clone()).await.expect(200);
    let recall = world.path("learning-goals/ALM-001/recall");
    let stale = world.client.post_with(&recall, &with, json!({"on": "2020-03-02"})).await;
    let stale = stale.expect_problem(412, "stale_version");
    assert_eq!(stale.body["unseen_events"][0]["type"], "no.alis.learning_goal.submitted.v1");
    // Reading again with the version that was answered is 304, until the goal or the plan moves.
    let now = world.goal("ALM-001").await.expect(200);
    let tag = now.header("etag").expect("an ETag").to_owned();
    let fresh = [("If-None-Match", tag.as_str())];
    let path = world.path("learning-goals/ALM-001");
    world.client.get_with(&path, &fresh).await.expect(304);
    let archive = json!({"by": world.leader, "on": "2020-03-05", "reason": "Another version"});
    world.client.post(&world.path("plans/alm/archive"), archive).await.expect(200);
    world.client.get_with(&path, &fresh).await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_rehearsal_records_nothing_and_a_retry_answers_the_same() {
    let world = World::new().await;
    let rehearsed = world.act("ALM-001", "submission?dry_run=true", json!({"on": "2020-03-01"}));
    let rehearsed = rehearsed.await.expect(200);
    assert_eq!(rehearsed.body["resource"]["status"], "submitted");
    assert_eq!(world.goal("ALM-001").await.body["status"], "not_started");
    let path = world.path("learning-goals/ALM-001/submission");
    let key = [("Idempotency-Key", "submit-1")];
    let body = json!({"on": "2020-03-01"});
    let first = world.client.post_with(&path, &key, body.clone()).await.expect(200);
    world.act("ALM-001", "recall", json!({"on": "2020-03-02"})).await.expect(200);
    let retry = world.client.post_with(&path, &key, body).await.expect(200);
    assert_eq!((retry.body, retry.headers.get("etag")), (first.body, first.headers.get("etag")));
    world.instance.stop().await;
}

#[tokio::test]
async fn an_approval_on_the_leaders_own_recommendation_is_told() {
    let world = World::new().await;
    for code in ["ALM-001", "ALM-002"] {
        world.recommended(code).await;
    }
    let approved = world.decide("ALM-002", &world.leader, "approved", "2020-03-03").await;
    assert_eq!(approved.expect(200).body["warnings"], json!([]));
    // Registered as a leader with the number that the supervisor has.
    let same = new_leader(&world.client, "Siri Veileder", "999000004", "0301").await;
    let approved = world.decide("ALM-001", &same, "approved", "2020-03-03").await.expect(200);
    assert_eq!(approved.body["warnings"][0]["code"], "own_recommendation");
    let path = world.path("learning-goals/ALM-001");
    for (language, words) in [
        ("en", "The leader who approved the goal has recommended on it too."),
        ("nb", "Lederen som godkjente målet, har også gitt anbefaling om det."),
    ] {
        let goal = world.client.get_with(&path, &[("Accept-Language", language)]).await.expect(200);
        assert_eq!(goal.body["warnings"][0]["detail"], words);
        let before = format!("{path}?as_of=2020-03-02");
        let before = world.client.get(&before).await.expect(200);
        assert_eq!(before.body["warnings"], json!([]));
    }
    let history = world.client.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.body["items"][0]["data"]["own_recommendation"], true);
    world.instance.stop().await;
}
