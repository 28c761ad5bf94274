//! One word for one thing: names and sentences keep to docs/glossary.md.

use std::path::Path;

#[test]
fn what_the_glossary_calls_unused_is_not_used_more_than_it_was() {
    let wrong = xtask::words::check(Path::new(env!("CARGO_MANIFEST_DIR")));
    let wrong = wrong.expect("the glossary and the list of what is left can be read");
    assert!(wrong.is_empty(), "see docs/glossary.md:\n{}", wrong.join("\n"));
}
