//! What a doctor's occupancies refuse together.

use crate::problems;

problems! {
    /// The doctor would work more than a full position on some day, all positions together. End or
    /// reduce another occupancy first, or take a smaller share.
    TRAINEE_OVER_FULL_TIME = 409, "trainee_over_full_time",
    en: "More than a full position", "On {day} {left} % is left; {asked} % was asked for.",
    nb: "Mer enn full stilling", "Den {day} er det {left} % igjen; {asked} % ble bedt om.",
    members:
        day("day", "The first day on which it would be too much."),
        share("left", "What is left on that day, in per cent."),
        share("asked", "What was asked for, in per cent.");
}
