//! What to post to this service so that it knows what a file says.
//!
//! Post municipalities first, then successions, then centralities: the later ones name numbers
//! that the earlier ones introduce. Posting the same file again changes nothing.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Content, KlassFile, MunicipalityChange};
use crate::identifiers::MunicipalityNumber;

/// A request to the service's own API: the path to post to and the JSON body.
#[derive(Debug, Clone, PartialEq)]
pub struct PostRequest {
    pub path: String,
    pub body: Value,
}

/// The requests of a file, in order of number and day.
pub fn requests(file: &KlassFile) -> Vec<PostRequest> {
    match &file.content {
        Content::Municipalities(rows) => rows
            .iter()
            .map(|row| PostRequest {
                path: "/v1/municipalities".into(),
                body: json!({
                    "number": row.number, "name": row.name, "from": row.from, "to": row.to,
                }),
            })
            .collect(),
        Content::Changes(rows) => successions(rows)
            .map(|row| PostRequest {
                path: format!("/v1/municipalities/{}/successions", row.old_number),
                body: json!({ "successor": row.new_number, "on": row.on }),
            })
            .collect(),
        Content::Centralities(rows) => rows
            .iter()
            .map(|row| PostRequest {
                path: format!("/v1/municipalities/{}/centralities", row.number),
                body: json!({ "class": row.class, "from": row.from, "to": row.to }),
            })
            .collect(),
    }
}

/// The changes after which the old number is gone. A change of name is none, and neither is an area
/// that moved away from a municipality that lives on.
pub fn successions(changes: &[MunicipalityChange]) -> impl Iterator<Item = &MunicipalityChange> {
    let continuing = continuing(changes.iter());
    changes.iter().filter(move |change| !continuing.contains(&(&change.old_number, change.on)))
}

/// The numbers that a list of changes shows to live on, and the day they do: those that became
/// themselves, perhaps under a new name.
pub(super) fn continuing<'a>(
    changes: impl Iterator<Item = &'a MunicipalityChange>,
) -> BTreeSet<(&'a MunicipalityNumber, Date)> {
    changes
        .filter(|change| change.old_number == change.new_number)
        .map(|change| (&change.old_number, change.on))
        .collect()
}
