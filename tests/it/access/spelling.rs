//! An address in another spelling is the same address: percent signs open nothing.

use clap::ValueEnum;
use serde_json::json;

use alis::identity::cast::Scenario;

use super::matrix::{address, ask, outcome};
use super::world::{self, World};
use crate::support::contract::Contract;

/// The first sign of every part in its percent form: all of them may be written so (RFC 3986).
fn spelt_otherwise(address: &str) -> String {
    let (path, query) = address.split_once('?').map_or((address, ""), |(path, rest)| (path, rest));
    let parts = path.split('/').map(|part| match part.bytes().next() {
        Some(first) => format!("%{first:02X}{}", &part[1..]),
        None => String::new(),
    });
    let spelt = parts.collect::<Vec<_>>().join("/");
    if query.is_empty() { spelt } else { format!("{spelt}?{query}") }
}

#[tokio::test]
async fn a_percent_sign_gets_nobody_past_the_gate() {
    let world = World::new().await;
    let own = json!({"organisation_number": "999000215", "role": "system",
        "municipality": world::FOREIGN});
    let grant = world.client.post("/v1/access-grants", own).await.expect(201).id();
    let mut wrong = Vec::new();
    let mut asked = 0;
    for scenario in Scenario::value_variants() {
        if !matches!(
            scenario,
            Scenario::Municipality
                | Scenario::VendorWithoutDelegation
                | Scenario::Trainee
                | Scenario::Supervisor
        ) {
            continue;
        }
        let client = world.as_one(*scenario);
        for (template, method, _) in Contract::of_program().operations() {
            if !template.starts_with("/v1/") {
                continue;
            }
            let plain = address(template, &world, &world.foreign, &grant);
            let as_usual = ask(&client, &method, &plain).await;
            let spelt = ask(&client, &method, &spelt_otherwise(&plain)).await;
            if outcome(&as_usual) != outcome(&spelt) {
                wrong.push(format!(
                    "{} {method} {template}: {} as usual, {} as {}",
                    scenario.word(),
                    as_usual.status,
                    spelt.status,
                    spelt.asked
                ));
            }
            let nobody = ask(&client.showing(None), &method, &spelt_otherwise(&plain)).await;
            if nobody.status != 401 {
                wrong.push(format!("{method} {} without a token: {}", nobody.asked, nobody.status));
            }
            asked += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 300, "only {asked} addresses were tried");
    world.instance.stop().await;
}
