//! Words, on planted examples.

use std::collections::BTreeMap;

use super::find::{self, Found};
use super::glossary::{self, Unused};
use super::list::Renames;
use super::{parts, pieces, ratchet, rename};
use crate::tree::Tree;

fn tree(files: &[(&str, &str)]) -> Tree {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Tree { files: files.collect() }
}

const PAGE: &str = "\
# Glossary

| told | told |
|---|---|
| `tells` | elsewhere on the page |

## Not used

| not used | instead |
|---|---|
| `told`, `never_was` | recorded |
| `=Reach`, \"no such thing\" | permissions |

## After

| `doctor` | another table |
";

fn unused() -> Vec<Unused> {
    glossary::read(PAGE).expect("a table")
}

#[test]
fn names_are_read_word_by_word() {
    for (name, words) in [
        ("told_at", vec!["told", "at"]),
        ("LIS1_NOT_TOLD", vec!["LIS1", "NOT", "TOLD"]),
        ("AssignmentSituation", vec!["Assignment", "Situation"]),
        ("HPRNumber", vec!["HPR", "Number"]),
        ("external-ids", vec!["external", "ids"]),
        ("_x9", vec!["x9"]),
    ] {
        let found: Vec<&str> = parts::split(name).iter().map(|part| part.text).collect();
        assert_eq!(found, words, "{name}");
    }
}

#[test]
fn the_table_of_the_page_says_what_is_not_used() {
    let expected = [
        Unused::Words(vec!["told".to_owned()]),
        Unused::Words(vec!["never".to_owned(), "was".to_owned()]),
        Unused::Whole("Reach".to_owned()),
        Unused::Phrase("no such thing".to_owned()),
    ];
    assert_eq!(unused(), expected);
    assert!(glossary::read("## Not used\n\nNothing.\n").is_err());
    assert!(glossary::read("# Glossary\n").is_err());
}

/// What is found in one file: line and word.
fn found(path: &str, text: &str) -> Vec<(usize, String)> {
    let found = find::find(&tree(&[(path, text)]), &unused());
    found.into_iter().map(|it| (it.line, it.word)).collect()
}

#[test]
fn names_are_found_in_programs_strings_and_code_spans() {
    let told = |line: usize| (line, "told".to_owned());
    for (path, text, lines) in [
        ("src/a.rs", "fn f() {\n    is_told;\n}", vec![2]),
        ("src/a.rs", "struct Told;\nconst TOLD: u8 = 1;", vec![1, 2]),
        ("src/a.rs", "f(\"told_twice\");", vec![1]),
        ("src/a.rs", "f(\"A sentence of {told:?} and `told`.\");", vec![1, 1]),
        ("src/a.rs", "f(r#\"{\"told\": 1}\"#);", vec![1]),
        ("src/a.rs", "//! See [`Told`].", vec![1]),
        ("migrations/V1__a.sql", "select told -- and told\nfrom a;", vec![1]),
        ("openapi/openapi.json", "{\n\"told\": {\"x\": \"told\"}}", vec![2, 2]),
        ("docs/a.md", "Say `told`.\n\n```json\n{\"told\": 1}\n```\n", vec![1, 4]),
        ("docs/a.md", "/v1/a/told is told.", vec![]),
        ("scripts/a.py", "told = 1  # told\n", vec![1]),
    ] {
        let expected: Vec<_> = lines.into_iter().map(told).collect();
        assert_eq!(found(path, text), expected, "{path}: {text}");
    }
}

#[test]
fn a_word_of_a_sentence_is_none_and_a_phrase_is_found_over_the_end_of_a_line() {
    for fine in [
        "// What was told is told.",
        "f(\"Nothing was told.\");",
        "fn what_was_told_of_it_once() {}",
        "let out_of_reach = 1;",
        "let stolden = was_never();",
    ] {
        assert_eq!(found("src/a.rs", fine), [], "{fine}");
    }
    let phrase = "\"no such thing\"".to_owned();
    let text = "fn f() {}\n\n/// There is no\n/// such thing.\n";
    assert_eq!(found("src/a.rs", text), [(3, phrase.clone())]);
    assert_eq!(found("src/a.rs", "f(\"There is no \\\n    such thing.\");"), [(1, phrase)]);
    assert_eq!(found("src/a.rs", "struct Reach;"), [(1, "=Reach".to_owned())]);
    assert_eq!(found("xtask/src/a.rs", "told"), []);
    assert_eq!(found(glossary::PAGE, PAGE), []);
}

fn planted(count: usize, path: &str) -> Vec<Found> {
    let one = Found {
        path: path.to_owned(),
        line: 7,
        word: "told".to_owned(),
        said: "is_told".to_owned(),
    };
    vec![one; count]
}

#[test]
fn a_count_that_grows_fails_and_one_that_shrinks_is_written_down() {
    let allowed = ratchet::counts(&planted(2, "src/a.rs"));
    assert!(ratchet::judged(&planted(2, "src/a.rs"), &allowed).is_empty());
    let more = ratchet::judged(&planted(3, "src/a.rs"), &allowed);
    assert_eq!(more.len(), 1);
    assert!(more[0].contains("lines 7 (is_told)"), "{more:?}");
    assert!(ratchet::judged(&planted(1, "src/a.rs"), &allowed)[0].contains("--write"));
    assert_eq!(ratchet::judged(&[], &allowed).len(), 1);
    // Moved: both are said, and writing it down is allowed, because it is not more.
    let moved = planted(2, "crates/a/src/lib.rs");
    assert_eq!(ratchet::judged(&moved, &allowed).len(), 2);
    let written = ratchet::rewritten(&moved, &allowed).expect("no more than before");
    assert_eq!(ratchet::read(&written), Ok(ratchet::counts(&moved)));
    assert!(ratchet::rewritten(&planted(3, "src/a.rs"), &allowed).is_err());
    assert!(ratchet::read("src/a.rs told two").is_err());
}

const LIST: &str = r#"
[texts]
"There is no such thing." = "No resource has this id."

[parts]
told_at = "recorded_at_position" # longer ones first
told = "recorded"
never_was = "entered_in_error"

[names]
Reach = "Permissions"
told_apart = "told_apart"

[within."dated.rs"]
told = "statement"

[modules]
reach = "permissions"

[prose]
situation = "status"

[files]
"access/reach.rs" = "access/permissions.rs"
"#;

fn renamed(path: &str, text: &str) -> String {
    rename::renamed(path, text, &Renames::read(LIST).expect("a list")).0
}

#[test]
fn names_keep_their_style_and_the_longest_entry_goes_first() {
    for (old, new) in [
        (
            "told_at; is_told; Told; TOLD_AT;",
            "recorded_at_position; is_recorded; Recorded; RECORDED_AT_POSITION;",
        ),
        ("NeverWas { never_was }", "EnteredInError { entered_in_error }"),
        ("told_apart; stolden;", "told_apart; stolden;"),
        ("what_was_told_of_it_once()", "what_was_told_of_it_once()"),
        ("Reach.reach().out_of_reach", "Permissions.reach().out_of_reach"),
        ("use crate::access::reach::Reach;", "use crate::access::permissions::Permissions;"),
        ("mod reach; let reach = reach::of();", "mod permissions; let reach = permissions::of();"),
        ("\"/never_was\" \"told\" \"is told\"", "\"/entered_in_error\" \"recorded\" \"is told\""),
        ("\"of {told:?}, \\\"told\\\"\"", "\"of {recorded:?}, \\\"recorded\\\"\""),
        (
            "// told: `told`, in a situation, `situation`",
            "// told: `recorded`, in a status, `situation`",
        ),
        ("\"There is no such thing.\"", "\"No resource has this id.\""),
    ] {
        assert_eq!(renamed("src/a.rs", old), new);
    }
    assert_eq!(renamed("src/dated.rs", "told.told_at"), "statement.recorded_at_position");
    assert_eq!(renamed("a.md", "`src/access/reach.rs`"), "`src/access/permissions.rs`");
    assert_eq!(renamed("a.sql", "select told -- told"), "select recorded -- told");
    assert_eq!(renamed("a.ndjson", "{\"told\": \"told\"}"), "{\"recorded\": \"recorded\"}");
}

#[test]
fn files_move_and_only_what_is_read_is_renamed() {
    let list = Renames::read(LIST).expect("a list");
    let tree = tree(&[
        ("src/access/reach.rs", "struct A;"),
        ("crates/access/reach.rs", "told"),
        ("xtask/src/a.rs", "told"),
        ("openapi/openapi.json", "{\"told\": 1}"),
        ("src/b.rs", "struct B;"),
    ]);
    let changes = rename::changes(&tree, &list);
    let moved: BTreeMap<&str, (&str, &str)> = changes
        .iter()
        .map(|it| (it.path.as_str(), (it.new_path.as_str(), it.text.as_str())))
        .collect();
    let expected = [
        ("crates/access/reach.rs", ("crates/access/permissions.rs", "recorded")),
        ("src/access/reach.rs", ("src/access/permissions.rs", "struct A;")),
    ];
    assert_eq!(moved, BTreeMap::from(expected));
}

#[test]
fn a_name_that_would_come_to_mean_two_things_is_named() {
    let list = Renames::read(LIST).expect("a list");
    let collisions = |body: &str| {
        let text = format!("fn f(told: u8) {{\n{body}\n}}");
        let found = rename::collisions(&tree(&[("src/a.rs", &text)]), &list);
        found.into_iter().map(|it| (it.old, it.new)).collect::<Vec<_>>()
    };
    let both = [("told".to_owned(), "recorded".to_owned())];
    for wrong in ["let recorded = 1;", "g(|recorded: u8| recorded)", "told + recorded()"] {
        assert_eq!(collisions(wrong), both, "{wrong}");
    }
    for fine in ["a.recorded", "A { recorded: told }", "recorded::f()", "a.recorded()", ""] {
        assert_eq!(collisions(fine), [], "{fine}");
    }
}

#[test]
fn a_list_with_a_fault_is_refused_with_the_line() {
    for wrong in [
        "[what]\n",
        "a = \"b\"\n",
        "[names]\na = b\n",
        "[names]\na = \"b\"\na = \"c\"\n",
        "[names]\na\n",
    ] {
        assert!(Renames::read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_projects_own_list_and_page_are_read() {
    let root = crate::tree::root();
    let text = |path: &str| std::fs::read_to_string(root.join(path)).expect("a file of ours");
    let list = Renames::read(&text(super::list::FILE)).expect("our list");
    assert!(list.parts.len() > 5);
    let unused = glossary::read(&text(glossary::PAGE)).expect("our page");
    // What is renamed by parts is not used, and what it becomes is no other unused word.
    for (_, new) in &list.parts {
        let name = new.join("_");
        let again = Tree { files: [("src/a.rs".to_owned(), name.clone())].into() };
        assert_eq!(find::find(&again, &unused), [], "{name}");
    }
}

#[test]
fn pieces_come_in_the_order_of_the_file() {
    let text = "fn f() { g(\"a_b c\", \"d\") } // e_f";
    let starts: Vec<usize> = pieces::of("src/a.rs", text).iter().map(|it| it.start).collect();
    assert!(starts.is_sorted(), "{starts:?}");
}
