//! What programmes refuse.

use crate::problems;

problems! {
    /// The programme does not last on some of those days. Choose days within it.
    OUTSIDE_PROGRAMME = 409, "outside_programme",
    en: "Outside the programme", "The programme lasts {period}.",
    nb: "Utenfor programmet", "Programmet varer {period}.",
    members: period("period", "The days of the programme.");

    /// The quota is above what the programme allows in one municipality.
    PROGRAMME_QUOTA_ABOVE_MAXIMUM = 409, "programme_quota_above_maximum",
    en: "The quota is above the programme's maximum", "At most {most} a municipality; {quota} was asked for.",
    nb: "Kvoten er over programmets maksimum", "Høyst {most} per kommune; {quota} ble bedt om.",
    members:
        count("most", "How many positions a municipality may have in the programme."),
        count("quota", "How many were asked for.");

    /// The municipality takes part on some of those days already, from another first day. End that
    /// participation first, or choose other days.
    PROGRAMME_PARTICIPATION_OVERLAPS = 409, "programme_participation_overlaps",
    en: "The municipality takes part already", "It takes part in {period}.",
    nb: "Kommunen deltar allerede", "Den deltar i {period}.",
    members: period("period", "When the municipality takes part already.");

    /// Positions of the programme rest on the participation as it is: one begins on a day that
    /// would be lost, or there are more than the quota would allow. Close or correct those
    /// positions first, or begin a new participation later.
    PROGRAMME_PARTICIPATION_IN_USE = 409, "programme_participation_in_use",
    en: "Positions rest on this participation", "On {day} there must be room for {count}.",
    nb: "Stillinger bygger på denne deltakelsen", "Den {day} må det være plass til {count}.",
    members:
        day("day", "The day on which the positions need their places."),
        count("count", "How many positions there are.");

    /// A municipality takes part in the programme on days, or with a quota, that would not be
    /// possible if the programme were as the correction tells. Correct or end that participation
    /// first.
    PROGRAMME_CORRECTION_CONTRADICTS = 409, "programme_correction_contradicts",
    en: "A municipality takes part otherwise", "{municipality} takes part in {period} with {quota}.",
    nb: "En kommune deltar på annen måte", "{municipality} deltar i {period} med {quota}.",
    members:
        text("municipality", "The number of the municipality that takes part: `5401`."),
        period("period", "When it takes part."),
        count("quota", "Its quota.");

    /// The municipality does not take part in the programme on that day. Record its participation
    /// first, or choose another day.
    MUNICIPALITY_NOT_IN_PROGRAMME = 409, "municipality_not_in_programme",
    en: "The municipality does not take part", "It does not take part in the programme on {day}.",
    nb: "Kommunen deltar ikke", "Den deltar ikke i programmet den {day}.",
    members: day("day", "The day that was asked about.");

    /// The municipality has as many positions of the programme as it may. Close one, or let the
    /// programme raise the quota.
    PROGRAMME_QUOTA_REACHED = 409, "programme_quota_reached",
    en: "The quota is reached", "All {quota} positions of the municipality are taken on {day}.",
    nb: "Kvoten er nådd", "Alle {quota} stillinger i kommunen er brukt den {day}.",
    members:
        count("quota", "How many positions the municipality may have."),
        day("day", "The day on which all are taken.");

    /// The municipality has an application that nobody has decided. Decide it first.
    PROGRAMME_APPLICATION_PENDING = 409, "programme_application_pending",
    en: "An application is pending", "{municipality} applied on {day}.",
    nb: "En søknad er under behandling", "{municipality} søkte {day}.",
    members:
        text("municipality", "The number of the municipality that has applied: `5401`."),
        day("day", "When it applied.");

    /// The municipality's application is decided already, otherwise or on another day.
    PROGRAMME_APPLICATION_DECIDED = 409, "programme_application_decided",
    en: "The application is decided", "It was decided on {day}: {outcome}.",
    nb: "Søknaden er avgjort", "Den ble avgjort {day}: {outcome}.",
    members: day("day", "When it was decided."), text("outcome", "How: `admitted`.");
}
