//! The issuers whose tokens are taken: what an operator writes in the file of issuers.

use std::path::{Path, PathBuf};

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::keys;

/// Issuers in one file; nobody trusts more.
const ISSUERS_MAX: usize = 20;
/// Seconds that clocks may differ by, at most.
pub const LEEWAY_SECONDS_MAX: u64 = 60;
/// Seconds that clocks may differ by, when the file does not say.
pub const LEEWAY_SECONDS_DEFAULT: u64 = 10;

/// Whose claims a token carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Maskinporten: an organisation (`consumer`), perhaps through a supplier.
    Maskinporten,
    /// HelseID: a person with an HPR number, or the system of an organisation.
    Helseid,
}

/// One issuer, as the file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// `iss` of its tokens, to the letter: `https://maskinporten.no/`.
    pub issuer: String,
    pub shape: Shape,
    /// `aud` of tokens that are meant for this service.
    pub audience: String,
    /// The signatures that are taken, and no others.
    pub algorithms: Vec<Algorithm>,
    /// Where its keys are published.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// A file with its keys, instead.
    #[serde(default)]
    pub jwks_file: Option<PathBuf>,
    /// Seconds that its clock and ours may differ by.
    #[serde(default = "leeway_default")]
    pub leeway_seconds: u64,
    /// Whether every token must be bound to a key of the caller's by DPoP.
    #[serde(default)]
    pub require_dpop: bool,
    /// What stands before the area in its scopes, when the name it registered is another one.
    #[serde(default = "prefix_default")]
    pub scope_prefix: String,
}

fn leeway_default() -> u64 {
    LEEWAY_SECONDS_DEFAULT
}

fn prefix_default() -> String {
    super::SCOPE_PREFIX.to_owned()
}

/// Why a file of issuers is not taken.
#[derive(Debug, thiserror::Error)]
pub enum IssuersError {
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    #[error("{} is not a list of issuers: {}", .0.display(), .1)]
    Form(PathBuf, serde_json::Error),
    #[error("{}: issuer {}: {}", .0.display(), .1, .2)]
    Wrong(PathBuf, String, &'static str),
    #[error("{} must name 1 to {ISSUERS_MAX} issuers, each once", .0.display())]
    Count(PathBuf),
}

/// Reads a file of issuers: a JSON array.
///
/// # Errors
/// When it cannot be read, or an issuer in it could not be trusted as it is described.
pub fn read(path: &Path) -> Result<Vec<Issuer>, IssuersError> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| IssuersError::Read(path.to_owned(), error))?;
    let issuers: Vec<Issuer> =
        serde_json::from_str(&text).map_err(|error| IssuersError::Form(path.to_owned(), error))?;
    for issuer in &issuers {
        check(issuer)
            .map_err(|why| IssuersError::Wrong(path.to_owned(), issuer.issuer.clone(), why))?;
    }
    let mut names: Vec<&str> = issuers.iter().map(|issuer| issuer.issuer.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if issuers.is_empty() || names.len() < issuers.len() || issuers.len() > ISSUERS_MAX {
        return Err(IssuersError::Count(path.to_owned()));
    }
    Ok(issuers)
}

fn check(issuer: &Issuer) -> Result<(), &'static str> {
    if issuer.issuer.is_empty() || issuer.audience.is_empty() {
        return Err("`issuer` and `audience` must not be empty");
    }
    if issuer.algorithms.is_empty() || issuer.algorithms.iter().any(|named| keys::is_shared(*named))
    {
        return Err("`algorithms` must name at least one, and none of HS256, HS384, HS512");
    }
    if issuer.leeway_seconds > LEEWAY_SECONDS_MAX {
        return Err("`leeway_seconds` must be at most 60");
    }
    match (&issuer.jwks_url, &issuer.jwks_file) {
        (Some(url), None) => {
            let url = reqwest::Url::parse(url).map_err(|_bad| "`jwks_url` is no URL")?;
            let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
            let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
            safe.then_some(()).ok_or("`jwks_url` must begin with https://")
        }
        (None, Some(_)) => Ok(()),
        (None, None) | (Some(_), Some(_)) => Err("give one of `jwks_url` and `jwks_file`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(change: impl Fn(&mut serde_json::Value)) -> Result<(), &'static str> {
        let mut given = json!({
            "issuer": "https://maskinporten.no/", "shape": "maskinporten",
            "audience": "https://alis.example.no", "algorithms": ["RS256"],
            "jwks_url": "https://maskinporten.no/jwk",
        });
        change(&mut given);
        check(&serde_json::from_value(given).expect("the test writes issuers"))
    }

    #[test]
    fn an_issuer_with_one_safe_source_of_keys_and_pinned_algorithms_is_taken() {
        assert_eq!(checked(|_| {}), Ok(()));
    }

    #[test]
    fn what_could_let_a_forged_token_in_is_refused() {
        assert!(checked(|i| i["algorithms"] = json!(["RS256", "HS256"])).is_err());
        assert!(checked(|i| i["algorithms"] = json!([])).is_err());
        assert!(checked(|i| i["audience"] = json!("")).is_err());
        assert!(checked(|i| i["jwks_url"] = json!("http://maskinporten.no/jwk")).is_err());
        assert!(checked(|i| i["jwks_file"] = json!("keys.json")).is_err());
        assert!(checked(|i| i["leeway_seconds"] = json!(3600)).is_err());
    }
}
