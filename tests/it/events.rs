//! The stored form of facts: `tests/golden/<type>.json` holds one stored event of every type, and
//! `<type>+<word>.json` one that has members which the first did not have yet. What was once
//! written must be read for ever, so these files are never edited, only added to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use alis::aggregate::{DomainEvent, Fact};
use alis::capabilities;
use alis::external_ids::{self, Naming};
use serde::{Deserialize as _, Deserializer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const GOLDEN: &str = "tests/golden";

/// A stored event as it is read and would be written again.
struct Reread {
    kind: &'static str,
    payload: Value,
    subjects: Vec<String>,
}

/// Reads a stored event with the facts of one capability.
fn reread<E: DomainEvent>(fact: &Fact<'_>) -> Option<Reread> {
    let read = E::decode(fact).unwrap_or_else(|error| panic!("{error}"))?;
    let mut subjects: Vec<String> = Vec::new();
    for subject in read.subjects() {
        if !subjects.contains(&subject.to_string()) {
            subjects.push(subject.to_string());
        }
    }
    let payload = serde_json::from_str(&read.payload()).expect("payloads are JSON");
    Some(Reread { kind: read.type_name(), payload, subjects })
}

/// One line a capability that has facts.
const READERS: &[fn(&Fact<'_>) -> Option<Reread>] = &[
    reread::<capabilities::reference::Event>,
    reread::<capabilities::access::Event>,
    reread::<capabilities::programme::Event>,
    reread::<capabilities::trainee::Event>,
    reread::<capabilities::position::Event>,
    reread::<capabilities::position::occupancy::Event>,
    reread::<capabilities::supervision::Event>,
    reread::<capabilities::leader::Event>,
    reread::<capabilities::curriculum::Event>,
    reread::<capabilities::learning_goal::Event>,
    reread::<capabilities::person::Event>,
];

/// What a fact about external ids is about, and whether it adds one.
fn naming_of(kind: &str) -> Option<(&'static Naming, bool)> {
    let all = capabilities::ALL.iter().flat_map(|capability| capability.external_ids);
    let mut all = all.filter(|naming| [naming.added, naming.withdrawn].contains(&kind));
    all.next().map(|naming| (*naming, naming.added == kind))
}

/// Reads and writes again a fact about external ids, whose subjects are those of its resource and,
/// the last one, that of the id.
fn external_id_again(fact: &Fact<'_>, stored: &Value) -> Option<Reread> {
    let (naming, added) = naming_of(fact.kind)?;
    let read = external_ids::Event::decode(fact).unwrap_or_else(|error| panic!("{error}"))?;
    let kind = if added { naming.added } else { naming.withdrawn };
    let payload: Value = serde_json::from_str(&read.payload()).expect("payloads are JSON");
    assert_eq!(payload[naming.member()], payload["resource"], "{kind}");
    let subjects = stored.as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut subjects: Vec<String> = subjects.map(str::to_owned).collect();
    subjects.pop();
    subjects.push(naming.subject_of(read.external_id()).to_string());
    Some(Reread { kind, payload, subjects })
}

/// Reads a payload with a deserializer of the caller's own.
pub fn read_with<'v, D: Deserializer<'v>>(kind: &str, payload: D) -> Result<(), D::Error> {
    macro_rules! of {
        ($($capability:ident)+) => {
            $(if alis_rules::$capability::Event::TYPES.contains(&kind) {
                let read = alis_rules::$capability::Event::form(kind, payload);
                return read.expect("the type is among those of the capability");
            })+
        };
    }
    of! {
        reference access programme trainee occupancy position supervision leader curriculum
        learning_goal person
    }
    if let Some((_, added)) = naming_of(kind) {
        return match added {
            true => external_ids::Added::deserialize(payload).map(drop),
            false => external_ids::Withdrawn::deserialize(payload).map(drop),
        };
    }
    panic!("no capability has {kind}; add it to the list above")
}

/// The type of the event in a golden file.
pub fn type_in(name: &str) -> &str {
    name.split_once('+').map_or(name, |(kind, _added)| kind)
}

/// The golden files by name.
pub fn golden() -> BTreeMap<String, Value> {
    let files = fs::read_dir(GOLDEN).expect("the golden files are there").flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let events = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()));
    events
        .map(|name| {
            let text = fs::read_to_string(format!("{GOLDEN}/{name}.json")).expect("a file");
            let event = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, event)
        })
        .collect()
}

#[test]
fn every_event_type_has_a_golden_file() {
    let golden = golden();
    let declared: BTreeSet<&str> =
        capabilities::ALL.iter().flat_map(|capability| capability.stored_names()).collect();
    let count: usize = capabilities::ALL.iter().map(|it| it.stored_names().count()).sum();
    assert_eq!(count, declared.len(), "two facts have one name");
    for name in &declared {
        assert!(golden.contains_key(*name), "there is no {GOLDEN}/{name}.json");
    }
    for name in golden.keys() {
        assert!(declared.contains(type_in(name)), "no capability reads {name} any more");
    }
}

#[test]
fn every_golden_event_is_read_and_written_again_as_it_was() {
    for (name, event) in golden() {
        let kind = type_in(&name);
        assert_eq!(event["type"], kind, "{name}");
        assert_eq!(event["schema_version"], alis::aggregate::SCHEMA_VERSION, "{name}");
        let payload = event["payload"].to_string();
        let fact = Fact {
            position: 1,
            id: uuid::Uuid::nil(),
            kind,
            payload: &payload,
            recorded_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let read = READERS.iter().filter_map(|reader| reader(&fact));
        let read: Vec<Reread> = read.chain(external_id_again(&fact, &event["subjects"])).collect();
        let [again] = &read[..] else {
            panic!("{} of READERS read {name}; add the capability there, once", read.len());
        };
        assert_eq!(json!(again.subjects), event["subjects"], "{name}");
        // A form that is only read any more turns into a newer one and is not written.
        if again.kind == kind {
            assert_eq!(again.payload, event["payload"], "{name}");
        }
    }
}

#[test]
fn no_golden_event_holds_a_person() {
    for (name, event) in golden() {
        let text = event.to_string().to_lowercase();
        for personal in ["hpr_number", "\"first_name", "\"last_name", "99900000"] {
            assert!(!text.contains(personal), "{name} holds {personal}");
        }
    }
}

/// The lines of `CHECKSUMS`: a SHA-256 and a file's name.
fn checksums() -> BTreeMap<String, String> {
    let text = fs::read_to_string(format!("{GOLDEN}/CHECKSUMS")).expect("the list is there");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (sum, name) = line.split_once("  ").expect("a sum, two spaces, a name");
            (name.to_owned(), sum.to_owned())
        })
        .collect()
}

/// What is wrong with the files, given what is listed of them.
fn edited(listed: &BTreeMap<String, String>, files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let sum = |bytes: &[u8]| -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let mut wrong = Vec::new();
    for (name, expected) in listed {
        match files.get(name) {
            None => wrong.push(format!("{name} is gone; events of its type are not")),
            Some(bytes) if sum(bytes) != *expected => {
                wrong.push(format!("{name} was edited; a new form of a fact is a new type"));
            }
            Some(_) => {}
        }
    }
    for (name, bytes) in files.iter().filter(|(name, _)| !listed.contains_key(*name)) {
        wrong.push(format!("not listed yet, add this line:\n{}  {name}", sum(bytes)));
    }
    wrong
}

#[test]
fn golden_files_are_added_and_never_edited() {
    let files = golden().into_keys().map(|name| {
        let name = format!("{name}.json");
        let bytes = fs::read(format!("{GOLDEN}/{name}")).expect("a file");
        (name, bytes)
    });
    let wrong = edited(&checksums(), &files.collect());
    assert!(wrong.is_empty(), "{GOLDEN}/CHECKSUMS:\n{}", wrong.join("\n"));
}

#[test]
fn an_edited_a_removed_and_an_unlisted_golden_file_are_found() {
    let name = "a.json".to_owned();
    let files = BTreeMap::from([(name.clone(), b"{}".to_vec())]);
    let sum = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".to_owned();
    let listed = BTreeMap::from([(name.clone(), sum)]);
    assert_eq!(edited(&listed, &files), Vec::<String>::new());
    let changed = BTreeMap::from([(name.clone(), b"[]".to_vec())]);
    assert!(edited(&listed, &changed)[0].contains("was edited"));
    assert!(edited(&listed, &BTreeMap::new())[0].contains("is gone"));
    assert!(edited(&BTreeMap::new(), &files)[0].contains("44136fa355b3678a"));
}
