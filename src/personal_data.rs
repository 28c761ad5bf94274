//! Names and HPR numbers, sealed: the log and the read models hold them only as ciphertext.
//!
//! Each person has a key; the key is kept wrapped under a master key that lives outside the
//! database. Without the person's key, deleted at erasure, the sealed words are noise. HPR numbers
//! are looked up by a keyed hash. Who may read what is decided elsewhere.

use aes_gcm::aead::array::Array;
use aes_gcm::aead::{Aead, Generate, Payload};
use aes_gcm::{Aes256Gcm, Key, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::identifiers::HprNumber;

/// Bytes of the master key.
pub const MASTER_KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// Why sealed words could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the master key must be {MASTER_KEY_BYTES} bytes in base64")]
    MasterKey,
    #[error("sealed words do not open with this key")]
    DoesNotOpen,
}

/// The key of one person, in the clear only while it is used.
pub struct PersonKey(Key<Aes256Gcm>);

/// Seals and opens what identifies persons.
pub struct Vault {
    wrapping: Aes256Gcm,
    lookup: [u8; 32],
}

/// What identifies a person, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpr_number: Option<String>,
}

impl Vault {
    /// A vault under a master key in base64.
    pub fn new(master_key: &str) -> Result<Self, SealError> {
        let master = BASE64.decode(master_key.trim()).map_err(|_bad| SealError::MasterKey)?;
        if master.len() != MASTER_KEY_BYTES {
            return Err(SealError::MasterKey);
        }
        // Separate keys for separate uses, derived by HMAC over a label.
        let wrapping = hmac(&master, b"alis wrap person keys v1");
        let lookup = hmac(&master, b"alis look up HPR numbers v1");
        let wrapping = Aes256Gcm::new(&Array(wrapping));
        Ok(Self { wrapping, lookup })
    }

    /// A fresh master key in base64.
    pub fn generate_master_key() -> String {
        BASE64.encode(Key::<Aes256Gcm>::generate())
    }

    /// A fresh key for a person, and its wrapped form for the database.
    pub fn new_person(&self, person: Uuid) -> (PersonKey, Vec<u8>) {
        let key = Key::<Aes256Gcm>::generate();
        let wrapped = encrypt(&self.wrapping, &key, person.as_bytes());
        (PersonKey(key), wrapped)
    }

    /// Unwraps a person's key.
    pub fn person(&self, person: Uuid, wrapped: &[u8]) -> Result<PersonKey, SealError> {
        let key = decrypt(&self.wrapping, wrapped, person.as_bytes())?;
        let key: [u8; 32] = key.try_into().map_err(|_wrong| SealError::DoesNotOpen)?;
        Ok(PersonKey(Array(key)))
    }

    /// The keyed hash by which an HPR number is found: 32 hexadecimal digits.
    pub fn lookup(&self, hpr_number: &HprNumber) -> String {
        let hash = hmac(&self.lookup, hpr_number.as_str().as_bytes());
        hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl PersonKey {
    /// Seals a value, bound to the person: the text cannot be moved to another.
    pub fn seal(&self, person: Uuid, value: &impl Serialize) -> String {
        let plain = serde_json::to_vec(value).expect("identities are plain data");
        BASE64.encode(encrypt(&Aes256Gcm::new(&self.0), &plain, person.as_bytes()))
    }

    /// Opens a sealed value.
    pub fn open<T: DeserializeOwned>(&self, person: Uuid, sealed: &str) -> Result<T, SealError> {
        let bytes = BASE64.decode(sealed).map_err(|_bad| SealError::DoesNotOpen)?;
        let plain = decrypt(&Aes256Gcm::new(&self.0), &bytes, person.as_bytes())?;
        serde_json::from_slice(&plain).map_err(|_bad| SealError::DoesNotOpen)
    }
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)
        .expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A random nonce, then the ciphertext with its tag.
fn encrypt(cipher: &Aes256Gcm, plain: &[u8], bound_to: &[u8]) -> Vec<u8> {
    let nonce = aes_gcm::Nonce::generate();
    let sealed = cipher
        .encrypt(&nonce, Payload { msg: plain, aad: bound_to })
        .expect("only messages of many gigabytes are refused");
    let mut out = nonce.to_vec();
    out.extend(sealed);
    out
}

fn decrypt(cipher: &Aes256Gcm, bytes: &[u8], bound_to: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(SealError::DoesNotOpen)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_short| SealError::DoesNotOpen)?;
    cipher
        .decrypt(&Array(nonce), Payload { msg: sealed, aad: bound_to })
        .map_err(|_forged| SealError::DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::FromText;

    fn vault() -> Vault {
        Vault::new(&Vault::generate_master_key()).expect("a generated key fits")
    }

    #[test]
    fn what_is_sealed_opens_for_its_person_only() {
        let (vault, person) = (vault(), Uuid::now_v7());
        let (key, wrapped) = vault.new_person(person);
        let identity = Identity { name: "Kari Eksempel".to_owned(), hpr_number: None };
        let sealed = key.seal(person, &identity);
        assert!(!sealed.contains("Kari"));
        let again = vault.person(person, &wrapped).expect("unwraps");
        assert_eq!(again.open::<Identity>(person, &sealed).expect("opens"), identity);
        assert!(again.open::<Identity>(Uuid::now_v7(), &sealed).is_err());
        assert!(vault.person(Uuid::now_v7(), &wrapped).is_err());
        assert!(super::tests::vault().person(person, &wrapped).is_err());
    }

    #[test]
    fn a_look_up_needs_the_master_key_and_ignores_leading_zeros() {
        let (vault, other) = (vault(), vault());
        let hpr = |text| HprNumber::from_text(text).expect("a valid number");
        assert_eq!(vault.lookup(&hpr("12")), vault.lookup(&hpr("0012")));
        assert_ne!(vault.lookup(&hpr("12")), vault.lookup(&hpr("13")));
        assert_ne!(vault.lookup(&hpr("12")), other.lookup(&hpr("12")));
    }

    #[test]
    fn a_master_key_of_the_wrong_size_is_refused() {
        assert!(Vault::new("c2hvcnQ=").is_err());
        assert!(Vault::new("not base64!").is_err());
    }
}
