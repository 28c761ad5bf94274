//! The history of a resource: the facts that concern it, as the feed tells them, newest first
//! unless told otherwise.

use actix_web::HttpResponse;
use actix_web::http::header;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::with_position;
use super::page::{self, By, Orders};
use super::{Answer, List, NoFilters, cloud_event, problems};
use crate::aggregate::Subject;
use crate::capabilities::access::visible;
use crate::edge::FieldFault;
use crate::event_log::feed::{About, Stretch};
use crate::time::LAST_DAY;

/// What the cursor of a history says when no day was asked for.
const EVERY_DAY: Date = LAST_DAY;

/// What a history is sorted by.
pub struct InTime;

impl Orders for InTime {
    const ALL: &'static [By] = &[By::key("position", "Their position in the log.")];
    const DEFAULT: &'static str = "-position";
}

/// A read of a history.
pub type History = List<NoFilters, InTime>;

impl History {
    /// The facts about some subjects, a page at a time: all of them, or with `as_of` those that
    /// held on that day or before.
    pub async fn history(self, subjects: &[Subject]) -> Answer {
        self.history_of(subjects.into()).await
    }

    /// The same of what may have no subject of its own.
    pub async fn history_of(self, about: About<'_>) -> Answer {
        let reached = self.read.wait_for_log().await?;
        let (known_at, as_of, place) = match self.settled_cursor().await? {
            Some(cursor) => {
                let place = cursor.after.parse().ok().filter(|place: &i64| *place > 0);
                let wrong = || FieldFault::at("/query/cursor", page::invalid_cursor());
                let as_of = Some(cursor.as_of).filter(|day| *day < EVERY_DAY);
                (Some(cursor.known_at), as_of, Some(place.ok_or_else(wrong)?))
            }
            None => (self.read.settled_known_at().await?, self.read.as_of, None),
        };
        let before = known_at.map_or(i64::MAX, |known| known.saturating_add(1));
        let mut stretch = Stretch { after: 0, before, as_of, limit: self.limit + 1 };
        let log = &self.read.service.log;
        let visible = visible::of(&self.read.actor, super::today());
        let mut facts = if self.order.is_descending {
            stretch.before = place.map_or(before, |place| before.min(place));
            log.history(about, &stretch, visible.as_ref()).await?
        } else {
            stretch.after = place.unwrap_or(0);
            log.history_forward(about, &stretch, visible.as_ref()).await?
        };
        if facts.is_empty() && self.cursor.is_none() {
            return Err((&problems::NOT_FOUND).into());
        }
        let newest = facts.iter().map(|fact| fact.position).max();
        let reached = newest.map_or(reached, |newest| reached.max(newest));
        let page = usize::try_from(self.limit).expect("a limit is at most 200");
        let more = facts.len() > page;
        facts.truncate(page);
        let next = facts.last().filter(|_| more).map(|last| {
            let times = (as_of.unwrap_or(EVERY_DAY), known_at.unwrap_or(reached));
            self.order.place_behind(last.position.to_string(), None, times).encode()
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
