//! Supervision: facts. Their states and rules are in [`super::supervisor`], [`super::exemption`] and
//! [`super::assignment`].
//!
//! Every fact names its supervisor, so that one stream tells all that a supervisor's assignments
//! look like on a day: an assignment lapses by itself when the supervisor's specialist approval or
//! exemption no longer covers it, and no fact says so.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::exemption::Application;
use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber, Name};
use crate::time::{FIRST_DAY, Period, day_after};
use crate::{events, whole_type, word_enum};

word_enum! {
    /// Where supervisor and trainee meet.
    pub enum SupervisionMode {
        /// Face to face.
        OnSite = "on_site",
        /// By telephone or video.
        Remote = "remote",
        /// Both.
        Mixed = "mixed",
    }
}

word_enum! {
    /// What an assignment is for.
    pub enum AssignmentKind {
        /// The trainee's own supervisor (individuell veileder).
        Individual = "individual",
        /// Whom a host appoints meanwhile, as during service in an institution.
        TemporaryHost = "temporary_host",
    }
}

word_enum! {
    /// Why an assignment ended. A closed list: free words about why people part are never stored.
    pub enum SupervisionEndReason {
        /// The training is completed.
        TrainingCompleted = "training_completed",
        /// The trainee changes supervisor.
        SupervisorChanged = "supervisor_changed",
        /// The trainee left.
        TraineeLeft = "trainee_left",
        /// The supervisor left.
        SupervisorLeft = "supervisor_left",
        /// The supervisor may no longer supervise.
        NotQualified = "not_qualified",
        /// Something else.
        Other = "other",
        /// Not known.
        Unknown = "unknown",
    }
}

word_enum! {
    /// Why supervision rests. A closed list: nothing about anybody's health is stored.
    pub enum SupervisionPauseReason {
        /// The trainee is on leave.
        TraineeOnLeave = "trainee_on_leave",
        /// The supervisor is on leave.
        SupervisorOnLeave = "supervisor_on_leave",
        /// The trainee serves in an institution, where a host supervises.
        InstitutionService = "institution_service",
        /// Something else.
        Other = "other",
    }
}

whole_type! {
    /// Trainees that a supervisor takes at the same time: 0 to 100.
    pub struct TraineeCapacity(u16);
    min = 0, max = 100, example = 3;
}

whole_type! {
    /// A number of doctors: 0 to 10 000.
    pub struct DoctorCount(u16);
    min = 0, max = 10_000, example = 2;
}

whole_type! {
    /// Minutes of a month: 0 to 44 640. Four hours are 240.
    pub struct MonthMinutes(u32);
    min = 0, max = 44_640, example = 240;
}

/// A course that a supervisor has completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    pub name: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Name>,
    pub completed_on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
}

/// Somebody who may supervise is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    pub supervisor: Uuid,
    /// Name and HPR number, sealed under the person's key.
    pub sealed: String,
    /// Keyed hash of the HPR number.
    pub hpr_lookup: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialist_since: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<TraineeCapacity>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<ExternalId>,
    pub on: Date,
}

/// Who the supervisor is, or when they were a specialist, was told wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corrected {
    pub supervisor: Uuid,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub sealed: String,
    pub hpr_lookup: String,
    /// When the supervisor was a specialist, told whole.
    pub specialist: Vec<Period>,
    pub reason: Comment,
    pub on: Date,
}

/// The supervisor is an approved specialist in general practice in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpecialistApproved {
    pub supervisor: Uuid,
    pub period: Period,
}

/// The specialist approval ends; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpecialistStatusEnded {
    pub supervisor: Uuid,
    pub to: Date,
}

/// The supervisor has completed a course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CourseCompleted {
    pub supervisor: Uuid,
    pub course: Course,
}

/// How many trainees the supervisor takes from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacitySet {
    pub supervisor: Uuid,
    pub trainees: TraineeCapacity,
    pub from: Date,
}

/// A municipality begins an application to let somebody supervise who is not a specialist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionDrafted {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub application: Application,
    pub on: Date,
}

/// The application reads otherwise, told whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionDetailed {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub application: Application,
    pub on: Date,
}

/// The application is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionSubmitted {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The exemption is granted for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionGranted {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub period: Period,
    /// Why it holds from a day before it was applied for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive: Option<Comment>,
}

/// The exemption is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionRejected {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The municipality appeals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionAppealed {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The appeal is lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectionUpheld {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
}

/// The appeal is won: the exemption is granted after all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectionReversed {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive: Option<Comment>,
}

/// The exemption holds no more from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExemptionRevoked {
    pub exemption: Uuid,
    pub supervisor: Uuid,
    pub municipality: MunicipalityNumber,
    pub on: Date,
    pub reason: Comment,
}

/// Somebody is asked to supervise a trainee.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentProposed {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    /// Where the trainee holds a position on the first day; decides which exemptions count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub kind: AssignmentKind,
    pub period: Period,
    pub mode: SupervisionMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_office: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_minutes_per_month: Option<MonthMinutes>,
    pub on: Date,
}

/// The supervisor says yes, to the whole period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentAccepted {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// The supervisor says no.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentDeclined {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// Supervision rests from a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentPaused {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<SupervisionPauseReason>,
}

/// Supervision goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentResumed {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub on: Date,
}

/// Supervision ends; the last day is `to`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentEnded {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    pub to: Date,
    pub reason: SupervisionEndReason,
}

/// What was recorded of an assignment was wrong; this is how it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentCorrected {
    pub assignment: Uuid,
    pub trainee: Uuid,
    pub supervisor: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<MunicipalityNumber>,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    /// How it was, or `None`: there never was such an assignment.
    pub facts: Option<AssignmentFacts>,
    pub reason: Comment,
}

/// An assignment's days as they were, told whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentFacts {
    pub period: Period,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<SupervisionEndReason>,
}

events! {
    /// What is recorded of supervision.
    pub enum Event {
        Registered = "supervisor.registered.v1",
        Corrected = "supervisor.corrected.v1",
        SpecialistApproved = "supervisor.specialist_approved.v1",
        SpecialistStatusEnded = "supervisor.specialist_status_ended.v1",
        CourseCompleted = "supervisor.course_completed.v1",
        CapacitySet = "supervisor.capacity_set.v1",
        ExemptionDrafted = "supervision_exemption.drafted.v1",
        ExemptionDetailed = "supervision_exemption.detailed.v1",
        ExemptionSubmitted = "supervision_exemption.submitted.v1",
        ExemptionGranted = "supervision_exemption.granted.v1",
        ExemptionRejected = "supervision_exemption.rejected.v1",
        ExemptionAppealed = "supervision_exemption.appealed.v1",
        RejectionUpheld = "supervision_exemption.rejection_upheld.v1",
        RejectionReversed = "supervision_exemption.rejection_reversed.v1",
        ExemptionRevoked = "supervision_exemption.revoked.v1",
        AssignmentProposed = "supervisor_assignment.proposed.v1",
        AssignmentAccepted = "supervisor_assignment.accepted.v1",
        AssignmentDeclined = "supervisor_assignment.declined.v1",
        AssignmentPaused = "supervisor_assignment.paused.v1",
        AssignmentResumed = "supervisor_assignment.resumed.v1",
        AssignmentEnded = "supervisor_assignment.ended.v1",
        AssignmentCorrected = "supervisor_assignment.corrected.v1",
    }
}

/// The kind of a supervisor's subject.
pub const SUBJECT: &str = "supervisor";
/// The kind of an exemption's subject.
pub const EXEMPTION: &str = "exemption";

/// The subject of a supervisor, with all exemptions and assignments.
pub fn subject(supervisor: Uuid) -> Subject {
    Subject::new(SUBJECT, supervisor)
}

/// The subject of one exemption.
pub fn exemption_subject(exemption: Uuid) -> Subject {
    Subject::new(EXEMPTION, exemption)
}

/// The subject of one assignment.
pub fn assignment_subject(assignment: Uuid) -> Subject {
    Subject::new("assignment", assignment)
}

/// The supervision of one trainee: the guard of one supervisor at a time.
pub fn supervision_subject(trainee: Uuid) -> Subject {
    Subject::new("supervision", trainee)
}

/// The subject of an HPR number among supervisors: one person each.
pub fn hpr_subject(lookup: &str) -> Subject {
    Subject::new("supervisor-hpr", lookup)
}

/// The subject of a supervisor's id in another system: one person each.
pub fn external_subject(external: &ExternalId) -> Subject {
    Subject::new("supervisor-external", format!("{}/{}", external.system, external.id))
}

/// What a fact is about, beside its supervisor.
enum About<'a> {
    Supervisor,
    Exemption(Uuid, &'a MunicipalityNumber),
    Assignment { id: Uuid, trainee: Uuid, municipality: Option<&'a MunicipalityNumber> },
}

/// The supervisor of a fact about an exemption or an assignment, and what else it is about.
macro_rules! about {
    (exemption $f:ident) => {
        ($f.supervisor, About::Exemption($f.exemption, &$f.municipality))
    };
    (assignment $f:ident) => {
        ($f.supervisor, {
            let municipality = $f.municipality.as_ref();
            About::Assignment { id: $f.assignment, trainee: $f.trainee, municipality }
        })
    };
}

impl Event {
    fn about(&self) -> (Uuid, About<'_>) {
        match self {
            Event::Registered(f) => (f.supervisor, About::Supervisor),
            Event::Corrected(f) => (f.supervisor, About::Supervisor),
            Event::SpecialistApproved(f) => (f.supervisor, About::Supervisor),
            Event::SpecialistStatusEnded(f) => (f.supervisor, About::Supervisor),
            Event::CourseCompleted(f) => (f.supervisor, About::Supervisor),
            Event::CapacitySet(f) => (f.supervisor, About::Supervisor),
            Event::ExemptionDrafted(f) => about!(exemption f),
            Event::ExemptionDetailed(f) => about!(exemption f),
            Event::ExemptionSubmitted(f) => about!(exemption f),
            Event::ExemptionGranted(f) => about!(exemption f),
            Event::ExemptionRejected(f) => about!(exemption f),
            Event::ExemptionAppealed(f) => about!(exemption f),
            Event::RejectionUpheld(f) => about!(exemption f),
            Event::RejectionReversed(f) => about!(exemption f),
            Event::ExemptionRevoked(f) => about!(exemption f),
            Event::AssignmentProposed(f) => about!(assignment f),
            Event::AssignmentAccepted(f) => about!(assignment f),
            Event::AssignmentDeclined(f) => about!(assignment f),
            Event::AssignmentPaused(f) => about!(assignment f),
            Event::AssignmentResumed(f) => about!(assignment f),
            Event::AssignmentEnded(f) => about!(assignment f),
            Event::AssignmentCorrected(f) => about!(assignment f),
        }
    }

    /// The natural keys that a fact takes.
    fn names(&self) -> Vec<Subject> {
        match self {
            Event::Registered(f) => {
                let external = f.external_ids.iter().map(external_subject);
                std::iter::once(hpr_subject(&f.hpr_lookup)).chain(external).collect()
            }
            Event::Corrected(f) => vec![hpr_subject(&f.hpr_lookup)],
            Event::SpecialistApproved(_)
            | Event::SpecialistStatusEnded(_)
            | Event::CourseCompleted(_)
            | Event::CapacitySet(_)
            | Event::ExemptionDrafted(_)
            | Event::ExemptionDetailed(_)
            | Event::ExemptionSubmitted(_)
            | Event::ExemptionGranted(_)
            | Event::ExemptionRejected(_)
            | Event::ExemptionAppealed(_)
            | Event::RejectionUpheld(_)
            | Event::RejectionReversed(_)
            | Event::ExemptionRevoked(_)
            | Event::AssignmentProposed(_)
            | Event::AssignmentAccepted(_)
            | Event::AssignmentDeclined(_)
            | Event::AssignmentPaused(_)
            | Event::AssignmentResumed(_)
            | Event::AssignmentEnded(_)
            | Event::AssignmentCorrected(_) => vec![],
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
        let (supervisor, about) = self.about();
        let supervisor = subject(supervisor);
        let mut subjects = match about {
            About::Supervisor => vec![supervisor],
            About::Exemption(id, _) => vec![exemption_subject(id), supervisor],
            About::Assignment { id, trainee, .. } => {
                vec![assignment_subject(id), supervisor, supervision_subject(trainee)]
            }
        };
        subjects.extend(self.names());
        subjects
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Registered(f) => f.on,
            Event::Corrected(f) => f.on,
            Event::SpecialistApproved(f) => f.period.from,
            Event::SpecialistStatusEnded(f) => day_after(f.to),
            Event::CourseCompleted(f) => f.course.completed_on,
            Event::CapacitySet(f) => f.from,
            Event::ExemptionDrafted(f) => f.on,
            Event::ExemptionDetailed(f) => f.on,
            Event::ExemptionSubmitted(f) => f.on,
            Event::ExemptionGranted(f) => f.period.from,
            Event::ExemptionRejected(f) => f.on,
            Event::ExemptionAppealed(f) => f.on,
            Event::RejectionUpheld(f) => f.on,
            Event::RejectionReversed(f) => f.period.from,
            Event::ExemptionRevoked(f) => f.on,
            Event::AssignmentProposed(f) => f.period.from,
            Event::AssignmentAccepted(f) => f.on,
            Event::AssignmentDeclined(f) => f.on,
            Event::AssignmentPaused(f) => f.from,
            Event::AssignmentResumed(f) => f.on,
            Event::AssignmentEnded(f) => day_after(f.to),
            Event::AssignmentCorrected(f) => {
                f.facts.as_ref().map_or(FIRST_DAY, |facts| facts.period.from)
            }
        }
    }
    fn municipality(&self) -> Option<&str> {
        match self.about().1 {
            About::Supervisor => None,
            About::Exemption(_, municipality) => Some(municipality.as_str()),
            About::Assignment { municipality, .. } => municipality.map(MunicipalityNumber::as_str),
        }
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        Self::read(fact)
    }
}
