//! One call of the append function: commands in, a verdict each out.
//!
//! What is appended was decided elsewhere; here is only its transport as arrays.

use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use alis_kernel::aggregate::{NewFact, SCHEMA_VERSION, Subject};

/// A decided command on its way into the log.
#[derive(Debug, Clone)]
pub struct AppendCommand {
    /// Names the request in the ledger; scoped to the caller by whoever made it.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: Vec<u8>,
    /// The answer a retry gets, as JSON.
    pub reply: String,
    /// What the decision rested on: a subject and the head it had then, 0 for none.
    pub guards: Vec<(Subject, i64)>,
    pub facts: Vec<NewFact>,
    /// Who acted, and the request, as JSON; stored with each fact.
    pub meta: String,
    /// Keys of persons that these facts name for the first time.
    pub person_keys: Vec<(Uuid, Vec<u8>)>,
}

impl AppendCommand {
    /// Roughly what the command weighs in a call, to bound a batch.
    pub fn bytes(&self) -> usize {
        let facts: usize = self.facts.iter().map(|f| f.payload.len() + self.meta.len() + 256).sum();
        self.reply.len() + facts
    }

    /// Whether two commands may share a call: they touch no subject and no key in common.
    pub fn touches(&self) -> impl Iterator<Item = &str> {
        let guards = self.guards.iter().map(|(subject, _)| subject.as_str());
        let tags = self.facts.iter().flat_map(|fact| fact.subjects.iter().map(Subject::as_str));
        guards.chain(tags).chain(std::iter::once(self.key.as_str()))
    }
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Recorded; the log's position after it.
    Recorded { head: i64 },
    /// Accepted before under the same key; the stored answer.
    Duplicate { head: i64, reply: String },
    /// The key was used before with another request.
    KeyReused,
    /// A guarded subject has moved since the decision.
    Conflict { moved: Vec<(String, i64)> },
}

/// The statement of [`append`], prepared once a connection.
pub async fn prepare(client: &Client) -> Result<Statement, tokio_postgres::Error> {
    client.prepare(include_str!("sql/append.sql")).await
}

/// Appends `commands` in one round trip; the verdicts come in their order.
pub async fn append(
    client: &Client,
    statement: &Statement,
    log: i32,
    commands: &[AppendCommand],
) -> Result<Vec<Verdict>, AppendError> {
    let a = Arrays::of(commands);
    let rows = client
        .query(
            statement,
            &[
                &log,
                &a.keys,
                &a.fingerprints,
                &a.replies,
                &a.guard_commands,
                &a.guard_subjects,
                &a.guard_heads,
                &a.event_commands,
                &a.event_ids,
                &a.event_types,
                &a.event_schemas,
                &a.event_effective,
                &a.event_municipalities,
                &a.event_payloads,
                &a.event_metas,
                &a.tag_events,
                &a.tag_subjects,
                &a.person_commands,
                &a.persons,
                &a.person_keys,
            ],
        )
        .await?;
    let mut verdicts: Vec<Option<Verdict>> = vec![None; commands.len()];
    for row in &rows {
        let index = usize::try_from(row.try_get::<_, i32>(0)? - 1).unwrap_or(usize::MAX);
        let verdict = match row.try_get::<_, &str>(1)? {
            "ok" => Verdict::Recorded { head: row.try_get(2)? },
            "duplicate" => Verdict::Duplicate { head: row.try_get(2)?, reply: row.try_get(3)? },
            "key_reused" => Verdict::KeyReused,
            _ => {
                let names: Vec<String> = row.try_get(4)?;
                let heads: Vec<i64> = row.try_get(5)?;
                Verdict::Conflict { moved: names.into_iter().zip(heads).collect() }
            }
        };
        *verdicts.get_mut(index).ok_or(AppendError::Verdicts)? = Some(verdict);
    }
    verdicts.into_iter().collect::<Option<Vec<_>>>().ok_or(AppendError::Verdicts)
}

/// Why a call failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    #[error("the database refused or lost the call")]
    Database(#[from] tokio_postgres::Error),
    #[error("the append function did not answer one verdict a command")]
    Verdicts,
}

/// The commands as the function takes them: one array a column.
#[derive(Default)]
struct Arrays<'a> {
    keys: Vec<&'a str>,
    fingerprints: Vec<&'a [u8]>,
    replies: Vec<&'a str>,
    guard_commands: Vec<i32>,
    guard_subjects: Vec<&'a str>,
    guard_heads: Vec<i64>,
    event_commands: Vec<i32>,
    event_ids: Vec<Uuid>,
    event_types: Vec<&'a str>,
    event_schemas: Vec<i16>,
    event_effective: Vec<jiff::civil::Date>,
    event_municipalities: Vec<Option<&'a str>>,
    event_payloads: Vec<&'a str>,
    event_metas: Vec<&'a str>,
    tag_events: Vec<i32>,
    tag_subjects: Vec<&'a str>,
    person_commands: Vec<i32>,
    persons: Vec<Uuid>,
    person_keys: Vec<&'a [u8]>,
}

impl<'a> Arrays<'a> {
    fn of(commands: &'a [AppendCommand]) -> Self {
        let mut a = Arrays::default();
        for (number, command) in (1..).zip(commands) {
            a.keys.push(&command.key);
            a.fingerprints.push(&command.fingerprint);
            a.replies.push(&command.reply);
            for (subject, head) in &command.guards {
                a.guard_commands.push(number);
                a.guard_subjects.push(subject.as_str());
                a.guard_heads.push(*head);
            }
            for fact in &command.facts {
                a.fact(number, fact, &command.meta);
            }
            for (person, key) in &command.person_keys {
                a.person_commands.push(number);
                a.persons.push(*person);
                a.person_keys.push(key);
            }
        }
        a
    }

    fn fact(&mut self, command: i32, fact: &'a NewFact, meta: &'a str) {
        self.event_commands.push(command);
        self.event_ids.push(fact.id);
        self.event_types.push(fact.kind);
        self.event_schemas.push(SCHEMA_VERSION);
        self.event_effective.push(fact.effective_from);
        self.event_municipalities.push(fact.municipality.as_deref());
        self.event_payloads.push(&fact.payload);
        self.event_metas.push(meta);
        let event = i32::try_from(self.event_ids.len()).expect("a batch is far below 2^31 events");
        for subject in &fact.subjects {
            self.tag_events.push(event);
            self.tag_subjects.push(subject.as_str());
        }
    }
}
