//! Who decides for doctors whose positions are filed under an old number.

use serde_json::{Value, json};

use crate::curriculum::demo;
use crate::learning_goal::world::{new_supervisor, supervise};
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample;

/// A doctor who holds a position in a municipality since 2020.
struct Scene {
    instance: Instance,
    client: Client,
    trainee: String,
    supervisor: String,
    clinical: String,
}

impl Scene {
    async fn in_municipality(number: &str) -> Self {
        let instance = Instance::start().await;
        let client = instance.client();
        sample::tromso(&client).await;
        sample::merger(&client).await;
        client.post("/v1/curricula", demo()).await.expect(201);
        let trainee = sample::trainee(&client, "999000001").await;
        sample::position_of(&client, &trainee, number, "2020-01-01").await;
        let supervisor = new_supervisor(&client, "999000004").await;
        supervise(&client, &supervisor, &trainee).await;
        let clinical = new_supervisor(&client, "999000005").await;
        Self { instance, client, trainee, supervisor, clinical }
    }

    /// Somebody who leads in a municipality since the first day of a year.
    async fn leader(&self, hpr: &str, municipality: &str, year: u16) -> String {
        let body = json!({"name": "Eva Leder", "hpr_number": hpr, "municipality": municipality,
            "from": format!("{year}-01-01")});
        self.client.post("/v1/leaders", body).await.expect(201).id()
    }

    async fn act(&self, path: &str, body: Value) -> Answer {
        self.client.post(&format!("/v1/trainees/{}/{path}", self.trainee), body).await
    }

    async fn assign(&self, plan: &str, by: &str, on: &str) -> Answer {
        let body = json!({"curriculum": "demo-1", "plan": plan, "by": by, "on": on});
        self.act("plans", body).await
    }

    /// Submitted and recommended by both on a day.
    async fn recommended(&self, code: &str, on: &str) {
        let goal = format!("learning-goals/{code}");
        self.act(&format!("{goal}/submission"), json!({"on": on})).await.expect(200);
        for (by, role) in
            [(&self.supervisor, "supervisor"), (&self.clinical, "clinical_supervisor")]
        {
            let body = json!({"by": by, "role": role, "verdict": "positive", "on": on});
            self.act(&format!("{goal}/recommendations"), body).await.expect(200);
        }
    }

    async fn approve(&self, code: &str, by: &str, on: &str) -> Answer {
        let body = json!({"by": by, "outcome": "approved", "on": on});
        self.act(&format!("learning-goals/{code}/decision"), body).await
    }

    async fn revoke(&self, code: &str, by: &str, on: &str) -> Answer {
        let body = json!({"by": by, "on": on, "reason": "The wrong person"});
        self.act(&format!("learning-goals/{code}/revocation"), body).await
    }
}

#[tokio::test]
async fn a_leader_under_the_new_number_plans_decides_and_revokes_for_doctors_of_the_old_one() {
    let scene = Scene::in_municipality("5401").await;
    let former = scene.leader("999000002", "5401", 2020).await;
    let body = json!({"to": "2023-12-31"});
    scene.client.post(&format!("/v1/leaders/{former}/end"), body).await.expect(200);
    let leader = scene.leader("999000003", "5501", 2024).await;
    scene.assign("alm", &former, "2023-02-01").await.expect(201);
    scene.recommended("ALM-001", "2023-12-01").await;
    scene.approve("ALM-001", &former, "2023-12-31").await.expect(200);
    scene.recommended("ALM-002", "2023-12-01").await;
    let early = scene.approve("ALM-002", &leader, "2023-12-31").await;
    early.expect_problem(409, "not_the_leader");
    let late = scene.approve("ALM-002", &former, "2024-01-01").await;
    late.expect_problem(409, "not_the_leader");
    let approved = scene.approve("ALM-002", &leader, "2024-01-01").await.expect(200);
    assert_eq!(approved.body["decision"]["by"], json!(leader));
    // What the old number approved is the new one's to revoke.
    scene.revoke("ALM-001", &leader, "2024-02-01").await.expect(200);
    scene.revoke("ALM-002", &leader, "2024-02-01").await.expect(200);
    scene.assign("fkm", &leader, "2024-02-01").await.expect(201);
    let archive = json!({"by": leader, "on": "2024-03-01", "reason": "Another specialty"});
    scene.act("plans/alm/archive", archive).await.expect(200);
    scene.instance.stop().await;
}

#[tokio::test]
async fn a_term_that_goes_on_holds_under_the_new_number() {
    let scene = Scene::in_municipality("5401").await;
    // The doctor goes on in a position that is established under the new number.
    let trainee = sample::trainee(&scene.client, "999000006").await;
    sample::position_of(&scene.client, &trainee, "5501", "2024-01-01").await;
    let leader = scene.leader("999000002", "5401", 2020).await;
    let other = scene.leader("999000003", "3001", 2020).await;
    let body = |by: &str| {
        json!({"curriculum": "demo-1", "plan": "alm", "by": by,
        "on": "2024-02-01"})
    };
    let path = format!("/v1/trainees/{trainee}/plans");
    scene.client.post(&path, body(&other)).await.expect_problem(409, "not_the_leader");
    scene.client.post(&path, body(&leader)).await.expect(201);
    // No new term begins under a number that is out of use.
    let late = json!({"municipality": "5401", "from": "2024-01-01"});
    let late = scene.client.post(&format!("/v1/leaders/{other}/terms"), late).await.expect(422);
    assert_eq!(late.pointers(), ["/municipality"]);
    scene.instance.stop().await;
}

#[tokio::test]
async fn after_a_merger_the_new_municipality_decides_and_neither_of_the_old_for_the_other() {
    let scene = Scene::in_municipality("3001").await;
    let same = scene.leader("999000002", "3001", 2020).await;
    let other = scene.leader("999000007", "3002", 2020).await;
    let merged = scene.leader("999000003", "3101", 2024).await;
    scene.assign("alm", &same, "2023-02-01").await.expect(201);
    scene.recommended("ALM-001", "2024-02-01").await;
    let refused = scene.approve("ALM-001", &other, "2024-02-01").await;
    refused.expect_problem(409, "not_the_leader");
    scene.approve("ALM-001", &merged, "2024-02-01").await.expect(200);
    scene.revoke("ALM-001", &merged, "2024-02-02").await.expect(200);
    scene.instance.stop().await;
}
