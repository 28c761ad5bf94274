//! Who was kept long enough is erased by the clock, if a setting says how long that is.

use std::collections::BTreeMap;
use std::time::Duration;

use alis::app::{self, Running};
use alis::capabilities::person::retention;
use alis::http::{beginning_of, today};
use jiff::ToSpan;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::person;
use crate::curriculum::demo;
use crate::support::client::Client;
use crate::support::instance::{Instance, settings};
use crate::support::sample;

const YEARS: u16 = 10;
/// Longer than a look takes.
const MOMENT: Duration = Duration::from_millis(300);
const WAIT_MS: u64 = 50;
const WAITS_MAX: u32 = 200;

/// Persons by what they are here.
struct Register {
    instance: Instance,
    client: Client,
    ids: BTreeMap<&'static str, (&'static str, String)>,
    next: u32,
}

impl Register {
    async fn new() -> Self {
        let instance = Instance::start().await;
        let client = instance.client();
        sample::municipality(&client, "5401").await;
        client.post("/v1/curricula", demo()).await.expect(201);
        Self { instance, client, ids: BTreeMap::new(), next: 999_004_000 }
    }

    fn number(&mut self) -> String {
        self.next += 1;
        self.next.to_string()
    }

    async fn add(&mut self, what: &'static str, kind: &'static str, number: &str) -> String {
        let id = person(&self.client, kind, number).await;
        self.ids.insert(what, (kind, id.clone()));
        id
    }

    async fn add_new(&mut self, what: &'static str, kind: &'static str) -> String {
        let number = self.number();
        self.add(what, kind, &number).await
    }

    fn id(&self, what: &str) -> &str {
        &self.ids[what].1
    }

    /// An occupancy of a position in 2014, or from then on.
    async fn employ(&self, trainee: &str, to: Option<&str>) {
        let position = json!({"municipality": "5401", "category": "regular_gp", "percent": 100,
            "intended_operating_model": "salaried", "from": "2014-01-01"});
        let position = self.client.post("/v1/positions", position).await.expect(201).id();
        let fill = json!({"trainee": trainee, "from": "2014-01-01", "to": to, "percent": 100,
            "operating_model": "salaried"});
        let path = format!("/v1/positions/{position}/occupancies");
        self.client.post(&path, fill).await.expect(201);
    }

    async fn supervise(&self, supervisor: &str, trainee: &str, to: Option<&str>) {
        let body = json!({"supervisor": supervisor, "trainee": trainee, "from": "2014-01-01",
            "to": to, "mode": "on_site"});
        let path = "/v1/supervisor-assignments";
        let assignment = self.client.post(path, body).await.expect(201).id();
        self.client.post(&format!("{path}/{assignment}/acceptance"), json!({})).await.expect(200);
    }

    async fn lead(&self, leader: &str, municipality: &str, to: Option<&str>, by: Option<&str>) {
        let body = json!({"municipality": municipality, "from": "2020-01-01", "to": to,
            "delegated_by": by});
        self.client.post(&format!("/v1/leaders/{leader}/terms"), body).await.expect(200);
    }

    async fn end(&self, leader: &str, to: &str) {
        let path = format!("/v1/leaders/{leader}/end");
        self.client.post(&path, json!({"to": to})).await.expect(200);
    }

    /// Everything that is recorded becomes some years older.
    async fn age(&self, years: u16) {
        let admin = self.instance.database.connect().await;
        let sql = format!(
            "alter table alis.event disable trigger append_only;
             update alis.event set recorded_at = recorded_at - interval '{years} years';
             alter table alis.event enable trigger append_only;"
        );
        admin.batch_execute(&sql).await.expect("the owner may");
    }

    async fn name(&self, what: &str) -> Value {
        let (kind, id) = &self.ids[what];
        self.client.get(&format!("/v1/{kind}/{id}")).await.expect(200).body["name"].clone()
    }

    async fn named(&self) -> Vec<&'static str> {
        let mut named = Vec::new();
        for what in self.ids.keys() {
            if !self.name(what).await.is_null() {
                named.push(*what);
            }
        }
        named
    }

    async fn forgetting(&self, years: Option<u16>) -> Running {
        let mut settings = settings(&self.instance.database.admin);
        settings.person_years = years;
        app::start(settings).await.expect("the instance starts")
    }

    async fn erasures(&self) -> Vec<(Value, Value)> {
        let admin = self.instance.database.connect().await;
        let sql = "select payload::text, meta::text from alis.event \
                   where type = 'person.erased.v1' order by position";
        let rows = admin.query(sql, &[]).await.expect("the log can be read");
        let json = |text: &str| serde_json::from_str(text).expect("JSON");
        rows.iter().map(|row| (json(row.get(0)), json(row.get(1)))).collect()
    }
}

/// Everybody of whom nothing was told for eleven years but one, and what goes on about them.
async fn register() -> Register {
    let mut register = Register::new().await;
    let number = register.number();
    let trainee = register.add("a doctor who left", "trainees", &number).await;
    register.employ(&trainee, Some("2014-12-31")).await;
    let also = register.add("and supervised later", "supervisors", &number).await;
    let other = register.add_new("a doctor who was supervised", "trainees").await;
    register.supervise(&also, &other, Some("2015-12-31")).await;

    let employed = register.add_new("a doctor in a position", "trainees").await;
    register.employ(&employed, None).await;
    let leader = register.add_new("a leader", "leaders").await;
    let planned = register.add_new("a doctor with a plan", "trainees").await;
    register.employ(&planned, Some("2020-12-31")).await;
    let plan = json!({"curriculum": "demo-1", "plan": "alm", "by": leader, "on": "2020-02-01"});
    register.client.post(&format!("/v1/trainees/{planned}/plans"), plan).await.expect(201);
    let supervisor = register.add_new("a supervisor", "supervisors").await;
    let supervised = register.add_new("a doctor with a supervisor", "trainees").await;
    register.supervise(&supervisor, &supervised, None).await;

    let former = register.add_new("a former leader", "leaders").await;
    let delegate = register.add_new("whom they delegated to", "leaders").await;
    register.end(&delegate, "2019-12-31").await;
    register.lead(&delegate, "5401", None, Some(&former)).await;
    register.end(&former, "2020-12-31").await;
    let lasting = register.add_new("a leader's delegate", "leaders").await;
    register.end(&lasting, "2019-12-31").await;
    register.lead(&lasting, "5401", None, Some(&leader)).await;

    // One registration that goes on keeps the other.
    let number = register.number();
    register.add("a doctor who leads now", "trainees", &number).await;
    register.add("as a leader", "leaders", &number).await;
    register.add_new("a doctor who was heard of again", "trainees").await;
    register.age(YEARS + 1).await;
    let again = register.id("a doctor who was heard of again");
    let body = json!({"from": "2015-01-01", "scheme": "old", "reason": "Told late"});
    let correction = json!({"name": "Kari Igjen", "reason": body["reason"]});
    let path = format!("/v1/trainees/{again}/correction");
    register.client.post(&path, correction).await.expect(200);
    register
}

#[tokio::test]
async fn who_was_kept_long_enough_is_erased_by_the_clock_and_nobody_else() {
    let register = register().await;
    let everybody = register.named().await;
    assert_eq!(everybody.len(), register.ids.len());
    // Unless the setting says so, nobody is.
    let unset = register.forgetting(None).await;
    let longer = register.forgetting(Some(YEARS + 2)).await;
    tokio::time::sleep(MOMENT).await;
    assert_eq!(register.named().await, everybody);
    // Several instances do it together, and once.
    let (one, other) =
        tokio::join!(register.forgetting(Some(YEARS)), register.forgetting(Some(YEARS)));
    let gone = [
        "a doctor who left",
        "a doctor who was supervised",
        "a former leader",
        "and supervised later",
        "whom they delegated to",
    ];
    let kept: Vec<&str> = everybody.into_iter().filter(|what| !gone.contains(what)).collect();
    for _ in 0..WAITS_MAX {
        if register.named().await == kept {
            break;
        }
        tokio::time::sleep(Duration::from_millis(WAIT_MS)).await;
    }
    tokio::time::sleep(MOMENT).await;
    assert_eq!(register.named().await, kept);
    let erasures = register.erasures().await;
    assert_eq!(erasures.len(), gone.len(), "{erasures:?}");
    for (fact, meta) in &erasures {
        assert_eq!(fact["reason"], "kept_long_enough");
        assert_eq!(meta["actor"], json!({"kind": "service", "worker": "retention"}));
    }
    let trainee = register.id("a doctor who left");
    let together = erasures.iter().find(|(fact, _)| fact["person"] == json!(trainee));
    let (fact, _) = together.expect("the doctor is erased");
    assert_eq!(fact["together_with"], json!([register.id("and supervised later")]));
    // The keys go with it.
    let admin = register.instance.database.connect().await;
    for what in gone {
        let id: Uuid = register.id(what).parse().expect("an id");
        let sql = "select count(*) from alis.person_key where person = $1";
        let keys: i64 = admin.query_one(sql, &[&id]).await.expect("keys can be counted").get(0);
        assert_eq!(keys, 0, "{what}");
    }
    for running in [unset, longer, one, other] {
        running.stop().await;
    }
    register.instance.stop().await;
}

#[tokio::test]
async fn what_is_told_before_the_decision_keeps_a_person() {
    let mut register = Register::new().await;
    let id = register.add_new("a doctor", "trainees").await.parse().expect("an id");
    let log = register.instance.running.service.log.clone();
    let day = |years: i64| today().saturating_sub(years.years());
    let since = |years| beginning_of(day(years)).expect("a day");
    // Whoever was found too early: the person's own facts say no.
    let kept = retention::erase_if_over(&log, id, since(10), today()).await.expect("it answers");
    assert_eq!((kept, register.erasures().await.len()), (0, 0));
    register.age(11).await;
    let nobody = retention::erase_if_over(&log, Uuid::now_v7(), since(10), today()).await;
    assert_eq!(nobody.expect("it answers"), 0);
    for expected in [1, 0] {
        let erased = retention::erase_if_over(&log, id, since(10), today()).await;
        assert_eq!(erased.expect("it answers"), expected);
    }
    assert_eq!(register.erasures().await.len(), 1);
    register.instance.stop().await;
}

#[tokio::test]
async fn one_look_erases_so_many_and_no_more() {
    let mut register = Register::new().await;
    for _ in 0..=retention::ERASED_MAX {
        let number = register.number();
        person(&register.client, "supervisors", &number).await;
    }
    register.age(YEARS + 1).await;
    let log = register.instance.running.service.log.clone();
    let stop = CancellationToken::new();
    let mut counts = Vec::new();
    for _ in 0..3 {
        let count = retention::look(&log, YEARS, today(), &stop).await.expect("it answers");
        counts.push(count);
    }
    assert_eq!(counts, [retention::ERASED_MAX, 1, 0]);
    register.instance.stop().await;
}
