//! The staffing report: how many training positions there are, how many are held, and how the
//! operating models that were agreed compare with those that were intended.
//!
//! The statement counts by programme and municipality; what is asked for is summed up from that, so
//! that every grouping and the totals come from the same counts.

use std::collections::BTreeMap;

use deserr::Deserr;
use jiff::civil::Date;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::capabilities::programme::{self, Programme};
use crate::capabilities::reference::geography::HealthRegion;
use crate::edge::{Faults, Id};
use crate::event_log::{EventLog, Failure};
use crate::http::report::column::{Column, Kind, Leaf, Reader, Unit, column, only};
use crate::http::report::{self, Report, ReportForm, Table};
use crate::identifiers::MunicipalityNumber;
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

word_enum! {
    /// Whether a report names what it counted.
    pub enum Explain {
        /// Yes.
        True = "true",
        /// No.
        False = "false",
    }
}

/// Which positions, and how they are summed up.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct StaffingParameters {
    /// What a row is about; a municipality by default.
    #[param(inline)]
    #[deserr(default)]
    pub group_by: Option<GroupBy>,
    /// Only positions of this programme; the totals then tell its yearly subsidy.
    #[param(example = "01890a5d-ac96-774b-bcce-b302099a8060")]
    #[deserr(default)]
    pub programme: Option<Id>,
    /// Only positions of this municipality, those included that are filed under a number which it
    /// had or took over by the day.
    #[param(inline)]
    #[deserr(default)]
    pub municipality: Option<MunicipalityNumber>,
    /// Only positions of municipalities in this health region.
    #[param(inline)]
    #[deserr(default)]
    pub region: Option<HealthRegion>,
    /// `true`: each row names the positions that were counted.
    #[param(inline)]
    #[deserr(default)]
    pub explain: Option<Explain>,
    /// The form, instead of `Accept`.
    #[param(inline)]
    #[deserr(default)]
    pub format: Option<ReportForm>,
}

impl StaffingParameters {
    fn is_by(&self, group_by: GroupBy) -> bool {
        self.group_by.unwrap_or(GroupBy::Municipality) == group_by
    }

    /// Whether rows name the positions that were counted.
    pub fn explains(&self) -> bool {
        self.explain == Some(Explain::True)
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

/// Positions of one programme in one municipality, as the statement counts them. Each position is
/// in one of the eight counts.
#[derive(Debug, Clone, Default)]
struct Counted {
    programme: Option<Uuid>,
    programme_name: Option<String>,
    municipality: Option<String>,
    municipality_name: Option<String>,
    health_region: Option<String>,
    /// Filled, by what was intended and what was agreed.
    filled: [[u64; 2]; 2],
    /// Vacant, by what was intended.
    vacant: [u64; 2],
    suspended: [u64; 2],
    /// In hundredths of a per cent.
    percent: i64,
    filled_percent: i64,
    /// What the programme that was asked about pays for each position in a year.
    rate: Option<i64>,
    position_ids: Vec<String>,
}

const SELF_EMPLOYED: usize = 0;
const SALARIED: usize = 1;

/// Self-employed as was intended, and the other three.
const OWN_OWN: Leaf<Counted> = |row| row.filled[SELF_EMPLOYED][SELF_EMPLOYED];
const OWN_PAID: Leaf<Counted> = |row| row.filled[SELF_EMPLOYED][SALARIED];
const PAID_OWN: Leaf<Counted> = |row| row.filled[SALARIED][SELF_EMPLOYED];
const PAID_PAID: Leaf<Counted> = |row| row.filled[SALARIED][SALARIED];
const VACANT_OWN: Leaf<Counted> = |row| row.vacant[SELF_EMPLOYED];
const VACANT_PAID: Leaf<Counted> = |row| row.vacant[SALARIED];
const RESTING_OWN: Leaf<Counted> = |row| row.suspended[SELF_EMPLOYED];
const RESTING_PAID: Leaf<Counted> = |row| row.suspended[SALARIED];

static FILLED: &[Leaf<Counted>] = &[OWN_OWN, OWN_PAID, PAID_OWN, PAID_PAID];
static POSITIONS: &[Leaf<Counted>] =
    &[OWN_OWN, OWN_PAID, PAID_OWN, PAID_PAID, VACANT_OWN, VACANT_PAID, RESTING_OWN, RESTING_PAID];
/// Sums of shares are shown to the nearest five full positions.
const FIVE_POSITIONS: i64 = 500 * 100;

static COLUMNS: &[Column<StaffingParameters, Counted>] = &[
    only(
        |asked| asked.is_by(GroupBy::Programme),
        column(
            "programme",
            ["Programme", "Program"],
            "The programme; null for positions of none.",
            r#""01890a5d-ac96-774b-bcce-b302099a8060""#,
            Kind::Id(|row| row.programme.map(|id| id.to_string())),
        ),
    ),
    only(
        |asked| asked.is_by(GroupBy::Programme),
        column(
            "programme_name",
            ["Programme name", "Programnavn"],
            "The programme's name.",
            r#""ALIS-Nord""#,
            Kind::Text(|row| row.programme_name.clone()),
        ),
    ),
    only(
        |asked| asked.is_by(GroupBy::Municipality),
        column(
            "municipality",
            ["Municipality number", "Kommunenummer"],
            "The municipality, under the number that it has on the day.",
            r#""5401""#,
            Kind::Id(|row| row.municipality.clone()),
        ),
    ),
    only(
        |asked| asked.is_by(GroupBy::Municipality),
        column(
            "municipality_name",
            ["Municipality", "Kommune"],
            "The municipality's name on the day.",
            r#""Tromsø""#,
            Kind::Text(|row| row.municipality_name.clone()),
        ),
    ),
    only(
        |asked| !asked.is_by(GroupBy::Programme),
        column(
            "health_region",
            ["Health region", "Helseregion"],
            "The health region; null where there is none.",
            r#""nord""#,
            Kind::Id(|row| row.health_region.clone()),
        ),
    ),
    column(
        "positions",
        ["Positions", "Stillinger"],
        "Positions that exist on the day.",
        "32",
        Kind::Sum(POSITIONS),
    ),
    column("filled", ["Filled", "Besatt"], "Held by a doctor.", "26", Kind::Sum(FILLED)),
    column(
        "vacant",
        ["Vacant", "Ledige"],
        "Planned, announced or vacant.",
        "6",
        Kind::Sum(&[VACANT_OWN, VACANT_PAID]),
    ),
    column(
        "suspended",
        ["Suspended", "Stilt i bero"],
        "Resting.",
        "0",
        Kind::Sum(&[RESTING_OWN, RESTING_PAID]),
    ),
    column(
        "self_employed",
        ["Self-employed", "Næringsdrift"],
        "Filled, self-employed by agreement.",
        "6",
        Kind::Sum(&[OWN_OWN, PAID_OWN]),
    ),
    column(
        "salaried",
        ["Salaried", "Fastlønn"],
        "Filled, salaried by agreement.",
        "20",
        Kind::Sum(&[OWN_PAID, PAID_PAID]),
    ),
    column(
        "intended_self_employed",
        ["Intended self-employed", "Ønsket næringsdrift"],
        "Positions meant for self-employed doctors, filled or not.",
        "16",
        Kind::Sum(&[OWN_OWN, OWN_PAID, VACANT_OWN, RESTING_OWN]),
    ),
    column(
        "intended_salaried",
        ["Intended salaried", "Ønsket fastlønn"],
        "Positions meant for salaried doctors, filled or not.",
        "16",
        Kind::Sum(&[PAID_OWN, PAID_PAID, VACANT_PAID, RESTING_PAID]),
    ),
    column(
        "intended_self_employed_agreed_self_employed",
        [
            "Intended self-employed, agreed self-employed",
            "Ønsket næringsdrift, avtalt næringsdrift",
        ],
        "Filled, meant for self-employed doctors and agreed so.",
        "6",
        Kind::Count(OWN_OWN),
    ),
    column(
        "intended_self_employed_agreed_salaried",
        ["Intended self-employed, agreed salaried", "Ønsket næringsdrift, avtalt fastlønn"],
        "Filled, meant for self-employed doctors, salaried by agreement.",
        "9",
        Kind::Count(OWN_PAID),
    ),
    column(
        "intended_salaried_agreed_self_employed",
        ["Intended salaried, agreed self-employed", "Ønsket fastlønn, avtalt næringsdrift"],
        "Filled, meant for salaried doctors, self-employed by agreement.",
        "0",
        Kind::Count(PAID_OWN),
    ),
    column(
        "intended_salaried_agreed_salaried",
        ["Intended salaried, agreed salaried", "Ønsket fastlønn, avtalt fastlønn"],
        "Filled, meant for salaried doctors and agreed so.",
        "11",
        Kind::Count(PAID_PAID),
    ),
    column(
        "percent",
        ["Per cent, all positions", "Prosent, alle stillinger"],
        "Shares of all positions together: 100 is one full position.",
        "3110",
        Kind::Amount {
            of: |row| Some(row.percent),
            counted: POSITIONS,
            unit: Unit::Percent,
            step: FIVE_POSITIONS,
        },
    ),
    column(
        "filled_percent",
        ["Per cent, filled", "Prosent, besatt"],
        "Shares of the doctors who hold them together.",
        "2510",
        Kind::Amount {
            of: |row| Some(row.filled_percent),
            counted: FILLED,
            unit: Unit::Percent,
            step: FIVE_POSITIONS,
        },
    ),
    only(
        StaffingParameters::explains,
        column(
            "position_ids",
            ["Positions counted", "Stillinger som er talt"],
            "The positions that were counted, at most 1000. Their histories name the events behind the \
         figures.",
            r#"["01890a5d-ac96-774b-bcce-b302099a8057"]"#,
            Kind::Several(|row| &row.position_ids),
        ),
    ),
];

/// Figures over all rows that are no sum of a column.
static FIGURES: &[Column<StaffingParameters, Counted>] = &[
    column(
        "municipalities",
        ["Municipalities", "Kommuner"],
        "Municipalities of the day with at least one of these positions.",
        "25",
        Kind::Different(|row| row.municipality.clone()),
    ),
    column(
        "subsidy_nok_per_year",
        ["Subsidy in kroner a year", "Tilskudd i kroner per år"],
        "When a programme is asked about: its positions times the yearly rate in force on the day, \
         in whole kroner; null when no rate is. Of a rounded number of positions when that is told.",
        "6400000",
        Kind::Amount {
            of: |row| row.rate.map(|rate| rate * row.positions()),
            counted: POSITIONS,
            unit: Unit::Kroner,
            step: 1,
        },
    ),
];

impl Counted {
    fn positions(&self) -> i64 {
        let all: u64 = POSITIONS.iter().map(|leaf| leaf(self)).sum();
        i64::try_from(all).unwrap_or(i64::MAX)
    }
}

pub struct Staffing(Vec<Counted>);

impl Staffing {
    /// Counts on a day, as known at a position that both read models have reached.
    pub async fn count(
        log: &EventLog,
        (as_of, known_at): (Date, i64),
        filter: &Filter,
    ) -> Result<Self, Failure> {
        let rate = match filter.programme {
            Some(programme) => rate(log, programme, as_of, known_at).await?,
            None => None,
        };
        let client = log.pool.get().await?;
        let statement = client.prepare_cached(include_str!("sql/staffing.sql")).await?;
        let region = filter.region.map(HealthRegion::as_str);
        let (programme, within) = (&filter.programme, &filter.within);
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&log.log, &as_of, &known_at, programme, &filter.numbers, &region, within];
        let rows = client.query(&statement, &values).await?;
        Ok(Self(rows.iter().map(|row| counted(row, rate)).collect::<Result<_, _>>()?))
    }

    /// The report: rows summed up by group, in the order of the group's key.
    pub fn table(self, asked: &StaffingParameters, reader: Reader) -> Table {
        let mut groups: BTreeMap<Option<String>, Vec<Counted>> = BTreeMap::new();
        for row in self.0 {
            let key = match asked.group_by.unwrap_or(GroupBy::Municipality) {
                GroupBy::Programme => row.programme.map(|programme| programme.to_string()),
                GroupBy::Municipality => row.municipality.clone(),
                GroupBy::Region => row.health_region.clone(),
            };
            groups.entry(key).or_default().push(row);
        }
        let groups: Vec<Vec<Counted>> = groups.into_values().collect();
        let columns: Vec<_> = COLUMNS.iter().filter(|column| column.is_in(asked)).collect();
        let row = |group| {
            let group = std::slice::from_ref(group);
            columns.iter().map(|column| column.kind.value(group, reader)).collect()
        };
        let summed = COLUMNS.iter().filter(|column| column.kind.is_figure()).chain(FIGURES);
        let total =
            |column: &Column<_, _>| (column.name.to_owned(), column.kind.value(&groups, reader));
        Table {
            name: REPORT.name,
            rows: groups.iter().map(row).collect(),
            totals: summed.map(total).collect::<Map<String, Value>>(),
            columns: columns.iter().map(|column| report::Column::of(column)).collect(),
        }
    }
}

/// The yearly rate that a programme pays for a position on a day.
async fn rate(
    log: &EventLog,
    programme: Uuid,
    as_of: Date,
    known_at: i64,
) -> Result<Option<i64>, Failure> {
    let subject = programme::subject(programme);
    let Programme::Known(known) = log.fold::<Programme>(&subject, Some(known_at)).await?.state
    else {
        return Ok(None);
    };
    Ok(programme::state::on(known.subsidies(), as_of).map(|rate| i64::from(rate.0)))
}

fn counted(row: &Row, rate: Option<i64>) -> Result<Counted, tokio_postgres::Error> {
    let count = |name: &str| -> Result<u64, tokio_postgres::Error> {
        Ok(u64::try_from(row.try_get::<_, i64>(name)?).unwrap_or(0))
    };
    Ok(Counted {
        programme: row.try_get("programme")?,
        programme_name: row.try_get("programme_name")?,
        municipality: row.try_get("municipality")?,
        municipality_name: row.try_get("municipality_name")?,
        health_region: row.try_get("health_region")?,
        filled: [
            [count("self_employed_as_intended")?, count("salaried_not_self_employed")?],
            [count("self_employed_not_salaried")?, count("salaried_as_intended")?],
        ],
        vacant: [count("vacant_self_employed")?, count("vacant_salaried")?],
        suspended: [count("suspended_self_employed")?, count("suspended_salaried")?],
        percent: row.try_get("percent_hundredths")?,
        filled_percent: row.try_get("filled_percent_hundredths")?,
        rate,
        position_ids: row.try_get("position_ids")?,
    })
}

#[cfg(test)]
mod tests;
