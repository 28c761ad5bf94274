//! All that is held on a person, as one document: the right of access.

use actix_web::HttpResponse;
use actix_web::web::Path;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::PERSON;
use crate::aggregate::Subject;
use crate::capabilities::person::domain::PersonKind;
use crate::capabilities::person::erase::registered_as;
use crate::capabilities::person::http::access_log;
use crate::capabilities::person::view::AccessLogEntryView;
use crate::event_log::feed::{Recorded, Stretch};
use crate::event_log::{Failure, View};
use crate::http::access::Access;
use crate::http::answer::with_position;
use crate::http::operation::{Custom, Method, Operation, Success, named};
use crate::http::{Answer, ProblemResponse, Read, Service, cloud_event, problems};
use crate::personal_data::{Identity, PersonKey};
use crate::problem::Rejection;

/// Events about one registration in the document, and acts of it.
const EVENTS_MAX: i64 = 20_000;
/// Reads in the document.
const READS_MAX: i64 = 10_000;

/// What a person is registered as, and everything about it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RegistrationView {
    /// What the person is registered as.
    kind: PersonKind,
    /// The id of the trainee, supervisor or leader.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a8058")]
    id: Uuid,
    /// The person's name; null once it is erased.
    #[schema(example = "Kari Eksempel")]
    name: Option<String>,
    /// The person's HPR number; null when there is none, and once it is erased.
    #[schema(example = "999000001")]
    hpr_number: Option<String>,
    /// Every event about it, newest first; in `data`, `name` and `hpr_number` instead of `sealed`.
    #[schema(value_type = Vec<cloud_event::CloudEvent>, max_items = 20000)]
    events: Vec<Value>,
    /// Every event that is about others and was done by this one, such as recommendations and
    /// decisions, newest first. They name nobody.
    #[schema(value_type = Vec<cloud_event::CloudEvent>, max_items = 20000)]
    acts: Vec<Value>,
    /// Whether these are all of them: a document holds the newest 20 000 events and as many acts.
    #[schema(example = true)]
    complete: bool,
}

/// All that is held on a person.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExportView {
    /// Everything that the same HPR number is registered as; the one asked about first.
    registrations: Vec<RegistrationView>,
    /// Who read about the person, as the access log has it, newest first.
    #[schema(max_items = 10000)]
    reads: Vec<AccessLogEntryView>,
    /// Whether these are all reads that are still kept: a document holds the newest 10 000.
    #[schema(example = true)]
    reads_complete: bool,
}

/// The operation.
pub(super) fn operation() -> Operation {
    Operation::custom(Custom {
        method: Method::Get,
        path: "/v1/persons/{id}/export",
        places: &[PERSON],
        id: "export_person",
        tag: "persons",
        summary: "Export what is held on a person",
        about: "Everything the person is registered as, with name and HPR number; every event \
                about it, with the person's names opened in them; what the person did that is \
                recorded about others; and who read about the person. For the person (a trainee, \
                supervisor or leader with a token of their own), and for whoever keeps the \
                register, who answers a request for access. Of somebody who was erased there are \
                only events and reads. The reading is itself written down.",
        by: Access::OwnData,
        refuses: &[],
        concerns: None,
        success: Success::json(200, "All that is held", named::<ExportView>),
        answer: export,
    })
}

async fn export(read: Read, id: Path<Uuid>) -> Answer {
    let (id, service) = (*id, read.service.clone());
    let permissions = &read.actor.permissions;
    if !permissions.keeps_register() && !read.actor.own_ids().contains(&id) {
        // Told before anything is looked up, so it does not tell whether there is such a person.
        let needed = format!("to be person {id}");
        return Err(Rejection::new(&problems::RELATION_MISSING).with("needed", needed).into());
    }
    read.refuse_axes()?;
    let position = read.wait_for_log().await?;
    let view = service.log.view();
    let mut registrations = Vec::new();
    for (kind, id) in registered_as(&view, id).await? {
        registrations.push(registration(&service, &view, kind, id).await?);
    }
    if registrations.is_empty() {
        return Err((&problems::NOT_FOUND).into());
    }
    let registered: Vec<Uuid> = registrations.iter().map(|one| one.id).collect();
    let (reads, reads_complete) = reads_about(&service, &registered).await?;
    service.note_read(&read.actor, registered).await?;
    let mut response = HttpResponse::Ok();
    with_position(&mut response, position);
    let body = serde_json::to_string(&ExportView { registrations, reads, reads_complete })
        .map_err(|error| ProblemResponse::failed(&error, &problems::INTERNAL_ERROR))?;
    read.tagged(response, body, "application/json")
}

async fn registration(
    service: &Service,
    view: &View,
    kind: PersonKind,
    id: Uuid,
) -> Result<RegistrationView, Failure> {
    let key = match view.person_key(&service.vault, id).await {
        Ok(key) => Some(key),
        Err(Failure::Sealed(_erased)) => None,
        Err(failure) => return Err(failure),
    };
    let subjects = subjects_of(service, id).await?;
    let log = &service.log;
    let all = Stretch { after: 0, before: i64::MAX, as_of: None, limit: EVENTS_MAX + 1 };
    let mut facts = log.history(subjects.as_slice().into(), &all, None).await?;
    let mut acts = acts_of(service, id, &subjects).await?;
    let complete = cut(&mut facts, EVENTS_MAX) && cut(&mut acts, EVENTS_MAX);
    let mut events: Vec<Value> = facts.iter().map(cloud_event::cloud_event).collect();
    let mut acts: Vec<Value> = acts.iter().map(cloud_event::cloud_event).collect();
    for act in &mut acts {
        open(&mut act["data"], kind, id, None);
    }
    let mut newest = None;
    for event in &mut events {
        let opened = open(&mut event["data"], kind, id, key.as_ref());
        newest = newest.or(opened);
    }
    let (name, hpr_number) = match newest {
        Some(Identity { name, hpr_number }) => (Some(name), hpr_number),
        None => (None, None),
    };
    Ok(RegistrationView { kind, id, name, hpr_number, events, acts, complete })
}

/// Leaves at most so many; answers whether these are all.
fn cut<T>(items: &mut Vec<T>, max: i64) -> bool {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let complete = items.len() <= max;
    items.truncate(max);
    complete
}

/// Puts name and number in the place of what is sealed, if it is about this person.
fn open(data: &mut Value, kind: PersonKind, id: Uuid, key: Option<&PersonKey>) -> Option<Identity> {
    let members = data.as_object_mut()?;
    let is_own = members.get(kind.as_str()) == Some(&Value::from(id.to_string()));
    let sealed = members.remove("sealed")?;
    if !is_own {
        // Somebody else's, which concerns this one too: nothing that they could be found by.
        members.remove("hpr_lookup");
    }
    let identity = key.filter(|_| is_own)?.open::<Identity>(id, sealed.as_str()?).ok()?;
    members.insert("name".to_owned(), identity.name.clone().into());
    members.insert("hpr_number".to_owned(), identity.hpr_number.clone().into());
    Some(identity)
}

/// Everything in the log that carries the person's id.
async fn subjects_of(service: &Service, id: Uuid) -> Result<Vec<Subject>, Failure> {
    let client = service.log.pool.get().await?;
    let sql = include_str!("../sql/subjects_of.sql");
    let rows = client.query(sql, &[&service.log.log, &id.to_string()]).await?;
    let mut subjects = Vec::with_capacity(rows.len());
    for row in &rows {
        let name: &str = row.try_get(0)?;
        subjects.extend(name.split_once(':').map(|(kind, id)| Subject::new(kind, id)));
    }
    Ok(subjects)
}

/// What the person did that is about none of these subjects.
async fn acts_of(
    service: &Service,
    id: Uuid,
    subjects: &[Subject],
) -> Result<Vec<Recorded>, Failure> {
    let names: Vec<&str> = subjects.iter().map(Subject::as_str).collect();
    let client = service.log.pool.get().await?;
    let sql = include_str!("../sql/acts_of.sql");
    let limit = EVENTS_MAX + 1;
    let rows = client.query(sql, &[&service.log.log, &id.to_string(), &names, &limit]).await?;
    Ok(rows.iter().map(Recorded::of).collect::<Result<_, _>>()?)
}

/// Who read about some ids of one person, and whether these are all reads.
async fn reads_about(
    service: &Service,
    ids: &[Uuid],
) -> Result<(Vec<AccessLogEntryView>, bool), Failure> {
    let which = access_log::Which { own: Some(ids), ..access_log::Which::default() };
    let rows = access_log::rows(service, &which, i64::MAX, READS_MAX + 1).await?;
    let mut reads = Vec::with_capacity(rows.len());
    for row in &rows {
        reads.push(access_log::entry(row, Some(ids))?);
    }
    let complete = cut(&mut reads, READS_MAX);
    Ok((reads, complete))
}
