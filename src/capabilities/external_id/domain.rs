//! What is recorded of ids in other systems. What that comes to for a resource is in
//! [`super::external_ids`], and for an id in [`super::claims`].

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::aggregate::{DecodeError, DomainEvent, Fact, Subject};
use crate::capabilities::reference::domain::alis_office_subject;
use crate::capabilities::{leader, position, programme, trainee};
use crate::identifiers::{Comment, ExternalId, MunicipalityNumber};

/// Declares the kinds: the member of facts that holds an id of the kind, the kind of subject that
/// stands for an id in another system, and the names under which the facts are stored; and such
/// names of resources that are declared as [`crate::http::resource`] says.
macro_rules! kinds {
    ($(
        $kind:ident = $member:literal, $subject:literal, $added:literal, $withdrawn:literal;
    )+ $( + $stored:literal )+) => {
        /// What has ids in other systems. One id in a system names one thing of a kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $( $kind, )+ }

        impl Kind {
            /// What it is called in facts and in the refusal: the member that holds the id.
            pub fn member(self) -> &'static str {
                match self { $( Kind::$kind => $member, )+ }
            }

            fn subject_kind(self) -> &'static str {
                match self { $( Kind::$kind => $subject, )+ }
            }

            fn added(self) -> &'static str {
                match self { $( Kind::$kind => $added, )+ }
            }

            fn withdrawn(self) -> &'static str {
                match self { $( Kind::$kind => $withdrawn, )+ }
            }
        }

        /// The names under which these facts are stored. Each begins like its resource's other
        /// ones, because that tells who may see it.
        pub const TYPES: &[&str] = &[ $( $added, $withdrawn, )+ $( $stored, )+ ];
    };
}

kinds! {
    Trainee = "trainee", "trainee-external",
        "trainee.external_id_added.v1", "trainee.external_id_withdrawn.v1";
    Leader = "leader", "leader-external",
        "leader.external_id_added.v1", "leader.external_id_withdrawn.v1";
    Position = "position", "position-external",
        "position.external_id_added.v1", "position.external_id_withdrawn.v1";
    Occupancy = "occupancy", "occupancy-external",
        "position.occupancy_external_id_added.v1", "position.occupancy_external_id_withdrawn.v1";
    Programme = "programme", "programme-external",
        "programme.external_id_added.v1", "programme.external_id_withdrawn.v1";
    AlisOffice = "office", "alis-office-external",
        "alis_office.external_id_added.v1", "alis_office.external_id_withdrawn.v1";
    + "supervisor.external_id_added.v1"
    + "supervisor.external_id_withdrawn.v1"
    + "supervisor_assignment.external_id_added.v1"
    + "supervisor_assignment.external_id_withdrawn.v1"
    + "supervision_exemption.external_id_added.v1"
    + "supervision_exemption.external_id_withdrawn.v1"
}

/// What the names of these facts end with, whatever they are about.
const ADDED: &str = "external_id_added.v1";
const WITHDRAWN: &str = "external_id_withdrawn.v1";

/// The resource that another system has a name for, and whom else that concerns. Stored by its
/// members alone, so what has more of them stands before what has fewer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Resource {
    Occupancy {
        position: Uuid,
        occupancy: Uuid,
        trainee: Uuid,
        municipality: MunicipalityNumber,
    },
    Position {
        position: Uuid,
        municipality: MunicipalityNumber,
    },
    Trainee {
        trainee: Uuid,
    },
    Leader {
        leader: Uuid,
        /// Where the leader leads: the municipality that tells it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        municipality: Option<MunicipalityNumber>,
    },
    Programme {
        programme: Uuid,
    },
    AlisOffice {
        office: Uuid,
    },
}

impl Resource {
    /// What it is, and its id.
    pub fn named(&self) -> (Kind, Uuid) {
        match self {
            Resource::Occupancy { occupancy, .. } => (Kind::Occupancy, *occupancy),
            Resource::Position { position, .. } => (Kind::Position, *position),
            Resource::Trainee { trainee } => (Kind::Trainee, *trainee),
            Resource::Leader { leader, .. } => (Kind::Leader, *leader),
            Resource::Programme { programme } => (Kind::Programme, *programme),
            Resource::AlisOffice { office } => (Kind::AlisOffice, *office),
        }
    }

    /// The subjects that its other facts have, too.
    fn subjects(&self) -> Vec<Subject> {
        match self {
            Resource::Occupancy { position, trainee, .. } => {
                vec![position::domain::subject(*position), trainee::subject(*trainee)]
            }
            Resource::Position { position, .. } => vec![position::domain::subject(*position)],
            Resource::Trainee { trainee } => vec![trainee::subject(*trainee)],
            Resource::Leader { leader, .. } => vec![leader::subject(*leader)],
            Resource::Programme { programme } => vec![programme::subject(*programme)],
            Resource::AlisOffice { office } => vec![alis_office_subject(*office)],
        }
    }

    fn municipality(&self) -> Option<&MunicipalityNumber> {
        match self {
            Resource::Occupancy { municipality, .. } | Resource::Position { municipality, .. } => {
                Some(municipality)
            }
            Resource::Leader { municipality, .. } => municipality.as_ref(),
            Resource::Trainee { .. } | Resource::Programme { .. } | Resource::AlisOffice { .. } => {
                None
            }
        }
    }
}

/// Another system has a name for a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Added {
    #[serde(flatten)]
    pub resource: Resource,
    pub external_id: ExternalId,
    pub on: Date,
}

/// That another system has this name for it was told wrong: it never was this resource's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    #[serde(flatten)]
    pub resource: Resource,
    pub external_id: ExternalId,
    /// The fact that was wrong, by its place in the log.
    pub corrects: i64,
    pub reason: Comment,
    pub on: Date,
}

/// What is recorded of ids in other systems. What a resource is registered with stands in the fact
/// that registers it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Added(Added),
    Withdrawn(Withdrawn),
}

/// The subject of an id in another system among resources of a kind: one each.
pub fn subject(kind: Kind, external: &ExternalId) -> Subject {
    Subject::new(kind.subject_kind(), format!("{}/{}", external.system, external.id))
}

/// The subjects of ids that a resource of a kind is registered with.
pub fn subjects(kind: Kind, ids: &[ExternalId]) -> impl Iterator<Item = Subject> {
    ids.iter().map(move |external| subject(kind, external))
}

impl Event {
    /// The resource that it is about.
    pub fn resource(&self) -> &Resource {
        match self {
            Event::Added(f) => &f.resource,
            Event::Withdrawn(f) => &f.resource,
        }
    }

    /// The id of that resource.
    pub fn id(&self) -> Uuid {
        self.resource().named().1
    }

    /// The id in the other system.
    pub fn external_id(&self) -> &ExternalId {
        match self {
            Event::Added(f) => &f.external_id,
            Event::Withdrawn(f) => &f.external_id,
        }
    }
}

impl DomainEvent for Event {
    fn type_name(&self) -> &'static str {
        let (kind, _) = self.resource().named();
        match self {
            Event::Added(_) => kind.added(),
            Event::Withdrawn(_) => kind.withdrawn(),
        }
    }
    fn payload(&self) -> String {
        let json = match self {
            Event::Added(f) => serde_json::to_string(f),
            Event::Withdrawn(f) => serde_json::to_string(f),
        };
        json.expect("facts are plain data, which always serialises")
    }
    fn subjects(&self) -> Vec<Subject> {
        let (kind, _) = self.resource().named();
        let mut subjects = self.resource().subjects();
        subjects.push(subject(kind, self.external_id()));
        subjects
    }
    fn effective_from(&self) -> Date {
        match self {
            Event::Added(f) => f.on,
            Event::Withdrawn(f) => f.on,
        }
    }
    fn municipality(&self) -> Option<&str> {
        self.resource().municipality().map(MunicipalityNumber::as_str)
    }
    fn decode(fact: &Fact<'_>) -> Result<Option<Self>, DecodeError> {
        let read = if fact.kind.ends_with(ADDED) {
            serde_json::from_str(fact.payload).map(Event::Added)
        } else if fact.kind.ends_with(WITHDRAWN) {
            serde_json::from_str(fact.payload).map(Event::Withdrawn)
        } else {
            return Ok(None);
        };
        read.map(Some).map_err(|error| DecodeError {
            position: fact.position,
            kind: fact.kind.to_owned(),
            reason: error.to_string(),
        })
    }
}
