//! Where a tree uses what is not used.

use super::glossary::{PAGE, Unused};
use super::parts;
use super::pieces::{self, Sort};
use crate::tree::Tree;

/// A use of something unused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: String,
    pub line: usize,
    /// As [`Unused::name`] says it.
    pub word: String,
    /// The name or the phrase in which it stands.
    pub said: String,
}

/// Files that are looked through: what people and programs read of the service.
const FOLDERS: &[&str] = &[
    "src/",
    "crates/",
    "tests/",
    "fuzz/src/",
    "fuzz/fuzz_targets/",
    "benches/",
    "docs/",
    "openapi/",
    "samples/",
    "migrations/",
    "scripts/",
];
const PAGES: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// Where the words have to stand to be explained, and seeds of a fuzzer that are nobody's words.
const LEFT_OUT: &[&str] = &[PAGE];

/// Whether a file is looked through.
pub fn is_read(path: &str) -> bool {
    let within = FOLDERS.iter().any(|folder| path.starts_with(folder)) || PAGES.contains(&path);
    within && !LEFT_OUT.contains(&path)
}

/// Everything that is found, by path and line.
pub fn find(tree: &Tree, unused: &[Unused]) -> Vec<Found> {
    let read = tree.files.iter().filter(|(path, _)| is_read(path));
    read.flat_map(|(path, text)| in_file(path, text, unused)).collect()
}

fn in_file(path: &str, text: &str, unused: &[Unused]) -> Vec<Found> {
    let mut found = Vec::new();
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    for piece in pieces::of(path, text) {
        if piece.sort == Sort::Sentence {
            continue;
        }
        let words = parts::split(piece.text);
        if words.len() >= parts::SENTENCE {
            continue;
        }
        for word in unused.iter().filter(|word| in_name(word, piece.text, &words)) {
            let (path, said) = (path.to_owned(), piece.text.to_owned());
            found.push(Found { path, line: line(piece.start), word: word.name(), said });
        }
    }
    found.extend(phrases(path, text, unused));
    found.sort_by_key(|it| it.line);
    found
}

fn in_name(unused: &Unused, name: &str, words: &[parts::Part<'_>]) -> bool {
    match unused {
        Unused::Words(unused) => parts::find(words, unused, 0).is_some(),
        Unused::Whole(whole) => name == whole,
        Unused::Phrase(_) => false,
    }
}

/// Phrases, also where a comment, a string or a page breaks their lines.
fn phrases(path: &str, text: &str, unused: &[Unused]) -> Vec<Found> {
    let mut plain = String::with_capacity(text.len());
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        lines.push((plain.len(), number));
        let said = line.trim().trim_start_matches(['/', '!', '-', '#', '*']).trim_end_matches('\\');
        plain.push_str(said.trim());
        plain.push(' ');
    }
    let number = |at: usize| lines[..].partition_point(|(start, _)| *start <= at);
    let mut found = Vec::new();
    for word in unused {
        let Unused::Phrase(phrase) = word else { continue };
        for (at, said) in plain.match_indices(phrase.as_str()) {
            let line = lines[number(at) - 1].1;
            let (path, said) = (path.to_owned(), said.to_owned());
            found.push(Found { path, line, word: word.name(), said });
        }
    }
    found
}
