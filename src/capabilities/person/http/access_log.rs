//! Who read whose personal data: the list of it.

use actix_web::HttpResponse;
use actix_web::http::header;
use deserr::Deserr;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::capabilities::person::view::AccessLogEntryView;
use crate::edge::{Day, Faults, FieldFault, Id};
use crate::event_log::Failure;
use crate::http::access::Access;
use crate::http::actor::{Actor, Role};
use crate::http::answer::with_position;
use crate::http::operation::{Custom, Method, Operation, Success, named_page};
use crate::http::page::{By, Orders, Paging, Sort, invalid_cursor};
use crate::http::{Answer, List, Service, beginning_of, today};

/// Which reads.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(deny_unknown_fields, error = Faults)]
#[into_params(parameter_in = Query)]
pub struct AccessLogFilters {
    /// Only reads that told who this trainee, supervisor or leader is, or this trainee's data.
    #[deserr(default)]
    person: Option<Id>,
    /// Only reads on this day or later.
    #[deserr(default)]
    from: Option<Day>,
    /// Only reads on this day or earlier.
    #[deserr(default)]
    to: Option<Day>,
}

/// What reads are sorted by.
pub struct ReadOrders;

impl Orders for ReadOrders {
    const ALL: &'static [By] = &[By::key("at", "When they happened.")];
    const DEFAULT: &'static str = "-at";
}

/// Whose reads a caller may look at; `None` is everybody's.
fn looked_at(actor: &Actor) -> Option<Vec<Uuid>> {
    let sees_all = actor.permissions.has(Role::Auditor) || actor.permissions.has(Role::Loader);
    (!sees_all).then(|| actor.own_ids())
}

/// Which reads, as the statement takes it.
#[derive(Default)]
pub(super) struct Which<'a> {
    /// The persons that the caller may look at; `None` is everybody.
    pub own: Option<&'a [Uuid]>,
    pub person: Option<Uuid>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Reads before an entry, newest first.
pub(super) async fn rows(
    service: &Service,
    which: &Which<'_>,
    before: i64,
    limit: i64,
) -> Result<Vec<Row>, Failure> {
    found(service, include_str!("../sql/access_log.sql"), which, before, limit).await
}

/// Reads after an entry, oldest first.
async fn rows_forward(
    service: &Service,
    which: &Which<'_>,
    after: i64,
    limit: i64,
) -> Result<Vec<Row>, Failure> {
    found(service, include_str!("../sql/access_log_forward.sql"), which, after, limit).await
}

async fn found(
    service: &Service,
    sql: &str,
    which: &Which<'_>,
    place: i64,
    limit: i64,
) -> Result<Vec<Row>, Failure> {
    let Which { own, person, from, until } = which;
    let client = service.log.pool.get().await?;
    let statement = client.prepare_cached(sql).await?;
    let log = &service.log.log;
    Ok(client.query(&statement, &[log, &place, own, person, from, until, &limit]).await?)
}

/// The entry in a row of the list; of the persons only those in `own`, if it is given.
pub(super) fn entry(
    row: &Row,
    own: Option<&[Uuid]>,
) -> Result<AccessLogEntryView, tokio_postgres::Error> {
    let mut persons: Vec<Uuid> = row.try_get(5)?;
    persons.retain(|person| own.is_none_or(|own| own.contains(person)));
    Ok(AccessLogEntryView {
        at: row.try_get(1)?,
        reader: serde_json::from_str(row.try_get(2)?).unwrap_or_default(),
        roles: row.try_get(3)?,
        operation: row.try_get(4)?,
        persons,
        request_id: row.try_get(6)?,
    })
}

/// The operation.
pub(super) fn operation() -> Operation {
    Operation::custom(Custom {
        method: Method::Get,
        path: "/v1/access-log",
        places: &[],
        id: "read_access_log",
        tag: "persons",
        summary: "Who read personal data",
        about: "Every answer that told a name or an HPR number, and every read of one doctor's \
                data by somebody else, newest first: when, who, in what role, by which operation, \
                and about whom. Lists of ids and reports are not among them. An auditor sees all \
                of it; a doctor, a supervisor and a leader see the reads that were about \
                themselves, and of those only themselves. A read appears within moments.",
        by: Access::AccessLog,
        refuses: &[],
        concerns: None,
        success: Success::json(200, "A page of reads", named_page::<AccessLogEntryView>),
        answer: read,
    })
    .with_query::<AccessLogFilters>()
    .with_query::<Sort<ReadOrders>>()
    .with_query::<Paging>()
}

async fn read(list: List<AccessLogFilters, ReadOrders>) -> Answer {
    list.read.refuse_axes()?;
    let mut place = None;
    if let Some(cursor) = &list.cursor {
        let wrong = || FieldFault::at("/query/cursor", invalid_cursor());
        place = Some(cursor.after.parse().ok().filter(|id| *id > 0).ok_or_else(wrong)?);
    }
    let position = list.read.wait_for_log().await?;
    let mut own = looked_at(&list.read.actor);
    let person = list.filters.person.as_ref().map(|id| id.0);
    if let (Some(own), Some(person)) = (&mut own, person) {
        // Else a read that told of both would tell each that there is the other.
        own.retain(|own| *own == person);
    }
    let from = list.filters.from.and_then(|day| beginning_of(day.0));
    let until = list.filters.to.and_then(|day| beginning_of(day.0.tomorrow().ok()?));
    let which = Which { own: own.as_deref(), person, from, until };
    let (service, limit) = (&list.read.service, list.limit + 1);
    let rows = if list.order.is_descending {
        rows(service, &which, place.unwrap_or(i64::MAX), limit).await?
    } else {
        rows_forward(service, &which, place.unwrap_or(0), limit).await?
    };
    let page = usize::try_from(list.limit).expect("a limit is at most 200");
    let mut items = Vec::with_capacity(rows.len());
    let mut last = 0;
    for row in rows.iter().take(page) {
        last = row.try_get::<_, i64>(0)?;
        items.push(entry(row, own.as_deref())?);
    }
    let next = (rows.len() > page)
        .then(|| list.order.place_behind(last.to_string(), None, (today(), 0)).encode());
    let mut response = HttpResponse::Ok();
    with_position(&mut response, position);
    if let Some(cursor) = &next {
        response.insert_header((header::LINK, list.read.next_link(cursor)));
    }
    let items: Vec<Value> = items.iter().map(|item| serde_json::json!(item)).collect();
    let body = serde_json::json!({ "items": items, "next_cursor": next });
    list.read.tagged(response, body.to_string(), "application/json")
}
