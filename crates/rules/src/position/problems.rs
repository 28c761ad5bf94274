//! What positions refuse.

use crate::problems;

problems! {
    /// The position is of no status that allows this on that day: only a planned or vacant
    /// one can be announced, only an announced one withdrawn, only a resting one resumed, and
    /// nothing follows on a closed one, until its closure is corrected. Read the position as of
    /// that day.
    POSITION_STATUS = 409, "position_status",
    en: "The position's status does not allow this", "On {day} the position is {current_status}.",
    nb: "Stillingens status tillater ikke dette", "Den {day} er stillingen {current_status}.",
    members:
        day("day", "The day that was asked about."),
        text("current_status", "What the position is on that day: `filled`.");

    /// The day lies before the position was established. Correct the position's first day if it
    /// is that which is wrong.
    POSITION_NOT_YET_ESTABLISHED = 409, "position_not_yet_established",
    en: "The position did not exist yet", "It was established from {from}.",
    nb: "Stillingen fantes ikke ennå", "Den ble opprettet fra {from}.",
    members: day("from", "The first day of the position.");

    /// Somebody holds the position on some of those days. One doctor holds a position at a time:
    /// end or correct the occupancy that is named, or choose other days.
    POSITION_OCCUPIED = 409, "position_occupied",
    en: "The position is held by somebody", "Occupancy {occupancy} holds it in {period}.",
    nb: "Stillingen er besatt", "Besettelse {occupancy} har den i {period}.",
    members:
        id("occupancy", "The occupancy that holds the position."),
        period("period", "When it does.");

    /// The doctor's share is larger than the position. Correct the position if it is larger.
    PERCENT_ABOVE_POSITION = 409, "percent_above_position",
    en: "The share is larger than the position", "The position is {percent} %; {asked} % was asked for.",
    nb: "Andelen er større enn stillingen", "Stillingen er {percent} %; {asked} % ble bedt om.",
    members:
        share("percent", "The position's share, in per cent."),
        share("asked", "What was asked for, in per cent.");

    /// The occupancy has ended already, with a reason. Use a correction if what was told is wrong.
    OCCUPANCY_ENDED = 409, "occupancy_ended",
    en: "The occupancy has ended already", "Its last day is {to}.",
    nb: "Besettelsen er allerede avsluttet", "Siste dag er {to}.",
    members: day("to", "The last day of the occupancy.").optional();

    /// The day does not belong to the occupancy.
    OUTSIDE_OCCUPANCY = 409, "outside_occupancy",
    en: "Outside the occupancy", "{day} is not a day of {period}.",
    nb: "Utenfor besettelsen", "{day} er ikke en dag i {period}.",
    members:
        day("day", "The day that was asked about."),
        period("period", "The days of the occupancy.");

    /// The correction contradicts what is recorded of later days. Correct those facts first.
    CORRECTION_CONTRADICTS = 409, "correction_contradicts",
    en: "The correction contradicts other facts", "Something is recorded for {day}.",
    nb: "Rettelsen strider mot andre fakta", "Noe er registrert for {day}.",
    members: day("day", "The day for which something is recorded.");

    /// LIS1 was completed after the day on which the doctor would begin. Choose a later day,
    /// correct the trainee if the day of LIS1 is wrong, or tell in `lis1_exception` which document
    /// allows it.
    LIS1_NOT_COMPLETED = 409, "lis1_not_completed",
    en: "LIS1 is not completed", "LIS1 was completed on {completed}.",
    nb: "LIS1 er ikke fullført", "LIS1 ble fullført {completed}.",
    members: day("completed", "When LIS1 was completed.");
}
