//! `alis serve`: settings into a running instance, on the private PostgreSQL when no database is
//! given, until a signal ends it in order.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{self, Running};
use crate::capabilities::access::reach::Founders;
use crate::config::{DatabaseSettings, IdentitySettings, ServeSettings};
use crate::database;
use crate::edge::FromText;
use crate::embedded_postgres::{self, Durability, EmbeddedPostgres};
use crate::event_log::combiner::with_causes;
use crate::identifiers::OrganisationNumber;
use crate::identity::cast::{self, Scenario};
use crate::identity::{LocalIssuer, issuer};
use crate::import;
use crate::personal_data::Vault;
use crate::{tls, token};

/// The login of the service on the private PostgreSQL.
pub const SERVICE_ROLE: &str = "alis_service";
/// The database of the private PostgreSQL.
pub const DATABASE: &str = "postgres";
/// Seconds that the token of the first start's own import is good.
const SAMPLE_TOKEN_SECONDS: i64 = 3_600;

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

/// Reads a secret, making it once.
fn secret(path: &Path, make: impl Fn() -> String) -> anyhow::Result<String> {
    use std::os::unix::fs::OpenOptionsExt;
    let new = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match new {
        Ok(mut file) => {
            let value = make();
            writeln!(file, "{value}")?;
            file.sync_all()?;
            Ok(value)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok(database::read_secret(path)?)
        }
        Err(error) => Err(error).with_context(|| format!("cannot make {}", path.display())),
    }
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
fn founders(settings: &IdentitySettings, is_private: bool) -> Founders {
    let ready = |number: &str| OrganisationNumber::from_text(number).ok().filter(|_| is_private);
    Founders {
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
    let Some(master_key) = &database.master_key else {
        bail!("ALIS_MASTER_KEY_FILE must name a file with 32 bytes in base64");
    };
    let vault = Vault::new(master_key).context("ALIS_MASTER_KEY_FILE")?;
    let front = &settings.front;
    let tls = match (&front.tls_cert_file, &front.tls_key_file) {
        (Some(certificates), Some(key)) => Some(tls::server(certificates, key)?),
        (None, None) => None,
        (Some(_), None) => bail!("ALIS_TLS_KEY_FILE is needed with ALIS_TLS_CERT_FILE"),
        (None, Some(_)) => bail!("ALIS_TLS_CERT_FILE is needed with ALIS_TLS_KEY_FILE"),
    };
    let running = app::start(app::Settings {
        owner: database.owner.clone(),
        service: database.service.clone(),
        listen: settings.listen,
        issuers,
        own_issuer: own_issuer.cloned(),
        founders: founders(identity, database.private.is_some()),
        public_url: identity.public_url.clone(),
        tls,
        cors_origins: settings.front.cors_origins.clone(),
        limits: settings.front.limits(),
        vault,
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
