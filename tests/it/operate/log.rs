//! `alis log verify`.

use jiff::civil::date;

use crate::event_log::rig::{Move, Node};
use crate::support::operator::Operator;
use crate::support::postgres::fresh;

#[tokio::test]
async fn a_sound_log_ends_with_0_and_is_counted() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let printed = operator.run(&["log", "verify"]).await.printed();
    assert_eq!(printed, "The log agrees with itself: 0 events, 0 subjects, 0 commands.\n");
    let node = Node::start(&database.admin).await;
    node.open(3).await;
    // One that happens, and one for which there is not enough.
    for (key, amount) in [("some", 7), ("too much", 1_000)] {
        let asked = Move { from: 1, to: 2, amount, on: date(2020, 2, 1) };
        node.move_some(key, asked).await.expect("nobody contends");
    }
    let printed = operator.run(&["log", "verify"]).await.printed();
    assert_eq!(printed, "The log agrees with itself: 4 events, 3 subjects, 5 commands.\n");
}

#[tokio::test]
async fn a_damaged_log_ends_with_1_and_every_finding_is_a_line() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    Node::start(&database.admin).await.open(3).await;
    let client = database.connect().await;
    let sql = "alter table alis.event disable trigger all;
        alter table alis.command disable trigger all;
        delete from alis.event where log = 1 and position = 2;
        delete from alis.command where log = 1 and head = 3";
    client.batch_execute(sql).await.expect("the owner may");
    let ran = operator.run(&["log", "verify"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let found = [
        "position 2 is missing before 3",
        "the command of event 3 is not in the ledger",
        "there are 3 tags, and the events account for 2",
        "counter:2 is tagged at position 2, where no event is",
        "The log is damaged: 4 findings in 2 events.",
    ];
    assert_eq!(ran.out, found.map(|line| format!("{line}\n")).concat());

    let sql = "insert into alis.event select log, 3 + n, id, type, schema_version, recorded_at,
          effective_from, municipality, subjects, payload, meta
        from alis.event, generate_series(1, 200) n where log = 1 and position = 3;
      update alis.log set head = 203 where log = 1";
    client.batch_execute(sql).await.expect("the owner may");
    let ran = operator.run(&["log", "verify"]).await;
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.out.lines().count(), 101);
    let last = ran.out.lines().last();
    assert_eq!(last, Some("The log is damaged; after 100 findings no more were sought."));
}
