//! Pages of lists: their size, their order, and that writing does not disturb them.

use serde_json::{Value, json};

use super::{lists, registered, scheme, trainee, with_query};
use crate::support::client::Client;
use crate::support::instance::Instance;

#[tokio::test]
async fn every_list_bounds_its_pages_and_refuses_what_it_does_not_know() {
    let instance = Instance::start().await;
    let client = instance.client();
    for list in lists() {
        for (parameter, wrong) in [
            ("limit", vec!["0", "201", "-1", "+5", "1.5", "1e2", "", "ten", "%D9%A3", "5%00"]),
            ("cursor", vec!["", "x", "%00", "eyJhIjoiIn0", &"A".repeat(2_001)]),
            ("as_of", vec!["", "2020-2-1", "2020-02-30", "1899-12-31", "2200-01-01", "today"]),
            ("known_at", vec!["", "-1", "2020-06-01", "2020-06-01T25:00:00Z", "1e3", "now"]),
            ("no_such_parameter", vec!["1"]),
        ] {
            if parameter != "no_such_parameter" && !list.has_parameter(parameter) {
                continue;
            }
            for value in wrong {
                let path = with_query(&list.path, &format!("{parameter}={value}"));
                let answer = client.get(&path).await.expect_problem(422, "invalid_request");
                assert_eq!(answer.pointers(), [format!("/query/{parameter}")], "{path}");
            }
        }
        for right in ["limit=1", "limit=200", "as_of=1900-01-01", "as_of=2199-12-31", "known_at=0"]
        {
            if list.has_parameter(right.split('=').next().unwrap_or("")) {
                client.get(&with_query(&list.path, right)).await.expect(200);
            }
        }
    }
    instance.stop().await;
}

/// Follows `Link: rel="next"` to the end; answers the items of every page.
pub(super) async fn walk(
    client: &Client,
    path: &str,
    meanwhile: impl AsyncFn(u32),
) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = client.get(&path).await.expect(200);
        let link = page.header("link").map(|link| {
            let path = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
            path.expect("a link to the next page").to_owned()
        });
        assert_eq!(page.body["next_cursor"].is_null(), link.is_none());
        if let (Some(link), Some(cursor)) = (&link, page.body["next_cursor"].as_str()) {
            assert!(link.contains(&format!("cursor={cursor}")), "{link}");
        }
        pages.push(page.body["items"].as_array().expect("items").clone());
        meanwhile(u32::try_from(pages.len()).expect("a small number")).await;
        next = link;
    }
    pages
}

fn ids(pages: &[Vec<Value>]) -> Vec<&str> {
    pages.iter().flatten().filter_map(|item| item["id"].as_str()).collect()
}

#[tokio::test]
async fn pages_show_the_state_of_the_first_one_while_others_write() {
    let instance = Instance::start().await;
    let client = instance.client();
    let mut expected = Vec::new();
    for number in 1..=7 {
        expected.push(registered(&client, number).await);
    }
    let position = expected.last().expect("seven").position().to_string();
    let expected: Vec<String> = expected.iter().map(|answer| answer.id()).collect();
    let wait = [("Min-Log-Position", position.as_str())];
    client.get_with("/v1/trainees", &wait).await.expect(200);

    let meanwhile = async |page: u32| {
        registered(&client, 100 + page).await;
        for id in &expected {
            let path = format!("/v1/trainees/{id}/scheme");
            client.post(&path, scheme(page, "conversion")).await.expect(200);
        }
        let newest = registered(&client, 200 + page).await.position().to_string();
        // The read model has it, and still the next page must not show it.
        client.get_with("/v1/trainees?limit=1", &[("Min-Log-Position", &newest)]).await.expect(200);
    };
    let pages = walk(&client, "/v1/trainees?limit=3&scheme=old", meanwhile).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    assert_eq!(ids(&pages), expected);
    assert!(pages.iter().flatten().all(|item| item["scheme"] == "old"));
    instance.stop().await;
}

#[tokio::test]
async fn a_page_that_is_just_full_has_no_next_one() {
    let instance = Instance::start().await;
    let client = instance.client();
    let mut last = 0;
    for number in 1..=4 {
        last = registered(&client, number).await.position();
    }
    let wait = [("Min-Log-Position", last.to_string())];
    let wait = [(wait[0].0, wait[0].1.as_str())];
    let full = client.get_with("/v1/trainees?limit=4", &wait).await.expect(200);
    assert_eq!((full.header("link"), &full.body["next_cursor"]), (None, &json!(null)));
    let pages = walk(&client, "/v1/trainees?limit=2", async |_| {}).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    instance.stop().await;
}

#[tokio::test]
async fn a_history_goes_back_page_by_page_while_it_grows() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    for number in 1..=4 {
        let body = json!({ "system": "dossier", "id": number.to_string() });
        client.post(&format!("/v1/trainees/{id}/external-ids"), body).await.expect(200);
    }
    let path = format!("/v1/trainees/{id}/history?limit=2");
    let meanwhile = async |page: u32| {
        let body = json!({ "system": "later", "id": page.to_string() });
        client.post(&format!("/v1/trainees/{id}/external-ids"), body).await.expect(200);
    };
    let pages = walk(&client, &path, meanwhile).await;
    let positions: Vec<_> =
        pages.iter().flatten().filter_map(|event| event["position"].as_str()).collect();
    assert_eq!(positions, ["5", "4", "3", "2", "1"]);
    instance.stop().await;
}

#[tokio::test]
async fn a_history_tells_what_was_known_and_what_held() {
    let instance = Instance::start().await;
    let client = instance.client();
    let id = registered(&client, 1).await.id();
    client.post(&format!("/v1/trainees/{id}/scheme"), scheme(9, "new")).await.expect(200);
    let recorded = async |query: &str| {
        let answer = client.get(&format!("/v1/trainees/{id}/history?{query}")).await;
        let items = answer.expect(200).body["items"].clone();
        let items = items.as_array().expect("items").clone();
        items
            .iter()
            .map(|item| item["position"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(recorded("").await, ["2", "1"]);
    assert_eq!(recorded("known_at=1").await, ["1"]);
    // The doctor was registered today, and the scheme holds since 2021.
    assert_eq!(recorded("as_of=2021-01-09").await, ["2"]);
    let none = client.get(&format!("/v1/trainees/{id}/history?as_of=2021-01-08")).await;
    none.expect_problem(404, "not_found");
    instance.stop().await;
}

#[tokio::test]
async fn a_cursor_of_another_list_or_time_is_refused() {
    let instance = Instance::start().await;
    let client = instance.client();
    for number in 1..=2 {
        registered(&client, number).await;
    }
    let wait = [("Min-Log-Position", "2")];
    let page = client.get_with("/v1/trainees?limit=1", &wait).await.expect(200);
    let id = page.body["items"][0]["id"].as_str().expect("an id");
    let cursor = page.body["next_cursor"].as_str().expect("a second page");
    let other = client.get(&format!("/v1/trainees/{id}/history?cursor={cursor}")).await;
    assert_eq!(other.expect_problem(422, "invalid_request").pointers(), ["/query/cursor"]);

    use alis::http::page::Cursor;
    use jiff::civil::Date;
    let as_of = jiff::civil::date(2020, 1, 1);
    let behind = |as_of, known_at| {
        let (after, sort, value) = (String::new(), None, None);
        Cursor { after, sort, value, as_of, known_at }
    };
    for made_up in [
        behind(as_of, 3),
        behind(as_of, i64::MAX),
        behind(as_of, -1),
        behind(Date::MIN, 1),
        behind(Date::MAX, 1),
    ] {
        let path = format!("/v1/trainees?cursor={}", made_up.encode());
        let answer = client.get(&path).await.expect_problem(422, "invalid_request");
        assert_eq!(answer.pointers(), ["/query/cursor"]);
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_next_link_keeps_the_filters_and_replaces_only_the_cursor() {
    let instance = Instance::start().await;
    let client = instance.client();
    for number in 1..=3 {
        client.post("/v1/trainees", trainee(number)).await.expect(201);
    }
    let wait = [("Min-Log-Position", "3")];
    let path = "/v1/trainees?limit=1&scheme=old&as_of=2020-02-01";
    let first = client.get_with(path, &wait).await.expect(200);
    let link = first.header("link").expect("a second page");
    assert!(
        link.starts_with("</v1/trainees?limit=1&scheme=old&as_of=2020-02-01&cursor="),
        "{link}"
    );
    let second = link.trim_start_matches('<').split('>').next().expect("a path");
    let second = client.get(second).await.expect(200);
    let link = second.header("link").expect("a third page");
    assert_eq!(link.matches("cursor=").count(), 1, "{link}");
    instance.stop().await;
}
