//! How supervisors, exemptions and assignments look to callers, on a day.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::assignment::{Assignment, Response};
use super::domain::{
    AssignmentKind, MonthMinutes, SupervisionEndReason, SupervisionMode, TraineeCapacity,
    TraineeCount,
};
use super::exemption::{Exemption, ExemptionStatus};
use super::supervisor::{Completed, Load, Qualification, Status, Supervisor};
use crate::edge::Day;
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber, Name};
use crate::problem::{Spoken, Words};
use crate::time::Period;
use crate::word_enum;

/// A run of days; both ends belong to it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PeriodView {
    /// First day.
    pub from: Day,
    /// Last day; null while it is open.
    pub to: Option<Day>,
}

impl From<Period> for PeriodView {
    fn from(period: Period) -> Self {
        Self { from: Day(period.from), to: period.to.map(Day) }
    }
}

/// A course that a supervisor has completed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CourseView {
    /// The course.
    pub name: Name,
    /// Who held it; null when not told.
    pub provider: Option<Name>,
    /// The day it was completed.
    pub completed_on: Day,
    /// The last day it counts; null when it never runs out.
    pub valid_until: Option<Day>,
    /// Whether it counts on the day that was asked about.
    #[schema(example = true)]
    pub valid: bool,
}

/// A supervisor, as on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SupervisorView {
    /// The supervisor's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub id: Uuid,
    /// Sealed here; `name` and `hpr_number` when it is sent.
    #[schema(ignore)]
    sealed: String,
    /// The supervisor's name; null once it is erased, and for callers who may not read names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ola Eksempel", required = true)]
    name: Option<String>,
    /// The supervisor's HPR number; null once it is erased, and for callers who may not read names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "999000101", required = true)]
    hpr_number: Option<String>,
    /// Whether the supervisor is an approved specialist in general practice on that day.
    #[schema(example = true)]
    pub specialist: bool,
    /// When the supervisor was, is and will be an approved specialist.
    pub specialist_periods: Vec<PeriodView>,
    /// Trainees that the supervisor takes at the same time.
    pub capacity: TraineeCapacity,
    /// Trainees whom the supervisor actively supervises on that day.
    #[schema(example = 1, minimum = 0)]
    pub active_trainees: usize,
    /// Whether those are more than the capacity. A warning: no rule forbids it.
    #[schema(example = false)]
    pub over_capacity: bool,
    /// Courses that the supervisor has completed.
    pub courses: Vec<CourseView>,
    /// The day the supervisor was registered here.
    pub registered_on: Day,
    /// What other systems call the supervisor.
    pub external_ids: Vec<ExternalId>,
}

impl SupervisorView {
    /// The supervisor on a day. A person has no first day here: who is known now was somebody then.
    pub fn on(supervisor: &Supervisor, day: Date) -> Self {
        Self::of(supervisor, &supervisor.load(), day)
    }

    /// The supervisor on a day, with the load worked out before.
    pub fn of(supervisor: &Supervisor, load: &Load, day: Date) -> Self {
        let courses = supervisor.courses.iter().map(|Completed { course, .. }| CourseView {
            name: course.name.clone(),
            provider: course.provider.clone(),
            completed_on: Day(course.completed_on),
            valid_until: course.valid_until.map(Day),
            valid: course.valid().covers(day),
        });
        let capacity = supervisor.capacity_on(day);
        Self {
            id: supervisor.id,
            sealed: supervisor.sealed.clone(),
            name: None,
            hpr_number: None,
            specialist: supervisor.specialist_on(day),
            specialist_periods: supervisor
                .specialist
                .iter()
                .map(|period| (*period).into())
                .collect(),
            capacity,
            active_trainees: load.on(day),
            over_capacity: load.on(day) > usize::from(capacity.0),
            courses: courses.collect(),
            registered_on: Day(supervisor.registered_on),
            external_ids: supervisor.external_ids.to_vec(),
        }
    }
}

/// A supervision exemption, as on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExemptionView {
    /// The exemption's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8062")]
    pub id: Uuid,
    /// The supervisor who is no specialist.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub supervisor: Uuid,
    /// The municipality that applies, and where it holds: also for positions that are filed under a
    /// number which this one took over.
    pub municipality: MunicipalityNumber,
    /// What it is on the day that was asked about.
    pub status: ExemptionStatus,
    /// The first day applied for; null when not told yet.
    pub from: Option<Day>,
    /// The last day applied for; null when not told yet.
    pub to: Option<Day>,
    /// The disproportionate challenges; null when not told yet.
    pub challenges: Option<Comment>,
    /// What was tried, and with which neighbours; null when not told yet.
    pub measures_tried: Option<Comment>,
    /// Specialists attached to the establishment; null when not told yet.
    pub specialists_attached: Option<TraineeCount>,
    /// Trainees in training there; null when not told yet.
    pub trainees_in_training: Option<TraineeCount>,
    /// Trainees who would have a supervisor who is no specialist; null when not told yet.
    pub trainees_with_non_specialist: Option<TraineeCount>,
    /// The competence of the temporary supervisor; null when not told yet.
    pub competence: Option<Comment>,
    /// The day it was submitted; null before that.
    pub submitted_on: Option<Day>,
    /// The day it was decided, before any appeal; null before that.
    pub decided_on: Option<Day>,
    /// The day the refusal was appealed; null when it was not.
    pub appealed_on: Option<Day>,
    /// The days for which it was granted; null when it is not granted.
    pub granted: Option<PeriodView>,
    /// From which day it is withdrawn; null when it is not.
    pub revoked_on: Option<Day>,
    /// What other systems call it.
    pub external_ids: Vec<ExternalId>,
}

impl ExemptionView {
    /// The exemption on a day; `None` before it was first recorded.
    pub fn on(exemption: &Exemption, day: Date) -> Option<Self> {
        let recorded = &exemption.application;
        Some(Self {
            id: exemption.id,
            supervisor: exemption.supervisor,
            municipality: exemption.municipality.clone(),
            status: exemption.status_on(day)?,
            from: recorded.from.map(Day),
            to: recorded.to.map(Day),
            challenges: recorded.challenges.clone(),
            measures_tried: recorded.measures_tried.clone(),
            specialists_attached: recorded.specialists_attached,
            trainees_in_training: recorded.trainees_in_training,
            trainees_with_non_specialist: recorded.trainees_with_non_specialist,
            competence: recorded.competence.clone(),
            submitted_on: exemption.submitted_on().map(Day),
            decided_on: exemption.decided_on().map(Day),
            appealed_on: exemption.appealed_on().map(Day),
            granted: exemption.granted().map(PeriodView::from),
            revoked_on: exemption.revoked_on().map(Day),
            external_ids: exemption.external_ids.to_vec(),
        })
    }
}

word_enum! {
    /// What an assignment is on a day.
    pub enum AssignmentStatus {
        /// The supervisor has not answered, and the last day is still to come.
        Proposed = "proposed",
        /// The supervisor said no.
        Declined = "declined",
        /// The proposal was taken back before the supervisor answered.
        Withdrawn = "withdrawn",
        /// The supervisor said yes; the first day is still to come.
        Accepted = "accepted",
        /// Supervision goes on.
        Active = "active",
        /// It would be active, but the supervisor is no longer a specialist, and no exemption
        /// covers the day. It is active again by itself when one does.
        Lapsed = "lapsed",
        /// Supervision rests.
        Paused = "paused",
        /// The last day is past; the supervisor may never have answered.
        Ended = "ended",
    }
}

word_enum! {
    /// By what somebody may supervise on a day.
    pub enum QualificationWord {
        /// A specialist approval in general practice.
        Specialist = "specialist",
        /// A granted exemption.
        Exemption = "exemption",
        /// Neither.
        None = "none",
    }
}

word_enum! {
    /// What should be looked at, though no rule forbids it.
    pub enum WarningCode {
        /// The supervisor has, or would have, more active trainees than the capacity.
        OverCapacity = "over_capacity",
        /// The supervisor has no valid supervisor course.
        NoSupervisorCourse = "no_supervisor_course",
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WarningView {
    /// What it is about, for programs.
    pub code: WarningCode,
    /// In both languages here; `detail` in the caller's when it is sent.
    #[schema(ignore)]
    words: Spoken,
    /// What it is about, in words of the caller's language.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(
        example = "The supervisor has no valid supervisor course on that day.",
        required = true
    )]
    detail: String,
}

impl WarningView {
    fn new(code: WarningCode, words: Spoken) -> Self {
        Self { code, words, detail: String::new() }
    }
}

static OVER_CAPACITY: Words = Words {
    en: "The supervisor takes {capacity}; this makes {trainees}.",
    nb: "Veilederen tar {capacity}; dette blir {trainees}.",
};
static NO_SUPERVISOR_COURSE: Words = Words {
    en: "The supervisor has no valid supervisor course on that day.",
    nb: "Veilederen har ikke noe gyldig veilederkurs den dagen.",
};

/// A supervisor's time with a trainee, as on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AssignmentView {
    /// The assignment's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8063")]
    pub id: Uuid,
    /// The trainee.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub trainee: Uuid,
    /// The supervisor.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub supervisor: Uuid,
    /// Where the trainee held a position on the first day: exemptions of this municipality count,
    /// and of those that took it over. Null when the trainee held none.
    pub municipality: Option<MunicipalityNumber>,
    /// What it is for.
    pub kind: AssignmentKind,
    /// What it is on the day that was asked about.
    pub status: AssignmentStatus,
    /// First day.
    pub from: Day,
    /// Last day; null while it is open.
    pub to: Option<Day>,
    /// Where the two meet.
    pub mode: SupervisionMode,
    /// Whether they work at the same office; null when not told.
    #[schema(example = true)]
    pub same_office: Option<bool>,
    /// Minutes planned a month; null when not told.
    pub planned_minutes_per_month: Option<MonthMinutes>,
    /// By what the supervisor may supervise on that day, or on the first day if that is later.
    pub qualification: QualificationWord,
    /// The exemption by which the supervisor may; null otherwise.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8062")]
    pub exemption: Option<Uuid>,
    /// The last day of that exemption; null otherwise.
    pub exemption_to: Option<Day>,
    /// Since when it has lapsed; null when it has not.
    pub lapsed_since: Option<Day>,
    /// Since when it rests; null when it does not.
    pub paused_since: Option<Day>,
    /// The day it was proposed here.
    pub proposed_on: Day,
    /// The day the supervisor said yes; null before that.
    pub accepted_on: Option<Day>,
    /// Why it ended; null when that is not told.
    pub end_reason: Option<SupervisionEndReason>,
    /// What other systems call it.
    pub external_ids: Vec<ExternalId>,
    /// What should be looked at while it is proposed, accepted or active.
    pub warnings: Vec<WarningView>,
}

impl AssignmentView {
    /// One assignment of a supervisor on a day; `None` before it was first recorded.
    pub fn on(supervisor: &Supervisor, id: Uuid, day: Date) -> Option<Self> {
        Self::of(supervisor, supervisor.assignments.get(id).ok()?, &supervisor.load(), day)
    }

    /// The assignment on a day, with the supervisor's load worked out before.
    pub fn of(
        supervisor: &Supervisor,
        assignment: &Assignment,
        load: &Load,
        day: Date,
    ) -> Option<Self> {
        let status = supervisor.status_on(assignment, day)?;
        let (word, lapsed_since, paused_since) = match status {
            Status::Proposed => (AssignmentStatus::Proposed, None, None),
            Status::Declined => (AssignmentStatus::Declined, None, None),
            Status::Withdrawn => (AssignmentStatus::Withdrawn, None, None),
            Status::Accepted => (AssignmentStatus::Accepted, None, None),
            Status::Active => (AssignmentStatus::Active, None, None),
            Status::Lapsed { since } => (AssignmentStatus::Lapsed, Some(since), None),
            Status::Paused { since } => (AssignmentStatus::Paused, None, Some(since)),
            Status::Ended => (AssignmentStatus::Ended, None, None),
        };
        let relevant = day.max(assignment.period.from);
        let by = supervisor.qualification_on(assignment.municipality.as_ref(), relevant);
        let (qualification, exemption) = match by {
            Qualification::Specialist => (QualificationWord::Specialist, None),
            Qualification::Exemption { id, to } => (QualificationWord::Exemption, Some((id, to))),
            Qualification::None => (QualificationWord::None, None),
        };
        Some(Self {
            id: assignment.id,
            trainee: assignment.trainee,
            supervisor: assignment.supervisor,
            municipality: assignment.municipality.clone(),
            kind: assignment.kind,
            status: word,
            from: Day(assignment.period.from),
            to: assignment.period.to.map(Day),
            mode: assignment.mode,
            same_office: assignment.same_office,
            planned_minutes_per_month: assignment.planned_minutes_per_month,
            qualification,
            exemption: exemption.map(|(id, _)| id),
            exemption_to: exemption.map(|(_, to)| Day(to)),
            lapsed_since: lapsed_since.map(Day),
            paused_since: paused_since.map(Day),
            proposed_on: Day(assignment.proposed_on),
            accepted_on: match assignment.response {
                Response::Accepted { on } => Some(Day(on)),
                Response::Proposed | Response::Declined { .. } | Response::Withdrawn { .. } => None,
            },
            end_reason: assignment.end_reason,
            external_ids: assignment.external_ids.to_vec(),
            warnings: warnings(supervisor, status, load, relevant),
        })
    }
}

/// What should be looked at. A proposal would add a trainee to those the supervisor has.
fn warnings(supervisor: &Supervisor, status: Status, load: &Load, day: Date) -> Vec<WarningView> {
    let trainees = match status {
        Status::Proposed => load.on(day) + 1,
        Status::Accepted | Status::Active => load.on(day),
        Status::Declined
        | Status::Withdrawn
        | Status::Lapsed { .. }
        | Status::Paused { .. }
        | Status::Ended => return vec![],
    };
    let mut warnings = Vec::new();
    let capacity = supervisor.capacity_on(day);
    if trainees > usize::from(capacity.0) {
        let words = OVER_CAPACITY.spoken(&[("capacity", &capacity.0), ("trainees", &trainees)]);
        warnings.push(WarningView::new(WarningCode::OverCapacity, words));
    }
    if !supervisor.course_on(day) {
        let words = NO_SUPERVISOR_COURSE.spoken(&[]);
        warnings.push(WarningView::new(WarningCode::NoSupervisorCourse, words));
    }
    warnings
}
