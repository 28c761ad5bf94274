//! What was told wrong of exemptions and courses, and proposals that are taken back, through HTTP.

use alis::identity::cast::Scenario;
use serde_json::{Value, json};

use super::{Scene, ids};
use crate::support::client::Answer;
use crate::support::instance::token_as;

impl Scene {
    /// Corrects what is recorded of an exemption; `what` is empty for the application.
    async fn correct(&self, exemption: &str, what: &str, recorded: Value) -> Answer {
        let mut body = recorded;
        body["reason"] = json!("Mistyped");
        let path = format!("{what}/correction");
        self.on_exemption(exemption, path.trim_start_matches('/'), body).await
    }

    async fn exemption_on(&self, exemption: &str, query: &str) -> Value {
        let path = format!("/v1/supervision-exemptions/{exemption}?{query}");
        self.client.get(&path).await.expect(200).body
    }
}

#[tokio::test]
async fn a_grant_told_wrong_is_corrected_and_assignments_follow_by_themselves() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let exemption = scene.exemption(&supervisor).await;
    let decided = scene.head().await;
    let id = scene.assignment(&supervisor, "2025-01-01", None).await;
    let known = scene.head().await;
    let shorter = json!({"to": "2025-06-30"});
    let corrected = scene.correct(&exemption, "decision", shorter.clone()).await.expect(200);
    assert_eq!(corrected.body["granted"], json!({"from": "2025-01-01", "to": "2025-06-30"}));
    let same = scene.correct(&exemption, "decision", shorter).await.expect(200);
    assert_eq!(same.header("etag"), corrected.header("etag"));

    let day = "as_of=2025-07-01";
    assert_eq!(scene.status(&id, day).await, "lapsed");
    assert_eq!(scene.status(&id, "as_of=2025-06-30").await, "active");
    let before = format!("{day}&known_at={known}");
    assert_eq!(scene.status(&id, &before).await, "active");
    assert_eq!(scene.exemption_on(&exemption, &before).await["status"], "granted");
    assert_eq!(scene.exemption_on(&exemption, day).await["status"], "expired");
    let list = "/v1/supervisor-assignments";
    let now = scene.list(&format!("{list}?status=lapsed&{day}")).await;
    assert_eq!(ids(&now), [id.as_str()]);
    let then = scene.list(&format!("{list}?status=active&{before}")).await;
    assert_eq!(ids(&then), [id.as_str()]);
    let exemptions = format!("/v1/supervision-exemptions?status=granted&{before}");
    assert_eq!(ids(&scene.list(&exemptions).await), [exemption.as_str()]);
    let history = format!("/v1/supervision-exemptions/{exemption}/history");
    let history = scene.client.get(&history).await.expect(200);
    let first = &history.body["items"][0];
    assert_eq!(first["type"], "no.alis.supervision_exemption.step_corrected.v1");
    assert_eq!(first["data"]["corrects"], decided);

    // It was refused: nothing was ever covered.
    let refused = scene.correct(&exemption, "decision", json!({"outcome": "rejected"})).await;
    let refused = refused.expect(200);
    assert_eq!(
        (&refused.body["status"], &refused.body["granted"]),
        (&json!("rejected"), &Value::Null)
    );
    let lapsed = format!("/v1/supervisor-assignments/{id}?as_of=2025-03-01");
    let lapsed = scene.client.get(&lapsed).await.expect(200);
    assert_eq!(lapsed.body["lapsed_since"], "2025-01-01");
    // It was granted after all: for days that are told anew.
    let again = json!({"outcome": "granted", "from": "2025-01-01", "to": "2025-12-31"});
    scene.correct(&exemption, "decision", again).await.expect(200);
    assert_eq!(scene.status(&id, "as_of=2025-03-01").await, "active");
    scene.stop().await;
}

#[tokio::test]
async fn a_corrected_decision_keeps_the_rules_of_deciding() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let exemption = scene.exemption(&supervisor).await;
    let correct = async |recorded: Value| scene.correct(&exemption, "decision", recorded).await;
    let early = correct(json!({"on": "2024-11-14"})).await;
    early.expect_problem(409, "exemption_day_order");
    let back = correct(json!({"from": "2024-01-01"})).await;
    back.expect_problem(409, "exemption_retroactive");
    let said = json!({"from": "2024-01-01", "retroactive": "The application was delayed."});
    let said = correct(said).await.expect(200);
    assert_eq!(said.body["granted"]["from"], "2024-01-01");
    // Once it says why, it says so of other days too.
    correct(json!({"from": "2024-02-01"})).await.expect(200);
    for (recorded, pointers, code) in [
        (
            json!({"entered_in_error": true, "on": "2024-12-01"}),
            vec!["/entered_in_error"],
            "nothing_else",
        ),
        (
            json!({"entered_in_error": true, "outcome": "granted"}),
            vec!["/entered_in_error"],
            "nothing_else",
        ),
        (
            json!({"outcome": "rejected", "from": "2025-01-01", "retroactive": "Delayed."}),
            vec!["/from", "/retroactive"],
            "not_granted",
        ),
        (json!({"to": "2023-01-01"}), vec!["/to"], "ends_before_it_begins"),
    ] {
        let refused = correct(recorded.clone()).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), pointers, "{recorded}");
        assert_eq!(refused.body["errors"][0]["code"], code, "{recorded}");
    }
    let gone = correct(json!({"entered_in_error": true})).await.expect(200);
    assert_eq!(gone.body["status"], "submitted");
    let same = correct(json!({"entered_in_error": true})).await.expect(200);
    assert_eq!(same.header("etag"), gone.header("etag"), "it is so already");
    let nothing = correct(json!({"on": "2024-12-02"})).await;
    nothing.expect_problem(409, "exemption_status");
    // It is decided anew, and a refusal that is made a grant needs days.
    let rejected = json!({"outcome": "rejected", "on": "2024-12-03"});
    scene.on_exemption(&exemption, "decision", rejected).await.expect(200);
    let open = correct(json!({"outcome": "granted"})).await;
    assert_eq!(open.expect_problem(422, "invalid_request").pointers(), ["/from", "/to"]);
    let days = correct(json!({"from": "2025-01-01"})).await;
    assert_eq!(days.expect_problem(422, "invalid_request").pointers(), ["/from"]);
    scene.stop().await;
}

#[tokio::test]
async fn steps_told_wrong_are_corrected_from_the_last_one_back() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let id = scene.drafted(&supervisor).await;
    let reversed = json!({"outcome": "reversed", "on": "2025-01-10", "from": "2025-01-10",
        "to": "2025-12-31"});
    for (act, body) in [
        ("submission", json!({"on": "2024-11-15"})),
        ("decision", json!({"outcome": "rejected", "on": "2024-12-01"})),
        ("appeal", json!({"on": "2024-12-20"})),
        ("appeal-decision", reversed),
    ] {
        scene.on_exemption(&id, act, body).await.expect(200);
    }
    let correct = async |what: &str, recorded: Value| scene.correct(&id, what, recorded).await;
    let granted = json!({"outcome": "granted", "from": "2025-01-01", "to": "2025-12-31"});
    let appealed = correct("decision", granted.clone()).await;
    let appealed = appealed.expect_problem(409, "exemption_status");
    assert!(appealed.text.contains("appealed"), "{}", appealed.text);
    let late = correct("appeal", json!({"on": "2025-01-11"})).await;
    late.expect_problem(409, "exemption_day_order");
    let moved = correct("appeal", json!({"on": "2024-12-19"})).await.expect(200);
    assert_eq!(moved.body["appealed_on"], "2024-12-19");
    let needed = correct("appeal", json!({"entered_in_error": true})).await;
    needed.expect_problem(409, "exemption_status");
    let both = correct("appeal", json!({"entered_in_error": true, "on": "2024-12-19"})).await;
    let both = both.expect_problem(422, "invalid_request");
    assert_eq!(both.body["errors"][0]["code"], "day_or_entered_in_error");

    let upheld = correct("appeal-decision", json!({"outcome": "upheld"})).await.expect(200);
    assert_eq!(upheld.body["status"], "upheld");
    let late = correct("decision", json!({"on": "2024-12-21"})).await;
    late.expect_problem(409, "exemption_day_order");
    let open = correct("appeal-decision", json!({"entered_in_error": true})).await.expect(200);
    assert_eq!(open.body["status"], "appealed");
    let refused = correct("appeal", json!({"entered_in_error": true})).await.expect(200);
    assert_eq!(
        (&refused.body["status"], &refused.body["appealed_on"]),
        (&json!("rejected"), &Value::Null)
    );
    correct("decision", granted).await.expect(200);

    let nothing = correct("revocation", json!({"on": "2025-03-01"})).await;
    nothing.expect_problem(409, "exemption_status");
    let revoked = json!({"on": "2025-03-01", "reason": "The conditions are not met."});
    scene.on_exemption(&id, "revocation", revoked).await.expect(200);
    let known = scene.head().await;
    let later = correct("revocation", json!({"on": "2025-04-01"})).await.expect(200);
    assert_eq!(later.body["revoked_on"], "2025-04-01");
    let inside = correct("decision", json!({"to": "2025-03-31"})).await;
    inside.expect_problem(409, "exemption_status");
    correct("revocation", json!({"entered_in_error": true})).await.expect(200);
    assert_eq!(scene.exemption_on(&id, "as_of=2025-06-01").await["status"], "granted");
    let then = scene.exemption_on(&id, &format!("as_of=2025-06-01&known_at={known}")).await;
    assert_eq!(then["status"], "revoked");
    let sent = correct("submission", json!({"on": "2024-11-20"})).await.expect(200);
    assert_eq!(sent.body["submitted_on"], "2024-11-20");
    let decided = correct("submission", json!({"entered_in_error": true})).await;
    decided.expect_problem(409, "exemption_status");
    // A day of which the grant would reach back.
    correct("decision", json!({"on": "2025-02-01"})).await.expect(200);
    let back = correct("submission", json!({"on": "2025-01-15"})).await;
    back.expect_problem(409, "exemption_retroactive");
    scene.stop().await;
}

#[tokio::test]
async fn an_application_is_corrected_after_its_decision_or_entered_in_error_before() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let id = scene.exemption(&supervisor).await;
    let known = scene.head().await;
    let recorded = json!({"specialists_attached": 1, "challenges": "One, who leaves."});
    let corrected = scene.correct(&id, "", recorded.clone()).await.expect(200);
    assert_eq!(corrected.body["specialists_attached"], 1);
    assert_eq!(corrected.body["challenges"], "One, who leaves.");
    assert_eq!(corrected.body["competence"], "Ten years of practice.", "what is left out stays");
    let same = scene.correct(&id, "", recorded).await.expect(200);
    assert_eq!(same.header("etag"), corrected.header("etag"));
    let then = scene.exemption_on(&id, &format!("known_at={known}")).await;
    assert_eq!(then["specialists_attached"], 0);
    let many = scene.correct(&id, "", json!({"trainees_with_non_specialist": 3})).await;
    let many = many.expect_problem(422, "invalid_request");
    assert_eq!(many.pointers(), ["/trainees_with_non_specialist"]);
    let both =
        scene.correct(&id, "", json!({"entered_in_error": true, "specialists_attached": 2})).await;
    assert_eq!(both.expect_problem(422, "invalid_request").pointers(), ["/entered_in_error"]);
    let never = json!({"entered_in_error": true});
    let granted = scene.correct(&id, "", never.clone()).await;
    granted.expect_problem(409, "exemption_status");

    // Another supervisor was meant: the decision is taken back, the application with it.
    scene.correct(&id, "decision", never.clone()).await.expect(200);
    let gone = scene.correct(&id, "", never.clone()).await.expect(200);
    assert_eq!(gone.body, Value::Null);
    let path = format!("/v1/supervision-exemptions/{id}");
    scene.client.get(&path).await.expect_problem(404, "not_found");
    assert!(scene.list("/v1/supervision-exemptions").await.is_empty());
    let then = scene.list(&format!("/v1/supervision-exemptions?known_at={known}")).await;
    assert_eq!(ids(&then), [id.as_str()]);
    scene.correct(&id, "", never).await.expect_problem(404, "not_found");
    let refused = scene.propose(&supervisor, "2025-01-01", None).await;
    refused.expect_problem(409, "supervisor_not_qualified");
    scene.stop().await;
}

#[tokio::test]
async fn a_course_is_corrected_or_entered_in_error_and_known_at_shows_the_first_account() {
    let scene = Scene::start().await;
    let id = scene.supervisor("999000101", Some("2015-01-01")).await;
    let path = format!("/v1/supervisors/{id}");
    let course = json!({"name": "Veilederkurs", "provider": "Legeforeningen",
        "completed_on": "2024-05-02", "valid_until": "2025-05-01"});
    let recorded = scene.client.post(&format!("{path}/courses"), course).await.expect(200);
    let correct = async |recorded: Value| {
        let mut body = json!({"recorded_name": "Veilederkurs",
            "recorded_completed_on": "2024-05-02", "reason": "Mistyped"});
        for (name, value) in recorded.as_object().expect("fields") {
            body[name] = value.clone();
        }
        scene.client.post(&format!("{path}/courses/correction"), body).await
    };
    let later = json!({"completed_on": "2024-06-02", "never_expires": true});
    let corrected = correct(later).await.expect(200);
    let really = json!({"name": "Veilederkurs", "provider": "Legeforeningen",
        "completed_on": "2024-06-02", "valid_until": null, "valid": true});
    assert_eq!(corrected.body["courses"], json!([really]));
    let valid = async |query: &str| {
        let read = scene.client.get(&format!("{path}?{query}")).await.expect(200);
        read.body["courses"][0]["valid"].clone()
    };
    assert_eq!(valid("as_of=2024-05-15").await, false);
    assert_eq!(valid(&format!("as_of=2024-05-15&known_at={}", recorded.position())).await, true);
    let listed = scene.list("/v1/supervisors?as_of=2026-01-01").await;
    assert_eq!(listed[0]["courses"][0]["valid"], true);
    let events = scene.client.get(&format!("/v1/events?after={}", corrected.position() - 1)).await;
    assert_eq!(events.body[0]["data"]["corrects"], recorded.position());

    for (wrong, pointer, code) in [
        (json!({}), "/recorded_completed_on", "unknown_reference"),
        (json!({"recorded_name": "Another"}), "/recorded_name", "unknown_reference"),
        (
            json!({"recorded_completed_on": "2024-06-02", "never_expires": true,
                "valid_until": "2025-01-01"}),
            "/never_expires",
            "reopened_has_no_end",
        ),
        (
            json!({"recorded_completed_on": "2024-06-02", "valid_until": "2024-06-01"}),
            "/valid_until",
            "ends_before_it_begins",
        ),
        (
            json!({"recorded_completed_on": "2024-06-02", "entered_in_error": true, "name": "Another"}),
            "/entered_in_error",
            "nothing_else",
        ),
    ] {
        let refused = correct(wrong.clone()).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{wrong}");
        assert_eq!(refused.body["errors"][0]["code"], code, "{wrong}");
    }
    let right = json!({"recorded_completed_on": "2024-06-02"});
    let same = correct(right).await.expect(200);
    assert_eq!(same.position(), corrected.position(), "it is so already");
    let gone =
        correct(json!({"recorded_completed_on": "2024-06-02", "entered_in_error": true})).await;
    assert_eq!(gone.expect(200).body["courses"], json!([]));
    // Without a course there is the warning again.
    let proposed = scene.propose(&id, "2025-01-01", None).await.expect(201);
    assert_eq!(proposed.body["warnings"][0]["code"], "no_supervisor_course");
    scene.stop().await;
}

#[tokio::test]
async fn a_proposal_that_nobody_answers_is_taken_back() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let asked = scene.propose(&supervisor, "2025-01-01", None).await.expect(201);
    let id = asked.id();
    // Whoever is asked sees whom it is about, and no longer than that.
    let own = scene.client.showing(Some(&token_as(Scenario::Supervisor)));
    let trainee = format!("/v1/trainees/{}", scene.trainee);
    own.get(&trainee).await.expect(200);
    let withdrawn = scene.on_assignment(&id, "withdrawal", json!({})).await.expect(200);
    own.get(&trainee).await.expect_problem(404, "not_found");
    assert_eq!(withdrawn.body["status"], "withdrawn");
    assert_eq!(withdrawn.body["warnings"], json!([]));
    let same = scene.on_assignment(&id, "withdrawal", json!({})).await.expect(200);
    assert_eq!(same.header("etag"), withdrawn.header("etag"));
    let then = format!("known_at={}", asked.position());
    assert_eq!(scene.status(&id, &then).await, "proposed");
    let list = "/v1/supervisor-assignments?status=withdrawn";
    assert_eq!(ids(&scene.list(list).await), [id.as_str()]);
    for (act, body) in [
        ("acceptance", json!({})),
        ("declination", json!({})),
        ("pause", json!({"from": "2025-02-01"})),
        ("end", json!({"to": "2025-02-01", "reason": "other"})),
    ] {
        let refused = scene.on_assignment(&id, act, body).await;
        let refused = refused.expect_problem(409, "assignment_status");
        assert!(refused.text.contains("withdrawn"), "{act}: {}", refused.text);
    }
    // The same may be asked again: it is another proposal. What is answered is not taken back.
    let again = scene.propose(&supervisor, "2025-01-01", None).await.expect(201).id();
    assert_ne!(again, id);
    scene.on_assignment(&again, "acceptance", json!({})).await.expect(200);
    let accepted = scene.on_assignment(&again, "withdrawal", json!({})).await;
    accepted.expect_problem(409, "assignment_status");
    let declined = scene.propose(&supervisor, "2030-01-01", None).await;
    declined.expect_problem(409, "trainee_has_supervisor");
    let other = scene.supervisor("999000102", None).await;
    let body = json!({"trainee": scene.trainee, "supervisor": other, "from": "2025-01-01",
        "mode": "on_site", "kind": "clinical"});
    let clinical = scene.client.post("/v1/supervisor-assignments", body).await.expect(201).id();
    scene.on_assignment(&clinical, "declination", json!({})).await.expect(200);
    let declined = scene.on_assignment(&clinical, "withdrawal", json!({})).await;
    declined.expect_problem(409, "assignment_status");
    scene.stop().await;
}

#[tokio::test]
async fn a_correction_of_an_assignment_says_one_thing() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let id = scene.assignment(&supervisor, "2025-01-01", Some("2025-12-31")).await;
    for (recorded, pointer) in [
        (json!({"to": "2025-06-30", "reopened": true}), "/reopened"),
        (json!({"entered_in_error": true, "reopened": true}), "/entered_in_error"),
    ] {
        let mut body = recorded.clone();
        body["reason"] = json!("Mistyped");
        let refused = scene.on_assignment(&id, "correction", body).await;
        let refused = refused.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{recorded}");
    }
    let open = json!({"reopened": true, "reason": "Goes on"});
    let open = scene.on_assignment(&id, "correction", open).await.expect(200);
    assert_eq!(open.body["to"], Value::Null);
    scene.stop().await;
}
