//! The rules of plans.

use super::super::plan::{Authority, Plans};
use super::super::view::PlanView;
use super::super::view::plans::PlanStatus;
use super::*;
use crate::identifiers::Comment;

fn assigned(plan: Plan, on: Date) -> PlanAssigned {
    PlanAssigned {
        trainee: TRAINEE,
        plan,
        curriculum: text("test-1"),
        goals: 3,
        by: LEADER,
        delegated_by: None,
        municipality: text("0301"),
        on,
    }
}

fn with(plans: &mut Plans, facts: Result<Vec<Event>, Rejection>) -> Result<usize, &'static str> {
    let facts = facts.map_err(|rejection| rejection.problem.code)?;
    facts.iter().for_each(|fact| plans.evolve(fact));
    Ok(facts.len())
}

fn who() -> Authority {
    Authority { leader: LEADER, delegated_by: None, municipality: text("0301") }
}

fn why() -> Comment {
    text("The doctor follows another version")
}

/// Given the plan `alm` since the 1st, with a goal submitted on the 5th.
fn started_plan() -> Plans {
    let mut plans = Plans::default();
    let facts = plans.assign(assigned(Plan::Alm, june(1)));
    assert_eq!(with(&mut plans, facts), Ok(1));
    let facts = Goal::default().submit(submit_on(june(5)));
    assert_eq!(with(&mut plans, facts), Ok(1));
    plans
}

#[test]
fn a_plan_is_assigned_once_and_each_plan_for_itself() {
    let mut plans = Plans::default();
    for (plan, recorded) in [(Plan::Alm, 1), (Plan::Alm, 0), (Plan::Fkm, 1)] {
        let facts = plans.assign(assigned(plan, june(1)));
        assert_eq!(with(&mut plans, facts), Ok(recorded));
    }
    let mut other = assigned(Plan::Alm, june(2));
    other.curriculum = text("test-2");
    let facts = plans.assign(other);
    assert_eq!(with(&mut plans, facts), Err("plan_already_assigned"));
}

#[test]
fn the_first_submission_starts_the_plan_and_an_earlier_told_one_moves_its_start() {
    let mut plans = started_plan();
    assert_eq!(plans.last(Plan::Alm).and_then(|plan| plan.started_on), Some(june(5)));
    let mut earlier = submit_on(june(3));
    earlier.plan_started_on = Some(june(5));
    let facts = Goal::default().submit(earlier);
    assert_eq!(with(&mut plans, facts), Ok(1));
    assert_eq!(plans.last(Plan::Alm).and_then(|plan| plan.started_on), Some(june(3)));
    let mut later = submit_on(june(9));
    later.plan_started_on = Some(june(3));
    let facts = Goal::default().submit(later).expect("submitted");
    assert_eq!(crate::aggregate::DomainEvent::subjects(&facts[0]).len(), 2, "no plan told");
}

#[test]
fn a_started_plan_is_archived_and_never_withdrawn() {
    let mut plans = started_plan();
    let facts = plans.withdraw(Plan::Alm, who(), june(9), why());
    assert_eq!(with(&mut plans, facts), Err("plan_started"));
    let facts = plans.archive(Plan::Alm, who(), june(4), why());
    assert_eq!(with(&mut plans, facts), Err("later_step_recorded"));
    for (day, recorded) in [(9, Ok(1)), (9, Ok(0)), (10, Err("plan_ended"))] {
        let facts = plans.archive(Plan::Alm, who(), june(day), why());
        assert_eq!(with(&mut plans, facts), recorded);
    }
    let view = |day| PlanView::on(&plans.0[0], june(day)).map(|view| view.status);
    assert_eq!((view(1), view(5)), (Some(PlanStatus::Assigned), Some(PlanStatus::Started)));
    assert_eq!(view(9), Some(PlanStatus::Archived));
    let facts = plans.assign(assigned(Plan::Alm, june(8)));
    assert_eq!(with(&mut plans.clone(), facts), Err("later_step_recorded"));
    let facts = plans.assign(assigned(Plan::Alm, june(9)));
    assert_eq!(with(&mut plans, facts), Ok(1));
}

#[test]
fn an_unstarted_plan_is_withdrawn_and_never_archived() {
    let mut plans = Plans::default();
    let facts = plans.withdraw(Plan::Alm, who(), june(9), why());
    assert_eq!(with(&mut plans, facts), Err("not_found"));
    let facts = plans.assign(assigned(Plan::Alm, june(2)));
    assert_eq!(with(&mut plans, facts), Ok(1));
    let facts = plans.archive(Plan::Alm, who(), june(9), why());
    assert_eq!(with(&mut plans, facts), Err("plan_not_started"));
    let facts = plans.withdraw(Plan::Alm, who(), june(1), why());
    assert_eq!(with(&mut plans, facts), Err("later_step_recorded"));
    for (day, recorded) in [(9, Ok(1)), (9, Ok(0)), (10, Err("plan_ended"))] {
        let facts = plans.withdraw(Plan::Alm, who(), june(day), why());
        assert_eq!(with(&mut plans, facts), recorded);
    }
    assert!(PlanView::on(&plans.0[0], june(8)).is_some());
    assert!(PlanView::on(&plans.0[0], june(9)).is_none());
    assert_eq!(plans.workable_on(june(8)).count(), 0, "nothing is done in it afterwards");
}
