//! All integration tests, in one program: it links once and shares one PostgreSQL.

mod support;

mod access;
mod accidents;
mod architecture;
mod compose;
mod crash;
mod curriculum;
mod embedded_postgres;
mod events;
mod dependencies;
mod feed;
mod hardening;
mod identity;
mod kernel;
mod openapi;
mod operate;
mod personal;
mod position;
mod programme;
mod problems;
mod proof;
mod reference;
mod reference_import;
mod import;
mod sql;
mod staffing;
mod sample_reports;
mod supervision;
mod succession;
mod event_log;
mod leader;
mod learning_goal;
mod links;
mod test_databases;
mod trainee;
