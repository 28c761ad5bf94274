//! The terms of a leader: added, ended, corrected.

use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::delegator;
use crate::capabilities::leader::problems::*;
use crate::capabilities::leader::state::{Leader, RightTerm, Term};
use crate::capabilities::reference::municipality_in_use;
use crate::edge::{self, Day, Fault, Faults, FieldFault, Id, PeriodCorrection};
use crate::http::access::Access;
use crate::http::actor::Permissions;
use crate::http::operation::PathParameter;
use crate::http::resource::{Act, Cx, Decided, Key as _, Operations};
use crate::identifiers::{Comment, MunicipalityNumber};
use crate::problem::common::NOT_FOUND;
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::Period;

/// Adds what can be done with terms.
pub(super) fn operations(all: Operations<Leader>) -> Operations<Leader> {
    all.act(Act {
        id: "add_leader_term",
        path: "/terms",
        summary: "Add a term to a leader",
        about: "The leader leads in a further municipality, or in the same one again; on their own \
                account, or on behalf of another leader. A delegated term holds on the days of \
                both terms: it lapses by itself when the other one ends, and cannot be delegated \
                further.",
        by: Access::Municipal,
        refuses: &[&LEADER_TERM_OVERLAPS, &LEADER_DELEGATES_TOO_MANY],
        rule: add,
    })
    .act(Act {
        id: "end_leader",
        path: "/end",
        summary: "End a leader's time",
        about: "Every term that goes on after that day ends with it, and what was delegated under \
                it lapses. What the leader decided stands.",
        by: Access::Municipal,
        refuses: &[&LEADER_ENDED, &LEADER_TERM_BEGINS_LATER],
        rule: end,
    })
    .act(Act {
        id: "correct_leader_term",
        path: "/terms/{term}/correction",
        summary: "Correct a term of a leader",
        about: "The first account stays in the history; `known_at` before the correction shows it. \
                What was decided under the first account stands; what was delegated under it \
                follows the new one.",
        by: Access::Municipal,
        refuses: &[&LEADER_TERM_OVERLAPS, &LEADER_DELEGATES_TOO_MANY],
        rule: correct,
    })
    .with_places(&[PathParameter::id(
        "term",
        "The term.",
        "01890a5d-ac96-774b-bcce-b302099a8062",
    )])
}

/// Who leads is the municipality's to say. A leader in person lends what is their own, and takes it
/// back; so nobody who leads on another's behalf can make it last.
pub(super) fn may_lend(permissions: &Permissions, by: Option<Uuid>) -> Result<(), Rejection> {
    if by.is_some() && by == permissions.leader { Ok(()) } else { permissions.require_authority() }
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

async fn add(cx: &Cx<'_, Leader>, asked: &AddTerm) -> Decided<Leader> {
    cx.by.permissions().require_acts_for(&asked.municipality)?;
    may_lend(cx.by.permissions(), asked.delegated_by.map(|by| by.0))?;
    let period = edge::period(asked.from, asked.to)?;
    municipality_in_use(cx.view, &asked.municipality, period.from).await?;
    let delegator = delegator(cx.view, asked.delegated_by).await?;
    let (term, municipality) = (cx.by.new_id, asked.municipality.clone());
    Ok(cx.parties.or_not_found()?.add_term(term, municipality, period, delegator.as_ref())?)
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

async fn end(cx: &Cx<'_, Leader>, asked: &EndLeader) -> Decided<Leader> {
    let EndLeader { to, municipality } = asked;
    let (leader, permissions) = (cx.parties.or_not_found()?, cx.by.permissions());
    if let Some(only) = municipality {
        permissions.require_acts_for(only)?;
    }
    let meant = |term: &Term| match municipality {
        Some(only) => term.municipality == *only,
        None => permissions.acts_in(&term.municipality),
    };
    for term in leader.terms().filter(|term| meant(term)) {
        ends(permissions, leader, term)?;
    }
    Ok(leader.end(to.0, municipality.is_some(), meant)?)
}

/// A leader in person ends their own time, and what they have lent.
fn ends(permissions: &Permissions, leader: &Leader, term: &Term) -> Result<(), Rejection> {
    if permissions.leader == Some(leader.id) {
        return Ok(());
    }
    may_lend(permissions, term.delegation.map(|held| held.by))
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
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// The place and the days that a term really had, and on whose behalf it was led.
type Really = (MunicipalityNumber, Period, Option<Id>);

impl CorrectTerm {
    /// How a term really was; `None` when it was entered in error.
    fn of(&self, recorded: &Term) -> Result<Option<Really>, FieldFault> {
        let &Self { from, to, reopened, entered_in_error, delegated_by, on_own_account, .. } = self;
        let others_stated = self.municipality.is_some() || delegated_by.is_some() || on_own_account;
        let correction = PeriodCorrection { from, to, reopened, entered_in_error, others_stated };
        let Some(period) = correction.of(recorded.period)? else { return Ok(None) };
        let municipality = self.municipality.clone().unwrap_or(recorded.municipality.clone());
        let by = match (delegated_by, on_own_account) {
            (Some(_), true) => {
                let fault = Fault::new(
                    "set_and_removed",
                    "A delegation cannot be both set and removed.",
                    "En delegering kan ikke både settes og fjernes.",
                );
                return Err(FieldFault::at("/on_own_account", fault));
            }
            (Some(by), false) => Some(by),
            (None, true) => None,
            (None, false) => recorded.delegation.map(|held| Id(held.by)),
        };
        Ok(Some((municipality, period, by)))
    }
}

async fn correct(cx: &Cx<'_, Leader>, asked: &CorrectTerm) -> Decided<Leader> {
    let (leader, permissions, today) =
        (cx.parties.or_not_found()?, cx.by.permissions(), cx.by.today);
    let (_, term) = <(Uuid, Uuid)>::of(cx.place).ok_or(&NOT_FOUND)?;
    let recorded = leader.term(term)?;
    permissions.require_acts_for(&recorded.municipality)?;
    may_lend(permissions, recorded.delegation.map(|held| held.by))?;
    let reason = asked.reason.clone();
    let Some((municipality, period, by)) = asked.of(recorded)? else {
        return Ok(leader.correct_term(term, None, reason, today)?);
    };
    permissions.require_acts_for(&municipality)?;
    may_lend(permissions, by.map(|by| by.0))?;
    municipality_in_use(cx.view, &municipality, period.from).await?;
    let delegator = delegator(cx.view, by).await?;
    let right = RightTerm { municipality, period, delegator: delegator.as_ref() };
    Ok(leader.correct_term(term, Some(right), reason, today)?)
}
