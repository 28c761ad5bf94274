//! Which file uses which: paths in the source, followed through re-exports to the file that defines
//! what they name.
//!
//! What a macro makes, and what a method call reaches, is not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds;
use crate::rust::{self, Kind, Token};
use crate::tree::Tree;

/// A crate's name and the path of a module or item within it: `["alis", "time", "Percent"]`.
type Path = Vec<String>;

/// A leaf of a `use`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Import {
    segments: Path,
    /// What it is called here; `*` brings in everything.
    alias: String,
}

/// What a file says of others.
#[derive(Debug, Default)]
struct File {
    /// Its crate and module.
    module: Path,
    imports: Vec<Import>,
    /// Paths outside of `use`.
    paths: Vec<Path>,
    /// Items that it defines, as far as they stand at its top.
    items: BTreeSet<String>,
    /// Macros that it exports at the root of its crate.
    macros: BTreeSet<String>,
}

/// Every file of the service, and which others it uses.
pub struct Uses {
    pub files: Vec<String>,
    /// By places in `files`.
    pub edges: Vec<BTreeSet<usize>>,
    /// The crate of each file.
    pub crates: Vec<String>,
}

/// Reads who uses whom.
pub fn uses(tree: &Tree) -> Uses {
    let crates = crates(tree);
    let mut names = Vec::new();
    let mut files = Vec::new();
    for (path, text) in tree.rust() {
        let service = kinds::SERVICE.iter().any(|folder| path.starts_with(folder));
        let kind = kinds::of(path, text);
        let tests = matches!(kind, None | Some(kinds::Kind::Tests | kinds::Kind::Tools));
        let Some(module) = module_of(path, &crates).filter(|_| service && !tests) else { continue };
        names.push(path.to_owned());
        files.push(read(module, text));
    }
    let graph = Graph::new(&files);
    let edges = (0..files.len()).map(|at| graph.used_by(at)).collect();
    let crates = files.iter().map(|file| file.module[0].clone()).collect();
    Uses { files: names, edges, crates }
}

/// Folders of the sources of packages, and what paths call their crates; the longest first.
fn crates(tree: &Tree) -> Vec<(String, String)> {
    let manifests = tree
        .files
        .iter()
        .filter(|(path, _)| *path == "Cargo.toml" || path.ends_with("/Cargo.toml"));
    let mut found: Vec<(String, String)> = manifests
        .filter_map(|(path, text)| {
            let package = text.split("[package]").nth(1)?;
            let name = package.lines().find_map(|line| line.strip_prefix("name = "))?;
            let folder = path.strip_suffix("Cargo.toml")?;
            Some((format!("{folder}src/"), name.trim().trim_matches('"').replace('-', "_")))
        })
        .collect();
    found.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
    found
}

/// The module that a file is. A program beside a library is a crate of its own.
fn module_of(path: &str, crates: &[(String, String)]) -> Option<Path> {
    let (folder, name) = crates.iter().find(|(folder, _)| path.starts_with(folder.as_str()))?;
    let inner = path.strip_prefix(folder.as_str())?.strip_suffix(".rs")?;
    let mut parts: Path = inner.split('/').map(str::to_owned).collect();
    if parts[0] == "bin" || inner == "main" {
        return Some(vec![format!("{name} ({inner})")]);
    }
    if inner == "lib" || parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts.insert(0, name.clone());
    Some(parts)
}

/// Reads one file.
fn read(module: Path, text: &str) -> File {
    let tokens = rust::tokens(text);
    let parts = rust::test_parts(&tokens);
    let in_tests = |it: &Token<'_>| parts.iter().any(|part| part.contains(&it.start));
    let code: Vec<Token<'_>> =
        tokens.iter().filter(|it| it.kind != Kind::Comment && !in_tests(it)).copied().collect();
    let mut file = File { module, ..File::default() };
    let (mut at, mut depth, mut exported) = (0, 0usize, false);
    while at < code.len() {
        let token = code[at];
        match token.text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "macro_export" => exported = true,
            _ => {}
        }
        let name = code.get(at + 1).filter(|next| next.kind == Kind::Word);
        // `use<..>` captures, and imports nothing.
        if token.is("use") && !code.get(at + 1).is_some_and(|next| next.is("<")) {
            let mut end = at + 1;
            let leaves = use_tree(&code, &mut end, &[]);
            file.imports.extend(leaves);
            at = end;
            continue;
        }
        if token.is("macro_rules") {
            if let Some(name) = code.get(at + 2) {
                let all = if exported { &mut file.macros } else { &mut file.items };
                all.insert(name.text.to_owned());
            }
            exported = false;
        }
        let begins = ["fn", "struct", "enum", "trait", "type", "const", "static", "union"];
        if depth == 0
            && begins.iter().any(|word| token.is(word))
            && let Some(name) = name
        {
            file.items.insert(name.text.to_owned());
        }
        if token.kind == Kind::Word && follows_no_path(&code, at) {
            let segments = path_at(&code, at);
            if segments.len() > 1 {
                file.paths.push(segments);
            }
        }
        at += 1;
    }
    file
}

fn double_colon(code: &[Token<'_>], at: usize) -> bool {
    code.get(at).is_some_and(|it| it.is(":")) && code.get(at + 1).is_some_and(|it| it.is(":"))
}

fn follows_no_path(code: &[Token<'_>], at: usize) -> bool {
    let sign = |back: usize, text: &str| at >= back && code[at - back].is(text);
    !(sign(1, ":") && sign(2, ":") || sign(1, "."))
}

/// The path that begins at a word.
fn path_at(code: &[Token<'_>], at: usize) -> Path {
    let mut segments = vec![code[at].text.to_owned()];
    let mut at = at + 1;
    while double_colon(code, at)
        && let Some(word) = code.get(at + 2).filter(|it| it.kind == Kind::Word)
    {
        segments.push(word.text.to_owned());
        at += 3;
    }
    segments
}

/// The leaves of the tree of a `use` that begins at `at`, which is moved behind it.
fn use_tree(code: &[Token<'_>], at: &mut usize, before: &[String]) -> Vec<Import> {
    let mut segments = before.to_vec();
    let mut leaves = Vec::new();
    while let Some(token) = code.get(*at) {
        *at += 1;
        match token.text {
            ":" => {}
            "*" => {
                leaves.push(Import { segments: segments.clone(), alias: "*".to_owned() });
            }
            "{" => {
                while code.get(*at).is_some_and(|it| !it.is("}") && !it.is(";")) {
                    leaves.extend(use_tree(code, at, &segments));
                    *at += usize::from(code.get(*at).is_some_and(|it| it.is(",")));
                }
                *at += 1;
                return leaves;
            }
            "as" => {
                let alias = code.get(*at).map_or("_", |it| it.text).to_owned();
                *at += 1;
                leaves.push(Import { segments: segments.clone(), alias });
            }
            "," | "}" | ";" => {
                *at -= 1;
                break;
            }
            word => segments.push(word.to_owned()),
        }
    }
    if leaves.is_empty() && segments.len() > before.len() {
        if segments.last().is_some_and(|last| last == "self") && segments.len() > 1 {
            segments.pop();
        }
        let alias = segments.last().cloned().unwrap_or_default();
        leaves.push(Import { segments, alias });
    }
    leaves
}

/// Resolves paths among files.
struct Graph<'a> {
    files: &'a [File],
    modules: BTreeMap<&'a [String], usize>,
    macros: BTreeMap<(&'a str, &'a str), usize>,
}

/// How many re-exports of re-exports are followed.
const DEPTH_MAX: usize = 12;

impl<'a> Graph<'a> {
    fn new(files: &'a [File]) -> Self {
        let modules = (0..).zip(files).map(|(at, file)| (file.module.as_slice(), at)).collect();
        let mut macros = BTreeMap::new();
        for (at, file) in (0..).zip(files) {
            macros
                .extend(file.macros.iter().map(|it| ((file.module[0].as_str(), it.as_str()), at)));
        }
        Self { files, modules, macros }
    }

    /// The files that one uses.
    fn used_by(&self, at: usize) -> BTreeSet<usize> {
        let file = &self.files[at];
        let mut used = BTreeSet::new();
        for import in &file.imports {
            let Some(path) = self.absolute(at, &import.segments, 0) else { continue };
            // The name of a module brings in nothing by itself: what is said with it does.
            if import.alias == "*" || !self.modules.contains_key(path.as_slice()) {
                used.extend(self.defines(&path, 0));
            }
        }
        for path in &file.paths {
            used.extend(self.absolute(at, path, 0).and_then(|path| self.defines(&path, 0)));
        }
        used.remove(&at);
        used
    }

    /// A path as said in a file, from the root of a crate; none for what is not of this project.
    fn absolute(&self, at: usize, said: &[String], depth: usize) -> Option<Path> {
        let file = &self.files[at];
        let (first, rest) = said.split_first()?;
        let mut path = match first.as_str() {
            "crate" => file.module[..1].to_vec(),
            "self" => file.module.clone(),
            "super" => file.module[..file.module.len() - 1].to_vec(),
            name => {
                let mut child = file.module.clone();
                child.push(name.to_owned());
                let import = file.imports.iter().find(|import| import.alias == *name);
                // An import is never read by itself: `use clap;` names another package.
                let own =
                    |import: &&Import| import.segments.first() != Some(first) && depth < DEPTH_MAX;
                if self.modules.contains_key(child.as_slice()) {
                    child
                } else if let Some(import) = import.filter(own) {
                    self.absolute(at, &import.segments, depth + 1)?
                } else if self.modules.contains_key([name.to_owned()].as_slice()) {
                    vec![name.to_owned()]
                } else {
                    return None;
                }
            }
        };
        for segment in rest {
            match segment.as_str() {
                "super" => _ = path.pop(),
                other => path.push(other.to_owned()),
            }
        }
        Some(path)
    }

    /// The file that defines what a path names.
    fn defines(&self, path: &[String], depth: usize) -> Option<usize> {
        let cut = (1..=path.len()).rev().find(|cut| self.modules.contains_key(&path[..*cut]))?;
        let at = self.modules[&path[..cut]];
        let file = &self.files[at];
        let Some(name) = path.get(cut) else { return Some(at) };
        if cut == 1
            && let Some(defining) = self.macros.get(&(path[0].as_str(), name.as_str()))
        {
            return Some(*defining);
        }
        if file.items.contains(name) || depth == DEPTH_MAX {
            return Some(at);
        }
        let further = |import: &Import| {
            let mut target = self.absolute(at, &import.segments, 0)?;
            target.extend_from_slice(&path[cut + 1..]);
            self.defines(&target, depth + 1)
        };
        if let Some(import) = file.imports.iter().find(|import| import.alias == *name) {
            return further(import).or(Some(at));
        }
        let globs = file.imports.iter().filter(|import| import.alias == "*");
        for glob in globs {
            let Some(mut target) = self.absolute(at, &glob.segments, 0) else { continue };
            let Some(there) = self.modules.get(target.as_slice()) else { continue };
            if self.files[*there].items.contains(name) {
                target.extend_from_slice(&path[cut..]);
                return self.defines(&target, depth + 1);
            }
        }
        Some(at)
    }
}
