//! Any sequence of acts, on any days.

use proptest::prelude::*;

use super::*;

/// What may be asked of a goal, in any order and on any day.
#[derive(Debug, Clone)]
enum Act {
    Submit,
    Recall,
    Recommend { by: Uuid, role: Role, verdict: Verdict, reason: bool },
    Approve { reason: bool },
    Return,
    Revoke,
}

fn act() -> impl Strategy<Value = Act> {
    let roles = prop_oneof![Just(Role::Supervisor), Just(Role::ClinicalSupervisor)];
    let verdicts = prop_oneof![
        3 => Just(Verdict::Positive),
        1 => Just(Verdict::Negative),
        1 => Just(Verdict::InsufficientBasis),
    ];
    let persons = prop_oneof![Just(SUPERVISOR), Just(CLINICAL)];
    let recommend = (persons, roles, verdicts, any::<bool>())
        .prop_map(|(by, role, verdict, reason)| Act::Recommend { by, role, verdict, reason });
    prop_oneof![
        3 => Just(Act::Submit),
        1 => Just(Act::Recall),
        5 => recommend,
        3 => any::<bool>().prop_map(|reason| Act::Approve { reason }),
        1 => Just(Act::Return),
        1 => Just(Act::Revoke),
    ]
}

fn perform(case: &mut Case, act: &Act, on: Date) {
    let _verdict = match act {
        Act::Submit => case.submit(on),
        Act::Recall => case.recall(on),
        Act::Recommend { by, role, verdict, reason } => {
            let mut recorded = recommended(*by, *role, *verdict, on);
            recorded.dual_role_reason = reason.then(|| text("Nobody else"));
            case.speak(recorded)
        }
        Act::Approve { reason } => {
            let reason = reason.then(|| text("Seen at work"));
            case.decide(Ruling::Approve { comment: None, reason }, on)
        }
        Act::Return => case.send_back(on),
        Act::Revoke => case.revoke(on),
    };
}

proptest! {
    #[test]
    fn no_sequence_of_acts_reaches_approved_without_both_roles_since_the_last_submission(
        acts in prop::collection::vec((act(), 1i8..=30), 1..60),
    ) {
        let mut case = Case::default();
        for (act, day) in &acts {
            perform(&mut case, act, june(*day));
            for day in 1..=30 {
                let Status::Approved(submission, approved) = case.0.on(june(day)) else {
                    continue;
                };
                let latest: Vec<_> = submission.latest(approved.on).collect();
                for role in [Role::Supervisor, Role::ClinicalSupervisor] {
                    prop_assert!(latest.iter().any(|word| word.role == role), "a silent role");
                }
                for word in latest {
                    prop_assert!(word.on >= submission.submitted.on && word.on <= approved.on);
                    let against = word.verdict == Verdict::Negative;
                    prop_assert!(!against || approved.reason.is_some());
                }
                let recorded = &submission.recommendations;
                let alone = recorded.iter().all(|r| r.by == recorded[0].by);
                prop_assert!(!alone || recorded.iter().any(|r| r.dual_role_reason.is_some()));
            }
        }
    }
}
