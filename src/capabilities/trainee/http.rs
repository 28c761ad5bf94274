//! What trainees are to callers, and what can be done with them.

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{
    Corrected, EXTERNAL_IDS, Event, Registered, Scheme, Trainee, hpr_subject, subject,
};
use super::problems::*;
use super::trainees::Trainees;
use super::view::TraineeView;
use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::edge::{Day, Faults};
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
use crate::time::FIRST_DAY;

impl Resource for Trainee {
    const KIND: Kind = Kind {
        name: "trainee",
        plural: "trainees",
        noun: "trainee",
        tag: "trainees",
        path: "/v1/trainees",
        places: &[PathParameter::id("id", "The trainee.", "01890a5d-ac96-774b-bcce-b302099a8058")],
        read_by: Access::Individuals,
        about_read: "",
        about_history: "Every event that concerns the doctor's registration and positions, newest \
                        first.",
        external_ids: Some((&EXTERNAL_IDS, Access::Municipal)),
    };
    type Key = Uuid;
    type Event = Event;
    type Parties = Option<Self>;
    type View = TraineeView;

    async fn load(view: &View, id: &Uuid) -> Result<Option<Self>, Refusal> {
        there(view, &subject(*id)).await
    }

    fn home(_: &Option<Self>, id: &Uuid) -> Subject {
        subject(*id)
    }

    fn evolve(trainee: &mut Option<Self>, event: &Event) {
        trainee.evolve(event);
    }

    fn show(trainee: &Option<Self>, _: &Uuid, day: Date) -> Option<TraineeView> {
        trainee.as_ref().map(|trainee| TraineeView::on(trainee, day))
    }

    fn first_day(_: &Option<Self>, _: &Uuid) -> Date {
        FIRST_DAY // a person is somebody on every day
    }

    async fn concerns(view: &View, id: &Uuid, day: Date) -> Result<Concerns, Refusal> {
        let mut concerns = Concerns::default();
        if let Some(trainee) = view.consult::<Option<Self>>(&subject(*id)).await?.state {
            concerns.municipalities = trainee.home_municipalities_on(day);
            concerns.trainee = Some(*id);
            concerns.trainees.insert(*id);
            concerns.shows = Some(*id);
        }
        Ok(concerns)
    }

    fn shows(_: &Option<Self>, id: &Uuid) -> Option<Uuid> {
        Some(*id)
    }

    fn past(id: &Uuid) -> Past {
        subject(*id).into()
    }

    fn named(trainee: &Option<Self>, id: &Uuid, _: &By) -> Result<Option<Held>, Rejection> {
        let trainee = trainee.or_not_found()?;
        not_erased(trainee.erased.as_ref())?;
        Ok(Some(Held {
            ids: trainee.external_ids.clone(),
            members: vec![("trainee", *id)],
            subjects: vec![subject(*id)],
            municipality: None,
        }))
    }

    fn rename(trainee: &mut Option<Self>, _: &Uuid, event: &external_ids::Event) {
        if let Some(trainee) = trainee {
            trainee.rename(event, i64::MAX);
        }
    }

    fn listing() -> Option<Listing> {
        let about = "In the order they were registered, as on `as_of`.";
        Some(Listing::of::<Trainees>("trainees", about, Access::Individuals))
    }

    fn operations() -> Operations<Self> {
        Operations::<Self>::none()
            .naming_refuses(&[&PERSON_ERASED])
            .create(Create {
                id: "register_trainee",
                summary: "Register a trainee",
                about: "A doctor is registered once; the HPR number tells. Name and number are \
                        kept sealed and stay out of the event log, the feed and every log of the \
                        service.",
                by: Access::Municipal,
                refuses: &[&TRAINEE_EXISTS, &EXTERNAL_ID_TAKEN],
                rule: register,
            })
            .act(Act {
                id: "correct_trainee",
                path: "/correction",
                summary: "Correct what was recorded of a trainee",
                about: "The wrong name and number stay sealed in the log, where nobody but the \
                        audit reads them.",
                by: Access::Municipal,
                refuses: &[&TRAINEE_EXISTS, &PERSON_ERASED],
                rule: correct,
            })
            .act(Act {
                id: "change_trainee_scheme",
                path: "/scheme",
                summary: "Change the scheme of a trainee",
                about: "",
                by: Access::Municipal,
                refuses: &[&SCHEME_CHANGE],
                rule: async |cx: &Cx<'_, Self>, asked: &ChangeScheme| {
                    let trainee = cx.parties.or_not_found()?;
                    let (scheme, reason) = (asked.scheme, asked.reason.clone());
                    Ok(trainee.change_scheme(scheme, asked.from.0, reason)?)
                },
            })
    }
}

/// Of trainees, one at most has an HPR number.
static TRAINEES: PersonKind = PersonKind { name: "trainee", hpr_subject, exists: &TRAINEE_EXISTS };

/// A doctor to register.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RegisterTrainee {
    /// The doctor's HPR number: one trainee each.
    hpr_number: HprNumber,
    /// The doctor's name.
    name: Name,
    /// Under which rules the doctor trains.
    scheme: Scheme,
    /// When LIS1 was completed; a doctor cannot begin in a position before that.
    #[deserr(default)]
    lis1_completed_on: Option<Day>,
    /// What other systems call the doctor; each id names one doctor.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
    /// The municipality that registers the doctor; needed of callers who act for several.
    #[deserr(default)]
    municipality: Option<MunicipalityNumber>,
}

async fn register(
    view: &View,
    by: &By,
    _: &Place,
    asked: &RegisterTrainee,
) -> Result<Made<Trainee>, Refusal> {
    checked(&asked.external_ids)?;
    let municipality = by.permissions().registering_municipality(asked.municipality.as_ref())?;
    let hpr_lookup = by.vault().lookup(&asked.hpr_number);
    view.is_new(&subject(by.new_id)).await?;
    TRAINEES.free(view, &hpr_lookup).await?;
    free::<Trainee>(view, &asked.external_ids).await?;
    let person = NewPerson::of(by, &asked.name, Some(&asked.hpr_number));
    let registered = Registered {
        trainee: person.id,
        sealed: person.sealed.clone(),
        hpr_lookup,
        scheme: asked.scheme,
        lis1_completed_on: asked.lis1_completed_on.map(|day| day.0),
        external_ids: asked.external_ids.clone(),
        municipality,
        on: by.today,
    };
    Ok(person.made(None, vec![registered.into()]))
}

/// Who the doctor really is; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectTrainee {
    /// The doctor's HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// The doctor's name.
    #[deserr(default)]
    name: Option<Name>,
    /// When LIS1 was completed.
    #[deserr(default)]
    lis1_completed_on: Option<Day>,
    /// Under which rules the doctor trains from the beginning. Changes of the scheme that were told
    /// are taken back with it: tell those that are right again.
    #[deserr(default)]
    scheme: Option<Scheme>,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct(cx: &Cx<'_, Trainee>, asked: &CorrectTrainee) -> Decided<Trainee> {
    let (id, today) = (*cx.key, cx.by.today);
    let trainee = cx.parties.or_not_found()?;
    not_erased(trainee.erased.as_ref())?;
    let (sealed, hpr_lookup) = (trainee.sealed.as_str(), Some(trainee.hpr_lookup.as_str()));
    let belongs_to = trainee.home_municipalities_on(today);
    let recorded = RecordedPerson { id, sealed, hpr_lookup, belongs_to };
    let (name, number) = (asked.name.as_ref(), asked.hpr_number.as_ref());
    let by = (cx.by.vault(), cx.by.permissions());
    let person = TRAINEES.corrected(cx.view, by, recorded, name, number).await?;
    let lis1 = asked.lis1_completed_on.map(|day| day.0).or(trainee.lis1_completed_on);
    let scheme = asked.scheme.filter(|scheme| !trainee.always_in(*scheme));
    if person.same && lis1 == trainee.lis1_completed_on && scheme.is_none() {
        return Ok(vec![]);
    }
    let corrected = Corrected {
        trainee: id,
        corrects: trainee.recorded_at_position,
        sealed: person.sealed,
        hpr_lookup: person.hpr_lookup.unwrap_or_else(|| trainee.hpr_lookup.clone()),
        lis1_completed_on: lis1,
        scheme,
        reason: asked.reason.clone(),
        on: today,
    };
    Ok(vec![corrected.into()])
}

/// Other rules for the doctor.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ChangeScheme {
    /// Under which rules the doctor trains from that day.
    scheme: Scheme,
    /// The first day.
    from: Day,
    /// Why.
    reason: Comment,
}
