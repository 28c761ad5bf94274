//! SQL as PostgreSQL sees it: what it makes of each file, who may run what, and by which plans.

mod files;
mod least;
mod lists;
mod roles;
