//! Damage to subjects, and to the tags that tell which events concern them.

use super::{Damage, assert_found};

const SUBJECTS: &[Damage] = &[
    (
        "a subject's head is too high",
        "update alis.subject set head = head + 1 where log = {n} and name = 'counter:2'",
        &["subject counter:2 stands at 9, its events at 8"],
    ),
    (
        "a subject's head is too low",
        "update alis.subject set head = 4 where log = {n} and name = 'counter:2'",
        &["subject counter:2 stands at 4, its events at 8"],
    ),
    (
        "a subject is gone",
        "delete from alis.subject where log = {n} and name = 'counter:2'",
        &[
            "event 2 names 1 subjects, and is tagged with 0 of them",
            "event 4 names 2 subjects, and is tagged with 1 of them",
            "event 5 names 2 subjects, and is tagged with 1 of them",
            "event 7 names 2 subjects, and is tagged with 1 of them",
            "event 8 names 2 subjects, and is tagged with 1 of them",
            "there are 17 tags, and the events account for 12",
            "a tag at position 2 belongs to no subject",
            "a tag at position 4 belongs to no subject",
            "a tag at position 5 belongs to no subject",
            "a tag at position 7 belongs to no subject",
            "a tag at position 8 belongs to no subject",
        ],
    ),
    (
        "a subject has another name",
        "update alis.subject set name = 'counter:9' where log = {n} and name = 'counter:2'",
        &[
            "event 2 names 1 subjects, and is tagged with 0 of them",
            "event 4 names 2 subjects, and is tagged with 1 of them",
            "event 5 names 2 subjects, and is tagged with 1 of them",
            "event 7 names 2 subjects, and is tagged with 1 of them",
            "event 8 names 2 subjects, and is tagged with 1 of them",
            "there are 17 tags, and the events account for 12",
            "event 2 is tagged with counter:9, which it does not name",
            "event 4 is tagged with counter:9, which it does not name",
            "event 5 is tagged with counter:9, which it does not name",
            "event 7 is tagged with counter:9, which it does not name",
            "event 8 is tagged with counter:9, which it does not name",
        ],
    ),
    (
        "two subjects have changed names",
        "update alis.subject set name = 'counter:0' where log = {n} and name = 'counter:2';
         update alis.subject set name = 'counter:2' where log = {n} and name = 'counter:3';
         update alis.subject set name = 'counter:3' where log = {n} and name = 'counter:0'",
        &[
            "event 2 names 1 subjects, and is tagged with 0 of them",
            "event 3 names 1 subjects, and is tagged with 0 of them",
            "event 4 names 2 subjects, and is tagged with 1 of them",
            "event 6 names 2 subjects, and is tagged with 1 of them",
            "event 7 names 2 subjects, and is tagged with 1 of them",
            "event 11 names 2 subjects, and is tagged with 1 of them",
            "there are 17 tags, and the events account for 11",
            "event 2 is tagged with counter:3, which it does not name",
            "event 3 is tagged with counter:2, which it does not name",
            "event 4 is tagged with counter:3, which it does not name",
            "event 6 is tagged with counter:2, which it does not name",
            "event 7 is tagged with counter:3, which it does not name",
            "event 11 is tagged with counter:2, which it does not name",
        ],
    ),
    (
        "a subject is there that nothing concerns",
        "insert into alis.subject select {n}, 999, 'counter:9', 0;
         update alis.log set subjects = 999 where log = {n}",
        &["subject counter:9 stands at 0, and no event has it"],
    ),
    (
        "two subjects are one",
        "update alis.event_subject t set subject = (select id from alis.subject s
           where s.log = {n} and s.name = 'test:pair')
         where t.log = {n} and t.position = 1;
         delete from alis.event_subject t where t.log = {n} and t.position in (4, 6, 7, 11)
           and t.subject = (select id from alis.subject s
             where s.log = {n} and s.name = 'counter:1');
         insert into alis.event_subject select {n}, s.id, p
         from alis.subject s, unnest(array[4, 6, 7, 11]) p
         where s.log = {n} and s.name = 'test:pair';
         update alis.subject s set head = 11, id = (select id from alis.subject o
           where o.log = {n} and o.name = 'test:pair')
         where s.log = {n} and s.name in ('counter:1', 'test:pair')",
        &["subjects counter:1 and test:pair have the same number"],
    ),
    (
        "a tag is missing",
        "delete from alis.event_subject t using alis.subject s
         where t.log = {n} and t.position = 5 and s.log = t.log and s.id = t.subject
           and s.name = 'counter:2'",
        &["event 5 names 2 subjects, and is tagged with 1 of them"],
    ),
    (
        "the newest tag of a subject is missing",
        "delete from alis.event_subject t using alis.subject s
         where t.log = {n} and t.position = 11 and s.log = t.log and s.id = t.subject
           and s.name = 'counter:1'",
        &[
            "event 11 names 2 subjects, and is tagged with 1 of them",
            "subject counter:1 stands at 11, its events at 7",
        ],
    ),
    (
        "a tag too many",
        "insert into alis.event_subject select {n}, id, 5 from alis.subject
         where log = {n} and name = 'counter:1'",
        &[
            "there are 18 tags, and the events account for 17",
            "event 5 is tagged with counter:1, which it does not name",
        ],
    ),
    (
        "a tag of no subject",
        "insert into alis.event_subject values ({n}, 4711, 5)",
        &[
            "there are 18 tags, and the events account for 17",
            "a tag at position 5 belongs to no subject",
        ],
    ),
    (
        "a tag stands at another event",
        "update alis.event_subject t set position = 5 from alis.subject s
         where t.log = {n} and t.position = 4 and s.log = t.log and s.id = t.subject
           and s.name = 'counter:1'",
        &[
            "event 4 names 2 subjects, and is tagged with 1 of them",
            "there are 17 tags, and the events account for 16",
            "event 5 is tagged with counter:1, which it does not name",
        ],
    ),
    (
        "a tag beyond the log",
        "insert into alis.event_subject select {n}, id, 12 from alis.subject
         where log = {n} and name = 'counter:1'",
        &[
            "1 tags stand outside of the log's positions",
            "counter:1 is tagged at position 12, where no event is",
            "subject counter:1 stands at 11, its events at 12",
        ],
    ),
    (
        "an event names a subject more",
        "update alis.event set subjects = subjects || 'counter:1'::text
         where log = {n} and position = 5",
        &["event 5 names 3 subjects, and is tagged with 2 of them"],
    ),
    (
        "an event names a subject less",
        "update alis.event set subjects = array['counter:2'] where log = {n} and position = 5",
        &[
            "there are 17 tags, and the events account for 16",
            "event 5 is tagged with counter:3, which it does not name",
        ],
    ),
    (
        "an event names another subject",
        "update alis.event set subjects = array['counter:2', 'counter:1']
         where log = {n} and position = 5",
        &[
            "event 5 names 2 subjects, and is tagged with 1 of them",
            "there are 17 tags, and the events account for 16",
            "event 5 is tagged with counter:3, which it does not name",
        ],
    ),
    (
        "an event names nothing",
        "update alis.event set subjects = '{}' where log = {n} and position = 5",
        &[
            "there are 17 tags, and the events account for 15",
            "event 5 is tagged with counter:2, which it does not name",
            "event 5 is tagged with counter:3, which it does not name",
        ],
    ),
];

#[tokio::test]
async fn damage_to_subjects_and_tags_is_found_and_named() {
    assert_found(SUBJECTS).await;
}
