//! Proof of possession (DPoP, RFC 9449): a token that is bound to a key is good only with a proof
//! signed by that key, for this request and for once.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Seconds that a proof may be old, or ahead of our clock.
const AGE_SECONDS_MAX: i64 = 60;
/// Bytes of a proof.
const PROOF_BYTES_MAX: usize = 4 * 1024;
/// Characters of a proof's id.
const ID_CHARS_MAX: usize = 200;
/// Proofs remembered so that none is used twice. More in the time a proof lives are refused.
const REPLAYS_MAX: usize = 100_000;
/// The signatures that a proof may carry.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
];

/// What came in the header `DPoP`, and the request that it has to be about.
pub struct Proof<'a> {
    pub text: &'a str,
    pub method: &'a str,
    /// Scheme, host and path, as the caller addressed them; no query.
    pub url: &'a str,
}

/// The proofs of the last minutes, by the hash of key and id.
#[derive(Default)]
pub struct Replays(Mutex<HashMap<[u8; 32], i64>>);

impl Replays {
    /// Whether a proof comes for the first time.
    fn is_first(&self, key: &str, id: &str, now: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if seen.len() >= REPLAYS_MAX {
            seen.retain(|_, until| *until >= now);
        }
        let digest = Sha256::digest(format!("{key} {id}").as_bytes()).into();
        let has_room = seen.len() < REPLAYS_MAX;
        has_room && seen.insert(digest, now + 2 * AGE_SECONDS_MAX).is_none()
    }
}

impl Proof<'_> {
    /// The thumbprint of the key that made the proof, when it holds for this request and token
    /// (`digest` is the token's SHA-256).
    pub fn check(&self, digest: &[u8; 32], now: i64, replays: &Replays) -> Option<String> {
        if self.text.len() > PROOF_BYTES_MAX {
            return None;
        }
        let header = jsonwebtoken::decode_header(self.text).ok()?;
        let is_proof = header.typ.as_deref() == Some("dpop+jwt");
        if !is_proof || header.crit.is_some() || !ALGORITHMS.contains(&header.alg) {
            return None;
        }
        let jwk = header.jwk.as_ref()?;
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let mut validation = Validation::new(header.alg);
        // A proof has no `exp` and no `aud`; what it has instead is checked below.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims = jsonwebtoken::decode::<Value>(self.text, &key, &validation).ok()?.claims;
        let id = claims["jti"].as_str().filter(|id| (1..=ID_CHARS_MAX).contains(&id.len()))?;
        let issued = claims["iat"].as_i64()?;
        let fits = claims["htm"] == self.method
            && claims["htu"].as_str().is_some_and(|url| same_url(url, self.url))
            && claims["ath"] == BASE64.encode(digest)
            && now.checked_sub(issued).is_some_and(|age| age.abs() <= AGE_SECONDS_MAX);
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).ok()?;
        // Last, so that a proof which was refused for something else is not used up.
        (fits && replays.is_first(&thumbprint, id, now)).then_some(thumbprint)
    }
}

/// Whether two addresses are the same but for their query and the spelling of their host.
fn same_url(given: &str, expected: &str) -> bool {
    let parse = |text: &str| {
        let mut url = reqwest::Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    parse(given).is_some_and(|given| parse(expected) == Some(given))
}
