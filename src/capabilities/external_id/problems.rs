//! What is refused about ids in other systems: that somebody else has it.

use super::domain::Kind;
use crate::http::external_ids::EXTERNAL_ID_TAKEN;
use crate::problem::Problem;
use crate::problems;

problems! {
    /// Another trainee has this external id. One id in a system names one doctor. Take it back from
    /// the trainee that is named if it was told wrong.
    TRAINEE_EXTERNAL_ID_TAKEN = 409, "trainee_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to trainee {trainee}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører lege i spesialisering {trainee}.",
    members:
        text("system", "The system that gave the id: `payroll`."),
        text("id", "The id in that system: `4711`."),
        id("trainee", "The trainee that has the id.");

    /// Another leader has this external id. One id in a system names one person. Take it back from
    /// the leader that is named if it was told wrong.
    LEADER_EXTERNAL_ID_TAKEN = 409, "leader_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to leader {leader}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører leder {leader}.",
    members:
        text("system", "The system that gave the id: `payroll`."),
        text("id", "The id in that system: `4711`."),
        id("leader", "The leader that has the id.");

    /// Another position has this external id. One id in a system names one position. Take it back
    /// from the position that is named if it was told wrong.
    POSITION_EXTERNAL_ID_TAKEN = 409, "position_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to position {position}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører stilling {position}.",
    members:
        text("system", "The system that gave the id: `payroll`."),
        text("id", "The id in that system: `4711`."),
        id("position", "The position that has the id.");

    /// Another occupancy has this external id. One id in a system names one occupancy. Take it back
    /// from the occupancy that is named if it was told wrong.
    OCCUPANCY_EXTERNAL_ID_TAKEN = 409, "occupancy_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to occupancy {occupancy}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører besettelse {occupancy}.";

}

/// The refusal of an id that another one of the kind has.
pub fn taken(kind: Kind) -> &'static Problem {
    match kind {
        Kind::Trainee => &TRAINEE_EXTERNAL_ID_TAKEN,
        Kind::Leader => &LEADER_EXTERNAL_ID_TAKEN,
        Kind::Position => &POSITION_EXTERNAL_ID_TAKEN,
        Kind::Occupancy => &OCCUPANCY_EXTERNAL_ID_TAKEN,
        Kind::Programme | Kind::AlisOffice => &EXTERNAL_ID_TAKEN,
    }
}
