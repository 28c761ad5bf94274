//! Compares, in one run on one server, what the service does with what it cannot beat or must not
//! lose to. Prints ratios with minimum, median and maximum; `benches/README.md` keeps them.
//!
//! Needs `pgbench` beside the PostgreSQL binaries. `ALIS_BENCH_QUICK=1` runs a small version that
//! shows only that everything works.

#![expect(clippy::print_stdout, reason = "this program is run to read what it prints")]

mod load;
mod peer;
mod seed;
mod server;

use std::time::Instant;

use load::Method;
use server::Stand;

/// How much one run does.
pub struct Scale {
    /// Seconds of one measurement.
    pub seconds: u64,
    /// Measurements of a kind; an odd number has a median.
    pub rounds: usize,
    /// Pairs of a position and a trainee that commands can use up.
    pub pairs: u64,
    /// Events in the log for the feed and the rebuild.
    pub events: u64,
}

fn scale() -> Scale {
    #[expect(clippy::disallowed_methods, reason = "a setting of the benchmark, not the service's")]
    let quick = std::env::var("ALIS_BENCH_QUICK").is_ok();
    if quick {
        Scale { seconds: 1, rounds: 1, pairs: 20_000, events: 20_000 }
    } else {
        Scale { seconds: 5, rounds: 3, pairs: 500_000, events: 1_000_000 }
    }
}

fn main() -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(scale()))
}

async fn run(scale: Scale) -> anyhow::Result<()> {
    // Parts named on the command line, or all of them.
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|name| name == part);
    let mut stand = Stand::start().await?;
    println!("idle: {} MiB resident", stand.resident_mib()?);
    let pairs = seed::pairs(&stand, scale.pairs).await?;
    if wanted("commands") {
        seed::settle(&stand).await?;
        commands(&stand, &scale, pairs).await?;
    }
    if wanted("reads") {
        seed::settle(&stand).await?;
        reads(&stand, &scale).await?;
    }
    if wanted("feed") {
        seed::fill_log(&stand, scale.events).await?;
        seed::settle(&stand).await?;
        feed(&stand, &scale).await?;
    }
    if wanted("rebuild") {
        seed::fill_log(&stand, scale.events).await?;
        seed::settle(&stand).await?;
        rebuild(&mut stand, &scale).await?;
    }
    Ok(())
}

/// Acknowledged commands against single-row INSERT commits, at the same concurrency.
async fn commands(stand: &Stand, scale: &Scale, pairs: Vec<seed::Pair>) -> anyhow::Result<()> {
    let mut pairs = pairs.into_iter();
    let minimal = peer::MinimalService::start(stand).await?;
    for clients in [1, 16, 64] {
        let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
        let (mut posts, mut of_posts) = (vec![], vec![]);
        let mut cost = None;
        for _ in 0..scale.rounds {
            let insert = peer::inserts_per_second(stand, clients, scale.seconds)?;
            let budget = usize::try_from(scale.pairs)? / 12;
            let requests: Vec<load::Request> =
                pairs.by_ref().take(budget).map(|pair| pair.fill()).collect();
            let before = stand.cpu_seconds()?;
            let filled = load::run(stand.address, clients, scale.seconds, requests, 201).await?;
            cost = Some(recorded(before, stand.cpu_seconds()?, filled * scale.seconds as f64));
            ours.push(filled);
            theirs.push(insert);
            ratios.push(filled / insert);
            let post = peer::posts_per_second(&minimal, clients, scale.seconds).await?;
            posts.push(post);
            of_posts.push(filled / post);
        }
        let what = format!("commands, {clients} clients");
        report(&what, "single-row INSERT", &ours, &theirs, &ratios, cost);
        report(&what, "minimal POST of a row", &ours, &posts, &of_posts, None);
    }
    minimal.stop().await;
    let budget = usize::try_from(scale.pairs)? / 12;
    let requests: Vec<load::Request> =
        pairs.by_ref().take(budget).map(|pair| pair.fill()).collect();
    load::run(stand.address, 256, scale.seconds, requests, 201).await?;
    println!("under load at 256 clients: {} MiB resident", stand.resident_mib()?);
    Ok(())
}

/// One position by id against a minimal handler with one prepared SELECT by key.
async fn reads(stand: &Stand, scale: &Scale) -> anyhow::Result<()> {
    let minimal = peer::MinimalService::start(stand).await?;
    let ids = seed::some_positions(stand, 1_000).await?;
    for clients in [1, 16, 64] {
        let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
        let mut cost = None;
        for _ in 0..scale.rounds {
            let gets = |path: &str| -> Vec<load::Request> {
                let paths = ids.iter().cycle().take(200_000);
                paths
                    .map(|id| load::Request::new(Method::Get, &format!("{path}/{id}"), ""))
                    .collect()
            };
            let bare =
                load::run(minimal.address, clients, scale.seconds, gets("/row"), 200).await?;
            let before = stand.cpu_seconds()?;
            let position =
                load::run(stand.address, clients, scale.seconds, gets("/v1/positions"), 200)
                    .await?;
            cost = Some(recorded(before, stand.cpu_seconds()?, position * scale.seconds as f64));
            ours.push(position);
            theirs.push(bare);
            ratios.push(position / bare);
        }
        report(
            &format!("one position, {clients} clients"),
            "minimal SELECT",
            &ours,
            &theirs,
            &ratios,
            cost,
        );
    }
    minimal.stop().await;
    Ok(())
}

/// The whole feed as NDJSON against COPY of the table.
async fn feed(stand: &Stand, scale: &Scale) -> anyhow::Result<()> {
    let events = seed::head(stand).await?;
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    let mut cost = None;
    for _ in 0..scale.rounds {
        let copied = peer::copy_events_per_second(stand, events).await?;
        let started = Instant::now();
        let before = stand.cpu_seconds()?;
        let read = load::follow_feed(stand.address).await?;
        anyhow::ensure!(read == events, "the feed told {read} of {events} events");
        let fed = read as f64 / started.elapsed().as_secs_f64();
        cost = Some(recorded(before, stand.cpu_seconds()?, read as f64));
        ours.push(fed);
        theirs.push(copied);
        ratios.push(fed / copied);
    }
    report("feed as NDJSON, events", "COPY of the table", &ours, &theirs, &ratios, cost);
    Ok(())
}

/// A rebuild of the positions against COPY of the table.
async fn rebuild(stand: &mut Stand, scale: &Scale) -> anyhow::Result<()> {
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    for _ in 0..scale.rounds {
        let events = seed::head(stand).await?;
        let copied = peer::copy_events_per_second(stand, events).await?;
        let seconds = server::rebuild_seconds(stand, "positions").await?;
        let rebuilt = events as f64 / seconds;
        ours.push(rebuilt);
        theirs.push(copied);
        ratios.push(rebuilt / copied);
    }
    report("rebuild of positions, events", "COPY of the table", &ours, &theirs, &ratios, None);
    Ok(())
}

/// What one operation costs in microseconds of CPU.
fn recorded(before: (f64, f64), after: (f64, f64), operations: f64) -> String {
    let each = |before: f64, after: f64| (after - before) * 1e6 / operations;
    format!(
        "; CPU: service {:.1} us, PostgreSQL {:.1} us each",
        each(before.0, after.0),
        each(before.1, after.1)
    )
}

fn report(
    what: &str,
    peer: &str,
    ours: &[f64],
    theirs: &[f64],
    ratios: &[f64],
    cost: Option<String>,
) {
    let [low, middle, high] = spread(ratios);
    println!(
        "{what}: ratio {middle:.2} ({low:.2}..{high:.2}); {:.0} a second, {peer} {:.0} a second{}",
        spread(ours)[1],
        spread(theirs)[1],
        cost.unwrap_or_default()
    );
}

/// Minimum, median, maximum.
fn spread(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    [sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]]
}
