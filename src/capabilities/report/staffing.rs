//! The staffing report: how many training positions there are, how many are held, and how the
//! operating models that were agreed compare with those that were intended.
//!
//! The statement counts by programme and municipality; what is asked for is summed up from that
//! here, so that every grouping and the totals come from the same counts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use super::figures::{Figures, PercentSum};
use crate::capabilities::programme::{self, Programme};
use crate::capabilities::reference::geography::HealthRegion;
use crate::event_log::{EventLog, Failure};
use crate::http::report::{Column, Report, Table};
use crate::problem::Words;
use crate::word_enum;

/// The report as the catalogue lists it.
pub const REPORT: Report = Report {
    name: "staffing",
    title: Words { en: "Staffing of training positions", nb: "Bemanning av ALIS-stillinger" },
    about: Words {
        en: "Positions that exist on the day: how many are filled, vacant or suspended, and the \
             operating models that were agreed against those that were intended. Vacant are \
             planned, announced and vacant positions. Closed ones are not counted.",
        nb: "Stillinger som finnes den dagen: hvor mange som er besatt, ledige eller stilt i bero, \
             og avtalt driftsform mot ønsket driftsform. Ledige er planlagte, utlyste og ledige \
             stillinger. Avviklede telles ikke.",
    },
};

/// Positions that one row names when it is asked to explain itself.
pub const POSITION_IDS_MAX: usize = 1_000;

word_enum! {
    /// What a row of the staffing report is about.
    pub enum GroupBy {
        /// A programme, or the positions of none.
        Programme = "programme",
        /// A municipality.
        Municipality = "municipality",
        /// A health region.
        Region = "region",
    }
}

/// Which positions are counted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub programme: Option<Uuid>,
    /// Only those filed under these numbers of municipalities.
    pub numbers: Option<Vec<String>>,
    pub region: Option<HealthRegion>,
    /// Only those of these municipalities, whose individuals the caller may see; all of them when
    /// the figures are rounded or the caller sees everything.
    pub within: Option<Vec<String>>,
}

/// Columns that count nobody; the subsidy is worked out from the count that is told.
pub const NO_COUNTS: [&str; 6] = [
    "programme",
    "programme_name",
    "municipality",
    "municipality_name",
    "health_region",
    "subsidy_nok_per_year",
];

/// A row of the report. Only the columns of the grouping that was asked for are there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
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

impl StaffingTotals {
    /// Adds what the programme that was asked about pays for these positions: for `positions`, the
    /// number that the caller is told, or the rate would tell the true one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn with_subsidy(
        mut self,
        log: &EventLog,
        (programme, positions): (Option<Uuid>, Option<i64>),
        as_of: Date,
        known_at: i64,
    ) -> Result<Self, Failure> {
        let (Some(id), Some(positions)) = (programme, positions) else { return Ok(self) };
        let subject = programme::subject(id);
        let programme = log.fold::<Programme>(&subject, Some(known_at)).await?.state;
        if let Programme::Known(known) = programme {
            let rate = programme::state::on(known.subsidies(), as_of).map(|rate| i64::from(rate.0));
            self.subsidy_nok_per_year = rate.map(|rate| rate * positions);
        }
        Ok(self)
    }
}

const fn column(name: &'static str, en: &'static str, nb: &'static str) -> Column {
    Column { name, heading: Words { en, nb } }
}

/// Columns of one grouping, then those of every one; the last explains the row.
macro_rules! columns {
    ($($own:expr),+ $(,)?) => {
        &[
            $($own,)+
            column("positions", "Positions", "Stillinger"),
            column("filled", "Filled", "Besatt"),
            column("vacant", "Vacant", "Ledige"),
            column("suspended", "Suspended", "Stilt i bero"),
            column("self_employed", "Self-employed", "Næringsdrift"),
            column("salaried", "Salaried", "Fastlønn"),
            column("intended_self_employed", "Intended self-employed", "Ønsket næringsdrift"),
            column("intended_salaried", "Intended salaried", "Ønsket fastlønn"),
            column(
                "intended_self_employed_agreed_self_employed",
                "Intended self-employed, agreed self-employed",
                "Ønsket næringsdrift, avtalt næringsdrift",
            ),
            column(
                "intended_self_employed_agreed_salaried",
                "Intended self-employed, agreed salaried",
                "Ønsket næringsdrift, avtalt fastlønn",
            ),
            column(
                "intended_salaried_agreed_self_employed",
                "Intended salaried, agreed self-employed",
                "Ønsket fastlønn, avtalt næringsdrift",
            ),
            column(
                "intended_salaried_agreed_salaried",
                "Intended salaried, agreed salaried",
                "Ønsket fastlønn, avtalt fastlønn",
            ),
            column("percent", "Per cent, all positions", "Prosent, alle stillinger"),
            column("filled_percent", "Per cent, filled", "Prosent, besatt"),
            column("position_ids", "Positions counted", "Stillinger som er talt"),
        ]
    };
}

static BY_PROGRAMME: &[Column] = columns![
    column("programme", "Programme", "Program"),
    column("programme_name", "Programme name", "Programnavn"),
];
static BY_MUNICIPALITY: &[Column] = columns![
    column("municipality", "Municipality number", "Kommunenummer"),
    column("municipality_name", "Municipality", "Kommune"),
    column("health_region", "Health region", "Helseregion"),
];
static BY_REGION: &[Column] = columns![column("health_region", "Health region", "Helseregion")];

fn columns(group_by: GroupBy, explain: bool) -> &'static [Column] {
    let all = match group_by {
        GroupBy::Programme => BY_PROGRAMME,
        GroupBy::Municipality => BY_MUNICIPALITY,
        GroupBy::Region => BY_REGION,
    };
    if explain { all } else { &all[..all.len() - 1] }
}

/// Counts by programme and municipality, as the statement answers them.
pub struct Counted(Vec<StaffingRow>);

impl Counted {
    /// Counts on a day, as known at a position that both read models have reached.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count(
        log: &EventLog,
        as_of: Date,
        known_at: i64,
        filter: &Filter,
    ) -> Result<Self, Failure> {
        let client = log.pool.get().await?;
        let statement = client.prepare_cached(include_str!("sql/staffing.sql")).await?;
        let region = filter.region.map(HealthRegion::as_str);
        let (programme, within) = (&filter.programme, &filter.within);
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&log.log, &as_of, &known_at, programme, &filter.numbers, &region, within];
        let rows = client.query(&statement, &values).await?;
        Ok(Self(rows.iter().map(counted_row).collect::<Result<_, _>>()?))
    }

    /// Figures over everything that was counted.
    pub fn totals(&self) -> StaffingTotals {
        let mut totals = StaffingTotals::default();
        let mut municipalities = BTreeSet::new();
        for row in &self.0 {
            totals.figures.add(&row.figures);
            municipalities.insert(&row.municipality);
        }
        totals.municipalities = i64::try_from(municipalities.len()).unwrap_or(i64::MAX);
        totals
    }

    /// The report: rows summed up by group, in the order of the group's key.
    pub fn table(self, group_by: GroupBy, explain: bool, totals: &StaffingTotals) -> Table {
        let mut groups: BTreeMap<Option<String>, StaffingRow> = BTreeMap::new();
        for row in self.0 {
            let key = match group_by {
                GroupBy::Programme => row.programme.map(|programme| programme.to_string()),
                GroupBy::Municipality => row.municipality.clone(),
                GroupBy::Region => row.health_region.clone(),
            };
            match groups.get_mut(&key) {
                Some(group) => {
                    group.figures.add(&row.figures);
                    group.position_ids.extend(row.position_ids);
                }
                None => {
                    groups.insert(key, row);
                }
            }
        }
        let columns = columns(group_by, explain);
        let rows = groups.into_values().map(|row| cells(row, columns)).collect();
        let totals = members(totals);
        Table { name: REPORT.name, columns, rows, totals }
    }
}

fn cells(mut row: StaffingRow, columns: &[Column]) -> Vec<Value> {
    row.position_ids.sort_unstable();
    row.position_ids.truncate(POSITION_IDS_MAX);
    let mut members = members(&row);
    columns.iter().map(|column| members.remove(column.name).unwrap_or(Value::Null)).collect()
}

fn members(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(_) => unreachable!("figures are a plain structure"),
    }
}

fn counted_row(row: &Row) -> Result<StaffingRow, tokio_postgres::Error> {
    let (own, other) =
        (row.try_get("self_employed_as_intended")?, row.try_get("salaried_as_intended")?);
    let not_own: i64 = row.try_get("salaried_not_self_employed")?;
    let not_other: i64 = row.try_get("self_employed_not_salaried")?;
    let figures = Figures {
        positions: row.try_get("positions")?,
        filled: row.try_get("filled")?,
        vacant: row.try_get("vacant")?,
        suspended: row.try_get("suspended")?,
        self_employed: own + not_other,
        salaried: other + not_own,
        intended_self_employed: row.try_get("intended_self_employed")?,
        intended_salaried: row.try_get("intended_salaried")?,
        intended_self_employed_agreed_self_employed: own,
        intended_self_employed_agreed_salaried: not_own,
        intended_salaried_agreed_self_employed: not_other,
        intended_salaried_agreed_salaried: other,
        percent: PercentSum(row.try_get("percent_hundredths")?),
        filled_percent: PercentSum(row.try_get("filled_percent_hundredths")?),
    };
    Ok(StaffingRow {
        programme: row.try_get("programme")?,
        programme_name: row.try_get("programme_name")?,
        municipality: row.try_get("municipality")?,
        municipality_name: row.try_get("municipality_name")?,
        health_region: row.try_get("health_region")?,
        figures,
        position_ids: row.try_get("position_ids")?,
    })
}

#[cfg(test)]
mod tests;
