//! Circles: sets of files in which each reaches every other by what it uses.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds;
use super::modules::Uses;

/// A circle of files or of what they belong to.
pub type Circle = Vec<String>;

/// What was found.
pub struct Circles {
    /// The largest of all files.
    pub largest: Circle,
    /// The largest within each crate, by the crate's name.
    pub of_crates: BTreeMap<String, Circle>,
    /// The largest within each capability.
    pub of_capabilities: BTreeMap<String, Circle>,
    /// Among capabilities, largest first.
    pub among_capabilities: Vec<Circle>,
    /// Pairs of capabilities that use each other.
    pub pairs: Vec<(String, String)>,
    /// Among crates.
    pub among_crates: Vec<Circle>,
}

/// Finds them.
pub fn of(uses: &Uses) -> Circles {
    let all: Vec<usize> = (0..uses.files.len()).collect();
    let crate_of = |at: &usize| Some(uses.crates[*at].clone());
    let capability = |at: &usize| kinds::capability(&uses.files[*at]).map(str::to_owned);
    // What a crate holds of a capability: a circle never goes through two crates.
    let within = |at: &usize| Some(format!("{} in {}", capability(at)?, uses.crates[*at]));
    let of_crates = groups(&all, crate_of);
    let of_capabilities = groups(&all, within);
    let largest_of = |groups: BTreeMap<String, Vec<usize>>| {
        let largest = |files: Vec<usize>| named(uses, &largest(&circles(&files, &uses.edges)));
        groups.into_iter().map(|(name, files)| (name, largest(files))).collect()
    };
    // Rules of a capability lie in another crate than its operations, and Cargo holds the direction
    // between those; so they are two that may know each other one way.
    let capabilities = between(uses, within);
    let pairs = pairs(&capabilities);
    Circles {
        largest: named(uses, &largest(&circles(&all, &uses.edges))),
        of_crates: largest_of(of_crates),
        of_capabilities: largest_of(of_capabilities),
        among_capabilities: among(&capabilities),
        pairs,
        among_crates: among(&between(uses, crate_of)),
    }
}

fn named(uses: &Uses, circle: &[usize]) -> Circle {
    circle.iter().map(|at| uses.files[*at].clone()).collect()
}

fn groups(files: &[usize], of: impl Fn(&usize) -> Option<String>) -> BTreeMap<String, Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in files {
        if let Some(name) = of(at) {
            groups.entry(name).or_default().push(*at);
        }
    }
    groups
}

/// What groups of files use of each other.
type Between = BTreeMap<String, BTreeSet<String>>;

fn between(uses: &Uses, of: impl Fn(&usize) -> Option<String>) -> Between {
    let mut between = Between::new();
    for (from, used) in uses.edges.iter().enumerate() {
        let Some(name) = of(&from) else { continue };
        let others = used.iter().filter_map(&of).filter(|other| *other != name);
        between.entry(name.clone()).or_default().extend(others);
    }
    between
}

fn pairs(between: &Between) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (one, used) in between {
        for other in used.range(one.clone()..) {
            if between.get(other).is_some_and(|back| back.contains(one)) {
                pairs.push((one.clone(), other.clone()));
            }
        }
    }
    pairs
}

fn among(between: &Between) -> Vec<Circle> {
    let names: Vec<&String> = between.keys().collect();
    let place = |name: &String| names.iter().position(|it| *it == name);
    let edges: Vec<BTreeSet<usize>> =
        between.values().map(|used| used.iter().filter_map(place).collect()).collect();
    let all: Vec<usize> = (0..names.len()).collect();
    let mut circles = circles(&all, &edges);
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    let named = |circle: &Vec<usize>| circle.iter().map(|at| names[*at].clone()).collect();
    circles.iter().map(named).collect()
}

fn largest(circles: &[Vec<usize>]) -> Vec<usize> {
    circles.iter().max_by_key(|circle| circle.len()).cloned().unwrap_or_default()
}

/// Every circle among `files`: Tarjan's strongly connected components of more than one, with what
/// is being visited on a stack of its own, as a circle may be long.
pub fn circles(files: &[usize], edges: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let inside: BTreeSet<usize> = files.iter().copied().collect();
    let mut search = Search::default();
    for file in files {
        if !search.index.contains_key(file) {
            search.from(*file, &inside, edges);
        }
    }
    search.found
}

#[derive(Default)]
struct Search {
    index: BTreeMap<usize, usize>,
    low: BTreeMap<usize, usize>,
    open: Vec<usize>,
    found: Vec<Vec<usize>>,
}

impl Search {
    fn enter(&mut self, file: usize) {
        let number = self.index.len();
        self.index.insert(file, number);
        self.low.insert(file, number);
        self.open.push(file);
    }

    fn lower(&mut self, file: usize, to: usize) {
        let low = self.low.entry(file).or_insert(to);
        *low = (*low).min(to);
    }

    fn from(&mut self, first: usize, inside: &BTreeSet<usize>, edges: &[BTreeSet<usize>]) {
        let targets = |file: usize| {
            let targets: Vec<usize> = edges[file].intersection(inside).copied().collect();
            targets.into_iter()
        };
        self.enter(first);
        let mut visiting = vec![(first, targets(first))];
        while let Some((file, next)) = visiting.last_mut() {
            let file = *file;
            match next.next() {
                Some(target) if !self.index.contains_key(&target) => {
                    self.enter(target);
                    visiting.push((target, targets(target)));
                }
                Some(target) if self.open.contains(&target) => {
                    self.lower(file, self.index[&target])
                }
                Some(_) => {}
                None => {
                    visiting.pop();
                    let low = self.low[&file];
                    if let Some((parent, _)) = visiting.last() {
                        self.lower(*parent, low);
                    }
                    if low == self.index[&file] {
                        self.close(file);
                    }
                }
            }
        }
    }

    fn close(&mut self, file: usize) {
        let from = self.open.iter().position(|it| *it == file).unwrap_or(0);
        let mut circle = self.open.split_off(from);
        circle.sort_unstable();
        if circle.len() > 1 {
            self.found.push(circle);
        }
    }
}
