//! Supervisor assignments through HTTP.

use serde_json::{Value, json};

use super::{Scene, ids};

/// Acceptance example A5 of the field: a supervisor without the specialty is refused, accepted
/// under an exemption, and flagged when that has ended.
#[tokio::test]
async fn who_is_no_specialist_needs_an_exemption_and_lapses_by_itself_when_it_ends() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let refused = scene.propose(&supervisor, "2025-01-01", None).await;
    refused.expect_problem(409, "supervisor_not_qualified");
    scene.exemption(&supervisor).await;
    let late = scene.propose(&supervisor, "2026-01-01", None).await;
    late.expect_problem(409, "supervisor_not_qualified");
    let id = scene.assignment(&supervisor, "2025-01-01", None).await;

    let path = format!("/v1/supervisor-assignments/{id}");
    let covered = scene.client.get(&format!("{path}?as_of=2025-12-31")).await.expect(200);
    assert_eq!(covered.body["status"], "active");
    assert_eq!(covered.body["qualification"], "exemption");
    assert_eq!(covered.body["exemption_to"], "2025-12-31");
    let lapsed = scene.client.get(&format!("{path}?as_of=2026-01-01")).await.expect(200);
    assert_eq!(lapsed.body["status"], "lapsed");
    assert_eq!(lapsed.body["lapsed_since"], "2026-01-01");
    assert_eq!(lapsed.body["qualification"], "none");
    // The list tells the same from its read model, with no event to say so.
    let query = format!("/v1/supervisor-assignments?trainee={}", scene.trainee);
    for (day, status) in [("2025-12-31", "active"), ("2026-01-01", "lapsed")] {
        let found = scene.list(&format!("{query}&status={status}&as_of={day}")).await;
        assert_eq!(ids(&found), [id.as_str()], "{day}");
    }
    let status = json!({"status": "specialist", "from": "2026-03-01"});
    let status_path = format!("/v1/supervisors/{supervisor}/specialist-status");
    scene.client.post(&status_path, status).await.expect(200);
    assert_eq!(scene.status(&id, "as_of=2026-02-28").await, "lapsed");
    assert_eq!(scene.status(&id, "as_of=2026-03-01").await, "active");
    scene.stop().await;
}

#[tokio::test]
async fn a_back_dated_revocation_changes_the_past_and_known_at_before_it_shows_the_old() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let exemption = scene.exemption(&supervisor).await;
    let id = scene.assignment(&supervisor, "2025-01-01", None).await;
    let path = format!("/v1/supervisor-assignments/{id}");
    let before = scene.client.get(&path).await.expect(200);
    let known = before.position();
    let revoked = json!({"on": "2025-03-01", "reason": "The conditions are not met."});
    let again = revoked.clone();
    let revoked = scene.on_exemption(&exemption, "revocation", revoked).await.expect(200);
    assert_eq!(revoked.body["status"], "revoked");
    let same = scene.on_exemption(&exemption, "revocation", again).await.expect(200);
    assert_eq!(same.header("etag"), revoked.header("etag"));

    let day = "as_of=2025-06-01";
    assert_eq!(scene.status(&id, day).await, "lapsed");
    assert_eq!(scene.status(&id, "as_of=2025-02-28").await, "active");
    assert_eq!(scene.status(&id, &format!("{day}&known_at={known}")).await, "active");
    let list = "/v1/supervisor-assignments";
    let now = scene.list(&format!("{list}?status=lapsed&{day}")).await;
    assert_eq!(ids(&now), [id.as_str()]);
    let then = scene.list(&format!("{list}?status=active&{day}&known_at={known}")).await;
    assert_eq!(ids(&then), [id.as_str()]);
    // What the caller has is no longer what the assignment looks like.
    let etag = before.header("etag").expect("resources have versions").to_owned();
    let read = scene.client.get_with(&path, &[("If-None-Match", etag.as_str())]).await.expect(200);
    let etag = read.header("etag").expect("resources have versions").to_owned();
    scene.client.get_with(&path, &[("If-None-Match", etag.as_str())]).await.expect(304);
    scene.stop().await;
}

#[tokio::test]
async fn two_assignments_accepted_at_once_leave_one() {
    let scene = Scene::start().await;
    let one = scene.supervisor("999000101", Some("2015-01-01")).await;
    let other = scene.supervisor("999000102", Some("2015-01-01")).await;
    let (first, second) = tokio::join!(
        scene.propose(&one, "2025-01-01", None),
        scene.propose(&other, "2025-06-01", None)
    );
    let (first, second) = (first.expect(201).id(), second.expect(201).id());
    let (first, second) = tokio::join!(
        scene.on_assignment(&first, "acceptance", json!({})),
        scene.on_assignment(&second, "acceptance", json!({}))
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let lost = if first.status == 409 { first } else { second };
    lost.expect_problem(409, "trainee_has_supervisor");
    let query = format!("/v1/supervisor-assignments?trainee={}&status=active", scene.trainee);
    assert_eq!(scene.list(&query).await.len(), 1);
    scene.stop().await;
}

#[tokio::test]
async fn nobody_supervises_themself() {
    let scene = Scene::start().await;
    let same = scene.supervisor("999000001", Some("2015-01-01")).await;
    let refused = scene.propose(&same, "2025-01-01", None).await;
    refused.expect_problem(409, "supervisor_is_trainee");
    scene.stop().await;
}

#[tokio::test]
async fn an_assignment_rests_goes_on_and_ends() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let other = scene.supervisor("999000102", Some("2015-01-01")).await;
    let id = scene.assignment(&supervisor, "2025-01-01", None).await;
    let act = async |act: &str, body: Value| scene.on_assignment(&id, act, body).await;
    act("resumption", json!({"on": "2025-06-01"})).await.expect_problem(409, "assignment_status");
    act("pause", json!({"from": "2024-12-31"})).await.expect_problem(409, "outside_assignment");
    let paused = json!({"from": "2025-06-01", "reason": "trainee_on_leave"});
    let paused = act("pause", paused).await.expect(200);
    assert_eq!(paused.body["status"], "paused");
    assert_eq!(paused.body["paused_since"], "2025-06-01");
    let meanwhile = scene.assignment(&other, "2025-06-01", Some("2025-08-31")).await;
    let early = act("resumption", json!({"on": "2025-08-31"})).await;
    let early = early.expect_problem(409, "trainee_has_supervisor");
    assert!(early.text.contains(&meanwhile));
    act("resumption", json!({"on": "2025-09-01"})).await.expect(200);
    let ended = json!({"to": "2025-12-31", "reason": "supervisor_changed"});
    let ended = act("end", ended.clone()).await.expect(200);
    assert_eq!(ended.body["status"], "ended");
    for (day, status) in [
        ("2025-05-31", "active"),
        ("2025-08-31", "paused"),
        ("2025-09-01", "active"),
        ("2026-01-01", "ended"),
    ] {
        assert_eq!(scene.status(&id, &format!("as_of={day}")).await, status, "{day}");
    }
    let again = json!({"to": "2025-11-30", "reason": "other"});
    act("end", again).await.expect_problem(409, "assignment_status");
    let free = json!({"to": "2025-11-30", "reason": "had enough"});
    let free = act("end", free).await.expect_problem(422, "invalid_request");
    assert_eq!(free.pointers(), ["/reason"]);
    let history = format!("/v1/supervisor-assignments/{id}/history");
    let history = scene.client.get(&history).await.expect(200);
    let types: Vec<&str> = history.body["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|event| event["type"].as_str()?.strip_prefix("no.alis.supervisor_assignment."))
        .collect();
    assert_eq!(types, ["ended.v1", "resumed.v1", "paused.v1", "accepted.v1", "proposed.v1"]);
    scene.stop().await;
}

#[tokio::test]
async fn a_proposal_is_made_once_and_can_be_declined() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let first = scene.propose(&supervisor, "2025-01-01", None).await.expect(201);
    assert_eq!(first.body["status"], "proposed");
    assert_eq!(first.body["kind"], "individual");
    assert_eq!(first.body["municipality"], "5401");
    let again = scene.propose(&supervisor, "2025-01-01", None).await.expect(201);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("etag"), first.header("etag"));
    let act = async |act: &str| scene.on_assignment(&first.id(), act, json!({})).await;
    assert_eq!(act("declination").await.expect(200).body["status"], "declined");
    assert_eq!(act("declination").await.expect(200).body["status"], "declined");
    act("acceptance").await.expect_problem(409, "assignment_status");
    let anew = scene.propose(&supervisor, "2025-01-01", None).await.expect(201);
    assert_ne!(anew.id(), first.id());
    let listed = format!("/v1/supervisor-assignments?supervisor={supervisor}");
    assert_eq!(ids(&scene.list(&listed).await), [first.id().as_str(), anew.id().as_str()]);
    let declined = scene.list(&format!("{listed}&status=declined&municipality=5401")).await;
    assert_eq!(ids(&declined), [first.id().as_str()]);
    scene.stop().await;
}

#[tokio::test]
async fn a_host_may_supervise_beside_and_a_version_that_is_gone_is_told() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let host = scene.supervisor("999000102", Some("2015-01-01")).await;
    scene.assignment(&supervisor, "2025-01-01", None).await;
    let body = json!({"trainee": scene.trainee, "supervisor": host, "from": "2025-03-01",
        "to": "2025-08-31", "mode": "mixed", "same_office": false,
        "planned_minutes_per_month": 240, "kind": "temporary_host"});
    let hosted = scene.client.post("/v1/supervisor-assignments", body).await.expect(201);
    let path = format!("/v1/supervisor-assignments/{}/acceptance", hosted.id());
    let stale = scene.client.post_with(&path, &[("If-Match", "\"1\"")], json!({})).await;
    stale.expect_problem(412, "stale_version");
    let etag = hosted.header("etag").expect("resources have versions").to_owned();
    let accepted = scene.client.post_with(&path, &[("If-Match", &etag)], json!({})).await;
    accepted.expect(200);
    assert_eq!(scene.status(&hosted.id(), "as_of=2025-03-01").await, "active");
    scene.stop().await;
}

#[tokio::test]
async fn a_correction_tells_how_it_was_and_the_first_account_stays_known() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let other = scene.supervisor("999000102", Some("2015-01-01")).await;
    let id = scene.assignment(&supervisor, "2025-01-01", Some("2025-12-31")).await;
    let next = scene.assignment(&other, "2026-01-01", None).await;
    let path = format!("/v1/supervisor-assignments/{id}");
    let known = scene.client.get(&path).await.expect(200).position();
    let correct = async |body| scene.on_assignment(&id, "correction", body).await;
    let clash = correct(json!({"to": "2026-01-31", "reason": "mistyped"})).await;
    assert!(clash.expect_problem(409, "trainee_has_supervisor").text.contains(&next));
    let early = correct(json!({"from": "2014-12-31", "reason": "mistyped"})).await;
    early.expect_problem(409, "supervisor_not_qualified");
    let corrected = correct(json!({"from": "2025-02-01", "reason": "mistyped"})).await.expect(200);
    assert_eq!(corrected.body["from"], "2025-02-01");
    let day = "as_of=2025-01-15";
    let gone = scene.client.get(&format!("{path}?{day}")).await;
    gone.expect_problem(404, "not_found");
    assert_eq!(scene.status(&id, &format!("{day}&known_at={known}")).await, "active");
    let both =
        correct(json!({"entered_in_error": true, "from": "2025-02-01", "reason": "x"})).await;
    assert_eq!(both.expect_problem(422, "invalid_request").pointers(), ["/entered_in_error"]);
    let never =
        correct(json!({"entered_in_error": true, "reason": "another doctor"})).await.expect(200);
    assert_eq!(never.body, Value::Null);
    scene.client.get(&path).await.expect_problem(404, "not_found");
    let query = format!("/v1/supervisor-assignments?trainee={}", scene.trainee);
    assert_eq!(ids(&scene.list(&format!("{query}&as_of=2026-01-01")).await), [next.as_str()]);
    let then = scene.list(&format!("{query}&as_of=2025-06-01&known_at={known}")).await;
    assert_eq!(ids(&then), [id.as_str()]);
    scene.stop().await;
}

#[tokio::test]
async fn whom_an_assignment_names_must_exist() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (trainee, supervisor, pointer) in
        [(nobody, supervisor.as_str(), "/trainee"), (scene.trainee.as_str(), nobody, "/supervisor")]
    {
        let body = json!({"trainee": trainee, "supervisor": supervisor, "from": "2025-01-01",
            "mode": "remote"});
        let answer = scene.client.post("/v1/supervisor-assignments", body).await;
        assert_eq!(answer.expect_problem(422, "invalid_request").pointers(), [pointer]);
    }
    let wrong = json!({"mode": "letter", "from": "1.1.2025", "planned_minutes_per_month": -1});
    let answer = scene.client.post("/v1/supervisor-assignments", wrong).await;
    let answer = answer.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    let all = ["/from", "/mode", "/planned_minutes_per_month", "/supervisor", "/trainee"];
    assert_eq!(pointers, all);
    scene.stop().await;
}

#[tokio::test]
async fn a_dry_run_gives_the_verdict_and_records_nothing() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let body = json!({"trainee": scene.trainee, "supervisor": supervisor, "from": "2025-01-01",
        "mode": "on_site"});
    let path = "/v1/supervisor-assignments?dry_run=true";
    let dry = scene.client.post(path, body).await.expect(200);
    assert_eq!(dry.body["resource"]["status"], "proposed");
    assert_eq!(dry.body["events"].as_array().map(Vec::len), Some(1));
    assert!(scene.list("/v1/supervisor-assignments").await.is_empty());
    scene.stop().await;
}
