//! What the program is made of: licences that may be passed on under Apache-2.0, packages of
//! crates.io only, and none that were turned down. `deny.toml` says the same to cargo-deny.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// Licences that ask for no more than their text to be kept.
const LICENCES: [&str; 7] =
    ["Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "Unicode-3.0", "Zlib"];
/// Packages that were turned down: a licence that does not fit, or a second copy of what ring and
/// rustls do.
const BANNED: [&str; 5] = ["actix-governor", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"];
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Whether an SPDX expression can be met with these licences alone. `/` is how older packages
/// write OR. Terms are taken apart at OR first, which binds loosest.
fn is_met(expression: &str) -> bool {
    let text = expression.replace('/', " OR ");
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'))
        && !inner.contains(['(', ')'])
    {
        return is_met(inner);
    }
    for (word, all) in [(" OR ", false), (" AND ", true)] {
        let parts = split_outside_parentheses(text, word);
        if parts.len() > 1 {
            let mut met = parts.into_iter().map(is_met);
            return if all { met.all(|met| met) } else { met.any(|met| met) };
        }
    }
    LICENCES.contains(&text)
}

fn split_outside_parentheses<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let depth = |part: &str| part.matches('(').count() as i64 - part.matches(')').count() as i64;
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(word) {
        if depth(&text[..at]) == 0 {
            parts.push(&text[start..at]);
            start = at + word.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Everything that is wrong with a package.
fn faults(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    let mut faults = Vec::new();
    match package["license"].as_str() {
        Some(licence) if is_met(licence) => {}
        other => faults.push(format!("{name} has the licence {other:?}")),
    }
    if BANNED.contains(&name) {
        faults.push(format!("{name} is banned"));
    }
    // The program itself has no source.
    if package["source"].as_str().is_some_and(|source| source != REGISTRY) {
        faults.push(format!("{name} comes from {}", package["source"]));
    }
    faults
}

#[test]
fn what_the_program_is_made_of_may_be_passed_on_and_comes_from_crates_io() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .output()
        .expect("cargo runs its own tests");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages are a list");
    assert!(packages.len() > 100, "all of them: {}", packages.len());
    let found: Vec<String> = packages.iter().flat_map(faults).collect();
    assert!(found.is_empty(), "{found:#?}");
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        *versions.entry(package["name"].as_str().unwrap_or_default()).or_default() += 1;
    }
    // Not a fault: they go when those who need the older ones move.
    let twice = versions.iter().filter(|(_, count)| **count > 1).map(|(name, _)| *name);
    eprintln!("in several versions: {}", twice.collect::<Vec<_>>().join(", "));
}

#[test]
fn a_licence_a_source_and_a_ban_are_each_seen() {
    for met in ["MIT", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "GPL-3.0 OR MIT"] {
        assert!(is_met(met), "{met}");
    }
    for unmet in ["GPL-3.0-or-later", "MIT AND GPL-3.0", "(MIT OR ISC) AND LGPL-2.1", ""] {
        assert!(!is_met(unmet), "{unmet}");
    }
    assert!(faults(&package("a", "MIT".into(), REGISTRY.into())).is_empty());
    assert_eq!(faults(&package("a", Value::Null, REGISTRY.into())).len(), 1);
    assert_eq!(faults(&package("openssl", "MIT".into(), REGISTRY.into())).len(), 1);
    assert_eq!(faults(&package("a", "MIT".into(), "git+https://example.no/a".into())).len(), 1);
}

/// A package as cargo tells of it.
fn package(name: &str, licence: Value, source: Value) -> Value {
    serde_json::json!({ "name": name, "license": licence, "source": source })
}
