//! Lines of a file: all of them, and those that are neither blank nor comment. What is compiled for
//! tests only is counted apart.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use crate::rust::{self, Kind};

/// How many lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lines {
    /// Without comments and blanks.
    pub code: usize,
    pub all: usize,
}

impl AddAssign for Lines {
    fn add_assign(&mut self, other: Self) {
        self.code += other.code;
        self.all += other.all;
    }
}

/// Lines of a Rust file: of the program, and of tests within it.
pub fn of_rust(source: &str) -> (Lines, Lines) {
    let tokens = rust::tokens(source);
    let parts = rust::test_parts(&tokens);
    let is_test = |byte: usize| parts.iter().any(|part| part.contains(&byte));
    let (mut code, mut tests) = (BTreeSet::new(), BTreeSet::new());
    for token in tokens.iter().filter(|token| token.kind != Kind::Comment) {
        let lines = if is_test(token.start) { &mut tests } else { &mut code };
        // A blank line within a string is a blank line.
        let written =
            token.text.split('\n').enumerate().filter(|(_, text)| !text.trim().is_empty());
        lines.extend(written.map(|(after, _)| token.line + after));
    }
    let all_tests: usize =
        parts.iter().map(|part| source[part.clone()].matches('\n').count() + 1).sum();
    let all = source.lines().count() - all_tests;
    (Lines { code: code.len(), all }, Lines { code: tests.len(), all: all_tests })
}

/// Lines of an SQL file.
pub fn of_sql(source: &str) -> Lines {
    let code = source.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with("--"));
    Lines { code: code.count(), all: source.lines().count() }
}
