//! Small samples that many tests begin with.

use serde_json::json;

use super::client::Client;

/// A municipality number that is in use on every day.
pub async fn municipality(client: &Client, number: &str) {
    let body = json!({"number": number, "name": format!("Kommune {number}"), "from": "1900-01-01"});
    client.post("/v1/municipalities", body).await.expect(201);
}
