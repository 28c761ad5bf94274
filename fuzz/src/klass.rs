//! Files of municipalities as Statistics Norway serves them, in JSON and in CSV.

use alis::capabilities::reference::klass::{self, Content, KlassFile};
use alis::time::day_after;
use jiff::civil::Date;
use serde_json::{Value, json};

/// What was read fits together, and is read again when it is written as the same kind of file.
pub fn klass(bytes: &[u8]) {
    let file = match klass::read(bytes) {
        Ok(file) => file,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert!(file.findings.iter().all(|finding| !finding.to_string().is_empty()));
    let requests = klass::requests(&file);
    for request in &requests {
        assert!(request.path.starts_with("/v1/municipalities"), "{}", request.path);
        assert!(request.body.is_object());
    }
    let KlassFile { content, .. } = &file;
    let written = written(content);
    let again = klass::read(written.to_string().as_bytes()).map(|file| file.content);
    assert_eq!(again.as_ref(), Ok(content), "{written}");
}

/// The rows as a file of KLASS, whose last day is the first that no longer counts.
fn written(content: &Content) -> Value {
    let end = |to: Option<Date>| to.map(day_after);
    match content {
        Content::Municipalities(rows) => {
            let row = |row: &klass::MunicipalityValidity| {
                json!({
                    "code": row.number, "name": row.name,
                    "validFromInRequestedRange": row.from, "validToInRequestedRange": end(row.to),
                })
            };
            json!({ "codes": rows.iter().map(row).collect::<Value>() })
        }
        Content::Changes(rows) => {
            let row = |row: &klass::MunicipalityChange| {
                json!({
                    "oldCode": row.old_number, "oldName": row.old_name,
                    "newCode": row.new_number, "newName": row.new_name, "changeOccurred": row.on,
                })
            };
            json!({ "codeChanges": rows.iter().map(row).collect::<Value>() })
        }
        Content::Centralities(rows) => {
            let row = |row: &klass::CentralityValidity| {
                json!({
                    "sourceCode": row.number, "targetCode": format!("{:02}", row.class),
                    "validFrom": row.from, "validTo": end(row.to),
                })
            };
            json!({ "correspondenceItems": rows.iter().map(row).collect::<Value>() })
        }
    }
}
