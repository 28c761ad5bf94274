//! The signatures of tokens, by ring: the program's TLS uses it already, and the two back ends that
//! `jsonwebtoken` brings would add a second one. Nothing secret-keyed (HS256) is offered: who can
//! check such a token could have made it.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::digest;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, Ed25519KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    // Of these only the digest is ever asked for: keys are read from JWK sets, never written.
    key_utils: KeyUtils { compute_digest, ..KeyUtils::new_unimplemented() },
};

/// Makes this the back end of the process; again does nothing.
pub fn install() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // Somebody else in the process may have installed one: then that one serves as well.
        if PROVIDER.install_default().is_err() {
            tracing::debug!("Another back end for tokens is in place");
        }
    });
}

fn compute_digest(data: &[u8], hash: ThumbprintHash) -> Result<Vec<u8>, Error> {
    let algorithm = match hash {
        ThumbprintHash::SHA256 => &digest::SHA256,
        ThumbprintHash::SHA384 => &digest::SHA384,
        ThumbprintHash::SHA512 => &digest::SHA512,
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(digest::digest(algorithm, data).as_ref().to_vec())
}

/// How ring checks the signatures of an algorithm.
enum Scheme {
    Rsa(&'static RsaParameters),
    Point(&'static dyn VerificationAlgorithm),
}

fn scheme(algorithm: Algorithm) -> Result<Scheme, Error> {
    Ok(match algorithm {
        Algorithm::RS256 => Scheme::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Scheme::Rsa(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Scheme::Rsa(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Scheme::Rsa(&RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Scheme::Rsa(&RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Scheme::Rsa(&RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => Scheme::Point(&ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Scheme::Point(&ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Scheme::Point(&ED25519),
        // What a later version of the library may add is not taken either.
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 | _ => {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
    })
}

struct Checked {
    algorithm: Algorithm,
    key: DecodingKey,
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    scheme(*algorithm)?;
    Ok(Box::new(Checked { algorithm: *algorithm, key: key.clone() }))
}

impl Verifier<Vec<u8>> for Checked {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> Result<(), signature::Error> {
        let scheme = scheme(self.algorithm).map_err(signature::Error::from_source)?;
        let fits = match (scheme, self.key.kind()) {
            (Scheme::Rsa(with), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(with, message, signed).is_ok()
            }
            (Scheme::Rsa(with), DecodingKeyKind::SecretOrDer(der)) => {
                UnparsedPublicKey::new(with, der).verify(message, signed).is_ok()
            }
            (Scheme::Point(with), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(with, point).verify(message, signed).is_ok()
            }
            (Scheme::Point(_), DecodingKeyKind::RsaModulusExponent { .. }) => false,
        };
        fits.then_some(()).ok_or_else(signature::Error::new)
    }
}

impl JwtVerifier for Checked {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

struct Signing(Ed25519KeyPair);

/// Signs for the local issuer, which uses Ed25519 only.
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    if *algorithm != Algorithm::EdDSA || key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    // The local issuer puts the seed of its key there, and nothing else signs.
    let pair = Ed25519KeyPair::from_seed_unchecked(key.as_bytes());
    let pair = pair.map_err(|_rejected| Error::from(ErrorKind::InvalidEddsaKey))?;
    Ok(Box::new(Signing(pair)))
}

impl Signer<Vec<u8>> for Signing {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Signing {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
