//! What counts as supervision in the figures.

use jiff::civil::date;
use serde_json::{Map, Value};
use utoipa::PartialSchema;
use uuid::Uuid;

use super::*;
use crate::edge::FromText;
use crate::http::report::column::Reader;

fn bare(trainee: u128) -> Supervised {
    Supervised {
        trainee: Person(Uuid::from_u128(trainee)),
        municipality: MunicipalityNumber::from_text("5401").expect("a number"),
        supervisor: None,
        kind: None,
        status: None,
        qualification: QualificationWord::None,
        exemption: None,
        exemption_to: None,
        expires_soon: false,
        mode: None,
        same_office: None,
        over_capacity: false,
        lapsed_since: None,
    }
}

fn active(trainee: u128) -> Supervised {
    Supervised {
        supervisor: Some(Person(Uuid::from_u128(9))),
        kind: Some(AssignmentKind::Individual),
        status: Some(AssignmentStatus::Active),
        qualification: QualificationWord::Specialist,
        mode: Some(SupervisionMode::OnSite),
        ..bare(trainee)
    }
}

fn totals(rows: Vec<Supervised>) -> Map<String, Value> {
    let asked = SupervisionStatusParameters { municipality: None, trainee: None };
    SUPERVISION_STATUS.table(&asked, rows, Reader::OfIndividuals).totals
}

#[test]
fn only_an_active_supervisor_counts() {
    let lapsed = Supervised {
        status: Some(AssignmentStatus::Lapsed),
        qualification: QualificationWord::None,
        ..active(2)
    };
    let paused = Supervised { status: Some(AssignmentStatus::Paused), ..active(3) };
    let totals = totals(vec![active(1), lapsed, paused, bare(4)]);
    let figures = ["trainees", "with_supervisor", "without_supervisor", "lapsed"];
    assert_eq!(figures.map(|name| totals[name].as_u64()), [4, 1, 3, 1].map(Some));
}

#[test]
fn an_exemption_is_expiring_from_ninety_days_before_and_counted_once() {
    let last = date(2025, 12, 31);
    let on = |day| {
        let by_exemption = |trainee| Supervised {
            qualification: QualificationWord::Exemption,
            exemption: Some(Person(Uuid::from_u128(7))),
            exemption_to: Some(Day(last)),
            expires_soon: is_soon(last, day),
            ..active(trainee)
        };
        let totals = totals(vec![by_exemption(1), by_exemption(2)]);
        ["by_exemption", "exemptions_expiring_within_90_days"].map(|name| totals[name].as_u64())
    };
    assert_eq!(on(date(2025, 10, 1)), [2, 0].map(Some));
    assert_eq!(on(date(2025, 10, 2)), [2, 1].map(Some));
}

#[test]
fn supervision_is_off_site_when_the_office_is_another_or_not_recorded_and_remote() {
    let row = |mode, same_office| {
        let row = Supervised { mode: Some(mode), same_office, ..active(1) };
        totals(vec![row])["off_site"].clone()
    };
    assert_eq!(row(SupervisionMode::OnSite, Some(false)), 1);
    assert_eq!(row(SupervisionMode::Remote, None), 1);
    assert_eq!(row(SupervisionMode::Mixed, Some(true)), 0);
    assert_eq!(row(SupervisionMode::OnSite, None), 0);
}

/// The words of a closed list, as its schema names them.
fn codes<T: PartialSchema>() -> Vec<String> {
    let schema = serde_json::to_value(T::schema()).expect("a schema is JSON");
    serde_json::from_value(schema["enum"].clone()).expect("it is a list of words")
}

#[test]
fn every_word_that_the_report_may_hold_is_said_in_both_languages() {
    let said = |words: &[Word]| words.iter().map(|word| word.code).collect::<Vec<_>>();
    assert_eq!(said(QUALIFICATIONS), codes::<QualificationWord>());
    assert_eq!(said(MODES), codes::<SupervisionMode>());
    // The statement leaves out clinical supervisors, and assignments by which nobody supervised.
    assert_eq!(said(KINDS), codes::<AssignmentKind>()[..2]);
    let statuses = codes::<AssignmentStatus>();
    assert!(said(STATUSES).iter().all(|code| statuses.iter().any(|known| known == code)));
}
