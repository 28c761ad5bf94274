//! What callers see of a goal: what is missing, and whose turn it is.

use super::super::view::{GoalOutcome, GoalView, Missing, Turn};
use super::*;
use crate::curriculum::domain::GoalDefined;

pub fn defined(requires_institution_service: bool) -> GoalDefined {
    GoalDefined {
        curriculum: text("test-1"),
        code: text("ALM-001"),
        plan: Plan::Alm,
        theme: text("Theme"),
        title: text("Title"),
        text: text("Text"),
        requires_institution_service,
        replaced_by: vec![],
        replaces: None,
        from: date(2019, 3, 1),
    }
}

#[test]
fn a_goal_says_what_is_missing_and_whose_turn_it_is() {
    let open = |case: &Case, institution| {
        let view = GoalView::on(TRAINEE, &defined(institution), &case.0, &[], june(30));
        (view.missing, view.whose_turn)
    };
    let (supervisor, clinical, leader) = (
        Missing::SupervisorRecommendation,
        Missing::ClinicalSupervisorRecommendation,
        Missing::LeaderDecision,
    );
    let mut case = Case::default();
    let all = vec![Missing::Submission, supervisor, clinical, leader];
    assert_eq!(open(&case, false), (all, Turn::Trainee));
    assert_eq!(case.submit(june(1)), Ok(1));
    assert_eq!(open(&case, false), (vec![supervisor, clinical, leader], Turn::Supervisor));
    assert_eq!(case.recommend(Role::Supervisor, Verdict::Positive, june(2)), Ok(1));
    assert_eq!(open(&case, false), (vec![clinical, leader], Turn::ClinicalSupervisor));
    assert_eq!(case.recommend(Role::ClinicalSupervisor, Verdict::Positive, june(2)), Ok(1));
    let service = vec![leader, Missing::InstitutionService];
    assert_eq!(open(&case, true), (service, Turn::Leader));
    assert_eq!(case.approve(june(3)), Ok(1), "institution service is shown, not enforced");
    assert_eq!(open(&case, true), (vec![], Turn::Nobody));
    let view = GoalView::on(TRAINEE, &defined(true), &case.0, &[], june(2));
    assert_eq!((view.status, view.decision), (GoalStatus::Submitted, None));
    let view = GoalView::on(TRAINEE, &defined(true), &case.0, &[], june(3));
    assert_eq!(view.decision.map(|decision| decision.outcome), Some(GoalOutcome::Approved));
}
