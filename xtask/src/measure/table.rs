//! The figures as a table for people, and as JSON for programs. The table of CONTRIBUTING.md stands
//! between two marks; what it compares with is kept in `xtask/before.json`.

use serde_json::{Map, Value as Json, json};

use super::{Figure, Value};

const BEGIN: &str = "<!-- measured: `cargo xtask measure --write` rewrites what follows -->";
const END: &str = "<!-- /measured -->";

/// A cell: lines of code, and in brackets those with comments and blanks.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Lines(lines) => format!("{} ({})", grouped(lines.code), grouped(lines.all)),
        Value::Count(count) => grouped(*count),
        Value::Seconds(seconds) => format!("{seconds:.1}"),
    }
}

/// A number with a space at thousands.
fn grouped(number: usize) -> String {
    match number {
        0..=9_999 => number.to_string(),
        _ => format!("{} {:03}", number / 1_000, number % 1_000),
    }
}

/// The figures by their keys.
pub fn json(figures: &[Figure]) -> Json {
    let number = |value: &Value| match value {
        Value::Lines(lines) => json!({"code": lines.code, "all": lines.all}),
        Value::Count(count) => json!(count),
        Value::Seconds(seconds) => json!((seconds * 10.0).round() / 10.0),
    };
    let member = |it: &Figure| (it.key.clone(), json!({"what": it.what, "is": number(&it.value)}));
    Json::Object(figures.iter().map(member).collect::<Map<_, _>>())
}

/// A stored figure as a cell.
fn stored(before: &Json, key: &str) -> Option<String> {
    let is = &before.get(key)?["is"];
    let number = |json: &Json| json.as_u64().and_then(|number| usize::try_from(number).ok());
    let lines = number(&is["code"]).zip(number(&is["all"]));
    let lines = lines.map(|(code, all)| format!("{} ({})", grouped(code), grouped(all)));
    let float = || is.as_f64().map(|seconds| format!("{seconds:.1}"));
    lines.or_else(|| number(is).map(grouped)).or_else(float)
}

/// One revision's figures.
pub fn single(figures: &[Figure]) -> String {
    let rows =
        figures.iter().map(|it| format!("| {} | {} | {} |\n", it.what, it.aim, cell(&it.value)));
    format!("| what | aim | is |\n|---|---|---|\n{}", rows.collect::<String>())
}

/// The page with its table rewritten: what was, and what is. A figure that was not measured now
/// keeps its cell.
pub fn written(page: &str, before: &Json, now: &[Figure]) -> Option<String> {
    let (head, rest) = page.split_once(BEGIN)?;
    let (old, tail) = rest.split_once(END)?;
    let mut rows = String::new();
    let mut row = |what: &str, aim: &str, before: &str, after: &str| {
        rows += &format!("| {what} | {aim} | {before} | {after} |\n");
    };
    for it in now {
        let before = stored(before, &it.key).unwrap_or_default();
        row(&it.what, it.aim, &before, &cell(&it.value));
    }
    let others = before.as_object().into_iter().flatten();
    for (key, stored_figure) in others.filter(|(key, _)| now.iter().all(|it| it.key != **key)) {
        let what = stored_figure["what"].as_str().unwrap_or(key);
        let kept = old.lines().find(|line| line.starts_with(&format!("| {what} |")));
        let cells: Vec<&str> =
            kept.map(|line| line.split('|').map(str::trim).collect()).unwrap_or_default();
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        row(what, cell(2), &stored(before, key).unwrap_or_default(), cell(4));
    }
    let table = format!("| what | aim | before | after |\n|---|---|---|---|\n{rows}");
    Some(format!("{head}{BEGIN}\n\n{table}\n{END}{tail}"))
}

/// The page with the row of nothing measured yet: what the table says before anything is.
pub fn empty() -> String {
    format!("{BEGIN}\n\n{END}")
}
