//! `alis import FILE`: requests from a file, one a line, posted in order to a running service.
//!
//! The service decides; nothing is judged here. Each line carries a key, so that a second import
//! of the same file answers the same and records nothing, and an import that was interrupted is
//! finished by running it again. `docs/import.md` describes the format.

pub mod line;
pub mod reference;
pub mod runner;
mod sample;
pub mod summary;
pub mod target;

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

pub use runner::{Import, Outcome, Verdict};
pub use sample::{load_sample, load_sample_once};
pub use summary::Summary;
pub use target::{Mode, Target};

use crate::config::{CallSettings, ImportSettings};
use crate::identity::cast::Scenario;
use crate::progress::Progress;
use crate::{database, token};

use line::{LINE_BYTES_MAX, LINES_MAX, LineFault};

/// Why an import was broken off. What was recorded stays; running it again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("ALIS_URL `{0}` is not an address such as http://127.0.0.1:8080")]
    Address(String),
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
    #[error("ALIS_TOKEN_FILE: {}: {reason}", path.display())]
    Token { path: PathBuf, reason: String },
    #[error("no token: name a file in ALIS_TOKEN_FILE or set ALIS_TOKEN; {0}")]
    NoToken(String),
    #[error("{0} does not accept the token")]
    Unauthenticated(String),
    #[error("{base} does not answer as this service does (status {status})")]
    NotAlis { base: String, status: u16 },
    #[error("{base} was asked {attempts} times in vain; last, {last}")]
    Unanswered { base: String, attempts: u32, last: String },
    #[error("{} cannot be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the report {} cannot be written", path.display())]
    Report { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be written", path.display())]
    Marker { path: PathBuf, source: std::io::Error },
    #[error("the file has more than {} lines", LINES_MAX)]
    TooManyLines,
}

/// Seconds that a token made for an import is good.
const TOKEN_SECONDS: i64 = 24 * 3_600;

/// The service that the settings name.
///
/// # Errors
/// When the address or the token is missing or wrong.
pub fn target(settings: &CallSettings) -> Result<Target, ImportError> {
    Target::new(&settings.url, token_of(settings)?)
}

fn token_of(settings: &CallSettings) -> Result<String, ImportError> {
    match (&settings.token_file, &settings.token) {
        (Some(path), _) => {
            let path = path.clone();
            database::read_secret(&path)
                .map_err(|error| ImportError::Token { path, reason: error.to_string() })
        }
        (None, Some(token)) => Ok(token.trim().to_owned()),
        (None, None) => {
            let made = token::local(&settings.issuer, Scenario::Loader, TOKEN_SECONDS);
            made.map_err(|error| ImportError::NoToken(format!("{error:#}")))
        }
    }
}

/// Runs `alis import`; answers how it went.
///
/// # Errors
/// When the import had to be broken off.
pub async fn run(settings: &ImportSettings) -> Result<Summary, ImportError> {
    let target = target(&settings.call)?;
    let mode = if settings.dry_run { Mode::Rehearse } else { Mode::Record };
    let path = &settings.file;
    let read_error = |source| ImportError::Read { path: path.clone(), source };
    let file = File::open(path).map_err(read_error)?;
    let bytes = file.metadata().map_err(read_error)?.len();
    let mut report = settings.report.as_deref().map(Report::create).transpose()?;
    let progress = Progress::new(format!("Importing {}", path.display()), bytes);
    let mut summary = Summary::default();
    let mut lines = Lines::new(BufReader::new(file));
    let mut import = Import::begin(&target, mode).await?;
    while let Some(line) = lines.next().map_err(read_error)? {
        if lines.number > LINES_MAX {
            return Err(ImportError::TooManyLines);
        }
        let verdict = match line {
            Ok(text) => import.take(lines.number, &text).await?,
            Err(fault) => Some(runner::malformed(lines.number, None, &fault)),
        };
        if let Some(verdict) = verdict {
            if let Some(report) = &mut report {
                report.write(&verdict)?;
            }
            summary.add(&verdict);
        }
        progress.at(lines.bytes);
    }
    progress.finish();
    Ok(summary)
}

/// The verdicts as a file, one a line.
struct Report {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Report {
    fn create(path: &Path) -> Result<Self, ImportError> {
        let file = File::create(path)
            .map_err(|source| ImportError::Report { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Written through at once: an import that is broken off leaves every verdict it has reached.
    fn write(&mut self, verdict: &Verdict) -> Result<(), ImportError> {
        let json = serde_json::to_string(verdict).expect("verdicts are plain data");
        let written = writeln!(self.file, "{json}").and_then(|()| self.file.flush());
        written.map_err(|source| ImportError::Report { path: self.path.clone(), source })
    }
}

/// The lines of a file, none held in memory but the present one.
struct Lines<R> {
    reader: R,
    number: u64,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    fn new(reader: R) -> Self {
        Self { reader, number: 0, bytes: 0 }
    }

    fn next(&mut self) -> std::io::Result<Option<Result<Vec<u8>, LineFault>>> {
        let mut line = Vec::new();
        let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += u64::try_from(read).unwrap_or(0);
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() > LINE_BYTES_MAX {
            self.bytes += self.skip_line()?;
            return Ok(Some(Err(LineFault::TooLong)));
        }
        Ok(Some(Ok(line)))
    }

    fn skip_line(&mut self) -> std::io::Result<u64> {
        let mut skipped = 0;
        loop {
            let chunk = self.reader.fill_buf()?;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(chunk.len(), |end| end + 1);
            let done = end.is_some() || chunk.is_empty();
            self.reader.consume(length);
            skipped += u64::try_from(length).unwrap_or(0);
            if done {
                return Ok(skipped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_one_that_is_too_long_does_not_take_the_next_with_it() {
        let long = "x".repeat(LINE_BYTES_MAX + 3);
        let full = "y".repeat(LINE_BYTES_MAX);
        let text = format!("a\n\n{long}\n{full}\nlast");
        let mut lines = Lines::new(BufReader::with_capacity(7, text.as_bytes()));
        let mut seen = Vec::new();
        while let Some(line) = lines.next().expect("reading memory does not fail") {
            seen.push((lines.number, line.map(|line| line.len())));
        }
        let expected = [
            (1, Ok(1)),
            (2, Ok(0)),
            (3, Err(LineFault::TooLong)),
            (4, Ok(LINE_BYTES_MAX)),
            (5, Ok(4)),
        ];
        assert_eq!(seen, expected);
        assert_eq!(lines.bytes, u64::try_from(text.len()).expect("it is in memory"));
    }
}
