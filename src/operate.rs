//! The operator's commands: migrate, look, rebuild, verify. They work on a database of one's own
//! (`DATABASE_URL`), on the private PostgreSQL while nothing else runs it, and beside the service
//! that runs it. Serving is [`crate::serve`]'s.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use deadpool_postgres::Pool;
use tokio_postgres::Config;
use tokio_postgres::error::SqlState;

use crate::config::{
    DatabaseSettings, HealthcheckSettings, RebuildSettings, RotateSettings, VerifyReceiptSettings,
    VerifySettings,
};
use crate::embedded_postgres::{self, EmbeddedPostgres, StartError};
use crate::event_log::combiner::with_causes;
use crate::event_log::projector::Projection;
use crate::event_log::{DEFAULT_LOG, Failure, rebuild, status, verify};
use crate::personal_data::Vault;
use crate::progress::Progress;
use crate::proof::note::Verifier;
use crate::proof::{self, receipt};
use crate::{app, client, database, sealed_keys, serve};

/// How long `alis healthcheck` waits for an answer.
const HEALTHCHECK_SECONDS_MAX: u64 = 2;

/// A database to work on.
struct Opened {
    owner: Config,
    service: Config,
    /// Stopped when the work is done.
    _private: Option<EmbeddedPostgres>,
}

/// Finds the database of the settings. On the private PostgreSQL a service that runs it is joined
/// over its socket; otherwise the server is started for as long as the work takes.
async fn open(settings: &DatabaseSettings) -> anyhow::Result<Opened> {
    match serve::open_database(settings).await {
        Ok(database) => {
            let serve::Database { private, owner, service, .. } = database;
            Ok(Opened { owner, service, _private: private })
        }
        Err(error) if matches!(error.downcast_ref(), Some(StartError::InUse(_))) => {
            let found = embedded_postgres::find(&settings.data_dir)?;
            let service = found.config(serve::SERVICE_ROLE, serve::DATABASE);
            let owner = found.superuser();
            let answer = database::connect(&owner).await;
            drop(answer.with_context(|| {
                let path = found.path().display();
                format!(
                    "another program holds {path}, and its PostgreSQL does not answer; it may be \
                     starting or stopping, so try again in a moment"
                )
            })?);
            Ok(Opened { owner, service, _private: None })
        }
        Err(error) => Err(error),
    }
}

/// Like [`open`], for work that needs data: it does not make an empty database where there is none.
async fn open_existing(settings: &DatabaseSettings) -> anyhow::Result<Opened> {
    if settings.database_url.is_none() {
        let found = embedded_postgres::find(&settings.data_dir)?;
        if !found.has_cluster() {
            bail!(
                "there is no data in {}: ALIS_DATA_DIR or DATABASE_URL say where else to look, and \
                 `alis serve` makes a new database",
                found.path().display()
            );
        }
    }
    open(settings).await
}

/// A failure as the operator reads it.
fn as_error(failure: Failure) -> anyhow::Error {
    let (code, reason) = (failure.sql_state(), with_causes(&failure));
    if code == Some(&SqlState::UNDEFINED_TABLE) {
        anyhow::anyhow!("the database holds no log of this program: run `alis migrate` first")
    } else if code == Some(&SqlState::INVALID_PARAMETER_VALUE) {
        // A role that does not exist; the migrations make the usual one.
        anyhow::anyhow!("ALIS_DATABASE_ROLE: {reason}. `alis migrate` makes the role alis_service")
    } else {
        anyhow::anyhow!(reason)
    }
}

fn pool(opened: &Opened) -> anyhow::Result<Pool> {
    Ok(database::pool(&opened.service, rebuild::CONNECTIONS)?)
}

/// `alis migrate`.
pub async fn migrate(settings: &DatabaseSettings) -> anyhow::Result<()> {
    let opened = open(settings).await?;
    let applied = database::migrate(&opened.owner).await;
    let applied = applied.map_err(|error| anyhow::anyhow!(with_causes(&error)))?;
    let mut out = std::io::stdout().lock();
    match applied {
        0 => writeln!(out, "The schema is up to date.")?,
        1 => writeln!(out, "The schema is up to date: 1 migration was applied.")?,
        n => writeln!(out, "The schema is up to date: {n} migrations were applied.")?,
    }
    Ok(())
}

/// `alis healthcheck`.
pub async fn healthcheck(settings: &HealthcheckSettings) -> anyhow::Result<()> {
    let scheme = if settings.tls_cert_file.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}/health/ready", here(settings.listen));
    let request = client::http_of_this_machine()?
        .get(&url)
        .timeout(Duration::from_secs(HEALTHCHECK_SECONDS_MAX));
    let response = request.send().await.with_context(|| format!("no answer from {url}"))?;
    let status = response.status();
    if !status.is_success() {
        bail!("{url} answers {status}: the service is not ready");
    }
    writeln!(std::io::stdout(), "ready")?;
    Ok(())
}

/// The address at which this machine reaches what listens on `listen`.
fn here(listen: SocketAddr) -> SocketAddr {
    let loopback = match listen.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    let ip = if listen.ip().is_unspecified() { loopback } else { listen.ip() };
    SocketAddr::new(ip, listen.port())
}

/// `alis project status`.
pub async fn status(settings: &DatabaseSettings) -> anyhow::Result<()> {
    let opened = open_existing(settings).await?;
    let status = status::read(&pool(&opened)?, DEFAULT_LOG).await.map_err(as_error)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "The log stands at position {}.", status.head)?;
    for projection in app::projections() {
        let (name, version) = (projection.name(), projection.version());
        let builds = status.builds.iter().filter(|build| build.name == name);
        let mut live = false;
        for build in builds {
            live |= build.is_live && build.version == version;
            writeln!(out, "{}", build.sentence(status.head))?;
        }
        if !live {
            writeln!(out, "{name}: version {version} of this program is not built yet")?;
        }
    }
    for key in &status.parked {
        let status::Parked { name, key, position, error, .. } = key;
        writeln!(out, "{name}: {key} stands still before event {position}: {error}")?;
    }
    if !status.parked.is_empty() {
        writeln!(out, "Once a program that reads these events runs: alis project rebuild NAME")?;
    }
    Ok(())
}

/// `alis project rebuild`.
pub async fn rebuild(settings: &RebuildSettings) -> anyhow::Result<()> {
    let all = app::projections();
    let chosen: Vec<_> = match &settings.name {
        Some(name) => all.iter().filter(|projection| projection.name() == name).collect(),
        None => all.iter().collect(),
    };
    if chosen.is_empty() {
        let names: Vec<&str> = all.iter().map(|projection| projection.name()).collect();
        let asked = settings.name.as_deref().unwrap_or_default();
        bail!("there is no read model {asked}; there are {}", names.join(", "));
    }
    let opened = open_existing(&settings.database).await?;
    let pool = pool(&opened)?;
    for projection in chosen {
        rebuild_one(&pool, projection.as_ref()).await?;
    }
    Ok(())
}

async fn rebuild_one(pool: &Pool, projection: &dyn Projection) -> anyhow::Result<()> {
    let name = projection.name();
    let head = status::read(pool, DEFAULT_LOG).await.map_err(as_error)?.head;
    let progress = Progress::new(format!("Rebuilding {name}"), steps(head));
    let built = rebuild::rebuild(pool, DEFAULT_LOG, projection, &|count| progress.at(count)).await;
    progress.finish();
    built.map_err(as_error)?;
    let status = status::read(pool, DEFAULT_LOG).await.map_err(as_error)?;
    let parked = status.parked.iter().filter(|parked| parked.name == name).count();
    let mut out = std::io::stdout().lock();
    for build in status.builds.iter().filter(|build| build.name == name && build.is_live) {
        writeln!(out, "Rebuilt {}", build.sentence(status.head))?;
    }
    if parked > 0 {
        writeln!(out, "{name}: {parked} keys stand still; see `alis project status`")?;
    }
    Ok(())
}

/// `alis keys rotate`.
pub async fn rotate(settings: &RotateSettings) -> anyhow::Result<()> {
    let read = |path| database::read_secret(path);
    let old = read(&settings.old_master_key_file).context("--old-master-key-file")?;
    let new = read(&settings.new_master_key_file).context("--new-master-key-file")?;
    let vault = Vault::new(&new, Some(&old)).context("the master keys")?;
    let opened = open_existing(&settings.database).await?;
    let (client, connection) = database::connect(&opened.owner).await?;
    let driver = tokio::spawn(connection);
    let count = sealed_keys::count(&client, DEFAULT_LOG).await?;
    let progress = Progress::new("Wrapping keys anew".to_owned(), steps(count));
    let done = sealed_keys::rotate(&client, DEFAULT_LOG, &vault, &|n| progress.at(n)).await;
    progress.finish();
    let changed = done.map_err(|error| anyhow::anyhow!(with_causes(&error)))?;
    drop(client);
    driver.await??;
    let mut out = std::io::stdout().lock();
    writeln!(out, "All keys are under the new master key; {changed} were wrapped anew.")?;
    writeln!(
        out,
        "Take ALIS_PREVIOUS_MASTER_KEY_FILE out of the settings, then destroy that key."
    )?;
    Ok(())
}

/// `alis log verify`; answers whether the log agrees with itself.
pub async fn verify(settings: &VerifySettings) -> anyhow::Result<bool> {
    let opened = open_existing(&settings.database).await?;
    let evidence = settings.full.then(|| evidence(settings)).transpose()?;
    let pool = pool(&opened)?;
    let head = status::read(&pool, DEFAULT_LOG).await.map_err(as_error)?.head;
    let progress = Progress::new("Verifying the log".to_owned(), steps(head));
    let report = verify::verify(&pool, DEFAULT_LOG, &|count| progress.at(count)).await;
    progress.finish();
    let mut report = report.map_err(as_error)?;
    let mut sealed = None;
    if let Some(evidence) = evidence {
        let rows = steps(head).saturating_add(report.commands);
        let progress = Progress::new("Verifying the seals".to_owned(), rows);
        let at = |count| progress.at(count);
        let outcome = proof::verify::verify(&pool, DEFAULT_LOG, &evidence, &mut report, &at).await;
        progress.finish();
        sealed = Some(outcome.map_err(as_error)?);
    }
    print(&report, sealed)?;
    Ok(report.findings.is_empty())
}

/// The keys and the anchor that the log is held against.
fn evidence(settings: &VerifySettings) -> anyhow::Result<proof::verify::Evidence> {
    let database = &settings.database;
    let found = embedded_postgres::find(&database.data_dir);
    let found = if database.database_url.is_none() { Some(found?) } else { None };
    let data_dir = found.as_ref().map(|found| found.path());
    let mut keys = settings.key.as_deref().map(keys_of).transpose()?.unwrap_or_default();
    let signer = serve::checkpoint_signer(&settings.keys, data_dir, false)?;
    keys.extend(signer.map(|signer| signer.verifier().clone()));
    keys.extend(serve::old_keys(&settings.keys)?);
    if keys.is_empty() {
        bail!("say by --key which published key signs, or by ALIS_CHECKPOINT_KEY_FILE where it is");
    }
    let given = settings.anchor_file.as_deref();
    let anchor = serve::anchor_file(given, data_dir);
    // An anchor that was asked for must be there; the private one is there once it was sealed.
    let anchor = anchor.filter(|anchor| given.is_some() || anchor.exists());
    Ok(proof::verify::Evidence { keys, anchor })
}

/// Published keys: one given as it is, or those of a file.
fn keys_of(given: &str) -> anyhow::Result<Vec<Verifier>> {
    match Verifier::parse(given) {
        Ok(key) => Ok(vec![key]),
        Err(_no_key) => serve::published_keys(Path::new(given))
            .with_context(|| format!("{given} is neither a published key nor a file of them")),
    }
}

/// `alis verify-receipt`.
pub fn verify_receipt(settings: &VerifyReceiptSettings) -> anyhow::Result<()> {
    let keys = keys_of(&settings.key)?;
    let path = &settings.file;
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let proven = receipt::verify(&text, &keys);
    let proven = proven.with_context(|| format!("{} proves nothing", path.display()))?;
    let (event, checkpoint) = (&proven.event, &proven.checkpoint);
    writeln!(
        std::io::stdout(),
        "The receipt holds: {} at position {} of {}, recorded at {}, in a log of {} events.",
        event.kind,
        event.position,
        checkpoint.origin,
        event.recorded_at,
        checkpoint.events.size
    )?;
    Ok(())
}

fn print(report: &verify::Report, sealed: Option<proof::verify::Sealed>) -> anyhow::Result<()> {
    let verify::Report { events, subjects, commands, findings } = report;
    let mut out = std::io::stdout().lock();
    for finding in findings {
        writeln!(out, "{finding}")?;
    }
    if findings.is_empty() {
        writeln!(
            out,
            "The log agrees with itself: {events} events, {subjects} subjects, {commands} commands."
        )?;
    } else if report.is_full() {
        writeln!(
            out,
            "The log is damaged; after {} findings no more were sought.",
            findings.len()
        )?;
    } else {
        writeln!(out, "The log is damaged: {} findings in {events} events.", findings.len())?;
    }
    if let Some(proof::verify::Sealed { events, commands, published, anchored }) = sealed {
        let seals = format!("{published} checkpoints in the database and {anchored} in the anchor");
        writeln!(out, "Sealed are {events} events and {commands} commands, under {seals}.")?;
    }
    Ok(())
}

fn steps(head: i64) -> u64 {
    u64::try_from(head).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_loopback() {
        let asked = |listen: &str| here(listen.parse().expect("an address")).to_string();
        assert_eq!(asked("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(asked("[::]:8080"), "[::1]:8080");
        assert_eq!(asked("10.0.0.7:80"), "10.0.0.7:80");
    }
}
