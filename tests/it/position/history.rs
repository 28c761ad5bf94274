//! The history of one occupancy: its own events, of all that happened to the position.

use serde_json::{Value, json};

use super::{act, established, fill, trainee};
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;

fn types(history: &Answer) -> Vec<&str> {
    let items = history.body["items"].as_array().expect("items").iter();
    items.filter_map(|event| event["type"].as_str()).collect()
}

/// A position that was held from May to December 2019, and by another doctor since.
struct Held {
    position: String,
    first: String,
    second: String,
}

async fn held(client: &Client) -> Held {
    let position = established(client, 100).await;
    let (kari, ola) = (trainee(client, 1).await, trainee(client, 2).await);
    let first = act(client, &position, "occupancies", fill(&kari, "2019-05-01", 80)).await;
    let first = first.expect(201).id();
    let terms = json!({"from": "2019-06-01", "percent": 60});
    act(client, &position, &format!("occupancies/{first}/terms"), terms).await.expect(200);
    let end = json!({"to": "2019-12-31", "reason": "contract_end"});
    act(client, &position, &format!("occupancies/{first}/end"), end).await.expect(200);
    let second = act(client, &position, "occupancies", fill(&ola, "2020-02-01", 100)).await;
    let second = second.expect(201).id();
    Held { position, first, second }
}

#[tokio::test]
async fn an_occupancy_has_its_own_events_page_by_page_and_as_they_were_known() {
    let instance = Instance::start().await;
    let client = instance.client();
    let Held { position, first, second } = held(&client).await;
    let address = |occupancy: &str| format!("/v1/positions/{position}/occupancies/{occupancy}");
    let all = client.get(&format!("{}/history", address(&first))).await.expect(200);
    let expected = [
        "no.alis.position.occupancy_ended.v1",
        "no.alis.position.terms_changed.v1",
        "no.alis.position.filled.v1",
    ];
    assert_eq!(types(&all), expected);
    let other = client.get(&format!("{}/history", address(&second))).await.expect(200);
    assert_eq!(types(&other), ["no.alis.position.filled.v1"]);
    let whole = client.get(&format!("/v1/positions/{position}/history")).await.expect(200);
    assert_eq!(types(&whole).len(), 5, "the position's has both");

    let (mut paged, mut next) = (Vec::<Value>::new(), String::new());
    loop {
        let page = format!("{}/history?limit=2{next}", address(&first));
        let page = client.get(&page).await.expect(200);
        paged.extend(page.body["items"].as_array().expect("items").clone());
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(&paged, all.body["items"].as_array().expect("items"));
    let ended: i64 = paged[0]["position"].as_str().and_then(|at| at.parse().ok()).expect("a place");
    let before = format!("{}/history?known_at={}", address(&first), ended - 1);
    assert_eq!(types(&client.get(&before).await.expect(200)), expected[1..]);
    let early = format!("{}/history?as_of=2019-05-31", address(&first));
    assert_eq!(types(&client.get(&early).await.expect(200)), expected[2..]);
    instance.stop().await;
}

#[tokio::test]
async fn an_occupancy_entered_in_error_is_gone_and_its_history_stays() {
    let instance = Instance::start().await;
    let client = instance.client();
    let Held { position, first, second } = held(&client).await;
    let address = format!("/v1/positions/{position}/occupancies/{second}");
    let never = json!({"entered_in_error": true, "reason": "Another position"});
    client.post(&format!("{address}/correction"), never).await.expect(200);
    client.get(&address).await.expect_problem(404, "not_found");
    let history = client.get(&format!("{address}/history")).await.expect(200);
    let expected = ["no.alis.position.occupancy_corrected.v1", "no.alis.position.filled.v1"];
    assert_eq!(types(&history), expected);
    // What is no occupancy of this position has none.
    let another = established_beside(&client).await;
    for nothing in [
        format!("/v1/positions/{another}/occupancies/{first}/history"),
        format!("/v1/positions/{position}/occupancies/{position}/history"),
    ] {
        client.get(&nothing).await.expect_problem(404, "not_found");
    }
    instance.stop().await;
}

async fn established_beside(client: &Client) -> String {
    client.post("/v1/positions", super::position(100)).await.expect(201).id()
}
