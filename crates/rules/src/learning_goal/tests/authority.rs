//! Who decides: the leader where the doctor works on the day.

use super::super::plan::Authority;
use super::*;
use crate::occupancy;
use crate::occupancy::domain::{LeaveReason, OccupancyEnded};

fn decides(leader: &Leader, trainee_state: &Trainee, on: Date) -> Result<Authority, Rejection> {
    may_decide(leader, trainee_state, on, |_| true)
}

#[test]
fn where_a_doctor_works_in_two_municipalities_a_leader_of_both_decides_in_the_preferred_one() {
    let (first, second) = (date(2020, 1, 1), date(2020, 2, 1));
    let trainee_state = trainee_state(&[("0301", first, None), ("5401", second, None)]);
    let both = leader_with("leader", &[("0301", first, None), ("5401", first, None)]);
    let one = leader_with("leader", &[("0301", first, None)]);
    let place = |leader, preferred: &str| {
        let by = may_decide(leader, &trainee_state, june(1), |number| number.as_str() == preferred);
        by.expect("leads").municipality.to_string()
    };
    assert_eq!((place(&both, "0301"), place(&both, "5401")), ("0301".into(), "5401".into()));
    assert_eq!((place(&both, "1804"), place(&one, "5401")), ("0301".into(), "0301".into()));
}

#[test]
fn a_leader_decides_where_the_doctor_works_on_that_day() {
    let moved =
        trainee_state(&[("0301", date(2020, 1, 1), Some(june(10))), ("5401", june(20), None)]);
    let oslo = oslo_leader();
    let tromso = leader_with("other", &[("5401", date(2019, 1, 1), None)]);
    let may = |leader: &Leader, day| decides(leader, &moved, june(day)).is_ok();
    assert!(may(&oslo, 10) && !may(&tromso, 10));
    // Between two positions the last one's municipality answers.
    assert!(may(&oslo, 15) && !may(&tromso, 15));
    assert!(!may(&oslo, 20) && may(&tromso, 20));
    assert_eq!(
        decides(&oslo, &trainee_state(&[]), june(1)).expect_err("nowhere").problem.code,
        "not_the_leader"
    );
    let former = leader_with("leader", &[("0301", date(2019, 1, 1), Some(june(1)))]);
    assert!(decides(&former, &oslo_trainee(), june(1)).is_ok());
    assert!(decides(&former, &oslo_trainee(), june(2)).is_err());
}

#[test]
fn a_late_word_of_where_the_doctor_worked_changes_who_may_decide() {
    let mut moved = trainee_state(&[("0301", date(2020, 1, 1), None)]);
    assert!(decides(&oslo_leader(), &moved, june(20)).is_ok());
    let ended = OccupancyEnded {
        position: Uuid::from_u128(110),
        occupancy: Uuid::from_u128(10),
        trainee: TRAINEE,
        municipality: text("0301"),
        to: june(10),
        reason: LeaveReason::Unknown,
    };
    moved.occupancies.evolve(&occupancy::Event::from(ended), 2);
    let elsewhere = trainee_state(&[("5401", june(11), None)]);
    for occupancy in elsewhere.occupancies.iter() {
        let filled = Filled {
            position: occupancy.position,
            occupancy: Uuid::from_u128(99),
            trainee: TRAINEE,
            municipality: occupancy.municipality.clone(),
            category: Category::RegularGp,
            period: occupancy.period,
            percent: Percent::FULL,
            operating_model: OperatingModel::Salaried,
            terms: Terms::default(),
            lis1_exception: None,
            external_ids: vec![],
        };
        moved.occupancies.evolve(&occupancy::Event::from(filled), 3);
    }
    assert!(decides(&oslo_leader(), &moved, june(20)).is_err());
    assert!(decides(&oslo_leader(), &moved, june(10)).is_ok());
}

#[test]
fn an_approval_stands_when_the_doctor_moves_and_only_its_municipality_revokes_it() {
    let goal = approved_goal().0;
    let moved =
        trainee_state(&[("0301", date(2020, 1, 1), Some(june(10))), ("5401", june(11), None)]);
    assert_eq!(goal.on(june(20)).word(), GoalStatus::Approved);
    let tromso = leader_with("other", &[("5401", date(2019, 1, 1), None)]);
    let refused = goal.revoke(&tromso, &moved, june(20), text("Disagrees"));
    assert_eq!(refused.expect_err("new employer").problem.code, "not_the_deciding_municipality");
    let facts = goal.revoke(&oslo_leader(), &moved, june(20), text("The wrong person"));
    assert_eq!(facts.map(|facts| facts.len()), Ok(1));
}

#[test]
fn the_directorate_revokes_whoever_approved_and_the_goal_is_submitted_anew() {
    let mut case = approved_goal();
    let revoke = |goal: &Goal, day| goal.revoke_by_directorate(june(day), text("Fraud"));
    let refused = revoke(&case.0, 3).expect_err("before the approval");
    assert_eq!(refused.problem.code, "later_step_recorded");
    let facts = revoke(&case.0, 5);
    assert_eq!(then(&mut case.0, facts), Ok(1));
    assert_eq!((case.word(), case.0.on(june(4)).word()), {
        (GoalStatus::Revoked, GoalStatus::Approved)
    });
    assert_eq!(revoke(&case.0, 5), Ok(vec![]), "asked twice");
    assert_eq!(revoke(&case.0, 6).expect_err("done").problem.code, "goal_status");
    assert_eq!(case.revoke(june(5)), Err("goal_status"), "a leader's is another");
    assert_eq!(case.0.before_revocation().on(june(5)).word(), GoalStatus::Approved);
    assert_eq!(case.submit(june(6)), Ok(1));
    assert_eq!(revoke(&case.0, 7).expect_err("waits").problem.code, "goal_status");
    let mut other = approved_goal();
    assert_eq!(other.revoke(june(5)), Ok(1));
    assert_eq!(revoke(&other.0, 5).expect_err("done").problem.code, "goal_status");
}

#[test]
fn who_leads_on_anothers_behalf_decides_while_that_one_leads_and_it_is_recorded() {
    let delegator = Uuid::from_u128(7);
    let own = Uuid::from_u128(70);
    let mut state: Option<Leader> = None;
    state.evolve(&leader::Event::from(leader::domain::Registered {
        leader: LEADER,
        sealed: String::new(),
        hpr_lookup: None,
        term: Uuid::from_u128(50),
        municipality: text("0301"),
        period: Period::since(june(1)),
        delegation: Some(leader::domain::Delegation {
            by: delegator,
            term: own,
            period: Period::since(june(1)),
        }),
        on: june(1),
        external_ids: vec![],
    }));
    state.evolve(&leader::Event::from(leader::domain::TermEnded {
        leader: delegator,
        term: own,
        municipality: text("0301"),
        to: june(10),
        others: vec![LEADER],
    }));
    let delegate = &state.expect("registered");
    let decide = |on| {
        let ruling = Ruling::Approve { comment: None, reason: None };
        recommended_goal().0.decide(ruling, decider(delegate, on)?, on)
    };
    match &decide(june(10)).expect("it holds")[..] {
        [Event::Approved(f)] => assert_eq!((f.by, f.delegated_by), (LEADER, Some(delegator))),
        other => panic!("{other:?}"),
    }
    assert_eq!(decide(june(11)).expect_err("it lapsed").problem.code, "not_the_leader");
    let revoke = |on| approved_goal().0.revoke(delegate, &oslo_trainee(), on, text("An error"));
    match &revoke(june(10)).expect("it holds")[..] {
        [Event::Revoked(f)] => assert_eq!((f.by, f.delegated_by), (LEADER, Some(delegator))),
        other => panic!("{other:?}"),
    }
    let refused = revoke(june(11)).expect_err("it lapsed");
    assert_eq!(refused.problem.code, "not_the_deciding_municipality");
}
