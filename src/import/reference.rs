//! `alis reference`: what Statistics Norway (SSB) publishes about municipalities, read from files
//! or fetched from its public API, and posted to a running service.
//!
//! What the files mean is told in [`klass`]; what is known already, the service tells.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use uuid::Uuid;

use super::line::RequestLine;
use super::{Import, ImportError, Mode, Summary, Target, target};
use crate::capabilities::reference::klass::{
    self, Content, Finding, KLASS_FILE_BYTES_MAX, KlassError, KlassFile,
};
use crate::client;
use crate::config::{ReferenceImportSettings, ReferenceSyncSettings};
use crate::event_log::combiner::with_causes;
use crate::progress::Progress;

/// Files named in one command.
const FILES_MAX: usize = 100;
/// How often SSB is asked for the same list.
const FETCH_ATTEMPTS_MAX: u32 = 4;
/// The first pause before asking again; each later one is twice as long.
const FETCH_PAUSE_MS_FIRST: u64 = 500;
/// How long one list may take.
const FETCH_SECONDS_MAX: u64 = 60;

/// How reference data was taken over.
#[derive(Debug, Default)]
pub struct ReferenceRun {
    /// What a person should know: the file or address, and the finding.
    pub findings: Vec<(String, Finding)>,
    pub summary: Summary,
}

/// Why reference data was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("name at most {} files", FILES_MAX)]
    TooManyFiles,
    #[error("{} cannot be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{place} is not taken: {source}")]
    Klass { place: String, source: KlassError },
    #[error("{0} answered another list than the one that was asked for")]
    OtherList(String),
    #[error("{url} was asked {attempts} times in vain; last, {last}")]
    Fetch { url: String, attempts: u32, last: String },
}

/// Runs `alis reference import`: files in any of the forms that KLASS serves, in any order.
///
/// # Errors
/// When a file cannot be read, before anything is posted; or when the service cannot be asked.
pub async fn import(settings: &ReferenceImportSettings) -> Result<ReferenceRun, ReferenceError> {
    if settings.files.len() > FILES_MAX {
        return Err(ReferenceError::TooManyFiles);
    }
    let mut lists = Vec::new();
    for path in &settings.files {
        let read =
            read_file(path).map_err(|source| ReferenceError::Read { path: path.clone(), source });
        let place = path.display().to_string();
        lists.push((place.clone(), understood(&place, &read?)?));
    }
    post(&target(&settings.call)?, lists).await
}

/// Reads at most a little more than a file may hold: enough to be told that it is too large.
fn read_file(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let limit = u64::try_from(KLASS_FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn understood(place: &str, bytes: &[u8]) -> Result<KlassFile, ReferenceError> {
    let place = || place.to_owned();
    klass::read(bytes).map_err(|source| ReferenceError::Klass { place: place(), source })
}

/// Runs `alis reference sync`: fetches the three lists from SSB and posts them.
///
/// # Errors
/// When SSB or the service does not answer, or SSB answers something else.
pub async fn sync(settings: &ReferenceSyncSettings) -> Result<ReferenceRun, ReferenceError> {
    let base = settings.klass_url.trim_end_matches('/');
    let target = target(&settings.call)?;
    let http = client::http().map_err(ImportError::Client)?;
    let mut lists = Vec::new();
    for list in List::ALL {
        let url = list.url(base, settings.from);
        let file = understood(&url, &fetch(&http, &url).await?)?;
        if !list.is(&file.content) {
            return Err(ReferenceError::OtherList(url));
        }
        lists.push((url, file));
    }
    post(&target, lists).await
}

/// The lists of KLASS that the service is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Codes,
    Changes,
    Centralities,
}

impl List {
    const ALL: [List; 3] = [List::Codes, List::Changes, List::Centralities];

    /// Without `to`, which would make municipalities that still exist look ended.
    fn url(self, base: &str, from: Date) -> String {
        let list = match self {
            List::Codes => "codes?",
            List::Changes => "changes?",
            List::Centralities => "corresponds?targetClassificationId=128&",
        };
        format!("{base}/classifications/131/{list}from={from}")
    }

    fn is(self, content: &Content) -> bool {
        matches!(
            (self, content),
            (List::Codes, Content::Municipalities(_))
                | (List::Changes, Content::Changes(_))
                | (List::Centralities, Content::Centralities(_))
        )
    }
}

async fn fetch(http: &reqwest::Client, url: &str) -> Result<Vec<u8>, ReferenceError> {
    let mut pause_ms = FETCH_PAUSE_MS_FIRST;
    let mut last = String::new();
    for attempt in 1..=FETCH_ATTEMPTS_MAX {
        let request = http.get(url).header("Accept", "application/json");
        let request = request.timeout(Duration::from_secs(FETCH_SECONDS_MAX));
        match request.send().await {
            Ok(response) if response.status().is_success() => {
                match client::bounded(response, KLASS_FILE_BYTES_MAX).await {
                    Ok(bytes) => return Ok(bytes),
                    Err(error) => last = with_causes(&error),
                }
            }
            Ok(response) => last = format!("it answered {}", response.status()),
            Err(error) => last = with_causes(&error),
        }
        if attempt < FETCH_ATTEMPTS_MAX {
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            pause_ms = pause_ms.saturating_mul(2);
        }
    }
    Err(ReferenceError::Fetch { url: url.to_owned(), attempts: FETCH_ATTEMPTS_MAX, last })
}

/// Municipalities come first: what follows names their numbers.
fn rank(content: &Content) -> u8 {
    match content {
        Content::Municipalities(_) => 0,
        Content::Changes(_) => 1,
        Content::Centralities(_) => 2,
    }
}

async fn post(
    target: &Target,
    mut lists: Vec<(String, KlassFile)>,
) -> Result<ReferenceRun, ReferenceError> {
    lists.sort_by_key(|(_, file)| rank(&file.content));
    let mut run = ReferenceRun::default();
    // The keys make retries of this run safe. They are of this run only: a list that is taken over
    // again after a later one must be able to put back what that one changed.
    let id = Uuid::now_v7();
    let requests: Vec<_> = lists.iter().flat_map(|(_, file)| klass::requests(file)).collect();
    let total = u64::try_from(requests.len()).unwrap_or(u64::MAX);
    let progress = Progress::new("Taking over reference data".to_owned(), total);
    let mut import = Import::begin(target, Mode::Record).await?;
    for (number, request) in (1..).zip(requests) {
        let code = request.body["number"].as_str().unwrap_or("");
        let key = format!("reference:{id}:{number}:{}:{code}", request.path);
        let line = RequestLine { post: request.path, key, name: None, body: request.body };
        run.summary.add(&import.request(number, line).await?);
        progress.at(number);
    }
    progress.finish();
    for (place, file) in lists {
        run.findings.extend(file.findings.into_iter().map(|finding| (place.clone(), finding)));
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_lists_are_asked_for_without_an_end() {
        let base = "https://data.ssb.no/api/klass/v1";
        let urls = List::ALL.map(|list| list.url(base, date(2020, 1, 1)));
        let expected = [
            "https://data.ssb.no/api/klass/v1/classifications/131/codes?from=2020-01-01",
            "https://data.ssb.no/api/klass/v1/classifications/131/changes?from=2020-01-01",
            "https://data.ssb.no/api/klass/v1/classifications/131/\
             corresponds?targetClassificationId=128&from=2020-01-01",
        ];
        assert_eq!(urls, expected);
    }
}
