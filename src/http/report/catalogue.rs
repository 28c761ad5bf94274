//! The catalogue of reports.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AnyReport, path_of};
use crate::http::{Answer, Read, Service};
use crate::problem::Language;

/// A parameter that a report takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportParameter {
    /// Its name in the query.
    #[schema(example = "group_by")]
    name: String,
    /// What it does.
    #[schema(example = "What a row is about.")]
    about: String,
}

/// A report that can be asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportView {
    /// Its name.
    #[schema(example = "staffing")]
    name: &'static str,
    /// Its title.
    #[schema(example = "Staffing of training positions")]
    title: &'static str,
    /// What it counts, and what it is for.
    #[schema(example = "Positions that exist on the day.")]
    about: &'static str,
    /// Where it is.
    #[schema(example = "/v1/reports/staffing")]
    url: String,
    /// What can be asked.
    parameters: Vec<ReportParameter>,
}

/// The catalogue of reports.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportCatalogue {
    /// Every report there is.
    items: Vec<ReportView>,
}

/// The parameters of a report are those of its operation in the served document.
fn parameters(service: &Service, url: &str) -> Vec<ReportParameter> {
    let declared = service.operations.parameters_of_report(url).iter();
    declared
        .map(|parameter| ReportParameter {
            name: parameter.name.clone(),
            about: parameter.about.clone(),
        })
        .collect()
}

fn view(service: &Service, report: &dyn AnyReport, language: Language) -> ReportView {
    let url = path_of(report.name());
    let [title, about] = report.words();
    ReportView {
        name: report.name(),
        title: title.in_language(language),
        about: about.in_language(language),
        parameters: parameters(service, &url),
        url,
    }
}

/// List the reports
#[utoipa::path(tag = "reports",
    params(crate::http::time_axes::TimeAxes),
    responses((status = 200, description = "The catalogue", body = ReportCatalogue)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/reports")]
pub async fn list_reports(read: Read) -> Answer {
    read.settled_known_at().await?;
    let reached = read.wait_for_log().await?;
    let language = crate::http::current().language;
    let reports = read.service.reports.iter();
    let items = reports.map(|report| view(&read.service, *report, language)).collect();
    let body = serde_json::to_string(&ReportCatalogue { items }).expect("views are plain data");
    let mut response = HttpResponse::Ok();
    crate::http::answer::with_position(&mut response, reached);
    read.tagged(response, body, "application/json")
}
