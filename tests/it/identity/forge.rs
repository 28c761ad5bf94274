//! Tokens and proofs made by hand, so that a test can make what no library would.

use alis::identity::issuer::{Issuer, Shape};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

/// A key that was made for these tests and is used nowhere else.
const RSA_KEY: &[u8] = include_bytes!("rsa_for_tests_only.pk8");

/// The issuer that these tests stand in for.
pub const ISSUER: &str = "https://issuer.example/";
pub const AUDIENCE: &str = "https://alis.example";

/// An entry for the issuer, with keys from `url`.
pub fn issuer(shape: Shape, url: String) -> Issuer {
    let entry = json!({
        "issuer": ISSUER, "shape": match shape { Shape::Maskinporten => "maskinporten", Shape::Helseid => "helseid" },
        "audience": AUDIENCE, "algorithms": ["RS256"], "jwks_url": url,
    });
    serde_json::from_value(entry).expect("an issuer's entry")
}

fn rsa() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(RSA_KEY).expect("the key in the repository")
}

/// The issuer's public keys, under the key id `one`.
pub fn jwks() -> Value {
    let key = rsa();
    let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key.public());
    json!({ "keys": [
        { "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one",
          "n": BASE64.encode(&public.n), "e": BASE64.encode(&public.e) },
        // What a set may hold besides: another use, and a kind that nobody knows.
        { "kty": "RSA", "use": "enc", "kid": "two", "n": BASE64.encode(&public.n), "e": "AQAB" },
        { "kty": "PQC", "use": "sig", "kid": "three" },
    ]})
}

fn part(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

/// A token with this header and these claims, signed with the issuer's key.
pub fn signed(header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let key = rsa();
    let mut signature = vec![0; key.public().modulus_len()];
    let random = SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).expect("it signs");
    format!("{message}.{}", BASE64.encode(signature))
}

/// A token with this header and these claims, and a signature of the test's own.
pub fn with_signature(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    format!("{message}.{}", BASE64.encode(sign(message.as_bytes())))
}

/// A header that is good.
pub fn header() -> Value {
    json!({ "alg": "RS256", "kid": "one", "typ": "JWT" })
}

/// Claims that are good, of an organisation.
pub fn claims(organisation: &str) -> Value {
    let now = alis::http::now().as_second();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 120,
        "client_id": "a-client", "scope": "alis:positions.read alis:trainees.read other:scope",
        "consumer": { "authority": "iso6523-actorid-upis", "ID": format!("0192:{organisation}") },
    })
}

/// A caller's own key, and the proofs it makes.
pub struct Prover(EcdsaKeyPair);

impl Prover {
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let document = document.expect("a key is made");
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
        Self(pair.expect("the key that was just made"))
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256",
                "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..]) })
    }

    /// What a token is bound to this key by (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let canonical =
            format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
        BASE64.encode(ring::digest::digest(&ring::digest::SHA256, canonical.as_bytes()))
    }

    /// The claims of a good proof.
    pub fn claims(method: &str, url: &str, token: &str) -> Value {
        let digest = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
        json!({
            "jti": uuid::Uuid::now_v7(), "htm": method, "htu": url,
            "iat": alis::http::now().as_second(), "ath": BASE64.encode(digest),
        })
    }

    /// A proof with these claims.
    pub fn proof(&self, claims: &Value) -> String {
        self.proof_of_type("dpop+jwt", claims)
    }

    pub fn proof_of_type(&self, kind: &str, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": kind, "jwk": self.jwk() });
        with_signature(&header, claims, |message| {
            let random = SystemRandom::new();
            self.0.sign(&random, message).expect("it signs").as_ref().to_vec()
        })
    }
}
