//! The terms of a leader: added, ended, corrected.

use actix_web::post;
use actix_web::web::Path;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{delegator, leader, replied};
use crate::capabilities::leader::domain::{Event, subject};
use crate::capabilities::leader::problems::*;
use crate::capabilities::leader::state::{Known, RightTerm, Term};
use crate::capabilities::leader::view::LeaderView;
use crate::capabilities::reference::municipality_in_use;
use crate::edge::{self, Day, Fault, Faults, FieldFault, Id, PeriodCorrection};
use crate::event_log::{Decision, Refusal, View};
use crate::evolved;
use crate::http::actor::Reach;
use crate::http::openapi::codes;
use crate::http::{Answer, Body, Change};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::Rejection;
use crate::problem::common::INVALID_REQUEST;
use crate::time::Period;

/// Who leads is the municipality's to say. A leader in person lends what is their own, and takes it
/// back; so nobody who leads on another's behalf can make it last.
pub(super) fn may_lend(reach: &Reach, by: Option<Uuid>) -> Result<(), Rejection> {
    if by.is_some() && by == reach.leader { Ok(()) } else { reach.act_as_authority() }
}

/// A further time in which a leader leads.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct AddTerm {
    /// The municipality; the number must be in use on the first day.
    municipality: MunicipalityNumber,
    /// First day.
    from: Day,
    /// Last day, when it is known; open otherwise.
    #[deserr(default)]
    to: Option<Day>,
    /// The leader on whose behalf this one leads, if so: one who leads there on their own account
    /// on those days. It lapses with that leader's term.
    #[deserr(default)]
    delegated_by: Option<Id>,
}

/// Add a term to a leader
///
/// The leader leads in a further municipality, or in the same one again; on their own account, or
/// on behalf of another leader. A delegated term holds on the days of both terms: it lapses by
/// itself when the other one ends, and cannot be delegated further.
#[utoipa::path(tag = "leaders", operation_id = "add_leader_term",
    params(("id" = Uuid, Path, description = "The leader.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = AddTerm,
    responses((status = 200, description = "The leader", body = LeaderView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&LEADER_TERM_OVERLAPS, &LEADER_DELEGATES_TOO_MANY])))))]
#[post("/v1/leaders/{id}/terms")]
pub async fn add_term(change: Change, id: Path<Uuid>, body: Body<AddTerm>) -> Answer {
    let (asked, term) = (body.value, Uuid::now_v7());
    change.reach().act_in(&asked.municipality)?;
    may_lend(change.reach(), asked.delegated_by.map(|by| by.0))?;
    let period = edge::period(asked.from, asked.to)?;
    let rule = async |view: &View, known: &Known, _| {
        municipality_in_use(view, &asked.municipality, period.from).await?;
        let delegator = delegator(view, asked.delegated_by).await?;
        Ok(known.add_term(term, asked.municipality.clone(), period, delegator.known())?)
    };
    on_leader(change, &body.canonical, *id, rule).await
}

/// The end of a leader's time.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndLeader {
    /// The last day.
    to: Day,
    /// Only in this municipality; by default in every one that the caller acts for.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

/// End a leader's time
///
/// Every term that goes on after that day ends with it, and what was delegated under it lapses.
/// What the leader decided stands.
#[utoipa::path(tag = "leaders", operation_id = "end_leader",
    params(("id" = Uuid, Path, description = "The leader.", example = "01890a5d-ac96-774b-bcce-b302099a8061")),
    request_body = EndLeader,
    responses((status = 200, description = "The leader", body = LeaderView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&LEADER_ENDED, &LEADER_TERM_BEGINS_LATER])))))]
#[post("/v1/leaders/{id}/end")]
pub async fn end(change: Change, id: Path<Uuid>, body: Body<EndLeader>) -> Answer {
    let EndLeader { to, municipality } = body.value;
    let reach = change.reach().clone();
    if let Some(only) = &municipality {
        reach.act_in(only)?;
    }
    let meant = |term: &Term| match &municipality {
        Some(only) => term.municipality == *only,
        None => reach.acts_in(&term.municipality),
    };
    let rule = async |_: &View, known: &Known, _| {
        for term in known.terms().filter(|term| meant(term)) {
            ends(&reach, known, term)?;
        }
        Ok(known.end(to.0, municipality.is_some(), meant)?)
    };
    on_leader(change, &body.canonical, *id, rule).await
}

/// A leader in person ends their own time, and what they have lent.
fn ends(reach: &Reach, leader: &Known, term: &Term) -> Result<(), Rejection> {
    if reach.leader == Some(leader.id) {
        return Ok(());
    }
    may_lend(reach, term.delegation.map(|held| held.by))
}

/// A rule on one leader: load, decide, answer with the leader as it then is.
async fn on_leader(
    change: Change,
    canonical: &str,
    id: Uuid,
    rule: impl AsyncFn(&View, &Known, jiff::civil::Date) -> Result<Vec<Event>, Refusal>,
) -> Answer {
    let today = change.today;
    let decide = async |view: &View| {
        let loaded = leader(view, id).await?;
        let known = loaded.state.known().expect("checked by leader()");
        let facts = rule(view, known, today).await?;
        let next = evolved!(loaded.state, facts);
        Ok(Decision::new(subject(id), &facts, replied(200, &next, today)))
    };
    change.execute(canonical, decide).await
}

/// How a term really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectTerm {
    /// The municipality; the number must be in use on the first day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day. Once one is recorded, tell another or `reopened`.
    #[deserr(default)]
    to: Option<Day>,
    /// The leader has not left: there is no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// The leader on whose behalf it was led.
    #[deserr(default)]
    delegated_by: Option<Id>,
    /// It was led on nobody's behalf: the leader led on their own account.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    on_own_account: bool,
    /// There never was such a term: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    never_was: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// The place and the days that a term really had, and on whose behalf it was led.
type Really = (MunicipalityNumber, Period, Option<Id>);

impl CorrectTerm {
    /// How a term really was; `None` when it never was.
    fn of(&self, told: &Term) -> Result<Option<Really>, FieldFault> {
        let &Self { from, to, reopened, never_was, delegated_by, on_own_account, .. } = self;
        let else_told = self.municipality.is_some() || delegated_by.is_some() || on_own_account;
        let correction = PeriodCorrection { from, to, reopened, never_was, else_told };
        let Some(period) = correction.of(told.period)? else { return Ok(None) };
        let municipality = self.municipality.clone().unwrap_or(told.municipality.clone());
        let by = match (delegated_by, on_own_account) {
            (Some(_), true) => {
                let fault = Fault::new(
                    "told_and_lifted",
                    "Tell on whose behalf, or that it was on nobody's: one of the two.",
                    "Oppgi på vegne av hvem, eller at det ikke var på vegne av noen: én av delene.",
                );
                return Err(FieldFault::at("/on_own_account", fault));
            }
            (Some(by), false) => Some(by),
            (None, true) => None,
            (None, false) => told.delegation.map(|held| Id(held.by)),
        };
        Ok(Some((municipality, period, by)))
    }
}

/// Correct a term of a leader
///
/// The first account stays in the history; `known_at` before the correction shows it. What was
/// decided under the first account stands; what was delegated under it follows the new one.
#[utoipa::path(tag = "leaders", operation_id = "correct_leader_term",
    params(("id" = Uuid, Path, description = "The leader.", example = "01890a5d-ac96-774b-bcce-b302099a8061"),
        ("term" = Uuid, Path, description = "The term.", example = "01890a5d-ac96-774b-bcce-b302099a8062")),
    request_body = CorrectTerm,
    responses((status = 200, description = "The leader", body = LeaderView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&LEADER_TERM_OVERLAPS, &LEADER_DELEGATES_TOO_MANY])))))]
#[post("/v1/leaders/{id}/terms/{term}/correction")]
pub async fn correct_term(
    change: Change,
    path: Path<(Uuid, Uuid)>,
    body: Body<CorrectTerm>,
) -> Answer {
    let (asked, (id, term)) = (body.value, path.into_inner());
    let reach = change.reach().clone();
    let rule = async |view: &View, known: &Known, today| {
        let told = known.term(term)?;
        reach.act_in(&told.municipality)?;
        may_lend(&reach, told.delegation.map(|held| held.by))?;
        let reason = asked.reason.clone();
        let really =
            asked.of(told).map_err(|fault| Rejection::new(&INVALID_REQUEST).faults(vec![fault]))?;
        let Some((municipality, period, by)) = really else {
            return Ok(known.correct_term(term, None, reason, today)?);
        };
        reach.act_in(&municipality)?;
        may_lend(&reach, by.map(|by| by.0))?;
        municipality_in_use(view, &municipality, period.from).await?;
        let delegator = delegator(view, by).await?;
        let right = RightTerm { municipality, period, delegator: delegator.known() };
        Ok(known.correct_term(term, Some(right), reason, today)?)
    };
    on_leader(change, &body.canonical, id, rule).await
}
