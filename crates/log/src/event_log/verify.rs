//! Does the log agree with itself? Dense positions, subjects that agree with the events, a ledger
//! that agrees with both. Whether someone rewrote it as a whole is not answered here.
//!
//! It reads beside the running service and holds nothing but one window at a time.

use deadpool_postgres::{Object, Pool};
use jiff::Timestamp;
use tokio_postgres::Row;

use super::Failure;

/// Positions, or subjects, looked at in one statement.
const WINDOW: i64 = 5_000;
/// Findings told; a log with more is not read to its end.
const FINDINGS_MAX: usize = 100;
/// Findings of one statement that names them.
const NAMED_MAX: i64 = 20;

/// What was looked at, and what was found wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub events: u64,
    pub subjects: u64,
    pub commands: u64,
    pub findings: Vec<String>,
}

impl Report {
    /// Notes a finding, unless there are enough.
    pub fn find(&mut self, finding: String) {
        if !self.is_full() {
            self.findings.push(finding);
        }
    }

    /// Whether there is no room for another finding.
    pub fn is_full(&self) -> bool {
        self.findings.len() >= FINDINGS_MAX
    }
}

/// Reads the whole log and compares. `progress` hears how many events are done.
pub async fn verify(
    pool: &Pool,
    log: i32,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Failure> {
    let mut report = Report::default();
    let client = pool.get().await?;
    let head: i64 = client.query_one(include_str!("sql/head.sql"), &[&log]).await?.try_get(0)?;
    let statement = client.prepare(include_str!("sql/verify_window.sql")).await?;
    let mut walk = Walk::default();
    let mut after = 0;
    while after < head && !report.is_full() {
        let until = head.min(after + WINDOW);
        for row in client.query(&statement, &[&log, &after, &until]).await? {
            walk.event(&row, &mut report)?;
        }
        after = until;
        progress(report.events);
    }
    if !report.is_full() {
        walk.end(head, &mut report);
        totals(&client, log, head, walk.tags, &mut report).await?;
        twins(&client, log, &mut report).await?;
    }
    subjects(&client, log, &mut report).await?;
    Ok(report)
}

/// A command whose facts are being walked over.
struct Command {
    key: String,
    last: i64,
    /// Where the ledger says that the command ended.
    stated: Option<i64>,
}

/// Where the walk along the log has come.
#[derive(Default)]
struct Walk {
    last: i64,
    recorded_at: Option<Timestamp>,
    command: Option<Command>,
    tags: i64,
}

impl Walk {
    fn event(&mut self, row: &Row, report: &mut Report) -> Result<(), tokio_postgres::Error> {
        let position: i64 = row.try_get(0)?;
        if position != self.last + 1 {
            let expected = self.last + 1;
            report.find(format!("position {expected} is missing before {position}"));
        }
        self.last = position;
        let recorded_at: Timestamp = row.try_get(1)?;
        if self.recorded_at.is_some_and(|earlier| earlier > recorded_at) {
            report.find(format!("event {position} is recorded before the one it follows"));
        }
        self.recorded_at = Some(recorded_at);
        let (named, tagged): (i64, i64) = (row.try_get(4)?, row.try_get(5)?);
        if named != tagged {
            report.find(format!(
                "event {position} names {named} subjects, and is tagged with {tagged} of them"
            ));
        }
        self.tags += tagged;
        self.command(position, row.try_get(2)?, row.try_get(3)?, report);
        report.events += 1;
        Ok(())
    }

    /// The facts of a command stand together, and the last of them is where the ledger says.
    fn command(
        &mut self,
        position: i64,
        key: Option<String>,
        stated: Option<i64>,
        report: &mut Report,
    ) {
        let Some(key) = key else {
            report.find(format!("event {position} names no command"));
            return;
        };
        match &mut self.command {
            Some(command) if command.key == key => command.last = position,
            Some(_) | None => {
                self.end_command(report);
                self.command = Some(Command { key, last: position, stated });
            }
        }
    }

    fn end_command(&mut self, report: &mut Report) {
        let Some(Command { last, stated, .. }) = self.command.take() else { return };
        match stated {
            Some(stated) if stated == last => {}
            Some(stated) => {
                report
                    .find(format!("the command of event {last} stands at {stated} in the ledger"));
            }
            None => report.find(format!("the command of event {last} is not in the ledger")),
        }
    }

    fn end(&mut self, head: i64, report: &mut Report) {
        self.end_command(report);
        if self.last != head {
            let last = self.last;
            report.find(format!("the log's head is {head}, its last event is {last}"));
        }
    }
}

async fn totals(
    client: &Object,
    log: i32,
    head: i64,
    tags: i64,
    report: &mut Report,
) -> Result<(), Failure> {
    let row = client.query_one(include_str!("sql/verify_totals.sql"), &[&log, &head]).await?;
    let outside: i64 = row.try_get(0)?;
    if outside > 0 {
        report.find(format!("{outside} events stand outside of the log's positions"));
    }
    let stored: i64 = row.try_get(1)?;
    if stored != tags {
        report.find(format!("there are {stored} tags, and the events account for {tags}"));
    }
    let stray: i64 = row.try_get(2)?;
    if stray > 0 {
        report.find(format!("{stray} tags stand outside of the log's positions"));
    }
    report.commands = u64::try_from(row.try_get::<_, i64>(3)?).unwrap_or(0);
    let outside: i64 = row.try_get(4)?;
    if outside > 0 {
        report.find(format!("{outside} rows of the ledger stand outside of the log's positions"));
    }
    if row.try_get(5)? {
        report.find("the log has given a number to a subject and does not know it".to_owned());
    }
    let later: i64 = row.try_get(7)?;
    if row.try_get(6)? {
        report.find("the log's clock stands before its last event".to_owned());
    } else if later > 0 {
        report.find(format!("{later} rows of the ledger are later than the log's clock"));
    }
    if stored != tags || stray > 0 {
        stray_tags(client, log, report).await?;
    }
    Ok(())
}

/// Names the tags that make the difference.
async fn stray_tags(client: &Object, log: i32, report: &mut Report) -> Result<(), Failure> {
    let sql = include_str!("sql/verify_stray_tags.sql");
    for row in client.query(sql, &[&log, &NAMED_MAX]).await? {
        let (position, name): (i64, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
        report.find(match (name, row.try_get(2)?) {
            (Some(name), true) => {
                format!("event {position} is tagged with {name}, which it does not name")
            }
            (Some(name), false) => {
                format!("{name} is tagged at position {position}, where no event is")
            }
            (None, _) => format!("a tag at position {position} belongs to no subject"),
        });
    }
    Ok(())
}

/// Two events of one id, two subjects of one number: whoever asks for one is given both.
async fn twins(client: &Object, log: i32, report: &mut Report) -> Result<(), Failure> {
    let sql = include_str!("sql/verify_twins.sql");
    for row in client.query(sql, &[&log, &NAMED_MAX]).await? {
        report.find(row.try_get(0)?);
    }
    Ok(())
}

async fn subjects(client: &Object, log: i32, report: &mut Report) -> Result<(), Failure> {
    let statement = client.prepare(include_str!("sql/verify_subjects.sql")).await?;
    let mut after = String::new();
    while !report.is_full() {
        let rows = client.query(&statement, &[&log, &after, &WINDOW]).await?;
        for row in &rows {
            let (name, stored): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
            match row.try_get::<_, Option<i64>>(2)? {
                Some(stated) if stated == stored => {}
                Some(stated) => {
                    report
                        .find(format!("subject {name} stands at {stored}, its events at {stated}"));
                }
                None => {
                    report.find(format!("subject {name} stands at {stored}, and no event has it"));
                }
            }
            report.subjects += 1;
        }
        match rows.last() {
            Some(row) => after = row.try_get(0)?,
            None => break,
        }
    }
    Ok(())
}
