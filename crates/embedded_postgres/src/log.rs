//! The server's log file: opened for the server, bounded between starts, quoted when it fails.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::{StartError, io_error};

/// A log larger than this is set aside at the next start, replacing the one set aside before.
const LOG_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// How much of the log an error quotes.
const TAIL_BYTES_MAX: u64 = 4096;
const TAIL_LINES_MAX: usize = 12;

/// The log, and where this start's part of it begins.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    start: u64,
}

impl Log {
    /// Opens the log, setting a large one aside first.
    pub fn open(path: PathBuf) -> Result<Log, StartError> {
        let start = match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > LOG_BYTES_MAX => {
                let aside = path.with_extension("log.1");
                fs::rename(&path, &aside).map_err(io_error("set aside", &path))?;
                0
            }
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(io_error("inspect", &path)(error)),
        };
        Ok(Log { path, start })
    }

    /// A handle for a child to write to. The child needs no right to open the file itself.
    pub fn writer(&self) -> Result<File, StartError> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        options.open(&self.path).map_err(io_error("open", &self.path))
    }

    /// The last lines written since this start.
    pub fn tail(&self) -> String {
        self.try_tail().unwrap_or_else(|error| format!("(the log could not be read: {error})"))
    }

    fn try_tail(&self) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        let from = self.start.max(length.saturating_sub(TAIL_BYTES_MAX));
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES_MAX).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        Ok(lines[lines.len().saturating_sub(TAIL_LINES_MAX)..].join("\n"))
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_large_log_is_set_aside_and_only_new_lines_are_quoted() {
        let directory = std::env::temp_dir().join(format!("alis-log-{}", std::process::id()));
        fs::create_dir(&directory).expect("the directory is new");
        let path = directory.join("postgres.log");
        let write = |text: &str| {
            let log = Log::open(path.clone()).expect("it can be opened");
            let mut writer = log.writer().expect("it can be opened");
            writer.write_all(text.as_bytes()).expect("it can be written");
            log
        };
        write("an old line\n");
        assert_eq!(write("a new line\n").tail(), "a new line");

        let file = File::options().write(true).open(&path).expect("it is there");
        file.set_len(LOG_BYTES_MAX + 1).expect("it can grow");
        assert_eq!(write("first of the next\n").tail(), "first of the next");
        let aside = fs::metadata(directory.join("postgres.log.1")).expect("it was set aside");
        assert_eq!(aside.len(), LOG_BYTES_MAX + 1);
        fs::remove_dir_all(&directory).expect("it is ours");
    }
}
