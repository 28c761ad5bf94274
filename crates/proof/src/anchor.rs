//! Anchors: every checkpoint is also kept where whoever owns the database does not reach: in a file
//! that is only appended to, or at an address. A failing anchor is told, and stops nobody.
//!
//! Each instance follows the published checkpoints by itself, so one that was published just before
//! a crash is anchored after it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use deadpool_postgres::Pool;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::note::NOTE_BYTES_MAX;
use super::store::{self, ProofError, Published, signed};
use alis_kernel::causes::with_causes;

/// Checkpoints that are appended together.
const BATCH_CHECKPOINTS: i64 = 100;
/// Bytes of a line: a note, escaped, and when it came.
const LINE_BYTES_MAX: u64 = 4 * NOTE_BYTES_MAX as u64;
/// Attempts at sending one checkpoint, and how long each may take.
const ATTEMPTS_MAX: u32 = 3;
const ATTEMPT_SECONDS_MAX: u64 = 10;
/// Pause between two attempts.
const ATTEMPT_PAUSE_MS: u64 = 500;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When it was anchored, by the clock of the instance; nobody has signed it.
    pub anchored_at: String,
    /// The note.
    pub checkpoint: String,
}

/// Where an instance keeps checkpoints outside of the database.
pub struct Anchors {
    pub pool: Pool,
    pub log: i32,
    pub file: Option<PathBuf>,
    pub url: Option<String>,
    /// How often published checkpoints are looked for.
    pub interval: Duration,
}

/// Why a checkpoint could not be anchored.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error("the file cannot be written")]
    File(#[from] io::Error),
    #[error("the address cannot be reached")]
    Http(#[from] reqwest::Error),
    #[error("the address answers {0}")]
    Status(u16),
}

impl Anchors {
    /// Follows the published checkpoints until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        // What the address was told last, and what was last said of each.
        let (mut sent, mut logged) = (None, [None, None]);
        while !stop.is_cancelled() {
            let work = async {
                if let Some(path) = &self.file {
                    log_outcome("file", self.append(path).await, &mut logged[0]);
                }
                if let Some(url) = &self.url {
                    log_outcome("url", self.send(url, &mut sent).await, &mut logged[1]);
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = work => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.interval) => {}
            }
        }
    }

    /// Appends to a file what it does not have yet.
    ///
    /// # Errors
    /// When the file or the database cannot be reached.
    pub async fn append(&self, path: &Path) -> Result<(), AnchorError> {
        let mut after = on_disk(path, newest).await?.and_then(|note| sizes(&note));
        loop {
            let client = self.pool.get().await.map_err(ProofError::from)?;
            let (log, from) = (self.log, after.unwrap_or((-1, -1)));
            let checkpoints = store::checkpoints(&client, log, from, BATCH_CHECKPOINTS);
            let checkpoints = checkpoints.await.map_err(ProofError::from)?;
            drop(client);
            let Some(last) = checkpoints.last() else { return Ok(()) };
            after = Some((signed(last.size), signed(last.ledger_size)));
            on_disk(path, move |path| extend(path, &checkpoints)).await?;
        }
    }

    /// Sends the newest checkpoint; one that is not delivered is followed by a newer one that says
    /// more.
    async fn send(&self, url: &str, sent: &mut Option<String>) -> Result<(), AnchorError> {
        let client = self.pool.get().await.map_err(ProofError::from)?;
        let newest = store::newest(&client, self.log).await.map_err(ProofError::from)?;
        drop(client);
        let Some(newest) = newest.filter(|newest| Some(&newest.note) != sent.as_ref()) else {
            return Ok(());
        };
        let mut attempt = 1;
        loop {
            match post(url, &newest.note).await {
                Ok(()) => break,
                Err(error) if attempt >= ATTEMPTS_MAX => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(ATTEMPT_PAUSE_MS)).await,
            }
            attempt += 1;
        }
        *sent = Some(newest.note);
        Ok(())
    }
}

async fn post(url: &str, note: &str) -> Result<(), AnchorError> {
    let request = alis_client::http()?.post(url).body(note.to_owned());
    let request = request.header("content-type", "text/plain; charset=utf-8");
    let response = request.timeout(Duration::from_secs(ATTEMPT_SECONDS_MAX)).send().await?;
    let status = response.status();
    if status.is_success() { Ok(()) } else { Err(AnchorError::Status(status.as_u16())) }
}

/// Counts a failure, and says it once until it changes.
fn log_outcome(kind: &'static str, outcome: Result<(), AnchorError>, logged: &mut Option<String>) {
    let reason = outcome.err().map(|error| match error {
        // The address may hold credentials.
        AnchorError::Http(error) => with_causes(&AnchorError::Http(error.without_url())),
        error @ (AnchorError::Proof(_) | AnchorError::File(_) | AnchorError::Status(_)) => {
            with_causes(&error)
        }
    });
    if let Some(reason) = &reason {
        metrics::counter!("alis_anchor_failures_total", "anchor" => kind).increment(1);
        if logged.as_ref() != Some(reason) {
            tracing::warn!(anchor = kind, error = reason, "A checkpoint could not be anchored");
        }
    }
    *logged = reason;
}

/// Works on the file where waiting for a disk stops nobody.
async fn on_disk<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let path = path.to_owned();
    let done = tokio::task::spawn_blocking(move || work(&path)).await;
    done.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
}

/// The sizes that an anchored note names. Whether it is ours is for others to judge.
fn sizes(note: &str) -> Option<(i64, i64)> {
    let text = &note[..=note.rfind("\n\n")?];
    let checkpoint = super::note::Checkpoint::parse(text).ok()?;
    let ledger = checkpoint.ledger.map_or(0, |ledger| ledger.size);
    Some((signed(checkpoint.events.size), signed(ledger)))
}

/// The newest note of a file, `None` when there is no file or nothing in it.
pub fn newest(path: &Path) -> io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (_, line) = last_line(&mut file)?;
    let line = line.map(|line| serde_json::from_str::<Line>(&line)).transpose()?;
    Ok(line.map(|line| line.checkpoint))
}

/// Where the last whole line ends, and that line.
fn last_line(file: &mut File) -> io::Result<(u64, Option<String>)> {
    let length = file.seek(SeekFrom::End(0))?;
    let begin = length.saturating_sub(2 * LINE_BYTES_MAX);
    file.seek(SeekFrom::Start(begin))?;
    let mut tail = Vec::new();
    file.take(2 * LINE_BYTES_MAX).read_to_end(&mut tail)?;
    let Some(end) = tail.iter().rposition(|byte| *byte == b'\n') else {
        return if begin == 0 { Ok((0, None)) } else { Err(too_long()) };
    };
    let start = tail[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if start == 0 && begin > 0 {
        return Err(too_long());
    }
    let line = String::from_utf8(tail[start..end].to_vec()).map_err(io::Error::other)?;
    Ok((begin + end as u64 + 1, Some(line)))
}

fn too_long() -> io::Error {
    io::Error::other(format!("a line is longer than {LINE_BYTES_MAX} bytes"))
}

/// Appends checkpoints and does not return before they are on the disk. Another instance on this
/// machine may share the file: whoever holds the lock looks again at what is there.
fn extend(path: &Path, checkpoints: &[Published]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).create(true).truncate(false).open(path)?;
    file.lock()?;
    let (end, line) = last_line(&mut file)?;
    let line = line.map(|line| serde_json::from_str::<Line>(&line)).transpose()?;
    let last = line.and_then(|line| sizes(&line.checkpoint)).unwrap_or((-1, -1));
    let mut lines = String::new();
    for checkpoint in checkpoints {
        if (signed(checkpoint.size), signed(checkpoint.ledger_size)) > last {
            let anchored_at = alis_log::clock::now().to_string();
            let line = Line { anchored_at, checkpoint: checkpoint.note.clone() };
            lines.push_str(&serde_json::to_string(&line)?);
            lines.push('\n');
        }
    }
    // What follows the last whole line was being written when somebody died.
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(lines.as_bytes())?;
    file.sync_data()
}

/// The notes of a file from its beginning, one after the other, each with its line.
pub struct Notes {
    lines: io::Lines<BufReader<File>>,
    number: u64,
}

impl Notes {
    /// Opens a file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { lines: BufReader::new(File::open(path)?).lines(), number: 0 })
    }
}

impl Iterator for Notes {
    /// The number of the line, and its note or why it has none.
    type Item = (u64, io::Result<String>);

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        self.number += 1;
        let note = line.and_then(|line| Ok(serde_json::from_str::<Line>(&line)?.checkpoint));
        Some((self.number, note))
    }
}
