//! What the service itself needs of the operations: their addresses, what each asks of its callers,
//! and what can be asked of reports. It comes from the same declarations as the document, and not
//! by way of it: the document is twenty times the size, and is only served.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::http::access::{Access, Rule};

/// What the service answers at which address.
pub struct Operations {
    /// Path templates and their methods, for 405.
    paths: Vec<(String, Vec<String>)>,
    /// What each operation asks of its callers, by path template and method.
    rules: HashMap<String, Vec<(String, Rule)>>,
    /// Parameters in the query of each report, by its path.
    reports: BTreeMap<String, Vec<Asked>>,
}

/// A parameter of a report, as the document tells of it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub name: String,
    pub about: String,
}

impl Operations {
    /// What the handlers declare, and `pages` beside it that are only read. An operation that does
    /// not say whom it is for would be open to nobody knows whom, so the program does not start
    /// with it.
    pub fn of(collected: &OpenApi, pages: &[&str]) -> Self {
        let areas = areas(collected);
        let (mut paths, mut rules) = (Vec::new(), HashMap::<String, Vec<(String, Rule)>>::new());
        let mut reports = BTreeMap::new();
        for (path, item) in &collected.paths.paths {
            let mut methods = Vec::new();
            for (method, operation) in declared(item) {
                methods.push(method.to_owned());
                if path.starts_with("/v1/") {
                    let rule = rule_of(path, method, operation, &areas);
                    rules.entry(path.clone()).or_default().push((method.to_owned(), rule));
                }
                if path.starts_with("/v1/reports/") {
                    reports.insert(path.clone(), asked(operation));
                }
            }
            paths.push((path.clone(), methods));
        }
        paths.extend(pages.iter().map(|page| ((*page).to_owned(), vec!["GET".to_owned()])));
        Self { paths, rules, reports }
    }

    /// The same, sharing nothing with this one.
    pub fn copied(&self) -> Self {
        let Self { paths, rules, reports } = self;
        let copied = |rule: &Rule| Rule { operation: (&*rule.operation).into(), ..rule.clone() };
        let rules = rules.iter().map(|(path, all)| {
            let all = all.iter().map(|(method, rule)| (method.clone(), copied(rule)));
            (path.clone(), all.collect())
        });
        Self { paths: paths.clone(), rules: rules.collect(), reports: reports.clone() }
    }

    /// The methods that an address takes; `None` when it is none.
    pub fn methods_at(&self, path: &str) -> Option<&[String]> {
        let found = self.paths.iter().find(|(template, _)| fits(template, path));
        found.map(|(_, methods)| methods.as_slice())
    }

    /// What can be asked of a report; nothing where there is none.
    pub fn parameters_of_report(&self, path: &str) -> &[Asked] {
        self.reports.get(path).map_or(&[], Vec::as_slice)
    }

    /// What an operation asks of its callers; `None` for pages that ask nothing, and for addresses
    /// that are none.
    pub fn rule(&self, method: &str, pattern: &str) -> Option<&Rule> {
        let rules = self.rules.get(pattern)?;
        rules.iter().find(|(name, _)| name == method).map(|(_, rule)| rule)
    }
}

/// Whether an address is one of a template's: `{name}` stands for one part of it, and `{name}*` at
/// the end for all that is left.
fn fits(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for expected in template.split('/') {
        let Some(part) = parts.next() else { return false };
        match expected {
            rest if rest.ends_with("}*") => return true,
            any if any.starts_with('{') && !part.is_empty() => {}
            exactly if exactly == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

/// The operations of an address, by every method there is: one that was passed over here would have
/// no rule.
fn declared(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let methods = [
        ("GET", &item.get),
        ("PUT", &item.put),
        ("POST", &item.post),
        ("DELETE", &item.delete),
        ("OPTIONS", &item.options),
        ("HEAD", &item.head),
        ("PATCH", &item.patch),
        ("TRACE", &item.trace),
        ("QUERY", &item.query),
    ];
    methods.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// The area of scopes that each group of operations belongs to.
fn areas(collected: &OpenApi) -> HashMap<&str, &str> {
    let tags = collected.tags.iter().flatten();
    tags.filter_map(|tag| Some((tag.name.as_str(), word(&tag.extensions, "x-scope-area")?)))
        .collect()
}

fn word<'a>(extensions: &'a Option<Extensions>, name: &str) -> Option<&'a str> {
    extensions.as_ref()?.get(name)?.as_str()
}

/// What an operation asks of its callers: the scope of its group and method, and the word that it
/// declares.
fn rule_of(path: &str, method: &str, operation: &Operation, areas: &HashMap<&str, &str>) -> Rule {
    let tag = operation.tags.iter().flatten().next();
    let area = tag.and_then(|tag| areas.get(tag.as_str()));
    let area = area.unwrap_or_else(|| panic!("{method} {path} is in no group with a scope"));
    let access = word(&operation.extensions, "x-access").and_then(Access::of_word);
    let access = access.unwrap_or_else(|| panic!("{method} {path} declares no x-access"));
    let verb = if method == "GET" { "read" } else { "write" };
    let operation: Arc<str> = operation.operation_id.as_deref().unwrap_or_default().into();
    Rule { scope: format!("{area}.{verb}"), access, operation }
}

fn asked(operation: &Operation) -> Vec<Asked> {
    let in_query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(recorded) if recorded.parameter_in == ParameterIn::Query => Some(Asked {
            name: recorded.name.clone(),
            about: recorded.description.clone().unwrap_or_default(),
        }),
        RefOr::T(_) | RefOr::Ref(_) => None,
    };
    operation.parameters.iter().flatten().filter_map(in_query).collect()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn an_address_fits_its_template_part_by_part() {
        for (template, path) in [
            ("/v1/positions", "/v1/positions"),
            ("/v1/positions/{id}/history", "/v1/positions/7/history"),
            ("/docs/{page}*", "/docs/"),
            ("/docs/{page}*", "/docs/a/b"),
        ] {
            assert!(fits(template, path), "{template} {path}");
        }
        for (template, path) in [
            ("/v1/positions", "/v1/positions/"),
            ("/v1/positions", "/v1/position"),
            ("/v1/positions/{id}", "/v1/positions/"),
            ("/v1/positions/{id}", "/v1/positions"),
            ("/v1/positions/{id}", "/v1/positions/7/history"),
            ("/v1/positions/{id}/history", "/v1/positions/7/terms"),
            ("/docs/{page}*", "/docs"),
        ] {
            assert!(!fits(template, path), "{template} {path}");
        }
    }
}
