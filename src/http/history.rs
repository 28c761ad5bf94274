//! The history of a resource: the facts that concern it, newest first, as the feed tells them.

use actix_web::HttpResponse;
use actix_web::http::header;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::with_position;
use super::page::{self, Cursor};
use super::{Answer, List, NoFilters, cloud_event, problems};
use crate::aggregate::Subject;
use crate::capabilities::access::visible;
use crate::edge::FieldFault;
use crate::time::LAST_DAY;

/// What the cursor of a history says when no day was asked for.
const EVERY_DAY: Date = LAST_DAY;

impl List<NoFilters> {
    /// The facts about some subjects, newest first, a page at a time: all of them, or with `as_of`
    /// those that held on that day or before.
    pub async fn history(self, subjects: &[Subject]) -> Answer {
        let reached = self.read.wait_for_log().await?;
        let (before, known_at, as_of) = match self.settled_cursor().await? {
            Some(cursor) => {
                let place = cursor.after.parse().ok().filter(|place| *place > 0);
                let wrong = || FieldFault::at("/query/cursor", page::invalid_cursor());
                let as_of = Some(cursor.as_of).filter(|day| *day < EVERY_DAY);
                (place.ok_or_else(wrong)?, Some(cursor.known_at), as_of)
            }
            None => {
                let known = self.read.settled_known_at().await?;
                (known.map_or(i64::MAX, |known| known.saturating_add(1)), known, self.read.as_of)
            }
        };
        let log = &self.read.service.log;
        let visible = visible::of(&self.read.actor, super::today());
        let (limit, visible) = (self.limit + 1, visible.as_ref());
        let mut facts = log.history(subjects, before, 0, as_of, limit, visible).await?;
        if facts.is_empty() && self.cursor.is_none() {
            return Err((&problems::NOT_FOUND).into());
        }
        let reached = facts.first().map_or(reached, |newest| reached.max(newest.position));
        let page = usize::try_from(self.limit).expect("a limit is at most 200");
        let more = facts.len() > page;
        facts.truncate(page);
        let next = facts.last().filter(|_| more).map(|last| {
            let after = last.position.to_string();
            let known_at = known_at.unwrap_or(reached);
            Cursor { after, as_of: as_of.unwrap_or(EVERY_DAY), known_at }.encode()
        });
        let items: Vec<Value> = facts.iter().map(cloud_event::cloud_event).collect();
        let mut response = HttpResponse::Ok();
        with_position(&mut response, reached);
        if let Some(cursor) = &next {
            response.insert_header((header::LINK, self.read.next_link(cursor)));
        }
        let body = json!({ "items": items, "next_cursor": next });
        self.read.tagged(response, body.to_string(), "application/json")
    }
}
