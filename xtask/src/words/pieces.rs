//! What in a file is a name, and what is a sentence.
//!
//! Names are identifiers, members of JSON, codes, types of facts and parts of addresses. A string
//! or a comment is a sentence, and the names in it are those that it sets apart: between backticks
//! or quotes, in braces, or with an underscore.

use crate::rust::{self, Kind};

/// What a piece of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// An identifier of a program.
    Name,
    /// A name in a string, a JSON file or a code span.
    Said,
    Sentence,
}

/// A piece, and where it begins.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    pub sort: Sort,
    pub text: &'a str,
    pub start: usize,
}

/// The pieces of a file, in order. Of a file that is neither program nor text, none.
pub fn of<'a>(path: &str, text: &'a str) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    match path.rsplit('.').next().unwrap_or_default() {
        "rs" => rust_file(text, &mut pieces),
        "sql" => lines(text, "--", &mut pieces),
        "py" | "sh" | "toml" | "yml" | "yaml" => lines(text, "#", &mut pieces),
        "json" | "ndjson" => json(text, &mut pieces),
        "md" => markdown(text, &mut pieces),
        _ => {}
    }
    pieces.sort_by_key(|piece| piece.start);
    pieces
}

fn rust_file<'a>(text: &'a str, pieces: &mut Vec<Piece<'a>>) {
    for token in rust::tokens(text) {
        match token.kind {
            Kind::Word => {
                pieces.push(Piece { sort: Sort::Name, text: token.text, start: token.start });
            }
            Kind::Text => string(token.text, token.start, pieces),
            Kind::Comment => prose(token.text, token.start, pieces),
            Kind::Lifetime | Kind::Character | Kind::Number | Kind::Sign => {}
        }
    }
}

/// Programs whose comments begin with a sign: words of code are names, strings are not looked for.
fn lines<'a>(text: &'a str, comment: &str, pieces: &mut Vec<Piece<'a>>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.find(comment).unwrap_or(line.len());
        words(&line[..code], start, Sort::Name, pieces);
        prose(&line[code..], start + code, pieces);
        start += line.len();
    }
}

/// Members and words of JSON; strings with blanks are sentences.
fn json<'a>(text: &'a str, pieces: &mut Vec<Piece<'a>>) {
    for token in rust::tokens(text).into_iter().filter(|token| token.kind == Kind::Text) {
        string(token.text, token.start, pieces);
    }
}

/// Code blocks and code spans hold names; the rest is sentences.
fn markdown<'a>(text: &'a str, pieces: &mut Vec<Piece<'a>>) {
    let (mut start, mut fenced) = (0, false);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            words(line, start, Sort::Said, pieces);
        } else {
            prose(line, start, pieces);
        }
        start += line.len();
    }
}

/// A string: one name where it has no blanks, else a sentence.
fn string<'a>(text: &'a str, start: usize, pieces: &mut Vec<Piece<'a>>) {
    let inner = text.trim_matches(['"', '#', 'r', 'b']);
    if inner.contains(char::is_whitespace) {
        prose(text, start, pieces);
    } else {
        words(text, start, Sort::Said, pieces);
    }
}

/// A sentence, and the names that it sets apart.
fn prose<'a>(text: &'a str, start: usize, pieces: &mut Vec<Piece<'a>>) {
    pieces.push(Piece { sort: Sort::Sentence, text, start });
    for (from, word) in text_words(text) {
        let before = text[..from].chars().next_back();
        let after = text[from + word.len()..].chars().next();
        let ticks = text[..from].matches('`').count() % 2 == 1;
        let between = |open: char, close: char| before == Some(open) && after == Some(close);
        // An apostrophe within a word is none of these; `{day}` and `{day:?}` are.
        let set_apart = between('"', '"')
            || between('\'', '\'')
            || (before == Some('{') && matches!(after, Some('}' | ':')))
            || (before == Some('"') && after == Some('\\'));
        if ticks || set_apart || word.contains('_') {
            pieces.push(Piece { sort: Sort::Said, text: word, start: start + from });
        }
    }
}

fn words<'a>(text: &'a str, start: usize, sort: Sort, pieces: &mut Vec<Piece<'a>>) {
    for (from, word) in text_words(text) {
        pieces.push(Piece { sort, text: word, start: start + from });
    }
}

/// The words of a text: letters, digits and underscores that begin with no digit.
fn text_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let in_word = |char: char| char.is_alphanumeric() || char == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = at + text[at..].find(in_word)?;
        let length = text[from..].find(|char| !in_word(char)).unwrap_or(text.len() - from);
        at = from + length;
        Some((from, &text[from..at]))
    })
    .filter(|(_, word)| !word.starts_with(|char: char| char.is_ascii_digit()))
}
