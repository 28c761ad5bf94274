//! Leaders: facts, state and rules.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::problems;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject};
use crate::capabilities::person::{self, domain::Erased};
use crate::capabilities::position::Occupancies;
use crate::edge::UNKNOWN_REFERENCE;
use crate::events;
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::{Rejection, common};
use crate::time::Period;

/// A leader is known, and leads in a municipality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    pub leader: Uuid,
    /// Name and HPR number, sealed under the person's key.
    pub sealed: String,
    /// Keyed hash of the HPR number; leaders need not be health workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpr_lookup: Option<String>,
    pub term: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
    pub on: Date,
}

/// Who the leader is was told wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub leader: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub sealed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpr_lookup: Option<String>,
    pub reason: Comment,
    pub on: Date,
}

/// The leader leads in a further municipality, or there again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermAdded {
    pub leader: Uuid,
    pub term: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
}

/// The last day of a term is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermEnded {
    pub leader: Uuid,
    pub term: Uuid,
    pub municipality: MunicipalityNumber,
    pub to: Date,
}

/// Where and when the leader led was told wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermCorrected {
    pub leader: Uuid,
    pub term: Uuid,
    pub corrects: i64,
    /// How it was; absent when there never was such a term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<TermFacts>,
    pub reason: Comment,
    pub on: Date,
}

/// Where and when a leader leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermFacts {
    pub municipality: MunicipalityNumber,
    pub period: Period,
}

events! {
    /// What is recorded of leaders.
    pub enum Event {
        Registered = "leader.registered.v1",
        Corrected = "leader.corrected.v1",
        TermAdded = "leader.term_added.v1",
        TermEnded = "leader.term_ended.v1",
        TermCorrected = "leader.term_corrected.v1",
    }
}

/// The kind of a leader's subject.
pub const SUBJECT: &str = "leader";

/// The subject of a leader.
pub fn subject(leader: Uuid) -> Subject {
    Subject::new(SUBJECT, leader)
}

/// The subject of an HPR number among leaders: one person each.
pub fn hpr_subject(lookup: &str) -> Subject {
    Subject::new("leader-hpr", lookup)
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        let with_hpr = |leader, lookup: &Option<String>| {
            let hpr = lookup.as_deref().map(hpr_subject);
            [subject(leader)].into_iter().chain(hpr).collect()
        };
        match self {
            Event::Registered(f) => with_hpr(f.leader, &f.hpr_lookup),
            Event::Corrected(f) => with_hpr(f.leader, &f.hpr_lookup),
            Event::TermAdded(f) => vec![subject(f.leader)],
            Event::TermEnded(f) => vec![subject(f.leader)],
            Event::TermCorrected(f) => vec![subject(f.leader)],
        }
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Registered(f) => f.period.from,
            Event::Corrected(f) => f.on,
            Event::TermAdded(f) => f.period.from,
            Event::TermEnded(f) => f.to,
            Event::TermCorrected(f) => f.facts.as_ref().map_or(f.on, |facts| facts.period.from),
        }
    }
    fn municipality(&self) -> Option<&str> {
        match self {
            Event::Registered(f) => Some(f.municipality.as_str()),
            Event::Corrected(_) => None,
            Event::TermAdded(f) => Some(f.municipality.as_str()),
            Event::TermEnded(f) => Some(f.municipality.as_str()),
            Event::TermCorrected(f) => f.facts.as_ref().map(|facts| facts.municipality.as_str()),
        }
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}

/// A leader, or the place where there is none yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Leader {
    #[default]
    Unknown,
    Known(Box<Known>),
}

/// A registered leader.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub id: Uuid,
    pub sealed: String,
    pub hpr_lookup: Option<String>,
    pub registered_on: Date,
    terms: BTreeMap<Uuid, Term>,
    /// Where the person's own facts were last told, for corrections to name.
    pub told_at: i64,
    /// That the leader was erased; then nothing above tells who it was.
    pub erased: Option<Erased>,
}

/// A time in which a leader leads in a municipality.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub id: Uuid,
    pub municipality: MunicipalityNumber,
    pub period: Period,
    /// Where its facts were last told whole, for corrections to name.
    pub told_at: i64,
}

impl Leader {
    /// The leader, if registered.
    pub fn known(&self) -> Option<&Known> {
        match self {
            Leader::Unknown => None,
            Leader::Known(known) => Some(known),
        }
    }

    /// Takes one fact in, recorded at `at`.
    pub fn evolve_at(&mut self, event: &Event, at: i64) {
        match (&mut *self, event) {
            (Leader::Unknown, Event::Registered(f)) => {
                let mut known = Known {
                    id: f.leader,
                    sealed: f.sealed.clone(),
                    hpr_lookup: f.hpr_lookup.clone(),
                    registered_on: f.on,
                    terms: BTreeMap::new(),
                    told_at: at,
                    erased: None,
                };
                known.tell(f.term, &f.municipality, f.period, at);
                *self = Leader::Known(Box::new(known));
            }
            (Leader::Unknown, _) => {} // a fact without a beginning: nothing to fold it into
            (Leader::Known(known), event) => known.evolve(event, at),
        }
    }

    /// Takes in a fact that is about to be recorded.
    pub fn evolve(&mut self, event: &Event) {
        self.evolve_at(event, i64::MAX);
    }
}

impl Fold for Leader {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve_at(&event, fact.position);
        } else if let (Leader::Known(known), Some(event)) = (self, person::Event::decode(fact)?) {
            known.forget(event);
        }
        Ok(())
    }
}

/// The municipalities that answer for a doctor's training on a day: those where the doctor holds a
/// position, or, when there is none, where the doctor held one last.
pub fn answering(held: &Occupancies, on: Date) -> Vec<&MunicipalityNumber> {
    let last = held.last_end_before(on);
    let now: Vec<_> = held.all_on(on).map(|occupancy| &occupancy.municipality).collect();
    if !now.is_empty() {
        return now;
    }
    let ended = held.iter().filter(|occupancy| last.is_some() && occupancy.period.to == last);
    ended.map(|occupancy| &occupancy.municipality).collect()
}

impl Known {
    fn tell(&mut self, id: Uuid, municipality: &MunicipalityNumber, period: Period, told_at: i64) {
        self.terms.insert(id, Term { id, municipality: municipality.clone(), period, told_at });
    }

    fn evolve(&mut self, event: &Event, at: i64) {
        match event {
            Event::Registered(_) => {}
            Event::Corrected(f) => {
                self.sealed = f.sealed.clone();
                self.hpr_lookup = f.hpr_lookup.clone();
                self.told_at = at;
            }
            Event::TermAdded(f) => self.tell(f.term, &f.municipality, f.period, at),
            Event::TermEnded(f) => {
                if let Some(term) = self.terms.get_mut(&f.term) {
                    term.period.to = Some(f.to);
                }
            }
            Event::TermCorrected(f) => match &f.facts {
                Some(facts) => self.tell(f.term, &facts.municipality, facts.period, at),
                None => {
                    self.terms.remove(&f.term);
                }
            },
        }
    }

    fn forget(&mut self, event: person::Event) {
        let person::Event::Erased(erased) = event;
        self.sealed.clear();
        self.hpr_lookup = None;
        self.erased = Some(erased);
    }

    /// Every term, by beginning.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        let mut all: Vec<&Term> = self.terms.values().collect();
        all.sort_by_key(|term| (term.period.from, term.id));
        all.into_iter()
    }

    /// The days on which something changes.
    pub fn changes(&self) -> Vec<Date> {
        let ends = self.terms.values().filter_map(|term| term.period.day_after());
        self.terms.values().map(|term| term.period.from).chain(ends).collect()
    }

    /// Where the leader leads on a day.
    pub fn municipalities_on(&self, day: Date) -> impl Iterator<Item = &MunicipalityNumber> {
        self.terms().filter(move |term| term.period.covers(day)).map(|term| &term.municipality)
    }

    /// Whether the leader leads in a municipality on a day.
    pub fn leads(&self, municipality: &MunicipalityNumber, day: Date) -> bool {
        self.municipalities_on(day).any(|led| led == municipality)
    }

    /// The municipality in whose name the leader decides for a doctor on a day, if any.
    pub fn decides_for(&self, held: &Occupancies, on: Date) -> Option<MunicipalityNumber> {
        answering(held, on).into_iter().find(|answering| self.leads(answering, on)).cloned()
    }

    fn free(
        &self,
        municipality: &MunicipalityNumber,
        period: &Period,
        except: Option<Uuid>,
    ) -> Result<(), Rejection> {
        let taken = |term: &&Term| {
            Some(term.id) != except
                && term.municipality == *municipality
                && term.period.overlap(period).is_some()
        };
        match self.terms().find(taken) {
            None => Ok(()),
            Some(term) => Err(Rejection::new(&problems::LEADER_TERM_OVERLAPS)
                .with("term", term.id)
                .with("municipality", municipality)
                .with("period", term.period)),
        }
    }

    /// The leader leads in a further municipality, or there again.
    pub fn add_term(
        &self,
        term: Uuid,
        municipality: MunicipalityNumber,
        period: Period,
    ) -> Result<Vec<Event>, Rejection> {
        let same = |told: &Term| told.municipality == municipality && told.period == period;
        if self.terms.values().any(same) {
            return Ok(vec![]);
        }
        self.free(&municipality, &period, None)?;
        Ok(vec![TermAdded { leader: self.id, term, municipality, period }.into()])
    }

    /// The leader's last day, everywhere or in one municipality. A term that goes on longer ends
    /// then; one that ended before stands.
    pub fn end(
        &self,
        to: Date,
        municipality: Option<&MunicipalityNumber>,
    ) -> Result<Vec<Event>, Rejection> {
        let meant = |term: &&Term| municipality.is_none_or(|only| term.municipality == *only);
        let terms: Vec<&Term> = self.terms().filter(meant).collect();
        if let (true, Some(_)) = (terms.is_empty(), municipality) {
            return Err(Rejection::field("/municipality", UNKNOWN_REFERENCE));
        }
        if let Some(later) = terms.iter().find(|term| term.period.from > to) {
            return Err(Rejection::new(&problems::LEADER_TERM_BEGINS_LATER)
                .with("term", later.id)
                .with("from", later.period.from));
        }
        let goes_on = |term: &&&Term| term.period.to.is_none_or(|end| end > to);
        let facts: Vec<Event> = terms
            .iter()
            .filter(goes_on)
            .map(|term| {
                let municipality = term.municipality.clone();
                TermEnded { leader: self.id, term: term.id, municipality, to }.into()
            })
            .collect();
        let ended = terms.iter().filter_map(|term| term.period.to).max();
        if facts.is_empty() && ended != Some(to) {
            let ended = ended.map_or(String::new(), |day| day.to_string());
            return Err(Rejection::new(&problems::LEADER_ENDED).with("to", ended));
        }
        Ok(facts)
    }

    /// One term, or the refusal that this leader has none such.
    pub fn term(&self, id: Uuid) -> Result<&Term, Rejection> {
        self.terms.get(&id).ok_or_else(|| (&common::NOT_FOUND).into())
    }

    /// What was recorded of a term was wrong; `facts` is how it was, or `None`: it never was.
    pub fn correct_term(
        &self,
        id: Uuid,
        facts: Option<TermFacts>,
        reason: Comment,
        on: Date,
    ) -> Result<Vec<Event>, Rejection> {
        let term = self.term(id)?;
        if let Some(facts) = &facts {
            if (&facts.municipality, &facts.period) == (&term.municipality, &term.period) {
                return Ok(vec![]);
            }
            self.free(&facts.municipality, &facts.period, Some(id))?;
        }
        let corrects = term.told_at;
        Ok(vec![TermCorrected { leader: self.id, term: id, corrects, facts, reason, on }.into()])
    }
}
