//! Access: what is granted to whom for a time, and what somebody was appointed to.

pub mod domain;
pub mod grants;
pub mod problems;
pub mod view;

pub use domain::Event;
