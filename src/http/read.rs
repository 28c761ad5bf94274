//! A read: of one resource, folded from its own facts and so always current, or of a list, from a
//! read model. Both take `as_of`, `known_at` and `Min-Log-Position`.

mod resource;
mod words;

pub use words::{min_position, next_link};

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use deserr::Deserr;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::actor::{self, Actor};
use super::answer::with_position;
use super::etag::{Held, moved_beside};
use super::page::{self, Asked, By, Cursor, Order, Orders, Unsorted};
use super::response_cache::Kept;
use super::time_axes::KnownAt;
use super::valid_since::on_day;
use super::{Answer, ProblemResponse, Service, body, problems};
use crate::aggregate::{Fold, Subject};
use crate::edge::{Day, Fault, Faults, FieldFault};
use crate::event_log::Loaded;
use crate::problem::Rejection;

/// How long a read waits for `Min-Log-Position`.
pub const WAIT_MS_MAX: u64 = 5_000;
/// More facts than the log takes while a read waits. What lies further ahead is refused at once:
/// no answer of this service has told of it, so waiting would only hold the caller up.
pub const POSITIONS_AHEAD_MAX: i64 = 100_000;
/// Pause between two looks at a read model's checkpoint.
pub(super) const CHECKPOINT_POLL_MS: u64 = 5;

/// A read of one resource.
pub struct Read {
    pub service: web::Data<Service>,
    pub actor: Actor,
    pub as_of: Option<Date>,
    pub known_at: Option<KnownAt>,
    min_position: i64,
    held: Held,
    request: HttpRequest,
}

#[derive(Deserr)]
#[deserr(deny_unknown_fields, error = Faults)]
struct Axes {
    #[deserr(default)]
    as_of: Option<Day>,
    #[deserr(default)]
    known_at: Option<KnownAt>,
}

/// No parameters besides those every read takes.
#[derive(Debug, Deserr)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct NoFilters {}

/// A read of a list with filters and orders of its own.
pub struct List<F, O> {
    pub read: Read,
    pub filters: F,
    pub limit: i64,
    pub order: Order,
    pub cursor: Option<Cursor>,
    orders: std::marker::PhantomData<O>,
}

/// A read with parameters of its own that is not a list.
pub struct Filtered<F> {
    pub read: Read,
    pub filters: F,
}

/// Parameters of every list; other reads have none of them.
const PAGING: [&str; 3] = ["limit", "sort", "cursor"];

impl FromRequest for Read {
    type Error = ProblemResponse;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(List::<NoFilters, Unsorted>::of(request, &[]).map(|list| list.read))
    }
}

impl<F: Deserr<Faults> + 'static, O: Orders> FromRequest for List<F, O> {
    type Error = ProblemResponse;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(List::of(request, &PAGING))
    }
}

impl<F: Deserr<Faults> + 'static> FromRequest for Filtered<F> {
    type Error = ProblemResponse;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let one = |list: List<F, Unsorted>| Self { read: list.read, filters: list.filters };
        ready(List::of(request, &[]).map(one))
    }
}

fn take(from: &mut Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    names.iter().filter_map(|name| from.remove_entry(*name)).collect()
}

impl<F: Deserr<Faults>, O: Orders> List<F, O> {
    fn of(request: &HttpRequest, paging: &[&str]) -> Result<Self, ProblemResponse> {
        Self::read_from(request, paging, (O::ALL, O::DEFAULT), body::read_query::<F>)
    }
}

impl<F, O> List<F, O> {
    /// A list with these orders, the second of which is the default, and filters that are read
    /// by a function.
    ///
    /// # Errors
    /// All that is wrong with the request.
    pub fn sorted(
        request: &HttpRequest,
        orders: (&[By], &'static str),
        filters: impl FnOnce(Map<String, Value>) -> Result<F, Faults>,
    ) -> Result<Self, ProblemResponse> {
        Self::read_from(request, &PAGING, orders, filters)
    }

    fn read_from(
        request: &HttpRequest,
        paging: &[&str],
        orders: (&[By], &'static str),
        filters: impl FnOnce(Map<String, Value>) -> Result<F, Faults>,
    ) -> Result<Self, ProblemResponse> {
        let actor = actor::authenticate(request)?;
        let (mut parameters, mut faults) = body::query(request);
        let axes = take(&mut parameters, &["as_of", "known_at"]);
        let paging = take(&mut parameters, paging);
        // All of it is read before any fault is told, so that every one is named.
        let axes = body::read_query::<Axes>(axes);
        let asked = Asked::read(paging, orders);
        let filters = filters(parameters);
        let min_position = min_position(request);
        let held = Held::of(request);
        let axes = axes.map_err(|Faults(mut more)| faults.append(&mut more)).ok();
        let asked = asked.map_err(|Faults(mut more)| faults.append(&mut more)).ok();
        let filters = filters.map_err(|Faults(mut more)| faults.append(&mut more)).ok();
        let min_position = min_position.map_err(|fault| faults.push(fault)).ok();
        let held = held.map_err(|fault| faults.push(fault)).ok();
        let (Some(axes), Some(asked), Some(filters), Some(min_position), Some(held), true) =
            (axes, asked, filters, min_position, held, faults.is_empty())
        else {
            return Err(ProblemResponse::faults(faults));
        };
        let service = request.app_data::<web::Data<Service>>().expect("the app registers it");
        let read = Read {
            service: service.clone(),
            actor,
            as_of: axes.as_of.map(|day| day.0),
            known_at: axes.known_at,
            min_position,
            held,
            request: request.clone(),
        };
        let Asked { limit, order, cursor } = asked;
        Ok(Self { read, filters, limit, order, cursor, orders: std::marker::PhantomData })
    }
}

impl Service {
    /// The position that the table of a read model stands at.
    pub async fn checkpoint(&self, name: &str) -> Result<i64, ProblemResponse> {
        let client = self.log.pool.get().await?;
        let sql = crate::event_log::sql::MODEL_POSITION;
        let statement = client.prepare_cached(sql).await?;
        let row = client.query_opt(&statement, &[&self.log.log, &name]).await?;
        let row = row.ok_or(&problems::UNAVAILABLE)?;
        Ok(row.try_get(0)?)
    }

    /// Waits until the log has reached a position; answers how far it has come.
    pub async fn wait_for_log(&self, wanted: i64) -> Result<i64, ProblemResponse> {
        let known = self.log.known_head();
        if known >= wanted {
            return Ok(known);
        }
        self.expect_within_reach(wanted)?;
        let mut head = self.log.watch_head();
        let waiting = head.wait_for(|reached| *reached >= wanted);
        match tokio::time::timeout(Duration::from_millis(WAIT_MS_MAX), waiting).await {
            Ok(Ok(reached)) => Ok(*reached),
            Ok(Err(_)) | Err(_) => Err(not_yet(wanted, self.log.known_head())),
        }
    }

    /// Refuses to wait for what the log cannot come to meanwhile.
    fn expect_within_reach(&self, wanted: i64) -> Result<(), ProblemResponse> {
        let known = self.log.known_head();
        if wanted - known > POSITIONS_AHEAD_MAX { Err(not_yet(wanted, known)) } else { Ok(()) }
    }
}

impl Read {
    /// Folds a subject and shows it; 404 when there is nothing on that day. What is shown follows
    /// from the subject, the day and the address alone, because the body may be given again.
    pub async fn resource<S: Fold, V: Serialize + PartialEq>(
        self,
        subject: &Subject,
        view: impl Fn(&S, Date) -> Option<V>,
    ) -> Answer {
        let known = self.settled_known_at().await?;
        let reached = self.wait_for_log().await?;
        // Whoever sees by doctor is not shown all of it.
        if !self.request.query_string().is_empty() || self.actor.permissions.sees_by_trainee() {
            let loaded: Loaded<S> = self.service.log.fold(subject, known).await?;
            return self.show(loaded, reached, view).await;
        }
        let kept = self.service.answers.get(self.request.path(), super::today());
        let head = kept.as_ref().map_or(0, |kept| kept.head);
        let loaded = self.service.log.fold_unless::<S>(subject, head).await?;
        match (loaded, kept) {
            (Some(loaded), _) => self.show_and_keep(loaded, reached, view).await,
            (None, Some(kept)) => Ok(self.send_kept(kept, reached)),
            (None, None) => Err(ProblemResponse::new(&problems::NOT_FOUND)),
        }
    }

    fn send_kept(&self, kept: Kept, reached: i64) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        with_position(&mut response, reached.max(kept.head));
        response.insert_header((header::ETAG, kept.etag.as_str()));
        if self.held.has(&kept.etag) {
            return response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish();
        }
        response.insert_header((header::CONTENT_TYPE, "application/json"));
        response.body(kept.body)
    }

    /// Shows a state as it is today, and keeps what was sent if it is the same for every caller.
    async fn show_and_keep<S, V: Serialize + PartialEq>(
        &self,
        loaded: Loaded<S>,
        reached: i64,
        view: impl Fn(&S, Date) -> Option<V>,
    ) -> Answer {
        let (day, head) = (super::today(), loaded.head);
        let (tag, shown) = on_day(&loaded, day, true, view)?;
        let body = as_json(&shown)?;
        if super::decrypt::differs_by_caller(&body) {
            return self.send(tag, reached.max(head), &shown).await;
        }
        let body = Bytes::from(body.to_string());
        let (beside, shows) = (vec![], None);
        let kept = Kept { head, beside, shows, day, etag: tag, body };
        self.service.answers.keep(self.request.path(), kept.clone());
        Ok(self.send_kept(kept, reached))
    }

    /// Shows a state that was folded already.
    pub async fn show<S, V: Serialize + PartialEq>(
        &self,
        loaded: Loaded<S>,
        reached: i64,
        view: impl Fn(&S, Date) -> Option<V>,
    ) -> Answer {
        self.show_beside(loaded, 0, reached, view).await
    }

    /// Shows a state that was folded already, and whose looks also follow from other subjects: the
    /// one of them that moved last is at `beside`.
    pub async fn show_beside<S, V: Serialize + PartialEq>(
        &self,
        loaded: Loaded<S>,
        beside: i64,
        reached: i64,
        view: impl Fn(&S, Date) -> Option<V>,
    ) -> Answer {
        let (on, by_itself) = (self.as_of.unwrap_or_else(super::today), self.as_of.is_none());
        let (tag, shown) = on_day(&loaded, on, by_itself, view)?;
        let tag = if beside > loaded.head { moved_beside(&tag, beside) } else { tag };
        self.send(tag, reached.max(loaded.head).max(beside), &shown).await
    }

    /// Sends a resource at the version `tag`: 304 when the caller has it already.
    pub async fn send(&self, tag: String, position: i64, shown: &impl Serialize) -> Answer {
        let mut response = HttpResponse::Ok();
        with_position(&mut response, position);
        response.insert_header((header::ETAG, tag.clone()));
        if self.held.has(&tag) {
            return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
        }
        let mut bodies = [as_json(shown)?];
        self.service.reveal(&self.actor, &mut bodies, vec![]).await?;
        let [body] = bodies;
        Ok(response.json(body))
    }

    /// Refuses both axes of time, for what has neither.
    pub fn refuse_axes(&self) -> Result<(), ProblemResponse> {
        let unknown = |name: &str| {
            let fault =
                Fault::new("unknown_field", "There is no such parameter.", "Ukjent parameter.");
            ProblemResponse::from(FieldFault::at(format!("/query/{name}"), fault))
        };
        match (self.as_of, self.known_at) {
            (Some(_), _) => Err(unknown("as_of")),
            (None, Some(_)) => Err(unknown("known_at")),
            (None, None) => Ok(()),
        }
    }

    /// The position that `known_at` stands for, `None` when everything known is asked for. What
    /// has not happened yet cannot be asked about: the answer would not stay the same.
    pub async fn settled_known_at(&self) -> Result<Option<i64>, ProblemResponse> {
        let Some(known_at) = self.known_at else { return Ok(None) };
        let future = match known_at {
            KnownAt::Instant(instant) => instant > super::now(),
            KnownAt::Position(position) => self.is_ahead(position).await?,
        };
        if future {
            let fault = Fault::new(
                "in_the_future",
                "Nothing is known of this time yet.",
                "Dette tidspunktet er ennå ikke kjent.",
            );
            return Err(FieldFault::at("/query/known_at", fault).into());
        }
        Ok(Some(known_at.position(&self.service.log).await?))
    }

    /// Whether the log has not come to a position yet.
    pub async fn is_ahead(&self, position: i64) -> Result<bool, ProblemResponse> {
        Ok(position > self.service.log.known_head() && position > self.head().await?)
    }

    async fn head(&self) -> Result<i64, ProblemResponse> {
        let client = self.service.log.pool.get().await?;
        let sql = crate::event_log::sql::HEAD;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query_one(&statement, &[&self.service.log.log]).await?.try_get(0)?)
    }

    /// Waits until the log has reached `Min-Log-Position`; answers how far it has come.
    pub async fn wait_for_log(&self) -> Result<i64, ProblemResponse> {
        self.service.wait_for_log(self.min_position).await
    }

    /// Waits until read model `name` has reached `Min-Log-Position` (and an explicit `known_at`);
    /// answers the position its table stands at.
    pub async fn wait_for_model(
        &self,
        name: &str,
        known_at: Option<i64>,
    ) -> Result<i64, ProblemResponse> {
        let wanted = self.min_position.max(known_at.unwrap_or(0));
        self.service.expect_within_reach(wanted)?;
        let started = std::time::Instant::now();
        loop {
            let reached = self.service.checkpoint(name).await?;
            if reached >= wanted {
                return Ok(reached);
            }
            if started.elapsed() > Duration::from_millis(WAIT_MS_MAX) {
                return Err(not_yet(wanted, reached));
            }
            self.service.log.hurry().notify_one();
            tokio::time::sleep(Duration::from_millis(CHECKPOINT_POLL_MS)).await;
        }
    }

    /// The day and the position that a report over several read models is about: all of them have
    /// reached it.
    pub async fn settled(&self, models: &[&str]) -> Result<(Date, i64), ProblemResponse> {
        let asked = self.settled_known_at().await?;
        let mut known_at = asked.unwrap_or(i64::MAX);
        for model in models {
            known_at = known_at.min(self.wait_for_model(model, asked).await?);
        }
        Ok((self.as_of.unwrap_or_else(super::today), known_at))
    }

    /// Answers a body whose version is its own digest: 304 when the caller has it already.
    pub fn tagged(
        &self,
        mut response: actix_web::HttpResponseBuilder,
        body: String,
        content_type: &str,
    ) -> Answer {
        let digest = Sha256::digest(body.as_bytes());
        let tag: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = format!("\"{tag}\"");
        response.insert_header((header::ETAG, tag.clone()));
        if self.held.has(&tag) {
            return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
        }
        response.insert_header((header::CONTENT_TYPE, content_type));
        Ok(response.body(body))
    }

    /// The path and query of this read with another cursor, for `Link`.
    pub fn next_link(&self, cursor: &str) -> String {
        next_link(&self.request, "cursor", cursor)
    }

    /// Header and query of the request, for those few answers that depend on more of it.
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }
}

impl<F, O> List<F, O> {
    /// Refuses a cursor that no page of this service can have held: one of a time to come.
    pub async fn settled_cursor(&self) -> Result<Option<&Cursor>, ProblemResponse> {
        match &self.cursor {
            Some(cursor) if self.read.is_ahead(cursor.known_at).await? => {
                Err(FieldFault::at("/query/cursor", page::invalid_cursor()).into())
            }
            Some(_) | None => Ok(self.cursor.as_ref()),
        }
    }
}

fn as_json(shown: &impl Serialize) -> Result<Value, ProblemResponse> {
    serde_json::to_value(shown)
        .map_err(|error| ProblemResponse::failed(&error, &problems::INTERNAL_ERROR))
}

pub(super) fn not_yet(wanted: i64, reached: i64) -> ProblemResponse {
    let rejection = Rejection::new(&problems::NOT_YET_VISIBLE);
    rejection.with("wanted", wanted).with("reached", reached).into()
}
