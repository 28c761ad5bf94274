//! What trainees refuse.

use crate::problems;

problems! {
    /// A doctor with this HPR number is registered already. Use the trainee that is named; correct
    /// it if its number is wrong.
    TRAINEE_EXISTS = 409, "trainee_exists",
    en: "The doctor is registered already", "This HPR number belongs to trainee {trainee}.",
    nb: "Legen er allerede registrert", "HPR-nummeret tilhører lege i spesialisering {trainee}.",
    members: id("trainee", "The trainee who has this HPR number.");

    /// A doctor moves from the old scheme to conversion or the new one, never back. Correct the
    /// trainee if the scheme was told wrong.
    SCHEME_CHANGE = 409, "scheme_change",
    en: "The scheme cannot be changed so", "The doctor is in scheme {scheme}; {asked_scheme} does not follow it.",
    nb: "Ordningen kan ikke endres slik", "Legen er i ordning {scheme}; {asked_scheme} følger ikke etter den.",
    members:
        text("scheme", "The scheme that holds: `new`."),
        text("asked_scheme", "The scheme that was asked for: `old`.");
}
