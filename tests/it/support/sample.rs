//! Small samples that many tests begin with.

use serde_json::{Value, json};

use super::client::Client;

/// A municipality number that is in use on every day.
pub async fn municipality(client: &Client, number: &str) {
    let body = json!({"number": number, "name": format!("Kommune {number}"), "from": "1900-01-01"});
    client.post("/v1/municipalities", body).await.expect(201);
}

/// 5401 Tromsø, which became 5501 when 2024 began.
pub async fn tromso(client: &Client) {
    in_use(client, "5401", "2020-01-01", Some("2023-12-31")).await;
    in_use(client, "5501", "2024-01-01", None).await;
    succeed(client, "5401", "5501", "2024-01-01").await;
}

/// 3001 and 3002, which became 3101 when 2024 began.
pub async fn merger(client: &Client) {
    in_use(client, "3101", "2024-01-01", None).await;
    for number in ["3001", "3002"] {
        in_use(client, number, "2020-01-01", Some("2023-12-31")).await;
        succeed(client, number, "3101", "2024-01-01").await;
    }
}

async fn in_use(client: &Client, number: &str, from: &str, to: Option<&str>) {
    let name = format!("Kommune {number}");
    let body = json!({"number": number, "name": name, "from": from, "to": to});
    client.post("/v1/municipalities", body).await.expect(201);
}

async fn succeed(client: &Client, number: &str, successor: &str, on: &str) {
    let path = format!("/v1/municipalities/{number}/successions");
    client.post(&path, json!({"successor": successor, "on": on})).await.expect(200);
}

/// Grants access; a delegation is accepted as of its first day, or today when that is to come. By
/// the loader, on everybody's behalf. Answers the id.
pub async fn granted(client: &Client, grant: Value) -> String {
    let today = alis::http::today().to_string();
    let on = grant["from"].as_str().map_or(today.clone(), |from| today.min(from.to_owned()));
    let is_delegation = grant["role"] == "system";
    let id = client.post("/v1/access-grants", grant).await.expect(201).id();
    if is_delegation {
        let path = format!("/v1/access-grants/{id}/acceptance");
        client.post(&path, json!({"on": on})).await.expect(200);
    }
    id
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
