//! The operations on reports.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::figures::{StaffingRow, StaffingTotals};
use super::staffing::{Filter, Staffing, StaffingParameters};
use crate::capabilities;
use crate::capabilities::reference;
use crate::http::problems::RELATION_MISSING;
use crate::http::report::column::Reader;
use crate::http::report::{self, Report, ReportBody};
use crate::http::suppressed;
use crate::http::time_axes::TimeAxes;
use crate::http::{Answer, Filtered, Read, Service};
use crate::problem::{Language, Rejection};

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(catalogue).service(read_staffing);
}

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
    let told = service.operations.parameters_of_report(url).iter();
    told.map(|parameter| ReportParameter {
        name: parameter.name.clone(),
        about: parameter.about.clone(),
    })
    .collect()
}

fn view(service: &Service, report: &Report, language: Language) -> ReportView {
    let url = format!("/v1/reports/{}", report.name);
    ReportView {
        name: report.name,
        title: report.title.in_language(language),
        about: report.about.in_language(language),
        parameters: parameters(service, &url),
        url,
    }
}

/// List the reports
#[utoipa::path(tag = "reports", operation_id = "list_reports",
    params(crate::http::time_axes::TimeAxes),
    responses((status = 200, description = "The catalogue", body = ReportCatalogue)),
    extensions(("x-access" = json!("anybody"))))]
#[get("/v1/reports")]
async fn catalogue(read: Read) -> Answer {
    read.settled_known_at().await?;
    let reached = read.wait_for_log().await?;
    let language = crate::http::current().language;
    let reports = capabilities::ALL.iter().flat_map(|capability| capability.reports);
    let items = reports.map(|report| view(&read.service, report, language)).collect();
    let body = serde_json::to_string(&ReportCatalogue { items }).expect("views are plain data");
    let mut response = HttpResponse::Ok();
    crate::http::answer::with_position(&mut response, reached);
    read.tagged(response, body, "application/json")
}

/// Report the staffing of positions
///
/// Positions that exist on `as_of`, as known at `known_at`: filled, vacant and suspended, the
/// agreed operating models against the intended ones, and shares. The same two points of time
/// always give the same answer, whatever is recorded later.
///
/// Counts the municipalities whose individuals the caller may see. Callers who may see none get all
/// municipalities, for the last day of a month and as known now, with counts rounded to five.
#[utoipa::path(tag = "reports", operation_id = "report_staffing",
    params(StaffingParameters, TimeAxes),
    responses((status = 200, description = "The report", content(
        (ReportBody<StaffingTotals, StaffingRow> = "application/json"),
        (String = "text/csv", example = "Municipality number,Municipality\r\n"),
    ))),
    extensions(("x-access" = json!("figures"))))]
#[get("/v1/reports/staffing")]
async fn read_staffing(asked: Filtered<StaffingParameters>) -> Answer {
    let Filtered { read, filters } = asked;
    let reach = read.actor.reach.clone();
    let reader = suppressed::reader(&reach);
    let models = ["positions", "municipalities", "programmes"];
    let (mut as_of, known_at) = read.settled(&models).await?;
    if reader == Reader::OfFigures {
        as_of = suppressed::day(&read)?;
        if filters.explains() {
            let needed = "to see individuals, whom explain=true would name";
            return Err(Rejection::new(&RELATION_MISSING).with("needed", needed).into());
        }
    }
    let log = &read.service.log;
    let everywhere = reader == Reader::OfFigures || reach.sees_everything();
    let filter = Filter {
        within: (!everywhere).then(|| reach.numbers()),
        programme: filters.programme.map(|id| id.0),
        numbers: reference::numbers_until(log, filters.municipality.as_ref(), as_of, known_at)
            .await?,
        region: filters.region,
    };
    let counted = Staffing::count(log, (as_of, known_at), &filter).await?;
    report::answer(&read, filters.format, as_of, known_at, counted.table(&filters, reader))
}
