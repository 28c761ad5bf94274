//! Who has an id in another system, folded from the facts of the id's own subject.

use uuid::Uuid;

use super::domain::{Event, Kind, Resource};
use crate::aggregate::{DecodeError, DomainEvent as _, Fact, Fold};

/// Somebody who was told to have an id, and was not said to be told wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    pub id: Uuid,
    /// The position, of an occupancy.
    pub position: Option<Uuid>,
}

/// Who was told to have an id in another system, and of whom that was taken back.
#[derive(Debug, Clone, Default)]
pub struct Claims(Vec<Claim>);

#[derive(Debug, Clone)]
enum Claim {
    /// By a fact that registers a resource, which knows its kind.
    Registered(serde_json::Value),
    Added(Holder),
    Withdrawn(Uuid),
}

impl Fold for Claims {
    fn apply(&mut self, fact: &Fact<'_>) -> Result<(), DecodeError> {
        let claim = match Event::decode(fact)? {
            Some(Event::Added(f)) => {
                let position = match f.resource {
                    Resource::Occupancy { position, .. } => Some(position),
                    Resource::Position { .. }
                    | Resource::Trainee { .. }
                    | Resource::Leader { .. }
                    | Resource::Programme { .. }
                    | Resource::AlisOffice { .. } => None,
                };
                Claim::Added(Holder { id: f.resource.named().1, position })
            }
            Some(Event::Withdrawn(f)) => Claim::Withdrawn(f.resource.named().1),
            None => Claim::Registered(serde_json::from_str(fact.payload).unwrap_or_default()),
        };
        self.0.push(claim);
        Ok(())
    }
}

impl Claims {
    /// Those of a kind who have the id by what was told. One of them may be gone meanwhile.
    pub fn holders(&self, kind: Kind) -> Vec<Holder> {
        let mut holders: Vec<Holder> = Vec::new();
        let id_of =
            |payload: &serde_json::Value, member: &str| payload[member].as_str()?.parse().ok();
        for claim in &self.0 {
            match claim {
                Claim::Registered(payload) => {
                    let position = id_of(payload, "position");
                    let holder = id_of(payload, kind.member()).map(|id| Holder { id, position });
                    holders.extend(holder);
                }
                Claim::Added(holder) => holders.push(*holder),
                Claim::Withdrawn(id) => holders.retain(|holder| holder.id != *id),
            }
        }
        holders
    }
}
