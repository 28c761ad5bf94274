//! Loads that are wanted at the same time go to the database in one statement.
//!
//! Each worker has its own: while one statement is under way, what arrives waits for the next one.
//! There is no timer, so a lone load waits for nobody. A load is sent after it was asked for, so it
//! sees everything that was recorded before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_postgres::Pool;
use tokio::sync::oneshot;
use tokio_postgres::Row;

use super::Failure;
use super::view::SUBJECT_FACTS_MAX;
use alis_kernel::aggregate::Subject;

/// Subjects in one statement.
const SUBJECTS_MAX: usize = 128;
/// Statements under way at once: one that reads a long history does not hold up the others.
const STATEMENTS_MAX: usize = 2;

/// What was read of one subject.
pub(super) enum Gathered {
    /// Its head is the one that was known.
    Unchanged,
    /// Its facts in order, in the columns of `load.sql`.
    Facts(Vec<Row>),
}

/// The loads of one worker; cheap to clone.
#[derive(Clone)]
pub(super) struct Gather(Arc<Inner>);

struct Inner {
    pool: Pool,
    log: i32,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    queue: Vec<Asked>,
    statements: usize,
}

struct Asked {
    subject: String,
    known: i64,
    answer: oneshot::Sender<Gathered>,
}

impl Gather {
    /// Loads over `pool`.
    pub(super) fn new(pool: Pool, log: i32) -> Self {
        Self(Arc::new(Inner { pool, log, waiting: Mutex::default() }))
    }

    /// The facts of a subject, unless its head is still `known`; 0 when nothing is known.
    pub(super) async fn load(&self, subject: &Subject, known: i64) -> Result<Gathered, Failure> {
        let (answer, recorded) = oneshot::channel();
        let begin = {
            let mut waiting = self.0.waiting();
            waiting.queue.push(Asked { subject: subject.as_str().to_owned(), known, answer });
            let begin = waiting.statements < STATEMENTS_MAX;
            waiting.statements += usize::from(begin);
            begin
        };
        if begin {
            let inner = self.0.clone();
            tokio::spawn(async move { inner.drain().await });
        }
        match recorded.await {
            Ok(gathered) => Ok(gathered),
            // The statement failed. Each of its loads is tried once on its own, so that every
            // caller hears of its own failure.
            Err(_dropped) => self.0.one(subject.as_str(), known).await,
        }
    }
}

/// One of the statements that may be under way; given back also when it is broken off.
struct Place<'a>(Option<&'a Inner>);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(inner) = self.0 {
            let mut waiting = inner.waiting();
            waiting.statements -= 1;
            // Nobody may be left to take these: their callers help themselves.
            waiting.queue.clear();
        }
    }
}

impl Inner {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what waits; gives the place back in the same moment in which nothing does.
    fn next(&self, place: &mut Place<'_>) -> Vec<Asked> {
        let mut waiting = self.waiting();
        let count = waiting.queue.len().min(SUBJECTS_MAX);
        if count == 0 {
            waiting.statements -= 1;
            place.0 = None;
        }
        waiting.queue.drain(..count).collect()
    }

    async fn drain(&self) {
        let mut place = Place(Some(self));
        loop {
            let batch = self.next(&mut place);
            if batch.is_empty() {
                return;
            }
            if let Err(failure) = self.answer(batch).await {
                let reason = super::combiner::with_causes(&failure);
                tracing::debug!(reason, "Loads that were gathered failed; each is tried alone");
            }
        }
    }

    async fn answer(&self, mut batch: Vec<Asked>) -> Result<(), Failure> {
        if batch.len() == 1
            && let Some(asked) = batch.pop()
        {
            let gathered = self.one(&asked.subject, asked.known).await?;
            drop(asked.answer.send(gathered)); // whoever left needs no answer
            return Ok(());
        }
        let names: Vec<&str> = batch.iter().map(|asked| asked.subject.as_str()).collect();
        let known: Vec<i64> = batch.iter().map(|asked| asked.known).collect();
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(include_str!("sql/gather.sql")).await?;
        let limit = SUBJECT_FACTS_MAX + 1;
        let rows = client.query(&statement, &[&self.log, &names, &known, &limit]).await?;
        drop(client);
        let mut gathered: Vec<_> = batch.iter().map(|_| Gathered::Facts(Vec::new())).collect();
        for row in rows {
            let number = usize::try_from(row.try_get::<_, i64>(5)? - 1).unwrap_or(usize::MAX);
            let has_fact = row.try_get::<_, Option<i64>>(0)?.is_some();
            match gathered.get_mut(number) {
                Some(Gathered::Facts(facts)) if has_fact => facts.push(row),
                Some(unchanged) => *unchanged = Gathered::Unchanged,
                None => {}
            }
        }
        for (asked, gathered) in batch.into_iter().zip(gathered) {
            drop(asked.answer.send(gathered)); // whoever left needs no answer
        }
        Ok(())
    }

    async fn one(&self, subject: &str, known: i64) -> Result<Gathered, Failure> {
        let client = self.pool.get().await?;
        if known > 0 {
            let statement = client.prepare_cached(include_str!("sql/subject_head.sql")).await?;
            let row = client.query_opt(&statement, &[&self.log, &subject]).await?;
            if row.map(|row| row.try_get(0)).transpose()? == Some(known) {
                return Ok(Gathered::Unchanged);
            }
        }
        let statement = client.prepare_cached(include_str!("sql/load.sql")).await?;
        let limit = SUBJECT_FACTS_MAX + 1;
        let rows = client.query(&statement, &[&self.log, &subject, &i64::MAX, &limit]).await?;
        Ok(Gathered::Facts(rows))
    }
}
