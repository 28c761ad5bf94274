//! The counting, on planted examples.

use super::kinds::{self, Kind};
use super::lines::{Lines, of_rust, of_sql};
use super::{Value, circles, measure, modules, seconds, table};
use crate::tree::Tree;

fn tree(files: &[(&str, &str)]) -> Tree {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Tree { files: files.collect() }
}

#[test]
fn comments_and_blanks_are_no_code_and_tests_are_apart() {
    let source = "//! Of what.\n\n/* one\n  two */\nfn f() { // why\n    \"// no\n\n text\";\n}\n\
        #[cfg(test)]\nmod tests {\n    // Why.\n    fn g() {}\n}\n";
    let (code, tests) = of_rust(source);
    assert_eq!(code, Lines { code: 4, all: 9 });
    assert_eq!(tests, Lines { code: 4, all: 5 });
}

#[test]
fn signs_in_strings_and_characters_open_nothing() {
    for source in [
        "fn f() { g('\"', '{', b'\\'', '\\u{7b}', \"{\", r#\"\"{\"#) }\n// c\n",
        "fn f<'a>(x: &'a str) -> u8 { x.0 }\n/* /* c */ \" */\n",
        "fn f() { 1..2; 1.max(2); 1.5e3; r#type }\n\n",
    ] {
        assert_eq!(of_rust(source).0.code, 1, "{source}");
    }
}

#[test]
fn one_declared_for_tests_ends_with_its_semicolon() {
    let (code, tests) = of_rust("#[cfg(test)]\nmod tests;\nmod view;\n#[test]\nfn t() {\n}\n");
    assert_eq!((code.code, tests.code), (1, 5));
}

#[test]
fn lines_of_sql_have_their_own_comments() {
    assert_eq!(of_sql("-- Why.\n\nselect 1 -- one\n"), Lines { code: 1, all: 3 });
}

#[test]
fn kinds_follow_from_paths_and_contents_in_the_old_house_and_the_new() {
    for (path, text, kind) in [
        ("src/capabilities/position/domain/occupancy.rs", "", Kind::Facts),
        ("src/capabilities/position/occupancy/rules.rs", "", Kind::Rules),
        ("src/capabilities/position/http/mod.rs", "", Kind::Operations),
        ("src/capabilities/position/view.rs", "", Kind::Views),
        ("src/capabilities/position/positions.rs", "impl ReadModel for P {}", Kind::ReadModels),
        ("src/capabilities/position/tests/mod.rs", "", Kind::Tests),
        ("src/capabilities/supervision/report.rs", "", Kind::Reports),
        ("src/http/read.rs", "", Kind::Kernel),
        ("src/main.rs", "", Kind::Program),
        ("tests/it/position.rs", "", Kind::Tests),
        ("crates/rules/src/position/occupancy.rs", "", Kind::Rules),
        ("crates/rules/src/position/facts.rs", "", Kind::Facts),
        ("crates/capabilities/src/position/acts.rs", "", Kind::Operations),
        ("crates/capabilities/src/report/staffing.rs", "", Kind::Reports),
        ("crates/capabilities/src/a.rs", "impl ReadModel for A {}", Kind::ReadModels),
        ("src/capabilities/a/staffing.rs", "pub static A: Report<P, R> = b;", Kind::Reports),
        ("crates/capabilities/src/a/rows.rs", "impl Table for A {}", Kind::ReadModels),
        ("crates/access/src/gate.rs", "", Kind::Rules),
        ("crates/kernel/src/time.rs", "", Kind::Kernel),
        ("crates/log/tests/append.rs", "", Kind::Tests),
        ("crates/proof/src/lib.rs", "", Kind::Program),
        ("xtask/src/main.rs", "", Kind::Tools),
    ] {
        assert_eq!(kinds::of(path, text), Some(kind), "{path}");
    }
    assert_eq!(kinds::of("build.rs", ""), None);
    assert_eq!(kinds::capability("src/capabilities/position/http/mod.rs"), Some("position"));
    assert_eq!(kinds::capability("crates/rules/src/position.rs"), Some("position"));
    assert_eq!(kinds::capability("src/capabilities/mod.rs"), None);
    assert_eq!(kinds::capability("src/http/mod.rs"), None);
}

/// Two capabilities that use each other, one of them through a re-export, and a crate below.
fn planted() -> Tree {
    tree(&[
        ("Cargo.toml", "[package]\nname = \"alis\"\n"),
        ("crates/log/Cargo.toml", "[package]\nname = \"alis-log\"\n"),
        ("crates/log/src/lib.rs", "pub mod append;\npub use append::Append;\n"),
        ("crates/log/src/append.rs", "pub struct Append;\n"),
        ("src/lib.rs", "pub mod capabilities;\n"),
        ("src/capabilities/mod.rs", "pub mod one;\npub mod two;\npub struct Capability;\n"),
        ("src/capabilities/one/mod.rs", "mod state;\npub use state::State as One;\n"),
        (
            "src/capabilities/one/state.rs",
            "use crate::capabilities::two::{self, Other};\nuse alis_log::Append;\n\
            pub struct State;\nfn f() -> impl Sized + use<> { two::inner::f() }\n",
        ),
        ("src/capabilities/two/mod.rs", "pub mod inner;\npub struct Other;\n"),
        (
            "src/capabilities/two/inner.rs",
            "pub fn f() -> super::super::one::One { todo() }\n\
            #[cfg(test)]\nmod tests { use crate::capabilities::Capability; }\n",
        ),
    ])
}

#[test]
fn paths_are_followed_through_re_exports_to_the_file_that_defines() {
    let uses = modules::uses(&planted());
    let place = |path: &str| uses.files.iter().position(|it| it == path).expect("a planted file");
    let used = |path: &str| -> Vec<&str> {
        uses.edges[place(path)].iter().map(|at| uses.files[*at].as_str()).collect()
    };
    assert_eq!(
        used("src/capabilities/one/state.rs"),
        [
            "crates/log/src/append.rs",
            "src/capabilities/two/inner.rs",
            "src/capabilities/two/mod.rs"
        ]
    );
    assert_eq!(used("src/capabilities/two/inner.rs"), ["src/capabilities/one/state.rs"]);
    assert_eq!(used("src/capabilities/one/mod.rs"), ["src/capabilities/one/state.rs"]);
}

#[test]
fn circles_are_found_among_files_and_among_capabilities() {
    let circles = circles::of(&modules::uses(&planted()));
    let both = ["src/capabilities/one/state.rs", "src/capabilities/two/inner.rs"];
    assert_eq!(circles.largest, both);
    assert_eq!(circles.of_crates["alis"], both);
    assert!(circles.of_capabilities.values().all(Vec::is_empty));
    assert_eq!(circles.among_capabilities, [["one in alis", "two in alis"]]);
    assert_eq!(circles.pairs, [("one in alis".to_owned(), "two in alis".to_owned())]);
    assert!(circles.among_crates.is_empty());
}

#[test]
fn two_circles_that_touch_are_one_and_a_chain_is_none() {
    let edges = [vec![1], vec![0, 2], vec![3], vec![2, 4], vec![]];
    let edges: Vec<_> = edges.into_iter().map(|it| it.into_iter().collect()).collect();
    let found = circles::circles(&[0, 1, 2, 3, 4], &edges);
    assert_eq!(found, [vec![2, 3], vec![0, 1]]);
    assert!(circles::circles(&[0, 2, 4], &edges).is_empty());
}

#[test]
fn what_one_of_a_thing_costs_is_its_lines_by_its_number() {
    let openapi = r#"{"paths": {"/v1/a": {"get": {}, "post": {}},
        "/v1/a/{id}/correction": {"post": {}}, "/v1/a/{id}/external-ids": {"post": {}},
        "/v1/events": {"get": {}}, "/v1/reports/a": {"get": {}}}}"#;
    let tree = tree(&[
        ("openapi/openapi.json", openapi),
        ("src/capabilities/a/domain.rs", "events! {\n \"a.made.v1\",\n \"a.gone.v1\",\n}\n"),
        (
            "src/capabilities/a/http.rs",
            "struct A;\n/// Why.\nfn correct() {\n    f();\n}\nfn g() {}\n",
        ),
        ("src/capabilities/a/http/external_ids.rs", "fn add() {}\n"),
        ("src/capabilities/a/report.rs", "include_str!(\"sql/a.sql\");\n"),
        ("src/capabilities/a/sql/a.sql", "select 1,\n  2\n"),
        ("src/capabilities/a/state.rs", "fn rule() {}\n"),
    ]);
    let measured = measure(&tree);
    let is = |key: &str| {
        let found = measured.figures.iter().find(|figure| figure.key == key);
        found.map(|figure| figure.value.clone()).expect("a figure")
    };
    let lines = |code, all| Value::Lines(Lines { code, all });
    assert_eq!(is("operations"), Value::Count(5));
    assert_eq!(is("capabilities"), lines(12, 13));
    assert_eq!(is("operation"), lines(2, 3));
    assert_eq!(is("correction"), lines(3, 4));
    assert_eq!(is("external_id"), lines(1, 1));
    assert_eq!(is("fact"), lines(2, 2));
    assert_eq!(is("report"), lines(3, 3));
}

#[test]
fn a_rule_is_edited_in_the_body_of_its_first_function() {
    let source = "struct A { a: u8 }\n// fn no() {\nfn f(a: [u8; 1]) -> u8 { a[0] }\n";
    let at = seconds::first_body(source).expect("a function");
    assert_eq!(&source[at..], " a[0] }\n");
}

#[test]
fn the_table_is_rewritten_between_its_marks_and_keeps_what_was_not_measured() {
    let measured = measure(&planted());
    let before = serde_json::json!({
        "circle": {"what": "files in the largest circle", "is": 89},
        "lines_Rules": {"what": "lines: rules", "is": {"code": 12_345, "all": 20_000}},
        "seconds_check": {"what": "seconds of it", "is": 5.8},
    });
    let page = format!("Before.\n{}\nAfter.\n", table::empty());
    let page = page.replace("\n\n", "\n\n| seconds of it | 5 | 5.8 | 1.7 |\n");
    let written = table::written(&page, &before, &measured.figures).expect("the marks");
    for line in [
        "Before.",
        "| files in the largest circle |  | 89 | 2 |",
        "| lines: rules |  | 12 345 (20 000) | 12 (12) |",
        "| seconds of it | 5 | 5.8 | 1.7 |",
        "After.",
    ] {
        assert!(written.lines().any(|it| it == line), "{line}\n{written}");
    }
    let again = table::written(&written, &before, &measured.figures);
    assert_eq!(again.as_deref(), Some(written.as_str()));
    assert_eq!(table::written("no marks", &before, &measured.figures), None);
}
