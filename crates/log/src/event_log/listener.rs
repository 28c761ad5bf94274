//! Hearing of new facts: one LISTEN connection an instance, and a look every second besides.
//!
//! The notification only wakes readers early. Nothing is lost when it is.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::watch;
use tokio_postgres::{AsyncMessage, Client, Config};
use tokio_util::sync::CancellationToken;

/// How often the head is looked up when nothing is heard.
const POLL_MS: u64 = 1_000;
/// How long one look may take: a connection that lies silent for longer is replaced.
const LOOK_SECONDS_MAX: u64 = 5;
/// Pause before the connection is opened again.
const RECONNECT_PAUSE_MS: u64 = 200;

/// Starts following the head of `log` on the current runtime, until `stop`.
pub async fn follow(
    config: Config,
    log: i32,
    stop: CancellationToken,
) -> Result<watch::Receiver<i64>, tokio_postgres::Error> {
    let (sender, receiver) = watch::channel(0);
    let (first, driver) = connect(&config, log, sender.clone()).await?;
    look(&first, log, &sender).await?;
    tokio::spawn(async move {
        let mut current = Some((first, driver));
        while !stop.is_cancelled() {
            let (client, driver) = match current.take() {
                Some(connection) => connection,
                None => match connect_in_time(&config, log, sender.clone()).await {
                    Ok(connection) => connection,
                    Err(reason) => {
                        tracing::warn!(reason, "Cannot listen for new facts; retrying");
                        tokio::time::sleep(Duration::from_millis(RECONNECT_PAUSE_MS)).await;
                        continue;
                    }
                },
            };
            tokio::select! {
                () = stop.cancelled() => break,
                reason = poll(&client, log, &sender) => {
                    tracing::warn!(reason, "The listening connection failed; reconnecting");
                }
                _ = driver => tracing::warn!("The listening connection ended; reconnecting"),
            }
            tokio::time::sleep(Duration::from_millis(RECONNECT_PAUSE_MS)).await;
        }
    });
    Ok(receiver)
}

async fn connect_in_time(
    config: &Config,
    log: i32,
    sender: watch::Sender<i64>,
) -> Result<(Client, tokio::task::JoinHandle<()>), String> {
    let limit = Duration::from_secs(LOOK_SECONDS_MAX);
    match tokio::time::timeout(limit, connect(config, log, sender)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(super::combiner::with_causes(&error)),
        Err(_elapsed) => Err("no answer in time".to_owned()),
    }
}

/// Opens a connection whose driver task hands on every notification of our log.
async fn connect(
    config: &Config,
    log: i32,
    sender: watch::Sender<i64>,
) -> Result<(Client, tokio::task::JoinHandle<()>), tokio_postgres::Error> {
    let (client, mut connection) = crate::database::connect(config).await?;
    let driver = tokio::spawn(async move {
        let mut messages =
            futures_util::stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(message) = messages.next().await {
            match message {
                Ok(AsyncMessage::Notification(note)) => heard(note.payload(), log, &sender),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    });
    client.batch_execute("listen alis_log").await?;
    Ok((client, driver))
}

fn heard(payload: &str, log: i32, sender: &watch::Sender<i64>) {
    let Some((which, head)) = payload.split_once(':') else { return };
    if which.parse() == Ok(log)
        && let Ok(head) = head.parse()
    {
        advance(sender, head);
    }
}

fn advance(sender: &watch::Sender<i64>, head: i64) {
    sender.send_if_modified(|known| {
        let newer = head > *known;
        if newer {
            *known = head;
        }
        newer
    });
}

async fn look(
    client: &Client,
    log: i32,
    sender: &watch::Sender<i64>,
) -> Result<(), tokio_postgres::Error> {
    let row = client.query_opt(include_str!("sql/head.sql"), &[&log]).await?;
    advance(sender, row.map_or(0, |row| row.get(0)));
    Ok(())
}

/// Looks again and again; answers why that came to an end.
async fn poll(client: &Client, log: i32, sender: &watch::Sender<i64>) -> String {
    let limit = Duration::from_secs(LOOK_SECONDS_MAX);
    loop {
        match tokio::time::timeout(limit, look(client, log, sender)).await {
            Ok(Ok(())) => tokio::time::sleep(Duration::from_millis(POLL_MS)).await,
            Ok(Err(error)) => return super::combiner::with_causes(&error),
            Err(_elapsed) => return "no answer in time".to_owned(),
        }
    }
}
