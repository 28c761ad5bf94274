//! Hearing of new facts: one LISTEN connection an instance, and a look every second besides.
//!
//! The notification only wakes readers early. Nothing is lost when it is.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::watch;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use tokio_util::sync::CancellationToken;

/// How often the head is looked up when nothing is heard.
const POLL_MS: u64 = 1_000;
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
                None => match connect(&config, log, sender.clone()).await {
                    Ok(connection) => connection,
                    Err(error) => {
                        tracing::warn!(error = %error, "Cannot listen for new facts; retrying");
                        tokio::time::sleep(Duration::from_millis(RECONNECT_PAUSE_MS)).await;
                        continue;
                    }
                },
            };
            tokio::select! {
                () = stop.cancelled() => break,
                error = poll(&client, log, &sender) => {
                    tracing::warn!(error = %error, "The listening connection failed; reconnecting");
                }
                _ = driver => tracing::warn!("The listening connection ended; reconnecting"),
            }
            tokio::time::sleep(Duration::from_millis(RECONNECT_PAUSE_MS)).await;
        }
    });
    Ok(receiver)
}

/// Opens a connection whose driver task hands on every notification of our log.
async fn connect(
    config: &Config,
    log: i32,
    sender: watch::Sender<i64>,
) -> Result<(Client, tokio::task::JoinHandle<()>), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
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

async fn poll(client: &Client, log: i32, sender: &watch::Sender<i64>) -> tokio_postgres::Error {
    loop {
        if let Err(error) = look(client, log, sender).await {
            return error;
        }
        tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
    }
}
