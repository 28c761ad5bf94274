//! Statements about the log that others run beside their own.

/// How far the log has come.
pub const HEAD: &str = include_str!("sql/head.sql");
/// How far a read model has come.
pub const MODEL_POSITION: &str = include_str!("sql/model_position.sql");
/// The wrapped keys of persons.
pub const PERSON_KEYS: &str = include_str!("sql/person_keys.sql");
