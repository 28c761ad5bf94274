//! Supervision: facts. Their states and rules are in [`super::supervisor`], [`super::exemption`]
//! and [`super::assignment`].
//!
//! Every fact names its supervisor, so that one stream tells all that a supervisor's assignments
//! look like on a day: an assignment lapses by itself when the supervisor's specialist approval or
//! exemption no longer covers it, and no fact says so.

mod supervisor;
mod exemption;
mod assignment;

pub use assignment::{
    AssignmentAccepted, AssignmentCorrected, AssignmentDeclined, AssignmentEnded, AssignmentFacts,
    AssignmentKind, AssignmentPaused, AssignmentProposed, AssignmentResumed, AssignmentWithdrawn,
    MonthMinutes, SupervisionEndReason, SupervisionMode, SupervisionPauseReason,
};
pub use exemption::{
    ExemptionAppealed, ExemptionCorrected, ExemptionDetailed, ExemptionDrafted, ExemptionGranted,
    ExemptionRejected, ExemptionRevoked, ExemptionStepCorrected, ExemptionSubmitted,
    RejectionReversed, RejectionUpheld, Stage, Step, TraineeCount,
};
pub use supervisor::{
    CapacitySet, Corrected, Course, CourseCompleted, CourseCorrected, Registered,
    SpecialistApproved, SpecialistStatusEnded, TraineeCapacity,
};

use jiff::civil::Date;
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold, Subject};
use crate::external_ids::Naming;
use crate::identifiers::MunicipalityNumber;
use crate::person::domain::PersonKind;
use crate::time::{FIRST_DAY, day_after};
use crate::{events, naming};

events! {
    /// What is recorded of supervision.
    pub enum Event {
        Registered = "supervisor.registered.v1",
        Corrected = "supervisor.corrected.v1",
        SpecialistApproved = "supervisor.specialist_approved.v1",
        SpecialistStatusEnded = "supervisor.specialist_status_ended.v1",
        CourseCompleted = "supervisor.course_completed.v1",
        CourseCorrected = "supervisor.course_corrected.v1",
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
        ExemptionCorrected = "supervision_exemption.corrected.v1",
        ExemptionStepCorrected = "supervision_exemption.step_corrected.v1",
        AssignmentProposed = "supervisor_assignment.proposed.v1",
        AssignmentAccepted = "supervisor_assignment.accepted.v1",
        AssignmentDeclined = "supervisor_assignment.declined.v1",
        AssignmentWithdrawn = "supervisor_assignment.withdrawn.v1",
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

/// Ids of supervisors in other systems.
pub static EXTERNAL_IDS: Naming = naming!("supervisor.", "supervisor"; "supervisor-external");
/// Ids of exemptions in other systems.
pub static EXEMPTION_EXTERNAL_IDS: Naming =
    naming!("supervision_exemption.", "exemption"; "exemption-external");
/// Ids of assignments in other systems.
pub static ASSIGNMENT_EXTERNAL_IDS: Naming =
    naming!("supervisor_assignment.", "assignment"; "assignment-external");

/// The subject of a supervisor, with all exemptions and assignments.
pub fn subject(supervisor: Uuid) -> Subject {
    PersonKind::Supervisor.subject(supervisor)
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
    PersonKind::Supervisor.hpr_subject(lookup)
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
            Event::CourseCorrected(f) => (f.supervisor, About::Supervisor),
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
            Event::ExemptionCorrected(f) => about!(exemption f),
            Event::ExemptionStepCorrected(f) => about!(exemption f),
            Event::AssignmentProposed(f) => about!(assignment f),
            Event::AssignmentAccepted(f) => about!(assignment f),
            Event::AssignmentDeclined(f) => about!(assignment f),
            Event::AssignmentWithdrawn(f) => about!(assignment f),
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
                let external = EXTERNAL_IDS.subjects(&f.external_ids);
                std::iter::once(hpr_subject(&f.hpr_lookup)).chain(external).collect()
            }
            Event::Corrected(f) => vec![hpr_subject(&f.hpr_lookup)],
            Event::ExemptionDrafted(f) => {
                EXEMPTION_EXTERNAL_IDS.subjects(&f.external_ids).collect()
            }
            Event::AssignmentProposed(f) => {
                ASSIGNMENT_EXTERNAL_IDS.subjects(&f.external_ids).collect()
            }
            Event::SpecialistApproved(_)
            | Event::SpecialistStatusEnded(_)
            | Event::CourseCompleted(_)
            | Event::CourseCorrected(_)
            | Event::CapacitySet(_)
            | Event::ExemptionDetailed(_)
            | Event::ExemptionSubmitted(_)
            | Event::ExemptionGranted(_)
            | Event::ExemptionRejected(_)
            | Event::ExemptionAppealed(_)
            | Event::RejectionUpheld(_)
            | Event::RejectionReversed(_)
            | Event::ExemptionRevoked(_)
            | Event::ExemptionCorrected(_)
            | Event::ExemptionStepCorrected(_)
            | Event::AssignmentAccepted(_)
            | Event::AssignmentDeclined(_)
            | Event::AssignmentWithdrawn(_)
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
            Event::CourseCorrected(f) => {
                let really = f.course.as_ref().map(|course| course.completed_on);
                really.map_or(f.was.completed_on, |on| on.min(f.was.completed_on))
            }
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
            Event::ExemptionCorrected(f) => f.on,
            Event::ExemptionStepCorrected(f) => {
                f.facts.as_ref().map_or(f.was, |step| step.holds_from().min(f.was))
            }
            Event::AssignmentProposed(f) => f.period.from,
            Event::AssignmentAccepted(f) => f.on,
            Event::AssignmentDeclined(f) => f.on,
            Event::AssignmentWithdrawn(f) => f.on,
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

/// Whom an exemption or an assignment concerns by its own facts, also when it turned out never to
/// have been: its history stays.
#[derive(Debug, Clone, Default)]
pub struct Filed {
    pub supervisor: Option<Uuid>,
    pub trainee: Option<Uuid>,
    pub municipality: Option<MunicipalityNumber>,
}

impl Fold for Filed {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        let Some(event) = Event::decode(fact)? else { return Ok(()) };
        let (supervisor, about) = event.about();
        let (trainee, municipality) = match about {
            About::Supervisor => (None, None),
            About::Exemption(_, municipality) => (None, Some(municipality)),
            About::Assignment { trainee, municipality, .. } => (Some(trainee), municipality),
        };
        // Who was named for an assignment that never was has nothing to see of it.
        let is_strangers = matches!(&event, Event::AssignmentCorrected(f) if f.facts.is_none());
        *self = Self {
            supervisor: (!is_strangers).then_some(supervisor),
            trainee,
            municipality: municipality.cloned(),
        };
        Ok(())
    }
}
