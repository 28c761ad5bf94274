//! Proof of possession (DPoP, RFC 9449): a token that is bound to a key is good only with a proof
//! signed by that key, for this request and for once.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Seconds that a proof may be old, or ahead of our clock.
pub const PROOF_AGE_SECONDS_MAX: i64 = 60;
/// Bytes of a proof.
const PROOF_BYTES_MAX: usize = 4 * 1024;
/// Characters of a proof's id.
const ID_CHARS_MAX: usize = 200;
/// Seconds for which a proof is remembered at least: from its earliest to its latest use.
const REMEMBERED_SECONDS: i64 = 2 * PROOF_AGE_SECONDS_MAX;
/// Proofs of one caller that are taken in that time: what the limit on requests lets through, if it
/// is not set higher. Further ones are refused.
const OF_CALLER_MAX: usize = 80_000;
/// Proofs of all callers that are taken in that time, beyond which only callers go on who have not
/// used more than [`FEW_MAX`]: nobody locks others out.
const OF_ALL_MAX: usize = 500_000;
const FEW_MAX: usize = 1_000;
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

/// A proof that holds for its request and token.
#[derive(Debug, PartialEq, Eq)]
pub struct Proven {
    /// The thumbprint of the key that made it.
    pub key: String,
    id: String,
}

/// The proofs of the last minutes, so that none is used twice.
#[derive(Default)]
pub struct Replays(Mutex<Seen>);

/// Proofs by the hash of key and id, and by caller. What is older than the time before last is
/// gone: nothing is ever searched for what can go.
#[derive(Default)]
struct Seen {
    since: i64,
    count: usize,
    now: HashMap<String, HashSet<[u8; 32]>>,
    before: HashMap<String, HashSet<[u8; 32]>>,
}

impl Replays {
    /// Whether a caller's proof comes for the first time; then it is used up.
    pub fn is_first(&self, caller: &str, proof: &Proven, now: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if now - seen.since >= REMEMBERED_SECONDS {
            seen.before = std::mem::take(&mut seen.now);
            if now - seen.since >= 2 * REMEMBERED_SECONDS {
                seen.before.clear();
            }
            (seen.since, seen.count) = (now, 0);
        }
        let digest = Sha256::digest(format!("{} {}", proof.key, proof.id).as_bytes()).into();
        if seen.before.get(caller).is_some_and(|before| before.contains(&digest)) {
            return false;
        }
        let is_crowded = seen.count >= OF_ALL_MAX;
        let own = seen.now.entry(caller.to_owned()).or_default();
        let room = if is_crowded { FEW_MAX } else { OF_CALLER_MAX };
        let is_first = own.len() < room && own.insert(digest);
        seen.count += usize::from(is_first);
        is_first
    }
}

impl Proof<'_> {
    /// What the proof proves, when it holds for this request and token (`digest` is the token's
    /// SHA-256). Whether it was used before is another question: `Replays::is_first`.
    pub fn check(&self, digest: &[u8; 32], now: i64) -> Option<Proven> {
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
            && now.checked_sub(issued).is_some_and(|age| age.abs() <= PROOF_AGE_SECONDS_MAX);
        let key = jwk.thumbprint(ThumbprintHash::SHA256).ok()?;
        fits.then(|| Proven { key, id: id.to_owned() })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(id: usize) -> Proven {
        Proven { key: "a key".to_owned(), id: id.to_string() }
    }

    #[test]
    fn a_proof_is_used_once_for_as_long_as_it_could_hold() {
        let replays = Replays::default();
        for later in [0, 1, REMEMBERED_SECONDS - 1, REMEMBERED_SECONDS] {
            let is_first = replays.is_first("one", &proof(0), 1_000 + later);
            assert_eq!(is_first, later == 0, "after {later} s");
        }
        // Long after that nothing is kept; the proof itself is too old then.
        assert!(replays.is_first("one", &proof(0), 1_000 + 4 * REMEMBERED_SECONDS));
    }

    #[test]
    fn one_caller_who_uses_up_all_room_locks_nobody_else_out() {
        let replays = Replays::default();
        let taken = |caller: &str, id: usize| replays.is_first(caller, &proof(id), 1_000);
        assert!((0..OF_CALLER_MAX).all(|id| taken("greedy", id)));
        assert!(!taken("greedy", OF_CALLER_MAX));
        assert!((0..OF_CALLER_MAX).all(|id| taken("other", id)));
        // Once it is crowded, whoever has used little goes on.
        replays.0.lock().expect("nobody panics").count = OF_ALL_MAX;
        assert!((0..FEW_MAX).all(|id| taken("modest", id)));
        assert!(!taken("modest", FEW_MAX));
    }
}
