//! What one decision reads: the facts of subjects, and the heads it saw of them.
//!
//! Nothing is read here but the log itself; read models never reach a decision.

use std::cell::RefCell;
use std::collections::BTreeMap;

use deadpool_postgres::{Object, Pool};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::load_batching::{Gather, Gathered};
use super::{EventLog, Failure};
use alis_kernel::aggregate::{Fact, Fold, Subject, erased_subject};
use alis_personal_data::{PersonKey, SealError, Vault};

/// Facts of one subject read into one decision. More is a design fault, not a big customer.
pub const SUBJECT_FACTS_MAX: i64 = 20_000;

/// A subject's state, and how far it had come.
#[derive(Debug, Clone)]
pub struct Loaded<S> {
    pub state: S,
    /// Position of the newest fact, 0 when there is none: the resource's ETag.
    pub head: i64,
    /// When that fact was recorded.
    pub recorded_at: Option<Timestamp>,
}

/// What a decision has read so far. Loads of one view may run at the same time: they are then
/// sent together.
pub struct View {
    pool: Pool,
    gather: Gather,
    log: i32,
    client: tokio::sync::OnceCell<Object>,
    guards: RefCell<BTreeMap<Subject, i64>>,
    /// Everything that was looked at, guarded or not: its head, and when that was recorded.
    looked_at: RefCell<BTreeMap<Subject, (i64, Option<Timestamp>)>>,
    /// What was known at this position is read; everything when there is none.
    until: Option<i64>,
    /// What the decision is about: what it guards first, unless it says otherwise.
    main: RefCell<Option<Subject>>,
    /// On the first attempt a subject that should be new is taken to be new; the append tells.
    trusting: bool,
}

impl View {
    pub(super) fn new(log: &EventLog, trusting: bool) -> Self {
        let client = tokio::sync::OnceCell::new();
        let (pool, gather, log) = (log.pool.clone(), log.gather.clone(), log.log);
        let (guards, main, looked_at) = Default::default();
        Self { pool, gather, log, client, guards, looked_at, until: None, main, trusting }
    }

    /// The same look at what was known at a position; decisions are made on what is known now.
    pub fn until(self, position: Option<i64>) -> Self {
        Self { until: position, ..self }
    }

    /// The head that was seen of a subject, 0 when nothing is recorded about it, and when that was
    /// recorded.
    pub fn head_of(&self, subject: &Subject) -> (i64, Option<Timestamp>) {
        self.looked_at.borrow().get(subject).copied().unwrap_or_default()
    }

    /// Everything that was looked at, with its head.
    pub fn heads(&self) -> Vec<(Subject, i64)> {
        let looked_at = self.looked_at.borrow();
        looked_at.iter().map(|(subject, (head, _))| (subject.clone(), *head)).collect()
    }

    pub(super) async fn client(&self) -> Result<&Object, Failure> {
        self.client.get_or_try_init(|| async { Ok(self.pool.get().await?) }).await
    }

    /// The guards of this decision, and the end of its reading.
    pub(super) fn into_guards(self) -> Vec<(Subject, i64)> {
        self.guards.into_inner().into_iter().collect()
    }

    /// The head this decision saw of a subject it guards.
    pub(super) fn seen(&self, subject: &Subject) -> Option<i64> {
        self.guards.borrow().get(subject).copied()
    }

    /// Tells what the decision is about, where that is not what it guards first. A refusal that
    /// rests on what the caller has not seen of it is told as that.
    pub fn about(&self, subject: Subject) {
        self.main.replace(Some(subject));
    }

    /// What the decision is about, as far as it came.
    pub(super) fn main(&self) -> Option<Subject> {
        self.main.borrow().clone()
    }

    fn guards_first(&self, subject: &Subject) {
        self.main.borrow_mut().get_or_insert_with(|| subject.clone());
    }

    /// Folds a subject and guards it: the decision falls if the subject moves before the append.
    pub async fn load<S: Fold>(&self, subject: &Subject) -> Result<Loaded<S>, Failure> {
        self.guards_first(subject);
        let loaded = self.consult(subject).await?;
        self.guards.borrow_mut().insert(subject.clone(), loaded.head);
        Ok(loaded)
    }

    /// Folds a subject without guarding it: for what may move without harm to this decision, such
    /// as a municipality's name.
    pub async fn consult<S: Fold>(&self, subject: &Subject) -> Result<Loaded<S>, Failure> {
        let loaded = match self.until {
            None => fold_now(&self.gather, subject).await?,
            Some(until) => fold_until(self.client().await?, self.log, subject, until).await?,
        };
        let seen = (loaded.head, loaded.recorded_at);
        self.looked_at.borrow_mut().insert(subject.clone(), seen);
        Ok(loaded)
    }

    /// Folds a subject as it was known at position `until`, or now, without guarding it.
    pub async fn consult_until<S: Fold>(
        &self,
        subject: &Subject,
        until: Option<i64>,
    ) -> Result<Loaded<S>, Failure> {
        match until {
            Some(until) => fold_until(self.client().await?, self.log, subject, until).await,
            None => self.consult(subject).await,
        }
    }

    /// Whether nothing is recorded about a subject yet, guarded. On the first attempt this answers
    /// yes without asking the database: if it is wrong the append says so, and the second attempt
    /// looks.
    pub async fn is_new(&self, subject: &Subject) -> Result<bool, Failure> {
        self.guards_first(subject);
        if self.trusting {
            self.guards.borrow_mut().insert(subject.clone(), 0);
            return Ok(true);
        }
        let loaded: Loaded<Anything> = self.load(subject).await?;
        Ok(loaded.head == 0)
    }

    /// Who took a subject first: the id that its first fact holds under `field`; empty when there
    /// is none. An erased person holds nothing any more: then it is who came next.
    pub async fn holder(&self, subject: &Subject, field: &str) -> Result<String, Failure> {
        let all = self.consult::<Payloads>(subject).await?.state;
        let mut looked_at = Vec::new();
        for id in all.0.iter().filter_map(|payload| payload[field].as_str()) {
            if looked_at.contains(&id) {
                continue;
            }
            if self.consult::<Anything>(&erased_subject(id)).await?.head == 0 {
                return Ok(id.to_owned());
            }
            looked_at.push(id);
        }
        Ok(String::new())
    }
}

impl View {
    /// A person's key, for reading or sealing anew what identifies them.
    pub async fn person_key(&self, vault: &Vault, person: Uuid) -> Result<PersonKey, Failure> {
        let client = self.client().await?;
        let statement = client.prepare_cached(include_str!("sql/person_keys.sql")).await?;
        let row = client.query_opt(&statement, &[&self.log, &vec![person]]).await?;
        let row = row.ok_or(Failure::Sealed(SealError::DoesNotOpen))?;
        Ok(vault.person(person, row.try_get(1)?)?)
    }
}

/// Nothing of a subject's facts: only whether there are any, which the head tells.
#[derive(Debug, Clone, Default)]
pub struct Anything;

impl Fold for Anything {
    fn apply(&mut self, _fact: &Fact<'_>) -> Result<(), alis_kernel::aggregate::DecodeError> {
        Ok(())
    }
}

/// What the facts of a subject hold, in order.
#[derive(Default)]
struct Payloads(Vec<serde_json::Value>);

impl Fold for Payloads {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), alis_kernel::aggregate::DecodeError> {
        self.0.push(serde_json::from_str(fact.payload).unwrap_or_default());
        Ok(())
    }
}

/// Folds the facts of a subject up to and including position `until`.
pub(super) async fn fold_until<S: Fold>(
    client: &Object,
    log: i32,
    subject: &Subject,
    until: i64,
) -> Result<Loaded<S>, Failure> {
    let statement = client.prepare_cached(include_str!("sql/load.sql")).await?;
    let limit = SUBJECT_FACTS_MAX + 1;
    let rows = client.query(&statement, &[&log, &subject.as_str(), &until, &limit]).await?;
    folded(subject, &rows)
}

/// Folds everything about a subject, unless its head is still `known`.
pub(super) async fn fold_unless<S: Fold>(
    gather: &Gather,
    subject: &Subject,
    known: i64,
) -> Result<Option<Loaded<S>>, Failure> {
    match gather.load(subject, known).await? {
        Gathered::Unchanged => Ok(None),
        Gathered::Facts(rows) => Ok(Some(folded(subject, &rows)?)),
    }
}

/// Folds everything about a subject.
pub(super) async fn fold_now<S: Fold>(
    gather: &Gather,
    subject: &Subject,
) -> Result<Loaded<S>, Failure> {
    let nothing = || Loaded { state: S::default(), head: 0, recorded_at: None };
    Ok(fold_unless(gather, subject, 0).await?.unwrap_or_else(nothing))
}

fn folded<S: Fold>(subject: &Subject, rows: &[Row]) -> Result<Loaded<S>, Failure> {
    if i64::try_from(rows.len()).is_ok_and(|count| count > SUBJECT_FACTS_MAX) {
        return Err(Failure::TooManyFacts(subject.to_string()));
    }
    let mut loaded = Loaded { state: S::default(), head: 0, recorded_at: None };
    for row in rows {
        let fact = Fact {
            position: row.try_get(0)?,
            id: row.try_get::<_, Uuid>(1)?,
            kind: row.try_get(2)?,
            recorded_at: row.try_get(3)?,
            payload: row.try_get(4)?,
        };
        loaded.state.apply(&fact)?;
        loaded.head = fact.position;
        loaded.recorded_at = Some(fact.recorded_at);
    }
    Ok(loaded)
}
