//! How access grants look to callers, on a day.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::GrantedRole;
use super::grants::{Grant, GrantStatus};
use crate::edge::Day;
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};

/// What an organisation is granted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AccessGrantView {
    /// The grant's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8070")]
    pub id: Uuid,
    /// Who has the role.
    pub organisation_number: OrganisationNumber,
    /// Which role.
    pub role: GrantedRole,
    /// The municipality that delegates; null unless the role is `system`.
    pub municipality: Option<MunicipalityNumber>,
    /// First day.
    pub from: Day,
    /// Last day; null while there is no end.
    pub to: Option<Day>,
    /// How it stands on the day that was asked about.
    pub status: GrantStatus,
    /// The day from which the organisation has accepted or declined; null until then, and for
    /// roles that need no answer.
    pub answered_on: Option<Day>,
}

impl AccessGrantView {
    /// The grant, as on a day.
    pub fn on(grant: &Grant, day: Date) -> Self {
        Self {
            id: grant.id,
            organisation_number: grant.organisation_number.clone(),
            role: grant.role,
            municipality: grant.municipality.clone(),
            from: Day(grant.period.from),
            to: grant.period.to.map(Day),
            status: grant.status_on(day),
            answered_on: grant.answered_on(day).map(Day),
        }
    }
}
