//! Municipalities: recorded, succeeded, classified, looked up by name.

use std::sync::Arc;

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::{IntoParams, ToSchema};

use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::reference::domain::{Centrality, Event, municipality_subject};
use crate::capabilities::reference::municipalities::{Municipalities, comparable};
use crate::capabilities::reference::municipality::Municipality;
use crate::capabilities::reference::problems::*;
use crate::capabilities::reference::view::MunicipalityView;
use crate::edge::{self, Day, Faults, day_or_entered_in_error};
use crate::event_log::{Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::concerns::Concerns;
use crate::http::external_ids::Held;
use crate::http::list::Rows;
use crate::http::listing::Listing;
use crate::http::operation::{Operation, PathParameter, Place, custom, named};
use crate::http::resource::{
    Act, By, Create, Cx, Kind, Made, Operations, Past, Resource, axes, bare, there,
};
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Filtered, ListQuery};
use crate::identifiers::{Comment, MunicipalityNumber, Name};
use crate::problem::{OrNotFound as _, Rejection, common};
use crate::time::FIRST_DAY;

/// Municipalities of one name that are named in a refusal. Norway has never had more than a few.
const NAMESAKES_MAX: i64 = 20;

impl Resource for Municipality {
    const KIND: Kind = Kind {
        name: "municipality",
        plural: "municipalities",
        noun: "municipality",
        tag: "municipalities",
        path: "/v1/municipalities",
        places: &[PathParameter::of::<MunicipalityNumber>(
            "number",
            "The municipality's number.",
            "1804",
        )],
        read_by: Access::Anybody,
        about_read: "As it is on `as_of`. A number that is no longer in use is shown as on its \
                     last day, with what became of it.",
        about_history: "Every event that concerns it as reference data, newest first.",
        external_ids: None,
    };
    type Key = MunicipalityNumber;
    type Event = Event;
    type Parties = Option<Self>;
    type View = MunicipalityView;

    async fn load(view: &View, number: &MunicipalityNumber) -> Result<Option<Self>, Refusal> {
        there(view, &municipality_subject(number)).await
    }

    fn home(_: &Option<Self>, number: &MunicipalityNumber) -> Subject {
        municipality_subject(number)
    }

    fn evolve(municipality: &mut Option<Self>, event: &Event) {
        municipality.evolve(event);
    }

    fn show(
        municipality: &Option<Self>,
        _: &MunicipalityNumber,
        day: Date,
    ) -> Option<MunicipalityView> {
        MunicipalityView::on(municipality.as_ref()?, day)
    }

    fn first_day(municipality: &Option<Self>, _: &MunicipalityNumber) -> Date {
        let municipality = municipality.as_ref();
        municipality.and_then(|municipality| municipality.names.first_day()).unwrap_or(FIRST_DAY)
    }

    async fn concerns(_: &View, _: &MunicipalityNumber, _: Date) -> Result<Concerns, Refusal> {
        Ok(Concerns::everybody())
    }

    fn shows(_: &Option<Self>, _: &MunicipalityNumber) -> Option<uuid::Uuid> {
        None
    }

    fn past(number: &MunicipalityNumber) -> Past {
        municipality_subject(number).into()
    }

    fn named(_: &Option<Self>, _: &MunicipalityNumber, _: &By) -> Result<Option<Held>, Rejection> {
        Ok(None) // its number is what every system calls it
    }

    fn rename(_: &mut Option<Self>, _: &MunicipalityNumber, _: &external_ids::Event) {}

    fn listing() -> Option<Listing> {
        let about = "Those whose number is in use on `as_of`, in the order of their numbers.";
        Some(Listing::of::<Municipalities>("municipalities", about, Access::Anybody))
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .create(Create {
                id: "record_municipality",
                summary: "Record a municipality",
                about: "A number is in use, under a name, for a time. Recorded again with the same \
                        first day, the later statement replaces the earlier; recorded with a later \
                        first day, it takes over from that day.",
                by: Access::Register,
                refuses: &[],
                rule: record,
            })
            .other(look_up_by_name())
            .act(Act {
                id: "record_succession",
                path: "/successions",
                summary: "Record what a municipality became",
                about: "Mergers are several municipalities with one successor, splits one with \
                        several. Recorded again with another day, the later statement holds.",
                by: Access::Register,
                refuses: &[],
                rule: async |cx: &Cx<'_, Self>, asked: &SucceedMunicipality| {
                    let is = successor(cx.view, &asked.successor).await?;
                    let municipality = cx.parties.or_not_found()?;
                    Ok(municipality.succeed(&asked.successor, is.as_ref(), asked.on.0)?)
                },
            })
            .act(Act {
                id: "correct_succession",
                path: "/successions/correction",
                summary: "Correct what a municipality became",
                about: "A succession that was recorded by mistake is taken out of both \
                        municipalities, or put on its day. The first account stays in the history; \
                        `known_at` before the correction shows it.",
                by: Access::Register,
                refuses: &[],
                rule: async |cx: &Cx<'_, Self>, asked: &CorrectSuccession| {
                    let on = day_or_entered_in_error(asked.on, asked.entered_in_error)?;
                    let is = successor(cx.view, &asked.successor).await?;
                    let municipality = cx.parties.or_not_found()?;
                    let (is, reason) = (is.as_ref(), asked.reason.clone());
                    Ok(municipality.correct_succession(&asked.successor, is, on, reason)?)
                },
            })
            .act(Act {
                id: "record_centrality",
                path: "/centralities",
                summary: "Record the centrality of a municipality",
                about: "Recorded again with the same first day, the later statement replaces the \
                        earlier.",
                by: Access::Register,
                refuses: &[&CENTRALITY_OVERLAPS],
                rule: async |cx: &Cx<'_, Self>, asked: &ClassifyMunicipality| {
                    let period = edge::period(asked.from, asked.to)?;
                    Ok(cx.parties.or_not_found()?.classify(asked.class, period)?)
                },
            })
    }
}

/// A municipality number that is in use.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RecordMunicipality {
    /// The number.
    number: MunicipalityNumber,
    /// The name, as Statistics Norway writes it.
    name: Name,
    /// The first day it has this number and name.
    from: Day,
    /// The last day, when there is one.
    #[deserr(default)]
    to: Option<Day>,
}

async fn record(
    view: &View,
    _: &By,
    _: &Place,
    asked: &RecordMunicipality,
) -> Result<Made<Municipality>, Refusal> {
    let period = edge::period(asked.from, asked.to)?;
    let number = asked.number.clone();
    let municipality: Option<Municipality> = view.load(&municipality_subject(&number)).await?.state;
    let facts =
        Municipality::record(municipality.as_ref(), number.clone(), asked.name.clone(), period);
    Ok(Made::new(number, municipality, facts))
}

/// A municipality that another gives way to.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SucceedMunicipality {
    /// The new municipality; its number must be in use on that day.
    successor: MunicipalityNumber,
    /// The first day of the new.
    on: Day,
}

/// The new municipality; it may change without harm to what is decided of the old.
async fn successor(
    view: &View,
    number: &MunicipalityNumber,
) -> Result<Option<Municipality>, Refusal> {
    Ok(view.consult(&municipality_subject(number)).await?.state)
}

/// How a succession really was.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectSuccession {
    /// The new municipality, as it was recorded.
    successor: MunicipalityNumber,
    /// The first day of the new; its number must be in use then.
    #[deserr(default)]
    on: Option<Day>,
    /// There was no such succession: it is taken out, and no day may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

/// A municipality's centrality.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ClassifyMunicipality {
    /// The class.
    class: Centrality,
    /// The first day it holds.
    from: Day,
    /// The last day, when there is one.
    #[deserr(default)]
    to: Option<Day>,
}

/// The name that is looked up.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct MunicipalityName {
    /// The name, in any of its languages, with or without the county that is added to names that
    /// two share. Capitals do not matter.
    name: Name,
}

fn look_up_by_name() -> Operation {
    Operation {
        path: "/v1/municipalities/lookup".to_owned(),
        places: vec![],
        parameters: Arc::new(|| [axes::<MunicipalityName>(), axes::<TimeAxes>()].concat()),
        parameter_types: vec![named::<Name>],
        concerns: None,
        ..bare::<Municipality>(
            "look_up_municipality",
            "Look up a municipality by its name",
            "The one municipality that has the name on `as_of`. A name that several have is an \
             error which names their numbers: nothing is guessed.",
            Access::Anybody,
            &[&MUNICIPALITY_NAME_AMBIGUOUS, &common::NOT_FOUND],
            custom(look_up),
        )
    }
}

async fn look_up(asked: Filtered<MunicipalityName>) -> Answer {
    let name = comparable(asked.filters.name.as_str());
    let found = ListQuery::of("municipalities", Rows::open())
        .filter("names @> array[$$::text]", Some(name))
        .found(&asked.read, NAMESAKES_MAX)
        .await?;
    match &found.items[..] {
        [] => Err((&common::NOT_FOUND).into()),
        [one] => found.one(&asked.read, one),
        several => {
            let numbers = several.iter().filter_map(|item| item["number"].as_str());
            Err(Rejection::new(&MUNICIPALITY_NAME_AMBIGUOUS)
                .with("day", found.as_of)
                .with("numbers", numbers.map(str::to_owned).collect::<Vec<_>>())
                .into())
        }
    }
}
