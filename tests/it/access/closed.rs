//! Organisations that exist no more, or are something else from a day on: how far they reach.

use alis::identity::cast::{self, Scenario};
use jiff::ToSpan;
use serde_json::{Value, json};

use super::world::{FOREIGN, World, grant, today};

async fn organisation(world: &World, number: &str, what: &str, body: Value) {
    let path = format!("/v1/organisations/{number}/{what}");
    world.client.post(&path, body).await.expect(200);
}

#[tokio::test]
async fn a_closed_organisation_reaches_nothing_after_its_last_day() {
    let world = World::new().await;
    let (yesterday, position) =
        (today().saturating_sub(1.day()), format!("/v1/positions/{}", world.own.id("positions")));
    let (municipality, vendor) =
        (world.as_one(Scenario::Municipality), world.as_one(Scenario::Vendor));
    organisation(&world, cast::MUNICIPALITY, "closure", json!({"to": today()})).await;
    municipality.get(&position).await.expect(200);
    vendor.get(&position).await.expect(200);
    let earlier = json!({"to": yesterday, "reason": "Mistyped"});
    organisation(&world, cast::MUNICIPALITY, "closure/correction", earlier).await;
    municipality.get(&position).await.expect_problem(404, "not_found");
    // Nor does a system on its behalf.
    vendor.get(&position).await.expect_problem(404, "not_found");
    let open = json!({"entered_in_error": true, "reason": "Another was meant"});
    organisation(&world, cast::MUNICIPALITY, "closure/correction", open).await;
    municipality.get(&position).await.expect(200);
    vendor.get(&position).await.expect(200);
    for (number, kind) in [(cast::VENDOR, "medical_practice"), (cast::OFFICE, "alis_office")] {
        let body = json!({"organisation_number": number, "name": "Eksempel", "kind": kind});
        world.client.post("/v1/organisations", body).await.expect(201);
        organisation(&world, number, "closure", json!({"to": yesterday})).await;
    }
    vendor.get(&position).await.expect_problem(404, "not_found");
    let office = world.as_one(Scenario::Office);
    office.get(&position).await.expect_problem(404, "not_found");
    world.instance.stop().await;
}

#[tokio::test]
async fn an_appointment_ends_with_the_organisation_that_holds_it() {
    let world = World::new().await;
    let auditor = world.as_one(Scenario::Auditor);
    auditor.get("/v1/access-log").await.expect(200);
    let body = json!({"organisation_number": cast::AUDITOR, "name": "Revisjon",
        "kind": "association"});
    world.client.post("/v1/organisations", body).await.expect(201);
    auditor.get("/v1/access-log").await.expect(200);
    let yesterday = today().saturating_sub(1.day());
    organisation(&world, cast::AUDITOR, "closure", json!({"to": yesterday})).await;
    auditor.get("/v1/access-log").await.expect_problem(403, "relation_missing");
    world.instance.stop().await;
}

#[tokio::test]
async fn an_organisation_reaches_what_it_is_on_the_day() {
    let world = World::new().await;
    let municipality = world.as_one(Scenario::Municipality);
    let own = format!("/v1/positions/{}", world.own.id("positions"));
    let foreign = format!("/v1/positions/{}", world.foreign.id("positions"));
    let tomorrow = today().saturating_add(1.day());
    let moved = json!({"from": tomorrow, "municipality": FOREIGN});
    organisation(&world, cast::MUNICIPALITY, "changes", moved).await;
    municipality.get(&own).await.expect(200);
    municipality.get(&foreign).await.expect_problem(404, "not_found");
    let sooner = json!({"recorded_from": tomorrow, "from": today(), "reason": "Mistyped"});
    organisation(&world, cast::MUNICIPALITY, "changes/correction", sooner).await;
    municipality.get(&own).await.expect_problem(404, "not_found");
    municipality.get(&foreign).await.expect(200);
    let other = json!({"from": today(), "kind": "association"});
    organisation(&world, cast::MUNICIPALITY, "changes", other).await;
    municipality.get(&foreign).await.expect_problem(404, "not_found");
    // What was granted to it before holds.
    grant(&world.client, cast::MUNICIPALITY, "system", today(), None).await;
    municipality.get(&own).await.expect(200);
    world.instance.stop().await;
}
