//! The program's own issuer: what signs the tokens of a private installation and of tests, so that
//! the same path is taken there as everywhere. In production the issuers are others.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::issuer::{Issuer, Shape};
use super::{SCOPE_PREFIX, crypto};

/// `iss` of its tokens.
pub const ISSUER: &str = "urn:alis:local";
/// `aud` of its tokens.
pub const AUDIENCE: &str = "urn:alis:api";
/// The claim that tells which issuer a local token is shaped like.
pub const SHAPE_CLAIM: &str = "alis_shape";
const KEY_ID: &str = "local";
/// Bytes of its key: the seed of an Ed25519 key.
pub const KEY_BYTES: usize = 32;
/// Seconds that the clocks of one machine may differ by.
const LEEWAY_SECONDS: u64 = 5;

/// Why there is no local issuer.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("the key of the local issuer must be {KEY_BYTES} bytes in base64")]
    Key,
    #[error("a token could not be signed")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

/// Signs tokens.
#[derive(Clone)]
pub struct LocalIssuer {
    key: EncodingKey,
    public: Vec<u8>,
}

/// The word for a shape in a local token.
pub fn shape_word(shape: Shape) -> &'static str {
    match shape {
        Shape::Maskinporten => "maskinporten",
        Shape::Helseid => "helseid",
    }
}

impl LocalIssuer {
    /// An issuer whose key is at hand.
    ///
    /// # Errors
    /// When it is no such key.
    pub fn new(key: &str) -> Result<Self, LocalError> {
        crypto::install();
        let seed = STANDARD.decode(key.trim()).map_err(|_bad| LocalError::Key)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_bad| LocalError::Key)?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self { key: EncodingKey::from_ed_der(&seed), public })
    }

    /// A fresh key in base64.
    pub fn generate_key() -> String {
        let mut seed = [0; KEY_BYTES];
        let random = ring::rand::SystemRandom::new();
        ring::rand::SecureRandom::fill(&random, &mut seed).expect("the system gives random bytes");
        STANDARD.encode(seed)
    }

    /// Its public key, as issuers publish theirs.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID,
            "x": URL_SAFE_NO_PAD.encode(&self.public),
        }] })
    }

    /// The entry that a file of issuers would hold for it.
    pub fn as_issuer(&self, shape: Shape) -> Issuer {
        Issuer {
            issuer: ISSUER.to_owned(),
            shape,
            audience: AUDIENCE.to_owned(),
            algorithms: vec![Algorithm::EdDSA],
            jwks_url: None,
            jwks_file: None,
            leeway_seconds: LEEWAY_SECONDS,
            require_dpop: false,
            scope_prefix: SCOPE_PREFIX.to_owned(),
        }
    }

    /// A token with these claims beside those that every token has. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn sign(
        &self,
        shape: Shape,
        claims: &Value,
        now: i64,
        seconds: i64,
    ) -> Result<String, LocalError> {
        let mut all = json!({
            "iss": ISSUER, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + seconds,
            "jti": uuid::Uuid::now_v7(), SHAPE_CLAIM: shape_word(shape),
        });
        let own = claims.as_object().into_iter().flatten();
        let members = all.as_object_mut().expect("the literal above is an object");
        members.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::EdDSA) };
        Ok(jsonwebtoken::encode(&header, &all, &self.key)?)
    }
}
