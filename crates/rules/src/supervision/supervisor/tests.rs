//! Given a registered supervisor, when something is told, then this holds on a day.

use jiff::civil::date;

use super::*;
use crate::aggregate::Evolve as _;
use crate::edge::FromText;
use crate::identifiers::Name;
use crate::supervision::domain::{Course, Registered};

fn registered(specialist_since: Option<Date>) -> Option<Supervisor> {
    let mut supervisor = None;
    supervisor.evolve(&Event::from(Registered {
        supervisor: Uuid::nil(),
        sealed: String::new(),
        hpr_lookup: "a".to_owned(),
        specialist_since,
        capacity: None,
        external_ids: vec![],
        municipality: None,
        on: date(2020, 1, 1),
    }));
    supervisor
}

/// Asks for one thing; answers how many facts followed, or the refusal.
fn when(
    supervisor: &mut Option<Supervisor>,
    rule: impl Fn(&Supervisor) -> Result<Vec<Event>, Rejection>,
) -> Result<usize, &'static str> {
    let facts = rule(supervisor.as_ref().expect("registered"));
    let facts = facts.map_err(|rejection| rejection.problem.code)?;
    facts.iter().for_each(|fact| supervisor.evolve(fact));
    Ok(facts.len())
}

#[test]
fn a_specialist_approval_holds_until_it_is_ended_and_can_be_given_again() {
    let mut supervisor = registered(Some(date(2015, 6, 1)));
    let ended = date(2024, 12, 31);
    let again = Period::since(date(2025, 7, 1));
    assert_eq!(when(&mut supervisor, |it| it.end_specialist(ended)), Ok(1));
    assert_eq!(when(&mut supervisor, |it| it.end_specialist(ended)), Ok(0));
    let twice = when(&mut supervisor, |it| it.end_specialist(date(2025, 1, 1)));
    assert_eq!(twice, Err("not_a_specialist"));
    assert_eq!(when(&mut supervisor, |it| it.approve_specialist(again)), Ok(1));
    assert_eq!(when(&mut supervisor, |it| it.approve_specialist(again)), Ok(0));
    let supervisor = supervisor.expect("registered");
    let on = |y, m, d| supervisor.specialist_on(date(y, m, d));
    assert_eq!(
        [on(2015, 5, 31), on(2024, 12, 31), on(2025, 6, 30), on(2025, 7, 1)],
        [false, true, false, true]
    );
}

#[test]
fn the_capacity_is_three_until_told_otherwise_and_from_its_day() {
    let mut supervisor = registered(None);
    let set = |it: &Supervisor| it.set_capacity(TraineeCapacity(5), date(2025, 1, 1));
    assert_eq!(when(&mut supervisor, set), Ok(1));
    assert_eq!(when(&mut supervisor, set), Ok(0));
    let supervisor = supervisor.expect("registered");
    assert_eq!(supervisor.capacity_on(date(2024, 12, 31)), CAPACITY_DEFAULT);
    assert_eq!(supervisor.capacity_on(date(2025, 1, 1)), TraineeCapacity(5));
}

#[test]
fn a_course_counts_from_its_day_until_it_runs_out() {
    let mut supervisor = registered(None);
    let course = Course {
        name: Name::from_text("Veilederkurs").expect("a name"),
        provider: None,
        completed_on: date(2024, 5, 2),
        valid_until: Some(date(2025, 5, 1)),
    };
    let recorded = |it: &Supervisor| it.complete_course(course.clone());
    assert_eq!(when(&mut supervisor, recorded), Ok(1));
    assert_eq!(when(&mut supervisor, recorded), Ok(0));
    let supervisor = supervisor.expect("registered");
    let on = |y, m, d| supervisor.course_on(date(y, m, d));
    assert_eq!(
        [on(2024, 5, 1), on(2024, 5, 2), on(2025, 5, 1), on(2025, 5, 2)],
        [false, true, true, false]
    );
}
