//! The figures of the staffing report, for the documentation.
#![expect(dead_code, reason = "documents what the columns of the report write")]

use utoipa::ToSchema;
use uuid::Uuid;

/// The figures of a row. For callers who may not see individuals, counts are rounded to multiples
/// of five, and null where that would be nought; sums and shares are of these.
#[derive(Debug, ToSchema)]
pub struct Figures {
    /// Positions that exist on the day.
    #[schema(value_type = Option<i64>, required = true, example = 32)]
    pub positions: i64,
    /// Held by a doctor.
    #[schema(value_type = Option<i64>, required = true, example = 26)]
    pub filled: i64,
    /// Planned, announced or vacant.
    #[schema(value_type = Option<i64>, required = true, example = 6)]
    pub vacant: i64,
    /// Resting.
    #[schema(value_type = Option<i64>, required = true, example = 0)]
    pub suspended: i64,
    /// Filled, self-employed by agreement.
    #[schema(value_type = Option<i64>, required = true, example = 6)]
    pub self_employed: i64,
    /// Filled, salaried by agreement.
    #[schema(value_type = Option<i64>, required = true, example = 20)]
    pub salaried: i64,
    /// Positions meant for self-employed doctors, filled or not.
    #[schema(value_type = Option<i64>, required = true, example = 16)]
    pub intended_self_employed: i64,
    /// Positions meant for salaried doctors, filled or not.
    #[schema(value_type = Option<i64>, required = true, example = 16)]
    pub intended_salaried: i64,
    /// Filled, meant for self-employed doctors and agreed so.
    #[schema(value_type = Option<i64>, required = true, example = 6)]
    pub intended_self_employed_agreed_self_employed: i64,
    /// Filled, meant for self-employed doctors, salaried by agreement.
    #[schema(value_type = Option<i64>, required = true, example = 9)]
    pub intended_self_employed_agreed_salaried: i64,
    /// Filled, meant for salaried doctors, self-employed by agreement.
    #[schema(value_type = Option<i64>, required = true, example = 0)]
    pub intended_salaried_agreed_self_employed: i64,
    /// Filled, meant for salaried doctors and agreed so.
    #[schema(value_type = Option<i64>, required = true, example = 11)]
    pub intended_salaried_agreed_salaried: i64,
    /// Shares of all positions together: 100 is one full position.
    #[schema(value_type = Option<f64>, required = true, example = 3110)]
    pub percent: f64,
    /// Shares of the doctors who hold them together.
    #[schema(value_type = Option<f64>, required = true, example = 2510)]
    pub filled_percent: f64,
}

/// A row of the report. Only the columns of the grouping that was asked for are there.
#[derive(Debug, ToSchema)]
pub struct StaffingRow {
    /// The programme; null for positions of none.
    #[schema(required = false, example = "01890a5d-ac96-774b-bcce-b302099a8060")]
    pub programme: Option<Uuid>,
    /// The programme's name.
    #[schema(required = false, example = "ALIS-Nord")]
    pub programme_name: Option<String>,
    /// The municipality, under the number that it has on the day.
    #[schema(required = false, example = "5401")]
    pub municipality: Option<String>,
    /// The municipality's name on the day.
    #[schema(required = false, example = "Tromsø")]
    pub municipality_name: Option<String>,
    /// The health region; null where there is none.
    #[schema(required = false, example = "nord")]
    pub health_region: Option<String>,
    #[serde(flatten)]
    #[schema(inline)]
    pub figures: Figures,
    /// With `explain=true`: the positions that were counted, at most 1000. Their histories name the
    /// events behind the figures.
    #[schema(required = false, example = json!(["01890a5d-ac96-774b-bcce-b302099a8057"]))]
    pub position_ids: Vec<String>,
}

/// The figures over all rows.
#[derive(Debug, ToSchema)]
pub struct StaffingTotals {
    #[serde(flatten)]
    #[schema(inline)]
    pub figures: Figures,
    /// Municipalities of the day with at least one of these positions.
    #[schema(value_type = Option<i64>, required = true, example = 25)]
    pub municipalities: i64,
    /// When a programme is asked about: its positions times the yearly rate in force on the day,
    /// in whole kroner; null when no rate is. Of a rounded number of positions when that is told.
    #[schema(required = false, example = 6_400_000)]
    pub subsidy_nok_per_year: Option<i64>,
}
