//! Who holds a position when, with which share and how: folded by positions and by trainees alike.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use super::domain::{
    Category, Event, Filled, LeaveReason, ListCeiling, OccupancyFacts, OperatingModel, Patients,
    Term, Terms, TermsChanged, WeekMinutes,
};
use super::problems;
use crate::aggregate::{DecodeError, DomainEvent as _, Fact, Fold};
use crate::external_ids::{self, ExternalIds};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::{MemberValue, Rejection};
use crate::time::{Percent, Period, day_before};

/// From which day what holds. Each quantity has its own, so what is told of one leaves the others.
type Steps<T> = BTreeMap<Date, T>;

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
    /// The document that lets the doctor begin before LIS1 is completed.
    pub lis1_exception: Option<Comment>,
    pub external_ids: ExternalIds,
    /// The first stands from the beginning.
    percents: Steps<Percent>,
    models: Steps<OperatingModel>,
    list_lengths: Steps<Option<Patients>>,
    list_ceilings: Steps<Option<ListCeiling>>,
    protected_minutes: Steps<Option<WeekMinutes>>,
    /// Where its facts were last told whole, for corrections to name.
    pub recorded_at_position: i64,
}

fn in_force<T: Copy>(steps: &Steps<T>, day: Date) -> Option<T> {
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
            lis1_exception: f.lis1_exception.clone(),
            external_ids: ExternalIds::registered(&f.external_ids, at),
            percents: BTreeMap::from([(from, f.percent)]),
            models: BTreeMap::from([(from, f.operating_model)]),
            list_lengths: BTreeMap::from([(from, f.terms.list_length)]),
            list_ceilings: BTreeMap::from([(from, f.terms.list_ceiling)]),
            protected_minutes: BTreeMap::from([(from, f.terms.protected_minutes_per_week)]),
            recorded_at_position: at,
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
        Terms {
            list_length: in_force(&self.list_lengths, day).flatten(),
            list_ceiling: in_force(&self.list_ceilings, day).flatten(),
            protected_minutes_per_week: in_force(&self.protected_minutes, day).flatten(),
        }
    }

    /// How it is, as a correction tells it, if `period` were its days: what held on the first of
    /// them still does.
    pub fn facts_within(&self, period: Period) -> OccupancyFacts {
        OccupancyFacts {
            period,
            percent: self.percent_on(period.from),
            operating_model: self.model_on(period.from),
            end_reason: self.end_reason,
            lis1_exception: self.lis1_exception.clone(),
        }
    }

    /// The days on which something about it changes.
    fn changes(&self) -> impl Iterator<Item = Date> {
        let terms = self.list_lengths.keys().chain(self.list_ceilings.keys());
        let terms = terms.chain(self.protected_minutes.keys());
        let steps = self.percents.keys().chain(self.models.keys()).chain(terms);
        let within = steps.copied().filter(|day| self.period.covers(*day));
        std::iter::once(self.period.from).chain(self.period.day_after()).chain(within)
    }

    pub fn change_terms(&mut self, f: &TermsChanged) {
        let set_terms =
            |term| f.set_terms.as_ref().is_none_or(|set_terms| set_terms.contains(&term));
        if set_terms(Term::Percent) {
            self.percents.insert(f.from, f.percent);
        }
        if set_terms(Term::ListLength) {
            self.list_lengths.insert(f.from, f.terms.list_length);
        }
        if set_terms(Term::ListCeiling) {
            self.list_ceilings.insert(f.from, f.terms.list_ceiling);
        }
        if set_terms(Term::ProtectedMinutesPerWeek) {
            self.protected_minutes.insert(f.from, f.terms.protected_minutes_per_week);
        }
    }

    /// The shares within a period, each with the days it holds.
    fn shares_in(&self, period: &Period) -> Vec<(Period, Percent)> {
        let share = |(from, percent): (&Date, &Percent)| {
            let next = self.percents.keys().find(|day| *day > from).copied();
            let held = Period::try_new(*from, next.map(day_before))?.overlap(period)?;
            Some((held, *percent))
        };
        self.percents.iter().filter_map(share).collect()
    }

    pub fn correct(&mut self, facts: &OccupancyFacts, at: i64) {
        let from = facts.period.from;
        self.period = facts.period;
        self.end_reason = facts.end_reason;
        self.lis1_exception = facts.lis1_exception.clone();
        // A correction tells the beginning anew; later changes within the period still stand.
        for day in [self.percents.keys().next().copied(), Some(from)].into_iter().flatten() {
            self.percents.remove(&day);
            self.models.remove(&day);
        }
        self.percents.retain(|day, _| *day > from);
        self.models.retain(|day, _| *day > from);
        self.percents.insert(from, facts.percent);
        self.models.insert(from, facts.operating_model);
        self.recorded_at_position = at;
    }
}

/// Whose each occupancy of a position is or was told to be, those included that turned out never to
/// have been: their histories stay.
#[derive(Debug, Clone, Default)]
pub struct Holders(BTreeMap<Uuid, (MunicipalityNumber, Uuid)>);

impl Holders {
    /// The municipality and the trainee of an occupancy, if it was ever recorded.
    pub fn of(&self, occupancy: Uuid) -> Option<(MunicipalityNumber, Uuid)> {
        self.0.get(&occupancy).cloned()
    }
}

impl Fold for Holders {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(Event::Filled(f)) = Event::decode(fact)? {
            self.0.insert(f.occupancy, (f.municipality.clone(), f.trainee));
        }
        Ok(())
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
            Event::TermsChanged(f) => {
                self.change(f.occupancy, |occupancy| occupancy.change_terms(f));
            }
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
        }
    }

    /// Takes in what another system calls one of them.
    pub fn rename(&mut self, event: &external_ids::Event, at: i64) {
        self.change(event.resource(), |occupancy| occupancy.external_ids.apply(event, at));
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

    /// The first day on which somebody holds more than `percent`.
    pub fn first_above(&self, percent: Percent) -> Option<Date> {
        let shares = self.0.values().flat_map(|held| held.shares_in(&held.period));
        shares.filter(|(_, share)| *share > percent).map(|(days, _)| days.from).min()
    }

    /// The days on which something changes.
    pub fn changes(&self) -> impl Iterator<Item = Date> {
        self.0.values().flat_map(Occupancy::changes)
    }

    /// Refuses the first day of `period` on which the shares of an occupancy would be above a full
    /// position, together with everything else.
    pub fn room_for_shares(&self, of: &Occupancy, period: &Period) -> Result<(), Rejection> {
        let mut shares = of.shares_in(period).into_iter();
        shares.try_for_each(|(days, percent)| self.room_for(&days, percent, Some(of.id)))
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
                let left = MemberValue::Share(Percent::from_hundredths(left));
                return Err(Rejection::new(&problems::TRAINEE_OVER_FULL_TIME)
                    .with("day", day)
                    .with("left", left)
                    .with("asked", percent));
            }
        }
        Ok(())
    }
}
