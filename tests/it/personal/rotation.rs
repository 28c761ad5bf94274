//! The master key is changed while the service runs, and nothing is lost or found by the old one.

use alis::app::{self, Running};
use alis::event_log::DEFAULT_LOG;
use alis::personal_data::Vault;
use alis::sealed_keys::{Batch, rotate, rotate_batch};
use tokio_postgres::Config;
use uuid::Uuid;

use super::{NAME_MARK, person};
use crate::support::client::Client;
use crate::support::instance::settings;
use crate::support::operator::url_of;
use crate::support::postgres::{TestDatabase, fresh};
use crate::support::program;
use crate::support::scratch::Scratch;

fn vault(master: &str, previous: Option<&str>) -> Vault {
    Vault::new(master, previous).expect("generated keys fit")
}

async fn under(admin: &Config, vault: Vault) -> Result<Running, app::StartError> {
    app::start(app::Settings { vault, ..settings(admin) }).await
}

async fn wrapped_keys(database: &TestDatabase) -> Vec<(Uuid, Vec<u8>)> {
    let sql = "select person, wrapped from alis.person_key";
    let rows = database.connect().await.query(sql, &[]).await.expect("the owner can read keys");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Everybody with a number from `from` on is found by it and has a name.
async fn all_are_known(client: &Client, count: u32) {
    for number in 0..count {
        let path = format!("/v1/trainees?hpr_number={}", 999_001_000 + number);
        let found = client.get(&path).await.expect(200);
        assert!(found.text.contains(NAME_MARK), "{number}: {}", found.text);
    }
}

async fn register(client: &Client, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let id = person(client, "trainees", &(999_001_000 + number).to_string()).await;
        let read = client.get(&format!("/v1/trainees/{id}")).await.expect(200);
        assert!(read.text.contains(NAME_MARK), "{}", read.text);
    }
}

#[tokio::test]
async fn keys_go_under_a_new_master_key_while_the_service_serves() {
    let database = fresh().await;
    let (old, new) = (Vault::generate_master_key(), Vault::generate_master_key());
    let before = under(&database.admin, vault(&old, None)).await.expect("it starts");
    register(&Client::new(before.address), 0..5).await;
    before.stop().await;

    let both = under(&database.admin, vault(&new, Some(&old))).await.expect("it starts");
    let client = Client::new(both.address);
    let (owner, keys) = (database.connect().await, vault(&new, Some(&old)));
    // A rotation that ends after two keys: some are under one master key, some under the other.
    let first = rotate_batch(&owner, DEFAULT_LOG, &keys, Uuid::nil(), 2).await;
    let first = first.expect("both keys are there").expect("there are persons");
    assert!(matches!(first, Batch { looked_at: 2, changed: 2, .. }), "{first:?}");
    all_are_known(&client, 5).await;
    // The next one goes on, while persons are read and registered.
    let rotating = rotate(&owner, DEFAULT_LOG, &keys, &|_count| {});
    let (rotated, ()) = tokio::join!(rotating, register(&client, 5..15));
    assert_eq!(rotated.expect("both keys are there"), 3);
    both.stop().await;

    let alone = vault(&old, None);
    let keys = wrapped_keys(&database).await;
    assert_eq!(keys.len(), 15);
    assert!(keys.iter().all(|(person, wrapped)| alone.person(*person, wrapped).is_err()));
    let refused = under(&database.admin, alone).await.err().expect("the old key opens nothing");
    assert!(matches!(refused, app::StartError::MasterKey(_)), "{refused:?}");
    let after = under(&database.admin, vault(&new, None)).await.expect("it starts");
    all_are_known(&Client::new(after.address), 15).await;
    after.stop().await;
}

#[tokio::test]
async fn the_command_rotates_and_names_a_wrong_key() {
    let database = fresh().await;
    let (old, new) = (Vault::generate_master_key(), Vault::generate_master_key());
    let running = under(&database.admin, vault(&new, Some(&old))).await.expect("it starts");
    register(&Client::new(running.address), 0..1).await;
    let (person, _) = wrapped_keys(&database).await[0];
    let (_key, wrapped) = vault(&old, None).new_person(person);
    let owner = database.connect().await;
    let sql = "update alis.person_key set wrapped = $1";
    owner.execute(sql, &[&wrapped]).await.expect("the owner can");
    let scratch = Scratch::fast();
    let file = |name: &str, key: &str| {
        let path = scratch.path().join(name);
        std::fs::write(&path, key).expect("the scratch directory is writable");
        path
    };
    let (old, new) = (file("old.key", &old), file("new.key", &new));
    let other = file("other.key", &Vault::generate_master_key());
    let rotate = async |from: &std::path::Path| {
        let mut command = program::alis();
        command.args(["keys", "rotate", "--old-master-key-file"]).arg(from);
        command.arg("--new-master-key-file").arg(&new).env("DATABASE_URL", url_of(&database.admin));
        program::output_of(command).await
    };
    let refused = rotate(&other).await;
    let shown = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && shown.contains("neither master key opens"), "{shown}");
    for count in ["1 were wrapped anew", "0 were wrapped anew"] {
        let done = rotate(&old).await;
        let shown = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success() && shown.contains(count), "{shown}");
    }
    running.stop().await;
}
