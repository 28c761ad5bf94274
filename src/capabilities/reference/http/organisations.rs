//! Organisations: recorded, changed from a day on, closed, and all of it corrected.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;

use super::municipality_in_use;
use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::reference::domain::{
    Event, OrganisationChange, OrganisationFacts, OrganisationKind, organisation_subject,
};
use crate::capabilities::reference::organisation::Organisation;
use crate::capabilities::reference::organisations::Organisations;
use crate::capabilities::reference::problems::*;
use crate::capabilities::reference::view::OrganisationView;
use crate::edge::{Day, Faults, FieldFault, REQUIRED, never};
use crate::event_log::{Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::concerns::Concerns;
use crate::http::external_ids::Held;
use crate::http::listing::Listing;
use crate::http::operation::{PathParameter, Place};
use crate::http::resource::{
    Act, By, Create, Cx, Decided, Kind, Made, Operations, Past, Resource, there,
};
use crate::identifiers::{Comment, MunicipalityNumber, Name, OrganisationNumber};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::FIRST_DAY;

impl Resource for Organisation {
    const KIND: Kind = Kind {
        name: "organisation",
        plural: "organisations",
        noun: "organisation",
        tag: "organisations",
        path: "/v1/organisations",
        places: &[PathParameter::of::<OrganisationNumber>(
            "number",
            "The organisation's number.",
            "983544622",
        )],
        read_by: Access::Anybody,
        about_read: "As it is on `as_of` (today by default); once it is closed, as on its last day.",
        about_history: "Every event that concerns it as reference data, newest first.",
        external_ids: None,
    };
    type Key = OrganisationNumber;
    type Event = Event;
    type Parties = Option<Self>;
    type View = OrganisationView;

    async fn load(view: &View, number: &OrganisationNumber) -> Result<Option<Self>, Refusal> {
        there(view, &organisation_subject(number)).await
    }

    fn home(_: &Option<Self>, number: &OrganisationNumber) -> Subject {
        organisation_subject(number)
    }

    fn evolve(organisation: &mut Option<Self>, event: &Event) {
        organisation.evolve(event);
    }

    fn show(
        organisation: &Option<Self>,
        _: &OrganisationNumber,
        day: Date,
    ) -> Option<OrganisationView> {
        OrganisationView::on(organisation.as_ref()?, day)
    }

    fn first_day(organisation: &Option<Self>, _: &OrganisationNumber) -> Date {
        organisation.as_ref().map_or(FIRST_DAY, |organisation| organisation.first_day())
    }

    async fn concerns(_: &View, _: &OrganisationNumber, _: Date) -> Result<Concerns, Refusal> {
        Ok(Concerns::everybody())
    }

    fn shows(_: &Option<Self>, _: &OrganisationNumber) -> Option<uuid::Uuid> {
        None
    }

    fn past(number: &OrganisationNumber) -> Past {
        organisation_subject(number).into()
    }

    fn named(_: &Option<Self>, _: &OrganisationNumber, _: &By) -> Result<Option<Held>, Rejection> {
        Ok(None) // its number is what every system calls it
    }

    fn rename(_: &mut Option<Self>, _: &OrganisationNumber, _: &external_ids::Event) {}

    fn listing() -> Option<Listing> {
        let about = "Those that exist on `as_of`, in the order of their numbers.";
        Some(Listing::of::<Organisations>("organisations", about, Access::Anybody))
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .create(Create {
                id: "record_organisation",
                summary: "Record an organisation",
                about: "",
                by: Access::Register,
                refuses: &[&ORGANISATION_EXISTS],
                rule: record,
            })
            .act(Act {
                id: "correct_organisation",
                path: "/correction",
                summary: "Correct what was recorded of an organisation",
                about: "What it was from its first day on; changes that were recorded for later \
                        days stay. The first account stays in the history; `known_at` before the \
                        correction shows it.",
                by: Access::Register,
                refuses: &[&ORGANISATION_NOT_THERE],
                rule: correct,
            })
            .may_end_it()
            .act_from(
                Act {
                    id: "change_organisation",
                    path: "/changes",
                    summary: "Change an organisation from a day on",
                    about: "Each of these holds until the next day for which the same is recorded. \
                            Recorded again with the same first day, the later statement adds to \
                            the earlier and replaces what it says again. A change that is still to \
                            come is shown as on its first day.",
                    by: Access::Register,
                    refuses: &[&ORGANISATION_NOT_THERE],
                    rule: async |cx: &Cx<'_, Self>, asked: &ChangeOrganisation| {
                        let ChangeOrganisation { from: Day(from), name, kind, municipality } =
                            asked.clone();
                        let change = OrganisationChange {
                            from,
                            name,
                            kind,
                            municipality: municipality.clone(),
                        };
                        let facts = cx.parties.or_not_found()?.change(change)?;
                        lies_somewhere(cx.view, facts, municipality.as_ref(), from).await
                    },
                },
                |asked| asked.from.0,
            )
            .act(Act {
                id: "correct_organisation_change",
                path: "/changes/correction",
                summary: "Correct a change of an organisation",
                about: "The first account stays in the history; `known_at` before the correction \
                        shows it.",
                by: Access::Register,
                refuses: &[&ORGANISATION_NOT_THERE],
                rule: correct_change,
            })
            .act(Act {
                id: "close_organisation",
                path: "/closure",
                summary: "Close an organisation",
                about: "After its last day it is in no list, reaches nothing, and is granted \
                        nothing.",
                by: Access::Register,
                refuses: &[&ORGANISATION_NOT_THERE, &ORGANISATION_CLOSED],
                rule: async |cx: &Cx<'_, Self>, asked: &CloseOrganisation| {
                    Ok(cx.parties.or_not_found()?.close(asked.to.0)?)
                },
            })
            .act(Act {
                id: "correct_organisation_closure",
                path: "/closure/correction",
                summary: "Correct the closure of an organisation",
                about: "The first account stays in the history; `known_at` before the correction \
                        shows it.",
                by: Access::Register,
                refuses: &[&ORGANISATION_NOT_THERE],
                rule: async |cx: &Cx<'_, Self>, asked: &CorrectOrganisationClosure| {
                    if !never(asked.entered_in_error, asked.to.is_some())? && asked.to.is_none() {
                        return Err(FieldFault::at("/to", REQUIRED).into());
                    }
                    let to = asked.to.map(|day| day.0);
                    Ok(cx.parties.or_not_found()?.correct_closure(to, asked.reason.clone())?)
                },
            })
    }
}

/// Refuses a municipality that is not in use on the day from which facts place something in it.
async fn lies_somewhere(
    view: &View,
    facts: Vec<Event>,
    municipality: Option<&MunicipalityNumber>,
    day: Date,
) -> Decided<Organisation> {
    if let Some(number) = municipality.filter(|_| !facts.is_empty()) {
        municipality_in_use(view, number, day).await?;
    }
    Ok(facts)
}

/// An organisation to record.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RecordOrganisation {
    /// Its number: one organisation each.
    organisation_number: OrganisationNumber,
    /// Its name.
    name: Name,
    /// What it is.
    kind: OrganisationKind,
    /// The municipality it is or lies in; its number must be in use on the first day (today when
    /// none is told).
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// The first day it exists.
    #[deserr(default)]
    from: Option<Day>,
}

async fn record(
    view: &View,
    by: &By,
    _: &Place,
    asked: &RecordOrganisation,
) -> Result<Made<Organisation>, Refusal> {
    let RecordOrganisation { organisation_number: number, name, kind, municipality, from } =
        asked.clone();
    let recorded = OrganisationFacts { name, kind, municipality, from: from.map(|day| day.0) };
    let organisation: Option<Organisation> = view.load(&organisation_subject(&number)).await?.state;
    let facts =
        Organisation::record(organisation.as_ref(), number.clone(), recorded.clone(), by.today)?;
    let day = recorded.from.unwrap_or(by.today);
    let facts = lies_somewhere(view, facts, recorded.municipality.as_ref(), day).await?;
    Ok(Made::new(number, organisation, facts))
}

/// What the organisation really was when it was recorded; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOrganisation {
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// What it is.
    #[deserr(default)]
    kind: Option<OrganisationKind>,
    /// The municipality it is or lies in.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// The first day it exists.
    #[deserr(default)]
    from: Option<Day>,
    /// There never was such an organisation, or it has another number: it is taken out, and nothing
    /// else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct(cx: &Cx<'_, Organisation>, asked: &CorrectOrganisation) -> Decided<Organisation> {
    let CorrectOrganisation { name, kind, municipality, from, entered_in_error, reason } =
        asked.clone();
    let others_stated =
        name.is_some() || kind.is_some() || municipality.is_some() || from.is_some();
    let organisation = cx.parties.or_not_found()?;
    if never(entered_in_error, others_stated)? {
        return Ok(organisation.enter_in_error(reason));
    }
    let (recorded, today) = (organisation.facts.clone(), cx.by.today);
    let really = OrganisationFacts {
        name: name.unwrap_or(recorded.name),
        kind: kind.unwrap_or(recorded.kind),
        municipality: municipality.or(recorded.municipality),
        from: from.map(|day| day.0).or(recorded.from),
    };
    let facts = organisation.correct(really.clone(), reason, today)?;
    let day = really.from.unwrap_or(today);
    lies_somewhere(cx.view, facts, really.municipality.as_ref(), day).await
}

/// What an organisation is from a day on; what is left out is how it was.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ChangeOrganisation {
    /// The first day it is so; the organisation must exist then.
    from: Day,
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// What it is.
    #[deserr(default)]
    kind: Option<OrganisationKind>,
    /// The municipality it is or lies in; its number must be in use on that day.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

/// How an organisation really changed; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOrganisationChange {
    /// The first day, as it was recorded: tells which change is meant.
    recorded_from: Day,
    /// The first day it is so.
    #[deserr(default)]
    from: Option<Day>,
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// What it is.
    #[deserr(default)]
    kind: Option<OrganisationKind>,
    /// The municipality it is or lies in.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
    /// Nothing changed then: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct_change(
    cx: &Cx<'_, Organisation>,
    asked: &CorrectOrganisationChange,
) -> Decided<Organisation> {
    let CorrectOrganisationChange { from, name, kind, municipality, .. } = asked.clone();
    let others_stated =
        from.is_some() || name.is_some() || kind.is_some() || municipality.is_some();
    let entered_in_error = never(asked.entered_in_error, others_stated)?;
    let (organisation, was, reason) =
        (cx.parties.or_not_found()?, asked.recorded_from.0, asked.reason.clone());
    let recorded = organisation.recorded_change(was)?;
    if entered_in_error {
        return Ok(organisation.correct_change(was, None, reason)?);
    }
    let from = from.map_or(recorded.from, |day| day.0);
    let really = OrganisationChange { from, name, kind, municipality }.beside(recorded);
    let facts = organisation.correct_change(was, Some(really.clone()), reason)?;
    lies_somewhere(cx.view, facts, really.municipality.as_ref(), from).await
}

/// The end of an organisation.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CloseOrganisation {
    /// The last day it exists.
    to: Day,
}

/// When an organisation was really closed, or that it was not.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOrganisationClosure {
    /// The last day it exists.
    #[deserr(default)]
    to: Option<Day>,
    /// It was not closed: it exists still, and no day may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}
