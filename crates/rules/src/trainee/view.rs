//! How trainees look to callers, on a day.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{Scheme, Trainee};
use crate::edge::Day;
use crate::identifiers::{ExternalId, MunicipalityNumber};
use crate::time::Percent;

/// A position that a trainee holds, held or will hold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HeldPosition {
    /// The position.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8057")]
    pub position: Uuid,
    /// The occupancy.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8059")]
    pub occupancy: Uuid,
    /// The municipality.
    pub municipality: MunicipalityNumber,
    /// First day.
    pub from: Day,
    /// Last day; null while it is open.
    pub to: Option<Day>,
    /// The share on the day that was asked about.
    pub percent: Percent,
}

/// A doctor in training, as on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TraineeView {
    /// The trainee's id.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    pub id: Uuid,
    /// Sealed here; `name` and `hpr_number` when it is sent.
    #[schema(ignore)]
    sealed: String,
    /// The doctor's name; null once it is erased, and for callers who may not read names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Kari Eksempel", required = true)]
    name: Option<String>,
    /// The doctor's HPR number; null once it is erased, and for callers who may not read names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "999000001", required = true)]
    hpr_number: Option<String>,
    /// Under which rules the doctor trains on that day.
    pub scheme: Scheme,
    /// When LIS1 was completed; null when not told.
    pub lis1_completed_on: Option<Day>,
    /// The day the doctor was registered here.
    pub registered_on: Day,
    /// The positions the doctor holds, held and will hold.
    pub positions: Vec<HeldPosition>,
    /// What other systems call the doctor.
    pub external_ids: Vec<ExternalId>,
}

impl TraineeView {
    /// The trainee on a day. A person has no first day here: who is known now was somebody then.
    pub fn on(trainee: &Trainee, day: Date) -> Self {
        let positions = trainee.occupancies.iter().map(|held| HeldPosition {
            position: held.position,
            occupancy: held.id,
            municipality: held.municipality.clone(),
            from: Day(held.period.from),
            to: held.period.to.map(Day),
            percent: held.percent_on(day),
        });
        Self {
            id: trainee.id,
            sealed: trainee.sealed.clone(),
            name: None,
            hpr_number: None,
            scheme: trainee.scheme_on(day),
            lis1_completed_on: trainee.lis1_completed_on.map(Day),
            registered_on: Day(trainee.registered_on),
            positions: positions.collect(),
            external_ids: trainee.external_ids.to_vec(),
        }
    }
}
