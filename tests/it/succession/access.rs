//! What organisations, leaders and systems reach when numbers change.

use alis::identity::cast::{self, Scenario};
use jiff::ToSpan;
use serde_json::json;

use crate::support::client::Client;
use crate::support::instance::{Instance, token_as, token_with};
use crate::support::sample;

async fn position(client: &Client, municipality: &str, from: &str) -> String {
    let body = json!({"municipality": municipality, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": from});
    let id = client.post("/v1/positions", body).await.expect(201).id();
    format!("/v1/positions/{id}")
}

/// Records an organisation that is a municipality; answers a client that calls for it.
async fn organisation(client: &Client, number: &str, municipality: &str, from: &str) -> Client {
    let body = json!({"organisation_number": number, "name": format!("Kommunen {municipality}"),
        "kind": "municipality", "municipality": municipality, "from": from});
    client.post("/v1/organisations", body).await.expect(201);
    calling_for(client, number)
}

fn calling_for(client: &Client, number: &str) -> Client {
    let (shape, mut claims) = Scenario::Municipality.claims();
    claims["consumer"]["ID"] = json!(format!("0192:{number}"));
    client.showing(Some(&token_with(shape, &claims)))
}

#[tokio::test]
async fn an_organisation_whose_number_was_exchanged_goes_on_under_the_new_one() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::tromso(&client).await;
    let old = position(&client, "5401", "2020-01-01").await;
    let new = position(&client, "5501", "2024-01-01").await;
    let tromso = organisation(&client, cast::MUNICIPALITY, "5401", "2020-01-01").await;
    for position in [&old, &new] {
        tromso.get(position).await.expect(200);
    }
    // It acts under the new number, and need not tell which of them is meant.
    position(&tromso, "5501", "2024-01-01").await;
    let trainee = json!({"hpr_number": "999000600", "name": "Per Ny", "scheme": "new"});
    tromso.post("/v1/trainees", trainee).await.expect(201);
    instance.stop().await;
}

#[tokio::test]
async fn what_is_lent_under_the_old_number_is_lent_under_the_new_one() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::tromso(&client).await;
    let new = position(&client, "5501", "2024-01-01").await;
    organisation(&client, cast::MUNICIPALITY, "5401", "2020-01-01").await;
    let grant = json!({"organisation_number": cast::VENDOR, "role": "system",
        "municipality": "5401", "from": "2020-01-01"});
    sample::granted(&client, grant).await;
    let office = json!({"name": "ALIS Nord", "organisation_number": cast::OFFICE});
    let office = client.post("/v1/alis-offices", office).await.expect(201).id();
    let answers = json!({"municipality": "5401", "from": "2020-01-01"});
    let path = format!("/v1/alis-offices/{office}/municipalities");
    client.post(&path, answers).await.expect(200);
    let leader = json!({"name": "Eva Leder", "hpr_number": "999000203", "municipality": "5401",
        "from": "2020-01-01"});
    client.post("/v1/leaders", leader).await.expect(201);
    for scenario in [Scenario::Vendor, Scenario::Office, Scenario::Leader] {
        client.showing(Some(&token_as(scenario))).get(&new).await.expect(200);
    }
    instance.stop().await;
}

#[tokio::test]
async fn after_a_merger_the_old_organisations_reach_nothing_and_the_new_one_everything() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::merger(&client).await;
    let filed = position(&client, "3001", "2020-01-01").await;
    let old = organisation(&client, "999000134", "3001", "2020-01-01").await;
    let new = organisation(&client, "999000142", "3101", "2024-01-01").await;
    new.get(&filed).await.expect(200);
    old.get(&filed).await.expect_problem(404, "not_found");
    let register = json!({"hpr_number": "999000600", "name": "Per Ny", "scheme": "new"});
    old.post("/v1/trainees", register.clone()).await.expect_problem(403, "relation_missing");
    new.post("/v1/trainees", register).await.expect(201);
    instance.stop().await;
}

#[tokio::test]
async fn an_organisation_is_nothing_before_its_first_day() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    let filed = position(&client, "5401", "2020-01-01").await;
    let today = alis::http::today();
    let tomorrow = today.saturating_add(1.days()).to_string();
    let coming = organisation(&client, "999000134", "5401", &tomorrow).await;
    coming.get(&filed).await.expect_problem(404, "not_found");
    let there = organisation(&client, "999000142", "5401", &today.to_string()).await;
    there.get(&filed).await.expect(200);
    instance.stop().await;
}
