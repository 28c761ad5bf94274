//! The report `supervision-status`: whom each trainee in a position has as supervisor on a day, by
//! which right, and who has nobody.
//!
//! A supervisor counts while the assignment is active. One that has lapsed is shown, with the day
//! since when, and counts as none.

use actix_web::get;
use deserr::Deserr;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::domain::{AssignmentKind, SupervisionMode};
use super::view::{AssignmentSituation, QualificationWord};
use crate::capabilities::reference;
use crate::edge::{Day, Fault, Faults, FieldFault, Id};
use crate::http::report::{Column, Report, ReportForm, Table, answer};
use crate::http::time_axes::TimeAxes;
use crate::http::today;
use crate::http::{Answer, Filtered, ProblemResponse, Read};
use crate::identifiers::MunicipalityNumber;
use crate::problem::Words;

/// Rows of one answer: far above the trainees of the country.
const ROWS_MAX: i64 = 50_000;
/// How soon an exemption's end is worth a figure.
const EXPIRING_DAYS: i32 = 90;
/// The read models that are counted over.
const MODELS: [&str; 2] = ["trainees", "assignments"];

/// As the catalogue lists it.
pub const SUPERVISION_STATUS: Report = Report {
    name: "supervision-status",
    title: Words { en: "Supervision of trainees", nb: "Veiledning av leger i spesialisering" },
    about: Words {
        en: "One row a trainee who holds a position on the day: the supervisor, by which right they \
             supervise, and since when an assignment has lapsed.",
        nb: "Én rad per lege i spesialisering som har en stilling den dagen: veilederen, med hvilken \
             rett det veiledes, og siden når et veilederforhold er uten gyldig grunnlag.",
    },
};

const fn column(name: &'static str, en: &'static str, nb: &'static str) -> Column {
    Column { name, heading: Words { en, nb } }
}

static COLUMNS: &[Column] = &[
    column("trainee", "Trainee", "Lege i spesialisering"),
    column("municipality", "Municipality", "Kommune"),
    column("supervisor", "Supervisor", "Veileder"),
    column("kind", "Kind", "Type"),
    column("situation", "Situation", "Status"),
    column("qualification", "Qualification", "Grunnlag"),
    column("exemption", "Exemption", "Fritak"),
    column("exemption_to", "Exemption until", "Fritak til og med"),
    column("mode", "Mode", "Veiledningsform"),
    column("same_office", "Same office", "Samme kontor"),
    column("over_capacity", "Over capacity", "Over kapasitet"),
    column("lapsed_since", "Lapsed since", "Uten grunnlag siden"),
];

/// A trainee and the supervision they have.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SupervisionStatusRow {
    /// The trainee.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    trainee: Uuid,
    /// Where the trainee holds a position: the municipality asked for, or the lowest number.
    municipality: MunicipalityNumber,
    /// The supervisor of an active, lapsed or resting assignment; null without one.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8061")]
    supervisor: Option<Uuid>,
    /// What that assignment is for.
    kind: Option<AssignmentKind>,
    /// What it is on the day: `active`, `lapsed` or `paused`.
    situation: Option<AssignmentSituation>,
    /// By what the supervisor may supervise on the day; `none` without a supervisor too.
    qualification: QualificationWord,
    /// The exemption by which the supervisor may; null otherwise.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8062")]
    exemption: Option<Uuid>,
    /// The last day of that exemption; null otherwise.
    exemption_to: Option<Day>,
    /// Where the two meet; null without a supervisor.
    mode: Option<SupervisionMode>,
    /// Whether they work at the same office; null when not told.
    #[schema(example = true)]
    same_office: Option<bool>,
    /// Whether the supervisor has more active trainees than the capacity.
    #[schema(example = false)]
    over_capacity: bool,
    /// Since when the assignment has lapsed; null when it has not.
    lapsed_since: Option<Day>,
}

/// Figures over all rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SupervisionStatusTotals {
    /// Trainees who hold a position.
    #[schema(example = 3, minimum = 0)]
    trainees: usize,
    /// Of these, with an active supervisor.
    #[schema(example = 2, minimum = 0)]
    with_supervisor: usize,
    /// Without one: nobody, lapsed or resting.
    #[schema(example = 1, minimum = 0)]
    without_supervisor: usize,
    /// Whose assignment has lapsed.
    #[schema(example = 1, minimum = 0)]
    lapsed: usize,
    /// Whose active supervisor is no specialist and has an exemption.
    #[schema(example = 1, minimum = 0)]
    by_exemption: usize,
    /// Whose active supervisor works elsewhere, or, where that is not told, meets them by remote
    /// means at least in part.
    #[schema(example = 0, minimum = 0)]
    off_site: usize,
    /// Exemptions behind active assignments whose last day comes within 90 days.
    #[schema(example = 1, minimum = 0)]
    exemptions_expiring_within_90_days: usize,
}

/// A column's name and its heading.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SupervisionStatusColumn {
    /// The member of each row.
    #[schema(example = "trainee")]
    name: String,
    /// The heading, in the caller's language.
    #[schema(example = "Trainee")]
    heading: String,
}

/// The report as JSON.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SupervisionStatus {
    /// The report's name.
    #[schema(example = "supervision-status")]
    report: String,
    /// The day it is about.
    as_of: Day,
    /// The position of the log that was known.
    #[schema(example = 42)]
    known_at: i64,
    /// Figures over all rows.
    totals: SupervisionStatusTotals,
    /// The columns, in order.
    columns: Vec<SupervisionStatusColumn>,
    /// The rows, by municipality and trainee.
    rows: Vec<SupervisionStatusRow>,
}

/// Which trainees, and in which form.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct SupervisionStatusFilters {
    /// Only trainees who hold a position in this municipality on the day, under whichever of its
    /// numbers it is filed.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only this trainee.
    #[deserr(default)]
    trainee: Option<Id>,
    /// The form, instead of `Accept`.
    #[param(inline)]
    #[deserr(default)]
    format: Option<ReportForm>,
}

/// Report the supervision of trainees
///
/// One row a trainee who holds a position on `as_of`, as known at `known_at`. With both given, the
/// answer stays the same for ever.
#[utoipa::path(tag = "reports", operation_id = "read_supervision_status",
    params(SupervisionStatusFilters, TimeAxes),
    responses((status = 200, description = "The report", content(
        (SupervisionStatus = "application/json"), (String = "text/csv", example = "Trainee,Municipality")))),
    extensions(("x-access" = json!("individual_reports"))))]
#[get("/v1/reports/supervision-status")]
pub async fn read_supervision_status(asked: Filtered<SupervisionStatusFilters>) -> Answer {
    let Filtered { read, filters } = asked;
    let settled = read.settled_known_at().await?;
    let mut reached = i64::MAX;
    for model in MODELS {
        reached = reached.min(read.wait_for_model(model, settled).await?);
    }
    let known_at = settled.unwrap_or(reached);
    let as_of = read.as_of.unwrap_or_else(crate::http::today);
    let rows = counted(&read, &filters, as_of, known_at).await?;
    let totals = totals(&rows, as_of);
    let table = Table {
        name: SUPERVISION_STATUS.name,
        columns: COLUMNS.to_vec(),
        rows: rows.iter().map(cells).collect(),
        totals: members(&totals),
    };
    answer(&read, filters.format, as_of, known_at, table)
}

async fn counted(
    read: &Read,
    filters: &SupervisionStatusFilters,
    as_of: Date,
    known_at: i64,
) -> Result<Vec<SupervisionStatusRow>, ProblemResponse> {
    let log = &read.service.log;
    let asked = filters.municipality.as_ref();
    let municipality = reference::numbers_until(log, asked, as_of, known_at).await?;
    let client = log.pool.get().await?;
    let sql = include_str!("sql/supervision_status.sql");
    let statement = client.prepare_cached(sql).await?;
    let trainee = filters.trainee.map(|id| id.0);
    let limit = ROWS_MAX + 1;
    let ((everybody, doctors, home), now) = (read.actor.reach.doctors_seen(), today());
    let asked: [&(dyn ToSql + Sync); 6] =
        [&log.log, &as_of, &known_at, &municipality, &trainee, &limit];
    let seen: [&(dyn ToSql + Sync); 4] = [&everybody, &doctors, &home, &now];
    let found = client.query(&statement, &[&asked[..], &seen].concat()).await?;
    within_bounds(found.len(), ROWS_MAX)?;
    found.iter().map(row).collect()
}

/// Part of a report would be a wrong report: too much is refused, not cut off.
fn within_bounds(rows: usize, rows_max: i64) -> Result<(), FieldFault> {
    if i64::try_from(rows).is_ok_and(|rows| rows <= rows_max) {
        return Ok(());
    }
    let fault = Fault::new(
        "too_many_rows",
        "Too many rows for one answer: ask for one municipality.",
        "For mange rader for ett svar: be om én kommune.",
    );
    Err(FieldFault::at("/query/municipality", fault))
}

fn word<T: serde::de::DeserializeOwned>(row: &Row, place: usize) -> Result<Option<T>, Failed> {
    let text: Option<String> = row.try_get(place)?;
    Ok(text.map(|text| serde_json::from_value(Value::String(text))).transpose()?)
}

/// Why a row of our own table could not be read.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    #[error("a row of a read model cannot be read")]
    Word(#[from] serde_json::Error),
}

impl From<Failed> for ProblemResponse {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Database(error) => error.into(),
            Failed::Word(error) => {
                ProblemResponse::failed(&error, &crate::http::problems::INTERNAL_ERROR)
            }
        }
    }
}

fn row(row: &Row) -> Result<SupervisionStatusRow, ProblemResponse> {
    let required =
        |place| -> Result<Value, Failed> { Ok(Value::String(row.try_get::<_, String>(place)?)) };
    Ok(SupervisionStatusRow {
        trainee: serde_json::from_value(required(0)?).map_err(Failed::from)?,
        municipality: serde_json::from_value(required(1)?).map_err(Failed::from)?,
        supervisor: row.try_get(2)?,
        kind: word(row, 3)?,
        situation: word(row, 4)?,
        qualification: word(row, 5)?.unwrap_or(QualificationWord::None),
        exemption: row.try_get(6)?,
        exemption_to: row.try_get::<_, Option<Date>>(7)?.map(Day),
        mode: word(row, 8)?,
        same_office: row.try_get(9)?,
        over_capacity: row.try_get::<_, Option<bool>>(10)?.unwrap_or(false),
        lapsed_since: row.try_get::<_, Option<Date>>(11)?.map(Day),
    })
}

fn members(value: &impl Serialize) -> Map<String, Value> {
    match json!(value) {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

fn cells(row: &SupervisionStatusRow) -> Vec<Value> {
    let mut members = members(row);
    COLUMNS.iter().map(|column| members.remove(column.name).unwrap_or(Value::Null)).collect()
}

fn totals(rows: &[SupervisionStatusRow], as_of: Date) -> SupervisionStatusTotals {
    let soon = as_of.saturating_add(jiff::Span::new().days(EXPIRING_DAYS));
    let mut totals = SupervisionStatusTotals { trainees: rows.len(), ..Default::default() };
    let mut expiring = std::collections::BTreeSet::new();
    for row in rows {
        match row.situation {
            Some(AssignmentSituation::Active) => {}
            Some(AssignmentSituation::Lapsed) => {
                totals.lapsed += 1;
                continue;
            }
            Some(
                AssignmentSituation::Proposed
                | AssignmentSituation::Declined
                | AssignmentSituation::Withdrawn
                | AssignmentSituation::Accepted
                | AssignmentSituation::Paused
                | AssignmentSituation::Ended,
            )
            | None => continue,
        }
        totals.with_supervisor += 1;
        totals.by_exemption += usize::from(row.qualification == QualificationWord::Exemption);
        let remote = row.mode.is_some_and(|mode| mode != SupervisionMode::OnSite);
        totals.off_site += usize::from(row.same_office.map_or(remote, |same| !same));
        if row.exemption_to.is_some_and(|to| to.0 <= soon) {
            expiring.extend(row.exemption);
        }
    }
    totals.without_supervisor = totals.trainees - totals.with_supervisor;
    totals.exemptions_expiring_within_90_days = expiring.len();
    totals
}

#[cfg(test)]
mod tests;
