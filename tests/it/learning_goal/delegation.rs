//! A leader's delegate decides while that leader leads.

use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_delegate_decides_while_the_leader_leads_and_it_is_told_on_whose_behalf() {
    let world = World::new().await;
    for code in ["ALM-001", "ALM-002"] {
        world.recommended(code).await;
    }
    // The leader of Tromsø stands in for the one of Oslo.
    let (leader, delegate) = (&world.leader, &world.other_leader);
    let terms = format!("/v1/leaders/{delegate}/terms");
    let body = json!({"municipality": "0301", "from": "2020-03-01", "delegated_by": leader});
    world.client.post(&terms, body).await.expect(200);
    let approved = world.decide("ALM-001", delegate, "approved", "2020-03-31").await.expect(200);
    assert_eq!(approved.body["decision"]["by"], json!(delegate));
    assert_eq!(approved.body["decision"]["delegated_by"], json!(leader));
    let end = format!("/v1/leaders/{leader}/end");
    world.client.post(&end, json!({"to": "2020-03-31"})).await.expect(200);
    let refused = world.decide("ALM-002", delegate, "approved", "2020-04-01").await;
    refused.expect_problem(409, "not_the_leader");
    world.decide("ALM-002", delegate, "returned", "2020-03-31").await.expect(200);
    // What was decided while it held stands, and the history tells it.
    let goal = world.goal("ALM-001").await.expect(200);
    assert_eq!(goal.body["status"], "approved");
    let history = world.path("learning-goals/ALM-001/history");
    let history = world.client.get(&history).await.expect(200);
    assert_eq!(history.body["items"][0]["data"]["delegated_by"], json!(leader));
    let plan = json!({"curriculum": "demo-1", "plan": "fkm", "by": delegate, "on": "2020-03-15"});
    let plan = world.client.post(&world.path("plans"), plan).await.expect(201);
    assert_eq!(plan.body["delegated_by"], json!(leader));
    world.instance.stop().await;
}
