//! Participations: which municipalities take part, with how many positions, and who has a place.

use deserr::Deserr;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::domain::{ParticipationFacts, PositionCount, subject};
use super::super::problems::*;
use super::super::quota::{self, Quota};
use super::super::state::Programme;
use crate::capabilities::position::quota_subject;
use crate::capabilities::reference::{self, Lineage, municipality_in_use};
use crate::edge::{self, Day, Faults, PeriodCorrection, UNKNOWN_REFERENCE};
use crate::event_log::{Failure, Loaded, Refusal, View};
use crate::http::access::Access;
use crate::http::resource::{Act, Cx, Decided, Operations};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::Period;

/// The quota of a municipality on a day, guarded under each of its numbers: a position that another
/// of them gets at this moment takes its place.
async fn quota(
    view: &View,
    programme: Uuid,
    number: &MunicipalityNumber,
    lineage: &Lineage,
    day: Date,
) -> Result<Quota, Refusal> {
    let loads = quota::numbers(number, lineage, day).into_iter().map(async |number| {
        let loaded = view.load::<Quota>(&quota_subject(programme, &number)).await?;
        Ok::<_, Failure>((number, loaded.state))
    });
    let mut quotas = try_join_all(loads).await?.into_iter().collect();
    Ok(quota::together(number, lineage, day, &mut quotas))
}

/// Refuses a position of a programme that the programme, the participation or the quota does not
/// allow on its first day. `new` is a position that has its place already and moves that day.
pub(crate) async fn admit(
    view: &View,
    programme: Uuid,
    municipality: &MunicipalityNumber,
    on: Date,
    new: Option<Uuid>,
) -> Result<(), Refusal> {
    let lineage = reference::lineage(view, [municipality.clone()], None).await?;
    let number = lineage.goes_on_as(municipality, on);
    let quota = quota(view, programme, number, &lineage, on).await?;
    if !quota.has_participations() {
        let loaded: Loaded<Option<Programme>> = view.consult(&subject(programme)).await?;
        if loaded.state.is_none() {
            return Err(Rejection::field("/programme", UNKNOWN_REFERENCE).into());
        }
    }
    Ok(quota.admit(on, new)?)
}

/// Refuses days of a position of a programme that it was told not to exist on, when others have
/// taken its place in the quota.
pub(crate) async fn readmit(
    view: &View,
    programme: Uuid,
    municipality: &MunicipalityNumber,
    days: Period,
    position: Uuid,
) -> Result<(), Refusal> {
    let quota: Loaded<Quota> = view.load(&quota_subject(programme, municipality)).await?;
    Ok(quota.state.readmit(days, position)?)
}

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

/// Adds the operations.
pub(super) fn operations(operations: Operations<Programme>) -> Operations<Programme> {
    operations
        .act(Act {
            id: "join_programme",
            path: "/participations",
            summary: "Let a municipality take part in a programme",
            about: "Recorded again with the same first day, the later statement replaces the \
                    earlier: so a quota is changed.",
            by: Access::Programme,
            refuses: &[
                &OUTSIDE_PROGRAMME,
                &PROGRAMME_QUOTA_ABOVE_MAXIMUM,
                &PROGRAMME_PARTICIPATION_OVERLAPS,
                &PROGRAMME_PARTICIPATION_IN_USE,
            ],
            rule: join,
        })
        .act(Act {
            id: "leave_programme",
            path: "/participations/end",
            summary: "End a municipality's participation in a programme",
            about: "Positions that the municipality has stay as they are; no new ones begin after \
                    the last day.",
            by: Access::Programme,
            refuses: &[&MUNICIPALITY_NOT_IN_PROGRAMME, &PROGRAMME_PARTICIPATION_IN_USE],
            rule: async |cx: &Cx<'_, Programme>, asked: &LeaveProgramme| {
                let (municipality, to) = (&asked.municipality, asked.to.0);
                cx.by.permissions().answer_for(municipality)?;
                let quota = quota_of(cx.view, *cx.key, municipality, to).await?;
                Ok(quota.leave(*cx.key, municipality.clone(), to)?)
            },
        })
        .act(Act {
            id: "correct_participation",
            path: "/participations/correction",
            summary: "Correct a municipality's participation in a programme",
            about: "The first account stays in the history; `known_at` before the correction shows \
                    it. A participation cannot be taken out while positions of the municipality \
                    have places in the programme on its days, nor changed so that a position loses \
                    its place.",
            by: Access::Programme,
            refuses: &[
                &OUTSIDE_PROGRAMME,
                &PROGRAMME_QUOTA_ABOVE_MAXIMUM,
                &PROGRAMME_PARTICIPATION_OVERLAPS,
                &PROGRAMME_PARTICIPATION_IN_USE,
            ],
            rule: correct,
        })
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

async fn join(cx: &Cx<'_, Programme>, asked: &JoinProgramme) -> Decided<Programme> {
    let municipality = &asked.municipality;
    cx.by.permissions().answer_for(municipality)?;
    let period = edge::period(asked.from, asked.to)?;
    municipality_in_use(cx.view, municipality, period.from).await?;
    let quota = quota_of(cx.view, *cx.key, municipality, period.from).await?;
    Ok(quota.join(cx.parties.or_not_found()?, municipality.clone(), period, asked.quota)?)
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
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct(cx: &Cx<'_, Programme>, asked: &CorrectParticipation) -> Decided<Programme> {
    let (municipality, was) = (&asked.municipality, asked.recorded_from.0);
    cx.by.permissions().answer_for(municipality)?;
    let &CorrectParticipation { from, to, reopened, entered_in_error, quota, .. } = asked;
    let others_stated = quota.is_some();
    let correction = PeriodCorrection { from, to, reopened, entered_in_error, others_stated };
    let held = quota_of(cx.view, *cx.key, municipality, was).await?;
    let recorded = held.recorded(was)?;
    let quota = quota.unwrap_or(recorded.quota);
    let period = correction.of(recorded.period)?;
    let facts = period.map(|period| ParticipationFacts { period, quota });
    if let Some(facts) = &facts {
        municipality_in_use(cx.view, municipality, facts.period.from).await?;
    }
    let (programme, reason) = (cx.parties.or_not_found()?, asked.reason.clone());
    Ok(held.correct(programme, municipality.clone(), was, facts, reason)?)
}
