//! Which callers an operation is for: a word at each operation (`x-access`), and what it means.
//!
//! The word, with the scope that follows from the operation's group and method, is what the gate
//! enforces and what the document tells: one declaration.

use std::sync::Arc;

use super::actor::Role;

/// What an operation asks of its callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The scope, without prefix: `positions.read`.
    pub scope: String,
    pub access: Access,
    /// The id of the operation.
    pub operation: Arc<str>,
}

/// Whom an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads what is nobody's in particular: everybody with the scope.
    Anybody,
    /// Reads individuals: whoever reaches them; others find nothing.
    Individuals,
    /// Reads a report on individuals: whoever may see some. To others an empty one would be a
    /// figure: none.
    IndividualReports,
    /// Reads figures: whoever has a role. Who may not see individuals gets suppressed figures.
    Figures,
    /// Keeps reference data, catalogues and organisations.
    Register,
    /// Runs programmes.
    Programme,
    /// Acts for the municipality that it concerns.
    Municipal,
    /// A doctor's own act.
    OfTrainee,
    /// A supervisor's own act.
    OfSupervisor,
    /// A leader's own act.
    OfLeader,
    /// The directorate's own act.
    OfDirectorate,
    /// Gives access.
    Grants,
    /// Answers what is granted to oneself.
    Grantee,
    /// Ends access: either side of it.
    GrantParties,
    /// Looks at who read what: an auditor at all of it, a person at what is theirs.
    AccessLog,
    /// A person's own data, by that person; or by whoever keeps the register.
    OwnData,
}

/// Every word and its meaning.
pub const ALL: [(&str, Access); 16] = [
    ("anybody", Access::Anybody),
    ("individuals", Access::Individuals),
    ("individual_reports", Access::IndividualReports),
    ("figures", Access::Figures),
    ("register", Access::Register),
    ("programme", Access::Programme),
    ("municipal", Access::Municipal),
    ("of_trainee", Access::OfTrainee),
    ("of_supervisor", Access::OfSupervisor),
    ("of_leader", Access::OfLeader),
    ("of_directorate", Access::OfDirectorate),
    ("grants", Access::Grants),
    ("grantee", Access::Grantee),
    ("grant_parties", Access::GrantParties),
    ("access_log", Access::AccessLog),
    ("own_data", Access::OwnData),
];

/// What somebody must be for the operations of figures: anything.
const ANY_ROLE: &[Role] = &[
    Role::Municipality,
    Role::System,
    Role::Office,
    Role::Directorate,
    Role::Register,
    Role::Reporting,
    Role::Auditor,
    Role::Leader,
    Role::Supervisor,
    Role::Trainee,
    Role::Loader,
];

/// What somebody must be to reach any individual, today or another day.
const SEE_INDIVIDUALS: &[Role] = &[
    Role::Municipality,
    Role::System,
    Role::Office,
    Role::Auditor,
    Role::Leader,
    Role::Supervisor,
    Role::Trainee,
    Role::Loader,
];

impl Access {
    /// What an operation's word means.
    pub fn of_word(word: &str) -> Option<Self> {
        ALL.iter().find(|(name, _)| *name == word).map(|(_, access)| *access)
    }

    /// The word that operations declare it by.
    pub fn word(self) -> &'static str {
        let named = ALL.iter().find(|(_, access)| *access == self);
        named.map_or("", |(word, _)| *word)
    }

    /// The roles of which a caller needs one; empty when none is needed.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Access::Anybody | Access::Individuals => &[],
            Access::IndividualReports => SEE_INDIVIDUALS,
            Access::Figures => ANY_ROLE,
            Access::Register => &[Role::Register, Role::Loader],
            Access::Programme => &[Role::Register, Role::Office, Role::Loader],
            Access::Municipal => &[Role::Municipality, Role::System, Role::Leader, Role::Loader],
            Access::OfTrainee => &[Role::Trainee, Role::Municipality, Role::System, Role::Loader],
            Access::OfSupervisor => {
                &[Role::Supervisor, Role::Municipality, Role::System, Role::Loader]
            }
            Access::OfLeader => &[Role::Leader, Role::Municipality, Role::System, Role::Loader],
            Access::OfDirectorate => &[Role::Directorate, Role::Loader],
            Access::Grants | Access::GrantParties => {
                &[Role::Municipality, Role::Register, Role::Loader]
            }
            Access::Grantee => &[Role::Loader],
            Access::OwnData => {
                &[Role::Register, Role::Loader, Role::Trainee, Role::Supervisor, Role::Leader]
            }
            Access::AccessLog => {
                &[Role::Auditor, Role::Trainee, Role::Supervisor, Role::Leader, Role::Loader]
            }
        }
    }

    /// Whether the caller must be able to act for the municipality of what the address names. A
    /// person's own act needs no more than to be that person; a system acts for the municipality.
    pub fn acts_for_municipality(self, is_person: bool) -> bool {
        match self {
            Access::Municipal => true,
            Access::OfTrainee | Access::OfSupervisor | Access::OfLeader => !is_person,
            Access::Anybody
            | Access::Individuals
            | Access::IndividualReports
            | Access::Figures
            | Access::Register
            | Access::Programme
            | Access::OfDirectorate
            | Access::Grants
            | Access::Grantee
            | Access::GrantParties
            | Access::AccessLog
            | Access::OwnData => false,
        }
    }

    /// Whether it is about what is held on the caller, which is theirs to know as long as they are
    /// registered: also a leader's who leads nowhere any more, and so has no role.
    pub fn stays_ones_own(self) -> bool {
        matches!(self, Access::OwnData | Access::AccessLog)
    }

    /// Whether it is for the organisation that has the grant of the address, whatever else that is:
    /// what is offered to it is its to answer, and what it has to give back.
    pub fn is_for_grantee(self) -> bool {
        matches!(self, Access::Grantee | Access::GrantParties)
    }

    /// What the document says of it.
    pub fn sentence(self) -> &'static str {
        match self {
            Access::Anybody => "For every caller with the scope.",
            Access::Individuals => {
                "For every caller with the scope; shows only what the caller reaches: one's own \
                 municipality, the municipalities of one's office, the doctors one leads or \
                 supervises, oneself."
            }
            Access::IndividualReports => {
                "For callers who may see individuals: a municipality, a system it has delegated \
                 to, an ALIS office, a leader, a supervisor, a doctor, an auditor. Counts only whom \
                 the caller reaches."
            }
            Access::Figures => {
                "For callers with any role. Who may not see individuals gets rounded figures."
            }
            Access::Register => "For whoever keeps the register.",
            Access::Programme => "For whoever keeps the register, and for ALIS offices.",
            Access::Municipal => {
                "For the municipality concerned, a system it has delegated to, and its leaders."
            }
            Access::OfTrainee => {
                "For the doctor, or for the municipality or a system it has delegated to, which \
                 then names the doctor."
            }
            Access::OfSupervisor => {
                "For the supervisor, or for the municipality or a system it has delegated to, \
                 which then names the supervisor."
            }
            Access::OfLeader => {
                "For the leader, or for the municipality or a system it has delegated to, which \
                 then names the leader."
            }
            Access::OfDirectorate => "For the directorate.",
            Access::Grants => {
                "For the municipality that delegates, and for whoever keeps the register."
            }
            Access::Grantee => "For the organisation that it is granted to.",
            Access::GrantParties => {
                "For the organisation that it is granted to, the municipality that delegates, and \
                 whoever keeps the register."
            }
            Access::AccessLog => {
                "For auditors; a doctor, a supervisor and a leader see who read about them."
            }
            Access::OwnData => "For that person, and for whoever keeps the register.",
        }
    }
}
