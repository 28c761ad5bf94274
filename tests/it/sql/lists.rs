//! Every list finds its page by an index, whichever filters are given and whatever it is sorted by:
//! on empty tables, on large ones of which PostgreSQL knows nothing yet, and on analysed ones.
//!
//! The lists are asked over HTTP with every filter that the OpenAPI document names and with every
//! pair of them, in every order, for the first page and for a later one, and what they prepare on
//! the way to PostgreSQL is what is explained here. So a new list, a new filter and a new order are
//! looked at without being told of.

mod asked;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alis::database::{acting_as, pool};
use alis::event_log::projection::STILL_KNOWN;
use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::support::postgres::fresh;
use asked::{MIDDLE_COUNT, MIDDLE_DAY, MIDDLE_KEY, MIDDLE_TEXT, statements};

/// Parameters of every list: log, day, position, limit.
const FIXED_PARAMETERS: usize = 4;
/// Items of a large table, and rows of each: as many stretches of what was known of it.
const ITEMS: i64 = 8_000;
const ROWS_PER_ITEM: i64 = 3;
/// Columns of a row that no filter is about, and those of its time.
const OF_EVERY_LIST: [&str; 6] = ["log", "key", "valid_from", "valid_to", "known_from", "known_to"];

/// When PostgreSQL knows how frequent values are.
const ANALYSED: &str = "large, analysed";

/// Filters for which a plan may walk the list in its order, and why that is well. This list only
/// shrinks.
const WALKED: [(&str, &str); 4] = [
    // Days before another are in no order of keys: they would be sorted. Exemptions are few.
    ("model.exemptions", "expires_on"),
    // Yes or no is hardly a choice: a page is full after a short walk, or the list is short.
    ("model.supervisors", "specialist"),
    ("model.supervisors", "over_capacity"),
    ("model.curricula", "in_force"),
];

/// A column of more different values than this is no short list of words.
const WORDS_MANY: i64 = 20;

/// Different values of a column, of which the first ones are by far the most frequent.
fn different_values(column: &str) -> i64 {
    match column {
        "municipality" | "municipalities" | "names" | "name_order" => 357,
        "programme" | "alis_office" | "curriculum" => WORDS_MANY,
        "hpr_lookup" | "external" | "occupancies_external" | "trainee" | "supervisor" | "code" => {
            ITEMS
        }
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
        "integer" => value,
        "numeric" => "100".to_owned(),
        "json" => "json_build_object('id', n, 'recorded', repeat('x', 300))".to_owned(),
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
    for place in 1..words.len() - 2 {
        let (column, operator, mut value) = (words[place - 1], words[place], words[place + 1]);
        if value == "any" {
            value = words[place + 2];
        }
        let number = value.split_once('$').map_or("", |(_, number)| number);
        let number = number.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let number: usize = number.parse().unwrap_or_default();
        let is_place = column == "key" && operator != "=";
        if ["=", "<", "@>", "&&"].contains(&operator) && number > FIXED_PARAMETERS && !is_place {
            found.insert(number, (column, operator));
        }
    }
    found.into_values().collect()
}

/// Values of the place that a page begins behind, as its condition names them: none, a key, or what
/// stands in a column and a key.
fn place_of(sql: &str) -> Vec<String> {
    let column = ["::text::date", "::text::integer", "::text"].into_iter();
    let column = column.zip([MIDDLE_DAY, MIDDLE_COUNT, MIDDLE_TEXT]);
    let (_, conditions) = sql.split_once(" known_to > $3").expect("every list has it");
    let mut found = column.filter(|(cast, _)| conditions.contains(&format!("{cast}, $")));
    let key = conditions.contains("key > $") || conditions.contains("key < $");
    match found.next() {
        Some((_, value)) => vec![format!("'{value}'"), format!("'{MIDDLE_KEY}'")],
        None if key => vec![format!("'{MIDDLE_KEY}'")],
        None => vec![],
    }
}

/// A value that an empty table does not hold.
fn any(kind: &Type) -> &'static str {
    match *kind {
        Type::TEXT | Type::TEXT_ARRAY => "'none'",
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
    let fixed: [&str; FIXED_PARAMETERS] = ["1", "'2026-06-01'", "1000000000", "51"];
    let mut values = [fixed.join(", "), fixed.join(", ")];
    let kinds = &statement.params()[FIXED_PARAMETERS..];
    for ((column, operator), kind) in filters_of(sql).into_iter().zip(kinds) {
        let of_array = ["@>", "&&"].contains(&operator);
        let one = if of_array { format!("{column}[1]") } else { column.to_owned() };
        let held = held(client, known, view_of(sql), &one).await;
        let held = held.unwrap_or_else(|| [any(kind).to_owned(), any(kind).to_owned()]);
        for (values, value) in values.iter_mut().zip(held) {
            let is_array = *kind == Type::TEXT_ARRAY;
            let several = format!("array[{value}, 'none']");
            *values += &format!(", {}", if is_array { several } else { value });
        }
    }
    for value in place_of(sql) {
        values.iter_mut().for_each(|values| *values += &format!(", {value}"));
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

/// Whether no index of a filter has the order that is asked for behind it. Then PostgreSQL chooses:
/// what the filter finds may be sorted, or the list be walked in its order until a page is full.
fn is_in_another_order(sql: &str) -> bool {
    !sql.contains(" order by key") || sql.contains("= any(")
}

/// What is wrong with a plan: no index is used, none that a filter is about, or all is sorted.
/// `is_rare` is told of a plan that was made for a value which few items have.
fn fault_of(sql: &str, plan: &Value, is_rare: bool) -> Option<String> {
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
    let begins = ["::text, $", "::date, $", "::integer, $"];
    if begins.iter().any(|begins| sql.contains(begins)) && !narrowed.contains("ROW(") {
        return Some(format!("begins before the page, by {narrowed}"));
    }
    let is_short = |column: &str| different_values(column) < WORDS_MANY;
    let chosen = |column: &str| is_in_another_order(sql) && (!is_rare || is_short(column));
    let walked = |column: &str| WALKED.contains(&(view_of(sql), column)) || chosen(column);
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

async fn assert_by_index(client: &Client, statements: &BTreeMap<String, String>, status: &str) {
    let mut wrong = Vec::new();
    let mut known = Values::new();
    for (asked, sql) in statements {
        for (values, is_rarest) in values(client, &mut known, sql).await.iter().zip([false, true]) {
            for mode in ["force_generic_plan", "force_custom_plan"] {
                let plan = plan(client, sql, values, mode).await;
                let is_rare = is_rarest && mode == "force_custom_plan" && status == ANALYSED;
                if let Some(fault) = fault_of(sql, &plan, is_rare) {
                    wrong.push(format!("{status}, {mode}, ({values}): {asked} {fault}"));
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
    assert_by_index(&client, &statements, ANALYSED).await;
}
