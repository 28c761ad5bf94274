//! Does the log agree with itself? Dense positions, subjects that agree with the events, a ledger
//! that agrees with both. Whether someone rewrote it as a whole is not answered here.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{EventLog, Failure};

/// Positions looked at in one statement.
const WINDOW_POSITIONS: i64 = 5_000;
/// Findings told; a log with more is not read to its end.
const FINDINGS_MAX: usize = 100;

/// What was looked at, and what was found wrong.
#[derive(Debug, Default)]
pub struct Report {
    pub events: u64,
    pub subjects: u64,
    pub commands: u64,
    pub findings: Vec<String>,
}

/// Reads the whole log and compares. `progress` hears how many events are done.
pub async fn verify(log: &EventLog, progress: &dyn Fn(u64)) -> Result<Report, Failure> {
    let mut report = Report::default();
    let client = log.pool.get().await?;
    let head: i64 =
        client.query_one(include_str!("sql/head.sql"), &[&log.log]).await?.try_get(0)?;
    let statement = client.prepare(include_str!("sql/verify_window.sql")).await?;
    let mut walk = Walk::default();
    let mut after = 0;
    while after < head && report.findings.len() < FINDINGS_MAX {
        let until = head.min(after + WINDOW_POSITIONS);
        for row in client.query(&statement, &[&log.log, &after, &until]).await? {
            walk.event(&row, &mut report)?;
        }
        after = until;
        progress(report.events);
    }
    if walk.last != head {
        let last = walk.last;
        report.findings.push(format!("the log's head is {head}, its last event is {last}"));
    }
    let beyond =
        client.query_one(include_str!("sql/verify_beyond.sql"), &[&log.log, &head]).await?;
    let beyond: i64 = beyond.try_get(0)?;
    if beyond > 0 {
        report.findings.push(format!("{beyond} rows of event_subject point beyond the log"));
    }
    subjects(log, &client, &walk, head, &mut report).await?;
    ledger(log, &client, &walk, head, &mut report).await?;
    Ok(report)
}

/// What the events said, kept to be compared with the other tables.
#[derive(Default)]
struct Walk {
    last: i64,
    recorded_at: Option<Timestamp>,
    heads: HashMap<String, i64>,
    commands: HashMap<String, i64>,
}

impl Walk {
    fn event(
        &mut self,
        row: &tokio_postgres::Row,
        report: &mut Report,
    ) -> Result<(), tokio_postgres::Error> {
        let position: i64 = row.try_get(0)?;
        if position != self.last + 1 {
            let expected = self.last + 1;
            report.findings.push(format!("position {expected} is missing before {position}"));
        }
        self.last = position;
        let recorded_at: Timestamp = row.try_get(1)?;
        if self.recorded_at.is_some_and(|earlier| earlier > recorded_at) {
            report.findings.push(format!("event {position} is recorded before the one it follows"));
        }
        self.recorded_at = Some(recorded_at);
        let names: Vec<String> = row.try_get(2)?;
        let tags: Option<Vec<String>> = row.try_get(3)?;
        let tags: BTreeSet<String> = tags.unwrap_or_default().into_iter().collect();
        if names.iter().cloned().collect::<BTreeSet<_>>() != tags {
            report.findings.push(format!("event {position}: its subjects and its tags differ"));
        }
        for name in names {
            self.heads.insert(name, position);
        }
        match row.try_get::<_, Option<String>>(4)? {
            Some(command) => {
                self.commands.insert(command, position);
            }
            None => report.findings.push(format!("event {position} names no command")),
        }
        report.events += 1;
        Ok(())
    }
}

async fn subjects(
    log: &EventLog,
    client: &deadpool_postgres::Object,
    walk: &Walk,
    head: i64,
    report: &mut Report,
) -> Result<(), Failure> {
    let rows = client.query(include_str!("sql/verify_subjects.sql"), &[&log.log]).await?;
    for row in &rows {
        let (name, stored): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
        let told = walk.heads.get(name).copied();
        // Facts recorded while this runs move heads beyond what was walked.
        if told != Some(stored) && stored <= head {
            report
                .findings
                .push(format!("subject {name} stands at {stored}, its events at {told:?}"));
        }
    }
    report.subjects = rows.len() as u64;
    if walk.heads.len() > rows.len() {
        report.findings.push("events concern subjects that have no row".to_owned());
    }
    Ok(())
}

async fn ledger(
    log: &EventLog,
    client: &deadpool_postgres::Object,
    walk: &Walk,
    head: i64,
    report: &mut Report,
) -> Result<(), Failure> {
    let rows = client.query(include_str!("sql/verify_ledger.sql"), &[&log.log]).await?;
    let mut known = BTreeSet::new();
    for row in &rows {
        let (key, stored): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
        known.insert(key);
        if let Some(last) = walk.commands.get(key)
            && *last != stored
        {
            report.findings.push(format!("a command's ledger row stands at {stored}, not {last}"));
        }
    }
    for (key, position) in &walk.commands {
        if *position <= head && !known.contains(key.as_str()) {
            report.findings.push(format!("event {position}: its command is not in the ledger"));
        }
    }
    report.commands = rows.len() as u64;
    Ok(())
}
