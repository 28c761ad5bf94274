//! Problems as they are sent: `application/problem+json`, in the caller's language.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::{Value, json};

use super::problems;
use crate::edge::{Faults, FieldFault};
use crate::event_log::combiner::{WriteError, with_causes};
use crate::event_log::{Failure, Refusal};
use crate::problem::{Language, Problem, Rejection};

/// How far the log had come in what is answered.
pub const LOG_POSITION: HeaderName = HeaderName::from_static("log-position");
/// Seconds after which a 503 is worth another try.
const RETRY_AFTER_SECONDS: &str = "1";

/// What a handler answers: the response, or the problem instead.
pub type Answer = Result<HttpResponse, ProblemResponse>;

/// A problem on its way to the caller. Boxed, because almost no answer is one.
#[derive(Debug)]
pub struct ProblemResponse(Box<Parts>);

#[derive(Debug)]
struct Parts {
    rejection: Rejection,
    allow: Option<String>,
    etag: Option<String>,
    retry_after: Option<u64>,
}

impl ProblemResponse {
    /// A problem with its words filled in.
    pub fn new(rejection: impl Into<Rejection>) -> Self {
        let rejection = rejection.into();
        Self(Box::new(Parts { rejection, allow: None, etag: None, retry_after: None }))
    }

    /// Names the methods that an address has.
    pub fn allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// Names the version to read next.
    pub fn etag(mut self, etag: String) -> Self {
        self.0.etag = Some(etag);
        self
    }

    /// Says after how many seconds another try is worth it.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// The request is wrong in the fields named.
    pub fn faults(faults: Vec<FieldFault>) -> Self {
        Self::new(Rejection::new(&problems::INVALID_REQUEST).faults(faults))
    }

    /// Logs what the operator must know, and keeps it from the caller.
    pub fn failed(failure: &dyn std::error::Error, problem: &'static Problem) -> Self {
        tracing::error!(error = with_causes(failure), "A request failed");
        Self::new(problem)
    }

    fn body(&self, language: Language, instance: &str) -> Value {
        let problem = self.0.rejection.problem;
        let mut body = json!({
            "type": format!("/problems/{}", problem.code),
            "title": problem.title.in_language(language),
            "status": problem.status,
            "detail": self.0.rejection.detail(language),
            "code": problem.code,
            "instance": instance,
        });
        let members = body.as_object_mut().expect("the literal above is an object");
        if !self.0.rejection.faults.is_empty() {
            let errors = self.0.rejection.faults.iter().map(|fault| fault_json(fault, language));
            members.insert("errors".to_owned(), errors.collect());
        }
        let facts = self.0.rejection.members();
        members.extend(facts.map(|(name, value)| (name.to_owned(), value)));
        body
    }

    fn build(&self, language: Language, request_id: &str) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        let locale = match language {
            Language::English => "en",
            Language::Norwegian => "nb",
        };
        response.insert_header((header::CONTENT_LANGUAGE, locale));
        match self.0.rejection.problem.status {
            401 => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            408 => {
                // The rest of the body may still come: what follows it is no request.
                response.force_close();
            }
            503 => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            _ => {}
        }
        if let Some(allow) = &self.0.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        if let Some(etag) = &self.0.etag {
            response.insert_header((header::ETAG, etag.as_str()));
        }
        if let Some(seconds) = self.0.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.json(self.body(language, &format!("urn:alis:request:{request_id}")))
    }
}

fn fault_json(fault: &FieldFault, language: Language) -> Value {
    let detail = match language {
        Language::English => &fault.fault.en,
        Language::Norwegian => &fault.fault.nb,
    };
    json!({ "pointer": fault.pointer, "code": fault.fault.code, "detail": detail })
}

impl std::fmt::Display for ProblemResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.rejection.problem.code)
    }
}

impl ResponseError for ProblemResponse {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.rejection.problem.status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let context = super::current();
        self.build(context.language, &context.request_id)
    }
}

impl From<Rejection> for ProblemResponse {
    fn from(rejection: Rejection) -> Self {
        Self::new(rejection)
    }
}

impl From<&'static Problem> for ProblemResponse {
    fn from(problem: &'static Problem) -> Self {
        Self::new(problem)
    }
}

impl From<Faults> for ProblemResponse {
    fn from(faults: Faults) -> Self {
        Self::faults(faults.0)
    }
}

impl From<FieldFault> for ProblemResponse {
    fn from(fault: FieldFault) -> Self {
        Self::faults(vec![fault])
    }
}

impl From<Failure> for ProblemResponse {
    fn from(failure: Failure) -> Self {
        let problem = match &failure {
            Failure::Write(WriteError::Busy(_)) => return Self::new(&problems::UNAVAILABLE),
            Failure::Pool(_) | Failure::Write(WriteError::Unreachable(_)) => &problems::UNAVAILABLE,
            Failure::Database(error) if error.is_closed() || error.code().is_none() => {
                &problems::UNAVAILABLE
            }
            Failure::Database(error) if is_going_away(error) => &problems::UNAVAILABLE,
            Failure::Database(_)
            | Failure::Decode(_)
            | Failure::Write(WriteError::Refused(_))
            | Failure::TooManyFacts(_)
            | Failure::Sealed(_)
            | Failure::Reply(_)
            | Failure::Drift(_)
            | Failure::SwapBlocked(_) => &problems::INTERNAL_ERROR,
        };
        Self::failed(&failure, problem)
    }
}

/// The server is stopping or starting: classes 57 (operator intervention) and 08 (connection).
fn is_going_away(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("57") || code.code().starts_with("08"))
}

impl From<tokio_postgres::Error> for ProblemResponse {
    fn from(error: tokio_postgres::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<deadpool_postgres::PoolError> for ProblemResponse {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Failure::from(error).into()
    }
}

/// The plain refusals of a decision. [`Refusal::Stale`] needs the log to tell what was not seen
/// and is answered by [`super::change`].
impl From<Refusal> for ProblemResponse {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(rejection) => Self::new(*rejection),
            Refusal::Failed(failure) => failure.into(),
            Refusal::Stale { current, .. } => {
                let rejection = Rejection::new(&problems::STALE_VERSION).with("current", current);
                Self::new(rejection.with("current_etag", super::etag::etag(current, None)))
            }
            Refusal::KeyReused => Self::new(&problems::KEY_REUSED),
            Refusal::Contended => Self::new(&problems::UNAVAILABLE),
        }
    }
}

/// Sets the position header.
pub fn with_position(response: &mut HttpResponseBuilder, position: i64) {
    response.insert_header((LOG_POSITION, HeaderValue::from(position)));
}
