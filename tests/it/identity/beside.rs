//! What a token tells of the organisations around its caller: kept with what the caller does, and
//! nothing that opens anything.

use alis::identity::DELEGATION_SOURCE_BYTES_MAX;
use alis::identity::cast::{self, Scenario};
use alis::identity::issuer::Shape;
use serde_json::{Value, json};

use crate::access::world::{FOREIGN, MARK, OWN, World};
use crate::support::client::Client;
use crate::support::instance::{Instance, token_with};
use crate::support::sample;

const PARENT: &str = "helseid://claims/client/claims/orgnr_parent";
const CHILD: &str = "helseid://claims/client/claims/orgnr_child";
const SUPPLIER: &str = "helseid://claims/client/claims/orgnr_supplier";
/// A unit of Tromsø's.
const UNIT: &str = "999000215";
const ALTINN: &str = "https://www.altinn.no/";

/// Somebody of the cast with claims of the test's own.
fn as_one(client: &Client, who: Scenario, changes: &[(&str, Value)]) -> Client {
    let (shape, mut claims) = who.claims();
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    client.showing(Some(&token_with(shape, &claims)))
}

/// The client of Tromsø, as HelseID names it: no person has logged in.
fn helseid_system(client: &Client, changes: &[(&str, Value)]) -> Client {
    let mut claims = json!({"scope": cast::all_scopes(), PARENT: cast::MUNICIPALITY});
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    client.showing(Some(&token_with(Shape::Helseid, &claims)))
}

fn position(municipality: &str) -> Value {
    json!({"municipality": municipality, "category": "regular_gp", "percent": 50,
        "intended_operating_model": "salaried"})
}

/// Who recorded the newest fact, as the log has it, once `client` has recorded one.
async fn recorded_by(world: &World, client: &Client) -> Value {
    client.post("/v1/positions", position(OWN)).await.expect(201);
    let admin = world.instance.database.connect().await;
    let sql = "select (meta->'actor')::text from alis.event order by position desc limit 1";
    let row = admin.query_one(sql, &[]).await.expect("the log can be read");
    serde_json::from_str(row.get(0)).expect("who acted is JSON")
}

/// Who read the name of Tromsø's leader, as the access log has it, once `client` has.
async fn read_by(world: &World, client: &Client) -> Value {
    let path = format!("/v1/leaders/{}", world.own.id("leaders"));
    let read = client.get(&path).await.expect(200);
    let request = json!(read.header("x-request-id").expect("an id"));
    let auditor = world.as_one(Scenario::Auditor);
    loop {
        let page = auditor.get("/v1/access-log?limit=200").await.expect(200);
        let mut items = page.body["items"].as_array().expect("items").iter();
        if let Some(entry) = items.find(|entry| entry["request_id"] == request) {
            return entry["reader"].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

fn names(actor: &Value) -> Vec<&str> {
    actor.as_object().expect("members").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_unit_and_the_supplier_of_a_person_are_kept_beside_the_employer() {
    let world = World::new().await;
    let recorded = [(CHILD, json!(UNIT)), (SUPPLIER, json!(cast::VENDOR))];
    let leader = as_one(&world.client, Scenario::Leader, &recorded);
    let actor = recorded_by(&world, &leader).await;
    let expected = json!({"kind": "person", "hpr_lookup": actor["hpr_lookup"],
        "employer": cast::MUNICIPALITY, "unit": UNIT, "supplier": cast::VENDOR,
        "issuer": "urn:alis:local", "client": "local-leader"});
    assert_eq!(actor, expected);
    let reader = read_by(&world, &leader).await;
    for name in ["kind", "hpr_lookup", "employer", "unit", "supplier"] {
        assert_eq!(reader[name], expected[name], "{name}");
    }
    assert_eq!(reader["delegation_source"], Value::Null);
    // A client without a person may tell of its unit as well.
    let system = helseid_system(&world.client, &[(CHILD, json!(UNIT))]);
    let actor = recorded_by(&world, &system).await;
    assert_eq!(
        (&actor["organisation"], &actor["unit"]),
        (&json!(cast::MUNICIPALITY), &json!(UNIT))
    );
    world.instance.stop().await;
}

#[tokio::test]
async fn what_a_token_does_not_tell_is_not_kept() {
    let world = World::new().await;
    let nothing = [(CHILD, Value::Null), (SUPPLIER, Value::Null)];
    for leader in
        [world.as_one(Scenario::Leader), as_one(&world.client, Scenario::Leader, &nothing)]
    {
        let actor = recorded_by(&world, &leader).await;
        assert_eq!(names(&actor), ["client", "employer", "hpr_lookup", "issuer", "kind"]);
    }
    let employed_by_nobody = as_one(&world.client, Scenario::Leader, &[(PARENT, Value::Null)]);
    let actor = recorded_by(&world, &employed_by_nobody).await;
    assert_eq!(names(&actor), ["client", "hpr_lookup", "issuer", "kind"]);
    let actor = recorded_by(&world, &world.as_one(Scenario::Municipality)).await;
    assert_eq!(names(&actor), ["client", "issuer", "kind", "organisation"]);
    let actor = recorded_by(&world, &world.as_one(Scenario::Vendor)).await;
    assert_eq!(names(&actor), ["client", "issuer", "kind", "organisation", "supplier"]);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_unit_or_supplier_that_is_no_organisation_is_refused_like_such_an_employer() {
    let instance = Instance::start().await;
    let client = instance.client();
    let wrong = [json!("1"), json!("999000135"), json!(999_000_134), json!(["999000134"])];
    for name in [PARENT, CHILD, SUPPLIER] {
        for value in &wrong {
            let recorded = [(name, value.clone())];
            for caller in
                [as_one(&client, Scenario::Leader, &recorded), helseid_system(&client, &recorded)]
            {
                let refused = caller.get("/v1/positions").await;
                let refused = refused.expect_problem(401, "token_refused");
                assert!(refused.text.contains("claims"), "{name} {value}: {}", refused.text);
            }
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn other_organisations_in_a_token_grant_no_access() {
    let world = World::new().await;
    let kinds = ["trainees", "positions", "leaders", "supervisor-assignments"];
    let secrets: Vec<&str> =
        kinds.iter().map(|kind| world.foreign.id(kind)).chain([MARK]).collect();
    let opens_nothing = async |caller: &Client| {
        for kind in kinds {
            let foreign = format!("/v1/{kind}/{}", world.foreign.id(kind));
            caller.get(&foreign).await.expect_problem(404, "not_found");
        }
        let lists = kinds.iter().map(|kind| format!("/v1/{kind}?limit=200"));
        for path in lists.chain(["/v1/events?limit=1000".to_owned()]) {
            let list = caller.get(&path).await.expect(200);
            let recorded = secrets.iter().find(|secret| list.text.contains(**secret));
            assert_eq!(recorded, None, "{path}: {}", list.text);
        }
        let refused = caller.post("/v1/positions", position(FOREIGN)).await;
        refused.expect_problem(403, "relation_missing");
    };
    // The other municipality, and those who see or do more than any person.
    let others =
        [cast::OTHER_MUNICIPALITY, cast::REGISTER, cast::LOADER, cast::AUDITOR, cast::DIRECTORATE];
    let mut number = 3_000;
    for who in [Scenario::Leader, Scenario::Supervisor, Scenario::Trainee] {
        for other in others {
            // How far a person reaches is remembered until a fact that could change it.
            number += 1;
            sample::municipality(&world.client, &number.to_string()).await;
            let recorded = [PARENT, CHILD, SUPPLIER].map(|name| (name, json!(other)));
            opens_nothing(&as_one(&world.client, who, &recorded)).await;
        }
    }
    // Nor is a system more than its own organisation for the unit that it names.
    let system = helseid_system(&world.client, &[(CHILD, json!(cast::OTHER_MUNICIPALITY))]);
    system.get(&format!("/v1/trainees/{}", world.own.id("trainees"))).await.expect(200);
    opens_nothing(&system).await;
    world.instance.stop().await;
}

#[tokio::test]
async fn where_a_supplier_was_delegated_to_is_kept_and_delegates_nothing_by_itself() {
    let world = World::new().await;
    let from = |source: Value| [("delegation_source", source)];
    let vendor = as_one(&world.client, Scenario::Vendor, &from(json!(ALTINN)));
    let actor = recorded_by(&world, &vendor).await;
    let expected = json!({"kind": "organisation", "organisation": cast::MUNICIPALITY,
        "supplier": cast::VENDOR, "delegation_source": ALTINN, "issuer": "urn:alis:local",
        "client": "local-vendor"});
    assert_eq!(actor, expected);
    let reader = read_by(&world, &vendor).await;
    assert_eq!(
        (&reader["supplier"], &reader["delegation_source"]),
        (&json!(cast::VENDOR), &json!(ALTINN))
    );
    // The municipality delegates here, or nothing is delegated.
    let nobody = Scenario::VendorWithoutDelegation;
    let system = as_one(&world.client, nobody, &from(json!(ALTINN)));
    let own = format!("/v1/trainees/{}", world.own.id("trainees"));
    system.get(&own).await.expect_problem(404, "not_found");
    world.instance.stop().await;
}

#[tokio::test]
async fn the_name_of_a_register_of_delegations_is_bounded_and_otherwise_taken_as_it_is() {
    let world = World::new().await;
    let long = |bytes: usize| json!("x".repeat(bytes));
    let kept = async |who: Scenario, source: Value| {
        let caller = as_one(&world.client, who, &[("delegation_source", source)]);
        recorded_by(&world, &caller).await["delegation_source"].clone()
    };
    let longest = long(DELEGATION_SOURCE_BYTES_MAX);
    assert_eq!(kept(Scenario::Vendor, longest.clone()).await, longest);
    assert_eq!(kept(Scenario::Vendor, json!("no URL\u{0}\n")).await, "no URL");
    for nothing in [Value::Null, json!(7), json!({"iss": ALTINN})] {
        assert_eq!(kept(Scenario::Vendor, nothing).await, Value::Null);
    }
    let too_long = long(DELEGATION_SOURCE_BYTES_MAX + 1);
    // Without a supplier there is nothing that it could be about.
    assert_eq!(kept(Scenario::Municipality, json!(ALTINN)).await, Value::Null);
    assert_eq!(kept(Scenario::Municipality, too_long.clone()).await, Value::Null);
    let vendor = as_one(&world.client, Scenario::Vendor, &[("delegation_source", too_long)]);
    vendor.get("/v1/positions").await.expect_problem(401, "token_refused");
    world.instance.stop().await;
}
