//! What curricula refuse.

use crate::problems;

problems! {
    /// A curriculum with other content has this version. A published version never changes:
    /// publish the new content under a version of its own.
    CURRICULUM_VERSION_TAKEN = 409, "curriculum_version_taken",
    en: "The version is taken", "Version {version} is published already, with other content.",
    nb: "Versjonen er i bruk", "Versjon {version} er allerede publisert, med et annet innhold.",
    members: text("version", "The version that is published: `2026.1`.");
}
