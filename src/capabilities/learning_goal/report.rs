//! The report `goal-progress`: how far each doctor has come in each plan.
//!
//! It reads five read models, all at one position of the log, so its figures agree with each other
//! and come out the same whenever they are asked for again.

use deserr::Deserr;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::IntoParams;

use crate::capabilities::curriculum::Plan;
use crate::capabilities::reference;
use crate::edge::{Day, Faults, Id};
use crate::http::report::column::{AN_ID, Column, Kind, Person};
use crate::http::report::{Asked, Report, Whom, row};
use crate::http::{ProblemResponse, today};
use crate::identifiers::{MunicipalityNumber, Token};
use crate::problem::Words;

/// See the module.
pub static GOAL_PROGRESS: Report<GoalProgressParameters, Progress> = Report {
    name: "goal-progress",
    title: Words { en: "Progress in learning goals", nb: "Fremdrift i læringsmål" },
    about: Words {
        en: "How many goals of each assigned plan are approved, waiting, returned or not started, \
             for each trainee.",
        nb: "Hvor mange mål i hver tildelt plan som er godkjent, venter, er returnert eller ikke \
             påbegynt, for hver lege i spesialisering.",
    },
    whom: Whom::SeesIndividuals,
    models: &["goal_plans", "learning_goals", "curriculum_goals", "curricula", "trainees"],
    narrowed_by: "municipality",
    columns: COLUMNS,
    figures: FIGURES,
    group: None,
    count: |asked| Box::pin(count(asked)),
};

/// Which rows.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct GoalProgressParameters {
    /// Only this doctor.
    #[deserr(default)]
    #[param(inline, example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    trainee: Option<Id>,
    /// Only doctors who hold a position in this municipality on the day, under whichever of its
    /// numbers it is filed.
    #[param(inline)]
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only plans of this version of the catalogue.
    #[param(inline)]
    #[deserr(default)]
    curriculum: Option<Token>,
}

/// How far one doctor has come in one plan.
#[derive(Debug, Clone)]
pub struct Progress {
    trainee: Person,
    plan: Plan,
    curriculum: Token,
    total: u64,
    not_started: u64,
    submitted: u64,
    returned: u64,
    approved: u64,
    counted_by_replacement: u64,
    revoked: u64,
    last_approval_on: Option<Day>,
    oldest_waiting_on: Option<Day>,
    counted_from: Vec<String>,
}

static COLUMNS: &[Column<GoalProgressParameters, Progress>] = &[
    Kind::Person(|it: &Progress| Some(it.trainee))
        .named("trainee", ["Trainee", "Lege i spesialisering"])
        .about("The doctor.", AN_ID),
    Kind::Id(|it: &Progress| Some(it.plan.to_string()))
        .named("plan", ["Plan", "Plan"])
        .about("The plan.", "alm"),
    Kind::Id(|it: &Progress| Some(it.curriculum.to_string()))
        .named("curriculum", ["Curriculum", "Læringsmålversjon"])
        .about("The version of the catalogue that the doctor follows.", "demo-1"),
    Kind::Count(|it: &Progress| it.total)
        .named("total", ["Goals", "Mål"])
        .about("Goals of the plan.", "24"),
    Kind::Count(|it: &Progress| it.not_started)
        .named("not_started", ["Not started", "Ikke påbegynt"])
        .about("Goals that were not submitted, or recalled.", "10"),
    Kind::Count(|it: &Progress| it.submitted)
        .named("submitted", ["Submitted", "Sendt inn"])
        .about("Goals that wait for recommendations or a decision.", "1"),
    Kind::Count(|it: &Progress| it.returned)
        .named("returned", ["Returned", "Returnert"])
        .about("Goals that went back to the doctor.", "1"),
    Kind::Count(|it: &Progress| it.approved)
        .named("approved", ["Approved", "Godkjent"])
        .about("Approved goals, those included for which approvals of replaced goals count.", "12"),
    Kind::Count(|it: &Progress| it.revoked)
        .named("revoked", ["Revoked", "Trukket tilbake"])
        .about("Goals whose approval was taken back.", "0"),
    Kind::Count(|it: &Progress| it.counted_by_replacement)
        .named(
            "counted_by_replacement",
            ["Of these by replaced goals", "Av disse ved erstattede mål"],
        )
        .about(
            "Of the approved, those for which approvals of goals of an earlier version count.",
            "0",
        ),
    Kind::Date(|it: &Progress| it.last_approval_on)
        .named("last_approval_on", ["Last approval", "Siste godkjenning"])
        .maybe("The day of the last approval that stands; null without one.", "2020-03-01"),
    Kind::Date(|it: &Progress| it.oldest_waiting_on)
        .named("oldest_waiting_on", ["Oldest waiting submission", "Eldste ventende innsending"])
        .maybe("The day of the oldest submission that waits; null without one.", "2020-03-15"),
    Kind::Several(|it: &Progress| &it.counted_from)
        .named("counted_from", ["Approvals of replaced goals", "Godkjenninger av erstattede mål"])
        .about(
            "These approvals of goals of an earlier version, as `version/code`.",
            "demo-1/FKM-001",
        ),
];

static FIGURES: &[Column<GoalProgressParameters, Progress>] = &[
    Kind::DifferentPersons(|it: &Progress| Some(it.trainee))
        .named("trainees", ["Trainees", "Leger i spesialisering"])
        .about("Doctors with a plan.", "1"),
    Kind::Count(|_: &Progress| 1).named("plans", ["Plans", "Planer"]).about("Plans.", "1"),
    Kind::Count(|it: &Progress| (it.approved == it.total).into())
        .named("complete_plans", ["Complete plans", "Fullførte planer"])
        .about("Plans in which every goal is approved.", "0"),
];

async fn count(asked: &Asked<GoalProgressParameters>) -> Result<Vec<Progress>, ProblemResponse> {
    let Asked { read, parameters, as_of, known_at, .. } = asked;
    let log = &read.service.log;
    let municipality = parameters.municipality.as_ref();
    let numbers = reference::numbers_until(log, municipality, *as_of, *known_at).await?;
    let trainee = parameters.trainee.map(|id| id.0.to_string());
    let curriculum = parameters.curriculum.as_ref().map(Token::as_str);
    let (limit, now) = (asked.limit(), today());
    let (everybody, trainees, home) = read.actor.permissions.trainees_seen();
    let client = log.pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/goal_progress.sql")).await?;
    let values: [&(dyn ToSql + Sync); 11] = [
        &log.log,
        as_of,
        known_at,
        &trainee,
        &curriculum,
        &numbers,
        &limit,
        &everybody,
        &trainees,
        &home,
        &now,
    ];
    let rows = client.query(&statement, &values).await?;
    rows.iter().map(Progress::of).collect()
}

impl Progress {
    fn of(row: &Row) -> Result<Self, ProblemResponse> {
        let approvals = row.try_get::<_, Option<&str>>("counted_from")?.unwrap_or_default();
        Ok(Self {
            trainee: Person(row::word_of::<Id>(row, "trainee")?.0),
            plan: row::word_of(row, "plan")?,
            curriculum: row::word_of(row, "curriculum")?,
            total: row::count(row, "total")?,
            not_started: row::count(row, "not_started")?,
            submitted: row::count(row, "submitted")?,
            returned: row::count(row, "returned")?,
            approved: row::count(row, "approved")?,
            counted_by_replacement: row::count(row, "counted_by_replacement")?,
            revoked: row::count(row, "revoked")?,
            last_approval_on: row::day(row, "last_approval_on")?,
            oldest_waiting_on: row::day(row, "oldest_waiting_on")?,
            counted_from: approvals.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::edge::FromText;
    use crate::http::report::Table;
    use crate::http::report::column::Reader;

    fn row(approved: u64, submitted: u64) -> Progress {
        Progress {
            trainee: Person(Uuid::nil()),
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

    fn table(rows: Vec<Progress>) -> Table {
        let asked = GoalProgressParameters { trainee: None, municipality: None, curriculum: None };
        GOAL_PROGRESS.table(&asked, rows, Reader::OfIndividuals)
    }

    #[test]
    fn totals_add_up_the_rows_and_count_each_doctor_once() {
        let totals = table(vec![row(3, 0), row(1, 2)]).totals;
        let figures = |names: [&str; 3]| names.map(|name| totals[name].as_u64());
        assert_eq!(figures(["trainees", "plans", "complete_plans"]), [1, 2, 1].map(Some));
        assert_eq!(figures(["total", "approved", "submitted"]), [6, 4, 2].map(Some));
    }

    #[test]
    fn a_row_has_a_cell_for_every_column() {
        let cells = &table(vec![row(1, 1)]).rows[0];
        assert_eq!(cells.len(), COLUMNS.len());
        assert!(cells[..9].iter().all(|cell| !cell.is_null()));
    }
}
