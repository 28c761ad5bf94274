//! Which kind a file is of. One table: whoever moves files adds a row here and nowhere else.

/// What lines are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Judging: states, folds, rules, and the words of refusals.
    Rules,
    /// What is stored.
    Facts,
    Operations,
    Views,
    ReadModels,
    Reports,
    /// What every capability stands on.
    Kernel,
    /// What makes a running program of it: settings, start, import, proofs, the private database.
    Program,
    Tests,
    /// What is not part of the service.
    Tools,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::Rules,
        Self::Facts,
        Self::Operations,
        Self::Views,
        Self::ReadModels,
        Self::Reports,
        Self::Kernel,
        Self::Program,
        Self::Tests,
        Self::Tools,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Facts => "facts",
            Self::Operations => "operations",
            Self::Views => "views",
            Self::ReadModels => "read models",
            Self::Reports => "reports",
            Self::Kernel => "kernel",
            Self::Program => "program",
            Self::Tests => "tests",
            Self::Tools => "tools",
        }
    }
}

/// A path with `*` for a part of a name and `**` for any folders; what the file must hold for the
/// row to count, or nothing; and the kind. The first row that fits holds.
type Entry = (&'static str, &'static str, Kind);

#[rustfmt::skip] // a table
const TABLE: &[Entry] = &[
    ("xtask/**",                                   "", Kind::Tools),
    ("tests/**",                                   "", Kind::Tests),
    ("benches/**",                                 "", Kind::Tests),
    ("fuzz/**",                                    "", Kind::Tests),
    ("**/tests/**",                                "", Kind::Tests),
    ("**/tests.rs",                                "", Kind::Tests),

    // One crate, as it was.
    ("src/capabilities/**/domain.rs",              "", Kind::Facts),
    ("src/capabilities/**/domain/**",              "", Kind::Facts),
    ("src/capabilities/report/**",                 "", Kind::Reports),
    ("src/capabilities/**",                ": Report<", Kind::Reports),
    ("src/capabilities/**/report.rs",              "", Kind::Reports),
    ("src/capabilities/**/counting.rs",            "", Kind::Reports),
    ("src/capabilities/**/view.rs",                "", Kind::Views),
    ("src/capabilities/**/view/**",                "", Kind::Views),
    ("src/capabilities/**/http.rs",                "", Kind::Operations),
    ("src/capabilities/**/http/**",                "", Kind::Operations),
    ("src/capabilities/**",         "impl ReadModel for ", Kind::ReadModels),
    ("src/capabilities/**",             "impl Table for ", Kind::ReadModels),
    ("src/capabilities/**",                        "", Kind::Rules),
    ("src/event_log/**",                           "", Kind::Kernel),
    ("src/http/**",                                "", Kind::Kernel),
    ("src/edge/**",                                "", Kind::Kernel),
    ("src/edge.rs",                                "", Kind::Kernel),
    ("src/identity/**",                            "", Kind::Kernel),
    ("src/sealed_keys/**",                         "", Kind::Kernel),
    ("src/access_log/**",                          "", Kind::Kernel),
    ("src/external_ids/**",                        "", Kind::Kernel),
    ("src/external_ids.rs",                        "", Kind::Kernel),
    ("src/aggregate.rs",                           "", Kind::Kernel),
    ("src/time.rs",                                "", Kind::Kernel),
    ("src/dated.rs",                               "", Kind::Kernel),
    ("src/identifiers.rs",                         "", Kind::Kernel),
    ("src/problem.rs",                             "", Kind::Kernel),
    ("src/personal_data.rs",                       "", Kind::Kernel),
    ("src/sealed_keys.rs",                         "", Kind::Kernel),
    ("src/access_log.rs",                          "", Kind::Kernel),
    ("src/**",                                     "", Kind::Program),

    // Crates, each with a folder a capability where it has any.
    ("crates/rules/src/**/facts.rs",               "", Kind::Facts),
    ("crates/rules/src/**/facts/**",               "", Kind::Facts),
    ("crates/rules/src/**/domain.rs",              "", Kind::Facts),
    ("crates/rules/src/**/domain/**",              "", Kind::Facts),
    ("crates/rules/src/**/view.rs",                "", Kind::Views),
    ("crates/rules/src/**/view/**",                "", Kind::Views),
    ("crates/rules/**",                            "", Kind::Rules),
    ("crates/capabilities/src/report/**",          "", Kind::Reports),
    ("crates/capabilities/src/**",         ": Report<", Kind::Reports),
    ("crates/capabilities/src/**/report.rs",       "", Kind::Reports),
    ("crates/capabilities/src/**/reports/**",      "", Kind::Reports),
    ("crates/capabilities/src/**/counting.rs",     "", Kind::Reports),
    ("crates/capabilities/src/**/view.rs",         "", Kind::Views),
    ("crates/capabilities/src/**/view/**",         "", Kind::Views),
    ("crates/capabilities/src/**",  "impl ReadModel for ", Kind::ReadModels),
    ("crates/capabilities/src/**",      "impl Table for ", Kind::ReadModels),
    ("crates/capabilities/**",                     "", Kind::Operations),
    ("crates/access/src/**/http.rs",               "", Kind::Operations),
    ("crates/access/src/**/http/**",               "", Kind::Operations),
    ("crates/access/src/**/view.rs",               "", Kind::Views),
    ("crates/access/src/**",        "impl ReadModel for ", Kind::ReadModels),
    ("crates/access/src/**",            "impl Table for ", Kind::ReadModels),
    ("crates/access/**",                           "", Kind::Rules),
    ("crates/kernel/**",                           "", Kind::Kernel),
    ("crates/log/src/database/**",                 "", Kind::Program),
    ("crates/log/src/database.rs",                 "", Kind::Program),
    ("crates/log/**",                              "", Kind::Kernel),
    ("crates/http/**",                             "", Kind::Kernel),
    ("crates/macros/**",                           "", Kind::Kernel),
    ("crates/identity/**",                         "", Kind::Kernel),
    ("crates/personal_data/**",                    "", Kind::Kernel),
    ("crates/**",                                  "", Kind::Program),
];

/// Where the capabilities are: the sum of their lines is a figure of its own.
const CAPABILITIES: &[&str] =
    &["src/capabilities/**", "crates/rules/**", "crates/capabilities/**", "crates/access/**"];

/// Folders in which each folder or file is a capability's.
const ONE_EACH: &[&str] = &["src/capabilities/", "crates/rules/src/", "crates/capabilities/src/"];

/// What the service is made of, without what is around it.
pub const SERVICE: &[&str] = &["src/", "crates/"];

/// Operations that are not of capabilities, by how their addresses begin.
pub const OTHER_OPERATIONS: &[&str] = &["/v1/events", "/v1/log", "/health", "/metrics"];

/// Files that are of corrections, and of external ids. The corrections of a resource that are
/// written in a file with other operations count with those.
pub const CORRECTIONS: &[&str] = &["**/corrections.rs", "**/*_corrections.rs", "**/correction.rs"];
pub const EXTERNAL_IDS: &[&str] = &["**/external_id/**", "**/external_ids.rs", "**/external_id.rs"];

/// The kind of a file; none of a path that is not Rust of this project.
pub fn of(path: &str, text: &str) -> Option<Kind> {
    let fits =
        |entry: &&Entry| fits(entry.0, path) && (entry.1.is_empty() || text.contains(entry.1));
    TABLE.iter().find(fits).map(|entry| entry.2)
}

pub fn of_capabilities(path: &str) -> bool {
    any(CAPABILITIES, path)
}

/// The capability that a file belongs to, if it is a capability's: `position`.
pub fn capability(path: &str) -> Option<&str> {
    let rest = ONE_EACH.iter().find_map(|folder| path.strip_prefix(folder))?;
    let name = rest.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (!["mod", "lib", "all"].contains(&name)).then_some(name)
}

/// Whether a path fits any of the patterns.
pub fn any(patterns: &[&str], path: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, path))
}

/// Whether a path fits a pattern.
pub fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    parts_fit(&pattern, &path)
}

fn parts_fit(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**"], [_, ..]) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skip| parts_fit(rest, &path[skip..])),
        ([first, rest @ ..], [name, names @ ..]) => {
            part_fits(first, name) && parts_fit(rest, names)
        }
        ([], [_, ..]) | ([_, ..], []) => false,
    }
}

fn part_fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            name.len() >= before.len() + after.len()
                && name.starts_with(before)
                && name.ends_with(after)
        }
    }
}
