//! Files, functions and lines stay within what a reader can hold.

use super::sources;
use crate::support::source::text;

/// Where it holds.
const FOLDERS: [&str; 5] = ["src", "crates", "tests/it", "fuzz/src", "xtask/src"];
/// The aim is about 400.
const FILE_LINES_MAX: usize = 450;
const FUNCTION_LINES_MAX: usize = 70;
const COLUMNS_MAX: usize = 100;

/// Something larger than its limit, and why it may be for now.
struct Allowed {
    /// As [`oversized`] names it: a file, a function in a file, or the lines of a file.
    what: &'static str,
    /// Its size as it is. What grows fails, and what has shrunk is written down here.
    size: usize,
    reason: &'static str,
}

/// This list only shrinks: whoever comes here with something new splits it instead.
const ALLOWED: &[Allowed] = &[];

/// Source text with the contents of its literals taken out: rustfmt breaks no literal, so neither
/// its length nor a brace in it counts. Comments stay, without the quotes in them.
fn without_literals(source: &str) -> String {
    let mut plain = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let until = |end: &str, from: usize| {
            rest[from..].find(end).map_or(rest.len(), |found| from + found + end.len())
        };
        let (kept, taken) = match first {
            '/' if rest.starts_with("//") => {
                let line = rest.find('\n').unwrap_or(rest.len());
                (rest[..line].to_owned(), line)
            }
            'r' if !plain.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
                match rest[1 + hashes..].starts_with('"') {
                    true => {
                        let end = until(&format!("\"{}", "#".repeat(hashes)), hashes + 2);
                        ("\"\"".to_owned(), end)
                    }
                    false => ("r".to_owned(), 1),
                }
            }
            '"' => ("\"\"".to_owned(), end_of_string(rest)),
            '\'' if rest.starts_with("'\\") => ("' '".to_owned(), until("'", 3)),
            '\'' if rest.chars().nth(2) == Some('\'') => {
                let inner = rest[1..].chars().next().map_or(0, char::len_utf8);
                ("' '".to_owned(), inner + 2)
            }
            other => (other.to_string(), other.len_utf8()),
        };
        plain.push_str(&kept);
        // The lines of what was taken out are still lines.
        let lines = rest[..taken].matches('\n').count() - kept.matches('\n').count();
        plain.extend(std::iter::repeat_n('\n', lines));
        rest = &rest[taken..];
    }
    plain
}

/// The byte after the string that `text` begins with.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'\\' if !escaped => escaped = true,
            b'"' if !escaped => return place + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The name of the function that a line begins, if it begins one.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start().split(' ');
    let before = ["async", "const", "unsafe", "pub", "pub(crate)", "pub(super)"];
    let keyword = words.find(|word| !before.contains(word))?;
    let name = words.next().filter(|_| keyword == "fn")?;
    name.split(['(', '<']).next()
}

fn depth_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The functions of a source without literals: name, number of the first line, and lines from `fn`
/// to the closing brace, which rustfmt sets at the same depth.
fn functions(plain: &str) -> Vec<(&str, usize, usize)> {
    let lines: Vec<&str> = plain.lines().collect();
    let mut found = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let depth = depth_of(line);
        let closes = |line: &&str| depth_of(line) == depth && line.ends_with([';', '}']);
        let end = lines[place..].iter().position(closes).expect("a function ends");
        // One that ends without a body is declared in a trait.
        if lines[place + end].ends_with('}') {
            found.push((name, place + 1, end + 1));
        }
    }
    found
}

/// Something too large: what it is, how large, and the first line where.
struct Oversized {
    what: String,
    size: usize,
    line: usize,
}

/// What is too large in one file.
fn oversized(path: &str, source: &str) -> Vec<Oversized> {
    let mut found = Vec::new();
    let lines = source.lines().count();
    if lines > FILE_LINES_MAX {
        found.push(Oversized { what: path.to_owned(), size: lines, line: FILE_LINES_MAX });
    }
    let plain = without_literals(source);
    for (name, line, size) in functions(&plain) {
        // What can be done with a resource is a list of values, as long as there is to list.
        let is_list = matches!(name, "operations" | "of_plans" | "of_goals");
        if size > FUNCTION_LINES_MAX && !is_list {
            found.push(Oversized { what: format!("{path}: fn {name}"), size, line });
        }
    }
    let long = long_lines(&plain);
    if let Some(line) = long.first() {
        let what = format!("{path}: lines over {COLUMNS_MAX} columns");
        found.push(Oversized { what, size: long.len(), line: *line });
    }
    found
}

/// The numbers of the lines that are too long and could be broken. rustfmt breaks neither an
/// address nor what describes an operation.
fn long_lines(plain: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut describes = false;
    for (number, line) in (1..).zip(plain.lines()) {
        describes |= line.starts_with("#[utoipa::path(");
        if line.chars().count() > COLUMNS_MAX && !line.contains("://") && !describes {
            found.push(number);
        }
        describes &= !line.ends_with(")]");
    }
    found
}

/// What is wrong between what was found and what is allowed.
fn judged(found: &[Oversized], allowed: &[Allowed]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Oversized { what, size, line } in found {
        match allowed.iter().find(|entry| entry.what == what) {
            None => wrong.push(format!("{what}: {size}, from line {line}. Split it")),
            Some(entry) if entry.size < *size => {
                wrong.push(format!("{what}: {size}, was {}. It may only shrink", entry.size));
            }
            Some(entry) if entry.size > *size => {
                wrong.push(format!("{what}: {size}, was {}. Write that down", entry.size));
            }
            Some(entry) if entry.reason.is_empty() => wrong.push(format!("{what}: no reason")),
            Some(_) => {}
        }
    }
    let gone = |entry: &&Allowed| found.iter().all(|one| one.what != entry.what);
    let gone = allowed.iter().filter(gone);
    wrong.extend(gone.map(|entry| format!("{}: is within its limit. Take it off", entry.what)));
    wrong
}

#[test]
fn files_functions_and_lines_are_short() {
    let mut found = Vec::new();
    let mut checked = 0;
    for path in FOLDERS.into_iter().flat_map(sources) {
        found.extend(oversized(path.to_str().expect("our names are plain"), &text(&path)));
        checked += 1;
    }
    assert!(checked > 200, "only {checked} files were looked at");
    let wrong = judged(&found, ALLOWED);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_too_large_is_seen_and_what_rustfmt_cannot_break_is_not_counted() {
    let body = "        x();\n".repeat(FUNCTION_LINES_MAX);
    let long =
        format!("impl A {{\n    pub async fn f(\n        a: u8,\n    ) {{\n{body}    }}\n}}\n");
    let found = oversized("a.rs", &long);
    let named = found.iter().map(|one| (one.what.as_str(), one.size, one.line));
    assert!(named.eq([("a.rs: fn f", FUNCTION_LINES_MAX + 4, 2)]));
    let declared = format!("trait T {{\n    fn f();\n}}\n{body}");
    assert!(oversized("a.rs", &declared).is_empty());
    let word = "a".repeat(COLUMNS_MAX);
    for fine in [format!("f(\"{word}\\\"{word}\")"), format!("f(r#\"{word}\"{word}\"#)")] {
        assert!(oversized("a.rs", &fine).is_empty(), "{fine}");
    }
    for wrong in [format!("f('\"', {word}, '\\'')"), format!("// \"{word}\"")] {
        assert_eq!(oversized("a.rs", &wrong).len(), 1, "{wrong}");
    }
    let described = format!("#[utoipa::path(tag = {word})]\nx({word})\n");
    assert_eq!(oversized("a.rs", &described)[0].line, 2);
    let lines = "a\n".repeat(FILE_LINES_MAX + 1);
    assert_eq!(oversized("a.rs", &lines)[0].size, FILE_LINES_MAX + 1);
}

#[test]
fn the_list_of_what_is_allowed_only_shrinks() {
    let found = [Oversized { what: "a.rs".to_owned(), size: 500, line: 1 }];
    let entry = |what, size| [Allowed { what, size, reason: "because" }];
    assert!(judged(&found, &entry("a.rs", 500)).is_empty());
    for (entry, words) in [
        (entry("a.rs", 499), "It may only shrink"),
        (entry("a.rs", 501), "Write that down"),
        (entry("b.rs", 500), "Split it"),
    ] {
        let wrong = judged(&found, &entry);
        assert!(wrong[0].contains(words), "{wrong:?}");
    }
    let gone = judged(&[], &entry("a.rs", 500));
    assert!(gone[0].contains("Take it off"), "{gone:?}");
}
