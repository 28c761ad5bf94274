//! Instances of the service within the test: the same code as `alis serve`, on a database of the
//! test's own and a free port. Several on one database are several instances of one installation.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use alis::app::{self, Running, Settings};
use alis::capabilities::access::permissions::BootstrapOrganisations;
use alis::database::acting_as;
use alis::edge::FromText;
use alis::http::limits::Limits;
use alis::identifiers::OrganisationNumber;
use alis::identity::LocalIssuer;
use alis::identity::cast::{self, Scenario};
use alis::identity::issuer::{Issuer, Shape};
use alis::personal_data::Vault;
use alis::proof;
use alis::proof::note::Signer;
use alis::proof::sealer::Pace;
use serde_json::Value;
use tokio_postgres::Config;

use super::client::Client;
use super::overheard;
use super::postgres::{TestDatabase, fresh};

/// The key of the test instances' own issuer, the same for all of them.
pub const ISSUER_KEY: &str = "dGVzdHMgb25seTogMzIgYnl0ZXMgb2YgYSBzZWVkLi4=";
/// Seconds that a test's tokens are good.
const TOKEN_SECONDS: i64 = 3_600;

/// The issuer that test instances trust.
pub fn issuer() -> &'static LocalIssuer {
    static ISSUER: LazyLock<LocalIssuer> =
        LazyLock::new(|| LocalIssuer::new(ISSUER_KEY).expect("the key above fits"));
    &ISSUER
}

/// The token that test clients show unless told otherwise: whoever may record and see everything.
pub fn token() -> &'static str {
    static TOKEN: LazyLock<String> = LazyLock::new(|| token_as(Scenario::Loader));
    &TOKEN
}

/// A token for somebody of the cast.
pub fn token_as(scenario: Scenario) -> String {
    let (shape, claims) = scenario.claims();
    token_with(shape, &claims)
}

/// A token with claims of the test's own.
pub fn token_with(shape: Shape, claims: &Value) -> String {
    let now = alis::http::now().as_second();
    issuer().sign(shape, claims, now, TOKEN_SECONDS).expect("the key signs")
}
/// The master key of test databases, the same for all instances on one.
pub const MASTER_KEY: &str = "dGVzdHMgb25seTogMzIgYnl0ZXMgb2YgYSBrZXkuLi4=";

/// The key that test logs are sealed with.
pub const CHECKPOINT_KEY: &str = "dGVzdHMgb25seTogdGhlIGtleSBvZiBhIHNlYWwuLi4=";
/// How often test logs are sealed, so that no receipt is waited for longer.
const SEAL_INTERVAL: Duration = Duration::from_millis(50);

/// A running instance and its database.
pub struct Instance {
    pub running: Running,
    /// Dropped last: the database goes with its test.
    pub database: TestDatabase,
}

impl Instance {
    /// One instance on a fresh database.
    pub async fn start() -> Self {
        let database = fresh().await;
        let running = beside(&database.admin).await;
        Self { running, database }
    }

    /// One instance that trusts further issuers.
    pub async fn trusting(issuers: Vec<Issuer>) -> Self {
        let database = fresh().await;
        let settings = Settings { issuers, ..settings(&database.admin) };
        let running = app::start(settings).await.expect("the instance starts");
        Self { running, database }
    }

    /// One instance whose settings the test changes.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = fresh().await;
        let mut settings = settings(&database.admin);
        change(&mut settings);
        let running = app::start(settings).await.expect("the instance starts");
        Self { running, database }
    }

    /// Another instance on the same database.
    pub async fn another(&self) -> Running {
        beside(&self.database.admin).await
    }

    /// A client of this instance.
    pub fn client(&self) -> Client {
        Client::new(self.running.address)
    }

    /// Stops the instance in order.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

/// Starts an instance on a database.
pub async fn beside(admin: &Config) -> Running {
    try_beside(admin).await.expect("the instance starts")
}

/// How test logs are sealed: without an anchor.
pub fn sealing() -> proof::Settings {
    proof::Settings {
        signer: Arc::new(Signer::new(CHECKPOINT_KEY, Some("test.invalid/alis")).expect("it fits")),
        old_keys: vec![],
        anchor_file: None,
        anchor_url: None,
        pace: Pace { events: 1_000, interval: SEAL_INTERVAL },
    }
}

/// Who keeps the register of test instances, and who loads it.
fn bootstrap_organisations() -> BootstrapOrganisations {
    let number = |text| OrganisationNumber::from_text(text).ok();
    BootstrapOrganisations { register: number(cast::REGISTER), loader: number(cast::LOADER) }
}

/// Starts an instance on a database that may not answer.
pub async fn try_beside(admin: &Config) -> Result<Running, app::StartError> {
    app::start(settings(admin)).await
}

/// Starts an instance that seals in a way of its own.
pub async fn try_sealing(
    admin: &Config,
    proof: proof::Settings,
) -> Result<Running, app::StartError> {
    app::start(Settings { proof, ..settings(admin) }).await
}

/// What an instance on a database is started with.
pub fn settings(admin: &Config) -> Settings {
    overheard::listen();
    Settings {
        login: admin.clone(),
        service: acting_as(admin, "alis_service"),
        listen: ([127, 0, 0, 1], 0).into(),
        issuers: vec![],
        own_issuer: Some(issuer().clone()),
        bootstrap_organisations: bootstrap_organisations(),
        public_url: None,
        vault: Vault::new(MASTER_KEY, None).expect("the key above fits"),
        access_log_days: 1_825,
        person_years: None,
        tls: None,
        cors_origins: vec![],
        limits: Limits::default(),
        proof: sealing(),
        pool_size: 8,
        workers: 1,
        drain: Duration::from_secs(5),
    }
}
