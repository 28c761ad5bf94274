//! How municipalities, ALIS offices and organisations look to callers, on a day.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::alis_office::AlisOffice;
use super::domain::{Centrality, OrganisationKind};
use super::geography::{self, HealthRegion};
use super::municipality::Municipality;
use super::organisation::Organisation;
use crate::edge::Day;
use crate::identifiers::{ExternalId, MunicipalityNumber, Name, OrganisationNumber};
use crate::time::Period;

/// A county.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CountyView {
    /// Its number in the same reform: two digits, a leading zero kept.
    #[schema(example = "55")]
    pub number: &'static str,
    /// Its Norwegian name.
    #[schema(example = "Troms")]
    pub name: &'static str,
}

/// A municipality that another came from or became.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuccessionView {
    /// The other municipality.
    pub municipality: MunicipalityNumber,
    /// The first day of the new.
    pub on: Day,
}

/// A municipality, as it is on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MunicipalityView {
    /// Its number.
    pub number: MunicipalityNumber,
    /// Its name, in every language where it has several.
    pub name: Name,
    /// The first day it has this number and name.
    pub from: Day,
    /// The last day it has them; null while there is no end.
    pub to: Option<Day>,
    /// Whether the number is in use on the day that was asked about. After that everything here is
    /// as on its last day.
    #[schema(example = true)]
    pub in_use: bool,
    /// Its county; null where no county has its number then (Svalbard, or a day before 1972).
    pub county: Option<CountyView>,
    /// Its health region; null where it has no county.
    pub health_region: Option<HealthRegion>,
    /// Its centrality class; null when not told.
    pub centrality: Option<Centrality>,
    /// The ALIS office that answers for it; null for none.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub alis_office: Option<Uuid>,
    /// What it became: one after a merger or a new number, several after a split.
    pub successors: Vec<SuccessionView>,
    /// What it came from: several after a merger.
    pub predecessors: Vec<SuccessionView>,
}

fn successions(turns: &[(MunicipalityNumber, Date)]) -> Vec<SuccessionView> {
    let views = turns.iter();
    views.map(|(other, on)| SuccessionView { municipality: other.clone(), on: Day(*on) }).collect()
}

impl MunicipalityView {
    /// The municipality on a day; once its number has ended, as on its last day. `None` before it.
    pub fn on(municipality: &Municipality, day: Date) -> Option<Self> {
        let (period, name) = municipality.names.latest_on(day)?;
        let last = period.to.map_or(day, |to| day.min(to));
        let county = geography::county_of(&municipality.number, last);
        Some(Self {
            number: municipality.number.clone(),
            name: name.clone(),
            from: Day(period.from),
            to: period.to.map(Day),
            in_use: period.covers(day),
            county: county.map(|county| CountyView { number: county.number, name: county.name }),
            health_region: county.map(|county| county.health_region),
            centrality: municipality.centralities.on(last).copied(),
            alis_office: municipality.office_on(last),
            successors: successions(&municipality.successors),
            predecessors: successions(&municipality.predecessors),
        })
    }
}

/// A municipality that an ALIS office answers for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OfficeMunicipalityView {
    /// The municipality.
    pub municipality: MunicipalityNumber,
    /// First day.
    pub from: Day,
    /// Last day; null while there is no end.
    pub to: Option<Day>,
}

impl OfficeMunicipalityView {
    fn of((number, period): &(MunicipalityNumber, Period)) -> Self {
        Self { municipality: number.clone(), from: Day(period.from), to: period.to.map(Day) }
    }
}

/// A regional ALIS office.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AlisOfficeView {
    /// The office's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    pub id: Uuid,
    /// Its name on the day that was asked about.
    pub name: Name,
    /// The municipalities it answers for, answered for or will answer for.
    pub municipalities: Vec<OfficeMunicipalityView>,
    /// What other systems call it.
    pub external_ids: Vec<ExternalId>,
}

impl AlisOfficeView {
    /// The office on a day. It has no first day: before its first name it has that one.
    pub fn on(office: &AlisOffice, day: Date) -> Self {
        Self {
            id: office.id,
            name: office.name_on(day).clone(),
            municipalities: office.municipalities.iter().map(OfficeMunicipalityView::of).collect(),
            external_ids: office.external_ids.to_vec(),
        }
    }
}

/// An organisation, as it is on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OrganisationView {
    /// Its number.
    pub organisation_number: OrganisationNumber,
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: OrganisationKind,
    /// The municipality it is or lies in; null when not told.
    pub municipality: Option<MunicipalityNumber>,
    /// The first day it exists; null when not told.
    pub from: Option<Day>,
    /// The last day it exists; null while there is no end. After that everything here is as on its
    /// last day.
    pub to: Option<Day>,
}

impl OrganisationView {
    /// The organisation on a day; once it is closed, as on its last day. `None` before its first.
    pub fn on(organisation: &Organisation, day: Date) -> Option<Self> {
        if day < organisation.first_day() {
            return None;
        }
        let last = organisation.last_day();
        let facts = organisation.facts_on(last.map_or(day, |last| last.min(day)));
        Some(Self {
            organisation_number: organisation.number.clone(),
            name: facts.name,
            kind: facts.kind,
            municipality: facts.municipality,
            from: facts.from.map(Day),
            to: last.map(Day),
        })
    }
}
