//! Figures of the source: how much there is of what, and what hangs together. They are counted
//! from files alone, so that any revision is measured by the same script.

pub mod circles;
pub mod kinds;
pub mod lines;
pub mod modules;
mod pieces;
pub mod seconds;
pub mod table;
pub mod touched;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kinds::Kind;
use lines::Lines;

use crate::tree::Tree;

/// A figure, and how it is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Lines(Lines),
    Count(usize),
    Seconds(f64),
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Stays the same when the words change: stored figures are found by it.
    pub key: String,
    pub what: String,
    /// What it should come to; empty where nothing is asked.
    pub aim: &'static str,
    pub value: Value,
}

/// Makes a row.
fn figure(key: &str, what: &str, aim: &'static str, value: Value) -> Figure {
    Figure { key: key.to_owned(), what: what.to_owned(), aim, value }
}

/// Everything that is counted from files.
pub struct Measured {
    pub figures: Vec<Figure>,
    /// What the circles are made of, for who wants to open them.
    pub circles: circles::Circles,
}

/// Lines of the kinds, and their sums.
#[derive(Debug, Default)]
pub struct Sums {
    pub kinds: BTreeMap<Kind, Lines>,
    pub capabilities: Lines,
    pub service: Lines,
    /// Tests within files of the service and of its capabilities.
    pub tests_in_service: Lines,
    pub tests_in_capabilities: Lines,
    pub sql: Lines,
}

/// Adds up the lines of a tree.
pub fn sums(tree: &Tree) -> Sums {
    let mut sums = Sums::default();
    for (path, text) in &tree.files {
        if path.ends_with(".sql") && kinds::SERVICE.iter().any(|folder| path.starts_with(folder)) {
            sums.sql += lines::of_sql(text);
        }
    }
    for (path, text) in tree.rust() {
        let Some(kind) = kinds::of(path, text) else { continue };
        let (code, tests) = lines::of_rust(text);
        *sums.kinds.entry(kind).or_default() += code;
        let tested = if kind == Kind::Tools { Kind::Tools } else { Kind::Tests };
        *sums.kinds.entry(tested).or_default() += tests;
        if !matches!(kind, Kind::Tests | Kind::Tools) {
            sums.service += code;
            sums.tests_in_service += tests;
            if kinds::of_capabilities(path) {
                sums.capabilities += code;
                sums.tests_in_capabilities += tests;
            }
        }
    }
    sums
}

/// Measures a tree.
pub fn measure(tree: &Tree) -> Measured {
    let sums = sums(tree);
    let mut figures = Vec::new();
    for kind in Kind::ALL {
        let lines = sums.kinds.get(&kind).copied().unwrap_or_default();
        let what = format!("lines: {}", kind.name());
        figures.push(figure(&format!("lines_{kind:?}"), &what, "", Value::Lines(lines)));
    }
    let with_tests = |code: Lines, tests: Lines| Value::Count(code.code + tests.code);
    figures.push(figure("lines_sql", "lines: SQL", "", Value::Lines(sums.sql)));
    figures.extend([
        figure("capabilities", "lines: all capabilities", "", Value::Lines(sums.capabilities)),
        figure(
            "capabilities_with_tests",
            "lines: all capabilities, with the tests inside of their files",
            "16 000",
            with_tests(sums.capabilities, sums.tests_in_capabilities),
        ),
        figure("service", "lines: all of src and crates", "", Value::Lines(sums.service)),
        figure(
            "service_with_tests",
            "lines: all of src and crates, with the tests inside of their files",
            "35 000",
            with_tests(sums.service, sums.tests_in_service),
        ),
    ]);
    figures.extend(pieces::figures(tree, &sums));
    let circles = circles::of(&modules::uses(tree));
    figures.extend(of_circles(&circles));
    Measured { figures, circles }
}

fn of_circles(circles: &circles::Circles) -> Vec<Figure> {
    let longest = |of: &BTreeMap<String, circles::Circle>| of.values().map(Vec::len).max();
    let count = |count: Option<usize>| Value::Count(count.unwrap_or(0));
    let in_circles = |circles: &[circles::Circle]| Value::Count(circles.iter().map(Vec::len).sum());
    vec![
        figure("circle", "files in the largest circle", "", count(Some(circles.largest.len()))),
        figure(
            "circle_crate",
            "files in the largest circle within a crate",
            "15",
            count(longest(&circles.of_crates)),
        ),
        figure(
            "circle_capability",
            "files in the largest circle within a capability",
            "15",
            count(longest(&circles.of_capabilities)),
        ),
        figure(
            "capabilities_in_circles",
            "capabilities in circles with others",
            "0",
            in_circles(&circles.among_capabilities),
        ),
        figure(
            "pairs",
            "pairs of capabilities that use each other",
            "0",
            count(Some(circles.pairs.len())),
        ),
        figure("crates_in_circles", "crates in circles", "0", in_circles(&circles.among_crates)),
    ]
}
