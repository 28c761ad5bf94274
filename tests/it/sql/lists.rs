//! Every list finds its page by an index, whichever filters are given: on empty tables, on large
//! ones of which PostgreSQL knows nothing yet, and on those it has analysed.
//!
//! The lists are asked over HTTP with every filter that the OpenAPI document names and with every
//! pair of them, and what they prepare on the way to PostgreSQL is what is explained here. So a new
//! list and a new filter are looked at without being told of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alis::database::{acting_as, pool};
use alis::event_log::projection::STILL_KNOWN;
use serde_json::Value;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config};

use crate::support::client;
use crate::support::contract::Contract;
use crate::support::instance::beside;
use crate::support::postgres::fresh;
use crate::support::wire::Wire;

/// Parameters that every list has.
const COMMON: [&str; 4] = ["as_of", "known_at", "limit", "cursor"];

/// A list and an example of each of its filters, as they stand in a query.
struct Listed {
    path: String,
    filters: Vec<String>,
}

/// Every list that may come from a read model: it has pages, and is not below another resource.
fn lists() -> Vec<Listed> {
    let contract = Contract::of_program();
    let mut found = Vec::new();
    for (path, method, operation) in contract.operations() {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<&Value> = parameters.map(|one| resolved(contract, one)).collect();
        let paged = parameters.iter().any(|parameter| parameter["name"] == "cursor");
        // The access log is no read model: its page is found by the table's primary key.
        if method != "GET" || !paged || path.contains('{') || path == "/v1/access-log" {
            continue;
        }
        let own = parameters.into_iter().filter(|parameter| {
            parameter["in"] == "query" && COMMON.iter().all(|name| parameter["name"] != *name)
        });
        let filters = own.map(|parameter| example(contract, parameter)).collect();
        found.push(Listed { path: path.to_owned(), filters });
    }
    found
}

fn resolved<'a>(contract: &'a Contract, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(address) => {
            let pointer = address.trim_start_matches('#');
            contract.document().pointer(pointer).expect("references of the document lead somewhere")
        }
        None => value,
    }
}

/// `name=value`, by the parameter's example or that of its type.
fn example(contract: &Contract, parameter: &Value) -> String {
    let name = parameter["name"].as_str().expect("a parameter has a name");
    let of_type = &resolved(contract, &parameter["schema"])["examples"][0];
    let value = Some(&parameter["example"]).filter(|value| !value.is_null()).unwrap_or(of_type);
    match value {
        Value::String(text) => format!("{name}={text}"),
        Value::Null => panic!("{name} has no example"),
        Value::Bool(_) | Value::Number(_) => format!("{name}={value}"),
        Value::Array(_) | Value::Object(_) => panic!("{name} is no value of a query"),
    }
}

/// What the lists prepare, alone and with each pair of filters, by the query that was asked.
async fn statements(database: &Config) -> BTreeMap<String, String> {
    let wire = Wire::to(database).await;
    let running = beside(&wire.config).await;
    let client = client::Client::new(running.address);
    let reads_model = |text: &String| text.contains(" from model.");
    let mut found = BTreeMap::new();
    let mut before: BTreeSet<String> = wire.prepared();
    for Listed { path, filters } in lists() {
        for filters in combined(&filters) {
            let asked = format!("{path}?{filters}");
            let answer = client.get(&asked).await;
            assert_eq!(answer.status, 200, "{asked}: {}", answer.text);
            let after = wire.prepared();
            let new: Vec<&String> = after.difference(&before).filter(|t| reads_model(t)).collect();
            let [statement] = new[..] else { panic!("{asked} prepared {new:?}") };
            found.insert(asked, statement.clone());
            before = after;
        }
    }
    running.stop().await;
    found
}

/// No filter, each, and each pair.
fn combined(filters: &[String]) -> Vec<String> {
    let mut all = vec![String::new()];
    for (place, one) in filters.iter().enumerate() {
        all.push(one.clone());
        all.extend(filters[place + 1..].iter().map(|other| format!("{one}&{other}")));
    }
    all
}

/// Parameters of every list: log, day, position, place, limit.
const FIXED_PARAMETERS: usize = 5;
/// Items of a large table, and rows of each: as many stretches of what was known of it.
const ITEMS: i64 = 8_000;
const ROWS_PER_ITEM: i64 = 3;
/// Columns of a row that no filter is about, and those of its time.
const OF_EVERY_LIST: [&str; 6] = ["log", "key", "valid_from", "valid_to", "known_from", "known_to"];

/// Filters for which a plan may walk the list in the order of its keys, and why that is well. This
/// list only shrinks.
const WALKED: [(&str, &str); 4] = [
    // Days before another are in no order of keys: they would be sorted. Exemptions are few.
    ("model.exemptions", "expires_on"),
    // Yes or no is hardly a choice: a page is full after a short walk, or the list is short.
    ("model.supervisors", "specialist"),
    ("model.supervisors", "over_capacity"),
    ("model.curricula", "in_force"),
];

/// Different values of a column, of which the first ones are by far the most frequent.
fn different_values(column: &str) -> i64 {
    match column {
        "municipality" | "municipalities" | "names" => 357,
        "programme" | "alis_office" | "curriculum" => 20,
        "hpr_lookup" | "external" | "trainee" | "supervisor" | "code" => ITEMS,
        // Words of a short list.
        _ => 6,
    }
}

/// What fills a column of item `n`.
fn filling(number: i16, column: &str, kind: &str) -> String {
    let different = different_values(column);
    let chance = format!("(hashint4(n + {number}00000) & 65535) / 65536.0");
    let value = format!("floor({different} * power({chance}, 3))::integer");
    match kind {
        "text" => format!("'w' || {value}"),
        "text[]" => format!("array['w' || {value}]"),
        "uuid" => format!("md5('w' || {value})::uuid"),
        "boolean" => format!("{value} > 0"),
        "date" => format!("date '2026-01-01' + {value} * 30"),
        "smallint" => format!("{value}::smallint"),
        "numeric" => "100".to_owned(),
        "json" => "json_build_object('id', n, 'told', repeat('x', 300))".to_owned(),
        other => panic!("nothing is said of how a column of type {other} is filled"),
    }
}

/// Fills the table behind a view.
async fn fill(client: &Client, view: &str) {
    let sql = "select attname::text, format_type(atttypid, null), attnum from pg_attribute \
               where attrelid = $1::text::regclass and attnum > 0 order by attnum";
    let columns = client.query(sql, &[&view]).await.expect("the view is there");
    let columns: Vec<(String, String, i16)> =
        columns.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let own = columns.iter().filter(|(name, ..)| !OF_EVERY_LIST.contains(&name.as_str()));
    let cells: Vec<String> = own.map(|(name, kind, at)| filling(*at, name, kind)).collect();
    let sql = format!(
        "insert into {view}
         select 1, md5(n::text)::uuid::text, '2020-01-01', 'infinity', n * 10 + stretch,
           case when stretch = {ROWS_PER_ITEM} then {STILL_KNOWN} else n * 10 + stretch + 1 end, {}
         from generate_series(1, {ITEMS}) n, generate_series(1, {ROWS_PER_ITEM}) stretch",
        cells.join(", ")
    );
    client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

async fn analyse(client: &Client, view: &str) {
    let sql = "select table_schema || '.' || table_name from information_schema.view_table_usage \
               where view_schema || '.' || view_name = $1";
    let table: String = client.query_one(sql, &[&view]).await.expect("a view has a table").get(0);
    client.batch_execute(&format!("analyze {table}")).await.expect("the owner may");
}

/// The view that a statement reads.
fn view_of(sql: &str) -> &str {
    let (_, rest) = sql.split_once(" from model.").expect("it reads a model");
    let length = rest.find(' ').unwrap_or(rest.len());
    let start = sql.len() - rest.len() - "model.".len();
    &sql[start..start + "model.".len() + length]
}

/// The filters of a statement, in the order of their values: column and operator.
fn filters_of(sql: &str) -> Vec<(&str, &str)> {
    let words: Vec<&str> = sql.split([' ', '(']).collect();
    let mut found = BTreeMap::new();
    for place in 1..words.len() - 1 {
        let (column, operator, value) = (words[place - 1], words[place], words[place + 1]);
        let number = value.split_once('$').map_or("", |(_, number)| number);
        let number = number.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let number: usize = number.parse().unwrap_or_default();
        if ["=", "<", "@>"].contains(&operator) && number > FIXED_PARAMETERS {
            found.insert(number, (column, operator));
        }
    }
    found.into_values().collect()
}

/// A value that an empty table does not hold.
fn any(kind: &Type) -> &'static str {
    match *kind {
        Type::TEXT => "'none'",
        Type::UUID => "'00000000-0000-0000-0000-000000000000'",
        Type::BOOL => "true",
        Type::DATE => "'2026-06-01'",
        Type::INT2 => "1",
        ref other => panic!("nothing is said of a filter of type {other}"),
    }
}

/// What a column of a view holds: the most frequent value and the rarest.
type Values = HashMap<(String, String), Option<[String; 2]>>;

/// Looks once at each column that is asked for.
async fn held(client: &Client, known: &mut Values, view: &str, one: &str) -> Option<[String; 2]> {
    let place = (view.to_owned(), one.to_owned());
    if let Some(found) = known.get(&place) {
        return found.clone();
    }
    let sql = format!(
        "select quote_literal({one}::text) from {view} where {one} is not null
         group by {one} order by count(*) desc"
    );
    let rows = client.query(&sql, &[]).await.expect("values can be counted");
    let ends = rows.first().zip(rows.last());
    let ends = ends.map(|(frequent, rare)| [frequent.get(0), rare.get(0)]);
    known.insert(place, ends.clone());
    ends
}

/// Values for a statement's parameters: once the most frequent ones for each filter, once the
/// rarest.
async fn values(client: &Client, known: &mut Values, sql: &str) -> [String; 2] {
    let statement = client.prepare(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let fixed: [&str; FIXED_PARAMETERS] = ["1", "'2026-06-01'", "1000000000", "''", "51"];
    let mut values = [fixed.join(", "), fixed.join(", ")];
    let kinds = &statement.params()[FIXED_PARAMETERS..];
    for ((column, operator), kind) in filters_of(sql).into_iter().zip(kinds) {
        let one = if operator == "@>" { format!("{column}[1]") } else { column.to_owned() };
        let held = held(client, known, view_of(sql), &one).await;
        let held = held.unwrap_or_else(|| [any(kind).to_owned(), any(kind).to_owned()]);
        for (values, value) in values.iter_mut().zip(held) {
            *values += &format!(", {value}");
        }
    }
    values
}

/// What an index narrows rows down by in a plan and below it, and the scans that use none.
fn looked_at(plan: &Value, narrowed: &mut String, whole: &mut Vec<String>) {
    narrowed.push_str(plan["Index Cond"].as_str().unwrap_or_default());
    let kind = plan["Node Type"].as_str().unwrap_or_default();
    if kind.contains("Scan") && plan["Relation Name"].is_string() && !kind.contains("Index") {
        // Below a bitmap heap scan stands the index that it reads by.
        if kind != "Bitmap Heap Scan" {
            whole.push(kind.to_owned());
        }
    }
    for below in plan["Plans"].as_array().into_iter().flatten() {
        looked_at(below, narrowed, whole);
    }
}

fn sorts(plan: &Value) -> bool {
    let mut below = plan["Plans"].as_array().into_iter().flatten();
    let sort = plan["Node Type"].as_str().is_some_and(|kind| kind.contains("Sort"));
    sort || below.any(sorts)
}

/// What is wrong with a plan: no index is used, none that a filter is about, or all is sorted.
fn fault_of(sql: &str, plan: &Value) -> Option<String> {
    let (mut narrowed, mut whole) = (String::new(), Vec::new());
    looked_at(plan, &mut narrowed, &mut whole);
    if !whole.is_empty() || narrowed.is_empty() {
        return Some(format!("reads all rows by {whole:?}"));
    }
    let filters = filters_of(sql);
    let by_filter = filters
        .iter()
        .any(|(column, operator)| narrowed.contains(&format!("({column} {operator} ")));
    if by_filter {
        return None;
    }
    if sorts(plan) {
        return Some(format!("sorts all rows, found by {narrowed}"));
    }
    let walked = |column: &str| WALKED.contains(&(view_of(sql), column));
    let served = filters.iter().find(|(column, _)| !walked(column));
    served.map(|(column, _)| format!("walks the whole list for {column}, by {narrowed}"))
}

async fn plan(client: &Client, sql: &str, values: &str, mode: &str) -> Value {
    let prepare = format!("set plan_cache_mode = {mode}; prepare listed as {sql}");
    client.batch_execute(&prepare).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let explain = format!("explain (format json) execute listed({values})");
    let row = client.query_one(&explain, &[]).await;
    let row = row.unwrap_or_else(|error| panic!("{explain}: {error:?}"));
    client.batch_execute("deallocate listed").await.expect("it was prepared");
    row.get::<_, Value>(0)[0]["Plan"].take()
}

async fn assert_by_index(client: &Client, statements: &BTreeMap<String, String>, situation: &str) {
    let mut wrong = Vec::new();
    let mut known = Values::new();
    for (asked, sql) in statements {
        for values in values(client, &mut known, sql).await {
            for mode in ["force_generic_plan", "force_custom_plan"] {
                let plan = plan(client, sql, &values, mode).await;
                if let Some(fault) = fault_of(sql, &plan) {
                    wrong.push(format!("{situation}, {mode}, ({values}): {asked} {fault}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} plans:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_list_finds_its_page_by_an_index() {
    let database = fresh().await;
    let statements = statements(&database.admin).await;
    let views: BTreeSet<&str> = statements.values().map(|sql| view_of(sql)).collect();
    // Planned as the service plans.
    let pool = pool(&acting_as(&database.admin, "alis_service"), 1).expect("a pool can be made");
    let client = pool.get().await.expect("the service may connect");
    assert_by_index(&client, &statements, "empty").await;
    for view in &views {
        fill(&client, view).await;
    }
    assert_by_index(&client, &statements, "large, not analysed").await;
    for view in &views {
        analyse(&client, view).await;
    }
    assert_by_index(&client, &statements, "large, analysed").await;
}
