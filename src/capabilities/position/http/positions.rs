//! Positions: established, listed, read.

use actix_web::web::Path;
use actix_web::{get, post};
use deserr::Deserr;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::replied;
use crate::capabilities::external_id::problems::POSITION_EXTERNAL_ID_TAKEN;
use crate::capabilities::external_id::{self, Kind};
use crate::capabilities::position::domain::{
    Category, Established, Event, OpenPracticeModel, OperatingModel, Terms, subject,
};
use crate::capabilities::position::state::Position;
use crate::capabilities::position::view::{PositionView, SituationWord};
use crate::capabilities::programme::{
    self,
    problems::{MUNICIPALITY_NOT_IN_PROGRAMME, PROGRAMME_QUOTA_REACHED},
};
use crate::capabilities::reference::municipality_in_use;
use crate::edge::{Day, Faults, Id};
use crate::event_log::{Decision, View};
use crate::evolved;
use crate::http::list::Rows;
use crate::http::openapi::codes;
use crate::http::page::{By, Orders, Page, Sort};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Body, Change, History, InTime, List, ListQuery, Read};
use crate::identifiers::{ExternalId, ExternalName, MunicipalityNumber};
use crate::time::Percent;

/// A position to establish.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EstablishPosition {
    /// The municipality whose position it is; its number must be in use on the first day.
    municipality: MunicipalityNumber,
    /// What kind of work it is.
    category: Category,
    /// Its share of a full position.
    percent: Percent,
    /// The operating model the municipality wants.
    intended_operating_model: OperatingModel,
    /// The first day the position exists; today by default.
    #[deserr(default)]
    from: Option<Day>,
    /// The programme it belongs to. The municipality must take part in it on the first day and have
    /// a place left in its quota.
    #[deserr(default)]
    programme: Option<Id>,
    /// How open unselected practice will be arranged.
    #[deserr(default)]
    open_practice_model: Option<OpenPracticeModel>,
    /// Whether a fixed salary is offered.
    #[schema(example = true)]
    #[deserr(default)]
    salary_offer_made: Option<bool>,
    /// What other systems call it; each id names one position.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

/// Establish a position
///
/// From its first day the position is `planned`: it can be announced and filled.
#[utoipa::path(tag = "positions", operation_id = "establish_position",
    request_body = EstablishPosition,
    responses((status = 201, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("municipal")), ("x-problems" = json!(codes(&[&POSITION_EXTERNAL_ID_TAKEN, &MUNICIPALITY_NOT_IN_PROGRAMME,
        &PROGRAMME_QUOTA_REACHED])))))]
#[post("/v1/positions")]
pub async fn establish(change: Change, body: Body<EstablishPosition>) -> Answer {
    let (asked, today, id) = (body.value, change.today, Uuid::now_v7());
    external_id::checked(&asked.external_ids)?;
    change.reach().act_in(&asked.municipality)?;
    let from = asked.from.map_or(today, |day| day.0);
    let decide = async |view: &View| {
        view.is_new(&subject(id)).await?;
        municipality_in_use(view, &asked.municipality, from).await?;
        if let Some(programme) = asked.programme {
            programme::admit(view, programme.0, &asked.municipality, from, None).await?;
        }
        external_id::free(view, Kind::Position, &asked.external_ids).await?;
        let asked = asked.clone();
        let facts = [Event::from(Established {
            position: id,
            municipality: asked.municipality,
            category: asked.category,
            percent: asked.percent,
            intended_operating_model: asked.intended_operating_model,
            from,
            programme: asked.programme.map(|id| id.0),
            open_practice_model: asked.open_practice_model,
            terms: Terms::default(),
            salary_offer_made: asked.salary_offer_made,
            external_ids: asked.external_ids,
        })];
        let next = evolved!(Position::default(), facts);
        Ok(Decision::new(subject(id), &facts, replied(201, &next, today)?))
    };
    change.execute(&body.canonical, decide).await
}

/// Which positions.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct PositionFilters {
    /// Only positions of this municipality, those included that are filed under a number which it
    /// had or took over by the day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Only positions of this programme.
    #[param(example = "01890a5d-ac96-774b-bcce-b302099a8060")]
    #[deserr(default)]
    programme: Option<Id>,
    /// Only positions of this category.
    #[deserr(default)]
    category: Option<Category>,
    /// Only positions in this situation on the day.
    #[deserr(default)]
    situation: Option<SituationWord>,
    /// Only positions held by this doctor on the day.
    #[deserr(default)]
    trainee: Option<Id>,
    /// Only the position that another system calls this: `system/id`.
    #[param(inline)]
    #[deserr(default)]
    external_id: Option<ExternalName>,
    /// Only the position with an occupancy, on whatever day, that another system calls this:
    /// `system/id`. It is among `occupancies`.
    #[param(inline)]
    #[deserr(default)]
    occupancy_external_id: Option<ExternalName>,
}

/// What positions are sorted by.
pub struct PositionOrders;

impl Orders for PositionOrders {
    const ALL: &'static [By] = &[
        By::key("created", "When they were registered here."),
        By::text(
            "municipality",
            "municipality",
            "The number of the municipality that they are filed under.",
        ),
    ];
}

/// Whoever sees a position only for the sake of a doctor finds it by that doctor's occupancy alone:
/// the one on the day, which the row is about. The value is the id, and behind it the numbers of
/// the municipalities of which the caller sees everything.
const SHOWN: &str = "(municipality = any(($$::text[])[2:]) or exists (
    select from json_array_elements(body -> 'occupancy' -> 'external_ids') e
    where (e ->> 'system') || '/' || (e ->> 'id') = ($$::text[])[1]))";

/// List positions
///
/// In the order they were registered, as they are on `as_of`.
#[utoipa::path(tag = "positions", operation_id = "list_positions",
    params(PositionFilters, Sort<PositionOrders>, TimeAxes, crate::http::page::Paging),
    responses((status = 200, description = "A page of positions", body = Page<PositionView>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/positions")]
pub async fn list_all(list: List<PositionFilters, PositionOrders>) -> Answer {
    let filters = &list.filters;
    let text = |value: &dyn ToString| value.to_string();
    let of_occupancy = filters.occupancy_external_id.as_ref().map(|e| text(e));
    let reach = &list.read.actor.reach;
    let shown = of_occupancy
        .clone()
        .filter(|_| reach.sees_by_doctor())
        .map(|external| std::iter::once(external).chain(reach.numbers()).collect::<Vec<String>>());
    let rows = Rows::of_municipality("municipality").or_of_doctor("trainee");
    ListQuery::of("positions", rows)
        .filed_under("municipality", filters.municipality.as_ref())
        .filter("programme = $$", filters.programme.map(|id| id.0))
        .filter("category = $$", filters.category.map(|c| text(&c)))
        .filter("situation = $$", filters.situation.map(|s| text(&s)))
        .filter("trainee = $$", filters.trainee.map(|id| id.0))
        .filter("external @> array[$$::text]", filters.external_id.as_ref().map(|e| text(e)))
        .filter("occupancies_external @> array[$$::text]", of_occupancy)
        .filter(SHOWN, shown)
        .answer(list)
        .await
}

/// Read a position
///
/// As it is on `as_of` (today by default), as known at `known_at`.
#[utoipa::path(tag = "positions", operation_id = "read_position",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"), TimeAxes),
    responses((status = 200, description = "The position", body = PositionView)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/positions/{id}")]
pub async fn read_one(read: Read, id: Path<Uuid>) -> Answer {
    read.resource(&subject(*id), PositionView::on).await
}

/// Read a position's history
///
/// Every event that concerns it, newest first.
#[utoipa::path(tag = "positions", operation_id = "read_position_history",
    params(("id" = Uuid, Path, description = "The position.", example = "01890a5d-ac96-774b-bcce-b302099a8057"), Sort<InTime>, TimeAxes, crate::http::page::Paging),
    responses((status = 200, description = "A page of events", body = Page<crate::http::cloud_event::CloudEvent>)),
    extensions(("x-access" = json!("individuals"))))]
#[get("/v1/positions/{id}/history")]
pub async fn history(list: History, id: Path<Uuid>) -> Answer {
    list.history(&[subject(*id)]).await
}
