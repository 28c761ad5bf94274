//! Names and HPR numbers, sealed: the log and the read models hold them only as ciphertext.
//!
//! Each person has a key; the key is kept wrapped under a master key that lives outside the
//! database; a wrapped key names its master key, so that the master key can be changed while the
//! service runs. Without the person's key, deleted at erasure, the sealed words are noise. HPR
//! numbers are looked up by a keyed hash. Who may read what is decided elsewhere.

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

use alis_kernel::identifiers::HprNumber;

/// Bytes of the master key.
pub const MASTER_KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
/// What a wrapped key begins with; then comes the id of the master key, then the ciphertext.
const WRAPPED_FORM: u8 = 1;
const MASTER_ID_BYTES: usize = 8;
/// Bytes of a key that was wrapped before wrapped keys named their master key: nonce, key, tag.
const WRAPPED_BYTES_UNNAMED: usize = NONCE_BYTES + MASTER_KEY_BYTES + 16;
/// What the look-up key is bound to when it is wrapped.
const LOOKUP_LABEL: &[u8] = b"hpr_lookup";

/// Why sealed words could not be read or written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the master key must be {MASTER_KEY_BYTES} bytes in base64")]
    MasterKey,
    #[error("sealed words do not open with this key")]
    DoesNotOpen,
}

/// The key of one person, in the clear only while it is used.
pub struct PersonKey(Key<Aes256Gcm>);

/// Seals and opens what identifies persons. While the master key is rotated it holds two.
pub struct Vault {
    /// Wraps whatever is wrapped from now on.
    current: Master,
    /// Still opens what was wrapped before.
    previous: Option<Master>,
    /// Stays the same for as long as the log does: its hashes are in it.
    lookup: [u8; 32],
}

/// What is derived from a master key.
struct Master {
    /// Names the key and tells nothing of it.
    id: [u8; MASTER_ID_BYTES],
    wrapping: Aes256Gcm,
    /// The look-up key of a log that began under this master key.
    lookup: [u8; 32],
}

impl Master {
    /// Separate keys for separate uses, derived by HMAC over a label.
    fn of_text(text: &str) -> Result<Self, SealError> {
        let master = BASE64.decode(text.trim()).map_err(|_bad| SealError::MasterKey)?;
        if master.len() != MASTER_KEY_BYTES {
            return Err(SealError::MasterKey);
        }
        let mut id = [0; MASTER_ID_BYTES];
        id.copy_from_slice(&hmac(&master, b"alis name the master key v1")[..MASTER_ID_BYTES]);
        let wrapping = hmac(&master, b"alis wrap person keys v1");
        let lookup = hmac(&master, b"alis look up HPR numbers v1");
        Ok(Self { id, wrapping: Aes256Gcm::new(&Array(wrapping)), lookup })
    }

    fn wrap(&self, key: &[u8], bound_to: &[u8]) -> Vec<u8> {
        let mut out = vec![WRAPPED_FORM];
        out.extend(self.id);
        out.extend(encrypt(&self.wrapping, key, bound_to));
        out
    }
}

/// What identifies a person, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hpr_number: Option<String>,
}

impl Vault {
    /// A vault under a master key in base64, and the one before it if that is still in use.
    ///
    /// # Errors
    /// When a key is not [`MASTER_KEY_BYTES`] bytes in base64.
    pub fn new(master_key: &str, previous: Option<&str>) -> Result<Self, SealError> {
        let current = Master::of_text(master_key)?;
        let previous = previous.map(Master::of_text).transpose()?;
        let lookup = previous.as_ref().unwrap_or(&current).lookup;
        Ok(Self { current, previous, lookup })
    }

    /// The same vault with the look-up key that was kept, wrapped, from the log's beginning.
    ///
    /// # Errors
    /// When no master key of the vault opens it.
    pub fn with_lookup(self, wrapped: &[u8]) -> Result<Self, SealError> {
        let lookup = self.unwrap(wrapped, LOOKUP_LABEL)?;
        Ok(Self { lookup, ..self })
    }

    /// The look-up key, wrapped for the database.
    pub fn wrapped_lookup(&self) -> Vec<u8> {
        self.current.wrap(&self.lookup, LOOKUP_LABEL)
    }

    /// A person's key wrapped under the current master key; `None` when it is so already.
    ///
    /// # Errors
    /// When no master key of the vault opens it.
    pub fn rewrapped(&self, person: Uuid, wrapped: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
        self.rewrap(wrapped, person.as_bytes())
    }

    /// The look-up key wrapped under the current master key; `None` when it is so already.
    ///
    /// # Errors
    /// When no master key of the vault opens it.
    pub fn rewrapped_lookup(&self, wrapped: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
        self.rewrap(wrapped, LOOKUP_LABEL)
    }

    fn rewrap(&self, wrapped: &[u8], bound_to: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
        let key = self.unwrap(wrapped, bound_to)?;
        let is_current = wrapped.get(1..=MASTER_ID_BYTES) == Some(&self.current.id[..])
            && wrapped.len() > WRAPPED_BYTES_UNNAMED;
        Ok((!is_current).then(|| self.current.wrap(&key, bound_to)))
    }

    fn unwrap(&self, wrapped: &[u8], bound_to: &[u8]) -> Result<[u8; 32], SealError> {
        let mut masters = [Some(&self.current), self.previous.as_ref()].into_iter().flatten();
        let key = if wrapped.len() == WRAPPED_BYTES_UNNAMED {
            // It does not name its master key; opening it with another one fails.
            masters.find_map(|master| decrypt(&master.wrapping, wrapped, bound_to).ok())
        } else {
            let named = wrapped.split_at_checked(1 + MASTER_ID_BYTES);
            let named = named.filter(|(name, _)| name[0] == WRAPPED_FORM);
            let (name, sealed) = named.ok_or(SealError::DoesNotOpen)?;
            let master = masters.find(|master| master.id == name[1..]);
            master.and_then(|master| decrypt(&master.wrapping, sealed, bound_to).ok())
        };
        let key = key.ok_or(SealError::DoesNotOpen)?;
        key.try_into().map_err(|_wrong| SealError::DoesNotOpen)
    }

    /// A fresh master key in base64.
    pub fn generate_master_key() -> String {
        BASE64.encode(Key::<Aes256Gcm>::generate())
    }

    /// A fresh key for a person, and its wrapped form for the database.
    pub fn new_person(&self, person: Uuid) -> (PersonKey, Vec<u8>) {
        let key = Key::<Aes256Gcm>::generate();
        let wrapped = self.current.wrap(&key, person.as_bytes());
        (PersonKey(key), wrapped)
    }

    /// Unwraps a person's key.
    pub fn person(&self, person: Uuid, wrapped: &[u8]) -> Result<PersonKey, SealError> {
        Ok(PersonKey(Array(self.unwrap(wrapped, person.as_bytes())?)))
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
    use alis_kernel::edge::FromText;

    fn vault() -> Vault {
        Vault::new(&Vault::generate_master_key(), None).expect("a generated key fits")
    }

    #[test]
    fn a_rotated_key_is_the_same_key_under_another_master() {
        let (old, new) = (Vault::generate_master_key(), Vault::generate_master_key());
        let vault = |master: &str, previous| Vault::new(master, previous).expect("the keys fit");
        let (before, both) = (vault(&old, None), vault(&new, Some(&old)));
        let person = Uuid::now_v7();
        let (key, wrapped) = before.new_person(person);
        let sealed = key.seal(person, &7);
        let rewrapped = both.rewrapped(person, &wrapped).expect("the old key opens it");
        let rewrapped = rewrapped.expect("it is under the old key");
        assert_eq!(both.rewrapped(person, &rewrapped), Ok(None));
        let lookup = both.rewrapped_lookup(&before.wrapped_lookup()).expect("the old key opens it");
        let lookup = lookup.expect("it is under the old key");
        let after = vault(&new, None).with_lookup(&lookup).expect("the new key opens it");
        let opened = after.person(person, &rewrapped).expect("the new key opens it");
        assert_eq!(opened.open::<i32>(person, &sealed).ok(), Some(7));
        let hpr = HprNumber::from_text("12").expect("a valid number");
        assert_eq!(after.lookup(&hpr), before.lookup(&hpr));
        assert_ne!(vault(&new, None).lookup(&hpr), before.lookup(&hpr));
        // Each alone opens only its own.
        assert!(before.person(person, &rewrapped).is_err());
        assert!(before.rewrapped_lookup(&lookup).is_err());
        assert!(after.person(person, &wrapped).is_err());
    }

    #[test]
    fn a_key_that_was_wrapped_before_wrapped_keys_named_their_master_opens_and_gets_a_name() {
        let (vault, person) = (vault(), Uuid::now_v7());
        let (_, wrapped) = vault.new_person(person);
        let unnamed = &wrapped[1 + MASTER_ID_BYTES..];
        assert_eq!(unnamed.len(), WRAPPED_BYTES_UNNAMED);
        assert!(vault.person(person, unnamed).is_ok());
        assert!(matches!(vault.rewrapped(person, unnamed), Ok(Some(_))));
        assert!(vault.person(person, &wrapped[1..]).is_err());
        assert!(vault.person(person, &[]).is_err());
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
        assert!(Vault::new("c2hvcnQ=", None).is_err());
        assert!(Vault::new("not base64!", None).is_err());
        assert!(Vault::new(&Vault::generate_master_key(), Some("c2hvcnQ=")).is_err());
    }
}
