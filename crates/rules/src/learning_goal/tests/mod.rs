//! The rules of goals: given, when, then. Who decides, what is shown, plans and random
//! sequences stand in files of their own.

mod authority;
mod counting;
mod plans;
mod sequences;
mod views;

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::domain::*;
use super::goal::*;
use super::status::*;
use crate::aggregate::Evolve as _;
use crate::curriculum::Plan;
use crate::edge::FromText;
use crate::identifiers::GoalCode;
use crate::leader::{self, Leader};
use crate::occupancy::domain::{Category, Filled, Terms};
use crate::occupancy::{self, OperatingModel};
use crate::problem::Rejection;
use crate::time::{Percent, Period};
use crate::trainee::{self, Trainee};

const TRAINEE: Uuid = Uuid::from_u128(1);
const LEADER: Uuid = Uuid::from_u128(2);
const SUPERVISOR: Uuid = Uuid::from_u128(3);
const CLINICAL: Uuid = Uuid::from_u128(4);

fn text<T: FromText>(text: &str) -> T {
    T::from_text(text).expect("the test's text is well formed")
}

/// A day of June 2020.
fn june(day: i8) -> Date {
    date(2020, 6, day)
}

/// A doctor with positions: municipality, first and last day.
fn trainee_state(positions: &[(&str, Date, Option<Date>)]) -> Trainee {
    let mut trainee_state = None;
    trainee_state.evolve(&trainee::Event::from(trainee::domain::Registered {
        trainee: TRAINEE,
        sealed: String::new(),
        hpr_lookup: "trainee_state".to_owned(),
        scheme: trainee::domain::Scheme::New,
        lis1_completed_on: None,
        external_ids: vec![],
        municipality: None,
        on: date(2020, 1, 1),
    }));
    let mut trainee_state: Trainee = trainee_state.expect("registered");
    for (number, (municipality, from, to)) in (10..).zip(positions) {
        let filled = Filled {
            position: Uuid::from_u128(100 + number),
            occupancy: Uuid::from_u128(number),
            trainee: TRAINEE,
            municipality: text(municipality),
            category: Category::RegularGp,
            period: Period { from: *from, to: *to },
            percent: Percent::FULL,
            operating_model: OperatingModel::Salaried,
            terms: Terms::default(),
            lis1_exception: None,
            external_ids: vec![],
        };
        trainee_state.occupancies.evolve(&occupancy::Event::from(filled), 1);
    }
    trainee_state
}

fn leader_with(hpr_lookup: &str, terms: &[(&str, Date, Option<Date>)]) -> Leader {
    let mut state: Option<Leader> = None;
    let term = |number, from, to| (Uuid::from_u128(number), Period { from, to });
    for (number, (municipality, from, to)) in (50..).zip(terms) {
        let (term, period) = term(number, *from, *to);
        let municipality = text(municipality);
        state.evolve(&match state {
            None => leader::Event::from(leader::domain::Registered {
                leader: LEADER,
                sealed: String::new(),
                hpr_lookup: Some(hpr_lookup.to_owned()),
                term,
                municipality,
                period,
                on: period.from,
                delegation: None,
                external_ids: vec![],
            }),
            Some(_) => leader::Event::from(leader::domain::TermAdded {
                leader: LEADER,
                term,
                municipality,
                period,
                delegation: None,
            }),
        });
    }
    state.expect("a leader has a term")
}

fn oslo_leader() -> Leader {
    leader_with("leader", &[("0301", date(2019, 1, 1), None)])
}

fn oslo_trainee() -> Trainee {
    trainee_state(&[("0301", date(2020, 1, 1), None)])
}

/// A leader who decides for the doctor in Oslo, and has recommended nothing.
fn decider(leader: &Leader, on: Date) -> Result<Decider, Rejection> {
    let authority = may_decide(leader, &oslo_trainee(), on, |_| true)?;
    Ok(Decider { authority, recommended_as: BTreeSet::new() })
}

fn submit_on(on: Date) -> Submit {
    Submit {
        trainee: TRAINEE,
        code: text("ALM-001"),
        plan: Plan::Alm,
        curriculum: text("test-1"),
        apart: false,
        plan_started_on: None,
        on,
        comment: None,
        municipality: Some(text("0301")),
    }
}

fn recommended(by: Uuid, role: Role, verdict: Verdict, on: Date) -> Recommended {
    Recommended {
        trainee: TRAINEE,
        code: text("ALM-001"),
        by,
        role,
        verdict,
        curriculum: None,
        on,
        comment: None,
        dual_role_reason: None,
        municipality: None,
    }
}

fn recalled(on: Date) -> Recalled {
    Recalled { trainee: TRAINEE, code: text("ALM-001"), curriculum: None, on, municipality: None }
}

/// Folds what a rule said yes to; answers the code of a no.
fn then(goal: &mut Goal, facts: Result<Vec<Event>, Rejection>) -> Result<usize, &'static str> {
    let facts = facts.map_err(|rejection| rejection.problem.code)?;
    facts.iter().for_each(|fact| goal.evolve(fact));
    Ok(facts.len())
}

/// A goal under test, with the acts spelled short.
#[derive(Default)]
struct Case(Goal);

impl Case {
    fn submit(&mut self, on: Date) -> Result<usize, &'static str> {
        let facts = self.0.submit(submit_on(on));
        then(&mut self.0, facts)
    }
    fn recall(&mut self, on: Date) -> Result<usize, &'static str> {
        let facts = self.0.recall(recalled(on));
        then(&mut self.0, facts)
    }
    fn speak(&mut self, recorded: Recommended) -> Result<usize, &'static str> {
        let facts = self.0.recommend(recorded.clone(), &recorded.by.to_string(), &oslo_trainee());
        then(&mut self.0, facts)
    }
    fn recommend(&mut self, role: Role, verdict: Verdict, on: Date) -> Result<usize, &'static str> {
        let by = match role {
            Role::Supervisor => SUPERVISOR,
            Role::ClinicalSupervisor => CLINICAL,
        };
        self.speak(recommended(by, role, verdict, on))
    }
    fn decide(&mut self, ruling: Ruling, on: Date) -> Result<usize, &'static str> {
        let facts = self.0.decide(ruling, decider(&oslo_leader(), on).expect("leads"), on);
        then(&mut self.0, facts)
    }
    fn approve(&mut self, on: Date) -> Result<usize, &'static str> {
        self.decide(Ruling::Approve { comment: None, reason: None }, on)
    }
    fn send_back(&mut self, on: Date) -> Result<usize, &'static str> {
        self.decide(Ruling::Return { comment: text("More practice") }, on)
    }
    fn revoke(&mut self, on: Date) -> Result<usize, &'static str> {
        let facts = self.0.revoke(&oslo_leader(), &oslo_trainee(), on, text("An error"));
        then(&mut self.0, facts)
    }
    fn word(&self) -> GoalStatus {
        self.0.on(Date::MAX).word()
    }
}

/// Given a goal that was submitted on the 1st and recommended by both on the 2nd and 3rd.
fn recommended_goal() -> Case {
    let mut case = Case::default();
    assert_eq!(case.submit(june(1)), Ok(1));
    assert_eq!(case.recommend(Role::Supervisor, Verdict::Positive, june(2)), Ok(1));
    assert_eq!(case.recommend(Role::ClinicalSupervisor, Verdict::Positive, june(3)), Ok(1));
    case
}

fn approved_goal() -> Case {
    let mut case = recommended_goal();
    assert_eq!(case.approve(june(4)), Ok(1));
    case
}

#[test]
fn a_goal_is_approved_after_both_roles_have_spoken() {
    let case = approved_goal();
    assert_eq!(case.word(), GoalStatus::Approved);
    let on = |day| case.0.on(june(day)).word();
    assert_eq!((on(1), on(3), on(4)), {
        (GoalStatus::Submitted, GoalStatus::Submitted, GoalStatus::Approved)
    });
    assert_eq!(case.0.on(date(2020, 5, 31)).word(), GoalStatus::NotStarted);
}

#[test]
fn without_the_recommendation_of_either_role_a_goal_is_not_approved() {
    for role in [Role::Supervisor, Role::ClinicalSupervisor] {
        let mut case = Case::default();
        assert_eq!(case.submit(june(1)), Ok(1));
        assert_eq!(case.recommend(role, Verdict::Positive, june(2)), Ok(1));
        assert_eq!(case.approve(june(4)), Err("recommendations_missing"), "{role}");
    }
}

#[test]
fn a_recommendation_given_after_the_day_of_the_decision_does_not_count_for_it() {
    let mut case = recommended_goal();
    assert_eq!(case.approve(june(2)), Err("recommendations_missing"));
    assert_eq!(case.approve(june(3)), Ok(1));
}

#[test]
fn recommendations_on_an_earlier_submission_do_not_count() {
    let mut case = recommended_goal();
    assert_eq!(case.send_back(june(5)), Ok(1));
    assert_eq!(case.submit(june(6)), Ok(1));
    assert_eq!(case.approve(june(7)), Err("recommendations_missing"));
    let mut recalled = recommended_goal();
    assert_eq!(recalled.recall(june(5)), Ok(1));
    assert_eq!(recalled.submit(june(5)), Ok(1));
    assert_eq!(recalled.approve(june(7)), Err("recommendations_missing"));
}

#[test]
fn a_recall_puts_the_goal_back_where_it_stood() {
    let mut case = Case::default();
    assert_eq!(case.submit(june(1)), Ok(1));
    assert_eq!(case.recall(june(2)), Ok(1));
    assert_eq!(case.word(), GoalStatus::NotStarted);
    assert_eq!(case.submit(june(3)), Ok(1));
    assert_eq!(case.send_back(june(4)), Ok(1));
    assert_eq!(case.submit(june(5)), Ok(1));
    assert_eq!(case.recall(june(6)), Ok(1));
    assert_eq!(case.word(), GoalStatus::Returned);
    assert_eq!(case.recall(june(7)), Err("goal_status"));
}

#[test]
fn approving_against_the_latest_word_of_a_role_takes_a_reason() {
    let mut case = recommended_goal();
    assert_eq!(case.recommend(Role::ClinicalSupervisor, Verdict::Negative, june(4)), Ok(1));
    assert_eq!(case.approve(june(5)), Err("against_recommendation"));
    let reason = Some(text("Seen at work since"));
    assert_eq!(case.decide(Ruling::Approve { comment: None, reason }, june(5)), Ok(1));

    let mut better = recommended_goal();
    assert_eq!(better.recommend(Role::Supervisor, Verdict::Negative, june(4)), Ok(1));
    assert_eq!(better.recommend(Role::Supervisor, Verdict::Positive, june(4)), Ok(1));
    assert_eq!(better.approve(june(5)), Ok(1), "the later told of one day counts");
}

#[test]
fn a_negative_word_stands_until_the_same_person_takes_it_back() {
    let other = Uuid::from_u128(5);
    let say = |verdict, day| recommended(other, Role::ClinicalSupervisor, verdict, june(day));
    let mut case = Case::default();
    assert_eq!(case.submit(june(1)), Ok(1));
    assert_eq!(case.speak(say(Verdict::Negative, 2)), Ok(1));
    assert_eq!(case.recommend(Role::Supervisor, Verdict::Positive, june(3)), Ok(1));
    // Somebody else of the same role, later.
    assert_eq!(case.recommend(Role::ClinicalSupervisor, Verdict::Positive, june(4)), Ok(1));
    assert_eq!(case.approve(june(5)), Err("against_recommendation"));
    assert_eq!(case.speak(say(Verdict::Positive, 5)), Ok(1));
    assert_eq!(case.approve(june(4)), Err("against_recommendation"), "not yet taken back");
    assert_eq!(case.approve(june(5)), Ok(1));
}

#[test]
fn an_approval_tells_that_the_leader_has_recommended_too() {
    let approve = |recommended_as: &[Uuid], on| {
        let mut case = recommended_goal();
        let mut who = decider(&oslo_leader(), on).expect("leads");
        who.recommended_as.extend(recommended_as);
        let ruling = Ruling::Approve { comment: None, reason: None };
        let facts = case.0.decide(ruling, who, on);
        assert_eq!(then(&mut case.0, facts), Ok(1));
        let Status::Approved(_, approved) = case.0.on(on) else { panic!("not approved") };
        // Asked again by whoever knows less of the leader, it is the same decision.
        assert_eq!(case.approve(on), Ok(0));
        approved.own_recommendation
    };
    assert!(!approve(&[], june(4)));
    assert!(approve(&[CLINICAL], june(4)) && approve(&[SUPERVISOR], june(4)));
    assert!(!approve(&[LEADER], june(4)), "not among those who recommended");
    assert_eq!(recommended_goal().0.recommenders(), BTreeSet::from([SUPERVISOR, CLINICAL]));
}

#[test]
fn who_cannot_judge_has_spoken_all_the_same() {
    let mut case = Case::default();
    assert_eq!(case.submit(june(1)), Ok(1));
    assert_eq!(case.recommend(Role::Supervisor, Verdict::InsufficientBasis, june(2)), Ok(1));
    assert_eq!(case.recommend(Role::ClinicalSupervisor, Verdict::Positive, june(2)), Ok(1));
    assert_eq!(case.approve(june(3)), Ok(1));
}

#[test]
fn one_person_in_both_roles_says_why() {
    let mut case = Case::default();
    assert_eq!(case.submit(june(1)), Ok(1));
    assert_eq!(case.recommend(Role::Supervisor, Verdict::Positive, june(2)), Ok(1));
    let mut same = recommended(SUPERVISOR, Role::ClinicalSupervisor, Verdict::Positive, june(2));
    assert_eq!(case.speak(same.clone()), Err("dual_role"));
    same.dual_role_reason = Some(text("The only colleague in the office"));
    assert_eq!(case.speak(same), Ok(1));
    assert_eq!(case.approve(june(3)), Ok(1));
}

#[test]
fn nobody_acts_on_their_own_training() {
    let own = leader_with("trainee_state", &[("0301", date(2019, 1, 1), None)]);
    assert_eq!(decider(&own, june(4)).expect_err("own").problem.code, "own_training");
    let refused = approved_goal().0.revoke(&own, &oslo_trainee(), june(5), text("x"));
    assert_eq!(refused.expect_err("own").problem.code, "own_training");
    let recorded = recommended(SUPERVISOR, Role::Supervisor, Verdict::Positive, june(2));
    let refused = recommended_goal().0.recommend(recorded, "trainee_state", &oslo_trainee());
    assert_eq!(refused.expect_err("own").problem.code, "own_training");
}

#[test]
fn no_step_comes_before_the_one_it_follows() {
    let mut case = Case::default();
    assert_eq!(case.submit(june(5)), Ok(1));
    let later = Err("later_step_recorded");
    assert_eq!(case.recall(june(4)), later);
    assert_eq!(case.recommend(Role::Supervisor, Verdict::Positive, june(4)), later);
    assert_eq!(case.send_back(june(4)), later);
    assert_eq!(case.send_back(june(6)), Ok(1));
    assert_eq!(case.submit(june(5)), later);
    let mut approved = approved_goal();
    assert_eq!(approved.revoke(june(3)), later);
}

#[test]
fn only_a_waiting_goal_is_recommended_recalled_or_decided() {
    let no = Err("goal_status");
    let mut untouched = Case::default();
    assert_eq!(untouched.recall(june(1)), no);
    assert_eq!(untouched.recommend(Role::Supervisor, Verdict::Positive, june(1)), no);
    assert_eq!(untouched.approve(june(1)), no);
    assert_eq!(untouched.revoke(june(1)), no);
    let mut approved = approved_goal();
    assert_eq!(approved.submit(june(9)), no);
    assert_eq!(approved.recommend(Role::Supervisor, Verdict::Negative, june(9)), no);
    assert_eq!(approved.send_back(june(9)), no);
    let mut waiting = recommended_goal();
    assert_eq!(waiting.submit(june(9)), no);
    assert_eq!(waiting.revoke(june(9)), no);
}

#[test]
fn what_is_so_already_is_no_new_fact() {
    let mut case = Case::default();
    for _ in 0..2 {
        assert!(case.submit(june(1)).is_ok());
    }
    for verdict in [Verdict::Positive, Verdict::Positive] {
        assert!(case.recommend(Role::Supervisor, verdict, june(2)).is_ok());
    }
    assert_eq!(case.recall(june(2)), Ok(1));
    assert_eq!(case.recall(june(2)), Ok(0));
    let mut approved = approved_goal();
    assert_eq!(approved.approve(june(4)), Ok(0));
    assert_eq!(approved.revoke(june(5)), Ok(1));
    assert_eq!(approved.revoke(june(5)), Ok(0));
    assert_eq!(approved.revoke(june(6)), Err("goal_status"));
    assert_eq!(case.0.changes().count(), 3);
}

#[test]
fn a_revoked_goal_is_submitted_and_judged_anew() {
    let mut case = approved_goal();
    assert_eq!(case.revoke(june(5)), Ok(1));
    assert_eq!(case.word(), GoalStatus::Revoked);
    assert_eq!(case.0.on(june(4)).word(), GoalStatus::Approved);
    assert_eq!(case.submit(june(6)), Ok(1));
    assert_eq!(case.approve(june(7)), Err("recommendations_missing"));
}
