//! Damage to events.

use super::{Damage, assert_found};

const EVENTS: &[Damage] = &[
    (
        "an event is gone",
        "delete from alis.event where log = {n} and position = 6",
        &[
            "position 6 is missing before 7",
            "there are 17 tags, and the events account for 15",
            "counter:1 is tagged at position 6, where no event is",
            "counter:3 is tagged at position 6, where no event is",
        ],
    ),
    (
        "an event is gone with its tags",
        "delete from alis.event where log = {n} and position = 6;
         delete from alis.event_subject where log = {n} and position = 6",
        &["position 6 is missing before 7"],
    ),
    (
        "the newest event is gone",
        "delete from alis.event where log = {n} and position = 11",
        &[
            "the log's head is 11, its last event is 10",
            "there are 17 tags, and the events account for 15",
            "counter:1 is tagged at position 11, where no event is",
            "counter:3 is tagged at position 11, where no event is",
        ],
    ),
    (
        "the first event is gone",
        "delete from alis.event where log = {n} and position = 1",
        &[
            "position 1 is missing before 2",
            "there are 17 tags, and the events account for 16",
            "counter:1 is tagged at position 1, where no event is",
        ],
    ),
    (
        "all events are gone",
        "delete from alis.event where log = {n}",
        &[
            "the log's head is 11, its last event is 0",
            "there are 17 tags, and the events account for 0",
            "counter:1 is tagged at position 1, where no event is",
            "counter:2 is tagged at position 2, where no event is",
            "counter:3 is tagged at position 3, where no event is",
            "counter:1 is tagged at position 4, where no event is",
            "counter:2 is tagged at position 4, where no event is",
            "counter:2 is tagged at position 5, where no event is",
            "counter:3 is tagged at position 5, where no event is",
            "counter:1 is tagged at position 6, where no event is",
            "counter:3 is tagged at position 6, where no event is",
            "counter:1 is tagged at position 7, where no event is",
            "counter:2 is tagged at position 7, where no event is",
            "counter:2 is tagged at position 8, where no event is",
            "counter:3 is tagged at position 8, where no event is",
            "test:pair is tagged at position 9, where no event is",
            "test:pair is tagged at position 10, where no event is",
            "counter:1 is tagged at position 11, where no event is",
            "counter:3 is tagged at position 11, where no event is",
        ],
    ),
    (
        "the newest event is gone, and the log says so",
        "delete from alis.event where log = {n} and position = 11;
         update alis.log set head = 10 where log = {n}",
        &[
            "2 tags stand outside of the log's positions",
            "2 rows of the ledger stand outside of the log's positions",
            "counter:1 is tagged at position 11, where no event is",
            "counter:3 is tagged at position 11, where no event is",
        ],
    ),
    (
        "an event was added behind the log's back",
        "insert into alis.event select log, 12, id, type, schema_version, recorded_at,
           effective_from, municipality, subjects, payload, meta
         from alis.event where log = {n} and position = 11",
        &["1 events stand outside of the log's positions", "events 11 and 12 have the same id"],
    ),
    (
        "an event stands before the first",
        "insert into alis.event select log, 0, id, type, schema_version, recorded_at,
           effective_from, municipality, subjects, payload, meta
         from alis.event where log = {n} and position = 1",
        &["1 events stand outside of the log's positions", "events 0 and 1 have the same id"],
    ),
    (
        "two events have changed places",
        "update alis.event set position = -5 where log = {n} and position = 5;
         update alis.event set position = 5 where log = {n} and position = 6;
         update alis.event set position = 6 where log = {n} and position = -5",
        &[
            "event 5 names 2 subjects, and is tagged with 1 of them",
            "event 6 is recorded before the one it follows",
            "event 6 names 2 subjects, and is tagged with 1 of them",
            "the command of event 5 stands at 6 in the ledger",
            "the command of event 6 stands at 5 in the ledger",
            "there are 17 tags, and the events account for 15",
            "event 5 is tagged with counter:2, which it does not name",
            "event 6 is tagged with counter:1, which it does not name",
        ],
    ),
    (
        "an event comes twice under one id",
        "update alis.event e set id = (select o.id from alis.event o
           where o.log = {n} and o.position = 4) where e.log = {n} and e.position = 7",
        &["events 4 and 7 have the same id"],
    ),
    (
        "an event is older than the one before it",
        "update alis.event set recorded_at = recorded_at - interval '1 day'
         where log = {n} and position = 5",
        &["event 5 is recorded before the one it follows"],
    ),
    (
        "an event names no command",
        "update alis.event set meta = '{}' where log = {n} and position = 5",
        &["event 5 names no command"],
    ),
    (
        "an event names another command",
        "update alis.event set meta = '{\"command\": \"move-3\"}'
         where log = {n} and position = 5",
        &["the command of event 5 stands at 7 in the ledger"],
    ),
    (
        "an event names a command that nobody knows",
        "update alis.event set meta = '{\"command\": \"unheard of\"}'
         where log = {n} and position = 5",
        &["the command of event 5 is not in the ledger"],
    ),
];

#[tokio::test]
async fn damage_to_events_is_found_and_named() {
    assert_found(EVENTS).await;
}
