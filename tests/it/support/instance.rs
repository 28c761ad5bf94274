//! Instances of the service within the test: the same code as `alis serve`, on a database of the
//! test's own and a free port. Several on one database are several instances of one installation.

use std::time::Duration;

use alis::app::{self, Running, Settings};
use alis::database::acting_as;
use alis::personal_data::Vault;
use tokio_postgres::Config;

use super::client::Client;
use super::postgres::{TestDatabase, fresh};

/// The token that test clients show.
pub const TOKEN: &str = "a-token-for-tests-only";
/// The master key of test databases, the same for all instances on one.
pub const MASTER_KEY: &str = "dGVzdHMgb25seTogMzIgYnl0ZXMgb2YgYSBrZXkuLi4=";

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

/// Starts an instance on a database that may not answer.
pub async fn try_beside(admin: &Config) -> Result<Running, app::StartError> {
    app::start(Settings {
        owner: admin.clone(),
        service: acting_as(admin, "alis_service"),
        listen: ([127, 0, 0, 1], 0).into(),
        token: TOKEN.to_owned(),
        vault: Vault::new(MASTER_KEY).expect("the key above fits"),
        pool_size: 8,
        workers: 1,
        drain: Duration::from_secs(5),
    })
    .await
}
