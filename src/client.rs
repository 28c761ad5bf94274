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
