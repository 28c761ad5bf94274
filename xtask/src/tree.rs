//! The files of the project, as they stand or as they were at a revision.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Text files by their path from the root, with slashes.
#[derive(Debug, Default, Clone)]
pub struct Tree {
    pub files: BTreeMap<String, String>,
}

/// The root of the project, wherever the command is run.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("this package lies in the project's folder").to_owned()
}

/// What a git command prints, or why it could not.
fn git(root: &Path, words: &[&str], input: &str) -> io::Result<Vec<u8>> {
    let mut command = Command::new("git");
    command.current_dir(root).args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let input = input.to_owned();
    // Written beside: git answers while it still reads.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer panicked")))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(io::Error::other(format!("git {}: {}", words.join(" "), output.status))),
    }
}

impl Tree {
    /// The files of the folder that git keeps or would keep; in a folder without git, all but
    /// what is built.
    pub fn standing(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        let listed = git(root, &["ls-files", "-co", "--exclude-standard", "-z"], "");
        let paths = match listed {
            Ok(listed) => names(&listed),
            Err(_) => below(root)?,
        };
        for path in paths {
            // Deleted and not yet committed, or no text.
            if let Ok(text) = fs::read_to_string(root.join(&path)) {
                files.insert(path, text);
            }
        }
        Ok(Self { files })
    }

    /// The files at a revision, read from git and not from the folder.
    pub fn at(root: &Path, revision: &str) -> io::Result<Self> {
        let listed = git(root, &["ls-tree", "-r", "-z", "--name-only", revision], "")?;
        let paths = names(&listed);
        let asked: String = paths.iter().map(|path| format!("{revision}:{path}\n")).collect();
        let answered = git(root, &["cat-file", "--batch"], &asked)?;
        let (mut files, mut rest) = (BTreeMap::new(), answered.as_slice());
        for path in paths {
            // Each answer is a line that ends with the size, the bytes, and a line feed.
            let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let head = String::from_utf8_lossy(&rest[..line]);
            let size = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
            let size = size.ok_or_else(|| io::Error::other(format!("git knows no {path}")))?;
            let bytes = &rest[line + 1..line + 1 + size];
            if let Ok(text) = std::str::from_utf8(bytes) {
                files.insert(path, text.to_owned());
            }
            rest = &rest[line + 1 + size + 1..];
        }
        Ok(Self { files })
    }

    /// Paths and texts of the Rust files.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        let rust = self.files.iter().filter(|(path, _)| path.ends_with(".rs"));
        rust.map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

fn names(listed: &[u8]) -> Vec<String> {
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// Every file below a folder, without hidden folders and what cargo builds.
fn below(root: &Path) -> io::Result<Vec<String>> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    open.push(path);
                }
            } else if let Ok(path) = path.strip_prefix(root) {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Writes the files of a tree into a folder.
pub fn write(tree: &Tree, folder: &Path) -> io::Result<()> {
    for (path, text) in &tree.files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
