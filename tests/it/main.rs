//! All integration tests, in one program: it links once and shares one PostgreSQL.

mod support;

mod compose;
mod embedded_postgres;
mod import;
mod kernel;
mod openapi;
mod position;
mod programme;
mod reference;
mod reference_import;
mod staffing;
mod test_databases;
mod trainee;
