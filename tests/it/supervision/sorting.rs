//! What assignments, exemptions and supervisors are sorted by.

use serde_json::json;

use super::{Scene, ids};

#[tokio::test]
async fn assignments_come_by_their_first_day() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let last = scene.assignment(&supervisor, "2025-03-01", None).await;
    let first = scene.assignment(&supervisor, "2025-01-01", Some("2025-01-31")).await;
    let second = scene.assignment(&supervisor, "2025-02-01", Some("2025-02-28")).await;
    let list = "/v1/supervisor-assignments?sort";
    assert_eq!(ids(&scene.list(&format!("{list}=created")).await), [&last[..], &first, &second]);
    assert_eq!(ids(&scene.list(&format!("{list}=from")).await), [&first[..], &second, &last]);
    let of_one = format!("{list}=-from&supervisor={supervisor}");
    assert_eq!(ids(&scene.list(&of_one).await), [&last[..], &second, &first]);
    scene.stop().await;
}

#[tokio::test]
async fn exemptions_come_by_the_day_they_expire_and_those_that_do_not_come_last() {
    let scene = Scene::start().await;
    let mut granted = Vec::new();
    for (hpr_number, to) in [("999000101", "2025-12-31"), ("999000102", "2025-06-30")] {
        let supervisor = scene.supervisor(hpr_number, None).await;
        let id = scene.drafted(&supervisor).await;
        scene.on_exemption(&id, "submission", json!({"on": "2024-11-15"})).await.expect(200);
        let grant = json!({"outcome": "granted", "on": "2024-12-01", "from": "2025-01-01",
            "to": to});
        scene.on_exemption(&id, "decision", grant).await.expect(200);
        granted.push(id);
    }
    let (late, early) = (&granted[0][..], &granted[1][..]);
    let supervisor = scene.supervisor("999000103", None).await;
    let waits = &scene.drafted(&supervisor).await[..];
    scene.on_exemption(waits, "submission", json!({"on": "2024-11-15"})).await.expect(200);
    let list = "/v1/supervision-exemptions?as_of=2025-01-01&sort";
    assert_eq!(ids(&scene.list(&format!("{list}=expires_on")).await), [early, late, waits]);
    assert_eq!(ids(&scene.list(&format!("{list}=-expires_on")).await), [waits, late, early]);
    let soon = format!("{list}=-expires_on&expires_before=2026-01-01");
    assert_eq!(ids(&scene.list(&soon).await), [late, early]);
    // Page by page, over the end of those that expire.
    let first = format!("{list}=expires_on&limit=2");
    let head = scene.head().await.to_string();
    let page = scene.client.get_with(&first, &[("Min-Log-Position", &head)]).await.expect(200);
    let cursor = page.body["next_cursor"].as_str().expect("a second page");
    assert_eq!(ids(&scene.list(&format!("{first}&cursor={cursor}")).await), [waits]);
    let back = format!("{list}=-expires_on&limit=1");
    let page = scene.client.get(&back).await.expect(200);
    let cursor = page.body["next_cursor"].as_str().expect("a second page");
    assert_eq!(ids(&scene.list(&format!("{back}&cursor={cursor}")).await), [late]);
    scene.stop().await;
}

#[tokio::test]
async fn supervisors_come_by_how_many_they_supervise_on_the_day() {
    let scene = Scene::start().await;
    let busy = scene.supervisor("999000101", Some("2015-01-01")).await;
    let free = scene.supervisor("999000102", Some("2015-01-01")).await;
    scene.assignment(&busy, "2025-01-01", Some("2025-01-31")).await;
    let list = "/v1/supervisors?specialist=true&sort=active_trainees&as_of";
    assert_eq!(ids(&scene.list(&format!("{list}=2025-01-31")).await), [&free[..], &busy]);
    // Equal ones come as they were registered.
    assert_eq!(ids(&scene.list(&format!("{list}=2025-02-01")).await), [&busy[..], &free]);
    let most = "/v1/supervisors?sort=-active_trainees&limit=1&as_of=2025-01-31";
    assert_eq!(ids(&scene.list(most).await), [&busy[..]]);
    scene.stop().await;
}
