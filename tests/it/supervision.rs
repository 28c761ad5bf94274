//! Supervision through HTTP.

mod assignments;
mod corrections;
mod exemptions;
mod report;
mod sorting;
mod supervisors;

use serde_json::{Value, json};

use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample;

/// A trainee in a position in 5401 since 2020-01-01, and what supervises them.
struct Scene {
    instance: Instance,
    client: Client,
    trainee: String,
}

impl Scene {
    async fn start() -> Self {
        let instance = Instance::start().await;
        let client = instance.client();
        sample::municipality(&client, "5401").await;
        let trainee = sample::trainee(&client, "999000001").await;
        sample::position_of(&client, &trainee, "5401", "2020-01-01").await;
        Self { instance, client, trainee }
    }

    /// A supervisor; `since` makes a specialist.
    async fn supervisor(&self, hpr_number: &str, since: Option<&str>) -> String {
        let body =
            json!({"hpr_number": hpr_number, "name": "Ola Eksempel", "specialist_since": since});
        self.client.post("/v1/supervisors", body).await.expect(201).id()
    }

    async fn propose(&self, supervisor: &str, from: &str, to: Option<&str>) -> Answer {
        let body = json!({"trainee": self.trainee, "supervisor": supervisor, "from": from,
            "to": to, "mode": "on_site"});
        self.client.post("/v1/supervisor-assignments", body).await
    }

    /// An accepted assignment.
    async fn assignment(&self, supervisor: &str, from: &str, to: Option<&str>) -> String {
        let id = self.propose(supervisor, from, to).await.expect(201).id();
        self.on_assignment(&id, "acceptance", json!({})).await.expect(200);
        id
    }

    async fn on_assignment(&self, id: &str, act: &str, body: Value) -> Answer {
        self.client.post(&format!("/v1/supervisor-assignments/{id}/{act}"), body).await
    }

    async fn on_exemption(&self, id: &str, act: &str, body: Value) -> Answer {
        self.client.post(&format!("/v1/supervision-exemptions/{id}/{act}"), body).await
    }

    /// An exemption in 5401, applied for in November 2024 and granted for 2025.
    async fn exemption(&self, supervisor: &str) -> String {
        let id = self.drafted(supervisor).await;
        self.on_exemption(&id, "submission", json!({"on": "2024-11-15"})).await.expect(200);
        let granted = json!({"outcome": "granted", "on": "2024-12-01", "from": "2025-01-01",
            "to": "2025-12-31"});
        self.on_exemption(&id, "decision", granted).await.expect(200);
        id
    }

    /// A complete draft.
    async fn drafted(&self, supervisor: &str) -> String {
        let body = json!({"supervisor": supervisor, "municipality": "5401",
            "from": "2025-01-01", "to": "2025-12-31",
            "challenges": "No specialist within two hours.",
            "measures_tried": "Announced twice; two neighbours asked.",
            "specialists_attached": 0, "trainees_in_training": 2,
            "trainees_with_non_specialist": 1, "competence": "Ten years of practice."});
        self.client.post("/v1/supervision-exemptions", body).await.expect(201).id()
    }

    async fn status(&self, assignment: &str, query: &str) -> Value {
        let path = format!("/v1/supervisor-assignments/{assignment}?{query}");
        self.client.get(&path).await.expect(200).body["status"].clone()
    }

    /// How far the log has come; the instance itself may not have heard of it yet.
    async fn head(&self) -> i64 {
        let log = &self.instance.running.service.log;
        log.position_at(alis::http::now()).await.expect("the log answers")
    }

    /// A list, once it reflects everything written so far.
    async fn list(&self, path: &str) -> Vec<Value> {
        let head = self.head().await.to_string();
        let wait = [("Min-Log-Position", head.as_str())];
        let answer = self.client.get_with(path, &wait).await.expect(200);
        answer.body["items"].as_array().expect("a page has items").clone()
    }

    async fn stop(self) {
        self.instance.stop().await;
    }
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["id"].as_str()).collect()
}
