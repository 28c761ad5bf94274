//! What is refused about ids in other systems: that somebody else has it.

use super::domain::Kind;
use crate::http::external_ids::EXTERNAL_ID_TAKEN;
use crate::problem::Problem;
use crate::problems;

problems! {
    /// Another supervisor has this external id. One id in a system names one person. Take it back
    /// from the supervisor that is named if it was told wrong.
    SUPERVISOR_EXTERNAL_ID_TAKEN = 409, "supervisor_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to supervisor {supervisor}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører veileder {supervisor}.";

    /// Another position has this external id. One id in a system names one position. Take it back
    /// from the position that is named if it was told wrong.
    POSITION_EXTERNAL_ID_TAKEN = 409, "position_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to position {position}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører stilling {position}.";

    /// Another occupancy has this external id. One id in a system names one occupancy. Take it back
    /// from the occupancy that is named if it was told wrong.
    OCCUPANCY_EXTERNAL_ID_TAKEN = 409, "occupancy_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to occupancy {occupancy}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører besettelse {occupancy}.";

    /// Another supervisor assignment has this external id. One id in a system names one assignment.
    /// Take it back from the assignment that is named if it was told wrong.
    ASSIGNMENT_EXTERNAL_ID_TAKEN = 409, "assignment_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to assignment {assignment}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører veilederforhold {assignment}.";

    /// Another supervision exemption has this external id. One id in a system names one exemption.
    /// Take it back from the exemption that is named if it was told wrong.
    EXEMPTION_EXTERNAL_ID_TAKEN = 409, "exemption_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to exemption {exemption}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører fritak {exemption}.";

    /// Another programme has this external id. One id in a system names one programme. Take it back
    /// from the programme that is named if it was told wrong.
    PROGRAMME_EXTERNAL_ID_TAKEN = 409, "programme_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to programme {programme}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører program {programme}.";

    /// Another ALIS office has this external id. One id in a system names one office. Take it back
    /// from the office that is named if it was told wrong.
    ALIS_OFFICE_EXTERNAL_ID_TAKEN = 409, "alis_office_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to office {office}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører kontor {office}.";
}

/// The refusal of an id that another one of the kind has.
pub fn taken(kind: Kind) -> &'static Problem {
    match kind {
        Kind::Trainee | Kind::Leader => &EXTERNAL_ID_TAKEN,
        Kind::Supervisor => &SUPERVISOR_EXTERNAL_ID_TAKEN,
        Kind::Position => &POSITION_EXTERNAL_ID_TAKEN,
        Kind::Occupancy => &OCCUPANCY_EXTERNAL_ID_TAKEN,
        Kind::Assignment => &ASSIGNMENT_EXTERNAL_ID_TAKEN,
        Kind::Exemption => &EXEMPTION_EXTERNAL_ID_TAKEN,
        Kind::Programme => &PROGRAMME_EXTERNAL_ID_TAKEN,
        Kind::AlisOffice => &ALIS_OFFICE_EXTERNAL_ID_TAKEN,
    }
}
