//! How long whoever changes a rule waits. Everything runs in a copy of the source, with a build
//! folder of its own, so that neither is touched.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::kinds::{self, Kind};
use super::{Figure, Value, figure};
use crate::rust;
use crate::tree::{self, Tree};

/// The rule that is edited: the first of these that is there, by the end of its path; else the
/// longest file of rules.
const RULES: &[&str] =
    &["position/occupancy/rules.rs", "position/occupancy.rs", "position/state.rs"];

/// Each time is the middle one of so many.
const TIMES: usize = 3;

/// What was run for a figure; it stands in the table.
struct Run<'a> {
    key: &'a str,
    what: &'a str,
    aim: &'static str,
    words: Vec<String>,
}

/// Times a tree. Built things go to `target` when one is named: then nothing is built cold, and the
/// row of the cold build is left out.
pub fn measure(tree: &Tree, target: Option<&Path>) -> io::Result<Vec<Figure>> {
    let folder = std::env::temp_dir().join(format!("xtask-seconds-{}", std::process::id()));
    let timed = timed(tree, &folder, target);
    fs::remove_dir_all(&folder)?;
    timed
}

fn timed(tree: &Tree, folder: &Path, target: Option<&Path>) -> io::Result<Vec<Figure>> {
    let source = folder.join("source");
    tree::write(tree, &source)?;
    let rule = rule(tree).ok_or_else(|| io::Error::other("no file of rules was found"))?;
    let package = package(tree, &rule);
    let mut bench = Bench {
        source,
        target: target.map_or_else(|| folder.join("target"), Path::to_owned),
        rule,
        edits: 0,
    };
    let mut figures = Vec::new();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let cold = bench.run(&words("build"))?;
    if target.is_none() {
        let what = "seconds of a cold build (`cargo build`)";
        figures.push(figure("seconds_cold", what, "", Value::Seconds(cold)));
    }
    let one_test = format!("test --package {package} --lib -- --exact xtask::no::such::test");
    let runs = [
        Run { key: "check", what: "the end of `cargo check`", aim: "5", words: words("check") },
        Run { key: "build", what: "the end of `cargo build`", aim: "", words: words("build") },
        Run { key: "test", what: "the first unit test's result", aim: "", words: words(&one_test) },
        Run {
            key: "it",
            what: "the test program",
            aim: "",
            words: words("test --test it --no-run"),
        },
    ];
    for Run { key, what, aim, words } in runs {
        // What comes first is not of the edit.
        bench.run(&words)?;
        let mut times = Vec::new();
        for _ in 0..TIMES {
            bench.edit()?;
            times.push(bench.run(&words)?);
        }
        times.sort_by(f64::total_cmp);
        let what = format!("seconds from an edited rule to {what}");
        figures.push(figure(
            &format!("seconds_{key}"),
            &what,
            aim,
            Value::Seconds(times[TIMES / 2]),
        ));
    }
    Ok(figures)
}

/// The file of rules that is edited.
fn rule(tree: &Tree) -> Option<String> {
    let rules = || tree.rust().filter(|(path, text)| kinds::of(path, text) == Some(Kind::Rules));
    let named = RULES.iter().find_map(|end| rules().find(|(path, _)| path.ends_with(end)));
    named.or_else(|| rules().max_by_key(|(_, text)| text.len())).map(|(path, _)| path.to_owned())
}

/// The package that a file belongs to, for `--package`.
fn package(tree: &Tree, path: &str) -> String {
    let folder = path.split("src/").next().unwrap_or_default();
    let manifest = tree.files.get(&format!("{folder}Cargo.toml"));
    let name = manifest.and_then(|text| {
        let package = text.split("[package]").nth(1)?;
        package.lines().find_map(|line| line.strip_prefix("name = "))
    });
    name.unwrap_or("alis").trim().trim_matches('"').to_owned()
}

struct Bench {
    source: PathBuf,
    target: PathBuf,
    rule: String,
    edits: usize,
}

impl Bench {
    /// Runs cargo, and how long it took.
    fn run(&self, words: &[String]) -> io::Result<f64> {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.source).args(words).arg("--offline");
        command.env("CARGO_TARGET_DIR", &self.target).stdout(Stdio::null());
        // Set by the cargo that runs this program, for this program alone.
        command.env_remove("CARGO_MANIFEST_DIR").stderr(Stdio::piped());
        let began = Instant::now();
        let output = command.output()?;
        let seconds = began.elapsed().as_secs_f64();
        match output.status.success() {
            true => Ok(seconds),
            false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    }

    /// Adds a statement to the first function of the rule, another one each time.
    fn edit(&mut self) -> io::Result<()> {
        self.edits += 1;
        let path = self.source.join(&self.rule);
        let text = fs::read_to_string(&path)?;
        let at = first_body(&text).ok_or_else(|| io::Error::other("no function to edit"))?;
        let statement = format!("\n    std::hint::black_box({});", self.edits);
        fs::write(path, format!("{}{statement}{}", &text[..at], &text[at..]))
    }
}

/// The byte behind the brace that opens the first function's body.
pub(super) fn first_body(source: &str) -> Option<usize> {
    let tokens = rust::tokens(source);
    let tests = rust::test_parts(&tokens);
    let code = tokens.iter().filter(|it| !tests.iter().any(|part| part.contains(&it.start)));
    let mut after = code.skip_while(|it| !it.is("fn"));
    after.find(|it| it.is("{")).map(|brace| brace.end())
}
