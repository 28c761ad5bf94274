//! The operations on participations: which municipalities take part, and with how many positions.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::domain::{ParticipationFacts, PositionCount};
use super::super::problems::*;
use super::super::quota::Quota;
use super::super::state::Known;
use super::super::view::ProgrammeView;
use super::{on_programme, quota};
use crate::capabilities::reference::{self, municipality_in_use};
use crate::edge::{self, Day, Faults, PeriodCorrection};
use crate::event_log::{Refusal, View};
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::Rejection;
use crate::problem::common::INVALID_REQUEST;

/// The quota of a number itself, with those that count together with it on a day.
async fn quota_of(
    view: &View,
    programme: Uuid,
    number: &MunicipalityNumber,
    day: Date,
) -> Result<Quota, Refusal> {
    let lineage = reference::lineage(view, [number.clone()], None).await?;
    quota(view, programme, number, &lineage, day).await
}

/// A municipality that takes part.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct JoinProgramme {
    /// The municipality; its number must be in use on the first day.
    municipality: MunicipalityNumber,
    /// First day.
    from: Day,
    /// Last day; as long as the programme by default.
    #[deserr(default)]
    to: Option<Day>,
    /// How many positions of the programme it may have at most.
    quota: PositionCount,
}

/// Let a municipality take part in a programme
///
/// Told again with the same first day, the later statement replaces the earlier: so a quota is
/// changed.
#[utoipa::path(tag = "programmes", operation_id = "join_programme",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = JoinProgramme,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&OUTSIDE_PROGRAMME, &PROGRAMME_QUOTA_ABOVE_MAXIMUM,
        &PROGRAMME_PARTICIPATION_OVERLAPS, &PROGRAMME_PARTICIPATION_IN_USE])))))]
#[post("/v1/programmes/{id}/participations")]
pub async fn join(change: Change, id: Path<Uuid>, body: Body<JoinProgramme>) -> Answer {
    let asked = body.value;
    change.reach().answer_for(&asked.municipality)?;
    let period = edge::period(asked.from, asked.to)?;
    let rule = async |view: &View, known: &Known| {
        municipality_in_use(view, &asked.municipality, period.from).await?;
        let quota = quota_of(view, *id, &asked.municipality, period.from).await?;
        Ok(quota.join(known, asked.municipality.clone(), period, asked.quota)?)
    };
    on_programme(change, &body.canonical, *id, rule).await
}

/// The end of a participation.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct LeaveProgramme {
    /// The municipality.
    municipality: MunicipalityNumber,
    /// The last day.
    to: Day,
}

/// End a municipality's participation in a programme
///
/// Positions that the municipality has stay as they are; no new ones begin after the last day.
#[utoipa::path(tag = "programmes", operation_id = "leave_programme",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = LeaveProgramme,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&MUNICIPALITY_NOT_IN_PROGRAMME, &PROGRAMME_PARTICIPATION_IN_USE])))))]
#[post("/v1/programmes/{id}/participations/end")]
pub async fn leave(change: Change, id: Path<Uuid>, body: Body<LeaveProgramme>) -> Answer {
    let LeaveProgramme { municipality, to } = body.value;
    change.reach().answer_for(&municipality)?;
    let rule = async |view: &View, _: &Known| {
        let quota = quota_of(view, *id, &municipality, to.0).await?;
        Ok(quota.leave(*id, municipality.clone(), to.0)?)
    };
    on_programme(change, &body.canonical, *id, rule).await
}

/// How a participation really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectParticipation {
    /// The municipality.
    municipality: MunicipalityNumber,
    /// The first day, as it was recorded: tells which participation is meant.
    recorded_from: Day,
    /// First day; the municipality's number must be in use then.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day.
    #[deserr(default)]
    to: Option<Day>,
    /// It has not ended: it lasts as long as the programme.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// How many positions of the programme it may have at most.
    #[deserr(default)]
    quota: Option<PositionCount>,
    /// The municipality did not take part: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct a municipality's participation in a programme
///
/// The first account stays in the history; `known_at` before the correction shows it. A
/// participation cannot be taken out while positions of the municipality have places in the
/// programme on its days, nor changed so that a position loses its place.
#[utoipa::path(tag = "programmes", operation_id = "correct_participation",
    params(("id" = Uuid, Path, description = "The programme.", example = "01890a5d-ac96-774b-bcce-b302099a8060")),
    request_body = CorrectParticipation,
    responses((status = 200, description = "The programme", body = ProgrammeView)),
    extensions(("x-access" = json!("programme")), ("x-problems" = json!(codes(&[&OUTSIDE_PROGRAMME, &PROGRAMME_QUOTA_ABOVE_MAXIMUM,
        &PROGRAMME_PARTICIPATION_OVERLAPS, &PROGRAMME_PARTICIPATION_IN_USE])))))]
#[post("/v1/programmes/{id}/participations/correction")]
pub async fn correct_participation(
    change: Change,
    id: Path<Uuid>,
    body: Body<CorrectParticipation>,
) -> Answer {
    let asked = &body.value;
    change.reach().answer_for(&asked.municipality)?;
    let CorrectParticipation { from, to, reopened, never_was, quota, .. } = *asked;
    let else_told = quota.is_some();
    let correction = PeriodCorrection { from, to, reopened, never_was, else_told };
    let rule = async |view: &View, known: &Known| {
        let (municipality, was) = (&asked.municipality, asked.recorded_from.0);
        let held = quota_of(view, *id, municipality, was).await?;
        let told = held.recorded(was)?;
        let period = correction
            .of(told.period)
            .map_err(|fault| Rejection::new(&INVALID_REQUEST).faults(vec![fault]))?;
        let quota = quota.unwrap_or(told.quota);
        let facts = period.map(|period| ParticipationFacts { period, quota });
        if let Some(facts) = &facts {
            municipality_in_use(view, municipality, facts.period.from).await?;
        }
        let reason = asked.reason.clone();
        Ok(held.correct(known, municipality.clone(), was, facts, reason)?)
    };
    on_programme(change, &body.canonical, *id, rule).await
}
