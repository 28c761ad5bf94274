//! The refusals of proofs.

use alis_kernel::problems;

problems! {
    /// No checkpoint covers this position yet: it will within seconds, unless sealing has stopped,
    /// which the operator sees in the metrics. Nothing is wrong with what was recorded. Try again.
    NOT_YET_SEALED = 503, "not_yet_sealed",
    en: "Not yet sealed", "Position {wanted} is not sealed yet; the newest checkpoint reaches to {reached}.",
    nb: "Ikke forseglet ennå", "Posisjon {wanted} er ikke forseglet ennå; det nyeste kontrollpunktet når til {reached}.",
    members:
        position("wanted", "The position that was asked for."),
        position("reached", "The position up to which the log is sealed.");
}
