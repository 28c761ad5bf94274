//! Lists from read models: filters, both axes of time, pages.
//!
//! A list is one statement over one table that [`crate::event_log::projection`] keeps. Only the
//! filters that were given and the order that was asked for are part of it, so that each
//! combination finds its index.

mod rows;

use actix_web::HttpResponse;
use actix_web::http::header;
use jiff::civil::Date;
use serde_json::Value;
use tokio_postgres::types::ToSql;

use super::actor::{Actor, Permissions};
use super::answer::with_position;
use super::page::{Cursor, Order};
use super::read::{List, Read};
use super::{Answer, Service};
use crate::capabilities::reference;
use crate::identifiers::MunicipalityNumber;
use rows::RowScope;
pub use rows::Rows;

/// Doctors who are at home today in one of some municipalities. Access is a matter of today,
/// whatever day a list is about.
const HOME_MUNICIPALITIES: &str = "select t.key from model.trainees t where t.log = $1 \
    and t.valid_from <= $? and t.valid_to >= $? and t.known_to = 9223372036854775807 \
    and t.home_municipalities && $?";

/// A list of a read model under construction.
pub struct ListQuery {
    model: &'static str,
    rows: Rows,
    /// What an array must hold, which is looked up before anything else.
    held: Vec<String>,
    conditions: Vec<String>,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
    filed: Option<(Filed, MunicipalityNumber)>,
}

/// Where a row tells the numbers of municipalities that it is filed under.
#[derive(Debug, Clone, Copy)]
enum Filed {
    Under(&'static str),
    Among(&'static str),
}

/// An item as it was found: its key, its value in the column that it is sorted by, and its body.
type Item = (String, Option<String>, Value);

/// Items that were looked for.
pub struct Found {
    pub items: Vec<Value>,
    pub as_of: Date,
    known_at: i64,
}

impl Found {
    /// Answers with one of them.
    pub fn one(&self, read: &Read, item: &Value) -> Answer {
        let mut response = HttpResponse::Ok();
        with_position(&mut response, self.known_at);
        read.tagged(response, item.to_string(), "application/json")
    }
}

impl<F, O> List<F, O> {
    /// The day and the position of the log that this page shows: the first page's, or those asked
    /// for, for lists that are folded from the log itself.
    pub async fn times(&self) -> Result<(Date, i64), super::ProblemResponse> {
        if let Some(cursor) = &self.cursor {
            return Ok((cursor.as_of, cursor.known_at));
        }
        let asked = self.read.settled_known_at().await?;
        let reached = self.read.wait_for_log().await?;
        Ok((self.read.as_of.unwrap_or_else(super::today), asked.unwrap_or(reached)))
    }

    /// Answers a page of items that were folded whole, in the order of their keys.
    pub fn page(self, (as_of, known_at): (Date, i64), items: Vec<(String, Value)>) -> Answer {
        let after = self.cursor.as_ref().map(|cursor| cursor.after.as_str());
        let page = usize::try_from(self.limit).expect("a limit is at most 200");
        let is_behind = |key: &str| match after {
            Some(after) if self.order.is_descending => key < after,
            Some(after) => key > after,
            None => true,
        };
        let mut left: Vec<_> = items.into_iter().filter(|(key, _)| is_behind(key)).collect();
        if self.order.is_descending {
            left.reverse();
        }
        let last = left.get(page.wrapping_sub(1)).filter(|_| left.len() > page);
        let times = (as_of, known_at);
        let next = last.map(|(key, _)| self.order.place_behind(key.clone(), None, times).encode());
        let items: Vec<Value> = left.into_iter().take(page).map(|(_, item)| item).collect();
        let mut response = HttpResponse::Ok();
        with_position(&mut response, known_at);
        if let Some(cursor) = &next {
            response.insert_header((header::LINK, self.read.next_link(cursor)));
        }
        let body = serde_json::json!({ "items": items, "next_cursor": next });
        self.read.tagged(response, body.to_string(), "application/json")
    }
}

/// Parameters that every list statement begins with: log, day, position, limit.
const FIXED_PARAMETERS: usize = 4;

impl ListQuery {
    /// All items of a read model that the caller may see.
    pub fn of(model: &'static str, rows: Rows) -> Self {
        let (held, conditions, values) = (Vec::new(), Vec::new(), Vec::new());
        Self { model, rows, held, conditions, values, filed: None }
    }

    /// Keeps only items that meet `condition`, SQL in which `$$` is the value; nothing when the
    /// caller gave none.
    pub fn filter<T: ToSql + Sync + Send + 'static>(
        self,
        condition: &'static str,
        value: Option<T>,
    ) -> Self {
        match value {
            Some(value) => self.meeting(condition, Box::new(value)),
            None => self,
        }
    }

    /// The same with a value whose type is known at run time only.
    pub fn meeting(mut self, condition: &str, value: Box<dyn ToSql + Sync + Send>) -> Self {
        self.values.push(value);
        let place = format!("${}", FIXED_PARAMETERS + self.values.len());
        let condition = condition.replace("$$", &place);
        let of_array = condition.contains(" @> ");
        if of_array {
            self.held.push(condition)
        } else {
            self.conditions.push(condition)
        }
        self
    }

    /// Keeps only items that are filed under a municipality in `column`, on the day of the list:
    /// also under a number that it has got since, or that it took over.
    pub fn filed_under(
        self,
        column: &'static str,
        municipality: Option<&MunicipalityNumber>,
    ) -> Self {
        let filed = municipality.map(|number| (Filed::Under(column), number.clone()));
        Self { filed, ..self }
    }

    /// The same, for a column that holds several numbers.
    pub fn filed_among(
        self,
        column: &'static str,
        municipality: Option<&MunicipalityNumber>,
    ) -> Self {
        let filed = municipality.map(|number| (Filed::Among(column), number.clone()));
        Self { filed, ..self }
    }

    /// The filter of a municipality, by the numbers that it has on a day as known at a position:
    /// what reports count as its.
    async fn following(
        mut self,
        service: &Service,
        (as_of, known_at): (Date, i64),
    ) -> Result<Self, super::ProblemResponse> {
        let Some((filed, number)) = self.filed.take() else { return Ok(self) };
        let log = &service.log;
        let numbers = reference::numbers_until(log, Some(&number), as_of, known_at).await?;
        let numbers = numbers.unwrap_or_default();
        match (filed, &numbers[..]) {
            (Filed::Under(column), [only]) => {
                let condition = self.condition(&format!("{column} = $?"), only.clone());
                self.conditions.push(condition);
            }
            (Filed::Under(column), _) => {
                let condition = self.condition(&format!("{column} = any($?)"), numbers);
                self.conditions.push(condition);
            }
            (Filed::Among(column), _) => {
                let condition = self.condition(&format!("{column} && $?"), numbers);
                self.held.push(condition);
            }
        }
        Ok(self)
    }

    /// Keeps only rows that are the caller's to see.
    fn visible_to(mut self, actor: &Actor) -> Self {
        let permissions = &actor.permissions;
        if self.rows.is_open || permissions.sees_everything() {
            return self;
        }
        let scopes = std::mem::take(&mut self.rows).scopes;
        let sees_all = |scope: &RowScope| match scope {
            RowScope::AllWith(role) => permissions.has(*role),
            RowScope::AllWithIndividuals => permissions.sees_individuals(),
            RowScope::Municipality(_)
            | RowScope::Municipalities(_)
            | RowScope::Trainee(_)
            | RowScope::Supervisor(_)
            | RowScope::Leader(_)
            | RowScope::Organisation(_) => false,
        };
        if scopes.iter().any(sees_all) {
            return self;
        }
        let mut any = Vec::new();
        for scope in scopes {
            match scope {
                RowScope::AllWith(_) | RowScope::AllWithIndividuals => {}
                RowScope::Municipality(column) => {
                    any.push(self.condition(&format!("{column} = any($?)"), permissions.numbers()));
                }
                RowScope::Municipalities(column) => {
                    any.push(self.condition(&format!("{column} && $?"), permissions.numbers()));
                }
                RowScope::Trainee(column) => any.extend(self.of_trainees(column, permissions)),
                RowScope::Supervisor(column) => {
                    any.extend(self.own(column, permissions.supervisor))
                }
                RowScope::Leader(column) => any.extend(self.own(column, permissions.leader)),
                RowScope::Organisation(column) => {
                    if let Some(number) = &permissions.organisation {
                        any.push(self.condition(&format!("{column} = $?"), number.to_string()));
                    }
                }
            }
        }
        let any = if any.is_empty() { "false".to_owned() } else { any.join(" or ") };
        self.conditions.push(format!("({any})"));
        self
    }

    /// A condition with its value, whose place is written `$?`.
    fn condition<T: ToSql + Sync + Send + 'static>(&mut self, condition: &str, value: T) -> String {
        self.values.push(Box::new(value));
        condition.replacen("$?", &format!("${}", FIXED_PARAMETERS + self.values.len()), 1)
    }

    fn own(&mut self, column: &str, own: Option<uuid::Uuid>) -> Option<String> {
        let own = own?.to_string();
        Some(self.condition(&format!("{column}::text = $?"), own))
    }

    fn of_trainees(&mut self, column: &str, permissions: &Permissions) -> Vec<String> {
        let mut any = Vec::new();
        if !permissions.trainees.is_empty() {
            let trainees: Vec<String> =
                permissions.trainees.iter().map(ToString::to_string).collect();
            any.push(self.condition(&format!("{column}::text = any($?)"), trainees));
        }
        if permissions.sees_some_municipality() {
            let mut home_municipalities = format!("{column}::text in ({HOME_MUNICIPALITIES})");
            home_municipalities = self.condition(&home_municipalities, super::today());
            home_municipalities = self.condition(&home_municipalities, super::today());
            any.push(self.condition(&home_municipalities, permissions.numbers()));
        }
        any
    }

    /// The statement of the page that a cursor begins.
    fn sql(&mut self, order: &Order, cursor: Option<&Cursor>) -> String {
        let place = self.place(order, cursor);
        let column = order.column();
        let mut from = format!("model.{}", self.model);
        if !self.held.is_empty() {
            // An index of arrays knows no order. Without "offset 0" PostgreSQL, which does not know
            // how rare a value is, might walk the whole list in order to find what holds it.
            from =
                format!("(select * from {from} where {} offset 0) held", self.held.join(" and "));
        }
        // Under a name of its own: the list is sorted by the column and not by its text.
        let value = column.map_or(String::new(), |by| format!(", {}::text as value", by.name));
        let mut sql = format!(
            "select key, body::text{value} from {from} where log = $1 and valid_from <= $2 \
             and valid_to >= $2 and known_from <= $3 and known_to > $3"
        );
        for condition in place.iter().chain(&self.conditions) {
            sql.push_str(" and ");
            sql.push_str(condition);
        }
        let scope = if order.is_descending { " desc" } else { "" };
        let by = column.map_or(String::new(), |column| format!("{}{scope}, ", column.name));
        sql + &format!(" order by {by}key{scope} limit $4")
    }

    /// The condition that a row stands behind the last one of the page before.
    fn place(&mut self, order: &Order, cursor: Option<&Cursor>) -> Option<String> {
        let behind = if order.is_descending { "<" } else { ">" };
        let Some(column) = order.column() else {
            let first = (!order.is_descending).then(String::new);
            let after = cursor.map(|cursor| cursor.after.clone()).or(first)?;
            return Some(self.condition(&format!("key {behind} $?"), after));
        };
        let Cursor { after, value, .. } = cursor?.clone();
        let value = self.condition(&format!("$?{}", column.cast()), value);
        Some(self.condition(&format!("({}, key) {behind} ({value}, $?)", column.name), after))
    }

    /// Runs the list and answers the page.
    pub async fn answer<F, O>(self, list: List<F, O>) -> Answer {
        let this = self.visible_to(&list.read.actor);
        let times = match list.settled_cursor().await? {
            Some(cursor) => {
                list.read.wait_for_model(this.model, Some(cursor.known_at)).await?;
                (cursor.as_of, cursor.known_at)
            }
            None => {
                let asked = list.read.settled_known_at().await?;
                let reached = list.read.wait_for_model(this.model, asked).await?;
                (list.read.as_of.unwrap_or_else(super::today), asked.unwrap_or(reached))
            }
        };
        let service = &list.read.service;
        let this = this.following(service, times).await?;
        let mut rows = this
            .found_rows(service, times, &list.order, list.cursor.as_ref(), list.limit + 1)
            .await?;
        let page = usize::try_from(list.limit).expect("a limit is at most 200");
        let more = rows.len() > page;
        rows.truncate(page);
        let next = rows.last().filter(|_| more).map(|(key, value, _)| {
            list.order.place_behind(key.clone(), value.clone(), times).encode()
        });
        let mut items: Vec<Value> = rows.into_iter().map(|(_, _, body)| body).collect();
        service.reveal(&list.read.actor, &mut items, vec![]).await?;
        let mut response = HttpResponse::Ok();
        with_position(&mut response, times.1);
        if let Some(cursor) = &next {
            response.insert_header((header::LINK, list.read.next_link(cursor)));
        }
        let body = serde_json::json!({ "items": items, "next_cursor": next });
        list.read.tagged(response, body.to_string(), "application/json")
    }

    /// The first items, for a read that expects few.
    pub async fn found(self, read: &Read, limit: i64) -> Result<Found, super::ProblemResponse> {
        let this = self.visible_to(&read.actor);
        let asked = read.settled_known_at().await?;
        let reached = read.wait_for_model(this.model, asked).await?;
        let as_of = read.as_of.unwrap_or_else(super::today);
        let known_at = asked.unwrap_or(reached);
        let (times, order) = ((as_of, known_at), Order::BY_KEY);
        let rows = this.found_rows(&read.service, times, &order, None, limit).await?;
        let mut items: Vec<Value> = rows.into_iter().map(|(_, _, body)| body).collect();
        read.service.reveal(&read.actor, &mut items, vec![]).await?;
        Ok(Found { items, as_of, known_at })
    }

    async fn found_rows(
        mut self,
        service: &Service,
        (as_of, known_at): (Date, i64),
        order: &Order,
        cursor: Option<&Cursor>,
        limit: i64,
    ) -> Result<Vec<Item>, super::ProblemResponse> {
        let client = service.log.pool.get().await?;
        let statement = client.prepare_cached(&self.sql(order, cursor)).await?;
        let log = service.log.log;
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&log, &as_of, &known_at, &limit];
        values.extend(self.values.iter().map(|value| value.as_ref() as &(dyn ToSql + Sync)));
        let rows = client.query(&statement, &values).await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            let body = serde_json::from_str(row.try_get(1)?).map_err(|error| {
                super::ProblemResponse::failed(&error, &super::problems::INTERNAL_ERROR)
            })?;
            let value = order.column().map(|_| row.try_get(2)).transpose()?;
            items.push((row.try_get(0)?, value, body));
        }
        Ok(items)
    }
}
