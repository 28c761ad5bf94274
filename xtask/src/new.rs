//! Beginnings: the files of a new thing, with a test that fails until somebody writes the rule.
//!
//! What is made is written in `xtask/templates/`, one file a kind of thing; where the files of the
//! project lie is said there and nowhere here.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::words::parts;

/// What a template's line begins with that says where what follows goes.
const MARK: &str = "=== ";

/// What a template is filled with.
pub struct Names {
    /// `learning_group`.
    pub name: String,
    /// `learning_groups`.
    pub names: String,
    /// `supervision`.
    pub capability: String,
}

/// A change that a template makes.
#[derive(Debug, PartialEq, Eq)]
pub enum Edit {
    File {
        path: String,
        text: String,
    },
    /// Lines beside one that holds the anchor.
    Lines {
        path: String,
        at: At,
        anchor: String,
        text: String,
    },
}

/// Where lines are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    AfterLast,
    BeforeFirst,
    BeforeLast,
}

/// What a template makes, and what is left to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Beginning {
    pub edits: Vec<Edit>,
    pub next: String,
}

/// Reads a template.
///
/// # Errors
/// With the mark that says nothing.
pub fn read(template: &str, names: &Names) -> Result<Beginning, String> {
    let filled = filled(template, names);
    let mut beginning = Beginning::default();
    let (mut mark, mut text) = (None::<String>, String::new());
    for line in filled.lines().chain([MARK]) {
        let Some(next) = line.strip_prefix(MARK.trim_end()) else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        // What stands before the first mark is for whoever reads the template.
        if let Some(mark) = mark.replace(next.trim().to_owned()) {
            take(&mut beginning, &mark, std::mem::take(&mut text))?;
        }
        text.clear();
    }
    Ok(beginning)
}

fn take(beginning: &mut Beginning, mark: &str, text: String) -> Result<(), String> {
    let (what, rest) = mark.split_once(' ').unwrap_or((mark, ""));
    let place = rest.split_once(": ").map(|(path, anchor)| (path.to_owned(), anchor.to_owned()));
    match (what, place) {
        ("next", _) => beginning.next = text,
        ("file", _) => beginning.edits.push(Edit::File { path: rest.to_owned(), text }),
        (_, Some((path, anchor))) => {
            let at = match what {
                "after" => At::AfterLast,
                "before" => At::BeforeFirst,
                "end" => At::BeforeLast,
                _ => return Err(format!("a template says {MARK}{mark}")),
            };
            beginning.edits.push(Edit::Lines { path, at, anchor, text });
        }
        (_, None) => return Err(format!("a template says {MARK}{mark}")),
    }
    Ok(())
}

/// The template with its places filled: `{name}`, `{Name}`, `{NAME}`, `{name-}` for addresses,
/// `{name }` for sentences, and so for `names` and `capability`.
fn filled(template: &str, names: &Names) -> String {
    let mut places = BTreeMap::new();
    let all = [("name", &names.name), ("names", &names.names), ("capability", &names.capability)];
    for (place, value) in all {
        let words = parts::words(value);
        let camel: String = words.iter().map(|word| parts::capital(word)).collect();
        places.insert(format!("{{{place}}}"), words.join("_"));
        places.insert(format!("{{{}}}", parts::capital(place)), camel);
        places.insert(format!("{{{}}}", place.to_uppercase()), words.join("_").to_uppercase());
        places.insert(format!("{{{place}-}}"), words.join("-"));
        places.insert(format!("{{{place} }}"), words.join(" "));
    }
    places.iter().fold(template.to_owned(), |text, (place, value)| text.replace(place, value))
}

/// What files become; nothing is written.
///
/// # Errors
/// When a file is there that is to be made, or a line is not there that something is put beside.
pub fn planned(root: &Path, beginning: &Beginning) -> io::Result<BTreeMap<String, String>> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for edit in &beginning.edits {
        match edit {
            Edit::File { path, text } => {
                if root.join(path).exists() {
                    return Err(io::Error::other(format!("{path} is there already")));
                }
                files.insert(path.clone(), text.clone());
            }
            Edit::Lines { path, at, anchor, text } => {
                let old = match files.get(path) {
                    Some(text) => text.clone(),
                    None => fs::read_to_string(root.join(path))
                        .map_err(|error| io::Error::other(format!("{path}: {error}")))?,
                };
                let new = inserted(&old, anchor, *at, text);
                let new = new.ok_or_else(|| {
                    io::Error::other(format!("{path} has no line with: {anchor}"))
                })?;
                files.insert(path.clone(), new);
            }
        }
    }
    Ok(files)
}

/// A text with lines put beside one that holds the anchor.
fn inserted(old: &str, anchor: &str, at: At, text: &str) -> Option<String> {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let holds = |line: &&str| line.contains(anchor);
    let at = match at {
        At::AfterLast => lines.iter().rposition(holds)? + 1,
        At::BeforeFirst => lines.iter().position(holds)?,
        At::BeforeLast => lines.iter().rposition(holds)?,
    };
    Some([lines[..at].concat(), text.to_owned(), lines[at..].concat()].concat())
}

/// Writes the files.
///
/// # Errors
/// When one cannot be written.
pub fn write(root: &Path, files: &BTreeMap<String, String>) -> io::Result<()> {
    for (path, text) in files {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let [name, names, capability] =
            ["study_group", "study_groups", "supervision"].map(str::to_owned);
        Names { name, names, capability }
    }

    #[test]
    fn a_template_is_files_lines_and_what_is_left_to_do() {
        let template = "For readers.\n=== file src/{capability}/{names}.rs\nstruct {Name};\n\
            === after src/a.rs: mod \nmod {names}; // {NAME}\n\
            === before src/a.rs: }\n/v1/{names-}, a {name }\n=== next\nWrite it.\n";
        let beginning = read(template, &names()).expect("a template");
        let [file, after, before] = beginning.edits.as_slice() else { panic!("{beginning:?}") };
        let made = "src/supervision/study_groups.rs".to_owned();
        assert_eq!(*file, Edit::File { path: made, text: "struct StudyGroup;\n".to_owned() });
        let lines = |anchor: &str, at, text: &str| Edit::Lines {
            path: "src/a.rs".to_owned(),
            at,
            anchor: anchor.to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(*after, lines("mod", At::AfterLast, "mod study_groups; // STUDY_GROUP\n"));
        assert_eq!(*before, lines("}", At::BeforeFirst, "/v1/study-groups, a study group\n"));
        assert_eq!(beginning.next, "Write it.\n");
        assert!(read("=== what src/a.rs\n", &names()).is_err());
        assert!(read("=== after src/a.rs\n", &names()).is_err());
    }

    #[test]
    fn lines_go_after_the_last_that_fits_or_before_the_first() {
        let old = "mod a;\nmod b;\n\nfn f() {\n}\n}\n";
        assert_eq!(
            inserted(old, "mod ", At::AfterLast, "mod c;\n").as_deref(),
            Some("mod a;\nmod b;\nmod c;\n\nfn f() {\n}\n}\n")
        );
        assert_eq!(
            inserted(old, "}", At::BeforeFirst, "    1\n").as_deref(),
            Some("mod a;\nmod b;\n\nfn f() {\n    1\n}\n}\n")
        );
        assert_eq!(
            inserted(old, "}", At::BeforeLast, "    1\n").as_deref(),
            Some("mod a;\nmod b;\n\nfn f() {\n}\n    1\n}\n")
        );
        assert_eq!(inserted(old, "struct", At::AfterLast, ""), None);
    }

    #[test]
    fn every_template_fits_the_project_as_it_is() {
        let root = crate::tree::root();
        let folder = fs::read_dir(root.join("xtask/templates")).expect("the templates");
        let mut count = 0;
        for template in folder {
            let path = template.expect("a template").path();
            let template = fs::read_to_string(&path).expect("a text");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let names = Names { capability: "supervision".to_owned(), ..names() };
            let beginning =
                read(&template, &names).unwrap_or_else(|error| panic!("{name}: {error}"));
            let planned = planned(&root, &beginning);
            let planned = planned.unwrap_or_else(|error| panic!("{name}: {error}"));
            for (path, text) in &planned {
                assert!(!text.contains("{name") && !text.contains("{Name"), "{name}: {path}");
            }
            assert!(!planned.is_empty() && !beginning.next.is_empty(), "{name}");
            count += 1;
        }
        assert!(count >= 4, "only {count} templates");
    }
}
