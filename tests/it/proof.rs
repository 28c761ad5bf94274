//! Tamper evidence: what is sealed is proven to others, and whatever is changed later is found.

mod anchors;
mod damage;
mod http;
mod operate;
mod python;
mod receipts;
mod rebuilt;
mod sealing;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alis::event_log::verify::Report;
use alis::proof::anchor::Anchors;
use alis::proof::note::{Signer, Verifier};
use alis::proof::sealer::Sealer;
use alis::proof::verify::{self, Evidence};
use base64::Engine as _;

use crate::event_log::rig::Node;
use crate::support::instance::sealing;

/// A signer whose key is this byte, again and again.
fn signer(byte: u8) -> Signer {
    let secret = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
    Signer::new(&secret, Some("test.invalid/alis")).expect("the key fits")
}

/// The key that test logs are sealed with.
fn key() -> Verifier {
    sealing().signer.verifier().clone()
}

/// A sealer of a log with the key of the tests.
fn sealer(node: &Node, log: i32, anchor: Option<PathBuf>) -> Sealer {
    let keys = Arc::new([key()]);
    Sealer { pool: node.log.pool.clone(), log, signer: sealing().signer, keys, anchor }
}

/// The anchors of a log.
fn anchors(node: &Node, log: i32, file: Option<PathBuf>, url: Option<String>) -> Anchors {
    let interval = Duration::from_millis(20);
    Anchors { pool: node.log.pool.clone(), log, file, url, interval }
}

/// What the full verification finds, beside what the plain one does.
async fn findings(node: &Node, log: i32, anchor: Option<PathBuf>) -> Vec<String> {
    let evidence = Evidence { keys: vec![key()], anchor };
    let mut report = Report::default();
    let sealed = verify::verify(&node.log.pool, log, &evidence, &mut report, &|_| {}).await;
    sealed.expect("the log can be read");
    report.findings
}
