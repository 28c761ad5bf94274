//! Given a drafted application, when steps of the procedure are taken, then these follow.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::edge::FromText;
use crate::supervision::domain::TraineeCount;

fn comment() -> Comment {
    Comment::from_text("no specialist within two hours").expect("a comment")
}

fn complete() -> Application {
    Application {
        from: Some(date(2025, 1, 1)),
        to: Some(date(2025, 12, 31)),
        challenges: Some(comment()),
        measures_tried: Some(comment()),
        specialists_attached: Some(TraineeCount(0)),
        trainees_in_training: Some(TraineeCount(2)),
        trainees_with_non_specialist: Some(TraineeCount(1)),
        competence: Some(comment()),
    }
}

fn year() -> Period {
    Period { from: date(2025, 1, 1), to: Some(date(2025, 12, 31)) }
}

fn drafted(application: Application) -> Exemptions {
    let mut exemptions = Exemptions::default();
    exemptions.evolve(&Event::from(ExemptionDrafted {
        took_over: BTreeSet::new(),
        exemption: Uuid::nil(),
        supervisor: Uuid::from_u128(1),
        municipality: MunicipalityNumber::from_text("5401").expect("a number"),
        application,
        on: date(2024, 11, 1),
        external_ids: vec![],
    }));
    exemptions
}

type Rule<'a> = &'a dyn Fn(&Exemption) -> Result<Vec<Event>, Rejection>;

/// Asks one thing after the other; answers how many facts followed, or the first refusal.
fn when(exemptions: &mut Exemptions, rules: &[Rule<'_>]) -> Result<usize, &'static str> {
    let mut count = 0;
    for rule in rules {
        let facts = rule(exemptions.get(Uuid::nil()).expect("drafted"));
        for fact in facts.map_err(|rejection| rejection.problem.code)? {
            exemptions.evolve(&fact);
            count += 1;
        }
    }
    Ok(count)
}

fn submit(it: &Exemption) -> Result<Vec<Event>, Rejection> {
    it.submit(date(2024, 11, 15))
}
fn grant(it: &Exemption) -> Result<Vec<Event>, Rejection> {
    it.grant(date(2024, 12, 1), year(), None)
}
fn reject(it: &Exemption) -> Result<Vec<Event>, Rejection> {
    it.reject(date(2024, 12, 1))
}
fn appeal(it: &Exemption) -> Result<Vec<Event>, Rejection> {
    it.appeal(date(2024, 12, 10))
}

#[test]
fn an_application_is_submitted_only_when_it_tells_everything() {
    let exemptions = drafted(Application { competence: None, to: None, ..complete() });
    let refused = submit(exemptions.get(Uuid::nil()).expect("drafted")).expect_err("lacks two");
    assert_eq!(refused.problem.code, "exemption_incomplete");
    let pointers: Vec<&str> = refused.faults.iter().map(|f| f.pointer.as_str()).collect();
    assert_eq!(pointers, ["/to", "/competence"]);
    let mut exemptions = exemptions;
    let more = Application { competence: Some(comment()), ..Application::default() };
    let rest = Application { to: year().to, ..Application::default() };
    let (on, today) = (date(2024, 11, 2), date(2024, 11, 3));
    let rules: &[Rule<'_>] = &[
        &|it| it.detail(more.clone(), on),
        &|it| it.detail(more.clone(), today),
        &|it| it.detail(rest.clone(), on),
        &submit,
        &submit,
    ];
    assert_eq!(when(&mut exemptions, rules), Ok(3));
    let late = &|it: &Exemption| it.detail(Application { to: None, ..changed() }, today);
    assert_eq!(when(&mut exemptions, &[late]), Err("exemption_status"));
}

fn changed() -> Application {
    Application { specialists_attached: Some(TraineeCount(9)), ..Application::default() }
}

#[test]
fn an_application_must_not_contradict_itself() {
    let backwards = Application { to: Some(date(2024, 12, 31)), ..complete() };
    let too_many =
        Application { trainees_with_non_specialist: Some(TraineeCount(3)), ..complete() };
    for wrong in [backwards, too_many] {
        assert!(wrong.consistent().is_err());
    }
    assert_eq!(complete().consistent(), Ok(()));
}

#[test]
fn a_granted_exemption_expires_by_itself() {
    let mut exemptions = drafted(complete());
    assert_eq!(when(&mut exemptions, &[&submit, &grant, &grant]), Ok(2));
    let it = exemptions.get(Uuid::nil()).expect("drafted");
    let on = |day| it.status_on(day);
    assert_eq!(on(date(2024, 10, 31)), None);
    assert_eq!(on(date(2024, 11, 1)), Some(ExemptionStatus::Draft));
    assert_eq!(on(date(2024, 11, 15)), Some(ExemptionStatus::Submitted));
    assert_eq!(on(date(2024, 12, 1)), Some(ExemptionStatus::Granted));
    assert!(!it.covers(date(2024, 12, 31)));
    assert!(it.covers(date(2025, 12, 31)));
    assert_eq!(on(date(2025, 12, 31)), Some(ExemptionStatus::Granted));
    assert_eq!(on(date(2026, 1, 1)), Some(ExemptionStatus::Expired));
    let late = &|it: &Exemption| it.revoke(date(2026, 1, 1), comment());
    assert_eq!(when(&mut exemptions, &[late]), Err("exemption_status"));
}

#[test]
fn a_grant_reaches_back_only_if_the_decision_says_so() {
    let back = Period { from: date(2024, 9, 1), ..year() };
    let plain = |it: &Exemption| it.grant(date(2024, 12, 1), back, None);
    let said = |it: &Exemption| it.grant(date(2024, 12, 1), back, Some(comment()));
    let mut exemptions = drafted(complete());
    assert_eq!(when(&mut exemptions, &[&submit, &plain]), Err("exemption_retroactive"));
    assert_eq!(when(&mut exemptions, &[&said]), Ok(1));
    let it = exemptions.get(Uuid::nil()).expect("drafted");
    assert!(it.covers(date(2024, 9, 1)));
    assert_eq!(it.status_on(date(2024, 9, 1)), Some(ExemptionStatus::Granted));
    assert_eq!(it.status_on(date(2024, 8, 31)), None);
}

#[test]
fn an_appeal_ends_with_the_refusal_upheld_or_reversed() {
    let on = date(2025, 1, 10);
    let later = Period { from: on, ..year() };
    let uphold = |it: &Exemption| it.uphold(on);
    let reverse = |it: &Exemption| it.reverse(on, later, None);
    let mut upheld = drafted(complete());
    let steps: &[Rule<'_>] = &[&submit, &reject, &reject, &appeal, &appeal, &uphold, &uphold];
    assert_eq!(when(&mut upheld, steps), Ok(4));
    assert_eq!(when(&mut upheld, &[&reverse]), Err("exemption_status"));
    let it = upheld.get(Uuid::nil()).expect("drafted");
    assert_eq!(it.status_on(on), Some(ExemptionStatus::Upheld));
    assert_eq!(it.status_on(date(2025, 1, 9)), Some(ExemptionStatus::Appealed));

    let mut reversed = drafted(complete());
    let steps: &[Rule<'_>] = &[&submit, &reject, &appeal, &reverse, &reverse];
    assert_eq!(when(&mut reversed, steps), Ok(4));
    let it = reversed.get(Uuid::nil()).expect("drafted");
    assert_eq!(it.covered(), Some(later));
    assert_eq!(it.status_on(on), Some(ExemptionStatus::Granted));
}

#[test]
fn steps_are_taken_in_order_of_their_days_and_of_the_procedure() {
    let mut exemptions = drafted(complete());
    assert_eq!(when(&mut exemptions, &[&grant]), Err("exemption_status"));
    assert_eq!(when(&mut exemptions, &[&appeal]), Err("exemption_status"));
    let early = |it: &Exemption| it.reject(date(2024, 11, 14));
    assert_eq!(when(&mut exemptions, &[&submit, &early]), Err("exemption_day_order"));
}

#[test]
fn a_revocation_ends_what_is_covered_also_in_the_past() {
    let mut exemptions = drafted(complete());
    let revoke = |it: &Exemption| it.revoke(date(2025, 3, 1), comment());
    assert_eq!(when(&mut exemptions, &[&submit, &grant, &revoke, &revoke]), Ok(3));
    let it = exemptions.get(Uuid::nil()).expect("drafted");
    assert!(it.covers(date(2025, 2, 28)));
    assert!(!it.covers(date(2025, 3, 1)));
    assert_eq!(it.status_on(date(2025, 3, 1)), Some(ExemptionStatus::Revoked));
    let whole = |it: &Exemption| it.revoke(date(2024, 12, 1), comment());
    let mut exemptions = drafted(complete());
    assert_eq!(when(&mut exemptions, &[&submit, &grant, &whole]), Ok(3));
    assert_eq!(exemptions.get(Uuid::nil()).expect("drafted").covered(), None);
}

/// Takes a step as it is taken when it is recorded.
fn taken(it: &Exemption, step: &Step) -> Result<Vec<Event>, Rejection> {
    match step.clone() {
        Step::Submitted { on } => it.submit(on),
        Step::Granted { on, period, retroactive } => it.grant(on, period, retroactive),
        Step::Rejected { on } => it.reject(on),
        Step::Appealed { on } => it.appeal(on),
        Step::Upheld { on } => it.uphold(on),
        Step::Reversed { on, period, retroactive } => it.reverse(on, period, retroactive),
        Step::Revoked { on } => it.revoke(on, comment()),
    }
}

fn day(number: i32) -> Date {
    date(2025, 1, 1).saturating_add(jiff::Span::new().days(number))
}

/// Any step: its kind, its day, what it grants, and whether it says why that reaches back.
fn step() -> impl Strategy<Value = Step> {
    (0_u8..7, 0_i32..20, 0_i32..30, 0_i32..20, any::<bool>()).prop_map(
        |(kind, on, from, days, why)| {
            let (on, retroactive) = (day(on), why.then(comment));
            let period = Period { from: day(from), to: Some(day(from + days)) };
            match kind {
                0 => Step::Submitted { on },
                1 => Step::Granted { on, period, retroactive },
                2 => Step::Rejected { on },
                3 => Step::Appealed { on },
                4 => Step::Upheld { on },
                5 => Step::Reversed { on, period, retroactive },
                _ => Step::Revoked { on },
            }
        },
    )
}

proptest! {
    #[test]
    fn a_corrected_procedure_is_one_that_could_have_been_recorded_so(
        recorded in prop::collection::vec(step(), 0..30),
        corrected in prop::collection::vec((step(), any::<bool>()), 0..20),
    ) {
        let take = |all: &mut Exemptions, facts: Result<Vec<Event>, Rejection>| {
            let taken = facts.is_ok();
            facts.into_iter().flatten().for_each(|fact| all.evolve(&fact));
            taken
        };
        let mut exemptions = drafted(complete());
        for step in &recorded {
            let facts = taken(exemptions.get(Uuid::nil()).expect("drafted"), step);
            take(&mut exemptions, facts);
        }
        for (step, was_taken) in &corrected {
            let it = exemptions.get(Uuid::nil()).expect("drafted");
            let facts = it.correct_step(step.stage(), was_taken.then(|| step.clone()), comment());
            take(&mut exemptions, facts);
        }
        let mut again = drafted(complete());
        let it = exemptions.get(Uuid::nil()).expect("drafted");
        for step in it.steps() {
            let facts = taken(again.get(Uuid::nil()).expect("drafted"), step);
            prop_assert!(take(&mut again, facts), "{step:?} of {:?}", it.steps);
        }
        let fresh = again.get(Uuid::nil()).expect("drafted");
        for number in -1..60 {
            let on = day(number);
            prop_assert_eq!(it.status_on(on), fresh.status_on(on));
            prop_assert_eq!(it.covers(on), fresh.covers(on));
        }
    }
}
