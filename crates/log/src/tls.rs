//! Certificates, keys and authorities from files, for callers and for [`crate::database`].

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// Why TLS cannot be had with the files that the settings name.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the file {0} cannot be read as PEM: {1}")]
    File(String, pem::Error),
    #[error("the file {0} holds no certificate")]
    Empty(String),
    #[error("the certificate or its key cannot be used")]
    Unusable(#[from] rustls::Error),
}

/// A server that shows this certificate chain.
///
/// # Errors
/// When a file cannot be read, or the key is not the certificate's.
pub fn server(chain: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let chain = certificates(chain)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error))?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth();
    Ok(config.with_single_cert(chain, key)?)
}

/// A client that trusts whoever these authorities vouch for, by name; nobody without any.
///
/// # Errors
/// When the file cannot be read, or holds what is no certificate.
pub fn client(authorities: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in authorities.map(certificates).transpose()?.unwrap_or_default() {
        roots.add(certificate)?;
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    Ok(config.with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(path, error))?;
    let all: Result<Vec<_>, _> = read.collect();
    let all = all.map_err(|error| unreadable(path, error))?;
    if all.is_empty() {
        return Err(TlsError::Empty(path.display().to_string()));
    }
    Ok(all)
}

fn unreadable(path: &Path, error: pem::Error) -> TlsError {
    TlsError::File(path.display().to_string(), error)
}
