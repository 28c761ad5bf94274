//! What leaders are to callers, and what can be done with them; what is done with their terms is in
//! [`terms`].

mod terms;

use deserr::Deserr;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::delegation::{lent, nobody_there};
use super::domain::{Corrected, EXTERNAL_IDS, Event, Registered, hpr_subject, subject};
use super::leaders::Leaders;
use super::problems::*;
use super::state::Leader;
use super::view::LeaderView;
use crate::aggregate::{Evolve as _, Subject};
use crate::capabilities::person::domain::not_erased;
use crate::capabilities::person::problems::PERSON_ERASED;
use crate::capabilities::reference::municipality_in_use;
use crate::edge::{self, Day, Faults, Id};
use crate::event_log::{Loaded, Refusal, View};
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

impl Resource for Leader {
    const KIND: Kind = Kind {
        name: "leader",
        plural: "leaders",
        noun: "leader",
        tag: "leaders",
        path: "/v1/leaders",
        places: &[PathParameter::id("id", "The leader.", "01890a5d-ac96-774b-bcce-b302099a8061")],
        read_by: Access::Individuals,
        about_read: "",
        about_history: "Every event that concerns the leader's registration and terms, newest \
                        first. What the leader decided stands in the history of what was decided.",
        external_ids: Some((&EXTERNAL_IDS, Access::Municipal)),
    };
    type Key = Uuid;
    type Event = Event;
    type Parties = Option<Self>;
    type View = LeaderView;

    async fn load(view: &View, id: &Uuid) -> Result<Option<Self>, Refusal> {
        there(view, &subject(*id)).await
    }

    fn home(_: &Option<Self>, id: &Uuid) -> Subject {
        subject(*id)
    }

    fn evolve(leader: &mut Option<Self>, event: &Event) {
        leader.evolve(event);
    }

    fn show(leader: &Option<Self>, _: &Uuid, day: Date) -> Option<LeaderView> {
        leader.as_ref().map(|leader| LeaderView::on(leader, day))
    }

    fn first_day(_: &Option<Self>, _: &Uuid) -> Date {
        FIRST_DAY // a person is somebody on every day
    }

    async fn concerns(view: &View, id: &Uuid, day: Date) -> Result<Concerns, Refusal> {
        let mut concerns = Concerns::default();
        if let Some(leader) = view.consult::<Option<Self>>(&subject(*id)).await?.state {
            concerns.municipalities =
                leader.terms().map(|term| term.municipality.clone()).collect();
            concerns.today = leader.municipalities_from(day);
            concerns.leader = Some(*id);
        }
        Ok(concerns)
    }

    fn shows(_: &Option<Self>, _: &Uuid) -> Option<Uuid> {
        None
    }

    fn past(id: &Uuid) -> Past {
        subject(*id).into()
    }

    fn named(leader: &Option<Self>, id: &Uuid, by: &By) -> Result<Option<Held>, Rejection> {
        let leader = leader.or_not_found()?;
        not_erased(leader.erased.as_ref())?;
        // Filed where the caller acts: those who see the leader there hear of it.
        let led = leader.terms().filter(|term| !term.is_over(by.today)).chain(leader.terms());
        let mut numbers = led.map(|term| &term.municipality);
        Ok(Some(Held {
            ids: leader.external_ids.clone(),
            members: vec![("leader", *id)],
            subjects: vec![subject(*id)],
            municipality: numbers
                .find(|number| by.permissions().require_acts_for(number).is_ok())
                .cloned(),
        }))
    }

    fn rename(leader: &mut Option<Self>, _: &Uuid, event: &external_ids::Event) {
        if let Some(leader) = leader {
            leader.external_ids.apply(event, i64::MAX);
        }
    }

    fn listing() -> Option<Listing> {
        let about = "In the order they were registered, as on `as_of`.";
        Some(Listing::of::<Leaders>("leaders", about, Access::Individuals))
    }

    fn operations() -> Operations<Self> {
        let all = Operations::<Self>::none()
            .naming_refuses(&[&PERSON_ERASED])
            .create(Create {
                id: "register_leader",
                summary: "Register a leader",
                about: "Somebody leads in a municipality from a day. Name and HPR number are kept \
                        sealed and stay out of the event log, the feed and every log of the \
                        service.",
                by: Access::Municipal,
                refuses: &[&LEADER_EXISTS, &LEADER_DELEGATES_TOO_MANY, &EXTERNAL_ID_TAKEN],
                rule: register,
            })
            .act(Act {
                id: "correct_leader",
                path: "/correction",
                summary: "Correct who a leader is",
                about: "The wrong name and number stay sealed in the log, where nobody but the \
                        audit reads them.",
                by: Access::Municipal,
                refuses: &[&LEADER_EXISTS, &PERSON_ERASED],
                rule: correct,
            });
        terms::operations(all)
    }
}

/// Of leaders, one at most has an HPR number.
static LEADERS: PersonKind = PersonKind { name: "leader", hpr_subject, exists: &LEADER_EXISTS };

/// A leader to register, with a first term.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct RegisterLeader {
    /// The leader's name.
    name: Name,
    /// The leader's HPR number, if a health worker: one leader each.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// Where the leader leads; the number must be in use on the first day.
    municipality: MunicipalityNumber,
    /// First day.
    from: Day,
    /// Last day, when it is known; open otherwise.
    #[deserr(default)]
    to: Option<Day>,
    /// The leader on whose behalf this one leads, if so: one who leads there on their own account
    /// on those days. It lapses with that leader's term.
    #[deserr(default)]
    delegated_by: Option<Id>,
    /// What other systems call the leader; each id names one leader.
    #[deserr(default)]
    #[schema(required = false, max_items = 20)]
    external_ids: Vec<ExternalId>,
}

async fn register(
    view: &View,
    by: &By,
    _: &Place,
    asked: &RegisterLeader,
) -> Result<Made<Leader>, Refusal> {
    checked(&asked.external_ids)?;
    by.permissions().require_acts_for(&asked.municipality)?;
    terms::may_lend(by.permissions(), asked.delegated_by.map(|by| by.0))?;
    let period = edge::period(asked.from, asked.to)?;
    let hpr_lookup = asked.hpr_number.as_ref().map(|hpr| by.vault().lookup(hpr));
    let id = by.new_id;
    municipality_in_use(view, &asked.municipality, period.from).await?;
    view.is_new(&subject(id)).await?;
    if let Some(lookup) = &hpr_lookup {
        LEADERS.free(view, lookup).await?;
    }
    free::<Leader>(view, &asked.external_ids).await?;
    let delegator = delegator(view, asked.delegated_by).await?;
    let delegation = lent(delegator.as_ref(), id, &asked.municipality, &period)?;
    let person = NewPerson::of(by, &asked.name, asked.hpr_number.as_ref());
    let registered = Registered {
        leader: id,
        sealed: person.sealed.clone(),
        hpr_lookup,
        term: Uuid::now_v7(),
        municipality: asked.municipality.clone(),
        period,
        on: by.today,
        delegation,
        external_ids: asked.external_ids.clone(),
    };
    Ok(person.made(None, vec![registered.into()]))
}

/// The leader on whose behalf another one is to lead, guarded: a term that ends at this moment must
/// know of whom it concerns.
async fn delegator(view: &View, by: Option<Id>) -> Result<Option<Leader>, Refusal> {
    let Some(Id(by)) = by else { return Ok(None) };
    let loaded: Loaded<Option<Leader>> = view.load(&subject(by)).await?;
    Ok(Some(loaded.state.ok_or_else(nobody_there)?))
}

/// Who the leader really is; what is left out stays.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct CorrectLeader {
    /// The leader's name.
    #[deserr(default)]
    name: Option<Name>,
    /// The leader's HPR number.
    #[deserr(default)]
    hpr_number: Option<HprNumber>,
    /// Why it is corrected.
    reason: Comment,
}

async fn correct(cx: &Cx<'_, Leader>, asked: &CorrectLeader) -> Decided<Leader> {
    let (id, today) = (*cx.key, cx.by.today);
    let leader = cx.parties.or_not_found()?;
    not_erased(leader.erased.as_ref())?;
    let (sealed, hpr_lookup) = (leader.sealed.as_str(), leader.hpr_lookup.as_deref());
    let belongs_to = leader.municipalities_from(today);
    let recorded = RecordedPerson { id, sealed, hpr_lookup, belongs_to };
    let (name, number) = (asked.name.as_ref(), asked.hpr_number.as_ref());
    let by = (cx.by.vault(), cx.by.permissions());
    let person = LEADERS.corrected(cx.view, by, recorded, name, number).await?;
    if person.same {
        return Ok(vec![]);
    }
    let corrected = Corrected {
        leader: id,
        corrects: leader.recorded_at_position,
        sealed: person.sealed,
        hpr_lookup: person.hpr_lookup,
        reason: asked.reason.clone(),
        on: today,
    };
    Ok(vec![corrected.into()])
}
