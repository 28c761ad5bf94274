//! The figures of the staffing report, and how they add up.

use serde::Serialize;
use utoipa::ToSchema;

/// The figures of a row. For callers who may not see individuals, counts are rounded to multiples
/// of five, and null where that would be nought; shares are null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
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
    pub percent: PercentSum,
    /// Shares of the doctors who hold them together.
    #[schema(value_type = Option<f64>, required = true, example = 2510)]
    pub filled_percent: PercentSum,
}

/// A sum of shares, in hundredths of a per cent, because shares have two decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PercentSum(pub(super) i64);

impl Serialize for PercentSum {
    /// A JSON number with at most two decimals.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        if rest == 0 {
            return serializer.serialize_i64(whole);
        }
        let text = format!("{whole}.{rest:02}");
        // The nearest double of a number with two decimals prints as that number again.
        serializer.serialize_f64(text.parse().expect("digits and one dot are a number"))
    }
}

impl Figures {
    /// Adds the figures of further positions.
    pub(super) fn add(&mut self, other: &Figures) {
        let Figures {
            positions,
            filled,
            vacant,
            suspended,
            self_employed,
            salaried,
            intended_self_employed,
            intended_salaried,
            intended_self_employed_agreed_self_employed,
            intended_self_employed_agreed_salaried,
            intended_salaried_agreed_self_employed,
            intended_salaried_agreed_salaried,
            percent,
            filled_percent,
        } = other;
        self.positions += positions;
        self.filled += filled;
        self.vacant += vacant;
        self.suspended += suspended;
        self.self_employed += self_employed;
        self.salaried += salaried;
        self.intended_self_employed += intended_self_employed;
        self.intended_salaried += intended_salaried;
        self.intended_self_employed_agreed_self_employed +=
            intended_self_employed_agreed_self_employed;
        self.intended_self_employed_agreed_salaried += intended_self_employed_agreed_salaried;
        self.intended_salaried_agreed_self_employed += intended_salaried_agreed_self_employed;
        self.intended_salaried_agreed_salaried += intended_salaried_agreed_salaried;
        self.percent.0 += percent.0;
        self.filled_percent.0 += filled_percent.0;
    }
}
