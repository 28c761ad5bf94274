//! The gate: before an operation runs, the caller is proved, their scope and role are checked, and
//! what the address names is looked at.
//!
//! What a caller may not see is answered as if it were not there (404); what a caller sees and may
//! not do, with what is missing (403). What a body names is checked where it is read; rows of lists
//! are filtered where they are found.

use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};
use jiff::civil::Date;
use uuid::Uuid;

use super::domain::subject as grant_subject;
use super::grants::Grants;
use crate::event_log::View;
use crate::http::access::{Access, Rule};
use crate::http::actor::{Actor, Role};
use crate::http::concerns::Concerns;
use crate::http::context::Route;
use crate::http::limits::{self, Allowance};
use crate::http::operation::{ConcernsOf, Place};
use crate::http::{ProblemResponse, Service, problems, today};
use crate::identity::{Caller, Proof, Refused};
use crate::problem::Rejection;

/// When what is not found is told, counted from when it is looked for: looking at what is hidden
/// takes longer than finding nothing, and both are done by then.
const NOT_FOUND_AFTER_MS: u64 = 8;

/// Lets a request through, or answers it.
pub async fn admit<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let service = request.app_data::<web::Data<Service>>().expect("the app registers it").clone();
    if let Err(problem) = limits::check_head(&request) {
        return Ok(request.into_response(problem.error_response()).map_into_right_body());
    }
    // By the path that routes the request, which is decoded: an address in another spelling is the
    // same address.
    let pattern = request.resource_map().match_pattern(request.match_info().as_str());
    let rule = pattern
        .as_deref()
        .and_then(|pattern| service.operations.rule(request.method().as_str(), pattern));
    if let Some(pattern) = pattern {
        request.extensions_mut().insert(Route(pattern));
    }
    // No rule: a page without secrets, or an address that does not exist.
    let Some(rule) = rule else { return Ok(next.call(request).await?.map_into_left_body()) };
    let template = request.extensions().get::<Route>().map(|route| route.0.clone());
    let template = template.unwrap_or_default();
    let mut response = match check(&service, &request, rule, &template).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.call(request).await?.map_into_left_body()
        }
        Err(problem) => {
            let response = problem.error_response();
            request.into_response(response).map_into_right_body()
        }
    };
    let allowance = response.request().extensions().get::<Allowance>().copied();
    if let Some(allowance) = allowance {
        allowance.put(response.headers_mut());
    }
    Ok(response)
}

/// Counts the request, by its caller or, when its token was refused, by where it came from.
fn count(
    service: &Service,
    request: &ServiceRequest,
    identified: Result<std::sync::Arc<Caller>, ProblemResponse>,
) -> Result<std::sync::Arc<Caller>, ProblemResponse> {
    let allowance = match (&identified, request.peer_addr()) {
        (Ok(caller), _) => service.counters.request(caller.id()),
        (Err(problem), Some(peer)) if problem.status_code() == StatusCode::UNAUTHORIZED => {
            service.counters.refusal(peer.ip())
        }
        (Err(_), _) => return identified,
    };
    request.extensions_mut().insert(allowance);
    allowance.or_refuse()?;
    identified
}

async fn check(
    service: &Service,
    request: &ServiceRequest,
    rule: &Rule,
    template: &str,
) -> Result<Actor, ProblemResponse> {
    let caller = count(service, request, identify(service, request).await)?;
    if !caller.scopes.contains(&rule.scope) {
        let scope = format!("{}{}", crate::identity::SCOPE_PREFIX, rule.scope);
        return Err(Rejection::new(&problems::SCOPE_MISSING).with("scope", scope).into());
    }
    let day = today();
    let permissions = service.permissions_cache.of(&service.log, &caller, day).await?;
    let actor = Actor { caller, permissions, operation: rule.operation.clone() };
    // What is one's own needs no role beside that.
    let mut is_own = rule.access.stays_ones_own() && actor.permissions.is_person();
    let path = request.match_info().as_str();
    let look = match service.looks.at(request.method().as_str(), template) {
        Some(look) => look.map(|of| Look::Declared(of, Place::of(template, path))),
        None => Look::of_grant(path)?,
    };
    if let Some(look) = look
        && !actor.permissions.has(Role::Loader)
    {
        let begun = tokio::time::Instant::now();
        let view = service.log.view();
        let concerns = look.concerns(&view, day).await?;
        if !concerns.are_visible_to(&actor) && !concerns.are_decided_by(&actor, rule.access) {
            let recorded = begun + Duration::from_millis(NOT_FOUND_AFTER_MS);
            tokio::time::sleep_until(recorded).await;
            return Err((&problems::NOT_FOUND).into());
        }
        let acts = concerns.acting().iter().any(|number| actor.permissions.acts_in(number));
        if rule.access.acts_for_municipality(actor.permissions.is_person()) && !acts {
            return Err(missing(rule.access));
        }
        if rule.access == Access::OfTrainee
            && let Some(trainee) = concerns.trainee
        {
            actor.permissions.require_self(trainee, Role::Trainee)?;
        }
        is_own |= rule.access.is_for_grantee() && concerns.are_granted_to(&actor);
    }
    let roles = rule.access.roles();
    if !is_own && !roles.is_empty() && !roles.iter().any(|role| actor.permissions.has(*role)) {
        return Err(missing(rule.access));
    }
    Ok(actor)
}

fn missing(access: Access) -> ProblemResponse {
    let words: Vec<&str> = access.roles().iter().map(|role| role.word()).collect();
    let needed = format!("one of: {}", words.join(", "));
    Rejection::new(&problems::RELATION_MISSING).with("needed", needed).into()
}

/// The caller, proved by the token of the request.
async fn identify(
    service: &Service,
    request: &ServiceRequest,
) -> Result<std::sync::Arc<Caller>, ProblemResponse> {
    let none = || ProblemResponse::new(&problems::UNAUTHENTICATED);
    // Two headers could name two callers.
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().filter(|_| headers.next().is_none());
    let header = header.and_then(|value| value.to_str().ok()).ok_or_else(none)?;
    let (scheme, token) = header.split_once(' ').ok_or_else(none)?;
    let is_bound = scheme.eq_ignore_ascii_case("dpop");
    if !is_bound && !scheme.eq_ignore_ascii_case("bearer") {
        return Err(none());
    }
    let mut proofs = request.headers().get_all("DPoP");
    let proof = proofs.next().filter(|_| proofs.next().is_none());
    let proof = proof.and_then(|value| value.to_str().ok()).filter(|_| is_bound);
    let url = service.public_url.as_ref().map_or_else(
        || {
            let connection = request.connection_info();
            format!("{}://{}{}", connection.scheme(), connection.host(), request.path())
        },
        |public| format!("{}{}", public.trim_end_matches('/'), request.path()),
    );
    let method = request.method().as_str();
    let proof = proof.map(|text| Proof { text, method, url: &url });
    if is_bound && proof.is_none() {
        return Err(refused(Refused::Proof));
    }
    let now = crate::http::now().as_second();
    let caller = service.identity.caller(token.trim(), proof.as_ref(), now).await;
    caller.map_err(refused)
}

fn refused(why: Refused) -> ProblemResponse {
    match why {
        Refused::Unknowable => (&problems::UNAVAILABLE).into(),
        Refused::Issuer
        | Refused::Signature
        | Refused::Expired
        | Refused::NotYetValid
        | Refused::Audience
        | Refused::Claims
        | Refused::Proof => {
            Rejection::new(&problems::TOKEN_REFUSED).with("reason", why.word()).into()
        }
    }
}

/// How to find out whom an address concerns.
enum Look {
    Declared(ConcernsOf, Place),
    Grant(Uuid),
}

impl Look {
    /// The grant that `/v1/access-grants/<id>...` names.
    ///
    /// # Errors
    /// What has no id that can be looked at is not found: no handler may understand an address that
    /// the gate does not.
    fn of_grant(path: &str) -> Result<Option<Self>, ProblemResponse> {
        let mut parts = path.split('/').skip(2);
        match (parts.next(), parts.next()) {
            (Some("access-grants"), Some(id)) => {
                let id =
                    id.parse().map_err(|_no_id| ProblemResponse::from(&problems::NOT_FOUND))?;
                Ok(Some(Self::Grant(id)))
            }
            _ => Ok(None),
        }
    }

    /// Whom it concerns; nobody when it does not exist.
    async fn concerns(self, view: &View, day: Date) -> Result<Concerns, ProblemResponse> {
        match self {
            Look::Declared(of, place) => Ok(of(view, &place, day).await?),
            Look::Grant(id) => {
                let mut concerns = Concerns::default();
                for grant in view.consult::<Grants>(&grant_subject(id)).await?.state.iter() {
                    concerns.municipalities.extend(grant.municipality.clone());
                    concerns.organisation = Some(grant.organisation_number.clone());
                    concerns.kept_by_register = true;
                }
                Ok(concerns)
            }
        }
    }
}
