//! Signed notes and checkpoints in the forms of C2SP (`signed-note`, `tlog-checkpoint`), signed by
//! Ed25519. Pure: keys and texts come in, texts and verdicts go out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use super::tree::{HASH_BYTES, Hash, Head};

/// Bytes of a note that is read; ours have about 300.
pub const NOTE_BYTES_MAX: usize = 8 * 1024;
/// Signatures looked at on one note.
const SIGNATURES_MAX: usize = 32;
/// Characters of a key's name.
const NAME_CHARS_MAX: usize = 200;
/// The byte that says Ed25519, in keys and key ids.
const ALGORITHM: u8 = 1;
/// What a line with a signature begins with.
const SIGNATURE_MARK: &str = "\u{2014} ";
/// What the line about the second tree begins with.
const LEDGER: &str = "ledger ";

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key must be 32 bytes in base64")]
    Secret,
    #[error("the name of a key has 1 to {NAME_CHARS_MAX} characters, no spaces and no plus signs")]
    Name,
    #[error("a published key reads NAME+HASH+KEY, and its hash agrees with the rest")]
    Published,
}

/// Why a note is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("it is no signed note")]
    Malformed,
    #[error("no known key has signed it")]
    Unsigned,
    #[error("its signature does not hold")]
    Forged,
    #[error("the note is no checkpoint")]
    NoCheckpoint,
}

/// A published key: a name, and what its signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    public: [u8; 32],
}

impl Verifier {
    fn new(name: &str, public: [u8; 32]) -> Result<Self, KeyError> {
        let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
        let length = name.chars().count();
        if length == 0 || length > NAME_CHARS_MAX || !name.chars().all(fits) {
            return Err(KeyError::Name);
        }
        Ok(Self { name: name.to_owned(), public })
    }

    /// Reads a key in its published form (C2SP vkey): `name+hash+base64`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Published);
        };
        let key = BASE64.decode(key).map_err(|_bad| KeyError::Published)?;
        let Some((&ALGORITHM, public)) = key.split_first() else { return Err(KeyError::Published) };
        let public = public.try_into().map_err(|_wrong| KeyError::Published)?;
        let verifier = Self::new(name, public)?;
        if hex(&verifier.id()) != id {
            return Err(KeyError::Published);
        }
        Ok(verifier)
    }

    /// The key's name, which is the origin of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes by which a signature tells its key.
    fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ALGORITHM])
            .chain_update(self.public);
        let digest: Hash = digest.finalize().into();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    fn signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(text.as_bytes(), signature).is_ok()
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = [&[ALGORITHM][..], &self.public].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id()), BASE64.encode(key))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key that signs. Never shown.
pub struct Signer {
    key: Ed25519KeyPair,
    verifier: Verifier,
}

impl Signer {
    /// A signer with a secret key of 32 bytes in base64. Without a name of its own the log is
    /// called after its key, so that no two are called the same.
    pub fn new(secret: &str, name: Option<&str>) -> Result<Self, KeyError> {
        let seed = BASE64.decode(secret.trim()).map_err(|_bad| KeyError::Secret)?;
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_bad| KeyError::Secret)?;
        let public = key.public_key().as_ref();
        let public: [u8; 32] = public.try_into().map_err(|_wrong| KeyError::Secret)?;
        let own = format!("alis.invalid/{}", hex(&Sha256::digest(public)[..8]));
        let verifier = Verifier::new(name.unwrap_or(&own), public)?;
        Ok(Self { key, verifier })
    }

    /// A fresh secret key in base64.
    pub fn generate_secret() -> String {
        let seed: ring::rand::Random<[u8; 32]> =
            ring::rand::generate(&SystemRandom::new()).expect("the system gives random bytes");
        BASE64.encode(seed.expose())
    }

    /// What others check our signatures with.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The note of a text, which ends with a newline.
    pub fn sign(&self, text: &str) -> String {
        let signature = [&self.verifier.id()[..], self.key.sign(text.as_bytes()).as_ref()].concat();
        format!("{text}\n{SIGNATURE_MARK}{} {}\n", self.verifier.name, BASE64.encode(signature))
    }
}

/// The text of a note that one of `keys` has signed, and which of them.
///
/// # Errors
/// When it is no note, none of the keys has signed it, or one of them has not signed this.
pub fn open<'a, 'k>(
    note: &'a str,
    keys: &'k [Verifier],
) -> Result<(&'a str, &'k Verifier), NoteError> {
    let odd = |c: char| c < ' ' && c != '\n';
    if note.len() > NOTE_BYTES_MAX || note.contains(odd) || !note.ends_with('\n') {
        return Err(NoteError::Malformed);
    }
    let split = note.rfind("\n\n").ok_or(NoteError::Malformed)? + 1;
    let (text, signatures) = (&note[..split], &note[split + 1..]);
    let mut known = None;
    for (count, line) in signatures.lines().enumerate() {
        let line = line.strip_prefix(SIGNATURE_MARK).ok_or(NoteError::Malformed)?;
        let (name, signature) = line.split_once(' ').ok_or(NoteError::Malformed)?;
        let signature = BASE64.decode(signature).map_err(|_bad| NoteError::Malformed)?;
        let Some((id, signature)) = signature.split_at_checked(4) else {
            return Err(NoteError::Malformed);
        };
        if count >= SIGNATURES_MAX {
            return Err(NoteError::Malformed);
        }
        let Some(key) = keys.iter().find(|key| key.name == name && key.id() == id) else {
            continue; // whoever else signs is no business of ours
        };
        if !key.signed(text, signature) {
            return Err(NoteError::Forged);
        }
        known = known.or(Some(key));
    }
    known.map(|key| (text, key)).ok_or(NoteError::Unsigned)
}

/// What a checkpoint says: how many leaves a log had, and their root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is: the name of the key that signs.
    pub origin: String,
    /// The tree over the events.
    pub events: Head,
    /// The tree over the ledger, in an extension line.
    pub ledger: Option<Head>,
}

impl Checkpoint {
    /// The text to be signed.
    pub fn text(&self) -> String {
        let Self { origin, events, ledger } = self;
        let mut text = format!("{origin}\n{}\n{}\n", events.size, BASE64.encode(events.root));
        if let Some(ledger) = ledger {
            text.push_str(&format!("{LEDGER}{} {}\n", ledger.size, BASE64.encode(ledger.root)));
        }
        text
    }

    /// Reads the text of a note. Extension lines other than our own say nothing to us.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').ok_or(NoteError::NoCheckpoint)?.split('\n');
        let (origin, size, root) = (lines.next(), lines.next(), lines.next());
        let origin = origin.filter(|origin| !origin.is_empty()).ok_or(NoteError::NoCheckpoint)?;
        let events = head(size, root).ok_or(NoteError::NoCheckpoint)?;
        let mut ledger = None;
        for line in lines {
            if line.is_empty() {
                return Err(NoteError::NoCheckpoint);
            }
            let Some((size, root)) = line.strip_prefix(LEDGER).and_then(|l| l.split_once(' '))
            else {
                continue;
            };
            ledger = Some(head(Some(size), Some(root)).ok_or(NoteError::NoCheckpoint)?);
        }
        Ok(Self { origin: origin.to_owned(), events, ledger })
    }

    /// Reads a note that one of `keys` has signed. The origin is the name of that key.
    pub fn open(note: &str, keys: &[Verifier]) -> Result<Self, NoteError> {
        let (text, key) = open(note, keys)?;
        let checkpoint = Self::parse(text)?;
        if checkpoint.origin == key.name { Ok(checkpoint) } else { Err(NoteError::NoCheckpoint) }
    }
}

fn head(size: Option<&str>, root: Option<&str>) -> Option<Head> {
    let (size, root) = (size?, hash_of(root?)?);
    let number: u64 = size.parse().ok()?;
    // One spelling only: no sign, no leading zeros.
    (number.to_string() == size).then_some(Head { size: number, root })
}

/// A hash from its base64.
pub fn hash_of(text: &str) -> Option<Hash> {
    let bytes: [u8; HASH_BYTES] = BASE64.decode(text).ok()?.try_into().ok()?;
    Some(bytes)
}

/// A hash in base64.
pub fn base64_of(hash: &Hash) -> String {
    BASE64.encode(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The key and the note that the Go implementation of signed notes is tested with
    // (golang.org/x/mod/sumdb/note).
    const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SKEY: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNED: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNI\
                          uGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    // The example of C2SP's tlog-checkpoint.
    const BEHIND_THE_SOFA: &str = "example.com/behind-the-sofa\n20852163\n\
                                   CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn go_note() -> String {
        format!("{TEXT}\n{SIGNED}")
    }

    fn signer() -> Signer {
        Signer::new(&BASE64.encode([7; 32]), Some("example.no/alis")).expect("it fits")
    }

    fn checkpoint() -> Checkpoint {
        let head = |size, byte| Head { size, root: [byte; 32] };
        let origin = "example.no/alis".to_owned();
        Checkpoint { origin, events: head(42, 1), ledger: Some(head(7, 2)) }
    }

    #[test]
    fn a_note_of_another_implementation_is_read_and_made_alike() {
        let key = Verifier::parse(VKEY).expect("a published key");
        assert_eq!(key.to_string(), VKEY);
        let keys = [key];
        let (text, by) = open(&go_note(), &keys).map(|(t, k)| (t.to_owned(), k)).expect("signed");
        assert_eq!((text.as_str(), by.name()), (TEXT, "PeterNeumann"));
        let secret = SKEY.rsplit_once('+').map(|(_, _last)| ());
        assert!(secret.is_some());
        let encoded = SKEY.splitn(5, '+').last().expect("five parts");
        let secret = BASE64.decode(encoded).expect("base64");
        let signer = Signer::new(&BASE64.encode(&secret[1..]), Some("PeterNeumann"));
        assert_eq!(signer.expect("it fits").sign(TEXT), go_note());
    }

    #[test]
    fn a_published_key_with_anything_changed_is_refused() {
        for at in 0..VKEY.len() {
            let mut bytes = VKEY.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'z' { b'y' } else { b'z' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            assert!(Verifier::parse(&changed).is_err(), "{changed}");
            assert!(Verifier::parse(&VKEY[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_note_with_any_byte_changed_is_refused() {
        let signer = signer();
        let note = signer.sign(&checkpoint().text());
        let keys = [signer.verifier().clone()];
        assert_eq!(Checkpoint::open(&note, &keys), Ok(checkpoint()));
        for at in 0..note.len() {
            for flip in [1, 0x20, 0x80] {
                let mut bytes = note.clone().into_bytes();
                bytes[at] ^= flip;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                assert!(Checkpoint::open(&changed, &keys).is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn signatures_of_others_change_nothing_and_do_not_count() {
        let (signer, other) = (signer(), Signer::new(&BASE64.encode([8; 32]), None));
        let other = other.expect("it fits");
        let note = signer.sign(&checkpoint().text());
        let both = format!("{note}{}", other.sign("x\n").strip_prefix("x\n\n").expect("its text"));
        let keys = [signer.verifier().clone()];
        assert_eq!(Checkpoint::open(&both, &keys), Ok(checkpoint()));
        let stranger = [other.verifier().clone()];
        assert_eq!(open(&note, &stranger), Err(NoteError::Unsigned));
        assert_eq!(open(&both, &stranger), Err(NoteError::Forged));
    }

    #[test]
    fn a_key_signs_only_for_the_log_of_its_own_name() {
        let signer = signer();
        let foreign = Checkpoint { origin: "example.no/other".to_owned(), ..checkpoint() };
        let keys = [signer.verifier().clone()];
        let opened = Checkpoint::open(&signer.sign(&foreign.text()), &keys);
        assert_eq!(opened, Err(NoteError::NoCheckpoint));
    }

    #[test]
    fn a_checkpoint_has_one_spelling() {
        assert_eq!(
            Checkpoint::parse(BEHIND_THE_SOFA).expect("a checkpoint").events.size,
            20_852_163
        );
        assert_eq!(Checkpoint::parse(&checkpoint().text()), Ok(checkpoint()));
        let root = BASE64.encode([1; 32]);
        for wrong in [
            String::new(),
            "\n".to_owned(),
            format!("o\n042\n{root}\n"),
            format!("o\n+42\n{root}\n"),
            format!("o\n\n{root}\n"),
            format!("\n42\n{root}\n"),
            format!("o\n42\n{root}"),
            format!("o\n42\n{}\n", &root[4..]),
            format!("o\n42\n{root}\n\nmore\n"),
            format!("o\n42\n{root}\nledger 01 {root}\n"),
            format!("o\n18446744073709551616\n{root}\n"),
        ] {
            assert_eq!(Checkpoint::parse(&wrong), Err(NoteError::NoCheckpoint), "{wrong}");
        }
        let extended = format!("o\n42\n{root}\nsomething else\n");
        assert_eq!(Checkpoint::parse(&extended).map(|c| c.ledger), Ok(None));
    }

    #[test]
    fn a_key_needs_32_bytes_and_a_plain_name() {
        assert_eq!(Signer::new("AAAA", None).err(), Some(KeyError::Secret));
        assert_eq!(Signer::new("not base64", None).err(), Some(KeyError::Secret));
        let secret = Signer::generate_secret();
        for wrong in ["", "a b", "a+b", "a\nb", &"n".repeat(201)] {
            assert_eq!(Signer::new(&secret, Some(wrong)).err(), Some(KeyError::Name), "{wrong:?}");
        }
        let unnamed = Signer::new(&secret, None).expect("it fits");
        assert!(unnamed.verifier().name().starts_with("alis.invalid/"));
        assert_eq!(
            Verifier::parse(&unnamed.verifier().to_string()).as_ref(),
            Ok(unnamed.verifier())
        );
    }
}
