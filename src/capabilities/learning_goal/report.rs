//! The report `goal-progress`: how far each doctor has come in each plan.
//!
//! It reads five read models, all at one position of the log, so its figures agree with each other
//! and come out the same whenever they are asked for again.

use std::collections::BTreeSet;

use actix_web::get;
use deserr::Deserr;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::capabilities::curriculum::Plan;
use crate::capabilities::reference;
use crate::edge::{Day, Fault, Faults, FieldFault, FromText, Id};
use crate::http::report::{Column, Report, ReportForm, Table, answer};
use crate::http::time_axes::TimeAxes;
use crate::http::today;
use crate::http::{Answer, Filtered, ProblemResponse, Read, problems};
use crate::identifiers::{MunicipalityNumber, Token};
use crate::problem::Words;

/// Rows of one answer: every doctor in training in the country, several times over.
const ROWS_MAX: usize = 20_000;
/// The read models it is counted from.
const MODELS: [&str; 5] =
    ["goal_plans", "learning_goals", "curriculum_goals", "curricula", "trainees"];

/// What the catalogue of reports says of it.
pub const GOAL_PROGRESS: Report = Report {
    name: "goal-progress",
    title: Words { en: "Progress in learning goals", nb: "Fremdrift i læringsmål" },
    about: Words {
        en: "How many goals of each assigned plan are approved, waiting, returned or not started, \
             for each trainee.",
        nb: "Hvor mange mål i hver tildelt plan som er godkjent, venter, er returnert eller ikke \
             påbegynt, for hver lege i spesialisering.",
    },
};

const fn column(name: &'static str, en: &'static str, nb: &'static str) -> Column {
    Column { name, heading: Words { en, nb } }
}

static COLUMNS: &[Column] = &[
    column("trainee", "Trainee", "Lege i spesialisering"),
    column("plan", "Plan", "Plan"),
    column("curriculum", "Curriculum", "Læringsmålversjon"),
    column("total", "Goals", "Mål"),
    column("not_started", "Not started", "Ikke påbegynt"),
    column("submitted", "Submitted", "Sendt inn"),
    column("returned", "Returned", "Returnert"),
    column("approved", "Approved", "Godkjent"),
    column("revoked", "Revoked", "Trukket tilbake"),
    column("counted_by_replacement", "Of these by replaced goals", "Av disse ved erstattede mål"),
    column("last_approval_on", "Last approval", "Siste godkjenning"),
    column("oldest_waiting_on", "Oldest waiting submission", "Eldste ventende innsending"),
    column("counted_from", "Approvals of replaced goals", "Godkjenninger av erstattede mål"),
];
/// How far one doctor has come in one plan.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GoalProgressRow {
    /// The doctor.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    trainee: Uuid,
    /// The plan.
    plan: Plan,
    /// The version of the catalogue that the doctor follows.
    curriculum: Token,
    /// Goals of the plan.
    #[schema(example = 24, minimum = 0)]
    total: i64,
    /// Goals that were not submitted, or recalled.
    #[schema(example = 10, minimum = 0)]
    not_started: i64,
    /// Goals that wait for recommendations or a decision.
    #[schema(example = 1, minimum = 0)]
    submitted: i64,
    /// Goals that went back to the doctor.
    #[schema(example = 1, minimum = 0)]
    returned: i64,
    /// Approved goals, those included for which approvals of replaced goals count.
    #[schema(example = 12, minimum = 0)]
    approved: i64,
    /// Of the approved, those for which approvals of goals of an earlier version count.
    #[schema(example = 0, minimum = 0)]
    counted_by_replacement: i64,
    /// Goals whose approval was taken back.
    #[schema(example = 0, minimum = 0)]
    revoked: i64,
    /// The day of the last approval that stands; null without one.
    last_approval_on: Option<Day>,
    /// The day of the oldest submission that waits; null without one.
    oldest_waiting_on: Option<Day>,
    /// These approvals of goals of an earlier version, as `version/code`.
    #[schema(example = json!(["demo-1/FKM-001"]))]
    counted_from: Vec<String>,
}

/// Figures over all rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct GoalProgressTotals {
    /// Doctors with a plan.
    #[schema(example = 1, minimum = 0)]
    trainees: usize,
    /// Plans.
    #[schema(example = 1, minimum = 0)]
    plans: usize,
    /// Plans in which every goal is approved.
    #[schema(example = 0, minimum = 0)]
    complete_plans: usize,
    /// Goals of all plans.
    #[schema(example = 24, minimum = 0)]
    total: i64,
    /// Of these, not submitted, or recalled.
    #[schema(example = 10, minimum = 0)]
    not_started: i64,
    /// Of these, waiting for recommendations or a decision.
    #[schema(example = 1, minimum = 0)]
    submitted: i64,
    /// Of these, gone back to the doctor.
    #[schema(example = 1, minimum = 0)]
    returned: i64,
    /// Of these, approved.
    #[schema(example = 12, minimum = 0)]
    approved: i64,
    /// Of the approved, those for which approvals of goals of an earlier version count.
    #[schema(example = 0, minimum = 0)]
    counted_by_replacement: i64,
    /// Of these, with an approval that was taken back.
    #[schema(example = 0, minimum = 0)]
    revoked: i64,
}

/// A column's name and its heading.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GoalProgressColumn {
    /// The member of each row.
    #[schema(example = "trainee")]
    name: String,
    /// The heading, in the caller's language.
    #[schema(example = "Trainee")]
    heading: String,
}

/// The report as JSON.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GoalProgress {
    /// The report's name.
    #[schema(example = "goal-progress")]
    report: String,
    /// The day it is about.
    as_of: Day,
    /// The position of the log that was known.
    #[schema(example = 42)]
    known_at: i64,
    /// Figures over all rows.
    totals: GoalProgressTotals,
    /// The columns, in order.
    columns: Vec<GoalProgressColumn>,
    /// The rows, by trainee and plan.
    rows: Vec<GoalProgressRow>,
}

/// Which rows.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct ProgressFilters {
    /// Only this doctor.
    #[deserr(default)]
    #[param(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    trainee: Option<Id>,
    /// Only doctors who hold a position in this municipality on the day, under whichever of its
    /// numbers it is filed.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only plans of this version of the catalogue.
    #[deserr(default)]
    curriculum: Option<Token>,
    /// The form of the answer, instead of `Accept`.
    #[param(inline)]
    #[deserr(default)]
    format: Option<ReportForm>,
}

/// Report progress in learning goals
///
/// One row a doctor and plan that is in force on `as_of`, as known at `known_at`. With both given,
/// the answer stays the same for ever.
#[utoipa::path(tag = "reports", operation_id = "read_goal_progress",
    params(ProgressFilters, TimeAxes),
    responses((status = 200, description = "The report", content(
        (GoalProgress = "application/json"), (String = "text/csv", example = "Trainee,Plan")))),
    extensions(("x-access" = json!("individual_reports"))))]
#[get("/v1/reports/goal-progress")]
pub async fn goal_progress(asked: Filtered<ProgressFilters>) -> Answer {
    let Filtered { read, filters } = asked;
    let settled = read.settled_known_at().await?;
    let mut reached = i64::MAX;
    for model in MODELS {
        reached = reached.min(read.wait_for_model(model, settled).await?);
    }
    let known_at = settled.unwrap_or(reached);
    let as_of = read.as_of.unwrap_or_else(crate::http::today);
    let rows = bounded(counted(&read, &filters, as_of, known_at).await?)?;
    let table = Table {
        name: GOAL_PROGRESS.name,
        columns: COLUMNS.to_vec(),
        rows: rows.iter().map(cells).collect(),
        totals: members(&totals(&rows)),
    };
    answer(&read, filters.format, as_of, known_at, table)
}

async fn counted(
    read: &Read,
    filters: &ProgressFilters,
    as_of: Date,
    known_at: i64,
) -> Result<Vec<GoalProgressRow>, ProblemResponse> {
    let log = &read.service.log;
    let asked = filters.municipality.as_ref();
    let municipality = reference::numbers_until(log, asked, as_of, known_at).await?;
    let client = log.pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/goal_progress.sql")).await?;
    let trainee = filters.trainee.map(|id| id.0.to_string());
    let curriculum = filters.curriculum.as_ref().map(Token::as_str);
    // One more than is answered tells that there are more.
    let limit = i64::try_from(ROWS_MAX + 1).expect("a small number");
    let ((everybody, doctors, home), now) = (read.actor.reach.doctors_seen(), today());
    let asked: [&(dyn ToSql + Sync); 7] =
        [&log.log, &as_of, &known_at, &trainee, &curriculum, &municipality, &limit];
    let seen: [&(dyn ToSql + Sync); 4] = [&everybody, &doctors, &home, &now];
    let rows = client.query(&statement, &[&asked[..], &seen].concat()).await?;
    rows.iter().map(row_of).collect()
}

fn row_of(row: &Row) -> Result<GoalProgressRow, ProblemResponse> {
    let unreadable = |word: &str| {
        let error = std::io::Error::other(format!("a read model holds {word:?}"));
        ProblemResponse::failed(&error, &problems::INTERNAL_ERROR)
    };
    let (trainee, plan, curriculum): (&str, &str, &str) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(GoalProgressRow {
        trainee: trainee.parse().map_err(|_not_an_id| unreadable(trainee))?,
        plan: Plan::from_text(plan).map_err(|_fault| unreadable(plan))?,
        curriculum: Token::from_text(curriculum).map_err(|_fault| unreadable(curriculum))?,
        total: row.try_get(3)?,
        not_started: row.try_get(4)?,
        submitted: row.try_get(5)?,
        returned: row.try_get(6)?,
        approved: row.try_get(7)?,
        revoked: row.try_get(8)?,
        last_approval_on: row.try_get::<_, Option<Date>>(9)?.map(Day),
        oldest_waiting_on: row.try_get::<_, Option<Date>>(10)?.map(Day),
        counted_by_replacement: row.try_get(11)?,
        counted_from: words(row.try_get(12)?),
    })
}

/// Each word of a text once, in order.
fn words(text: Option<&str>) -> Vec<String> {
    let words: BTreeSet<&str> = text.unwrap_or_default().split_whitespace().collect();
    words.into_iter().map(str::to_owned).collect()
}

/// Refuses to answer a part as if it were the whole.
fn bounded(rows: Vec<GoalProgressRow>) -> Result<Vec<GoalProgressRow>, FieldFault> {
    if rows.len() <= ROWS_MAX {
        return Ok(rows);
    }
    let fault = Fault::new(
        "report_too_large",
        "More than 20 000 rows: choose a municipality.",
        "Mer enn 20 000 rader: velg en kommune.",
    );
    Err(FieldFault::at("/query/municipality", fault))
}

fn members(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value).expect("rows and totals are plain data") {
        Value::Object(members) => members,
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => Map::from_iter([("value".to_owned(), other)]),
    }
}

fn cells(row: &GoalProgressRow) -> Vec<Value> {
    let mut members = members(row);
    let cell = |column: &Column| members.remove(column.name).unwrap_or(Value::Null);
    COLUMNS.iter().map(cell).collect()
}

fn totals(rows: &[GoalProgressRow]) -> GoalProgressTotals {
    let mut totals = GoalProgressTotals::default();
    let mut trainees = BTreeSet::new();
    for row in rows {
        trainees.insert(row.trainee);
        totals.plans += 1;
        totals.complete_plans += usize::from(row.approved == row.total);
        totals.total += row.total;
        totals.not_started += row.not_started;
        totals.submitted += row.submitted;
        totals.returned += row.returned;
        totals.approved += row.approved;
        totals.counted_by_replacement += row.counted_by_replacement;
        totals.revoked += row.revoked;
    }
    totals.trainees = trainees.len();
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(approved: i64, submitted: i64) -> GoalProgressRow {
        GoalProgressRow {
            trainee: Uuid::nil(),
            plan: Plan::Alm,
            curriculum: Token::from_text("test-1").expect("a token"),
            total: 3,
            not_started: 3 - approved - submitted,
            submitted,
            returned: 0,
            approved,
            revoked: 0,
            last_approval_on: None,
            oldest_waiting_on: None,
            counted_by_replacement: 0,
            counted_from: vec![],
        }
    }

    #[test]
    fn totals_add_up_the_rows_and_count_each_doctor_once() {
        let totals = totals(&[row(3, 0), row(1, 2)]);
        assert_eq!((totals.trainees, totals.plans, totals.complete_plans), (1, 2, 1));
        assert_eq!((totals.total, totals.approved, totals.submitted), (6, 4, 2));
    }

    #[test]
    fn a_row_has_a_cell_for_every_column() {
        let cells = cells(&row(1, 1));
        assert_eq!(cells.len(), COLUMNS.len());
        assert!(cells[..9].iter().all(|cell| !cell.is_null()));
    }

    #[test]
    fn a_report_of_too_many_rows_is_refused_not_cut() {
        assert_eq!(bounded(vec![row(0, 0); ROWS_MAX]).map(|rows| rows.len()), Ok(ROWS_MAX));
        let refused = bounded(vec![row(0, 0); ROWS_MAX + 1]).expect_err("too many");
        assert_eq!(refused.fault.code, "report_too_large");
    }
}
