//! What a change touched: files that were there, lines of them, and new files. A recipe's price is
//! what the change that follows it touched.

use std::io;
use std::path::Path;
use std::process::Command;

/// What is made from the code, and no work of whoever changes it.
const GENERATED: &[&str] = &["openapi/", "docs/errors.md", "docs/rules.md", "Cargo.lock"];

/// What a change came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub new_files: usize,
    pub lines_in_new_files: usize,
    pub existing_files: usize,
    /// Lines that were there and are not, or read otherwise.
    pub existing_lines: usize,
    pub lines_added_to_existing_files: usize,
}

/// What changed between two revisions, or by one: `A..B` or `B`. Without any, what is changed in
/// the folder and not yet committed.
pub fn touched(root: &Path, range: Option<&str>) -> io::Result<Touched> {
    let range = match range {
        Some(range) if range.contains("..") => range.to_owned(),
        Some(revision) => format!("{revision}^..{revision}"),
        None => "HEAD".to_owned(),
    };
    let diff = |words: &[&str]| -> io::Result<String> {
        let mut command = Command::new("git");
        command.current_dir(root).args(["diff", "--no-renames"]).args(words).arg(&range);
        let output = command.output()?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    };
    let new = diff(&["--name-only", "--diff-filter=A"])?;
    let new: Vec<&str> = new.lines().collect();
    Ok(counted(&diff(&["--numstat"])?, &new))
}

/// Reads what `git diff --numstat` says: added, removed, path.
fn counted(numbers: &str, new: &[&str]) -> Touched {
    let mut touched = Touched::default();
    for line in numbers.lines() {
        let mut parts = line.split('\t');
        let (added, removed, path) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        let number = |text: Option<&str>| text.and_then(|it| it.parse().ok()).unwrap_or(0);
        if GENERATED.iter().any(|generated| path.starts_with(generated)) {
            continue;
        }
        if new.contains(&path) {
            touched.new_files += 1;
            touched.lines_in_new_files += number(added);
        } else {
            touched.existing_files += 1;
            touched.existing_lines += number(removed);
            touched.lines_added_to_existing_files += number(added);
        }
    }
    touched
}

#[test]
fn new_files_and_lines_of_others_are_told_apart_and_generated_ones_left_out() {
    let numbers = "10\t0\tsrc/new.rs\n3\t2\tsrc/old.rs\n500\t400\topenapi/openapi.json\n";
    let expected = Touched {
        new_files: 1,
        lines_in_new_files: 10,
        existing_files: 1,
        existing_lines: 2,
        lines_added_to_existing_files: 3,
    };
    assert_eq!(counted(numbers, &["src/new.rs"]), expected);
}
