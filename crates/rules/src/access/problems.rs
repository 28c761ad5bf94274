//! The refusals of access grants.

use crate::problems;

problems! {
    /// The organisation has this role (in this municipality) already for a part of that time. End
    /// that grant first, or ask for days outside of it.
    ACCESS_GRANT_EXISTS = 409, "access_grant_exists",
    en: "The role is granted already", "Grant {grant} covers a part of that time.",
    nb: "Rollen er allerede tildelt", "Tildeling {grant} dekker en del av tiden.",
    members: id("grant", "The grant that covers a part of that time.");

    /// What became of the grant does not allow this. Only a delegation that is `offered` is
    /// accepted or declined, once; what is `declined` or `cancelled` does not end. Read the grant:
    /// its `status` says what became of it. A delegation that is over can be offered again.
    ACCESS_GRANT_STATUS = 409, "access_grant_status",
    en: "The grant's status does not allow this", "Read grant {grant}: its status says what became of it.",
    nb: "Tildelingens status tillater ikke dette", "Les tildeling {grant}: statusen sier hva det ble av den.",
    members: id("grant", "The grant whose status it is.");

    /// The organisation is appointed for everybody (directorate, reporting or auditor) for a part
    /// of that time, and is lent no municipality beside that: names of some do not go with sight of
    /// all. Delegate to another organisation, or choose days outside of the appointment; whoever
    /// keeps the register may end the appointment first.
    ORGANISATION_IS_APPOINTED = 409, "organisation_is_appointed",
    en: "The organisation is appointed for everybody", "{organisation_number} is the directorate, a reporting job or an auditor for a part of that time: delegate to another organisation.",
    nb: "Organisasjonen er utpekt for alle", "{organisation_number} er direktorat, rapportjobb eller revisor en del av tiden: deleger til en annen organisasjon.",
    members: text("organisation_number", "The organisation: `999000118`.");

    /// The organisation is a municipality, or runs an ALIS office, for a part of that time: it is
    /// told the names of some, and so is not appointed for everybody. Appoint another organisation,
    /// or choose days on which it is neither.
    ORGANISATION_HAS_MUNICIPALITIES = 409, "organisation_has_municipalities",
    en: "The organisation has municipalities of its own", "{organisation_number} is a municipality or runs an ALIS office: appoint another organisation.",
    nb: "Organisasjonen har egne kommuner", "{organisation_number} er en kommune eller driver et ALIS-kontor: utpek en annen organisasjon.",
    members: text("organisation_number", "The organisation: `999000118`.");

    /// A grant can end on any of its own days, and is never lengthened: grant the role again for
    /// the days after it. One that does not hold yet is taken back by leaving `to` out.
    ACCESS_GRANT_PERIOD = 409, "access_grant_period",
    en: "Not a day of the grant", "The grant lasts from {from} to {to}.",
    nb: "Ikke en dag i tildelingen", "Tildelingen varer fra {from} til {to}.",
    members:
        day("from", "First day of the grant."),
        day("to", "Last day of the grant; left out while it is open.").optional();
}
