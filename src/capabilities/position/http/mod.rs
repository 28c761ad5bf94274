//! The operations on positions.

mod positions;
mod situations;
mod occupancies;
mod corrections;

use jiff::civil::Date;
use utoipa_actix_web::service_config::ServiceConfig;

use super::state::Position;
use super::view::PositionView;
use crate::edge::Fault;
use crate::event_log::{Refusal, Reply};
use crate::identifiers::ExternalId;
use crate::problem::Rejection;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(positions::establish)
        .service(positions::list_all)
        .service(positions::read_one)
        .service(positions::history)
        .service(situations::announce)
        .service(situations::withdraw)
        .service(situations::suspend)
        .service(situations::resume)
        .service(situations::close)
        .service(corrections::correct)
        .service(corrections::correct_closure)
        .service(occupancies::fill)
        .service(occupancies::read_occupancy)
        .service(occupancies::history)
        .service(occupancies::end)
        .service(occupancies::change_terms)
        .service(occupancies::change_model)
        .service(corrections::correct_occupancy);
}

/// What one request may tell of ids in other systems.
const EXTERNAL_IDS_MAX: usize = 20;

/// Refuses more ids than a request may tell, and the same one twice.
pub(crate) fn checked_external_ids(ids: &[ExternalId]) -> Result<(), Rejection> {
    let mut systems: Vec<_> = ids.iter().map(|id| &id.system).collect();
    systems.sort();
    systems.dedup();
    if ids.len() > EXTERNAL_IDS_MAX || systems.len() < ids.len() {
        let fault = Fault::new(
            "invalid_external_ids",
            "At most 20, one a system.",
            "Høyst 20, én per system.",
        );
        return Err(Rejection::field("/external_ids", fault));
    }
    Ok(())
}

fn replied(status: u16, state: &Position, day: Date) -> Result<Reply, Refusal> {
    // A position that begins later is shown as it will be on its first day.
    let known = state.known()?;
    let shown = PositionView::on(state, day.max(known.established.from));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/positions/{}", known.established.position));
    Ok(Reply { status, location, head: None, body })
}
