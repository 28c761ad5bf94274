//! Lists find what is filed under the numbers that a municipality had or took over.

use alis::identity::cast;
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::instance::Instance;
use crate::support::sample;

/// The ids, or the numbers of organisations, that a list finds once it shows what stands at `at`.
async fn found(client: &Client, path: &str, at: i64) -> Vec<String> {
    let at = at.to_string();
    let answer = client.get_with(path, &[("Min-Log-Position", &at)]).await.expect(200);
    let items = answer.body["items"].as_array().expect("items").iter();
    let named = items.map(|item| [&item["id"], &item["organisation_number"]]);
    let named = named.map(|both| both.into_iter().find_map(Value::as_str).map(str::to_owned));
    named.map(|id| id.expect("every item has one of them")).collect()
}

/// Something of each list that is filed under a municipality from a day on, by the list's address.
async fn filed(
    client: &Client,
    number: &str,
    from: &str,
    nth: usize,
) -> Vec<(&'static str, String)> {
    let hpr_number = |beginning: usize| (999_000_000 + beginning + nth).to_string();
    let create = async |path: &str, body: Value| client.post(path, body).await.expect(201).id();
    let trainee = sample::trainee(client, &hpr_number(1)).await;
    let position = json!({"municipality": number, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": from});
    let position = create("/v1/positions", position).await;
    let occupancy = json!({"trainee": trainee, "from": from, "percent": 100,
        "operating_model": "salaried"});
    create(&format!("/v1/positions/{position}/occupancies"), occupancy).await;
    let supervisor = json!({"hpr_number": hpr_number(101), "name": "Ola Eksempel",
        "specialist_since": "2010-01-01"});
    let supervisor = create("/v1/supervisors", supervisor).await;
    let assignment = json!({"trainee": trainee, "supervisor": supervisor, "from": from,
        "mode": "on_site"});
    let assignment = create("/v1/supervisor-assignments", assignment).await;
    let path = format!("/v1/supervisor-assignments/{assignment}/acceptance");
    client.post(&path, json!({})).await.expect(200);
    let exemption = json!({"supervisor": supervisor, "municipality": number, "from": from});
    let exemption = create("/v1/supervision-exemptions", exemption).await;
    let leader = json!({"name": "Eva Leder", "hpr_number": hpr_number(201),
        "municipality": number, "from": from});
    let leader = create("/v1/leaders", leader).await;
    let grant = json!({"organisation_number": cast::VENDOR, "role": "system",
        "municipality": number, "from": from});
    let grant = create("/v1/access-grants", grant).await;
    let programme = create("/v1/programmes", json!({"name": number, "from": from})).await;
    let joined = json!({"municipality": number, "from": from, "quota": 1});
    let path = format!("/v1/programmes/{programme}/participations");
    client.post(&path, joined).await.expect(200);
    let office = create("/v1/alis-offices", json!({ "name": number })).await;
    let path = format!("/v1/alis-offices/{office}/municipalities");
    client.post(&path, json!({"municipality": number, "from": from})).await.expect(200);
    let organisation = ["999000134", "999000142", "999000150"][nth];
    let body = json!({"organisation_number": organisation, "name": number,
        "kind": "medical_practice", "municipality": number, "from": from});
    client.post("/v1/organisations", body).await.expect(201);
    vec![
        ("/v1/positions", position),
        ("/v1/trainees", trainee),
        ("/v1/supervisor-assignments", assignment),
        ("/v1/supervision-exemptions", exemption),
        ("/v1/leaders", leader),
        ("/v1/access-grants", grant),
        ("/v1/programmes", programme),
        ("/v1/alis-offices", office),
        ("/v1/organisations", organisation.to_owned()),
    ]
}

#[tokio::test]
async fn every_list_finds_what_is_filed_under_the_numbers_of_a_municipality() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::tromso(&client).await;
    sample::municipality(&client, "1804").await;
    let old = filed(&client, "5401", "2020-01-01", 0).await;
    let new = filed(&client, "5501", "2024-01-01", 1).await;
    filed(&client, "1804", "2020-01-01", 2).await;
    let at = client.get("/v1/events?after=0&limit=1000").await.expect(200).position();
    for ((list, old), (_, new)) in old.iter().zip(&new) {
        for number in ["5401", "5501"] {
            let path = format!("{list}?municipality={number}");
            let found = found(&client, &path, at).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), [old, new], "{path}");
        }
        for (number, not_there) in [("5401", new), ("5501", old)] {
            let path = format!("{list}?municipality={number}&as_of=2023-12-31");
            assert!(!found(&client, &path, at).await.contains(not_there), "{path}");
        }
        // And page by page.
        let path = format!("{list}?municipality=5501&limit=1");
        let first = client.get(&path).await.expect(200);
        let cursor = first.body["next_cursor"].as_str().expect("a second page");
        assert_eq!(found(&client, &format!("{path}&cursor={cursor}"), at).await, [new.as_str()]);
    }
    instance.stop().await;
}

#[tokio::test]
async fn after_a_merger_the_new_number_finds_all_and_an_old_one_its_own() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::merger(&client).await;
    let one = filed(&client, "3001", "2020-01-01", 0).await;
    let other = filed(&client, "3002", "2020-01-01", 1).await;
    let at = client.get("/v1/events?after=0&limit=1000").await.expect(200).position();
    for ((list, one), (_, other)) in one.iter().zip(&other) {
        for (number, expected) in
            [("3101", vec![one, other]), ("3001", vec![one]), ("3002", vec![other])]
        {
            let path = format!("{list}?municipality={number}");
            let found = found(&client, &path, at).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{path}");
        }
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_list_follows_a_succession_from_when_it_is_known() {
    let instance = Instance::start().await;
    let client = instance.client();
    for (number, from, to) in
        [("5401", "2020-01-01", Some("2023-12-31")), ("5501", "2024-01-01", None)]
    {
        let body = json!({"number": number, "name": "Tromsø", "from": from, "to": to});
        client.post("/v1/municipalities", body).await.expect(201);
    }
    let position = json!({"municipality": "5401", "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": "2020-01-01"});
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(client.post("/v1/positions", position.clone()).await.expect(201).id());
    }
    let path = "/v1/municipalities/5401/successions";
    let recorded = json!({"successor": "5501", "on": "2024-01-01"});
    let recorded = client.post(path, recorded).await.expect(200).position();
    let of_new = "/v1/positions?municipality=5501&as_of=2024-01-01&limit=1";
    let on_the_day_before = "/v1/positions?municipality=5401&as_of=2023-12-31";
    assert_eq!(found(&client, on_the_day_before, recorded).await, ids);
    let before = format!("{of_new}&known_at={}", recorded - 1);
    assert_eq!(found(&client, &before, recorded).await, Vec::<String>::new());
    assert_eq!(found(&client, of_new, recorded).await, [ids[0].as_str()]);
    // A page goes on as the first one began.
    let page = client.get(of_new).await.expect(200);
    let cursor = page.body["next_cursor"].as_str().expect("a second page");
    let next = format!("{of_new}&cursor={cursor}");
    assert_eq!(found(&client, &next, recorded).await, [ids[1].as_str()]);
    instance.stop().await;
}
