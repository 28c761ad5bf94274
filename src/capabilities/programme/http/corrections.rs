//! What was recorded wrong of a programme: when it was started, and of its phases and rates.

use deserr::Deserr;
use utoipa::ToSchema;

use super::super::domain::{PhaseFacts, PositionCount, ProgrammeFacts, SubsidyFacts, YearlyNok};
use super::super::problems::*;
use super::super::state::Programme;
use crate::edge::{Day, Fault, Faults, FieldFault, PeriodCorrection};
use crate::http::access::Access;
use crate::http::resource::{Act, Cx, Decided, Operations};
use crate::identifiers::{Comment, Name};
use crate::problem::OrNotFound as _;

/// Adds the operations.
pub(super) fn operations(operations: Operations<Programme>) -> Operations<Programme> {
    operations
        .act(Act {
            id: "correct_programme",
            path: "/correction",
            summary: "Correct what was recorded of a programme",
            about: "Its name, its days, how many positions a municipality may have. The first \
                    account stays in the history; `known_at` before the correction shows it. \
                    Phases and rates that were recorded for its whole time last as long as it \
                    really does, and hold on its days only. Municipalities must be able to take \
                    part as they do: their participations are corrected by themselves.",
            by: Access::Programme,
            refuses: &[&PROGRAMME_CORRECTION_CONTRADICTS],
            rule: async |cx: &Cx<'_, Programme>, asked: &CorrectProgramme| {
                let programme = cx.parties.or_not_found()?;
                let facts = asked.facts(programme.facts())?;
                Ok(programme.correct(facts, asked.reason.clone())?)
            },
        })
        .may_end_it()
        .act(Act {
            id: "correct_programme_phase",
            path: "/phases/correction",
            summary: "Correct a phase of a programme",
            about: "The first account stays in the history; `known_at` before the correction shows \
                    it.",
            by: Access::Programme,
            refuses: &[&OUTSIDE_PROGRAMME],
            rule: correct_phase,
        })
        .act(Act {
            id: "correct_programme_subsidy",
            path: "/subsidies/correction",
            summary: "Correct what a programme pays for a position",
            about: "Also the rate that it was started with, which holds from its first day. The \
                    first account stays in the history; `known_at` before the correction shows it.",
            by: Access::Programme,
            refuses: &[&OUTSIDE_PROGRAMME],
            rule: correct_subsidy,
        })
}

/// How the programme really is; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectProgramme {
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day. Once one is recorded, tell another or `reopened`.
    #[deserr(default)]
    to: Option<Day>,
    /// It has no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// How many positions a municipality may have at most; at least what each of those that take
    /// part may have.
    #[deserr(default)]
    positions_max_per_municipality: Option<PositionCount>,
    /// There is no such limit.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    without_maximum: bool,
    /// There never was such a programme: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

impl CorrectProgramme {
    /// How a programme really is; `None` when it was entered in error.
    fn facts(&self, earlier: ProgrammeFacts) -> Result<Option<ProgrammeFacts>, FieldFault> {
        let &Self { from, to, reopened, entered_in_error, without_maximum, .. } = self;
        let most = self.positions_max_per_municipality;
        let others_stated = self.name.is_some() || most.is_some() || without_maximum;
        let correction = PeriodCorrection { from, to, reopened, entered_in_error, others_stated };
        let Some(period) = correction.of(earlier.period)? else { return Ok(None) };
        if most.is_some() && without_maximum {
            let fault = Fault::new(
                "set_and_removed",
                "A maximum cannot be both set and removed.",
                "Et maksimum kan ikke både settes og fjernes.",
            );
            return Err(FieldFault::at("/without_maximum", fault));
        }
        let recorded = earlier.positions_max_per_municipality.filter(|_| !without_maximum);
        Ok(Some(ProgrammeFacts {
            name: self.name.clone().unwrap_or(earlier.name),
            period,
            positions_max_per_municipality: most.or(recorded),
        }))
    }
}

/// How a phase really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectPhase {
    /// The first day, as it was recorded: tells which phase is meant.
    recorded_from: Day,
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day.
    #[deserr(default)]
    to: Option<Day>,
    /// It has not ended: it lasts as long as the programme.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// There was no such phase: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct_phase(cx: &Cx<'_, Programme>, asked: &CorrectPhase) -> Decided<Programme> {
    let &CorrectPhase { from, to, reopened, entered_in_error, .. } = asked;
    let others_stated = asked.name.is_some();
    let correction = PeriodCorrection { from, to, reopened, entered_in_error, others_stated };
    let (programme, was) = (cx.parties.or_not_found()?, asked.recorded_from.0);
    let recorded = programme.recorded_phase(was)?;
    let name = asked.name.clone().unwrap_or(recorded.name);
    let facts = correction.of(recorded.period)?.map(|period| PhaseFacts { name, period });
    Ok(programme.correct_phase(was, facts, asked.reason.clone())?)
}

/// How a rate really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectSubsidy {
    /// The first day, as it was recorded: tells which rate is meant.
    recorded_from: Day,
    /// Whole kroner for a position and year.
    #[deserr(default)]
    nok_per_position_year: Option<YearlyNok>,
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day.
    #[deserr(default)]
    to: Option<Day>,
    /// It has not ended: it holds as long as the programme lasts.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// There was no such rate: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct_subsidy(cx: &Cx<'_, Programme>, asked: &CorrectSubsidy) -> Decided<Programme> {
    let &CorrectSubsidy { from, to, reopened, entered_in_error, nok_per_position_year, .. } = asked;
    let others_stated = nok_per_position_year.is_some();
    let correction = PeriodCorrection { from, to, reopened, entered_in_error, others_stated };
    let (programme, was) = (cx.parties.or_not_found()?, asked.recorded_from.0);
    let recorded = programme.recorded_subsidy(was)?;
    let nok_per_position_year = nok_per_position_year.unwrap_or(recorded.nok_per_position_year);
    let period = correction.of(recorded.period)?;
    let facts = period.map(|period| SubsidyFacts { nok_per_position_year, period });
    Ok(programme.correct_subsidy(was, facts, asked.reason.clone())?)
}
