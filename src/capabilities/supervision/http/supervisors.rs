//! Supervisors: registered, listed, read, corrected; what can be done with them.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::qualifications::{
    ApproveSpecialist, CompleteCourse, CorrectCourse, EndSpecialist, SetCapacity,
};
use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::capabilities::supervision::domain::{
    Corrected, EXTERNAL_IDS, Event, Registered, TraineeCapacity, hpr_subject, subject,
};
use crate::capabilities::supervision::problems::*;
use crate::capabilities::supervision::supervisor::Supervisor;
use crate::capabilities::supervision::supervisors::Supervisors;
use crate::capabilities::supervision::view::SupervisorView;
use crate::edge::{self, Day, Fault, Faults, FieldFault};
use crate::event_log::{Refusal, View};
use crate::external_ids;
use crate::http::access::Access;
use crate::http::concerns::Concerns;
use crate::http::external_ids::{EXTERNAL_ID_TAKEN, Held, checked, free};
use crate::http::listing::Listing;
use crate::http::operation::{PathParameter, Place};
use crate::http::person::{NewPerson, PersonKind, RecordedPerson};
use crate::http::resource::{
    Act, By, Create, Cx, Decided, Kind, Made, Operations, Past, Resource, there,
};
use crate::identifiers::{Comment, ExternalId, HprNumber, MunicipalityNumber, Name};
use crate::problem::{OrNotFound as _, Rejection};
use crate::time::{FIRST_DAY, Period};

/// Periods of specialist approval that a correction may tell.
const SPECIALIST_PERIODS_MAX: usize = 20;

impl Resource for Supervisor {
    const KIND: Kind = Kind {
        name: "supervisor",
        plural: "supervisors",
        noun: "supervisor",
        tag: "supervisors",
        path: "/v1/supervisors",
        places: &[PathParameter::id(
            "id",
            "The supervisor.",
            "01890a5d-ac96-774b-bcce-b302099a8061",
        )],
        read_by: Access::Individuals,
        about_read: "",
        about_history: "Every event that concerns the supervisor, exemptions and assignments \
                        included, newest first.",
        external_ids: Some((&EXTERNAL_IDS, Access::Municipal)),
    };
    type Key = Uuid;
    type Event = Event;
    type Parties = Option<Self>;
    type View = SupervisorView;

    async fn load(view: &View, id: &Uuid) -> Result<Option<Self>, Refusal> {
        there(view, &subject(*id)).await
    }

    fn home(_: &Option<Self>, id: &Uuid) -> Subject {
        subject(*id)
    }

    fn evolve(supervisor: &mut Option<Self>, event: &Event) {
        supervisor.evolve(event);
    }

    fn show(supervisor: &Option<Self>, _: &Uuid, day: Date) -> Option<SupervisorView> {
        supervisor.as_ref().map(|supervisor| SupervisorView::on(supervisor, day))
    }

    fn first_day(_: &Option<Self>, _: &Uuid) -> Date {
        FIRST_DAY // who is known now was somebody then
    }

    async fn concerns(view: &View, id: &Uuid, day: Date) -> Result<Concerns, Refusal> {
        let mut concerns = Concerns::default();
        if let Some(supervisor) = view.consult::<Option<Self>>(&subject(*id)).await?.state {
            concerns.supervisor = Some(*id);
            concerns.is_pooled = true;
            let assigned = supervisor.assignments.iter().map(|held| &held.municipality);
            let numbers = assigned.chain([&supervisor.municipality]).flatten().cloned();
            concerns.municipalities.extend(numbers);
            concerns.today = supervisor.recording_municipalities_on(day);
        }
        Ok(concerns)
    }

    fn shows(_: &Option<Self>, _: &Uuid) -> Option<Uuid> {
        None
    }

    fn past(id: &Uuid) -> Past {
        subject(*id).into()
    }

    fn named(supervisor: &Option<Self>, id: &Uuid, _: &By) -> Result<Option<Held>, Rejection> {
        let supervisor = supervisor.or_not_found()?;
        not_erased(supervisor.erased.as_ref())?;
        Ok(Some(Held {
            ids: supervisor.external_ids.clone(),
            members: vec![("supervisor", *id)],
            subjects: vec![subject(*id)],
            municipality: None,
        }))
    }

    fn rename(supervisor: &mut Option<Self>, _: &Uuid, event: &external_ids::Event) {
        if let Some(supervisor) = supervisor {
            supervisor.rename(event, i64::MAX);
        }
    }

    fn listing() -> Option<Listing> {
        let about = "In the order they were registered, as on `as_of`.";
        Some(Listing::of::<Supervisors>("supervisors", about, Access::Individuals))
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .naming_refuses(&[&PERSON_ERASED])
            .create(Create {
                id: "register_supervisor",
                summary: "Register a supervisor",
                about: "Whoever supervises or recommends: a trainee's own supervisor (veileder), \
                        who must be a specialist or have an exemption, and clinical supervisors \
                        (supervisører), who need neither. A person may be trainee and supervisor \
                        at different times. Name and number are kept sealed and stay out of the \
                        event log, the feed and every log of the service.",
                by: Access::Municipal,
                refuses: &[&SUPERVISOR_EXISTS, &EXTERNAL_ID_TAKEN],
                rule: register,
            })
            .act(Act {
                id: "correct_supervisor",
                path: "/correction",
                summary: "Correct who a supervisor is",
                about: "Or when the supervisor was a specialist: that changes what assignments \
                        were on past days. The wrong name and number stay sealed in the log, where \
                        nobody but the audit reads them.",
                by: Access::Municipal,
                refuses: &[&SUPERVISOR_EXISTS, &PERSON_ERASED],
                rule: correct,
            })
            .act(Act {
                id: "approve_specialist",
                path: "/specialist-status",
                summary: "Record a specialist approval of a supervisor",
                about: "Assignments that have lapsed are active again on the days it covers.",
                by: Access::Municipal,
                refuses: &[],
                rule: async |cx: &Cx<'_, Self>, asked: &ApproveSpecialist| {
                    let period = edge::period(asked.from, asked.to)?;
                    Ok(cx.parties.or_not_found()?.approve_specialist(period)?)
                },
            })
            .act(Act {
                id: "end_specialist",
                path: "/specialist-status/end",
                summary: "End the specialist approval of a supervisor",
                about: "Assignments that no exemption covers lapse from the next day by \
                        themselves.",
                by: Access::Municipal,
                refuses: &[&NOT_A_SPECIALIST],
                rule: async |cx: &Cx<'_, Self>, asked: &EndSpecialist| {
                    Ok(cx.parties.or_not_found()?.end_specialist(asked.to.0)?)
                },
            })
            .act(Act {
                id: "complete_supervisor_course",
                path: "/courses",
                summary: "Record a course that a supervisor has completed",
                about: "",
                by: Access::Municipal,
                refuses: &[],
                rule: async |cx: &Cx<'_, Self>, asked: &CompleteCourse| {
                    Ok(cx.parties.or_not_found()?.complete_course(asked.course()?)?)
                },
            })
            .act(Act {
                id: "correct_supervisor_course",
                path: "/courses/correction",
                summary: "Correct a course of a supervisor",
                about: "The first account stays in the history; `known_at` before the correction \
                        shows it.",
                by: Access::Municipal,
                refuses: &[],
                rule: async |cx: &Cx<'_, Self>, asked: &CorrectCourse| {
                    let supervisor = cx.parties.or_not_found()?;
                    let recorded = asked.recorded(supervisor)?;
                    let really = asked.course(&recorded.course)?;
                    Ok(supervisor.correct_course(recorded, really, asked.reason.clone())?)
                },
            })
            .act(Act {
                id: "set_supervisor_capacity",
                path: "/capacity",
                summary: "Set how many trainees a supervisor takes",
                about: "More active trainees than this is a warning on each assignment, never a \
                        refusal.",
                by: Access::Municipal,
                refuses: &[],
                rule: async |cx: &Cx<'_, Self>, asked: &SetCapacity| {
                    Ok(cx.parties.or_not_found()?.set_capacity(asked.trainees, asked.from.0)?)
                },
            })
    }
}

/// A supervisor to register.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RegisterSupervisor {
    /// The supervisor's HPR number: one supervisor each. A trainee may have the same.
    hpr_number: HprNumber,
    /// The supervisor's name.
    name: Name,
    /// Since when the supervisor is an approved specialist in general practice. A clinical
    /// supervisor need not be one.
    #[deserr(default)]
    specialist_since: Option<Day>,
    /// Trainees that the supervisor takes at the same time; 3 by default.
    #[deserr(default)]
    capacity: Option<TraineeCapacity>,
    /// What other systems call the supervisor; each id names one supervisor.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
    /// The municipality that registers the supervisor; needed of callers who act for several.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

/// Of supervisors, one at most has an HPR number.
static SUPERVISORS: PersonKind =
    PersonKind { name: "supervisor", hpr_subject, exists: &SUPERVISOR_EXISTS };

async fn register(
    view: &View,
    by: &By,
    _: &Place,
    asked: &RegisterSupervisor,
) -> Result<Made<Supervisor>, Refusal> {
    checked(&asked.external_ids)?;
    let municipality = by.permissions().registering_municipality(asked.municipality.as_ref())?;
    let hpr_lookup = by.vault().lookup(&asked.hpr_number);
    let person = NewPerson::new(by.vault(), &asked.name, Some(&asked.hpr_number));
    view.is_new(&subject(person.id)).await?;
    SUPERVISORS.free(view, &hpr_lookup).await?;
    free::<Supervisor>(view, &asked.external_ids).await?;
    let person_keys = person.keys();
    let registered = Registered {
        supervisor: person.id,
        sealed: person.sealed,
        hpr_lookup,
        specialist_since: asked.specialist_since.map(|day| day.0),
        capacity: asked.capacity,
        external_ids: asked.external_ids.clone(),
        municipality,
        on: by.today,
    };
    let made = Made::new(person.id, None, vec![registered.into()]);
    Ok(Made { person_keys, ..made })
}

/// A run of days; both ends belong to it.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct SpecialistPeriod {
    /// First day.
    from: Day,
    /// Last day; open by default.
    #[deserr(default)]
    to: Option<Day>,
}

/// Who the supervisor really is; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectSupervisor {
    /// The supervisor's HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// The supervisor's name.
    #[deserr(default)]
    name: Option<Name>,
    /// When the supervisor was, is and will be an approved specialist, told whole; empty for never.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    specialist_periods: Option<Vec<SpecialistPeriod>>,
    /// Why it is corrected.
    reason: Comment,
}

fn specialist_periods(recorded: &[SpecialistPeriod]) -> Result<Vec<Period>, FieldFault> {
    if recorded.len() > SPECIALIST_PERIODS_MAX {
        let fault = Fault::new("too_many", "At most 20.", "Høyst 20.");
        return Err(FieldFault::at("/specialist_periods", fault));
    }
    let mut periods = Vec::with_capacity(recorded.len());
    for (place, period) in recorded.iter().enumerate() {
        periods.push(edge::period(period.from, period.to).map_err(|fault| {
            let pointer = format!("/specialist_periods/{place}{}", fault.pointer);
            FieldFault { pointer, ..fault }
        })?);
    }
    periods.sort_unstable();
    Ok(periods)
}

async fn correct(cx: &Cx<'_, Supervisor>, asked: &CorrectSupervisor) -> Decided<Supervisor> {
    let specialist = asked.specialist_periods.as_deref().map(specialist_periods).transpose()?;
    let supervisor = cx.parties.or_not_found()?;
    not_erased(supervisor.erased.as_ref())?;
    let (sealed, hpr_lookup) = (supervisor.sealed.as_str(), Some(supervisor.hpr_lookup.as_str()));
    let belongs_to = supervisor.municipalities_on(cx.by.today);
    let recorded = RecordedPerson { id: *cx.key, sealed, hpr_lookup, belongs_to };
    let (name, number) = (asked.name.as_ref(), asked.hpr_number.as_ref());
    let by = (cx.by.vault(), cx.by.permissions());
    let person = SUPERVISORS.corrected(cx.view, by, recorded, name, number).await?;
    let how = Corrected {
        supervisor: *cx.key,
        corrects: supervisor.recorded_at_position,
        sealed: person.sealed,
        hpr_lookup: person.hpr_lookup.unwrap_or_else(|| supervisor.hpr_lookup.clone()),
        specialist: specialist.unwrap_or_else(|| supervisor.specialist.clone()),
        reason: asked.reason.clone(),
        on: cx.by.today,
    };
    Ok(supervisor.correct(how, person.same)?)
}
