//! All integration tests, in one program: it links once and shares one PostgreSQL.

mod support;

mod compose;
mod curriculum;
mod embedded_postgres;
mod leader;
mod learning_goal;
mod test_databases;
mod trainee;
