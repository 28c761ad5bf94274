//! How far a caller reaches on a day: folded from the facts about the organisation or the person.
//!
//! Nothing here is guarded: access is looked at when a request comes. A fact that is told a moment
//! later counts from the next request on, and what was done before stays.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{GrantedRole, Grants, grantee_subject};
use crate::aggregate::{DecodeError, DomainEvent, Fact, Fold};
use crate::capabilities::leader::{self, Leader};
use crate::capabilities::reference::alis_office::AlisOffice;
use crate::capabilities::reference::domain::{
    OrganisationFacts, OrganisationKind, alis_office_subject, organisation_subject,
};
use crate::capabilities::reference::{self, Lineage};
use crate::capabilities::supervision::assignment::Standing;
use crate::capabilities::supervision::{self, Supervisor};
use crate::capabilities::trainee::{self, Trainee};
use crate::event_log::{EventLog, Failure, View};
use crate::http::actor::{Reach, Role};
use crate::identifiers::{MunicipalityNumber, OrganisationNumber};
use crate::identity::{Caller, Who};

/// Callers whose reach is remembered.
const REMEMBERED_MAX: usize = 10_000;

/// Facts after which somebody may reach further, or less far, than before.
pub const TYPES: &[&str] = &[
    "access.granted.v1",
    "access.grant_ended.v1",
    "organisation.recorded.v1",
    "organisation.corrected.v1",
    "organisation.taken_out.v1",
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
pub struct Founders {
    /// Who keeps the register.
    pub register: Option<OrganisationNumber>,
    /// Who may load a new register on everybody's behalf.
    pub loader: Option<OrganisationNumber>,
}

/// A caller, and a day.
type Key = (String, Date);
/// A reach, and the position of the log that it reflects.
type WorkedOut = (Arc<Reach>, i64);

/// Reaches that were worked out, and until when they hold.
#[derive(Default)]
pub struct Reaches {
    founders: Founders,
    remembered: Mutex<HashMap<Key, WorkedOut>>,
}

impl Reaches {
    /// Nothing worked out yet.
    pub fn new(founders: Founders) -> Self {
        Self { founders, remembered: Mutex::default() }
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
    ) -> Result<Arc<Reach>, Failure> {
        let key = (caller.id(), day);
        // What is read below reflects at least this much.
        let (head, newest) = (log.known_head(), log.newest_watched());
        if let Some((reach, at)) = self.recall(&key)
            && at >= newest
        {
            return Ok(reach);
        }
        let reach = Arc::new(work_out(&log.view(), caller, &self.founders, day).await?);
        let mut remembered =
            self.remembered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(key, (reach.clone(), head));
        Ok(reach)
    }

    fn recall(&self, key: &Key) -> Option<WorkedOut> {
        let remembered = self.remembered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        remembered.get(key).cloned()
    }
}

/// What the facts about an organisation's number say of it.
#[derive(Default)]
struct Organisation {
    recorded: reference::Organisation,
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

async fn work_out(
    view: &View,
    caller: &Caller,
    founders: &Founders,
    day: Date,
) -> Result<Reach, Failure> {
    let mut reach = Reach::default();
    match &caller.who {
        Who::Organisation { number, supplier: None } => {
            let is = |founder: &Option<OrganisationNumber>| founder.as_ref() == Some(number);
            if is(&founders.register) {
                reach.roles.insert(Role::Register);
            }
            if is(&founders.loader) {
                reach.roles.insert(Role::Loader);
            }
            let it = view.consult::<Organisation>(&organisation_subject(number)).await?.state;
            // What exists no more reaches nothing.
            if !it.recorded.is_closed_on(day) {
                by_nature(view, it, day, &mut reach).await?;
                by_grant(view, number, None, day, &mut reach).await?;
            }
            without_appointments_beside(&mut reach);
        }
        // A supplier reaches what the one whom it serves has delegated, never what that one is.
        Who::Organisation { number, supplier: Some(supplier) } => {
            let (served, itself) = (organisation_subject(number), organisation_subject(supplier));
            let served = view.consult::<reference::Organisation>(&served).await?.state;
            let itself = view.consult::<reference::Organisation>(&itself).await?.state;
            if let Some((number, lineage)) = place_of(view, served.on(day), day).await?
                && !itself.is_closed_on(day)
            {
                let served = lineage.behind(&number, day);
                by_grant(view, supplier, Some(&served), day, &mut reach).await?;
            }
        }
        Who::Person { hpr_lookup, employer: _ } => {
            by_doctor(view, hpr_lookup, &mut reach).await?;
            by_supervisor(view, hpr_lookup, day, &mut reach).await?;
            by_leader(view, hpr_lookup, day, &mut reach).await?;
        }
    }
    follow(view, &mut reach, day).await?;
    Ok(reach)
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
async fn by_nature(
    view: &View,
    organisation: Organisation,
    day: Date,
    reach: &mut Reach,
) -> Result<(), Failure> {
    let is_municipality = |facts: &OrganisationFacts| facts.kind == OrganisationKind::Municipality;
    let municipality = organisation.recorded.on(day).filter(is_municipality);
    if let Some((number, _)) = place_of(view, municipality, day).await? {
        reach.roles.insert(Role::Municipality);
        reach.municipalities.insert(number.clone());
        reach.acts_in.insert(number);
    }
    for office in organisation.offices {
        let office = view.consult::<AlisOffice>(&alis_office_subject(office)).await?.state;
        if let Ok(known) = office.known() {
            reach.roles.insert(Role::Office);
            reach.municipalities.extend(known.municipalities_on(day).into_iter().cloned());
        }
    }
    Ok(())
}

/// What is lent to an organisation; `serving` are the numbers of the municipality on whose behalf
/// it calls.
async fn by_grant(
    view: &View,
    number: &OrganisationNumber,
    serving: Option<&BTreeSet<MunicipalityNumber>>,
    day: Date,
    reach: &mut Reach,
) -> Result<(), Failure> {
    let grants = view.consult::<Grants>(&grantee_subject(number)).await?.state;
    for grant in grants.on(day) {
        match (grant.role, &grant.municipality) {
            (GrantedRole::System, Some(municipality)) => {
                if serving.is_none_or(|serving| serving.contains(municipality)) {
                    reach.roles.insert(Role::System);
                    reach.municipalities.insert(municipality.clone());
                    reach.acts_in.insert(municipality.clone());
                }
            }
            (GrantedRole::System, None) => {} // refused when it is granted
            // Whoever calls on another's behalf does so as a system and as nothing else.
            (GrantedRole::Directorate, _) if serving.is_none() => {
                reach.roles.insert(Role::Directorate);
            }
            (GrantedRole::Reporting, _) if serving.is_none() => {
                reach.roles.insert(Role::Reporting);
            }
            (GrantedRole::Auditor, _) if serving.is_none() => {
                reach.roles.insert(Role::Auditor);
            }
            (GrantedRole::Directorate | GrantedRole::Reporting | GrantedRole::Auditor, _) => {}
        }
    }
    Ok(())
}

/// Whoever needs the names of some municipalities holds no appointment for all of them: together
/// they would tell the names of everybody.
fn without_appointments_beside(reach: &mut Reach) {
    if [Role::Municipality, Role::System, Role::Office].iter().any(|role| reach.has(*role)) {
        for appointment in [Role::Auditor, Role::Directorate, Role::Reporting] {
            reach.roles.remove(&appointment);
        }
    }
}

/// A number that was corrected away names nobody any more, hence the second look in each of these.
async fn by_doctor(view: &View, hpr_lookup: &str, reach: &mut Reach) -> Result<(), Failure> {
    let subject = trainee::domain::hpr_subject(hpr_lookup);
    let Ok(id) = view.holder(&subject, "trainee").await?.parse() else { return Ok(()) };
    let doctor = view.consult::<Trainee>(&trainee::subject(id)).await?.state;
    if doctor.known().is_some_and(|known| known.hpr_lookup == hpr_lookup) {
        reach.roles.insert(Role::Doctor);
        reach.doctor = Some(id);
        reach.doctors.insert(id);
    }
    Ok(())
}

async fn by_supervisor(
    view: &View,
    hpr_lookup: &str,
    day: Date,
    reach: &mut Reach,
) -> Result<(), Failure> {
    let subject = supervision::domain::hpr_subject(hpr_lookup);
    let Ok(id) = view.holder(&subject, "supervisor").await?.parse() else { return Ok(()) };
    let supervisor = view.consult::<Supervisor>(&supervision::subject(id)).await?.state;
    let Ok(known) = supervisor.known() else { return Ok(()) };
    if known.hpr_lookup != hpr_lookup {
        return Ok(());
    }
    reach.roles.insert(Role::Supervisor);
    reach.supervisor = Some(id);
    let today = known.assignments.iter().filter(|assignment| {
        matches!(
            assignment.standing_on(day),
            Some(
                Standing::Proposed | Standing::Accepted | Standing::Held | Standing::Paused { .. }
            )
        )
    });
    reach.doctors.extend(today.map(|assignment| assignment.trainee));
    Ok(())
}

async fn by_leader(
    view: &View,
    hpr_lookup: &str,
    day: Date,
    reach: &mut Reach,
) -> Result<(), Failure> {
    let subject = leader::domain::hpr_subject(hpr_lookup);
    let Ok(id) = view.holder(&subject, "leader").await?.parse() else { return Ok(()) };
    let leader = view.consult::<Leader>(&leader::subject(id)).await?.state;
    let same = |known: &&leader::Known| known.hpr_lookup.as_deref() == Some(hpr_lookup);
    let Some(known) = leader.known().filter(same) else { return Ok(()) };
    reach.leader = Some(id);
    for municipality in known.municipalities_on(day) {
        reach.roles.insert(Role::Leader);
        reach.municipalities.insert(municipality.clone());
        reach.acts_in.insert(municipality.clone());
    }
    Ok(())
}

/// Follows the numbers of municipalities: whoever has a right under one has it under the one that
/// this was exchanged for, and what is filed under an old number is the successor's now.
async fn follow(view: &View, reach: &mut Reach, day: Date) -> Result<(), Failure> {
    let all = reach.municipalities.union(&reach.acts_in).cloned();
    let lineage = reference::lineage(view, all.collect::<Vec<_>>(), None).await?;
    let today = reach.acts_in.iter().map(|number| lineage.goes_on_as(number, day).clone());
    reach.acts_as = today.collect();
    for numbers in [&mut reach.municipalities, &mut reach.acts_in] {
        let followed = numbers.iter().flat_map(|number| lineage.reach(number, day));
        *numbers = followed.collect();
    }
    Ok(())
}
