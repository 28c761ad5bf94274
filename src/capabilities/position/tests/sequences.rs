//! No sequence of commands, however odd, breaks what must always hold of positions and doctors.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::{KARI, OLA, comment, established};
use crate::capabilities::position::domain::{
    Event, LeaveReason, OccupancyFacts, OperatingModel, Terms,
};
use crate::capabilities::position::occupancy::{Fill, Occupancies};
use crate::capabilities::position::state::Position;
use crate::time::{Percent, Period};

#[derive(Debug, Clone)]
enum Ask {
    Fill { doctor: bool, from: i32, days: Option<i32>, share: u32 },
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
            .prop_map(|(doctor, from, days, share)| Ask::Fill { doctor, from, days, share }),
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

/// Asks of two positions in turn; both doctors may hold either. Refusals change nothing.
fn play(asks: &[Ask]) -> ([Position; 2], [Occupancies; 2]) {
    let mut positions = [Position::default(), Position::default()];
    let mut held = [Occupancies::default(), Occupancies::default()];
    for (number, position) in (1..).zip(positions.iter_mut()) {
        let Event::Established(mut fact) = established("100") else { unreachable!() };
        fact.position = Uuid::from_u128(number);
        position.evolve(&fact.into());
    }
    for (step, ask) in asks.iter().enumerate() {
        let target = step % 2;
        let known = positions[target].known().expect("established");
        let some = |which: usize| known.occupancies.iter().nth(which).cloned();
        let hundredths = |share: u32| Percent::from_hundredths(share * 100).expect("in range");
        let until = |from: i32, days: Option<i32>| {
            let to = days.map(|days| day(from + days));
            Period::try_new(day(from), to).expect("in order")
        };
        let of = |doctor: Uuid| if doctor == KARI { 0 } else { 1 };
        let facts = match ask.clone() {
            Ask::Fill { doctor, from, days, share } => {
                let trainee = if doctor { KARI } else { OLA };
                let fill = Fill {
                    occupancy: Uuid::from_u128(1000 + step as u128),
                    trainee,
                    period: until(from, days),
                    percent: hundredths(share),
                    operating_model: OperatingModel::Salaried,
                    terms: Terms::default(),
                };
                known.fill(fill, &held[of(trainee)])
            }
            Ask::End { which, on } => match some(which) {
                Some(o) => known.end(o.id, day(on), LeaveReason::Other, &held[of(o.trainee)]),
                None => continue,
            },
            Ask::Terms { which, on, share } => match some(which) {
                Some(o) => {
                    let share = Some(hundredths(share));
                    let held = &held[of(o.trainee)];
                    known.change_terms(o.id, day(on), share, Terms::default(), held)
                }
                None => continue,
            },
            Ask::Correct { which, from, days, share } => match some(which) {
                Some(o) => {
                    let facts = OccupancyFacts {
                        period: until(from, days),
                        percent: hundredths(share),
                        operating_model: OperatingModel::SelfEmployed,
                        end_reason: None,
                    };
                    let held = &held[of(o.trainee)];
                    known.correct_occupancy(o.id, Some(facts), comment(), held)
                }
                None => continue,
            },
            Ask::Suspend { on } => known.suspend(day(on), comment()),
            Ask::Resume { on } => known.resume(day(on)),
            Ask::Announce { on } => known.announce(day(on), None),
            Ask::Close { on } => known.close(day(on), comment()),
        };
        for fact in facts.unwrap_or_default() {
            positions[target].evolve(&fact);
            let trainee = known_trainee(&fact);
            if let Some(trainee) = trainee {
                held[of(trainee)].evolve(&fact, 0);
            }
        }
    }
    (positions, held)
}

fn known_trainee(fact: &Event) -> Option<Uuid> {
    match fact {
        Event::Filled(f) => Some(f.trainee),
        Event::TermsChanged(f) => Some(f.trainee),
        Event::OperatingModelChanged(f) => Some(f.trainee),
        Event::OccupancyEnded(f) => Some(f.trainee),
        Event::OccupancyCorrected(f) => Some(f.trainee),
        Event::Established(_)
        | Event::Announced(_)
        | Event::AnnouncementWithdrawn(_)
        | Event::Suspended(_)
        | Event::Resumed(_)
        | Event::Closed(_)
        | Event::Corrected(_) => None,
    }
}

proptest! {
    #[test]
    fn no_sequence_of_commands_breaks_an_invariant(
        asks in proptest::collection::vec(asks(), 1..40)
    ) {
        let (positions, held) = play(&asks);
        for number in 0..700 {
            let today = day(number);
            for doctor in &held {
                let sum: u32 =
                    doctor.all_on(today).map(|o| o.percent_on(today).hundredths()).sum();
                prop_assert!(sum <= 10_000, "{sum} on {today}");
            }
            for position in &positions {
                let known = position.known().expect("established");
                let holders = known.occupancies.all_on(today).count();
                prop_assert!(holders <= 1, "{holders} holders on {today}");
                let situation = known.situation_on(today).map(|s| s.as_str());
                prop_assert_eq!(holders == 1, situation == Some("filled"), "{}", today);
            }
        }
    }
}
