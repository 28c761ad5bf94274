//! The integration tests, all in one program: one build, and one PostgreSQL for all of them.

mod compose;
