//! The staffing report on the ALIS-Nord sample, against a count of the sample's own lines that
//! knows nothing of the service: a second opinion, also on what was known when.

pub mod count;
mod suppressed;

use alis::identity::cast::Scenario;
use alis::import::{self, Mode, Outcome, Target, Verdict};
use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::instance::{Instance, token, token_as};
use count::{Count, Sample};

/// An instance that the sample was imported into, line by line.
pub struct Imported {
    pub instance: Instance,
    pub sample: Sample,
    pub verdicts: Vec<Verdict>,
}

impl Imported {
    pub async fn start() -> Self {
        let instance = Instance::start().await;
        let sample = Sample::read();
        let address = format!("http://{}", instance.running.address);
        let target = Target::new(&address, token().to_owned()).expect("an address");
        let mut import = import::Import::begin(&target, Mode::Record).await.expect("it begins");
        let mut verdicts = Vec::new();
        for (number, line) in (1..).zip(sample.lines()) {
            let verdict = import.take(number, line.as_bytes()).await.expect("it is answered");
            if let Some(verdict) = verdict {
                assert_eq!(verdict.verdict, Outcome::Recorded, "{verdict:?}");
                verdicts.push(verdict);
            }
        }
        Self { instance, sample, verdicts }
    }

    pub fn client(&self) -> Client {
        self.instance.client()
    }

    /// Where the log stood when line `number` had been recorded, or the last one before it.
    pub fn position_at(&self, number: u64) -> i64 {
        let recorded = self.verdicts.iter().filter(|verdict| verdict.line <= number);
        recorded.filter_map(|verdict| verdict.log_position).max().unwrap_or(0)
    }

    pub fn id(&self, line_key: &str) -> String {
        let key = format!("alis-nord-2020:{line_key}");
        let mut all = self.verdicts.iter();
        let verdict = all.find(|verdict| verdict.key.as_deref() == Some(&key));
        verdict.and_then(|verdict| verdict.id.clone()).expect("the line made something")
    }

    async fn staffing(&self, query: &str) -> Value {
        staffing(&self.client(), query).await
    }

    /// What somebody is told who may see no individuals.
    async fn shown_to_reporting(&self, query: &str) -> Value {
        let token = token_as(Scenario::Reporting);
        staffing(&self.client().showing(Some(&token)), query).await
    }
}

async fn staffing(client: &Client, query: &str) -> Value {
    report(client, "staffing", query).await
}

/// A report, after everything written so far.
pub async fn report(client: &Client, name: &str, query: &str) -> Value {
    let head = client.get("/v1/events?after=999999999999999999").await.expect(200).position();
    let head = head.to_string();
    let fresh = [("Min-Log-Position", head.as_str())];
    client.get_with(&format!("/v1/reports/{name}?{query}"), &fresh).await.expect(200).body
}

fn figures(totals: &Value) -> Count {
    let number = |name: &str| totals[name].as_i64().unwrap_or_else(|| panic!("{name}: {totals}"));
    Count {
        positions: number("positions"),
        municipalities: number("municipalities"),
        filled: number("filled"),
        vacant: number("vacant"),
        self_employed: number("self_employed"),
        salaried: number("salaried"),
        salaried_though_self_employed_intended: number("intended_self_employed_agreed_salaried"),
    }
}

#[tokio::test]
async fn alis_nord_answers_the_figures_of_the_evaluation() {
    let imported = Imported::start().await;
    let programme = imported.id("programme");
    let query = format!("as_of=2020-03-31&programme={programme}");
    let report = imported.staffing(&query).await;
    let expected = Count {
        positions: 32,
        municipalities: 25,
        filled: 26,
        vacant: 6,
        self_employed: 6,
        salaried: 20,
        salaried_though_self_employed_intended: 9,
    };
    assert_eq!(figures(&report["totals"]), expected);
    assert_eq!(report["totals"]["subsidy_nok_per_year"], 6_400_000);
    let rounded = imported.shown_to_reporting(&query).await;
    assert_eq!(rounded["totals"]["positions"], 30);
    assert_eq!(rounded["totals"]["subsidy_nok_per_year"], 6_000_000, "of what is told");
    let rounded = imported.shown_to_reporting(&format!("{query}&municipality=5401")).await;
    assert!(rounded["totals"]["positions"].is_null());
    assert!(rounded["totals"]["subsidy_nok_per_year"].is_null(), "it would tell the count");
    assert_eq!(report["totals"]["intended_self_employed"], 16);
    assert_eq!(report["totals"]["suspended"], 0);
    let rows = report["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 25);
    let twos = rows.iter().filter(|row| row["positions"] == 2).count();
    assert_eq!(twos, 7);
    let tromso = rows.iter().find(|row| row["municipality"] == "5401").expect("Tromsø");
    assert_eq!(
        (&tromso["municipality_name"], &tromso["health_region"]),
        (&json!("Tromsø"), &json!("nord"))
    );

    // The whole file again changes nothing.
    let address = imported.instance.running.address;
    let again = import::load_sample(address, token()).await.expect("it is answered");
    assert_eq!(
        again.count(Outcome::Unchanged),
        u64::try_from(imported.verdicts.len()).expect("few")
    );
    assert_eq!(again.mend_count(), 0, "{again}");
    assert_eq!(imported.staffing(&query).await, report);
    imported.instance.stop().await;
}

#[tokio::test]
async fn every_day_and_every_point_of_knowledge_agrees_with_a_count_of_the_lines() {
    let imported = Imported::start().await;
    let (late, end) = imported.sample.late_facts();
    let known = [late - 40, late - 10, late, late + 1, end, imported.sample.last_line()];
    let days = [
        "2018-12-31",
        "2019-01-01",
        "2019-06-30",
        "2019-12-31",
        "2020-01-01",
        "2020-02-09",
        "2020-02-10",
        "2020-03-15",
        "2020-03-16",
        "2020-03-31",
        "2020-05-31",
        "2020-06-01",
        "2020-09-01",
        "2023-12-31",
        "2024-01-01",
        "2026-06-01",
    ];
    for line in known {
        let position = imported.position_at(line);
        for day in days {
            let report = imported.staffing(&format!("as_of={day}&known_at={position}")).await;
            let counted = imported.sample.count(day, line);
            assert_eq!(figures(&report["totals"]), counted, "as of {day}, known at line {line}");
        }
    }
    // The late facts are what makes the difference on 2020-03-31: one start and one end.
    let before = imported.sample.count("2020-03-31", late);
    let after = imported.sample.count("2020-03-31", end);
    assert_eq!((before.filled, before.vacant), (24, 8));
    assert_eq!((after.filled, after.vacant), (26, 6));
    imported.instance.stop().await;
}

#[tokio::test]
async fn later_writes_and_a_rebuild_leave_an_answer_as_it_was_to_the_byte() {
    let imported = Imported::start().await;
    let client = imported.client();
    let position = imported.position_at(u64::MAX);
    let path = |form: &str| {
        format!(
            "/v1/reports/staffing?as_of=2020-03-31&known_at={position}&explain=true&format={form}"
        )
    };
    let before = [client.get(&path("json")).await, client.get(&path("csv")).await];
    let (held, occupancy) = (imported.id("position:3"), imported.id("occupancy:3"));
    let correction = json!({"from": "2020-04-01", "reason": "It began later."});
    let url = format!("/v1/positions/{held}/occupancies/{occupancy}/correction");
    client.post(&url, correction).await.expect(200);
    let now = imported.staffing("as_of=2020-03-31").await;
    assert_eq!(now["totals"]["filled"], 25);

    let service = &imported.instance.running.service;
    for projection in &service.projections {
        let log = &service.log;
        alis::event_log::rebuild::rebuild(&log.pool, log.log, projection.as_ref(), &|_| {})
            .await
            .expect("the read model is rebuilt");
    }
    for (form, before) in ["json", "csv"].into_iter().zip(before) {
        let after = client.get(&path(form)).await.expect(200);
        assert_eq!(after.text, before.text, "{form}");
        assert_eq!(after.header("etag"), before.header("etag"), "{form}");
    }
    imported.instance.stop().await;
}

#[tokio::test]
async fn groups_and_filters_sum_the_same_positions() {
    let imported = Imported::start().await;
    let regions = imported.staffing("as_of=2020-03-31&group_by=region&explain=true").await;
    let rows = regions["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["health_region"], &rows[0]["positions"]), (&json!("nord"), &json!(32)));
    let ids = rows[0]["position_ids"].as_array().expect("the row explains itself");
    assert_eq!(ids.len(), 32);
    assert!(ids.contains(&json!(imported.id("position:1"))));
    let programmes = imported.staffing("as_of=2020-03-31&group_by=programme").await;
    assert_eq!(programmes["rows"][0]["programme_name"], "ALIS-Nord");
    assert_eq!(programmes["rows"][0]["filled"], 26);
    assert!(programmes["rows"][0].get("position_ids").is_none());
    // A reform gives municipalities new numbers and moves none to another region.
    let later = imported.staffing("as_of=2025-01-01&region=nord").await;
    assert_eq!(later["totals"]["positions"], 32);
    let nowhere = imported.staffing("as_of=2020-03-31&region=vest").await;
    assert_eq!((nowhere["rows"].clone(), &nowhere["totals"]["positions"]), (json!([]), &json!(0)));
    let alta = imported.staffing("as_of=2020-03-31&municipality=5403").await;
    assert_eq!(alta["totals"]["positions"], 2);
    imported.instance.stop().await;
}

#[tokio::test]
async fn a_position_above_a_municipalitys_quota_is_refused() {
    let imported = Imported::start().await;
    let third = json!({
        "municipality": "5401", "category": "gp_locum", "percent": 100, "from": "2020-04-01",
        "intended_operating_model": "salaried", "programme": imported.id("programme"),
    });
    let client = imported.client();
    client.post("/v1/positions", third).await.expect_problem(409, "programme_quota_reached");
    let report = imported.staffing("as_of=2020-04-01").await;
    assert_eq!(report["totals"]["positions"], 32);
    imported.instance.stop().await;
}

#[tokio::test]
async fn suspended_and_closed_positions_are_told_apart_from_vacant_ones() {
    let instance = Instance::start().await;
    let client = instance.client();
    let bodo = json!({"number": "1804", "name": "Bodø", "from": "2019-01-01"});
    client.post("/v1/municipalities", bodo).await.expect(201);
    let position = json!({
        "municipality": "1804", "category": "gp_locum", "percent": 50.25, "from": "2020-01-01",
        "intended_operating_model": "salaried",
    });
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(client.post("/v1/positions", position.clone()).await.expect(201).id());
    }
    let recorded = json!({"on": "2020-02-01", "reason": "No applicants."});
    client
        .post(&format!("/v1/positions/{}/suspension", ids[0]), recorded.clone())
        .await
        .expect(200);
    client.post(&format!("/v1/positions/{}/closure", ids[1]), recorded).await.expect(200);
    let totals = staffing(&client, "as_of=2020-01-31").await["totals"].clone();
    assert_eq!((&totals["positions"], &totals["vacant"]), (&json!(3), &json!(3)));
    let totals = staffing(&client, "as_of=2020-02-01").await["totals"].clone();
    assert_eq!((&totals["positions"], &totals["vacant"]), (&json!(2), &json!(1)));
    assert_eq!((&totals["suspended"], &totals["percent"]), (&json!(1), &json!(100.5)));
    assert_eq!(totals["subsidy_nok_per_year"], Value::Null);
    instance.stop().await;
}

#[tokio::test]
async fn the_report_speaks_csv_and_norwegian_and_says_what_is_wrong() {
    let imported = Imported::start().await;
    let client = imported.client();
    let csv = client.get("/v1/reports/staffing?as_of=2020-03-31&format=csv").await.expect(200);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.text.lines().count(), 26);
    assert!(csv.text.starts_with("Municipality number,Municipality,Health region,Positions,"));
    let nb = [("Accept-Language", "nb"), ("Accept", "text/csv")];
    let csv = client.get_with("/v1/reports/staffing?as_of=2020-03-31", &nb).await.expect(200);
    assert!(csv.text.starts_with("Kommunenummer,Kommune,Helseregion,Stillinger,Besatt,"));
    let path = "/v1/reports/staffing?as_of=2020-03-31&dialect=excel";
    let csv = client.get_with(path, &nb).await.expect(200);
    assert!(csv.text.starts_with("\u{feff}Kommunenummer;Kommune;Helseregion;Stillinger;Besatt;"));

    let wrong = "/v1/reports/staffing?group_by=x&programme=y&municipality=z&region=w&known_at=v\
        &explain=yes&dialect=u&format=t&more=1";
    let answer = client.get(wrong).await.expect_problem(422, "invalid_request");
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    let expected = [
        "dialect",
        "explain",
        "format",
        "group_by",
        "known_at",
        "more",
        "municipality",
        "programme",
        "region",
    ];
    assert_eq!(pointers, expected.map(|name| format!("/query/{name}")));
    let future = client.get("/v1/reports/staffing?known_at=999999").await;
    assert_eq!(future.expect_problem(422, "invalid_request").pointers(), ["/query/known_at"]);
    let xml = [("Accept", "application/xml")];
    client.get_with("/v1/reports/staffing", &xml).await.expect_problem(406, "not_acceptable");
    imported.instance.stop().await;
}

#[tokio::test]
async fn the_catalogue_lists_every_report_with_its_parameters() {
    let instance = Instance::start().await;
    let nb = [("Accept-Language", "nb")];
    let catalogue = instance.client().get_with("/v1/reports", &nb).await.expect(200).body;
    let items = catalogue["items"].as_array().expect("items");
    let staffing = items.iter().find(|item| item["name"] == "staffing").expect("it is listed");
    assert_eq!(staffing["title"], "Bemanning av ALIS-stillinger");
    let parameters = staffing["parameters"].as_array().expect("parameters");
    let names: Vec<&str> = parameters.iter().filter_map(|p| p["name"].as_str()).collect();
    for name in [
        "group_by",
        "programme",
        "municipality",
        "region",
        "explain",
        "format",
        "dialect",
        "as_of",
        "known_at",
    ] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    for item in items {
        let url = item["url"].as_str().expect("a url");
        instance.client().get(url).await.expect(200);
    }
    instance.stop().await;
}
