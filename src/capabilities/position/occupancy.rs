//! Who holds a position when, with which share and how: folded by positions and by trainees alike.

mod rules;

pub use rules::Fill;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use super::domain::{Category, Event, Filled, LeaveReason, OccupancyFacts, OperatingModel, Terms};
use super::problems;
use crate::identifiers::MunicipalityNumber;
use crate::problem::Rejection;
use crate::time::{Percent, Period};

/// One doctor's time in one position.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Occupancy {
    pub id: Uuid,
    pub position: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub category: Category,
    pub period: Period,
    pub end_reason: Option<LeaveReason>,
    /// From which day which share; the first stands from the beginning.
    percents: BTreeMap<Date, Percent>,
    models: BTreeMap<Date, OperatingModel>,
    terms: BTreeMap<Date, Terms>,
    /// Where its facts were last told whole, for corrections to name.
    pub told_at: i64,
}

fn in_force<T: Copy>(steps: &BTreeMap<Date, T>, day: Date) -> Option<T> {
    let before = steps.range(..=day).next_back();
    before.or_else(|| steps.iter().next()).map(|(_, value)| *value)
}

impl Occupancy {
    fn new(f: &Filled, at: i64) -> Self {
        let from = f.period.from;
        Self {
            id: f.occupancy,
            position: f.position,
            trainee: f.trainee,
            municipality: f.municipality.clone(),
            category: f.category,
            period: f.period,
            end_reason: None,
            percents: BTreeMap::from([(from, f.percent)]),
            models: BTreeMap::from([(from, f.operating_model)]),
            terms: BTreeMap::from([(from, f.terms)]),
            told_at: at,
        }
    }

    /// The share on a day of the period.
    pub fn percent_on(&self, day: Date) -> Percent {
        in_force(&self.percents, day).expect("an occupancy begins with a share")
    }

    /// The operating model on a day of the period.
    pub fn model_on(&self, day: Date) -> OperatingModel {
        in_force(&self.models, day).expect("an occupancy begins with an operating model")
    }

    /// The terms on a day of the period.
    pub fn terms_on(&self, day: Date) -> Terms {
        in_force(&self.terms, day).unwrap_or_default()
    }

    /// The days on which something about it changes.
    fn changes(&self) -> impl Iterator<Item = Date> {
        let steps = self.percents.keys().chain(self.models.keys()).chain(self.terms.keys());
        let within = steps.copied().filter(|day| self.period.covers(*day));
        std::iter::once(self.period.from).chain(self.period.day_after()).chain(within)
    }

    fn correct(&mut self, facts: &OccupancyFacts, at: i64) {
        let from = facts.period.from;
        self.period = facts.period;
        self.end_reason = facts.end_reason;
        // A correction tells the beginning anew; later changes within the period still stand.
        for day in [self.percents.keys().next().copied(), Some(from)].into_iter().flatten() {
            self.percents.remove(&day);
            self.models.remove(&day);
        }
        self.percents.retain(|day, _| *day > from);
        self.models.retain(|day, _| *day > from);
        self.percents.insert(from, facts.percent);
        self.models.insert(from, facts.operating_model);
        self.told_at = at;
    }
}

/// Occupancies of one position, or of one doctor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Occupancies(BTreeMap<Uuid, Occupancy>);

impl Occupancies {
    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event, at: i64) {
        match event {
            Event::Filled(f) => {
                self.0.insert(f.occupancy, Occupancy::new(f, at));
            }
            Event::TermsChanged(f) => self.change(f.occupancy, |occupancy| {
                occupancy.percents.insert(f.from, f.percent);
                occupancy.terms.insert(f.from, f.terms);
            }),
            Event::OperatingModelChanged(f) => self.change(f.occupancy, |occupancy| {
                occupancy.models.insert(f.from, f.operating_model);
            }),
            Event::OccupancyEnded(f) => self.change(f.occupancy, |occupancy| {
                occupancy.period.to = Some(f.to);
                occupancy.end_reason = Some(f.reason);
            }),
            Event::OccupancyCorrected(f) => match &f.facts {
                Some(facts) => self.change(f.occupancy, |occupancy| occupancy.correct(facts, at)),
                None => {
                    self.0.remove(&f.occupancy);
                }
            },
            Event::Established(_)
            | Event::Announced(_)
            | Event::AnnouncementWithdrawn(_)
            | Event::Suspended(_)
            | Event::Resumed(_)
            | Event::Closed(_)
            | Event::Corrected(_) => {}
        }
    }

    fn change(&mut self, occupancy: Uuid, how: impl FnOnce(&mut Occupancy)) {
        if let Some(occupancy) = self.0.get_mut(&occupancy) {
            how(occupancy);
        }
    }

    /// Every occupancy, by beginning.
    pub fn iter(&self) -> impl Iterator<Item = &Occupancy> {
        let mut all: Vec<&Occupancy> = self.0.values().collect();
        all.sort_by_key(|occupancy| (occupancy.period.from, occupancy.id));
        all.into_iter()
    }

    /// One by its id.
    pub fn get(&self, id: Uuid) -> Option<&Occupancy> {
        self.0.get(&id)
    }

    /// The one that holds on a day; of a doctor with several, any.
    pub fn on(&self, day: Date) -> Option<&Occupancy> {
        self.0.values().find(|occupancy| occupancy.period.covers(day))
    }

    /// All that hold on a day.
    pub fn all_on(&self, day: Date) -> impl Iterator<Item = &Occupancy> {
        self.iter().filter(move |occupancy| occupancy.period.covers(day))
    }

    /// One that shares a day with `period`, leaving out `except`.
    pub fn overlapping(&self, period: &Period, except: Option<Uuid>) -> Option<&Occupancy> {
        self.iter()
            .filter(|occupancy| Some(occupancy.id) != except)
            .find(|occupancy| occupancy.period.overlap(period).is_some())
    }

    /// The last day, before `day`, of whoever held it last.
    pub fn last_end_before(&self, day: Date) -> Option<Date> {
        self.0.values().filter_map(|o| o.period.to).filter(|to| *to < day).max()
    }

    /// The first day anybody held it.
    pub fn first_day(&self) -> Option<Date> {
        self.0.values().map(|occupancy| occupancy.period.from).min()
    }

    /// The days on which something changes.
    pub fn changes(&self) -> impl Iterator<Item = Date> {
        self.0.values().flat_map(Occupancy::changes)
    }

    /// Refuses the first day of `period` on which `percent` more would be above a full position.
    /// `except` is left out of the sum: the occupancy that is being changed.
    pub fn room_for(
        &self,
        period: &Period,
        percent: Percent,
        except: Option<Uuid>,
    ) -> Result<(), Rejection> {
        let mut days: Vec<Date> = vec![period.from];
        days.extend(self.changes().filter(|day| period.covers(*day)));
        days.sort_unstable();
        for day in days {
            let held: u32 = self
                .all_on(day)
                .filter(|occupancy| Some(occupancy.id) != except)
                .map(|occupancy| occupancy.percent_on(day).hundredths())
                .sum();
            if held + percent.hundredths() > Percent::FULL.hundredths() {
                let left = Percent::FULL.hundredths().saturating_sub(held);
                let left = Percent::from_hundredths(left).map_or("0".to_owned(), |p| p.to_string());
                return Err(Rejection::new(&problems::TRAINEE_OVER_FULL_TIME)
                    .with("day", day)
                    .with("left", left)
                    .with("asked", percent));
            }
        }
        Ok(())
    }
}
