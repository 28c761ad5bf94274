//! What is refused, each by its code.

use serde_json::json;

use super::world::{World, new_leader, new_supervisor};

#[tokio::test]
async fn a_goal_outside_the_plans_is_not_there_and_cannot_be_submitted() {
    let world = World::new().await;
    world.goal("FKM-001").await.expect_problem(404, "not_found");
    world.goal("FKM-001/history").await.expect_problem(404, "not_found");
    world.goal("nonsense").await.expect_problem(404, "not_found");
    world.submit("FKM-001", "2020-03-01").await.expect_problem(409, "goal_not_in_plan");
    world.submit("ALM-999", "2020-03-01").await.expect_problem(409, "goal_not_in_plan");
    world.submit("ALM-001", "2020-01-31").await.expect_problem(409, "goal_not_in_plan");
    world.submit("nonsense", "2020-03-01").await.expect_problem(404, "not_found");
    let body = json!({"by": world.leader, "reason": "x"});
    world.act("ALM-999", "revocation", body).await.expect_problem(409, "goal_not_in_plan");
    let nobody = "/v1/trainees/01890a5d-ac96-774b-bcce-b302099a8058";
    for path in ["plans", "learning-goals", "learning-goals/ALM-001", "learning-goals/A-1/history"]
    {
        world.client.get(&format!("{nobody}/{path}")).await.expect_problem(404, "not_found");
    }
    let path = format!("{nobody}/learning-goals/ALM-001/submission");
    world.client.post(&path, json!({})).await.expect_problem(404, "not_found");
    world.instance.stop().await;
}

#[tokio::test]
async fn steps_out_of_turn_and_out_of_order_are_refused() {
    let world = World::new().await;
    let refused = world.recommend("ALM-001", "supervisor", "positive", "2020-03-01").await;
    refused.expect_problem(409, "goal_status");
    let refused = world.decide("ALM-001", &world.leader, "approved", "2020-03-01").await;
    refused.expect_problem(409, "goal_status");
    let recall = world.act("ALM-001", "recall", json!({"on": "2020-03-01"})).await;
    recall.expect_problem(409, "goal_status");
    let revocation = json!({"by": world.leader, "on": "2020-03-01", "reason": "x"});
    let refused = world.act("ALM-001", "revocation", revocation).await;
    refused.expect_problem(409, "goal_status");
    world.submit("ALM-001", "2020-03-05").await.expect(200);
    let refused = world.recommend("ALM-001", "supervisor", "positive", "2020-03-04").await;
    refused.expect_problem(409, "later_step_recorded");
    let refused = world.decide("ALM-001", &world.leader, "returned", "2020-03-04").await;
    refused.expect_problem(409, "later_step_recorded");
    world.instance.stop().await;
}

#[tokio::test]
async fn approving_against_a_negative_word_takes_a_reason() {
    let world = World::new().await;
    world.recommended("ALM-001").await;
    world.recommend("ALM-001", "supervisor", "negative", "2020-03-03").await.expect(200);
    let refused = world.decide("ALM-001", &world.leader, "approved", "2020-03-04").await;
    assert!(refused.expect_problem(409, "against_recommendation").text.contains("supervisor"));
    // The word of another supervisor does not take the first one's place.
    let second = new_supervisor(&world.client, "999000006").await;
    let body = json!({"by": second, "role": "clinical_supervisor", "verdict": "negative",
        "on": "2020-03-03"});
    world.act("ALM-001", "recommendations", body).await.expect(200);
    for role in ["supervisor", "clinical_supervisor"] {
        world.recommend("ALM-001", role, "positive", "2020-03-04").await.expect(200);
    }
    let refused = world.decide("ALM-001", &world.leader, "approved", "2020-03-04").await;
    let refused = refused.expect_problem(409, "against_recommendation");
    assert!(refused.text.contains("Negative: clinical_supervisor."), "{}", refused.text);
    let body = json!({"by": world.leader, "outcome": "approved", "on": "2020-03-04",
        "reason": "Seen at work since"});
    let approved = world.act("ALM-001", "decision", body).await.expect(200);
    assert_eq!(approved.body["decision"]["reason"], "Seen at work since");
    world.instance.stop().await;
}

#[tokio::test]
async fn one_person_speaks_in_both_roles_only_with_a_reason() {
    let world = World::new().await;
    world.submit("ALM-001", "2020-03-01").await.expect(200);
    world.recommend("ALM-001", "supervisor", "positive", "2020-03-02").await.expect(200);
    let mut body = json!({"by": world.supervisor, "role": "clinical_supervisor",
        "verdict": "positive", "on": "2020-03-02"});
    let refused = world.act("ALM-001", "recommendations", body.clone()).await;
    refused.expect_problem(409, "dual_role");
    body["dual_role_reason"] = json!("The only colleague in the office");
    world.act("ALM-001", "recommendations", body).await.expect(200);
    world.decide("ALM-001", &world.leader, "approved", "2020-03-03").await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn nobody_acts_on_their_own_training() {
    let world = World::new().await;
    // The doctor's own HPR number, as a leader and as a supervisor.
    let own_leader = new_leader(&world.client, "Kari Eksempel", "999000001", "0301").await;
    let own_supervisor = new_supervisor(&world.client, "999000001").await;
    world.recommended("ALM-001").await;
    let refused = world.decide("ALM-001", &own_leader, "approved", "2020-03-03").await;
    refused.expect_problem(409, "own_training");
    let body = json!({"by": own_supervisor, "role": "supervisor", "verdict": "positive",
        "on": "2020-03-02"});
    let refused = world.act("ALM-001", "recommendations", body).await;
    refused.expect_problem(409, "own_training");
    world.decide("ALM-001", &world.leader, "approved", "2020-03-03").await.expect(200);
    let body = json!({"by": own_leader, "on": "2020-03-04", "reason": "x"});
    let refused = world.act("ALM-001", "revocation", body).await;
    refused.expect_problem(409, "own_training");
    let plan = json!({"curriculum": "demo-1", "plan": "fkm", "by": own_leader,
        "on": "2020-02-01"});
    let refused = world.client.post(&world.path("plans"), plan).await;
    refused.expect_problem(409, "own_training");
    world.instance.stop().await;
}

#[tokio::test]
async fn a_corrected_number_tells_that_the_supervisor_is_the_doctor() {
    let world = World::new().await;
    world.submit("ALM-001", "2020-03-01").await.expect(200);
    let correction = json!({"hpr_number": "999000001", "reason": "Mistyped"});
    let path = format!("/v1/supervisors/{}/correction", world.clinical);
    world.client.post(&path, correction).await.expect(200);
    let refused = world.recommend("ALM-001", "clinical_supervisor", "positive", "2020-03-02").await;
    refused.expect_problem(409, "own_training");
    world.instance.stop().await;
}

#[tokio::test]
async fn between_two_positions_the_last_municipality_decides() {
    let world = World::new().await;
    world.move_to_tromso().await;
    world.submit("ALM-001", "2020-07-01").await.expect(200);
    for role in ["supervisor", "clinical_supervisor"] {
        world.recommend("ALM-001", role, "positive", "2020-07-02").await.expect(200);
    }
    let refused = world.decide("ALM-001", &world.other_leader, "approved", "2020-07-03").await;
    refused.expect_problem(409, "not_the_leader");
    world.decide("ALM-001", &world.leader, "approved", "2020-07-03").await.expect(200);
    // A leader who has left no longer revokes what the municipality decided; a new one does.
    let end = json!({"to": "2020-12-31"});
    world.client.post(&format!("/v1/leaders/{}/end", world.leader), end).await.expect(200);
    let body = |by: &str| json!({"by": by, "on": "2021-01-01", "reason": "An error"});
    let refused = world.act("ALM-001", "revocation", body(&world.leader)).await;
    refused.expect_problem(409, "not_the_deciding_municipality");
    let successor = new_leader(&world.client, "Siri Leder", "999000009", "0301").await;
    world.act("ALM-001", "revocation", body(&successor)).await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn every_field_at_fault_is_named() {
    let world = World::new().await;
    world.submit("ALM-001", "2020-03-01").await.expect(200);
    let at = async |act: &str, body: serde_json::Value| {
        let answer = world.act("ALM-001", act, body).await;
        let answer = answer.expect_problem(422, "invalid_request");
        let mut pointers: Vec<String> = answer.pointers().into_iter().map(str::to_owned).collect();
        pointers.sort_unstable();
        pointers
    };
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8063";
    let future = "2199-01-01";
    assert_eq!(at("submission", json!({"on": future})).await, ["/on"]);
    assert_eq!(at("recall", json!({"on": future})).await, ["/on"]);
    let wrong = json!({"by": "x", "role": "leader", "verdict": "maybe", "why": 1});
    assert_eq!(at("recommendations", wrong).await, ["/by", "/role", "/verdict", "/why"]);
    let unknown = json!({"by": nobody, "role": "supervisor", "verdict": "positive"});
    assert_eq!(at("recommendations", unknown).await, ["/by"]);
    // A leader is no supervisor, and a supervisor no leader.
    let leader = json!({"by": world.leader, "role": "supervisor", "verdict": "positive"});
    assert_eq!(at("recommendations", leader).await, ["/by"]);
    let supervisor = json!({"by": world.supervisor, "outcome": "approved"});
    assert_eq!(at("decision", supervisor).await, ["/by"]);
    let silent = json!({"by": world.leader, "outcome": "returned", "on": "2020-03-02"});
    assert_eq!(at("decision", silent).await, ["/comment"]);
    let both = json!({"by": world.leader, "outcome": "returned", "comment": "x", "reason": "y"});
    assert_eq!(at("decision", both).await, ["/reason"]);
    let later = json!({"by": world.leader, "outcome": "approved", "on": future});
    assert_eq!(at("decision", later).await, ["/on"]);
    assert_eq!(at("revocation", json!({"by": world.leader})).await, ["/reason"]);
    world.instance.stop().await;
}

#[tokio::test]
async fn only_the_assigned_supervisor_speaks_as_supervisor() {
    let world = World::new().await;
    world.submit("ALM-001", "2020-03-01").await.expect(200);
    let body = json!({"by": world.clinical, "role": "supervisor", "verdict": "positive",
        "on": "2020-03-02"});
    let refused = world.act("ALM-001", "recommendations", body).await;
    refused.expect_problem(409, "not_the_supervisor");
    world.recommend("ALM-001", "clinical_supervisor", "positive", "2020-03-02").await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_supervisor_whose_assignment_has_lapsed_does_not_speak_as_supervisor() {
    let world = World::new().await;
    world.submit("ALM-001", "2020-03-01").await.expect(200);
    let status = format!("/v1/supervisors/{}/specialist-status", world.supervisor);
    let end = json!({"to": "2020-03-04"});
    world.client.post(&format!("{status}/end"), end).await.expect(200);
    let refused = world.recommend("ALM-001", "supervisor", "positive", "2020-03-05").await;
    refused.expect_problem(409, "not_the_supervisor");
    // While the approval held, and again under the next one.
    world.recommend("ALM-001", "supervisor", "positive", "2020-03-04").await.expect(200);
    let again = json!({"status": "specialist", "from": "2020-03-05"});
    world.client.post(&status, again).await.expect(200);
    world.recommend("ALM-001", "supervisor", "positive", "2020-03-05").await.expect(200);
    world.instance.stop().await;
}
