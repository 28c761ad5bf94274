//! Tokens of the program's own issuer, for whoever may read its key on this machine: `alis token`,
//! and the commands that call the service here.

use std::io::Write;

use anyhow::Context;

use crate::config::{LocalIssuerSettings, TokenSettings};
use crate::identity::LocalIssuer;
use crate::identity::cast::Scenario;
use crate::{database, embedded_postgres, http};

/// The file with the issuer's key, in the data directory.
pub const ISSUER_KEY: &str = "issuer.key";

/// `alis token`.
pub fn print(settings: &TokenSettings) -> anyhow::Result<()> {
    let seconds = i64::from(settings.minutes) * 60;
    let token = local(&settings.issuer, settings.scenario, seconds)?;
    writeln!(std::io::stdout(), "{token}")?;
    Ok(())
}

/// A token for somebody of the ready cast, good for `seconds`.
///
/// # Errors
/// When the issuer's key is not on this machine.
pub fn local(
    settings: &LocalIssuerSettings,
    scenario: Scenario,
    seconds: i64,
) -> anyhow::Result<String> {
    let path = match &settings.local_issuer_key_file {
        Some(path) => path.clone(),
        // The service may have had to keep its files elsewhere than it was told to.
        None => embedded_postgres::place_of(&settings.data_dir)
            .unwrap_or_else(|_refused| settings.data_dir.clone())
            .join(ISSUER_KEY),
    };
    let key = database::read_secret(&path).with_context(|| {
        format!(
            "{} is made by the first `alis serve` on a private PostgreSQL; elsewhere, get a token \
             from an issuer that the service trusts",
            path.display()
        )
    })?;
    let (shape, claims) = scenario.claims();
    let now = http::now().as_second();
    Ok(LocalIssuer::new(&key)?.sign(shape, &claims, now, seconds)?)
}
