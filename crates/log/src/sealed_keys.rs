//! The wrapped keys in the database: the look-up key at the start, and all of them when the master
//! key is changed. What a key is for, and how it is wrapped, is [`alis_personal_data`]'s.

use deadpool_postgres::Pool;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::event_log::Failure;
use alis_personal_data::{SealError, Vault};

/// Keys wrapped anew by one statement.
pub const BATCH_KEYS: i64 = 500;
/// How often all keys are gone through, for those that instances under the old key added meanwhile.
const PASSES_MAX: u32 = 10;
/// The name of the look-up key in the table.
const LOOKUP: &str = "hpr_lookup";

/// Why the master key could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    #[error("neither master key opens the key of person {0}: is one of the files another key?")]
    Person(Uuid),
    #[error("neither master key opens the look-up key: is one of the files another key?")]
    Lookup,
    #[error(
        "keys under the old master key keep coming: some instance does not have the new one in \
         ALIS_MASTER_KEY_FILE yet"
    )]
    Restless,
}

/// The vault with the look-up key of this installation, which is kept at the first start.
///
/// # Errors
/// When the database does not answer, or no master key of the vault opens the look-up key.
pub async fn settled(vault: Vault, pool: &Pool) -> Result<Vault, Failure> {
    let client = pool.get().await?;
    let keep = include_str!("sealed_keys/keep_secret.sql");
    client.execute(keep, &[&LOOKUP, &vault.wrapped_lookup()]).await?;
    let kept = client.query_one(include_str!("sealed_keys/secret.sql"), &[&LOOKUP]).await?;
    Ok(vault.with_lookup(kept.try_get(0)?)?)
}

/// How many keys of persons are kept.
///
/// # Errors
/// When the database does not answer.
pub async fn count(client: &Client, log: i32) -> Result<i64, tokio_postgres::Error> {
    client.query_one(include_str!("sealed_keys/count.sql"), &[&log]).await?.try_get(0)
}

/// Wraps every key under the current master key of the vault, which holds the previous one too.
/// `client` is the owner's: the service may not change keys. Whatever ends it half-way, it goes on
/// when it is called again. Answers how many keys were wrapped anew.
///
/// # Errors
/// When a key opens under neither master key, or the database fails.
pub async fn rotate(
    client: &Client,
    log: i32,
    vault: &Vault,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<u64, RotateError> {
    rotate_lookup(client, vault).await?;
    let mut total = 0;
    for _ in 0..PASSES_MAX {
        let (mut after, mut changed, mut looked_at) = (Uuid::nil(), 0, 0);
        while let Some(batch) = rotate_batch(client, log, vault, after, BATCH_KEYS).await? {
            after = batch.last;
            changed += batch.changed;
            looked_at += batch.looked_at;
            progress(looked_at);
        }
        total += changed;
        if changed == 0 {
            return Ok(total);
        }
    }
    Err(RotateError::Restless)
}

/// What became of a batch of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The person where it ended.
    pub last: Uuid,
    pub looked_at: u64,
    pub changed: u64,
}

/// Wraps the keys of the next persons anew; `None` behind the last one.
///
/// # Errors
/// When a key opens under neither master key, or the database fails.
pub async fn rotate_batch(
    client: &Client,
    log: i32,
    vault: &Vault,
    after: Uuid,
    limit: i64,
) -> Result<Option<Batch>, RotateError> {
    let sql = include_str!("sealed_keys/keys_after.sql");
    let rows = client.query(sql, &[&log, &after, &limit]).await?;
    let (mut persons, mut old, mut new) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for row in &rows {
        let (person, wrapped): (Uuid, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
        let rewrapped = vault.rewrapped(person, wrapped);
        if let Some(rewrapped) = rewrapped.map_err(|_closed| RotateError::Person(person))? {
            persons.push(person);
            old.push(wrapped);
            new.push(rewrapped);
        }
        last = Some(person);
    }
    let Some(last) = last else { return Ok(None) };
    let sql = include_str!("sealed_keys/rewrap.sql");
    let changed = client.execute(sql, &[&log, &persons, &old, &new]).await?;
    Ok(Some(Batch { last, looked_at: rows.len() as u64, changed }))
}

async fn rotate_lookup(client: &Client, vault: &Vault) -> Result<(), RotateError> {
    // An installation that never served keeps none yet; it would be the previous master key's.
    let keep = include_str!("sealed_keys/keep_secret.sql");
    client.execute(keep, &[&LOOKUP, &vault.wrapped_lookup()]).await?;
    let kept = client.query_one(include_str!("sealed_keys/secret.sql"), &[&LOOKUP]).await?;
    let old: &[u8] = kept.try_get(0)?;
    let closed = |_closed: SealError| RotateError::Lookup;
    if let Some(new) = vault.rewrapped_lookup(old).map_err(closed)? {
        let sql = include_str!("sealed_keys/rewrap_secret.sql");
        client.execute(sql, &[&LOOKUP, &old, &new]).await?;
    }
    Ok(())
}
