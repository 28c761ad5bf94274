//! No sequence of commands gives a trainee two supervisors of a kind on one day.

use jiff::Span;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

use super::{OTHER_SPECIALIST, SPECIALIST, World};
use crate::edge::FromText;
use crate::identifiers::Comment;
use crate::problem::Rejection;
use crate::supervision::assignment::{Assignment, Assignments, OwnStatus, Parties};
use crate::supervision::domain::{AssignmentFacts, AssignmentKind, Event, SupervisionEndReason};
use crate::time::Period;

/// Something that may be asked of the `n`th assignment so far, on days counted from 2025-01-01.
#[derive(Debug, Clone)]
enum Asked {
    Propose { by: usize, from: i32, days: Option<i32>, host: bool },
    Accept { n: usize },
    Decline { n: usize },
    Pause { n: usize, on: i32 },
    Resume { n: usize, on: i32 },
    End { n: usize, on: i32 },
    Correct { n: usize, from: i32, days: Option<i32> },
    EnteredInError { n: usize },
}

type Rule = Box<dyn Fn(&Parties<'_>, Uuid) -> Result<Vec<Event>, Rejection>>;

const WINDOW_DAYS: i32 = 40;

fn day(number: i32) -> Date {
    date(2025, 1, 1).saturating_add(Span::new().days(number))
}

fn asked() -> impl Strategy<Value = Asked> {
    let on = || 0..WINDOW_DAYS;
    let length = || proptest::option::of(0..20);
    prop_oneof![
        4 => (0..2_usize, on(), length(), any::<bool>())
            .prop_map(|(by, from, days, host)| Asked::Propose { by, from, days, host }),
        4 => (0..8_usize).prop_map(|n| Asked::Accept { n }),
        1 => (0..8_usize).prop_map(|n| Asked::Decline { n }),
        2 => (0..8_usize, on()).prop_map(|(n, on)| Asked::Pause { n, on }),
        2 => (0..8_usize, on()).prop_map(|(n, on)| Asked::Resume { n, on }),
        1 => (0..8_usize, on()).prop_map(|(n, on)| Asked::End { n, on }),
        2 => (0..8_usize, on(), length())
            .prop_map(|(n, from, days)| Asked::Correct { n, from, days }),
        1 => (0..8_usize).prop_map(|n| Asked::EnteredInError { n }),
    ]
}

fn period(from: i32, days: Option<i32>) -> Period {
    Period { from: day(from), to: days.map(|days| day(from + days)) }
}

impl World {
    fn ask(&mut self, asked: &Asked) {
        let by = |supervision: &Assignments, n: usize| {
            supervision.iter().nth(n).map(|a| (a.supervisor, a.id))
        };
        let reason = SupervisionEndReason::Other;
        let why = Comment::from_text("mistyped").expect("a comment");
        let (n, rule): (usize, Rule) = match asked.clone() {
            Asked::Propose { by, from, days, host } => {
                let kind =
                    if host { AssignmentKind::TemporaryHost } else { AssignmentKind::Individual };
                let by = [SPECIALIST, OTHER_SPECIALIST][by];
                // Refusals are as good as facts here: what matters is what stands after them.
                let _refused = self.propose(by, period(from, days), kind);
                return;
            }
            Asked::Accept { n } => (n, Box::new(|all, id| all.accept(id, day(0)))),
            Asked::Decline { n } => (n, Box::new(|all, id| all.get(id)?.decline(day(0)))),
            Asked::Pause { n, on } => {
                (n, Box::new(move |all, id| all.get(id)?.pause(day(on), None)))
            }
            Asked::Resume { n, on } => (n, Box::new(move |all, id| all.resume(id, day(on)))),
            Asked::End { n, on } => (n, Box::new(move |all, id| all.end(id, day(on), reason))),
            Asked::Correct { n, from, days } => {
                let facts = AssignmentFacts { period: period(from, days), end_reason: None };
                (n, Box::new(move |all, id| all.correct(id, Some(facts), why.clone())))
            }
            Asked::EnteredInError { n } => {
                (n, Box::new(move |all, id| all.correct(id, None, why.clone())))
            }
        };
        if let Some((supervisor, id)) = by(&self.supervision, n) {
            let _refused = self.when(supervisor, |parties| rule(parties, id));
        }
    }

    fn held_on(&self, day: Date, kind: AssignmentKind) -> usize {
        let held =
            |a: &&Assignment| a.kind == kind && a.own_status_on(day) == Some(OwnStatus::Held);
        self.supervision.iter().filter(held).count()
    }
}

proptest! {
    #[test]
    fn a_trainee_never_has_two_active_supervisors_of_a_kind(
        asked in proptest::collection::vec(asked(), 1..40),
    ) {
        let mut world = World::new();
        for one in &asked {
            world.ask(one);
            for number in -1..WINDOW_DAYS + 25 {
                prop_assert!(world.held_on(day(number), AssignmentKind::Individual) <= 1);
                prop_assert!(world.held_on(day(number), AssignmentKind::TemporaryHost) <= 1);
            }
        }
    }

    #[test]
    fn the_held_periods_are_exactly_the_days_that_stand_as_held(
        asked in proptest::collection::vec(asked(), 1..40),
    ) {
        let mut world = World::new();
        for one in &asked {
            world.ask(one);
        }
        for assignment in world.supervision.iter() {
            let periods = assignment.held_periods();
            for number in -1..WINDOW_DAYS + 25 {
                let held = assignment.own_status_on(day(number)) == Some(OwnStatus::Held);
                prop_assert_eq!(periods.iter().any(|p| p.covers(day(number))), held);
            }
        }
    }
}
