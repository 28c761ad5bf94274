//! Which facts of the feed and of histories a caller may see, as a condition on events.

use crate::event_log::feed::Visible;
use crate::http::actor::{Actor, Role};

/// The read model that the condition rests on.
pub const MODEL: &str = "trainees";
/// Facts that are nobody's in particular.
const OPEN: [&str; 5] =
    ["municipality.%", "alis\\_office.%", "organisation.%", "programme.%", "curriculum.%"];
/// Facts about supervisors themselves, whom all who train doctors share.
const POOLED: &str = "supervisor.%";
/// Erasures, for all who may have known the person at some time: they have something to forget.
const ERASURES: &str = "person.%";
/// Facts about exemptions, which the directorate decides.
const EXEMPTIONS: &str = "supervision\\_exemption.%";
/// Facts about grants, for whoever keeps the register.
const GRANTS: &str = "access.%";

/// What an actor may see; `None` is everything. `day` is today.
pub fn of(actor: &Actor, day: jiff::civil::Date) -> Option<Visible> {
    let permissions = &actor.permissions;
    if permissions.sees_everything() {
        return None;
    }
    let mut types: Vec<String> = OPEN.iter().map(|&like| like.to_owned()).collect();
    let more = [
        (permissions.sees_individuals(), POOLED),
        (permissions.sees_individuals() || permissions.has(Role::Register), ERASURES),
        (permissions.has(Role::Directorate), EXEMPTIONS),
        (permissions.has(Role::Register), GRANTS),
    ];
    types.extend(more.iter().filter(|(sees, _)| *sees).map(|(_, like)| (*like).to_owned()));
    let mut subjects = Vec::new();
    subjects.extend(permissions.supervisor.map(|id| format!("supervisor:{id}")));
    subjects.extend(permissions.leader.map(|id| format!("leader:{id}")));
    subjects.extend(permissions.organisation.iter().map(|number| format!("grantee:{number}")));
    Some(Visible {
        condition: include_str!("sql/visible.sql"),
        types,
        municipalities: permissions.numbers(),
        subjects,
        trainees: permissions.trainees.iter().map(ToString::to_string).collect(),
        day,
    })
}
