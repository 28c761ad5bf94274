//! Programmes: state and rules. The positions a municipality may have in one are in
//! [`super::quota`].

mod corrections;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::domain::{
    ApplicationDecided, Event, MunicipalityApplied, Outcome, PhaseFacts, PhaseSet, Started,
    SubsidyFacts, SubsidySet, YearlyNok,
};
use super::problems;
use super::quota::Participations;
use crate::aggregate::{Begins, DecodeError, Fact};
use crate::dated::Dated;
use crate::edge::Fault;
use crate::external_ids::{self, ExternalIds};
use crate::identifiers::{MunicipalityNumber, Name};
use crate::problem::{Rejection, common};
use crate::time::Period;

/// A programme that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Programme {
    /// As it was started, corrections considered.
    pub started: Started,
    pub external_ids: ExternalIds,
    /// Where that was last told, for corrections to name.
    recorded_at_position: i64,
    phases: Dated<Name>,
    subsidies: Dated<YearlyNok>,
    pub participations: BTreeMap<MunicipalityNumber, Participations>,
    /// In the order of the days the municipalities applied.
    pub applications: Vec<Application>,
}

/// A municipality's application.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    pub municipality: MunicipalityNumber,
    pub applied_on: Date,
    pub status: ApplicationStatus,
}

/// What has become of an application.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ApplicationStatus {
    Pending,
    Decided { outcome: Outcome, on: Date },
}

impl Begins for Programme {
    type Event = Event;

    fn begin(event: &Event, at: i64) -> Option<Self> {
        let Event::Started(f) = event else { return None };
        let mut subsidies = Dated::default();
        if let Some(rate) = f.subsidy_nok_per_position_year {
            subsidies.set_at(f.period, rate, at);
        }
        Some(Self {
            started: f.clone(),
            external_ids: ExternalIds::registered(&f.external_ids, at),
            recorded_at_position: at,
            phases: Dated::default(),
            subsidies,
            participations: BTreeMap::new(),
            applications: vec![],
        })
    }

    fn entered_in_error(event: &Event) -> bool {
        matches!(event, Event::Corrected(f) if f.facts.is_none())
    }

    fn go_on(&mut self, event: &Event, at: i64) {
        match event {
            Event::Started(_) => {}
            Event::Corrected(f) => {
                if let Some(really) = &f.facts {
                    self.corrected(really, at);
                }
            }
            Event::PhaseSet(f) => self.phases.set_at(f.period, f.name.clone(), at),
            Event::PhaseCorrected(f) => {
                self.phases.remove(f.was);
                if let Some(PhaseFacts { name, period }) = f.facts.clone() {
                    self.phases.set_at(period, name, at);
                }
            }
            Event::SubsidySet(f) => self.subsidies.set_at(f.period, f.nok_per_position_year, at),
            Event::SubsidyCorrected(f) => {
                self.subsidies.remove(f.was);
                if let Some(SubsidyFacts { nok_per_position_year, period }) = f.facts.clone() {
                    self.subsidies.set_at(period, nok_per_position_year, at);
                }
            }
            Event::MunicipalityJoined(f) => {
                self.participations
                    .entry(f.municipality.clone())
                    .or_default()
                    .join(f, RECORDED_ELSEWHERE);
            }
            Event::MunicipalityLeft(f) => {
                self.participations
                    .entry(f.municipality.clone())
                    .or_default()
                    .leave(f, RECORDED_ELSEWHERE);
            }
            Event::ParticipationCorrected(f) => {
                let own = self.participations.entry(f.municipality.clone()).or_default();
                own.correct(f, RECORDED_ELSEWHERE);
            }
            Event::MunicipalityApplied(f) => {
                self.applications.push(Application {
                    municipality: f.municipality.clone(),
                    applied_on: f.applied_on,
                    status: ApplicationStatus::Pending,
                });
                self.applications.sort_by_key(|a| (a.applied_on, a.municipality.clone()));
            }
            Event::ApplicationDecided(f) => {
                let decided = ApplicationStatus::Decided { outcome: f.outcome, on: f.on };
                let mut all = self.applications.iter_mut();
                let own = all.find(|application| {
                    (&application.municipality, application.applied_on)
                        == (&f.municipality, f.applied_on)
                });
                if let Some(application) = own {
                    application.status = decided;
                }
            }
        }
    }

    fn take_in(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = external_ids::Event::decode(fact)? {
            self.external_ids.apply(&event, fact.position);
        }
        Ok(())
    }
}

/// Where participations were told is the business of the quota, by which they are corrected.
const RECORDED_ELSEWHERE: i64 = i64::MAX;

/// Statements on those of their days that belong to a whole.
fn lasting<T: PartialEq>(recorded: &Dated<T>, whole: Period) -> impl Iterator<Item = (Period, &T)> {
    recorded.iter().filter_map(move |(period, value)| Some((period.overlap(&whole)?, value)))
}

/// What holds on a day, if anything does.
pub fn on<'a, T: 'a>(
    mut recorded: impl Iterator<Item = (Period, &'a T)>,
    day: Date,
) -> Option<&'a T> {
    recorded.find(|(period, _)| period.covers(day)).map(|(_, value)| value)
}

impl Programme {
    /// The phases, on those of their days that the programme lasts.
    pub fn phases(&self) -> impl Iterator<Item = (Period, &Name)> {
        lasting(&self.phases, self.started.period)
    }

    /// What it pays for a position, on those days that the programme lasts.
    pub fn subsidies(&self) -> impl Iterator<Item = (Period, &YearlyNok)> {
        lasting(&self.subsidies, self.started.period)
    }

    /// The municipalities that take part on a day.
    pub fn participants_on(&self, day: Date) -> Vec<&MunicipalityNumber> {
        let all = self.participations.iter();
        all.filter(|(_, own)| own.on(day).is_some()).map(|(number, _)| number).collect()
    }

    /// The days on which something about the programme changes.
    pub fn changes(&self) -> Vec<Date> {
        let first = self.started.period.from;
        let mut days = vec![first];
        let phases = self.phases().map(|(period, _)| period);
        let periods = phases.chain(self.subsidies().map(|(period, _)| period));
        days.extend(periods.flat_map(|it| [Some(it.from), it.day_after()]).flatten());
        days.extend(self.participations.values().flat_map(Participations::changes));
        days.retain(|day| *day >= first);
        days
    }

    /// A period of the programme: open means as long as the programme lasts.
    pub fn within(&self, asked: Period) -> Result<Period, Rejection> {
        let whole = self.started.period;
        let period = Period { from: asked.from, to: asked.to.or(whole.to) };
        if whole.contains(&period) && period.to.is_none_or(|to| period.from <= to) {
            return Ok(period);
        }
        Err(Rejection::new(&problems::OUTSIDE_PROGRAMME).with("period", whole))
    }

    /// A phase begins.
    pub fn set_phase(&self, name: Name, asked: Period) -> Result<Vec<Event>, Rejection> {
        let period = self.within(asked)?;
        if self.phases.contains(&period, &name) {
            return Ok(vec![]);
        }
        Ok(vec![PhaseSet { programme: self.started.programme, name, period }.into()])
    }

    /// The programme pays so much for a position.
    pub fn set_subsidy(&self, rate: YearlyNok, asked: Period) -> Result<Vec<Event>, Rejection> {
        let period = self.within(asked)?;
        if self.subsidies.contains(&period, &rate) {
            return Ok(vec![]);
        }
        let (programme, nok_per_position_year) = (self.started.programme, rate);
        Ok(vec![SubsidySet { programme, nok_per_position_year, period }.into()])
    }

    /// A municipality asks to take part: one undecided application at a time.
    pub fn apply(
        &self,
        municipality: MunicipalityNumber,
        applied_on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let own = self.applications.iter().filter(|other| other.municipality == municipality);
        for other in own {
            if other.applied_on == applied_on {
                return Ok(vec![]);
            }
            if other.status == ApplicationStatus::Pending {
                return Err(Rejection::new(&problems::PROGRAMME_APPLICATION_PENDING)
                    .with("municipality", &municipality)
                    .with("day", other.applied_on));
            }
        }
        let programme = self.started.programme;
        Ok(vec![MunicipalityApplied { programme, municipality, applied_on }.into()])
    }

    /// The application of a municipality is decided.
    pub fn decide(
        &self,
        municipality: &MunicipalityNumber,
        outcome: Outcome,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let mut own = self.applications.iter().filter(|other| other.municipality == *municipality);
        let pending = |other: &&Application| other.status == ApplicationStatus::Pending;
        let application = match (own.clone().find(pending), own.next_back()) {
            (Some(application), _) => application,
            (None, None) => return Err((&common::NOT_FOUND).into()),
            (None, Some(last)) => {
                return match last.status {
                    ApplicationStatus::Decided { outcome: held, on: day }
                        if (held, day) != (outcome, on) =>
                    {
                        Err(Rejection::new(&problems::PROGRAMME_APPLICATION_DECIDED)
                            .with("outcome", held)
                            .with("day", day))
                    }
                    ApplicationStatus::Decided { .. } | ApplicationStatus::Pending => Ok(vec![]),
                };
            }
        };
        if on < application.applied_on {
            let fault = Fault::new(
                "before_application",
                "Must not come before the day of the application.",
                "Kan ikke komme før dagen det ble søkt.",
            );
            return Err(Rejection::field("/on", fault));
        }
        let (programme, applied_on) = (self.started.programme, application.applied_on);
        let municipality = municipality.clone();
        Ok(vec![ApplicationDecided { programme, municipality, applied_on, outcome, on }.into()])
    }
}
