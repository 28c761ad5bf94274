//! Access comes with a fact and ends with it.

use alis::identity::cast::{self, Scenario};
use jiff::ToSpan;
use serde_json::json;

use super::world::{FOREIGN, MARK, OWN, World, grant, today};
use crate::support::instance::token_with;
use crate::support::sample;

#[tokio::test]
async fn a_delegation_holds_on_its_days_and_no_others() {
    let world = World::new().await;
    let path = format!("/v1/trainees/{}", world.own.id("trainees"));
    let system = world.as_one(Scenario::VendorWithoutDelegation);
    let number = "999000185";
    let (yesterday, tomorrow) =
        (today().yesterday().expect("a day"), today().tomorrow().expect("a day"));
    system.get(&path).await.expect_problem(404, "not_found");
    grant(&world.client, number, "system", yesterday.saturating_sub(9.days()), Some(yesterday))
        .await;
    system.get(&path).await.expect_problem(404, "not_found");
    grant(&world.client, number, "system", tomorrow, None).await;
    system.get(&path).await.expect_problem(404, "not_found");
    let id = grant(&world.client, number, "system", today(), Some(today())).await;
    assert_eq!(system.get(&path).await.expect(200).body["name"], "Kari Eget");
    // What was done while it held stays when it ends.
    let position = json!({"municipality": OWN, "category": "regular_gp", "percent": 50,
        "intended_operating_model": "salaried"});
    let made = system.post("/v1/positions", position).await.expect(201).id();
    let municipality = world.as_one(Scenario::Municipality);
    municipality.get(&format!("/v1/access-grants/{id}")).await.expect(200);
    municipality.get(&format!("/v1/positions/{made}")).await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn who_leads_on_anothers_behalf_reaches_what_that_one_does_and_as_long() {
    let world = World::new().await;
    let (own, leader) = (world.own.id("trainees"), world.own.id("leaders"));
    let path = format!("/v1/trainees/{own}");
    let (shape, mut claims) = Scenario::Leader.claims();
    claims["helseid://claims/hpr/hpr_number"] = json!("999000204");
    let delegate = world.client.showing(Some(&token_with(shape, &claims)));
    delegate.get(&path).await.expect_problem(404, "not_found");
    let deputy = json!({"name": "Nina Stedfortreder", "hpr_number": "999000204",
        "municipality": OWN, "from": "2021-01-01", "delegated_by": leader});
    let deputy = world.client.post("/v1/leaders", deputy).await.expect(201);
    assert_eq!(delegate.get(&path).await.expect(200).body["name"], "Kari Eget");
    let wait = [("Min-Log-Position", deputy.position().to_string())];
    let wait = [(wait[0].0, wait[0].1.as_str())];
    let list = delegate.get_with("/v1/trainees", &wait).await.expect(200);
    assert!(list.text.contains(own) && !list.text.contains(MARK));
    let position = json!({"municipality": OWN, "category": "regular_gp", "percent": 50,
        "intended_operating_model": "salaried"});
    delegate.post("/v1/positions", position.clone()).await.expect(201);
    let yesterday = today().yesterday().expect("a day");
    let end = format!("/v1/leaders/{leader}/end");
    world.as_one(Scenario::Municipality).post(&end, json!({"to": yesterday})).await.expect(200);
    delegate.get(&path).await.expect_problem(404, "not_found");
    let refused = delegate.post("/v1/positions", position).await;
    refused.expect_problem(403, "relation_missing");
    let list = delegate.get("/v1/trainees").await.expect(200);
    assert_eq!(list.body["items"], json!([]));
    world.instance.stop().await;
}

#[tokio::test]
async fn what_a_body_names_must_be_the_callers_own() {
    let world = World::new().await;
    let municipality = world.as_one(Scenario::Municipality);
    let supervisor = world.own.id("supervisors");
    for (path, body) in [
        (
            "/v1/positions".to_owned(),
            json!({"municipality": FOREIGN, "category": "regular_gp",
            "percent": 100, "intended_operating_model": "salaried"}),
        ),
        (
            "/v1/trainees".to_owned(),
            json!({"hpr_number": "999000600", "name": "Per Ny",
            "scheme": "new", "municipality": FOREIGN}),
        ),
        (
            "/v1/supervisors".to_owned(),
            json!({"hpr_number": "999000600", "name": "Per Ny",
            "municipality": FOREIGN}),
        ),
        (
            "/v1/leaders".to_owned(),
            json!({"name": "Per Ny", "municipality": FOREIGN,
            "from": "2020-01-01"}),
        ),
        (
            format!("/v1/leaders/{}/terms", world.own.id("leaders")),
            json!({"municipality": FOREIGN, "from": "2020-01-01"}),
        ),
        (
            "/v1/supervision-exemptions".to_owned(),
            json!({"supervisor": supervisor, "municipality": FOREIGN}),
        ),
        (
            format!("/v1/programmes/{}/applications", world.programme),
            json!({"municipality": FOREIGN, "applied_on": "2020-01-01"}),
        ),
    ] {
        let refused = municipality.post(&path, body).await;
        let refused = refused.expect_problem(403, "relation_missing");
        assert!(!refused.text.contains(MARK), "{}", refused.text);
    }
    // A doctor whom the caller does not see is told like one whom there is not.
    let propose = async |trainee: &str| {
        let body = json!({"supervisor": supervisor, "trainee": trainee, "from": "2020-01-01",
            "mode": "on_site"});
        let refused = municipality.post("/v1/supervisor-assignments", body).await.expect(422);
        assert_eq!(refused.pointers(), ["/trainee"]);
        refused.body["errors"].clone()
    };
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8058";
    assert_eq!(propose(world.foreign.id("trainees")).await, propose(nobody).await);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_proposal_shows_the_doctor_until_its_last_day_answered_or_not() {
    let world = World::new().await;
    let supervisor = world.as_one(Scenario::Supervisor);
    let trainee = world.foreign.id("trainees");
    let propose = async |to| {
        let body = json!({"supervisor": world.own.id("supervisors"), "trainee": trainee,
            "kind": "clinical", "from": "2020-01-01", "to": to, "mode": "on_site"});
        world.client.post("/v1/supervisor-assignments", body).await.expect(201)
    };
    let yesterday = today().yesterday().expect("a day");
    let proposed = propose(yesterday).await;
    assert_eq!(proposed.body["status"], "ended");
    let path = format!("/v1/trainees/{trainee}");
    supervisor.get(&path).await.expect_problem(404, "not_found");
    let one = format!("/v1/supervisor-assignments/{}", proposed.id());
    let then = supervisor.get(&format!("{one}?as_of={yesterday}")).await.expect(200);
    assert_eq!(then.body["status"], "proposed");
    propose(today()).await;
    supervisor.get(&path).await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn acts_of_persons_come_from_that_person_or_from_a_system_that_names_them() {
    let world = World::new().await;
    let goal = |act: &str| {
        format!("/v1/trainees/{}/learning-goals/ALM-001/{act}", world.own.id("trainees"))
    };
    let (leader, supervisor) = (world.own.id("leaders"), world.own.id("supervisors"));
    let submission = json!({"on": "2020-03-01"});
    let as_one = |who| world.as_one(who);
    as_one(Scenario::Leader)
        .post(&goal("submission"), submission.clone())
        .await
        .expect_problem(403, "relation_missing");
    as_one(Scenario::Trainee).post(&goal("submission"), submission).await.expect(200);
    let recommendation = |by: &str, role| {
        json!({"by": by, "role": role, "verdict": "positive",
        "on": "2020-03-02", "dual_role_reason": "A small municipality"})
    };
    // The leader is no supervisor, and cannot speak as one.
    as_one(Scenario::Leader)
        .post(&goal("recommendations"), recommendation(supervisor, "supervisor"))
        .await
        .expect_problem(403, "relation_missing");
    let own = recommendation(supervisor, "supervisor");
    as_one(Scenario::Supervisor).post(&goal("recommendations"), own).await.expect(200);
    // A system that the municipality has delegated to reports what its persons said.
    let reported = recommendation(supervisor, "clinical_supervisor");
    as_one(Scenario::Vendor).post(&goal("recommendations"), reported).await.expect(200);
    let decision = json!({"by": leader, "outcome": "approved", "on": "2020-03-03"});
    as_one(Scenario::Supervisor)
        .post(&goal("decision"), decision.clone())
        .await
        .expect_problem(403, "relation_missing");
    as_one(Scenario::VendorWithoutDelegation)
        .post(&goal("decision"), decision.clone())
        .await
        .expect_problem(404, "not_found");
    as_one(Scenario::Leader).post(&goal("decision"), decision).await.expect(200);
    // Both the one who acted and the one named are kept.
    let admin = world.instance.database.connect().await;
    let kinds = "select meta->'actor'->>'kind' from alis.event where type like 'learning_goal%' \
                 or type like 'goal.%' order by position";
    let rows = admin.query(kinds, &[]).await.expect("the log can be read");
    let kinds: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let acted = &kinds[kinds.len() - 4..];
    assert_eq!(acted, ["person", "person", "organisation", "person"]);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_doctor_who_moves_is_the_new_municipalitys_and_no_longer_the_old_ones() {
    let world = World::new().await;
    let trainee = world.own.id("trainees");
    let path = format!("/v1/trainees/{trainee}");
    let (old, new) =
        (world.as_one(Scenario::Municipality), world.as_one(Scenario::OtherMunicipality));
    old.get(&path).await.expect(200);
    new.get(&path).await.expect_problem(404, "not_found");
    let yesterday = today().yesterday().expect("a day");
    let end = format!(
        "/v1/positions/{}/occupancies/{}/end",
        world.own.id("positions"),
        world.own.id("occupancies")
    );
    old.post(&end, json!({"to": yesterday, "reason": "contract_end"})).await.expect(200);
    // Between positions the doctor belongs to the municipality that registered them.
    old.get(&path).await.expect(200);
    let position = json!({"municipality": FOREIGN, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": today()});
    let position = new.post("/v1/positions", position).await.expect(201).id();
    let fill = json!({"trainee": trainee, "from": today(), "percent": 100,
        "operating_model": "salaried"});
    let filled = new.post(&format!("/v1/positions/{position}/occupancies"), fill).await.expect(201);
    new.get(&path).await.expect(200);
    old.get(&path).await.expect_problem(404, "not_found");
    // Lists and the feed follow, and so does what was recorded before.
    let min = [("Min-Log-Position", filled.position().to_string())];
    let min = [(min[0].0, min[0].1.as_str())];
    let names = new.get_with("/v1/trainees", &min).await.expect(200);
    assert!(names.text.contains(trainee));
    let names = old.get_with("/v1/trainees", &min).await.expect(200);
    assert!(!names.text.contains(trainee));
    let feed =
        new.get_with(&format!("/v1/events?subject=trainee:{trainee}"), &min).await.expect(200);
    assert!(feed.text.contains("trainee.registered"), "{}", feed.text);
    let feed =
        old.get_with(&format!("/v1/events?subject=trainee:{trainee}"), &min).await.expect(200);
    let shown: Vec<&str> = feed
        .body
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|event| event["municipality"].as_str())
        .collect();
    assert!(shown.iter().all(|number| *number == OWN), "{shown:?}");
    world.instance.stop().await;
}

#[tokio::test]
async fn names_are_for_those_who_need_them() {
    let world = World::new().await;
    let auditor = world.as_one(Scenario::Auditor);
    let trainee =
        auditor.get(&format!("/v1/trainees/{}", world.own.id("trainees"))).await.expect(200);
    assert!(trainee.body["name"].is_null() && trainee.body["hpr_number"].is_null());
    for path in ["/v1/trainees", "/v1/supervisors", "/v1/leaders"] {
        let list = auditor.get(path).await.expect(200);
        assert!(
            list.text.contains("\"name\":null") && !list.text.contains("99900"),
            "{}",
            list.text
        );
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn a_successor_takes_over_what_was_filed_under_the_old_number() {
    let world = World::new().await;
    sample::municipality(&world.client, "5501").await;
    let succession = json!({"successor": "5501", "on": "2024-01-01"});
    let path = format!("/v1/municipalities/{OWN}/successions");
    world.client.post(&path, succession).await.expect(200);
    let organisation = json!({"organisation_number": "999000215", "name": "Nye Tromsø kommune",
        "kind": "municipality", "municipality": "5501"});
    world.client.post("/v1/organisations", organisation).await.expect(201);
    let (shape, mut claims) = Scenario::Municipality.claims();
    claims["consumer"]["ID"] = json!("0192:999000215");
    let successor = world.client.showing(Some(&token_with(shape, &claims)));
    let position = format!("/v1/positions/{}", world.own.id("positions"));
    successor.get(&position).await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn rounded_figures_are_for_ends_of_months_and_name_nobody() {
    let world = World::new().await;
    let job = world.as_one(Scenario::Reporting);
    let report = job.get("/v1/reports/staffing").await.expect(200);
    assert!(report.body["totals"]["positions"].is_null(), "{}", report.text);
    for (query, pointer) in
        [("as_of=2020-03-30", "/query/as_of"), ("known_at=1", "/query/known_at")]
    {
        let refused = job.get(&format!("/v1/reports/staffing?{query}")).await.expect(422);
        assert_eq!(refused.pointers(), [pointer]);
    }
    let refused = job.get("/v1/reports/staffing?explain=true").await;
    refused.expect_problem(403, "relation_missing");
    let exact = world.as_one(Scenario::Municipality).get("/v1/reports/staffing").await.expect(200);
    assert_eq!(exact.body["totals"]["positions"], 1);
    let all = world.client.get("/v1/reports/staffing").await.expect(200);
    assert_eq!(all.body["totals"]["positions"], 2);
    for report in ["goal-progress", "supervision-status"] {
        let path = format!("/v1/reports/{report}");
        // No rows, and totals of nothing, would be figures, and wrong ones.
        for nobody in [Scenario::Reporting, Scenario::Directorate, Scenario::Register] {
            let refused = world.as_one(nobody).get(&path).await;
            let refused = refused.expect_problem(403, "relation_missing");
            assert!(refused.text.contains("one of: municipality"), "{}", refused.text);
        }
        let own = world.as_one(Scenario::Office).get(&path).await.expect(200);
        assert!(own.text.contains(world.own.id("trainees")));
        assert!(!own.text.contains(world.foreign.id("trainees")));
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn only_the_operations_scope_opens_it() {
    let world = World::new().await;
    let (shape, mut claims) = Scenario::Municipality.claims();
    claims["scope"] = json!("alis:trainees.read other:positions.read");
    let narrow = world.client.showing(Some(&token_with(shape, &claims)));
    narrow.get("/v1/trainees").await.expect(200);
    let refused = narrow.get("/v1/positions").await.expect_problem(403, "scope_missing");
    assert!(refused.text.contains("alis:positions.read"));
    narrow.post("/v1/trainees", json!({})).await.expect_problem(403, "scope_missing");
    assert_eq!(cast::AREAS.len(), 13);
    world.instance.stop().await;
}

#[tokio::test]
async fn who_has_left_a_position_sees_nobody_who_came_after() {
    let world = World::new().await;
    let (position, held) = (world.own.id("positions"), world.own.id("occupancies"));
    let trainee = world.as_one(Scenario::Trainee);
    let path = format!("/v1/positions/{position}");
    let end = json!({"to": "2023-12-31", "reason": "other"});
    world.client.post(&format!("{path}/occupancies/{held}/end"), end).await.expect(200);
    let next = json!({"name": "Nils Etterfølger", "hpr_number": "999000511", "scheme": "new"});
    let next = world.client.post("/v1/trainees", next).await.expect(201).id();
    let fill = json!({"trainee": next, "from": "2024-01-01", "percent": 100,
        "operating_model": "salaried"});
    let filled = world.client.post(&format!("{path}/occupancies"), fill).await.expect(201);
    let wait = filled.position().to_string();
    let wait = [("Min-Log-Position", wait.as_str())];

    let municipality = world.as_one(Scenario::Municipality);
    let whole = municipality.get(&path).await.expect(200);
    assert_eq!(whole.body["occupancies"].as_array().map(Vec::len), Some(2));
    // The answer to the municipality may be given again, and must not be given to the doctor.
    let own = trainee.get(&path).await.expect(200);
    assert_eq!(own.body["occupancies"].as_array().map(Vec::len), Some(1));
    assert_eq!((&own.body["status"], own.body["occupancy"].is_null()), (&json!("filled"), true));
    trainee.get(&format!("{path}/occupancies/{held}")).await.expect(200);
    let others = format!("{path}/occupancies/{}", filled.id());
    trainee.get(&others).await.expect_problem(404, "not_found");
    municipality.get(&others).await.expect(200);
    for path in [
        path.clone(),
        format!("{path}?as_of=2024-06-01"),
        "/v1/positions".to_owned(),
        format!("{path}/history"),
        "/v1/events".to_owned(),
    ] {
        let shown = trainee.get_with(&path, &wait).await.expect(200);
        assert!(!shown.text.contains(&next), "{path} tells of the next doctor: {}", shown.text);
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn what_is_hidden_is_told_no_sooner_than_what_is_not_there() {
    let world = World::new().await;
    let municipality = world.as_one(Scenario::Municipality);
    let nobody = uuid::Uuid::now_v7().to_string();
    for id in [world.foreign.id("trainees"), &nobody] {
        for _ in 0..5 {
            let asked = std::time::Instant::now();
            let answer = municipality.get(&format!("/v1/trainees/{id}")).await;
            answer.expect_problem(404, "not_found");
            let waited = asked.elapsed();
            assert!(waited >= std::time::Duration::from_millis(8), "told after {waited:?}");
        }
    }
    world.instance.stop().await;
}
