//! The stand: a durable private PostgreSQL and the service on it, as an operator would run it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

use alis::embedded_postgres::{self, Durability, EmbeddedPostgres, Settings};
use alis::identity::LocalIssuer;
use alis::identity::cast::{self, Scenario};
use anyhow::Context;
use tokio_postgres::{Client, NoTls};

/// Seconds that the token is good: longer than any run.
const TOKEN_SECONDS: i64 = 6 * 3_600;

/// The service's own issuer, made for this run.
static ISSUER: LazyLock<(String, LocalIssuer)> = LazyLock::new(|| {
    let key = LocalIssuer::generate_key();
    let issuer = LocalIssuer::new(&key).expect("the key was just made");
    (key, issuer)
});

/// The token of the benchmark: of whoever loads a register.
pub static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let (shape, claims) = Scenario::Loader.claims();
    let now = alis::http::now().as_second();
    ISSUER.1.sign(shape, &claims, now, TOKEN_SECONDS).expect("the key signs")
});

/// See the module.
pub struct Stand {
    pub postgres: EmbeddedPostgres,
    pub address: SocketAddr,
    service: Child,
    /// Kept open: the service would end when nobody takes what it prints.
    _prints: BufReader<std::process::ChildStdout>,
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
        std::fs::write(secrets.join("issuer"), &ISSUER.0)?;
        let key = alis::personal_data::Vault::generate_master_key();
        std::fs::write(secrets.join("key"), key)?;
        let socket = postgres.socket_dir().display().to_string().replace('/', "%2F");
        let mut service = Command::new(env!("CARGO_BIN_EXE_alis"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", format!("postgres://postgres@{socket}/postgres"))
            .env("ALIS_LOCAL_ISSUER_KEY_FILE", secrets.join("issuer"))
            .env("ALIS_REGISTER_ORGANISATION", cast::REGISTER)
            .env("ALIS_LOADER_ORGANISATION", cast::LOADER)
            .env("ALIS_MASTER_KEY_FILE", secrets.join("key"))
            .env("ALIS_CHECKPOINT_KEY_FILE", secrets.join("key"))
            .env("RUST_LOG", "warn")
            // What is measured is the service, not what it allows to one caller.
            .env("ALIS_REQUESTS_PER_SECOND", "1000000")
            .env("ALIS_REQUESTS_BURST", "1000000")
            .stdout(Stdio::piped())
            .spawn()?;
        let out = service.stdout.take().context("the service prints where it listens")?;
        let (mut prints, mut line) = (BufReader::new(out), String::new());
        prints.read_line(&mut line)?;
        let address = line.trim().rsplit('/').next().context("an address")?.parse()?;
        Ok(Self { postgres, address, service, _prints: prints, directory })
    }

    /// A connection with every right.
    pub async fn connect(&self) -> anyhow::Result<Client> {
        let (client, connection) = self.postgres.superuser().connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// CPU seconds used so far by the service, and by PostgreSQL as a whole.
    pub fn cpu_seconds(&self) -> anyhow::Result<(f64, f64)> {
        let service = stat(self.service.id())?.own;
        let mut postgres = 0.0;
        let root = self.postgres.pid();
        for entry in std::fs::read_dir("/proc")? {
            let Ok(id) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
            let Ok(found) = stat(id) else { continue };
            if id == root {
                postgres += found.own + found.children;
            } else if found.parent == root {
                postgres += found.own;
            }
        }
        Ok((service, postgres))
    }

    /// Memory that the service holds in RAM.
    pub fn resident_mib(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.service.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
        Ok(kib / 1024)
    }
}

/// What the system tells of a process; seconds of CPU, a hundredth at a time.
struct Stat {
    parent: u32,
    own: f64,
    /// Of its children that have ended.
    children: f64,
}

fn stat(id: u32) -> anyhow::Result<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let (_, rest) = text.rsplit_once(')').context("a name in brackets")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().map(|ticks| ticks / 100.0);
    let (own, children) = (ticks(11)? + ticks(12)?, ticks(13)? + ticks(14)?);
    Ok(Stat { parent: fields[1].parse()?, own, children })
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
