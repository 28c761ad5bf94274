//! What leaders refuse.

use crate::problems;

problems! {
    /// A leader with this HPR number is registered already. Use the leader that is named, and add a
    /// term if it leads somewhere else as well.
    LEADER_EXISTS = 409, "leader_exists",
    en: "The leader is registered already", "This HPR number belongs to leader {leader}.",
    nb: "Lederen er allerede registrert", "HPR-nummeret tilhører leder {leader}.",
    members: id("leader", "The leader who has this HPR number.");

    /// The leader leads in this municipality on some of those days already. Correct the term that
    /// is named, or choose other days.
    LEADER_TERM_OVERLAPS = 409, "leader_term_overlaps",
    en: "The leader leads there already", "Term {term} in {municipality} holds in {period}.",
    nb: "Lederen leder der allerede", "Perioden {term} i {municipality} gjelder {period}.",
    members:
        id("term", "The term that holds already."),
        text("municipality", "The number of the municipality where it holds: `5401`."),
        period("period", "When it holds.");

    /// No term goes on after that day: all have ended already. Use a correction if what was told
    /// is wrong.
    LEADER_ENDED = 409, "leader_ended",
    en: "The leader has left already", "The last day is {to}.",
    nb: "Lederen har allerede sluttet", "Siste dag er {to}.",
    members: day("to", "The last day on which the leader led.").optional();

    /// A term begins after that day. Correct the term first if it never came to be.
    LEADER_TERM_BEGINS_LATER = 409, "leader_term_begins_later",
    en: "A term begins later", "Term {term} begins on {from}.",
    nb: "En periode begynner senere", "Perioden {term} begynner {from}.",
    members: id("term", "The term that begins later."), day("from", "Its first day.");

    /// So many lead on this leader's behalf already, or did, that no further term may be delegated.
    /// Let another leader of the municipality delegate it.
    LEADER_DELEGATES_TOO_MANY = 409, "leader_delegates_too_many",
    en: "The leader delegates too much already", "Leader {leader} has delegated {max} terms.",
    nb: "Lederen delegerer allerede for mye", "Leder {leader} har delegert {max} perioder.",
    members:
        id("leader", "The leader who delegates."),
        count("max", "How many terms a leader may have delegated.");
}
