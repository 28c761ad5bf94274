//! What is lent needs the yes of whoever it is lent to, takes nothing from what that one is, gives
//! nothing beyond itself, and is not passed on.

use alis::identity::cast::{self, Scenario};
use jiff::ToSpan;
use serde_json::{Value, json};

use super::world::{FOREIGN, OWN, World, grant, today};
use crate::support::client::{Answer, Client};
use crate::support::instance::token_with;
use crate::support::sample;

/// Organisations that nothing is recorded about.
const STRANGER: &str = "999000215";
const OTHER_STRANGER: &str = "999000185";

/// An organisation that calls in its own name.
fn calling_as(world: &World, number: &str) -> Client {
    let (shape, mut claims) = Scenario::Municipality.claims();
    claims["consumer"]["ID"] = json!(format!("0192:{number}"));
    world.client.showing(Some(&token_with(shape, &claims)))
}

/// A delegation, from ten days ago on.
fn delegation(number: &str, municipality: &str) -> Value {
    json!({"organisation_number": number, "role": "system", "municipality": municipality,
        "from": today().saturating_sub(10.days())})
}

async fn offer(by: &Client, number: &str, municipality: &str) -> Answer {
    by.post("/v1/access-grants", delegation(number, municipality)).await
}

async fn act(client: &Client, grant: &str, what: &str) -> Answer {
    client.post(&format!("/v1/access-grants/{grant}/{what}"), json!({})).await
}

fn yesterday() -> Value {
    json!({"to": today().yesterday().expect("a day")})
}

#[tokio::test]
async fn what_somebody_is_cannot_be_taken_from_them_by_a_delegation() {
    let world = World::new().await;
    let bodo = world.as_one(Scenario::OtherMunicipality);
    let (directorate, auditor) =
        (world.as_one(Scenario::Directorate), world.as_one(Scenario::Auditor));
    let exemption =
        format!("/v1/supervision-exemptions/{}", world.own.id("supervision-exemptions"));
    for number in [cast::DIRECTORATE, cast::AUDITOR, cast::REPORTING] {
        let refused = offer(&bodo, number, FOREIGN).await;
        directorate.get(&exemption).await.expect(200);
        auditor.get("/v1/access-log").await.expect(200);
        refused.expect_problem(409, "organisation_is_appointed");
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn a_municipality_delegates_for_itself_only_and_ends_it_when_it_wants() {
    let world = World::new().await;
    let municipality = world.as_one(Scenario::Municipality);
    let body = |number| {
        json!({"organisation_number": "999000215", "role": "system",
        "municipality": number})
    };
    let refused = municipality.post("/v1/access-grants", body(FOREIGN)).await;
    refused.expect_problem(403, "relation_missing");
    let made = municipality.post("/v1/access-grants", body(OWN)).await.expect(201);
    let again = municipality.post("/v1/access-grants", body(OWN)).await.expect(201);
    assert_eq!((again.id(), again.position()), (made.id(), made.position()));
    let overlapping = json!({"organisation_number": "999000215", "role": "system",
        "municipality": OWN, "from": "2020-01-01"});
    let refused = municipality.post("/v1/access-grants", overlapping).await;
    refused.expect_problem(409, "access_grant_exists");
    let appoint = json!({"organisation_number": "999000215", "role": "auditor"});
    let refused = municipality.post("/v1/access-grants", appoint).await;
    refused.expect_problem(403, "relation_missing");
    let end = format!("/v1/access-grants/{}/end", made.id());
    let refused = municipality.post(&end, json!({"to": "2019-12-31"})).await;
    refused.expect_problem(409, "access_grant_period");
    act(&world.client, &made.id(), "acceptance").await.expect(200);
    let ended = municipality.post(&end, json!({})).await.expect(200);
    assert_eq!(ended.body["to"], today().to_string());
    let wrong = json!({"organisation_number": "999000215", "role": "system"});
    let refused = municipality.post("/v1/access-grants", wrong).await.expect(422);
    assert_eq!(refused.pointers(), ["/municipality"]);
    world.instance.stop().await;
}

#[tokio::test]
async fn a_delegation_counts_from_its_holders_yes_until_either_side_ends_it() {
    let world = World::new().await;
    let tromso = world.as_one(Scenario::Municipality);
    let trainee = format!("/v1/trainees/{}", world.own.id("trainees"));
    for number in [STRANGER, OTHER_STRANGER] {
        let holder = calling_as(&world, number);
        let offered = offer(&tromso, number, OWN).await.expect(201);
        let (id, path) = (offered.id(), format!("/v1/access-grants/{}", offered.id()));
        assert_eq!(offered.body["status"], "offered");
        holder.get(&trainee).await.expect_problem(404, "not_found");
        let tomorrow = json!({"on": today().tomorrow().expect("a day")});
        let refused = holder.post(&format!("{path}/acceptance"), tomorrow).await;
        assert_eq!(refused.expect_problem(422, "invalid_request").pointers(), ["/on"]);
        let accepted = act(&holder, &id, "acceptance").await.expect(200);
        assert_eq!(accepted.body["status"], "in_force");
        assert_eq!(accepted.body["answered_on"], json!(today()));
        assert_eq!(holder.get(&trainee).await.expect(200).body["name"], "Kari Eget");
        let again = act(&holder, &id, "acceptance").await.expect(200);
        assert_eq!(again.position(), accepted.position());
        act(&holder, &id, "refusal").await.expect_problem(409, "access_grant_status");
        let ends = if number == STRANGER { &holder } else { &tromso };
        let ended = ends.post(&format!("{path}/end"), yesterday()).await.expect(200);
        assert_eq!(ended.body["status"], "ended");
        holder.get(&trainee).await.expect_problem(404, "not_found");
        // Whoever had it goes on seeing that they had.
        let history = holder.get(&format!("{path}/history")).await.expect(200);
        assert_eq!(history.body["items"].as_array().map(Vec::len), Some(3));
        let day = today().saturating_sub(5.days());
        let then = holder.get(&format!("{path}?as_of={day}")).await.expect(200);
        assert_eq!(
            (&then.body["status"], &then.body["answered_on"]),
            (&json!("offered"), &Value::Null)
        );
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn nobody_answers_for_whom_a_delegation_is_offered_to() {
    let world = World::new().await;
    let tromso = world.as_one(Scenario::Municipality);
    // The vendor is offered another municipality, and calls through one that it serves.
    let bodo = world.as_one(Scenario::OtherMunicipality);
    let offered = offer(&bodo, cast::VENDOR, FOREIGN).await.expect(201).id();
    for answer in ["acceptance", "refusal"] {
        for other in [Scenario::Vendor, Scenario::Municipality, Scenario::Leader] {
            act(&world.as_one(other), &offered, answer).await.expect_problem(404, "not_found");
        }
        for other in [Scenario::OtherMunicipality, Scenario::Register, Scenario::Auditor] {
            let refused = act(&world.as_one(other), &offered, answer).await;
            refused.expect_problem(403, "relation_missing");
        }
    }
    // The loader loads on everybody's behalf.
    act(&world.client, &offered, "acceptance").await.expect(200);
    // What is offered to somebody is no municipality's that has lent to the same one.
    act(&tromso, &offered, "end").await.expect_problem(404, "not_found");
    world.instance.stop().await;
}

#[tokio::test]
async fn what_was_declined_or_taken_back_binds_nobody_and_can_be_offered_again() {
    let world = World::new().await;
    let (tromso, holder) = (world.as_one(Scenario::Municipality), calling_as(&world, STRANGER));
    let declined = offer(&tromso, STRANGER, OWN).await.expect(201).id();
    let answer = act(&holder, &declined, "refusal").await.expect(200);
    assert_eq!(answer.body["status"], "declined");
    act(&holder, &declined, "acceptance").await.expect_problem(409, "access_grant_status");
    act(&tromso, &declined, "end").await.expect_problem(409, "access_grant_status");
    let cancelled = offer(&tromso, STRANGER, OWN).await.expect(201).id();
    assert_ne!(cancelled, declined);
    let taken_back = act(&tromso, &cancelled, "end").await.expect(200);
    assert_eq!(
        (&taken_back.body["status"], &taken_back.body["to"]),
        (&json!("cancelled"), &Value::Null)
    );
    act(&holder, &cancelled, "acceptance").await.expect_problem(409, "access_grant_status");
    let last = offer(&tromso, STRANGER, OWN).await.expect(201);
    let overlapping = json!({"organisation_number": STRANGER, "role": "system",
        "municipality": OWN, "from": today()});
    let refused = tromso.post("/v1/access-grants", overlapping).await;
    refused.expect_problem(409, "access_grant_exists");
    let wait = last.position().to_string();
    for (status, expected) in
        [("offered", last.id()), ("declined", declined), ("cancelled", cancelled)]
    {
        let path = format!("/v1/access-grants?status={status}");
        let list = holder.get_with(&path, &[("Min-Log-Position", &wait)]).await.expect(200);
        let items = list.body["items"].as_array().expect("items");
        assert_eq!(items.iter().map(|it| &it["id"]).collect::<Vec<_>>(), [&json!(expected)]);
    }
    world.instance.stop().await;
}

/// What is lent gives way to what somebody is appointed to, and that to what somebody is.
#[tokio::test]
async fn an_appointment_stands_and_what_is_lent_rests() {
    let world = World::new().await;
    let (tromso, holder) = (world.as_one(Scenario::Municipality), calling_as(&world, STRANGER));
    let trainee = format!("/v1/trainees/{}", world.own.id("trainees"));
    let lent = offer(&tromso, STRANGER, OWN).await.expect(201).id();
    act(&holder, &lent, "acceptance").await.expect(200);
    // What was offered before is not accepted while one is appointed.
    let waiting = offer(&world.client, STRANGER, FOREIGN).await.expect(201).id();
    let appointed =
        grant(&world.client, STRANGER, "auditor", today().saturating_sub(5.days()), None).await;
    let seen = holder.get(&trainee).await.expect(200);
    assert!(seen.body["name"].is_null(), "an auditor reads no names: {}", seen.text);
    holder.get("/v1/access-log").await.expect(200);
    let position = json!({"municipality": OWN, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried"});
    let refused = holder.post("/v1/positions", position).await;
    refused.expect_problem(403, "relation_missing");
    let refused = act(&holder, &waiting, "acceptance").await;
    refused.expect_problem(409, "organisation_is_appointed");
    // Nor through the municipality that has lent it.
    let (shape, mut claims) = Scenario::Vendor.claims();
    claims["supplier"]["ID"] = json!(format!("0192:{STRANGER}"));
    let through = world.client.showing(Some(&token_with(shape, &claims)));
    through.get(&trainee).await.expect_problem(404, "not_found");
    // The appointment over, what was lent counts again.
    let end = format!("/v1/access-grants/{appointed}/end");
    world.as_one(Scenario::Register).post(&end, yesterday()).await.expect(200);
    for client in [&holder, &through] {
        assert_eq!(client.get(&trainee).await.expect(200).body["name"], "Kari Eget");
    }
    holder.get("/v1/access-log").await.expect_problem(403, "relation_missing");
    act(&holder, &waiting, "acceptance").await.expect(200);
    world.instance.stop().await;
}

#[tokio::test]
async fn whoever_has_municipalities_of_their_own_is_not_appointed() {
    let world = World::new().await;
    let register = world.as_one(Scenario::Register);
    let appoint = |number: &str, role: &str| json!({"organisation_number": number, "role": role});
    for number in [cast::MUNICIPALITY, cast::OFFICE] {
        for role in ["auditor", "directorate", "reporting"] {
            let refused = register.post("/v1/access-grants", appoint(number, role)).await;
            refused.expect_problem(409, "organisation_has_municipalities");
        }
    }
    // Who becomes a municipality later is that, and what they are appointed to rests.
    let auditor = calling_as(&world, STRANGER);
    grant(&world.client, STRANGER, "auditor", today(), None).await;
    auditor.get("/v1/access-log").await.expect(200);
    sample::municipality(&world.client, "0301").await;
    let body = json!({"organisation_number": STRANGER, "name": "Oslo kommune",
        "kind": "municipality", "municipality": "0301"});
    register.post("/v1/organisations", body).await.expect(201);
    auditor.get("/v1/access-log").await.expect_problem(403, "relation_missing");
    let trainee = format!("/v1/trainees/{}", world.own.id("trainees"));
    auditor.get(&trainee).await.expect_problem(404, "not_found");
    // What they are to become from a day on counts too.
    let body = json!({"organisation_number": OTHER_STRANGER, "name": "Oslo kommune",
        "kind": "association", "municipality": "0301"});
    register.post("/v1/organisations", body).await.expect(201);
    let tomorrow = today().tomorrow().expect("a day");
    let path = format!("/v1/organisations/{OTHER_STRANGER}/changes");
    let becomes = json!({"from": tomorrow, "kind": "municipality"});
    register.post(&path, becomes).await.expect(200);
    let refused = register.post("/v1/access-grants", appoint(OTHER_STRANGER, "auditor")).await;
    refused.expect_problem(409, "organisation_has_municipalities");
    let mut until = appoint(OTHER_STRANGER, "auditor");
    until["to"] = json!(today());
    register.post("/v1/access-grants", until).await.expect(201);
    world.instance.stop().await;
}

#[tokio::test]
async fn what_was_lent_is_not_passed_on() {
    let world = World::new().await;
    sample::granted(&world.client, delegation(cast::OTHER_MUNICIPALITY, OWN)).await;
    let bodo = world.as_one(Scenario::OtherMunicipality);
    bodo.get(&format!("/v1/trainees/{}", world.own.id("trainees"))).await.expect(200);
    let vendor = calling_as(&world, cast::VENDOR);
    for lent in
        [bodo.clone(), vendor, world.as_one(Scenario::Vendor), world.as_one(Scenario::Leader)]
    {
        let refused = offer(&lent, STRANGER, OWN).await;
        refused.expect_problem(403, "relation_missing");
    }
    // Its own is Bodø's to lend, and what it is lent no reason to end what others are.
    let lent = offer(&bodo, STRANGER, FOREIGN).await.expect(201);
    let list = format!("/v1/access-grants?organisation_number={}", cast::VENDOR);
    let wait = lent.position().to_string();
    let found = world.client.get_with(&list, &[("Min-Log-Position", &wait)]).await;
    let others = found.expect(200).body["items"][0]["id"].as_str().expect("an id").to_owned();
    act(&bodo, &others, "end").await.expect_problem(403, "relation_missing");
    world.instance.stop().await;
}

#[tokio::test]
async fn an_office_answers_for_nobody_whom_it_is_only_a_system_of() {
    let world = World::new().await;
    let office = world.as_one(Scenario::Office);
    sample::granted(&world.client, delegation(cast::OFFICE, FOREIGN)).await;
    let programme = format!("/v1/programmes/{}", world.programme);
    let joins = |number: &str| json!({"municipality": number, "from": "2020-01-01", "quota": 1});
    let participations = format!("{programme}/participations");
    office.post(&participations, joins(OWN)).await.expect(200);
    office.post(&participations, joins(FOREIGN)).await.expect_problem(403, "relation_missing");
    let applies = json!({"municipality": FOREIGN, "applied_on": "2020-01-01"});
    office.post(&format!("{programme}/applications"), applies).await.expect(200);
    let decision = format!("{programme}/applications/{FOREIGN}/decision");
    let accepted = json!({"outcome": "accepted", "on": "2020-01-02"});
    office.post(&decision, accepted).await.expect_problem(403, "relation_missing");
    // Nor does it act for whom it answers for.
    let position = |number: &str| {
        json!({"municipality": number, "category": "regular_gp", "percent": 100,
            "intended_operating_model": "salaried"})
    };
    office.post("/v1/positions", position(FOREIGN)).await.expect(201);
    office.post("/v1/positions", position(OWN)).await.expect_problem(403, "relation_missing");
    world.instance.stop().await;
}

/// Somebody who leads in one municipality and supervises in another is each of these there.
#[tokio::test]
async fn a_person_is_in_each_place_what_they_are_there() {
    let world = World::new().await;
    let (shape, claims) = Scenario::Supervisor.claims();
    let both = world.client.showing(Some(&token_with(shape, &claims)));
    // The supervisor of Tromsø's doctor leads in Bodø.
    let leads = json!({"name": "Siri Veileder", "hpr_number": "999000101",
        "municipality": FOREIGN, "from": "2019-01-01"});
    let leader = world.client.post("/v1/leaders", leads).await.expect(201).id();
    let trainee = world.own.id("trainees");
    both.get(&format!("/v1/trainees/{trainee}")).await.expect(200);
    both.get(&format!("/v1/trainees/{}", world.foreign.id("trainees"))).await.expect(200);
    let scheme = json!({"scheme": "old", "from": "2020-01-01"});
    let path = format!("/v1/trainees/{trainee}/scheme");
    both.post(&path, scheme).await.expect_problem(403, "relation_missing");
    let goal = |act: &str| format!("/v1/trainees/{trainee}/learning-goals/ALM-001/{act}");
    both.post(&goal("submission"), json!({})).await.expect_problem(403, "relation_missing");
    world.client.post(&goal("submission"), json!({"on": "2020-03-01"})).await.expect(200);
    for role in ["supervisor", "clinical_supervisor"] {
        let said = json!({"by": world.own.id("supervisors"), "role": role, "verdict": "positive",
            "on": "2020-03-02", "dual_role_reason": "A small municipality"});
        both.post(&goal("recommendations"), said).await.expect(200);
    }
    let decision = json!({"by": leader, "outcome": "approved", "on": "2020-03-03"});
    both.post(&goal("decision"), decision).await.expect_problem(409, "not_the_leader");
    let path = format!("/v1/supervisors/{}/capacity", world.own.id("supervisors"));
    let capacity = json!({"trainees": 9, "from": "2020-01-01"});
    both.post(&path, capacity).await.expect_problem(403, "relation_missing");
    world.instance.stop().await;
}

#[tokio::test]
async fn whoever_keeps_the_register_finds_in_the_list_what_it_may_read() {
    let world = World::new().await;
    let last = offer(&world.client, STRANGER, FOREIGN).await.expect(201).position().to_string();
    let wait = [("Min-Log-Position", last.as_str())];
    let register = world.as_one(Scenario::Register);
    let list = register.get_with("/v1/access-grants", &wait).await.expect(200);
    let items = list.body["items"].as_array().expect("items");
    assert_eq!(items.len(), 5);
    for item in items {
        let id = item["id"].as_str().expect("an id");
        let one = register.get(&format!("/v1/access-grants/{id}")).await.expect(200);
        assert_eq!(&one.body, item);
    }
    world.instance.stop().await;
}
