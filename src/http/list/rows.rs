//! Which rows of a list are whose.

use crate::http::actor::Role;

/// Which rows of a read model are whose: a caller sees those that are theirs in any of these ways.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    pub(super) ways: Vec<Way>,
    pub(super) is_open: bool,
}

/// One way in which a row is somebody's; the text is the column that tells.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Municipality(&'static str),
    Municipalities(&'static str),
    Doctor(&'static str),
    Supervisor(&'static str),
    Leader(&'static str),
    Organisation(&'static str),
    AllWith(Role),
    AllWithIndividuals,
}

impl Rows {
    /// Everybody sees every row.
    pub fn open() -> Self {
        Self { ways: Vec::new(), is_open: true }
    }

    /// Rows of a municipality, by the column that holds its number.
    pub fn of_municipality(column: &'static str) -> Self {
        Self { ways: vec![Way::Municipality(column)], is_open: false }
    }

    /// Rows of several municipalities, by the column that holds their numbers.
    pub fn of_municipalities(column: &'static str) -> Self {
        Self { ways: vec![Way::Municipalities(column)], is_open: false }
    }

    /// Rows of a doctor, by the column that holds the id.
    pub fn of_doctor(column: &'static str) -> Self {
        Self { ways: vec![Way::Doctor(column)], is_open: false }
    }

    /// Rows that everybody sees who sees individuals at all.
    pub fn of_pool() -> Self {
        Self { ways: vec![Way::AllWithIndividuals], is_open: false }
    }

    fn or(mut self, way: Way) -> Self {
        self.ways.push(way);
        self
    }

    /// Also rows of a doctor.
    pub fn or_of_doctor(self, column: &'static str) -> Self {
        self.or(Way::Doctor(column))
    }

    /// Also the rows of a supervisor, for that supervisor.
    pub fn or_of_supervisor(self, column: &'static str) -> Self {
        self.or(Way::Supervisor(column))
    }

    /// Also the rows of a leader, for that leader.
    pub fn or_of_leader(self, column: &'static str) -> Self {
        self.or(Way::Leader(column))
    }

    /// Also the rows of an organisation, by the column that holds its number.
    pub fn or_of_organisation(self, column: &'static str) -> Self {
        self.or(Way::Organisation(column))
    }

    /// Also every row, for a role.
    pub fn or_all_for(self, role: Role) -> Self {
        self.or(Way::AllWith(role))
    }
}
