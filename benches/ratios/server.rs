//! The stand: a durable private PostgreSQL and the service on it, as an operator would run it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use alis::embedded_postgres::{self, Durability, EmbeddedPostgres, Settings};
use anyhow::Context;
use tokio_postgres::{Client, NoTls};

/// The token of the benchmark.
pub const TOKEN: &str = "a-token-for-benchmarks";

/// See the module.
pub struct Stand {
    pub postgres: EmbeddedPostgres,
    pub address: SocketAddr,
    service: Child,
    directory: PathBuf,
}

impl Stand {
    /// Starts both on fresh data.
    pub async fn start() -> anyhow::Result<Self> {
        let directory = std::env::temp_dir().join(format!("alis-bench-{}", std::process::id()));
        let asked = Settings { data_dir: directory.join("data"), durability: Durability::Durable };
        let postgres =
            tokio::task::spawn_blocking(move || embedded_postgres::start(&asked)).await??;
        let secrets = directory.join("secrets");
        std::fs::create_dir_all(&secrets)?;
        std::fs::write(secrets.join("token"), TOKEN)?;
        let key = alis::personal_data::Vault::generate_master_key();
        std::fs::write(secrets.join("key"), key)?;
        let socket = postgres.socket_dir().display().to_string().replace('/', "%2F");
        let mut service = Command::new(env!("CARGO_BIN_EXE_alis"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", format!("postgres://postgres@{socket}/postgres"))
            .env("ALIS_TOKEN_FILE", secrets.join("token"))
            .env("ALIS_MASTER_KEY_FILE", secrets.join("key"))
            .env("RUST_LOG", "warn")
            // What is measured is the service, not what it allows to one caller.
            .env("ALIS_REQUESTS_PER_SECOND", "1000000")
            .env("ALIS_REQUESTS_BURST", "1000000")
            .stdout(Stdio::piped())
            .spawn()?;
        let out = service.stdout.take().context("the service prints where it listens")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().rsplit('/').next().context("an address")?.parse()?;
        Ok(Self { postgres, address, service, directory })
    }

    /// A connection with every right.
    pub async fn connect(&self) -> anyhow::Result<Client> {
        let (client, connection) = self.postgres.superuser().connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Memory that the service holds in RAM.
    pub fn resident_mib(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.service.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
        Ok(kib / 1024)
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        // The service is a child of ours and holds nothing that outlives it.
        drop(self.service.kill());
        drop(self.service.wait());
        drop(std::fs::remove_dir_all(self.directory.join("secrets")));
    }
}

/// How long a rebuild takes, by the program's own means.
pub async fn rebuild_seconds(stand: &Stand, name: &str) -> anyhow::Result<f64> {
    use alis::event_log::{DEFAULT_LOG, rebuild};
    let config = alis::database::acting_as(&stand.postgres.superuser(), "alis_service");
    let pool = alis::database::pool(&config, 4)?;
    let all = alis::app::projections();
    let projection = all.iter().find(|p| p.name() == name).context("the read model")?;
    let started = Instant::now();
    rebuild::rebuild(&pool, DEFAULT_LOG, projection.as_ref(), &|_count| {}).await?;
    Ok(started.elapsed().as_secs_f64())
}
