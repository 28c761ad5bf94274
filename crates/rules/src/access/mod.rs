//! Access: who is let in, how far they reach, and what is granted to whom for a time.
//!
//! [`gate`] stands before every operation. What it needs to know of a caller follows from facts in
//! the log on the day of the request ([`permissions`]); which callers an operation is for is declared at
//! the operation ([`crate::http::access`]). Who a caller is was proved before, by
//! [`crate::identity`].

pub mod domain;
pub mod grants;
pub mod problems;
pub mod view;

pub use domain::Event;
