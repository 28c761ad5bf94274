//! Personal data: what is told of whom, to whom, and for how long.

mod access_log;
mod dump;
mod erasure;
mod export;
mod retention;
mod rotation;
mod silence;

use alis::edge::FromText;
use alis::identifiers::HprNumber;
use serde_json::json;

use crate::support::client::Client;

/// A word in every name of these tests, which stands nowhere else.
pub const NAME_MARK: &str = "Navnemerke";

/// Registers a person of a kind; answers the id.
pub async fn person(client: &Client, kind: &str, hpr_number: &str) -> String {
    let mut body = json!({"hpr_number": hpr_number, "name": format!("Kari {NAME_MARK}")});
    match kind {
        "trainees" => body["scheme"] = json!("new"),
        "supervisors" => body["specialist_since"] = json!("2010-01-01"),
        _ => {
            body["municipality"] = json!("5401");
            body["from"] = json!("2019-01-01");
        }
    }
    client.post(&format!("/v1/{kind}"), body).await.expect(201).id()
}

/// An HPR number.
pub fn hpr(number: &str) -> HprNumber {
    HprNumber::from_text(number).expect("a valid number")
}
