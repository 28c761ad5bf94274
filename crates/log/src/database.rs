//! Connections and migrations.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls::{self, TlsError};

mod embedded_migrations {
    refinery::embed_migrations!("../../migrations");
}

/// How long a connection may take to be made, unless the URL says so.
const CONNECT_SECONDS_MAX: u64 = 5;
/// A connection on which nothing comes back is given up after about this long; the system's own
/// patience is hours.
const SILENCE_SECONDS_MAX: u64 = 15;
/// How long a caller waits for a free connection.
const POOL_WAIT_SECONDS_MAX: u64 = 5;

/// What PostgreSQL takes for granted on the connections of a pool.
///
/// That a page here costs hardly more than the next one: with its own guess, of spinning disks, it
/// would rather collect and sort a whole table than walk an index to the end of a page of a list.
///
/// And that a prepared statement has one plan. Every statement here has an index for it, whatever
/// its values are; left to itself PostgreSQL would plan those that take arrays or ranges again and
/// again, at several times the cost of running them.
const PLANNING: &str = "-c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan";

/// Why the database could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("DATABASE_URL cannot be read: {0}")]
    Url(tokio_postgres::Error),
    #[error("the file {0} cannot be read: {1}")]
    File(String, std::io::Error),
    #[error("sslmode asks for TLS: ALIS_DATABASE_CA_FILE must name whom to trust")]
    NoAuthority,
    #[error("ALIS_DATABASE_CA_FILE is given, and sslmode=disable asks for no TLS")]
    Disabled,
    #[error("ALIS_DATABASE_CA_FILE")]
    Tls(#[from] TlsError),
    #[error("the database cannot be reached")]
    Connect(#[from] tokio_postgres::Error),
    #[error("the migrations failed")]
    Migrate(#[from] refinery::Error),
    #[error("the database refused the service, or its role (ALIS_DATABASE_ROLE)")]
    Role(#[source] tokio_postgres::Error),
    #[error(
        "the login of DATABASE_URL does not own the database's schema, which is not at version {0} as \
         this program needs it: run `alis migrate` of this program with the owner's DATABASE_URL"
    )]
    Older(i32),
    #[error("the database's schema is at version {0}, and this program knows versions up to {1}")]
    Newer(i32, i32),
    #[error("the pool cannot be made")]
    Pool(#[from] deadpool_postgres::BuildError),
}

/// The configuration behind `DATABASE_URL`, with a password if the URL holds none.
pub fn config_of(url: &str, password: Option<&str>) -> Result<Config, DatabaseError> {
    // The driver does not know these words. Here every TLS connection is verified by name.
    let url = url.replace("sslmode=verify-full", "sslmode=require");
    let url = url.replace("sslmode=verify-ca", "sslmode=require");
    let mut config: Config = url.parse().map_err(DatabaseError::Url)?;
    if let Some(password) = password {
        config.password(password);
    }
    config.application_name("alis");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(SILENCE_SECONDS_MAX));
    }
    config.keepalives_idle(Duration::from_secs(SILENCE_SECONDS_MAX));
    Ok(config)
}

/// Whom connections by TLS trust. A process has one database, and all its connections come here.
static AUTHORITIES: OnceLock<rustls::ClientConfig> = OnceLock::new();

/// Settles how the database is spoken to: by TLS, verified by these authorities, when they are
/// given; in the clear otherwise. There is nothing between, such as TLS with just anybody.
///
/// # Errors
/// When the URL asks for the other, or the file holds no authorities.
pub fn trust(config: &mut Config, authorities: Option<&Path>) -> Result<(), DatabaseError> {
    let mode = config.get_ssl_mode();
    let Some(path) = authorities else {
        return if mode == SslMode::Require { Err(DatabaseError::NoAuthority) } else { Ok(()) };
    };
    if mode == SslMode::Disable {
        return Err(DatabaseError::Disabled);
    }
    config.ssl_mode(SslMode::Require);
    // A second call names the same file: the settings are read once.
    AUTHORITIES.get_or_init({
        let client = tls::client(Some(path))?;
        || client
    });
    Ok(())
}

/// What a connection needs: TLS is either required, and then verified, or not tried.
fn secured(config: &Config) -> (Config, MakeRustlsConnect) {
    let mut config = config.clone();
    if config.get_ssl_mode() != SslMode::Require {
        config.ssl_mode(SslMode::Disable);
    }
    let nobody = || tls::client(None).expect("no file is read, and ring speaks every version");
    let client = AUTHORITIES.get().cloned().unwrap_or_else(nobody);
    (config, MakeRustlsConnect::new(client))
}

/// What drives a connection.
pub type Driver = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Opens a connection, as [`trust`] settled it.
///
/// # Errors
/// When the server does not answer, cannot prove who it is, or refuses.
pub async fn connect(config: &Config) -> Result<(Client, Driver), tokio_postgres::Error> {
    let (config, tls) = secured(config);
    config.connect(tls).await
}

/// The trimmed text of a file that holds a secret.
pub fn read_secret(path: &Path) -> Result<String, DatabaseError> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| DatabaseError::File(path.display().to_string(), error))?;
    Ok(text.trim().to_owned())
}

/// Brings the schema up to date. Several instances may do this at once: one waits for the other.
pub async fn migrate(config: &Config) -> Result<usize, DatabaseError> {
    let (mut client, connection) = connect(config).await?;
    let driver = tokio::spawn(connection);
    // Held until the connection closes; refinery's own table does not keep two instances apart.
    client.batch_execute("select pg_advisory_lock(4242, 1)").await?;
    let report = embedded_migrations::migrations::runner().run_async(&mut client).await?;
    drop(client);
    drop(driver.await);
    Ok(report.applied_migrations().len())
}

/// Settles that the schema is this program's: `login` migrates what it owns or may make; otherwise
/// somebody else does, and `service` only asks whether it was done.
///
/// # Errors
/// When it was not done, or cannot be.
pub async fn settle_schema(login: &Config, service: &Config) -> Result<(), DatabaseError> {
    let (client, connection) = connect(login).await?;
    let driver = tokio::spawn(connection);
    let row = client.query_one(include_str!("database/may_migrate.sql"), &[]).await?;
    let may_migrate: bool = row.try_get(0)?;
    drop(client);
    drop(driver.await);
    if may_migrate {
        return migrate(login).await.map(|_count| ());
    }
    let needed = embedded_migrations::migrations::runner();
    let needed = needed.get_migrations().iter().map(refinery::Migration::version).max();
    let needed = needed.unwrap_or(0);
    match schema_version(service).await? {
        found if found < needed => Err(DatabaseError::Older(needed)),
        found if found > needed => Err(DatabaseError::Newer(found, needed)),
        _same => Ok(()),
    }
}

/// The version of the schema, as far as the service is told; 0 when it is told nothing, because the
/// schema is older than its right to ask, or not there.
async fn schema_version(service: &Config) -> Result<i32, DatabaseError> {
    let (client, connection) = connect(service).await.map_err(DatabaseError::Role)?;
    let driver = tokio::spawn(connection);
    let answer = client.query_one(include_str!("database/schema_version.sql"), &[]).await;
    drop(client);
    drop(driver.await);
    match answer {
        Ok(row) => Ok(row.try_get(0)?),
        Err(error) => match error.code() {
            Some(&SqlState::UNDEFINED_TABLE | &SqlState::INSUFFICIENT_PRIVILEGE) => Ok(0),
            Some(_) | None => Err(error.into()),
        },
    }
}

/// The same connection, acting as `role` unless the user is that role already.
pub fn acting_as(config: &Config, role: &str) -> Config {
    let mut config = config.clone();
    if config.get_user() != Some(role) {
        config.options(format!("-c role={role}"));
    }
    config
}

/// A pool for reading and for the read models.
pub fn pool(config: &Config, size: u16) -> Result<Pool, DatabaseError> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let mut config = config.clone();
    let options = format!("{} {PLANNING}", config.get_options().unwrap_or_default());
    config.options(options.trim_start());
    let (config, tls) = secured(&config);
    let manager = Manager::from_config(config, tls, recycling);
    let timeout = Some(Duration::from_secs(POOL_WAIT_SECONDS_MAX));
    Ok(Pool::builder(manager)
        .max_size(usize::from(size))
        // The connection used last has its plans and its caches warm.
        .queue_mode(QueueMode::Lifo)
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .wait_timeout(timeout)
        .create_timeout(timeout)
        .build()?)
}
