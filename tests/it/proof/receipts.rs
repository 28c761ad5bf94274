//! Receipts: checked without asking anybody, and worthless with anything changed.

use alis::proof::note::{Checkpoint, Signer};
use alis::proof::receipt::{self, Invalid, Receipt};
use alis::proof::tree::{Growth, Head, leaf_hash};
use alis::proof::{leaf, tree};
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{key, signer};
use crate::support::instance::sealing;
use crate::support::program;
use crate::support::scratch::Scratch;

/// An event with words of all kinds in it.
pub fn event(position: u64) -> leaf::Event {
    leaf::Event {
        log: 1,
        position: i64::try_from(position).expect("small"),
        id: Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057),
        kind: "position.filled.v1".to_owned(),
        schema_version: 1,
        recorded_at: Timestamp::from_microsecond(1_700_000_000_123_456).expect("in range"),
        effective_from: date(2020, 2, 1),
        municipality: position.is_multiple_of(2).then(|| "5401".to_owned()),
        subjects: vec!["position:a".to_owned(), "trainee:æøå".to_owned()],
        payload: "{\"note\": \"Tromsø \\u0000 \u{1f600}\"}".to_owned(),
        meta: "{\"command\":\"k\"}".to_owned(),
    }
}

/// A receipt for an event in a log of `size` others, signed by a key.
pub fn issued(event: &leaf::Event, size: u64, signer: &Signer) -> Receipt {
    let index = u64::try_from(event.position).expect("positive") - 1;
    let hash = |at: u64| if at == index { event.hash() } else { leaf_hash(&at.to_be_bytes()) };
    let grown = |begin: u64, end: u64| {
        let mut growth = Growth::new(0, vec![]);
        (begin..end).for_each(|at| growth.add(hash(at)));
        growth.root()
    };
    let proof: Vec<_> = tree::inclusion(index, size)
        .iter()
        .map(|part| {
            let (first, last) = (part[0], part[part.len() - 1]);
            grown(first.index << first.level, (last.index + 1) << last.level)
        })
        .collect();
    let root = grown(0, size);
    let origin = signer.verifier().name().to_owned();
    let ledger = Some(Head { size: 3, root: [3; 32] });
    let checkpoint = Checkpoint { origin: origin.clone(), events: Head { size, root }, ledger };
    Receipt::new(event, size, &proof, signer.sign(&checkpoint.text()), &origin)
}

fn text(receipt: &Receipt) -> String {
    serde_json::to_string(receipt).expect("a receipt is plain data")
}

#[test]
fn a_receipt_holds_for_every_place_in_logs_of_many_sizes() {
    for size in 1..=20 {
        for position in 1..=size {
            let receipt = issued(&event(position), size, &sealing().signer);
            let proven = receipt::verify(&text(&receipt), &[key()]).expect("it holds");
            assert_eq!(proven.event, event(position));
            assert_eq!(proven.checkpoint.events.size, size);
        }
    }
}

#[test]
fn a_receipt_with_any_bit_changed_proves_nothing() {
    let receipt = text(&issued(&event(4), 11, &sealing().signer));
    let mut tried = 0;
    for at in 0..receipt.len() {
        for bit in 0..8 {
            let mut bytes = receipt.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(receipt::verify(&changed, &[key()]).is_err(), "{changed}");
            tried += 1;
        }
    }
    assert!(tried > 5_000, "only {tried} changes were tried");
}

/// Changes that somebody would make who wants a receipt to say something else.
pub fn forgeries(receipt: &Receipt) -> Vec<(&'static str, Value)> {
    let good = serde_json::to_value(receipt).expect("a receipt is plain data");
    let changed = |pointer: &str, value: Value| {
        let mut receipt = good.clone();
        *receipt.pointer_mut(pointer).expect("the field is there") = value;
        receipt
    };
    let without = |at: usize| {
        let mut hashes = receipt.inclusion.hashes.clone();
        hashes.remove(at);
        json!(hashes)
    };
    let stranger = issued(&event(4), 11, &signer(9));
    let mut more = good.clone();
    more["event"]["note"] = json!("and this");
    vec![
        ("another payload", changed("/event/payload", json!("{}"))),
        ("another meta", changed("/event/meta", json!("{}"))),
        ("another position", changed("/event/position", json!(5))),
        ("another log", changed("/event/log", json!(2))),
        ("another id", changed("/event/id", json!(Uuid::nil().to_string()))),
        ("an id in capitals", changed("/event/id", json!(receipt.event.id.to_uppercase()))),
        ("another type", changed("/event/type", json!("position.filled.v2"))),
        ("another version", changed("/event/schema_version", json!(2))),
        ("another time", changed("/event/recorded_at_us", json!(1_700_000_000_123_457_i64))),
        ("another day", changed("/event/effective_from", json!("2020-02-02"))),
        ("another spelling of the day", changed("/event/effective_from", json!("20200201"))),
        ("no municipality", changed("/event/municipality", json!(null))),
        ("subjects swapped", changed("/event/subjects", json!(["trainee:æøå", "position:a"]))),
        ("a subject less", changed("/event/subjects", json!(["position:a"]))),
        ("another size", changed("/inclusion/size", json!(12))),
        ("a hash less", changed("/inclusion/hashes", without(0))),
        ("no hashes", changed("/inclusion/hashes", json!([]))),
        ("another key's name", changed("/key_name", json!("mine.invalid/alis"))),
        ("another form", changed("/format", json!("alis.receipt.v2"))),
        ("somebody else's checkpoint", changed("/checkpoint", json!(stranger.checkpoint))),
        ("no checkpoint", changed("/checkpoint", json!(""))),
        ("a field more", more),
        ("a number as text", changed("/event/position", json!("4"))),
        ("yes for one", changed("/event/log", json!(true))),
    ]
}

#[test]
fn what_a_forger_would_change_is_noticed() {
    let receipt = issued(&event(4), 11, &sealing().signer);
    for (what, forged) in forgeries(&receipt) {
        let refused = receipt::verify(&forged.to_string(), &[key()]);
        assert!(refused.is_err(), "{what}: {refused:?}");
    }
    let foreign = issued(&event(4), 11, &signer(9));
    let refused = receipt::verify(&text(&foreign), &[key()]);
    assert!(matches!(refused, Err(Invalid::Checkpoint(_))), "{refused:?}");
}

/// Runs `alis verify-receipt`; answers whether it ended well, and what it said.
fn checked(words: &[&str]) -> (bool, String) {
    let output = program::output(program::alis().arg("verify-receipt").args(words));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("it prints text"))
}

#[test]
fn the_program_checks_a_receipt_with_a_key_or_a_file_of_keys() {
    let scratch = Scratch::fast();
    let path = |name: &str| scratch.path().join(name).display().to_string();
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("it is ours");
    let receipt = issued(&event(4), 11, &sealing().signer);
    write("good", &text(&receipt));
    write("bad", &text(&receipt).replace("position:a", "position:b"));
    write("keys", &format!("{}\n{}\n", signer(9).verifier(), key()));
    write("other", &format!("{}\n", signer(9).verifier()));
    let vkey = key().to_string();
    let holds = "The receipt holds: position.filled.v1 at position 4 of test.invalid/alis, \
                 recorded at 2023-11-14T22:13:20.123456Z, in a log of 11 events.\n";
    for key in [vkey.as_str(), &path("keys")] {
        assert_eq!(checked(&[&path("good"), "--key", key]), (true, holds.to_owned()));
    }
    let (well, said) = checked(&[&path("bad"), "--key", &vkey]);
    assert!(!well && said.contains("the event is not in the log"), "{said}");
    let (well, said) = checked(&[&path("good"), "--key", &path("other")]);
    assert!(!well && said.contains("no known key has signed it"), "{said}");
    let (well, said) = checked(&[&path("good"), "--key", "nonsense"]);
    assert!(!well && said.contains("neither a published key nor a file"), "{said}");
    let (well, said) = checked(&[&path("keys"), "--key", &vkey]);
    assert!(!well && said.contains("it is no receipt"), "{said}");
}
