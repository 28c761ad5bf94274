//! The verifier in another language: `samples/verify_receipt.py` says the same as ours.

use std::io::Write;
use std::process::{Command, Stdio};

use alis::proof::leaf;
use alis::proof::note::Signer;
use alis::proof::receipt;
use base64::Engine as _;
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::key;
use super::receipts::{event, forgeries, issued};
use crate::event_log::rig::Dice;
use crate::support::instance::sealing;
use crate::support::scratch::Scratch;

/// Events, keys and trees that are made up.
const VECTORS: u64 = 60;
/// Reads a line of `[receipt, key]` after the other and says of each whether it holds.
const VERDICTS: &str = "
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, 'samples')
import verify_receipt
for line in sys.stdin:
    receipt, key = json.loads(line)
    try:
        verify_receipt.verify(receipt, key)
        print('holds')
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        print('no:', error)
";

fn python(words: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command.args(words).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Whether each receipt holds for its key, as the Python program sees it.
fn verdicts(receipts: &[(String, String)]) -> Vec<bool> {
    let mut child = python(&["-c", VERDICTS]).spawn().expect("python3 is installed");
    let mut input = child.stdin.take().expect("it is piped");
    let lines: String =
        receipts.iter().map(|(receipt, key)| format!("{}\n", json!([receipt, key]))).collect();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writing.join().expect("no panic").expect("it reads everything");
    let said = String::from_utf8(output.stdout).expect("it prints text");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    said.lines().map(|line| line == "holds").collect()
}

fn made_up(dice: &mut Dice, position: u64) -> leaf::Event {
    let words = ["", "a", "Ærlig \"talt\"", "\u{1f600}\n", "0000", "{\"a\": 1.0}"];
    let mut word = || {
        let at = usize::try_from(dice.below(words.len() as u64)).expect("small");
        words[at].to_owned()
    };
    let (kind, payload, meta) = (word(), word(), word());
    let subjects = vec![word(), word(), word()];
    let municipality = Some(word()).filter(|word| !word.is_empty());
    let micros = i64::try_from(dice.below(1 << 52)).expect("small") - (1 << 51);
    let day = i16::try_from(dice.below(300)).expect("small");
    leaf::Event {
        log: i32::try_from(dice.below(1 << 31)).expect("small") - 1,
        position: i64::try_from(position).expect("small"),
        id: Uuid::from_u128(u128::from(dice.below(u64::MAX)) << 64 | u128::from(position)),
        kind,
        schema_version: i16::try_from(dice.below(9)).expect("small") - 4,
        recorded_at: Timestamp::from_microsecond(micros).expect("in range"),
        effective_from: date(1900 + day, 2, 28),
        municipality,
        subjects,
        payload,
        meta,
    }
}

#[test]
fn both_verifiers_say_the_same_of_made_up_receipts_good_and_bad() {
    let mut dice = Dice::seeded("receipts", 11);
    let mut receipts = Vec::new();
    for number in 0..VECTORS {
        let size = 1 + dice.below(70);
        let position = 1 + dice.below(size);
        let byte = u8::try_from(number).expect("small");
        let secret = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
        let signer = Signer::new(&secret, None).expect("it fits");
        let receipt = issued(&made_up(&mut dice, position), size, &signer);
        let mut text = serde_json::to_string(&receipt).expect("plain data");
        if number % 3 == 2 {
            let mut changed: Value = serde_json::from_str(&text).expect("JSON");
            changed["event"]["recorded_at_us"] = json!(receipt.event.recorded_at_us + 1);
            text = changed.to_string();
        }
        receipts.push((text, signer.verifier().to_string()));
    }
    let ours: Vec<bool> = receipts
        .iter()
        .map(|(receipt, key)| {
            let key = alis::proof::note::Verifier::parse(key).expect("a key");
            receipt::verify(receipt, &[key]).is_ok()
        })
        .collect();
    assert_eq!(ours.iter().filter(|holds| **holds).count(), 40);
    assert_eq!(verdicts(&receipts), ours);
}

#[test]
fn the_other_verifier_notices_what_a_forger_would_change() {
    let receipt = issued(&event(4), 11, &sealing().signer);
    let key = key().to_string();
    let good = serde_json::to_string(&receipt).expect("plain data");
    let mut receipts = vec![(good.clone(), key.clone())];
    let forged = forgeries(&receipt);
    receipts.extend(forged.iter().map(|(_, forged)| (forged.to_string(), key.clone())));
    // A field that comes twice could be read in two ways; a key of another is another's.
    let twice = good.replacen("\"event\":", "\"key_name\":\"x\",\"event\":", 1);
    receipts.push((twice, key.clone()));
    receipts.push((good, super::signer(9).verifier().to_string()));
    let said = verdicts(&receipts);
    let names = forged.iter().map(|(what, _)| *what).chain(["a field twice", "another key"]);
    assert!(said[0], "the good one holds");
    for (what, holds) in names.zip(&said[1..]) {
        assert!(!holds, "{what} was not noticed");
    }
}

#[test]
fn the_other_verifier_is_run_as_its_page_says() {
    let scratch = Scratch::fast();
    let path = |name: &str| scratch.path().join(name).display().to_string();
    let receipt = issued(&event(4), 11, &sealing().signer);
    let text = serde_json::to_string(&receipt).expect("plain data");
    std::fs::write(path("good"), &text).expect("it is ours");
    std::fs::write(path("bad"), text.replace("position:a", "position:b")).expect("it is ours");
    let run = |file: &str| {
        let words = ["samples/verify_receipt.py", &path(file), &key().to_string()];
        let output = python(&words).output().expect("python3 is installed");
        (output.status.success(), [output.stdout, output.stderr].concat())
    };
    let (well, said) = run("good");
    let said = String::from_utf8(said).expect("text");
    assert!(well, "{said}");
    assert_eq!(said, "The receipt holds: position.filled.v1 at position 4 of 11.\n");
    let (well, said) = run("bad");
    let said = String::from_utf8(said).expect("text");
    assert!(!well && said.starts_with("The receipt proves nothing: "), "{said}");
}
