//! What ARCHITECTURE.md states of the source, held by reading the source.

mod sizes;

use std::path::PathBuf;

use crate::support::source::{files, files_of_program, text};

/// What a pure file must not name, beside the packages that Cargo keeps from it.
const IMPURE: [&str; 7] =
    ["tokio", "deadpool", "actix_web::", "Timestamp::now", "now_v7", "async fn", "SystemTime"];
/// `NewFact::of` gives a fact its id at the moment it is made ready for the log.
const ALLOWED: [(&str, &str); 1] = [("crates/kernel/src/aggregate.rs", "now_v7")];

/// The Rust files below a folder.
fn sources(below: &str) -> Vec<PathBuf> {
    files(below, "rs")
}

/// Lines of code, without comments, that name any of `words`.
fn named<'a>(source: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.collect();
    words.iter().copied().filter(|word| code.iter().any(|line| line.contains(word))).collect()
}

#[test]
fn the_check_sees_what_is_planted() {
    assert_eq!(named("use tokio::time;\n// deadpool", &IMPURE), ["tokio"]);
    assert_eq!(named("async fn f() {}", &IMPURE), ["async fn"]);
    assert!(named("fn pure() {}", &IMPURE).is_empty());
}

#[test]
fn no_test_runs_the_program_where_nobody_listens_to_what_it_says() {
    let listens = PathBuf::from("tests/it/support/program.rs");
    let starts = ["CARGO_BIN_EXE"];
    let source = text(&listens);
    assert_eq!(named(&source, &starts), starts);
    // This one names it to look for it.
    for path in sources("tests/it").iter().filter(|path| !path.ends_with("architecture.rs")) {
        let source = text(path);
        assert!(
            named(&source, &starts).is_empty() || *path == listens,
            "{}: use program::output",
            path.display()
        );
    }
}

#[test]
fn no_connection_to_the_database_goes_round_its_tls() {
    for path in files_of_program("rs") {
        assert!(named(&text(&path), &["NoTls"]).is_empty(), "{}", path.display());
    }
}

#[test]
fn proofs_and_capabilities_do_not_know_each_other() {
    let above = ["crate::capabilities", "crate::app", "crate::serve"];
    for path in sources("src/proof") {
        assert!(named(&text(&path), &above).is_empty(), "{}", path.display());
    }
    for path in sources("src/capabilities") {
        assert!(named(&text(&path), &["crate::proof"]).is_empty(), "{}", path.display());
    }
}

#[test]
fn rules_and_what_they_stand_on_are_pure() {
    let stand_on = [
        "crates/proof/src/tree.rs",
        "crates/proof/src/leaf.rs",
        "crates/proof/src/note.rs",
        "crates/proof/src/receipt.rs",
    ];
    let mut files: Vec<PathBuf> = stand_on.iter().map(PathBuf::from).collect();
    files.extend(sources("crates/kernel"));
    files.extend(sources("crates/rules"));
    let mut checked = 0;
    for path in files {
        let source = text(&path);
        let found = named(&source, &IMPURE);
        let allowed = |word: &&str| ALLOWED.contains(&(path.to_str().unwrap_or(""), *word));
        let wrong: Vec<&str> = found.into_iter().filter(|word| !allowed(word)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
        checked += 1;
    }
    assert!(checked > 30, "only {checked} files were looked at");
}
