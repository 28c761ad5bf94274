//! Request bodies and query strings: read whole, and every fault named.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use deserr::Deserr;
use futures_util::StreamExt;
use serde_json::{Map, Value};
use std::future::Future;
use std::pin::Pin;

use super::{ProblemResponse, Service, problems};
use crate::edge::{self, Faults, FieldFault};
use crate::problem::Rejection;

/// Bytes of a body. The largest honest one is a catalogue of goals.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Objects and arrays within one another.
const DEPTH_MAX: usize = 32;
/// Elements of one array, and members of one object.
const ELEMENTS_MAX: usize = 10_000;

/// A body of JSON, read into a type of its own.
pub struct Body<T> {
    pub value: T,
    /// The document as it came, keys sorted: part of the request's fingerprint.
    pub canonical: String,
}

impl<T: Deserr<Faults> + 'static> FromRequest for Body<T> {
    type Error = ProblemResponse;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // Whoever may not call learns nothing about bodies.
        let allowed = super::actor::authenticate(request).and_then(|_actor| is_json(request));
        let elsewhere = super::change::faults(request);
        let payload = payload.take();
        let service = request.app_data::<web::Data<Service>>().expect("the app registers it");
        let patience = service.limits.body;
        Box::pin(async move {
            allowed?;
            let bytes = tokio::time::timeout(patience, collect(payload)).await;
            let bytes = bytes.map_err(|_elapsed| {
                let rejection = Rejection::new(&problems::BODY_TOO_SLOW);
                rejection.with("seconds", patience.as_secs())
            })??;
            let document = parse(&bytes)?;
            let canonical = document.to_string();
            Ok(Self { value: all_or_faults(edge::read(document), elsewhere)?, canonical })
        })
    }
}

fn is_json(request: &HttpRequest) -> Result<(), ProblemResponse> {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.unwrap_or("").split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(ProblemResponse::new(&problems::UNSUPPORTED_MEDIA_TYPE))
    }
}

async fn collect(mut payload: Payload) -> Result<Vec<u8>, ProblemResponse> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| malformed(&error.to_string()))?;
        if bytes.len() + chunk.len() > BODY_BYTES_MAX {
            let rejection = Rejection::new(&problems::BODY_TOO_LARGE).with("limit", BODY_BYTES_MAX);
            return Err(rejection.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A body as a document.
///
/// # Errors
/// When it is no JSON, or deeper or wider than any honest one.
pub fn parse(bytes: &[u8]) -> Result<Value, ProblemResponse> {
    let document: Value =
        serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))?;
    if depth(&document) > DEPTH_MAX {
        return Err(malformed("nested too deeply"));
    }
    if widest(&document) > ELEMENTS_MAX {
        return Err(malformed("too many elements in one array or object"));
    }
    Ok(document)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// How many elements the largest array or object has.
fn widest(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(widest).fold(items.len(), usize::max),
        Value::Object(members) => members.values().map(widest).fold(members.len(), usize::max),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn malformed(reason: &str) -> ProblemResponse {
    Rejection::new(&problems::MALFORMED_REQUEST).with("reason", reason).into()
}

/// The parameters of a query string, and a fault for each that is given more than once.
pub fn query(request: &HttpRequest) -> (Map<String, Value>, Vec<FieldFault>) {
    let (mut parameters, mut twice) = (Map::new(), Vec::new());
    // Reading pairs of text cannot fail: what is not UTF-8 arrives as replacement characters.
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    for (name, value) in pairs.map(|pairs| pairs.into_inner()).unwrap_or_default() {
        let pointer = format!("/query/{}", edge::escape_pointer(&name));
        if parameters.insert(name, Value::String(value)).is_some()
            && twice.len() < edge::FAULTS_MAX
            && !twice.iter().any(|fault: &FieldFault| fault.pointer == pointer)
        {
            twice.push(FieldFault::at(pointer, edge::given_twice()));
        }
    }
    (parameters, twice)
}

/// A value, if nothing was wrong with it nor anywhere else in the request.
pub fn all_or_faults<T>(
    read: Result<T, Faults>,
    mut elsewhere: Vec<FieldFault>,
) -> Result<T, Faults> {
    match read {
        Ok(value) if elsewhere.is_empty() => Ok(value),
        Ok(_) => Err(Faults(elsewhere)),
        Err(Faults(mut more)) => {
            elsewhere.append(&mut more);
            Err(Faults(elsewhere))
        }
    }
}

/// Reads parameters into a type, faults named as `/query/...`.
pub fn read_query<T: Deserr<Faults>>(parameters: Map<String, Value>) -> Result<T, Faults> {
    edge::read(Value::Object(parameters)).map_err(|faults: Faults| {
        let under_query =
            |fault: FieldFault| FieldFault { pointer: format!("/query{}", fault.pointer), ..fault };
        Faults(faults.0.into_iter().map(under_query).collect())
    })
}
