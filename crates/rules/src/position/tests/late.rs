//! What is told late, or corrected, of one quantity holds until the next that is told of that one.

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::{KARI, Story, comment, percent};
use crate::occupancy::Occupancy;
use crate::occupancy::domain::{
    CeilingReason, Event, ListCeiling, OccupancyFacts, OperatingModel, Patients, Terms,
    TermsChanged,
};
use crate::position::holding::{LiftedTerm, NewTerms};
use crate::time::Period;

const FIRST: Date = date(2020, 1, 1);
const MARCH: Date = date(2020, 3, 1);
const JUNE: Date = date(2020, 6, 1);
const LATER: Date = date(2021, 1, 1);

fn share(share: &str) -> NewTerms {
    NewTerms { percent: Some(percent(share)), ..NewTerms::default() }
}

fn length(patients: u32) -> NewTerms {
    let terms = Terms { list_length: Some(Patients(patients)), ..Terms::default() };
    NewTerms { terms, ..NewTerms::default() }
}

fn ceiling(patients: u32) -> NewTerms {
    let ceiling = ListCeiling { patients: Patients(patients), reason: CeilingReason::Training };
    let terms = Terms { list_ceiling: Some(ceiling), ..Terms::default() };
    NewTerms { terms, ..NewTerms::default() }
}

/// A doctor in a full position since [`FIRST`], with what is told of it.
struct Recorded {
    story: Story,
    id: Uuid,
}

impl Recorded {
    fn new() -> Self {
        let mut story = Story::new("100");
        let id = story.fill(KARI, FIRST, None, "100").expect("free");
        Self { story, id }
    }

    fn terms(&mut self, from: Date, new: &NewTerms) -> Result<usize, &'static str> {
        let facts = self.story.position().change_terms(self.id, from, new, &self.story.held);
        self.story.take(facts)
    }

    fn model(&mut self, from: Date, model: OperatingModel) {
        let facts = self.story.position().change_model(self.id, from, model);
        assert_eq!(self.story.take(facts), Ok(1));
    }

    fn correct(&mut self, facts: OccupancyFacts) {
        let (id, held) = (self.id, &self.story.held);
        let facts = self.story.position().correct_occupancy(id, Some(facts), comment(), held);
        assert_eq!(self.story.take(facts), Ok(1));
    }

    fn occupancy(&self) -> &Occupancy {
        self.story.position().occupancy(self.id).expect("held")
    }

    fn share_on(&self, day: Date) -> String {
        self.occupancy().percent_on(day).to_string()
    }

    fn length_on(&self, day: Date) -> Option<u32> {
        self.occupancy().terms_on(day).list_length.map(|patients| patients.0)
    }
}

#[test]
fn a_share_recorded_late_outlives_an_earlier_record_of_the_list() {
    let mut recorded = Recorded::new();
    assert_eq!(recorded.terms(JUNE, &length(600)), Ok(1));
    assert_eq!(recorded.terms(MARCH, &share("80")), Ok(1));
    assert_eq!(recorded.share_on(date(2020, 2, 29)), "100");
    assert_eq!((recorded.share_on(MARCH), recorded.share_on(JUNE)), ("80".into(), "80".into()));
    assert_eq!(recorded.share_on(LATER), "80");
}

#[test]
fn a_list_recorded_late_outlives_an_earlier_record_of_the_share() {
    let mut recorded = Recorded::new();
    assert_eq!(recorded.terms(JUNE, &share("80")), Ok(1));
    assert_eq!(recorded.terms(MARCH, &length(600)), Ok(1));
    assert_eq!((recorded.length_on(FIRST), recorded.length_on(LATER)), (None, Some(600)));
    assert_eq!(recorded.terms(JUNE, &ceiling(900)), Ok(1));
    assert_eq!(recorded.terms(date(2020, 4, 1), &length(650)), Ok(1));
    assert_eq!(recorded.length_on(LATER), Some(650));
}

#[test]
fn a_share_that_was_told_for_a_later_day_still_begins_there() {
    let mut recorded = Recorded::new();
    assert_eq!(recorded.terms(JUNE, &share("60")), Ok(1));
    assert_eq!(recorded.terms(MARCH, &share("80")), Ok(1));
    assert_eq!((recorded.share_on(MARCH), recorded.share_on(JUNE)), ("80".into(), "60".into()));
}

#[test]
fn a_corrected_share_outlives_what_was_told_of_the_list() {
    let mut recorded = Recorded::new();
    assert_eq!(recorded.terms(JUNE, &length(600)), Ok(1));
    recorded.correct(OccupancyFacts {
        period: Period::since(FIRST),
        percent: percent("50"),
        operating_model: OperatingModel::Salaried,
        end_reason: None,
        lis1_exception: None,
    });
    assert_eq!((recorded.share_on(FIRST), recorded.share_on(LATER)), ("50".into(), "50".into()));
}

#[test]
fn a_share_told_late_has_room_until_the_next_one() {
    let mut recorded = Recorded::new();
    assert_eq!(recorded.terms(FIRST, &share("40")), Ok(1));
    assert_eq!(recorded.terms(JUNE, &length(600)), Ok(1));
    // Elsewhere the doctor begins on half of a position after June.
    let mut elsewhere = Story::new("100");
    elsewhere.next = 500;
    elsewhere.fill(KARI, LATER, None, "50").expect("free");
    let mut held = recorded.story.held.clone();
    for other in elsewhere.facts {
        other.to(&mut None, &mut held);
    }
    let facts = recorded.story.position().change_terms(recorded.id, MARCH, &share("60"), &held);
    assert_eq!(facts.map_err(|no| no.problem.code), Err("trainee_over_full_time"));
}

#[test]
fn a_ceiling_is_lifted_from_a_day_and_may_be_set_again() {
    let mut recorded = Recorded::new();
    assert_eq!(recorded.terms(FIRST, &ceiling(900)), Ok(1));
    let lifted = NewTerms { lifted: vec![LiftedTerm::ListCeiling], ..share("80") };
    assert_eq!(recorded.terms(JUNE, &lifted), Ok(1));
    assert_eq!(recorded.terms(MARCH, &length(600)), Ok(1));
    let terms = |recorded: &Recorded, day| recorded.occupancy().terms_on(day);
    assert!(terms(&recorded, date(2020, 5, 31)).list_ceiling.is_some());
    assert_eq!(terms(&recorded, JUNE).list_ceiling, None);
    assert_eq!(recorded.length_on(JUNE), Some(600));
    assert_eq!(recorded.terms(JUNE, &lifted), Ok(0), "it is lifted already");
    assert_eq!(recorded.terms(LATER, &ceiling(800)), Ok(1));
    assert!(terms(&recorded, LATER).list_ceiling.is_some());
}

#[test]
fn what_was_recorded_when_all_terms_were_told_every_time_means_what_it_meant() {
    let mut recorded = Recorded::new();
    let Occupancy { position, trainee, municipality, .. } = recorded.occupancy().clone();
    let old = TermsChanged {
        position,
        occupancy: recorded.id,
        trainee,
        municipality,
        from: JUNE,
        percent: percent("100"),
        terms: Terms { list_length: Some(Patients(600)), ..Terms::default() },
        set_terms: None,
    };
    assert_eq!(recorded.story.take(Ok(vec![Event::from(old)])), Ok(1));
    assert_eq!(recorded.terms(MARCH, &share("80")), Ok(1));
    assert_eq!((recorded.share_on(MARCH), recorded.share_on(JUNE)), ("80".into(), "100".into()));
}

#[test]
fn correcting_first_day_after_a_change_keeps_the_changed_share() {
    let mut recorded = Recorded::new();
    assert_eq!(recorded.terms(MARCH, &share("80")), Ok(1));
    assert_eq!(recorded.terms(MARCH, &length(600)), Ok(1));
    recorded.model(MARCH, OperatingModel::SelfEmployed);
    let occupancy = recorded.occupancy();
    let facts = occupancy.facts_within(Period::since(JUNE));
    assert_eq!(facts.percent, percent("80"));
    assert_eq!(facts.operating_model, OperatingModel::SelfEmployed);
    recorded.correct(facts);
    assert_eq!(recorded.share_on(LATER), "80");
    assert_eq!(recorded.occupancy().model_on(LATER), OperatingModel::SelfEmployed);
    assert_eq!(recorded.length_on(LATER), Some(600));
}
