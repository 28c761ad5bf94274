//! The HTTP client of the program's own commands and tests.

use std::time::Duration;

/// How long a connection may take.
const CONNECT_SECONDS_MAX: u64 = 10;

/// A client that follows no redirects and heeds no proxy of the environment.
pub fn http() -> reqwest::Result<reqwest::Client> {
    builder().build()
}

/// A client for asking a service on this machine how it is. It takes any certificate: none names
/// the loopback address, and nothing that matters is sent or believed.
pub fn http_of_this_machine() -> reqwest::Result<reqwest::Client> {
    builder().tls_danger_accept_invalid_certs(true).build()
}

fn builder() -> reqwest::ClientBuilder {
    static PROVIDER: std::sync::Once = std::sync::Once::new();
    PROVIDER.call_once(|| {
        // Somebody else in the process may have installed one: then that one serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
}

/// Why an answer could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the answer broke off")]
    Broken(#[from] reqwest::Error),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// The body of an answer, unless it is longer than `bytes_max`.
///
/// # Errors
/// When it is longer or breaks off.
pub async fn bounded(
    mut response: reqwest::Response,
    bytes_max: usize,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > bytes_max {
            return Err(BodyError::TooLong(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
