//! Tools for whoever changes this project. Nothing of the service depends on them.

pub mod tree;
pub mod rust;
pub mod measure;
pub mod words;
pub mod new;
