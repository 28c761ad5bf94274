//! Access: who is let in, how far they reach, and what is granted to whom for a time.
//!
//! [`gate`] stands before every operation. What it needs to know of a caller follows from facts in
//! the log on the day of the request ([`permissions`]); which callers an operation is for, it
//! declares itself ([`crate::http::access`]). Who a caller is was proved before, by
//! [`crate::identity`].

mod access_grants;
pub mod gate;
mod http;
pub mod permissions;
pub mod visible;

pub use access_grants::AccessGrants;

pub use alis_rules::access::{Event, domain, grants, problems, view};

use super::Capability;
use crate::event_log::projector::declared;

pub static CAPABILITY: Capability = Capability {
    name: "access",
    event_types: &[Event::TYPES],
    external_ids: &[],
    problems: &[problems::ALL],
    routes: http::routes,
    operations: std::vec::Vec::new,
    projections: || vec![declared::<AccessGrants>()],
    reports: &[],
};
