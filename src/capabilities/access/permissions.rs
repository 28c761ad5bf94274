//! How far a caller reaches on a day: folded from the facts about the organisation or the person.
//!
//! Relations are gathered one by one, each with the municipalities that it gives, and stay apart
//! (docs/decisions/0012-a-right-is-one-relation.md).
//!
//! Nothing here is guarded: access is looked at when a request comes. A fact that is told a moment
//! later counts from the next request on, and what was done before stays.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{GrantedRole, grantee_subject};
use super::grants::Grants;
use crate::aggregate::{DecodeError, DomainEvent, Evolve as _, Fact, Fold};
use crate::capabilities::leader::{self, Leader};
use crate::capabilities::reference::alis_office::AlisOffice;
use crate::capabilities::reference::domain::{
    OrganisationFacts, OrganisationKind, alis_office_subject, organisation_subject,
};
use crate::capabilities::reference::{self, Lineage};
use crate::capabilities::supervision::assignment::OwnStatus;
use crate::capabilities::supervision::{self, Supervisor};
use crate::capabilities::trainee::{self, Trainee};
use crate::event_log::{EventLog, Failure, View};
use crate::http::actor::{Permissions, Places, Role};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::identity::{Caller, Who};
use crate::time::Period;

/// Callers whose reach is remembered.
const REMEMBERED_MAX: usize = 10_000;

/// Facts after which somebody may reach further, or less far, than before.
pub const TYPES: &[&str] = &[
    "access.granted.v1",
    "access.grant_accepted.v1",
    "access.grant_ended.v1",
    "organisation.recorded.v1",
    "organisation.corrected.v1",
    "organisation.entered_in_error.v1",
    "organisation.changed.v1",
    "organisation.change_corrected.v1",
    "organisation.closed.v1",
    "organisation.closure_corrected.v1",
    "municipality.recorded.v1",
    "municipality.succeeded.v1",
    "municipality.succession_corrected.v1",
    "alis_office.registered.v1",
    "alis_office.municipality_assigned.v1",
    "alis_office.municipality_ended.v1",
    "alis_office.assignment_corrected.v1",
    "leader.registered.v1",
    "leader.corrected.v1",
    "leader.term_added.v1",
    "leader.term_ended.v1",
    "leader.term_corrected.v1",
    "person.erased.v1",
    "trainee.registered.v1",
    "trainee.corrected.v1",
    "supervisor.registered.v1",
    "supervisor.corrected.v1",
    "supervisor_assignment.proposed.v1",
    "supervisor_assignment.accepted.v1",
    "supervisor_assignment.declined.v1",
    "supervisor_assignment.withdrawn.v1",
    "supervisor_assignment.paused.v1",
    "supervisor_assignment.resumed.v1",
    "supervisor_assignment.ended.v1",
    "supervisor_assignment.corrected.v1",
];

/// The standing that settings give, and no fact: an installation begins with nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BootstrapOrganisations {
    /// Who keeps the register.
    pub register: Option<OrganisationNumber>,
    /// Who may load a new register on everybody's behalf.
    pub loader: Option<OrganisationNumber>,
}

/// A caller, and a day.
type Key = (String, Date);
/// A reach, and the position of the log that it reflects.
type WorkedOut = (Arc<Permissions>, i64);

/// Reaches that were worked out, and until when they hold.
#[derive(Default)]
pub struct PermissionsCache {
    bootstrap_organisations: BootstrapOrganisations,
    remembered: Mutex<HashMap<Key, WorkedOut>>,
}

impl PermissionsCache {
    /// Nothing worked out yet.
    pub fn new(bootstrap_organisations: BootstrapOrganisations) -> Self {
        Self { bootstrap_organisations, remembered: Mutex::default() }
    }

    /// How far a caller reaches on a day.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn of(
        &self,
        log: &EventLog,
        caller: &Caller,
        day: Date,
    ) -> Result<Arc<Permissions>, Failure> {
        let key = (caller.id(), day);
        // What is read below reflects at least this much.
        let (head, newest) = (log.known_head(), log.newest_watched());
        if let Some((permissions, at)) = self.recall(&key)
            && at >= newest
        {
            return Ok(permissions);
        }
        let permissions =
            Arc::new(work_out(&log.view(), caller, &self.bootstrap_organisations, day).await?);
        let mut remembered =
            self.remembered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(key, (permissions.clone(), head));
        Ok(permissions)
    }

    fn recall(&self, key: &Key) -> Option<WorkedOut> {
        let remembered = self.remembered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        remembered.get(key).cloned()
    }
}

/// What the facts about an organisation's number say of it.
#[derive(Default)]
struct Organisation {
    recorded: Option<reference::Organisation>,
    offices: BTreeSet<Uuid>,
}

impl Fold for Organisation {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        let Some(event) = reference::Event::decode(fact)? else { return Ok(()) };
        if let reference::Event::AlisOfficeRegistered(f) = &event {
            self.offices.insert(f.office);
        }
        self.recorded.evolve_at(&event, fact.position);
        Ok(())
    }
}

/// Relations as they were recorded: what somebody is, and the numbers of municipalities that each
/// was given with.
type Relations = BTreeMap<Role, BTreeSet<MunicipalityNumber>>;

async fn work_out(
    view: &View,
    caller: &Caller,
    bootstrap_organisations: &BootstrapOrganisations,
    day: Date,
) -> Result<Permissions, Failure> {
    let mut permissions = Permissions::default();
    let mut relations = Relations::new();
    match &caller.who {
        Who::Organisation { number, supplier: None } => {
            permissions.organisation = Some(number.clone());
            relations = of_organisation(view, number, day).await?;
            let settings = [
                (&bootstrap_organisations.register, Role::Register),
                (&bootstrap_organisations.loader, Role::Loader),
            ];
            let own = settings.into_iter().filter(|(founder, _)| founder.as_ref() == Some(number));
            relations.extend(own.map(|(_, role)| (role, BTreeSet::new())));
        }
        Who::Organisation { number, supplier: Some(supplier) } => {
            relations = on_behalf_of(view, number, supplier, day).await?;
        }
        Who::Person { hpr_lookup, employer: _ } => {
            by_trainee(view, hpr_lookup, &mut permissions, &mut relations).await?;
            by_supervisor(view, hpr_lookup, day, &mut permissions, &mut relations).await?;
            by_leader(view, hpr_lookup, day, &mut permissions, &mut relations).await?;
        }
    }
    permissions.relations = follow(view, relations, day).await?;
    Ok(permissions)
}

/// What an organisation is, and what of its grants counts beside that.
async fn of_organisation(
    view: &View,
    number: &OrganisationNumber,
    day: Date,
) -> Result<Relations, Failure> {
    let it = view.consult::<Organisation>(&organisation_subject(number)).await?.state;
    // What exists no more reaches nothing.
    if it.recorded.as_ref().is_some_and(|recorded| recorded.is_closed_on(day)) {
        return Ok(Relations::new());
    }
    let mut relations = by_nature(view, it, day).await?;
    let grants = view.consult::<Grants>(&grantee_subject(number)).await?.state;
    let has_municipalities = !relations.is_empty();
    for grant in grants.counting_on(day, has_municipalities) {
        let role = match grant.role {
            GrantedRole::System => Role::System,
            GrantedRole::Directorate => Role::Directorate,
            GrantedRole::Reporting => Role::Reporting,
            GrantedRole::Auditor => Role::Auditor,
        };
        relations.entry(role).or_default().extend(grant.municipality.clone());
    }
    Ok(relations)
}

/// A supplier reaches what the one whom it serves has delegated to it, never what that one is, nor
/// anything else that it is itself.
async fn on_behalf_of(
    view: &View,
    served: &OrganisationNumber,
    supplier: &OrganisationNumber,
    day: Date,
) -> Result<Relations, Failure> {
    let served =
        view.consult::<Option<reference::Organisation>>(&organisation_subject(served)).await?.state;
    let Some((number, lineage)) =
        place_of(view, served.and_then(|served| served.on(day)), day).await?
    else {
        return Ok(Relations::new());
    };
    let theirs = lineage.behind(&number, day);
    let mut delegated = of_organisation(view, supplier, day).await?;
    delegated.retain(|role, numbers| {
        numbers.retain(|number| theirs.contains(number));
        *role == Role::System && !numbers.is_empty()
    });
    Ok(delegated)
}

/// The municipality that an organisation is or lies in, by what it is on a day, under the number it
/// has then. None on days on which the organisation does not exist, and none once its number is out
/// of use and was not merely exchanged for another: what it was is part of something else.
async fn place_of(
    view: &View,
    facts: Option<OrganisationFacts>,
    day: Date,
) -> Result<Option<(MunicipalityNumber, Lineage)>, Failure> {
    let Some(number) = facts.and_then(|facts| facts.municipality) else { return Ok(None) };
    let lineage = reference::lineage(view, [number.clone()], None).await?;
    let number = lineage.goes_on_as(&number, day).clone();
    Ok(lineage.in_use(&number, day).then_some((number, lineage)))
}

/// What an organisation is: a municipality, or whoever runs an ALIS office.
async fn by_nature(view: &View, it: Organisation, day: Date) -> Result<Relations, Failure> {
    let mut relations = Relations::new();
    if let Some(number) = municipality_of(view, &it, day).await? {
        relations.insert(Role::Municipality, BTreeSet::from([number]));
    }
    for office in it.offices {
        let office = view.consult::<Option<AlisOffice>>(&alis_office_subject(office)).await?.state;
        if let Some(office) = office {
            let answers_for = office.municipalities_on(day).into_iter().cloned();
            relations.entry(Role::Office).or_default().extend(answers_for);
        }
    }
    Ok(relations)
}

/// The municipality that an organisation is, by itself, on a day.
async fn municipality_of(
    view: &View,
    it: &Organisation,
    day: Date,
) -> Result<Option<MunicipalityNumber>, Failure> {
    let is_municipality = |facts: &OrganisationFacts| facts.kind == OrganisationKind::Municipality;
    let facts = it.recorded.as_ref().and_then(|recorded| recorded.on(day));
    let place = place_of(view, facts.filter(is_municipality), day).await?;
    Ok(place.map(|(number, _)| number))
}

/// Whether an organisation has municipalities by what it is, on some of these days: it is one, or
/// runs an ALIS office.
pub(super) async fn has_municipalities(
    view: &View,
    number: &OrganisationNumber,
    days: &Period,
) -> Result<bool, Failure> {
    let it = view.consult::<Organisation>(&organisation_subject(number)).await?.state;
    let changes = it.recorded.as_ref().map(reference::Organisation::changes).unwrap_or_default();
    for day in std::iter::once(days.from).chain(changes).filter(|day| days.covers(*day)) {
        if municipality_of(view, &it, day).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(!it.offices.is_empty())
}

/// A number that was corrected away names nobody any more, hence the second look in each of these.
async fn by_trainee(
    view: &View,
    hpr_lookup: &str,
    permissions: &mut Permissions,
    relations: &mut Relations,
) -> Result<(), Failure> {
    let subject = trainee::domain::hpr_subject(hpr_lookup);
    let Ok(id) = view.holder(&subject, "trainee").await?.parse() else { return Ok(()) };
    let trainee = view.consult::<Option<Trainee>>(&trainee::subject(id)).await?.state;
    if trainee.is_some_and(|trainee| trainee.hpr_lookup == hpr_lookup) {
        relations.entry(Role::Trainee).or_default();
        permissions.trainee = Some(id);
        permissions.trainees.insert(id);
    }
    Ok(())
}

async fn by_supervisor(
    view: &View,
    hpr_lookup: &str,
    day: Date,
    permissions: &mut Permissions,
    relations: &mut Relations,
) -> Result<(), Failure> {
    let subject = supervision::domain::hpr_subject(hpr_lookup);
    let Ok(id) = view.holder(&subject, "supervisor").await?.parse() else { return Ok(()) };
    let supervisor = view.consult::<Option<Supervisor>>(&supervision::subject(id)).await?.state;
    let Some(supervisor) = supervisor else { return Ok(()) };
    if supervisor.hpr_lookup != hpr_lookup {
        return Ok(());
    }
    relations.entry(Role::Supervisor).or_default();
    permissions.supervisor = Some(id);
    let today = supervisor.assignments.iter().filter(|assignment| {
        matches!(
            assignment.own_status_on(day),
            Some(
                OwnStatus::Proposed
                    | OwnStatus::Accepted
                    | OwnStatus::Held
                    | OwnStatus::Paused { .. }
            )
        )
    });
    permissions.trainees.extend(today.map(|assignment| assignment.trainee));
    Ok(())
}

async fn by_leader(
    view: &View,
    hpr_lookup: &str,
    day: Date,
    permissions: &mut Permissions,
    relations: &mut Relations,
) -> Result<(), Failure> {
    let subject = leader::domain::hpr_subject(hpr_lookup);
    let Ok(id) = view.holder(&subject, "leader").await?.parse() else { return Ok(()) };
    let leader = view.consult::<Option<Leader>>(&leader::subject(id)).await?.state;
    let same = |leader: &Leader| leader.hpr_lookup.as_deref() == Some(hpr_lookup);
    let Some(leader) = leader.filter(same) else { return Ok(()) };
    permissions.leader = Some(id);
    for municipality in leader.municipalities_on(day) {
        relations.entry(Role::Leader).or_default().insert(municipality.clone());
    }
    Ok(())
}

/// Follows the numbers of municipalities, relation by relation: whoever has a right under one has
/// it under the one that this was exchanged for, and what is filed under an old number is the
/// successor's now.
async fn follow(
    view: &View,
    relations: Relations,
    day: Date,
) -> Result<BTreeMap<Role, Places>, Failure> {
    let all: BTreeSet<MunicipalityNumber> = relations.values().flatten().cloned().collect();
    let lineage = reference::lineage(view, all, None).await?;
    let place = |number: &MunicipalityNumber| {
        (lineage.goes_on_as(number, day).clone(), lineage.covered_by(number, day))
    };
    let followed =
        relations.iter().map(|(role, numbers)| (*role, numbers.iter().map(place).collect()));
    Ok(followed.collect())
}
