//! Municipalities, ALIS offices and organisations through HTTP.

mod changes;

use alis::capabilities::reference::klass;
use serde_json::{Value, json};

use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::sample::municipality;

const MUNICIPALITIES: &str = "/v1/municipalities";

/// Reads what a read model shows once it has reached the position of `after`.
async fn get_after(client: &Client, after: &Answer, path: &str) -> Answer {
    let position = after.position().to_string();
    client.get_with(path, &[("Min-Log-Position", position.as_str())]).await
}

fn numbers(list: &Answer) -> Vec<&str> {
    let items = list.body["items"].as_array().expect("a list");
    items.iter().filter_map(|item| item["number"].as_str()).collect()
}

async fn record(client: &Client, number: &str, name: &str, from: &str, to: Option<&str>) -> Answer {
    let body = json!({"number": number, "name": name, "from": from, "to": to});
    client.post(MUNICIPALITIES, body).await.expect(201)
}

/// Posts the hand-typed sample as an operator would, and answers the last of it.
async fn load_sample(client: &Client) -> Answer {
    let mut last = None;
    for file in ["municipalities.json", "changes.csv", "centrality.csv"] {
        let path = format!("{}/samples/reference/{file}", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).expect("the sample is part of the project");
        for request in klass::requests(&klass::read(&bytes).expect("the sample is readable")) {
            let answer = client.post(&request.path, request.body).await;
            assert!([200, 201].contains(&answer.status), "{}: {}", request.path, answer.text);
            last = Some(answer);
        }
    }
    last.expect("the sample is not empty")
}

#[tokio::test]
async fn a_municipality_is_shown_as_of_a_day_and_as_known_at_a_time() {
    let instance = Instance::start().await;
    let client = instance.client();
    let first = record(&client, "5401", "Tromsø", "2020-01-01", None).await;
    assert_eq!(first.header("location"), Some("/v1/municipalities/5401"));
    assert!(first.header("etag").is_some());
    let again = record(&client, "5401", "Tromsø", "2020-01-01", None).await;
    assert_eq!((again.position(), &again.body), (first.position(), &first.body));

    let closed = record(&client, "5401", "Tromsø", "2020-01-01", Some("2023-12-31")).await;
    assert_eq!(closed.body["to"], "2023-12-31");
    let then = client.get("/v1/municipalities/5401?as_of=2020-06-01").await.expect(200);
    assert_eq!(then.body["county"], json!({"number": "54", "name": "Troms og Finnmark"}));
    assert_eq!(then.body["health_region"], "nord");
    assert_eq!((&then.body["in_use"], &then.body["centrality"]), (&json!(true), &Value::Null));
    let gone = client.get("/v1/municipalities/5401?as_of=2024-01-01").await.expect(200);
    assert_eq!(gone.body["in_use"], false);
    let known = format!("/v1/municipalities/5401?as_of=2024-01-01&known_at={}", first.position());
    assert_eq!(client.get(&known).await.expect(200).body["in_use"], true);
    client.get("/v1/municipalities/5401?as_of=2019-12-31").await.expect_problem(404, "not_found");
    client.get("/v1/municipalities/5402").await.expect_problem(404, "not_found");
    client.get("/v1/municipalities/54").await.expect_problem(404, "not_found");

    let list = |on: &str, known: i64| format!("{MUNICIPALITIES}?as_of={on}&known_at={known}");
    let now = get_after(&client, &closed, &list("2024-01-01", closed.position())).await;
    assert_eq!(numbers(&now), Vec::<&str>::new());
    let before = client.get(&list("2024-01-01", first.position())).await;
    assert_eq!(numbers(&before), ["5401"]);

    let history = client.get("/v1/municipalities/5401/history").await.expect(200);
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(2));
    client.get("/v1/municipalities/5402/history").await.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn wrong_municipalities_are_refused_by_field() {
    let instance = Instance::start().await;
    let client = instance.client();
    let wrong = json!({"number": "9999", "name": " ", "from": "2020-02-30", "too": null});
    let answer = client.post(MUNICIPALITIES, wrong).await.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/from", "/name", "/number", "/too"]);
    let backwards =
        json!({"number": "5401", "name": "X", "from": "2020-01-02", "to": "2020-01-01"});
    let answer =
        client.post(MUNICIPALITIES, backwards).await.expect_problem(422, "invalid_request");
    assert_eq!(answer.pointers(), ["/to"]);
    let query = "/v1/municipalities?centrality=7&county=5&health_region=west&name=%20";
    let answer = client.get(query).await.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        ["/query/centrality", "/query/county", "/query/health_region", "/query/name"]
    );
    for query in ["", "?name=Bod%C3%B8&limit=5"] {
        let path = format!("/v1/municipalities/lookup{query}");
        client.get(&path).await.expect_problem(422, "invalid_request");
    }
    instance.stop().await;
}

#[tokio::test]
async fn the_sample_of_klass_is_loaded_twice_and_recorded_once() {
    let instance = Instance::start().await;
    let client = instance.client();
    let loaded = load_sample(&client).await;
    assert_eq!(load_sample(&client).await.position(), loaded.position());

    let in_2020 = "/v1/municipalities?limit=200&as_of=2020-06-01";
    let nord = get_after(&client, &loaded, &format!("{in_2020}&health_region=nord")).await;
    assert_eq!(numbers(&nord).len(), 26, "25 of ALIS-Nord and Herøy: {:?}", numbers(&nord));
    let troms = client.get("/v1/municipalities?as_of=2024-01-01&county=55").await;
    assert!(numbers(&troms).contains(&"5501"), "{:?}", numbers(&troms));
    let sola = |day: &str, class: u8| {
        format!("/v1/municipalities?number=1124&as_of={day}&centrality={class}")
    };
    assert_eq!(numbers(&client.get(&sola("2023-12-31", 3)).await), ["1124"]);
    assert_eq!(numbers(&client.get(&sola("2024-01-01", 3)).await), Vec::<&str>::new());
    assert_eq!(numbers(&client.get(&sola("2024-01-01", 2)).await), ["1124"]);

    let old = client.get("/v1/municipalities/1507?as_of=2023-12-31").await.expect(200);
    let parts = json!([
        {"municipality": "1508", "on": "2024-01-01"}, {"municipality": "1580", "on": "2024-01-01"}
    ]);
    assert_eq!(old.body["successors"], parts);
    let new = client.get("/v1/municipalities/1580?as_of=2024-01-01").await.expect(200);
    let from = json!([{"municipality": "1507", "on": "2024-01-01"}]);
    assert_eq!(new.body["predecessors"], from);
    instance.stop().await;
}

#[tokio::test]
async fn a_name_that_two_municipalities_have_is_never_guessed_at() {
    let instance = Instance::start().await;
    let client = instance.client();
    let loaded = load_sample(&client).await;
    let both = get_after(&client, &loaded, "/v1/municipalities?as_of=2020-06-01&name=her%C3%B8y");
    assert_eq!(numbers(&both.await), ["1515", "1818"]);

    let look_up = |name: &str, day: &str| {
        let path = format!("/v1/municipalities/lookup?name={name}&as_of={day}");
        let client = client.clone();
        async move { client.get(&path).await }
    };
    let answer = look_up("Her%C3%B8y", "2020-06-01").await;
    let answer = answer.expect_problem(400, "municipality_name_ambiguous");
    let detail = answer.body["detail"].as_str().expect("a detail");
    assert!(detail.contains("1515") && detail.contains("1818"), "{detail}");
    let one = look_up("her%C3%B8y%20(nordland)", "2020-06-01").await.expect(200);
    assert_eq!(one.body["number"], "1818");
    let numbers_of_valer = [("2020-06-01", "3018"), ("2024-06-01", "3114")];
    for (day, number) in numbers_of_valer {
        let answer = look_up("V%C3%A5ler", day).await;
        let answer = answer.expect_problem(400, "municipality_name_ambiguous");
        assert!(answer.text.contains(number) && answer.text.contains("3419"), "{}", answer.text);
    }
    assert_eq!(look_up("OSLO", "2020-06-01").await.expect(200).body["number"], "0301");
    look_up("Oslove", "2025-12-31").await.expect_problem(404, "not_found");
    assert_eq!(look_up("Oslove", "2026-01-01").await.expect(200).body["number"], "0301");

    let path = "/v1/municipalities/lookup?name=Oslo&as_of=2020-06-01";
    let tag = client.get(path).await.header("etag").expect("a version").to_owned();
    assert_eq!(client.get_with(path, &[("If-None-Match", tag.as_str())]).await.status, 304);
    instance.stop().await;
}

#[tokio::test]
async fn successions_and_classes_name_what_is_there() {
    let instance = Instance::start().await;
    let client = instance.client();
    record(&client, "1507", "Ålesund", "2020-01-01", Some("2023-12-31")).await;
    record(&client, "1508", "Ålesund", "2024-01-01", None).await;
    let path = "/v1/municipalities/1507/successions";
    for (successor, on) in [("1507", "2024-01-01"), ("1580", "2024-01-01"), ("1508", "2023-01-01")]
    {
        let answer = client.post(path, json!({"successor": successor, "on": on})).await;
        assert_eq!(answer.expect_problem(422, "invalid_request").pointers(), ["/successor"]);
    }
    let body = json!({"successor": "1508", "on": "2024-01-01"});
    client.post("/v1/municipalities/1509/successions", body.clone()).await.expect(404);
    let rehearsed = client.post(&format!("{path}?dry_run=true"), body.clone()).await.expect(200);
    assert_eq!(rehearsed.body["events"][0]["type"], "no.alis.municipality.succeeded.v1");
    let done = client.post(path, body.clone()).await.expect(200);
    assert_eq!(client.post(path, body).await.position(), done.position());

    let path = "/v1/municipalities/1507/centralities";
    let class =
        |class: u8, from: &str, to: Option<&str>| json!({"class": class, "from": from, "to": to});
    let first = client.post(path, class(3, "2020-01-01", None)).await.expect(200);
    let refused = client.post(path, class(2, "2022-01-01", None)).await;
    refused.expect_problem(409, "centrality_overlaps");
    client.post(path, class(3, "2020-01-01", Some("2021-12-31"))).await.expect(200);
    client.post(path, class(2, "2022-01-01", None)).await.expect(200);
    let wrong = client.post(path, class(7, "2022-01-01", None)).await;
    assert_eq!(wrong.expect_problem(422, "invalid_request").pointers(), ["/class"]);
    let on = |day: &str| format!("/v1/municipalities/1507?as_of={day}");
    assert_eq!(client.get(&on("2021-12-31")).await.body["centrality"], 3);
    assert_eq!(client.get(&on("2022-01-01")).await.body["centrality"], 2);
    let then = format!("{}&known_at={}", on("2022-01-01"), first.position());
    assert_eq!(client.get(&then).await.body["centrality"], 3);

    let etag = client.get(&on("2022-01-01")).await.header("etag").expect("a version").to_owned();
    let stale = [("If-Match", "\"1\"")];
    let answer = client.post_with(path, &stale, class(4, "2022-01-01", None)).await;
    answer.expect_problem(412, "stale_version");
    let fresh = [("If-Match", etag.as_str())];
    client.post_with(path, &fresh, class(4, "2022-01-01", None)).await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn one_office_a_day_answers_for_a_municipality() {
    let instance = Instance::start().await;
    let client = instance.client();
    municipality(&client, "5401").await;
    municipality(&client, "1804").await;
    let body = json!({"name": "ALIS Nord",
        "external_ids": [{"system": "helsenord", "id": "nord"}]});
    let nord = client.post("/v1/alis-offices", body.clone()).await.expect(201);
    let taken = client.post("/v1/alis-offices", body).await;
    let taken = taken.expect_problem(409, "external_id_taken");
    assert!(taken.text.contains(&nord.id()));
    let vest = client.post("/v1/alis-offices", json!({"name": "ALIS Vest"})).await.expect(201);

    let assign = |office: &Answer, number: &str, from: &str, to: Option<&str>| {
        let path = format!("/v1/alis-offices/{}/municipalities", office.id());
        let (client, body) =
            (client.clone(), json!({"municipality": number, "from": from, "to": to}));
        async move { client.post(&path, body).await }
    };
    let first = assign(&nord, "5401", "2020-01-01", None).await.expect(200);
    assert_eq!(assign(&nord, "5401", "2020-01-01", None).await.position(), first.position());
    assign(&nord, "1804", "2020-01-01", None).await.expect(200);
    let refused = assign(&vest, "5401", "2022-01-01", None).await;
    refused.expect_problem(409, "municipality_has_office");
    let unknown = assign(&vest, "4601", "2022-01-01", None).await;
    assert_eq!(unknown.expect_problem(422, "invalid_request").pointers(), ["/municipality"]);
    let nobody = "/v1/alis-offices/01890a5d-ac96-774b-bcce-b302099a8061/municipalities";
    let body = json!({"municipality": "5401", "from": "2020-01-01"});
    client.post(nobody, body).await.expect_problem(404, "not_found");

    let end = |office: &Answer, to: &str| {
        let path = format!("/v1/alis-offices/{}/municipalities/end", office.id());
        let (client, body) = (client.clone(), json!({"municipality": "5401", "to": to}));
        async move { client.post(&path, body).await }
    };
    end(&vest, "2021-12-31").await.expect_problem(409, "alis_office_not_responsible");
    let ended = end(&nord, "2021-12-31").await.expect(200);
    assert_eq!(end(&nord, "2021-12-31").await.position(), ended.position());
    let last = assign(&vest, "5401", "2022-01-01", None).await.expect(200);

    let office = |day: &str| format!("/v1/municipalities/5401?as_of={day}");
    assert_eq!(client.get(&office("2021-12-31")).await.body["alis_office"], nord.body["id"]);
    assert_eq!(client.get(&office("2022-01-01")).await.body["alis_office"], vest.body["id"]);
    let known = format!("{}&known_at={}", office("2022-01-01"), first.position());
    assert_eq!(client.get(&known).await.body["alis_office"], nord.body["id"]);
    let of = |day: &str, id: &str| format!("{MUNICIPALITIES}?as_of={day}&alis_office={id}");
    let before = get_after(&client, &last, &of("2021-12-31", &nord.id())).await;
    assert_eq!(numbers(&before), ["1804", "5401"]);
    let after = client.get(&of("2022-01-01", &nord.id())).await;
    assert_eq!(numbers(&after), ["1804"]);
    let list = "/v1/alis-offices?municipality=5401&as_of=2022-01-01";
    let list = get_after(&client, &last, list).await.expect(200);
    assert_eq!(list.body["items"][0]["id"], vest.body["id"]);
    let found = client.get("/v1/alis-offices?external_id=helsenord/nord").await.expect(200);
    assert_eq!(found.body["items"][0]["municipalities"][1]["to"], "2021-12-31");
    let read = client.get(&format!("/v1/alis-offices/{}", nord.id())).await.expect(200);
    assert_eq!(read.body, found.body["items"][0]);
    let history = client.get(&format!("/v1/alis-offices/{}/history", nord.id())).await.expect(200);
    assert_eq!(history.body["items"].as_array().map(Vec::len), Some(4));
    instance.stop().await;
}

#[tokio::test]
async fn offices_that_ask_at_once_do_not_both_get_the_municipality() {
    let instance = Instance::start().await;
    let client = instance.client();
    municipality(&client, "5401").await;
    let mut asking = Vec::new();
    for number in 0..8 {
        let office = json!({"name": format!("Kontor {number}")});
        let office = client.post("/v1/alis-offices", office).await.expect(201).id();
        let client = client.clone();
        asking.push(async move {
            let path = format!("/v1/alis-offices/{office}/municipalities");
            client.post(&path, json!({"municipality": "5401", "from": "2020-01-01"})).await.status
        });
    }
    let mut statuses = futures_util::future::join_all(asking).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    instance.stop().await;
}

#[tokio::test]
async fn an_organisation_is_recorded_once_and_corrected() {
    let instance = Instance::start().await;
    let client = instance.client();
    municipality(&client, "5401").await;
    let body = json!({"organisation_number": "999000010", "name": "Eksempel legesenter",
        "kind": "medical_practice", "municipality": "5401", "from": "2020-01-01"});
    let first = client.post("/v1/organisations", body.clone()).await.expect(201);
    assert_eq!(first.header("location"), Some("/v1/organisations/999000010"));
    let again = client.post("/v1/organisations", body.clone()).await.expect(201);
    assert_eq!(again.position(), first.position());
    let mut other = body.clone();
    other["kind"] = json!("health_trust");
    let refused = client.post("/v1/organisations", other).await;
    refused.expect_problem(409, "organisation_exists");
    let mut lost = body.clone();
    lost["organisation_number"] = json!("999000150");
    lost["municipality"] = json!("4601");
    let lost = client.post("/v1/organisations", lost).await;
    assert_eq!(lost.expect_problem(422, "invalid_request").pointers(), ["/municipality"]);
    let wrong = json!({"organisation_number": "999000011", "name": "X", "kind": "clinic"});
    let wrong = client.post("/v1/organisations", wrong).await;
    let wrong = wrong.expect_problem(422, "invalid_request");
    assert_eq!(wrong.pointers().len(), 2);

    let path = "/v1/organisations/999000010";
    let correction = format!("{path}/correction");
    let body = json!({"kind": "association", "from": "2019-01-01", "reason": "Misread"});
    let corrected = client.post(&correction, body.clone()).await.expect(200);
    assert_eq!(corrected.body["name"], "Eksempel legesenter");
    assert_eq!(client.post(&correction, body.clone()).await.position(), corrected.position());
    client.post("/v1/organisations/999000150/correction", body).await.expect(404);
    assert_eq!(client.get(&format!("{path}?as_of=2019-06-01")).await.body["kind"], "association");
    let known = format!("{path}?as_of=2019-06-01&known_at={}", first.position());
    client.get(&known).await.expect_problem(404, "not_found");
    let history = client.get(&format!("{path}/history")).await.expect(200);
    let corrects = &history.body["items"][0]["data"]["corrects"];
    assert_eq!(corrects, &json!(first.position()));

    let list = "/v1/organisations?kind=association&municipality=5401&as_of=2019-06-01";
    let list = get_after(&client, &corrected, list).await.expect(200);
    assert_eq!(list.body["items"][0]["organisation_number"], "999000010");
    let none = client.get("/v1/organisations?kind=medical_practice").await.expect(200);
    assert_eq!(none.body["items"], json!([]));
    instance.stop().await;
}

#[tokio::test]
async fn successions_and_offices_told_by_mistake_are_corrected_and_stay_known() {
    let instance = Instance::start().await;
    let client = instance.client();
    record(&client, "1507", "Ålesund", "2020-01-01", Some("2023-12-31")).await;
    record(&client, "1508", "Ålesund", "2024-01-01", None).await;
    let path = "/v1/municipalities/1507/successions";
    let recorded = json!({"successor": "1508", "on": "2024-01-01"});
    let recorded = client.post(path, recorded).await.expect(200);
    let correct = format!("{path}/correction");
    let wrong = json!({"successor": "1508", "reason": "Misread"});
    let refused = client.post(&correct, wrong).await.expect_problem(422, "invalid_request");
    assert_eq!(refused.pointers(), ["/on"]);
    let never = json!({"successor": "1508", "entered_in_error": true, "reason": "Misread"});
    let gone = client.post(&correct, never.clone()).await.expect(200);
    assert_eq!(gone.body["successors"], json!([]));
    assert_eq!(client.post(&correct, never).await.position(), gone.position(), "it is so already");
    let new = format!("/v1/municipalities/1508?as_of=2024-06-01&known_at={}", recorded.position());
    assert_eq!(client.get(&new).await.body["predecessors"][0]["municipality"], "1507");
    let now = client.get("/v1/municipalities/1508?as_of=2024-06-01").await;
    assert_eq!(now.body["predecessors"], json!([]));

    let office = json!({"name": "ALIS-kontor Eksempel"});
    let office = client.post("/v1/alis-offices", office).await.expect(201).id();
    let path = format!("/v1/alis-offices/{office}/municipalities");
    let body = json!({"municipality": "1508", "from": "2024-01-01", "to": "2024-12-31"});
    let recorded = client.post(&path, body).await.expect(200);
    let correct = format!("{path}/correction");
    let open = json!({"municipality": "1508", "recorded_from": "2024-01-01", "from": "2024-02-01",
        "reopened": true, "reason": "Misread"});
    let open = client.post(&correct, open).await.expect(200);
    let held = json!([{"municipality": "1508", "from": "2024-02-01", "to": null}]);
    assert_eq!(open.body["municipalities"], held);
    let never = json!({"municipality": "1508", "recorded_from": "2024-02-01", "entered_in_error": true,
        "reason": "Misread"});
    let gone = client.post(&correct, never.clone()).await.expect(200);
    assert_eq!(gone.body["municipalities"], json!([]));
    let refused = client.post(&correct, never).await.expect_problem(422, "invalid_request");
    assert_eq!(refused.pointers(), ["/recorded_from"]);
    let then = format!("/v1/alis-offices/{office}?known_at={}", recorded.position());
    assert_eq!(client.get(&then).await.body["municipalities"][0]["to"], "2024-12-31");
    let list = "/v1/alis-offices?municipality=1508&as_of=2024-06-01";
    assert_eq!(get_after(&client, &gone, list).await.body["items"], json!([]));
    instance.stop().await;
}
