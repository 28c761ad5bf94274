//! The same rows written as JSON and as CSV are read alike, whatever separator, encoding and mark
//! the CSV has. The writers here follow KLASS: texts are quoted, null is nothing.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

/// A table as both writers take it.
#[derive(Debug, Clone)]
struct Written {
    key: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Option<String>>>,
}

/// How a CSV file is written down.
#[derive(Debug, Clone)]
struct Style {
    delimiter: char,
    mark: bool,
    line_end: &'static str,
    short_rows: bool,
    /// ISO-8859-1, where the text fits in it.
    latin1: bool,
}

fn json(table: &Written) -> Vec<u8> {
    let object = |row: &Vec<Option<String>>| {
        let cells = table.columns.iter().zip(row);
        Value::Object(
            cells
                .map(|(name, cell)| {
                    ((*name).to_owned(), cell.clone().map_or(Value::Null, Value::String))
                })
                .collect(),
        )
    };
    let rows = table.rows.iter().map(object).collect();
    let document = Map::from_iter([(table.key.to_owned(), Value::Array(rows))]);
    Value::Object(document).to_string().into_bytes()
}

fn csv(table: &Written, style: &Style) -> Vec<u8> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let separator = style.delimiter.to_string();
    let mut lines: Vec<String> =
        vec![table.columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(&separator)];
    for row in &table.rows {
        let filled = row.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let row = if style.short_rows { &row[..filled.max(1)] } else { &row[..] };
        let cells: Vec<String> =
            row.iter().map(|cell| cell.as_deref().map_or(String::new(), quoted)).collect();
        lines.push(cells.join(&separator));
    }
    let text = lines.join(style.line_end) + style.line_end;
    let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    match latin1.filter(|_| style.latin1 && !style.mark) {
        Some(bytes) => bytes,
        None if style.mark => format!("\u{FEFF}{text}").into_bytes(),
        None => text.into_bytes(),
    }
}

fn a_style() -> impl Strategy<Value = Style> {
    (
        prop::sample::select(vec![',', ';', '\t']),
        any::<bool>(),
        prop::sample::select(vec!["\n", "\r\n"]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(delimiter, mark, line_end, short_rows, latin1)| Style {
            delimiter,
            mark,
            line_end,
            short_rows,
            latin1,
        })
}

fn a_number() -> impl Strategy<Value = Option<String>> {
    // Few numbers, so that repetitions, overlaps and 9999 come up.
    prop::sample::select(vec!["0301", "1507", "5401", "5501", "9999"])
        .prop_map(|number| Some(number.to_owned()))
}

fn a_name() -> impl Strategy<Value = Option<String>> {
    "[A-ZÆØÅa-zæøåáäšŋ]{1,8}[-;,.\"' ()æøåáš]{0,4}[a-z]{1,4}".prop_map(Some)
}

fn a_day() -> impl Strategy<Value = Date> {
    (2010i16..2030, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

/// The first day and the first day after, as KLASS writes them.
fn a_range() -> impl Strategy<Value = (Option<String>, Option<String>)> {
    (a_day(), prop::option::of(1i32..4000)).prop_map(|(from, days)| {
        let end = days.map(|days| {
            from.checked_add(jiff::Span::new().days(days)).expect("a day in this century")
        });
        (Some(from.to_string()), end.map(|end| end.to_string()))
    })
}

fn rows<S: Strategy<Value = Vec<Option<String>>>>(
    row: S,
) -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    prop::collection::vec(row, 0..12)
}

fn codes() -> impl Strategy<Value = Written> {
    let row = (a_number(), a_name(), a_range()).prop_map(|(code, name, (from, to))| {
        let nothing = Some(String::new());
        let level = Some("1".to_owned());
        let notes = nothing.clone();
        vec![code, None, level, name, nothing.clone(), nothing, None, None, from, to, notes]
    });
    rows(row).prop_map(|rows| Written {
        key: "codes",
        columns: &[
            "code",
            "parentCode",
            "level",
            "name",
            "shortName",
            "presentationName",
            "validFrom",
            "validTo",
            "validFromInRequestedRange",
            "validToInRequestedRange",
            "notes",
        ],
        rows,
    })
}

fn change_list() -> impl Strategy<Value = Written> {
    let row = (a_number(), a_name(), a_number(), a_name(), a_day(), 0..8u8).prop_map(
        |(old, old_name, new, new_name, on, missing)| {
            // Some rows have only one side.
            let (old, new) = match missing {
                0 => (None, new),
                1 => (old, None),
                _ => (old, new),
            };
            let short = Some(String::new());
            vec![old, old_name, short.clone(), new, new_name, short, Some(on.to_string())]
        },
    );
    rows(row).prop_map(|rows| Written {
        key: "codeChanges",
        columns: &[
            "oldCode",
            "oldName",
            "oldShortName",
            "newCode",
            "newName",
            "newShortName",
            "changeOccurred",
        ],
        rows,
    })
}

fn correspondence() -> impl Strategy<Value = Written> {
    let row =
        (a_number(), a_name(), 1..=6u8, a_range()).prop_map(|(code, name, class, (from, to))| {
            let nothing = Some(String::new());
            let class = Some(format!("0{class}"));
            vec![code, name, nothing.clone(), class, nothing.clone(), nothing, from, to]
        });
    rows(row).prop_map(|rows| Written {
        key: "correspondenceItems",
        columns: &[
            "sourceCode",
            "sourceName",
            "sourceShortName",
            "targetCode",
            "targetName",
            "targetShortName",
            "validFrom",
            "validTo",
        ],
        rows,
    })
}

/// The findings without their places, which count lines in one form and items in the other.
fn kinds(file: &KlassFile) -> Vec<std::mem::Discriminant<Finding>> {
    file.findings.iter().map(std::mem::discriminant).collect()
}

proptest! {
    #[test]
    fn json_and_csv_of_the_same_rows_are_read_alike(
        table in prop_oneof![codes(), change_list(), correspondence()],
        style in a_style(),
    ) {
        let mark: &[u8] = if style.mark { b"\xEF\xBB\xBF" } else { b"" };
        let from_json = read(&[mark, &json(&table)].concat()).expect("rows as KLASS writes them");
        let from_csv = read(&csv(&table, &style)).expect("rows as KLASS writes them");
        prop_assert_eq!(kinds(&from_json), kinds(&from_csv));
        prop_assert_eq!(&from_json.content, &from_csv.content);
        prop_assert_eq!(from_json.not_stated, from_csv.not_stated);
        prop_assert_eq!(requests(&from_json), requests(&from_csv));
    }

    #[test]
    fn every_row_is_kept_or_accounted_for(table in prop_oneof![codes(), correspondence()]) {
        let file = read(&json(&table)).expect("rows as KLASS writes them");
        let left_out: usize = file.findings.iter().map(|finding| match finding {
            Finding::Duplicate { .. } | Finding::Overlap { .. } => 1,
            Finding::OlderCentrality { rows } => *rows,
            Finding::Empty
            | Finding::NoOpenEnd { .. }
            | Finding::Appeared { .. }
            | Finding::Ceased { .. }
            | Finding::BoundaryMoved { .. }
            | Finding::DamagedName { .. } => 0,
        }).sum();
        let kept = requests(&file).len();
        prop_assert_eq!(kept + left_out + file.not_stated, table.rows.len());
    }

    #[test]
    fn a_file_with_some_bytes_changed_is_read_or_refused_in_words(
        table in prop_oneof![codes(), change_list(), correspondence()],
        style in prop::option::of(a_style()),
        changed in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = style.map_or_else(|| json(&table), |style| csv(&table, &style));
        for (at, byte) in changed {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        match read(&bytes) {
            Ok(file) => prop_assert!(
                requests(&file).iter().all(|post| post.path.starts_with("/v1/municipalities"))
            ),
            Err(error) => prop_assert!(error.to_string().len() > 10),
        }
    }
}
