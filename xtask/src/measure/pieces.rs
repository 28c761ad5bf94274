//! What one of a thing costs in lines: an operation, a correction, an external id, a fact, a read
//! model, a report.
//!
//! How many operations there are is read from the OpenAPI document, which is made from the code and
//! is the same before and after it is written in another way.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::kinds::{self, Kind};
use super::lines::{self, Lines};
use super::{Figure, Sums, Value, figure};
use crate::rust::{self, Kind as Of, Token};
use crate::tree::Tree;

const OPENAPI: &str = "openapi/openapi.json";

/// Addresses of the operations of capabilities, one for each method.
fn operations(tree: &Tree) -> Vec<String> {
    let document = tree.files.get(OPENAPI).and_then(|text| serde_json::from_str(text).ok());
    let document: Json = document.unwrap_or_default();
    let Some(paths) = document["paths"].as_object() else { return vec![] };
    let methods = ["get", "post", "put", "patch", "delete"];
    let mut found = Vec::new();
    for (path, operations) in paths {
        let other = kinds::OTHER_OPERATIONS.iter().any(|begins| path.starts_with(begins));
        let count = methods.iter().filter(|method| !operations[**method].is_null()).count();
        if !other {
            found.extend(std::iter::repeat_n(path.clone(), count));
        }
    }
    found
}

/// A share of lines; nothing of nothing.
fn each(lines: Lines, count: usize) -> Value {
    let share = |lines: usize| (lines + count / 2).checked_div(count).unwrap_or(0);
    Value::Lines(Lines { code: share(lines.code), all: share(lines.all) })
}

/// The rows.
pub fn figures(tree: &Tree, sums: &Sums) -> Vec<Figure> {
    let operations = operations(tree);
    let of = |wanted: &[&str]| {
        let of = operations.iter().filter(|path| wanted.iter().any(|it| path.contains(it)));
        of.count()
    };
    let (corrections, external_ids) = (of(&["/correction"]), of(&["/external-ids"]));
    let reports = operations.iter().filter(|path| path.starts_with("/v1/reports/")).count();
    let kind = |kind| sums.kinds.get(&kind).copied().unwrap_or_default();
    let beside = Lines {
        code: sums.capabilities.code - kind(Kind::Rules).code.min(sums.capabilities.code),
        all: sums.capabilities.all - kind(Kind::Rules).all.min(sums.capabilities.all),
    };
    let (facts, read_models) = (facts(tree), read_models(tree));
    let count = operations.len();
    let each_one = |key: &str, what: &str, aim, (lines, count)| {
        figure(key, &format!("lines of {what}"), aim, each(lines, count))
    };
    vec![
        figure("operations", "operations of capabilities", "", Value::Count(count)),
        each_one(
            "operation",
            "an operation, with all that is there for it",
            "",
            (sums.capabilities, count),
        ),
        each_one("operation_beside", "an operation, beside its rule", "60", (beside, count)),
        each_one(
            "operation_http",
            "an operation, its own files alone",
            "",
            (kind(Kind::Operations), count),
        ),
        each_one("correction", "a correction", "", (named(tree, &CORRECTION), corrections)),
        each_one(
            "external_id",
            "an operation on external ids",
            "",
            (named(tree, &EXTERNAL_ID), external_ids),
        ),
        each_one("fact", "a fact", "", (kind(Kind::Facts), facts)),
        each_one("read_model", "a read model, with its SQL", "", read_models),
        each_one("report", "a report, with its SQL", "130", (of_reports(tree), reports)),
    ]
}

/// How what belongs to something is known: whole files, and items elsewhere.
struct Named {
    files: &'static [&'static str],
    words: &'static [&'static str],
}

const CORRECTION: Named =
    Named { files: kinds::CORRECTIONS, words: &["orrect", "entered_in_error", "EnteredInError"] };
const EXTERNAL_ID: Named = Named { files: kinds::EXTERNAL_IDS, words: &["xternal"] };

/// Lines of capabilities that are of something: its files, and what is named so in others.
fn named(tree: &Tree, named: &Named) -> Lines {
    let mut sum = Lines::default();
    for (path, text) in tree.rust().filter(|(path, _)| kinds::of_capabilities(path)) {
        if kinds::of(path, text) == Some(Kind::Tests) {
            continue;
        }
        if kinds::any(named.files, path) {
            sum += lines::of_rust(text).0;
            continue;
        }
        for item in items(text) {
            if named.words.iter().any(|word| item.name.contains(word)) {
                sum += lines::of_rust(item.text).0;
            }
        }
    }
    sum
}

struct Item<'a> {
    /// What stands between its keyword and its body or parameters.
    name: String,
    /// With its comments and attributes.
    text: &'a str,
}

/// Functions, types and implementations; those named so within others are not looked for again.
fn items(source: &str) -> Vec<Item<'_>> {
    let tokens = rust::tokens(source);
    let tests = rust::test_parts(&tokens);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let begins = ["fn", "struct", "enum", "impl"].iter().any(|word| token.is(word));
        let tested = tests.iter().any(|part| part.contains(&token.start));
        // `impl` and `fn` of types stand after other signs than the end of something.
        if !begins || tested || !begins_item(&tokens, at) {
            continue;
        }
        let head =
            tokens[at + 1..].iter().take_while(|it| !it.is("{") && !it.is("(") && !it.is(";"));
        let name: Vec<&str> = head.map(|it| it.text).collect();
        let start = tokens[first_of_item(&tokens, at)].start;
        let end = tokens[rust::item_end(&tokens, at)].end();
        found.push(Item { name: name.join(" "), text: &source[start..end] });
    }
    found
}

fn before_item(token: &Token<'_>) -> bool {
    token.is("}") || token.is(";") || token.is("{")
}

/// The first token of what precedes an item at `at`: its comments, attributes, visibility.
fn first_of_item(tokens: &[Token<'_>], at: usize) -> usize {
    let before = tokens[..at].iter().rposition(before_item);
    before.map_or(0, |before| before + 1)
}

/// Whether between the end of something and `at` stand only attributes, comments and words.
fn begins_item(tokens: &[Token<'_>], at: usize) -> bool {
    let mut depth = 0;
    for token in &tokens[first_of_item(tokens, at)..at] {
        match token.text {
            "[" | "(" => depth += 1,
            "]" | ")" => depth -= 1,
            _ if depth == 0 && token.kind == Of::Sign && token.text != "#" => return false,
            _ => {}
        }
    }
    depth == 0
}

/// How many types of facts are stored: names such as `position.filled.v1`.
fn facts(tree: &Tree) -> usize {
    let mut names = BTreeSet::new();
    for (path, text) in tree.rust() {
        if kinds::of(path, text) != Some(Kind::Facts) {
            continue;
        }
        let tokens = rust::tokens(text);
        let tests = rust::test_parts(&tokens);
        let texts = tokens.iter().filter(|token| {
            token.kind == Of::Text && !tests.iter().any(|part| part.contains(&token.start))
        });
        let texts = texts.map(|token| token.text.trim_matches('"'));
        names.extend(texts.filter(|text| is_fact(text)).map(str::to_owned));
    }
    names.len()
}

fn is_fact(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|char| char.is_ascii_lowercase() || char == '_')
    };
    let (name, version) = text.rsplit_once(".v").unwrap_or_default();
    version.parse::<u16>().is_ok() && name.contains('.') && name.split('.').all(plain)
}

/// Lines of read models with their tables, and how many there are.
fn read_models(tree: &Tree) -> (Lines, usize) {
    let (mut sum, mut count) = (Lines::default(), 0);
    for (path, text) in tree.rust() {
        if kinds::of(path, text) == Some(Kind::ReadModels) {
            sum += lines::of_rust(text).0;
            sum += sql_of(tree, path, text);
            count += 1;
        }
    }
    (sum, count)
}

fn of_reports(tree: &Tree) -> Lines {
    let mut sum = Lines::default();
    for (path, text) in tree.rust() {
        if kinds::of(path, text) == Some(Kind::Reports) {
            sum += lines::of_rust(text).0;
            sum += sql_of(tree, path, text);
        }
    }
    sum
}

/// Lines of the SQL files that a file includes.
fn sql_of(tree: &Tree, path: &str, text: &str) -> Lines {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut sum = Lines::default();
    for included in text.split("include_str!(\"").skip(1) {
        let name = included.split('"').next().unwrap_or_default();
        if let Some(sql) = tree.files.get(&format!("{folder}/{name}")) {
            sum += lines::of_sql(sql);
        }
    }
    sum
}
