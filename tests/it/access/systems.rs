//! What a system tells of persons: only what they did in the name of a municipality that it acts
//! for. And what the directorate does to a doctor whom it does not see.

use alis::identity::cast::{self, Scenario};
use serde_json::{Value, json};

use super::world::{MARK, OWN, World};
use crate::support::client::{Answer, Client};
use crate::support::instance::token_with;

/// A doctor who was in Bodø until the end of 2021, and is in Tromsø since.
struct Moved {
    world: World,
    trainee: String,
    /// The system that Tromsø has delegated to.
    vendor: Client,
}

impl Moved {
    async fn new() -> Self {
        let world = World::new().await;
        let trainee = world.foreign.id("trainees").to_owned();
        let (position, occupancy) =
            (world.foreign.id("positions"), world.foreign.id("occupancies"));
        let end = json!({"to": "2021-12-31", "reason": "contract_end"});
        let path = format!("/v1/positions/{position}/occupancies/{occupancy}/end");
        world.client.post(&path, end).await.expect(200);
        let position = json!({"municipality": OWN, "category": "regular_gp", "percent": 100,
            "intended_operating_model": "salaried", "from": "2022-01-01"});
        let position = world.client.post("/v1/positions", position).await.expect(201).id();
        let fill = json!({"trainee": trainee, "from": "2022-01-01", "percent": 100,
            "operating_model": "salaried"});
        let path = format!("/v1/positions/{position}/occupancies");
        world.client.post(&path, fill).await.expect(201);
        let vendor = world.as_one(Scenario::Vendor);
        Self { world, trainee, vendor }
    }

    async fn act(&self, who: &Client, code: &str, act: &str, body: Value) -> Answer {
        let path = format!("/v1/trainees/{}/learning-goals/{code}/{act}", self.trainee);
        who.post(&path, body).await
    }

    async fn plan(&self, who: &Client, act: &str, body: Value) -> Answer {
        who.post(&format!("/v1/trainees/{}/plans{act}", self.trainee), body).await
    }
}

#[tokio::test]
async fn what_was_decided_in_another_municipalitys_name_is_not_the_vendors_to_tell() {
    let moved = Moved::new().await;
    let (world, vendor) = (&moved.world, &moved.vendor);
    let loader = &world.client;
    let (foreign, own) = (world.foreign.id("leaders"), world.own.id("leaders"));
    let submission = json!({"on": "2021-03-01"});
    moved.act(vendor, "ALM-001", "submission", submission).await.expect(200);
    for role in ["supervisor", "clinical_supervisor"] {
        let said = json!({"by": world.foreign.id("supervisors"), "role": role, "on": "2021-03-02",
            "verdict": "positive", "dual_role_reason": "A small municipality"});
        let refused = moved.act(vendor, "ALM-001", "recommendations", said.clone()).await;
        refused.expect_problem(403, "relation_missing");
        moved.act(loader, "ALM-001", "recommendations", said).await.expect(200);
    }
    let decision = |by: &str| json!({"by": by, "outcome": "approved", "on": "2021-03-03"});
    let refused = moved.act(vendor, "ALM-001", "decision", decision(foreign)).await;
    refused.expect_problem(403, "relation_missing");
    let refused = moved.act(vendor, "ALM-001", "decision", decision(own)).await;
    refused.expect_problem(409, "not_the_leader");
    moved.act(loader, "ALM-001", "decision", decision(foreign)).await.expect(200);
    let revocation = |by: &str| json!({"by": by, "reason": "An error", "on": "2022-03-03"});
    let refused = moved.act(vendor, "ALM-001", "revocation", revocation(foreign)).await;
    refused.expect_problem(403, "relation_missing");
    let refused = moved.act(vendor, "ALM-001", "revocation", revocation(own)).await;
    refused.expect_problem(409, "not_the_deciding_municipality");
    let assigned =
        json!({"curriculum": "demo-1", "plan": "fkm", "by": foreign, "on": "2021-02-01"});
    let refused = moved.plan(vendor, "", assigned.clone()).await;
    refused.expect_problem(403, "relation_missing");
    moved.plan(loader, "", assigned).await.expect(201);
    let end = json!({"by": foreign, "reason": "A mistake", "on": "2021-03-01"});
    for (plan, act) in [("alm", "archive"), ("fkm", "withdrawal")] {
        let refused = moved.plan(vendor, &format!("/{plan}/{act}"), end.clone()).await;
        refused.expect_problem(403, "relation_missing");
    }
    moved.world.instance.stop().await;
}

#[tokio::test]
async fn what_was_decided_in_the_municipalitys_own_name_its_vendor_tells() {
    let moved = Moved::new().await;
    let (world, vendor) = (&moved.world, &moved.vendor);
    moved.act(vendor, "ALM-001", "submission", json!({"on": "2022-03-01"})).await.expect(200);
    // The supervisor is Bodø's still, and speaks on a doctor in Tromsø.
    for role in ["supervisor", "clinical_supervisor"] {
        let said = json!({"by": world.foreign.id("supervisors"), "role": role, "on": "2022-03-02",
            "verdict": "positive", "dual_role_reason": "A small municipality"});
        moved.act(vendor, "ALM-001", "recommendations", said).await.expect(200);
    }
    let by = world.own.id("leaders");
    let decision = json!({"by": by, "outcome": "approved", "on": "2022-03-03"});
    moved.act(vendor, "ALM-001", "decision", decision).await.expect(200);
    let revocation = json!({"by": by, "reason": "An error", "on": "2022-03-04"});
    moved.act(vendor, "ALM-001", "revocation", revocation).await.expect(200);
    let assigned = json!({"curriculum": "demo-1", "plan": "fkm", "by": by, "on": "2022-02-01"});
    moved.plan(vendor, "", assigned).await.expect(201);
    let end = json!({"by": by, "reason": "A mistake", "on": "2022-03-01"});
    moved.plan(vendor, "/fkm/withdrawal", end).await.expect(200);
    moved.world.instance.stop().await;
}

/// Asks somebody to instruct a doctor in daily work; answers the address of the proposal.
async fn asked(client: &Client, supervisor: &str, trainee: &str, from: &str) -> String {
    let body = json!({"supervisor": supervisor, "trainee": trainee, "kind": "clinical",
        "from": from, "mode": "on_site"});
    let id = client.post("/v1/supervisor-assignments", body).await.expect(201).id();
    format!("/v1/supervisor-assignments/{id}")
}

const ANSWERS: [&str; 2] = ["acceptance", "declination"];

#[tokio::test]
async fn whoever_asks_a_supervisor_of_another_municipality_does_not_answer_for_them() {
    let world = World::new().await;
    let (vendor, own) = (world.as_one(Scenario::Vendor), world.as_one(Scenario::Municipality));
    let bodo = world.as_one(Scenario::OtherMunicipality);
    let (supervisor, trainee) = (world.foreign.id("supervisors"), world.own.id("trainees"));
    let today = json!({});
    for answer in ANSWERS {
        let proposal = asked(&vendor, supervisor, trainee, "2020-01-01").await;
        let path = format!("{proposal}/{answer}");
        for client in [&vendor, &own] {
            let refused = client.post(&path, today.clone()).await;
            let refused = refused.expect_problem(403, "relation_missing");
            assert!(refused.text.contains("a municipality of the supervisor"), "{}", refused.text);
        }
        // Whose the supervisor is does not see the doctor for that.
        bodo.post(&path, today.clone()).await.expect_problem(404, "not_found");
        let (shape, mut claims) = Scenario::Supervisor.claims();
        claims["helseid://claims/hpr/hpr_number"] = json!("999000502");
        let themselves = world.client.showing(Some(&token_with(shape, &claims)));
        themselves.post(&path, today.clone()).await.expect(200);
        if answer == "acceptance" {
            let end = json!({"to": "2020-12-31", "reason": "other"});
            vendor.post(&format!("{proposal}/end"), end).await.expect(200);
        }
    }
    // Who supervised there on that day was that municipality's, then and not now.
    let proposal = asked(&vendor, supervisor, trainee, "2020-06-01").await;
    let refused = vendor.post(&format!("{proposal}/acceptance"), today).await;
    refused.expect_problem(403, "relation_missing");
    let then = json!({"on": "2020-12-31"});
    vendor.post(&format!("{proposal}/acceptance"), then).await.expect(200);
    world.instance.stop().await;
}

/// To ask a supervisor of another municipality makes nobody their employer.
#[tokio::test]
async fn whoever_asks_a_supervisor_of_another_municipality_does_not_tell_of_them() {
    let world = World::new().await;
    let (own, bodo) =
        (world.as_one(Scenario::Municipality), world.as_one(Scenario::OtherMunicipality));
    let (supervisor, trainee) = (world.foreign.id("supervisors"), world.own.id("trainees"));
    let proposal = asked(&own, supervisor, trainee, "2020-01-01").await;
    let path = format!("/v1/supervisors/{supervisor}");
    let acts = [
        ("capacity", json!({"trainees": 1, "from": "2020-01-01"})),
        ("specialist-status", json!({"status": "specialist", "from": "2016-01-01"})),
    ];
    for (act, body) in acts.clone() {
        let refused = own.post(&format!("{path}/{act}"), body).await;
        refused.expect_problem(403, "relation_missing");
    }
    world.client.post(&format!("{proposal}/acceptance"), json!({})).await.expect(200);
    for (act, body) in acts {
        own.post(&format!("{path}/{act}"), body.clone()).await.expect(200);
        bodo.post(&format!("{path}/{act}"), body).await.expect(200);
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn a_system_answers_for_its_own_municipalitys_supervisors() {
    let moved = Moved::new().await;
    let (world, vendor, trainee) = (&moved.world, &moved.vendor, &moved.trainee);
    let loader = &world.client;
    let bodo = world.as_one(Scenario::OtherMunicipality);
    let nobodys = json!({"name": "Nina Ingens", "hpr_number": "999000610"});
    let nobodys = loader.post("/v1/supervisors", nobodys).await.expect(201).id();
    // Said no to first: who has said yes to somebody is that one's from then on.
    for answer in ANSWERS.into_iter().rev() {
        // Filed under Bodø, where the doctor worked; the doctor is Tromsø's now.
        let (theirs, ours) = (world.foreign.id("supervisors"), world.own.id("supervisors"));
        let path = format!("{}/{answer}", asked(loader, theirs, trainee, "2021-06-01").await);
        vendor.post(&path, json!({})).await.expect_problem(403, "relation_missing");
        bodo.post(&path, json!({})).await.expect(200);
        let path = format!("{}/{answer}", asked(loader, ours, trainee, "2021-06-01").await);
        bodo.post(&path, json!({})).await.expect_problem(403, "relation_missing");
        vendor.post(&path, json!({})).await.expect(200);
        // For whom no municipality has, where the doctor works answers.
        let path = format!("{}/{answer}", asked(vendor, &nobodys, trainee, "2022-06-01").await);
        vendor.post(&path, json!({})).await.expect(200);
    }
    moved.world.instance.stop().await;
}

#[tokio::test]
async fn the_directorate_revokes_what_it_does_not_see() {
    let moved = Moved::new().await;
    let (world, loader) = (&moved.world, &moved.world.client);
    let directorate = world.as_one(Scenario::Directorate);
    let revocation = json!({"reason": "Fraud", "on": "2022-03-04"});
    let act = "directorate-revocation";
    let early = moved.act(&directorate, "ALM-001", act, revocation.clone()).await;
    early.expect_problem(409, "goal_status");
    moved.act(loader, "ALM-001", "submission", json!({"on": "2021-03-01"})).await.expect(200);
    for role in ["supervisor", "clinical_supervisor"] {
        let said = json!({"by": world.foreign.id("supervisors"), "role": role, "on": "2021-03-02",
            "verdict": "positive", "dual_role_reason": "A small municipality"});
        moved.act(loader, "ALM-001", "recommendations", said).await.expect(200);
    }
    let decision = json!({"by": world.foreign.id("leaders"), "outcome": "approved",
        "on": "2021-03-03", "comment": "Seen at work"});
    moved.act(loader, "ALM-001", "decision", decision).await.expect(200);
    let refused = moved.act(&moved.vendor, "ALM-001", act, revocation.clone()).await;
    refused.expect_problem(403, "relation_missing");
    let revoked = moved.act(&directorate, "ALM-001", act, revocation.clone()).await.expect(200);
    assert_eq!(revoked.body["revocation"]["reason"], "Fraud");
    assert_eq!(revoked.body["revocation"]["by"], json!(null));
    assert_eq!(revoked.body["revocation"]["municipality"], world.foreign.number);
    assert!(!revoked.text.contains(MARK) && !revoked.text.contains("Seen at work"));
    let again = moved.act(&directorate, "ALM-001", act, revocation).await.expect(200);
    assert_eq!(again.position(), revoked.position());
    // It still sees nothing of the doctor; the municipality sees what was done, and by whom.
    let path = format!("/v1/trainees/{}/learning-goals/ALM-001", moved.trainee);
    directorate.get(&path).await.expect_problem(404, "not_found");
    let goal = moved.vendor.get(&path).await.expect(200);
    assert_eq!(goal.body["status"], "revoked");
    assert_eq!(goal.body["whose_turn"], "trainee");
    let admin = world.instance.database.connect().await;
    let acted = "select meta->'actor'->>'organisation' from alis.event \
                 where type = 'learning_goal.revoked_by_directorate.v1'";
    let rows = admin.query(acted, &[]).await.expect("the log can be read");
    let acted: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(acted, [cast::DIRECTORATE]);
    moved.world.instance.stop().await;
}
