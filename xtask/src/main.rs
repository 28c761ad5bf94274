//! `cargo xtask`: see each command's help.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::measure::{self, circles::Circles, table, touched};
use xtask::new;
use xtask::tree::{self, Tree};
use xtask::words::{self, list, rename};

/// Tools for whoever changes this project.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Count lines by kind, what one of a thing costs, and circles of files.
    Measure(Measure),
    /// Count the files and existing lines that a change touched.
    Touched {
        /// A commit, or two with two dots between; what is not committed yet when left out.
        range: Option<String>,
    },
    /// Look for names and phrases that docs/glossary.md calls unused.
    CheckWords {
        /// Write down what has gone or moved; nothing may have become more.
        #[arg(long, conflicts_with = "list")]
        write: bool,
        /// Name each place.
        #[arg(long)]
        list: bool,
        /// Another folder than this project: a copy of it.
        #[arg(long, value_name = "FOLDER")]
        root: Option<PathBuf>,
    },
    /// Rename by xtask/renames.toml.
    Rename(Rename),
    /// Begin something new, with a test that fails until it is written.
    New(New),
}

#[derive(clap::Args)]
struct Measure {
    /// A revision instead of the files as they stand.
    #[arg(long, value_name = "REVISION")]
    at: Option<String>,
    /// As JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Time builds and checks as well: minutes, on a machine that does nothing else.
    #[arg(long)]
    seconds: bool,
    /// Build there when timing, where packages are built already, and leave the cold build out.
    #[arg(long, requires = "seconds", value_name = "FOLDER")]
    target: Option<PathBuf>,
    /// Name the files of the circles.
    #[arg(long)]
    circles: bool,
    /// Rewrite the table of CONTRIBUTING.md; what it compares with is xtask/before.json.
    #[arg(long, conflicts_with_all = ["at", "json"])]
    write: bool,
}

#[derive(clap::Args)]
struct Rename {
    /// Say what would change, and where a name would come to mean two things.
    #[arg(long, conflicts_with = "apply", required_unless_present = "apply")]
    dry_run: bool,
    /// Change and move the files.
    #[arg(long)]
    apply: bool,
    /// Another folder than this project: a copy of it.
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

#[derive(clap::Args)]
struct New {
    /// What: problem, fact, report or resource.
    what: String,
    /// Its name, as in the code: `study_group`.
    name: String,
    /// The capability that it belongs to; a resource has one of its own.
    #[arg(long = "in", value_name = "CAPABILITY")]
    capability: Option<String>,
    /// Its name of several, when an s is not enough.
    #[arg(long)]
    plural: Option<String>,
    /// Say which files it would make and change, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Another folder than this project: a copy of it.
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Measure(asked) => measure(&asked),
        Command::Touched { range } => touched(range.as_deref()),
        Command::CheckWords { write, list, root } => {
            check_words(&root.unwrap_or_else(tree::root), write, list)
        }
        Command::Rename(asked) => rename(&asked),
        Command::New(asked) => begin(asked),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn measure(asked: &Measure) -> Outcome {
    let root = tree::root();
    let tree = match &asked.at {
        Some(revision) => Tree::at(&root, revision)?,
        None => Tree::standing(&root)?,
    };
    let mut measured = measure::measure(&tree);
    if asked.seconds {
        measured.figures.extend(measure::seconds::measure(&tree, asked.target.as_deref())?);
    }
    if asked.circles {
        print_circles(&measured.circles);
    }
    if asked.write {
        let page = root.join("CONTRIBUTING.md");
        let before = serde_json::from_str(&fs::read_to_string(root.join("xtask/before.json"))?)?;
        let written = table::written(&fs::read_to_string(&page)?, &before, &measured.figures);
        let written = written.ok_or("CONTRIBUTING.md has no marks to write the table between")?;
        fs::write(page, written)?;
    } else if asked.json {
        println!("{:#}", table::json(&measured.figures));
    } else {
        print!("{}", table::single(&measured.figures));
    }
    Ok(ExitCode::SUCCESS)
}

fn print_circles(circles: &Circles) {
    let groups = [("crate", &circles.of_crates), ("capability", &circles.of_capabilities)];
    println!("largest circle, {} files: {}", circles.largest.len(), circles.largest.join(" "));
    for (kind, groups) in groups {
        for (name, circle) in groups.iter().filter(|(_, circle)| !circle.is_empty()) {
            println!("{kind} {name}, {} files: {}", circle.len(), circle.join(" "));
        }
    }
    for circle in &circles.among_capabilities {
        println!("capabilities in a circle: {}", circle.join(" "));
    }
    for (one, other) in &circles.pairs {
        println!("capabilities that use each other: {one} {other}");
    }
    for circle in &circles.among_crates {
        println!("crates in a circle: {}", circle.join(" "));
    }
}

fn touched(range: Option<&str>) -> Outcome {
    let touched = touched::touched(&tree::root(), range)?;
    println!("new files: {} ({} lines)", touched.new_files, touched.lines_in_new_files);
    println!(
        "existing files: {}, of their lines changed or removed: {}, added: {}",
        touched.existing_files, touched.existing_lines, touched.lines_added_to_existing_files
    );
    Ok(ExitCode::SUCCESS)
}

fn check_words(root: &Path, write: bool, list: bool) -> Outcome {
    if write {
        words::write_down(root)?;
    }
    if list {
        for it in words::found(root)? {
            println!("{}:{}: {} ({})", it.path, it.line, it.word, it.said);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let wrong = words::check(root)?;
    wrong.iter().for_each(|line| eprintln!("{line}"));
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn rename(asked: &Rename) -> Outcome {
    let root = asked.root.clone().unwrap_or_else(tree::root);
    let tree = Tree::standing(&root)?;
    let renames = list::Renames::read(&fs::read_to_string(tree::root().join(list::FILE))?)?;
    for rename::Collision { path, line, old, new } in rename::collisions(&tree, &renames) {
        println!("{path}:{line}: {old} becomes {new}, which is there already");
    }
    let changes = rename::changes(&tree, &renames);
    for change in &changes {
        match change.path == change.new_path {
            true => println!("{}: {}", change.path, change.count),
            false => println!("{} -> {}: {}", change.path, change.new_path, change.count),
        }
    }
    let count: usize = changes.iter().map(|change| change.count).sum();
    println!("{count} changes in {} files", changes.len());
    if asked.apply {
        rename::apply(&root, &changes)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn begin(asked: New) -> Outcome {
    let template = tree::root().join("xtask/templates").join(format!("{}.txt", asked.what));
    let template = fs::read_to_string(&template)
        .map_err(|error| format!("there is no template {}: {error}", template.display()))?;
    let New { name, capability, plural, dry_run, root, .. } = asked;
    let root = root.unwrap_or_else(tree::root);
    let capability = match capability {
        Some(capability) => capability,
        None if template.contains("{capability}") => return Err("say --in CAPABILITY".into()),
        None => name.clone(),
    };
    let names = plural.unwrap_or_else(|| format!("{name}s"));
    let beginning = new::read(&template, &new::Names { name, names, capability })?;
    let files = new::planned(&root, &beginning)?;
    for (path, text) in &files {
        let old = fs::read_to_string(root.join(path)).map_or(0, |old| old.lines().count());
        let lines = text.lines().count();
        match old {
            0 => println!("new: {path} ({lines} lines)"),
            _ => println!("changed: {path} ({} lines more)", lines - old),
        }
    }
    if !dry_run {
        new::write(&root, &files)?;
        println!("\n{}", beginning.next);
    }
    Ok(ExitCode::SUCCESS)
}
