//! Problems in the document: a schema for each that has facts of its own, one for all problems of
//! a status, and what each operation may answer.
//!
//! Every answer of a status has the same schema, by name, with all facts that may come with that
//! status: generated clients get one class a status, and not one for each operation. Which codes
//! an operation answers, and the exact schema of each, stand beside it as `x-problems`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::problem::{Language, Problem, Rejection};

/// Adds what an operation may answer instead of what was asked for.
pub fn add(
    operation: &mut Value,
    codes: &BTreeSet<&'static str>,
    catalogue: &BTreeMap<&str, &'static Problem>,
) {
    let mut by_status: BTreeMap<u16, Vec<&'static Problem>> = BTreeMap::new();
    for code in codes {
        let problem = catalogue[code];
        by_status.entry(problem.status).or_default().push(problem);
    }
    for (status, problems) in by_status {
        let words = problems.iter().map(|problem| {
            format!("`{}`: {}", problem.code, problem.title.in_language(Language::English))
        });
        let examples = problems.iter().map(|problem| {
            let place = format!("#/components/examples/{}", problem.code);
            (problem.code.to_owned(), json!({ "$ref": place }))
        });
        let schemas = problems
            .iter()
            .map(|problem| (problem.code.to_owned(), Value::from(place_of(&schema_of(problem)))));
        let all: Vec<&'static Problem> = catalogue.values().copied().collect();
        operation["responses"][status.to_string()] = json!({
            "description": words.collect::<Vec<_>>().join("; "),
            "x-problems": schemas.collect::<Map<_, _>>(),
            "content": { "application/problem+json": {
                "schema": { "$ref": place_of(&schema_of_status(status, &all)) },
                "examples": examples.collect::<Map<_, _>>(),
            } },
        });
    }
}

fn place_of(schema: &str) -> String {
    format!("#/components/schemas/{schema}")
}

/// The name of the schema that tells a problem exactly: its own where it has facts of its own.
fn schema_of(problem: &Problem) -> String {
    if problem.members.is_empty() {
        return "Problem".to_owned();
    }
    let words = problem.code.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect::<String>() + "Problem"
}

/// The name of the schema of all problems of a status.
fn schema_of_status(status: u16, all: &[&'static Problem]) -> String {
    let of_status: Vec<_> = all.iter().filter(|problem| problem.status == status).collect();
    match of_status.as_slice() {
        [only] => return schema_of(only),
        several if several.iter().all(|problem| problem.members.is_empty()) => {
            return "Problem".to_owned();
        }
        _several => {}
    }
    let status = actix_web::http::StatusCode::from_u16(status).ok();
    let reason = status.and_then(|status| status.canonical_reason()).unwrap_or("Other");
    reason.replace(' ', "") + "Problem"
}

/// Adds the schemas and examples of all problems.
pub fn describe(document: &mut Value, all: &[&'static Problem]) {
    let schemas = &mut document["components"]["schemas"];
    schemas["Problem"] = base(all);
    schemas["FieldError"] = field_error();
    for problem in all.iter().filter(|problem| !problem.members.is_empty()) {
        let mut properties = json!({ "code": { "type": "string", "enum": [problem.code] } });
        for member in problem.members {
            properties[member.name] = member.schema();
        }
        let required = problem.members.iter().filter(|member| !member.optional);
        let required: Vec<&str> = required.map(|member| member.name).collect();
        let about = format!("`{}`: {}.", problem.code, problem.title.en);
        schemas[schema_of(problem)] = narrowed(&about, properties, &required);
    }
    let statuses: BTreeSet<u16> = all.iter().map(|problem| problem.status).collect();
    for status in statuses {
        let name = schema_of_status(status, all);
        if schemas.get(&name).is_none() {
            schemas[name] = of_status(status, all);
        }
    }
    let examples = all.iter().map(|problem| {
        let value = json!({ "summary": problem.title.en, "value": example(problem) });
        (problem.code.to_owned(), value)
    });
    document["components"]["examples"] = examples.collect::<Map<_, _>>().into();
}

/// The problem of every kind, with more members.
fn narrowed(about: &str, properties: Value, required: &[&str]) -> Value {
    let mut more = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        more["required"] = json!(required);
    }
    json!({ "description": about, "allOf": [{ "$ref": place_of("Problem") }, more] })
}

/// Every fact that may come with a problem of a status, each with the codes that it comes with.
fn of_status(status: u16, all: &[&'static Problem]) -> Value {
    let mut properties = json!({});
    let mut codes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for problem in all.iter().filter(|problem| problem.status == status) {
        for member in problem.members {
            properties[member.name] = member.schema();
            codes.entry(member.name).or_default().push(format!("`{}`", problem.code));
        }
    }
    for (name, codes) in codes {
        properties[name]["description"] = format!("With {}.", codes.join(", ")).into();
    }
    let about = format!("Why a request was answered {status}, with the facts of each `code`.");
    narrowed(&about, properties, &[])
}

/// A problem as it could be answered.
fn example(problem: &'static Problem) -> Value {
    let rejection = problem.members.iter().fold(Rejection::new(problem), |rejection, member| {
        rejection.with(member.name, member.example())
    });
    let mut example = json!({
        "type": format!("/problems/{}", problem.code),
        "title": problem.title.en,
        "status": problem.status,
        "detail": rejection.detail(Language::English),
        "code": problem.code,
        "instance": "urn:alis:request:01890a5d-ac96-774b-bcce-b302099a8057",
    });
    for (name, value) in rejection.members() {
        example[name] = value;
    }
    example
}

/// What all problems have. The codes are told and not closed: a client that was generated before a
/// code was added must read it all the same.
fn base(all: &[&'static Problem]) -> Value {
    let codes: BTreeSet<&str> = all.iter().map(|problem| problem.code).collect();
    json!({
        "type": "object",
        "description": "Why a request was not done (RFC 9457). `code` never changes; act on it.",
        "required": ["type", "title", "status", "detail", "code", "instance"],
        "properties": {
            "type": { "type": "string", "description": "Address of the page that explains this problem.", "examples": ["/problems/not_found"] },
            "title": { "type": "string", "description": "What happened, the same words every time.", "examples": ["Not found"] },
            "status": { "type": "integer", "format": "int32", "description": "The HTTP status.", "examples": [404] },
            "detail": { "type": "string", "description": "What happened this time, and what to do.", "examples": ["There is nothing here."] },
            "code": { "type": "string", "description": "What a program acts on. There may be more codes than a client knows.", "x-extensible-enum": codes, "examples": ["not_found"] },
            "instance": { "type": "string", "description": "Names this request in the service's own log.", "examples": ["urn:alis:request:01890a5d-ac96-774b-bcce-b302099a8057"] },
            "errors": { "type": "array", "description": "Every field at fault.", "examples": [[]], "items": { "$ref": "#/components/schemas/FieldError" } },
        },
    })
}

fn field_error() -> Value {
    json!({
        "type": "object",
        "description": "A field at fault.",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": { "type": "string", "description": "JSON pointer into the body; `/query/...` and `/header/...` for parameters and headers.", "examples": ["/percent"] },
            "code": { "type": "string", "description": "What is wrong, for programs.", "examples": ["invalid_percent"] },
            "detail": { "type": "string", "description": "What is wrong, in words.", "examples": ["Must be above 0 and at most 100, with at most two decimals."] },
        },
    })
}

/// The page of all problems, for `docs/errors.md`.
pub fn markdown(mut problems: Vec<&'static Problem>) -> String {
    let mut text = String::from(
        "# Problems\n\nGenerated from the declarations in `src/` by `alis openapi --write`; do not edit.\n\n\
         Every error is `application/problem+json` (RFC 9457). `code` never changes; titles and details come in\n\
         English or Norwegian by `Accept-Language`. `{places}` in a detail are filled in with what comes as members\n\
         of the answer too; those are listed below each problem.\n",
    );
    problems.sort_by_key(|problem| (problem.status, problem.code));
    for problem in problems {
        let doc: Vec<&str> = problem.doc.trim().lines().map(str::trim).collect();
        text.push_str(&format!(
            "\n## {}\n\n{} · {} / {}\n\n{}\n\n> {}\n>\n> {}\n",
            problem.code,
            problem.status,
            problem.title.en,
            problem.title.nb,
            doc.join("\n"),
            problem.detail.en,
            problem.detail.nb,
        ));
        let members = problem.members.iter().map(|member| {
            let optional = if member.optional { ", not always there" } else { "" };
            format!("* `{}` ({}{optional}): {}\n", member.name, member.kind.word(), member.doc)
        });
        let members: String = members.collect();
        if !members.is_empty() {
            text.push_str(&format!("\n{members}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::problems! {
        /// The cup is full.
        CUP_FULL = 409, "cup_full",
        en: "The cup is full", "It holds {drops} drops already.",
        nb: "Koppen er full", "Den rommer allerede {drops} dråper.",
        members: count("drops", "What it holds.");

        /// The cup is broken.
        CUP_BROKEN = 409, "cup_broken",
        en: "The cup is broken", "It broke.",
        nb: "Koppen er knust", "Den ble knust.";

        /// There is no cup.
        NO_CUP = 404, "no_cup",
        en: "No cup", "There is none.",
        nb: "Ingen kopp", "Det er ingen.";

        /// The cup has changed.
        CUP_CHANGED = 412, "cup_changed",
        en: "The cup has changed", "It has {drops} drops.",
        nb: "Koppen er endret", "Den har {drops} dråper.",
        members: count("drops", "What it holds.").optional();
    }

    #[test]
    fn problems_of_a_status_have_one_schema_and_each_with_facts_one_of_its_own() {
        let names = [409, 404, 412].map(|status| schema_of_status(status, ALL));
        assert_eq!(names, ["ConflictProblem", "Problem", "CupChangedProblem"]);
        let mut document = json!({ "components": { "schemas": {} } });
        describe(&mut document, ALL);
        let schemas = &document["components"]["schemas"];
        let own = &schemas["CupFullProblem"]["allOf"][1];
        assert_eq!(own["required"], json!(["drops"]));
        assert_eq!(own["properties"]["code"]["enum"], json!(["cup_full"]));
        let conflict = &schemas["ConflictProblem"]["allOf"][1];
        assert_eq!(conflict["properties"]["drops"]["description"], "With `cup_full`.");
        assert_eq!(conflict.get("required"), None);
        assert_eq!(schemas["CupChangedProblem"]["allOf"][1].get("required"), None);
        let example = &document["components"]["examples"]["cup_full"]["value"];
        assert_eq!(example["drops"], 2);
        assert_eq!(example["detail"], "It holds 2 drops already.");
    }

    #[test]
    fn an_operation_says_which_codes_it_answers_and_how_each_looks() {
        let catalogue = ALL.iter().map(|problem| (problem.code, *problem)).collect();
        let mut operation = json!({ "responses": {} });
        add(&mut operation, &BTreeSet::from(["cup_full", "cup_broken"]), &catalogue);
        let answer = &operation["responses"]["409"];
        assert_eq!(answer["x-problems"]["cup_full"], "#/components/schemas/CupFullProblem");
        assert_eq!(answer["x-problems"]["cup_broken"], "#/components/schemas/Problem");
        let schema = &answer["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/ConflictProblem");
    }
}
