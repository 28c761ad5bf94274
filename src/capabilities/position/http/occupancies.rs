//! Occupancies: who holds a position. Filled, changed, ended.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::corrections;
use super::positions::EXAMPLE;
use crate::aggregate::Subject;
use crate::capabilities::position::domain::subject;
use crate::capabilities::position::holding::{Fill, LiftedTerm, NewTerms, begins_after_lis1};
use crate::capabilities::position::occupancy::domain::{
    EXTERNAL_IDS, Event, LeaveReason, ListCeiling, OperatingModel, Patients, Terms, WeekMinutes,
};
use crate::capabilities::position::occupancy::problems::*;
use crate::capabilities::position::occupancy::state::Holders;
use crate::capabilities::position::occupancy::{Occupancies, Occupancy};
use crate::capabilities::position::problems::*;
use crate::capabilities::position::state::Position;
use crate::capabilities::position::view::SingleOccupancyView;
use crate::capabilities::supervision::{Assignments, supervision_subject};
use crate::capabilities::trainee::{self, Trainee};
use crate::edge::{self, Day, Fault, Faults, FieldFault, Id, UNKNOWN_REFERENCE};
use crate::event_log::{Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::concerns::Concerns;
use crate::http::external_ids::{EXTERNAL_ID_TAKEN, Held, checked, free};
use crate::http::listing::Listing;
use crate::http::operation::{PathParameter, Place};
use crate::http::resource::{
    Act, By, Create, Cx, Key as _, Kind, Made, Operations, Past, Resource,
};
use crate::identifiers::{Comment, ExternalId};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::{FIRST_DAY, Percent};

/// What the look of an occupancy follows from.
pub struct Parties {
    pub(super) position: Option<Position>,
    pub(super) trainee: Option<Trainee>,
    /// Who supervises the trainee: it matters once there is a last day.
    supervision: Assignments,
}

impl Parties {
    pub(super) fn position(&self) -> Result<&Position, Rejection> {
        self.position.as_ref().or_not_found()
    }

    pub(super) fn occupancy(&self, key: &(Uuid, Uuid)) -> Result<&Occupancy, Rejection> {
        self.position()?.occupancy(key.1)
    }

    /// What the doctor holds everywhere.
    pub(super) fn held(&self) -> &Occupancies {
        Trainee::occupancies_of(self.trainee.as_ref())
    }
}

impl Resource for Occupancy {
    const KIND: Kind = Kind {
        name: "occupancy",
        plural: "occupancies",
        noun: "occupancy",
        tag: "positions",
        path: "/v1/positions/{id}/occupancies",
        places: &[
            PathParameter::id("id", "The position.", EXAMPLE),
            PathParameter::id(
                "occupancy",
                "The occupancy.",
                "01890a5d-ac96-774b-bcce-b302099a8059",
            ),
        ],
        read_by: Access::Individuals,
        about_read: "Its ETag is the position's.",
        about_history: "Every event about the occupancy itself, newest first, also of one that was \
                        recorded by mistake. What else happened to the position is in the \
                        position's history.",
        external_ids: Some((&EXTERNAL_IDS, Access::Municipal)),
    };
    type Key = (Uuid, Uuid);
    type Event = Event;
    type Parties = Parties;
    type View = SingleOccupancyView;

    async fn load(view: &View, key: &(Uuid, Uuid)) -> Result<Parties, Refusal> {
        let position: Option<Position> = view.load(&subject(key.0)).await?.state;
        let holder = position.as_ref().or_not_found()?.occupancy(key.1)?.trainee;
        let supervision = supervision_subject(holder);
        let names = (trainee::subject(holder), supervision);
        let (trainee, supervision) =
            futures_util::try_join!(view.load(&names.0), view.consult(&names.1))?;
        Ok(Parties { position, trainee: trainee.state, supervision: supervision.state })
    }

    fn home(_: &Parties, key: &(Uuid, Uuid)) -> Subject {
        subject(key.0)
    }

    fn evolve(parties: &mut Parties, event: &Event) {
        if let Some(position) = &mut parties.position {
            position.occupancies.evolve(event, i64::MAX);
        }
    }

    fn show(parties: &Parties, key: &(Uuid, Uuid), day: Date) -> Option<SingleOccupancyView> {
        let occupancy = parties.occupancy(key).ok()?;
        let (trainee, supervision) = (parties.trainee.as_ref(), &parties.supervision);
        Some(SingleOccupancyView::on(occupancy, trainee, supervision, day))
    }

    fn first_day(_: &Parties, _: &(Uuid, Uuid)) -> Date {
        FIRST_DAY // before it, it is shown as on its first day
    }

    async fn concerns(view: &View, key: &(Uuid, Uuid), _: Date) -> Result<Concerns, Refusal> {
        let mut concerns = Concerns::default();
        let holders: Holders = view.consult(&subject(key.0)).await?.state;
        let Some((municipality, trainee)) = holders.of(key.1) else { return Ok(concerns) };
        // The history of one that never was stays, for the municipality.
        concerns.municipalities.insert(municipality);
        concerns.shows = Some(trainee);
        let position: Option<Position> = view.consult(&subject(key.0)).await?.state;
        if position.or_not_found()?.occupancy(key.1).is_ok() {
            concerns.trainees.insert(trainee);
        }
        Ok(concerns)
    }

    fn shows(parties: &Parties, key: &(Uuid, Uuid)) -> Option<Uuid> {
        parties.occupancy(key).ok().map(|occupancy| occupancy.trainee)
    }

    fn past(key: &(Uuid, Uuid)) -> Past {
        let member = Some(("occupancy", key.1.to_string()));
        Past { subjects: vec![subject(key.0)], member }
    }

    fn named(parties: &Parties, key: &(Uuid, Uuid), _: &By) -> Result<Option<Held>, Rejection> {
        let occupancy = parties.occupancy(key)?;
        let trainee = occupancy.trainee;
        Ok(Some(Held {
            ids: occupancy.external_ids.clone(),
            members: vec![("position", key.0), ("trainee", trainee), ("occupancy", key.1)],
            subjects: vec![subject(key.0), trainee::subject(trainee)],
            municipality: Some(occupancy.municipality.clone()),
        }))
    }

    fn rename(parties: &mut Parties, _: &(Uuid, Uuid), event: &external_ids::Event) {
        if let Some(position) = &mut parties.position {
            position.rename(event, i64::MAX);
        }
    }

    fn listing() -> Option<Listing> {
        None // each is shown with its position
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .create_within::<Position, _, _>(Create {
                id: "fill_position",
                summary: "Fill a position",
                about: "A doctor takes the position. Nobody else may hold it on any of those days, \
                        and the doctor's shares in all positions never add up to more than 100 % on \
                        any day. A doctor begins after LIS1, or with a documented exception. \
                        `warnings` tell what no rule forbids.",
                by: Access::Municipal,
                refuses: &[
                    &POSITION_STATUS,
                    &POSITION_NOT_YET_ESTABLISHED,
                    &POSITION_OCCUPIED,
                    &TRAINEE_OVER_FULL_TIME,
                    &PERCENT_ABOVE_POSITION,
                    &LIS1_NOT_COMPLETED,
                    &EXTERNAL_ID_TAKEN,
                ],
                rule: fill,
            })
            .answering("The occupancy; its ETag is the position's")
            .act(Act {
                id: "end_occupancy",
                path: "/end",
                summary: "End an occupancy",
                about: "The doctor leaves; the position is vacant from the next day. `warnings` \
                        name the supervisors' assignments that go on.",
                by: Access::Municipal,
                refuses: &[
                    &OCCUPANCY_ENDED,
                    &OUTSIDE_OCCUPANCY,
                    &POSITION_OCCUPIED,
                    &POSITION_STATUS,
                    &TRAINEE_OVER_FULL_TIME,
                ],
                rule: async |cx: &Cx<'_, Self>, asked: &EndOccupancy| {
                    let (position, held) = (cx.parties.position()?, cx.parties.held());
                    Ok(position.end(cx.key.1, asked.to.0, asked.reason, held)?)
                },
            })
            .act(Act {
                id: "change_occupancy_terms",
                path: "/terms",
                summary: "Change the terms of an occupancy",
                about: "Each term holds until the next day for which that term is recorded: what is \
                        recorded late of one does not touch the others, and is not undone by what \
                        was recorded of them.",
                by: Access::Municipal,
                refuses: &[&OUTSIDE_OCCUPANCY, &TRAINEE_OVER_FULL_TIME, &PERCENT_ABOVE_POSITION],
                rule: async |cx: &Cx<'_, Self>, asked: &ChangeTerms| {
                    let new = asked.new_terms()?;
                    let (position, held) = (cx.parties.position()?, cx.parties.held());
                    Ok(position.change_terms(cx.key.1, asked.from.0, &new, held)?)
                },
            })
            .act(Act {
                id: "change_operating_model",
                path: "/operating-model",
                summary: "Change the operating model of an occupancy",
                about: "As under a transition agreement (overgangsavtale). The tenure goes on \
                        unbroken.",
                by: Access::Municipal,
                refuses: &[&OUTSIDE_OCCUPANCY],
                rule: async |cx: &Cx<'_, Self>, asked: &ChangeOperatingModel| {
                    let position = cx.parties.position()?;
                    Ok(position.change_model(cx.key.1, asked.from.0, asked.operating_model)?)
                },
            })
            .act(Act {
                id: "correct_occupancy",
                path: "/correction",
                summary: "Correct what was recorded of an occupancy",
                about: "The first account stays in the history; `known_at` before the correction \
                        shows it.",
                by: Access::Municipal,
                refuses: &[
                    &POSITION_OCCUPIED,
                    &POSITION_STATUS,
                    &POSITION_NOT_YET_ESTABLISHED,
                    &TRAINEE_OVER_FULL_TIME,
                    &PERCENT_ABOVE_POSITION,
                    &LIS1_NOT_COMPLETED,
                ],
                rule: corrections::correct_occupancy,
            })
            .may_end_it()
    }
}

/// A doctor to take the position.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct FillPosition {
    /// The doctor.
    trainee: Id,
    /// First day.
    from: Day,
    /// Last day, when it is agreed; open otherwise.
    #[deserr(default)]
    to: Option<Day>,
    /// The doctor's share; at most the position's.
    percent: Percent,
    /// The agreed operating model.
    operating_model: OperatingModel,
    /// Patients on the list.
    #[deserr(default)]
    list_length: Option<Patients>,
    /// The list's ceiling.
    #[deserr(default)]
    list_ceiling: Option<ListCeiling>,
    /// Minutes a week kept free for training.
    #[deserr(default)]
    protected_minutes_per_week: Option<WeekMinutes>,
    /// The document that lets the doctor begin before LIS1 is completed, such as a case number;
    /// nothing about the person.
    #[deserr(default)]
    lis1_exception: Option<Comment>,
    /// What other systems call the occupancy; each id names one.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

async fn fill(
    view: &View,
    by: &By,
    place: &Place,
    asked: &FillPosition,
) -> Result<Made<Occupancy>, Refusal> {
    checked(&asked.external_ids)?;
    let id = Uuid::of(place).ok_or(&crate::http::problems::NOT_FOUND)?;
    let period = edge::period(asked.from, asked.to)?;
    let names = (subject(id), trainee::subject(asked.trainee.0));
    let (loaded, held) = futures_util::try_join!(
        view.load::<Option<Position>>(&names.0),
        view.load::<Option<Trainee>>(&names.1),
    )?;
    let position = loaded.state.as_ref().or_not_found()?;
    let Some(trainee) = &held.state else {
        return Err(Rejection::field("/trainee", UNKNOWN_REFERENCE).into());
    };
    let exception = asked.lis1_exception.clone();
    begins_after_lis1(trainee.lis1_completed_on, period.from, exception.as_ref())?;
    let fill = Fill {
        occupancy: by.new_id,
        trainee: asked.trainee.0,
        period,
        percent: asked.percent,
        operating_model: asked.operating_model,
        terms: Terms {
            list_length: asked.list_length,
            list_ceiling: asked.list_ceiling,
            protected_minutes_per_week: asked.protected_minutes_per_week,
        },
        lis1_exception: exception,
        external_ids: asked.external_ids.clone(),
    };
    let facts = position.fill(fill, &trainee.occupancies)?;
    // Already so: answer with the occupancy that is.
    let occupancy = match facts.first() {
        Some(_) => by.new_id,
        None => position.same_occupancy(asked.trainee.0, &period).unwrap_or(by.new_id),
    };
    if !facts.is_empty() {
        free::<Occupancy>(view, &asked.external_ids).await?;
    }
    // Who supervises the doctor matters once there is a last day.
    let supervision = match period.to {
        Some(_) => view.consult(&supervision_subject(asked.trainee.0)).await?.state,
        None => Assignments::default(),
    };
    let parties = Parties { position: loaded.state, trainee: held.state, supervision };
    Ok(Made::new((id, occupancy), parties, facts))
}

/// The end of an occupancy.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct EndOccupancy {
    /// The last day.
    to: Day,
    /// Why the doctor leaves.
    reason: LeaveReason,
}

/// New terms; what is left out stays, also where it was told for a later day.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ChangeTerms {
    /// The first day they hold.
    from: Day,
    /// The doctor's share.
    #[deserr(default)]
    percent: Option<Percent>,
    /// Patients on the list.
    #[deserr(default)]
    list_length: Option<Patients>,
    /// The list's ceiling.
    #[deserr(default)]
    list_ceiling: Option<ListCeiling>,
    /// Minutes a week kept free for training.
    #[deserr(default)]
    protected_minutes_per_week: Option<WeekMinutes>,
    /// Terms that there are none of from that day; they cannot be told at the same time.
    #[deserr(default)]
    #[schema(required = false, max_items = 3)]
    lifted: Vec<LiftedTerm>,
}

/// Terms that can be lifted: each is named once.
const LIFTED_MAX: usize = 3;

impl ChangeTerms {
    fn new_terms(&self) -> Result<NewTerms, FieldFault> {
        if self.lifted.len() > LIFTED_MAX {
            let fault = Fault::new("too_many", "At most 3.", "Høyst 3.");
            return Err(FieldFault::at("/lifted", fault));
        }
        let terms = Terms {
            list_length: self.list_length,
            list_ceiling: self.list_ceiling,
            protected_minutes_per_week: self.protected_minutes_per_week,
        };
        let new = NewTerms { percent: self.percent, terms, lifted: self.lifted.clone() };
        let fault = Fault::new(
            "set_and_removed",
            "A term cannot be both set and removed.",
            "Et vilkår kan ikke både settes og fjernes.",
        );
        if new.contradict() { Err(FieldFault::at("/lifted", fault)) } else { Ok(new) }
    }
}

/// A new operating model.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ChangeOperatingModel {
    /// The first day it holds.
    from: Day,
    /// The agreed operating model.
    operating_model: OperatingModel,
}
