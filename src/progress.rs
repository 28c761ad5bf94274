//! Progress of long work: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

/// Without a terminal, one line for each such part of the work.
const LINES_MAX: u64 = 10;

/// How far a piece of work has come.
pub struct Progress {
    what: String,
    total: u64,
    bar: Option<ProgressBar>,
    shown: AtomicU64,
}

impl Progress {
    /// Work of `total` steps; `what` says what is done, as in "Rebuilding positions".
    pub fn new(what: String, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(
                "{msg} {wide_bar} {human_pos} of {human_len}, {eta} left",
            );
            let bar = ProgressBar::new(total);
            bar.set_style(style.expect("the template above is valid"));
            bar.set_message(what.clone());
            bar
        });
        Self { what, total, bar, shown: AtomicU64::new(0) }
    }

    /// `done` steps are behind us.
    pub fn at(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            return;
        }
        let part = done.saturating_mul(LINES_MAX) / self.total.max(1);
        if part > self.shown.swap(part, Ordering::Relaxed) && done < self.total {
            eprintln!("{}: {done} of {}", self.what, self.total);
        }
    }

    /// The work is over; what came of it is told by whoever did it.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
