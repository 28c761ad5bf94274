//! ALIS offices: registered, named, answering for municipalities.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::organisation_not_closed;
use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::reference::alis_office::AlisOffice;
use crate::capabilities::reference::alis_offices::AlisOffices;
use crate::capabilities::reference::domain::{
    ALIS_OFFICE_EXTERNAL_IDS, AlisOfficeRegistered, Event, OfficeName, alis_office_subject,
    municipality_subject,
};
use crate::capabilities::reference::municipality::{Municipality, NOT_IN_USE};
use crate::capabilities::reference::problems::*;
use crate::capabilities::reference::view::AlisOfficeView;
use crate::edge::{self, Day, Faults, FieldFault, PeriodCorrection, REQUIRED, never};
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
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber, Name, OrganisationNumber};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::FIRST_DAY;

impl Resource for AlisOffice {
    const KIND: Kind = Kind {
        name: "alis_office",
        plural: "alis_offices",
        noun: "ALIS office",
        tag: "alis-offices",
        path: "/v1/alis-offices",
        places: &[PathParameter::id("id", "The office.", "01890a5d-ac96-774b-bcce-b302099a8061")],
        read_by: Access::Anybody,
        about_read: "",
        about_history: "Every event that concerns it, newest first.",
        external_ids: Some((&ALIS_OFFICE_EXTERNAL_IDS, Access::Register)),
    };
    type Key = Uuid;
    type Event = Event;
    type Parties = Option<Self>;
    type View = AlisOfficeView;

    async fn load(view: &View, id: &Uuid) -> Result<Option<Self>, Refusal> {
        there(view, &alis_office_subject(*id)).await
    }

    fn home(_: &Option<Self>, id: &Uuid) -> Subject {
        alis_office_subject(*id)
    }

    fn evolve(office: &mut Option<Self>, event: &Event) {
        office.evolve(event);
    }

    fn show(office: &Option<Self>, _: &Uuid, day: Date) -> Option<AlisOfficeView> {
        office.as_ref().map(|office| AlisOfficeView::on(office, day))
    }

    fn first_day(_: &Option<Self>, _: &Uuid) -> Date {
        FIRST_DAY // it has none: before its first name it has that one
    }

    async fn concerns(_: &View, _: &Uuid, _: Date) -> Result<Concerns, Refusal> {
        Ok(Concerns::everybody())
    }

    fn shows(_: &Option<Self>, _: &Uuid) -> Option<Uuid> {
        None
    }

    fn past(id: &Uuid) -> Past {
        alis_office_subject(*id).into()
    }

    fn named(office: &Option<Self>, id: &Uuid, _: &By) -> Result<Option<Held>, Rejection> {
        Ok(Some(Held {
            ids: office.or_not_found()?.external_ids.clone(),
            members: vec![("office", *id)],
            subjects: vec![alis_office_subject(*id)],
            municipality: None,
        }))
    }

    fn rename(office: &mut Option<Self>, _: &Uuid, event: &external_ids::Event) {
        if let Some(office) = office {
            office.external_ids.apply(event, i64::MAX);
        }
    }

    fn listing() -> Option<Listing> {
        let about = "In the order they were registered.";
        Some(Listing::of::<AlisOffices>("ALIS offices", about, Access::Anybody))
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .create(Create {
                id: "register_alis_office",
                summary: "Register an ALIS office",
                about: "",
                by: Access::Register,
                refuses: &[&EXTERNAL_ID_TAKEN],
                rule: register,
            })
            .act_from(
                Act {
                    id: "rename_alis_office",
                    path: "/names",
                    summary: "Give an ALIS office another name from a day on",
                    about: "It has it until the next one begins. Recorded again with the same \
                            first day, the later statement replaces the earlier. A name that is \
                            still to come is shown as on its first day.",
                    by: Access::Register,
                    refuses: &[],
                    rule: async |cx: &Cx<'_, Self>, asked: &RenameAlisOffice| {
                        Ok(cx.parties.or_not_found()?.rename(asked.name.clone(), asked.from.0))
                    },
                },
                |asked| asked.from.0,
            )
            .act(Act {
                id: "correct_alis_office_name",
                path: "/names/correction",
                summary: "Correct a name of an ALIS office",
                about: "The first account stays in the history; `known_at` before the correction \
                        shows it.",
                by: Access::Register,
                refuses: &[],
                rule: correct_name,
            })
            .act(Act {
                id: "assign_municipality",
                path: "/municipalities",
                summary: "Let an ALIS office answer for a municipality",
                about: "One office a municipality and day.",
                by: Access::Register,
                refuses: &[&MUNICIPALITY_HAS_OFFICE],
                rule: async |cx: &Cx<'_, Self>, asked: &AssignMunicipality| {
                    let period = edge::period(asked.from, asked.to)?;
                    let place = municipality(cx.view, &asked.municipality).await?;
                    Ok(place.assign(*cx.key, period)?)
                },
            })
            .act(Act {
                id: "release_municipality",
                path: "/municipalities/end",
                summary: "End an ALIS office's answering for a municipality",
                about: "",
                by: Access::Register,
                refuses: &[&ALIS_OFFICE_NOT_RESPONSIBLE],
                rule: async |cx: &Cx<'_, Self>, asked: &ReleaseMunicipality| {
                    let place = municipality(cx.view, &asked.municipality).await?;
                    Ok(place.release(*cx.key, asked.to.0)?)
                },
            })
            .act(Act {
                id: "correct_office_municipality",
                path: "/municipalities/correction",
                summary: "Correct which municipality an ALIS office answers for",
                about: "The first account stays in the history; `known_at` before the correction \
                        shows it.",
                by: Access::Register,
                refuses: &[&MUNICIPALITY_HAS_OFFICE],
                rule: correct_municipality,
            })
    }
}

/// An ALIS office to register.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RegisterAlisOffice {
    /// Its name.
    name: Name,
    /// What other systems call it; each id names one office.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
    /// The organisation that runs it, which is not closed: its systems see the municipalities of
    /// the office. One that is not told is nobody's to call for.
    #[deserr(default)]
    organisation_number: Option<OrganisationNumber>,
}

async fn register(
    view: &View,
    by: &By,
    _: &Place,
    asked: &RegisterAlisOffice,
) -> Result<Made<AlisOffice>, Refusal> {
    checked(&asked.external_ids)?;
    let (id, on) = (by.new_id, by.today);
    view.is_new(&alis_office_subject(id)).await?;
    if let Some(number) = &asked.organisation_number {
        organisation_not_closed(view, number, on).await?;
    }
    free::<AlisOffice>(view, &asked.external_ids).await?;
    let RegisterAlisOffice { name, external_ids, organisation_number } = asked.clone();
    let fact = AlisOfficeRegistered { office: id, name, external_ids, organisation_number, on };
    Ok(Made::new(id, None, vec![fact.into()]))
}

/// A name of an ALIS office.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RenameAlisOffice {
    /// Its name.
    name: Name,
    /// The first day it has it.
    from: Day,
}

/// What an office was really called; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOfficeName {
    /// The first day of the name, as it was recorded: tells which one is meant; by default the one
    /// that the office was registered with, which has no first day.
    #[deserr(default)]
    recorded_from: Option<Day>,
    /// Its name.
    #[deserr(default)]
    name: Option<Name>,
    /// The first day it has it; with `recorded_from` only.
    #[deserr(default)]
    from: Option<Day>,
    /// It did not have this name: it is taken out, and nothing else may be told; with
    /// `recorded_from` only.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct_name(cx: &Cx<'_, AlisOffice>, asked: &CorrectOfficeName) -> Decided<AlisOffice> {
    let entered_in_error =
        never(asked.entered_in_error, asked.name.is_some() || asked.from.is_some())?;
    let was = asked.recorded_from.map(|day| day.0);
    // The first name was always there.
    if was.is_none() && (entered_in_error || asked.from.is_some()) {
        return Err(FieldFault::at("/recorded_from", REQUIRED).into());
    }
    let office = cx.parties.or_not_found()?;
    let recorded = office.recorded_name(was)?;
    let really = OfficeName {
        name: asked.name.clone().unwrap_or(recorded.name),
        from: asked.from.map(|day| day.0).or(recorded.from),
    };
    let really = (!entered_in_error).then_some(really);
    Ok(office.correct_name(was, really, asked.reason.clone(), cx.by.today)?)
}

/// The municipality, which decides who answers for it.
async fn municipality(view: &View, number: &MunicipalityNumber) -> Result<Municipality, Refusal> {
    let municipality: Option<Municipality> = view.load(&municipality_subject(number)).await?.state;
    Ok(municipality.ok_or_else(|| FieldFault::at("/municipality", NOT_IN_USE))?)
}

/// A municipality that an ALIS office answers for.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct AssignMunicipality {
    /// The municipality; its number must be in use on the first day.
    municipality: MunicipalityNumber,
    /// First day.
    from: Day,
    /// Last day, when it is known.
    #[deserr(default)]
    to: Option<Day>,
}

/// The end of an ALIS office's answering for a municipality.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ReleaseMunicipality {
    /// The municipality.
    municipality: MunicipalityNumber,
    /// The last day.
    to: Day,
}

/// How an office's answering for a municipality really was; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectOfficeMunicipality {
    /// The municipality.
    municipality: MunicipalityNumber,
    /// The first day, as it was recorded: tells which time is meant.
    recorded_from: Day,
    /// First day.
    #[deserr(default)]
    from: Option<Day>,
    /// Last day. Once one is recorded, tell another or `reopened`.
    #[deserr(default)]
    to: Option<Day>,
    /// It has not ended: there is no last day.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    reopened: bool,
    /// The office never answered for it: it is taken out, and nothing else may be told.
    #[deserr(default)]
    #[schema(required = false, default = false, example = false)]
    entered_in_error: bool,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct_municipality(
    cx: &Cx<'_, AlisOffice>,
    asked: &CorrectOfficeMunicipality,
) -> Decided<AlisOffice> {
    let &CorrectOfficeMunicipality { from, to, reopened, entered_in_error, .. } = asked;
    let correction =
        PeriodCorrection { from, to, reopened, entered_in_error, others_stated: false };
    let (office, was) = (*cx.key, asked.recorded_from.0);
    let place = municipality(cx.view, &asked.municipality).await?;
    let period = correction.of(place.recorded_office(office, was)?)?;
    Ok(place.correct_office(office, was, period, asked.reason.clone())?)
}
