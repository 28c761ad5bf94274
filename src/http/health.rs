//! For operators: is it alive, is it ready, how is it doing. No token needed, no personal data.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use std::sync::atomic::Ordering;

use super::{Answer, Service, problems};

/// The state of the process.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok` whenever this is answered.
    #[schema(example = "ok")]
    status: &'static str,
    /// Version of the program.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

fn ok() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Is the process alive
#[utoipa::path(tag = "operations", operation_id = "health_live",
    responses((status = 200, description = "The process answers", body = Health)))]
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    ok()
}

/// Can the service answer: database reached, migrated, read models built, not stopping
#[utoipa::path(tag = "operations", operation_id = "health_ready",
    responses((status = 200, description = "Ready for requests", body = Health)))]
#[get("/health/ready")]
pub async fn ready(service: web::Data<Service>) -> Answer {
    if !service.ready.load(Ordering::Acquire) {
        return Err((&problems::UNAVAILABLE).into());
    }
    let client = service.log.pool.get().await?;
    client.query_one("select 1", &[]).await?;
    Ok(ok())
}

/// Metrics in Prometheus' text form
#[utoipa::path(tag = "operations", operation_id = "metrics",
    responses((status = 200, description = "Metrics", body = String, content_type = "text/plain",
        example = "alis_log_head 42")))]
#[get("/metrics")]
pub async fn metrics(service: web::Data<Service>) -> HttpResponse {
    ::metrics::gauge!("alis_log_head").set(service.log.known_head() as f64);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4"))
        .body(service.metrics.render())
}
