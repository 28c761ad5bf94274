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

    /// What a name is called instead in a file, if it is called otherwise.
    pub fn name(&self, path: &str, name: &str) -> Option<String> {
        let here = self.within.iter().filter(|(within, _)| path.contains(within.as_str()));
        let mut whole = here.filter_map(|(_, names)| names.get(name));
        if let Some(new) = whole.next().or_else(|| self.names.get(name)) {
            return Some(new.clone()).filter(|new| new != name);
        }
        if parts::split(name).len() >= parts::SENTENCE {
            return None;
        }
        Some(self.by_parts(name)).filter(|new| new != name)
    }

    fn by_parts(&self, name: &str) -> String {
        let mut name = name.to_owned();
        for (old, new) in &self.parts {
            let mut from = 0;
            loop {
                let words = parts::split(&name);
                let Some(at) = parts::find(&words, old, from) else { break };
                let replaced = &words[at..at + old.len()];
                let inserted = parts::in_style(&name, replaced, new);
                let last = replaced[old.len() - 1].end();
                let renamed = format!("{}{inserted}{}", &name[..replaced[0].start], &name[last..]);
                // What was put there is not looked at again.
                from = at + new.len();
                name = renamed;
            }
        }
        name
    }
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
