//! Every parser of bytes from outside, with bytes of any kind and with good ones that were damaged:
//! each takes them or refuses them. What is asked of it beside that stands in `fuzz/src`, which
//! `make fuzz` asks with bytes of its own making; here nothing further is needed.

#[path = "../../../fuzz/src/lib.rs"]
mod checks;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use actix_web::http::header::IF_MATCH;
use actix_web::test::TestRequest;
use alis::capabilities::reference::klass;
use alis::edge::FromText;
use alis::http::page::Cursor;
use alis::http::{body, etag};
use alis::identifiers::Comment;
use alis::import::line;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Damaged places of one input.
const DAMAGES_MAX: usize = 8;
const BYTES_MAX: usize = 400;
/// Seeds are read by everybody who runs the fuzzer, and kept for ever.
const SEED_BYTES_MAX: usize = 4 * 1024;

fn config() -> ProptestConfig {
    ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The names in a folder below `fuzz`, without their endings.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join(folder)).expect("a folder of the source");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    paths.filter_map(stem).collect()
}

/// The good inputs of a check.
fn seeds(check: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(fuzz().join("seeds").join(check)).expect("seeds of every check");
    let read = |path: PathBuf| fs::read(path).expect("a seed");
    entries.map(|entry| read(entry.expect("an entry").path())).collect()
}

/// Any bytes, or one of the seeds with some bytes replaced and its end cut off.
fn hostile(check: &str) -> impl Strategy<Value = Vec<u8>> {
    let damages = prop::collection::vec((any::<Index>(), any::<u8>()), 0..DAMAGES_MAX);
    let damaged = (select(seeds(check)), damages, any::<Option<Index>>()).prop_map(
        |(mut bytes, damages, cut)| {
            for (place, byte) in damages {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        },
    );
    prop_oneof![prop::collection::vec(any::<u8>(), 0..BYTES_MAX), damaged]
}

/// One test a check: its seeds as they are, and damaged.
macro_rules! checked {
    ($($test:ident = $check:ident;)+) => {
        const CHECKS: &[&str] = &[$(stringify!($check)),+];
        $(
            #[test]
            fn $test() {
                for seed in seeds(stringify!($check)) {
                    checks::$check(&seed);
                }
                proptest!(config(), |(bytes in hostile(stringify!($check)))| {
                    checks::$check(&bytes);
                });
            }
        )+
    };
}

checked! {
    identifiers_are_taken_or_refused = identifiers;
    days_shares_and_points_of_knowledge_are_taken_or_refused = times;
    cursors_are_taken_or_refused = cursors;
    headers_and_queries_are_taken_or_refused = headers;
    bodies_are_taken_or_refused = bodies;
    lines_of_an_import_are_taken_or_refused = import_lines;
    files_of_municipalities_are_taken_or_refused = klass;
    tokens_are_taken_or_refused = tokens;
    proofs_of_possession_are_taken_or_refused = proofs;
    keys_of_issuers_are_taken_or_refused = issuer_keys;
    notes_and_published_keys_are_taken_or_refused = notes;
    receipts_are_taken_or_refused = receipts;
}

#[test]
fn the_fuzzer_asks_what_the_tests_ask() {
    let checks: BTreeSet<String> = CHECKS.iter().copied().map(str::to_owned).collect();
    assert_eq!(names("fuzz_targets"), checks);
    assert_eq!(names("seeds"), checks);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("a file of the source");
    for check in &checks {
        let path = format!("path = \"fuzz_targets/{check}.rs\"");
        assert!(manifest.contains(&path), "{check} is no program of fuzz/Cargo.toml");
        let sizes: Vec<usize> = seeds(check).iter().map(Vec::len).collect();
        assert!(sizes.iter().all(|size| *size <= SEED_BYTES_MAX), "{check}: {sizes:?}");
    }
}

#[test]
fn what_nests_or_repeats_without_end_is_refused() {
    for open in ["[", "{\"a\":", "[{\"a\":["] {
        let deep = open.repeat(200_000);
        assert!(body::parse(deep.as_bytes()).is_err());
        assert!(line::read(deep.as_bytes()).is_err());
        assert!(klass::read(deep.as_bytes()).is_err());
    }
    let header = format!("[{}]", "\"".repeat(30_000));
    let request = TestRequest::default().insert_header((IF_MATCH, header)).to_http_request();
    assert!(etag::if_match(&request).is_err());
    assert!(Cursor::from_text(&"e".repeat(1_000_000)).is_err());
    assert!(Comment::from_text(&"x".repeat(1_000_000)).is_err());
}
