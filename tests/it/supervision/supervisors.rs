//! Supervisors through HTTP.

use serde_json::{Value, json};

use super::{Scene, ids};

#[tokio::test]
async fn a_supervisor_is_registered_once_also_a_person_who_is_a_trainee() {
    let scene = Scene::start().await;
    let body = json!({"hpr_number": "0999000001", "name": "Kari Eksempel",
        "external_ids": [{"system": "dossier", "id": "17"}]});
    let first = scene.client.post("/v1/supervisors", body.clone()).await.expect(201);
    assert_eq!(first.body["hpr_number"], "999000001");
    assert_eq!(first.body["name"], "Kari Eksempel");
    assert_eq!(first.body["specialist"], false);
    assert_eq!(first.body["capacity"], 3);
    let location = first.header("location").expect("a created resource has a place").to_owned();
    assert_eq!(scene.client.get(&location).await.expect(200).body, first.body);
    let again = scene.client.post("/v1/supervisors", body).await;
    assert!(again.expect_problem(409, "supervisor_exists").text.contains(&first.id()));
    let other = json!({"hpr_number": "999000102", "name": "Ola Eksempel",
        "external_ids": [{"system": "dossier", "id": "17"}]});
    let taken = scene.client.post("/v1/supervisors", other).await;
    let taken = taken.expect_problem(409, "external_id_taken");
    assert!(taken.text.contains(&first.id()));
    scene.stop().await;
}

#[tokio::test]
async fn supervisors_are_found_by_number_external_id_and_what_they_are_on_the_day() {
    let scene = Scene::start().await;
    let specialist = scene.supervisor("999000101", Some("2015-01-01")).await;
    let body = json!({"hpr_number": "999000102", "name": "Per Eksempel",
        "external_ids": [{"system": "dossier", "id": "18"}]});
    let clinical = scene.client.post("/v1/supervisors", body).await.expect(201).id();
    let found = scene.list("/v1/supervisors?hpr_number=999000101").await;
    assert_eq!(ids(&found), [specialist.as_str()]);
    assert_eq!(found[0]["name"], "Ola Eksempel");
    let found = scene.list("/v1/supervisors?external_id=dossier/18").await;
    assert_eq!(ids(&found), [clinical.as_str()]);
    let found = scene.list("/v1/supervisors?specialist=true").await;
    assert_eq!(ids(&found), [specialist.as_str()]);
    let found = scene.list("/v1/supervisors?specialist=false&as_of=2014-12-31").await;
    assert_eq!(ids(&found), [specialist.as_str(), clinical.as_str()]);
    assert!(scene.list("/v1/supervisors?over_capacity=true").await.is_empty());
    scene.stop().await;
}

#[tokio::test]
async fn a_specialist_approval_is_ended_and_given_again() {
    let scene = Scene::start().await;
    let id = scene.supervisor("999000101", Some("2015-01-01")).await;
    let path = format!("/v1/supervisors/{id}");
    let status = format!("{path}/specialist-status");
    let end = json!({"to": "2023-12-31"});
    let ended = scene.client.post(&format!("{status}/end"), end.clone()).await.expect(200);
    assert_eq!(ended.body["specialist"], false);
    let same = scene.client.post(&format!("{status}/end"), end).await.expect(200);
    assert_eq!(same.header("etag"), ended.header("etag"));
    let late = scene.client.post(&format!("{status}/end"), json!({"to": "2024-01-01"})).await;
    late.expect_problem(409, "not_a_specialist");
    let again = json!({"status": "specialist", "from": "2024-07-01"});
    let again = scene.client.post(&status, again).await.expect(200);
    let periods = json!([{"from": "2015-01-01", "to": "2023-12-31"},
        {"from": "2024-07-01", "to": null}]);
    assert_eq!(again.body["specialist_periods"], periods);
    let on = async |day: &str| {
        let answer = scene.client.get(&format!("{path}?as_of={day}")).await.expect(200);
        answer.body["specialist"].clone()
    };
    assert_eq!([on("2023-12-31").await, on("2024-06-30").await], [true, false]);
    let before = ended.position();
    let known = scene.client.get(&format!("{path}?known_at={before}")).await.expect(200);
    assert_eq!(known.body["specialist"], false);
    let wrong = json!({"status": "expert", "from": "2024-07-02", "to": "2024-07-01"});
    let wrong = scene.client.post(&status, wrong).await.expect_problem(422, "invalid_request");
    assert_eq!(wrong.pointers(), ["/status"]);
    let backwards = json!({"status": "specialist", "from": "2024-07-02", "to": "2024-07-01"});
    let backwards = scene.client.post(&status, backwards).await;
    assert_eq!(backwards.expect_problem(422, "invalid_request").pointers(), ["/to"]);
    scene.stop().await;
}

#[tokio::test]
async fn courses_and_capacity_are_warnings_on_assignments_and_never_refusals() {
    let scene = Scene::start().await;
    let id = scene.supervisor("999000101", Some("2015-01-01")).await;
    let path = format!("/v1/supervisors/{id}");
    let capacity = json!({"trainees": 0, "from": "2025-01-01"});
    scene.client.post(&format!("{path}/capacity"), capacity).await.expect(200);
    let proposed = scene.propose(&id, "2025-01-01", None).await.expect(201);
    let codes = |body: &Value| -> Vec<String> {
        let warnings = body["warnings"].as_array().expect("a list").iter();
        warnings.map(|w| w["code"].as_str().expect("a word").to_owned()).collect()
    };
    assert_eq!(codes(&proposed.body), ["over_capacity", "no_supervisor_course"]);
    let details = async |path: &str, language: &str| -> Vec<String> {
        let headers = [("Accept-Language", language)];
        let body = scene.client.get_with(path, &headers).await.expect(200).body;
        let one = if body["items"].is_array() { &body["items"][0] } else { &body };
        let warnings = one["warnings"].as_array().expect("a list").iter();
        assert!(warnings.clone().all(|warning| warning.get("words").is_none()), "{body}");
        warnings.map(|w| w["detail"].as_str().expect("words").to_owned()).collect()
    };
    let read = format!("/v1/supervisor-assignments/{}", proposed.id());
    let list = "/v1/supervisor-assignments?as_of=2025-01-01";
    scene.list(list).await;
    for path in [read.as_str(), list] {
        let en = details(path, "en").await;
        assert_eq!(en[0], "The supervisor takes 0; this makes 1.", "{path}");
        let nb = details(path, "nb").await;
        let course = "Veilederen har ikke noe gyldig veilederkurs den dagen.";
        assert_eq!(nb, ["Veilederen tar 0; dette blir 1.", course], "{path}");
    }
    let course = json!({"name": "Veilederkurs", "provider": "Legeforeningen",
        "completed_on": "2024-05-02", "valid_until": "2099-05-01"});
    let recorded = scene.client.post(&format!("{path}/courses"), course).await.expect(200);
    assert_eq!(recorded.body["courses"][0]["valid"], true);
    let accepted = scene.on_assignment(&proposed.id(), "acceptance", json!({})).await.expect(200);
    assert_eq!(codes(&accepted.body), ["over_capacity"]);
    let read = scene.client.get(&path).await.expect(200);
    assert_eq!(
        (&read.body["active_trainees"], &read.body["over_capacity"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(ids(&scene.list("/v1/supervisors?over_capacity=true").await), [id.as_str()]);
    let more = json!({"trainees": 5, "from": "2025-01-01"});
    scene.client.post(&format!("{path}/capacity"), more).await.expect(200);
    let read = format!("/v1/supervisor-assignments/{}", proposed.id());
    assert!(codes(&scene.client.get(&read).await.expect(200).body).is_empty());
    let wrong = json!({"name": "x", "completed_on": "2024-05-02", "valid_until": "2024-05-01"});
    let wrong = scene.client.post(&format!("{path}/courses"), wrong).await;
    assert_eq!(wrong.expect_problem(422, "invalid_request").pointers(), ["/valid_until"]);
    scene.stop().await;
}

#[tokio::test]
async fn a_correction_changes_who_and_when_and_the_first_account_stays_known() {
    let scene = Scene::start().await;
    let taken = scene.supervisor("999000102", None).await;
    let id = scene.supervisor("999000101", Some("2015-01-01")).await;
    let assignment = scene.assignment(&id, "2025-01-01", None).await;
    let path = format!("/v1/supervisors/{id}");
    let before = scene.client.get(&path).await.expect(200).position();
    let correction = format!("{path}/correction");
    let clash = json!({"hpr_number": "999000102", "reason": "mistyped"});
    let clash = scene.client.post(&correction, clash).await;
    assert!(clash.expect_problem(409, "supervisor_exists").text.contains(&taken));
    let how = json!({"hpr_number": "999000103", "name": "Ola Annet",
        "specialist_periods": [{"from": "2026-01-01"}], "reason": "mistyped"});
    let corrected = scene.client.post(&correction, how.clone()).await.expect(200);
    assert_eq!(corrected.body["hpr_number"], "999000103");
    assert_eq!(corrected.body["name"], "Ola Annet");
    let same = scene.client.post(&correction, how).await.expect(200);
    assert_eq!(same.header("etag"), corrected.header("etag"));
    assert_eq!(scene.status(&assignment, "as_of=2025-06-01").await, "lapsed");
    assert_eq!(scene.status(&assignment, "as_of=2026-01-01").await, "active");
    let then = format!("as_of=2025-06-01&known_at={before}");
    assert_eq!(scene.status(&assignment, &then).await, "active");
    let wrong = json!({"specialist_periods": [{"from": "2026-01-02", "to": "2026-01-01"}],
        "reason": "mistyped"});
    let wrong = scene.client.post(&correction, wrong).await;
    let wrong = wrong.expect_problem(422, "invalid_request");
    assert_eq!(wrong.pointers(), ["/specialist_periods/0/to"]);
    let history = scene.client.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history.body["items"][0]["type"], "no.alis.supervisor.corrected.v1");
    assert!(!history.text.contains("Eksempel") && !history.text.contains("999000101"));
    scene.stop().await;
}

#[tokio::test]
async fn nobody_is_found_under_an_id_that_names_nobody() {
    let scene = Scene::start().await;
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    for path in ["supervisors", "supervision-exemptions", "supervisor-assignments"] {
        let path = format!("/v1/{path}/{nobody}");
        scene.client.get(&path).await.expect_problem(404, "not_found");
        scene.client.get(&format!("{path}/history")).await.expect_problem(404, "not_found");
    }
    let end = json!({"to": "2024-01-01"});
    let path = format!("/v1/supervisors/{nobody}/specialist-status/end");
    scene.client.post(&path, end).await.expect_problem(404, "not_found");
    scene.on_exemption(nobody, "submission", json!({})).await.expect_problem(404, "not_found");
    scene.on_assignment(nobody, "acceptance", json!({})).await.expect_problem(404, "not_found");
    scene.stop().await;
}
