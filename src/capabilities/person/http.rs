//! The operations on persons of any kind.

mod access_log;
mod erasure;
mod export;

use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::domain::{Person, PersonKind};
use crate::event_log::{Failure, View};

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(erasure::erase).service(export::export).service(access_log::read);
}

/// What the person with this id is registered as: that first, then whatever else has the same HPR
/// number. Nothing when there is nobody.
async fn registered_as(view: &View, id: Uuid) -> Result<Vec<(PersonKind, Uuid)>, Failure> {
    for kind in PersonKind::ALL {
        let person = view.consult::<Person>(&kind.subject(id)).await?.state;
        let mut all = vec![(kind, id)];
        match person {
            Person::Unknown => continue,
            Person::Known { hpr_lookup: Some(lookup), .. } => {
                all.extend(others(view, id, &lookup).await?);
            }
            Person::Known { hpr_lookup: None, .. } | Person::Erased(_) => {}
        }
        return Ok(all);
    }
    Ok(vec![])
}

/// What else the person with this HPR number is registered as.
async fn others(view: &View, id: Uuid, lookup: &str) -> Result<Vec<(PersonKind, Uuid)>, Failure> {
    let mut found = Vec::new();
    for kind in PersonKind::ALL {
        let holder = view.holder(&kind.hpr_subject(lookup), kind.field()).await?;
        let Ok(holder) = holder.parse::<Uuid>() else { continue };
        if holder == id {
            continue;
        }
        let person = view.consult::<Person>(&kind.subject(holder)).await?.state;
        // Whoever had the number by mistake, and was corrected, is somebody else.
        if person == (Person::Known { id: holder, hpr_lookup: Some(lookup.to_owned()) }) {
            found.push((kind, holder));
        }
    }
    Ok(found)
}
