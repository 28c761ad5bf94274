//! A doctor in Oslo with the plan `alm` since February 2020, a leader there and one in Tromsø, and
//! two supervisors.

use serde_json::{Value, json};

use crate::curriculum::demo;
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample;

pub struct World {
    pub instance: Instance,
    pub client: Client,
    pub trainee: String,
    pub position: String,
    pub occupancy: String,
    /// Leads in Oslo from 2019.
    pub leader: String,
    /// Leads in Tromsø from 2019.
    pub other_leader: String,
    pub supervisor: String,
    pub clinical: String,
}

impl World {
    /// Everything but the plan.
    pub async fn without_plan() -> Self {
        let instance = Instance::start().await;
        let client = instance.client();
        for number in ["0301", "5401"] {
            sample::municipality(&client, number).await;
        }
        client.post("/v1/curricula", demo()).await.expect(201);
        let kari = json!({"hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "new"});
        let trainee = client.post("/v1/trainees", kari).await.expect(201).id();
        let position = position(&client, "0301").await;
        let occupancy = occupy(&client, &position, &trainee, "2020-01-01").await;
        let leader = new_leader(&client, "Ola Leder", "999000002", "0301").await;
        let other_leader = new_leader(&client, "Eva Leder", "999000003", "5401").await;
        let supervisor = new_supervisor(&client, "999000004").await;
        supervise(&client, &supervisor, &trainee).await;
        let clinical = new_supervisor(&client, "999000005").await;
        Self {
            instance,
            client,
            trainee,
            position,
            occupancy,
            leader,
            other_leader,
            supervisor,
            clinical,
        }
    }

    /// Everything.
    pub async fn new() -> Self {
        let world = Self::without_plan().await;
        world.assign("alm").await.expect(201);
        world
    }

    pub async fn assign(&self, plan: &str) -> Answer {
        let body =
            json!({"curriculum": "demo-1", "plan": plan, "by": self.leader, "on": "2020-02-01"});
        self.client.post(&self.path("plans"), body).await
    }

    /// An address under the doctor's.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/trainees/{}/{rest}", self.trainee)
    }

    pub async fn goal(&self, code: &str) -> Answer {
        self.client.get(&self.path(&format!("learning-goals/{code}"))).await
    }

    pub async fn act(&self, code: &str, act: &str, body: Value) -> Answer {
        self.client.post(&self.path(&format!("learning-goals/{code}/{act}")), body).await
    }

    pub async fn submit(&self, code: &str, on: &str) -> Answer {
        self.act(code, "submission", json!({"on": on})).await
    }

    pub async fn recommend(&self, code: &str, role: &str, verdict: &str, on: &str) -> Answer {
        let by = if role == "supervisor" { &self.supervisor } else { &self.clinical };
        let body = json!({"by": by, "role": role, "verdict": verdict, "on": on});
        self.act(code, "recommendations", body).await
    }

    pub async fn decide(&self, code: &str, by: &str, outcome: &str, on: &str) -> Answer {
        let mut body = json!({"by": by, "outcome": outcome, "on": on});
        if outcome == "returned" {
            body["comment"] = json!("More practice");
        }
        self.act(code, "decision", body).await
    }

    /// Submitted on 1 March, recommended by both on the 2nd.
    pub async fn recommended(&self, code: &str) {
        self.submit(code, "2020-03-01").await.expect(200);
        for role in ["supervisor", "clinical_supervisor"] {
            self.recommend(code, role, "positive", "2020-03-02").await.expect(200);
        }
    }

    /// And approved on the 3rd.
    pub async fn approved(&self, code: &str) -> Answer {
        self.recommended(code).await;
        self.decide(code, &self.leader, "approved", "2020-03-03").await.expect(200)
    }

    /// The doctor leaves Oslo at the end of June 2020 and begins in Tromsø in August.
    pub async fn move_to_tromso(&self) {
        let end = json!({"to": "2020-06-30", "reason": "contract_end"});
        let path = format!("/v1/positions/{}/occupancies/{}/end", self.position, self.occupancy);
        self.client.post(&path, end).await.expect(200);
        let position = position(&self.client, "5401").await;
        occupy(&self.client, &position, &self.trainee, "2020-08-01").await;
    }
}

async fn position(client: &Client, municipality: &str) -> String {
    let body = json!({"municipality": municipality, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": "2020-01-01"});
    client.post("/v1/positions", body).await.expect(201).id()
}

async fn occupy(client: &Client, position: &str, trainee: &str, from: &str) -> String {
    let body =
        json!({"trainee": trainee, "from": from, "percent": 100, "operating_model": "salaried"});
    client.post(&format!("/v1/positions/{position}/occupancies"), body).await.expect(201).id()
}

pub async fn new_leader(client: &Client, name: &str, hpr: &str, municipality: &str) -> String {
    let body = json!({"name": name, "hpr_number": hpr, "municipality": municipality,
        "from": "2019-01-01"});
    client.post("/v1/leaders", body).await.expect(201).id()
}

/// A registered supervisor, a specialist since 2010.
pub async fn new_supervisor(client: &Client, hpr: &str) -> String {
    let body =
        json!({"name": "Siri Veileder", "hpr_number": hpr, "specialist_since": "2010-01-01"});
    client.post("/v1/supervisors", body).await.expect(201).id()
}

/// An accepted assignment from 1 January 2020.
pub async fn supervise(client: &Client, supervisor: &str, trainee: &str) {
    let body = json!({"supervisor": supervisor, "trainee": trainee, "from": "2020-01-01",
        "mode": "on_site"});
    let assignment = client.post("/v1/supervisor-assignments", body).await.expect(201).id();
    let path = format!("/v1/supervisor-assignments/{assignment}/acceptance");
    client.post(&path, json!({"on": "2020-01-01"})).await.expect(200);
}
