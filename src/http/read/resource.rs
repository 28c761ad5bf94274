//! The read of one resource.

use bytes::Bytes;

use super::{Read, as_json};
use crate::event_log::{Anything, Failure, Loaded};
use crate::http::etag::moved_beside;
use crate::http::resource::Resource;
use crate::http::response_cache::Kept;
use crate::http::valid_since::on_day;
use crate::http::{Answer, ProblemResponse, access_audit, decrypt, today};

impl Read {
    /// Shows one resource, as on the day and as known at the time that were asked about. The answer
    /// is given again for as long as nothing that it follows from has moved.
    pub async fn shown<R: Resource>(self, key: R::Key) -> Answer {
        let known = self.settled_known_at().await?;
        let reached = self.wait_for_log().await?;
        let now = today();
        // Whoever sees by doctor is not shown all of it.
        let keeps =
            self.request.query_string().is_empty() && !self.actor.permissions.sees_by_trainee();
        let kept = self.service.answers.get(self.request.path(), now).filter(|_| keeps);
        if let Some(kept) = kept
            && self.still_holds(&kept).await?
        {
            kept.shows.into_iter().for_each(access_audit::about);
            return Ok(self.send_kept(kept, reached));
        }
        let view = self.service.log.view().until(known);
        let parties = R::load(&view, &key).await?;
        let shows = R::shows(&parties, &key);
        shows.into_iter().for_each(access_audit::about);
        let home = R::home(&parties, &key);
        let (head, recorded_at) = view.head_of(&home);
        let others = view.heads().into_iter().filter(|(subject, _)| *subject != home);
        let others: Vec<_> = others.collect();
        let beside = others.iter().map(|(_, head)| *head).max().unwrap_or(0);
        let loaded = Loaded { state: parties, head, recorded_at };
        let (on, by_itself) = (self.as_of.unwrap_or(now), self.as_of.is_none());
        let look = |parties: &R::Parties, day| R::show(parties, &key, day);
        let (tag, shown) = on_day(&loaded, on, by_itself, look)?;
        let etag = if beside > head { moved_beside(&tag, beside) } else { tag };
        let position = reached.max(head).max(beside);
        let body = as_json(&shown)?;
        if !keeps || decrypt::differs_by_caller(&body) {
            return self.send(etag, position, &shown).await;
        }
        let body = Bytes::from(body.to_string());
        let mut beside = others;
        beside.push((home, head));
        let kept = Kept { head, beside, shows, day: now, etag, body };
        self.service.answers.keep(self.request.path(), kept.clone());
        Ok(self.send_kept(kept, position))
    }

    /// Whether nothing has moved that a kept answer follows from.
    async fn still_holds(&self, kept: &Kept) -> Result<bool, ProblemResponse> {
        let log = &self.service.log;
        let moved = kept.beside.iter().map(async |(subject, head)| {
            let loaded = log.fold_unless::<Anything>(subject, *head).await?;
            Ok::<bool, Failure>(loaded.is_some_and(|loaded| loaded.head != *head))
        });
        let moved = futures_util::future::try_join_all(moved).await?;
        Ok(!moved.contains(&true))
    }
}
