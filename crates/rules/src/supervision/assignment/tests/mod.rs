//! Given some facts, when somebody asks for more, then these follow or are refused.

mod sequences;

use jiff::Timestamp;
use jiff::civil::date;

use super::super::application::Application;
use super::super::domain::{ExemptionDrafted, ExemptionGranted, Registered, SpecialistStatusEnded};
use super::super::supervisor::{Status, Supervisor};
use super::*;
use crate::aggregate::{Evolve as _, NewFact};
use crate::edge::FromText;
use crate::identifiers::Comment;
use crate::occupancy;
use crate::occupancy::domain::{Category, Filled, OperatingModel, Terms};
use crate::reference::Lineage;
use crate::reference::lineage::tests::tromso;
use crate::time::Percent;
use crate::trainee::{self, Trainee};

const TRAINEE: Uuid = Uuid::from_u128(1);
const SPECIALIST: Uuid = Uuid::from_u128(11);
const OTHER_SPECIALIST: Uuid = Uuid::from_u128(12);
const NO_SPECIALIST: Uuid = Uuid::from_u128(13);
const SAME_PERSON: Uuid = Uuid::from_u128(14);

fn municipality(number: &str) -> MunicipalityNumber {
    MunicipalityNumber::from_text(number).expect("a number")
}

fn days(from: Date, to: Date) -> Period {
    Period::try_new(from, Some(to)).expect("the test's days are in order")
}

/// One trainee, some supervisors, and what happens between them.
struct World {
    trainee: Trainee,
    supervisors: BTreeMap<Uuid, Option<Supervisor>>,
    supervision: Assignments,
    lineage: Lineage,
    proposed: u128,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            trainee: trainee(),
            supervisors: BTreeMap::new(),
            supervision: Assignments::default(),
            lineage: Lineage::default(),
            proposed: 100,
        };
        for (id, lookup, specialist) in [
            (SPECIALIST, "b", true),
            (OTHER_SPECIALIST, "c", true),
            (NO_SPECIALIST, "d", false),
            (SAME_PERSON, "a", true),
        ] {
            let registered = Registered {
                supervisor: id,
                sealed: String::new(),
                hpr_lookup: lookup.to_owned(),
                specialist_since: specialist.then_some(date(2010, 1, 1)),
                capacity: None,
                external_ids: vec![],
                municipality: None,
                on: date(2020, 1, 1),
            };
            world.supervisors.insert(id, None);
            world.given(id, registered);
        }
        world
    }

    fn given(&mut self, supervisor: Uuid, fact: impl Into<Event>) {
        let fact = fact.into();
        self.supervision.evolve(&fact);
        self.supervisors.get_mut(&supervisor).expect("registered above").evolve(&fact);
    }

    fn exempt(&mut self, number: &str, period: Period) {
        let (exemption, on) = (Uuid::from_u128(50), period.from);
        let (supervisor, municipality) = (NO_SPECIALIST, municipality(number));
        let application = Application::default();
        let place = municipality.clone();
        let mut took_over = self.lineage.behind(&place, on);
        took_over.remove(&place);
        let drafted = ExemptionDrafted {
            exemption,
            supervisor,
            municipality: place,
            took_over,
            application,
            on,
            external_ids: vec![],
        };
        self.given(NO_SPECIALIST, drafted);
        let retroactive = None;
        let granted =
            ExemptionGranted { exemption, supervisor, municipality, on, period, retroactive };
        self.given(NO_SPECIALIST, granted);
    }

    fn supervisor(&self, id: Uuid) -> &Supervisor {
        self.supervisors[&id].as_ref().expect("registered")
    }

    /// Decides with everybody at hand, and records what follows.
    fn when(
        &mut self,
        supervisor: Uuid,
        rule: impl FnOnce(&Parties<'_>) -> Result<Vec<Event>, Rejection>,
    ) -> Result<usize, &'static str> {
        let parties = Parties {
            supervisor: self.supervisor(supervisor),
            trainee: &self.trainee,
            supervision: &self.supervision,
            lineage: &self.lineage,
        };
        let facts = rule(&parties).map_err(|rejection| rejection.problem.code)?;
        for fact in &facts {
            self.given(supervisor, fact.clone());
        }
        Ok(facts.len())
    }

    fn propose(
        &mut self,
        by: Uuid,
        period: Period,
        kind: AssignmentKind,
    ) -> Result<Uuid, &'static str> {
        self.proposed += 1;
        let assignment = Uuid::from_u128(self.proposed);
        let proposal = Proposal {
            assignment,
            kind,
            period,
            mode: SupervisionMode::OnSite,
            same_office: None,
            planned_minutes_per_month: None,
            on: date(2025, 1, 1),
            external_ids: vec![],
        };
        self.when(by, |parties| parties.propose(proposal)).map(|_| assignment)
    }

    fn accepted(&mut self, by: Uuid, period: Period) -> Uuid {
        let id = self.propose(by, period, AssignmentKind::Individual).expect("proposed");
        assert_eq!(self.when(by, |parties| parties.accept(id, date(2025, 1, 1))), Ok(1));
        id
    }

    fn status(&self, by: Uuid, id: Uuid, day: Date) -> Option<Status> {
        let supervisor = self.supervisor(by);
        supervisor.status_on(supervisor.assignments.get(id).expect("proposed"), day)
    }
}

/// A doctor who holds a position in 5401 since 2020.
fn trainee() -> Trainee {
    let mut trainee = None;
    trainee.evolve(&trainee::Event::from(trainee::domain::Registered {
        trainee: TRAINEE,
        sealed: String::new(),
        hpr_lookup: "a".to_owned(),
        scheme: trainee::domain::Scheme::New,
        lis1_completed_on: None,
        external_ids: vec![],
        municipality: None,
        on: date(2020, 1, 1),
    }));
    let filled = occupancy::Event::from(Filled {
        position: Uuid::from_u128(2),
        occupancy: Uuid::from_u128(3),
        trainee: TRAINEE,
        municipality: municipality("5401"),
        category: Category::RegularGp,
        period: Period::since(date(2020, 1, 1)),
        percent: Percent::FULL,
        operating_model: OperatingModel::Salaried,
        terms: Terms::default(),
        lis1_exception: None,
        external_ids: vec![],
    });
    let fact = NewFact::of(&filled);
    trainee.apply(&fact.as_fact(1, Timestamp::UNIX_EPOCH)).expect("folds");
    trainee.expect("registered")
}

const YEAR: fn(i16) -> Period = |year| days(date(year, 1, 1), date(year, 12, 31));

#[test]
fn nobody_supervises_themself() {
    let mut world = World::new();
    let refused = world.propose(SAME_PERSON, YEAR(2025), AssignmentKind::Individual);
    assert_eq!(refused, Err("supervisor_is_trainee"));
}

#[test]
fn who_is_no_specialist_supervises_only_where_and_while_an_exemption_holds() {
    let mut world = World::new();
    let ask = |world: &mut World, from| {
        world.propose(NO_SPECIALIST, Period::since(from), AssignmentKind::Individual)
    };
    assert_eq!(ask(&mut world, date(2025, 1, 1)), Err("supervisor_not_qualified"));
    world.exempt("5402", YEAR(2025));
    assert_eq!(ask(&mut world, date(2025, 1, 1)), Err("supervisor_not_qualified"));

    let mut world = World::new();
    world.exempt("5401", YEAR(2025));
    assert_eq!(ask(&mut world, date(2024, 12, 31)), Err("supervisor_not_qualified"));
    let id = world.accepted(NO_SPECIALIST, Period::since(date(2025, 1, 1)));
    let on = |day| world.status(NO_SPECIALIST, id, day);
    assert_eq!(on(date(2025, 12, 31)), Some(Status::Active));
    assert_eq!(on(date(2026, 1, 1)), Some(Status::Lapsed { since: date(2026, 1, 1) }));
    assert_eq!(on(date(2027, 1, 1)), Some(Status::Lapsed { since: date(2026, 1, 1) }));
}

#[test]
fn an_exemption_holds_under_each_number_of_its_municipality() {
    let mut world = World::new();
    world.exempt("5501", YEAR(2025));
    let ask = |world: &mut World| {
        world.propose(NO_SPECIALIST, YEAR(2025), AssignmentKind::Individual).map(|_| ())
    };
    assert_eq!(ask(&mut world), Err("supervisor_not_qualified"), "nothing tells they are one");
    // Told before it was known what 5501 took over, it is found all the same.
    world.lineage = tromso();
    let id = world.accepted(NO_SPECIALIST, YEAR(2025));
    let june = date(2025, 6, 1);
    assert_eq!(world.status(NO_SPECIALIST, id, june), Some(Status::Active));

    let mut world = World::new();
    world.lineage = tromso();
    world.exempt("5501", YEAR(2025));
    let id = world.accepted(NO_SPECIALIST, YEAR(2025));
    assert_eq!(world.status(NO_SPECIALIST, id, june), Some(Status::Active));
    let assignments = &world.supervisor(NO_SPECIALIST).assignments;
    let filed = assignments.get(id).map(|it| it.municipality.clone());
    assert_eq!(filed, Ok(Some(municipality("5401"))));
}

#[test]
fn an_assignment_lapses_with_the_approval_and_is_active_again_under_the_next() {
    let mut world = World::new();
    let id = world.accepted(SPECIALIST, Period::since(date(2025, 1, 1)));
    let (supervisor, to) = (SPECIALIST, date(2025, 3, 31));
    world.given(SPECIALIST, SpecialistStatusEnded { supervisor, to });
    let lapsed = Some(Status::Lapsed { since: date(2025, 4, 1) });
    assert_eq!(world.status(SPECIALIST, id, date(2025, 3, 31)), Some(Status::Active));
    assert_eq!(world.status(SPECIALIST, id, date(2025, 7, 1)), lapsed);
    let facts = world.supervisor(SPECIALIST).approve_specialist(Period::since(date(2025, 6, 1)));
    for fact in facts.expect("allowed") {
        world.given(SPECIALIST, fact);
    }
    assert_eq!(world.status(SPECIALIST, id, date(2025, 5, 31)), lapsed);
    assert_eq!(world.status(SPECIALIST, id, date(2025, 7, 1)), Some(Status::Active));
}

#[test]
fn a_trainee_has_one_supervisor_a_day_and_a_host_beside() {
    let mut world = World::new();
    let first = world.accepted(SPECIALIST, YEAR(2025));
    let (individual, host) = (AssignmentKind::Individual, AssignmentKind::TemporaryHost);
    let last_day = Period::since(date(2025, 12, 31));
    let asked = world.propose(OTHER_SPECIALIST, last_day, individual);
    assert_eq!(asked, Err("trainee_has_supervisor"));
    assert!(world.propose(OTHER_SPECIALIST, last_day, host).is_ok());
    assert!(world.propose(OTHER_SPECIALIST, Period::since(date(2026, 1, 1)), individual).is_ok());
    // While the first one rests, another may take over, and then the first cannot go on.
    let pause = |parties: &Parties<'_>| parties.get(first)?.pause(date(2025, 6, 1), None);
    assert_eq!(world.when(SPECIALIST, pause), Ok(1));
    world.accepted(OTHER_SPECIALIST, days(date(2025, 6, 1), date(2025, 8, 31)));
    let resume = |day| move |parties: &Parties<'_>| parties.resume(first, day);
    let refused = world.when(SPECIALIST, resume(date(2025, 8, 31)));
    assert_eq!(refused, Err("trainee_has_supervisor"));
    assert_eq!(world.when(SPECIALIST, resume(date(2025, 9, 1))), Ok(1));
    assert_eq!(world.when(SPECIALIST, resume(date(2025, 9, 1))), Ok(0));
}

#[test]
fn a_trainee_has_several_clinical_supervisors_who_need_be_no_specialists() {
    let mut world = World::new();
    world.accepted(SPECIALIST, YEAR(2025));
    let clinical = AssignmentKind::Clinical;
    let day = date(2025, 3, 1);
    for by in [NO_SPECIALIST, OTHER_SPECIALIST] {
        let id = world.propose(by, YEAR(2025), clinical).expect("proposed");
        assert_eq!(world.when(by, |parties| parties.accept(id, date(2025, 1, 1))), Ok(1));
        assert_eq!(world.status(by, id, day), Some(Status::Active));
        // Such a one speaks on goals and is not the trainee's supervisor, nor at their capacity.
        assert!(!world.supervisor(by).supervises(TRAINEE, day));
        assert_eq!(world.supervisor(by).load().on(day), 0);
    }
    let own = world.propose(SAME_PERSON, YEAR(2025), clinical);
    assert_eq!(own, Err("supervisor_is_trainee"));
}

#[test]
fn of_two_proposals_for_the_same_days_one_can_be_accepted() {
    let mut world = World::new();
    let kind = AssignmentKind::Individual;
    let one = world.propose(SPECIALIST, YEAR(2025), kind).expect("proposed");
    let other = world.propose(OTHER_SPECIALIST, YEAR(2025), kind).expect("proposed");
    let on = date(2025, 1, 1);
    assert_eq!(world.when(OTHER_SPECIALIST, |parties| parties.accept(other, on)), Ok(1));
    let refused = world.when(SPECIALIST, |parties| parties.accept(one, on));
    assert_eq!(refused, Err("trainee_has_supervisor"));
    assert_eq!(world.when(OTHER_SPECIALIST, |parties| parties.accept(other, on)), Ok(0));
}

#[test]
fn what_is_not_agreed_neither_rests_nor_ends_and_what_is_declined_stays_so() {
    let mut world = World::new();
    let kind = AssignmentKind::Individual;
    let id = world.propose(SPECIALIST, YEAR(2025), kind).expect("proposed");
    let day = date(2025, 2, 1);
    let reason = SupervisionEndReason::Other;
    let refused = Err("assignment_status");
    let pause = |parties: &Parties<'_>| parties.get(id)?.pause(day, None);
    let decline = |parties: &Parties<'_>| parties.get(id)?.decline(day);
    assert_eq!(world.when(SPECIALIST, pause), refused);
    assert_eq!(world.when(SPECIALIST, |parties| parties.resume(id, day)), refused);
    assert_eq!(world.when(SPECIALIST, |parties| parties.end(id, day, reason)), refused);
    assert_eq!(world.when(SPECIALIST, decline), Ok(1));
    assert_eq!(world.when(SPECIALIST, decline), Ok(0));
    assert_eq!(world.when(SPECIALIST, |parties| parties.accept(id, day)), refused);
    assert_eq!(world.status(SPECIALIST, id, date(2025, 1, 31)), Some(Status::Proposed));
    assert_eq!(world.status(SPECIALIST, id, day), Some(Status::Declined));
    let id = world.accepted(SPECIALIST, YEAR(2025));
    assert_eq!(world.when(SPECIALIST, |parties| parties.get(id)?.decline(day)), refused);
}

#[test]
fn an_assignment_is_accepted_until_its_first_day_and_ended_after_its_last() {
    let mut world = World::new();
    let id = world.accepted(SPECIALIST, YEAR(2026));
    let on = |day| world.status(SPECIALIST, id, day);
    assert_eq!(on(date(2024, 12, 31)), None);
    assert_eq!(on(date(2025, 1, 1)), Some(Status::Accepted));
    assert_eq!(on(date(2026, 1, 1)), Some(Status::Active));
    assert_eq!(on(date(2027, 1, 1)), Some(Status::Ended));
}

#[test]
fn an_agreed_end_may_be_moved_and_a_told_one_only_corrected() {
    let mut world = World::new();
    let id = world.accepted(SPECIALIST, YEAR(2025));
    let reason = SupervisionEndReason::TraineeLeft;
    let end = |to| move |parties: &Parties<'_>| parties.end(id, to, reason);
    assert_eq!(world.when(SPECIALIST, end(date(2024, 12, 31))), Err("outside_assignment"));
    assert_eq!(world.when(SPECIALIST, end(date(2026, 1, 31))), Ok(1));
    assert_eq!(world.when(SPECIALIST, end(date(2026, 1, 31))), Ok(0));
    assert_eq!(world.when(SPECIALIST, end(date(2025, 1, 31))), Err("assignment_status"));
    let facts = AssignmentFacts { period: YEAR(2025), end_reason: Some(reason) };
    let why = Comment::from_text("mistyped").expect("a comment");
    let correct = |parties: &Parties<'_>| parties.correct(id, Some(facts), why.clone());
    assert_eq!(world.when(SPECIALIST, correct), Ok(1));
    assert_eq!(world.when(SPECIALIST, correct), Ok(0));
    assert_eq!(world.status(SPECIALIST, id, date(2026, 1, 1)), Some(Status::Ended));
    let never = |parties: &Parties<'_>| parties.correct(id, None, why.clone());
    assert_eq!(world.when(SPECIALIST, never), Ok(1));
    assert!(world.supervisor(SPECIALIST).assignments.get(id).is_err());
}

#[test]
fn a_later_told_earlier_rest_lasts_until_the_next_resumption() {
    let mut world = World::new();
    let id = world.accepted(SPECIALIST, YEAR(2025));
    let pause = |day| move |parties: &Parties<'_>| parties.get(id)?.pause(day, None);
    assert_eq!(world.when(SPECIALIST, pause(date(2025, 6, 1))), Ok(1));
    assert_eq!(world.when(SPECIALIST, |parties| parties.resume(id, date(2025, 7, 1))), Ok(1));
    assert_eq!(world.when(SPECIALIST, pause(date(2025, 5, 1))), Ok(1));
    assert_eq!(world.when(SPECIALIST, pause(date(2025, 6, 15))), Ok(0));
    assert_eq!(world.when(SPECIALIST, pause(date(2026, 1, 1))), Err("outside_assignment"));
    let since = date(2025, 5, 1);
    let on = |day| world.status(SPECIALIST, id, day);
    assert_eq!(on(date(2025, 6, 30)), Some(Status::Paused { since }));
    assert_eq!(on(date(2025, 7, 1)), Some(Status::Active));
}

#[test]
fn a_proposal_that_nobody_answered_ends_with_its_last_day() {
    let mut world = World::new();
    let id = world.propose(SPECIALIST, YEAR(2025), AssignmentKind::Individual).expect("proposed");
    let last = date(2025, 12, 31);
    assert_eq!(world.status(SPECIALIST, id, last), Some(Status::Proposed));
    assert_eq!(world.status(SPECIALIST, id, date(2026, 1, 1)), Some(Status::Ended));
    // A no that is told for a later day was none on the days between.
    let decline = |parties: &Parties<'_>| parties.get(id)?.decline(date(2026, 2, 1));
    assert_eq!(world.when(SPECIALIST, decline), Ok(1));
    assert_eq!(world.status(SPECIALIST, id, last), Some(Status::Proposed));
    assert_eq!(world.status(SPECIALIST, id, date(2026, 1, 1)), Some(Status::Ended));
    assert_eq!(world.status(SPECIALIST, id, date(2026, 2, 1)), Some(Status::Declined));
}
