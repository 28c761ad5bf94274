//! What was told wrong: of positions, of their closure, of who held them.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::occupancies::on_occupancy;
use super::replied;
use crate::capabilities::position::Occupancy;
use crate::capabilities::position::domain::{
    Category, Corrected, LeaveReason, OccupancyFacts, OpenPracticeModel, OperatingModel, subject,
};
use crate::capabilities::position::occupancy::begins_after_lis1;
use crate::capabilities::position::problems::*;
use crate::capabilities::position::state::{Known, Position};
use crate::capabilities::position::view::{PositionView, SingleOccupancyView};
use crate::capabilities::programme::{
    self,
    problems::{MUNICIPALITY_NOT_IN_PROGRAMME, PROGRAMME_QUOTA_REACHED},
};
use crate::capabilities::reference::goes_on_in_use;
use crate::capabilities::trainee::Trainee;
use crate::edge::{Day, Faults, FieldFault, PeriodCorrection, day_or_never};
use crate::event_log::{Decision, Loaded, View};
use crate::evolved;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::Comment;
use crate::problem::Rejection;
use crate::problem::common::INVALID_REQUEST;
use crate::time::Percent;

/// How the position really was.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectPosition {
    /// What kind of work it is.
    #[deserr(default)]
    category: Option<Category>,
    /// Its share of a full position; at least what each of its holders has.
    #[deserr(default)]
    percent: Option<Percent>,
    /// The operating model the municipality wants.
    #[deserr(default)]
    intended_operating_model: Option<OperatingModel>,
    /// The first day the position exists; the municipality's number must be in use then.
    #[deserr(default)]
    from: Option<Day>,
    /// How open unselected practice is arranged.
    #[deserr(default)]
    open_practice_model: Option<OpenPracticeModel>,
    /// Whether a fixed salary was offered.
    #[schema(example = true)]
    #[deserr(default)]
    salary_offer_made: Option<bool>,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct what was recorded of a position
///
/// What is left out stays as it was. The first account stays in the history; `known_at` before the
/// correction shows it.
#[utoipa::path(tag = "positions", operation_id = "correct_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = CorrectPosition,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&CORRECTION_CONTRADICTS, &MUNICIPALITY_NOT_IN_PROGRAMME,
        &PROGRAMME_QUOTA_REACHED])))))]
#[post("/v1/positions/{id}/correction")]
pub async fn correct(change: Change, id: Path<Uuid>, body: Body<CorrectPosition>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    let decide = async |view: &View| {
        let loaded: Loaded<Position> = view.load(&subject(id)).await?;
        let e = &loaded.state.known()?.established;
        let how = really(loaded.state.known()?, asked.clone());
        if how.from != e.from {
            goes_on_in_use(view, &e.municipality, how.from, "/from").await?;
            // Another first day is another place in the programme's quota.
            if let Some(programme) = e.programme {
                programme::admit(view, programme, &e.municipality, how.from, Some(id)).await?;
            }
        }
        let facts = loaded.state.known()?.correct(how)?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)?))
    };
    change.execute(&body.canonical, decide).await
}

fn really(known: &Known, asked: CorrectPosition) -> Corrected {
    let e = &known.established;
    Corrected {
        position: e.position,
        municipality: e.municipality.clone(),
        corrects: known.told_at(),
        category: asked.category.unwrap_or(e.category),
        percent: asked.percent.unwrap_or(e.percent),
        intended_operating_model: asked
            .intended_operating_model
            .unwrap_or(e.intended_operating_model),
        from: asked.from.map_or(e.from, |day| day.0),
        open_practice_model: asked.open_practice_model.or(e.open_practice_model),
        salary_offer_made: asked.salary_offer_made.or(e.salary_offer_made),
        reason: asked.reason,
        programme: e.programme,
    }
}

/// When the position was really closed, or that it was not.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectClosure {
    /// The day from which it exists no more.
    #[deserr(default)]
    on: Option<Day>,
    /// It was not closed: it is again what it was, and no day may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct the closure of a position
///
/// The first account stays in the history; `known_at` before the correction shows it. A position of
/// a programme needs its place in the quota again.
#[utoipa::path(tag = "positions", operation_id = "correct_position_closure",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057")),
    request_body = CorrectClosure,
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED, &POSITION_OCCUPIED,
        &PROGRAMME_QUOTA_REACHED])))))]
#[post("/v1/positions/{id}/closure/correction")]
pub async fn correct_closure(change: Change, id: Path<Uuid>, body: Body<CorrectClosure>) -> Answer {
    let (asked, today, id) = (body.value, change.today, *id);
    let on = day_or_never(asked.on, asked.never_was)?;
    let decide = async |view: &View| {
        let loaded: Loaded<Position> = view.load(&subject(id)).await?;
        let known = loaded.state.known()?;
        let facts = known.correct_closure(on, asked.reason.clone())?;
        let e = &known.established;
        if let (Some(programme), Some(days)) = (e.programme, known.exists_after_all(on)) {
            programme::readmit(view, programme, &e.municipality, days, id).await?;
        }
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)?))
    };
    change.execute(&body.canonical, decide).await
}

/// How the occupancy really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOccupancy {
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day. Once one is recorded, tell another or `reopened`.
    #[deserr(default)]
    to: Option<Day>,
    /// The doctor has not left: there is no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// The doctor's share from the first day.
    #[deserr(default)]
    percent: Option<Percent>,
    /// The agreed operating model from the first day.
    #[deserr(default)]
    operating_model: Option<OperatingModel>,
    /// Why the doctor left.
    #[deserr(default)]
    end_reason: Option<LeaveReason>,
    /// The document that lets the doctor begin before LIS1 is completed, such as a case number;
    /// nothing about the person.
    #[deserr(default)]
    lis1_exception: Option<Comment>,
    /// There never was such an occupancy: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// Correct what was recorded of an occupancy
///
/// The first account stays in the history; `known_at` before the correction shows it.
#[utoipa::path(tag = "positions", operation_id = "correct_occupancy",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("occupancy" = Uuid, Path, description = "The occupancy.", example = "01890a5d-ac96-774b-bcce-b302099a8059")),
    request_body = CorrectOccupancy,
    responses((status = 200, description = "The occupancy; null if it never was", body = Option<SingleOccupancyView>)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_OCCUPIED, &POSITION_SITUATION, &POSITION_NOT_YET_ESTABLISHED,
        &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION, &LIS1_NOT_COMPLETED])))))]
#[post("/v1/positions/{id}/occupancies/{occupancy}/correction")]
pub async fn correct_occupancy(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<CorrectOccupancy>,
) -> Answer {
    let asked = body.value;
    let path = path.into_inner();
    let rule = |known: &Known, held: &Trainee| {
        let told = known.occupancy(path.1)?;
        let facts = asked
            .facts(told)
            .map_err(|fault| Rejection::new(&INVALID_REQUEST).faults(vec![fault]))?;
        // Who began as it was told has begun, whatever has been told of LIS1 since.
        if let Some(facts) = facts.as_ref().filter(|facts| facts.period.from != told.period.from) {
            let lis1 = held.known().and_then(|doctor| doctor.lis1_completed_on);
            begins_after_lis1(lis1, facts.period.from, facts.lis1_exception.as_ref())?;
        }
        known.correct_occupancy(path.1, facts, asked.reason.clone(), held.occupancies())
    };
    on_occupancy(change, &body.canonical, path, rule).await
}

impl CorrectOccupancy {
    /// How an occupancy really was; `None` when it never was.
    fn facts(&self, told: &Occupancy) -> Result<Option<OccupancyFacts>, FieldFault> {
        let &Self { from, to, reopened, never_was, percent, operating_model, end_reason, .. } =
            self;
        let else_told = percent.is_some()
            || operating_model.is_some()
            || end_reason.is_some()
            || self.lis1_exception.is_some();
        let correction = PeriodCorrection { from, to, reopened, never_was, else_told };
        let Some(period) = correction.of(told.period)? else { return Ok(None) };
        let kept = told.facts_within(period);
        Ok(Some(OccupancyFacts {
            period,
            percent: percent.unwrap_or(kept.percent),
            operating_model: operating_model.unwrap_or(kept.operating_model),
            end_reason: end_reason.or(kept.end_reason).filter(|_| period.to.is_some()),
            lis1_exception: self.lis1_exception.clone().or(kept.lis1_exception),
        }))
    }
}
