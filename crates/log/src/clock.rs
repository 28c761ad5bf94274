//! The one clock of the service.

use jiff::Timestamp;

/// What time it is. Rules never ask: it reaches them inside a command.
#[expect(clippy::disallowed_methods, reason = "this is where time enters a command")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
