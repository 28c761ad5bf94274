//! What the service is compared with.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context, bail};
use deadpool_postgres::Pool;
use futures_util::TryStreamExt;

use crate::load::{self, Method, Request};
use crate::server::Stand;

/// Connections of the minimal service: enough for two threads, and the server has none to spare
/// while pgbench uses one a client.
const CONNECTIONS: u16 = 8;

/// What a row holds.
const PAYLOAD: &str = r#"{"position":"01890a5d-ac96-774b-bcce-b302099a8057","occupancy":"01890a5d-ac96-774b-bcce-b302099a8059","percent":100}"#;

/// Commits of one row each by pgbench, a second.
pub fn inserts_per_second(stand: &Stand, clients: usize, seconds: u64) -> anyhow::Result<f64> {
    let script = std::env::temp_dir().join(format!("alis-bench-{}.sql", std::process::id()));
    std::fs::write(&script, format!("insert into bench_insert (payload) values ('{PAYLOAD}');\n"))?;
    let psql = stand.postgres.psql();
    let pgbench = psql.split(' ').next().context("psql's path")?.replace("psql", "pgbench");
    let out = Command::new(pgbench)
        .args(["-n", "-M", "prepared", "-U", "postgres", "-h"])
        .arg(stand.postgres.socket_dir())
        .args(["-c", &clients.to_string(), "-j", "1", "-T", &seconds.to_string(), "-f"])
        .arg(&script)
        .arg("postgres")
        .output()
        .context("pgbench, from the package postgresql-contrib or postgresql")?;
    std::fs::remove_file(&script)?;
    let text = String::from_utf8_lossy(&out.stdout);
    let line = text.lines().find(|line| line.starts_with("tps = "));
    match line.and_then(|line| line.split_whitespace().nth(2)?.parse().ok()) {
        Some(rate) => Ok(rate),
        None => bail!("pgbench: {}", String::from_utf8_lossy(&out.stderr)),
    }
}

/// COPY of the event table to a client that throws it away.
pub async fn copy_events_per_second(stand: &Stand, events: u64) -> anyhow::Result<f64> {
    let client = stand.connect().await?;
    let started = Instant::now();
    let stream = client.copy_out("copy alis.event to stdout").await?;
    let mut stream = std::pin::pin!(stream);
    let mut bytes = 0;
    while let Some(chunk) = stream.try_next().await? {
        bytes += chunk.len();
    }
    anyhow::ensure!(bytes > 0, "nothing was copied");
    Ok(events as f64 / started.elapsed().as_secs_f64())
}

/// An actix-web service whose handlers do one prepared statement each: a SELECT by key, or the
/// INSERT that pgbench commits.
pub struct MinimalService {
    pub address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
}

impl MinimalService {
    /// Starts it beside the service, with as many threads.
    pub async fn start(stand: &Stand) -> anyhow::Result<Self> {
        let pool = alis::database::pool(&stand.postgres.superuser(), CONNECTIONS)?;
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(pool.clone()))
                .route("/row/{id}", web::get().to(row))
                .route("/rows", web::post().to(insert))
        })
        .workers(2)
        .disable_signals()
        .bind(("127.0.0.1", 0))?;
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { address, handle })
    }

    /// Stops it.
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn row(pool: web::Data<Pool>, id: web::Path<String>) -> HttpResponse {
    let found = async {
        let client = pool.get().await.ok()?;
        let statement =
            client.prepare_cached("select body from bench_row where id = $1").await.ok()?;
        let row = client.query_opt(&statement, &[&id.as_str()]).await.ok()??;
        row.try_get::<_, String>(0).ok()
    };
    match found.await {
        Some(body) => HttpResponse::Ok().content_type("application/json").body(body),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn insert(pool: web::Data<Pool>, body: String) -> HttpResponse {
    let recorded = async {
        let client = pool.get().await.ok()?;
        let sql = "insert into bench_insert (payload) values ($1::text::json)";
        let statement = client.prepare_cached(sql).await.ok()?;
        client.execute(&statement, &[&body]).await.ok()
    };
    match recorded.await {
        Some(_one) => HttpResponse::Created().finish(),
        None => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Rows that the minimal service takes, a second.
pub async fn posts_per_second(
    minimal: &MinimalService,
    clients: usize,
    seconds: u64,
) -> anyhow::Result<f64> {
    let requests = (0..200_000).map(|_| Request::new(Method::Post, "/rows", PAYLOAD)).collect();
    load::run(minimal.address, clients, seconds, requests, 201).await
}
