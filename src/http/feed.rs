//! The feed: every fact in order, as CloudEvents, in three forms.
//!
//! Identifying words stay sealed here: a consumer follows ids.

mod lines;

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use bytes::Bytes;
use tokio_postgres::Row;

use super::actor::{self, Actor};
use super::answer::with_position;
use super::cloud_event::{CloudEvent, write_line};
use super::read::{CHECKPOINT_POLL_MS, WAIT_MS_MAX, not_yet};
use super::{Answer, ProblemResponse, Service, body};
use crate::capabilities::access::visible;
use crate::edge::{Fault, Faults, FieldFault, FromText};
use crate::event_log::feed::{Filter, Rows, Seen};
use crate::identifiers::MunicipalityNumber;
use crate::read_from_text;

/// Facts on a page unless told otherwise, and at most.
const FEED_LIMIT_DEFAULT: i64 = 100;
const FEED_LIMIT_MAX: i64 = 1_000;
/// Seconds a caller may wait for news.
const WAIT_SECONDS_MAX: u64 = 30;
/// Seconds between two signs of life on an event stream.
const KEEP_ALIVE_SECONDS: u64 = 15;
/// An event stream is ended after this time; its client comes back with `Last-Event-ID`.
const STREAM_SECONDS_MAX: u64 = 3_600;
/// Bytes that a page sets aside for each of its facts; it grows when they need more.
const LINE_BYTES_USUAL: usize = 800;
/// Types named in one filter.
const TYPES_MAX: usize = 50;
/// Bytes of a subject's name: a kind, and the longest id in another system.
const SUBJECT_BYTES_MAX: usize = 300;

macro_rules! whole_number {
    ($(#[doc = $doc:literal])+ $name:ident, $inner:ty, $min:expr, $max:expr, $code:literal) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        struct $name($inner);
        impl FromText for $name {
            fn from_text(text: &str) -> Result<Self, Fault> {
                match text.parse::<$inner>() {
                    Ok(n) if ($min..=$max).contains(&n) && text.bytes().all(|b| b.is_ascii_digit())
                        => Ok(Self(n)),
                    Ok(_) | Err(_) => Err(Fault {
                        code: $code,
                        en: format!("Must be a whole number from {} to {}.", $min, $max).into(),
                        nb: format!("Må være et helt tall fra {} til {}.", $min, $max).into(),
                    }),
                }
            }
        }
        read_from_text!($name);
    };
}
whole_number!(/// A position to start after.
    After, i64, 0, 999_999_999_999_999_999_i64, "invalid_position");
whole_number!(/// Facts on a page.
    FeedLimit, i64, 1, FEED_LIMIT_MAX, "invalid_limit");
whole_number!(/// Seconds to wait for news.
    Wait, u64, 0, WAIT_SECONDS_MAX, "invalid_wait");

/// Names of event types, as the feed writes them, separated by commas.
struct Types(Vec<String>);

impl FromText for Types {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let names: Vec<&str> = text.split(',').collect();
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._".contains(&b);
        let fits = |name: &&str| (1..=100).contains(&name.len()) && name.bytes().all(fits);
        if names.len() <= TYPES_MAX && names.iter().all(fits) {
            let stored = |name: &str| name.strip_prefix("no.alis.").unwrap_or(name).to_owned();
            return Ok(Self(names.into_iter().map(stored).collect()));
        }
        Err(Fault::new(
            "invalid_types",
            "Must be up to 50 event types such as no.alis.position.filled.v1, with commas between.",
            "Må være inntil 50 hendelsestyper som no.alis.position.filled.v1, med komma mellom.",
        ))
    }
}
read_from_text!(Types);

/// A subject: `position:<id>`.
struct SubjectName(String);

impl FromText for SubjectName {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let in_kind = |b: u8| b.is_ascii_lowercase() || b == b'-';
        let in_id = |b: u8| b.is_ascii_alphanumeric() || b":/._-".contains(&b);
        let valid = |kind: &str, id: &str| {
            (!kind.is_empty() && kind.bytes().all(in_kind))
                && (!id.is_empty() && id.bytes().all(in_id))
        };
        match text.split_once(':') {
            Some((kind, id)) if text.len() <= SUBJECT_BYTES_MAX && valid(kind, id) => {
                Ok(Self(text.to_owned()))
            }
            Some(_) | None => Err(Fault::new(
                "invalid_subject",
                "Must be a subject such as position:<id>.",
                "Må være et subjekt som position:<id>.",
            )),
        }
    }
}
read_from_text!(SubjectName);

crate::word_enum! {
    /// The form of the feed, instead of `Accept`.
    pub enum FeedForm {
        /// One JSON array of CloudEvents.
        Batch = "batch",
        /// One CloudEvent a line.
        Lines = "ndjson",
        /// Server-sent events.
        Stream = "sse",
    }
}

#[derive(deserr::Deserr)]
#[deserr(deny_unknown_fields, error = Faults)]
struct Asked {
    #[deserr(default)]
    after: Option<After>,
    #[deserr(default)]
    limit: Option<FeedLimit>,
    #[deserr(default)]
    wait: Option<Wait>,
    #[deserr(default)]
    types: Option<Types>,
    #[deserr(default)]
    subject: Option<SubjectName>,
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    #[deserr(default)]
    format: Option<FeedForm>,
}

/// The feed: everything that has happened, in order
///
/// Starts after `after` and answers up to `limit` facts in position order, each once. Store the
/// position of the last fact you have handled (or `Log-Position`, when a filter left the answer
/// empty), ask again from there, and you have missed nothing and seen nothing twice.
#[utoipa::path(
    tag = "feed",
    operation_id = "read_events",
    params(
        ("after" = Option<i64>, Query, description = "Position to start after; 0 is the beginning.", minimum = 0, maximum = 999999999999999999_i64, example = 0),
        ("limit" = Option<i64>, Query, description = "Facts on a page.", minimum = 1, maximum = 1000, example = 100),
        ("wait" = Option<u64>, Query, description = "Seconds to wait when there is nothing new.", minimum = 0, maximum = 30, example = 0),
        ("types" = Option<String>, Query, description = "Only these event types, with commas between.", pattern = "^[a-z0-9._]{1,100}(,[a-z0-9._]{1,100}){0,49}$", example = "no.alis.position.filled.v1"),
        ("subject" = Option<String>, Query, description = "Only what concerns this subject.", pattern = "^[a-z-]+:[A-Za-z0-9:/._-]+$", max_length = 300, example = "position:01890a5d-ac96-774b-bcce-b302099a8057"),
        ("municipality" = Option<MunicipalityNumber>, Query, description = "Only what is filed under this municipality."),
        ("format" = inline(Option<FeedForm>), Query, description = "The form, instead of `Accept`. `sse` stays open."),
        ("Last-Event-ID" = Option<String>, Header, description = "Where an event stream goes on; counts instead of `after`.", pattern = "^[0-9]{1,18}$", example = "42"),
    ),
    responses((status = 200, description = "Facts in position order", content(
        (Vec<CloudEvent> = "application/cloudevents-batch+json"),
        (String = "application/x-ndjson", example = "{\"specversion\":\"1.0\"}"),
        (String = "text/event-stream", example = ": keep-alive"),
    ))),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/events")]
pub async fn read_events(service: web::Data<Service>, request: HttpRequest) -> Answer {
    let actor = actor::authenticate(&request)?;
    let (asked, last_event_id, min_position) = asked(&request)?;
    let form = asked.format.map_or_else(|| super::header::choose(&request, &FORMS), Ok)?;
    service.wait_for_log(min_position).await?;
    let after = last_event_id.or(asked.after).map_or(0, |after| after.0);
    let limit = asked.limit.map_or(FEED_LIMIT_DEFAULT, |limit| limit.0);
    let filter = Filter {
        visible: None,
        until: None,
        types: asked.types.map(|types| types.0),
        subject: asked.subject.map(|subject| subject.0),
        municipality: asked.municipality.map(|number| number.as_str().to_owned()),
    };
    let wanted = Wanted { after, limit, at_once: form.facts_at_once(), filter };
    if form == FeedForm::Stream {
        return stream(service, actor, wanted);
    }
    let wait = Duration::from_secs(asked.wait.map_or(0, |wait| wait.0));
    let page = wait_for_page(&service, &actor, &wanted, wait).await?;
    let mut response = HttpResponse::Ok();
    with_position(&mut response, page.page_end);
    if page.page_end < page.head {
        let link = super::read::next_link(&request, "after", page.page_end);
        response.insert_header((header::LINK, link));
    }
    if form == FeedForm::Lines {
        response.insert_header((header::CONTENT_TYPE, "application/x-ndjson"));
        return lines::answer(response, service, page);
    }
    let mut body = Vec::with_capacity(page.rows.len() * LINE_BYTES_USUAL);
    body.push(b'[');
    write_lines(&mut body, &page.rows, b",")?;
    if !page.rows.is_empty() {
        body.pop();
    }
    body.push(b']');
    response.insert_header((header::CONTENT_TYPE, "application/cloudevents-batch+json"));
    Ok(response.body(body))
}

/// Which facts are wanted.
struct Wanted {
    after: i64,
    limit: i64,
    /// How many of them are held at the same time.
    at_once: usize,
    filter: Filter,
}

impl FeedForm {
    fn facts_at_once(self) -> usize {
        match self {
            FeedForm::Lines => lines::FACTS_AT_ONCE,
            FeedForm::Batch | FeedForm::Stream => usize::MAX,
        }
    }
}

/// Writes a page, `after` each fact.
fn write_lines(out: &mut Vec<u8>, rows: &[Row], after: &[u8]) -> Result<(), tokio_postgres::Error> {
    for row in rows {
        write_line(out, &Seen::of(row)?);
        out.extend_from_slice(after);
    }
    Ok(())
}

/// What `Accept` can ask for.
const FORMS: [(&str, FeedForm); 4] = [
    ("application/cloudevents-batch+json", FeedForm::Batch),
    ("application/x-ndjson", FeedForm::Lines),
    ("text/event-stream", FeedForm::Stream),
    ("application/json", FeedForm::Batch),
];

/// Query and headers, with everything that is wrong with them.
fn asked(request: &HttpRequest) -> Result<(Asked, Option<After>, i64), Faults> {
    let (parameters, mut faults) = body::query(request);
    let last_event_id = last_event_id(request).map_err(|fault| faults.push(fault)).ok().flatten();
    let min_position = super::read::min_position(request).map_err(|fault| faults.push(fault));
    let asked = body::all_or_faults(body::read_query(parameters), faults)?;
    Ok((asked, last_event_id, min_position.unwrap_or(0)))
}

fn last_event_id(request: &HttpRequest) -> Result<Option<After>, FieldFault> {
    let wrong = Fault::new(
        "invalid_position",
        "Must be the id of an event of this stream.",
        "Må være id-en til en hendelse i denne strømmen.",
    );
    let text = super::header::single(request, "Last-Event-ID", &wrong)?;
    let at = |fault| FieldFault::at("/header/Last-Event-ID", fault);
    text.map(After::from_text).transpose().map_err(at)
}

async fn wait_for_page(
    service: &Service,
    actor: &Actor,
    wanted: &Wanted,
    wait: Duration,
) -> Result<Rows, ProblemResponse> {
    let mut head = service.log.watch_head();
    let until = tokio::time::Instant::now() + wait;
    let mut from = wanted.after;
    loop {
        head.mark_unchanged();
        let filter = visible_to(service, actor, &wanted.filter).await?;
        let (limit, at_once) = (wanted.limit, wanted.at_once);
        let page = service.log.begin_rows(from, limit, at_once, &filter).await?;
        if !page.rows.is_empty() || page.page_end < page.head {
            return Ok(page);
        }
        from = page.page_end.max(from);
        tokio::select! {
            () = service.stop.cancelled() => return Ok(page),
            changed = head.changed() => if changed.is_err() { return Ok(page) },
            () = tokio::time::sleep_until(until) => return Ok(page),
        }
    }
}

/// Whether the caller may see the fact at a position. Waits, within bounds, until what that rests
/// on
/// has come so far.
///
/// # Errors
/// When it does not come so far in time.
pub async fn is_visible(
    service: &Service,
    actor: &Actor,
    position: i64,
) -> Result<bool, ProblemResponse> {
    if position > service.wait_for_log(0).await? {
        return Ok(false);
    }
    let started = std::time::Instant::now();
    loop {
        let filter = visible_to(service, actor, &Filter::default()).await?;
        let reached = filter.until.unwrap_or(position);
        if reached >= position {
            let page = service.log.read(position - 1, 1, &filter).await?;
            return Ok(page.facts.first().is_some_and(|fact| fact.position == position));
        }
        if started.elapsed() > Duration::from_millis(WAIT_MS_MAX) {
            return Err(not_yet(position, reached));
        }
        tokio::time::sleep(Duration::from_millis(CHECKPOINT_POLL_MS)).await;
    }
}

/// The filter, narrowed to what the caller may see by now: a stream may outlive a relation.
async fn visible_to(
    service: &Service,
    actor: &Actor,
    filter: &Filter,
) -> Result<Filter, ProblemResponse> {
    let day = super::today();
    let permissions = service.permissions_cache.of(&service.log, &actor.caller, day).await?;
    let visible = visible::of(&Actor { permissions, ..actor.clone() }, day);
    let until = match &visible {
        Some(_) => Some(service.checkpoint(visible::MODEL).await?),
        None => None,
    };
    Ok(Filter { visible, until, ..filter.clone() })
}

/// Server-sent events until the client leaves, the service stops or the time is up.
fn stream(service: web::Data<Service>, actor: Actor, wanted: Wanted) -> Answer {
    let permit = service.counters.stream(actor.caller.id())?;
    let ends = tokio::time::Instant::now() + Duration::from_secs(STREAM_SECONDS_MAX);
    let state = (service.clone(), actor, wanted, permit);
    let events = futures_util::stream::unfold(state, move |state| async move {
        let (service, actor, wanted, permit) = state;
        if service.stop.is_cancelled() || tokio::time::Instant::now() > ends {
            return None;
        }
        let wait = Duration::from_secs(KEEP_ALIVE_SECONDS);
        let page = match wait_for_page(&service, &actor, &wanted, wait).await {
            Ok(page) => page,
            Err(_recorded_in_the_log) => return None, // the client comes back with its last id
        };
        let mut text = Vec::new();
        if page.rows.is_empty() {
            text.extend_from_slice(format!(": at {}\n\n", page.page_end).as_bytes());
        }
        for row in &page.rows {
            let Ok(fact) = Seen::of(row) else { return None };
            text.extend_from_slice(format!("id: {}\ndata: ", fact.position).as_bytes());
            write_line(&mut text, &fact);
            text.extend_from_slice(b"\n\n");
        }
        let wanted = Wanted { after: page.page_end.max(wanted.after), ..wanted };
        Some((Ok::<_, Infallible>(Bytes::from(text)), (service, actor, wanted, permit)))
    });
    let mut response = HttpResponse::Ok();
    with_position(&mut response, service.log.known_head());
    response.insert_header((header::CONTENT_TYPE, "text/event-stream"));
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(response.streaming(events))
}
