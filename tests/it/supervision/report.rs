//! The report on supervision through HTTP.

use serde_json::{Value, json};

use super::Scene;
use crate::support::client::Answer;
use crate::support::sample;

const REPORT: &str = "/v1/reports/supervision-status";

impl Scene {
    async fn report(&self, query: &str) -> Answer {
        let head = self.head().await.to_string();
        let wait = [("Min-Log-Position", head.as_str())];
        self.client.get_with(&format!("{REPORT}?{query}"), &wait).await
    }
}

/// The rows by what matters here.
fn rows(report: &Answer) -> Vec<(&str, &str, Option<&str>)> {
    let rows = report.body["rows"].as_array().expect("a report has rows").iter();
    rows.map(|row| {
        let text = |name: &str| row[name].as_str();
        let trainee = text("trainee").expect("every row names a trainee");
        (trainee, text("qualification").expect("every row has one"), text("status"))
    })
    .collect()
}

fn total(report: &Answer, name: &str) -> Value {
    report.body["totals"][name].clone()
}

#[tokio::test]
async fn the_report_tells_whom_each_trainee_has_by_which_right_on_the_day() {
    let scene = Scene::start().await;
    sample::municipality(&scene.client, "1804").await;
    let alone = sample::trainee(&scene.client, "999000002").await;
    sample::position_of(&scene.client, &alone, "1804", "2025-03-01").await;
    let elsewhere = sample::trainee(&scene.client, "999000003").await;
    let supervisor = scene.supervisor("999000101", None).await;
    let exemption = scene.exemption(&supervisor).await;
    scene.assignment(&supervisor, "2025-01-01", None).await;

    let report = scene.report("as_of=2025-11-01").await.expect(200);
    let ours = scene.trainee.as_str();
    let expected = [(alone.as_str(), "none", None), (ours, "exemption", Some("active"))];
    assert_eq!(rows(&report), expected);
    assert!(!report.text.contains(&elsewhere), "{}", report.text);
    let row = &report.body["rows"][1];
    assert_eq!(row["municipality"], "5401");
    assert_eq!(row["supervisor"], json!(supervisor));
    assert_eq!(
        (&row["exemption"], &row["exemption_to"]),
        (&json!(exemption), &json!("2025-12-31"))
    );
    let totals = json!({"trainees": 2, "with_supervisor": 1, "without_supervisor": 1, "lapsed": 0,
        "by_exemption": 1, "off_site": 0, "exemptions_expiring_within_90_days": 1});
    assert_eq!(report.body["totals"], totals);

    let early = scene.report("as_of=2025-02-28").await.expect(200);
    assert_eq!(rows(&early), [(ours, "exemption", Some("active"))]);
    assert_eq!(total(&early, "exemptions_expiring_within_90_days"), 0);
    let late = scene.report("as_of=2026-01-01").await.expect(200);
    assert_eq!(rows(&late)[1], (ours, "none", Some("lapsed")));
    assert_eq!(late.body["rows"][1]["lapsed_since"], "2026-01-01");
    assert_eq!([total(&late, "lapsed"), total(&late, "with_supervisor")], [1, 0]);

    let one = scene.report("as_of=2025-11-01&municipality=1804").await.expect(200);
    assert_eq!(rows(&one), [(alone.as_str(), "none", None)]);
    let one = scene.report(&format!("as_of=2025-11-01&trainee={ours}")).await.expect(200);
    assert_eq!(rows(&one), [(ours, "exemption", Some("active"))]);
    scene.stop().await;
}

#[tokio::test]
async fn the_same_two_times_give_the_same_bytes_whatever_is_told_later() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", None).await;
    let exemption = scene.exemption(&supervisor).await;
    scene.assignment(&supervisor, "2025-01-01", None).await;
    let known = scene.head().await;
    let query = format!("as_of=2025-06-01&known_at={known}");
    let before = scene.report(&query).await.expect(200);
    let revoked = json!({"on": "2025-03-01", "reason": "The conditions are not met."});
    scene.on_exemption(&exemption, "revocation", revoked).await.expect(200);
    let after = scene.report(&query).await.expect(200);
    assert_eq!(before.text, after.text);
    assert_eq!(before.header("etag"), after.header("etag"));
    let now = scene.report("as_of=2025-06-01").await.expect(200);
    assert_eq!(rows(&now)[0].2, Some("lapsed"));
    scene.stop().await;
}

#[tokio::test]
async fn the_report_comes_as_csv_in_the_language_asked_for() {
    let scene = Scene::start().await;
    let supervisor = scene.supervisor("999000101", Some("2015-01-01")).await;
    let body = json!({"trainee": scene.trainee, "supervisor": supervisor, "from": "2025-01-01",
        "mode": "remote", "same_office": false});
    let id = scene.client.post("/v1/supervisor-assignments", body).await.expect(201).id();
    let position = scene.on_assignment(&id, "acceptance", json!({})).await.expect(200).position();
    let position = position.to_string();
    let headers = [
        ("Accept", "text/csv"),
        ("Accept-Language", "nb"),
        ("Min-Log-Position", position.as_str()),
    ];
    let path = format!("{REPORT}?as_of=2025-06-01");
    let csv = scene.client.get_with(&path, &headers).await.expect(200);
    let mut lines = csv.text.lines();
    assert_eq!(
        lines.next(),
        Some(
            "Lege i spesialisering,Kommune,Veileder,Type,Status,Grunnlag,Fritak,\
             Fritak til og med,Veiledningsform,Samme kontor,Over kapasitet,Uten grunnlag siden"
        )
    );
    let trainee = &scene.trainee;
    let words = "Individuell,Aktiv,Spesialist,,,Fjernveiledning,Nei,Nei";
    let row = format!("{trainee},5401,{supervisor},{words},");
    assert_eq!((lines.next(), lines.next()), (Some(row.as_str()), None));
    let json = scene.report("as_of=2025-06-01&format=json").await.expect(200);
    assert_eq!(total(&json, "off_site"), 1);
    let wrong = scene.report("format=xml&limit=5").await.expect_problem(422, "invalid_request");
    assert_eq!(wrong.pointers(), ["/query/format", "/query/limit"]);
    let none = scene.client.get_with(REPORT, &[("Accept", "image/png")]).await;
    none.expect_problem(406, "not_acceptable");
    scene.stop().await;
}
