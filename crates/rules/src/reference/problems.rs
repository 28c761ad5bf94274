//! What reference data refuses.

use crate::problems;

problems! {
    /// Several municipalities have this name on the day: Herøy and Våler are two each. Ask by one
    /// of the numbers that are named.
    MUNICIPALITY_NAME_AMBIGUOUS = 400, "municipality_name_ambiguous",
    en: "Several municipalities have this name", "On {day} these numbers have it: {numbers}.",
    nb: "Flere kommuner har dette navnet", "Den {day} har disse numrene det: {numbers}.",
    members:
        day("day", "The day that was asked about."),
        texts("numbers", "The numbers of the municipalities that have the name: `1804`.");

    /// A centrality class was told before for some of those days, from another first day. Tell that
    /// one again with its own first day and an earlier end, or choose other days.
    CENTRALITY_OVERLAPS = 409, "centrality_overlaps",
    en: "A class is told for these days already", "The other one holds in {period}.",
    nb: "En klasse er allerede oppgitt for disse dagene", "Den andre gjelder i {period}.",
    members: period("period", "When the other class holds.");

    /// An ALIS office answers for the municipality on some of those days, and there is one a day.
    /// End that first, or choose other days.
    MUNICIPALITY_HAS_OFFICE = 409, "municipality_has_office",
    en: "The municipality has an ALIS office", "Office {office} answers for it in {period}.",
    nb: "Kommunen har et ALIS-kontor", "Kontor {office} har ansvar for den i {period}.",
    members:
        id("office", "The office that answers for the municipality."),
        period("period", "When it does.");

    /// The ALIS office does not answer for the municipality on that day, so nothing can end then.
    ALIS_OFFICE_NOT_RESPONSIBLE = 409, "alis_office_not_responsible",
    en: "The office does not answer for the municipality", "It does not answer for {municipality} on {day}.",
    nb: "Kontoret har ikke ansvar for kommunen", "Det har ikke ansvar for {municipality} den {day}.",
    members:
        text("municipality", "The number of the municipality: `5401`."),
        day("day", "The day that was asked about.");

    /// The organisation is recorded already, with something else about it. Tell a change if it is
    /// otherwise from a day on, and correct it if what is recorded is wrong.
    ORGANISATION_EXISTS = 409, "organisation_exists",
    en: "The organisation is recorded already", "{number} is {name}.",
    nb: "Organisasjonen er allerede registrert", "{number} er {name}.",
    members:
        text("number", "The organisation number: `999999999`."),
        text("name", "What the organisation is called: `Eksempel legesenter`.");

    /// The organisation does not exist on that day: it begins later or is closed by then. Choose
    /// another day, or correct its first or last one.
    ORGANISATION_NOT_THERE = 409, "organisation_not_there",
    en: "The organisation does not exist then", "{day} is not within {from} and {to}.",
    nb: "Organisasjonen finnes ikke da", "{day} er ikke mellom {from} og {to}.",
    members:
        day("day", "The day that was asked about."),
        day("from", "The first day of the organisation; left out when it is not recorded.").optional(),
        day("to", "Its last day; left out while it goes on.").optional();

    /// The organisation has another last day already. Correct it if that is wrong.
    ORGANISATION_CLOSED = 409, "organisation_closed",
    en: "The organisation is closed", "Its last day is {to}.",
    nb: "Organisasjonen er nedlagt", "Siste dag er {to}.",
    members: day("to", "The last day of the organisation.");
}
