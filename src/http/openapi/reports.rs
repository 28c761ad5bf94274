//! What the document tells of the parameters of reports, for the catalogue of reports.

use std::collections::BTreeMap;

use serde_json::Value;

/// A parameter, as the document tells of it.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub about: String,
}

/// Parameters in the query of each report, by its path.
pub fn parameters(document: &Value) -> BTreeMap<String, Vec<Parameter>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let reports = paths.filter(|(path, _)| path.starts_with("/v1/reports/"));
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    reports
        .map(|(path, methods)| {
            let listed = methods["get"]["parameters"].as_array().into_iter().flatten();
            let in_query = listed.filter(|parameter| parameter["in"] == "query");
            let parameters = in_query.map(|parameter| Parameter {
                name: text(&parameter["name"]),
                about: text(&parameter["description"]),
            });
            (path.clone(), parameters.collect())
        })
        .collect()
}
