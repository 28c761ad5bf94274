//! The sample that a new private database starts with.
//!
//! Two empty files in the data directory tell how far it has come: `sample.loading` from before the
//! first line until the last, `sample.loaded` from then on. A start that finds the first goes on
//! where the one before it ended; a database with other data in it and neither file is left alone.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;

use super::{Import, ImportError, Mode, Summary, Target};

/// The samples, as they are in the repository.
const FILES: &[&str] = &[include_str!("../../samples/alis-nord-2020.ndjson")];
const LOADING: &str = "sample.loading";
const LOADED: &str = "sample.loaded";

/// Posts the sample to the service at `address`. Doing it again changes nothing.
///
/// # Errors
/// When the service cannot be asked any more.
pub async fn load_sample(address: SocketAddr, token: &str) -> Result<Summary, ImportError> {
    let target = Target::new(&format!("http://{address}"), token.to_owned())?;
    let mut summary = Summary::default();
    for file in FILES {
        let mut import = Import::begin(&target, Mode::Record).await?;
        for (number, line) in (1..).zip(file.lines()) {
            if let Some(verdict) = import.take(number, line.as_bytes()).await? {
                summary.add(&verdict);
            }
        }
    }
    Ok(summary)
}

/// Loads the sample into the database kept in `data_dir`, unless that has been done, or something
/// else was recorded there first: `head` is how far its log has come.
///
/// # Errors
/// As [`load_sample`], or when the data directory cannot be written to.
pub async fn load_sample_once(
    data_dir: &Path,
    head: i64,
    address: SocketAddr,
    token: &str,
) -> Result<Option<Summary>, ImportError> {
    let (loading, loaded) = (data_dir.join(LOADING), data_dir.join(LOADED));
    let begun = loading.exists();
    if loaded.exists() || (head > 0 && !begun) {
        return Ok(None);
    }
    let marked = |source| ImportError::Marker { path: loading.clone(), source };
    File::create(&loading).and_then(|file| file.sync_all()).map_err(marked)?;
    let summary = load_sample(address, token).await?;
    if summary.mend_count() == 0 {
        fs::rename(&loading, &loaded).map_err(marked)?;
    }
    Ok(Some(summary))
}
