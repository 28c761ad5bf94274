//! Names as the words they are made of: `AssignmentSituation` is assignment, situation; so is
//! `ASSIGNMENT_SITUATION`, and `assignment-situation` in an address.

/// A name of so many words and more is a sentence: the name of a test.
pub const SENTENCE: usize = 6;

/// A word of a name, and where in the name it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    pub text: &'a str,
    pub start: usize,
}

impl Part<'_> {
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The words of a name, in order. Digits belong to the word before them.
pub fn split(name: &str) -> Vec<Part<'_>> {
    let chars: Vec<(usize, char)> = name.char_indices().collect();
    let mut parts = Vec::new();
    let mut start = None;
    for (place, (at, char)) in chars.iter().enumerate() {
        if !char.is_alphanumeric() {
            parts.extend(start.take().map(|start| Part { text: &name[start..*at], start }));
            continue;
        }
        let before = place.checked_sub(1).map(|before| chars[before].1);
        let after = chars.get(place + 1).map(|after| after.1);
        // `aB` begins a word at B, and so does `ABc`.
        let begins = char.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || after.is_some_and(char::is_lowercase)
            });
        if begins {
            parts.extend(start.take().map(|start| Part { text: &name[start..*at], start }));
        }
        start.get_or_insert(*at);
    }
    parts.extend(start.map(|start| Part { text: &name[start..], start }));
    parts
}

/// Where in a name a run of words begins and how many it has, if they are there, whatever their
/// case.
pub fn find(parts: &[Part<'_>], words: &[String], from: usize) -> Option<usize> {
    let fits = |at: usize| {
        parts[at..].iter().zip(words).all(|(part, word)| part.text.eq_ignore_ascii_case(word))
    };
    let last = parts.len().checked_sub(words.len())?;
    (from..=last).find(|at| fits(*at))
}

/// How a name writes its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Lower(char),
    Upper,
    Camel,
}

/// Words in the style of those that they take the place of in a name.
pub fn in_style(name: &str, replaced: &[Part<'_>], words: &[String]) -> String {
    let first = replaced[0].text;
    let separator = if name.contains('-') && !name.contains('_') { '-' } else { '_' };
    let style = if first.starts_with(char::is_lowercase) {
        Style::Lower(separator)
    } else if first.len() > 1 && first.chars().all(|char| !char.is_lowercase()) {
        Style::Upper
    } else {
        Style::Camel
    };
    match style {
        Style::Lower(separator) => words.join(&separator.to_string()),
        Style::Upper => words.join("_").to_uppercase(),
        Style::Camel => words.iter().map(|word| capital(word)).collect(),
    }
}

/// A word with its first letter large.
pub fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The words of an entry of a list: `never_was` is never, was.
pub fn words(entry: &str) -> Vec<String> {
    split(entry).iter().map(|part| part.text.to_lowercase()).collect()
}
