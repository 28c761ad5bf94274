//! How many positions of a programme a municipality may have, and which it has.
//!
//! This is a state of its own, folded from the facts tagged with the quota: participations of one
//! municipality in one programme, and its positions established, corrected and closed. So two
//! municipalities never wait for one another, and two positions of one municipality always do.
//!
//! A municipality with a new number, or merged from others, has a quota under each number; for a
//! decision they are put [`together`], so that a new number brings no new places.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{
    Event, MunicipalityJoined, MunicipalityLeft, ParticipationCorrected, ParticipationFacts,
    PositionCount,
};
use super::problems;
use super::state::Programme;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold};
use crate::edge::UNKNOWN_REFERENCE;
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::position;
use crate::problem::Rejection;
use crate::reference::Lineage;
use crate::time::Period;

/// A municipality takes part in a programme with at most so many positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Participation {
    pub period: Period,
    pub quota: PositionCount,
    /// Where that was last told, for corrections to name.
    recorded_at_position: i64,
}

impl Participation {
    fn facts(&self) -> ParticipationFacts {
        ParticipationFacts { period: self.period, quota: self.quota }
    }
}

/// All participations of one municipality in one programme, in order, without overlap.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Participations(Vec<Participation>);

impl Participations {
    /// Takes in that the municipality takes part; the same first day replaces.
    pub fn join(&mut self, fact: &MunicipalityJoined, at: i64) {
        let facts = ParticipationFacts { period: fact.period, quota: fact.quota };
        self.replace(fact.period.from, Some(facts), at);
    }

    /// Takes in that it takes part no longer.
    pub fn leave(&mut self, fact: &MunicipalityLeft, at: i64) {
        if let Some(held) = self.0.iter_mut().find(|held| held.period.from == fact.from) {
            held.period.to = Some(fact.to);
            held.recorded_at_position = at;
        }
    }

    /// Takes in how it really took part, or that it did not.
    pub fn correct(&mut self, fact: &ParticipationCorrected, at: i64) {
        self.replace(fact.was, fact.facts, at);
    }

    fn replace(&mut self, from: Date, by: Option<ParticipationFacts>, at: i64) {
        self.0.retain(|held| held.period.from != from);
        self.0.extend(by.map(|ParticipationFacts { period, quota }| Participation {
            period,
            quota,
            recorded_at_position: at,
        }));
        self.0.sort_by_key(|held| held.period.from);
    }

    /// The participation on a day.
    pub fn on(&self, day: Date) -> Option<&Participation> {
        self.0.iter().find(|held| held.period.covers(day))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Participation> {
        self.0.iter()
    }

    /// The days on which they begin and have ended.
    pub fn changes(&self) -> impl Iterator<Item = Date> {
        self.iter().flat_map(|held| [Some(held.period.from), held.period.day_after()]).flatten()
    }
}

/// A position of the programme in the municipality.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Held {
    from: Date,
    /// From this day it exists no more.
    closed_on: Option<Date>,
}

impl Held {
    fn is_closed_on(&self, day: Date) -> bool {
        self.closed_on.is_some_and(|closed| closed <= day)
    }
}

/// Participations and positions of one municipality in one programme.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quota {
    participations: Participations,
    positions: BTreeMap<Uuid, Held>,
    /// Quotas under the numbers that this one took over.
    behind: Vec<Quota>,
    /// They come beside its own: the number was in use before it took them over.
    adds_up: bool,
    /// Quotas under the numbers that this one was exchanged for later.
    ahead: Vec<Quota>,
}

/// The quota of a number on a day, with those under the other numbers of the same municipality;
/// `quotas` are those of [`numbers`].
pub fn together(
    number: &MunicipalityNumber,
    lineage: &Lineage,
    day: Date,
    quotas: &mut BTreeMap<MunicipalityNumber, Quota>,
) -> Quota {
    // Taking each out once counts none twice and comes to an end, whatever was recorded.
    let mut own = quotas.remove(number).unwrap_or_default();
    own.adds_up = lineage.was_there_before(number, day);
    let later = lineage.exchanged_for(number, Date::MAX).into_iter();
    own.ahead = later.filter_map(|later| quotas.remove(later)).collect();
    for predecessor in lineage.predecessors(number, day) {
        if quotas.contains_key(predecessor) {
            own.behind.push(together(predecessor, lineage, day, quotas));
        }
    }
    own
}

/// The numbers whose quotas count together with that of one on a day.
pub fn numbers(
    number: &MunicipalityNumber,
    lineage: &Lineage,
    day: Date,
) -> BTreeSet<MunicipalityNumber> {
    let later = lineage.exchanged_for(number, Date::MAX).into_iter().cloned();
    lineage.behind(number, day).into_iter().chain(later).collect()
}

impl Quota {
    /// Whether the municipality has ever taken part.
    pub fn has_participations(&self) -> bool {
        let mut others = self.behind.iter().chain(&self.ahead);
        !self.participations.0.is_empty() || others.any(Quota::has_participations)
    }

    /// How many positions the municipality may have on a day, if it takes part: the sum of what was
    /// told for the numbers that it took over, until it takes part under a new number.
    fn places_on(&self, day: Date) -> Option<usize> {
        let own = self.participations.on(day).map(|held| usize::from(held.quota.0));
        if own.is_some() && !self.adds_up {
            return own;
        }
        let behind = self.behind.iter().map(|quota| quota.places_on(day));
        behind.chain([own]).flatten().reduce(|one, other| one + other)
    }

    /// Every position of the municipality, whichever number it is filed under.
    fn all_positions(&self) -> Vec<(&Uuid, &Held)> {
        let others = self.behind.iter().chain(&self.ahead).flat_map(Quota::all_positions);
        self.positions.iter().chain(others).collect()
    }

    /// Positions under later numbers that have their places by participations under this one.
    fn leaning(&self) -> impl Iterator<Item = &Held> {
        self.ahead.iter().flat_map(|later| {
            let own = move |held: &&Held| later.participations.on(held.from).is_some();
            later.positions.values().filter(move |held| !own(held))
        })
    }

    /// Takes in a fact about the programme, recorded at `at`.
    pub fn evolve_at(&mut self, event: &Event, at: i64) {
        match event {
            Event::MunicipalityJoined(f) => self.participations.join(f, at),
            Event::MunicipalityLeft(f) => self.participations.leave(f, at),
            Event::ParticipationCorrected(f) => self.participations.correct(f, at),
            Event::Started(_)
            | Event::Corrected(_)
            | Event::PhaseSet(_)
            | Event::PhaseCorrected(_)
            | Event::SubsidySet(_)
            | Event::SubsidyCorrected(_)
            | Event::MunicipalityApplied(_)
            | Event::ApplicationDecided(_) => {}
        }
    }

    /// Takes in a fact that is about to be recorded.
    pub fn evolve(&mut self, event: &Event) {
        self.evolve_at(event, i64::MAX);
    }

    /// Takes in a fact about a position of the programme in the municipality.
    pub fn evolve_position(&mut self, event: &position::Event) {
        match event {
            position::Event::Established(f) => {
                self.positions.insert(f.position, Held { from: f.from, closed_on: None });
            }
            position::Event::Corrected(f) => {
                if let Some(held) = self.positions.get_mut(&f.position) {
                    held.from = f.from;
                }
            }
            position::Event::Closed(f) => {
                if let Some(held) = self.positions.get_mut(&f.position) {
                    held.closed_on = Some(f.on);
                }
            }
            position::Event::ClosureCorrected(f) => {
                if let Some(held) = self.positions.get_mut(&f.position) {
                    held.closed_on = f.on;
                }
            }
            position::Event::Announced(_)
            | position::Event::AnnouncementWithdrawn(_)
            | position::Event::Suspended(_)
            | position::Event::Resumed(_) => {}
        }
    }

    /// A position may begin on a day: the municipality takes part then and has room. Every other
    /// position that is not closed by that day takes a place, also one that begins later, because
    /// the new one has no end and would meet it.
    pub fn admit(&self, on: Date, new: Option<Uuid>) -> Result<(), Rejection> {
        let Some(places) = self.places_on(on) else {
            return Err(Rejection::new(&problems::MUNICIPALITY_NOT_IN_PROGRAMME).with("day", on));
        };
        let others = self.all_positions().into_iter().filter(|(id, _)| Some(**id) != new);
        let taken = others.filter(|(_, position)| !position.is_closed_on(on)).count();
        if taken < places {
            return Ok(());
        }
        Err(Rejection::new(&problems::PROGRAMME_QUOTA_REACHED)
            .with("quota", places)
            .with("day", on))
    }

    /// A position exists on days on which it was told not to: it has its place again, and has room
    /// in it. A participation that ended before does not matter, as it does not to others.
    pub fn readmit(&self, days: Period, position: Uuid) -> Result<(), Rejection> {
        for held in self.participations.iter() {
            let Some(both) = held.period.overlap(&days) else { continue };
            let others = self.positions.iter().filter(|(id, _)| **id != position);
            let begun = others.filter(|(_, other)| both.to.is_none_or(|to| other.from <= to));
            let there = begun.filter(|(_, other)| !other.is_closed_on(both.from)).count();
            if there >= usize::from(held.quota.0) {
                return Err(Rejection::new(&problems::PROGRAMME_QUOTA_REACHED)
                    .with("quota", held.quota.0)
                    .with("day", both.from));
            }
        }
        Ok(())
    }

    /// The municipality takes part from a day, or takes part otherwise than was told before.
    pub fn join(
        &self,
        programme: &Programme,
        municipality: MunicipalityNumber,
        asked: Period,
        quota: PositionCount,
    ) -> Result<Vec<Event>, Rejection> {
        let period = programme.within(asked)?;
        let wanted = ParticipationFacts { period, quota };
        below_maximum(programme, quota)?;
        if self.participations.iter().any(|held| held.facts() == wanted) {
            return Ok(vec![]);
        }
        self.apart(period, period.from)?;
        let programme = programme.started.programme;
        let event = MunicipalityJoined { programme, municipality, period, quota }.into();
        self.bears(&event, &wanted)?;
        Ok(vec![event])
    }

    /// The municipality takes part for the last time on `to`.
    pub fn leave(
        &self,
        programme: Uuid,
        municipality: MunicipalityNumber,
        to: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let Some(held) = self.participations.on(to) else {
            return Err(Rejection::new(&problems::MUNICIPALITY_NOT_IN_PROGRAMME).with("day", to));
        };
        let from = held.period.from;
        if held.period.to == Some(to) {
            return Ok(vec![]);
        }
        let event = MunicipalityLeft { programme, municipality, from, to }.into();
        let quota = held.quota;
        self.bears(&event, &ParticipationFacts { period: Period { from, to: Some(to) }, quota })?;
        Ok(vec![event])
    }

    /// The participation that was recorded to begin on a day.
    pub fn recorded(&self, from: Date) -> Result<&Participation, Rejection> {
        let recorded = self.participations.iter().find(|held| held.period.from == from);
        recorded.ok_or_else(|| Rejection::field("/recorded_from", UNKNOWN_REFERENCE))
    }

    /// A participation was recorded by mistake: it was otherwise, or the municipality did not take
    /// part (`None`).
    pub fn correct(
        &self,
        programme: &Programme,
        municipality: MunicipalityNumber,
        was: Date,
        facts: Option<ParticipationFacts>,
        reason: Comment,
    ) -> Result<Vec<Event>, Rejection> {
        let recorded = self.recorded(was)?;
        let facts = match facts {
            Some(ParticipationFacts { period, quota }) => {
                Some(ParticipationFacts { period: programme.within(period)?, quota })
            }
            None => None,
        };
        if facts == Some(recorded.facts()) {
            return Ok(vec![]);
        }
        let (programme_id, corrects) = (programme.started.programme, recorded.recorded_at_position);
        let corrected = ParticipationCorrected {
            programme: programme_id,
            municipality,
            corrects,
            was,
            facts,
            reason,
        };
        let event = Event::from(corrected);
        match facts {
            Some(facts) => {
                below_maximum(programme, facts.quota)?;
                self.apart(facts.period, was)?;
                self.bears(&event, &facts)?;
            }
            None => self.unused(recorded.period)?,
        }
        Ok(vec![event])
    }

    /// Nothing of the municipality has a place in the programme on those days, however it came by
    /// it.
    fn unused(&self, days: Period) -> Result<(), Rejection> {
        let own = self.positions.values().chain(self.leaning());
        let begun = own.filter(|it| days.to.is_none_or(|to| it.from <= to));
        let there: Vec<&Held> = begun.filter(|held| !held.is_closed_on(days.from)).collect();
        match there.iter().map(|held| held.from.max(days.from)).min() {
            Some(day) => Err(Rejection::new(&problems::PROGRAMME_PARTICIPATION_IN_USE)
                .with("day", day)
                .with("count", there.len())),
            None => Ok(()),
        }
    }

    /// No participation meets those days but the one that was recorded to begin on `own`.
    fn apart(&self, period: Period, own: Date) -> Result<(), Rejection> {
        let mut others = self.participations.iter().map(|held| held.period);
        let meets = |other: &Period| other.from != own && other.overlap(&period).is_some();
        match others.find(meets) {
            Some(other) => {
                Err(Rejection::new(&problems::PROGRAMME_PARTICIPATION_OVERLAPS)
                    .with("period", other))
            }
            None => Ok(()),
        }
    }

    /// Nothing that is there contradicts a change: the first day of every position stays a day of
    /// participation, and the changed participation has room for the positions in it.
    fn bears(&self, change: &Event, changed: &ParticipationFacts) -> Result<(), Rejection> {
        let mut next = self.clone();
        next.evolve(change);
        let Period { from, to } = changed.period;
        let loses_its_place = |position: &&Held| {
            let has = |state: &Self| state.places_on(position.from).is_some();
            has(self) && !has(&next)
        };
        let in_use = Rejection::new(&problems::PROGRAMME_PARTICIPATION_IN_USE);
        if let Some(position) = self.positions.values().chain(self.leaning()).find(loses_its_place)
        {
            return Err(in_use.with("day", position.from).with("count", 1_u8));
        }
        let all = self.all_positions().into_iter().map(|(_, held)| held);
        let begun = all.filter(|held| to.is_none_or(|to| held.from <= to));
        let there = begun.filter(|held| !held.is_closed_on(from)).count();
        if next.places_on(from).is_none_or(|places| there > places) {
            return Err(in_use.with("day", from).with("count", there));
        }
        Ok(())
    }
}

fn below_maximum(programme: &Programme, quota: PositionCount) -> Result<(), Rejection> {
    match programme.started.positions_max_per_municipality {
        Some(most) if quota > most => Err(Rejection::new(&problems::PROGRAMME_QUOTA_ABOVE_MAXIMUM)
            .with("most", most.0)
            .with("quota", quota.0)),
        Some(_) | None => Ok(()),
    }
}

impl Fold for Quota {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve_at(&event, fact.position);
        } else if let Some(event) = position::Event::decode(fact)? {
            self.evolve_position(&event);
        }
        Ok(())
    }
}
