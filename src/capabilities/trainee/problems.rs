//! What trainees refuse.

use crate::problems;

problems! {
    /// A doctor with this HPR number is registered already. Use the trainee that is named; correct
    /// it if its number is wrong.
    TRAINEE_EXISTS = 409, "trainee_exists",
    en: "The doctor is registered already", "This HPR number belongs to trainee {trainee}.",
    nb: "Legen er allerede registrert", "HPR-nummeret tilhører lege i spesialisering {trainee}.";

    /// Another trainee has this external id. One id in a system names one doctor.
    TRAINEE_EXTERNAL_ID_TAKEN = 409, "trainee_external_id_taken",
    en: "The external id is taken", "{system}/{id} belongs to trainee {trainee}.",
    nb: "Den eksterne id-en er i bruk", "{system}/{id} tilhører lege i spesialisering {trainee}.";

    /// A doctor moves from the old scheme to conversion or the new one, never back. Correct the
    /// trainee if the scheme was told wrong.
    SCHEME_CHANGE = 409, "scheme_change",
    en: "The scheme cannot be changed so", "The doctor is in scheme {now}; {asked} does not follow it.",
    nb: "Ordningen kan ikke endres slik", "Legen er i ordning {now}; {asked} følger ikke etter den.";
}
