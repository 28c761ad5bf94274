//! Training positions: facts, state and rules.
//!
//! A position is held by one doctor at a time. What it *is* on a day (its [`Situation`]) follows
//! from dated facts, so a fact that is told late changes the past and not only the present.
//! Whether a doctor may hold more is decided together with the doctor's other occupancies.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::occupancy::Occupancies;
use super::problems;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::problem::Rejection;
use crate::time::{Percent, Period, day_after};
use crate::{events, whole_type, word_enum};

word_enum! {
    /// What kind of work the position is.
    pub enum Category {
        /// Regular general practitioner with a patient list (fastlege).
        RegularGp = "regular_gp",
        /// Locum for a regular general practitioner (fastlegevikar).
        GpLocum = "gp_locum",
        /// Introduction position (introduksjonsstilling).
        Introduction = "introduction",
        /// Other municipal general-medical work (annet allmennmedisinsk legearbeid).
        OtherMunicipal = "other_municipal",
    }
}

word_enum! {
    /// How the doctor's work is organised and paid.
    pub enum OperatingModel {
        /// Self-employed practice (næringsdrift).
        SelfEmployed = "self_employed",
        /// Fixed salary from the municipality (fastlønn).
        Salaried = "salaried",
    }
}

word_enum! {
    /// How open unselected practice is arranged for the doctor.
    pub enum OpenPracticeModel {
        /// An own list, self-employed.
        OwnListSelfEmployed = "own_list_self_employed",
        /// An own list, on salary.
        OwnListSalaried = "own_list_salaried",
        /// A new list that starts empty (0-liste) in a municipal practice.
        ZeroList = "zero_list",
        /// A salaried locum in a self-employed colleague's list.
        SalariedLocum = "salaried_locum",
        /// A self-employed locum.
        SelfEmployedLocum = "self_employed_locum",
        /// An introduction position.
        Introduction = "introduction",
        /// Relocation by the employer's right to direct (styringsrett).
        Reassignment = "reassignment",
    }
}

word_enum! {
    /// Why a list has a ceiling below the usual.
    pub enum CeilingReason {
        /// To give room for training.
        Training = "training",
        /// The doctor's own wish.
        DoctorsWish = "doctors_wish",
        /// Lack of patients or premises.
        LocalConditions = "local_conditions",
        /// Anything else.
        Other = "other",
    }
}

word_enum! {
    /// Why a doctor left. A closed list: free words about why somebody left are never stored.
    pub enum LeaveReason {
        /// Family or personal reasons.
        FamilyPersonal = "family_personal",
        /// Does not want to work in general practice.
        NotGeneralPractice = "not_general_practice",
        /// Dissatisfied with pay or conditions.
        PayConditions = "pay_conditions",
        /// The training is completed.
        CompletedTraining = "completed_training",
        /// Took over a list of their own.
        MovedToOwnList = "moved_to_own_list",
        /// The contract came to its end.
        ContractEnd = "contract_end",
        /// Something else.
        Other = "other",
        /// Not known.
        Unknown = "unknown",
    }
}

whole_type! {
    /// Patients on a list: 0 to 10 000, far above any real list.
    pub struct Patients(u32);
    min = 0, max = 10_000, example = 700;
}

whole_type! {
    /// Minutes of a week: 0 to 10 080.
    pub struct WeekMinutes(u32);
    min = 0, max = 10_080, example = 240;
}

/// The most patients the list may have, and why.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, deserr::Deserr, utoipa::ToSchema,
)]
#[deserr(deny_unknown_fields, error = crate::edge::Faults)]
pub struct ListCeiling {
    /// Patients at most.
    pub patients: Patients,
    /// Why there is a ceiling.
    pub reason: CeilingReason,
}

/// Terms of the work that may change during an occupancy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_length: Option<Patients>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_ceiling: Option<ListCeiling>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected_minutes_per_week: Option<WeekMinutes>,
}

/// A training position exists from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Established {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub category: Category,
    pub percent: Percent,
    pub intended_operating_model: OperatingModel,
    pub from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_practice_model: Option<OpenPracticeModel>,
    #[serde(default)]
    pub terms: Terms,
    /// Whether a fixed salary was offered (Stortinget's decision 467 of 2018-02-13); null: not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salary_offer_made: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
}

/// The position is announced to applicants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Announced {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apply_by: Option<Date>,
}

/// The announcement is taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnouncementWithdrawn {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// A doctor takes the position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filled {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub category: Category,
    pub period: Period,
    pub percent: Percent,
    pub operating_model: OperatingModel,
    #[serde(default)]
    pub terms: Terms,
}

/// Share, list or protected time change during an occupancy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermsChanged {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub from: Date,
    pub percent: Percent,
    #[serde(default)]
    pub terms: Terms,
}

/// The operating model changes during an occupancy (overgangsavtale). The tenure goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatingModelChanged {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub from: Date,
    pub operating_model: OperatingModel,
}

/// The doctor leaves; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OccupancyEnded {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    pub to: Date,
    pub reason: LeaveReason,
}

/// What was recorded of an occupancy was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OccupancyCorrected {
    pub position: Uuid,
    pub occupancy: Uuid,
    pub trainee: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// How it was, or `None`: there never was such an occupancy.
    pub facts: Option<OccupancyFacts>,
    pub reason: Comment,
}

/// An occupancy as it was, told whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OccupancyFacts {
    pub period: Period,
    pub percent: Percent,
    pub operating_model: OperatingModel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<LeaveReason>,
}

/// The position rests from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspended {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub from: Date,
    pub reason: Comment,
}

/// The position is taken up again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resumed {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The position exists no more from a day on. Nothing follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub reason: Comment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
}

/// What was recorded when the position was established was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub position: Uuid,
    pub municipality: MunicipalityNumber,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub category: Category,
    pub percent: Percent,
    pub intended_operating_model: OperatingModel,
    pub from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_practice_model: Option<OpenPracticeModel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salary_offer_made: Option<bool>,
    pub reason: Comment,
    /// The position's programme, whose quota a first day matters to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
}

events! {
    /// What is recorded of positions.
    pub enum Event {
        Established = "position.established.v1",
        Announced = "position.announced.v1",
        AnnouncementWithdrawn = "position.announcement_withdrawn.v1",
        Filled = "position.filled.v1",
        TermsChanged = "position.terms_changed.v1",
        OperatingModelChanged = "position.operating_model_changed.v1",
        OccupancyEnded = "position.occupancy_ended.v1",
        OccupancyCorrected = "position.occupancy_corrected.v1",
        Suspended = "position.suspended.v1",
        Resumed = "position.resumed.v1",
        Closed = "position.closed.v1",
        Corrected = "position.corrected.v1",
    }
}

/// The kind of a position's subject.
pub const SUBJECT: &str = "position";
/// The kind of a trainee's subject.
const TRAINEE: &str = "trainee";

/// The subject of a position.
pub fn subject(position: Uuid) -> Subject {
    Subject::new(SUBJECT, position)
}

/// The subject of a position's or occupancy's id in another system: one thing each.
pub fn external_subject(external: &ExternalId) -> Subject {
    Subject::new("position-external", format!("{}/{}", external.system, external.id))
}

/// The positions of a programme in one municipality, which its quota bounds.
pub fn quota_subject(programme: Uuid, municipality: &MunicipalityNumber) -> Subject {
    Subject::new("quota", format!("{programme}/{municipality}"))
}

impl Event {
    fn position(&self) -> (Uuid, &MunicipalityNumber) {
        match self {
            Event::Established(f) => (f.position, &f.municipality),
            Event::Announced(f) => (f.position, &f.municipality),
            Event::AnnouncementWithdrawn(f) => (f.position, &f.municipality),
            Event::Filled(f) => (f.position, &f.municipality),
            Event::TermsChanged(f) => (f.position, &f.municipality),
            Event::OperatingModelChanged(f) => (f.position, &f.municipality),
            Event::OccupancyEnded(f) => (f.position, &f.municipality),
            Event::OccupancyCorrected(f) => (f.position, &f.municipality),
            Event::Suspended(f) => (f.position, &f.municipality),
            Event::Resumed(f) => (f.position, &f.municipality),
            Event::Closed(f) => (f.position, &f.municipality),
            Event::Corrected(f) => (f.position, &f.municipality),
        }
    }

    fn other_subjects(&self) -> Vec<Subject> {
        let quota = |programme: Option<Uuid>, municipality: &MunicipalityNumber| {
            programme.map(|programme| quota_subject(programme, municipality)).into_iter()
        };
        match self {
            Event::Established(f) => {
                let external = f.external_ids.iter().map(external_subject);
                external.chain(quota(f.programme, &f.municipality)).collect()
            }
            Event::Closed(f) => quota(f.programme, &f.municipality).collect(),
            Event::Corrected(f) => quota(f.programme, &f.municipality).collect(),
            Event::Filled(f) => vec![Subject::new(TRAINEE, f.trainee)],
            Event::TermsChanged(f) => vec![Subject::new(TRAINEE, f.trainee)],
            Event::OperatingModelChanged(f) => vec![Subject::new(TRAINEE, f.trainee)],
            Event::OccupancyEnded(f) => vec![Subject::new(TRAINEE, f.trainee)],
            Event::OccupancyCorrected(f) => vec![Subject::new(TRAINEE, f.trainee)],
            Event::Announced(_)
            | Event::AnnouncementWithdrawn(_)
            | Event::Suspended(_)
            | Event::Resumed(_) => vec![],
        }
    }
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        self.stored_name()
    }
    fn payload(&self) -> String {
        self.stored_payload()
    }
    fn subjects(&self) -> Vec<Subject> {
        let mut subjects = vec![subject(self.position().0)];
        subjects.extend(self.other_subjects());
        subjects
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Established(f) => f.from,
            Event::Announced(f) => f.on,
            Event::AnnouncementWithdrawn(f) => f.on,
            Event::Filled(f) => f.period.from,
            Event::TermsChanged(f) => f.from,
            Event::OperatingModelChanged(f) => f.from,
            Event::OccupancyEnded(f) => day_after(f.to),
            Event::OccupancyCorrected(f) => {
                f.facts.as_ref().map_or(crate::time::FIRST_DAY, |facts| facts.period.from)
            }
            Event::Suspended(f) => f.from,
            Event::Resumed(f) => f.on,
            Event::Closed(f) => f.on,
            Event::Corrected(f) => f.from,
        }
    }
    fn municipality(&self) -> Option<&str> {
        Some(self.position().1.as_str())
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}

/// What a position is on a day.
#[derive(Debug, Clone, PartialEq)]
pub enum Situation {
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

impl Situation {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Situation::Planned => "planned",
            Situation::Announced { .. } => "announced",
            Situation::Filled { .. } => "filled",
            Situation::Vacant => "vacant",
            Situation::Suspended => "suspended",
            Situation::Closed => "closed",
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

/// A position, or the place where there is none yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Position {
    #[default]
    Unknown,
    Known(Box<Known>),
}

/// A position that has been established.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub established: Established,
    pub occupancies: Occupancies,
    steps: Vec<(Date, Step)>,
    closed_on: Option<Date>,
    /// Where the facts about the position itself were last told, for corrections to name.
    told_at: i64,
}

impl Position {
    /// The position, or the refusal that there is none.
    pub fn known(&self) -> Result<&Known, Rejection> {
        match self {
            Position::Unknown => Err((&crate::problem::common::NOT_FOUND).into()),
            Position::Known(known) => Ok(known),
        }
    }

    /// Takes one fact in, recorded at `at`.
    pub fn evolve_at(&mut self, event: &Event, at: i64) {
        match (&mut *self, event) {
            (Position::Unknown, Event::Established(fact)) => {
                *self = Position::Known(Box::new(Known {
                    established: fact.clone(),
                    occupancies: Occupancies::default(),
                    steps: Vec::new(),
                    closed_on: None,
                    told_at: at,
                }));
            }
            (Position::Unknown, _) => {} // a fact without a beginning: nothing to fold it into
            (Position::Known(known), event) => known.evolve(event, at),
        }
    }

    /// Takes in a fact that is about to be recorded.
    pub fn evolve(&mut self, event: &Event) {
        self.evolve_at(event, i64::MAX);
    }
}

impl Fold for Position {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        if let Some(event) = Event::decode(fact)? {
            self.evolve_at(&event, fact.position);
        }
        Ok(())
    }
}

impl Known {
    fn evolve(&mut self, event: &Event, at: i64) {
        self.occupancies.evolve(event, at);
        match event {
            Event::Announced(f) => self.step(f.on, Step::Announced { apply_by: f.apply_by }),
            Event::AnnouncementWithdrawn(f) => self.step(f.on, Step::Withdrawn),
            Event::Suspended(f) => self.step(f.from, Step::Suspended),
            Event::Resumed(f) => self.step(f.on, Step::Resumed),
            Event::Closed(f) => self.closed_on = Some(f.on),
            Event::Corrected(f) => {
                self.told_at = at;
                let e = &mut self.established;
                e.category = f.category;
                e.percent = f.percent;
                e.intended_operating_model = f.intended_operating_model;
                e.from = f.from;
                e.open_practice_model = f.open_practice_model;
                e.salary_offer_made = f.salary_offer_made;
            }
            Event::Established(_)
            | Event::Filled(_)
            | Event::TermsChanged(_)
            | Event::OperatingModelChanged(_)
            | Event::OccupancyEnded(_)
            | Event::OccupancyCorrected(_) => {}
        }
    }

    /// Steps stand in the order of their days; of two on one day the later told comes last.
    fn step(&mut self, day: Date, step: Step) {
        let place = self.steps.partition_point(|(other, _)| *other <= day);
        self.steps.insert(place, (day, step));
    }

    /// What the position is on a day; `None` before it was established.
    pub fn situation_on(&self, day: Date) -> Option<Situation> {
        if day < self.established.from {
            return None;
        }
        if self.closed_on.is_some_and(|closed| closed <= day) {
            return Some(Situation::Closed);
        }
        if let Some(occupancy) = self.occupancies.on(day) {
            return Some(Situation::Filled { occupancy: occupancy.id });
        }
        let last_end = self.occupancies.last_end_before(day);
        let mut situation = match last_end {
            Some(_) => Situation::Vacant,
            None => Situation::Planned,
        };
        let mut suspended = false;
        for (on, step) in self.steps.iter().take_while(|(on, _)| *on <= day) {
            match step {
                Step::Suspended => suspended = true,
                Step::Resumed => suspended = false,
                // An announcement that led to an occupancy has served; a withdrawn one is gone.
                Step::Announced { apply_by } if last_end.is_none_or(|end| *on > end) => {
                    situation = Situation::Announced { apply_by: *apply_by };
                }
                Step::Withdrawn if matches!(situation, Situation::Announced { .. }) => {
                    situation = match last_end {
                        Some(_) => Situation::Vacant,
                        None => Situation::Planned,
                    };
                }
                Step::Announced { .. } | Step::Withdrawn => {}
            }
        }
        Some(if suspended { Situation::Suspended } else { situation })
    }

    /// The days on which something about the position changes.
    pub fn changes(&self) -> Vec<Date> {
        let mut days = vec![self.established.from];
        days.extend(self.closed_on);
        days.extend(self.steps.iter().map(|(day, _)| *day));
        days.extend(self.occupancies.changes());
        days.retain(|day| *day >= self.established.from);
        days
    }

    /// Since when nobody has held the position, on a day when nobody does.
    pub fn vacant_since(&self, day: Date) -> Option<Date> {
        match self.situation_on(day)? {
            Situation::Filled { .. } | Situation::Closed => None,
            Situation::Planned
            | Situation::Announced { .. }
            | Situation::Vacant
            | Situation::Suspended => {
                let end = self.occupancies.last_end_before(day);
                Some(end.map_or(self.established.from, day_after))
            }
        }
    }

    /// Where the facts about the position itself were last told.
    pub fn told_at(&self) -> i64 {
        self.told_at
    }

    fn not(&self, situation: &Situation, day: Date) -> Rejection {
        Rejection::new(&problems::POSITION_SITUATION)
            .with("situation", situation.as_str())
            .with("day", day)
    }

    fn situation_or_refuse(&self, day: Date) -> Result<Situation, Rejection> {
        self.situation_on(day).ok_or_else(|| {
            Rejection::new(&problems::POSITION_NOT_YET_ESTABLISHED)
                .with("from", self.established.from)
        })
    }

    /// Announces the position.
    pub fn announce(&self, on: Date, apply_by: Option<Date>) -> Result<Vec<Event>, Rejection> {
        match self.situation_or_refuse(on)? {
            Situation::Planned | Situation::Vacant => {}
            Situation::Announced { apply_by: announced } if announced == apply_by => {
                return Ok(vec![]);
            }
            situation @ (Situation::Announced { .. }
            | Situation::Filled { .. }
            | Situation::Suspended
            | Situation::Closed) => return Err(self.not(&situation, on)),
        }
        let Established { position, municipality, .. } = self.established.clone();
        Ok(vec![Announced { position, municipality, on, apply_by }.into()])
    }

    /// Takes the announcement back.
    pub fn withdraw(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        match self.situation_or_refuse(on)? {
            Situation::Announced { .. } => {}
            situation @ (Situation::Planned
            | Situation::Vacant
            | Situation::Filled { .. }
            | Situation::Suspended
            | Situation::Closed) => {
                let withdrawn = (on, Step::Withdrawn);
                if self.steps.contains(&withdrawn) {
                    return Ok(vec![]);
                }
                return Err(self.not(&situation, on));
            }
        }
        let Established { position, municipality, .. } = self.established.clone();
        Ok(vec![AnnouncementWithdrawn { position, municipality, on }.into()])
    }

    /// Lets the position rest from a day.
    pub fn suspend(&self, from: Date, reason: Comment) -> Result<Vec<Event>, Rejection> {
        match self.situation_or_refuse(from)? {
            Situation::Planned | Situation::Announced { .. } | Situation::Vacant => {}
            Situation::Suspended => return Ok(vec![]),
            situation @ (Situation::Filled { .. } | Situation::Closed) => {
                return Err(self.not(&situation, from));
            }
        }
        self.free_from(from)?;
        let Established { position, municipality, .. } = self.established.clone();
        Ok(vec![Suspended { position, municipality, from, reason }.into()])
    }

    /// Takes a resting position up again.
    pub fn resume(&self, on: Date) -> Result<Vec<Event>, Rejection> {
        match self.situation_or_refuse(on)? {
            Situation::Suspended => {}
            situation @ (Situation::Planned
            | Situation::Announced { .. }
            | Situation::Vacant
            | Situation::Filled { .. }
            | Situation::Closed) => {
                if self.steps.contains(&(on, Step::Resumed)) {
                    return Ok(vec![]);
                }
                return Err(self.not(&situation, on));
            }
        }
        let Established { position, municipality, .. } = self.established.clone();
        Ok(vec![Resumed { position, municipality, on }.into()])
    }

    /// Closes the position for good.
    pub fn close(&self, on: Date, reason: Comment) -> Result<Vec<Event>, Rejection> {
        if let Some(closed_on) = self.closed_on {
            if closed_on == on {
                return Ok(vec![]);
            }
            return Err(self.not(&Situation::Closed, on));
        }
        let situation = self.situation_or_refuse(on)?;
        if matches!(situation, Situation::Filled { .. }) {
            return Err(self.not(&situation, on));
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
        self.situation_or_refuse(period.from)?;
        if let Some(other) = self.occupancies.overlapping(period, except) {
            return Err(Rejection::new(&problems::POSITION_OCCUPIED)
                .with("period", other.period)
                .with("occupancy", other.id));
        }
        if let Some(closed) =
            self.closed_on.filter(|closed| period.to.is_none_or(|to| *closed <= to))
        {
            return Err(self.not(&Situation::Closed, closed.max(period.from)));
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
            Some(both) => Err(self.not(&Situation::Suspended, both.from)),
            None => Ok(()),
        }
    }

    /// Corrects what was recorded when the position was established.
    pub fn correct(&self, how: Corrected) -> Result<Vec<Event>, Rejection> {
        let e = &self.established;
        let same = (how.category, how.percent, how.intended_operating_model, how.from)
            == (e.category, e.percent, e.intended_operating_model, e.from)
            && (how.open_practice_model, how.salary_offer_made)
                == (e.open_practice_model, e.salary_offer_made);
        if same {
            return Ok(vec![]);
        }
        if let Some(earliest) = self.changes().into_iter().filter(|day| *day > e.from).min()
            && how.from > earliest
        {
            return Err(Rejection::new(&problems::CORRECTION_CONTRADICTS).with("day", earliest));
        }
        if let Some(first) = self.occupancies.first_day()
            && how.from > first
        {
            return Err(Rejection::new(&problems::CORRECTION_CONTRADICTS).with("day", first));
        }
        Ok(vec![how.into()])
    }
}
