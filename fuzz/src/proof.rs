//! Signed notes, checkpoints, published keys and receipts: what strangers may hand to
//! `alis verify-receipt`, and what is in the files of anchors.

use std::sync::LazyLock;

use alis::proof::note::{self, Checkpoint, NOTE_BYTES_MAX, Signer, Verifier};
use alis::proof::receipt::{self, Receipt, SealedEvent};

use super::text;

/// The name of the log that the receipts are of.
const LOG: &str = "example.no/alis";
/// 32 bytes in base64: a key for nothing else.
const KEY: &str = "Zm9yIGZ1enppbmcgb25seTogMzIgYnl0ZXMga2V5Li4=";

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(KEY, Some(LOG)).expect("the key above fits"));

/// A note is opened when the key has signed it, to the letter, and never otherwise.
pub fn notes(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(key) = Verifier::parse(&text) {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(checkpoint) = Checkpoint::parse(&text) {
        assert_eq!(Checkpoint::parse(&checkpoint.text()), Ok(checkpoint), "{text:?}");
    }
    let keys = [SIGNER.verifier().clone()];
    if let Ok((said, key)) = note::open(&text, &keys) {
        let signed = SIGNER.sign(said);
        let line = signed.lines().next_back().expect("a note ends with its signature");
        assert!(text.lines().any(|one| one == line), "nobody signed {said:?}");
        assert_eq!(key, &keys[0]);
    }
    let signed = SIGNER.sign(&text);
    let plain = text.ends_with('\n') && !text.contains(|c: char| c < ' ' && c != '\n');
    match note::open(&signed, &keys) {
        Ok((said, _)) => assert!(plain && said == text, "{text:?}"),
        Err(error) => assert!(!plain || signed.len() > NOTE_BYTES_MAX, "{text:?}: {error}"),
    }
}

/// A receipt under whose checkpoint, as it stands in the file, the key is made to put its name:
/// what it then proves is what it says, and says in one way only.
pub fn receipts(bytes: &[u8]) {
    let text = text(bytes);
    let keys = [SIGNER.verifier().clone()];
    // Nothing but the key can sign, so the receipt alone proves nothing.
    let Ok(mut receipt) = serde_json::from_str::<Receipt>(&text) else {
        assert!(receipt::verify(&text, &keys).is_err(), "{text}");
        return;
    };
    receipt.checkpoint = SIGNER.sign(&receipt.checkpoint);
    let Ok(proven) = receipt::verify(&as_text(&receipt), &keys) else { return };
    assert_eq!(SealedEvent::of(&proven.event), receipt.event);
    assert_eq!((proven.checkpoint.origin.as_str(), receipt.key_name.as_str()), (LOG, LOG));
    assert_eq!(proven.checkpoint.events.size, receipt.inclusion.size);
    let refused = |change: &dyn Fn(&mut Receipt)| {
        let mut changed = receipt.clone();
        change(&mut changed);
        assert!(receipt::verify(&as_text(&changed), &keys).is_err(), "{changed:?}");
    };
    refused(&|receipt| receipt.event.payload.push(' '));
    refused(&|receipt| receipt.event.meta.push(' '));
    refused(&|receipt| receipt.event.position ^= 1);
    refused(&|receipt| receipt.event.subjects.push(String::new()));
    refused(&|receipt| receipt.inclusion.size += 1);
    refused(&|receipt| receipt.inclusion.hashes.push(note::base64_of(&[0; 32])));
    refused(&|receipt| receipt.checkpoint.push(' '));
    refused(&|receipt| receipt.key_name.push('2'));
}

fn as_text(receipt: &Receipt) -> String {
    serde_json::to_string(receipt).expect("a receipt is plain data")
}
