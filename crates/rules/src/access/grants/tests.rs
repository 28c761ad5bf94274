//! Given, when, then of grants.

use super::*;
use crate::edge::FromText;
use jiff::civil::date;

const TODAY: Date = date(2026, 3, 1);
const ID: Uuid = Uuid::from_u128(1);

fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::from_text(text).expect("a valid number")
}

fn of_role(nth: u128, role: GrantedRole, from: Date, to: Option<Date>) -> Grant {
    let municipality = MunicipalityNumber::from_text("5401").expect("a valid number");
    let municipality = (role == GrantedRole::System).then_some(municipality);
    let (id, period) = (Uuid::from_u128(nth), Period { from, to });
    Grant::new(id, number("999000118"), role, municipality, period)
}

fn asked(from: Date, to: Option<Date>) -> Grant {
    of_role(1, GrantedRole::System, from, to)
}

impl Grants {
    fn take(&mut self, facts: Result<Vec<Event>, Rejection>) {
        for fact in facts.expect("nothing is in the way") {
            self.evolve(&fact);
        }
    }
}

fn given(all: impl IntoIterator<Item = Grant>) -> Grants {
    let mut grants = Grants::default();
    for grant in all {
        let facts = grants.grant(grant);
        grants.take(facts);
    }
    grants
}

/// A delegation that was accepted when it was offered.
fn accepted(from: Date, to: Option<Date>) -> Grants {
    let mut grants = given([asked(from, to)]);
    grants.take(grants.accept(ID, Some(from), TODAY));
    grants
}

fn code<T: std::fmt::Debug>(refused: Result<T, Rejection>) -> &'static str {
    refused.expect_err("refused").problem.code
}

/// How many grants count on a day for an organisation that is nothing by itself.
fn count(grants: &Grants, day: Date) -> usize {
    grants.counting_on(day, false).count()
}

fn roles(grants: &Grants, has_municipalities: bool) -> Vec<GrantedRole> {
    grants.counting_on(TODAY, has_municipalities).map(|grant| grant.role).collect()
}

#[test]
fn a_delegation_counts_from_the_yes_to_its_last_day() {
    let (from, to) = (date(2026, 1, 1), Some(date(2026, 6, 30)));
    let offered = given([asked(from, to)]);
    let days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)];
    assert_eq!(days.map(|day| count(&offered, day)), [0, 0, 0, 0]);
    assert_eq!(days.map(|day| count(&accepted(from, to), day)), [0, 1, 1, 0]);
    let mut late = offered;
    late.take(late.accept(ID, None, TODAY));
    assert_eq!([date(2026, 2, 28), TODAY].map(|day| count(&late, day)), [0, 1]);
    let status = |day| late.get(ID).expect("it is there").status_on(day);
    use GrantStatus::*;
    assert_eq!([date(2026, 2, 28), TODAY, date(2026, 7, 1)].map(status), [Offered, InForce, Ended]);
}

#[test]
fn an_appointment_asks_nobody_and_cannot_be_answered() {
    let appointed = given([of_role(1, GrantedRole::Auditor, TODAY, None)]);
    assert_eq!(roles(&appointed, false), [GrantedRole::Auditor]);
    assert_eq!(code(appointed.accept(ID, None, TODAY)), "access_grant_status");
    assert_eq!(code(appointed.decline(ID, None, TODAY)), "access_grant_status");
}

#[test]
fn an_answer_is_given_once_and_stands() {
    let mut yes = given([asked(TODAY, None)]);
    yes.take(yes.accept(ID, None, TODAY));
    let later = TODAY.tomorrow().expect("a day");
    assert_eq!(yes.accept(ID, None, later), Ok(vec![]));
    assert_eq!(yes.accept(ID, Some(TODAY), later), Ok(vec![]));
    assert_eq!(code(yes.accept(ID, Some(later), later)), "access_grant_status");
    assert_eq!(code(yes.decline(ID, None, TODAY)), "access_grant_status");
    let mut no = given([asked(TODAY, None)]);
    no.take(no.decline(ID, None, TODAY));
    assert_eq!(no.decline(ID, None, later), Ok(vec![]));
    assert_eq!(code(no.accept(ID, None, TODAY)), "access_grant_status");
    assert_eq!(code(no.end(ID, None, TODAY)), "access_grant_status");
    assert_eq!(no.get(ID).expect("it is there").status_on(TODAY), GrantStatus::Declined);
    assert_eq!(count(&no, TODAY), 0);
    // Nobody is bound by a no: the same may be offered again.
    let again = of_role(2, GrantedRole::System, TODAY, None);
    assert_eq!(no.grant(again).map(|facts| facts.len()), Ok(1));
}

#[test]
fn a_delegation_is_accepted_on_its_days_or_before_them() {
    let past = given([asked(date(2025, 1, 1), Some(date(2025, 12, 31)))]);
    assert_eq!(code(past.accept(ID, None, TODAY)), "access_grant_status");
    assert!(past.accept(ID, Some(date(2025, 12, 31)), TODAY).is_ok());
    let mut coming = given([asked(date(2026, 6, 1), None)]);
    coming.take(coming.accept(ID, None, TODAY));
    assert_eq!([TODAY, date(2026, 6, 1)].map(|day| count(&coming, day)), [0, 1]);
    assert_eq!(coming.get(ID).expect("it is there").status_on(TODAY), GrantStatus::Upcoming);
}

#[test]
fn whoever_is_appointed_is_lent_nothing_on_those_days() {
    let last = date(2026, 6, 30);
    let appointment = of_role(2, GrantedRole::Directorate, TODAY, Some(last));
    let appointed = given([appointment.clone()]);
    assert_eq!(code(appointed.grant(asked(last, None))), "organisation_is_appointed");
    assert!(appointed.grant(asked(date(2026, 7, 1), None)).is_ok());
    assert!(appointed.grant(asked(date(2026, 1, 1), Some(date(2026, 2, 28)))).is_ok());
    // What was offered before is not accepted either, and what was accepted rests.
    let mut offered = given([asked(date(2026, 1, 1), None), appointment.clone()]);
    assert_eq!(code(offered.accept(ID, None, TODAY)), "organisation_is_appointed");
    assert_eq!(roles(&offered, false), [GrantedRole::Directorate]);
    let second = Uuid::from_u128(2);
    offered.take(offered.end(second, None, TODAY));
    let next = TODAY.tomorrow().expect("a day");
    offered.take(offered.accept(ID, None, next));
    assert_eq!(count(&offered, next), 1);
    let mut both = accepted(date(2026, 1, 1), None);
    both.take(both.grant(appointment));
    assert_eq!(roles(&both, false), [GrantedRole::Directorate]);
    assert_eq!([date(2026, 2, 28), date(2026, 7, 1)].map(|day| count(&both, day)), [1, 1]);
}

#[test]
fn what_an_organisation_is_comes_before_what_it_is_appointed_to() {
    let mut all = accepted(date(2026, 1, 1), None);
    for (nth, role) in [(2, GrantedRole::Auditor), (3, GrantedRole::Reporting)] {
        all.take(all.grant(of_role(nth, role, date(2026, 1, 1), None)));
    }
    assert_eq!(roles(&all, false), [GrantedRole::Auditor, GrantedRole::Reporting]);
    assert_eq!(roles(&all, true), [GrantedRole::System]);
}

#[test]
fn the_same_grant_again_is_no_new_fact_and_an_overlapping_one_is_refused() {
    let first = asked(date(2026, 1, 1), None);
    for grants in [given([first.clone()]), accepted(date(2026, 1, 1), None)] {
        assert_eq!(grants.grant(Grant { id: Uuid::from_u128(2), ..first.clone() }), Ok(vec![]));
        let later = asked(date(2026, 5, 1), Some(date(2026, 5, 2)));
        let later = Grant { id: Uuid::from_u128(2), ..later };
        assert_eq!(code(grants.grant(later)), "access_grant_exists");
        let other = MunicipalityNumber::from_text("1804").expect("a valid number");
        let elsewhere =
            Grant { municipality: Some(other), id: Uuid::from_u128(3), ..first.clone() };
        assert_eq!(grants.grant(elsewhere).map(|facts| facts.len()), Ok(1));
    }
}

#[test]
fn a_grant_is_shortened_and_never_lengthened() {
    let grants = accepted(date(2026, 1, 1), Some(date(2026, 6, 30)));
    assert_eq!(grants.end(ID, Some(date(2026, 3, 1)), TODAY).map(|facts| facts.len()), Ok(1));
    assert_eq!(grants.end(ID, Some(date(2026, 6, 30)), TODAY), Ok(vec![]));
    for day in [date(2025, 12, 31), date(2026, 7, 1)] {
        assert_eq!(code(grants.end(ID, Some(day), TODAY)), "access_grant_period");
    }
}

#[test]
fn what_does_not_hold_yet_is_taken_back_at_once() {
    let coming = |role| of_role(1, role, date(2026, 6, 1), None);
    let begun = asked(TODAY, None);
    for grant in [begun, coming(GrantedRole::System), coming(GrantedRole::Auditor)] {
        let mut grants = given([grant]);
        grants.take(grants.end(ID, None, TODAY));
        let cancelled = grants.get(ID).expect("it is there");
        assert_eq!(cancelled.status_on(date(2026, 7, 1)), GrantStatus::Cancelled);
        assert_eq!(count(&grants, date(2026, 7, 1)), 0);
        assert_eq!(grants.end(ID, None, TODAY), Ok(vec![]));
        assert_eq!(code(grants.end(ID, Some(TODAY), TODAY)), "access_grant_status");
        assert_eq!(code(grants.accept(ID, None, TODAY)), "access_grant_status");
    }
    // With a day it is an offer of less.
    let mut shorter = given([asked(TODAY, None)]);
    shorter.take(shorter.end(ID, Some(TODAY), TODAY));
    assert_eq!(shorter.get(ID).expect("it is there").status_on(TODAY), GrantStatus::Offered);
}
