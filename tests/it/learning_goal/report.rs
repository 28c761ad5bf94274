//! The report on progress.

use serde_json::{Value, json};

use super::world::World;

async fn report(world: &World, query: &str, position: i64) -> Value {
    let position = position.to_string();
    let wait = [("Min-Log-Position", position.as_str())];
    let path = format!("/v1/reports/goal-progress?{query}");
    world.client.get_with(&path, &wait).await.expect(200).body
}

#[tokio::test]
async fn progress_is_counted_by_trainee_and_plan_on_any_day() {
    let world = World::new().await;
    world.assign("fkm").await.expect(201);
    world.approved("ALM-001").await;
    world.approved("ALM-002").await;
    world.submit("ALM-003", "2020-03-05").await.expect(200);
    world.submit("ALM-004", "2020-03-04").await.expect(200);
    world.submit("ALM-005", "2020-03-06").await.expect(200);
    world.decide("ALM-005", &world.leader, "returned", "2020-03-07").await.expect(200);
    let before = world.act("ALM-002", "revocation", {
        json!({"by": world.leader, "on": "2020-03-08", "reason": "An error"})
    });
    let at = before.await.expect(200).position();

    let now = report(&world, "", at).await;
    let alm = json!({
        "trainee": world.trainee, "plan": "alm", "curriculum": "demo-1", "total": 24,
        "not_started": 19, "submitted": 2, "returned": 1, "approved": 1, "revoked": 1,
        "last_approval_on": "2020-03-03", "oldest_waiting_on": "2020-03-04",
        "counted_by_replacement": 0, "counted_from": [],
    });
    assert_eq!(now["rows"][0], alm);
    assert_eq!(json!([now["rows"][1]["plan"], now["rows"][1]["not_started"]]), json!(["fkm", 6]));
    assert_eq!(json!([now["totals"]["plans"], now["totals"]["total"]]), json!([2, 30]));
    assert_eq!(now["known_at"], at);
    let earlier = report(&world, "as_of=2020-03-04", at).await;
    assert_eq!(earlier["totals"]["approved"], 2);
    assert_eq!(report(&world, "as_of=2020-01-31", at).await["rows"], json!([]));
    let unaware = report(&world, &format!("known_at={}", at - 1), at).await;
    assert_eq!(unaware["totals"]["approved"], 2, "the revocation was not known yet");

    let rows =
        async |query: &str| report(&world, query, at).await["rows"].as_array().map_or(0, Vec::len);
    assert_eq!(rows(&format!("trainee={}", world.trainee)).await, 2);
    assert_eq!(rows("trainee=01890a5d-ac96-774b-bcce-b302099a8058").await, 0);
    assert_eq!(rows("municipality=0301").await, 2);
    assert_eq!(rows("municipality=5401").await, 0);
    assert_eq!(rows("curriculum=demo-1").await, 2);
    assert_eq!(rows("curriculum=demo-2").await, 0);
    world.instance.stop().await;
}

#[tokio::test]
async fn the_same_question_gives_the_same_bytes_in_either_form() {
    let world = World::new().await;
    let at = world.approved("ALM-001").await.position();
    let query = format!("as_of=2020-12-31&known_at={at}");
    let path = format!("/v1/reports/goal-progress?{query}");
    let first = world.client.get(&path).await.expect(200);
    world.approved("ALM-002").await;
    world.move_to_tromso().await;
    let again = world.client.get(&path).await.expect(200);
    assert_eq!(again.text, first.text);
    let csv = world.client.get(&format!("{path}&format=csv")).await.expect(200);
    let mut lines = csv.text.lines();
    assert!(lines.next().is_some_and(|heading| heading.starts_with("Trainee,Plan,Curriculum")));
    let row = format!("{},alm,demo-1,24,23,0,0,1,0,0,2020-03-03,,", world.trainee);
    assert_eq!(lines.next(), Some(row.as_str()));
    let nb = [("Accept", "text/csv"), ("Accept-Language", "nb")];
    let csv = world.client.get_with(&path, &nb).await.expect(200);
    assert!(csv.text.starts_with("Lege i spesialisering"));
    let wrong = world.client.get("/v1/reports/goal-progress?limit=3").await;
    assert_eq!(wrong.expect_problem(422, "invalid_request").pointers(), ["/query/limit"]);
    world.instance.stop().await;
}
