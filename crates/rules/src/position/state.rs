//! Positions: state and rules. What a position *is* on a day (its [`Status`]) follows from dated
//! facts, so a fact that is told late changes the past and not only the present.
//!
//! Who holds it, and whether a doctor may hold more, is in [`super::holding`] and
//! [`crate::occupancy`].

mod corrections;

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{
    Announced, AnnouncementWithdrawn, Closed, Established, Event, Resumed, Suspended,
};
use super::problems;
use crate::aggregate::{Begins, DecodeError, DomainEvent as _, Fact};
use crate::external_ids::{self, ExternalIds};
use crate::identifiers::Comment;
use crate::occupancy::{self, Occupancies};
use crate::problem::Rejection;
use crate::time::{Period, day_after};

/// What a position is on a day.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// Established, never filled, not announced.
    Planned,
    Announced {
        apply_by: Option<Date>,
    },
    Filled {
        occupancy: Uuid,
    },
    /// Held before, by nobody now.
    Vacant,
    Suspended,
    Closed,
}

impl Status {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Status::Planned => "planned",
            Status::Announced { .. } => "announced",
            Status::Filled { .. } => "filled",
            Status::Vacant => "vacant",
            Status::Suspended => "suspended",
            Status::Closed => "closed",
        }
    }
}

/// A dated step of a position's life beside its occupancies.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Announced { apply_by: Option<Date> },
    Withdrawn,
    Suspended,
    Resumed,
}

/// From this day on it exists no more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closure {
    pub on: Date,
    /// Where that was last told, for corrections to name.
    recorded_at_position: i64,
}

/// A position that has been established.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    pub established: Established,
    pub external_ids: ExternalIds,
    pub occupancies: Occupancies,
    steps: Vec<(Date, Step)>,
    pub closure: Option<Closure>,
    /// Where the facts about the position itself were last told, for corrections to name.
    recorded_at_position: i64,
}

impl Begins for Position {
    type Event = Event;

    fn begin(event: &Event, at: i64) -> Option<Self> {
        let Event::Established(established) = event else { return None };
        Some(Self {
            established: established.clone(),
            external_ids: ExternalIds::registered(&established.external_ids, at),
            occupancies: Occupancies::default(),
            steps: Vec::new(),
            closure: None,
            recorded_at_position: at,
        })
    }

    fn go_on(&mut self, event: &Event, at: i64) {
        match event {
            Event::Announced(f) => self.step(f.on, Step::Announced { apply_by: f.apply_by }),
            Event::AnnouncementWithdrawn(f) => self.step(f.on, Step::Withdrawn),
            Event::Suspended(f) => self.step(f.from, Step::Suspended),
            Event::Resumed(f) => self.step(f.on, Step::Resumed),
            Event::Closed(f) => self.closure = Some(Closure { on: f.on, recorded_at_position: at }),
            Event::ClosureCorrected(f) => {
                self.closure = f.on.map(|on| Closure { on, recorded_at_position: at });
            }
            Event::Corrected(f) => {
                self.recorded_at_position = at;
                let e = &mut self.established;
                e.category = f.category;
                e.percent = f.percent;
                e.intended_operating_model = f.intended_operating_model;
                e.from = f.from;
                e.open_practice_model = f.open_practice_model;
                e.salary_offer_made = f.salary_offer_made;
            }
            Event::Established(_) => {}
        }
    }

    fn take_in(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = occupancy::Event::decode(fact)? {
            self.occupancies.evolve(&event, fact.position);
        } else if let Some(event) = external_ids::Event::decode(fact)? {
            self.rename(&event, fact.position);
        }
        Ok(())
    }
}

impl Position {
    /// Takes in what another system calls the position, or an occupancy of it.
    pub fn rename(&mut self, event: &external_ids::Event, at: i64) {
        if event.resource() == self.established.position {
            self.external_ids.apply(event, at);
        } else {
            self.occupancies.rename(event, at);
        }
    }

    /// Steps stand in the order of their days; of two on one day the later told comes last.
    fn step(&mut self, day: Date, step: Step) {
        let place = self.steps.partition_point(|(other, _)| *other <= day);
        self.steps.insert(place, (day, step));
    }

    fn closed_on(&self) -> Option<Date> {
        self.closure.map(|closure| closure.on)
    }

    /// What the position is on a day; `None` before it was established.
    pub fn status_on(&self, day: Date) -> Option<Status> {
        if day < self.established.from {
            return None;
        }
        if self.closed_on().is_some_and(|closed| closed <= day) {
            return Some(Status::Closed);
        }
        if let Some(occupancy) = self.occupancies.on(day) {
            return Some(Status::Filled { occupancy: occupancy.id });
        }
        let last_end = self.occupancies.last_end_before(day);
        let mut status = match last_end {
            Some(_) => Status::Vacant,
            None => Status::Planned,
        };
        let mut suspended = false;
        for (on, step) in self.steps.iter().take_while(|(on, _)| *on <= day) {
            match step {
                Step::Suspended => suspended = true,
                Step::Resumed => suspended = false,
                // An announcement that led to an occupancy has served; a withdrawn one is gone.
                Step::Announced { apply_by } if last_end.is_none_or(|end| *on > end) => {
                    status = Status::Announced { apply_by: *apply_by };
                }
                Step::Withdrawn if matches!(status, Status::Announced { .. }) => {
                    status = match last_end {
                        Some(_) => Status::Vacant,
                        None => Status::Planned,
                    };
                }
                Step::Announced { .. } | Step::Withdrawn => {}
            }
        }
        Some(if suspended { Status::Suspended } else { status })
    }

    /// The days on which something about the position changes.
    pub fn changes(&self) -> Vec<Date> {
        let mut days = vec![self.established.from];
        days.extend(self.closed_on());
        days.extend(self.steps.iter().map(|(day, _)| *day));
        days.extend(self.occupancies.changes());
        days.retain(|day| *day >= self.established.from);
        days
    }

    /// Since when nobody has held the position, on a day when nobody does.
    pub fn vacant_since(&self, day: Date) -> Option<Date> {
        match self.status_on(day)? {
            Status::Filled { .. } | Status::Closed => None,
            Status::Planned | Status::Announced { .. } | Status::Vacant | Status::Suspended => {
                let end = self.occupancies.last_end_before(day);
                Some(end.map_or(self.established.from, day_after))
            }
        }
    }

    /// Where the facts about the position itself were last told.
    pub fn recorded_at_position(&self) -> i64 {
        self.recorded_at_position
    }

    fn not(&self, status: &Status, day: Date) -> Rejection {
        Rejection::new(&problems::POSITION_STATUS)
            .with("current_status", status.as_str())
            .with("day", day)
    }

    fn status_or_refuse(&self, day: Date) -> Result<Status, Rejection> {
        self.status_on(day).ok_or_else(|| {
            Rejection::new(&problems::POSITION_NOT_YET_ESTABLISHED)
                .with("from", self.established.from)
        })
    }

    /// Announces the position.
    pub fn announce(&self, on: Date, apply_by: Option<Date>) -> Result<Vec<Event>, Rejection> {
        match self.status_or_refuse(on)? {
            Status::Planned | Status::Vacant => {}
            Status::Announced { apply_by: announced } if announced == apply_by => {
                return Ok(vec![]);
            }
            status @ (Status::Announced { .. }
            | Status::Filled { .. }
            | Status::Suspended
            | Status::Closed) => return Err(self.not(&status, on)),
        }
        let Established { position, municipality, .. } = self.established.clone();
        Ok(vec![Announced { position, municipality, on, apply_by }.into()])
    }

    /// Takes the announcement back.
    pub fn withdraw(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        match self.status_or_refuse(on)? {
            Status::Announced { .. } => {}
            status @ (Status::Planned
            | Status::Vacant
            | Status::Filled { .. }
            | Status::Suspended
            | Status::Closed) => {
                let withdrawn = (on, Step::Withdrawn);
                if self.steps.contains(&withdrawn) {
                    return Ok(vec![]);
                }
                return Err(self.not(&status, on));
            }
        }
        let Established { position, municipality, .. } = self.established.clone();
        Ok(vec![AnnouncementWithdrawn { position, municipality, on }.into()])
    }

    /// Lets the position rest from a day.
    pub fn suspend(&self, from: Date, reason: Comment) -> Result<Vec<Event>, Rejection> {
        match self.status_or_refuse(from)? {
            Status::Planned | Status::Announced { .. } | Status::Vacant => {}
            Status::Suspended => return Ok(vec![]),
            status @ (Status::Filled { .. } | Status::Closed) => {
                return Err(self.not(&status, from));
            }
        }
        self.free_from(from)?;
        let Established { position, municipality, .. } = self.established.clone();
        Ok(vec![Suspended { position, municipality, from, reason }.into()])
    }

    /// Takes a resting position up again.
    pub fn resume(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        match self.status_or_refuse(on)? {
            Status::Suspended => {}
            status @ (Status::Planned
            | Status::Announced { .. }
            | Status::Vacant
            | Status::Filled { .. }
            | Status::Closed) => {
                if self.steps.contains(&(on, Step::Resumed)) {
                    return Ok(vec![]);
                }
                return Err(self.not(&status, on));
            }
        }
        let Established { position, municipality, .. } = self.established.clone();
        Ok(vec![Resumed { position, municipality, on }.into()])
    }

    /// Closes the position for good.
    pub fn close(&self, on: Date, reason: Comment) -> Result<Vec<Event>, Rejection> {
        if let Some(closed_on) = self.closed_on() {
            if closed_on == on {
                return Ok(vec![]);
            }
            return Err(self.not(&Status::Closed, on));
        }
        let status = self.status_or_refuse(on)?;
        if matches!(status, Status::Filled { .. }) {
            return Err(self.not(&status, on));
        }
        self.free_from(on)?;
        let Established { position, municipality, programme, .. } = self.established.clone();
        Ok(vec![Closed { position, municipality, on, reason, programme }.into()])
    }

    /// Nobody holds the position on a day or later.
    fn free_from(&self, day: Date) -> Result<(), Rejection> {
        match self.occupancies.overlapping(&Period::since(day), None) {
            None => Ok(()),
            Some(occupancy) => Err(Rejection::new(&problems::POSITION_OCCUPIED)
                .with("period", occupancy.period)
                .with("occupancy", occupancy.id)),
        }
    }

    /// The position can be held on every day of `period`: established, open, not resting, and
    /// nobody else's.
    pub(super) fn can_be_held(
        &self,
        period: &Period,
        except: Option<Uuid>,
    ) -> Result<(), Rejection> {
        self.status_or_refuse(period.from)?;
        if let Some(other) = self.occupancies.overlapping(period, except) {
            return Err(Rejection::new(&problems::POSITION_OCCUPIED)
                .with("period", other.period)
                .with("occupancy", other.id));
        }
        if let Some(closed) =
            self.closed_on().filter(|closed| period.to.is_none_or(|to| *closed <= to))
        {
            return Err(self.not(&Status::Closed, closed.max(period.from)));
        }
        let mut resting_since = None;
        for (day, step) in &self.steps {
            match step {
                Step::Suspended => resting_since = Some(*day),
                Step::Resumed => {
                    self.not_resting(resting_since.take(), Some(*day), period)?;
                }
                Step::Announced { .. } | Step::Withdrawn => {}
            }
        }
        self.not_resting(resting_since, None, period)
    }

    fn not_resting(
        &self,
        since: Option<Date>,
        until: Option<Date>,
        period: &Period,
    ) -> Result<(), Rejection> {
        let rest = since.and_then(|from| Period::try_new(from, until.map(crate::time::day_before)));
        match rest.and_then(|rest| rest.overlap(period)) {
            Some(both) => Err(self.not(&Status::Suspended, both.from)),
            None => Ok(()),
        }
    }
}
