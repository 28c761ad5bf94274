//! No sequence of commands, however odd, breaks what must always hold of positions and doctors.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Happened, KARI, OLA, comment, established};
use crate::aggregate::Evolve as _;
use crate::occupancy::domain::{LeaveReason, OccupancyFacts, OperatingModel, Terms};
use crate::occupancy::{self, Occupancies};
use crate::position::domain::Event;
use crate::position::holding::{Fill, NewTerms};
use crate::position::state::Position;
use crate::problem::Rejection;
use crate::time::{Percent, Period};

#[derive(Debug, Clone)]
enum Ask {
    Fill { kari: bool, from: i32, days: Option<i32>, share: u32 },
    End { which: usize, on: i32 },
    Terms { which: usize, on: i32, share: u32 },
    Correct { which: usize, from: i32, days: Option<i32>, share: u32 },
    Suspend { on: i32 },
    Resume { on: i32 },
    Announce { on: i32 },
    Close { on: i32 },
}

fn asks() -> impl Strategy<Value = Ask> {
    let day = 0..400_i32;
    let days = proptest::option::of(0..200_i32);
    let share = 1..=100_u32;
    prop_oneof![
        6 => (any::<bool>(), day.clone(), days.clone(), share.clone())
            .prop_map(|(kari, from, days, share)| Ask::Fill { kari, from, days, share }),
        3 => (0..8_usize, day.clone()).prop_map(|(which, on)| Ask::End { which, on }),
        3 => (0..8_usize, day.clone(), share.clone())
            .prop_map(|(which, on, share)| Ask::Terms { which, on, share }),
        3 => (0..8_usize, day.clone(), days, share)
            .prop_map(|(which, from, days, share)| Ask::Correct { which, from, days, share }),
        1 => day.clone().prop_map(|on| Ask::Suspend { on }),
        1 => day.clone().prop_map(|on| Ask::Resume { on }),
        1 => day.clone().prop_map(|on| Ask::Announce { on }),
        1 => day.prop_map(|on| Ask::Close { on }),
    ]
}

fn day(number: i32) -> Date {
    date(2019, 1, 1).saturating_add(jiff::Span::new().days(number))
}

/// Two positions and the two doctors who may hold either.
struct World {
    positions: [Option<Position>; 2],
    /// What each doctor holds anywhere.
    held: [Occupancies; 2],
}

impl World {
    fn new() -> Self {
        let mut positions = [None, None];
        for (number, position) in (1..).zip(positions.iter_mut()) {
            let Event::Established(mut fact) = established("100") else { unreachable!() };
            fact.position = Uuid::from_u128(number);
            position.evolve(&fact.into());
        }
        Self { positions, held: [Occupancies::default(), Occupancies::default()] }
    }

    fn held_by(&self, kari: Uuid) -> &Occupancies {
        &self.held[usize::from(kari != KARI)]
    }

    /// What follows when something is asked of a position; nothing when it is about an occupancy
    /// that there is not.
    fn facts(&self, position: usize, ask: &Ask, new: Uuid) -> Vec<Happened> {
        let position = self.positions[position].as_ref().expect("established");
        let some = |which: usize| position.occupancies.iter().nth(which);
        let facts = match ask.clone() {
            Ask::Fill { kari, from, days, share } => {
                let trainee = if kari { KARI } else { OLA };
                let fill = Fill {
                    occupancy: new,
                    trainee,
                    period: until(from, days),
                    percent: hundredths(share),
                    operating_model: OperatingModel::Salaried,
                    terms: Terms::default(),
                    lis1_exception: None,
                    external_ids: vec![],
                };
                position.fill(fill, self.held_by(trainee))
            }
            Ask::End { which, on } => match some(which) {
                Some(o) => position.end(o.id, day(on), LeaveReason::Other, self.held_by(o.trainee)),
                None => return vec![],
            },
            Ask::Terms { which, on, share } => match some(which) {
                Some(o) => {
                    let new = NewTerms { percent: Some(hundredths(share)), ..NewTerms::default() };
                    position.change_terms(o.id, day(on), &new, self.held_by(o.trainee))
                }
                None => return vec![],
            },
            Ask::Correct { which, from, days, share } => match some(which) {
                Some(o) => {
                    let facts = OccupancyFacts {
                        period: until(from, days),
                        percent: hundredths(share),
                        operating_model: OperatingModel::SelfEmployed,
                        end_reason: None,
                        lis1_exception: None,
                    };
                    let held = self.held_by(o.trainee);
                    position.correct_occupancy(o.id, Some(facts), comment(), held)
                }
                None => return vec![],
            },
            Ask::Suspend { on } => return all(position.suspend(day(on), comment())),
            Ask::Resume { on } => return all(position.resume(day(on))),
            Ask::Announce { on } => return all(position.announce(day(on), None)),
            Ask::Close { on } => return all(position.close(day(on), comment())),
        };
        all(facts)
    }

    /// Asks of the two positions in turn. Refusals change nothing.
    fn play(&mut self, asks: &[Ask]) {
        for (step, ask) in asks.iter().enumerate() {
            let position = step % 2;
            for fact in self.facts(position, ask, Uuid::from_u128(1000 + step as u128)) {
                let held = &mut self.held[usize::from(trainee_of(&fact) != KARI)];
                fact.to(&mut self.positions[position], held);
            }
        }
    }
}

fn hundredths(share: u32) -> Percent {
    Percent::from_hundredths(share * 100).expect("in range")
}

fn until(from: i32, days: Option<i32>) -> Period {
    Period::try_new(day(from), days.map(|days| day(from + days))).expect("in order")
}

/// The facts that follow; none when it is refused.
fn all<E: Into<Happened>>(facts: Result<Vec<E>, Rejection>) -> Vec<Happened> {
    facts.unwrap_or_default().into_iter().map(Into::into).collect()
}

/// Whose occupancies a fact may change.
fn trainee_of(fact: &Happened) -> Uuid {
    match fact {
        Happened::Position(_) => KARI,
        Happened::Occupancy(occupancy::Event::Filled(f)) => f.trainee,
        Happened::Occupancy(occupancy::Event::TermsChanged(f)) => f.trainee,
        Happened::Occupancy(occupancy::Event::OperatingModelChanged(f)) => f.trainee,
        Happened::Occupancy(occupancy::Event::OccupancyEnded(f)) => f.trainee,
        Happened::Occupancy(occupancy::Event::OccupancyCorrected(f)) => f.trainee,
    }
}

proptest! {
    #[test]
    fn no_sequence_of_commands_breaks_an_invariant(
        asks in proptest::collection::vec(asks(), 1..40)
    ) {
        let mut world = World::new();
        world.play(&asks);
        let World { positions, held } = world;
        for number in 0..700 {
            let today = day(number);
            for kari in &held {
                let sum: u32 =
                    kari.all_on(today).map(|o| o.percent_on(today).hundredths()).sum();
                prop_assert!(sum <= 10_000, "{sum} on {today}");
            }
            for position in &positions {
                let position = position.as_ref().expect("established");
                let holders = position.occupancies.all_on(today).count();
                prop_assert!(holders <= 1, "{holders} holders on {today}");
                let status = position.status_on(today).map(|s| s.as_str());
                prop_assert_eq!(holders == 1, status == Some("filled"), "{}", today);
            }
        }
    }
}
