//! One word for one thing: what docs/glossary.md calls unused stays out of names and sentences, and
//! what still stands is renamed by one list.

pub mod parts;
pub mod pieces;
pub mod glossary;
pub mod find;
pub mod ratchet;
pub mod list;
pub mod rename;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::Path;

use crate::tree::Tree;

/// What is wrong with the words of the project in a folder.
///
/// # Errors
/// When the folder, the glossary or the list of what is left cannot be read.
pub fn check(root: &Path) -> io::Result<Vec<String>> {
    let found = found(root)?;
    let left = fs::read_to_string(root.join(ratchet::FILE))?;
    Ok(ratchet::judged(&found, &ratchet::read(&left).map_err(io::Error::other)?))
}

/// Every use of what is not used.
///
/// # Errors
/// When the folder or the glossary cannot be read.
pub fn found(root: &Path) -> io::Result<Vec<find::Found>> {
    let tree = Tree::standing(root)?;
    let page = tree.files.get(glossary::PAGE).map_or("", String::as_str);
    let unused = glossary::read(page).map_err(io::Error::other)?;
    Ok(find::find(&tree, &unused))
}

/// Writes down what is left, which may not be more.
///
/// # Errors
/// When it is more, or a file cannot be read or written.
pub fn write_down(root: &Path) -> io::Result<()> {
    let path = root.join(ratchet::FILE);
    let left = ratchet::read(&fs::read_to_string(&path)?).map_err(io::Error::other)?;
    let rewritten = ratchet::rewritten(&found(root)?, &left).map_err(io::Error::other)?;
    fs::write(path, rewritten)
}
