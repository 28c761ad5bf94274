//! The HTTP client of the program's own commands and tests.

use std::time::Duration;

/// How long a connection may take.
const CONNECT_SECONDS_MAX: u64 = 10;

/// A client that follows no redirects and heeds no proxy of the environment.
pub fn http() -> reqwest::Result<reqwest::Client> {
    static PROVIDER: std::sync::Once = std::sync::Once::new();
    PROVIDER.call_once(|| {
        // Somebody else in the process may have installed one: then that one serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
        .build()
}
