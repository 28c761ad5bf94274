//! A change: the caller, the preconditions and the key of a POST, and how its outcome is answered.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::actor::{self, Actor};
use super::answer::with_position;
use super::etag::{etag, if_match};
use super::{Answer, ProblemResponse, Service, body, feed, problems};
use crate::aggregate::Subject;
use crate::edge::{Fault, FieldFault};
use crate::event_log::{Decision, Outcome, Refusal, Request, View};
use crate::problem::Rejection;

/// Characters of an idempotency key.
const KEY_CHARS_MAX: usize = 255;
/// Events told to a caller whose version is stale.
const UNSEEN_EVENTS_MAX: i64 = 100;

/// A request that may record facts.
pub struct Change {
    pub service: web::Data<Service>,
    /// The day it is in Norway.
    pub today: Date,
    actor: Actor,
    key: Option<String>,
    if_match: Option<Vec<i64>>,
    dry_run: bool,
    /// Method and path: part of the fingerprint.
    target: String,
}

impl FromRequest for Change {
    type Error = ProblemResponse;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let change = Change::of(request);
        Box::pin(async move { change })
    }
}

impl Change {
    fn of(request: &HttpRequest) -> Result<Self, ProblemResponse> {
        let actor = actor::authenticate(request)?;
        let service = request.app_data::<web::Data<Service>>().expect("the app registers it");
        Ok(Self {
            service: service.clone(),
            today: super::today(),
            key: idempotency_key(request)?.map(|key| actor.scoped(&key)),
            actor,
            if_match: if_match(request)?,
            dry_run: dry_run(request)?,
            target: format!("{} {}", request.method(), request.path()),
        })
    }

    /// Decides, records and answers. `canonical` is the body as [`super::Body`] read it, empty
    /// when there is none.
    pub async fn execute(
        self,
        canonical: &str,
        decide: impl AsyncFn(&View) -> Result<Decision, Refusal>,
    ) -> Answer {
        let context = super::current();
        let mut meta = Map::new();
        meta.insert("actor".to_owned(), self.actor.as_json());
        meta.insert("request".to_owned(), context.request_id.into());
        if let Some(trace) = context.traceparent {
            meta.insert("traceparent".to_owned(), trace.into());
        }
        let fingerprint = Sha256::digest(format!("{}\n{canonical}", self.target).as_bytes());
        let request = Request {
            key: self.key.clone(),
            fingerprint: fingerprint.into(),
            if_match: self.if_match.clone(),
            meta,
            dry_run: self.dry_run,
        };
        let new_keys = std::cell::RefCell::new(Vec::new());
        let decide = async |view: &View| {
            let decision = decide(view).await?;
            *new_keys.borrow_mut() = decision.person_keys.clone();
            Ok(decision)
        };
        match self.service.log.execute(&request, decide).await {
            Ok(outcome) => self.answer(outcome, new_keys.into_inner()).await,
            Err(Refusal::Stale { current, since, subject }) => {
                Err(self.stale(current, since, &subject).await)
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn answer(&self, outcome: Outcome, keys: Vec<(uuid::Uuid, Vec<u8>)>) -> Answer {
        let mut body = [outcome.reply.body];
        self.service.reveal(&mut body, keys).await?;
        let [body] = body;
        if self.dry_run {
            let events = outcome.would_record.iter().map(feed::rehearsed);
            let mut response = HttpResponse::Ok();
            with_position(&mut response, outcome.position);
            return Ok(response.json(json!({
                "dry_run": true,
                "status": outcome.reply.status,
                "events": events.collect::<Vec<_>>(),
                "resource": body,
            })));
        }
        let status = StatusCode::from_u16(outcome.reply.status).unwrap_or(StatusCode::OK);
        let mut response = HttpResponseBuilder::new(status);
        with_position(&mut response, outcome.position);
        response.insert_header((header::ETAG, etag(outcome.head, None)));
        if let Some(location) = outcome.reply.location {
            response.insert_header((header::LOCATION, location));
        }
        Ok(response.json(body))
    }

    async fn stale(&self, current: i64, since: i64, subject: &Subject) -> ProblemResponse {
        let subjects = std::slice::from_ref(subject);
        let since = since.max(0);
        let unseen =
            match self.service.log.history(subjects, i64::MAX, since, UNSEEN_EVENTS_MAX).await {
                Ok(unseen) => unseen,
                Err(failure) => return failure.into(),
            };
        let unseen: Vec<Value> = unseen.iter().rev().map(feed::cloud_event).collect();
        ProblemResponse::new(Rejection::new(&problems::STALE_VERSION).with("current", current))
            .etag(etag(current, None))
            .member("current_etag", etag(current, None).into())
            .member("unseen_events", unseen.into())
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, ProblemResponse> {
    let Some(value) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let fits = |key: &&str| {
        (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    };
    match value.to_str().ok().filter(fits) {
        Some(key) => Ok(Some(key.to_owned())),
        None => {
            let fault = Fault::new(
                "invalid_idempotency_key",
                "Must be 1 to 255 visible ASCII characters.",
                "Må være 1 til 255 synlige ASCII-tegn.",
            );
            Err(FieldFault::at("/header/Idempotency-Key", fault).into())
        }
    }
}

/// The only parameter of a change.
#[derive(deserr::Deserr)]
#[deserr(deny_unknown_fields, error = crate::edge::Faults)]
struct ChangeParameters {
    #[deserr(default)]
    dry_run: Option<Flag>,
}

crate::word_enum! {
    /// Yes or no in a query string.
    pub enum Flag {
        /// Yes.
        True = "true",
        /// No.
        False = "false",
    }
}

fn dry_run(request: &HttpRequest) -> Result<bool, ProblemResponse> {
    let parameters: ChangeParameters = body::read_query(body::query(request)?)?;
    Ok(parameters.dry_run == Some(Flag::True))
}
