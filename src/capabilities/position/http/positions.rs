//! Positions: established, announced, suspended, resumed, closed.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::corrections;
use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::position::domain::{
    EXTERNAL_IDS, Established, Event, OpenPracticeModel, subject,
};
use crate::capabilities::position::occupancy::domain::{Category, OperatingModel, Terms};
use crate::capabilities::position::positions::Positions;
use crate::capabilities::position::problems::*;
use crate::capabilities::position::state::Position;
use crate::capabilities::position::view::PositionView;
use crate::capabilities::programme::{
    self,
    problems::{MUNICIPALITY_NOT_IN_PROGRAMME, PROGRAMME_QUOTA_REACHED},
};
use crate::capabilities::reference::municipality_in_use;
use crate::edge::{Day, Fault, Faults, Id};
use crate::event_log::{Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::concerns::Concerns;
use crate::http::external_ids::{EXTERNAL_ID_TAKEN, Held, checked, free};
use crate::http::listing::Listing;
use crate::http::operation::{PathParameter, Place};
use crate::http::resource::{
    Act, By, Create, Cx, Decided, Kind, Made, Operations, Past, Resource, there,
};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::{FIRST_DAY, Percent};

/// An id for the document.
pub(super) const EXAMPLE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

impl Resource for Position {
    const KIND: Kind = Kind {
        name: "position",
        plural: "positions",
        noun: "position",
        tag: "positions",
        path: "/v1/positions",
        places: &[PathParameter::id("id", "The position.", EXAMPLE)],
        read_by: Access::Individuals,
        about_read: "As it is on `as_of` (today by default), as known at `known_at`.",
        about_history: "Every event that concerns it, newest first.",
        external_ids: Some((&EXTERNAL_IDS, Access::Municipal)),
    };
    type Key = Uuid;
    type Event = Event;
    type Parties = Option<Self>;
    type View = PositionView;

    async fn load(view: &View, id: &Uuid) -> Result<Option<Self>, Refusal> {
        there(view, &subject(*id)).await
    }

    fn home(_: &Option<Self>, id: &Uuid) -> Subject {
        subject(*id)
    }

    fn evolve(position: &mut Option<Self>, event: &Event) {
        position.evolve(event);
    }

    fn show(position: &Option<Self>, _: &Uuid, day: Date) -> Option<PositionView> {
        PositionView::on(position.as_ref()?, day)
    }

    fn first_day(position: &Option<Self>, _: &Uuid) -> Date {
        position.as_ref().map_or(FIRST_DAY, |position| position.established.from)
    }

    async fn concerns(view: &View, id: &Uuid, _: Date) -> Result<Concerns, Refusal> {
        let mut concerns = Concerns::default();
        if let Some(position) = view.consult::<Option<Self>>(&subject(*id)).await?.state {
            concerns.municipalities.insert(position.established.municipality.clone());
            // Whoever held it goes on seeing it.
            concerns.trainees.extend(position.occupancies.iter().map(|held| held.trainee));
        }
        Ok(concerns)
    }

    fn shows(_: &Option<Self>, _: &Uuid) -> Option<Uuid> {
        None
    }

    fn past(id: &Uuid) -> Past {
        subject(*id).into()
    }

    fn named(position: &Option<Self>, id: &Uuid, _: &By) -> Result<Option<Held>, Rejection> {
        let position = position.or_not_found()?;
        Ok(Some(Held {
            ids: position.external_ids.clone(),
            members: vec![("position", *id)],
            subjects: vec![subject(*id)],
            municipality: Some(position.established.municipality.clone()),
        }))
    }

    fn rename(position: &mut Option<Self>, _: &Uuid, event: &external_ids::Event) {
        if let Some(position) = position {
            position.rename(event, i64::MAX);
        }
    }

    fn listing() -> Option<Listing> {
        let about = "In the order they were registered, as they are on `as_of`.";
        Some(Listing::of::<Positions>("positions", about, Access::Individuals))
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .create(Create {
                id: "establish_position",
                summary: "Establish a position",
                about: "From its first day the position is `planned`: it can be announced and filled.",
                by: Access::Municipal,
                refuses: &[
                    &EXTERNAL_ID_TAKEN,
                    &MUNICIPALITY_NOT_IN_PROGRAMME,
                    &PROGRAMME_QUOTA_REACHED,
                ],
                rule: establish,
            })
            .act(Act {
                id: "announce_position",
                path: "/announcements",
                summary: "Announce a position",
                about: "",
                by: Access::Municipal,
                refuses: &[&POSITION_STATUS, &POSITION_NOT_YET_ESTABLISHED],
                rule: announce,
            })
            .act(Act {
                id: "withdraw_announcement",
                path: "/announcement-withdrawal",
                summary: "Withdraw the announcement of a position",
                about: "",
                by: Access::Municipal,
                refuses: &[&POSITION_STATUS, &POSITION_NOT_YET_ESTABLISHED],
                rule: async |cx: &Cx<'_, Self>, asked: &OnDay| {
                    Ok(cx.parties.or_not_found()?.withdraw(asked.day(cx.by))?)
                },
            })
            .act(Act {
                id: "suspend_position",
                path: "/suspension",
                summary: "Suspend a position",
                about: "It rests from that day until it is resumed. A position that somebody holds \
                        cannot rest.",
                by: Access::Municipal,
                refuses: &[
                    &POSITION_STATUS,
                    &POSITION_NOT_YET_ESTABLISHED,
                    &POSITION_OCCUPIED,
                ],
                rule: async |cx: &Cx<'_, Self>, asked: &OnDayWithReason| {
                    Ok(cx.parties.or_not_found()?.suspend(asked.day(cx.by), asked.reason.clone())?)
                },
            })
            .act(Act {
                id: "resume_position",
                path: "/resumption",
                summary: "Resume a suspended position",
                about: "It is again what it was before it rested.",
                by: Access::Municipal,
                refuses: &[&POSITION_STATUS, &POSITION_NOT_YET_ESTABLISHED],
                rule: async |cx: &Cx<'_, Self>, asked: &OnDay| {
                    Ok(cx.parties.or_not_found()?.resume(asked.day(cx.by))?)
                },
            })
            .act(Act {
                id: "close_position",
                path: "/closure",
                summary: "Close a position for good",
                about: "From that day it exists no more. Its place in the programme's quota is free \
                        again.",
                by: Access::Municipal,
                refuses: &[
                    &POSITION_STATUS,
                    &POSITION_NOT_YET_ESTABLISHED,
                    &POSITION_OCCUPIED,
                ],
                rule: async |cx: &Cx<'_, Self>, asked: &OnDayWithReason| {
                    Ok(cx.parties.or_not_found()?.close(asked.day(cx.by), asked.reason.clone())?)
                },
            })
            .act(Act {
                id: "correct_position",
                path: "/correction",
                summary: "Correct what was recorded of a position",
                about: "What is left out stays as it was. The first account stays in the history; \
                        `known_at` before the correction shows it.",
                by: Access::Municipal,
                refuses: &[
                    &CORRECTION_CONTRADICTS,
                    &MUNICIPALITY_NOT_IN_PROGRAMME,
                    &PROGRAMME_QUOTA_REACHED,
                ],
                rule: corrections::correct,
            })
            .act(Act {
                id: "correct_position_closure",
                path: "/closure/correction",
                summary: "Correct the closure of a position",
                about: "The first account stays in the history; `known_at` before the correction \
                        shows it. A position of a programme needs its place in the quota again.",
                by: Access::Municipal,
                refuses: &[
                    &POSITION_STATUS,
                    &POSITION_NOT_YET_ESTABLISHED,
                    &POSITION_OCCUPIED,
                    &PROGRAMME_QUOTA_REACHED,
                ],
                rule: corrections::correct_closure,
            })
    }
}

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

async fn establish(
    view: &View,
    by: &By,
    _: &Place,
    asked: &EstablishPosition,
) -> Result<Made<Position>, Refusal> {
    checked(&asked.external_ids)?;
    by.permissions().require_acts_for(&asked.municipality)?;
    let (id, from) = (by.new_id, asked.from.map_or(by.today, |day| day.0));
    view.is_new(&subject(id)).await?;
    municipality_in_use(view, &asked.municipality, from).await?;
    if let Some(programme) = asked.programme {
        programme::admit(view, programme.0, &asked.municipality, from, None).await?;
    }
    free::<Position>(view, &asked.external_ids).await?;
    let asked = asked.clone();
    let established = Established {
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
    };
    Ok(Made::new(id, None, vec![established.into()]))
}

/// An announcement to applicants.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct AnnouncePosition {
    /// The day it is announced; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// Until when doctors may apply.
    #[deserr(default)]
    apply_by: Option<Day>,
}

async fn announce(cx: &Cx<'_, Position>, asked: &AnnouncePosition) -> Decided<Position> {
    let on = asked.on.map_or(cx.by.today, |day| day.0);
    let apply_by = asked.apply_by.map(|day| day.0);
    if apply_by.is_some_and(|last| last < on) {
        let fault = Fault::new(
            "before_announcement",
            "Must not come before the day of the announcement.",
            "Kan ikke komme før dagen stillingen lyses ut.",
        );
        return Err(Rejection::field("/apply_by", fault).into());
    }
    Ok(cx.parties.or_not_found()?.announce(on, apply_by)?)
}

/// A day, today by default.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct OnDay {
    /// The day it happens; today by default.
    #[deserr(default)]
    on: Option<Day>,
}

impl OnDay {
    fn day(&self, by: &By) -> Date {
        self.on.map_or(by.today, |day| day.0)
    }
}

/// A day and a reason.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct OnDayWithReason {
    /// The day it happens; today by default.
    #[deserr(default)]
    on: Option<Day>,
    /// Why.
    reason: Comment,
}

impl OnDayWithReason {
    fn day(&self, by: &By) -> Date {
        self.on.map_or(by.today, |day| day.0)
    }
}
