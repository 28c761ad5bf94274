//! What was told wrong: of positions, of their closure, of who held them.

use deserr::Deserr;
use utoipa::ToSchema;

use crate::capabilities::position::domain::{Corrected, OpenPracticeModel};
use crate::capabilities::position::holding::begins_after_lis1;
use crate::capabilities::position::occupancy::Occupancy;
use crate::capabilities::position::occupancy::domain::{
    Category, LeaveReason, OccupancyFacts, OperatingModel,
};
use crate::capabilities::position::state::Position;
use crate::capabilities::programme;
use crate::capabilities::reference::goes_on_in_use;
use crate::edge::{Day, Faults, FieldFault, PeriodCorrection, day_or_entered_in_error};
use crate::http::resource::{Cx, Decided};
use crate::identifiers::Comment;
use crate::problem::OrNotFound as _;
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

pub(super) async fn correct(cx: &Cx<'_, Position>, asked: &CorrectPosition) -> Decided<Position> {
    let position = cx.parties.or_not_found()?;
    let e = &position.established;
    let how = really(position, asked.clone());
    if how.from != e.from {
        goes_on_in_use(cx.view, &e.municipality, how.from, "/from").await?;
        // Another first day is another place in the programme's quota.
        if let Some(programme) = e.programme {
            let except = Some(*cx.key);
            programme::admit(cx.view, programme, &e.municipality, how.from, except).await?;
        }
    }
    Ok(position.correct(how)?)
}

fn really(position: &Position, asked: CorrectPosition) -> Corrected {
    let e = &position.established;
    Corrected {
        position: e.position,
        municipality: e.municipality.clone(),
        corrects: position.recorded_at_position(),
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
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

pub(super) async fn correct_closure(
    cx: &Cx<'_, Position>,
    asked: &CorrectClosure,
) -> Decided<Position> {
    let on = day_or_entered_in_error(asked.on, asked.entered_in_error)?;
    let position = cx.parties.or_not_found()?;
    let facts = position.correct_closure(on, asked.reason.clone())?;
    let e = &position.established;
    if let (Some(programme), Some(days)) = (e.programme, position.exists_after_all(on)) {
        programme::readmit(cx.view, programme, &e.municipality, days, *cx.key).await?;
    }
    Ok(facts)
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
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

pub(super) async fn correct_occupancy(
    cx: &Cx<'_, Occupancy>,
    asked: &CorrectOccupancy,
) -> Decided<Occupancy> {
    let (position, recorded) = (cx.parties.position()?, cx.parties.occupancy(cx.key)?);
    let facts = asked.facts(recorded)?;
    // Who began as it was recorded has begun, whatever has been recorded of LIS1 since.
    if let Some(facts) = facts.as_ref().filter(|facts| facts.period.from != recorded.period.from) {
        let lis1 = cx.parties.trainee.as_ref().and_then(|trainee| trainee.lis1_completed_on);
        begins_after_lis1(lis1, facts.period.from, facts.lis1_exception.as_ref())?;
    }
    let held = cx.parties.held();
    Ok(position.correct_occupancy(cx.key.1, facts, asked.reason.clone(), held)?)
}

impl CorrectOccupancy {
    /// How an occupancy really was; `None` when it was entered in error.
    fn facts(&self, recorded: &Occupancy) -> Result<Option<OccupancyFacts>, FieldFault> {
        let &Self {
            from,
            to,
            reopened,
            entered_in_error,
            percent,
            operating_model,
            end_reason,
            ..
        } = self;
        let others_stated = percent.is_some()
            || operating_model.is_some()
            || end_reason.is_some()
            || self.lis1_exception.is_some();
        let correction = PeriodCorrection { from, to, reopened, entered_in_error, others_stated };
        let Some(period) = correction.of(recorded.period)? else { return Ok(None) };
        let kept = recorded.facts_within(period);
        Ok(Some(OccupancyFacts {
            period,
            percent: percent.unwrap_or(kept.percent),
            operating_model: operating_model.unwrap_or(kept.operating_model),
            end_reason: end_reason.or(kept.end_reason).filter(|_| period.to.is_some()),
            lis1_exception: self.lis1_exception.clone().or(kept.lis1_exception),
        }))
    }
}
