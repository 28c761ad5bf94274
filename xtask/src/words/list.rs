//! `renames.toml`: what is called what instead. Each section is a kind of thing; the file itself
//! says which.

use std::collections::BTreeMap;

use super::parts;

pub const FILE: &str = "xtask/renames.toml";

/// Old and new, in the order of the file.
pub type Pairs = Vec<(String, String)>;

/// The list.
#[derive(Debug, Default)]
pub struct Renames {
    /// Exact text, wherever it stands.
    pub texts: Pairs,
    /// Words within names; longer runs of words first.
    pub parts: Vec<(Vec<String>, Vec<String>)>,
    /// Whole names.
    pub names: BTreeMap<String, String>,
    /// Whole names, in files whose path has something in it.
    pub within: Vec<(String, BTreeMap<String, String>)>,
    /// Names of modules, where a path says them.
    pub modules: BTreeMap<String, String>,
    /// Words of sentences.
    pub prose: Pairs,
    /// The ends of paths.
    pub files: Pairs,
}

impl Renames {
    /// Reads the list.
    ///
    /// # Errors
    /// With the line that cannot be read, or an entry that stands twice.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut list = Self::default();
        for section in sections(text)? {
            let Section { name, within, pairs } = section;
            match (name.as_str(), within) {
                ("texts", None) => list.texts = pairs,
                ("prose", None) => list.prose = pairs,
                ("files", None) => list.files = pairs,
                ("names", None) => list.names = pairs.into_iter().collect(),
                ("modules", None) => list.modules = pairs.into_iter().collect(),
                ("within", Some(path)) => list.within.push((path, pairs.into_iter().collect())),
                ("parts", None) => {
                    let words =
                        |(old, new): (String, String)| (parts::words(&old), new_words(&new));
                    list.parts = pairs.into_iter().map(words).collect();
                    list.parts.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
                }
                (other, _) => return Err(format!("{FILE}: [{other}] is no section")),
            }
        }
        Ok(list)
    }

    /// The list as it holds in one file.
    pub fn of<'a>(&'a self, path: &str) -> InFile<'a> {
        let within = self.within.iter().filter(|(within, _)| path.contains(within.as_str()));
        InFile { list: self, within: within.map(|(_, names)| names).collect() }
    }

    fn by_parts(&self, name: &str) -> String {
        let mut name = name.to_owned();
        for (old, new) in &self.parts {
            let mut from = 0;
            while let Some((renamed, behind)) = replaced(&name, old, new, from) {
                // What was put there is not looked at again.
                (name, from) = (renamed, behind);
            }
        }
        name
    }
}

/// The list in one file.
pub struct InFile<'a> {
    list: &'a Renames,
    within: Vec<&'a BTreeMap<String, String>>,
}

impl InFile<'_> {
    /// What a name is called instead, if it is called otherwise.
    pub fn name(&self, name: &str) -> Option<String> {
        let mut whole = self.within.iter().filter_map(|names| names.get(name));
        if let Some(new) = whole.next().or_else(|| self.list.names.get(name)) {
            return Some(new.clone()).filter(|new| new != name);
        }
        let renamed = Some(self.list.by_parts(name)).filter(|new| new != name)?;
        (parts::split(name).len() < parts::SENTENCE).then_some(renamed)
    }
}

/// A name with the first run of words from `from` on replaced, and the word behind what was put
/// there; none where there is no such run.
fn replaced(name: &str, old: &[String], new: &[String], from: usize) -> Option<(String, usize)> {
    // Most names have none of the words: nothing is taken apart for them.
    let holds = |word: &String| {
        name.as_bytes().windows(word.len()).any(|it| it.eq_ignore_ascii_case(word.as_bytes()))
    };
    if !old.iter().all(holds) {
        return None;
    }
    let words = parts::split(name);
    let at = parts::find(&words, old, from)?;
    let run = &words[at..at + old.len()];
    let (start, end) = (run[0].start, run[old.len() - 1].end());
    let renamed = format!("{}{}{}", &name[..start], parts::in_style(name, run, new), &name[end..]);
    Some((renamed, at + new.len()))
}

/// New words are written as they are: `entered_in_error`.
fn new_words(new: &str) -> Vec<String> {
    new.split('_').map(str::to_owned).collect()
}

struct Section {
    name: String,
    within: Option<String>,
    pairs: Pairs,
}

/// The part of TOML that the list uses: headings, keys bare or quoted, values quoted, comments.
fn sections(text: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let wrong = |why: &str| format!("{FILE}, line {number}: {why}: {line}");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(heading) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let (name, within) = match heading.split_once('.') {
                Some((name, path)) => (name, Some(path.trim_matches('"').to_owned())),
                None => (heading, None),
            };
            sections.push(Section { name: name.to_owned(), within, pairs: Vec::new() });
            continue;
        }
        let (key, rest) = value(line).ok_or_else(|| wrong("no key"))?;
        let rest = rest.trim_start().strip_prefix('=').ok_or_else(|| wrong("no `=`"))?;
        let (new, rest) = value(rest.trim_start()).ok_or_else(|| wrong("no value"))?;
        if !rest.trim().is_empty() && !rest.trim().starts_with('#') {
            return Err(wrong("more than a value"));
        }
        let section = sections.last_mut().ok_or_else(|| wrong("no section"))?;
        if section.pairs.iter().any(|(old, _)| *old == key) {
            return Err(wrong("stands twice"));
        }
        section.pairs.push((key, new));
    }
    Ok(sections)
}

/// A bare key or a quoted string, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|char: char| char.is_whitespace() || char == '=')?;
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, char) in quoted.char_indices() {
        match char {
            'n' if escaped => value.push('\n'),
            _ if escaped => value.push(char),
            '\\' => {}
            '"' => return Some((value, &quoted[at + 1..])),
            _ => value.push(char),
        }
        escaped = char == '\\' && !escaped;
    }
    None
}
