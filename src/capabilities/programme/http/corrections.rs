//! What was told wrong of a programme: when it was started, and of its phases and rates.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::domain::{PhaseFacts, PositionCount, ProgrammeFacts, SubsidyFacts, YearlyNok};
use super::super::problems::*;
use super::super::state::Known;
use super::super::view::ProgrammeView;
use super::on_programme;
use crate::edge::{Day, Fault, Faults, FieldFault, PeriodCorrection};
use crate::event_log::View;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, Name};
use crate::problem::Rejection;
use crate::problem::common::INVALID_REQUEST;
use crate::time::Period;

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
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

impl CorrectProgramme {
    /// How a programme really is; `None` when it never was.
    fn facts(&self, told: ProgrammeFacts) -> Result<Option<ProgrammeFacts>, FieldFault> {
        let &Self { from, to, reopened, never_was, without_maximum, .. } = self;
        let most = self.positions_max_per_municipality;
        let else_told = self.name.is_some() || most.is_some() || without_maximum;
        let correction = PeriodCorrection { from, to, reopened, never_was, else_told };
        let Some(period) = correction.of(told.period)? else { return Ok(None) };
        if most.is_some() && without_maximum {
            let fault = Fault::new(
                "told_and_lifted",
                "Tell the maximum, or that there is none: one of the two.",
                "Oppgi maksimum, eller at det ikke finnes noe: én av delene.",
            );
            return Err(FieldFault::at("/without_maximum", fault));
        }
        let recorded = told.positions_max_per_municipality.filter(|_| !without_maximum);
        Ok(Some(ProgrammeFacts {
            name: self.name.clone().unwrap_or(told.name),
            period,
            positions_max_per_municipality: most.or(recorded),
        }))
    }
}

/// Correct what was recorded of a programme
///
/// Its name, its days, how many positions a municipality may have. The first account stays in the
/// history; `known_at` before the correction shows it. Phases and rates
/// that were told for its whole time last as long as it really does, and hold on its days only.
/// Municipalities must be able to take part as they do: their participations are corrected by
/// themselves.
#[utoipa::path(tag = "programmes", operation_id = "correct_programme",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = CorrectProgramme,
    responses((status = 200, description = "The programme; null if it never was", body = Option<ProgrammeView>)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&PROGRAMME_CORRECTION_CONTRADICTS])))))]
#[post("/v1/programmes/{id}/correction")]
pub async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectProgramme>) -> Answer {
    let asked = &body.value;
    let rule = async |_: &View, known: &Known| {
        let facts = asked
            .facts(known.facts())
            .map_err(|fault| Rejection::new(&INVALID_REQUEST).faults(vec![fault]))?;
        Ok(known.correct(facts, asked.reason.clone())?)
    };
    on_programme(change, &body.canonical, *id, rule).await
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
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct a phase of a programme
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "programmes", operation_id = "correct_programme_phase",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = CorrectPhase,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&OUTSIDE_PROGRAMME])))))]
#[post("/v1/programmes/{id}/phases/correction")]
pub async fn correct_phase(change: Change, id: Path<Uuid>, body: Body<CorrectPhase>) -> Answer {
    let asked = &body.value;
    let CorrectPhase { from, to, reopened, never_was, .. } = *asked;
    let else_told = asked.name.is_some();
    let correction = PeriodCorrection { from, to, reopened, never_was, else_told };
    let rule = async |_: &View, known: &Known| {
        let was = asked.recorded_from.0;
        let told = known.recorded_phase(was)?;
        let period = really(correction, told.period)?;
        let name = asked.name.clone().unwrap_or(told.name);
        let facts = period.map(|period| PhaseFacts { name, period });
        Ok(known.correct_phase(was, facts, asked.reason.clone())?)
    };
    on_programme(change, &body.canonical, *id, rule).await
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
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct what a programme pays for a position
///
/// Also the rate that it was started with, which holds from its first day. The first account stays
/// in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "programmes", operation_id = "correct_programme_subsidy",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = CorrectSubsidy,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&OUTSIDE_PROGRAMME])))))]
#[post("/v1/programmes/{id}/subsidies/correction")]
pub async fn correct_subsidy(change: Change, id: Path<Uuid>, body: Body<CorrectSubsidy>) -> Answer {
    let asked = &body.value;
    let CorrectSubsidy { from, to, reopened, never_was, nok_per_position_year, .. } = *asked;
    let else_told = nok_per_position_year.is_some();
    let correction = PeriodCorrection { from, to, reopened, never_was, else_told };
    let rule = async |_: &View, known: &Known| {
        let was = asked.recorded_from.0;
        let told = known.recorded_subsidy(was)?;
        let nok_per_position_year = nok_per_position_year.unwrap_or(told.nok_per_position_year);
        let period = really(correction, told.period)?;
        let facts = period.map(|period| SubsidyFacts { nok_per_position_year, period });
        Ok(known.correct_subsidy(was, facts, asked.reason.clone())?)
    };
    on_programme(change, &body.canonical, *id, rule).await
}

/// The days that something really had; `None` when it never was.
fn really(correction: PeriodCorrection, recorded: Period) -> Result<Option<Period>, Rejection> {
    let period = correction.of(recorded);
    period.map_err(|fault| Rejection::new(&INVALID_REQUEST).faults(vec![fault]))
}
