//! Programmes: started, with phases and rates, and the municipalities that take part in them.

mod participations;
mod corrections;

pub(crate) use participations::{admit, readmit};

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{EXTERNAL_IDS, Event, Outcome, PositionCount, Started, YearlyNok, subject};
use super::problems::*;
use super::programmes::Programmes;
use super::state::Programme;
use super::view::ProgrammeView;
use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::reference::municipality_in_use;
use crate::edge::{self, Day, Faults};
use crate::event_log::{Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::concerns::Concerns;
use crate::http::external_ids::{EXTERNAL_ID_TAKEN, Held, checked, free};
use crate::http::listing::Listing;
use crate::http::operation::{Operation, PathParameter, Place};
use crate::http::resource::{
    Act, By, Create, Cx, Kind, Made, Operations, Past, Resource, operations_of, there,
};
use crate::identifiers::{ExternalId, MunicipalityNumber, Name};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::FIRST_DAY;

/// Every operation.
pub fn operations() -> Vec<Operation> {
    operations_of::<Programme>()
}

impl Resource for Programme {
    const KIND: Kind = Kind {
        name: "programme",
        plural: "programmes",
        noun: "programme",
        tag: "programmes",
        path: "/v1/programmes",
        places: &[PathParameter::id(
            "id",
            "The programme.",
            "01890a5d-ac96-774b-bcce-b302099a8060",
        )],
        read_by: Access::Anybody,
        about_read: "With the phase and the rate of the day `as_of`.",
        about_history: "Every event that concerns it, newest first. Its positions have histories \
                        of their own.",
        external_ids: Some((&EXTERNAL_IDS, Access::Programme)),
    };
    type Key = Uuid;
    type Event = Event;
    type Parties = Option<Self>;
    type View = ProgrammeView;

    async fn load(view: &View, id: &Uuid) -> Result<Option<Self>, Refusal> {
        there(view, &subject(*id)).await
    }

    fn home(_: &Option<Self>, id: &Uuid) -> Subject {
        subject(*id)
    }

    fn evolve(programme: &mut Option<Self>, event: &Event) {
        programme.evolve(event);
    }

    fn show(programme: &Option<Self>, _: &Uuid, day: Date) -> Option<ProgrammeView> {
        ProgrammeView::on(programme.as_ref()?, day)
    }

    fn first_day(programme: &Option<Self>, _: &Uuid) -> Date {
        programme.as_ref().map_or(FIRST_DAY, |programme| programme.started.period.from)
    }

    async fn concerns(_: &View, _: &Uuid, _: Date) -> Result<Concerns, Refusal> {
        Ok(Concerns::everybody())
    }

    fn shows(_: &Option<Self>, _: &Uuid) -> Option<Uuid> {
        None
    }

    fn past(id: &Uuid) -> Past {
        subject(*id).into()
    }

    fn named(programme: &Option<Self>, id: &Uuid, _: &By) -> Result<Option<Held>, Rejection> {
        Ok(Some(Held {
            ids: programme.or_not_found()?.external_ids.clone(),
            members: vec![("programme", *id)],
            subjects: vec![subject(*id)],
            municipality: None,
        }))
    }

    fn rename(programme: &mut Option<Self>, _: &Uuid, event: &external_ids::Event) {
        if let Some(programme) = programme {
            programme.external_ids.apply(event, i64::MAX);
        }
    }

    fn listing() -> Option<Listing> {
        let about = "Those that have begun by `as_of`, in the order they were recorded.";
        Some(Listing::of::<Programmes>("programmes", about, Access::Anybody))
    }

    fn operations() -> Operations<Self> {
        let operations = Operations::<Self>::none()
            .create(Create {
                id: "start_programme",
                summary: "Start a programme",
                about: "",
                by: Access::Programme,
                refuses: &[&EXTERNAL_ID_TAKEN],
                rule: start,
            })
            .act(Act {
                id: "set_programme_phase",
                path: "/phases",
                summary: "Set a phase of a programme",
                about: "It lasts until its last day or until the next one begins. Recorded again \
                        with the same first day, the later statement replaces the earlier.",
                by: Access::Programme,
                refuses: &[&OUTSIDE_PROGRAMME],
                rule: async |cx: &Cx<'_, Self>, asked: &SetPhase| {
                    let period = edge::period(asked.from, asked.to)?;
                    Ok(cx.parties.or_not_found()?.set_phase(asked.name.clone(), period)?)
                },
            })
            .act(Act {
                id: "set_programme_subsidy",
                path: "/subsidies",
                summary: "Set what a programme pays for a position",
                about: "The rate holds until its last day or until the next one begins. Recorded \
                        again with the same first day, the later statement replaces the earlier.",
                by: Access::Programme,
                refuses: &[&OUTSIDE_PROGRAMME],
                rule: async |cx: &Cx<'_, Self>, asked: &SetSubsidy| {
                    let period = edge::period(asked.from, asked.to)?;
                    let programme = cx.parties.or_not_found()?;
                    Ok(programme.set_subsidy(asked.nok_per_position_year, period)?)
                },
            })
            .act(Act {
                id: "apply_to_programme",
                path: "/applications",
                summary: "Record a municipality's application to a programme",
                about: "",
                by: Access::Municipal,
                refuses: &[&PROGRAMME_APPLICATION_PENDING],
                rule: async |cx: &Cx<'_, Self>, asked: &ApplyToProgramme| {
                    let (municipality, on) = (&asked.municipality, asked.applied_on.0);
                    cx.by.permissions().require_acts_for(municipality)?;
                    municipality_in_use(cx.view, municipality, on).await?;
                    Ok(cx.parties.or_not_found()?.apply(municipality.clone(), on)?)
                },
            })
            .asks_itself()
            .act(Act {
                id: "decide_programme_application",
                path: "/applications/{municipality}/decision",
                summary: "Decide a municipality's application to a programme",
                about: "An accepted municipality does not take part yet: its participation is \
                        recorded by itself, with first day and quota.",
                by: Access::Programme,
                refuses: &[&PROGRAMME_APPLICATION_DECIDED],
                rule: async |cx: &Cx<'_, Self>, asked: &DecideApplication| {
                    let municipality: MunicipalityNumber = cx.place.read(1)?;
                    cx.by.permissions().answer_for(&municipality)?;
                    let programme = cx.parties.or_not_found()?;
                    Ok(programme.decide(&municipality, asked.outcome, asked.on.0)?)
                },
            })
            .at(PathParameter::of::<MunicipalityNumber>(
                "municipality",
                "The municipality that applied.",
                "1804",
            ));
        participations::operations(corrections::operations(operations))
    }
}

/// A programme to start.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct StartProgramme {
    /// Its name.
    name: Name,
    /// First day.
    from: Day,
    /// Last day, when it is known.
    #[deserr(default)]
    to: Option<Day>,
    /// How many positions a municipality may have at most; no such limit by default.
    #[deserr(default)]
    positions_max_per_municipality: Option<PositionCount>,
    /// What it pays for a position and year from its first day.
    #[deserr(default)]
    subsidy_nok_per_position_year: Option<YearlyNok>,
    /// What other systems call it; each id names one programme.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

async fn start(
    view: &View,
    by: &By,
    _: &Place,
    asked: &StartProgramme,
) -> Result<Made<Programme>, Refusal> {
    checked(&asked.external_ids)?;
    let (id, period) = (by.new_id, edge::period(asked.from, asked.to)?);
    view.is_new(&subject(id)).await?;
    free::<Programme>(view, &asked.external_ids).await?;
    let started = Started {
        programme: id,
        name: asked.name.clone(),
        period,
        positions_max_per_municipality: asked.positions_max_per_municipality,
        subsidy_nok_per_position_year: asked.subsidy_nok_per_position_year,
        external_ids: asked.external_ids.clone(),
    };
    Ok(Made::new(id, None, vec![started.into()]))
}

/// A phase of a programme.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SetPhase {
    /// Its name.
    name: Name,
    /// First day.
    from: Day,
    /// Last day; as long as the programme by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// What a programme pays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SetSubsidy {
    /// Whole kroner for a position and year.
    nok_per_position_year: YearlyNok,
    /// First day.
    from: Day,
    /// Last day; as long as the programme by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// A municipality that asks to take part.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ApplyToProgramme {
    /// The municipality; its number must be in use on that day.
    municipality: MunicipalityNumber,
    /// The day it applied.
    applied_on: Day,
}

/// What is decided of an application.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct DecideApplication {
    /// What is decided.
    outcome: Outcome,
    /// The day it is decided.
    on: Day,
}
