//! What sealing costs: events sealed a second against COPY of the same rows, writers with a sealer
//! beside them against writers without, and how long an event waits for its seal meanwhile.
//!
//! `ALIS_BENCH_QUICK=1` only shows that the program works.

#![expect(clippy::print_stdout, reason = "it prints its report")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use alis::aggregate::{NewFact, Subject};
use alis::database;
use alis::embedded_postgres::{self, Durability, EmbeddedPostgres, Settings};
use alis::event_log::append::AppendCommand;
use alis::event_log::combiner::Combiner;
use alis::event_log::{DEFAULT_LOG, listener};
use alis::proof::note::Signer;
use alis::proof::sealer::{Pace, Sealer};
use futures_util::TryStreamExt;
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Clients that write at once.
const WRITERS: usize = 64;
/// The pace of the service.
const PACE: Pace = Pace { events: 10_000, interval: Duration::from_secs(2) };

/// How much is measured.
struct Scale {
    /// Events in the log before anything is sealed.
    events: u64,
    rounds: usize,
    seconds: u64,
}

fn main() -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the benchmark")]
    let quick = std::env::var("ALIS_BENCH_QUICK").is_ok();
    let scale = if quick {
        Scale { events: 20_000, rounds: 1, seconds: 2 }
    } else {
        Scale { events: 300_000, rounds: 5, seconds: 10 }
    };
    tokio::runtime::Runtime::new()?.block_on(run(scale))
}

/// A durable server of the benchmark's own.
struct Stand {
    postgres: EmbeddedPostgres,
    directory: std::path::PathBuf,
}

impl Stand {
    async fn start() -> anyhow::Result<Self> {
        let directory =
            std::env::temp_dir().join(format!("alis-bench-seal-{}", std::process::id()));
        let asked = Settings { data_dir: directory.join("data"), durability: Durability::Durable };
        let postgres =
            tokio::task::spawn_blocking(move || embedded_postgres::start(&asked)).await??;
        database::migrate(&postgres.superuser()).await?;
        Ok(Self { postgres, directory })
    }

    async fn connect(&self) -> anyhow::Result<Client> {
        let (client, connection) = self.postgres.superuser().connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn service(&self) -> Config {
        database::acting_as(&self.postgres.superuser(), "alis_service")
    }

    fn sealer(&self) -> anyhow::Result<Sealer> {
        let signer = Arc::new(Signer::new(&Signer::generate_secret(), Some("bench.invalid/alis"))?);
        let keys = Arc::new([signer.verifier().clone()]);
        let pool = database::pool(&self.service(), 2)?;
        Ok(Sealer { pool, log: DEFAULT_LOG, signer, keys, anchor: None })
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

async fn run(scale: Scale) -> anyhow::Result<()> {
    let stand = Stand::start().await?;
    let client = stand.connect().await?;
    fill(&client, scale.events).await?;
    let copied = copy(&client).await?;
    let copied = scale.events as f64 / copied.as_secs_f64();
    let sealer = stand.sealer()?;
    let started = Instant::now();
    sealer.seal_all().await?;
    let sealed = scale.events as f64 / started.elapsed().as_secs_f64();
    println!(
        "sealing what is there: ratio {:.2}; {sealed:.0} events with their commands a second \
         ({:.1} us each), COPY of both tables {copied:.0} a second",
        sealed / copied,
        1e6 / sealed
    );
    bytes(&client, scale.events).await?;
    let mut ratios = Vec::new();
    for _ in 0..scale.rounds {
        let alone = write(&stand, scale.seconds).await?;
        let before: i64 =
            client.query_one("select size from alis.proof where log = 1", &[]).await?.get(0);
        let stop = CancellationToken::new();
        let head = listener::follow(stand.service(), DEFAULT_LOG, stop.clone()).await?;
        let sealing = tokio::spawn(again(&sealer).run(PACE, head, stop.clone()));
        let beside = write(&stand, scale.seconds).await?;
        tokio::time::sleep(PACE.interval + Duration::from_secs(1)).await;
        stop.cancel();
        sealing.await?;
        println!("writers: {beside:.0} a second beside the sealer, {alone:.0} alone");
        lag(&client, before).await?;
        ratios.push(beside / alone);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "writers beside the sealer against writers alone: ratio {:.2} ({:.2}..{:.2})",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1]
    );
    Ok(())
}

/// The same sealer for another task.
fn again(sealer: &Sealer) -> Sealer {
    Sealer {
        pool: sealer.pool.clone(),
        log: sealer.log,
        signer: sealer.signer.clone(),
        keys: sealer.keys.clone(),
        anchor: None,
    }
}

/// Events of the usual size, and their commands, behind the service's back.
async fn fill(client: &Client, events: u64) -> anyhow::Result<()> {
    let sql = format!(
        "insert into alis.event select 1, n, gen_random_uuid(), 'position.filled.v1', 1,
           '2026-01-01'::timestamptz + n * interval '1 millisecond', '2020-01-01', '5401',
           array['position:' || gen_random_uuid(), 'trainee:' || gen_random_uuid()],
           json_build_object('position', gen_random_uuid(), 'occupancy', gen_random_uuid(),
             'trainee', gen_random_uuid(), 'percent', 100, 'from', '2020-02-01'),
           json_build_object('actor', json_build_object('kind', 'shared_token', 'id', 'shared'),
             'request', gen_random_uuid(), 'command', 'shared:' || gen_random_uuid())
         from generate_series(1, {events}) n;
         insert into alis.command select 1, 'shared:' || gen_random_uuid(), sha256('x'), n,
           json_build_object('status', 201, 'location', '/v1/positions/' || gen_random_uuid(),
             'body', json_build_object('id', gen_random_uuid(), 'position', gen_random_uuid(),
               'trainee', gen_random_uuid(), 'percent', 100, 'from', '2020-02-01', 'to', null)),
           '2026-01-01'::timestamptz + n * interval '1 millisecond'
         from generate_series(1, {events}) n;
         update alis.log set head = {events},
           recorded_at = '2026-01-01'::timestamptz + {events} * interval '1 millisecond';
         vacuum analyze alis.event; vacuum analyze alis.command"
    );
    for statement in sql.split(';') {
        client.batch_execute(statement).await?;
    }
    Ok(())
}

/// How long it takes to read both tables as fast as PostgreSQL hands them out.
async fn copy(client: &Client) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for table in ["alis.event", "alis.command"] {
        let stream = client.copy_out(&format!("copy {table} to stdout")).await?;
        let mut stream = std::pin::pin!(stream);
        while stream.try_next().await?.is_some() {}
    }
    Ok(started.elapsed())
}

/// What the trees take up, beside what they are of.
async fn bytes(client: &Client, events: u64) -> anyhow::Result<()> {
    let sql = "select pg_total_relation_size('alis.proof_run'),
                      pg_total_relation_size('alis.event')
                        + pg_total_relation_size('alis.command')";
    let row = client.query_one(sql, &[]).await?;
    let (trees, tables): (i64, i64) = (row.get(0), row.get(1));
    let each = |bytes: i64| bytes as f64 / events as f64;
    println!(
        "trees: {:.0} bytes an event, of {:.0} for event and command",
        each(trees),
        each(tables)
    );
    Ok(())
}

/// Commands recorded a second by many writers at once.
async fn write(stand: &Stand, seconds: u64) -> anyhow::Result<f64> {
    let combiner = Combiner::start(stand.service(), DEFAULT_LOG).await?;
    let (started, limit) = (Instant::now(), Duration::from_secs(seconds));
    let writers = (0..WRITERS).map(|_| {
        let combiner = combiner.clone();
        tokio::spawn(async move {
            let mut count = 0_u64;
            while started.elapsed() < limit {
                combiner.append(command()).await?;
                count += 1;
            }
            anyhow::Ok(count)
        })
    });
    let mut count = 0;
    for writer in writers.collect::<Vec<_>>() {
        count += writer.await??;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

fn command() -> AppendCommand {
    let id = Uuid::now_v7();
    let subject = Subject::new("position", id);
    let key = format!("shared:{id}");
    AppendCommand {
        meta: serde_json::json!({ "actor": "bench", "command": key }).to_string(),
        key,
        fingerprint: vec![0; 32],
        reply: serde_json::json!({ "status": 201, "body": { "id": id } }).to_string(),
        guards: vec![(subject.clone(), 0)],
        facts: vec![NewFact {
            id,
            kind: "position.established.v1",
            effective_from: jiff::civil::date(2020, 1, 1),
            municipality: Some("5401".to_owned()),
            subjects: vec![subject, Subject::new("municipality", Uuid::now_v7())],
            payload: serde_json::json!({ "position": id, "percent": 100 }).to_string(),
        }],
        person_keys: vec![],
    }
}

/// How long the oldest event of each checkpoint had waited for it.
async fn lag(client: &Client, after: i64) -> anyhow::Result<()> {
    let sql = "select count(*), coalesce(percentile_disc(0.5) within group (order by waited), 0),
                      coalesce(max(waited), 0), coalesce(max(size - before), 0)
               from (select c.size, b.size as before,
                            extract(epoch from c.at - e.recorded_at)::float8 as waited
                     from alis.checkpoint c
                     join lateral (select max(b.size) as size from alis.checkpoint b
                                   where b.log = 1 and b.size < c.size) b on true
                     join alis.event e on e.log = 1 and e.position = b.size + 1
                     where c.log = 1 and b.size > $1) w";
    let row = client.query_one(sql, &[&after]).await?;
    let (count, middle, most, events): (i64, f64, f64, i64) =
        (row.get(0), row.get(1), row.get(2), row.get(3));
    println!(
        "seal: the oldest event of a checkpoint had waited {middle:.1} s, at most {most:.1} s; \
         {count} checkpoints of up to {events} events"
    );
    Ok(())
}
