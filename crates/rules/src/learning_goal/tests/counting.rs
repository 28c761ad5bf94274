//! How approvals of an earlier version count: given, when, then, and any sequence.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::counting::Mapping;
use super::views::defined;
use super::*;
use crate::curriculum::domain::{
    Event as CatalogueEvent, GoalDefined, Predecessor, ReplacementRuleSet,
};
use crate::curriculum::{Curriculum, PredecessorsNeeded};
use crate::identifiers::Token;

/// A goal of version `new` that replaces these goals, written `version/code`.
fn new_goal(code: &str, replaces: Option<&[&str]>) -> GoalDefined {
    let predecessor = |recorded: &&str| {
        let (curriculum, code) = recorded.split_once('/').expect("the test writes version/code");
        Predecessor { curriculum: text(curriculum), code: text(code) }
    };
    GoalDefined {
        curriculum: text("new"),
        code: text(code),
        replaces: replaces.map(|them| them.iter().map(predecessor).collect()),
        ..defined(false)
    }
}

/// The versions `old` and `older` have goals 1 to 9, which are the same in both.
fn mapping() -> Mapping {
    let mut mapping = Mapping::default();
    for version in ["old", "older"] {
        let version: Token = text(version);
        for number in 1..10 {
            let code: GoalCode = text(&format!("ALM-{number:03}"));
            let goal = GoalDefined { curriculum: version.clone(), code, ..defined(false) };
            let (curriculum, code) = (goal.curriculum.clone(), goal.code.clone());
            mapping.replaced.insert(Predecessor { curriculum, code }, goal);
        }
    }
    mapping
}

fn with_any_from(from: Date) -> Mapping {
    let mut header = Curriculum::default();
    header.evolve(&CatalogueEvent::from(ReplacementRuleSet {
        curriculum: text("new"),
        needed: PredecessorsNeeded::Any,
        from,
        source: text("A letter"),
    }));
    let headers = BTreeMap::from([(text("new"), header)]);
    Mapping { headers, ..mapping() }
}

#[derive(Default)]
struct Trainee(BTreeMap<GoalCode, Goal>);

impl Trainee {
    fn apply(&mut self, code: &str, event: impl Into<Event>) {
        self.0.entry(text(code)).or_default().evolve(&event.into());
    }

    fn submitted(&mut self, version: &str, code: &str, apart: bool, on: Date) {
        self.apply(
            code,
            Submitted {
                trainee: TRAINEE,
                code: text(code),
                plan: Plan::Alm,
                curriculum: text(version),
                starts_plan: false,
                apart,
                on,
                comment: None,
                municipality: None,
            },
        );
    }

    fn approved(&mut self, version: &str, code: &str, apart: bool, on: Date) {
        self.submitted(version, code, apart, on);
        self.apply(
            code,
            Approved {
                trainee: TRAINEE,
                code: text(code),
                plan: Plan::Alm,
                curriculum: text(version),
                by: LEADER,
                delegated_by: None,
                municipality: text("0301"),
                on,
                comment: None,
                reason: None,
                own_recommendation: false,
            },
        );
    }

    fn revoked(&mut self, version: &str, code: &str, on: Date) {
        self.apply(
            code,
            Revoked {
                trainee: TRAINEE,
                code: text(code),
                by: LEADER,
                delegated_by: None,
                municipality: text("0301"),
                curriculum: Some(text(version)),
                on,
                reason: text("An error"),
            },
        );
    }

    /// What counts, as `version/code`.
    fn counted(&self, mapping: &Mapping, goal: &GoalDefined, on: Date) -> Vec<String> {
        let counted = mapping.counted(goal, &self.0, on).into_iter();
        counted.map(|it| format!("{}/{}", it.curriculum, it.code)).collect()
    }
}

#[test]
fn one_old_goal_counts_for_each_that_replaces_it() {
    let mut trainee_state = Trainee::default();
    trainee_state.approved("old", "ALM-001", false, june(3));
    for code in ["ALM-101", "ALM-102"] {
        let goal = new_goal(code, Some(&["old/ALM-001"]));
        assert_eq!(trainee_state.counted(&mapping(), &goal, june(2)), [""; 0]);
        assert_eq!(trainee_state.counted(&mapping(), &goal, june(3)), ["old/ALM-001"]);
        assert!(mapping().stands(&goal, &trainee_state.0, june(3)));
    }
}

#[test]
fn a_goal_that_gathers_several_takes_all_of_them_unless_the_rule_of_that_day_says_one() {
    let goal = new_goal("ALM-101", Some(&["old/ALM-001", "old/ALM-002"]));
    let mut trainee_state = Trainee::default();
    trainee_state.approved("old", "ALM-001", false, june(3));
    assert_eq!(trainee_state.counted(&mapping(), &goal, june(9)), [""; 0]);
    let any = with_any_from(june(5));
    assert_eq!(trainee_state.counted(&any, &goal, june(4)), [""; 0]);
    assert_eq!(trainee_state.counted(&any, &goal, june(5)), ["old/ALM-001"]);
    trainee_state.approved("old", "ALM-002", false, june(8));
    assert_eq!(trainee_state.counted(&mapping(), &goal, june(7)), [""; 0]);
    assert_eq!(trainee_state.counted(&mapping(), &goal, june(8)), ["old/ALM-001", "old/ALM-002"]);
}

#[test]
fn each_earlier_version_is_enough_by_itself_and_one_approval_is_told_once() {
    let goal = new_goal("ALM-101", Some(&["old/ALM-001", "older/ALM-001", "older/ALM-002"]));
    let mut trainee_state = Trainee::default();
    trainee_state.approved("older", "ALM-001", false, june(3));
    // The goal is the same in both versions, so the approval is one of `old` as well.
    assert_eq!(trainee_state.counted(&mapping(), &goal, june(3)), ["older/ALM-001"]);
    trainee_state.approved("older", "ALM-002", false, june(4));
    assert_eq!(
        trainee_state.counted(&mapping(), &goal, june(4)),
        ["older/ALM-001", "older/ALM-002"]
    );
}

#[test]
fn what_is_revoked_counts_no_more() {
    let goal = new_goal("ALM-101", Some(&["old/ALM-001"]));
    let mut trainee_state = Trainee::default();
    trainee_state.approved("old", "ALM-001", false, june(3));
    trainee_state.revoked("old", "ALM-001", june(6));
    assert_eq!(trainee_state.counted(&mapping(), &goal, june(5)), ["old/ALM-001"]);
    assert_eq!(trainee_state.counted(&mapping(), &goal, june(6)), [""; 0]);
}

#[test]
fn what_is_done_under_the_version_itself_comes_first() {
    let goal = new_goal("ALM-101", Some(&["old/ALM-001"]));
    let mut trainee_state = Trainee::default();
    trainee_state.approved("old", "ALM-001", false, june(3));
    trainee_state.approved("new", "ALM-101", true, june(4));
    assert_eq!(trainee_state.counted(&mapping(), &goal, june(4)), [""; 0]);
    assert!(mapping().stands(&goal, &trainee_state.0, june(4)));
    trainee_state.revoked("new", "ALM-101", june(5));
    assert!(
        !mapping().stands(&goal, &trainee_state.0, june(5)),
        "a revoked goal is not held up by another"
    );
}

#[test]
fn a_code_that_means_another_goal_in_the_new_version_begins_anew() {
    let mut trainee_state = Trainee::default();
    trainee_state.approved("old", "ALM-001", false, june(3));
    let (same, another) = (new_goal("ALM-001", None), new_goal("ALM-001", Some(&[])));
    assert!(mapping().stands(&same, &trainee_state.0, june(3)));
    assert!(!mapping().stands(&another, &trainee_state.0, june(3)));
    trainee_state.submitted("new", "ALM-001", true, june(5));
    let goal = &trainee_state.0[&text("ALM-001")];
    let old = GoalDefined { curriculum: text("old"), ..defined(false) };
    assert_eq!(goal.of(&another).on(june(5)).word(), GoalStatus::Submitted);
    assert_eq!(goal.of(&old).on(june(5)).word(), GoalStatus::Approved);
    trainee_state.revoked("old", "ALM-001", june(6));
    let goal = &trainee_state.0[&text("ALM-001")];
    assert_eq!(goal.of(&another).on(june(6)).word(), GoalStatus::Submitted);
    assert_eq!(goal.of(&old).on(june(6)).word(), GoalStatus::Revoked);
    assert_eq!(goal.before_revocation().of(&old).on(june(6)).word(), GoalStatus::Approved);
}

proptest! {
    #[test]
    fn a_goal_counts_on_exactly_the_days_on_which_its_predecessors_are_approved(
        turns in prop::collection::vec((1_usize..4, 1_i8..30), 0..20),
    ) {
        let mut turns = turns;
        turns.sort_by_key(|(_, day)| *day);
        let mut trainee_state = Trainee::default();
        // From which day each is approved or not: each turn makes it the other.
        let mut recorded: BTreeMap<usize, Vec<(i8, bool)>> = BTreeMap::new();
        for (number, day) in turns {
            let code = format!("ALM-{number:03}");
            let history = recorded.entry(number).or_default();
            let approved = !history.last().is_some_and(|(_, approved)| *approved);
            history.push((day, approved));
            if approved {
                trainee_state.approved("old", &code, false, june(day));
            } else {
                trainee_state.revoked("old", &code, june(day));
            }
        }
        let goal = new_goal("ALM-101", Some(&["old/ALM-001", "old/ALM-002", "old/ALM-003"]));
        for day in 1..=30 {
            let approved = |number: usize| {
                let history = recorded.get(&number).map_or(&[][..], |history| history);
                history.iter().rev().find(|(from, _)| *from <= day).is_some_and(|(_, it)| *it)
            };
            let approved_count = (1..4).filter(|number| approved(*number)).count();
            let all = mapping().counted(&goal, &trainee_state.0, june(day));
            prop_assert_eq!(all.len(), if approved_count == 3 { 3 } else { 0 });
            let any = with_any_from(june(15)).counted(&goal, &trainee_state.0, june(day));
            let expected = if day >= 15 || approved_count == 3 { approved_count } else { 0 };
            prop_assert_eq!(any.len(), expected);
        }
    }
}
