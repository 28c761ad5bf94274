//! Tokens, proofs of possession and sets of keys.
//!
//! Nobody can guess a signature. So a header and the claims, on two lines, are signed here: what a
//! trusted issuer, or a caller with a key of its own, would have to say.

use std::future::Future;
use std::sync::{Arc, LazyLock};

use alis::edge::FromText;
use alis::identifiers::OrganisationNumber;
use alis::identity::keys::Keys;
use alis::identity::{
    Beside, Caller, DELEGATION_SOURCE_BYTES_MAX, Identity, LocalIssuer, Proof, Refused,
    SCOPE_PREFIX, Who, local,
};
use alis::personal_data::Vault;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::signature::Ed25519KeyPair;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::text;

const ISSUER_SEED: [u8; 32] = [7; 32];
/// Of the key that callers prove to have. The seeds name its public part.
const HOLDER_SEED: [u8; 32] = [8; 32];
/// When proofs are shown.
const NOW: i64 = 1_700_000_000;
const URL: &str = "https://alis.example.no/v1/trainees";
/// A token without an end in sight, so that its hash stays the one that the seeds name.
const HEADER: &str = r#"{"alg":"EdDSA","kid":"local"}"#;
const CLAIMS: &str = r#"{"iss":"urn:alis:local","aud":"urn:alis:api","nbf":0,"exp":7258118400,"alis_shape":"maskinporten","scope":"alis:trainees.read","consumer":{"authority":"iso6523-actorid-upis","ID":"0192:983544622"}}"#;

static ISSUER_KEY: LazyLock<Ed25519KeyPair> = LazyLock::new(|| key(&ISSUER_SEED));
static HOLDER_KEY: LazyLock<Ed25519KeyPair> = LazyLock::new(|| key(&HOLDER_SEED));
static OWN: LazyLock<LocalIssuer> =
    LazyLock::new(|| LocalIssuer::new(&STANDARD.encode(ISSUER_SEED)).expect("32 bytes"));
static VAULT: LazyLock<Arc<Vault>> =
    LazyLock::new(|| Arc::new(Vault::new(&STANDARD.encode([9; 32]), None).expect("32 bytes")));
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));

fn key(seed: &[u8]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed).expect("32 bytes")
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// Trusts one issuer, and remembers nobody: each input stands for itself.
fn identity() -> Identity {
    Identity::new(vec![], Some(&OWN), VAULT.clone())
}

fn signed(key: &Ed25519KeyPair, header: &str, claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// A token tells who is calling only when it is signed, and then as its claims do.
pub fn tokens(bytes: &[u8]) {
    let (text, identity) = (text(bytes), identity());
    assert!(wait(identity.caller(&text, None, NOW)).is_err(), "nobody signed {text}");
    let Some((header, claims)) = text.split_once('\n') else { return };
    let token = signed(&ISSUER_KEY, header, claims);
    let Ok(caller) = wait(identity.caller(&token, None, NOW)) else { return };
    let claims: Value = serde_json::from_str(claims).expect("claims that were read are JSON");
    is_who_the_claims_name(&caller, &claims);
    assert_eq!(wait(identity.caller(&token, None, NOW)), Ok(caller), "a token is remembered");
    let forged = signed(&HOLDER_KEY, header, &claims.to_string());
    assert!(wait(identity.caller(&forged, None, NOW)).is_err(), "another key signed {forged}");
}

/// Whether a caller is whom the claims name.
fn is_who_the_claims_name(caller: &Caller, claims: &Value) {
    assert_eq!(claims["iss"], *caller.issuer);
    assert!(!caller.client.chars().any(char::is_control));
    let asked = claims["scope"].as_array().cloned().unwrap_or(vec![claims["scope"].clone()]);
    let asked: Vec<&str> = asked.iter().filter_map(Value::as_str).collect();
    for scope in &caller.scopes {
        let named = format!("{SCOPE_PREFIX}{scope}");
        let is_named = |text: &&str| **text == named || text.split(' ').any(|one| one == named);
        assert!(asked.iter().any(is_named), "{scope} is not in {claims}");
    }
    let stated = claims.to_string();
    match &caller.who {
        Who::Organisation { number, supplier } => {
            for number in [Some(number), supplier.as_ref()].into_iter().flatten() {
                assert!(stated.contains(number.as_str()), "{number} is not in {claims}");
                assert_eq!(OrganisationNumber::from_text(number.as_str()).as_ref(), Ok(number));
            }
        }
        Who::Person { hpr_lookup, .. } => {
            assert_eq!(hpr_lookup.len(), 32);
            assert_eq!(claims[local::SHAPE_CLAIM], "helseid");
        }
    }
    let Beside { unit, supplier, delegation_source } = &caller.beside;
    for number in [unit, supplier].into_iter().flatten() {
        assert!(stated.contains(number.as_str()), "{number} is not in {claims}");
        assert_eq!(OrganisationNumber::from_text(number.as_str()).as_ref(), Ok(number));
    }
    let is_plain = |text: &String| {
        text.len() <= DELEGATION_SOURCE_BYTES_MAX && !text.chars().any(char::is_control)
    };
    assert!(delegation_source.as_ref().is_none_or(is_plain), "{delegation_source:?}");
    assert!(caller.id().starts_with("org:") || caller.id().starts_with("person:"));
}

/// A proof counts for one method and one address, and for no token but its own. That it does so
/// only once is asked of tokens that are bound to a key, in the tests.
pub fn proofs(bytes: &[u8]) {
    let text = text(bytes);
    assert!(shown(&identity(), &text, "GET", URL).is_err(), "nobody signed {text}");
    let Some((header, claims)) = text.split_once('\n') else { return };
    let proof = signed(&HOLDER_KEY, header, claims);
    let identity = identity();
    if shown(&identity, &proof, "GET", URL).is_err() {
        return;
    }
    for (method, url) in [("POST", URL), ("GET", "https://alis.example.no/v1/other")] {
        assert!(shown(&identity, &proof, method, url).is_err(), "{method} {url}: {claims}");
    }
    let claims: Value = serde_json::from_str(claims).expect("claims that were read are JSON");
    let hash = digest(&SHA256, signed(&ISSUER_KEY, HEADER, CLAIMS).as_bytes());
    assert_eq!(claims["ath"], URL_SAFE_NO_PAD.encode(hash), "it is of another token");
    let issued = claims["iat"].as_i64().expect("a proof says when it was made");
    assert!((NOW - 60..=NOW + 60).contains(&issued), "{claims}");
}

fn shown(identity: &Identity, text: &str, method: &str, url: &str) -> Result<Arc<Caller>, Refused> {
    let token = signed(&ISSUER_KEY, HEADER, CLAIMS);
    wait(identity.caller(&token, Some(&Proof { text, method, url }), NOW))
}

/// A set of keys gives out what it lists, and nothing that signs by a shared secret.
pub fn issuer_keys(bytes: &[u8]) {
    let Ok(set) = serde_json::from_slice::<Value>(bytes) else { return };
    LazyLock::force(&OWN);
    let keys = Arc::new(Keys::own(&set));
    let members = set["keys"].as_array().map_or(&[][..], Vec::as_slice);
    for id in members.iter().filter_map(|member| member["kid"].as_str()) {
        let Ok(found) = wait(keys.find(id)) else { continue };
        let signs = |member: &&Value| {
            member["kid"] == id && member["kty"] != "oct" && member["use"] != "enc"
        };
        assert!(members.iter().any(|member| signs(&member)), "{id} is not in {set}");
        let secret = found.0.algorithm.map(|algorithm| format!("{algorithm:?}"));
        assert!(!secret.is_some_and(|name| name.starts_with("HS")), "{id} of {set}");
    }
    assert!(keys.generation() <= 1);
}
