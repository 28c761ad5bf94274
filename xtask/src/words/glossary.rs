//! What docs/glossary.md says is not used: words of names, and phrases of sentences.

/// Where the words are explained.
pub const PAGE: &str = "docs/glossary.md";

/// The table of words is under this heading.
const HEADING: &str = "## Not used";

/// Something that is not written here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unused {
    /// Words of names, in their order: never, was.
    Words(Vec<String>),
    /// A whole name, and no other that it is a part of: `reach`, but not `out_of_reach`.
    Whole(String),
    /// Words of a sentence, as they stand.
    Phrase(String),
}

impl Unused {
    /// How it is called in lists.
    pub fn name(&self) -> String {
        match self {
            Self::Words(words) => words.join("_"),
            Self::Whole(name) => format!("={name}"),
            Self::Phrase(phrase) => format!("\"{phrase}\""),
        }
    }
}

/// Reads the table: in its first column, names between backticks, and phrases between quotes. A
/// name that begins with `=` is meant whole.
///
/// # Errors
/// When there is no such table, or nothing in it.
pub fn read(page: &str) -> Result<Vec<Unused>, String> {
    let (_, rest) = page.split_once(HEADING).ok_or_else(|| format!("{PAGE} has no {HEADING}"))?;
    let table = rest.split("\n## ").next().unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = rows.filter_map(|row| row.trim_start_matches('|').split(" | ").next());
    let unused: Vec<Unused> = cells.flat_map(of_cell).collect();
    if unused.is_empty() {
        Err(format!("{PAGE}: nothing stands under {HEADING}"))
    } else {
        Ok(unused)
    }
}

fn of_cell(cell: &str) -> Vec<Unused> {
    let mut found = Vec::new();
    for (at, name) in cell.split('`').enumerate().filter(|(at, _)| at % 2 == 1) {
        _ = at;
        found.push(match name.strip_prefix('=') {
            Some(whole) => Unused::Whole(whole.to_owned()),
            None => Unused::Words(super::parts::words(name)),
        });
    }
    let phrases = cell.split('"').enumerate().filter(|(at, _)| at % 2 == 1);
    found.extend(phrases.map(|(_, phrase)| Unused::Phrase(phrase.to_owned())));
    found
}
