//! The act of erasing: what a person is registered as, and the facts that forget all of it. The
//! same for whoever asks for it and for the clock ([`super::retention`]).

use jiff::civil::Date;
use uuid::Uuid;

use super::domain::{Erased, ErasureReason, Event, Person, PersonKind};
use crate::event_log::{Anything, Failure, View};
use crate::problem::Rejection;

/// One thing that a person is registered as.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    pub kind: PersonKind,
    pub id: Uuid,
    pub person: Person,
}

/// What the person with this id is registered as: that first, then whatever else has the same HPR
/// number. Nothing when there is nobody.
pub async fn registered_as(view: &View, id: Uuid) -> Result<Vec<(PersonKind, Uuid)>, Failure> {
    for kind in PersonKind::ALL {
        let person = view.consult::<Person>(&kind.subject(id)).await?.state;
        let mut all = vec![(kind, id)];
        match person {
            Person::Unknown => continue,
            Person::Registered { hpr_lookup: Some(lookup), .. } => {
                all.extend(others(view, id, &lookup).await?);
            }
            Person::Registered { hpr_lookup: None, .. } | Person::Erased(_) => {}
        }
        return Ok(all);
    }
    Ok(vec![])
}

/// What else the person with this HPR number is registered as.
async fn others(view: &View, id: Uuid, lookup: &str) -> Result<Vec<(PersonKind, Uuid)>, Failure> {
    let mut found = Vec::new();
    for kind in PersonKind::ALL {
        // Guarded, and before it is looked at: somebody may register with the number meanwhile.
        let number = kind.hpr_subject(lookup);
        view.load::<Anything>(&number).await?;
        let holder = view.holder(&number, kind.as_str()).await?;
        let Ok(holder) = holder.parse::<Uuid>() else { continue };
        if holder == id {
            continue;
        }
        let person = view.consult::<Person>(&kind.subject(holder)).await?.state;
        // Whoever had the number by mistake, and was corrected, is somebody else.
        if person == (Person::Registered { id: holder, hpr_lookup: Some(lookup.to_owned()) }) {
            found.push((kind, holder));
        }
    }
    Ok(found)
}

/// The facts that forget all of a person in one act; none where it is so already.
pub fn erased(
    all: &[Registration],
    reason: ErasureReason,
    on: Date,
) -> Result<Vec<Event>, Rejection> {
    let mut facts = Vec::new();
    for one in all {
        let others = all.iter().map(|other| other.id).filter(|other| *other != one.id);
        let (person, kind) = (one.id, one.kind);
        let erased = Erased { person, kind, reason, on, together_with: others.collect() };
        facts.extend(one.person.erase(erased)?);
    }
    Ok(facts)
}
