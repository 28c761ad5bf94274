//! Where an exemption holds when numbers change.

use serde_json::json;

use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample;

/// A trainee, and somebody who is no specialist.
struct Scene {
    instance: Instance,
    client: Client,
    trainee: String,
    supervisor: String,
}

impl Scene {
    async fn start() -> Self {
        let instance = Instance::start().await;
        let client = instance.client();
        sample::tromso(&client).await;
        sample::merger(&client).await;
        let trainee = sample::trainee(&client, "999000001").await;
        let body = json!({"hpr_number": "999000101", "name": "Ola Eksempel"});
        let supervisor = client.post("/v1/supervisors", body).await.expect(201).id();
        Self { instance, client, trainee, supervisor }
    }

    /// An exemption that is applied for before it begins, and granted.
    async fn exempt(&self, municipality: &str, from: &str, to: &str) -> String {
        let body = json!({"supervisor": self.supervisor, "municipality": municipality,
            "from": from, "to": to, "challenges": "No specialist within two hours.",
            "measures_tried": "Announced twice; two neighbours asked.",
            "specialists_attached": 0, "trainees_in_training": 2,
            "trainees_with_non_specialist": 1, "competence": "Ten years of practice."});
        let path = "/v1/supervision-exemptions";
        let id = self.client.post(path, body).await.expect(201).id();
        let path = format!("{path}/{id}");
        let submitted = json!({"on": "2022-11-15"});
        self.client.post(&format!("{path}/submission"), submitted).await.expect(200);
        let granted = json!({"outcome": "granted", "on": "2022-12-01", "from": from, "to": to});
        self.client.post(&format!("{path}/decision"), granted).await.expect(200);
        id
    }

    async fn propose(&self, from: &str) -> Answer {
        let body = json!({"trainee": self.trainee, "supervisor": self.supervisor, "from": from,
            "mode": "on_site"});
        self.client.post("/v1/supervisor-assignments", body).await
    }

    /// An accepted assignment.
    async fn assignment(&self, from: &str) -> String {
        let id = self.propose(from).await.expect(201).id();
        let path = format!("/v1/supervisor-assignments/{id}/acceptance");
        self.client.post(&path, json!({})).await.expect(200);
        id
    }

    /// What the assignment is on a day, and by which exemption.
    async fn shows(&self, assignment: &str, day: &str, status: &str, exemption: Option<&str>) {
        let path = format!("/v1/supervisor-assignments/{assignment}?as_of={day}");
        let shown = self.client.get(&path).await.expect(200).body;
        assert_eq!(shown["status"], status, "{day}: {shown}");
        assert_eq!(shown["exemption"], json!(exemption), "{day}: {shown}");
    }
}

#[tokio::test]
async fn an_exemption_under_the_new_number_covers_a_position_of_the_old_one() {
    let scene = Scene::start().await;
    sample::position_of(&scene.client, &scene.trainee, "5401", "2020-01-01").await;
    let old = scene.exempt("5401", "2023-01-01", "2024-03-31").await;
    let begun = scene.assignment("2023-06-01").await;
    scene.shows(&begun, "2024-03-31", "active", Some(&old)).await;
    scene.shows(&begun, "2024-04-01", "lapsed", None).await;
    let new = scene.exempt("5501", "2024-06-01", "2024-12-31").await;
    scene.shows(&begun, "2024-05-31", "lapsed", None).await;
    scene.shows(&begun, "2024-06-01", "active", Some(&new)).await;
    let path = format!("/v1/supervisor-assignments/{begun}/end");
    let end = json!({"to": "2024-06-30", "reason": "other"});
    scene.client.post(&path, end).await.expect(200);
    let next = scene.assignment("2024-07-01").await;
    scene.shows(&next, "2024-12-31", "active", Some(&new)).await;
    scene.shows(&next, "2025-01-01", "lapsed", None).await;
    // The old number is out of use: nothing is applied for under it.
    let late = json!({"supervisor": scene.supervisor, "municipality": "5401",
        "from": "2024-01-01"});
    let late = scene.client.post("/v1/supervision-exemptions", late).await.expect(422);
    assert_eq!(late.pointers(), ["/municipality"]);
    scene.instance.stop().await;
}

#[tokio::test]
async fn an_exemption_under_the_old_number_covers_a_position_of_the_new_one() {
    let scene = Scene::start().await;
    sample::position_of(&scene.client, &scene.trainee, "5501", "2024-01-01").await;
    let old = scene.exempt("5401", "2023-01-01", "2024-03-31").await;
    let assignment = scene.assignment("2024-02-01").await;
    scene.shows(&assignment, "2024-03-31", "active", Some(&old)).await;
    let new = scene.exempt("5501", "2024-04-01", "2024-12-31").await;
    scene.shows(&assignment, "2024-04-01", "active", Some(&new)).await;
    scene.instance.stop().await;
}

#[tokio::test]
async fn an_exemption_of_a_merged_municipality_covers_both_and_one_of_the_old_only_its_own() {
    let scene = Scene::start().await;
    sample::position_of(&scene.client, &scene.trainee, "3001", "2020-01-01").await;
    scene.exempt("3002", "2023-01-01", "2024-12-31").await;
    let refused = scene.propose("2024-02-01").await;
    refused.expect_problem(409, "supervisor_not_qualified");
    let merged = scene.exempt("3101", "2024-01-01", "2024-12-31").await;
    let refused = scene.propose("2023-12-31").await;
    refused.expect_problem(409, "supervisor_not_qualified");
    let assignment = scene.assignment("2024-02-01").await;
    scene.shows(&assignment, "2024-02-01", "active", Some(&merged)).await;
    scene.instance.stop().await;
}
