//! Anchors: every checkpoint is also outside of the database, whatever dies, and whoever does not
//! answer.

use std::path::Path;
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use alis::event_log::DEFAULT_LOG;
use alis::proof::anchor::{Line, Notes, newest};
use alis::proof::note::Checkpoint;
use jiff::civil::date;
use tokio_util::sync::CancellationToken;

use super::{anchors, key, sealer};
use crate::event_log::rig::{Move, Node};
use crate::support::instance::{self, sealing};
use crate::support::postgres::{TestDatabase, fresh};
use crate::support::scratch::Scratch;
use crate::support::stand_in::StandIn;

const WAIT_SECONDS_MAX: u64 = 30;

/// The sizes that a file tells, in its order.
fn sizes(file: &Path) -> Vec<u64> {
    let notes = Notes::open(file).expect("the file is there");
    let size = |(_, note): (u64, std::io::Result<String>)| {
        Checkpoint::open(&note.expect("a line"), &[key()]).expect("signed").events.size
    };
    notes.map(size).collect()
}

/// Seals each of `count` events by itself.
async fn seal_each(node: &Node, first: u64, count: u64) {
    for number in first..first + count {
        let asked = Move { from: 1, to: 2, amount: 1, on: date(2020, 2, 1) };
        node.move_some(&format!("move-{number}"), asked).await.expect("nobody contends");
        sealer(node, DEFAULT_LOG, None).seal_all().await.expect("it seals");
    }
}

async fn started() -> (TestDatabase, Node, Scratch) {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    node.open(2).await;
    sealer(&node, DEFAULT_LOG, None).seal_all().await.expect("it seals");
    (database, node, Scratch::fast())
}

#[tokio::test]
async fn each_checkpoint_is_appended_once_also_by_two_instances_on_one_file() {
    let (_database, node, scratch) = started().await;
    let file = scratch.path().join("anchors");
    let (one, other) =
        [(); 2].map(|()| anchors(&node, DEFAULT_LOG, Some(file.clone()), None)).into();
    one.append(&file).await.expect("it anchors");
    seal_each(&node, 0, 5).await;
    let (a, b) = futures_util::future::join(one.append(&file), other.append(&file)).await;
    a.and(b).expect("both anchor");
    assert_eq!(sizes(&file), [2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn what_was_half_written_when_somebody_died_is_written_again() {
    let (_database, node, scratch) = started().await;
    let file = scratch.path().join("anchors");
    let anchors = anchors(&node, DEFAULT_LOG, Some(file.clone()), None);
    seal_each(&node, 0, 2).await;
    anchors.append(&file).await.expect("it anchors");
    let whole = std::fs::read_to_string(&file).expect("it is there");
    for cut in [1, 40, whole.len() - 1] {
        let torn = &whole[..whole.len() - cut];
        std::fs::write(&file, torn).expect("it is ours");
        let complete = torn.rfind('\n').map_or("", |end| &torn[..=end]);
        let last = complete.lines().last();
        let last = last.map(|line| serde_json::from_str::<Line>(line).expect("a line").checkpoint);
        assert_eq!(newest(&file).expect("it can be read"), last);
        anchors.append(&file).await.expect("it anchors");
        assert_eq!(sizes(&file), [2, 3, 4]);
    }
}

#[tokio::test]
async fn an_address_is_told_the_newest_checkpoint_and_a_refusal_stops_nobody() {
    let (_database, node, _scratch) = started().await;
    let stand_in = StandIn::start(|number, _| match number {
        0 | 1 => HttpResponse::InternalServerError().finish(),
        _ => HttpResponse::Ok().finish(),
    });
    let url = format!("http://{}/checkpoints", stand_in.address);
    let stop = CancellationToken::new();
    let anchors = anchors(&node, DEFAULT_LOG, None, Some(url));
    let running = tokio::spawn(anchors.run(stop.clone()));
    let recorded = async |size: u64| {
        let started = Instant::now();
        loop {
            let seen = stand_in.seen();
            let mut notes = seen.iter().map(|seen| Checkpoint::open(&seen.body, &[key()]));
            if notes.next_back().is_some_and(|note| note.expect("it is signed").events.size == size)
                && seen.len() > 2
            {
                return seen;
            }
            assert!(started.elapsed().as_secs() < WAIT_SECONDS_MAX, "{size} is not told");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let seen = recorded(2).await;
    assert_eq!(seen.len(), 3, "two refusals, then it is taken");
    assert_eq!(seen[0].target, "/checkpoints");
    assert_eq!(seen[0].header("content-type"), Some("text/plain; charset=utf-8"));
    seal_each(&node, 0, 1).await;
    recorded(3).await;
    stop.cancel();
    running.await.expect("it ends");
}

#[tokio::test]
async fn a_service_whose_anchors_fail_serves_and_counts_the_failures() {
    let database = fresh().await;
    let scratch = Scratch::fast();
    let mut settings = sealing();
    // A directory is no file, and nobody listens on port 1.
    settings.anchor_file = Some(scratch.path().to_owned());
    settings.anchor_url = Some("http://user:secret@127.0.0.1:1/".to_owned());
    let running = instance::try_sealing(&database.admin, settings).await.expect("it starts");
    let client = crate::support::client::Client::new(running.address);
    let started = Instant::now();
    loop {
        let metrics = client.get("/metrics").await.expect(200).text;
        let counted = |kind: &str| {
            let name = format!("alis_anchor_failures_total{{anchor=\"{kind}\"}}");
            metrics.contains(&name)
        };
        if counted("file") && counted("url") {
            break;
        }
        assert!(started.elapsed().as_secs() < WAIT_SECONDS_MAX, "{metrics}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let trainee =
        serde_json::json!({ "hpr_number": "999000001", "name": "Kari Eksempel", "scheme": "old" });
    client.post("/v1/trainees", trainee).await.expect(201);
    running.stop().await;
}
