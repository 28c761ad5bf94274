//! How positions and occupancies look to callers, on a day.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::OpenPracticeModel;
use super::state::{Position, Status};
use crate::edge::Day;
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::occupancy::Occupancy;
use crate::occupancy::domain::{
    Category, LeaveReason, ListCeiling, OperatingModel, Patients, WeekMinutes,
};
use crate::problem::{Spoken, Words};
use crate::supervision::Assignments;
use crate::supervision::assignment::Assignment;
use crate::time::Percent;
use crate::trainee::Trainee;
use crate::word_enum;

word_enum! {
    /// What a position is on a day.
    pub enum StatusWord {
        /// Established, never held, not announced.
        Planned = "planned",
        /// Announced to applicants.
        Announced = "announced",
        /// Held by a doctor.
        Filled = "filled",
        /// Held before, by nobody now.
        Vacant = "vacant",
        /// Resting.
        Suspended = "suspended",
        /// Gone for good.
        Closed = "closed",
    }
}

impl From<&Status> for StatusWord {
    fn from(status: &Status) -> Self {
        match status {
            Status::Planned => StatusWord::Planned,
            Status::Announced { .. } => StatusWord::Announced,
            Status::Filled { .. } => StatusWord::Filled,
            Status::Vacant => StatusWord::Vacant,
            Status::Suspended => StatusWord::Suspended,
            Status::Closed => StatusWord::Closed,
        }
    }
}

/// A doctor's time in a position, as it is on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OccupancyView {
    /// The occupancy's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8059")]
    pub id: Uuid,
    /// The position that is held.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8057")]
    pub position: Uuid,
    /// The doctor who holds it.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub trainee: Uuid,
    /// The municipality of the position.
    pub municipality: MunicipalityNumber,
    /// First day.
    pub from: Day,
    /// Last day; null while it is open.
    pub to: Option<Day>,
    /// The doctor's share on the day that was asked about.
    pub percent: Percent,
    /// The agreed operating model on that day.
    pub operating_model: OperatingModel,
    /// Why the doctor left; null before that.
    pub end_reason: Option<LeaveReason>,
    /// Patients on the list; null when not told.
    pub list_length: Option<Patients>,
    /// The list's ceiling; null when there is none or it is not told.
    pub list_ceiling: Option<ListCeiling>,
    /// Minutes a week kept free for training; null when not told.
    pub protected_minutes_per_week: Option<WeekMinutes>,
    /// What other systems call the occupancy.
    pub external_ids: Vec<ExternalId>,
}

impl OccupancyView {
    /// The occupancy on a day; before its first or after its last day, as it is on the nearest.
    pub fn on(occupancy: &Occupancy, day: Date) -> Self {
        let day = day.max(occupancy.period.from);
        let day = occupancy.period.to.map_or(day, |to| day.min(to));
        let terms = occupancy.terms_on(day);
        Self {
            id: occupancy.id,
            position: occupancy.position,
            trainee: occupancy.trainee,
            municipality: occupancy.municipality.clone(),
            from: Day(occupancy.period.from),
            to: occupancy.period.to.map(Day),
            percent: occupancy.percent_on(day),
            operating_model: occupancy.model_on(day),
            end_reason: occupancy.end_reason,
            list_length: terms.list_length,
            list_ceiling: terms.list_ceiling,
            protected_minutes_per_week: terms.protected_minutes_per_week,
            external_ids: occupancy.external_ids.to_vec(),
        }
    }
}

word_enum! {
    /// What should be looked at about an occupancy, though no rule forbids it.
    pub enum OccupancyWarningCode {
        /// The date LIS1 was completed is not recorded.
        Lis1DateMissing = "lis1_date_missing",
        /// By what was told since, the doctor began before LIS1 was completed.
        Lis1NotCompleted = "lis1_not_completed",
        /// A supervisor's assignment to the doctor goes on after the last day.
        SupervisionGoesOn = "supervision_goes_on",
    }
}

static LIS1_DATE_MISSING: Words = Words {
    en: "The date LIS1 was completed is not recorded.",
    nb: "Datoen for fullført LIS1 er ikke registrert.",
};
static LIS1_NOT_COMPLETED: Words = Words {
    en: "The doctor completed LIS1 on {completed}, after the first day.",
    nb: "Legen fullførte LIS1 {completed}, etter første dag.",
};
static SUPERVISION_GOES_ON: Words = Words {
    en: "Supervisor assignment {assignment} goes on after the last day.",
    nb: "Veiledning {assignment} fortsetter etter siste dag.",
};

/// Something to look at about an occupancy.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OccupancyWarning {
    /// What it is about, for programs.
    pub code: OccupancyWarningCode,
    /// In both languages here; `detail` in the caller's when it is sent.
    #[schema(ignore)]
    words: Spoken,
    /// What it is about, in words of the caller's language.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(example = "The date LIS1 was completed is not recorded.", required = true)]
    detail: String,
}

impl OccupancyWarning {
    fn new(code: OccupancyWarningCode, words: Spoken) -> Self {
        Self { code, words, detail: String::new() }
    }
}

/// An occupancy by itself, as it is on a day, with what should be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SingleOccupancyView {
    /// The occupancy.
    #[serde(flatten)]
    occupancy: OccupancyView,
    /// The document that lets the doctor begin before LIS1 is completed; null for none.
    lis1_exception: Option<Comment>,
    /// What should be looked at, though no rule forbids it.
    warnings: Vec<OccupancyWarning>,
}

impl SingleOccupancyView {
    /// The occupancy on a day, with the doctor who holds it and who supervises that one.
    pub fn on(
        occupancy: &Occupancy,
        trainee: Option<&Trainee>,
        supervision: &Assignments,
        day: Date,
    ) -> Self {
        let mut warnings: Vec<_> = about_lis1(occupancy, trainee).into_iter().collect();
        warnings.extend(about_supervision(occupancy, trainee, supervision, day));
        Self {
            occupancy: OccupancyView::on(occupancy, day),
            lis1_exception: occupancy.lis1_exception.clone(),
            warnings,
        }
    }
}

fn about_lis1(occupancy: &Occupancy, trainee: Option<&Trainee>) -> Option<OccupancyWarning> {
    if occupancy.lis1_exception.is_some() {
        return None;
    }
    let (code, words) = match trainee?.lis1_completed_on {
        None => (OccupancyWarningCode::Lis1DateMissing, LIS1_DATE_MISSING.spoken(&[])),
        Some(completed) if completed > occupancy.period.from => {
            let words = LIS1_NOT_COMPLETED.spoken(&[("completed", &completed)]);
            (OccupancyWarningCode::Lis1NotCompleted, words)
        }
        Some(_) => return None,
    };
    Some(OccupancyWarning::new(code, words))
}

/// Assignments that go on when the doctor leaves, unless the doctor has another position of the
/// municipality then.
fn about_supervision(
    occupancy: &Occupancy,
    trainee: Option<&Trainee>,
    supervision: &Assignments,
    day: Date,
) -> Vec<OccupancyWarning> {
    let Some((last, next)) = occupancy.period.to.zip(occupancy.period.day_after()) else {
        return vec![];
    };
    let here = |municipality: &MunicipalityNumber| *municipality == occupancy.municipality;
    let held = Trainee::occupancies_of(trainee);
    let mut others = held.all_on(next).filter(|other| other.id != occupancy.id);
    if others.any(|other| here(&other.municipality)) {
        return vec![];
    }
    let goes_on = |assignment: &&Assignment| {
        assignment.period.covers(last)
            && assignment.period.covers(next)
            && !assignment.period.ends_before(day)
            && assignment.is_wanted()
            && assignment.municipality.as_ref().is_none_or(here)
    };
    let warning = |assignment: &Assignment| {
        let words = SUPERVISION_GOES_ON.spoken(&[("assignment", &assignment.id)]);
        OccupancyWarning::new(OccupancyWarningCode::SupervisionGoesOn, words)
    };
    supervision.iter().filter(goes_on).map(warning).collect()
}

/// A training position, as it is on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PositionView {
    /// The position's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8057")]
    pub id: Uuid,
    /// The municipality whose position it is.
    pub municipality: MunicipalityNumber,
    /// What kind of work it is.
    pub category: Category,
    /// Its share of a full position.
    pub percent: Percent,
    /// The operating model the municipality wants.
    pub intended_operating_model: OperatingModel,
    /// The operating model agreed with whoever holds it; null when nobody does.
    pub agreed_operating_model: Option<OperatingModel>,
    /// What it is on the day that was asked about.
    pub status: StatusWord,
    /// The first day the position exists.
    pub from: Day,
    /// The programme it belongs to; null for none.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8060")]
    pub programme: Option<Uuid>,
    /// How open unselected practice is arranged; null when not told.
    pub open_practice_model: Option<OpenPracticeModel>,
    /// Whether a fixed salary was offered; null when not told.
    #[schema(example = true)]
    pub salary_offer_made: Option<bool>,
    /// Until when doctors may apply, while it is announced.
    pub apply_by: Option<Day>,
    /// Since when nobody holds it; null while somebody does, and once it is closed.
    pub vacant_since: Option<Day>,
    /// Who holds it on that day; null when nobody does.
    pub occupancy: Option<OccupancyView>,
    /// Everyone who held, holds or will hold it.
    pub occupancies: Vec<OccupancyView>,
    /// What other systems call it.
    pub external_ids: Vec<ExternalId>,
}

impl PositionView {
    /// The position on a day; `None` before it was established.
    pub fn on(position: &Position, day: Date) -> Option<Self> {
        let status = position.status_on(day)?;
        let holder = position.occupancies.on(day);
        let apply_by = match status {
            Status::Announced { apply_by } => apply_by,
            Status::Planned
            | Status::Filled { .. }
            | Status::Vacant
            | Status::Suspended
            | Status::Closed => None,
        };
        let e = &position.established;
        Some(Self {
            id: e.position,
            municipality: e.municipality.clone(),
            category: e.category,
            percent: e.percent,
            intended_operating_model: e.intended_operating_model,
            agreed_operating_model: holder.map(|holder| holder.model_on(day)),
            status: StatusWord::from(&status),
            from: Day(e.from),
            programme: e.programme,
            open_practice_model: e.open_practice_model,
            salary_offer_made: e.salary_offer_made,
            apply_by: apply_by.map(Day),
            vacant_since: position.vacant_since(day).map(Day),
            occupancy: holder.map(|holder| OccupancyView::on(holder, day)),
            occupancies: position.occupancies.iter().map(|o| OccupancyView::on(o, day)).collect(),
            external_ids: position.external_ids.to_vec(),
        })
    }
}
