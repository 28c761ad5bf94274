//! The rules of programmes: given what happened, when something is asked, then this follows.

mod succession;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::domain::{Event, Outcome, ParticipationFacts, PositionCount, Started, YearlyNok};
use super::quota::Quota;
use super::state::{Programme, on};
use super::view::ProgrammeView;
use crate::aggregate::Evolve as _;
use crate::edge::FromText;
use crate::identifiers::{Comment, MunicipalityNumber, Name};
use crate::occupancy;
use crate::position;
use crate::problem::Rejection;
use crate::time::{Percent, Period};

const PROGRAMME: Uuid = Uuid::from_u128(1);

fn number(text: &str) -> MunicipalityNumber {
    MunicipalityNumber::from_text(text).expect("a number")
}

fn name(text: &str) -> Name {
    Name::from_text(text).expect("a name")
}

fn comment() -> Comment {
    Comment::from_text("because").expect("a comment")
}

fn period(from: Date, to: Option<Date>) -> Period {
    Period::try_new(from, to).expect("the test's period is in order")
}

/// A programme of five years, and the quota of one municipality in it.
struct Story {
    programme: Option<Programme>,
    quota: Quota,
}

impl Story {
    fn new() -> Self {
        let started = Started {
            programme: PROGRAMME,
            name: name("ALIS-Eksempel"),
            period: period(date(2019, 1, 1), Some(date(2023, 12, 31))),
            positions_max_per_municipality: Some(PositionCount(2)),
            subsidy_nok_per_position_year: Some(YearlyNok(200_000)),
            external_ids: vec![],
        };
        let mut programme = None;
        programme.evolve(&started.into());
        Self { programme, quota: Quota::default() }
    }

    fn programme(&self) -> &Programme {
        self.programme.as_ref().expect("started")
    }

    fn take(&mut self, facts: Result<Vec<Event>, Rejection>) -> Result<usize, &'static str> {
        let facts = facts.map_err(|rejection| rejection.problem.code)?;
        for fact in &facts {
            self.programme.evolve(fact);
            self.quota.evolve(fact);
        }
        Ok(facts.len())
    }

    fn join(&mut self, from: Date, to: Option<Date>, quota: u16) -> Result<usize, &'static str> {
        let asked = period(from, to);
        let facts = self.quota.join(self.programme(), number("5401"), asked, PositionCount(quota));
        self.take(facts)
    }

    fn leave(&mut self, to: Date) -> Result<usize, &'static str> {
        let facts = self.quota.leave(PROGRAMME, number("5401"), to);
        self.take(facts)
    }

    fn establish(&mut self, position: u128, from: Date) -> Result<(), &'static str> {
        self.quota.admit(from, None).map_err(|rejection| rejection.problem.code)?;
        self.quota.evolve_position(&established(position, from));
        Ok(())
    }

    fn close(&mut self, position: u128, on: Date) {
        let position = Uuid::from_u128(position);
        let (municipality, programme) = (number("5401"), Some(PROGRAMME));
        let fact =
            position::domain::Closed { position, municipality, on, reason: comment(), programme };
        self.quota.evolve_position(&fact.into());
    }

    fn move_to(&mut self, position: u128, from: Date) -> Result<(), &'static str> {
        let id = Uuid::from_u128(position);
        self.quota.admit(from, Some(id)).map_err(|rejection| rejection.problem.code)?;
        self.quota.evolve_position(&corrected(position, from));
        Ok(())
    }
}

fn established(position: u128, from: Date) -> position::Event {
    position::domain::Established {
        position: Uuid::from_u128(position),
        municipality: number("5401"),
        category: occupancy::domain::Category::RegularGp,
        percent: Percent::FULL,
        intended_operating_model: occupancy::OperatingModel::Salaried,
        from,
        programme: Some(PROGRAMME),
        open_practice_model: None,
        terms: Default::default(),
        salary_offer_made: None,
        external_ids: vec![],
    }
    .into()
}

fn corrected(position: u128, from: Date) -> position::Event {
    position::domain::Corrected {
        position: Uuid::from_u128(position),
        municipality: number("5401"),
        corrects: 1,
        category: occupancy::domain::Category::RegularGp,
        percent: Percent::FULL,
        intended_operating_model: occupancy::OperatingModel::Salaried,
        from,
        open_practice_model: None,
        salary_offer_made: None,
        reason: comment(),
        programme: Some(PROGRAMME),
    }
    .into()
}

#[test]
fn the_rate_of_a_day_is_the_one_told_for_it() {
    let mut story = Story::new();
    let rate = |story: &Story, day| {
        let view = ProgrammeView::on(story.programme(), day)?;
        view.subsidy_nok_per_position_year.map(|rate| rate.0)
    };
    let facts = story.programme().set_subsidy(YearlyNok(225_000), period(date(2021, 1, 1), None));
    assert_eq!(story.take(facts), Ok(1));
    assert_eq!(rate(&story, date(2018, 12, 31)), None);
    assert_eq!(rate(&story, date(2020, 12, 31)), Some(200_000));
    assert_eq!(rate(&story, date(2023, 12, 31)), Some(225_000));
    assert_eq!(rate(&story, date(2024, 1, 1)), None);
    let again = story.programme().set_subsidy(YearlyNok(225_000), period(date(2021, 1, 1), None));
    assert_eq!(again, Ok(vec![]));
}

#[test]
fn phases_and_participations_lie_within_the_programme() {
    let mut story = Story::new();
    let early = story.programme().set_phase(name("Fase 0"), period(date(2018, 12, 31), None));
    assert_eq!(story.take(early), Err("outside_programme"));
    let late = story.programme().set_phase(name("Fase 9"), period(date(2024, 1, 1), None));
    assert_eq!(story.take(late), Err("outside_programme"));
    let one = story.programme().set_phase(name("Fase 1"), period(date(2019, 1, 1), None));
    assert_eq!(story.take(one), Ok(1));
    let two = story.programme().set_phase(name("Fase 2"), period(date(2021, 1, 1), None));
    assert_eq!(story.take(two), Ok(1));
    assert_eq!(on(story.programme().phases(), date(2020, 12, 31)), Some(&name("Fase 1")));
    assert_eq!(on(story.programme().phases(), date(2021, 1, 1)), Some(&name("Fase 2")));
    assert_eq!(story.join(date(2020, 1, 1), Some(date(2024, 1, 1)), 1), Err("outside_programme"));
}

#[test]
fn a_participation_is_told_again_and_does_not_meet_another() {
    let mut story = Story::new();
    assert_eq!(story.join(date(2019, 1, 1), None, 3), Err("programme_quota_above_maximum"));
    assert_eq!(story.join(date(2019, 1, 1), None, 1), Ok(1));
    assert_eq!(story.join(date(2019, 1, 1), None, 1), Ok(0));
    assert_eq!(story.join(date(2019, 1, 1), None, 2), Ok(1));
    assert_eq!(story.join(date(2020, 1, 1), None, 2), Err("programme_participation_overlaps"));
    assert_eq!(story.leave(date(2020, 12, 31)), Ok(1));
    assert_eq!(story.leave(date(2020, 12, 31)), Ok(0));
    assert_eq!(story.leave(date(2021, 6, 1)), Err("municipality_not_in_programme"));
    assert_eq!(story.join(date(2022, 1, 1), None, 1), Ok(1));
    assert!(story.programme().participants_on(date(2021, 6, 1)).is_empty());
    assert_eq!(story.programme().participants_on(date(2022, 1, 1)), [&number("5401")]);
}

#[test]
fn a_position_needs_a_participation_and_a_free_place_on_its_first_day() {
    let mut story = Story::new();
    let day = date(2020, 1, 1);
    assert_eq!(story.establish(1, day), Err("municipality_not_in_programme"));
    story.join(date(2020, 1, 1), None, 2).expect("allowed");
    assert_eq!(story.establish(1, date(2019, 12, 31)), Err("municipality_not_in_programme"));
    assert_eq!(story.establish(1, day), Ok(()));
    assert_eq!(story.establish(2, date(2021, 1, 1)), Ok(()));
    // The second begins later; the new one would meet it.
    assert_eq!(story.establish(3, day), Err("programme_quota_reached"));
    story.close(1, date(2020, 7, 1));
    assert_eq!(story.establish(3, date(2020, 6, 30)), Err("programme_quota_reached"));
    assert_eq!(story.establish(3, date(2020, 7, 1)), Ok(()));
}

#[test]
fn a_corrected_first_day_keeps_the_quota() {
    let mut story = Story::new();
    story.join(date(2019, 1, 1), None, 1).expect("allowed");
    assert_eq!(story.establish(1, date(2019, 6, 1)), Ok(()));
    story.close(1, date(2020, 1, 1));
    assert_eq!(story.establish(2, date(2021, 1, 1)), Ok(()));
    assert_eq!(story.move_to(2, date(2019, 12, 31)), Err("programme_quota_reached"));
    assert_eq!(story.move_to(2, date(2020, 1, 1)), Ok(()));
    assert_eq!(story.move_to(2, date(2018, 12, 31)), Err("municipality_not_in_programme"));
}

#[test]
fn a_participation_that_positions_rest_on_is_not_taken_away() {
    let mut story = Story::new();
    story.join(date(2019, 1, 1), None, 2).expect("allowed");
    story.establish(1, date(2019, 6, 1)).expect("room");
    story.establish(2, date(2021, 6, 1)).expect("room");
    assert_eq!(story.join(date(2019, 1, 1), None, 1), Err("programme_participation_in_use"));
    assert_eq!(story.leave(date(2021, 5, 31)), Err("programme_participation_in_use"));
    assert_eq!(story.leave(date(2021, 6, 1)), Ok(1));
    assert_eq!(story.join(date(2022, 1, 1), None, 1), Err("programme_participation_in_use"));
    story.close(1, date(2022, 1, 1));
    assert_eq!(story.join(date(2022, 1, 1), None, 1), Ok(1));
}

#[test]
fn a_municipality_applies_once_at_a_time_and_the_decision_stands() {
    let mut story = Story::new();
    let own = number("5401");
    let nobody = story.programme().decide(&own, Outcome::Accepted, date(2019, 2, 1));
    assert_eq!(story.take(nobody), Err("not_found"));
    let facts = story.programme().apply(own.clone(), date(2019, 1, 10));
    assert_eq!(story.take(facts), Ok(1));
    assert_eq!(story.programme().apply(own.clone(), date(2019, 1, 10)), Ok(vec![]));
    let pending = story.programme().apply(own.clone(), date(2019, 1, 11));
    assert_eq!(story.take(pending), Err("programme_application_pending"));
    let early = story.programme().decide(&own, Outcome::Declined, date(2019, 1, 9));
    assert_eq!(story.take(early), Err("invalid_request"));
    let facts = story.programme().decide(&own, Outcome::Declined, date(2019, 2, 1));
    assert_eq!(story.take(facts), Ok(1));
    assert_eq!(story.programme().decide(&own, Outcome::Declined, date(2019, 2, 1)), Ok(vec![]));
    let other = story.programme().decide(&own, Outcome::Accepted, date(2019, 2, 1));
    assert_eq!(story.take(other), Err("programme_application_decided"));
    let facts = story.programme().apply(own.clone(), date(2020, 1, 10));
    assert_eq!(story.take(facts), Ok(1));
    let facts = story.programme().decide(&own, Outcome::Accepted, date(2020, 2, 1));
    assert_eq!(story.take(facts), Ok(1));
    assert!(story.programme().participations.is_empty());
    assert_eq!(story.programme().applications.len(), 2);
}

proptest! {
    #[test]
    fn the_quota_is_never_exceeded(
        quota in 1_u16..=2,
        steps in prop::collection::vec((0_u8..6, 0_u128..6, 0_i32..1_500), 1..60),
    ) {
        let day = |days: i32| date(2019, 1, 1).saturating_add(jiff::Span::new().days(days));
        let mut story = Story::new();
        story.join(date(2019, 1, 1), None, quota).expect("allowed");
        // A plain model of the same: first day and day of closing of each position.
        let mut there: BTreeMap<u128, (Date, Option<Date>)> = BTreeMap::new();
        for (kind, id, days) in steps {
            let on = day(days);
            match (kind, there.get(&id).copied()) {
                (0..=2, None) if story.establish(id, on).is_ok() => {
                    there.insert(id, (on, None));
                }
                (3, Some((from, None))) if on >= from => {
                    story.close(id, on);
                    there.insert(id, (from, Some(on)));
                }
                (4, Some((_, closed)))
                    if closed.is_none_or(|closed| on <= closed)
                        && story.move_to(id, on).is_ok() =>
                {
                    there.insert(id, (on, closed));
                }
                (5, _) => {
                    // Neither lowering nor leaving takes a place from a position that has it.
                    let lowered = story.join(date(2019, 1, 1), None, 1);
                    let again = story.join(date(2019, 1, 1), None, quota);
                    prop_assert!(again.is_ok(), "{lowered:?} {again:?}");
                }
                _ => {}
            }
            for days in (0..1_500).step_by(5) {
                let on = day(days);
                let alive = there.values().filter(|(from, closed)| {
                    *from <= on && closed.is_none_or(|closed| on < closed)
                });
                prop_assert!(alive.count() <= usize::from(quota), "on {on}");
            }
        }
    }
}

impl Story {
    fn correct(
        &mut self,
        was: Date,
        facts: Option<(Date, Option<Date>, u16)>,
    ) -> Result<usize, &'static str> {
        let facts = facts.map(|(from, to, quota)| ParticipationFacts {
            period: period(from, to),
            quota: PositionCount(quota),
        });
        let recorded = self.quota.correct(self.programme(), number("5401"), was, facts, comment());
        self.take(recorded)
    }
}

#[test]
fn a_participation_is_not_corrected_away_under_positions_that_have_places_in_it() {
    let (start, mid) = (date(2020, 1, 1), date(2021, 6, 1));
    let mut story = Story::new();
    assert_eq!(story.join(start, None, 2), Ok(1));
    assert_eq!(story.establish(1, mid), Ok(()));
    assert_eq!(story.correct(start, None), Err("programme_participation_in_use"));
    // Nor changed so that a position loses its first day, or its place.
    let later = Some((date(2021, 7, 1), None, 2));
    assert_eq!(story.correct(start, later), Err("programme_participation_in_use"));
    let over = Some((start, Some(date(2021, 5, 31)), 2));
    assert_eq!(story.correct(start, over), Err("programme_participation_in_use"));
    assert_eq!(story.correct(start, Some((mid, None, 1))), Ok(1));
    assert_eq!(story.establish(2, date(2022, 1, 1)), Err("programme_quota_reached"));
    assert_eq!(story.correct(mid, Some((mid, None, 2))), Ok(1));
    assert_eq!(story.establish(2, date(2022, 1, 1)), Ok(()));
    assert_eq!(
        story.correct(mid, Some((mid, None, 1))),
        Err("programme_participation_in_use"),
        "there are two"
    );
    // Closed from the first day on, nothing has a place any more.
    story.close(1, mid);
    story.close(2, mid);
    assert_eq!(story.correct(mid, None), Ok(1));
    assert_eq!(story.establish(3, mid), Err("municipality_not_in_programme"));
    assert_eq!(story.correct(mid, None), Err("invalid_request"), "there is none any more");
}

#[test]
fn a_position_that_came_by_an_earlier_participation_holds_up_a_later_one_too() {
    let (first, second) = (date(2019, 1, 1), date(2021, 1, 1));
    let mut story = Story::new();
    assert_eq!(story.join(first, Some(date(2020, 12, 31)), 1), Ok(1));
    assert_eq!(story.join(second, None, 1), Ok(1));
    assert_eq!(story.establish(1, date(2020, 6, 1)), Ok(()));
    assert_eq!(story.correct(second, None), Err("programme_participation_in_use"));
    story.close(1, date(2020, 12, 1));
    assert_eq!(story.correct(second, None), Ok(1));
    let kept = story.quota.recorded(first).map(|held| held.period.to);
    assert_eq!(kept, Ok(Some(date(2020, 12, 31))));
}

#[test]
fn a_corrected_participation_keeps_to_the_programme_its_maximum_and_its_own_days() {
    let (first, second) = (date(2019, 1, 1), date(2021, 1, 1));
    let mut story = Story::new();
    assert_eq!(story.join(first, Some(date(2020, 12, 31)), 1), Ok(1));
    assert_eq!(story.join(second, None, 1), Ok(1));
    let same = Some((second, None, 1));
    assert_eq!(story.correct(second, same), Ok(0));
    assert_eq!(
        story.correct(second, Some((second, None, 3))),
        Err("programme_quota_above_maximum")
    );
    let early = Some((date(2018, 1, 1), None, 1));
    assert_eq!(story.correct(first, early), Err("outside_programme"));
    let meeting = Some((date(2020, 12, 1), None, 1));
    assert_eq!(story.correct(second, meeting), Err("programme_participation_overlaps"));
    assert_eq!(story.correct(first, Some((first, Some(date(2020, 6, 30)), 1))), Ok(1));
    assert_eq!(story.correct(second, meeting), Ok(1));
    assert!(story.quota.admit(date(2020, 12, 1), None).is_ok());
}
