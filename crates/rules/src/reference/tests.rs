//! The rules of reference data: given what happened, when something is asked, then this follows.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::domain::{Centrality, Event, OrganisationFacts, OrganisationKind};
use super::geography::HealthRegion;
use super::municipality::Municipality;
use super::organisation::Organisation;
use super::view::MunicipalityView;
use crate::aggregate::Evolve as _;
use crate::edge::FromText;
use crate::identifiers::{Comment, MunicipalityNumber, Name, OrganisationNumber};
use crate::problem::Rejection;
use crate::time::Period;

const NORD: Uuid = Uuid::from_u128(1);
const VEST: Uuid = Uuid::from_u128(2);

fn number(text: &str) -> MunicipalityNumber {
    MunicipalityNumber::from_text(text).expect("a number")
}

fn name(text: &str) -> Name {
    Name::from_text(text).expect("a name")
}

fn period(from: Date, to: Option<Date>) -> Period {
    Period::try_new(from, to).expect("the test's period is in order")
}

fn municipality(text: &str, from: Date, to: Option<Date>) -> Option<Municipality> {
    let mut state = None;
    let facts = Municipality::record(None, number(text), name("Eksempel"), period(from, to));
    take(&mut state, Ok(facts)).expect("recording is never refused");
    state
}

fn recorded(state: &Option<Municipality>) -> &Municipality {
    state.as_ref().expect("recorded")
}

fn take(
    state: &mut Option<Municipality>,
    facts: Result<Vec<Event>, Rejection>,
) -> Result<usize, &'static str> {
    let facts = facts.map_err(|rejection| rejection.problem.code)?;
    facts.iter().for_each(|fact| state.evolve(fact));
    Ok(facts.len())
}

#[test]
fn the_same_statement_about_a_number_is_recorded_once_and_another_replaces_it() {
    let mut state = municipality("5401", date(2020, 1, 1), None);
    let open = period(date(2020, 1, 1), None);
    assert_eq!(
        Municipality::record(state.as_ref(), number("5401"), name("Eksempel"), open),
        vec![]
    );
    let closed = period(date(2020, 1, 1), Some(date(2023, 12, 31)));
    let facts = Municipality::record(state.as_ref(), number("5401"), name("Eksempel"), closed);
    assert_eq!(take(&mut state, Ok(facts)), Ok(1));
    assert!(recorded(&state).is_valid_on(date(2023, 12, 31)));
    assert!(!recorded(&state).is_valid_on(date(2024, 1, 1)));
    assert!(!recorded(&state).is_valid_on(date(2019, 12, 31)));
}

#[test]
fn a_municipality_changes_county_and_class_by_the_day_and_keeps_its_last_look() {
    let mut state = municipality("5401", date(2020, 1, 1), Some(date(2023, 12, 31)));
    let facts = recorded(&state).classify(Centrality(3), period(date(2020, 1, 1), None));
    assert_eq!(take(&mut state, facts), Ok(1));
    let shown = |day| MunicipalityView::on(recorded(&state), day);
    assert_eq!(shown(date(2019, 12, 31)), None);
    let then = shown(date(2020, 6, 1)).expect("in use");
    assert_eq!(then.county.as_ref().map(|county| county.name), Some("Troms og Finnmark"));
    assert_eq!(then.health_region, Some(HealthRegion::Nord));
    assert_eq!((then.in_use, then.centrality), (true, Some(Centrality(3))));
    let gone = shown(date(2030, 1, 1)).expect("still readable");
    assert_eq!(gone, MunicipalityView { in_use: false, ..then });
}

#[test]
fn a_split_has_two_successors_and_a_merger_two_predecessors() {
    let on = date(2024, 1, 1);
    let mut old = municipality("1507", date(2020, 1, 1), Some(date(2023, 12, 31)));
    let mut new = municipality("1508", on, None);
    let haram = municipality("1580", on, None);
    let facts = recorded(&old).succeed(&number("1508"), new.as_ref(), on).expect("allowed");
    facts.iter().for_each(|fact| new.evolve(fact));
    take(&mut old, Ok(facts)).expect("allowed");
    let facts = recorded(&old).succeed(&number("1580"), haram.as_ref(), on);
    assert_eq!(take(&mut old, facts), Ok(1));
    assert_eq!(recorded(&old).successors.len(), 2);
    assert_eq!(recorded(&new).predecessors, [(number("1507"), on)]);
    assert_eq!(recorded(&new).successors, []);
    assert_eq!(recorded(&old).succeed(&number("1580"), haram.as_ref(), on), Ok(vec![]));
}

#[test]
fn nothing_succeeds_itself_or_comes_before_its_own_first_day() {
    let old = municipality("1507", date(2020, 1, 1), None);
    let new = municipality("1508", date(2024, 1, 1), None);
    let refused = |successor: &str, is: &Option<Municipality>, on| {
        let rejection =
            recorded(&old).succeed(&number(successor), is.as_ref(), on).expect_err("refused");
        rejection.faults[0].fault.code
    };
    assert_eq!(refused("1507", &old, date(2024, 1, 1)), "same_municipality");
    assert_eq!(refused("1508", &new, date(2023, 12, 31)), "municipality_not_in_use");
    assert_eq!(refused("1509", &None, date(2024, 1, 1)), "municipality_not_in_use");
}

#[test]
fn a_class_is_replaced_from_its_own_first_day_and_refused_across_another() {
    let mut state = municipality("1124", date(2018, 1, 1), None);
    let open = period(date(2018, 1, 1), None);
    let facts = recorded(&state).classify(Centrality(3), open);
    assert_eq!(take(&mut state, facts), Ok(1));
    assert_eq!(recorded(&state).classify(Centrality(3), open), Ok(vec![]));
    let later = period(date(2024, 1, 1), None);
    let refused = recorded(&state).classify(Centrality(2), later);
    assert_eq!(take(&mut state, refused), Err("centrality_overlaps"));
    let closed = period(date(2018, 1, 1), Some(date(2023, 12, 31)));
    for (class, when) in [(3, closed), (2, later)] {
        let facts = recorded(&state).classify(Centrality(class), when);
        assert_eq!(take(&mut state, facts), Ok(1));
    }
    assert_eq!(recorded(&state).centralities.on(date(2023, 12, 31)), Some(&Centrality(3)));
    assert_eq!(recorded(&state).centralities.on(date(2024, 1, 1)), Some(&Centrality(2)));
}

#[test]
fn one_office_answers_for_a_municipality_until_it_is_released() {
    let mut state = municipality("5401", date(2020, 1, 1), None);
    let open = period(date(2020, 1, 1), None);
    let facts = recorded(&state).assign(NORD, open);
    assert_eq!(take(&mut state, facts), Ok(1));
    assert_eq!(recorded(&state).assign(NORD, open), Ok(vec![]));
    let later = period(date(2022, 1, 1), None);
    let refused = recorded(&state).assign(VEST, later);
    assert_eq!(take(&mut state, refused), Err("municipality_has_office"));
    let refused = recorded(&state).release(VEST, date(2021, 12, 31));
    assert_eq!(take(&mut state, refused), Err("alis_office_not_responsible"));
    let facts = recorded(&state).release(NORD, date(2021, 12, 31));
    assert_eq!(take(&mut state, facts), Ok(1));
    assert_eq!(recorded(&state).release(NORD, date(2021, 12, 31)), Ok(vec![]));
    let facts = recorded(&state).assign(VEST, later);
    assert_eq!(take(&mut state, facts), Ok(1));
    assert_eq!(recorded(&state).office_on(date(2021, 12, 31)), Some(NORD));
    assert_eq!(recorded(&state).office_on(date(2022, 1, 1)), Some(VEST));
    let refused = recorded(&state).assign(NORD, period(date(2019, 1, 1), Some(date(2019, 2, 1))));
    assert_eq!(take(&mut state, refused), Err("invalid_request"));
}

#[test]
fn an_organisation_is_corrected_and_never_recorded_over() {
    let orgnr = OrganisationNumber::from_text("999000010").expect("a number");
    let day = date(2020, 1, 1);
    let facts = OrganisationFacts {
        name: name("Eksempel legesenter"),
        kind: OrganisationKind::MedicalPractice,
        municipality: Some(number("5401")),
        from: None,
    };
    let mut state = None;
    for fact in
        Organisation::record(state.as_ref(), orgnr.clone(), facts.clone(), day).expect("new")
    {
        state.evolve_at(&fact, 7);
    }
    assert_eq!(Organisation::record(state.as_ref(), orgnr.clone(), facts.clone(), day), Ok(vec![]));
    let other = OrganisationFacts { kind: OrganisationKind::HealthTrust, ..facts.clone() };
    let refused = Organisation::record(state.as_ref(), orgnr, other.clone(), day)
        .expect_err("recorded already");
    assert_eq!(refused.problem.code, "organisation_exists");
    let reason = Comment::from_text("misread").expect("a comment");
    let organisation: Organisation = state.clone().expect("recorded");
    assert_eq!(organisation.correct(facts, reason.clone(), day), Ok(vec![]));
    let corrected = organisation.correct(other.clone(), reason, day).expect("not closed");
    let Event::OrganisationCorrected(fact) = &corrected[0] else { panic!("{corrected:?}") };
    assert_eq!(fact.corrects, 7);
    state.evolve_at(&corrected[0], 9);
    assert_eq!(state.map(|organisation| organisation.facts), Some(other));
}

proptest! {
    #[test]
    fn a_municipality_never_has_two_offices_on_a_day(
        steps in prop::collection::vec(
            (0_u8..3, 0_u128..3, 0_i32..400, 0_i32..60, any::<bool>()),
            1..40,
        )
    ) {
        let first = date(2020, 1, 1);
        let day = |days: i32| first.saturating_add(jiff::Span::new().days(days));
        let mut state = municipality("5401", first, None);
        let mut held: Vec<(Uuid, Period)> = Vec::new();
        for (kind, office, from, length, open) in steps {
            let office = Uuid::from_u128(office);
            let (facts, asked) = match kind {
                0 => (recorded(&state).release(office, day(from)), None),
                _ => {
                    let asked = period(day(from), (!open).then(|| day(from + length)));
                    (recorded(&state).assign(office, asked), Some(asked))
                }
            };
            // A plain model of the same: what was accepted, day by day.
            match (take(&mut state, facts), asked) {
                (Ok(1), Some(asked)) => held.push((office, asked)),
                (Ok(1), None) => {
                    let ended = held.iter_mut().find(|(o, p)| *o == office && p.covers(day(from)));
                    ended.expect("only what is held ends").1.to = Some(day(from));
                }
                (Ok(_) | Err(_), _) => {}
            }
            for days in (0..470).step_by(7) {
                let on: Vec<_> = held.iter().filter(|(_, p)| p.covers(day(days))).collect();
                prop_assert!(on.len() <= 1, "{on:?}");
                prop_assert_eq!(on.first().map(|(o, _)| *o), recorded(&state).office_on(day(days)));
            }
        }
    }
}

fn why() -> Comment {
    Comment::from_text("Misread").expect("a comment")
}

fn both(
    old: &mut Option<Municipality>,
    new: &mut Option<Municipality>,
    facts: &[Event],
    take: impl Fn(&mut Option<Municipality>, &Event),
) {
    for fact in facts {
        take(old, fact);
        take(new, fact);
    }
}

#[test]
fn a_succession_recorded_by_mistake_is_moved_or_removed_from_both() {
    let on = date(2024, 1, 1);
    let mut old = municipality("1507", date(2020, 1, 1), Some(date(2023, 12, 31)));
    let mut new = municipality("1508", on, None);
    let facts = recorded(&old).succeed(&number("1508"), new.as_ref(), on).expect("allowed");
    both(&mut old, &mut new, &facts, |it, fact| it.evolve_at(fact, 7));
    let correct = |old: &Option<Municipality>, new: &Option<Municipality>, successor: &str, on| {
        recorded(old).correct_succession(&number(successor), new.as_ref(), on, why())
    };
    let early = correct(&old, &new, "1508", Some(date(2023, 12, 31))).expect_err("not in use");
    assert_eq!(early.faults[0].pointer, "/on");
    let nobody = correct(&old, &new, "1509", None).expect_err("there is none");
    assert_eq!(nobody.faults[0].pointer, "/successor");
    assert_eq!(correct(&old, &new, "1508", Some(on)), Ok(vec![]));

    let facts = correct(&old, &new, "1508", Some(date(2024, 2, 1))).expect("allowed");
    let Event::SuccessionCorrected(fact) = &facts[0] else { panic!("{facts:?}") };
    assert_eq!((fact.corrects, fact.was), (7, on));
    both(&mut old, &mut new, &facts, |it, fact| it.evolve_at(fact, 8));
    assert_eq!(recorded(&old).successors, [(number("1508"), date(2024, 2, 1))]);
    assert_eq!(recorded(&new).predecessors, [(number("1507"), date(2024, 2, 1))]);
    let facts = correct(&old, &new, "1508", None).expect("allowed");
    let Event::SuccessionCorrected(fact) = &facts[0] else { panic!("{facts:?}") };
    assert_eq!(fact.corrects, 8, "a correction is corrected by name");
    both(&mut old, &mut new, &facts, |it, fact| it.evolve(fact));
    assert_eq!((recorded(&old).successors.len(), recorded(&new).predecessors.len()), (0, 0));
    assert_eq!(correct(&old, &new, "1508", None), Ok(vec![]), "it is so already");
}

#[test]
fn an_office_recorded_by_mistake_is_moved_or_removed_and_never_overlaps() {
    let mut state = municipality("5401", date(2020, 1, 1), None);
    let (from, vest_from) = (date(2020, 1, 1), date(2022, 1, 1));
    let first = period(from, Some(date(2021, 12, 31)));
    let facts = recorded(&state).assign(NORD, first);
    assert_eq!(take(&mut state, facts), Ok(1));
    let facts = recorded(&state).assign(VEST, period(vest_from, None));
    assert_eq!(take(&mut state, facts), Ok(1));
    let correct = |state: &Option<Municipality>, was, days| {
        recorded(state).correct_office(NORD, was, days, why())
    };
    let unknown = correct(&state, vest_from, None).expect_err("another office's");
    assert_eq!(unknown.faults[0].pointer, "/recorded_from");
    assert_eq!(correct(&state, from, Some(first)), Ok(vec![]));
    let refused = correct(&state, from, Some(period(from, None)));
    assert_eq!(take(&mut state, refused), Err("municipality_has_office"));
    let too_early = correct(&state, from, Some(period(date(2019, 1, 1), None)));
    assert_eq!(too_early.expect_err("not in use").faults[0].pointer, "/municipality");
    let facts = correct(&state, from, Some(period(date(2020, 3, 1), Some(date(2020, 12, 31)))));
    assert_eq!(take(&mut state, facts), Ok(1));
    assert_eq!(recorded(&state).office_on(date(2020, 2, 1)), None);
    assert_eq!(recorded(&state).office_on(date(2020, 3, 1)), Some(NORD));
    let facts = correct(&state, date(2020, 3, 1), None);
    assert_eq!(take(&mut state, facts), Ok(1));
    assert_eq!(recorded(&state).office_on(date(2020, 3, 1)), None);
    assert_eq!(recorded(&state).office_on(vest_from), Some(VEST));
}
