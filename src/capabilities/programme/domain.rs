//! Programmes: facts, state and rules. The positions a municipality may have in one are in
//! [`super::quota`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::problems;
use super::quota::Participations;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject};
use crate::capabilities::position::quota_subject;
use crate::dated::Dated;
use crate::edge::Fault;
use crate::identifiers::{ExternalId, MunicipalityNumber, Name};
use crate::problem::{Rejection, common};
use crate::time::{Period, day_after};
use crate::{events, whole_type, word_enum};

whole_type! {
    /// How many positions: 1 to 1000.
    pub struct PositionCount(u16);
    min = 1, max = 1000, example = 2;
}

whole_type! {
    /// Whole kroner for a position and year: 0 to 10 000 000.
    pub struct YearlyNok(u32);
    min = 0, max = 10_000_000, example = 200_000;
}

word_enum! {
    /// What is decided of a municipality's application.
    pub enum Outcome {
        /// The municipality may take part.
        Accepted = "accepted",
        /// It may not.
        Declined = "declined",
    }
}

/// A programme exists from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub programme: Uuid,
    pub name: Name,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions_max_per_municipality: Option<PositionCount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subsidy_nok_per_position_year: Option<YearlyNok>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// A phase of the programme. Told again with the same first day, the later statement replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseSet {
    pub programme: Uuid,
    pub name: Name,
    pub period: Period,
}

/// What the programme pays for a position. Told again with the same first day, the later statement
/// replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubsidySet {
    pub programme: Uuid,
    pub nok_per_position_year: YearlyNok,
    pub period: Period,
}

/// A municipality takes part, with at most so many positions. Told again with the same first day,
/// the later statement replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityJoined {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
    pub quota: PositionCount,
}

/// A municipality takes part no longer; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityLeft {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    /// The first day of the participation that ends.
    pub from: Date,
    pub to: Date,
}

/// A municipality asks to take part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MunicipalityApplied {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    pub applied_on: Date,
}

/// A municipality's application is decided. That alone does not let it take part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApplicationDecided {
    pub programme: Uuid,
    pub municipality: MunicipalityNumber,
    /// When the municipality applied: tells which application.
    pub applied_on: Date,
    pub outcome: Outcome,
    pub on: Date,
}

events! {
    /// What is recorded of programmes.
    pub enum Event {
        Started = "programme.started.v1",
        PhaseSet = "programme.phase_set.v1",
        SubsidySet = "programme.subsidy_set.v1",
        MunicipalityJoined = "programme.municipality_joined.v1",
        MunicipalityLeft = "programme.municipality_left.v1",
        MunicipalityApplied = "programme.municipality_applied.v1",
        ApplicationDecided = "programme.application_decided.v1",
    }
}

/// The kind of a programme's subject.
pub const SUBJECT: &str = "programme";

/// The subject of a programme.
pub fn subject(programme: Uuid) -> Subject {
    Subject::new(SUBJECT, programme)
}

/// The subject of a programme's id in another system: one programme each.
pub fn external_subject(external: &ExternalId) -> Subject {
    Subject::new("programme-external", format!("{}/{}", external.system, external.id))
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Event::Started(f) => {
                let external = f.external_ids.iter().map(external_subject);
                std::iter::once(subject(f.programme)).chain(external).collect()
            }
            Event::PhaseSet(f) => vec![subject(f.programme)],
            Event::SubsidySet(f) => vec![subject(f.programme)],
            // The quota decides who may establish positions, and reads only what is tagged with it.
            Event::MunicipalityJoined(f) => {
                vec![subject(f.programme), quota_subject(f.programme, &f.municipality)]
            }
            Event::MunicipalityLeft(f) => {
                vec![subject(f.programme), quota_subject(f.programme, &f.municipality)]
            }
            Event::MunicipalityApplied(f) => vec![subject(f.programme)],
            Event::ApplicationDecided(f) => vec![subject(f.programme)],
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Started(f) => f.period.from,
            Event::PhaseSet(f) => f.period.from,
            Event::SubsidySet(f) => f.period.from,
            Event::MunicipalityJoined(f) => f.period.from,
            Event::MunicipalityLeft(f) => day_after(f.to),
            Event::MunicipalityApplied(f) => f.applied_on,
            Event::ApplicationDecided(f) => f.on,
        }
    }
    fn municipality(&self) -> Option<&str> {
        let number = match self {
            Event::Started(_) | Event::PhaseSet(_) | Event::SubsidySet(_) => None,
            Event::MunicipalityJoined(f) => Some(&f.municipality),
            Event::MunicipalityLeft(f) => Some(&f.municipality),
            Event::MunicipalityApplied(f) => Some(&f.municipality),
            Event::ApplicationDecided(f) => Some(&f.municipality),
        };
        number.map(MunicipalityNumber::as_str)
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}

/// A programme, or the place where there is none yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Programme {
    #[default]
    Unknown,
    Known(Box<Known>),
}

/// A programme that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub started: Started,
    pub phases: Dated<Name>,
    pub subsidies: Dated<YearlyNok>,
    pub participations: BTreeMap<MunicipalityNumber, Participations>,
    /// In the order of the days the municipalities applied.
    pub applications: Vec<Application>,
}

/// A municipality's application.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    pub municipality: MunicipalityNumber,
    pub applied_on: Date,
    pub situation: ApplicationSituation,
}

/// What has become of an application.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ApplicationSituation {
    Pending,
    Decided { outcome: Outcome, on: Date },
}

impl Programme {
    /// The programme, or the refusal that there is none.
    pub fn known(&self) -> Result<&Known, Rejection> {
        match self {
            Programme::Unknown => Err((&common::NOT_FOUND).into()),
            Programme::Known(known) => Ok(known),
        }
    }

    /// Takes one fact in.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Programme::Unknown, Event::Started(f)) => {
                let mut subsidies = Dated::default();
                if let Some(rate) = f.subsidy_nok_per_position_year {
                    subsidies.tell(f.period, rate);
                }
                *self = Programme::Known(Box::new(Known {
                    started: f.clone(),
                    phases: Dated::default(),
                    subsidies,
                    participations: BTreeMap::new(),
                    applications: vec![],
                }));
            }
            (Programme::Unknown, _) => {} // a fact without a beginning
            (Programme::Known(known), event) => known.evolve(event),
        }
    }
}

impl Fold for Programme {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve(&event);
        }
        Ok(())
    }
}

impl Known {
    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Started(_) => {}
            Event::PhaseSet(f) => self.phases.tell(f.period, f.name.clone()),
            Event::SubsidySet(f) => self.subsidies.tell(f.period, f.nok_per_position_year),
            Event::MunicipalityJoined(f) => {
                self.participations.entry(f.municipality.clone()).or_default().join(f);
            }
            Event::MunicipalityLeft(f) => {
                self.participations.entry(f.municipality.clone()).or_default().leave(f);
            }
            Event::MunicipalityApplied(f) => {
                self.applications.push(Application {
                    municipality: f.municipality.clone(),
                    applied_on: f.applied_on,
                    situation: ApplicationSituation::Pending,
                });
                self.applications.sort_by_key(|a| (a.applied_on, a.municipality.clone()));
            }
            Event::ApplicationDecided(f) => {
                let decided = ApplicationSituation::Decided { outcome: f.outcome, on: f.on };
                let mut all = self.applications.iter_mut();
                let own = all.find(|application| {
                    (&application.municipality, application.applied_on)
                        == (&f.municipality, f.applied_on)
                });
                if let Some(application) = own {
                    application.situation = decided;
                }
            }
        }
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
        days.extend(self.phases.changes());
        days.extend(self.subsidies.changes());
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
        if self.phases.says(&period, &name) {
            return Ok(vec![]);
        }
        Ok(vec![PhaseSet { programme: self.started.programme, name, period }.into()])
    }

    /// The programme pays so much for a position.
    pub fn set_subsidy(&self, rate: YearlyNok, asked: Period) -> Result<Vec<Event>, Rejection> {
        let period = self.within(asked)?;
        if self.subsidies.says(&period, &rate) {
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
            if other.situation == ApplicationSituation::Pending {
                return Err(Rejection::new(&problems::PROGRAMME_APPLICATION_PENDING)
                    .with("municipality", municipality)
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
        let pending = |other: &&Application| other.situation == ApplicationSituation::Pending;
        let application = match (own.clone().find(pending), own.next_back()) {
            (Some(application), _) => application,
            (None, None) => return Err((&common::NOT_FOUND).into()),
            (None, Some(last)) => {
                return match last.situation {
                    ApplicationSituation::Decided { outcome: held, on: day }
                        if (held, day) != (outcome, on) =>
                    {
                        Err(Rejection::new(&problems::PROGRAMME_APPLICATION_DECIDED)
                            .with("outcome", held)
                            .with("day", day))
                    }
                    ApplicationSituation::Decided { .. } | ApplicationSituation::Pending => {
                        Ok(vec![])
                    }
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
