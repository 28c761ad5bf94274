//! A parent with more children than one answer, one decision or one statement can hold.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::{occupancy, position, read};
use crate::support::instance::Instance;
use crate::support::sample;

const CHILDREN: i64 = 64_000;
/// The largest page.
const PAGE: usize = 200;
/// How long the read models may take to hear of them all.
const CAUGHT_UP_SECONDS_MAX: u64 = 120;

/// Positions of one municipality, as many as the register of a country will never have in one.
async fn crowd(admin: &tokio_postgres::Client) {
    let sql = format!(
        "create temp table made on commit drop as
         select n, 'position:' || gen_random_uuid() as name from generate_series(1, {CHILDREN}) n;
         with start as (select head from alis.log where log = 1)
         insert into alis.event
         select 1, start.head + n, gen_random_uuid(), 'position.established.v1', 1, now(),
                '2020-01-01', '5401', array[name],
                json_build_object('position', split_part(name, ':', 2), 'municipality', '5401',
                  'category', 'regular_gp', 'percent', 100, 'from', '2020-01-01',
                  'intended_operating_model', 'salaried'), '{{}}'
         from start, made order by n;
         with start as (select head, subjects from alis.log where log = 1)
         insert into alis.subject
         select 1, start.subjects + n, name, start.head + n from start, made;
         with start as (select head, subjects from alis.log where log = 1)
         insert into alis.event_subject
         select 1, start.subjects + n, start.head + n from start, made;
         update alis.log set head = head + {CHILDREN}, subjects = subjects + {CHILDREN}
         where log = 1"
    );
    admin.batch_execute(&sql).await.expect("the owner of the tables can add to them");
}

#[tokio::test]
async fn a_municipality_with_64_000_positions_is_listed_counted_and_added_to() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    crowd(&instance.database.connect().await).await;
    // Decided while the read models are still far behind.
    let made = client.post("/v1/positions", position()).await.expect(201);
    let trainee = sample::trainee(&client, "999000001").await;
    let path = format!("/v1/positions/{}/occupancies", made.id());
    let filled = client.post(&path, occupancy(&trainee)).await.expect(201).position();
    let report = "/v1/reports/staffing?as_of=2020-06-01&municipality=5401";
    let waited = tokio::time::Instant::now();
    let wait = filled.to_string();
    while client.get_with(report, &[("Min-Log-Position", wait.as_str())]).await.status == 503 {
        let limit = Duration::from_secs(CAUGHT_UP_SECONDS_MAX);
        assert!(waited.elapsed() < limit, "the read models do not catch up");
    }
    let staffing = client.get(report).await.expect(200);
    let total = &staffing.body["totals"];
    assert_eq!((&total["positions"], &total["filled"]), (&json!(CHILDREN + 1), &json!(1)));

    let mut seen = BTreeSet::new();
    let mut next = Some(format!("/v1/positions?municipality=5401&limit={PAGE}"));
    while let Some(path) = next {
        let page = read(&client, &path, filled).await;
        let items = page.body["items"].as_array().expect("a page");
        assert!(items.len() <= PAGE);
        seen.extend(items.iter().filter_map(|item| Some(item["id"].as_str()?.to_owned())));
        let cursor = page.body["next_cursor"].as_str();
        next = cursor
            .map(|cursor| format!("/v1/positions?municipality=5401&limit={PAGE}&cursor={cursor}"));
    }
    assert_eq!(i64::try_from(seen.len()), Ok(CHILDREN + 1), "each once, none left out");
    instance.stop().await;
}
