//! The operations on positions.

mod positions;
mod situations;
mod occupancies;
mod corrections;
mod external_ids;

use jiff::civil::Date;
use utoipa_actix_web::service_config::ServiceConfig;

use super::state::Position;
use super::view::PositionView;
use crate::event_log::{Refusal, Reply};

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
        .service(occupancies::end)
        .service(occupancies::change_terms)
        .service(occupancies::change_model)
        .service(occupancies::history)
        .service(corrections::correct_occupancy)
        .service(external_ids::add)
        .service(external_ids::withdraw)
        .service(external_ids::add_to_occupancy)
        .service(external_ids::withdraw_from_occupancy);
}

fn replied(status: u16, state: &Position, day: Date) -> Result<Reply, Refusal> {
    // A position that begins later is shown as it will be on its first day.
    let known = state.known()?;
    let shown = PositionView::on(state, day.max(known.established.from));
    let body = serde_json::to_value(shown).expect("views are plain data");
    let location = (status == 201).then(|| format!("/v1/positions/{}", known.established.position));
    Ok(Reply { status, location, head: None, body })
}
