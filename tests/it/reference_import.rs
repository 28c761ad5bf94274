//! `alis reference import` and `sync`: SSB's lists into a running instance, from files and from a
//! stand-in for SSB.

use std::path::PathBuf;

use actix_web::HttpResponse;
use alis::config::{
    CallSettings, LocalIssuerSettings, ReferenceImportSettings, ReferenceSyncSettings,
};
use alis::import::reference::{self, ReferenceError};
use alis::import::{self, Outcome};
use jiff::civil::date;

use crate::support::instance::{Instance, token};
use crate::support::scratch::Scratch;
use crate::support::stand_in::{Seen, StandIn};

const MUNICIPALITIES: &str = include_str!("../../samples/reference/municipalities.json");
const CHANGES: &str = include_str!("../../samples/reference/changes.csv");
const CENTRALITY: &str = include_str!("../../samples/reference/centrality.csv");

fn call(instance: &Instance) -> CallSettings {
    CallSettings {
        url: format!("http://{}", instance.running.address),
        token_file: None,
        token: Some(token().to_owned()),
        issuer: LocalIssuerSettings {
            local_issuer_key_file: None,
            data_dir: PathBuf::from("no-such-directory"),
        },
    }
}

fn files(instance: &Instance, names: &[&str]) -> ReferenceImportSettings {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/samples/reference"));
    let files = names.iter().map(|name| folder.join(name)).collect();
    ReferenceImportSettings { files, call: call(instance) }
}

#[tokio::test]
async fn saved_lists_are_taken_over_in_any_order_and_again_changes_nothing() {
    let instance = Instance::start().await;
    let client = instance.client();
    let settings = files(&instance, &["centrality.csv", "changes.csv", "municipalities.json"]);
    let first = reference::import(&settings).await.expect("the lists are read");
    assert_eq!(first.summary.mend_count(), 0, "{}", first.summary);
    assert!(first.summary.count(Outcome::Recorded) > 100, "{}", first.summary);
    let tromso = client.get("/v1/municipalities/5501?as_of=2024-06-01").await.expect(200).body;
    assert_eq!((&tromso["name"], &tromso["centrality"]), (&"Tromsø".into(), &3.into()));
    assert_eq!(tromso["predecessors"][0]["municipality"], "5401");

    let head = client.get("/v1/events?after=999999999999999999").await.position();
    let second = reference::import(&settings).await.expect("the lists are read");
    assert_eq!(second.summary.count(Outcome::Unchanged), first.summary.count(Outcome::Recorded));
    assert_eq!(client.get("/v1/events?after=999999999999999999").await.position(), head);
    instance.stop().await;
}

#[tokio::test]
async fn a_file_that_is_no_list_stops_the_command_before_anything_is_posted() {
    let instance = Instance::start().await;
    let settings = files(&instance, &["municipalities.json", "README.md"]);
    let refused = reference::import(&settings).await.expect_err("a README is no list");
    assert!(matches!(&refused, ReferenceError::Klass { place, .. } if place.contains("README")));
    let settings = files(&instance, &["missing.json"]);
    let refused = reference::import(&settings).await.expect_err("there is no such file");
    assert!(matches!(refused, ReferenceError::Read { .. }), "{refused}");
    assert_eq!(instance.client().get("/v1/events").await.position(), 0);
    instance.stop().await;
}

/// SSB with the lists of the sample, the first time each is asked for out of order.
fn ssb(before: usize, asked: &Seen) -> HttpResponse {
    if before == 0 {
        return HttpResponse::ServiceUnavailable().finish();
    }
    let list = match asked.target.as_str() {
        "/klass/classifications/131/codes?from=2020-01-01" => MUNICIPALITIES,
        "/klass/classifications/131/changes?from=2020-01-01" => CHANGES,
        "/klass/classifications/131/corresponds?targetClassificationId=128&from=2020-01-01" => {
            CENTRALITY
        }
        _ => return HttpResponse::NotFound().finish(),
    };
    HttpResponse::Ok().body(list)
}

#[tokio::test]
async fn lists_are_fetched_from_ssb_and_agree_with_the_saved_ones() {
    let instance = Instance::start().await;
    let stand_in = StandIn::start(ssb);
    let settings = ReferenceSyncSettings {
        call: call(&instance),
        klass_url: format!("http://{}/klass/", stand_in.address),
        from: date(2020, 1, 1),
    };
    let synced = reference::sync(&settings).await.expect("the lists are fetched");
    assert_eq!(synced.summary.mend_count(), 0, "{}", synced.summary);
    assert_eq!(stand_in.seen().len(), 4, "the first was asked for twice");
    assert_eq!(stand_in.seen()[1].header("accept"), Some("application/json"));
    assert!(synced.findings.iter().all(|(place, _)| place.starts_with(&settings.klass_url)));

    let saved = files(&instance, &["municipalities.json", "changes.csv", "centrality.csv"]);
    let saved = reference::import(&saved).await.expect("the lists are read");
    assert_eq!(saved.summary.count(Outcome::Recorded), 0, "{}", saved.summary);
    stand_in.stop().await;
    instance.stop().await;
}

#[tokio::test]
async fn another_list_than_the_one_asked_for_is_not_taken() {
    let instance = Instance::start().await;
    let stand_in = StandIn::start(|_, _| HttpResponse::Ok().body(CHANGES));
    let settings = ReferenceSyncSettings {
        call: call(&instance),
        klass_url: format!("http://{}", stand_in.address),
        from: date(2020, 1, 1),
    };
    let refused = reference::sync(&settings).await.expect_err("codes were asked for");
    assert!(matches!(&refused, ReferenceError::OtherList(url) if url.contains("codes")));
    assert_eq!(instance.client().get("/v1/events").await.position(), 0);
    stand_in.stop().await;
    instance.stop().await;
}

#[tokio::test]
async fn saved_lists_and_the_sample_live_together() {
    let instance = Instance::start().await;
    let sample = import::load_sample(instance.running.address, token()).await;
    assert_eq!(sample.expect("it is answered").mend_count(), 0);
    let settings = files(&instance, &["municipalities.json", "changes.csv", "centrality.csv"]);
    let lists = reference::import(&settings).await.expect("the lists are read");
    assert_eq!(lists.summary.mend_count(), 0, "{}", lists.summary);
    instance.stop().await;
}

#[tokio::test]
async fn the_sample_is_loaded_once_and_a_load_that_broke_off_is_finished() {
    let instance = Instance::start().await;
    let (address, scratch) = (instance.running.address, Scratch::fast());
    let load = |head: i64, folder: &'static str| {
        let data_dir = scratch.path().join(folder);
        std::fs::create_dir_all(&data_dir).expect("the test's own directory is writable");
        async move {
            let loaded = import::load_sample_once(&data_dir, head, address, token()).await;
            (loaded.expect("it is answered"), data_dir)
        }
    };
    // Somebody's own data: left alone.
    let (loaded, data_dir) = load(7, "others").await;
    assert_eq!(loaded, None);
    assert!(!data_dir.join("sample.loading").exists());

    let (loaded, data_dir) = load(0, "new").await;
    let loaded = loaded.expect("a new database gets the sample");
    assert_eq!(loaded.mend_count(), 0, "{loaded}");
    assert!(data_dir.join("sample.loaded").exists());
    assert_eq!(load(227, "new").await.0, None);

    // The program ended before the last line.
    std::fs::rename(data_dir.join("sample.loaded"), data_dir.join("sample.loading"))
        .expect("the file is there");
    let (finished, data_dir) = load(100, "new").await;
    let finished = finished.expect("a load that was begun is finished");
    assert_eq!(finished.count(Outcome::Unchanged), loaded.count(Outcome::Recorded));
    assert!(data_dir.join("sample.loaded").exists());
    instance.stop().await;
}
