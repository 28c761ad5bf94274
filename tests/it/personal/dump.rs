//! Whoever takes a copy of the database without the master key has no name and no HPR number.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde_json::json;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::{NAME_MARK, person};
use crate::support::instance::Instance;
use crate::support::sample;

/// Numbers that stand nowhere but in these persons.
const NUMBERS: [&str; 3] = ["999087601", "999087602", "999087603"];

/// The whole database as text.
async fn dump(database: &crate::support::postgres::TestDatabase) -> String {
    let sql = "select setting from pg_config where name = 'BINDIR'";
    let row = database.connect().await.query_one(sql, &[]).await.expect("the server knows");
    let program = std::path::Path::new(row.get::<_, &str>(0)).join("pg_dump");
    let mut command = Command::new(program);
    let config: &Config = &database.admin;
    match &config.get_hosts()[0] {
        Host::Unix(path) => command.arg("--host").arg(path),
        Host::Tcp(name) => command.arg("--host").arg(name),
    };
    if let Some(port) = config.get_ports().first() {
        command.arg("--port").arg(port.to_string());
    }
    command.arg("--username").arg(config.get_user().expect("the tests name a user"));
    command.arg(config.get_dbname().expect("the tests name a database"));
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.expect("it does not panic").expect("pg_dump stands beside the server");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a dump is text")
}

/// What a text could hold in another guise: every stretch that may be base64 or hexadecimal,
/// decoded.
fn decoded(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let base64 = |c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/');
    for run in text.split(base64).filter(|run| run.len() >= 8) {
        for from in 0..4 {
            let run = &run[from..];
            let whole = &run[..run.len() / 4 * 4];
            found.extend(BASE64.decode(whole));
            found.extend(BASE64.decode(run));
        }
    }
    for run in text.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 8) {
        for from in 0..2 {
            let pairs = run.as_bytes()[from..].chunks_exact(2);
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            found.extend(pairs.map(byte).collect::<Option<Vec<u8>>>());
        }
    }
    found
}

/// The words that stand in a text, as they are or in another guise.
fn shown<'a>(text: &str, words: &[&'a str]) -> Vec<&'a str> {
    let decoded = decoded(text);
    let holds = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
    let is_shown =
        |word: &&str| text.contains(word) || decoded.iter().any(|bytes| holds(bytes, word));
    words.iter().copied().filter(is_shown).collect()
}

#[test]
fn the_search_finds_words_in_any_guise() {
    let plain = br#"{"name":"Kari Navnemerke"}"#;
    let base64 = format!("x,{},y", BASE64.encode(plain));
    let hex: String = plain.iter().map(|byte| format!("{byte:02x}")).collect();
    for text in ["a Navnemerke b", &base64, &format!("\\\\x{hex}")] {
        assert_eq!(shown(text, &["Navnemerke", "nobody"]), ["Navnemerke"], "{text}");
    }
}

#[tokio::test]
async fn a_dump_without_the_master_key_shows_no_name_and_no_hpr_number() {
    let instance = Instance::start().await;
    let client = instance.client();
    sample::municipality(&client, "5401").await;
    for (kind, number) in ["trainees", "supervisors", "leaders"].into_iter().zip(NUMBERS) {
        let id = person(&client, kind, number).await;
        let corrected = json!({"name": format!("Karin {NAME_MARK}"), "reason": "Misspelt"});
        let path = format!("/v1/{kind}/{id}/correction");
        let key = [("Idempotency-Key", kind)];
        let done = client.post_with(&path, &key, corrected).await.expect(200);
        let position = done.position().to_string();
        let wait = [("Min-Log-Position", position.as_str())];
        let listed = client.get_with(&format!("/v1/{kind}"), &wait).await.expect(200);
        // What is searched for below is there to be found.
        assert!(listed.text.contains(NAME_MARK) && listed.text.contains(number));
    }
    let dump = dump(&instance.database).await;
    assert!(dump.contains("trainee.registered.v1") && dump.contains("COPY model."), "not whole");
    let mut words = vec![NAME_MARK];
    words.extend(NUMBERS);
    assert_eq!(shown(&dump, &words), Vec::<&str>::new());
    instance.stop().await;
}
