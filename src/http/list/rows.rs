//! Which rows of a list are whose.

use crate::http::actor::Role;

/// Which rows of a read model are whose: a caller sees those that are theirs in any of these ways.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    pub(super) scopes: Vec<RowScope>,
    pub(super) is_open: bool,
}

/// One way in which a row is somebody's; the text is the column that tells.
#[derive(Debug, Clone, Copy)]
pub(super) enum RowScope {
    Municipality(&'static str),
    Municipalities(&'static str),
    Trainee(&'static str),
    Supervisor(&'static str),
    Leader(&'static str),
    Organisation(&'static str),
    AllWith(Role),
    AllWithIndividuals,
}

impl Rows {
    /// Everybody sees every row.
    pub fn open() -> Self {
        Self { scopes: Vec::new(), is_open: true }
    }

    /// Rows of a municipality, by the column that holds its number.
    pub fn of_municipality(column: &'static str) -> Self {
        Self { scopes: vec![RowScope::Municipality(column)], is_open: false }
    }

    /// Rows of several municipalities, by the column that holds their numbers.
    pub fn of_municipalities(column: &'static str) -> Self {
        Self { scopes: vec![RowScope::Municipalities(column)], is_open: false }
    }

    /// Rows of a doctor, by the column that holds the id.
    pub fn of_trainee(column: &'static str) -> Self {
        Self { scopes: vec![RowScope::Trainee(column)], is_open: false }
    }

    /// Rows that everybody sees who sees individuals at all.
    pub fn of_pool() -> Self {
        Self { scopes: vec![RowScope::AllWithIndividuals], is_open: false }
    }

    fn or(mut self, scope: RowScope) -> Self {
        self.scopes.push(scope);
        self
    }

    /// Also rows of a doctor.
    pub fn or_of_trainee(self, column: &'static str) -> Self {
        self.or(RowScope::Trainee(column))
    }

    /// Also the rows of a supervisor, for that supervisor.
    pub fn or_of_supervisor(self, column: &'static str) -> Self {
        self.or(RowScope::Supervisor(column))
    }

    /// Also the rows of a leader, for that leader.
    pub fn or_of_leader(self, column: &'static str) -> Self {
        self.or(RowScope::Leader(column))
    }

    /// Also the rows of an organisation, by the column that holds its number.
    pub fn or_of_organisation(self, column: &'static str) -> Self {
        self.or(RowScope::Organisation(column))
    }

    /// Also every row, for a role.
    pub fn or_all_for(self, role: Role) -> Self {
        self.or(RowScope::AllWith(role))
    }
}
