//! How often each file still says what is not said any more. The list only shrinks: a count that
//! grows fails, and one that has shrunk is written down.

use std::collections::BTreeMap;

use super::find::Found;

pub const FILE: &str = "xtask/words-left.txt";

const HEAD: &str = "\
# What is not used any more (docs/glossary.md) and still stands: path, word, how often. It only
# shrinks; `cargo xtask check-words --write` writes down what has gone or moved.
";

/// How often, by path and word.
pub type Counts = BTreeMap<(String, String), usize>;

/// Counts what was found.
pub fn counts(found: &[Found]) -> Counts {
    let mut counts = Counts::new();
    for it in found {
        *counts.entry((it.path.clone(), it.word.clone())).or_default() += 1;
    }
    counts
}

/// Reads the list.
///
/// # Errors
/// With the line that is none of the list.
pub fn read(text: &str) -> Result<Counts, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let entry = |line: &str| {
        let mut cells = line.split('\t').map(str::to_owned);
        let (path, word, count) = (cells.next()?, cells.next()?, cells.next()?);
        Some(((path, word), count.parse().ok()?))
    };
    lines.map(|line| entry(line).ok_or_else(|| format!("{FILE}: {line}"))).collect()
}

/// Writes the list.
pub fn written(counts: &Counts) -> String {
    let lines = counts.iter().map(|((path, word), count)| format!("{path}\t{word}\t{count}\n"));
    HEAD.to_owned() + &lines.collect::<String>()
}

/// What is wrong between what was found and what may be.
pub fn judged(found: &[Found], allowed: &Counts) -> Vec<String> {
    let now = counts(found);
    let mut wrong = Vec::new();
    for ((path, word), count) in &now {
        let was = allowed.get(&(path.clone(), word.clone())).copied().unwrap_or(0);
        if *count > was {
            let of_it = found.iter().filter(|it| it.path == *path && it.word == *word);
            let lines = of_it.map(|it| format!("{} ({})", it.line, it.said)).collect::<Vec<_>>();
            wrong.push(format!(
                "{path}: {word} stands {count} times, and may {was} times: lines {}",
                lines.join(", ")
            ));
        }
    }
    for ((path, word), was) in allowed {
        let count = now.get(&(path.clone(), word.clone())).copied().unwrap_or(0);
        if count < *was {
            wrong.push(format!(
                "{path}: {word} stands {count} times, was {was}. \
                Write that down: cargo xtask check-words --write"
            ));
        }
    }
    wrong
}

/// The list anew. Files may have moved, so a word may stand elsewhere, but nowhere more often in
/// all.
///
/// # Errors
/// With the words that have become more.
pub fn rewritten(found: &[Found], allowed: &Counts) -> Result<String, String> {
    let now = counts(found);
    let (before, after) = (totals(allowed), totals(&now));
    let total = |word: &String| before.get(word).copied().unwrap_or(0);
    let more = after.iter().filter(|(word, count)| **count > total(word));
    let more: Vec<String> = more
        .map(|(word, count)| format!("{word} stands {count} times, was {}", total(word)))
        .collect();
    if more.is_empty() { Ok(written(&now)) } else { Err(more.join("\n")) }
}

fn totals(counts: &Counts) -> BTreeMap<String, usize> {
    let mut totals = BTreeMap::new();
    for ((_, word), count) in counts {
        *totals.entry(word.clone()).or_default() += count;
    }
    totals
}
