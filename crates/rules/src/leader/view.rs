//! How leaders look to callers, on a day.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::state::Leader;
use crate::edge::Day;
use crate::identifiers::{ExternalId, MunicipalityNumber};

/// A time in which a leader leads in a municipality.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TermView {
    /// The term's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8062")]
    pub id: Uuid,
    /// The municipality.
    pub municipality: MunicipalityNumber,
    /// First day.
    pub from: Day,
    /// Last day; null while it is open.
    pub to: Option<Day>,
    /// The leader on whose behalf it is led; null on the leader's own account.
    #[schema(example = json!(null))]
    pub delegated_by: Option<Uuid>,
    /// Since when it has lapsed on the day that was asked about, because the term of the leader who
    /// delegated it does not hold; null when it has not.
    #[schema(example = json!(null))]
    pub lapsed_since: Option<Day>,
}

/// A leader, as on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LeaderView {
    /// The leader's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub id: Uuid,
    /// Sealed here; `name` and `hpr_number` when it is sent.
    #[schema(ignore)]
    sealed: String,
    /// The leader's name; null once it is erased, and for callers who may not read names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ola Eksempel", required = true)]
    name: Option<String>,
    /// The leader's HPR number; null when there is none, once it is erased, and for callers who may
    /// not read names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "999000002", required = true)]
    hpr_number: Option<String>,
    /// The day the leader was registered here.
    pub registered_on: Day,
    /// Where the leader leads on the day that was asked about.
    pub municipalities: Vec<MunicipalityNumber>,
    /// Every time in which the leader leads, led and will lead.
    pub terms: Vec<TermView>,
    /// What other systems call the leader.
    pub external_ids: Vec<ExternalId>,
}

impl LeaderView {
    /// The leader on a day. A person has no first day here: who is known now was somebody then.
    pub fn on(leader: &Leader, day: Date) -> Self {
        let terms = leader.terms().map(|term| TermView {
            id: term.id,
            municipality: term.municipality.clone(),
            from: Day(term.period.from),
            to: term.period.to.map(Day),
            delegated_by: term.delegation.map(|held| held.by),
            lapsed_since: term.lapsed_since(day).map(Day),
        });
        Self {
            id: leader.id,
            sealed: leader.sealed.clone(),
            name: None,
            hpr_number: None,
            registered_on: Day(leader.registered_on),
            municipalities: leader.municipalities_on(day).cloned().collect(),
            terms: terms.collect(),
            external_ids: leader.external_ids.to_vec(),
        }
    }
}
