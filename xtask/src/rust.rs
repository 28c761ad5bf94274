//! Rust source as tokens, each with its place. Enough to count lines, to follow paths and to tell
//! names from sentences; no grammar.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or a keyword, also a raw one.
    Word,
    Lifetime,
    /// A string of any kind, with its quotes.
    Text,
    /// A character or byte, with its quotes.
    Character,
    Number,
    Sign,
    /// With its slashes; also one that is documentation.
    Comment,
}

/// A piece of source.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// The byte it begins at.
    pub start: usize,
    /// The number of its first line.
    pub line: usize,
}

impl Token<'_> {
    /// Whether it is this sign or this word.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Sign | Kind::Word) && self.text == text
    }

    /// The byte after it.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// All tokens of a source, in order. What does not end (a string, a comment) ends with the file.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut found, mut start, mut line) = (Vec::new(), 0, 1);
    while let Some(first) = source[start..].chars().next() {
        let rest = &source[start..];
        let (kind, length) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else {
            let (kind, length) = token(rest, first);
            (Some(kind), length)
        };
        let text = &rest[..length];
        if let Some(kind) = kind {
            found.push(Token { kind, text, start, line });
        }
        line += text.matches('\n').count();
        start += length;
    }
    found
}

fn begins_word(char: char) -> bool {
    char.is_alphabetic() || char == '_'
}

fn in_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// How many bytes of the beginning are of a word.
fn word_length(text: &str) -> usize {
    text.find(|char| !in_word(char)).unwrap_or(text.len())
}

/// The token that `rest` begins with, and how long it is.
fn token(rest: &str, first: char) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    if let Some(length) = string(rest) {
        return (Kind::Text, length);
    }
    if rest.starts_with("b'") {
        return (Kind::Character, 1 + character(&rest[1..]).unwrap_or(1));
    }
    if first == '\'' {
        return match character(rest) {
            Some(length) => (Kind::Character, length),
            None => (Kind::Lifetime, 1 + word_length(&rest[1..])),
        };
    }
    if begins_word(first) {
        let raw = if rest.starts_with("r#") { 2 } else { 0 };
        return (Kind::Word, raw + word_length(&rest[raw..]));
    }
    if first.is_ascii_digit() {
        return (Kind::Number, number(rest));
    }
    (Kind::Sign, first.len_utf8())
}

/// Digits with what belongs to them; the dot of `1..2` and of `1.max(2)` does not.
fn number(rest: &str) -> usize {
    let whole = word_length(rest);
    let after = &rest[whole..];
    let fraction =
        after.strip_prefix('.').filter(|after| after.starts_with(|c: char| c.is_ascii_digit()));
    whole + fraction.map_or(0, |fraction| 1 + word_length(fraction))
}

/// Block comments may stand in one another.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of the string that `rest` begins with, of any kind, if it does.
fn string(rest: &str) -> Option<usize> {
    let prefixes = ["br", "cr", "r", "b", "c", ""];
    let prefix = prefixes.into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        let hashes =
            |after: &str| prefix.ends_with('r') && after.trim_start_matches('#').starts_with('"');
        after.is_some_and(|after| after.starts_with('"') || hashes(after))
    })?;
    let after = &rest[prefix.len()..];
    if !prefix.ends_with('r') {
        return Some(prefix.len() + quoted(after));
    }
    let hashes = after.len() - after.trim_start_matches('#').len();
    let opened = prefix.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(rest[opened..].find(&end).map_or(rest.len(), |at| opened + at + end.len()))
}

/// The length of what begins with a quote, to the same quote without a backslash before it.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of the character that `rest` begins with, if it is one and no lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = &rest[1..];
    if let Some(escape) = inner.strip_prefix('\\') {
        let escaped = escape.chars().next()?.len_utf8();
        return escape[escaped..].find('\'').map(|at| 2 + escaped + at + 1);
    }
    let length = inner.chars().next()?.len_utf8();
    inner[length..].starts_with('\'').then_some(length + 2)
}

/// The bytes of the items that are compiled for tests only.
pub fn test_parts(tokens: &[Token<'_>]) -> Vec<std::ops::Range<usize>> {
    let code: Vec<Token<'_>> =
        tokens.iter().filter(|it| it.kind != Kind::Comment).copied().collect();
    let marks = [["#", "[", "cfg", "(", "test", ")", "]"].as_slice(), &["#", "[", "test", "]"]];
    let (mut found, mut at) = (Vec::<std::ops::Range<usize>>::new(), 0);
    while at < code.len() {
        let mark = marks.iter().find(|mark| {
            code.len() >= at + mark.len()
                && code[at..].iter().zip(**mark).all(|(it, sign)| it.is(sign))
        });
        let Some(mark) = mark else {
            at += 1;
            continue;
        };
        let last = item_end(&code, at + mark.len());
        found.push(code[at].start..code[last].end());
        at = last + 1;
    }
    found
}

/// The last token of the item that begins at `from`: a semicolon, or the brace that closes it.
pub fn item_end(code: &[Token<'_>], from: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in code.iter().enumerate().skip(from) {
        if token.kind != Kind::Sign {
            continue;
        }
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            ";" if depth == 0 => return at,
            _ => {}
        }
    }
    code.len() - 1
}
