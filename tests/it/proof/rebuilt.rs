//! Whoever owns the database changes what was recorded and builds the trees anew from it, so that
//! every row agrees with every other. Then the signatures tell, and what is kept elsewhere.

use std::sync::Arc;

use alis::proof::sealer::Sealer;

use super::damage::Copies;
use super::{sealer, signer};

/// Forgets the trees of a copy, and keeps its checkpoints aside.
const FORGET: &str = "
create table if not exists kept as select * from alis.checkpoint where false;
insert into kept select * from alis.checkpoint where log = {n};
delete from alis.checkpoint where log = {n};
delete from alis.proof_run where log = {n};
update alis.proof set size = 0, ledger_size = 0, ledger_at = '-infinity', ledger_key = ''
  where log = {n}";
/// Puts the old checkpoints back.
const REMEMBER: &str = "
delete from alis.checkpoint where log = {n};
insert into alis.checkpoint select * from kept where log = {n}";
const CHANGE_AN_EVENT: &str = "
update alis.event set payload = replace(payload::text, '7', '8')::json
  where log = {n} and position = 7";
const CHANGE_THE_LEDGER: &str = "
update alis.command set reply = '{}' where log = {n} and key = 'nothing'";

/// Builds the trees of a copy anew and signs them with a key of their own.
async fn rebuild(copies: &Copies, log: i32) {
    let theirs = Arc::new(signer(66));
    let keys = Arc::new([theirs.verifier().clone()]);
    let sealer = Sealer { signer: theirs, keys, ..sealer(&copies.node, log, None) };
    sealer.seal_all().await.expect("every row agrees");
}

#[tokio::test]
async fn checkpoints_that_are_left_tell_what_was_changed() {
    let copies = Copies::new().await;
    copies.sealed(2).await;
    copies.run(2, CHANGE_AN_EVENT).await;
    copies.run(2, FORGET).await;
    rebuild(&copies, 2).await;
    copies.run(2, REMEMBER).await;
    let recorded = |source: &str| {
        format!(
            "the checkpoint of 9 events in {source} does not hold: something among events 6 to 9 \
             was changed, and the tree built anew over it"
        )
    };
    assert_eq!(copies.findings(2).await, [recorded("the database"), recorded("ANCHOR")]);
}

#[tokio::test]
async fn a_change_of_the_ledger_is_told_the_same_way() {
    let copies = Copies::new().await;
    copies.sealed(2).await;
    copies.run(2, CHANGE_THE_LEDGER).await;
    copies.run(2, FORGET).await;
    rebuild(&copies, 2).await;
    copies.run(2, REMEMBER).await;
    let recorded = |source: &str| {
        format!(
            "the checkpoint of 10 ledger rows in {source} does not hold: something among ledger \
             rows 6 to 10 was changed, and the tree built anew over it"
        )
    };
    assert_eq!(copies.findings(2).await, [recorded("the database"), recorded("ANCHOR")]);
}

#[tokio::test]
async fn checkpoints_signed_anew_are_by_no_known_key_and_the_anchor_knows_better() {
    let copies = Copies::new().await;
    copies.sealed(2).await;
    copies.run(2, CHANGE_AN_EVENT).await;
    copies.run(2, FORGET).await;
    rebuild(&copies, 2).await;
    assert_eq!(
        copies.findings(2).await,
        [
            "the checkpoint of 9 events in the database: no known key has signed it",
            "the checkpoint of 9 events in ANCHOR does not hold: something among events 6 to 9 was \
             changed, and the tree built anew over it",
        ]
    );
}

#[tokio::test]
async fn an_end_that_was_cut_off_everywhere_is_missed_by_the_anchor() {
    let copies = Copies::new().await;
    copies.sealed(2).await;
    let cut = "
        delete from alis.event where log = {n} and position > 7;
        delete from alis.event_subject where log = {n} and position > 7;
        update alis.subject s set head = (select max(es.position) from alis.event_subject es
          where es.log = s.log and es.subject = s.id) where log = {n};
        delete from alis.command where log = {n} and head > 7;
        update alis.log set head = 7 where log = {n}";
    copies.run(2, cut).await;
    copies.run(2, FORGET).await;
    copies
        .run(2, "insert into alis.checkpoint select * from kept where log = {n} and size = 5")
        .await;
    let keys = Arc::new([super::key()]);
    let sealer = Sealer { keys, ..sealer(&copies.node, 2, None) };
    // With the key itself in hand nothing but the anchor is left.
    sealer.seal_all().await.expect("every row agrees, and the older checkpoint as well");
    assert_eq!(
        copies.findings(2).await,
        [
            "ANCHOR line 2: 9 events were sealed, and 7 are left",
            "ANCHOR line 2: 10 ledger rows were sealed, and 7 are left",
        ]
    );
}
