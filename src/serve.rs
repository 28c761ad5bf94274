//! `alis serve`: settings into a running instance, on the private PostgreSQL when no database is
//! given, until a signal ends it in order.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{self, Running};
use crate::capabilities::access::permissions::BootstrapOrganisations;
use crate::config::{DatabaseSettings, IdentitySettings, ProofKeySettings, ServeSettings};
use crate::database;
use crate::edge::FromText;
use crate::embedded_postgres::{self, Durability, EmbeddedPostgres};
use crate::event_log::combiner::with_causes;
use crate::identifiers::OrganisationNumber;
use crate::identity::cast::{self, Scenario};
use crate::identity::{LocalIssuer, issuer};
use crate::import;
use crate::personal_data::Vault;
use crate::proof;
use crate::proof::note::{Signer, Verifier};
use crate::proof::sealer::Pace;
use crate::{tls, token};

/// The login of the service on the private PostgreSQL.
pub const SERVICE_ROLE: &str = "alis_service";
/// The database of the private PostgreSQL.
pub const DATABASE: &str = "postgres";
/// Seconds that the token of the first start's own import is good.
const SAMPLE_TOKEN_SECONDS: i64 = 3_600;
/// How the file of a secret ends while it is being written.
const UNFINISHED: &str = "unfinished";

/// A database that is ready to be used, and the private server behind it if there is one.
pub struct Database {
    /// Dropping it stops the server.
    pub private: Option<EmbeddedPostgres>,
    pub owner: tokio_postgres::Config,
    pub service: tokio_postgres::Config,
    pub master_key: Option<String>,
}

/// Finds the database that the settings name, starting the private one if they name none.
pub async fn open_database(settings: &DatabaseSettings) -> anyhow::Result<Database> {
    let given = settings.master_key_file.as_deref().map(database::read_secret).transpose();
    let master_key = given.context("ALIS_MASTER_KEY_FILE")?;
    if let Some(url) = &settings.database_url {
        let password = settings.database_password_file.as_deref();
        let password = password.map(database::read_secret).transpose();
        let password = password.context("ALIS_DATABASE_PASSWORD_FILE")?;
        let mut owner = database::config_of(url, password.as_deref())?;
        database::trust(&mut owner, settings.database_ca_file.as_deref())?;
        let service = database::acting_as(&owner, &settings.database_role);
        return Ok(Database { private: None, owner, service, master_key });
    }
    let asked = embedded_postgres::Settings {
        data_dir: settings.data_dir.clone(),
        durability: Durability::Durable,
    };
    let private = tokio::task::spawn_blocking(move || embedded_postgres::start(&asked)).await??;
    if let Some(notice) = private.notice() {
        tracing::warn!("{notice}");
    }
    let owner = private.superuser();
    database::migrate(&owner).await?;
    let (client, connection) = database::connect(&owner).await?;
    let driver = tokio::spawn(connection);
    // The role comes from the migrations without a login; only this private server gives it one.
    client.batch_execute("alter role alis_service login").await?;
    drop(client);
    driver.await??;
    let service = private.config(SERVICE_ROLE, DATABASE);
    let master_key = match master_key {
        Some(key) => key,
        None => secret(&private.data_dir().join("master.key"), Vault::generate_master_key)?,
    };
    Ok(Database { private: Some(private), owner, service, master_key: Some(master_key) })
}

/// Reads a secret, making it once. A kill in the middle leaves no half of it. Whoever calls holds
/// the data directory, so nobody else makes it at the same time.
fn secret(path: &Path, make: impl Fn() -> String) -> anyhow::Result<String> {
    if !path.exists() {
        write_secret(path, &make()).with_context(|| format!("cannot make {}", path.display()))?;
    }
    Ok(database::read_secret(path)?)
}

fn write_secret(path: &Path, value: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let unfinished = path.with_extension(UNFINISHED);
    if unfinished.exists() {
        std::fs::remove_file(&unfinished)?;
    }
    let mut new = std::fs::OpenOptions::new();
    let mut file = new.write(true).create_new(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{value}")?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(directory)?.sync_all()
}

/// The key that checkpoints are signed with, from the file of the settings or else from the data
/// directory; `make` says whether it is made there when there is none.
pub fn checkpoint_signer(
    settings: &ProofKeySettings,
    data_dir: Option<&Path>,
    make: bool,
) -> anyhow::Result<Option<Signer>> {
    let own = data_dir.map(|data_dir| data_dir.join("checkpoint.key"));
    let key = match (&settings.checkpoint_key_file, own) {
        (Some(path), _) => database::read_secret(path).context("ALIS_CHECKPOINT_KEY_FILE")?,
        (None, Some(path)) if make => secret(&path, Signer::generate_secret)?,
        (None, Some(path)) if path.exists() => database::read_secret(&path)?,
        (None, Some(_) | None) => return Ok(None),
    };
    let signer = Signer::new(&key, settings.log_origin.as_deref());
    signer.map(Some).context("ALIS_CHECKPOINT_KEY_FILE and ALIS_LOG_ORIGIN")
}

/// The keys of a file, one a line.
pub fn published_keys(path: &Path) -> anyhow::Result<Vec<Verifier>> {
    let text = database::read_secret(path)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Result<Vec<_>, _> = lines.map(Verifier::parse).collect();
    keys.with_context(|| path.display().to_string())
}

/// The keys that signed before the one in use.
pub fn old_keys(settings: &ProofKeySettings) -> anyhow::Result<Vec<Verifier>> {
    let path = settings.checkpoint_old_keys_file.as_deref();
    let keys = path.map(published_keys).transpose().context("ALIS_CHECKPOINT_OLD_KEYS_FILE")?;
    Ok(keys.unwrap_or_default())
}

/// The anchor on the private PostgreSQL, unless the settings name another.
pub fn anchor_file(given: Option<&Path>, data_dir: Option<&Path>) -> Option<PathBuf> {
    let own = || data_dir.map(|data_dir| data_dir.join("anchors"));
    given.map(Path::to_path_buf).or_else(own)
}

fn proof_settings(
    settings: &ServeSettings,
    data_dir: Option<&Path>,
) -> anyhow::Result<proof::Settings> {
    let proof = &settings.proof;
    let Some(signer) = checkpoint_signer(&proof.keys, data_dir, true)? else {
        bail!("ALIS_CHECKPOINT_KEY_FILE must name a file with 32 bytes in base64");
    };
    Ok(proof::Settings {
        signer: Arc::new(signer),
        old_keys: old_keys(&proof.keys)?,
        anchor_file: anchor_file(proof.anchor_file.as_deref(), data_dir),
        anchor_url: proof.anchor_url.clone(),
        pace: Pace {
            events: u64::from(proof.seal_events),
            interval: Duration::from_secs(u64::from(proof.seal_seconds)),
        },
    })
}

/// The program's own issuer: its key from the file that the settings name, or made once on the
/// private PostgreSQL.
fn own_issuer(
    settings: &IdentitySettings,
    private: Option<&EmbeddedPostgres>,
) -> anyhow::Result<Option<LocalIssuer>> {
    let key = match (&settings.local_issuer_key_file, private) {
        (Some(path), _) => database::read_secret(path).context("ALIS_LOCAL_ISSUER_KEY_FILE")?,
        (None, Some(private)) => {
            secret(&private.data_dir().join(token::ISSUER_KEY), LocalIssuer::generate_key)?
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(LocalIssuer::new(&key).context("ALIS_LOCAL_ISSUER_KEY_FILE")?))
}

/// Who is what from the start: by the settings, and on the private PostgreSQL the ready cast's.
fn bootstrap_organisations(
    settings: &IdentitySettings,
    is_private: bool,
) -> BootstrapOrganisations {
    let ready = |number: &str| OrganisationNumber::from_text(number).ok().filter(|_| is_private);
    BootstrapOrganisations {
        register: settings.register_organisation.clone().or_else(|| ready(cast::REGISTER)),
        loader: settings.loader_organisation.clone().or_else(|| ready(cast::LOADER)),
    }
}

/// Loads the sample into a new database and says so.
async fn load_sample(data_dir: &Path, running: &Running, token: &str) {
    let head = running.service.log.known_head();
    match import::load_sample_once(data_dir, head, running.address, token).await {
        Ok(None) => {}
        Ok(Some(summary)) if summary.mend_count() == 0 => {
            let line = format!("The sample data is loaded: {}", summary.counted());
            if let Err(error) = writeln!(std::io::stdout(), "{line}") {
                tracing::warn!(error = %error, "{line}");
            }
        }
        Ok(Some(summary)) => tracing::warn!("The sample data was not taken whole: {summary}"),
        Err(error) => {
            let error = with_causes(&error);
            tracing::warn!(error, "The sample data is not loaded yet; the next start goes on");
        }
    }
}

/// Runs the service until SIGINT or SIGTERM.
pub async fn serve(settings: ServeSettings) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let private = settings.database.database_url.is_none();
    if private && !settings.listen.ip().is_loopback() && !settings.allow_private_database_on_network
    {
        bail!(
            "ALIS_LISTEN {} is reachable from the network, but the private PostgreSQL is meant for \
             one machine: set DATABASE_URL, listen on 127.0.0.1, or say \
             --allow-private-database-on-network",
            settings.listen
        );
    }
    let database = open_database(&settings.database).await?;
    let private = database.private.as_ref();
    let issuer = own_issuer(&settings.identity, private)?;
    let running = start(&settings, &database, issuer.as_ref()).await?;
    announce(&running, &database)?;
    let sample = async {
        // The import calls by the loopback address, which no certificate names.
        let in_the_clear = settings.front.tls_cert_file.is_none();
        let wanted = private.filter(|_| !settings.no_sample && in_the_clear);
        if let (Some(private), Some(issuer)) = (wanted, &issuer) {
            let (shape, claims) = Scenario::Loader.claims();
            let now = crate::http::now().as_second();
            match issuer.sign(shape, &claims, now, SAMPLE_TOKEN_SECONDS) {
                Ok(token) => load_sample(private.data_dir(), &running, &token).await,
                Err(error) => tracing::warn!(error = %error, "The sample data is not loaded"),
            }
        }
        // The service goes on, with the sample or without it.
        std::future::pending().await
    };
    let death = async {
        match &database.private {
            Some(server) => server.death().await.to_string(),
            None => std::future::pending().await,
        }
    };
    let result = tokio::select! {
        () = sample => Ok(()),
        died = death => Err(anyhow::anyhow!(died)),
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    tracing::info!("Stopping: finishing what is in flight");
    running.stop().await;
    drop(database);
    result
}

async fn start(
    settings: &ServeSettings,
    database: &Database,
    own_issuer: Option<&LocalIssuer>,
) -> anyhow::Result<Running> {
    let identity = &settings.identity;
    let issuers = identity.issuers_file.as_deref().map(issuer::read).transpose();
    let issuers = issuers.context("ALIS_ISSUERS_FILE")?.unwrap_or_default();
    if issuers.is_empty() && own_issuer.is_none() {
        bail!("ALIS_ISSUERS_FILE must name a file with the issuers whose tokens are taken");
    }
    if issuers.iter().any(|issuer| issuer.require_dpop) && identity.public_url.is_none() {
        bail!(
            "ALIS_PUBLIC_URL must say by which address callers reach the service: an issuer in \
             ALIS_ISSUERS_FILE has `require_dpop`, and what a proof must name is otherwise only \
             what its caller says"
        );
    }
    let Some(master_key) = &database.master_key else {
        bail!("ALIS_MASTER_KEY_FILE must name a file with 32 bytes in base64");
    };
    let previous = settings.database.previous_master_key_file.as_deref();
    let previous = previous.map(database::read_secret).transpose();
    let previous = previous.context("ALIS_PREVIOUS_MASTER_KEY_FILE")?;
    let vault = Vault::new(master_key, previous.as_deref());
    let vault = vault.context("ALIS_MASTER_KEY_FILE, ALIS_PREVIOUS_MASTER_KEY_FILE")?;
    let front = &settings.front;
    let tls = match (&front.tls_cert_file, &front.tls_key_file) {
        (Some(certificates), Some(key)) => Some(tls::server(certificates, key)?),
        (None, None) => None,
        (Some(_), None) => bail!("ALIS_TLS_KEY_FILE is needed with ALIS_TLS_CERT_FILE"),
        (None, Some(_)) => bail!("ALIS_TLS_CERT_FILE is needed with ALIS_TLS_KEY_FILE"),
    };
    let data_dir = database.private.as_ref().map(EmbeddedPostgres::data_dir);
    let proof = proof_settings(settings, data_dir)?;
    let running = app::start(app::Settings {
        login: database.owner.clone(),
        service: database.service.clone(),
        listen: settings.listen,
        issuers,
        own_issuer: own_issuer.cloned(),
        bootstrap_organisations: bootstrap_organisations(identity, database.private.is_some()),
        public_url: identity.public_url.clone(),
        tls,
        cors_origins: settings.front.cors_origins.clone(),
        limits: settings.front.limits(),
        vault,
        access_log_days: settings.access_log_days,
        person_years: settings.person_years,
        proof,
        pool_size: settings.database.pool_size,
        workers: usize::from(settings.workers),
        drain: Duration::from_secs(u64::from(settings.drain_seconds)),
    })
    .await
    .map_err(|error| anyhow::anyhow!(with_causes(&error)))?;
    Ok(running)
}

fn announce(running: &Running, database: &Database) -> anyhow::Result<()> {
    let address = running.address;
    let scheme = if running.tls { "https" } else { "http" };
    tracing::info!(%address, "Listening on {scheme}://{address}");
    let mut out = std::io::stdout().lock();
    writeln!(out, "alis is up on {scheme}://{address}")?;
    writeln!(out, "  documentation  {scheme}://{address}/docs/")?;
    if let Some(private) = &database.private {
        let program = std::env::current_exe()
            .map_or_else(|_unknown| "alis".to_owned(), |path| path.display().to_string());
        let data_dir = private.data_dir().display();
        writeln!(out, "  database       {}", private.psql())?;
        writeln!(out, "  tokens         {program} token --help")?;
        writeln!(out, "Try:")?;
        writeln!(
            out,
            "  curl -H \"Authorization: Bearer $({program} token --as office --data-dir {data_dir})\" \
             '{scheme}://{address}/v1/positions?as_of=2020-03-31&limit=2'"
        )?;
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_whose_making_broke_off_is_made_anew_and_then_stays() {
        let directory = std::env::temp_dir().join(format!("alis-secret-{}", std::process::id()));
        std::fs::create_dir(&directory).expect("temporary files can be made");
        let path = directory.join("master.key");
        let broken = std::panic::catch_unwind(|| secret(&path, || panic!("killed here")));
        assert!(broken.is_err());
        std::fs::write(path.with_extension(UNFINISHED), "half a k").expect("it is ours");
        assert_eq!(secret(&path, || "whole".to_owned()).expect("it is ours"), "whole");
        assert_eq!(secret(&path, || "another".to_owned()).expect("it is ours"), "whole");
        let mode = path.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let files = std::fs::read_dir(&directory).expect("it is ours").count();
        assert_eq!(files, 1, "something is left over");
        std::fs::remove_dir_all(&directory).expect("it is ours");
    }
}
