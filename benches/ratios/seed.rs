//! Data for the measurements, written straight into the tables: the service is stopped from
//! nothing by it, because positions stay dense and heads agree.

use alis::aggregate::{NewFact, Subject};
use alis::event_log::append::{AppendCommand, Verdict, append, prepare};
use serde_json::json;
use uuid::Uuid;

use crate::load::{Method, Request};
use crate::server::Stand;

/// A position and a trainee that nobody has brought together yet.
pub struct Pair {
    position: Uuid,
    trainee: Uuid,
}

impl Pair {
    /// The command that does.
    pub fn fill(&self) -> Request {
        let body = json!({
            "trainee": self.trainee, "from": "2020-01-01", "percent": 100,
            "operating_model": "salaried",
        });
        let path = format!("/v1/positions/{}/occupancies", self.position);
        Request::new(Method::Post, &path, &body.to_string())
    }
}

fn fact(kind: &'static str, subject: Subject, payload: serde_json::Value) -> NewFact {
    NewFact {
        id: Uuid::now_v7(),
        kind,
        effective_from: jiff::civil::date(2019, 1, 1),
        municipality: None,
        subjects: vec![subject],
        payload: payload.to_string(),
    }
}

fn command(facts: Vec<NewFact>) -> AppendCommand {
    AppendCommand {
        key: format!("~{}", Uuid::now_v7()),
        fingerprint: vec![0; 32],
        reply: "null".to_owned(),
        guards: vec![],
        facts,
        meta: "{}".to_owned(),
        person_keys: vec![],
    }
}

/// Records positions and trainees through the append function, many a call.
pub async fn pairs(stand: &Stand, count: u64) -> anyhow::Result<Vec<Pair>> {
    let client = stand.connect().await?;
    client
        .batch_execute(
            "create table if not exists bench_insert \
             (id bigint generated always as identity primary key, payload json not null);
             create table if not exists bench_row (id text primary key, body text not null)",
        )
        .await?;
    let statement = prepare(&client).await?;
    let mut pairs = Vec::new();
    let mut commands = Vec::new();
    for number in 0..count {
        let pair = Pair { position: Uuid::now_v7(), trainee: Uuid::now_v7() };
        let established = json!({
            "position": pair.position, "municipality": "5401", "category": "regular_gp",
            "percent": 100, "intended_operating_model": "salaried", "from": "2019-01-01",
        });
        let registered = json!({
            "trainee": pair.trainee, "sealed": "", "hpr_lookup": number.to_string(),
            "scheme": "new", "on": "2019-01-01",
        });
        commands.push(command(vec![
            fact("position.established.v1", Subject::new("position", pair.position), established),
            fact("trainee.registered.v1", Subject::new("trainee", pair.trainee), registered),
        ]));
        pairs.push(pair);
        if commands.len() == 256 || number + 1 == count {
            let verdicts = append(&client, &statement, 1, &commands).await?;
            let recorded = |verdict: &Verdict| matches!(verdict, Verdict::Recorded { .. });
            anyhow::ensure!(verdicts.iter().all(recorded), "the seed was refused");
            commands.clear();
        }
    }
    client.batch_execute("vacuum analyze").await?;
    Ok(pairs)
}

/// Ids of positions that exist, with a row of the same size for the minimal service.
pub async fn some_positions(stand: &Stand, count: i64) -> anyhow::Result<Vec<String>> {
    let client = stand.connect().await?;
    let sql = "insert into bench_row select id, body from (
                 select payload ->> 'position' as id, payload::text as body from alis.event
                 where log = 1 and type = 'position.established.v1' order by position limit $1) x
               on conflict do nothing";
    client.execute(sql, &[&count]).await?;
    let rows = client.query("select id from bench_row limit $1", &[&count]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// How many events there are.
pub async fn head(stand: &Stand) -> anyhow::Result<u64> {
    let client = stand.connect().await?;
    let head: i64 = client.query_one("select head from alis.log where log = 1", &[]).await?.get(0);
    Ok(u64::try_from(head)?)
}

/// Brings the log to at least `events` events.
pub async fn fill_log(stand: &Stand, events: u64) -> anyhow::Result<u64> {
    let have = head(stand).await?;
    if have < events {
        pairs(stand, (events - have).div_ceil(2)).await?;
    }
    head(stand).await
}

/// Waits until every read model has taken in the whole log and all of it is sealed, so that no
/// catching up is measured.
pub async fn settle(stand: &Stand) -> anyhow::Result<()> {
    let client = stand.connect().await?;
    let started = std::time::Instant::now();
    let sql = "select (select count(*) from alis.projection p join alis.log l using (log)
                       where p.state = 'live' and p.position < l.head)
                    + (select count(*) from alis.proof p join alis.log l using (log)
                       where p.size < l.head)";
    while client.query_one(sql, &[]).await?.get::<_, i64>(0) > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    client.batch_execute("vacuum analyze").await?;
    client.batch_execute("checkpoint").await?;
    println!("read models caught up after {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}
