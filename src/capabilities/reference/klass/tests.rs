//! Small files typed by hand in every form KLASS serves, right and wrong, and the same rows written
//! as JSON and as CSV, which must be read alike.

mod forms;
mod same_rows;
mod samples;

use super::*;
use crate::edge::FromText;

fn number(text: &str) -> MunicipalityNumber {
    MunicipalityNumber::from_text(text).expect("a number typed in a test")
}

fn name(text: &str) -> Name {
    Name::from_text(text).expect("a name typed in a test")
}

fn validity(code: &str, called: &str, from: Date, to: Option<Date>) -> MunicipalityValidity {
    MunicipalityValidity { number: number(code), name: name(called), from, to }
}

fn municipalities(file: &KlassFile) -> &[MunicipalityValidity] {
    match &file.content {
        Content::Municipalities(rows) => rows,
        Content::Changes(_) | Content::Centralities(_) => panic!("not codes: {file:?}"),
    }
}

fn changes(file: &KlassFile) -> &[MunicipalityChange] {
    match &file.content {
        Content::Changes(rows) => rows,
        Content::Municipalities(_) | Content::Centralities(_) => panic!("not changes: {file:?}"),
    }
}

fn centralities(file: &KlassFile) -> &[CentralityValidity] {
    match &file.content {
        Content::Centralities(rows) => rows,
        Content::Municipalities(_) | Content::Changes(_) => panic!("not centrality: {file:?}"),
    }
}
