//! Answers that may be given again: the body of a resource as it was sent, for as long as its
//! subject has no newer fact and the day is the same.
//!
//! Whoever uses one asks the database first whether the head still stands, so no answer is older
//! than the log. Nothing that identifies a person is kept: what is erased cannot come back from
//! here. Each worker has its own, bounded in bytes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::civil::Date;
use uuid::Uuid;

use crate::aggregate::Subject;

/// Bytes of a worker's answers, with what surrounds them.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of one answer that is kept.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// What keeping an answer costs beside its body and its address.
const OVERHEAD_BYTES: usize = 200;

/// A body that was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The head of its subject.
    pub head: i64,
    /// What else it follows from, with the heads that were seen.
    pub beside: Vec<(Subject, i64)>,
    /// The trainee whose data it shows.
    pub shows: Option<Uuid>,
    /// The day it was about.
    pub day: Date,
    pub etag: String,
    pub body: Bytes,
}

/// The answers of one worker, by address. They are kept in two halves: when the younger one is
/// full it becomes the older one, and what nobody asked for since is let go.
#[derive(Default)]
pub struct Answers(Mutex<Halves>);

#[derive(Default)]
struct Halves {
    young: HashMap<String, Kept>,
    young_bytes: usize,
    old: HashMap<String, Kept>,
}

impl Answers {
    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer kept under an address, if it is about `day`.
    pub fn get(&self, path: &str, day: Date) -> Option<Kept> {
        let mut halves = self.halves();
        if let Some(kept) = halves.young.get(path) {
            return Some(kept.clone()).filter(|kept| kept.day == day);
        }
        let (path, kept) = halves.old.remove_entry(path)?;
        halves.put(path, kept.clone());
        Some(kept).filter(|kept| kept.day == day)
    }

    /// Keeps an answer, unless it is large.
    pub fn keep(&self, path: &str, kept: Kept) {
        if kept.body.len() <= ANSWER_BYTES_MAX {
            self.halves().put(path.to_owned(), kept);
        }
    }
}

impl Halves {
    fn put(&mut self, path: String, kept: Kept) {
        let bytes = path.len() + kept.body.len() + OVERHEAD_BYTES;
        if self.young_bytes + bytes > BYTES_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(path, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const DAY: Date = date(2026, 11, 23);

    fn kept(head: i64, bytes: usize) -> Kept {
        let body = Bytes::from(vec![b' '; bytes]);
        Kept { head, beside: vec![], shows: None, day: DAY, etag: head.to_string(), body }
    }

    #[test]
    fn an_answer_is_given_again_on_its_day_only() {
        let answers = Answers::default();
        answers.keep("/a", kept(1, 10));
        assert_eq!(answers.get("/a", DAY), Some(kept(1, 10)));
        assert_eq!(answers.get("/a", date(2026, 11, 24)), None);
        assert_eq!(answers.get("/b", DAY), None);
    }

    #[test]
    fn a_newer_answer_takes_the_place_of_an_older_one() {
        let answers = Answers::default();
        answers.keep("/a", kept(1, 10));
        answers.keep("/a", kept(2, 10));
        assert_eq!(answers.get("/a", DAY), Some(kept(2, 10)));
    }

    #[test]
    fn what_nobody_asks_for_is_let_go_before_the_bound_and_what_is_asked_for_stays() {
        let answers = Answers::default();
        answers.keep("/asked", kept(1, 10));
        answers.keep("/forgotten", kept(1, 10));
        let rounds = 4 * BYTES_MAX / ANSWER_BYTES_MAX;
        for number in 0..rounds {
            answers.keep(&format!("/{number}"), kept(1, ANSWER_BYTES_MAX));
            assert!(answers.get("/asked", DAY).is_some(), "asked for in round {number}");
        }
        assert_eq!(answers.get("/forgotten", DAY), None);
        let halves = answers.halves();
        let held = halves.young.values().chain(halves.old.values()).map(|kept| kept.body.len());
        assert!(held.sum::<usize>() <= BYTES_MAX);
    }

    #[test]
    fn a_large_answer_is_not_kept() {
        let answers = Answers::default();
        answers.keep("/large", kept(1, ANSWER_BYTES_MAX + 1));
        assert_eq!(answers.get("/large", DAY), None);
    }
}
