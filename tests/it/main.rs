//! All integration tests, in one program: it links once and shares one PostgreSQL.

mod support;

mod compose;
mod embedded_postgres;
mod kernel;
mod openapi;
mod programme;
mod reference;
mod supervision;
mod test_databases;
mod trainee;
