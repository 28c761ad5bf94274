//! Small samples that many tests begin with.

use serde_json::json;

use super::client::Client;

/// A municipality number that is in use on every day.
pub async fn municipality(client: &Client, number: &str) {
    let body = json!({"number": number, "name": format!("Kommune {number}"), "from": "1900-01-01"});
    client.post("/v1/municipalities", body).await.expect(201);
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
