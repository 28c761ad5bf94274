//! Reading the log in order: the feed, and the history of a resource.
//!
//! A position becomes visible only after all before it, so a reader that stores the last position
//! it saw misses nothing and sees nothing twice. What a caller may see is not decided here.

use std::collections::VecDeque;

use deadpool_postgres::Object;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{EventLog, Failure};
use alis_kernel::aggregate::{Fact, Subject};

/// Positions looked at in one filtered read; a filter that matches nothing ends there.
pub const FILTER_WINDOW_POSITIONS: i64 = 10_000;

/// A recorded fact with everything that is stored about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub position: i64,
    pub id: Uuid,
    pub kind: String,
    pub schema_version: i16,
    pub recorded_at: Timestamp,
    pub effective_from: Date,
    pub municipality: Option<String>,
    pub subjects: Vec<String>,
    pub payload: String,
    pub meta: String,
}

impl Recorded {
    /// Reads the columns of the feed's statements, in their order.
    pub fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            position: row.try_get(0)?,
            id: row.try_get(1)?,
            kind: row.try_get(2)?,
            schema_version: row.try_get(3)?,
            recorded_at: row.try_get(4)?,
            effective_from: row.try_get(5)?,
            municipality: row.try_get(6)?,
            subjects: row.try_get(7)?,
            payload: row.try_get(8)?,
            meta: row.try_get(9)?,
        })
    }

    /// The fact as a fold sees it.
    pub fn as_fact(&self) -> Fact<'_> {
        Fact {
            position: self.position,
            id: self.id,
            kind: &self.kind,
            payload: &self.payload,
            recorded_at: self.recorded_at,
        }
    }
}

/// A recorded fact as it lies in a row: nothing is copied.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    pub position: i64,
    pub id: Uuid,
    pub kind: &'a str,
    pub recorded_at: Timestamp,
    pub effective_from: Date,
    pub municipality: Option<&'a str>,
    pub subjects: Vec<&'a str>,
    pub payload: &'a str,
}

impl<'a> Seen<'a> {
    /// Reads the columns of the feed's statements, in their order.
    pub fn of(row: &'a Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            position: row.try_get(0)?,
            id: row.try_get(1)?,
            kind: row.try_get(2)?,
            recorded_at: row.try_get(4)?,
            effective_from: row.try_get(5)?,
            municipality: row.try_get(6)?,
            subjects: row.try_get(7)?,
            payload: row.try_get(8)?,
        })
    }
}

impl<'a> From<&'a Recorded> for Seen<'a> {
    fn from(fact: &'a Recorded) -> Self {
        Self {
            position: fact.position,
            id: fact.id,
            kind: &fact.kind,
            recorded_at: fact.recorded_at,
            effective_from: fact.effective_from,
            municipality: fact.municipality.as_deref(),
            subjects: fact.subjects.iter().map(String::as_str).collect(),
            payload: &fact.payload,
        }
    }
}

/// Which facts a reader may see: a condition on the event `e`, in which the names of the other
/// fields in braces stand for their values. Whose facts are whose is not known here.
#[derive(Debug, Clone, PartialEq)]
pub struct Visible {
    pub condition: &'static str,
    /// Patterns of types.
    pub types: Vec<String>,
    pub municipalities: Vec<String>,
    pub subjects: Vec<String>,
    pub trainees: Vec<String>,
    pub day: Date,
}

impl Visible {
    /// The statement with the condition in its place, and the values that come after its own.
    fn put<'a>(
        this: Option<&'a Self>,
        sql: &str,
        values: &mut Vec<&'a (dyn ToSql + Sync)>,
    ) -> String {
        let Some(visible) = this else { return sql.replace("{visible}", "true") };
        let mut condition = visible.condition.to_owned();
        let named: [(&str, &'a (dyn ToSql + Sync)); 5] = [
            ("{types}", &visible.types),
            ("{municipalities}", &visible.municipalities),
            ("{subjects}", &visible.subjects),
            ("{trainees}", &visible.trainees),
            ("{day}", &visible.day),
        ];
        for (name, value) in named {
            values.push(value);
            condition = condition.replace(name, &format!("${}", values.len()));
        }
        sql.replace("{visible}", &condition)
    }
}

/// A stretch of the log: the positions after one and before another.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub after: i64,
    pub before: i64,
    /// Only facts that held on this day or before.
    pub as_of: Option<Date>,
    /// Facts at most.
    pub limit: i64,
}

/// What a history is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Facts that concern any of these.
    pub subjects: &'a [Subject],
    /// Of them only those whose payload has this value for this member: what has no subject of its
    /// own, and shares that of something larger.
    pub member: Option<(&'a str, &'a str)>,
}

impl<'a> From<&'a [Subject]> for About<'a> {
    fn from(subjects: &'a [Subject]) -> Self {
        Self { subjects, member: None }
    }
}

/// Which facts a reader wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Those that the reader may see; all when there is no condition.
    pub visible: Option<Visible>,
    /// How far to read at most: as far as what the condition rests on has come.
    pub until: Option<i64>,
    pub types: Option<Vec<String>>,
    pub subject: Option<String>,
    pub municipality: Option<String>,
}

impl Filter {
    /// Whether every fact is wanted.
    fn is_open(&self) -> bool {
        let Self { visible, until: _, types, subject, municipality } = self;
        let narrowed = types.is_some() || subject.is_some() || municipality.is_some();
        !narrowed && visible.is_none()
    }
}

/// A page of the feed as rows, to be read with [`Seen::of`].
#[derive(Debug)]
pub struct Rows {
    pub rows: Vec<Row>,
    /// Positions of the page's facts that come after these rows.
    pub rest: VecDeque<i64>,
    /// Everything up to here has been looked at: where the next read begins.
    pub page_end: i64,
    /// The log's position when this was read.
    pub head: i64,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub facts: Vec<Recorded>,
    /// Everything up to here has been looked at: where the next read begins.
    pub page_end: i64,
    /// The log's position when this was read.
    pub head: i64,
}

impl EventLog {
    /// Up to `limit` facts after position `after`, in order.
    pub async fn read(&self, after: i64, limit: i64, filter: &Filter) -> Result<Page, Failure> {
        let Rows { rows, page_end, head, rest: _ } = self.read_rows(after, limit, filter).await?;
        let facts = rows.iter().map(Recorded::of).collect::<Result<_, _>>()?;
        Ok(Page { facts, page_end, head })
    }

    /// The same as rows.
    pub async fn read_rows(
        &self,
        after: i64,
        limit: i64,
        filter: &Filter,
    ) -> Result<Rows, Failure> {
        let client = self.pool.get().await?;
        let head = self.readable(&client, filter).await?;
        let (rows, until) =
            self.found(&client, str::to_owned, (after, limit, head), filter).await?;
        let last = rows.last().map(|row| row.try_get(0)).transpose()?;
        let page_end = page_end((rows.len(), last), until, after, limit, head);
        Ok(Rows { rows, rest: VecDeque::new(), page_end, head })
    }

    /// Settles which facts are on a page, and reads no more than the first `at_once` of them; the
    /// others are read by [`EventLog::next_rows`].
    pub async fn begin_rows(
        &self,
        after: i64,
        limit: i64,
        at_once: usize,
        filter: &Filter,
    ) -> Result<Rows, Failure> {
        if usize::try_from(limit).is_ok_and(|limit| limit <= at_once) {
            return self.read_rows(after, limit, filter).await;
        }
        let client = self.pool.get().await?;
        let head = self.readable(&client, filter).await?;
        let mut rest = VecDeque::new();
        let mut until = head;
        if filter.is_open() {
            // Positions have no gaps.
            rest.extend(after.saturating_add(1)..=head.min(after.saturating_add(limit)));
        } else {
            let positions = |sql: &str| format!("select position from ({sql}) page order by 1");
            let (rows, end) = self.found(&client, positions, (after, limit, head), filter).await?;
            until = end;
            for row in &rows {
                rest.push_back(row.try_get(0)?);
            }
        }
        drop(client);
        let page_end = page_end((rest.len(), rest.back().copied()), until, after, limit, head);
        let rows = self.next_rows(&mut rest, at_once).await?;
        Ok(Rows { rows, rest, page_end, head })
    }

    /// The next facts of a page that was begun, at most `at_once`. Facts do not change, so they are
    /// those that were on it when it was settled.
    pub async fn next_rows(
        &self,
        rest: &mut VecDeque<i64>,
        at_once: usize,
    ) -> Result<Vec<Row>, Failure> {
        let positions: Vec<i64> = rest.drain(..at_once.min(rest.len())).collect();
        let (Some(first), Some(last)) = (positions.first(), positions.last()) else {
            return Ok(Vec::new());
        };
        let client = self.pool.get().await?;
        let count = i64::try_from(positions.len()).unwrap_or(i64::MAX);
        if last - first + 1 == count {
            let statement = client.prepare_cached(include_str!("sql/feed.sql")).await?;
            return Ok(client.query(&statement, &[&self.log, &(first - 1), last, &count]).await?);
        }
        let statement = client.prepare_cached(include_str!("sql/feed_at.sql")).await?;
        Ok(client.query(&statement, &[&self.log, &positions]).await?)
    }

    /// How far a reader may read. It is looked up first: what is then read up to it is complete.
    async fn readable(&self, client: &Object, filter: &Filter) -> Result<i64, Failure> {
        let statement = client.prepare_cached(include_str!("sql/head.sql")).await?;
        let head: i64 = client.query_one(&statement, &[&self.log]).await?.try_get(0)?;
        Ok(head.min(filter.until.unwrap_or(i64::MAX)))
    }

    /// What `shaped` makes of the rows of a page, and how far they were looked for.
    async fn found(
        &self,
        client: &Object,
        shaped: impl Fn(&str) -> String,
        (after, limit, head): (i64, i64, i64),
        filter: &Filter,
    ) -> Result<(Vec<Row>, i64), Failure> {
        let Filter { visible, until: _, types, subject, municipality } = filter;
        let mut until = head;
        if subject.is_none() && !filter.is_open() {
            until = head.min(after.saturating_add(FILTER_WINDOW_POSITIONS));
        }
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&self.log, &after, &until, &limit];
        let sql = if let Some(subject) = subject {
            let more: [&(dyn ToSql + Sync); 3] = [types, municipality, subject];
            values.extend(more);
            include_str!("sql/feed_subject.sql")
        } else if filter.is_open() {
            include_str!("sql/feed.sql")
        } else {
            let more: [&(dyn ToSql + Sync); 2] = [types, municipality];
            values.extend(more);
            include_str!("sql/feed_filtered.sql")
        };
        let sql = shaped(&Visible::put(visible.as_ref(), sql, &mut values));
        let statement = client.prepare_cached(&sql).await?;
        Ok((client.query(&statement, &values).await?, until))
    }

    /// Facts that are about something in a stretch of the log, newest first; with `visible`
    /// only those.
    pub async fn history(
        &self,
        about: About<'_>,
        stretch: &Stretch,
        visible: Option<&Visible>,
    ) -> Result<Vec<Recorded>, Failure> {
        self.concerning(include_str!("sql/history.sql"), about, stretch, visible).await
    }

    /// The same, oldest first.
    pub async fn history_forward(
        &self,
        about: About<'_>,
        stretch: &Stretch,
        visible: Option<&Visible>,
    ) -> Result<Vec<Recorded>, Failure> {
        self.concerning(include_str!("sql/history_forward.sql"), about, stretch, visible).await
    }

    async fn concerning(
        &self,
        sql: &str,
        about: About<'_>,
        stretch: &Stretch,
        visible: Option<&Visible>,
    ) -> Result<Vec<Recorded>, Failure> {
        let Stretch { after, before, as_of, limit } = stretch;
        let names: Vec<&str> = about.subjects.iter().map(Subject::as_str).collect();
        let (member, value) = about.member.unzip();
        let client = self.pool.get().await?;
        let mut values: Vec<&(dyn ToSql + Sync)> =
            vec![&self.log, &names, before, after, limit, as_of, &member, &value];
        let sql = Visible::put(visible, sql, &mut values);
        let statement = client.prepare_cached(&sql).await?;
        let rows = client.query(&statement, &values).await?;
        Ok(rows.iter().map(Recorded::of).collect::<Result<_, _>>()?)
    }
}

/// Everything up to here has been looked at for a page: a full one reaches to its last fact, a
/// short one has seen all that there was to look at.
fn page_end(
    (count, last): (usize, Option<i64>),
    until: i64,
    after: i64,
    limit: i64,
    head: i64,
) -> i64 {
    let is_full = i64::try_from(count).is_ok_and(|count| count == limit);
    last.filter(|_| is_full).unwrap_or(until.max(after.min(head)))
}
