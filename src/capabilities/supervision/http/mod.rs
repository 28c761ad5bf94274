//! The operations on supervision.

mod supervisors;
mod qualifications;
mod exemptions;
mod exemption_decisions;
mod exemption_corrections;
mod assignments;
mod assignment_acts;
mod external_ids;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(supervisors::register)
        .service(supervisors::list_all)
        .service(supervisors::read_one)
        .service(supervisors::history)
        .service(qualifications::approve_specialist)
        .service(qualifications::end_specialist)
        .service(qualifications::complete_course)
        .service(qualifications::correct_course)
        .service(qualifications::set_capacity)
        .service(supervisors::correct)
        .service(exemptions::draft)
        .service(exemptions::list_all)
        .service(exemptions::read_one)
        .service(exemptions::history)
        .service(exemptions::detail)
        .service(exemptions::submit)
        .service(exemption_decisions::decide_on)
        .service(exemption_decisions::appeal)
        .service(exemption_decisions::decide_appeal)
        .service(exemption_decisions::revoke)
        .service(exemption_corrections::correct)
        .service(exemption_corrections::correct_submission)
        .service(exemption_corrections::correct_decision)
        .service(exemption_corrections::correct_appeal)
        .service(exemption_corrections::correct_appeal_decision)
        .service(exemption_corrections::correct_revocation)
        .service(assignments::propose)
        .service(assignments::list_all)
        .service(assignments::read_one)
        .service(assignments::history)
        .service(assignment_acts::accept)
        .service(assignment_acts::decline)
        .service(assignment_acts::withdraw)
        .service(assignment_acts::pause)
        .service(assignment_acts::resume)
        .service(assignment_acts::end)
        .service(assignment_acts::correct)
        .service(external_ids::add_to_supervisor)
        .service(external_ids::withdraw_from_supervisor)
        .service(external_ids::add_to_exemption)
        .service(external_ids::withdraw_from_exemption)
        .service(external_ids::add_to_assignment)
        .service(external_ids::withdraw_from_assignment);
}
