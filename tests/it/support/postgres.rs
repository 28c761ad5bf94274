//! The databases of the tests: one throwaway cluster a run, one database a test.
//!
//! `TEST_DATABASE_URL` names a server to use instead, by a role that may create databases; only
//! one run at a time may use it, because the template's name is fixed.

use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use alis::embedded_postgres::{self, Durability, EmbeddedPostgres, Settings};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::{OnceCell, Semaphore};
use tokio_postgres::{Client, Config, NoTls};

use super::scratch::{self, Scratch};

const TEMPLATE: &str = "alis_template";
/// Sweeping an external server goes by this prefix.
const PREFIX: &str = "alis_test_";
/// PostgreSQL cuts longer names off.
const NAME_BYTES_MAX: usize = 63;
/// More copies at once only wait for each other's checkpoints.
const COPIES_AT_ONCE_MAX: usize = 4;

/// How often, and how many times, to look whether a database's connections are gone.
const CLOSING_LOOK: Duration = Duration::from_millis(1);
const CLOSING_LOOKS_MAX: u32 = 50;

static SERVER: OnceCell<Server> = OnceCell::const_new();
static COPIES: Semaphore = Semaphore::const_new(COPIES_AT_ONCE_MAX);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The server that this run's databases are on.
struct Server {
    maintenance: Config,
    /// Nothing when the server is somebody else's.
    own: Option<Own>,
}

struct Own {
    /// Never dropped, as every static: the server ends with the process.
    _postgres: EmbeddedPostgres,
    scratch: Scratch,
}

/// Fills the template that every test's database is a copy of. Runs once a run. Must have closed
/// its connections when it returns.
async fn prepare_template(config: Config) {
    alis::database::migrate(&config).await.expect("the migrations run");
}

/// A database of one test's own. It is dropped with the value, and kept when the test fails.
#[derive(Debug)]
pub struct TestDatabase {
    /// How to connect to it with every right.
    pub admin: Config,
    name: String,
    maintenance: Config,
    scratch: Option<&'static Scratch>,
}

/// Makes a database that is migrated and holds nothing.
pub async fn fresh() -> TestDatabase {
    copy_of(TEMPLATE).await
}

/// Makes a database without any table.
pub async fn empty() -> TestDatabase {
    copy_of("template0").await
}

async fn copy_of(template: &str) -> TestDatabase {
    let server = SERVER.get_or_init(Server::start).await;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = database_name(number, thread::current().name().unwrap_or_default());
    let _permit = COPIES.acquire().await.expect("the semaphore is never closed");
    let client = connect(&server.maintenance).await;
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY");
    client.batch_execute(&sql).await.expect("the template can be copied");
    TestDatabase {
        admin: with_database(&server.maintenance, &name),
        name,
        maintenance: server.maintenance.clone(),
        scratch: server.own.as_ref().map(|own| &own.scratch),
    }
}

impl TestDatabase {
    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection with every right, driven until the runtime of the test ends.
    pub async fn connect(&self) -> Client {
        connect(&self.admin).await
    }

    /// What is notified on the log's channel, for as long as the client is kept.
    pub async fn connect_listening(&self) -> (Client, UnboundedReceiver<String>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let (client, mut connection) = self.admin.connect(NoTls).await.expect("it answers");
        tokio::spawn(async move {
            let messages =
                futures_util::stream::poll_fn(|context| connection.poll_message(context));
            let mut messages = std::pin::pin!(messages);
            while let Some(Ok(message)) = futures_util::StreamExt::next(&mut messages).await {
                if let tokio_postgres::AsyncMessage::Notification(note) = message
                    && sender.send(note.payload().to_owned()).is_err()
                {
                    return;
                }
            }
        });
        client.batch_execute("listen alis_log").await.expect("everybody may listen");
        (client, receiver)
    }

    fn keep(&self) {
        let name = &self.name;
        match self.scratch {
            None => eprintln!("the test failed; its database {name} is kept"),
            Some(scratch) => {
                scratch.keep();
                let data_dir = scratch.data_dir();
                eprintln!(
                    "the test failed; its database {name} is kept until a later run. To look into \
                     it when this run is over: cargo run -- postgres --data-dir {}",
                    data_dir.display()
                );
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if thread::panicking() {
            self.keep();
            return;
        }
        // A thread, because the test's own runtime cannot be waited for from within itself.
        let (maintenance, name) = (self.maintenance.clone(), self.name.clone());
        let dropping = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a small runtime can be made").block_on(async {
                drop_database(&connect(&maintenance).await, &name).await;
            });
        });
        if dropping.join().is_err() {
            eprintln!("the database {} was not dropped", self.name);
        }
    }
}

/// Drops a database that may still have connections: those of the test that is just ending.
async fn drop_database(client: &Client, name: &str) {
    // PostgreSQL can end them itself, but then looks only every 100 ms whether they are gone.
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    for _ in 0..CLOSING_LOOKS_MAX {
        if client.query(sql, &[&name]).await.expect("connections can be ended").is_empty() {
            break;
        }
        tokio::time::sleep(CLOSING_LOOK).await;
    }
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    client.batch_execute(&sql).await.expect("the test's database can be dropped");
}

impl Server {
    async fn start() -> Server {
        #[expect(clippy::disallowed_methods, reason = "a setting of the tests, not the service's")]
        let given = env::var("TEST_DATABASE_URL");
        let server = match given {
            Ok(url) => {
                let maintenance = url.parse().expect("TEST_DATABASE_URL is a connection string");
                Server { maintenance, own: None }
            }
            Err(_) => tokio::task::spawn_blocking(Server::start_own)
                .await
                .expect("the test cluster starts"),
        };
        server.make_template().await;
        server
    }

    fn start_own() -> Server {
        scratch::sweep();
        let scratch = Scratch::fast();
        let postgres = start(scratch.data_dir(), Durability::Throwaway);
        let maintenance = postgres.superuser();
        Server { maintenance, own: Some(Own { _postgres: postgres, scratch }) }
    }

    async fn make_template(&self) {
        let client = connect(&self.maintenance).await;
        let run = async |sql: String| {
            client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        };
        if self.own.is_none() {
            let sql = "SELECT datname FROM pg_database WHERE starts_with(datname, $1)";
            let left = client.query(sql, &[&PREFIX]).await.expect("databases can be listed");
            for row in left {
                run(format!("DROP DATABASE {} WITH (FORCE)", row.get::<_, String>(0))).await;
            }
            let sql = "SELECT 1 FROM pg_database WHERE datname = $1";
            let old = client.query_opt(sql, &[&TEMPLATE]).await.expect("databases can be listed");
            if old.is_some() {
                run(format!("ALTER DATABASE {TEMPLATE} IS_TEMPLATE false")).await;
                run(format!("DROP DATABASE {TEMPLATE} WITH (FORCE)")).await;
            }
        }
        run(format!("CREATE DATABASE {TEMPLATE}")).await;
        prepare_template(with_database(&self.maintenance, TEMPLATE)).await;
        run(format!("ALTER DATABASE {TEMPLATE} IS_TEMPLATE true ALLOW_CONNECTIONS false")).await;
    }
}

/// A durable cluster of one test's own, for tests that kill their PostgreSQL.
#[derive(Debug)]
pub struct OwnCluster {
    // Before the directory, so that the server has stopped when its files go.
    postgres: Option<EmbeddedPostgres>,
    scratch: Scratch,
}

/// Starts a durable cluster of the test's own. Blocks for about a second.
pub fn throwaway_cluster() -> OwnCluster {
    cluster_in(Scratch::fast())
}

/// The same on the disk, where a commit costs what it costs a real one.
pub fn cluster_on_disk() -> OwnCluster {
    cluster_in(Scratch::on_disk())
}

fn cluster_in(scratch: Scratch) -> OwnCluster {
    let postgres = start(scratch.data_dir(), Durability::Durable);
    OwnCluster { postgres: Some(postgres), scratch }
}

impl OwnCluster {
    /// The running server.
    pub fn server(&self) -> &EmbeddedPostgres {
        self.postgres.as_ref().expect("it is only empty within start_again")
    }

    /// Kills the server as a power cut would: nothing is written, nobody is told.
    pub fn kill(&self) {
        let pid = i32::try_from(self.server().pid()).expect("process ids fit in an i32");
        kill(Pid::from_raw(pid), Signal::SIGKILL).expect("the server runs");
    }

    /// Starts the server again on the same data.
    pub fn start_again(&mut self) {
        // The old one first: it holds the directory's lock.
        drop(self.postgres.take());
        self.postgres = Some(start(self.scratch.data_dir(), Durability::Durable));
    }
}

fn start(data_dir: PathBuf, durability: Durability) -> EmbeddedPostgres {
    let settings = Settings { data_dir, durability };
    embedded_postgres::start(&settings).unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

/// Connects, and drives the connection for as long as the current runtime lives.
pub async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
    tokio::spawn(async move {
        // Its end is no news: tests that break connections on purpose see it in their queries.
        drop(connection.await);
    });
    client
}

fn with_database(config: &Config, name: &str) -> Config {
    let mut config = config.clone();
    config.dbname(name);
    config
}

/// A name that tells which test it was, and needs no quotes.
fn database_name(number: u32, test: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }
    };
    let test = test.rsplit("::").next().unwrap_or_default();
    let mut name: String = format!("{PREFIX}{number}_{test}").chars().map(plain).collect();
    name.truncate(NAME_BYTES_MAX);
    name
}
