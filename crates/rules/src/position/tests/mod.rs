//! The rules of positions: given what happened, when something is asked, then this follows.

mod late;
mod sequences;

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::domain::{Established, Event};
use super::holding::{Fill, NewTerms};
use super::state::Position;
use crate::aggregate::Evolve as _;
use crate::edge::FromText;
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::occupancy::domain::{Category, LeaveReason, OccupancyFacts, OperatingModel, Terms};
use crate::occupancy::{self, Occupancies};
use crate::problem::Rejection;
use crate::time::{Percent, Period};

const POSITION: Uuid = Uuid::from_u128(1);
const KARI: Uuid = Uuid::from_u128(2);
const OLA: Uuid = Uuid::from_u128(3);

fn percent(text: &str) -> Percent {
    Percent::parse(text).expect("a share")
}

fn comment() -> Comment {
    Comment::from_text("because").expect("a comment")
}

fn established(share: &str) -> Event {
    Established {
        position: POSITION,
        municipality: MunicipalityNumber::from_text("5401").expect("a number"),
        category: Category::RegularGp,
        percent: percent(share),
        intended_operating_model: OperatingModel::SelfEmployed,
        from: date(2019, 1, 1),
        programme: None,
        open_practice_model: None,
        terms: Terms::default(),
        salary_offer_made: None,
        external_ids: vec![],
    }
    .into()
}

/// A fact of a position itself, or of an occupancy of it.
#[derive(Debug, Clone)]
enum Happened {
    Position(Event),
    Occupancy(occupancy::Event),
}

impl From<Event> for Happened {
    fn from(event: Event) -> Self {
        Happened::Position(event)
    }
}

impl From<occupancy::Event> for Happened {
    fn from(event: occupancy::Event) -> Self {
        Happened::Occupancy(event)
    }
}

impl Happened {
    fn to(&self, position: &mut Option<Position>, held: &mut Occupancies) {
        match self {
            Happened::Position(event) => position.evolve(event),
            Happened::Occupancy(event) => {
                held.evolve(event, 0);
                if let Some(position) = position {
                    position.occupancies.evolve(event, i64::MAX);
                }
            }
        }
    }
}

/// A position and what happens to it, one step after another.
struct Story {
    position: Option<Position>,
    /// What each doctor holds, here and elsewhere.
    held: Occupancies,
    facts: Vec<Happened>,
    next: u128,
}

impl Story {
    fn new(share: &str) -> Self {
        let mut position = None;
        position.evolve(&established(share));
        Self { position, held: Occupancies::default(), facts: vec![], next: 100 }
    }

    fn position(&self) -> &Position {
        self.position.as_ref().expect("established")
    }

    fn take<E: Into<Happened>>(
        &mut self,
        facts: Result<Vec<E>, Rejection>,
    ) -> Result<usize, &'static str> {
        let facts = facts.map_err(|rejection| rejection.problem.code)?;
        let count = facts.len();
        for fact in facts.into_iter().map(Into::into) {
            fact.to(&mut self.position, &mut self.held);
            self.facts.push(fact);
        }
        Ok(count)
    }

    fn fill(
        &mut self,
        trainee: Uuid,
        from: Date,
        to: Option<Date>,
        share: &str,
    ) -> Result<Uuid, &'static str> {
        self.next += 1;
        let occupancy = Uuid::from_u128(self.next);
        let fill = Fill {
            occupancy,
            trainee,
            period: Period::try_new(from, to).expect("in order"),
            percent: percent(share),
            operating_model: OperatingModel::Salaried,
            terms: Terms::default(),
            lis1_exception: None,
            external_ids: vec![],
        };
        let none = Occupancies::default();
        let facts = self.position().fill(fill, &none);
        self.take(facts).map(|_| occupancy)
    }

    fn status(&self, day: Date) -> Option<&'static str> {
        self.position().status_on(day).map(|status| status.as_str())
    }
}

#[test]
fn a_position_is_planned_until_it_is_announced_filled_and_left() {
    let mut story = Story::new("100");
    assert_eq!(story.status(date(2018, 12, 31)), None);
    assert_eq!(story.status(date(2019, 1, 1)), Some("planned"));
    let facts = story.position().announce(date(2019, 2, 1), None);
    assert_eq!(story.take(facts), Ok(1));
    let held = story.fill(KARI, date(2019, 5, 1), None, "100").expect("it is free");
    let facts = story.position().end(held, date(2020, 4, 30), LeaveReason::Other, &story.held);
    assert_eq!(story.take(facts), Ok(1));
    let statuses = [(1, "planned"), (2, "announced"), (5, "filled")];
    for (month, status) in statuses {
        assert_eq!(story.status(date(2019, month, 15)), Some(status), "month {month}");
    }
    assert_eq!(story.status(date(2020, 4, 30)), Some("filled"));
    assert_eq!(story.status(date(2020, 5, 1)), Some("vacant"));
    assert_eq!(story.position().vacant_since(date(2020, 6, 1)), Some(date(2020, 5, 1)));
}

#[test]
fn an_announcement_ends_with_the_occupancy_it_led_to() {
    let mut story = Story::new("100");
    let facts = story.position().announce(date(2019, 2, 1), Some(date(2019, 3, 1)));
    story.take(facts).expect("planned");
    story.fill(KARI, date(2019, 5, 1), Some(date(2019, 6, 30)), "100").expect("free");
    assert_eq!(story.status(date(2019, 7, 1)), Some("vacant"));
    let facts = story.position().announce(date(2019, 7, 1), None);
    assert_eq!(story.take(facts), Ok(1));
    let facts = story.position().withdraw(date(2019, 8, 1));
    assert_eq!(story.take(facts), Ok(1));
    assert_eq!(story.status(date(2019, 7, 15)), Some("announced"));
    assert_eq!(story.status(date(2019, 8, 1)), Some("vacant"));
}

#[test]
fn one_doctor_holds_a_position_on_a_day() {
    let mut story = Story::new("100");
    story.fill(KARI, date(2019, 1, 1), Some(date(2019, 6, 30)), "100").expect("free");
    let refused = story.fill(OLA, date(2019, 6, 30), None, "50");
    assert_eq!(refused, Err("position_occupied"));
    // Ended yesterday, somebody new today.
    assert!(story.fill(OLA, date(2019, 7, 1), None, "50").is_ok());
}

#[test]
fn the_same_occupancy_told_twice_is_no_new_fact() {
    let mut story = Story::new("100");
    let first = story.fill(KARI, date(2019, 1, 1), None, "100").expect("free");
    story.fill(KARI, date(2019, 1, 1), None, "100").expect("already so");
    let all: Vec<Uuid> = story.position().occupancies.iter().map(|held| held.id).collect();
    assert_eq!(all, [first]);
}

#[test]
fn a_doctor_never_works_more_than_a_full_position() {
    let elsewhere = |share: &str, from, to| {
        let mut other = Story::new("100");
        other.fill(KARI, from, to, share).expect("free");
        other.held
    };
    let fill = |share: &str, held: &Occupancies| {
        let fill = Fill {
            occupancy: Uuid::from_u128(9),
            trainee: KARI,
            period: Period::since(date(2020, 1, 1)),
            percent: percent(share),
            operating_model: OperatingModel::Salaried,
            terms: Terms::default(),
            lis1_exception: None,
            external_ids: vec![],
        };
        Story::new("100").position().fill(fill, held).map_err(|rejection| rejection.problem.code)
    };
    let sixty = elsewhere("60", date(2019, 1, 1), None);
    assert!(fill("40", &sixty).is_ok());
    assert_eq!(fill("40.01", &sixty), Err("trainee_over_full_time"));
    let ended_yesterday = elsewhere("100", date(2019, 1, 1), Some(date(2019, 12, 31)));
    assert!(fill("100", &ended_yesterday).is_ok());
    let begins_later = elsewhere("10", date(2025, 1, 1), None);
    assert_eq!(fill("100", &begins_later), Err("trainee_over_full_time"));
}

#[test]
fn a_share_is_at_most_the_positions() {
    let mut story = Story::new("50");
    assert_eq!(story.fill(KARI, date(2019, 1, 1), None, "60"), Err("percent_above_position"));
    let held = story.fill(KARI, date(2019, 1, 1), None, "40").expect("free");
    let raise = NewTerms { percent: Some(percent("51")), ..NewTerms::default() };
    let facts = story.position().change_terms(held, date(2019, 2, 1), &raise, &story.held);
    assert_eq!(story.take(facts), Err("percent_above_position"));
}

#[test]
fn a_new_operating_model_does_not_break_the_tenure() {
    let mut story = Story::new("100");
    let held = story.fill(KARI, date(2019, 1, 1), None, "100").expect("free");
    let facts = story.position().change_model(held, date(2020, 1, 1), OperatingModel::SelfEmployed);
    assert_eq!(story.take(facts), Ok(1));
    let occupancy = story.position().occupancy(held).expect("held");
    assert_eq!(occupancy.period, Period::since(date(2019, 1, 1)));
    assert_eq!(occupancy.model_on(date(2019, 12, 31)), OperatingModel::Salaried);
    assert_eq!(occupancy.model_on(date(2020, 1, 1)), OperatingModel::SelfEmployed);
    let facts = story.position().change_model(held, date(2018, 1, 1), OperatingModel::Salaried);
    assert_eq!(story.take(facts), Err("outside_occupancy"));
}

#[test]
fn an_occupancy_ends_once_and_not_before_it_began() {
    let mut story = Story::new("100");
    let held = story.fill(KARI, date(2019, 3, 1), None, "100").expect("free");
    let end = |story: &Story, day| story.position().end(held, day, LeaveReason::Other, &story.held);
    assert_eq!(
        end(&story, date(2019, 2, 28)).map_err(|r| r.problem.code),
        Err("outside_occupancy")
    );
    let facts = end(&story, date(2019, 12, 31));
    assert_eq!(story.take(facts), Ok(1));
    let facts = end(&story, date(2019, 12, 31));
    assert_eq!(story.take(facts), Ok(0));
    let facts = end(&story, date(2019, 11, 30));
    assert_eq!(story.take(facts), Err("occupancy_ended"));
}

#[test]
fn a_position_that_is_held_can_neither_rest_nor_close() {
    let mut story = Story::new("100");
    story.fill(KARI, date(2020, 1, 1), None, "100").expect("free");
    let facts = story.position().suspend(date(2020, 2, 1), comment());
    assert_eq!(story.take(facts), Err("position_status"));
    let facts = story.position().suspend(date(2019, 6, 1), comment());
    assert_eq!(story.take(facts), Err("position_occupied"));
    let facts = story.position().close(date(2020, 2, 1), comment());
    assert_eq!(story.take(facts), Err("position_status"));
    let facts = story.position().close(date(2019, 2, 1), comment());
    assert_eq!(story.take(facts), Err("position_occupied"));
}

#[test]
fn a_resting_position_is_again_what_it_was_when_it_is_resumed() {
    let mut story = Story::new("100");
    let facts = story.position().announce(date(2019, 2, 1), None);
    story.take(facts).expect("planned");
    let facts = story.position().suspend(date(2019, 3, 1), comment());
    story.take(facts).expect("announced");
    assert_eq!(story.status(date(2019, 3, 1)), Some("suspended"));
    assert_eq!(story.fill(KARI, date(2019, 4, 1), None, "100"), Err("position_status"));
    let facts = story.position().resume(date(2019, 5, 1));
    assert_eq!(story.take(facts), Ok(1));
    assert_eq!(story.status(date(2019, 5, 1)), Some("announced"));
    let during = story.fill(KARI, date(2019, 4, 30), Some(date(2019, 6, 1)), "100");
    assert_eq!(during, Err("position_status"));
    assert!(story.fill(KARI, date(2019, 5, 1), None, "100").is_ok());
}

#[test]
fn nothing_follows_on_a_closed_position() {
    let mut story = Story::new("100");
    let facts = story.position().close(date(2020, 1, 1), comment());
    assert_eq!(story.take(facts), Ok(1));
    assert_eq!(story.status(date(2020, 1, 1)), Some("closed"));
    assert_eq!(story.fill(KARI, date(2019, 12, 1), None, "100"), Err("position_status"));
    assert!(story.fill(KARI, date(2019, 11, 1), Some(date(2019, 12, 31)), "100").is_ok());
    let facts = story.position().announce(date(2020, 2, 1), None);
    assert_eq!(story.take(facts), Err("position_status"));
    let facts = story.position().close(date(2020, 1, 1), comment());
    assert_eq!(story.take(facts), Ok(0));
}

#[test]
fn a_correction_tells_how_it_was_and_keeps_every_rule() {
    let mut story = Story::new("100");
    let first = story.fill(KARI, date(2019, 1, 1), Some(date(2019, 6, 30)), "100").expect("free");
    story.fill(OLA, date(2019, 9, 1), None, "100").expect("free");
    let facts = |from, to| {
        Some(OccupancyFacts {
            period: Period::try_new(from, to).expect("in order"),
            percent: percent("80"),
            operating_model: OperatingModel::Salaried,
            end_reason: None,
            lis1_exception: None,
        })
    };
    let too_long = facts(date(2019, 1, 1), Some(date(2019, 9, 1)));
    let refused = story.position().correct_occupancy(first, too_long, comment(), &story.held);
    assert_eq!(story.take(refused), Err("position_occupied"));
    let right = facts(date(2019, 2, 1), Some(date(2019, 8, 31)));
    let taken = story.position().correct_occupancy(first, right, comment(), &story.held);
    assert_eq!(story.take(taken), Ok(1));
    assert_eq!(story.status(date(2019, 1, 15)), Some("planned"));
    assert_eq!(story.status(date(2019, 8, 31)), Some("filled"));
    let never = story.position().correct_occupancy(first, None, comment(), &story.held);
    assert_eq!(story.take(never), Ok(1));
    assert_eq!(story.status(date(2019, 8, 31)), Some("planned"));
}
