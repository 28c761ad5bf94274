//! All integration tests, in one program: it links once and shares one PostgreSQL.

mod support;

mod embedded_postgres;
mod test_databases;
