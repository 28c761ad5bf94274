//! The operations on persons of any kind.

mod access_log;
mod erasure;
mod export;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(erasure::erase).service(export::export).service(access_log::read);
}
