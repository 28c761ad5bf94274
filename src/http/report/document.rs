//! The operation and the schemas of a report in the OpenAPI document, from its declaration.

use serde_json::{Map, Value, json};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{OperationBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::{ContentBuilder, HttpMethod, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{IntoParams, PartialSchema};

use super::asked::FormParameters;
use super::column::{Column, Kind, Unit};
use super::{Report, Whom, path_of};
use crate::edge::{DAY_PATTERN, Day};
use crate::http::time_axes::TimeAxes;

/// A column as JSON.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "documents what is written of a column")]
pub struct ReportColumn {
    /// Its name in `rows`.
    #[schema(example = "filled")]
    name: String,
    /// Its heading, in the caller's language.
    #[schema(example = "Filled")]
    heading: String,
}

/// The name of a report's schemas: `GoalProgress`.
fn type_name(name: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    name.split('-').map(capital).collect()
}

/// The operation of a report, at its address.
pub fn paths<P: IntoParams, R>(report: &Report<P, R>) -> Paths {
    let mut operation = OperationBuilder::new()
        .tag("reports")
        .operation_id(Some(format!("report_{}", report.name.replace('-', "_"))))
        .summary(Some(report.title.en))
        .description(Some(description(report)))
        .extensions(Some(ExtensionsBuilder::new().add("x-access", access(report.whom)).build()));
    let in_query = || Some(ParameterIn::Query);
    let own = P::into_params(in_query).into_iter();
    let shared = FormParameters::into_params(in_query).into_iter();
    for parameter in own.chain(shared).chain(TimeAxes::into_params(in_query)) {
        operation = operation.parameter(parameter);
    }
    let body = Ref::from_schema_name(format!("{}Report", type_name(report.name)));
    let headings: Vec<&str> = report.columns.iter().map(|column| column.heading.en).collect();
    let text = schema(json!({ "type": "string" }));
    let csv = ContentBuilder::new().schema(Some(text)).example(Some(json!(headings.join(","))));
    let answer = ResponseBuilder::new()
        .description("The report")
        .content("application/json", ContentBuilder::new().schema(Some(body)).build())
        .content("text/csv", csv.build());
    let operation = operation.response("200", answer.build()).build();
    let item = PathItem::new(HttpMethod::Get, operation);
    Paths::builder().path(path_of(report.name), item).build()
}

fn access(whom: Whom) -> &'static str {
    match whom {
        Whom::Everybody => "figures",
        Whom::SeesIndividuals => "individual_reports",
    }
}

fn description<P, R>(report: &Report<P, R>) -> String {
    let time = "As it was on `as_of`, as known at `known_at`: with both given, the answer stays the \
                same, whatever is recorded later.";
    let suppressed = "Counts the municipalities whose individuals the caller may see. Callers who \
                      may see none get all municipalities, for the last day of a month and as known \
                      now. They are shown counts to the nearest five and none below five; sums, \
                      shares and amounts are of the counts that are shown.";
    match report.whom {
        Whom::Everybody => format!("{}\n\n{time}\n\n{suppressed}", report.about.en),
        Whom::SeesIndividuals => format!("{}\n\n{time}", report.about.en),
    }
}

/// The schemas of a report, by name: its own, of its rows and of its totals.
pub fn schemas<P, R>(report: &Report<P, R>) -> Vec<(String, RefOr<Schema>)> {
    let name = type_name(report.name);
    let of = |what: &str| json!({ "$ref": format!("#/components/schemas/{name}{what}") });
    let described = |what: &str, mut schema: Value| {
        schema["description"] = json!(what);
        schema
    };
    let whole = json!({
        "type": "object",
        "description": report.title.en,
        "required": ["report", "as_of", "known_at", "totals", "columns", "rows"],
        "properties": {
            "report": { "type": "string", "description": "The report's name.", "examples": [report.name] },
            "as_of": described("The day it is about.", json!({ "$ref": "#/components/schemas/Day" })),
            "known_at": {
                "type": "integer", "format": "int64", "examples": [42],
                "description": "The position of the log whose knowledge it shows. Asking for it again with `known_at` gives the same answer, whatever is recorded later.",
            },
            "totals": described("Figures over all rows.", of("Totals")),
            "columns": {
                "type": "array", "description": "The columns, in the order of the CSV form.",
                "items": { "$ref": "#/components/schemas/ReportColumn" },
            },
            "rows": { "type": "array", "description": "The rows.", "items": of("Row") },
        },
    });
    let row = object("A row of the report.", report.columns.iter(), report.whom);
    let totals = object("Figures over all rows.", report.summed(), report.whom);
    let named = |what: &str, value: Value| (format!("{name}{what}"), schema(value));
    vec![
        named("Report", whole),
        named("Row", row),
        named("Totals", totals),
        ("ReportColumn".to_owned(), ReportColumn::schema()),
        ("Day".to_owned(), Day::schema()),
    ]
}

fn object<'a, P: 'static, R: 'static>(
    about: &str,
    columns: impl Iterator<Item = &'a Column<P, R>>,
    whom: Whom,
) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for column in columns {
        properties.insert(column.name.to_owned(), member(column, whom));
        if column.only.is_none() {
            required.push(column.name);
        }
    }
    json!({ "type": "object", "description": about, "required": required, "properties": properties })
}

/// A column as a member of a row or of the totals.
fn member<P, R>(column: &Column<P, R>, whom: Whom) -> Value {
    let (one, mut schema) = type_of(&column.kind);
    let may_be_null = column.maybe || (whom == Whom::Everybody && column.kind.is_suppressed());
    schema["type"] = if may_be_null { json!([one, "null"]) } else { json!(one) };
    let words = column.kind.words().iter().filter(|_| one == "string");
    let words: Vec<_> = words.collect();
    let lines = words.iter().map(|word| format!("\n* `{}`: {}.", word.code, word.words.en));
    let lines: String = lines.collect();
    let apart = if words.is_empty() { "" } else { "\n" };
    schema["description"] = json!(format!("{}{apart}{lines}", column.about));
    if !words.is_empty() {
        let codes = words.iter().map(|word| json!(word.code));
        let null = may_be_null.then_some(Value::Null);
        schema["enum"] = codes.chain(null).collect();
    }
    schema["examples"] = json!([example(column)]);
    schema
}

/// The JSON type of a kind, and what else its schema says.
fn type_of<R>(kind: &Kind<R>) -> (&'static str, Value) {
    match kind {
        Kind::Count(_) | Kind::Sum(_) | Kind::Different(_) | Kind::DifferentPersons(_) => {
            ("integer", json!({ "format": "int64", "minimum": 0 }))
        }
        Kind::Share { .. } => {
            ("number", json!({ "minimum": 0, "maximum": 100, "x-unit": "percent" }))
        }
        Kind::Amount { unit: Unit::Percent, .. } => {
            ("number", json!({ "format": "double", "x-unit": "percent" }))
        }
        Kind::Amount { unit: Unit::Kroner, .. } => {
            ("integer", json!({ "format": "int64", "x-unit": "NOK" }))
        }
        Kind::Person(_) => ("string", json!({ "format": "uuid" })),
        Kind::Date(_) => {
            ("string", json!({ "format": "date", "pattern": format!("^{DAY_PATTERN}$") }))
        }
        Kind::Id(_) | Kind::Text(_) | Kind::Word { .. } => ("string", json!({})),
        Kind::Flag(_) => ("boolean", json!({})),
        Kind::Several(_) => ("array", json!({ "items": { "type": "string" } })),
    }
}

/// What a column may hold, as JSON.
fn example<P, R>(column: &Column<P, R>) -> Value {
    let text = column.example;
    match type_of(&column.kind).0 {
        "integer" | "number" | "boolean" => serde_json::from_str(text).unwrap_or(Value::Null),
        "array" => json!([text]),
        _ => json!(text),
    }
}

fn schema(value: Value) -> RefOr<Schema> {
    serde_json::from_value(value).expect("the declaration is a schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(column: Column<(), u64>, whom: Whom) -> Value {
        serde_json::to_value(schema(member(&column, whom))).expect("a schema is JSON")
    }

    #[test]
    fn a_schema_is_named_after_its_report() {
        assert_eq!(type_name("staffing"), "Staffing");
        assert_eq!(type_name("goal-progress"), "GoalProgress");
    }

    #[test]
    fn what_is_suppressed_for_some_may_be_null_and_nothing_else_unless_declared() {
        let count = || Kind::Count(|row: &u64| *row).named("a", ["A", "A"]).about("All.", "3");
        let shown = of(count(), Whom::SeesIndividuals);
        assert_eq!((&shown["type"], &shown["examples"]), (&json!("integer"), &json!([3])));
        assert_eq!(of(count(), Whom::Everybody)["type"], json!(["integer", "null"]));
        let place = || Kind::Id(|row: &u64| Some(row.to_string())).named("b", ["B", "B"]);
        let sure = of(place().about("A place.", "1"), Whom::Everybody);
        assert_eq!(sure["type"], "string");
        let unsure = of(place().maybe("A place.", "1"), Whom::Everybody);
        assert_eq!(unsure["type"], json!(["string", "null"]));
    }
}
