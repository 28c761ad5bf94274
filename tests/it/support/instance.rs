//! Instances of the service within the test: the same code as `alis serve`, on a database of the
//! test's own and a free port. Several on one database are several instances of one installation.

use std::sync::Arc;
use std::time::Duration;

use alis::app::{self, Running, Settings};
use alis::database::acting_as;
use alis::personal_data::Vault;
use alis::proof;
use alis::proof::note::Signer;
use alis::proof::sealer::Pace;
use tokio_postgres::Config;

use super::client::Client;
use super::postgres::{TestDatabase, fresh};

/// The token that test clients show.
pub const TOKEN: &str = "a-token-for-tests-only";
/// The master key of test databases, the same for all instances on one.
const MASTER_KEY: &str = "dGVzdHMgb25seTogMzIgYnl0ZXMgb2YgYSBrZXkuLi4=";

/// The key that test logs are sealed with.
const CHECKPOINT_KEY: &str = "dGVzdHMgb25seTogdGhlIGtleSBvZiBhIHNlYWwuLi4=";
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

/// Starts an instance on a database that may not answer.
pub async fn try_beside(admin: &Config) -> Result<Running, app::StartError> {
    try_sealing(admin, sealing()).await
}

/// Starts an instance that seals in a way of its own.
pub async fn try_sealing(
    admin: &Config,
    proof: proof::Settings,
) -> Result<Running, app::StartError> {
    app::start(Settings {
        owner: admin.clone(),
        service: acting_as(admin, "alis_service"),
        listen: ([127, 0, 0, 1], 0).into(),
        token: TOKEN.to_owned(),
        vault: Vault::new(MASTER_KEY).expect("the key above fits"),
        proof,
        pool_size: 8,
        workers: 1,
        drain: Duration::from_secs(5),
    })
    .await
}
