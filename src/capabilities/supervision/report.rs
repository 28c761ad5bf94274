//! The report `supervision-status`: whom each trainee in a position has as supervisor on a day, by
//! which right, and who has nobody.
//!
//! A supervisor counts while the assignment is active. One that has lapsed is shown, with the day
//! since when, and counts as none.

use deserr::Deserr;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use utoipa::IntoParams;

use super::domain::{AssignmentKind, SupervisionMode};
use super::view::{AssignmentStatus, QualificationWord};
use crate::capabilities::reference;
use crate::edge::{Day, Faults, Id};
use crate::http::report::column::{AN_ID, Column, Kind, Person, Word, word};
use crate::http::report::{Asked, Report, Whom, row};
use crate::http::{ProblemResponse, today};
use crate::identifiers::MunicipalityNumber;
use crate::problem::Words;

/// How soon an exemption's end is worth a figure.
const EXPIRING_DAYS: i32 = 90;

/// See the module.
pub static SUPERVISION_STATUS: Report<SupervisionStatusParameters, Supervised> = Report {
    name: "supervision-status",
    title: Words { en: "Supervision of trainees", nb: "Veiledning av leger i spesialisering" },
    about: Words {
        en: "One row a trainee who holds a position on the day: the supervisor, by which right they \
             supervise, and since when an assignment has lapsed.",
        nb: "Én rad per lege i spesialisering som har en stilling den dagen: veilederen, med hvilken \
             rett det veiledes, og siden når et veilederforhold er uten gyldig grunnlag.",
    },
    whom: Whom::SeesIndividuals,
    models: &["trainees", "assignments"],
    narrowed_by: "municipality",
    columns: COLUMNS,
    figures: FIGURES,
    group: None,
    count: |asked| Box::pin(count(asked)),
};

/// Which trainees.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct SupervisionStatusParameters {
    /// Only trainees who hold a position in this municipality on the day, under whichever of its
    /// numbers it is filed.
    #[param(inline)]
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only this trainee.
    #[param(inline)]
    #[deserr(default)]
    trainee: Option<Id>,
}

/// A trainee and the supervision they have.
#[derive(Debug, Clone)]
pub struct Supervised {
    trainee: Person,
    municipality: MunicipalityNumber,
    supervisor: Option<Person>,
    kind: Option<AssignmentKind>,
    status: Option<AssignmentStatus>,
    qualification: QualificationWord,
    exemption: Option<Person>,
    exemption_to: Option<Day>,
    /// Whether the exemption ends within [`EXPIRING_DAYS`].
    expires_soon: bool,
    mode: Option<SupervisionMode>,
    same_office: Option<bool>,
    over_capacity: bool,
    lapsed_since: Option<Day>,
}

static KINDS: &[Word] = &[
    word(["individual", "Individual", "Individuell"]),
    word(["temporary_host", "Temporary, at a host", "Midlertidig, ved vertssted"]),
];
static STATUSES: &[Word] = &[
    word(["active", "Active", "Aktiv"]),
    word(["lapsed", "Lapsed", "Uten gyldig grunnlag"]),
    word(["paused", "Paused", "Satt på pause"]),
];
static QUALIFICATIONS: &[Word] = &[
    word(["specialist", "Specialist", "Spesialist"]),
    word(["exemption", "Exemption", "Fritak"]),
    word(["none", "None", "Ingen"]),
];
static MODES: &[Word] = &[
    word(["on_site", "On site", "På stedet"]),
    word(["remote", "Remote", "Fjernveiledning"]),
    word(["mixed", "Both", "Begge deler"]),
];

static COLUMNS: &[Column<SupervisionStatusParameters, Supervised>] = &[
    Kind::Person(|it: &Supervised| Some(it.trainee))
        .named("trainee", ["Trainee", "Lege i spesialisering"])
        .about("The trainee.", AN_ID),
    Kind::Id(|it: &Supervised| Some(it.municipality.to_string()))
        .named("municipality", ["Municipality", "Kommune"])
        .about(
            "Where the trainee holds a position: the municipality asked for, or the lowest number.",
            "5401",
        ),
    Kind::Person(|it: &Supervised| it.supervisor)
        .named("supervisor", ["Supervisor", "Veileder"])
        .maybe(
            "The supervisor of an active, lapsed or resting assignment; null without one.",
            AN_ID,
        ),
    Kind::Word { of: |it: &Supervised| Some(it.kind?.as_str()), words: KINDS }
        .named("kind", ["Kind", "Type"])
        .maybe("What that assignment is for.", "individual"),
    Kind::Word { of: |it: &Supervised| Some(it.status?.as_str()), words: STATUSES }
        .named("status", ["Status", "Status"])
        .maybe("What it is on the day.", "active"),
    Kind::Word { of: |it: &Supervised| Some(it.qualification.as_str()), words: QUALIFICATIONS }
        .named("qualification", ["Qualification", "Grunnlag"])
        .about(
            "By what the supervisor may supervise on the day; `none` without a supervisor too.",
            "specialist",
        ),
    Kind::Person(|it: &Supervised| it.exemption)
        .named("exemption", ["Exemption", "Fritak"])
        .maybe("The exemption by which the supervisor may; null otherwise.", AN_ID),
    Kind::Date(|it: &Supervised| it.exemption_to)
        .named("exemption_to", ["Exemption until", "Fritak til og med"])
        .maybe("The last day of that exemption; null otherwise.", "2020-12-31"),
    Kind::Word { of: |it: &Supervised| Some(it.mode?.as_str()), words: MODES }
        .named("mode", ["Mode", "Veiledningsform"])
        .maybe("Where the two meet; null without a supervisor.", "on_site"),
    Kind::Flag(|it: &Supervised| it.same_office)
        .named("same_office", ["Same office", "Samme kontor"])
        .maybe("Whether they work at the same office; null when not recorded.", "true"),
    Kind::Flag(|it: &Supervised| Some(it.over_capacity))
        .named("over_capacity", ["Over capacity", "Over kapasitet"])
        .about("Whether the supervisor has more active trainees than the capacity.", "false"),
    Kind::Date(|it: &Supervised| it.lapsed_since)
        .named("lapsed_since", ["Lapsed since", "Uten grunnlag siden"])
        .maybe("Since when the assignment has lapsed; null when it has not.", "2020-03-01"),
];

static FIGURES: &[Column<SupervisionStatusParameters, Supervised>] = &[
    Kind::Count(|_: &Supervised| 1)
        .named("trainees", ["Trainees", "Leger i spesialisering"])
        .about("Trainees who hold a position.", "3"),
    Kind::Count(|it: &Supervised| it.is_active().into())
        .named("with_supervisor", ["With supervisor", "Med veileder"])
        .about("Of these, with an active supervisor.", "2"),
    Kind::Count(|it: &Supervised| (!it.is_active()).into())
        .named("without_supervisor", ["Without supervisor", "Uten veileder"])
        .about("Without one: nobody, lapsed or resting.", "1"),
    Kind::Count(|it: &Supervised| (it.status == Some(AssignmentStatus::Lapsed)).into())
        .named("lapsed", ["Lapsed", "Uten gyldig grunnlag"])
        .about("Whose assignment has lapsed.", "1"),
    Kind::Count(|it: &Supervised| it.is_by_exemption().into())
        .named("by_exemption", ["By exemption", "Med fritak"])
        .about("Whose active supervisor is no specialist and has an exemption.", "1"),
    Kind::Count(|it: &Supervised| it.is_off_site().into())
        .named("off_site", ["Off site", "Utenfor arbeidsstedet"])
        .about(
            "Whose active supervisor works elsewhere, or, where that is not recorded, meets them \
             by remote means at least in part.",
            "0",
        ),
    Kind::DifferentPersons(Supervised::expiring)
        .named(
            "exemptions_expiring_within_90_days",
            ["Exemptions expiring within 90 days", "Fritak som utløper innen 90 dager"],
        )
        .about("Exemptions behind active assignments whose last day comes within 90 days.", "1"),
];

impl Supervised {
    fn is_active(&self) -> bool {
        self.status == Some(AssignmentStatus::Active)
    }

    fn is_by_exemption(&self) -> bool {
        self.is_active() && self.qualification == QualificationWord::Exemption
    }

    /// The exemption by which an active supervisor may, if it ends soon.
    fn expiring(&self) -> Option<Person> {
        self.exemption.filter(|_| self.is_active() && self.expires_soon)
    }

    fn is_off_site(&self) -> bool {
        let remote = self.mode.is_some_and(|mode| mode != SupervisionMode::OnSite);
        self.is_active() && self.same_office.map_or(remote, |same| !same)
    }

    fn of(row: &Row, as_of: Date) -> Result<Self, ProblemResponse> {
        let exemption_to = row::day(row, "exemption_to")?;
        Ok(Self {
            trainee: Person(row::word_of::<Id>(row, "key")?.0),
            municipality: row::word_of(row, "municipality")?,
            supervisor: row::person(row, "supervisor")?,
            kind: row::word(row, "kind")?,
            status: row::word(row, "status")?,
            qualification: row::word(row, "qualification")?.unwrap_or(QualificationWord::None),
            exemption: row::person(row, "exemption")?,
            exemption_to,
            expires_soon: exemption_to.is_some_and(|to| is_soon(to.0, as_of)),
            mode: row::word(row, "mode")?,
            same_office: row.try_get("same_office")?,
            over_capacity: row.try_get::<_, Option<bool>>("over_capacity")?.unwrap_or(false),
            lapsed_since: row::day(row, "lapsed_since")?,
        })
    }
}

fn is_soon(day: Date, as_of: Date) -> bool {
    day <= as_of.saturating_add(jiff::Span::new().days(EXPIRING_DAYS))
}

async fn count(
    asked: &Asked<SupervisionStatusParameters>,
) -> Result<Vec<Supervised>, ProblemResponse> {
    let Asked { read, parameters, as_of, known_at, .. } = asked;
    let log = &read.service.log;
    let municipality = parameters.municipality.as_ref();
    let numbers = reference::numbers_until(log, municipality, *as_of, *known_at).await?;
    let (trainee, limit, now) = (parameters.trainee.map(|id| id.0), asked.limit(), today());
    let (everybody, trainees, home) = read.actor.permissions.trainees_seen();
    let client = log.pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/supervision_status.sql")).await?;
    let values: [&(dyn ToSql + Sync); 10] =
        [&log.log, as_of, known_at, &numbers, &trainee, &limit, &everybody, &trainees, &home, &now];
    let rows = client.query(&statement, &values).await?;
    rows.iter().map(|row| Supervised::of(row, *as_of)).collect()
}

#[cfg(test)]
mod tests;
