//! A change: the caller, the preconditions and the key of a POST, and how its outcome is answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, LINK, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::actor::{self, Actor, Permissions};
use super::answer::with_position;
use super::etag::{etag, if_match};
use super::resource::By;
use super::{Answer, ProblemResponse, Service, body, cloud_event, header, problems};
use crate::aggregate::Subject;
use crate::capabilities::access::visible;
use crate::edge::{Fault, Faults, FieldFault, Flag};
use crate::event_log::feed::{About, Stretch};
use crate::event_log::{Decision, Outcome, Refusal, Request, View};
use crate::problem::Rejection;

/// Characters of an idempotency key.
const KEY_CHARS_MAX: usize = 255;
/// The media type of what a dry run answers.
pub const DRY_RUN_JSON: &str = "application/vnd.alis.dry-run+json";
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
    /// What is wrong with headers and parameters. [`super::Body`] tells it together with what is
    /// wrong with the body; a change without a body is refused when it is executed.
    faults: Vec<FieldFault>,
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
        let (preconditions, faults) = Preconditions::of(request);
        Ok(Self {
            service: service.clone(),
            today: super::today(),
            key: preconditions.key.map(|key| actor.scoped(&key)),
            actor,
            if_match: preconditions.if_match,
            dry_run: preconditions.dry_run,
            target: format!("{} {}", request.method(), request.path()),
            faults,
        })
    }

    /// How far the caller reaches.
    pub fn permissions(&self) -> &Arc<Permissions> {
        &self.actor.permissions
    }

    /// Who decides, and when.
    pub fn by(&self) -> By {
        let (actor, service) = (self.actor.clone(), self.service.clone());
        By { actor, service, today: self.today, new_id: uuid::Uuid::now_v7() }
    }

    /// Decides, records and answers. `canonical` is the body as [`super::Body`] read it, empty
    /// when there is none.
    pub async fn execute(
        self,
        canonical: &str,
        decide: impl AsyncFn(&View) -> Result<Decision, Refusal>,
    ) -> Answer {
        if !self.faults.is_empty() {
            return Err(ProblemResponse::faults(self.faults));
        }
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
        self.service.reveal(&self.actor, &mut body, keys).await?;
        let [body] = body;
        if self.dry_run {
            let events = outcome.would_record.iter().map(cloud_event::rehearsed);
            let mut response = HttpResponse::Ok();
            with_position(&mut response, outcome.position);
            response.insert_header((CONTENT_TYPE, DRY_RUN_JSON));
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
        response.insert_header((ETAG, etag(outcome.head, None)));
        // A reply that keeps a head of its own recorded nothing, so there is nothing to prove.
        if outcome.reply.head.is_none() {
            let receipt = format!("</v1/log/receipts/{}>; rel=\"receipt\"", outcome.position);
            response.insert_header((LINK, receipt));
        }
        if let Some(location) = outcome.reply.location {
            response.insert_header((LOCATION, location));
        }
        Ok(response.json(body))
    }

    async fn stale(&self, current: i64, since: i64, subject: &Subject) -> ProblemResponse {
        let about = About::from(std::slice::from_ref(subject));
        let since = since.max(0);
        let visible = visible::of(&self.actor, self.today);
        let log = &self.service.log;
        let stretch =
            Stretch { after: since, before: i64::MAX, as_of: None, limit: UNSEEN_EVENTS_MAX };
        let unseen = match log.history(about, &stretch, visible.as_ref()).await {
            Ok(unseen) => unseen,
            Err(failure) => return failure.into(),
        };
        let unseen: Vec<Value> = unseen.iter().rev().map(cloud_event::cloud_event).collect();
        let rejection = Rejection::new(&problems::STALE_VERSION)
            .with("current", current)
            .with("current_etag", etag(current, None))
            .with("unseen_events", unseen);
        ProblemResponse::new(rejection).etag(etag(current, None))
    }
}

/// What the headers and the query of a change say.
#[derive(Default)]
struct Preconditions {
    key: Option<String>,
    if_match: Option<Vec<i64>>,
    dry_run: bool,
}

impl Preconditions {
    /// All of it, and everything that is wrong with it.
    fn of(request: &HttpRequest) -> (Self, Vec<FieldFault>) {
        let (mut this, mut faults) = (Self::default(), Vec::new());
        match idempotency_key(request) {
            Ok(key) => this.key = key,
            Err(fault) => faults.push(fault),
        }
        match if_match(request) {
            Ok(accepted) => this.if_match = accepted,
            Err(fault) => faults.push(fault),
        }
        match dry_run(request) {
            Ok(dry_run) => this.dry_run = dry_run,
            Err(mut more) => faults.append(&mut more.0),
        }
        (this, faults)
    }
}

/// What is wrong with the headers and parameters of a change; nothing for other requests.
pub fn faults(request: &HttpRequest) -> Vec<FieldFault> {
    Preconditions::of(request).1
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, FieldFault> {
    let fault = Fault::new(
        "invalid_idempotency_key",
        "Must be 1 to 255 visible ASCII characters.",
        "Må være 1 til 255 synlige ASCII-tegn.",
    );
    let key = header::single(request, "Idempotency-Key", &fault)?;
    let fits = |key: &str| {
        (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    };
    match key {
        Some(key) if !fits(key) => Err(FieldFault::at("/header/Idempotency-Key", fault)),
        Some(_) | None => Ok(key.map(str::to_owned)),
    }
}

/// The only parameter of a change.
#[derive(deserr::Deserr)]
#[deserr(deny_unknown_fields, error = crate::edge::Faults)]
struct ChangeParameters {
    #[deserr(default)]
    dry_run: Option<Flag>,
}

fn dry_run(request: &HttpRequest) -> Result<bool, Faults> {
    let (parameters, twice) = body::query(request);
    let read = body::read_query::<ChangeParameters>(parameters);
    let parameters = body::all_or_faults(read, twice)?;
    Ok(parameters.dry_run == Some(Flag(true)))
}
