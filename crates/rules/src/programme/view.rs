//! How programmes look to callers, on a day.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{Outcome, PositionCount, YearlyNok};
use super::state::{self, Application, ApplicationStatus, Programme};
use crate::edge::Day;
use crate::identifiers::{ExternalId, MunicipalityNumber, Name};

/// A phase of a programme.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PhaseView {
    /// Its name.
    pub name: Name,
    /// First day.
    pub from: Day,
    /// Last day; null while there is no end.
    pub to: Option<Day>,
}

/// What a programme pays for a position.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SubsidyView {
    /// Whole kroner for a position and year.
    pub nok_per_position_year: YearlyNok,
    /// First day.
    pub from: Day,
    /// Last day; null while there is no end.
    pub to: Option<Day>,
}

/// A municipality that takes part.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ParticipationView {
    /// The municipality.
    pub municipality: MunicipalityNumber,
    /// First day.
    pub from: Day,
    /// Last day; null while there is no end.
    pub to: Option<Day>,
    /// How many positions of the programme it may have at most.
    pub quota: PositionCount,
}

/// A municipality's application.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ApplicationView {
    /// The municipality.
    pub municipality: MunicipalityNumber,
    /// When it applied.
    pub applied_on: Day,
    /// What was decided; null while nothing is.
    pub outcome: Option<Outcome>,
    /// When it was decided; null while nothing is.
    pub decided_on: Option<Day>,
}

impl ApplicationView {
    fn of(application: &Application) -> Self {
        let (outcome, decided_on) = match application.status {
            ApplicationStatus::Pending => (None, None),
            ApplicationStatus::Decided { outcome, on } => (Some(outcome), Some(Day(on))),
        };
        let municipality = application.municipality.clone();
        Self { municipality, applied_on: Day(application.applied_on), outcome, decided_on }
    }
}

/// A programme, as it is on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProgrammeView {
    /// The programme's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8060")]
    pub id: Uuid,
    /// Its name.
    pub name: Name,
    /// First day.
    pub from: Day,
    /// Last day; null while there is no end.
    pub to: Option<Day>,
    /// How many positions a municipality may have at most; null for no such limit.
    pub positions_max_per_municipality: Option<PositionCount>,
    /// What it pays for a position and year on the day that was asked about; null when not told.
    pub subsidy_nok_per_position_year: Option<YearlyNok>,
    /// The phase on that day; null when there is none.
    pub phase: Option<Name>,
    /// All phases.
    pub phases: Vec<PhaseView>,
    /// All rates.
    pub subsidies: Vec<SubsidyView>,
    /// The municipalities that take part, took part or will take part, by number and day.
    pub participations: Vec<ParticipationView>,
    /// The municipalities that asked to take part, by the day they did.
    pub applications: Vec<ApplicationView>,
    /// What other systems call it.
    pub external_ids: Vec<ExternalId>,
}

impl ProgrammeView {
    /// The programme on a day; `None` before its first.
    pub fn on(programme: &Programme, day: Date) -> Option<Self> {
        (programme.started.period.from <= day).then(|| Self::of(programme, day))
    }

    fn of(programme: &Programme, day: Date) -> Self {
        let phases = programme.phases().map(|(period, name)| PhaseView {
            name: name.clone(),
            from: Day(period.from),
            to: period.to.map(Day),
        });
        let subsidies = programme.subsidies().map(|(period, rate)| SubsidyView {
            nok_per_position_year: *rate,
            from: Day(period.from),
            to: period.to.map(Day),
        });
        let participations = programme.participations.iter().flat_map(|(municipality, own)| {
            own.iter().map(|held| ParticipationView {
                municipality: municipality.clone(),
                from: Day(held.period.from),
                to: held.period.to.map(Day),
                quota: held.quota,
            })
        });
        let started = &programme.started;
        Self {
            id: started.programme,
            name: started.name.clone(),
            from: Day(started.period.from),
            to: started.period.to.map(Day),
            positions_max_per_municipality: started.positions_max_per_municipality,
            subsidy_nok_per_position_year: state::on(programme.subsidies(), day).copied(),
            phase: state::on(programme.phases(), day).cloned(),
            phases: phases.collect(),
            subsidies: subsidies.collect(),
            participations: participations.collect(),
            applications: programme.applications.iter().map(ApplicationView::of).collect(),
            external_ids: programme.external_ids.to_vec(),
        }
    }
}
