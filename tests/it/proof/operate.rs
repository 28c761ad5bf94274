//! `alis log verify --full` as an operator runs it.

use alis::event_log::DEFAULT_LOG;
use tokio_postgres::Config;

use super::{anchors, key, sealer, signer};
use crate::event_log::rig::Node;
use crate::support::operator::url_of;
use crate::support::postgres::fresh;
use crate::support::program;
use crate::support::scratch::Scratch;

/// Runs the command; answers how it ended and what it told.
async fn verified(config: &Config, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = program::alis();
    command.args(["log", "verify"]).args(words).env_clear().env("DATABASE_URL", url_of(config));
    let output = program::output_of(command).await;
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn a_sealed_log_is_counted_and_a_changed_one_ends_with_1() {
    let database = fresh().await;
    let node = Node::start(&database.admin).await;
    let scratch = Scratch::fast();
    let file = scratch.path().join("anchors");
    node.open(3).await;
    sealer(&node, DEFAULT_LOG, None).seal_all().await.expect("it seals");
    let anchors = anchors(&node, DEFAULT_LOG, Some(file.clone()), None);
    anchors.append(&file).await.expect("it anchors");
    let (key, file) = (key().to_string(), file.display().to_string());
    let full = ["--full", "--key", &key, "--anchor-file", &file];
    let (code, out, _) = verified(&database.admin, &full).await;
    assert_eq!(
        (code, out.as_str()),
        (
            Some(0),
            "The log agrees with itself: 3 events, 3 subjects, 3 commands.\n\
             Sealed are 3 events and 3 commands, under 1 checkpoints in the database and 1 in the \
             anchor.\n"
        )
    );

    let other = signer(9).verifier().to_string();
    let (code, out, _) = verified(&database.admin, &["--full", "--key", &other]).await;
    assert_eq!(code, Some(1));
    assert!(out.contains("no known key has signed it"), "{out}");
    let (code, _, err) = verified(&database.admin, &["--full"]).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("say by --key which published key signs"), "{err}");

    let client = database.connect().await;
    let sql = "alter table alis.event disable trigger append_only;
        update alis.event set payload = (payload::text || ' ')::json where position = 2";
    client.batch_execute(sql).await.expect("the owner may");
    let (code, out, _) = verified(&database.admin, &[]).await;
    assert_eq!(code, Some(0), "{out}");
    let (code, out, _) = verified(&database.admin, &full).await;
    assert_eq!(code, Some(1));
    assert!(out.starts_with("event 2 is not what was sealed\n"), "{out}");
    assert!(out.contains("The log is damaged: 1 findings in 3 events.\n"), "{out}");
}
