//! Things that many tests need to be there.

use alis::capabilities::reference::domain::{Event, MunicipalityRecorded, municipality_subject};
use alis::event_log::{Decision, Refusal, Reply, Request, View};
use alis::time::Period;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::instance::Instance;

/// Municipality `number` is in use since 1900. Recorded straight in the log.
pub async fn municipality(instance: &Instance, number: &str) {
    let fact = MunicipalityRecorded {
        number: serde_json::from_value(json!(number)).expect("a municipality number"),
        name: format!("Kommune {number}"),
        period: Period::since(alis::time::FIRST_DAY),
    };
    let subject = municipality_subject(&fact.number);
    let facts = [Event::from(fact)];
    let request = Request {
        key: None,
        fingerprint: [0; 32],
        if_match: None,
        meta: Map::new(),
        dry_run: false,
    };
    let decide = async |_: &View| {
        let reply = Reply { status: 201, location: None, head: None, body: Value::Null };
        Ok::<_, Refusal>(Decision::new(subject.clone(), &facts, reply))
    };
    instance.running.service.log.execute(&request, decide).await.expect("records");
}

/// A trainee with this HPR number; answers the id.
pub async fn trainee(client: &Client, hpr_number: &str) -> String {
    let body = json!({"hpr_number": hpr_number, "name": "Kari Eksempel", "scheme": "new"});
    client.post("/v1/trainees", body).await.expect(201).id()
}

/// The trainee holds a full position of its own in a municipality from a day on.
pub async fn position_of(client: &Client, trainee: &str, municipality: &str, from: &str) {
    let position = json!({"municipality": municipality, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": from});
    let position = client.post("/v1/positions", position).await.expect(201).id();
    let occupancy = json!({"trainee": trainee, "from": from, "percent": 100,
        "operating_model": "salaried"});
    client.post(&format!("/v1/positions/{position}/occupancies"), occupancy).await.expect(201);
}
