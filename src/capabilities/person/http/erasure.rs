//! A person is forgotten: the operation.

use actix_web::web::Path;
use deserr::Deserr;
use utoipa::ToSchema;
use uuid::Uuid;

use super::PERSON;
use crate::capabilities::person::domain::{ErasureReason, Person};
use crate::capabilities::person::erase::{Registration, erased, registered_as};
use crate::capabilities::person::forget;
use crate::capabilities::person::view::ErasureView;
use crate::edge::{Day, Fault, Faults};
use crate::event_log::{Decision, Reply, View};
use crate::evolved;
use crate::http::access::Access;
use crate::http::operation::{Custom, Method, Operation, Success, named};
use crate::http::{Answer, Body, Change};
use crate::problem::{Rejection, common};

/// A person to erase.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(deny_unknown_fields, error = Faults)]
pub struct ErasePerson {
    /// Why.
    reason: ErasureReason,
    /// The day it was decided; today by default, and never later.
    #[deserr(default)]
    on: Option<Day>,
}

/// The operation.
pub(super) fn operation() -> Operation {
    Operation::custom(Custom {
        method: Method::Post,
        path: "/v1/persons/{id}/erasure",
        places: &[PERSON],
        id: "erase_person",
        tag: "persons",
        summary: "Erase a person",
        about: "Destroys the key under which the name and the HPR number of a trainee, supervisor \
                or leader are sealed, in everything the same HPR number is registered as. From \
                then on both are null everywhere, the HPR number finds nobody and is free again, \
                and nobody can undo it. Events, histories and figures stay as they are, about an \
                id that names nobody. Consumers of the feed get `no.alis.person.erased.v1` and \
                forget what they have stored. The person's own request is executed by whoever \
                keeps the register.",
        by: Access::Register,
        refuses: &[],
        concerns: None,
        success: Success::json(200, "What was erased", named::<ErasureView>),
        answer: erase,
    })
    .with_body::<ErasePerson>()
}

async fn erase(change: Change, id: Path<Uuid>, body: Body<ErasePerson>) -> Answer {
    let (id, service) = (*id, change.service.clone());
    let on = body.value.on.map_or(change.today, |day| day.0);
    if on > change.today {
        let fault = Fault::new(
            "in_the_future",
            "An erasure holds from the moment it is recorded.",
            "En sletting gjelder fra den blir registrert.",
        );
        return Err(Rejection::field("/on", fault).into());
    }
    let reason = body.value.reason;
    let persons = std::cell::RefCell::new(Vec::new());
    let decide = async |view: &View| {
        let mut all = Vec::new();
        for (kind, id) in registered_as(view, id).await? {
            if all.is_empty() {
                view.about(kind.subject(id));
            }
            // Guarded from here on: a correction may tell another HPR number meanwhile.
            let person = view.load::<Person>(&kind.subject(id)).await?.state;
            all.push(Registration { kind, id, person });
        }
        let facts = erased(&all, reason, on)?;
        persons.replace(all.iter().map(|one| one.id).collect());
        let Some(Registration { kind, person, .. }) = all.first() else {
            return Err((&common::NOT_FOUND).into());
        };
        // The first fact is about the one that was asked about.
        let first = facts.len().min(1);
        let next = evolved!(person, facts[..first]);
        Ok(Decision::new(kind.subject(id), &facts, replied(&next)))
    };
    let answer = change.execute(&body.canonical, decide).await?;
    // The fact counts already; should this fail, the worker does it.
    if let Err(failure) = forget::keys(&service.log, &persons.take()).await {
        forget::log_failure(&failure);
    }
    Ok(answer)
}

fn replied(person: &Person) -> Reply {
    let shown = match person {
        Person::Erased(f) => Some(ErasureView::from(f)),
        Person::Unknown | Person::Registered { .. } => None,
    };
    let body = serde_json::to_value(shown).expect("views are plain data");
    Reply { status: 200, location: None, head: None, body }
}
