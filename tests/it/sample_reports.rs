//! The reports on supervision and on learning goals over the ALIS-Nord sample, against counts of
//! the sample's own lines that know nothing of the service.

mod goals;
mod supervision;

use serde_json::{Value, json};

use crate::staffing::{Imported, report};

/// Days on which something of the sample begins, ends or runs out, and the days beside them.
const DAYS: [&str; 18] = [
    "2019-01-01",
    "2019-05-01",
    "2019-10-31",
    "2019-11-01",
    "2019-12-08",
    "2019-12-09",
    "2020-02-09",
    "2020-02-10",
    "2020-02-29",
    "2020-03-01",
    "2020-03-31",
    "2020-08-17",
    "2020-10-02",
    "2020-12-31",
    "2021-01-01",
    "2021-06-30",
    "2021-07-01",
    "2026-06-01",
];

/// Points of knowledge: before the late facts, after them, with supervision but no goals, and all.
fn known(imported: &Imported) -> [u64; 5] {
    let (late, end) = imported.sample.late_facts();
    let last = imported.sample.last_line();
    [late, end, end + (last - end) / 3, last - 30, last]
}

async fn goal(imported: &Imported, trainee: &str, code: &str, as_of: &str) -> Value {
    let trainee = imported.id(trainee);
    let path = format!("/v1/trainees/{trainee}/learning-goals/{code}?as_of={as_of}");
    imported.client().get(&path).await.expect(200).body
}

#[tokio::test]
async fn supervision_agrees_with_a_count_of_the_lines_on_every_day() {
    let imported = Imported::start().await;
    let client = imported.client();
    for line in known(&imported) {
        let position = imported.position_at(line);
        for day in DAYS {
            let query = format!("as_of={day}&known_at={position}");
            let recorded = report(&client, "supervision-status", &query).await;
            let counted = supervision::count(&imported.sample, day, line);
            let figures = supervision::figures(&recorded);
            assert_eq!(figures, counted, "as of {day}, known at line {line}");
        }
    }
    let expected = supervision::Count {
        trainees: 26,
        with_supervisor: 9,
        without_supervisor: 17,
        lapsed: 1,
        by_exemption: 1,
        off_site: 5,
        exemptions_expiring_within_90_days: 0,
        over_capacity: 3,
    };
    let last = imported.sample.last_line();
    assert_eq!(supervision::count(&imported.sample, "2020-03-31", last), expected);
    imported.instance.stop().await;
}

#[tokio::test]
async fn progress_agrees_with_a_count_of_the_lines_on_every_day() {
    let imported = Imported::start().await;
    let client = imported.client();
    for line in known(&imported) {
        let position = imported.position_at(line);
        for day in DAYS {
            let query = format!("as_of={day}&known_at={position}");
            let recorded = report(&client, "goal-progress", &query).await;
            let counted = goals::count(&imported.sample, day, line);
            assert_eq!(goals::figures(&recorded), counted, "as of {day}, known at line {line}");
        }
    }
    let last = imported.sample.last_line();
    let on = goals::count(&imported.sample, "2020-03-31", last);
    let expected = goals::Count {
        trainees: 4,
        plans: 6,
        total: 108,
        not_started: 108 - 4 - 1 - 8 - 1,
        submitted: 4,
        returned: 1,
        approved: 8,
        revoked: 1,
    };
    assert_eq!(on, expected);
    imported.instance.stop().await;
}

#[tokio::test]
async fn the_sample_shows_a_goal_in_every_status() {
    let imported = Imported::start().await;
    for (code, status, turn) in [
        ("ALM-003", "submitted", "supervisor"),
        ("ALM-004", "submitted", "leader"),
        ("ALM-001", "approved", "nobody"),
        ("ALM-005", "returned", "trainee"),
        ("ALM-006", "revoked", "trainee"),
        ("ALM-007", "submitted", "supervisor"),
        ("ALM-008", "approved", "nobody"),
        ("ALM-009", "not_started", "trainee"),
    ] {
        let goal = goal(&imported, "trainee:1", code, "2020-03-31").await;
        assert_eq!((&goal["status"], &goal["whose_turn"]), (&json!(status), &json!(turn)));
    }
    let earlier = goal(&imported, "trainee:1", "ALM-007", "2019-09-30").await;
    assert_eq!(earlier["status"], "approved");
    let revoked = goal(&imported, "trainee:1", "ALM-007", "2019-10-14").await;
    assert_eq!(revoked["status"], "revoked");
    imported.instance.stop().await;
}

#[tokio::test]
async fn what_rana_approved_stands_in_hadsel() {
    let imported = Imported::start().await;
    let trainee = imported.id("trainee:27");
    let path = format!("/v1/trainees/{trainee}?as_of=2021-01-01");
    let now = imported.client().get(&path).await.expect(200).body;
    let last = now["positions"].as_array().and_then(|positions| positions.last());
    assert_eq!(last.map(|held| &held["municipality"]), Some(&json!("1866")), "{now}");
    for (code, municipality) in
        [("ALM-001", "1833"), ("ALM-002", "1833"), ("ALM-010", "1833"), ("ALM-011", "1866")]
    {
        let goal = goal(&imported, "trainee:27", code, "2021-01-01").await;
        assert_eq!(goal["status"], "approved", "{code}");
        assert_eq!(goal["decision"]["municipality"], municipality, "{code}");
    }
    imported.instance.stop().await;
}

#[test]
fn the_catalogue_of_the_sample_is_the_one_that_is_shipped() {
    let sample = crate::staffing::count::Sample::read();
    let mut posts = sample.posts(sample.last_line());
    let (_, line) = posts.find(|(parts, _)| parts[..] == ["curricula"]).expect("it is there");
    assert_eq!(line["body"], crate::curriculum::demo());
}
