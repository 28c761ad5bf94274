//! Logs: text on a terminal, JSON lines otherwise. `RUST_LOG` narrows or widens them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What the library of the HTTP protocol calls an error of the stream is a caller's malformed
/// request: it is answered with 400, and whoever sends such bytes must not fill the log with
/// errors. What libraries tell of their own start and stop helps nobody.
const DEFAULT_FILTER: &str = "info,actix_http::h1::dispatcher=off,actix_server=warn,\
                              refinery_core=warn,tokio_postgres::connection=warn";

/// Never, whatever RUST_LOG says: the one writes down addresses as callers sent them, the other the
/// values of statements, and a caller may have put a name where an id or a comment belongs.
const SILENT: [&str; 2] = ["actix_web::types::path=off", "tokio_postgres::query=info"];

/// Starts logging to standard error.
pub fn start() {
    let unset = |_unset| EnvFilter::new(DEFAULT_FILTER);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(unset);
    let builder =
        tracing_subscriber::fmt().with_env_filter(silenced(filter)).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.init();
    } else {
        builder.json().with_current_span(true).with_span_list(false).flatten_event(true).init();
    }
}

/// A filter without what is never logged.
pub fn silenced(filter: EnvFilter) -> EnvFilter {
    SILENT.iter().fold(filter, |filter, directive| {
        filter.add_directive(directive.parse().expect("the directives above are valid"))
    })
}
