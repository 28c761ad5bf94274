//! What changes from a day on, and what was told wrong of that: organisations and the names of ALIS
//! offices.

use serde_json::{Value, json};

use super::get_after;
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample::municipality;

const PRACTICE: &str = "/v1/organisations/999000010";

/// A medical practice in 5401 since 2020.
async fn practice(client: &Client) -> Answer {
    for number in ["5401", "5402"] {
        municipality(client, number).await;
    }
    let body = json!({"organisation_number": "999000010", "name": "Eksempel legesenter",
        "kind": "medical_practice", "municipality": "5401", "from": "2020-01-01"});
    client.post("/v1/organisations", body).await.expect(201)
}

async fn act(client: &Client, what: &str, body: Value) -> Answer {
    client.post(&format!("{PRACTICE}/{what}"), body).await
}

async fn on(client: &Client, query: &str) -> Value {
    client.get(&format!("{PRACTICE}?{query}")).await.expect(200).body
}

#[tokio::test]
async fn an_organisation_is_otherwise_from_a_day_on() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = practice(&client).await;
    let moved = json!({"from": "2022-01-01", "municipality": "5402"});
    let moved = act(&client, "changes", moved).await.expect(200);
    assert_eq!((&moved.body["municipality"], &moved.body["to"]), (&json!("5402"), &Value::Null));
    // A name told later for an earlier day undoes nothing of what was told of the place.
    let renamed = json!({"from": "2021-01-01", "name": "Nye Eksempel"});
    let renamed = act(&client, "changes", renamed.clone()).await.expect(200);
    for (day, name, place) in [
        ("2020-12-31", "Eksempel legesenter", "5401"),
        ("2021-12-31", "Nye Eksempel", "5401"),
        ("2022-01-01", "Nye Eksempel", "5402"),
    ] {
        let shown = on(&client, &format!("as_of={day}")).await;
        assert_eq!(
            (&shown["name"], &shown["municipality"]),
            (&json!(name), &json!(place)),
            "{day}"
        );
    }
    let then = on(&client, &format!("as_of=2022-01-01&known_at={}", first.position())).await;
    assert_eq!(then["name"], "Eksempel legesenter");
    let list =
        |place: &str, day: &str| format!("/v1/organisations?municipality={place}&as_of={day}");
    let before = get_after(&client, &renamed, &list("5401", "2021-12-31")).await.expect(200);
    assert_eq!(before.body["items"][0]["name"], "Nye Eksempel");
    let after = client.get(&list("5401", "2022-01-01")).await.expect(200);
    assert_eq!(after.body["items"], json!([]));
    let known = format!("{}&known_at={}", list("5401", "2022-01-01"), first.position());
    assert_eq!(
        client.get(&known).await.expect(200).body["items"][0]["name"],
        "Eksempel legesenter"
    );

    let same = act(&client, "changes", json!({"from": "2023-01-01", "name": "Nye Eksempel"})).await;
    assert_eq!(same.expect(200).position(), renamed.position(), "it is so already");
    // Told again with the same first day, it adds to what was told.
    let kind = json!({"from": "2021-01-01", "kind": "association"});
    act(&client, "changes", kind).await.expect(200);
    let both = on(&client, "as_of=2021-01-01").await;
    assert_eq!((&both["name"], &both["kind"]), (&json!("Nye Eksempel"), &json!("association")));
    let early = act(&client, "changes", json!({"from": "2019-12-31", "name": "X"})).await;
    early.expect_problem(409, "organisation_not_there");
    let lost = act(&client, "changes", json!({"from": "2022-01-01", "municipality": "4601"})).await;
    assert_eq!(lost.expect_problem(422, "invalid_request").pointers(), ["/municipality"]);
    let nobody = client.post("/v1/organisations/999000150/changes", json!({"from": "2022-01-01"}));
    nobody.await.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn a_change_is_corrected_or_entered_in_error() {
    let instance = Instance::start().await;
    let client = instance.client();
    practice(&client).await;
    let recorded = json!({"from": "2021-01-01", "name": "Nye Eksempel", "kind": "association"});
    let recorded = act(&client, "changes", recorded).await.expect(200);
    let correct = async |body: Value| {
        let mut body = body;
        body["reason"] = json!("Mistyped");
        act(&client, "changes/correction", body).await
    };
    let later = json!({"recorded_from": "2021-01-01", "from": "2021-06-01", "name": "Eksempel AS"});
    let later = correct(later).await.expect(200);
    assert_eq!(on(&client, "as_of=2021-05-31").await["name"], "Eksempel legesenter");
    let now = on(&client, "as_of=2021-06-01").await;
    assert_eq!((&now["name"], &now["kind"]), (&json!("Eksempel AS"), &json!("association")));
    let then = format!("as_of=2021-05-31&known_at={}", recorded.position());
    assert_eq!(on(&client, &then).await["name"], "Nye Eksempel");
    let events = client.get(&format!("/v1/events?after={}", later.position() - 1)).await;
    assert_eq!(events.body[0]["data"]["corrects"], recorded.position());
    for (wrong, pointer) in [
        (json!({"recorded_from": "2021-01-01", "name": "X"}), "/recorded_from"),
        (
            json!({"recorded_from": "2021-06-01", "entered_in_error": true, "name": "X"}),
            "/entered_in_error",
        ),
        (json!({"recorded_from": "2021-06-01", "municipality": "4601"}), "/municipality"),
    ] {
        let refused = correct(wrong.clone()).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{wrong}");
    }
    let early = correct(json!({"recorded_from": "2021-06-01", "from": "2019-01-01"})).await;
    early.expect_problem(409, "organisation_not_there");
    let gone =
        correct(json!({"recorded_from": "2021-06-01", "entered_in_error": true})).await.expect(200);
    assert_eq!(gone.body["name"], "Eksempel legesenter");
    let list = get_after(&client, &gone, "/v1/organisations?kind=association").await.expect(200);
    assert_eq!(list.body["items"], json!([]));
    instance.stop().await;
}

#[tokio::test]
async fn a_closed_organisation_is_shown_as_it_was_and_in_no_list() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = practice(&client).await;
    let early = act(&client, "closure", json!({"to": "2019-12-31"})).await;
    early.expect_problem(409, "organisation_not_there");
    let open = json!({"to": "2024-12-31", "reason": "Mistyped"});
    let open = act(&client, "closure/correction", open).await;
    open.expect_problem(404, "not_found");
    let closed = act(&client, "closure", json!({"to": "2024-12-31"})).await.expect(200);
    assert_eq!(closed.body["to"], "2024-12-31");
    let same = act(&client, "closure", json!({"to": "2024-12-31"})).await.expect(200);
    assert_eq!(same.position(), closed.position());
    let other = act(&client, "closure", json!({"to": "2025-12-31"})).await;
    other.expect_problem(409, "organisation_closed");
    let late = act(&client, "changes", json!({"from": "2025-01-01", "name": "X"})).await;
    late.expect_problem(409, "organisation_not_there");
    let late = json!({"from": "2025-01-01", "reason": "Mistyped"});
    let late = act(&client, "correction", late).await;
    late.expect_problem(409, "organisation_not_there");

    assert_eq!(on(&client, "as_of=2025-06-01").await, on(&client, "as_of=2024-12-31").await);
    let list = |day: &str| format!("/v1/organisations?municipality=5401&as_of={day}");
    let last = get_after(&client, &closed, &list("2024-12-31")).await.expect(200);
    assert_eq!(last.body["items"][0]["to"], "2024-12-31");
    let past = client.get(&list("2025-01-01")).await.expect(200);
    assert_eq!(past.body["items"], json!([]));
    let known = format!("{}&known_at={}", list("2025-01-01"), first.position());
    assert_eq!(client.get(&known).await.expect(200).body["items"][0]["to"], Value::Null);

    let correct = async |body: Value| {
        let mut body = body;
        body["reason"] = json!("Mistyped");
        act(&client, "closure/correction", body).await
    };
    assert_eq!(correct(json!({})).await.expect_problem(422, "invalid_request").pointers(), ["/to"]);
    let both = correct(json!({"to": "2025-01-31", "entered_in_error": true})).await;
    assert_eq!(both.expect_problem(422, "invalid_request").pointers(), ["/entered_in_error"]);
    let before = correct(json!({"to": "2019-12-31"})).await;
    before.expect_problem(409, "organisation_not_there");
    let moved = correct(json!({"to": "2025-01-31"})).await.expect(200);
    assert_eq!(moved.body["to"], "2025-01-31");
    let open = correct(json!({"entered_in_error": true})).await.expect(200);
    assert_eq!(open.body["to"], Value::Null);
    assert_eq!(
        correct(json!({"entered_in_error": true})).await.expect(200).position(),
        open.position()
    );
    let again = get_after(&client, &open, &list("2025-06-01")).await.expect(200);
    assert_eq!(again.body["items"].as_array().map(Vec::len), Some(1));
    instance.stop().await;
}

#[tokio::test]
async fn an_organisation_entered_in_error_may_be_recorded_anew() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = practice(&client).await;
    let body = json!({"entered_in_error": true, "name": "X", "reason": "Another number"});
    let both = act(&client, "correction", body).await;
    assert_eq!(both.expect_problem(422, "invalid_request").pointers(), ["/entered_in_error"]);
    let never = json!({"entered_in_error": true, "reason": "Another number"});
    let gone = act(&client, "correction", never.clone()).await.expect(200);
    assert_eq!(gone.body, Value::Null);
    client.get(PRACTICE).await.expect_problem(404, "not_found");
    let then = on(&client, &format!("known_at={}", first.position())).await;
    assert_eq!(then["name"], "Eksempel legesenter");
    let list = get_after(&client, &gone, "/v1/organisations").await.expect(200);
    assert_eq!(list.body["items"], json!([]));
    act(&client, "correction", never).await.expect_problem(404, "not_found");
    let events = client.get(&format!("/v1/events?after={}", gone.position() - 1)).await;
    assert_eq!(events.body[0]["data"]["corrects"], first.position());
    let anew = json!({"organisation_number": "999000010", "name": "En annen",
        "kind": "association"});
    assert_eq!(client.post("/v1/organisations", anew).await.expect(201).body["name"], "En annen");
    instance.stop().await;
}

#[tokio::test]
async fn nothing_is_granted_to_an_organisation_that_is_closed_by_then() {
    let instance = Instance::start().await;
    let client = instance.client();
    practice(&client).await;
    act(&client, "closure", json!({"to": "2024-12-31"})).await.expect(200);
    let grant = |from: &str| {
        let body = json!({"organisation_number": "999000010", "role": "system",
            "municipality": "5401", "from": from});
        let client = client.clone();
        async move { client.post("/v1/access-grants", body).await }
    };
    let refused = grant("2025-01-01").await.expect_problem(422, "invalid_request");
    assert_eq!(refused.pointers(), ["/organisation_number"]);
    assert_eq!(refused.body["errors"][0]["code"], "organisation_closed");
    grant("2024-12-31").await.expect(201);
    let office = json!({"name": "ALIS Nord", "organisation_number": "999000010"});
    let refused = client.post("/v1/alis-offices", office).await;
    let refused = refused.expect_problem(422, "invalid_request");
    assert_eq!(refused.pointers(), ["/organisation_number"]);
    instance.stop().await;
}

#[tokio::test]
async fn an_alis_office_has_another_name_from_a_day_on() {
    let instance = Instance::start().await;
    let client = instance.client();
    let office = client.post("/v1/alis-offices", json!({"name": "ALIS Nord"})).await.expect(201);
    let path = format!("/v1/alis-offices/{}", office.id());
    let name = async |query: &str| {
        client.get(&format!("{path}?{query}")).await.expect(200).body["name"].clone()
    };
    let names = format!("{path}/names");
    let recorded = json!({"name": "ALIS Nord og Midt", "from": "2023-01-01"});
    let recorded = client.post(&names, recorded.clone()).await.expect(200);
    let same = json!({"name": "ALIS Nord og Midt", "from": "2024-01-01"});
    assert_eq!(client.post(&names, same).await.expect(200).position(), recorded.position());
    assert_eq!(name("as_of=2022-12-31").await, "ALIS Nord");
    assert_eq!(name("as_of=2023-01-01").await, "ALIS Nord og Midt");
    let then = format!("as_of=2023-01-01&known_at={}", office.position());
    assert_eq!(name(&then).await, "ALIS Nord");
    let list = get_after(&client, &recorded, "/v1/alis-offices?as_of=2022-12-31").await.expect(200);
    assert_eq!(list.body["items"][0]["name"], "ALIS Nord");
    let coming = json!({"name": "ALIS Norge", "from": "2150-01-01"});
    let coming = client.post(&names, coming).await.expect(200);
    assert_eq!(coming.body["name"], "ALIS Norge", "as on its first day");

    let correct = async |body: Value| {
        let mut body = body;
        body["reason"] = json!("Mistyped");
        client.post(&format!("{names}/correction"), body).await
    };
    let later = json!({"recorded_from": "2023-01-01", "from": "2023-02-01"});
    correct(later).await.expect(200);
    assert_eq!(name("as_of=2023-01-31").await, "ALIS Nord");
    let known = format!("as_of=2023-01-31&known_at={}", recorded.position());
    assert_eq!(name(&known).await, "ALIS Nord og Midt");
    let first = correct(json!({"name": "ALIS-kontoret Nord"})).await.expect(200);
    assert_eq!(name("as_of=2020-01-01").await, "ALIS-kontoret Nord");
    let events = client.get(&format!("/v1/events?after={}", first.position() - 1)).await;
    assert_eq!(events.body[0]["data"]["corrects"], office.position());
    let never = json!({"recorded_from": "2023-02-01", "entered_in_error": true});
    let gone = correct(never.clone()).await.expect(200);
    assert_eq!(gone.body["name"], "ALIS-kontoret Nord");
    for (wrong, pointer) in [
        (never, "/recorded_from"),
        (json!({"entered_in_error": true}), "/recorded_from"),
        (json!({"from": "2023-01-01"}), "/recorded_from"),
        (
            json!({"recorded_from": "2150-01-01", "entered_in_error": true, "name": "X"}),
            "/entered_in_error",
        ),
    ] {
        let refused = correct(wrong.clone()).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{wrong}");
    }
    let nobody = "/v1/alis-offices/01890a5d-ac96-774b-bcce-b302099a8061/names";
    let unknown = client.post(nobody, json!({"name": "X", "from": "2023-01-01"})).await;
    unknown.expect_problem(404, "not_found");
    instance.stop().await;
}
