//! Answers that are given again are those that would have been made anew.

use serde_json::{Value, json};

use super::{established, registered};
use crate::support::client::Client;
use crate::support::instance::Instance;

#[tokio::test]
async fn an_answer_given_again_is_the_same_until_any_instance_changes_the_resource() {
    let instance = Instance::start().await;
    let other = instance.another().await;
    let elsewhere = Client::new(other.address);
    let position = established(&instance, "2020-01-01").await;
    let path = format!("/v1/positions/{}", position.id());
    let client = instance.client();
    let first = client.get(&path).await.expect(200);
    let again = client.get(&path).await.expect(200);
    assert_eq!((&first.body, first.etag()), (&again.body, again.etag()));
    assert_eq!(first.header("content-type"), again.header("content-type"));
    assert!(again.position() >= first.position());
    client.get_with(&path, &[("If-None-Match", again.etag())]).await.expect(304);

    // The other instance answered first as well, and changes it now.
    elsewhere.get(&path).await.expect(200);
    let body = json!({ "on": "2020-02-01", "apply_by": "2020-03-01" });
    let announced = elsewhere.post(&format!("{path}/announcements"), body).await.expect(200);
    let seen = client.get(&path).await.expect(200);
    assert_eq!((seen.etag(), &seen.body), (announced.etag(), &announced.body));
    assert_ne!(seen.body, first.body);
    client.get_with(&path, &[("If-None-Match", first.etag())]).await.expect(200);
    // What was known then is not what is kept now.
    let then = client.get(&format!("{path}?known_at={}", first.position())).await.expect(200);
    assert_eq!(then.body, first.body);
    other.stop().await;
    instance.stop().await;
}

#[tokio::test]
async fn who_was_erased_is_not_named_again() {
    let instance = Instance::start().await;
    let client = instance.client();
    let trainee = registered(&client, 1).await;
    let path = format!("/v1/trainees/{}", trainee.id());
    for _ in 0..2 {
        let recorded = client.get(&path).await.expect(200);
        assert_eq!(recorded.body["name"], "Kari Eksempel");
    }
    let admin = instance.database.connect().await;
    admin.batch_execute("delete from alis.person_key").await.expect("the owner may");
    let recorded = client.get(&path).await.expect(200);
    assert_eq!(
        (&recorded.body["name"], &recorded.body["hpr_number"]),
        (&Value::Null, &Value::Null)
    );
    instance.stop().await;
}
