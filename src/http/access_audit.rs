//! Reads of one doctor's data by somebody else are written down, also where no name is told. Lists
//! of ids and reports are not: they are about nobody in particular.
//!
//! The address says which doctor, or the handler does where it says another thing. An answer that
//! told names has its entry by then (see `http::reveal`), which holds the doctor as well.

use std::cell::Cell;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};
use uuid::Uuid;

use super::actor::Actor;
use super::{ProblemResponse, Service};
use crate::event_log::Failure;

tokio::task_local! {
    static TRAINEE: Cell<Option<Uuid>>;
}

/// Says that the answer is about a doctor.
pub fn about(trainee: Uuid) {
    // Outside of a read nothing is to be written down.
    TRAINEE.try_with(|about| about.set(Some(trainee))).unwrap_or_default();
}

/// The doctor whose reading has no entry yet; whoever asks makes one.
pub fn trainee() -> Option<Uuid> {
    TRAINEE.try_with(Cell::take).unwrap_or_default()
}

/// The doctor that `/v1/trainees/<id>...` names.
fn named(path: &str) -> Option<Uuid> {
    path.strip_prefix("/v1/trainees/")?.split('/').next()?.parse().ok()
}

/// Wraps every request: writes down whom a read was about, before it is answered.
pub async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if request.method() != Method::GET {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    // By the decoded path, as the gate reads it: no spelling hides a read.
    let about = Cell::new(named(request.match_info().as_str()));
    let answering = async {
        let response = next.call(request).await?;
        match write_down(&response).await {
            Ok(()) => Ok(response.map_into_left_body()),
            Err(failure) => {
                let problem = ProblemResponse::from(failure).error_response();
                Ok(response.into_response(problem).map_into_right_body())
            }
        }
    };
    TRAINEE.scope(about, answering).await
}

async fn write_down<B>(response: &ServiceResponse<B>) -> Result<(), Failure> {
    let request = response.request();
    let actor = request.extensions().get::<Actor>().cloned();
    let (true, Some(trainee), Some(actor), Some(service)) = (
        response.status().is_success(),
        trainee(),
        actor,
        request.app_data::<web::Data<Service>>(),
    ) else {
        return Ok(());
    };
    if actor.own_ids().contains(&trainee) {
        return Ok(());
    }
    service.note_read(&actor, vec![trainee]).await
}
