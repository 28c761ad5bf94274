//! What counts as supervision in the figures.

use jiff::civil::date;

use super::*;
use crate::edge::FromText;

fn bare(trainee: u128) -> SupervisionStatusRow {
    SupervisionStatusRow {
        trainee: Uuid::from_u128(trainee),
        municipality: MunicipalityNumber::from_text("5401").expect("a number"),
        supervisor: None,
        kind: None,
        situation: None,
        qualification: QualificationWord::None,
        exemption: None,
        exemption_to: None,
        mode: None,
        same_office: None,
        over_capacity: false,
        lapsed_since: None,
    }
}

fn active(trainee: u128) -> SupervisionStatusRow {
    SupervisionStatusRow {
        supervisor: Some(Uuid::from_u128(9)),
        kind: Some(AssignmentKind::Individual),
        situation: Some(AssignmentSituation::Active),
        qualification: QualificationWord::Specialist,
        mode: Some(SupervisionMode::OnSite),
        ..bare(trainee)
    }
}

#[test]
fn only_an_active_supervisor_counts() {
    let lapsed = SupervisionStatusRow {
        situation: Some(AssignmentSituation::Lapsed),
        qualification: QualificationWord::None,
        ..active(2)
    };
    let paused = SupervisionStatusRow { situation: Some(AssignmentSituation::Paused), ..active(3) };
    let rows = [active(1), lapsed, paused, bare(4)];
    let totals = totals(&rows, date(2025, 1, 1));
    let counted = (totals.trainees, totals.with_supervisor, totals.without_supervisor);
    assert_eq!((counted, totals.lapsed), ((4, 1, 3), 1));
}

#[test]
fn an_exemption_is_expiring_from_ninety_days_before_and_counted_once() {
    let by_exemption = |trainee| SupervisionStatusRow {
        qualification: QualificationWord::Exemption,
        exemption: Some(Uuid::from_u128(7)),
        exemption_to: Some(Day(date(2025, 12, 31))),
        ..active(trainee)
    };
    let rows = [by_exemption(1), by_exemption(2)];
    let on = |day| {
        let totals = totals(&rows, day);
        (totals.by_exemption, totals.exemptions_expiring_within_90_days)
    };
    assert_eq!(on(date(2025, 10, 1)), (2, 0));
    assert_eq!(on(date(2025, 10, 2)), (2, 1));
}

#[test]
fn supervision_is_off_site_when_the_office_is_another_or_not_told_and_remote() {
    let row = |mode, same_office| {
        let row = SupervisionStatusRow { mode: Some(mode), same_office, ..active(1) };
        totals(&[row], date(2025, 1, 1)).off_site
    };
    assert_eq!(row(SupervisionMode::OnSite, Some(false)), 1);
    assert_eq!(row(SupervisionMode::Remote, None), 1);
    assert_eq!(row(SupervisionMode::Mixed, Some(true)), 0);
    assert_eq!(row(SupervisionMode::OnSite, None), 0);
}

#[test]
fn more_rows_than_one_answer_holds_are_refused() {
    assert!(within_bounds(3, 3).is_ok());
    let fault = within_bounds(4, 3).expect_err("one too many");
    assert_eq!(fault.pointer, "/query/municipality");
}
