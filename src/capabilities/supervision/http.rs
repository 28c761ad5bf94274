//! The operations on supervision, and what they share.

mod assignments;
mod exemptions;
mod supervisors;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    supervisors::routes(config);
    exemptions::routes(config);
    assignments::routes(config);
    config.service(super::report::read_supervision_status);
}
