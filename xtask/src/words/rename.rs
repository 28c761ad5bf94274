//! Renames a tree by the list. What is ambiguous is not decided here: it is named, and the list
//! gets an entry for the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::find::is_read;
use super::list::Renames;
use super::pieces::{self, Piece, Sort};
use crate::rust::{self, Kind, Token};
use crate::tree::Tree;

/// A change of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub path: String,
    /// Where it lies afterwards.
    pub new_path: String,
    pub text: String,
    /// How many names, texts and words are others.
    pub count: usize,
}

/// Files that are written by the program that is renamed.
const GENERATED: &[&str] = &["openapi/openapi.json", "openapi/operations.txt", "docs/errors.md"];

/// What changes.
pub fn changes(tree: &Tree, list: &Renames) -> Vec<Change> {
    let read =
        tree.files.iter().filter(|(path, _)| is_read(path) && !GENERATED.contains(&path.as_str()));
    let changes = read.map(|(path, text)| {
        let (text, count) = renamed(path, text, list);
        Change { new_path: moved(path, list), path: path.clone(), text, count }
    });
    changes.filter(|change| change.count > 0 || change.path != change.new_path).collect()
}

/// The path that a file has afterwards.
fn moved(path: &str, list: &Renames) -> String {
    let mut path = path.to_owned();
    for (old, new) in &list.files {
        // A file by the end of its path, a folder anywhere in it.
        if old.ends_with('/') {
            path = path.replace(&format!("/{old}"), &format!("/{new}"));
        } else if let Some(before) = path.strip_suffix(old.as_str()).filter(|it| it.ends_with('/'))
        {
            path = format!("{before}{new}");
        }
    }
    path
}

/// A file's text afterwards, and how much is changed.
pub fn renamed(path: &str, text: &str, list: &Renames) -> (String, usize) {
    let mut count = 0;
    let mut text = text.to_owned();
    for (old, new) in &list.texts {
        count += text.matches(old.as_str()).count();
        text = text.replace(old.as_str(), new);
    }
    // Pages name files by their place.
    for (old, new) in list.files.iter().filter(|_| path.ends_with(".md")) {
        count += text.matches(old.as_str()).count();
        text = text.replace(old.as_str(), new);
    }
    let here = list.of(path);
    let modules = if path.ends_with(".rs") { modules(&text, list) } else { BTreeMap::new() };
    let mut edits: BTreeMap<usize, (usize, String)> = BTreeMap::new();
    for piece in pieces::of(path, &text) {
        match piece.sort {
            Sort::Sentence => edits.extend(prose(&piece, list)),
            Sort::Name | Sort::Said => {
                let new = match modules.get(&piece.start) {
                    Some(new) => Some(new.clone()),
                    None => here.name(piece.text),
                };
                edits.extend(new.map(|new| (piece.start, (piece.text.len(), new))));
            }
        }
    }
    count += edits.len();
    let (mut after, mut at) = (String::with_capacity(text.len()), 0);
    for (start, (length, new)) in edits {
        after.push_str(&text[at..start]);
        after.push_str(&new);
        at = start + length;
    }
    after.push_str(&text[at..]);
    (after, count)
}

/// Words of a sentence, where they are not set apart as names.
fn prose(piece: &Piece<'_>, list: &Renames) -> Vec<(usize, (usize, String))> {
    let mut edits = Vec::new();
    for (old, new) in &list.prose {
        for (from, _) in piece.text.match_indices(old.as_str()) {
            let end = from + old.len();
            let whole = |char: Option<char>| {
                char.is_none_or(|char| !char.is_alphanumeric() && !"_`{}".contains(char))
            };
            let before = piece.text[..from].chars().next_back();
            if whole(before) && whole(piece.text[end..].chars().next()) {
                edits.push((piece.start + from, (old.len(), new.clone())));
            }
        }
    }
    edits
}

/// Where a path or a `mod` says the name of a module that has another one.
fn modules(text: &str, list: &Renames) -> BTreeMap<usize, String> {
    let tokens = rust::tokens(text);
    let code: Vec<&Token<'_>> = tokens.iter().filter(|it| it.kind != Kind::Comment).collect();
    let sign = |at: Option<usize>, text: &str| {
        at.and_then(|at| code.get(at)).is_some_and(|token| token.is(text))
    };
    let (mut found, mut in_use) = (BTreeMap::new(), false);
    for (at, token) in code.iter().enumerate() {
        in_use = (in_use || token.is("use")) && !token.is(";");
        let Some(new) = list.modules.get(token.text) else { continue };
        let in_path = sign(at.checked_sub(1), ":") && sign(at.checked_sub(2), ":")
            || sign(Some(at + 1), ":") && sign(Some(at + 2), ":");
        if in_path || in_use || sign(at.checked_sub(1), "mod") {
            found.insert(token.start, new.clone());
        }
    }
    found
}

/// Writes what changes, and the checksums of stored events that are others.
///
/// # Errors
/// When a file cannot be written.
pub fn apply(root: &Path, changes: &[Change]) -> io::Result<()> {
    for change in changes {
        let new = root.join(&change.new_path);
        if let Some(folder) = new.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(new, &change.text)?;
        if change.path != change.new_path {
            fs::remove_file(root.join(&change.path))?;
        }
    }
    let golden = |change: &Change| change.path.starts_with(GOLDEN);
    if changes.iter().any(golden) { checksums(root) } else { Ok(()) }
}

/// Where stored events lie, with the list of their checksums.
const GOLDEN: &str = "tests/golden/";

/// Writes the list of checksums anew, with the comment that it begins with.
fn checksums(root: &Path) -> io::Result<()> {
    let list = root.join(GOLDEN).join("CHECKSUMS");
    let old = fs::read_to_string(&list)?;
    let comment = old.lines().filter(|line| line.starts_with('#'));
    let mut text: String = comment.map(|line| format!("{line}\n")).collect();
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join(GOLDEN))? {
        names.push(entry?.file_name());
    }
    names.retain(|name| name.to_string_lossy().ends_with(".json"));
    names.sort();
    let mut command = Command::new("sha256sum");
    let output = command.current_dir(root.join(GOLDEN)).arg("--").args(&names).output()?;
    text.push_str(&String::from_utf8_lossy(&output.stdout));
    fs::write(list, text)
}

/// A function in which a name would come to mean two things.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Collision {
    pub path: String,
    pub line: usize,
    pub old: String,
    pub new: String,
}

/// Functions that already use as a variable what another variable of theirs would be called.
pub fn collisions(tree: &Tree, list: &Renames) -> Vec<Collision> {
    let mut found = BTreeSet::new();
    for (path, text) in tree.rust().filter(|(path, _)| is_read(path)) {
        let (tokens, here) = (rust::tokens(text), list.of(path));
        let code: Vec<Token<'_>> =
            tokens.iter().filter(|it| it.kind != Kind::Comment).copied().collect();
        for (at, _) in code.iter().enumerate().filter(|(_, token)| token.is("fn")) {
            let body = &code[at..=rust::item_end(&code, at)];
            let (variables, called) = variables(body);
            for old in variables.union(&called) {
                let Some(new) = here.name(old) else { continue };
                let is_there = variables.contains(new.as_str())
                    || (variables.contains(old) && called.contains(new.as_str()));
                if is_there && here.name(&new).is_none() {
                    let (path, old) = (path.to_owned(), (*old).to_owned());
                    found.insert(Collision { path, line: body[0].line, old, new });
                }
            }
        }
    }
    found.into_iter().collect()
}

/// The words of a function that may be variables, and the functions that it calls by a bare name:
/// no fields, no methods, no paths.
fn variables<'a>(body: &[Token<'a>]) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let (mut variables, mut called) = (BTreeSet::new(), BTreeSet::new());
    let mut open = Vec::new();
    for (at, token) in body.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => open.push(token.text),
            ")" | "]" | "}" => _ = open.pop(),
            _ => {}
        }
        if token.kind != Kind::Word || !token.text.starts_with(|char: char| char.is_lowercase()) {
            continue;
        }
        let is = |at: Option<usize>, text: &str| {
            at.and_then(|at| body.get(at)).is_some_and(|it| it.is(text))
        };
        let (before, before_that) = (at.checked_sub(1), at.checked_sub(2));
        let (after, after_that) = (Some(at + 1), Some(at + 2));
        let method = is(before, ".") && !is(before_that, ".");
        let path = is(before, ":") && is(before_that, ":") || is(after, ":") && is(after_that, ":");
        let declared = is(before, "let") || is(before, "mut") || is(before, "ref");
        let field = is(after, ":") && open.last() == Some(&"{") && !declared;
        if method || path || field || is(after, "!") || is(before, "fn") {
            continue;
        }
        let names = if is(after, "(") { &mut called } else { &mut variables };
        names.insert(token.text);
    }
    (variables, called)
}
