//! What goes on about somebody: given facts, on a day.

use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::aggregate::{Fact, Fold};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8058";
const OTHER: &str = "01890a5d-ac96-774b-bcce-b302099a8061";
/// The last day of every period below.
const LAST: Date = date(2020, 12, 31);

fn given<S: Fold>(facts: &[(&str, Value)]) -> S {
    let mut state = S::default();
    for (kind, payload) in facts {
        let payload = payload.to_string();
        let fact = Fact {
            position: 1,
            id: uuid::Uuid::nil(),
            kind,
            payload: &payload,
            recorded_at: jiff::Timestamp::UNIX_EPOCH,
        };
        state.apply(&fact).expect("the fact can be read");
    }
    state
}

fn year() -> Value {
    json!({"from": "2020-01-01", "to": LAST})
}

/// On the last day something goes on, and on the next one no longer.
fn until_the_last_day(goes_on: impl Fn(Date) -> bool) {
    assert!(goes_on(date(2019, 12, 31)), "what is to come goes on too");
    assert!(goes_on(LAST));
    assert!(!goes_on(date(2021, 1, 1)));
}

fn proposed() -> (&'static str, Value) {
    let proposed = json!({"assignment": OTHER, "trainee": ID, "supervisor": ID,
        "kind": "individual", "period": year(), "mode": "on_site", "on": "2020-01-01"});
    ("supervisor_assignment.proposed.v1", proposed)
}

fn declined() -> (&'static str, Value) {
    let declined = json!({"assignment": OTHER, "trainee": ID, "supervisor": ID,
        "on": "2020-01-02"});
    ("supervisor_assignment.declined.v1", declined)
}

fn trainee() -> (&'static str, Value) {
    let registered = json!({"trainee": ID, "sealed": "", "hpr_lookup": "a", "scheme": "new",
        "external_ids": [], "on": "2020-01-01"});
    ("trainee.registered.v1", registered)
}

fn supervisor() -> (&'static str, Value) {
    let registered = json!({"supervisor": ID, "sealed": "", "hpr_lookup": "a",
        "external_ids": [], "on": "2020-01-01"});
    ("supervisor.registered.v1", registered)
}

fn nothing<S: Fold>() -> S {
    given(&[])
}

#[test]
fn a_doctors_position_goes_on_until_its_last_day() {
    let filled = json!({"category": "regular_gp", "municipality": "5401", "occupancy": OTHER,
        "operating_model": "salaried", "percent": 50, "period": year(), "position": OTHER,
        "trainee": ID});
    let trainee_state: Option<Trainee> = given(&[trainee(), ("position.filled.v1", filled)]);
    until_the_last_day(|day| of_trainee(&trainee_state, &nothing(), &nothing(), day));
    let idle: Option<Trainee> = given(&[trainee()]);
    assert!(!of_trainee(&idle, &nothing(), &nothing(), LAST));
}

#[test]
fn a_plan_goes_on_until_it_is_put_away() {
    let by = json!({"trainee": ID, "plan": "alm", "by": OTHER, "municipality": "5401"});
    let with = |more: Value| {
        let mut all = by.clone();
        let members = more.as_object().expect("an object").clone();
        all.as_object_mut().expect("an object").extend(members);
        all
    };
    let assigned = with(json!({"curriculum": "demo-1", "goals": 2, "on": "2020-02-01"}));
    let archived = with(json!({"reason": "Left", "on": "2020-03-01"}));
    let trainee_state: Option<Trainee> = given(&[trainee()]);
    let goes_on = |facts: &[(&str, Value)]| {
        of_trainee(&trainee_state, &given(facts), &nothing(), date(2099, 1, 1))
    };
    let assigned = ("plan.assigned.v1", assigned);
    assert!(goes_on(std::slice::from_ref(&assigned)));
    assert!(!goes_on(&[assigned, ("plan.archived.v1", archived)]));
}

#[test]
fn an_assignment_goes_on_for_both_unless_it_was_declined() {
    let trainee_state: Option<Trainee> = given(&[trainee()]);
    let of_proposals =
        |facts: &[_], day| of_trainee(&trainee_state, &nothing(), &given(facts), day);
    until_the_last_day(|day| of_proposals(&[proposed()], day));
    assert!(!of_proposals(&[proposed(), declined()], LAST));
    let with = |more: &[_]| given::<Option<Supervisor>>(&[&[supervisor()][..], more].concat());
    until_the_last_day(|day| of_supervisor(&with(&[proposed()]), day));
    assert!(!of_supervisor(&with(&[proposed(), declined()]), LAST));
    assert!(!of_supervisor(&with(&[]), LAST));
}

#[test]
fn an_exemption_goes_on_while_it_lets_somebody_supervise() {
    let about = |on: &str| {
        json!({"exemption": OTHER, "supervisor": ID, "municipality": "5401",
        "on": on})
    };
    let (mut drafted, mut granted) = (about("2019-12-01"), about("2019-12-03"));
    drafted["application"] = json!({});
    granted["period"] = year();
    let draft = ("supervision_exemption.drafted.v1", drafted);
    let facts = [
        supervisor(),
        draft.clone(),
        ("supervision_exemption.submitted.v1", about("2019-12-02")),
        ("supervision_exemption.granted.v1", granted),
    ];
    until_the_last_day(|day| of_supervisor(&given(&facts), day));
    assert!(!of_supervisor(&given(&[supervisor(), draft]), LAST), "asked for, and never more");
}

#[test]
fn a_term_goes_on_and_a_delegated_one_no_longer_than_what_it_rests_on() {
    let registered = |period: Value, delegation: Value| {
        let mut fact = json!({"leader": ID, "sealed": "", "term": ID, "municipality": "5401",
            "period": period, "on": "2020-01-01"});
        if !delegation.is_null() {
            fact["delegation"] = delegation;
        }
        given::<Option<Leader>>(&[("leader.registered.v1", fact)])
    };
    let own = registered(year(), Value::Null);
    until_the_last_day(|day| of_leader(&own, day));
    let open = json!({"from": "2020-01-01", "to": null});
    let lent = json!({"by": OTHER, "term": OTHER, "period": year()});
    let delegate = registered(open.clone(), lent);
    until_the_last_day(|day| of_leader(&delegate, day));
    assert!(of_leader(&registered(open, Value::Null), date(2099, 1, 1)));
}
