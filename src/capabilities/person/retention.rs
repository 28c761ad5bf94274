//! Persons who were kept long enough are erased by the clock, if the setting says how long that is:
//! those of whom nothing was recorded for so many years, and about whom nothing goes on.
//!
//! A statement finds who might be meant. Who is meant is decided like anything else, from the
//! person's own facts and under their guard; so several instances, and a fact that is recorded at
//! the same moment, do no harm. The act is the one that the operation does ([`super::erase`]).

use std::cell::RefCell;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::domain::{ErasureReason, Person, PersonKind};
use super::erase::{Registration, erased, registered_as};
use super::forget;
use crate::aggregate::{DecodeError, Fact, Fold, Subject, erased_subject};
use crate::capabilities::learning_goal::domain::path_subject;
use crate::capabilities::learning_goal::plan::Plans;
use crate::capabilities::supervision::{Assignments, supervision_subject};
use crate::event_log::combiner::with_causes;
use crate::event_log::{Decision, EventLog, Failure, Loaded, Refusal, Reply, Request, View};
use crate::http::{beginning_of, today};

/// Pause between two looks: ages are counted in years.
const PAUSE_SECONDS: u64 = 24 * 60 * 60;
/// Persons looked at by one statement.
const LOOKED_AT_MAX: i64 = 500;
/// Persons erased by one look; the next ones wait for the next day. An erasure cannot be undone, so
/// a setting that was mistyped should not have forgotten everybody by the time it is noticed.
pub const ERASED_MAX: usize = 200;
/// Kinds of subjects that are about one person, by the person's id.
const ABOUT: [&str; 5] = ["trainee", "path", "supervision", "supervisor", "leader"];

/// Erases who was kept long enough, now and every day, until `stop`.
pub async fn follow(log: EventLog, years: u16, stop: CancellationToken) {
    loop {
        let (of_look, until) = (log.clone(), stop.clone());
        let here = Handle::current();
        // What a decision has read is one thread's, so a look has a thread of its own.
        let look = move || here.block_on(look(&of_look, years, today(), &until));
        match tokio::task::spawn_blocking(look).await {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => {
                tracing::info!(count, "Erased persons of whom nothing was told for {years} years");
            }
            Ok(Err(failure)) => {
                let reason = with_causes(&failure);
                tracing::warn!(error = %reason, "Persons kept long enough could not be erased");
            }
            Err(_) => tracing::warn!("A look for persons kept long enough ended badly"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(PAUSE_SECONDS)) => {}
        }
    }
}

/// Goes through all persons once; answers how many were erased.
///
/// # Errors
/// When the log does not answer.
pub async fn look(
    log: &EventLog,
    years: u16,
    today: Date,
    stop: &CancellationToken,
) -> Result<usize, Failure> {
    let Some(since) = beginning_of(today.saturating_sub(i64::from(years).years())) else {
        return Ok(0);
    };
    let until = log.position_at(since).await?;
    let (mut after, mut count) = (Uuid::nil(), 0);
    loop {
        let page = page(log, after, until).await?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = *last;
        for (person, is_old) in page {
            if stop.is_cancelled() || count >= ERASED_MAX {
                return Ok(count);
            }
            if is_old {
                count += erase_if_over(log, person, since, today).await?;
            }
        }
    }
}

/// The next persons, and whether nothing was told of each after a position.
async fn page(log: &EventLog, after: Uuid, until: i64) -> Result<Vec<(Uuid, bool)>, Failure> {
    let client = log.pool.get().await?;
    let statement = client.prepare_cached(include_str!("sql/persons_by_age.sql")).await?;
    let about = ABOUT.as_slice();
    let rows =
        client.query(&statement, &[&log.log, &after, &until, &about, &LOOKED_AT_MAX]).await?;
    let read = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    read.collect()
}

/// Erases a person of whom nothing was recorded since an instant, and about whom nothing goes on,
/// as everything that they are registered as. Answers as how many things; 0 when they are kept.
///
/// # Errors
/// When the log does not answer.
pub async fn erase_if_over(
    log: &EventLog,
    person: Uuid,
    since: Timestamp,
    today: Date,
) -> Result<usize, Failure> {
    let forgotten = RefCell::new(Vec::new());
    let decide = async |view: &View| {
        let mut all = Vec::new();
        for (kind, id) in registered_as(view, person).await? {
            all.push(kept(view, kind, id, today).await?);
        }
        let main = all.first().map_or(erased_subject(person), |one| {
            one.registration.kind.subject(one.registration.id)
        });
        let mut facts = vec![];
        if all.iter().all(|one| one.is_over(since)) {
            let all: Vec<Registration> = all.into_iter().map(|one| one.registration).collect();
            facts = erased(&all, ErasureReason::KeptLongEnough, today)?;
            forgotten.replace(all.iter().map(|one| one.id).collect());
        } else {
            forgotten.take();
        }
        let reply = Reply { status: 200, location: None, head: None, body: Value::Null };
        Ok(Decision::new(main, &facts, reply))
    };
    match log.execute(&by_the_clock(), decide).await {
        Ok(_) => {}
        Err(Refusal::Failed(failure)) => return Err(failure),
        // Others were writing about the same person, who is not over then.
        Err(Refusal::Contended) => return Ok(0),
        // Nothing was asked that could be refused.
        Err(Refusal::Rejected(_) | Refusal::Stale { .. } | Refusal::KeyReused) => return Ok(0),
    }
    let forgotten = forgotten.into_inner();
    if let Err(failure) = forget::keys(log, &forgotten).await {
        forget::log_failure(&failure);
    }
    Ok(forgotten.len())
}

/// Nobody asks but the service itself.
fn by_the_clock() -> Request {
    let mut meta = Map::new();
    meta.insert("actor".to_owned(), json!({ "kind": "service", "worker": "retention" }));
    Request { key: None, fingerprint: [0; 32], if_match: None, meta, dry_run: false }
}

/// One registration, and what keeps it.
struct Kept {
    registration: Registration,
    /// When something was last recorded about it.
    recorded_at_position: Option<Timestamp>,
    goes_on: bool,
}

impl Kept {
    fn is_over(&self, since: Timestamp) -> bool {
        !self.goes_on
            && self
                .recorded_at_position
                .is_some_and(|recorded_at_position| recorded_at_position < since)
    }
}

/// Loads all that is about one registration, guarded.
async fn kept(view: &View, kind: PersonKind, id: Uuid, day: Date) -> Result<Kept, Failure> {
    let subject = kind.subject(id);
    Ok(match kind {
        PersonKind::Trainee => {
            let (trainee, person, recorded_at_position) = person_and(view, &subject).await?;
            let plans: Loaded<Plans> = view.load(&path_subject(id)).await?;
            let supervision: Loaded<Assignments> = view.load(&supervision_subject(id)).await?;
            let recorded_at_position =
                recorded_at_position.max(plans.recorded_at).max(supervision.recorded_at);
            let goes_on =
                alis_rules::retention::of_trainee(&trainee, &plans.state, &supervision.state, day);
            Kept { registration: Registration { kind, id, person }, recorded_at_position, goes_on }
        }
        PersonKind::Supervisor => {
            let (supervisor, person, recorded_at_position) = person_and(view, &subject).await?;
            let goes_on = alis_rules::retention::of_supervisor(&supervisor, day);
            Kept { registration: Registration { kind, id, person }, recorded_at_position, goes_on }
        }
        PersonKind::Leader => {
            let (leader, person, recorded_at_position) = person_and(view, &subject).await?;
            let goes_on = alis_rules::retention::of_leader(&leader, day);
            Kept { registration: Registration { kind, id, person }, recorded_at_position, goes_on }
        }
    })
}

/// Two states of one subject, folded together: read one after the other they could tell of two
/// moments, and the guard of one.
#[derive(Default)]
struct Both<S>(S, Person);

impl<S: Fold> Fold for Both<S> {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        self.0.apply(fact)?;
        self.1.apply(fact)
    }
}

async fn person_and<S: Fold>(
    view: &View,
    subject: &Subject,
) -> Result<(S, Person, Option<Timestamp>), Failure> {
    let loaded: Loaded<Both<S>> = view.load(subject).await?;
    let Both(state, person) = loaded.state;
    Ok((state, person, loaded.recorded_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_kept_while_anything_goes_on_or_is_news() {
        let since = Timestamp::UNIX_EPOCH;
        let recorded = |seconds: i64, goes_on| {
            let (kind, id, person) = (PersonKind::Leader, Uuid::nil(), Person::Unknown);
            let recorded_at_position = since.saturating_add(seconds.seconds()).ok();
            Kept { registration: Registration { kind, id, person }, recorded_at_position, goes_on }
        };
        assert!(recorded(-1, false).is_over(since));
        assert!(!recorded(-1, true).is_over(since));
        assert!(!recorded(0, false).is_over(since), "not for so long yet");
        assert!(!Kept { recorded_at_position: None, ..recorded(-1, false) }.is_over(since));
    }
}
