//! Cells of CSV.

use super::*;

static ANSWERS: &[Word] = &[
    Word { code: "late", words: Words { en: "Late", nb: "Sent" } },
    Word { code: "true", words: Words { en: "Yes", nb: "Ja" } },
];

fn written(cells: Vec<Value>, language: Language, dialect: Dialect) -> String {
    let heading = |name, words| Heading { name, words, of_values: ANSWERS };
    let table = Table {
        columns: vec![
            heading("a", Words { en: "A", nb: "Å" }),
            heading("b", Words { en: "B", nb: "B" }),
        ],
        rows: vec![cells],
        totals: Map::new(),
    };
    as_csv(&table, language, dialect).expect("it is written")
}

fn csv(cells: Vec<Value>) -> String {
    let text = written(cells, Language::English, Dialect::Standard);
    text.strip_prefix("A,B\n").expect("a heading line").trim_end_matches('\n').to_owned()
}

#[test]
fn a_text_that_a_spreadsheet_would_run_is_written_as_text() {
    for (text, written) in [
        ("=1+1", "'=1+1"),
        ("+47 1", "'+47 1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "\"'\r=1\""),
        ("Bodø", "Bodø"),
        ("a=b", "a=b"),
        ("", ""),
    ] {
        assert_eq!(csv(vec![json!(text), json!("x")]), format!("{written},x"));
    }
}

#[test]
fn numbers_are_written_as_they_are() {
    assert_eq!(csv(vec![json!(-200), json!(false)]), "-200,false");
    assert_eq!(csv(vec![json!(-0.5), Value::Null]), "-0.5,");
}

#[test]
fn several_values_stand_in_one_cell() {
    assert_eq!(csv(vec![json!(["a/b", "c"]), json!([])]), "a/b c,");
    assert_eq!(csv(vec![json!(["=1", "c"]), json!([1, 2])]), "'=1 c,1 2");
}

#[test]
fn words_are_in_the_language_of_the_headings() {
    let cells = || vec![json!("late"), json!(true)];
    assert_eq!(csv(cells()), "Late,Yes");
    let norwegian = written(cells(), Language::Norwegian, Dialect::Standard);
    assert_eq!(norwegian, "Å,B\nSent,Ja\n");
}

#[test]
fn excel_gets_semicolons_a_comma_in_numbers_and_a_mark() {
    let text = written(vec![json!(201.05), json!("a;b,c")], Language::Norwegian, Dialect::Excel);
    assert_eq!(text, "\u{feff}Å;B\n201,05;\"a;b,c\"\n");
}
