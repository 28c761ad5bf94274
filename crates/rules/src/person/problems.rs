//! What is refused about persons.

use crate::problems;

problems! {
    /// The person was erased: nobody knows any more who it was, so there is nothing to correct. A
    /// person who comes back is registered anew.
    PERSON_ERASED = 409, "person_erased",
    en: "The person was erased", "{person} was erased on {on}.",
    nb: "Personen er slettet", "{person} ble slettet {on}.",
    members: id("person", "Who was erased."), day("on", "When.");
}
