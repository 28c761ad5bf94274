//! Supervision exemptions through HTTP.

use serde_json::json;

use super::{Scene, ids};

#[tokio::test]
async fn an_exemption_is_drafted_completed_submitted_granted_and_expires() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let body = json!({"supervisor": supervisor, "municipality": "5401",
        "from": "2025-01-01", "specialists_attached": 0});
    let draft = scene.client.post("/v1/supervision-exemptions", body).await.expect(201);
    assert_eq!(draft.body["status"], "draft");
    let id = draft.id();
    let refused = scene.on_exemption(&id, "submission", json!({})).await;
    let refused = refused.expect_problem(409, "exemption_incomplete");
    let missing = [
        "/to",
        "/challenges",
        "/measures_tried",
        "/trainees_in_training",
        "/trainees_with_non_specialist",
        "/competence",
    ];
    assert_eq!(refused.pointers(), missing);
    let rest = json!({"to": "2025-12-31", "challenges": "None near.", "measures_tried": "Asked.",
        "trainees_in_training": 2, "trainees_with_non_specialist": 1, "competence": "Ten years."});
    let recorded = scene.on_exemption(&id, "details", rest.clone()).await.expect(200);
    let same = scene.on_exemption(&id, "details", rest).await.expect(200);
    assert_eq!(recorded.header("etag"), same.header("etag"));
    let submitted = scene.on_exemption(&id, "submission", json!({"on": "2024-11-15"})).await;
    assert_eq!(submitted.expect(200).body["submitted_on"], "2024-11-15");
    let late = scene.on_exemption(&id, "details", json!({"specialists_attached": 1})).await;
    late.expect_problem(409, "exemption_status");
    let early = json!({"outcome": "rejected", "on": "2024-11-14"});
    let early = scene.on_exemption(&id, "decision", early).await;
    early.expect_problem(409, "exemption_day_order");
    let granted = json!({"outcome": "granted", "on": "2024-12-01", "from": "2025-01-01",
        "to": "2025-12-31"});
    let granted = scene.on_exemption(&id, "decision", granted).await.expect(200);
    assert_eq!(granted.body["granted"], json!({"from": "2025-01-01", "to": "2025-12-31"}));
    let path = format!("/v1/supervision-exemptions/{id}");
    for (day, status) in
        [("2024-11-15", "submitted"), ("2025-12-31", "granted"), ("2026-01-01", "expired")]
    {
        let answer = scene.client.get(&format!("{path}?as_of={day}")).await.expect(200);
        assert_eq!(answer.body["status"], status, "{day}");
    }
    let history = scene.client.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(4));
    scene.stop().await;
}

#[tokio::test]
async fn a_grant_is_for_a_time_and_reaches_back_only_if_it_says_so() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let id = scene.drafted(&supervisor).await;
    scene.on_exemption(&id, "submission", json!({"on": "2025-02-01"})).await.expect(200);
    let decide = async |body| scene.on_exemption(&id, "decision", body).await;
    let open = decide(json!({"outcome": "granted"})).await;
    assert_eq!(open.expect_problem(422, "invalid_request").pointers(), ["/from", "/to"]);
    let not = decide(json!({"outcome": "rejected", "from": "2025-01-01"})).await;
    assert_eq!(not.expect_problem(422, "invalid_request").pointers(), ["/from"]);
    let back = json!({"outcome": "granted", "on": "2025-02-10", "from": "2025-01-01",
        "to": "2025-12-31"});
    decide(back.clone()).await.expect_problem(409, "exemption_retroactive");
    let mut said = back;
    said["retroactive"] = json!(true);
    let why = decide(said.clone()).await;
    assert_eq!(why.expect_problem(422, "invalid_request").pointers(), ["/reason"]);
    said["reason"] = json!("The application was delayed.");
    decide(said).await.expect(200);
    // What it covers it covers on days before it was applied for, too.
    scene.propose(&supervisor, "2025-01-01", None).await.expect(201);
    scene.stop().await;
}

#[tokio::test]
async fn a_refusal_is_appealed_and_upheld_or_reversed() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let mut refused = Vec::new();
    for _ in 0..2 {
        let id = scene.drafted(&supervisor).await;
        let again = json!({"on": "2024-12-20"});
        let too_soon = scene.on_exemption(&id, "appeal", again.clone()).await;
        too_soon.expect_problem(409, "exemption_status");
        scene.on_exemption(&id, "submission", json!({"on": "2024-11-15"})).await.expect(200);
        let rejected = json!({"outcome": "rejected", "on": "2024-12-01"});
        scene.on_exemption(&id, "decision", rejected).await.expect(200);
        let appealed = scene.on_exemption(&id, "appeal", again).await.expect(200);
        assert_eq!(appealed.body["status"], "appealed");
        refused.push(id);
    }
    let upheld = json!({"outcome": "upheld", "on": "2025-01-10"});
    let upheld = scene.on_exemption(&refused[0], "appeal-decision", upheld).await.expect(200);
    assert_eq!(upheld.body["status"], "upheld");
    let back = json!({"outcome": "reversed", "on": "2025-01-10", "from": "2024-01-01",
        "to": "2025-12-31"});
    let back = scene.on_exemption(&refused[1], "appeal-decision", back).await;
    back.expect_problem(409, "exemption_retroactive");
    let reversed = json!({"outcome": "reversed", "on": "2025-01-10", "from": "2025-01-10",
        "to": "2025-12-31"});
    scene.on_exemption(&refused[1], "appeal-decision", reversed).await.expect(200);
    scene.propose(&supervisor, "2025-01-10", None).await.expect(201);
    let day_before = scene.propose(&supervisor, "2025-01-09", None).await;
    day_before.expect_problem(409, "supervisor_not_qualified");
    scene.stop().await;
}

#[tokio::test]
async fn exemptions_are_listed_by_supervisor_municipality_status_and_end() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let other = scene.supervisor("999000102", None).await;
    let granted = scene.exemption(&supervisor).await;
    let draft = scene.drafted(&other).await;
    let list = async |query: &str| {
        let found = scene.list(&format!("/v1/supervision-exemptions?{query}")).await;
        ids(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(list(&format!("supervisor={other}")).await, [draft.as_str()]);
    assert_eq!(list("municipality=5401").await, [granted.as_str(), draft.as_str()]);
    assert!(list("municipality=5402").await.is_empty());
    assert_eq!(list("status=granted&as_of=2025-06-01").await, [granted.as_str()]);
    assert_eq!(list("status=expired").await, [granted.as_str()]);
    assert_eq!(list("expires_before=2026-01-01&as_of=2025-06-01").await, [granted.as_str()]);
    assert!(list("expires_before=2025-12-31&as_of=2025-06-01").await.is_empty());
    assert!(list("expires_before=2026-01-01&as_of=2026-01-01").await.is_empty());
    scene.stop().await;
}

#[tokio::test]
async fn what_an_application_names_must_exist_and_not_contradict_itself() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let draft = async |body| scene.client.post("/v1/supervision-exemptions", body).await;
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (body, pointer) in [
        (json!({"supervisor": nobody, "municipality": "5401"}), "/supervisor"),
        (json!({"supervisor": supervisor, "municipality": "5499"}), "/municipality"),
        (
            json!({"supervisor": supervisor, "municipality": "5401", "from": "2025-01-02",
                "to": "2025-01-01"}),
            "/to",
        ),
        (
            json!({"supervisor": supervisor, "municipality": "5401", "trainees_in_training": 1,
                "trainees_with_non_specialist": 2}),
            "/trainees_with_non_specialist",
        ),
    ] {
        let answer = draft(body).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), [pointer]);
    }
    scene.stop().await;
}
