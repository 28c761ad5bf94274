//! The operations on proofs.

use alis::identity::cast::Scenario;
use alis::proof::note::{Checkpoint, Verifier, hash_of};
use alis::proof::receipt;
use alis::proof::tree::{self, Hash, Head};
use serde_json::{Value, json};

use super::key;
use crate::access::world::World;
use crate::support::client::{Answer, Client};
use crate::support::instance::Instance;
use crate::support::postgres::connect;

fn trainee(number: u32) -> Value {
    let hpr_number = (999_000_000 + number).to_string();
    json!({ "hpr_number": hpr_number, "name": "Kari Eksempel", "scheme": "old" })
}

async fn registered(client: &Client, number: u32) -> Answer {
    client.post("/v1/trainees", trainee(number)).await.expect(201)
}

/// The newest checkpoint, of at least so many events.
async fn checkpoint(client: &Client, least: i64) -> Checkpoint {
    let least = least.to_string();
    let answer = client.get_with("/v1/log/checkpoint", &[("Min-Log-Position", &least)]).await;
    let answer = answer.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    Checkpoint::open(&answer.text, &[key()]).expect("it is signed")
}

fn hash(value: &Value) -> Hash {
    hash_of(value.as_str().expect("a text")).expect("a hash")
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().expect("a list").iter().map(hash).collect()
}

#[tokio::test]
async fn a_change_names_its_receipt_which_holds_with_the_published_key() {
    let instance = Instance::start().await;
    let client = instance.client();
    let keys = client.get("/v1/log/key").await.expect(200).text;
    let keys: Vec<_> = keys.lines().map(|line| Verifier::parse(line).expect("a key")).collect();
    assert_eq!(keys, [key()]);
    for number in 1..=5 {
        let answer = registered(&client, number).await;
        let link = answer.header("link").expect("a receipt");
        let address = link.strip_prefix('<').and_then(|l| l.strip_suffix(">; rel=\"receipt\""));
        let text = client.get(address.expect("a link")).await.expect(200).text;
        let proven = receipt::verify(&text, &keys).expect("it holds");
        assert_eq!(proven.event.position, answer.position());
        assert_eq!(proven.event.subjects[0], format!("trainee:{}", answer.id()));
        assert!(proven.checkpoint.events.size >= u64::from(number));
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_retry_names_the_same_receipt_and_what_recorded_nothing_names_none() {
    let instance = Instance::start().await;
    let client = instance.client();
    let key = [("Idempotency-Key", "once")];
    let first = client.post_with("/v1/trainees", &key, trainee(1)).await.expect(201);
    registered(&client, 2).await;
    let again = client.post_with("/v1/trainees", &key, trainee(1)).await.expect(201);
    assert_eq!(again.header("link"), first.header("link"));
    assert_eq!(first.header("link"), Some("</v1/log/receipts/1>; rel=\"receipt\""));
    let rehearsed = client.post("/v1/trainees?dry_run=true", trainee(3)).await.expect(200);
    assert_eq!(rehearsed.header("link"), None);
    let change = format!("/v1/trainees/{}/scheme", first.id());
    let scheme = json!({ "scheme": "new", "from": "2021-01-01", "reason": "Converted" });
    client.post(&change, scheme.clone()).await.expect(200);
    for key in [&[][..], &[("Idempotency-Key", "nothing")], &[("Idempotency-Key", "nothing")]] {
        let already = client.post_with(&change, key, scheme.clone()).await.expect(200);
        assert_eq!(already.header("link"), None, "{key:?}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn every_event_is_proven_to_be_in_every_checkpoint_after_it() {
    let instance = Instance::start().await;
    let client = instance.client();
    for number in 1..=7 {
        registered(&client, number).await;
    }
    let newest = checkpoint(&client, 7).await.events;
    assert_eq!(newest.size, 7);
    for size in 1..=7_u64 {
        for position in 1..=size {
            let path = format!("/v1/log/proofs/inclusion?position={position}&size={size}");
            let proof = client.get(&path).await.expect(200).body;
            let (leaf, root) = (hash(&proof["leaf"]), hash(&proof["root"]));
            let proof = hashes(&proof["hashes"]);
            assert!(tree::is_included(leaf, position - 1, size, &proof, &root), "{path}");
        }
        let path = format!("/v1/log/proofs/consistency?from={size}");
        let proof = client.get(&path).await.expect(200).body;
        assert_eq!((proof["to"].as_u64(), hash(&proof["to_root"])), (Some(7), newest.root));
        let older = Head { size, root: hash(&proof["from_root"]) };
        assert!(tree::is_consistent(&older, &newest, &hashes(&proof["hashes"])), "{path}");
    }
    let whole = client.get("/v1/log/proofs/inclusion?position=3").await.expect(200).body;
    assert_eq!((whole["size"].as_u64(), hash(&whole["root"])), (Some(7), newest.root));
    instance.stop().await;
}

#[tokio::test]
async fn a_checkpoint_is_followed_by_one_that_goes_on_from_it() {
    let instance = Instance::start().await;
    let client = instance.client();
    registered(&client, 1).await;
    let older = checkpoint(&client, 1).await;
    assert_eq!(older.origin, "test.invalid/alis");
    registered(&client, 2).await;
    let newer = checkpoint(&client, 2).await;
    let path =
        format!("/v1/log/proofs/consistency?from={}&to={}", older.events.size, newer.events.size);
    let proof = client.get(&path).await.expect(200);
    let hashes = hashes(&proof.body["hashes"]);
    assert!(tree::is_consistent(&older.events, &newer.events, &hashes));
    // The same proof again is the same bytes; who has them is told so.
    let held = [("If-None-Match", proof.etag())];
    let again = client.get_with(&path, &held).await.expect(304);
    assert_eq!(again.text, "");
    let held = client.get("/v1/log/checkpoint").await.expect(200);
    let etag = held.etag().to_owned();
    client.get_with("/v1/log/checkpoint", &[("If-None-Match", &etag)]).await.expect(304);
    registered(&client, 3).await;
    checkpoint(&client, 3).await;
    client.get_with("/v1/log/checkpoint", &[("If-None-Match", &etag)]).await.expect(200);
    instance.stop().await;
}

#[tokio::test]
async fn what_is_not_there_and_what_makes_no_sense_is_refused() {
    let instance = Instance::start().await;
    let client = instance.client();
    registered(&client, 1).await;
    registered(&client, 2).await;
    checkpoint(&client, 2).await;
    for path in [
        "/v1/log/receipts/0",
        "/v1/log/receipts/3",
        "/v1/log/receipts/-1",
        "/v1/log/receipts/01x",
        "/v1/log/receipts/9999999999999999999",
        "/v1/log/proofs/inclusion?position=3",
        "/v1/log/proofs/inclusion?position=2&size=1",
    ] {
        client.get(path).await.expect_problem(404, "not_found");
    }
    for (path, pointer) in [
        ("/v1/log/proofs/inclusion", "/query/position"),
        ("/v1/log/proofs/inclusion?position=0", "/query/position"),
        ("/v1/log/proofs/inclusion?position=1&size=3", "/query/size"),
        ("/v1/log/proofs/inclusion?position=1&size=x", "/query/size"),
        ("/v1/log/proofs/consistency", "/query/from"),
        ("/v1/log/proofs/consistency?from=2&to=1", "/query/from"),
        ("/v1/log/proofs/consistency?from=1&to=3", "/query/to"),
        ("/v1/log/receipts/1?as_of=2020-01-01", "/query/as_of"),
        ("/v1/log/checkpoint?known_at=1", "/query/known_at"),
    ] {
        let refused = client.get(path).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.pointers(), [pointer], "{path}");
    }
    instance.stop().await;
}

#[tokio::test]
async fn a_receipt_is_for_whoever_sees_the_event_in_the_feed() {
    use std::collections::BTreeSet;
    let world = World::new().await;
    let head = world.client.get("/v1/log/key").await.expect(200).position();
    let position = head.to_string();
    let newest = [("Min-Log-Position", position.as_str())];
    world.client.get_with("/v1/log/checkpoint", &newest).await.expect(200);
    for (who, all) in [
        (Scenario::Auditor, true),
        (Scenario::Municipality, false),
        (Scenario::OtherMunicipality, false),
        (Scenario::Trainee, false),
        (Scenario::Reporting, false),
    ] {
        let client = world.as_one(who);
        let feed = client.get_with("/v1/events?limit=1000", &newest).await.expect(200).body;
        let events = feed.as_array().expect("a batch").iter();
        let position = |event: &Value| event["position"].as_str().and_then(|p| p.parse().ok());
        let seen: BTreeSet<i64> = events.map(|event| position(event).expect("one")).collect();
        assert_eq!(seen.len() == usize::try_from(head).expect("small"), all, "{who:?}");
        for position in 1..=head {
            let answer = client.get(&format!("/v1/log/receipts/{position}")).await;
            let expected = if seen.contains(&position) { 200 } else { 404 };
            assert_eq!(answer.status, expected, "{who:?} at {position}: {}", answer.text);
        }
    }
    world.instance.stop().await;
}

#[tokio::test]
async fn an_event_that_is_not_sealed_in_time_has_no_receipt_yet() {
    let instance = Instance::start().await;
    let client = instance.client();
    let mut owner = connect(&instance.database.admin).await;
    let held = owner.transaction().await.expect("it begins");
    held.execute("select from alis.proof for update", &[]).await.expect("the owner may");
    let answer = registered(&client, 1).await;
    let receipt = client.get("/v1/log/receipts/1").await.expect_problem(503, "not_yet_sealed");
    assert_eq!(receipt.header("retry-after"), Some("1"));
    held.rollback().await.expect("it ends");
    checkpoint(&client, answer.position()).await;
    client.get("/v1/log/receipts/1").await.expect(200);
    instance.stop().await;
}
