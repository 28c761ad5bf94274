//! The source of the program, as text.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the source of the program is: its own, and that of the crates that it stands on.
pub const PROGRAM: [&str; 2] = ["src", "crates"];

/// Every file of the program with an ending, by its path from the root.
pub fn files_of_program(ending: &str) -> Vec<PathBuf> {
    PROGRAM.iter().flat_map(|folder| files(folder, ending)).collect()
}

/// Every file below a folder with an ending, by its path from the root.
pub fn files(below: &str, ending: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut open) = (Vec::new(), vec![root.join(below)]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of the source");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path.strip_prefix(root).expect("below the root").to_owned());
        }
    }
    found.sort();
    found
}

/// A file's text.
pub fn text(path: &Path) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a source file")
}
