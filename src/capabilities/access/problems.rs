//! The refusals of access grants.

use crate::problems;

problems! {
    /// The organisation has this role (in this municipality) already for a part of that time. End
    /// that grant first, or ask for days outside of it.
    ACCESS_GRANT_EXISTS = 409, "access_grant_exists",
    en: "The role is granted already", "Grant {grant} covers a part of that time.",
    nb: "Rollen er allerede tildelt", "Tildeling {grant} dekker en del av tiden.",
    members: id("grant", "The grant that covers a part of that time.");

    /// A grant can end on any of its own days, and is never lengthened: grant the role again for
    /// the days after it.
    ACCESS_GRANT_PERIOD = 409, "access_grant_period",
    en: "Not a day of the grant", "The grant lasts from {from} to {to}.",
    nb: "Ikke en dag i tildelingen", "Tildelingen varer fra {from} til {to}.",
    members:
        day("from", "First day of the grant."),
        day("to", "Last day of the grant; left out while it is open.").optional();
}
