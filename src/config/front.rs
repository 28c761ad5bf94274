//! What stands between callers and the service: TLS, origins of pages, limits, time-outs.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::U64;
use crate::http::cors;
use crate::http::limits::{self, Limits};

/// TLS, pages of other origins, and limits.
#[derive(Debug, Clone, Args)]
pub struct FrontSettings {
    /// File with the certificate chain (PEM) to serve by TLS with. A new one counts from the next
    /// start.
    #[arg(long, env = "ALIS_TLS_CERT_FILE")]
    pub tls_cert_file: Option<PathBuf>,

    /// File with the certificate's key (PEM).
    #[arg(long, env = "ALIS_TLS_KEY_FILE")]
    pub tls_key_file: Option<PathBuf>,

    /// Origins whose pages may call the service, with commas between: `https://app.example.no`
    #[arg(long, env = "ALIS_CORS_ORIGINS", value_delimiter = ',', value_parser = cors::origin)]
    pub cors_origins: Vec<String>,

    /// Requests a second that one caller may go on sending.
    #[arg(long, env = "ALIS_REQUESTS_PER_SECOND", default_value_t = limits::REQUESTS_PER_SECOND)]
    pub requests_per_second: NonZeroU32,

    /// Requests that one caller may send at once.
    #[arg(long, env = "ALIS_REQUESTS_BURST", default_value_t = limits::REQUESTS_BURST)]
    pub requests_burst: NonZeroU32,

    /// Event streams that one caller may hold open.
    #[arg(long, env = "ALIS_STREAMS_PER_CALLER", default_value_t = limits::STREAMS_PER_CALLER)]
    pub streams_per_caller: usize,

    /// Seconds that the head of a request may take.
    #[arg(
        long,
        env = "ALIS_HEAD_SECONDS",
        default_value_t = limits::HEAD_SECONDS,
        value_parser = U64::new().range(1..=60)
    )]
    pub head_seconds: u64,

    /// Seconds that a body may take.
    #[arg(
        long,
        env = "ALIS_BODY_SECONDS",
        default_value_t = limits::BODY_SECONDS,
        value_parser = U64::new().range(1..=600)
    )]
    pub body_seconds: u64,
}

impl FrontSettings {
    /// The limits among them.
    pub fn limits(&self) -> Limits {
        Limits {
            requests_per_second: self.requests_per_second,
            requests_burst: self.requests_burst,
            streams_per_caller: self.streams_per_caller,
            head: Duration::from_secs(self.head_seconds),
            body: Duration::from_secs(self.body_seconds),
            ..Limits::default()
        }
    }
}
