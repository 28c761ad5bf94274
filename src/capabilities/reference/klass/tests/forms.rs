//! Each form, and what is wrong with files that are nearly one.

use serde_json::json;

use super::*;

const CODES_HEADER: &str = "\"code\",\"parentCode\",\"level\",\"name\",\"shortName\",\
    \"presentationName\",\"validFrom\",\"validTo\",\"validFromInRequestedRange\",\
    \"validToInRequestedRange\",\"notes\"\n";
const CHANGES_HEADER: &str = "oldCode;oldName;oldShortName;newCode;newName;newShortName;\
    changeOccurred\n";
const CENTRALITY_HEADER: &str = "\"sourceCode\",\"sourceName\",\"sourceShortName\",\
    \"targetCode\",\"targetName\",\"targetShortName\",\"validFrom\",\"validTo\"\n";

fn codes_csv(rows: &str) -> String {
    format!("{CODES_HEADER}{rows}")
}

/// The message of a file that must be refused.
fn refusal(bytes: &[u8]) -> String {
    read(bytes).expect_err("the file is wrong").to_string()
}

#[test]
fn codes_in_json_end_on_the_day_before_the_day_klass_names() {
    let file = read(
        br#"{"codes": [
            {"code": "5501", "parentCode": null, "level": "1", "name": "Troms\u00f8",
             "shortName": "", "presentationName": "", "validFrom": null, "validTo": null,
             "validFromInRequestedRange": "2024-01-01", "validToInRequestedRange": null,
             "notes": ""},
            {"code": "5401", "name": "Troms\u00f8", "validFromInRequestedRange": "2020-01-01",
             "validToInRequestedRange": "2024-01-01"},
            {"code": "9999", "name": "Uoppgitt", "validFromInRequestedRange": "2020-01-01",
             "validToInRequestedRange": null}
        ]}"#,
    )
    .expect("a right file");
    let expected = [
        validity("5401", "Tromsø", date(2020, 1, 1), Some(date(2023, 12, 31))),
        validity("5501", "Tromsø", date(2024, 1, 1), None),
    ];
    assert_eq!(municipalities(&file), expected);
    assert_eq!((file.not_stated, file.findings.as_slice()), (1, [].as_slice()));
}

#[test]
fn codes_in_csv_are_read_with_either_separator_encoding_and_mark() {
    let text = codes_csv(
        "\"5402\",,\"1\",\"Harstad - Hárstták\",\"\",\"\",,,\"2020-01-01\",\"2024-01-01\",\"\"\n\
         \"0301\",,\"1\",\"Oslo\",\"\",\"\",,,\"2020-01-01\"\n",
    );
    let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(c).expect("a Latin-1 text")).collect();
    let spreadsheet = format!("\u{FEFF}{}", text.replace(',', ";").replace('\n', "\r\n"));
    let tabs = text.replace(',', "\t").replace('"', "");
    let expected = [
        validity("0301", "Oslo", date(2020, 1, 1), None),
        validity("5402", "Harstad - Hárstták", date(2020, 1, 1), Some(date(2023, 12, 31))),
    ];
    for bytes in [text.as_bytes(), &latin1, spreadsheet.as_bytes(), tabs.as_bytes()] {
        assert_eq!(municipalities(&read(bytes).expect("a right file")), expected);
    }
}

#[test]
fn codes_may_have_chosen_columns_and_the_older_names_of_the_range() {
    let file = read(b"name,validTo,code,validFrom\nHalden,2020-01-01,0101,1977-01-01\n");
    let expected = [validity("0101", "Halden", date(1977, 1, 1), Some(date(2019, 12, 31)))];
    assert_eq!(municipalities(&file.expect("a right file")), expected);
}

#[test]
fn a_new_name_is_a_row_of_its_own_and_not_an_overlap() {
    let file = read(
        codes_csv(
            "\"1833\",,\"1\",\"Rana - Raane\",\"\",\"\",,,\"2024-01-01\",,\n\
             \"1833\",,\"1\",\"Rana\",\"\",\"\",,,\"2020-01-01\",\"2024-01-01\",\"\"\n",
        )
        .as_bytes(),
    )
    .expect("a right file");
    assert_eq!(file.findings, []);
    let posted = requests(&file);
    assert_eq!(posted.len(), 2);
    assert_eq!(posted[0].path, "/v1/municipalities");
    assert_eq!(
        posted[0].body,
        json!({"number": "1833", "name": "Rana", "from": "2020-01-01", "to": "2023-12-31"})
    );
    assert_eq!(
        posted[1].body,
        json!({"number": "1833", "name": "Rana - Raane", "from": "2024-01-01", "to": null})
    );
}

#[test]
fn repetitions_and_overlaps_are_left_out_and_told_with_both_places() {
    let file = read(
        codes_csv(
            "\"0301\",,\"1\",\"Oslo\",\"\",\"\",,,\"2020-01-01\",,\n\
             \"0301\",,\"1\",\"Oslo\",\"\",\"\",,,\"2020-01-01\",,\n\
             \"0301\",,\"1\",\"Oslo - Oslove\",\"\",\"\",,,\"2026-01-01\",,\n",
        )
        .as_bytes(),
    )
    .expect("a readable file");
    assert_eq!(municipalities(&file), [validity("0301", "Oslo", date(2020, 1, 1), None)]);
    let (place, of) = (Place::Line(3), Place::Line(2));
    let overlap =
        Finding::Overlap { place: Place::Line(4), with: Place::Line(2), number: number("0301") };
    assert_eq!(file.findings, [Finding::Duplicate { place, of }, overlap]);
    assert_eq!(file.findings[1].to_string(), "line 4: 0301 overlaps line 2; left out.");
}

#[test]
fn a_file_asked_for_with_an_end_is_told() {
    let row = "\"0301\",,\"1\",\"Oslo\",\"\",\"\",,,\"2020-01-01\",\"2025-01-01\",\"\"\n";
    let file = read(codes_csv(row).as_bytes()).expect("a readable file");
    assert_eq!(file.findings, [Finding::NoOpenEnd { last: date(2024, 12, 31) }]);
}

#[test]
fn changes_become_successions_only_where_the_old_number_ends() {
    let file = read(
        format!(
            "{CHANGES_HEADER}\
             1507;Ålesund;;1580;Haram;;2024-01-01\n\
             1507;Ålesund;;1508;Ålesund;;2024-01-01\n\
             1833;Rana;;1833;Rana - Raane;;2024-01-01\n\
             3118;Indre Østfold;;3118;Indre Østfold;;2026-01-01\n\
             3118;Indre Østfold;;3207;Nordre Follo;;2026-01-01\n\
             ;;;1234;Nyby;;2024-01-01\n\
             1235;Gammelby;;;;;2024-01-01\n\
             1236;Feilby;;9999;Uoppgitt;;2024-01-01\n"
        )
        .as_bytes(),
    )
    .expect("a right file");
    assert_eq!(changes(&file).len(), 5);
    assert_eq!(changes(&file)[0].new_name, name("Ålesund"));
    assert_eq!(file.not_stated, 1);
    let on = date(2024, 1, 1);
    let expected = [
        Finding::Appeared { place: Place::Line(7), number: number("1234"), on },
        Finding::Ceased { place: Place::Line(8), number: number("1235"), on },
        Finding::BoundaryMoved {
            place: Place::Line(6),
            from: number("3118"),
            to: number("3207"),
            on: date(2026, 1, 1),
        },
    ];
    assert_eq!(file.findings, expected);
    let posted = requests(&file);
    let path = "/v1/municipalities/1507/successions".to_owned();
    let to = |successor| PostRequest {
        path: path.clone(),
        body: json!({"successor": successor, "on": "2024-01-01"}),
    };
    assert_eq!(posted, [to("1508"), to("1580")]);
}

#[test]
fn a_number_that_lives_on_one_day_may_still_end_on_a_later_one() {
    let file = read(
        format!(
            "{CHANGES_HEADER}\
             5424;Lyngen;;5424;Lyngen - Ivgu;;2022-01-01\n\
             5424;Lyngen - Ivgu;;5536;Lyngen;;2024-01-01\n"
        )
        .as_bytes(),
    )
    .expect("a right file");
    assert_eq!(file.findings, []);
    assert_eq!(requests(&file).len(), 1);
}

#[test]
fn changes_in_json_are_read_and_damaged_names_are_told_but_not_refused() {
    let change = json!({
        "oldCode": "5437", "oldName": "Kárá?johka - Karasjok", "oldShortName": "",
        "newCode": "5610", "newName": "Kárášjohka - Karasjok", "newShortName": "",
        "changeOccurred": "2024-01-01",
    });
    let document = json!({"codeChanges": [change, change]}).to_string();
    let file = read(document.as_bytes()).expect("a right file");
    let (place, of) = (Place::Item(2), Place::Item(1));
    let damaged = |place| Finding::DamagedName { place, name: name("Kárá?johka - Karasjok") };
    assert_eq!(file.findings, [damaged(of), damaged(place), Finding::Duplicate { place, of }]);
    assert_eq!(requests(&file).len(), 1);
}

#[test]
fn centrality_is_read_from_the_correspondence_and_older_standards_are_left_out() {
    let file = read(
        format!(
            "{CENTRALITY_HEADER}\
             \"1124\",\"Sola\",\"\",\"03\",\"\",\"\",\"2020-01-01\",\"2024-01-01\"\n\
             \"1124\",\"Sola\",\"\",\"02\",\"\",\"\",\"2024-01-01\",\n\
             \"1124\",\"Sola\",\"\",\"3\",\"\",\"\",\"2008-01-01\",\"2018-01-01\"\n\
             \"9999\",\"Uoppgitt\",\"\",\"06\",\"\",\"\",\"2024-01-01\",\n"
        )
        .as_bytes(),
    )
    .expect("a right file");
    let row = |class, from, to| CentralityValidity { number: number("1124"), class, from, to };
    let expected =
        [row(3, date(2020, 1, 1), Some(date(2023, 12, 31))), row(2, date(2024, 1, 1), None)];
    assert_eq!(centralities(&file), expected);
    assert_eq!(
        (file.not_stated, file.findings.as_slice()),
        (1, [Finding::OlderCentrality { rows: 1 }].as_slice())
    );
    let posted = requests(&file);
    assert_eq!(posted[0].path, "/v1/municipalities/1124/centralities");
    assert_eq!(posted[0].body, json!({"class": 3, "from": "2020-01-01", "to": "2023-12-31"}));
    assert_eq!(posted[1].body, json!({"class": 2, "from": "2024-01-01", "to": null}));
}

#[test]
fn centrality_in_json_is_the_same() {
    let file = read(
        br#"{"correspondenceItems": [{"sourceCode": "0301", "sourceName": "Oslo",
            "targetCode": "01", "validFrom": "2020-01-01", "validTo": null}]}"#,
    )
    .expect("a right file");
    assert_eq!(centralities(&file)[0].class, 1);
}

#[test]
fn an_empty_list_is_told_because_correspondsat_has_answered_one() {
    let file = read(br#"{"correspondenceItems": []}"#).expect("a right file");
    assert_eq!(file.findings, [Finding::Empty,]);
    assert_eq!(requests(&file), []);
}

#[test]
fn every_wrong_field_is_named_with_its_line() {
    let text = codes_csv(
        "\"301\",,\"1\",\"Oslo\",\"\",\"\",,,\"2020-01-01\",,\n\
         \"1101\",,\"1\",,\"\",\"\",,,\"2020-01-01\",,\n\
         \"1103\",,\"1\",\"Stavanger\",\"\",\"\",,,\"01.01.2020\",,\n\
         \"1106\",,\"1\",\"Haugesund\",\"\",\"\",,,,,\n\
         \"1108\",,\"1\",\"Sandnes\",\"\",\"\",,,\"2020-01-01\",\"2020-01-01\",\n\
         \"5437\",,\"1\",\"Kárá?johka\",\"\",\"\",,,\"2020-01-01\",,\n\
         \"5401\",,\"1\",\"TromsÃ¸\",\"\",\"\",,,\"2020-01-01\",,\n\
         \"1111\",,\"1\",\"Sokndal\",\"\",\"\",,,\"2020-01-01\",,,,\n",
    );
    let Err(KlassError::Rows(faults)) = read(text.as_bytes()) else { panic!("rows are wrong") };
    let named: Vec<(Place, &str)> =
        faults.shown.iter().map(|fault| (fault.place, fault.field)).collect();
    let (from, to) = ("validFromInRequestedRange", "validToInRequestedRange");
    let expected: Vec<(Place, &str)> = [
        (2, "code"),
        (3, "name"),
        (4, from),
        (5, from),
        (6, to),
        (7, "name"),
        (8, "name"),
        (9, "row"),
    ]
    .map(|(line, field)| (Place::Line(line), field))
    .to_vec();
    assert_eq!(named, expected);
    assert!(faults.to_string().starts_with("line 2, code: `301`. Must be a municipality number"));
}

#[test]
fn every_wrong_item_is_named_and_the_rest_are_counted() {
    let items: Vec<serde_json::Value> = (0..30).map(|code| json!({"code": code})).collect();
    let text = refusal(json!({"codes": items}).to_string().as_bytes());
    assert!(text.starts_with("item 1, code: must be a text; item 2, code: "), "{text}");
    assert!(text.ends_with("item 20, code: must be a text; and 10 more"), "{text}");
    assert_eq!(refusal(br#"{"codes": ["0301"]}"#), "item 1, item: must be an object");
}

#[test]
fn a_centrality_class_is_one_of_six_written_with_two_digits() {
    for class in ["3", "07", "00", "003", "0A", "18"] {
        let row = format!("\"1124\",\"Sola\",\"\",\"{class}\",\"\",\"\",\"2020-01-01\",\n");
        let text = refusal(format!("{CENTRALITY_HEADER}{row}").as_bytes());
        assert!(text.starts_with("line 2, targetCode: "), "{class}: {text}");
    }
}

#[test]
fn an_unclosed_quote_does_not_swallow_the_rows_after_it() {
    let text = codes_csv(
        "\"0301\",,\"1\",\"Oslo\",\"\",\"\",,,\"2020-01-01\",,\"Note\n\
         \"1103\",,\"1\",\"Stavanger\",\"\",\"\",,,\"2020-01-01\",,\"\"\n",
    );
    assert!(refusal(text.as_bytes()).contains("a quote is not closed"));
}

#[test]
fn files_of_no_known_form_are_refused_with_what_to_do() {
    assert_eq!(read(b"<codeList/>"), Err(KlassError::Xml));
    for other in [
        "",
        "  \n",
        "[]",
        "{}",
        r#"{"correspondenceMaps": []}"#,
        r#"{"codes": {}}"#,
        "Classification not found with id = 99999",
        "kode,navn\n0301,Oslo\n",
    ] {
        assert_eq!(read(other.as_bytes()), Err(KlassError::UnknownForm), "{other}");
    }
    assert!(refusal(br#"{"codes": ["#).starts_with("the file looks like JSON and is not: EOF"));
}

#[test]
fn a_csv_file_without_a_needed_column_is_refused_by_its_name() {
    for (header, form, column) in [
        ("code,level", Form::Codes, "name"),
        ("oldCode,oldName,newCode,newName", Form::Changes, "changeOccurred"),
        // correspondsAt has no days.
        ("sourceCode,sourceName,targetCode,targetName", Form::Correspondence, "validFrom"),
    ] {
        let expected = Err(KlassError::ColumnMissing { form, column });
        assert_eq!(read(format!("{header}\n").as_bytes()), expected);
    }
}

#[test]
fn files_and_lists_have_a_largest_size() {
    assert_eq!(read(&vec![b' '; KLASS_FILE_BYTES_MAX + 1]), Err(KlassError::TooLarge));
    let row = "\"9999\",,\"1\",\"Uoppgitt\",\"\",\"\",,,\"2020-01-01\",,\n";
    let full = codes_csv(&row.repeat(KLASS_ROWS_MAX));
    assert_eq!(read(full.as_bytes()).map(|file| file.not_stated), Ok(KLASS_ROWS_MAX));
    assert_eq!(read(format!("{full}{row}").as_bytes()), Err(KlassError::TooManyRows));
    let items = vec![serde_json::Value::Null; KLASS_ROWS_MAX + 1];
    let document = json!({"codes": items}).to_string();
    assert_eq!(read(document.as_bytes()), Err(KlassError::TooManyRows));
}
