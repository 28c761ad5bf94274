//! Who persons are is told to the service by nearly every test. Here every test is held to it that
//! the service tells nobody on: no line of its log, however much is logged, no header, no problem,
//! no line of the feed and no metric holds a name or an HPR number that a test has told it; nor
//! does anything that the program says where a test runs it as a process. No command of it has
//! reason to name a person, so none is excepted.
//!
//! The names and numbers are noted as tests send them, and those of the sample beforehand. A name
//! of one word is not noted: it may be any word. Nor is a number that an organisation has, too.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::Command;
use std::sync::{LazyLock, Once, RwLock};

use reqwest::header::HeaderMap;
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use super::program;

/// What is logged while tests run: everything that could hold a value of a caller's. Targets of the
/// test's own HTTP client are not among them.
const LOGGED: &str = "off,alis=trace,actix_web=debug,actix_http=debug,actix_server=debug,\
                      tokio_postgres=debug,deadpool_postgres=debug,refinery_core=debug";
/// Where persons are registered and corrected.
const PERSONS: [&str; 3] = ["/v1/trainees", "/v1/supervisors", "/v1/leaders"];

/// What tests have sent so far.
#[derive(Default)]
struct Noted {
    /// Names and HPR numbers of persons.
    persons: BTreeSet<String>,
    /// Numbers of organisations, which may be told.
    organisations: BTreeSet<String>,
}

static NOTED: LazyLock<RwLock<Noted>> = LazyLock::new(|| {
    let mut noted = Noted::default();
    for line in include_str!("../../../samples/alis-nord-2020.ndjson").lines() {
        let line: Value = serde_json::from_str(line).expect("the sample is JSON");
        let path = line["post"].as_str().unwrap_or("");
        noted.add(path, &line["body"]);
    }
    RwLock::new(noted)
});

impl Noted {
    fn add(&mut self, path: &str, body: &Value) {
        self.organisations.extend(organisations_of(path, body));
        self.persons.extend(words_of(path, body));
    }

    fn knows(&self, path: &str, body: &Value) -> bool {
        words_of(path, body).iter().all(|word| self.persons.contains(word))
            && organisations_of(path, body).iter().all(|one| self.organisations.contains(one))
    }
}

/// The organisations that a request names.
fn organisations_of(path: &str, body: &Value) -> Vec<String> {
    let in_path = path.strip_prefix("/v1/organisations/").and_then(|rest| rest.get(..9));
    let in_body = body["organisation_number"].as_str();
    [in_path, in_body].into_iter().flatten().map(str::to_owned).collect()
}

/// What a request tells of who somebody is.
fn words_of(path: &str, body: &Value) -> Vec<String> {
    let is_about_a_person = PERSONS.iter().any(|persons| {
        let rest = path.strip_prefix(persons);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with("/correction"))
    });
    if !is_about_a_person {
        return Vec::new();
    }
    let name = body["name"].as_str().filter(|name| name.contains(' ') && name.trim().len() > 4);
    let number = body["hpr_number"].as_str().filter(|number| number.len() == 9);
    [name, number].into_iter().flatten().map(str::to_owned).collect()
}

/// Notes what a test is about to send.
pub fn note(path: &str, body: &Value) {
    let is_known = NOTED.read().expect("no test panics here").knows(path, body);
    if !is_known {
        NOTED.write().expect("no test panics here").add(path, body);
    }
}

/// The first name or number in a text that some test has told.
fn named_in(text: &str) -> Option<String> {
    let noted = NOTED.read().expect("no test panics here");
    let is_named = |word: &&String| holds(text, word) && !noted.organisations.contains(*word);
    noted.persons.iter().find(is_named).cloned()
}

/// Whether a text holds a word. Nine digits within more digits are another number.
fn holds(text: &str, word: &str) -> bool {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    text.match_indices(word).any(|(at, _)| {
        let bytes = text.as_bytes();
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let is_number = word.as_bytes()[0].is_ascii_digit();
        !(is_number && (is_digit(before) || is_digit(bytes.get(at + word.len()))))
    })
}

/// Whether a test's answer tells somebody's name where none belongs. Resources do, to those who may
/// see them; headers, problems, metrics and the feed never do.
pub fn check(path: &str, status: u16, headers: &HeaderMap, text: &str) -> Result<(), String> {
    for (name, value) in headers {
        if let Some(word) = named_in(&String::from_utf8_lossy(value.as_bytes())) {
            return Err(format!("the header {name} tells {word:?}"));
        }
    }
    let is_silent = status >= 400 || path == "/metrics" || path.starts_with("/v1/events");
    // A pointer is in the caller's own words: the names of members that it sent.
    let mut body = serde_json::from_str(text).unwrap_or(Value::Null);
    let errors = body.get_mut("errors").and_then(Value::as_array_mut);
    for error in errors.into_iter().flatten() {
        drop(error.get_mut("pointer").map(Value::take));
    }
    let shown = if body.is_null() { text.to_owned() } else { body.to_string() };
    match named_in(&shown).filter(|_| is_silent) {
        Some(word) => Err(format!("the body tells {word:?}: {text}")),
        None => Ok(()),
    }
}

/// Holds what a process has said to the same, once it has ended.
pub fn hear(speaker: &str, said: &str) {
    let Some(word) = named_in(said) else { return };
    let line = said.lines().find(|line| line.contains(&word)).unwrap_or(said);
    let shown = format!("{speaker} tells {word:?}: {line}");
    // Within a failing test a second panic would end the run without a word of the first.
    if std::thread::panicking() { eprintln!("{shown}") } else { panic!("{shown}") }
}

/// Listens to the log of all instances within the test's process, from the first call on.
pub fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let filter = alis::telemetry::silenced(EnvFilter::new(LOGGED));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(|| Ear)
            .init();
    });
}

/// Holds a line to it as it comes. One that tells on somebody ends the whole run, as no test would
/// hear of it.
pub fn hear_now(speaker: &str, line: &str) {
    if let Some(word) = named_in(line) {
        // Written by hand: what a test prints is kept back until the test has ended.
        drop(writeln!(io::stderr(), "{speaker} tells {word:?}: {line}"));
        std::process::exit(101);
    }
}

/// Where the log goes.
struct Ear;

impl Write for Ear {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        hear_now("the log", &String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_name_is_heard_in_a_line_and_a_number_only_as_a_whole() {
    let shown = serde_json::json!({"name": "Hanne Hørt", "hpr_number": "999099901"});
    note("/v1/leaders", &shown);
    note("/v1/organisations", &serde_json::json!({"name": "Ingen Person"}));
    assert_eq!(named_in("name=Hanne Hørt."), Some("Hanne Hørt".to_owned()));
    assert_eq!(named_in("(999099901)"), Some("999099901".to_owned()));
    assert_eq!(named_in("1999099901, 9990999012"), None);
    assert_eq!(named_in("Ingen Person"), None);
    let none = HeaderMap::new();
    let text = "{\"detail\":\"Hanne Hørt is there\"}";
    assert!(check("/v1/leaders", 409, &none, text).is_err());
    assert!(check("/v1/events?limit=1", 200, &none, text).is_err());
    assert_eq!(check("/v1/leaders", 200, &none, text), Ok(()));
    let mut headers = HeaderMap::new();
    headers.insert("location", "/v1/leaders?hpr_number=999099901".parse().expect("it is text"));
    assert!(check("/v1/leaders", 303, &headers, "").is_err());
}

#[test]
fn a_name_is_heard_in_what_a_process_says() {
    let shown = serde_json::json!({"name": "Peder Påhørt", "hpr_number": "999099902"});
    note("/v1/leaders", &shown);
    let say = |text: &str| program::output(Command::new("sh").args(["-c", text]));
    assert_eq!(say("echo Peder >&2; echo Påhørt").stdout, b"P\xc3\xa5h\xc3\xb8rt\n");
    for text in ["echo 'one\nPeder Påhørt'", "echo '(999099902)' >&2; exit 1"] {
        assert!(std::panic::catch_unwind(|| say(text)).is_err(), "{text}");
    }
}
