//! The report `staffing`: how many training positions there are, how many are held, and how the
//! operating models that were agreed compare with those that were intended.
//!
//! The statement counts by programme and municipality; what is asked for is summed up from that, so
//! that every grouping and the totals come from the same counts.

use deserr::Deserr;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::capabilities::programme::{self, Programme};
use crate::capabilities::reference;
use crate::capabilities::reference::geography::HealthRegion;
use crate::edge::{Faults, Flag, Id};
use crate::event_log::Failure;
use crate::http::ProblemResponse;
use crate::http::report::column::{AN_ID, Column, Kind, Leaf, Reader, Unit};
use crate::http::report::{Asked, Report, Whom, row};
use crate::identifiers::MunicipalityNumber;
use crate::problem::Words;
use crate::word_enum;

/// See the module.
pub static STAFFING: Report<StaffingParameters, Counted> = Report {
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
    whom: Whom::Everybody,
    models: &["positions", "municipalities", "programmes"],
    narrowed_by: "municipality",
    columns: COLUMNS,
    figures: FIGURES,
    group: Some(|asked, row| match asked.group_by() {
        GroupBy::Programme => row.programme.map(|programme| programme.to_string()),
        GroupBy::Municipality => row.municipality.clone(),
        GroupBy::Region => row.health_region.clone(),
    }),
    count: |asked| Box::pin(count(asked)),
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

/// Which positions, and how they are summed up.
#[derive(Debug, Default, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct StaffingParameters {
    /// What a row is about; a municipality by default.
    #[param(inline)]
    #[deserr(default)]
    group_by: Option<GroupBy>,
    /// Only positions of this programme; the totals then tell its yearly subsidy.
    #[param(inline, example = "01890a5d-ac96-774b-bcce-b302099a8060")]
    #[deserr(default)]
    programme: Option<Id>,
    /// Only positions of this municipality, those included that are filed under a number which it
    /// had or took over by the day.
    #[param(inline)]
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only positions of municipalities in this health region.
    #[param(inline)]
    #[deserr(default)]
    region: Option<HealthRegion>,
    /// Whether each row names the positions that were counted.
    #[param(inline)]
    #[deserr(default)]
    explain: Option<Flag>,
}

impl StaffingParameters {
    fn group_by(&self) -> GroupBy {
        self.group_by.unwrap_or(GroupBy::Municipality)
    }
}

/// Positions of one programme filed under one number, as the statement counts them. Each position
/// is in one of the eight counts.
#[derive(Debug, Clone, Default)]
pub struct Counted {
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

/// The operating models, as places in [`Counted`].
const SELF_EMPLOYED: usize = 0;
const SALARIED: usize = 1;

/// Filled: self-employed as was intended, and the other three.
const OWN_OWN: Leaf<Counted> = |row| row.filled[SELF_EMPLOYED][SELF_EMPLOYED];
const OWN_PAID: Leaf<Counted> = |row| row.filled[SELF_EMPLOYED][SALARIED];
const PAID_OWN: Leaf<Counted> = |row| row.filled[SALARIED][SELF_EMPLOYED];
const PAID_PAID: Leaf<Counted> = |row| row.filled[SALARIED][SALARIED];
/// Not filled, by what was intended.
const VACANT_OWN: Leaf<Counted> = |row| row.vacant[SELF_EMPLOYED];
const VACANT_PAID: Leaf<Counted> = |row| row.vacant[SALARIED];
const RESTING_OWN: Leaf<Counted> = |row| row.suspended[SELF_EMPLOYED];
const RESTING_PAID: Leaf<Counted> = |row| row.suspended[SALARIED];

static FILLED: &[Leaf<Counted>] = &[OWN_OWN, OWN_PAID, PAID_OWN, PAID_PAID];
static POSITIONS: &[Leaf<Counted>] =
    &[OWN_OWN, OWN_PAID, PAID_OWN, PAID_PAID, VACANT_OWN, VACANT_PAID, RESTING_OWN, RESTING_PAID];

/// A sum of shares of full positions, shown to the nearest five of them.
const fn shares(
    of: fn(&Counted) -> Option<i64>,
    counted: &'static [Leaf<Counted>],
) -> Kind<Counted> {
    Kind::Amount { of, counted, unit: Unit::Percent, step: 500 * 100 }
}

/// What a programme pays: at one rate, so it is as coarse as the number of positions.
const SUBSIDY: Kind<Counted> = Kind::Amount {
    of: |row| Some(row.rate? * row.positions()),
    counted: POSITIONS,
    unit: Unit::Kroner,
    step: 1,
};

static COLUMNS: &[Column<StaffingParameters, Counted>] = &[
    Kind::Id(|it: &Counted| Some(it.programme?.to_string()))
        .named("programme", ["Programme", "Program"])
        .maybe("The programme; null for positions of none.", AN_ID)
        .only(|it: &StaffingParameters| it.group_by() == GroupBy::Programme),
    Kind::Text(|it: &Counted| it.programme_name.clone())
        .named("programme_name", ["Programme name", "Programnavn"])
        .maybe("The programme's name; null for positions of none.", "ALIS-Nord")
        .only(|it: &StaffingParameters| it.group_by() == GroupBy::Programme),
    Kind::Id(|it: &Counted| it.municipality.clone())
        .named("municipality", ["Municipality number", "Kommunenummer"])
        .about("The municipality, under the number that it has on the day.", "5401")
        .only(|it: &StaffingParameters| it.group_by() == GroupBy::Municipality),
    Kind::Text(|it: &Counted| it.municipality_name.clone())
        .named("municipality_name", ["Municipality", "Kommune"])
        .maybe("The municipality's name on the day; null where none is known.", "Tromsø")
        .only(|it: &StaffingParameters| it.group_by() == GroupBy::Municipality),
    Kind::Id(|it: &Counted| it.health_region.clone())
        .named("health_region", ["Health region", "Helseregion"])
        .maybe("The health region; null where there is none.", "nord")
        .only(|it: &StaffingParameters| it.group_by() != GroupBy::Programme),
    Kind::Sum(POSITIONS)
        .named("positions", ["Positions", "Stillinger"])
        .about("Positions that exist on the day.", "32"),
    Kind::Sum(FILLED).named("filled", ["Filled", "Besatt"]).about("Held by a doctor.", "26"),
    Kind::Sum(&[VACANT_OWN, VACANT_PAID])
        .named("vacant", ["Vacant", "Ledige"])
        .about("Planned, announced or vacant.", "6"),
    Kind::Sum(&[RESTING_OWN, RESTING_PAID])
        .named("suspended", ["Suspended", "Stilt i bero"])
        .about("Resting.", "0"),
    Kind::Sum(&[OWN_OWN, PAID_OWN])
        .named("self_employed", ["Self-employed", "Næringsdrift"])
        .about("Filled, self-employed by agreement.", "6"),
    Kind::Sum(&[OWN_PAID, PAID_PAID])
        .named("salaried", ["Salaried", "Fastlønn"])
        .about("Filled, salaried by agreement.", "20"),
    Kind::Sum(&[OWN_OWN, OWN_PAID, VACANT_OWN, RESTING_OWN])
        .named("intended_self_employed", ["Intended self-employed", "Ønsket næringsdrift"])
        .about("Positions meant for self-employed doctors, filled or not.", "16"),
    Kind::Sum(&[PAID_OWN, PAID_PAID, VACANT_PAID, RESTING_PAID])
        .named("intended_salaried", ["Intended salaried", "Ønsket fastlønn"])
        .about("Positions meant for salaried doctors, filled or not.", "16"),
    Kind::Count(OWN_OWN)
        .named(
            "intended_self_employed_agreed_self_employed",
            [
                "Intended self-employed, agreed self-employed",
                "Ønsket næringsdrift, avtalt næringsdrift",
            ],
        )
        .about("Filled, meant for self-employed doctors and agreed so.", "6"),
    Kind::Count(OWN_PAID)
        .named(
            "intended_self_employed_agreed_salaried",
            ["Intended self-employed, agreed salaried", "Ønsket næringsdrift, avtalt fastlønn"],
        )
        .about("Filled, meant for self-employed doctors, salaried by agreement.", "9"),
    Kind::Count(PAID_OWN)
        .named(
            "intended_salaried_agreed_self_employed",
            ["Intended salaried, agreed self-employed", "Ønsket fastlønn, avtalt næringsdrift"],
        )
        .about("Filled, meant for salaried doctors, self-employed by agreement.", "0"),
    Kind::Count(PAID_PAID)
        .named(
            "intended_salaried_agreed_salaried",
            ["Intended salaried, agreed salaried", "Ønsket fastlønn, avtalt fastlønn"],
        )
        .about("Filled, meant for salaried doctors and agreed so.", "11"),
    shares(|it| Some(it.percent), POSITIONS)
        .named("percent", ["Per cent, all positions", "Prosent, alle stillinger"])
        .about("Shares of all positions together: 100 is one full position.", "3110"),
    shares(|it| Some(it.filled_percent), FILLED)
        .named("filled_percent", ["Per cent, filled", "Prosent, besatt"])
        .about("Shares of the doctors who hold them together.", "2510"),
    Kind::Several(|it: &Counted| &it.position_ids)
        .named("position_ids", ["Positions counted", "Stillinger som er talt"])
        .about(
            "The positions that were counted, at most 1000. Their histories name the events behind \
             the figures.",
            AN_ID,
        )
        .only(|it: &StaffingParameters| it.explain == Some(Flag(true))),
];

static FIGURES: &[Column<StaffingParameters, Counted>] = &[
    Kind::Different(|it: &Counted| it.municipality.clone())
        .named("municipalities", ["Municipalities", "Kommuner"])
        .about("Municipalities of the day with at least one of these positions.", "25"),
    SUBSIDY
        .named("subsidy_nok_per_year", ["Subsidy in kroner a year", "Tilskudd i kroner per år"])
        .maybe(
            "When a programme is asked about: its positions times the yearly rate in force on the \
             day, in whole kroner; null when no rate is. Of the number of positions that is shown.",
            "6400000",
        ),
];

impl Counted {
    fn positions(&self) -> i64 {
        let all: u64 = POSITIONS.iter().map(|leaf| leaf(self)).sum();
        i64::try_from(all).unwrap_or(i64::MAX)
    }
}

async fn count(asked: &Asked<StaffingParameters>) -> Result<Vec<Counted>, ProblemResponse> {
    let Asked { parameters, as_of, known_at, .. } = asked;
    let (log, permissions) = (&asked.read.service.log, &asked.read.actor.permissions);
    let municipality = parameters.municipality.as_ref();
    let numbers = reference::numbers_until(log, municipality, *as_of, *known_at).await?;
    let region = parameters.region.map(HealthRegion::as_str);
    let programme = parameters.programme.map(|id| id.0);
    // Figures are of the whole country; individuals are those whom the caller may see.
    let everywhere = asked.reader == Reader::OfFigures || permissions.sees_everything();
    let within = || permissions.numbers();
    let (within, limit) = ((!everywhere).then(within), asked.limit());
    let rate = match programme {
        Some(programme) => rate(asked, programme).await?,
        None => None,
    };
    let client = log.pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/staffing.sql")).await?;
    let values: [&(dyn ToSql + Sync); 8] =
        [&log.log, as_of, known_at, &programme, &numbers, &region, &within, &limit];
    let rows = client.query(&statement, &values).await?;
    rows.iter().map(|row| counted(row, rate)).collect()
}

/// The yearly rate that a programme pays for a position on the day.
async fn rate<P>(asked: &Asked<P>, programme: Uuid) -> Result<Option<i64>, Failure> {
    let subject = programme::subject(programme);
    let log = &asked.read.service.log;
    let folded = log.fold::<Option<Programme>>(&subject, Some(asked.known_at)).await?;
    let Some(programme) = folded.state else { return Ok(None) };
    Ok(programme::state::on(programme.subsidies(), asked.as_of).map(|rate| i64::from(rate.0)))
}

fn counted(row: &Row, rate: Option<i64>) -> Result<Counted, ProblemResponse> {
    Ok(Counted {
        programme: row.try_get("programme")?,
        programme_name: row.try_get("programme_name")?,
        municipality: row.try_get("municipality")?,
        municipality_name: row.try_get("municipality_name")?,
        health_region: row.try_get("health_region")?,
        filled: [
            [
                row::count(row, "self_employed_as_intended")?,
                row::count(row, "salaried_not_self_employed")?,
            ],
            [
                row::count(row, "self_employed_not_salaried")?,
                row::count(row, "salaried_as_intended")?,
            ],
        ],
        vacant: [row::count(row, "vacant_self_employed")?, row::count(row, "vacant_salaried")?],
        suspended: [
            row::count(row, "suspended_self_employed")?,
            row::count(row, "suspended_salaried")?,
        ],
        percent: row.try_get("percent_hundredths")?,
        filled_percent: row.try_get("filled_percent_hundredths")?,
        rate,
        position_ids: row.try_get("position_ids")?,
    })
}

#[cfg(test)]
mod tests;
